//! Promise 4: what was changed behind the desk's back is offline everywhere at the next request, and raises an alarm.

use super::{TestSite, content};

/// Every address that could show the item `a`, whose title holds 甲乙丙.
const PLACES: [&str; 10] = [
    "/",
    "/columns/zwdt",
    "/columns/zwdt/feed.atom",
    "/items/a",
    "/items/b",
    "/search?q=%E7%94%B2%E4%B9%99%E4%B8%99",
    "/api/v1/search?q=%E7%94%B2%E4%B9%99%E4%B8%99",
    "/api/v1/suggest?q=%E7%94%B2%E4%B9%99",
    "/api/v1/items/a",
    "/search?q=&column=zwdt",
];

/// Searching shows what was asked for; it does not count as showing the item.
fn shows(path: &str, body: &str) -> bool {
    let body = body.replace("<mark>", "").replace("</mark>", "");
    body.matches("关于甲乙丙").count() > 0 || (!path.contains("q=%E7") && body.contains("甲乙丙"))
}

async fn site() -> TestSite {
    let site = TestSite::new().await;
    let mut one = content("关于甲乙丙的通知");
    one.attachments.push(site.file("表.pdf", "application/pdf", b"%PDF-1.4 x").await);
    site.publish("a", &one).await;
    let mut other = content("旁的事情");
    other.published = Some("2024-05-05".parse().unwrap());
    site.publish("b", &other).await;
    site
}

async fn offline_everywhere(site: &TestSite, alarm: &str) {
    for path in PLACES {
        let answer = site.get(path).await;
        assert!(!shows(path, &answer.body), "{path} shows it");
    }
    let page = site.get("/items/a").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("该信息暂不可用"));
    let json = site.get("/api/v1/items/a").await;
    assert_eq!((json.status.as_u16(), json.json()["error"]["message"].as_str()), (404, Some("该信息暂不可用")));
    assert_eq!(site.get("/items/a/files/%E8%A1%A8.pdf").await.status, 404);
    for path in ["/", "/columns/zwdt", "/columns/zwdt/feed.atom"] {
        assert!(site.ok(path).await.body.contains("旁的事情"), "{path}: the others stay");
    }
    let names: Vec<String> =
        site.inbox().iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, [alarm], "one file an item");
    let note = std::fs::read_to_string(&site.inbox()[0]).unwrap();
    assert!(note.contains("\"item\":\"a\"") && !note.contains('甲'), "{note}");
}

#[tokio::test]
async fn while_the_permit_holds_it_is_everywhere() {
    let site = site().await;
    for path in PLACES {
        assert!(shows(path, &site.ok(path).await.body), "{path} does not show it");
    }
    assert_eq!(site.ok("/items/a/files/%E8%A1%A8.pdf").await.bytes, b"%PDF-1.4 x");
    assert!(site.inbox().is_empty());
}

#[tokio::test]
async fn changed_content_is_offline() {
    let site = site().await;
    site.tamper("UPDATE items SET content = replace(content, '第二段', '第三段') WHERE id = 'a'").await;
    offline_everywhere(&site, "alarm-permit-a.json").await;
}

#[tokio::test]
async fn a_changed_permit_is_offline() {
    let site = site().await;
    site.tamper("UPDATE items SET permit = replace(permit, 'shenhe', 'shenhx') WHERE id = 'a'").await;
    offline_everywhere(&site, "alarm-permit-a.json").await;
}

#[tokio::test]
async fn another_item_s_permit_is_offline() {
    let site = site().await;
    site.tamper("UPDATE items SET permit = (SELECT permit FROM items WHERE id = 'b') WHERE id = 'a'").await;
    offline_everywhere(&site, "alarm-permit-a.json").await;
}

#[tokio::test]
async fn no_permit_at_all_is_offline() {
    let site = site().await;
    site.tamper("UPDATE items SET permit = 'x' WHERE id = 'a'").await;
    offline_everywhere(&site, "alarm-permit-a.json").await;
}

#[tokio::test]
async fn a_copy_of_another_item_under_its_id_is_offline() {
    let site = site().await;
    site.tamper(
        "UPDATE items SET content = b.content, permit = b.permit, content_hash = b.content_hash, permit_hash = b.permit_hash \
         FROM items AS b WHERE items.id = 'a' AND b.id = 'b'",
    )
    .await;
    offline_everywhere(&site, "alarm-permit-a.json").await;
}

#[tokio::test]
async fn an_item_moved_to_another_column_is_offline() {
    let site = site().await;
    site.tamper("UPDATE items SET column_id = 'zcwj' WHERE id = 'a'").await;
    offline_everywhere(&site, "alarm-place-a.json").await;
    assert!(!site.ok("/columns/zcwj").await.body.contains("甲乙丙"));
}

#[tokio::test]
async fn each_failure_is_counted() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let _here = metrics::set_default_local_recorder(&recorder);
    let site = site().await;
    let counted = |breach: &str| format!("menhu_portal_permit_failures_total{breach}");
    assert!(recorder.handle().render().contains(&counted(" 0")), "shown before anything fails");
    site.tamper("UPDATE items SET permit = 'x' WHERE id = 'a'").await;
    site.get("/items/a").await;
    site.get("/columns/zwdt").await;
    let shown = recorder.handle().render();
    assert!(shown.contains(&counted("{breach=\"permit\"} 2")), "{shown}");
}

#[tokio::test]
async fn a_page_that_a_browser_holds_is_not_confirmed() {
    let site = site().await;
    let tag = site.ok("/items/a").await.header("etag").to_owned();
    site.tamper("UPDATE items SET content = replace(content, '第二段', '第三段') WHERE id = 'a'").await;
    let request = axum::http::Request::get("/items/a").header("if-none-match", tag);
    assert_eq!(site.ask(request.body(axum::body::Body::empty()).unwrap()).await.status, 404);
}

#[tokio::test]
async fn a_changed_file_is_not_sent() {
    let site = site().await;
    let blob = site.blobs.put(b"%PDF-1.4 x".to_vec()).await.unwrap().to_string();
    let path = site.dir.path().join("site/blobs").join(&blob[..2]).join(&blob[2..4]).join(&blob);
    std::fs::write(&path, b"%PDF-1.4 y").unwrap();
    let answer = site.get("/items/a/files/%E8%A1%A8.pdf").await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("该信息暂不可用"));
    assert!(site.inbox()[0].ends_with("alarm-file-a.json"));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(site.get("/items/a/files/%E8%A1%A8.pdf").await.status, 404);
    assert_eq!(site.ok("/items/a").await.status, 200, "the item itself holds");
}

#[tokio::test]
async fn a_withdrawn_item_is_gone_although_the_index_lags() {
    let site = site().await;
    site.site.withdraw(&"a".parse().unwrap()).await.unwrap();
    for path in PLACES {
        assert!(!shows(path, &site.get(path).await.body), "{path} shows it");
    }
    let page = site.get("/items/a").await;
    assert_eq!(page.status, 404);
    assert!(page.body.contains("没有找到这个页面"), "it is gone, not under suspicion");
    assert!(!site.ok("/sitemap.xml").await.body.contains("/items/a<"));
    assert!(site.inbox().is_empty());
}
