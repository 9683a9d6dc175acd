//! Addresses: pages of lists and their edges, what is not there, hostile paths, and what programs read.

use super::{TestSite, column, content};

#[tokio::test]
async fn pages_have_edges_and_absurd_numbers_lead_to_the_last() {
    let site = TestSite::new().await;
    for number in 0..45 {
        let mut one = content(&format!("第{number}条"));
        one.published = Some(format!("2024-01-{:02}T08:{:02}:00+08:00", number / 2 + 1, number).parse().unwrap());
        site.publish(&format!("i{number:02}"), &one).await;
    }
    let first = site.ok("/columns/zwdt").await.body;
    assert!(first.contains("第44条") && first.contains("第25条") && !first.contains("第24条"));
    assert!(first.contains("共 45 条信息") && first.contains("rel=\"next\"") && !first.contains("rel=\"prev\""));
    let last = site.ok("/columns/zwdt?page=3").await.body;
    assert!(last.contains("第0条") && last.contains("<title>政务动态 第 3 页，共 3 页_"));
    assert!(last.contains("aria-current=\"page\" aria-label=\"第 3 页\""));
    for absurd in ["4", "99999999999999999999999999", "18446744073709551615"] {
        let answer = site.get(&format!("/columns/zwdt?page={absurd}")).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/columns/zwdt?page=3"), "{absurd}");
    }
    for meaningless in ["0", "-1", "x", "", "1.5", "%00"] {
        assert!(site.ok(&format!("/columns/zwdt?page={meaningless}&other=1")).await.body.contains("第44条"));
    }
    let searched = site.get("/search?q=%E6%AD%A3%E6%96%87&page=4000").await;
    assert_eq!(searched.status, 303);
    assert_eq!(searched.header("location"), "/search?q=%E6%AD%A3%E6%96%87&page=5#results");
    assert!(site.ok("/search?q=%E6%AD%A3%E6%96%87&page=5").await.body.contains("第 5 页，共 5 页"));
}

#[tokio::test]
async fn one_page_has_no_pager_and_none_says_so() {
    let site = TestSite::new().await;
    let empty = site.ok("/columns/zwdt").await.body;
    assert!(empty.contains("本栏目暂无信息") && !empty.contains("class=\"pages\""));
    assert!(site.ok("/").await.body.contains("暂无信息"));
    site.publish("a", &content("甲")).await;
    let page = site.ok("/columns/zwdt").await.body;
    assert!(!page.contains("class=\"pages\"") && page.contains("最近更新 2024-05-06"));
}

#[tokio::test]
async fn neighbours_lead_on() {
    let site = TestSite::new().await;
    for (id, day) in [("a", "2024-01-01"), ("b", "2024-01-02"), ("c", "2024-01-03")] {
        let mut one = content(&format!("标题{id}"));
        one.published = Some(day.parse().unwrap());
        site.publish(id, &one).await;
    }
    let page = site.ok("/items/b").await.body;
    assert!(page.contains("rel=\"prev\" href=\"/items/c\"") && page.contains("rel=\"next\" href=\"/items/a\""));
    assert!(!site.ok("/items/c").await.body.contains("rel=\"prev\""));
}

#[tokio::test]
async fn what_is_not_there_says_so_and_helps() {
    let site = TestSite::new().await;
    let long = format!("/items/{}", "a".repeat(5_000));
    let hostile = [
        "/no",
        "/items/zzz",
        "/items/..%2f..%2fetc%2fpasswd",
        "/items/%00",
        "/items/%ff%fe",
        "/items/A",
        "/columns/zzz",
        "/columns/%E6%A0%8F",
        "/columns/zwdt/feed.rss",
        "/items/a/files/%2e%2e%2fsite.sqlite",
        "/style/../../x",
        "/style/%2e%2e%2fportal.css",
        "//evil.example/",
        "/index.php?id=1'%20OR%201=1--",
        "/.env",
        &long,
    ];
    for path in hostile {
        let answer = site.get(path).await;
        assert!(matches!(answer.status.as_u16(), 400 | 404), "{path}: {}", answer.status);
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert!(answer.body.contains("href=\"/search\"") && !answer.body.contains("etc/passwd"), "{path}");
    }
    let json = site.get("/api/v1/items/zzz").await;
    assert_eq!((json.status.as_u16(), json.json()["error"]["status"].as_u64()), (404, Some(404)));
}

