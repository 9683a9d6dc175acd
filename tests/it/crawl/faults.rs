//! A sub-site that is broken: what stands on the source, and that another source in the same installation goes on.

use std::time::Duration;

use menhu::config::{Size, Span};
use menhu::flow::job;
use menhu::model::{Clock, Outcome, SourceId, Status, Timestamp};

use super::origin::{Origin, page};
use crate::site;
use crate::testapp::{READER, TestApp, source};

const START: Timestamp = Timestamp(1_795_570_200_000_000);

fn escaped(url: &str) -> String {
    url.replace(':', "%3A").replace('/', "%2F")
}

/// Lists and pages of hostile sites, one source each, collected beside a healthy one by the real workers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_list_stands_on_its_source_and_others_go_on() {
    let app = TestApp::with(Clock::fake(START), |config| {
        config.collect.request_time = Span(Duration::from_millis(700));
        config.collect.page_limit = Size(256 << 10);
        config.collect.ratio_limit = 10;
    })
    .await;
    let (bad, elsewhere, good) = (site::Site::start().await, Origin::start().await, Origin::start().await);
    elsewhere.put("/list.html", page("不属于这个来源的页面", "内容"));
    good.publish(&[("/a/1.html", "关于开展检查工作的通知", "现将有关事项通知如下。")]);
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let away = format!("/redirect/{}", escaped(&elsewhere.url("/list.html")));
    let cases = [
        ("down", format!("http://{closed}/list.html"), "robots", "no connection"),
        ("slow", bad.url("/slow"), "failing", "no complete answer within 700ms"),
        ("error", bad.url("/status/500"), "failing", "the server answered 500"),
        ("gone", bad.url("/status/404"), "failing", "the list is gone: the server answered 404"),
        ("endless", bad.url("/endless"), "failing", "body larger than 262144 bytes"),
        ("away", bad.url(&away), "out-of-scope", "is outside the source"),
        ("loop", bad.url("/loop"), "failing", "redirects in a loop"),
        ("bomb", bad.url("/bomb/gzip"), "failing", "body inflates more than 10 times"),
        ("torn", bad.url("/short"), "failing", "broken answer"),
        ("empty", bad.url("/empty"), "failing", "the list cannot be read"),
        ("wall", bad.url("/wall/jsl"), "challenged", "with a challenge"),
    ];
    for (id, list, ..) in &cases {
        app.register(&source(id, list, &[bad.addr.to_string(), closed.to_string()])).await;
    }
    let inside = source("inside", &good.url("/list.html"), &[good.host()]);
    app.register(&menhu::model::Source { allow: Vec::new(), ..inside }).await;
    app.register(&source("good", &good.url("/list.html"), &[good.host()])).await;
    app.drain_kind(&[job::COLLECT]).await;

    for (id, list, word, reason) in &cases {
        let state = app.state(id).await;
        assert_eq!(state.state, *word, "{id}: {}", state.reason);
        assert!(state.reason.contains(reason), "{id}: {}", state.reason);
        let row = app.base.desk.url(&SourceId::new(*id).unwrap(), list).await.unwrap().unwrap();
        assert!(row.next_fetch_at.is_some() && row.last_error.contains(reason), "{id}: {row:?}");
    }
    let state = app.state("inside").await;
    assert_eq!(state.state, "robots");
    assert!(state.reason.contains("loopback"), "{}", state.reason);
    assert_eq!(elsewhere.asked(), Vec::<String>::new(), "a host outside the source was asked");
    assert_eq!(app.state("good").await.state, "ok");
    assert_eq!(app.items().await.len(), 1);
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}

