//! robots.txt and pace, told by the sub-site's own log.

use std::time::Duration;

use menhu::model::{Pace, Source, SourceId};

use super::origin::{Origin, page};
use crate::testapp::{TestApp, source};

const PAGES: [(&str, &str, &str); 2] =
    [("/a/1.html", "关于第一件事的通知", "第一件事。"), ("/b/2.html", "关于第二件事的通知", "第二件事。")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_while_robots_cannot_be_read() {
    let app = TestApp::new().await;
    let (origin, good) = (Origin::start().await, Origin::start().await);
    for site in [&origin, &good] {
        site.publish(&PAGES);
    }
    origin.put_as("/robots.txt", 500, "text/plain", "no");
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.register(&source("good", &good.url("/list.html"), &[good.host()])).await;
    app.round("s").await;
    app.round("good").await;
    assert_eq!(origin.asked(), ["/robots.txt"]);
    let state = app.state("s").await;
    assert_eq!(state.state, "robots");
    assert!(state.reason.contains("500"), "{}", state.reason);
    assert_eq!(app.state("good").await.state, "ok");
    // It can be read again: collecting goes on by itself.
    origin.put_as("/robots.txt", 200, "text/plain", "User-agent: *\nDisallow:\n");
    app.later(Duration::from_secs(25 * 3600));
    app.round("s").await;
    assert_eq!(app.state("s").await.state, "ok");
    assert_eq!(app.items().await.len(), 4);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_robots_forbid_is_not_asked_and_is_on_record() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    origin.publish(&PAGES);
    origin.put("/robots.txt", "User-agent: *\nDisallow: /b/\nDisallow: /hidden/\n");
    origin.put("/hidden/list.html", super::origin::list(&[("/a/1.html", "关于第一件事的通知")]));
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.register(&source("hidden", &origin.url("/hidden/list.html"), &[origin.host()])).await;
    let report = app.round("s").await;
    assert_eq!((report.new, report.forbidden, report.failed), (1, 1, 0), "{report:?}");
    let row = app.base.desk.url(&SourceId::new("s").unwrap(), &origin.url("/b/2.html")).await.unwrap().unwrap();
    assert_eq!((row.state.as_str(), row.last_error.as_str()), ("refused", "robots.txt forbids it"));
    // One page that is forbidden is the site's right; a list that is forbidden is the operator's trouble.
    assert_eq!(app.state("s").await.state, "ok");
    app.round("hidden").await;
    let state = app.state("hidden").await;
    assert_eq!((state.state.as_str(), state.reason.as_str()), ("robots", "robots.txt forbids it"));
    assert!(origin.asked().iter().all(|path| !path.starts_with("/b/") && !path.starts_with("/hidden/")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_longer_of_gap_and_crawl_delay_holds_for_every_request() {
    let app = TestApp::in_real_time().await;
    let (asked, delayed) = (Origin::start().await, Origin::start().await);
    for site in [&asked, &delayed] {
        site.publish(&[("/a/1.html", "关于第一件事的通知", "附件：<a href=\"/f/1.txt\">名单.txt</a>")]);
        site.redirect("/f/1.txt", "/f/2.txt");
        site.put_as("/f/2.txt", 200, "text/plain; charset=utf-8", "甲乙丙三人");
    }
    delayed.put("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n");
    let pace = Pace { gap_ms: 150, round_limit: 100 };
    app.register(&Source { pace, ..source("gap", &asked.url("/list.html"), &[asked.host()]) }).await;
    app.register(&source("delay", &delayed.url("/list.html"), &[delayed.host()])).await;
    let (one, two) = tokio::join!(app.round("gap"), app.round("delay"));
    assert_eq!((one.new, two.new), (1, 1), "{one:?} {two:?}");
    // robots.txt, list, page, file and where it leads.
    assert_eq!((asked.asked().len(), delayed.asked().len()), (5, 5), "{:?}", delayed.asked());
    assert!(asked.least_gap() >= Duration::from_millis(145), "{:?}", asked.least_gap());
    assert!(delayed.least_gap() >= Duration::from_millis(195), "{:?}", delayed.least_gap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_round_makes_no_more_requests_than_its_limit_and_the_next_goes_on() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    let paths: Vec<String> = (1..=9).map(|n| format!("/a/{n}.html")).collect();
    for path in &paths {
        origin.put(path, page("关于一件事情的通知", path));
    }
    origin.relist(&paths.iter().map(|path| (path.as_str(), "关于一件事情的通知")).collect::<Vec<_>>());
    let pace = Pace { gap_ms: 0, round_limit: 6 };
    let plain = source("s", &origin.url("/list.html"), &[origin.host()]);
    app.register(&Source { pace, recheck_ms: 7 * 24 * 3_600_000, ..plain }).await;
    for _ in 0..3 {
        app.round("s").await;
        app.later(Duration::from_secs(3600));
    }
    assert_eq!(app.items().await.len(), 9, "nothing is lost between rounds");
    let details = origin.asked().into_iter().filter(|path| path.starts_with("/a/")).count();
    assert_eq!(details, 9, "nothing is asked twice");
}