#[tokio::test]
async fn a_column_that_leads_out_is_a_link_and_only_to_the_web() {
    let site = TestSite::new().await;
    let link = |id: &str, target: &str| menhu::model::Column {
        mode: menhu::model::ColumnMode::Link,
        target: Some(target.into()),
        ..column(id, "外部", "办事服务", 3)
    };
    site.site
        .put_columns(&[link("good", "https://zwfw.example.gov.cn/"), link("bad", "javascript:alert(1)")])
        .await
        .unwrap();
    assert!(site.ok("/columns/good").await.body.contains("href=\"https://zwfw.example.gov.cn/\""));
    assert!(!site.ok("/columns/bad").await.body.contains("javascript:"));
    let links = site.ok("/links").await.body;
    assert!(links.contains("http://daj.example.gov.cn/col/1/") && !links.contains("javascript:"));
}

#[tokio::test]
async fn feeds_and_sitemaps_are_well_formed_whatever_is_in_them() {
    let site = TestSite::new().await;
    let mut odd = content("甲\u{0b}<乙> & \"丙\" ]]> \u{1F600}");
    odd.text = "\u{1}\u{fffe}正文 & <b>".into();
    site.publish("a", &odd).await;
    let feed = site.ok("/columns/zwdt/feed.atom").await;
    assert_eq!(feed.header("content-type"), "application/atom+xml; charset=utf-8");
    for part in [
        "<id>https://www.example.gov.cn/items/a</id>",
        "<published>2024-05-06T08:05:00+08:00</published>",
        "<updated>2026-11-25T09:30:00+08:00</updated>",
        "<link rel=\"self\" type=\"application/atom+xml\" href=\"https://www.example.gov.cn/columns/zwdt/feed.atom\"/>",
    ] {
        assert!(feed.body.contains(part), "{part} in {}", feed.body);
    }
    let map = site.ok("/sitemap.xml").await;
    assert!(map.body.contains("<loc>https://www.example.gov.cn/items/a</loc><lastmod>2026-11-25</lastmod>"));
    assert!(map.body.contains("<loc>https://www.example.gov.cn/columns/zcwj</loc>"));
    let opensearch = site.ok("/opensearch.xml").await;
    assert!(opensearch.body.contains("template=\"https://www.example.gov.cn/search?q={searchTerms}\""));
    for answer in [feed, map, opensearch, site.ok("/columns/zcwj/feed.atom").await, site.ok("/crest.svg").await] {
        let mut reader = quick_xml::Reader::from_str(&answer.body);
        reader.config_mut().check_end_names = true;
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("{error} in {}", answer.body),
            }
        }
        let allowed =
            |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(answer.body.chars().all(allowed));
    }
    assert!(site.ok("/robots.txt").await.body.contains("Sitemap: https://www.example.gov.cn/sitemap.xml"));
}

#[tokio::test]
async fn health_is_told_apart_from_readiness() {
    let site = TestSite::new().await;
    assert_eq!(site.ok("/healthz").await.body, "ok\n");
    assert_eq!(site.ok("/readyz").await.body, "ready\n");
    site.tamper("UPDATE columns SET body = 'x'").await;
    assert_eq!(site.ok("/healthz").await.body, "ok\n");
    let broken = site.get("/").await;
    assert_eq!(broken.status, 500);
    let reference = broken.header("x-request-id");
    assert!(broken.body.contains("抱歉，网页暂时打不开") && broken.body.contains(reference));
    assert!(!broken.body.to_lowercase().contains("columns"), "nothing of the inside is told");
    let json = site.get("/api/v1/columns").await;
    assert_eq!(json.json()["error"]["reference"].as_str(), Some(json.header("x-request-id")));
}

#[tokio::test]
async fn programs_get_the_same_items() {
    let site = TestSite::new().await;
    let mut one = content("甲");
    one.document_number = Some("衢政办发〔2008〕12号".into());
    one.attachments.push(site.file("表.pdf", "application/pdf", b"x").await);
    site.publish("a", &one).await;
    let item = site.ok("/api/v1/items/a").await.json();
    assert_eq!(item["title"], "甲");
    assert_eq!(item["url"], "https://www.example.gov.cn/items/a");
    assert_eq!(item["published"], "2024-05-06T08:05:00+08:00");
    assert_eq!(item["column"]["name"], "政务动态");
    assert_eq!(item["attachments"][0]["url"], "https://www.example.gov.cn/items/a/files/%E8%A1%A8.pdf");
    assert!(item["permit"]["content"].as_str().unwrap().len() == 64);
    let text = item.to_string();
    assert!(!text.contains("shenhe") && !text.contains("内部批注"), "who decided is not told");
    let columns = site.ok("/api/v1/columns").await.json();
    assert_eq!((&columns["columns"][0]["id"], &columns["columns"][0]["count"]), (&"zwdt".into(), &1.into()));
    let suggested = site.ok("/api/v1/suggest?q=%E7%94%B2").await.json();
    assert_eq!(suggested["suggestions"][0]["title"], "甲");
    assert_eq!(site.ok("/api/v1/openapi.json").await.json()["openapi"], "3.1.0");
}
