//! What answers say to browsers: safety, caching, compression, methods.

use axum::body::Body;
use axum::http::Request;

use super::{TestSite, content};

#[tokio::test]
async fn every_answer_is_guarded() {
    let site = TestSite::new().await;
    site.publish("a", &content("甲")).await;
    for path in [
        "/",
        "/items/a",
        "/columns/zwdt",
        "/search?q=x",
        "/api/v1/columns",
        "/sitemap.xml",
        "/no",
        "/api/v1/no",
        "/healthz",
    ] {
        let answer = site.get(path).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("script-src") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        assert_eq!(answer.header("x-request-id").len(), 11, "{path}");
    }
}

#[tokio::test]
async fn pages_are_asked_for_again_and_then_cost_nothing() {
    let site = TestSite::new().await;
    site.publish("a", &content("甲")).await;
    for path in
        ["/", "/items/a", "/columns/zwdt", "/columns/zwdt/feed.atom", "/sitemap.xml", "/api/v1/items/a", "/search?q=甲"]
    {
        let first = site.ok(path).await;
        assert_eq!(first.header("cache-control"), "public, no-cache", "{path}");
        let again = Request::get(path).header("if-none-match", first.header("etag")).body(Body::empty()).unwrap();
        let again = site.ask(again).await;
        assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0), "{path}");
    }
    let before = site.ok("/").await.header("etag").to_owned();
    site.publish("b", &content("乙")).await;
    assert_ne!(site.ok("/").await.header("etag"), before);
}

#[tokio::test]
async fn the_style_sheet_is_kept_for_ever_under_a_name_of_its_bytes() {
    let site = TestSite::new().await;
    let page = site.ok("/").await.body;
    let at = page.find("/style/portal.").unwrap();
    let path = page[at..].split('"').next().unwrap();
    let sheet = site.ok(path).await;
    assert_eq!(sheet.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    assert!(sheet.bytes.len() <= 15_000, "{}", sheet.bytes.len());
    assert_eq!(site.get("/style/portal.000000000000.css").await.status, 404);
}

#[tokio::test]
async fn a_view_is_remembered_and_not_shared() {
    let site = TestSite::new().await;
    let asked = site.ok("/?v=large&lang=en").await;
    let cookies: Vec<_> = asked.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(cookies.len(), 2);
    assert!(
        cookies[0].starts_with("v=large; ") && cookies[0].contains("HttpOnly") && cookies[0].contains("SameSite=Lax")
    );
    assert_eq!(asked.header("cache-control"), "no-store");
    assert!(asked.body.contains("class=\"look-large\"") && asked.body.contains("lang=\"en\""));
    assert!(asked.body.contains("Skip to content") && !asked.body.contains("跳到正文"));
    let kept = site.ask(Request::get("/").header("cookie", "x=1; v=contrast").body(Body::empty()).unwrap()).await;
    assert!(kept.body.contains("class=\"look-contrast\"") && kept.body.contains("lang=\"zh-CN\""));
    assert!(kept.header("vary").contains("cookie"));
    let wrong = site.ok("/?v=evil%22%3E%3Cscript%3E&lang=xx").await;
    assert!(wrong.body.contains("class=\"look-normal\"") && wrong.headers.get("set-cookie").is_none());
}

#[tokio::test]
async fn head_is_get_without_its_body_and_other_methods_are_refused() {
    let site = TestSite::new().await;
    site.publish("a", &content("甲")).await;
    for path in ["/", "/items/a", "/sitemap.xml", "/api/v1/columns"] {
        let head = site.ask(Request::head(path).body(Body::empty()).unwrap()).await;
        assert_eq!((head.status.as_u16(), head.bytes.len()), (200, 0), "{path}");
        assert_eq!(head.header("etag"), site.ok(path).await.header("etag"), "{path}");
        let post = site.ask(Request::post(path).body(Body::from("a=1")).unwrap()).await;
        assert_eq!(post.status, 405, "{path}");
        assert!(post.header("allow").contains("GET"), "{path}");
    }
}

#[tokio::test]
async fn text_is_compressed_where_the_browser_takes_it() {
    let site = TestSite::new().await;
    let asked = Request::get("/").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let answer = site.ask(asked).await;
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert!(answer.bytes.len() < site.ok("/").await.bytes.len());
}

#[tokio::test]
async fn files_are_saved_and_never_shown() {
    let site = TestSite::new().await;
    let mut one = content("甲");
    let page = b"<script>alert(1)</script>";
    one.attachments.push(site.file("附件 1\"，表.html", "text/html", page).await);
    site.publish("a", &one).await;
    let item = site.ok("/items/a").await.body;
    let at = item.find("/items/a/files/").unwrap();
    let path = item[at..].split('"').next().unwrap();
    assert_eq!(path, "/items/a/files/%E9%99%84%E4%BB%B6%201%22%EF%BC%8C%E8%A1%A8.html");
    let answer = site.ok(path).await;
    assert_eq!(answer.bytes, page);
    assert_eq!(answer.header("content-type"), "text/html");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"__ 1___.html\"; filename*=UTF-8''%E9%99%84%E4%BB%B6%201%22%EF%BC%8C%E8%A1%A8.html"
    );
    assert!(answer.header("content-security-policy").starts_with("sandbox; default-src 'none'"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let again = Request::get(path).header("if-none-match", answer.header("etag")).body(Body::empty()).unwrap();
    assert_eq!(site.ask(again).await.status, 304);
    assert_eq!(site.get("/items/a/files/other.html").await.status, 404);
}