/// A list that is in order, whose pages are not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_pages_are_named_and_the_others_are_collected() {
    let app = TestApp::with(Clock::fake(START), |config| {
        config.collect.request_time = Span(Duration::from_millis(700));
        config.collect.page_limit = Size(256 << 10);
        config.collect.ratio_limit = 10;
    })
    .await;
    let (origin, bad) = (Origin::start().await, site::Site::start().await);
    let pages: Vec<String> =
        ["/slow", "/endless", "/bomb/gzip", "/loop", "/status/500"].iter().map(|path| bad.url(path)).collect();
    let mut rows: Vec<(&str, &str)> = pages.iter().map(|url| (url.as_str(), "关于一件坏事的通知")).collect();
    rows.push(("/a/1.html", "关于一件好事的通知"));
    origin.relist(&rows);
    origin.put("/a/1.html", page("关于一件好事的通知", "现将有关事项通知如下。"));
    app.register(&source("mixed", &origin.url("/list.html"), &[origin.host(), bad.addr.to_string()])).await;
    let report = app.round("mixed").await;
    assert_eq!((report.new, report.failed), (1, 5), "{report:?}");
    let state = app.state("mixed").await;
    assert_eq!(state.state, "failing");
    for reason in ["no complete answer", "body larger", "inflates", "loop", "answered 500"] {
        assert!(state.reason.contains(reason), "{reason}: {}", state.reason);
    }
    for url in &pages {
        let row = app.base.desk.url(&SourceId::new("mixed").unwrap(), url).await.unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.failures), ("failing", 1), "{row:?}");
        assert!(row.next_fetch_at.is_some_and(|due| due > app.clock.now()), "it is not lost: {row:?}");
    }
    // They are asked again when their time comes.
    app.later(Duration::from_secs(120));
    app.round("mixed").await;
    let row = app.base.desk.url(&SourceId::new("mixed").unwrap(), &pages[0]).await.unwrap().unwrap();
    assert_eq!(row.failures, 2);
}

/// Bytes in no charset are never published; an item is made, and held.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_in_no_charset_is_held() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    origin.relist(&[("/a/1.html", "关于没有字符集的通知"), ("/a/2.html", "关于好字符集的通知")]);
    let mut torn = b"<html><head><title>".to_vec();
    torn.extend_from_slice(b"\xb9\xd8\xd3\xda\xff\xfe\x80\xe5\x85</title></head><body><div class=\"TRS_Editor\"><p>");
    torn.extend((0..600u32).map(|n| u8::try_from(128 + (n * 97 + n / 7) % 128).unwrap()));
    torn.extend_from_slice(b"</p></div></body></html>");
    origin.put_as("/a/1.html", 200, "text/html", torn);
    origin.put("/a/2.html", page("关于好字符集的通知", "现将有关事项通知如下。"));
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.approve_all().await;
    app.drain().await;
    let row = app.item("s", &origin.url("/a/1.html")).await.expect("nothing is lost");
    assert_eq!(row.status, Status::Quarantined, "{:?}", row.title);
    assert!(!row.verdict.unreadable.is_empty() && row.verdict.outcome != Outcome::Pass);
    assert!(!app.shows("s", &origin.url("/a/1.html")).await);
    assert!(app.shows("s", &origin.url("/a/2.html")).await);
}

/// Want of a reader is the machine's trouble: it says nothing of a page, and no page is quarantined for it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_reader_nothing_is_judged_and_nothing_is_lost() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    origin.publish(&[("/a/1.html", "关于开展检查工作的通知", "现将有关事项通知如下。")]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    // The list is read; from now on no child can be started, and the page has changed.
    origin.put("/a/1.html", page("关于开展检查工作的通知", "现将有关事项重新通知如下。"));
    let reader = app.dir.path().join(READER);
    std::fs::rename(&reader, reader.with_extension("away")).unwrap();
    let app = app.reopen().await;
    let before = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    app.later(Duration::from_secs(24 * 3600));
    let report = app.round("s").await;
    assert!(report.failed > 0 && report.held == 0, "{report:?}");
    let item = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    assert_eq!((item.status, item.version), (Status::Queued, before.version));

    std::fs::rename(reader.with_extension("away"), &reader).unwrap();
    app.later(Duration::from_secs(24 * 3600));
    app.round("s").await;
    let item = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    assert_eq!(item.status, Status::Queued);
    assert!(item.version > before.version, "the change was lost: {item:?}");
}
