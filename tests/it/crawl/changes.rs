//! What a sub-site does to its pages later: the same again, changed, forbidden now, gone.

use std::time::Duration;

use menhu::flow::review;
use menhu::model::{Actor, Source, Status};

use super::origin::{Origin, page};
use crate::testapp::{TestApp, person, source};

const HOUR: Duration = Duration::from_secs(3600);
const TITLE: &str = "关于开展检查工作的通知";

/// Pages `/a/1.html` and on, as many as asked for, published on the portal.
async fn published(count: usize) -> (TestApp, Origin) {
    let (app, origin) = (TestApp::new().await, Origin::start().await);
    let paths: Vec<String> = (1..=count).map(|n| format!("/a/{n}.html")).collect();
    for path in &paths {
        origin.put(path, page(TITLE, &format!("这是{path}的第一稿。")));
    }
    origin.relist(&paths.iter().map(|path| (path.as_str(), TITLE)).collect::<Vec<_>>());
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    let report = app.round("s").await;
    assert_eq!(report.new, count as u64, "{report:?}");
    app.approve_all().await;
    app.drain().await;
    assert_eq!(on_site(&app, &origin, count).await, count);
    app.later(2 * HOUR);
    (app, origin)
}

async fn on_site(app: &TestApp, origin: &Origin, count: usize) -> usize {
    let mut shown = 0;
    for n in 1..=count {
        shown += usize::from(app.shows("s", &origin.url(&format!("/a/{n}.html"))).await);
    }
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_is_no_new_version() {
    let (app, origin) = published(3).await;
    let before = app.items().await;
    let events = app.base.desk.audit_page(None, 1).await.unwrap()[0].seq;
    let report = app.round("s").await;
    assert_eq!((report.not_modified, report.new, report.changed), (4, 0, 0), "{report:?}");
    // Without validators the body itself says that nothing changed.
    for n in 1..=3 {
        let path = format!("/a/{n}.html");
        origin.put_as(&path, 200, "text/html;charset=UTF-8", page(TITLE, &format!("这是{path}的第一稿。")));
    }
    app.later(2 * HOUR);
    let report = app.round("s").await;
    assert_eq!((report.new, report.changed), (0, 0), "{report:?}");
    app.drain().await;
    assert_eq!(app.items().await, before);
    assert_eq!(app.base.desk.audit_page(None, 1).await.unwrap()[0].seq, events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_page_waits_while_the_approved_version_stands() {
    let (app, origin) = published(2).await;
    let url = origin.url("/a/1.html");
    origin.put("/a/1.html", page(TITLE, "这是第二稿。"));
    let report = app.round("s").await;
    assert_eq!((report.changed, report.held), (1, 0), "{report:?}");
    app.drain().await;
    let row = app.item("s", &url).await.unwrap();
    assert_eq!(row.status, Status::Queued);
    assert!(row.decision.is_none() && row.content.contains("第二稿"));
    let shown = app.work.publisher.site.item(&row.id).await.unwrap().unwrap();
    assert!(shown.content.contains("第一稿"));
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
    app.approve_all().await;
    app.drain().await;
    let shown = app.work.publisher.site.item(&row.id).await.unwrap().unwrap();
    assert!(shown.content.contains("第二稿"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_page_that_is_blocked_takes_the_public_one_off() {
    let (app, origin) = published(2).await;
    let url = origin.url("/a/1.html");
    origin.put("/a/1.html", page(TITLE, "身份证号：11010519491231002X"));
    let report = app.round("s").await;
    assert_eq!((report.changed, report.held), (1, 1), "{report:?}");
    app.drain().await;
    let row = app.item("s", &url).await.unwrap();
    assert_eq!((row.status, row.on_site), (Status::Quarantined, None));
    assert!(!app.shows("s", &url).await && app.shows("s", &origin.url("/a/2.html")).await);
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_looks_at_a_page_that_is_gone_withdraw_it() {
    let (app, origin) = published(4).await;
    origin.remove("/a/4.html");
    app.round("s").await;
    app.drain().await;
    assert_eq!(on_site(&app, &origin, 4).await, 4, "one look is not enough");
    app.later(2 * HOUR);
    let report = app.round("s").await;
    assert_eq!(report.gone, 1, "{report:?}");
    app.drain().await;
    let row = app.item("s", &origin.url("/a/4.html")).await.unwrap();
    assert_eq!(row.status, Status::Withdrawn);
    assert!(row.reason.contains("the sub-site took it off"), "{}", row.reason);
    assert_eq!(on_site(&app, &origin, 4).await, 3);
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}

/// With the intervals of a real installation: a page is looked at once a week, so a round asks for its list and
/// little else. A page that is gone must go all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_gone_goes_when_little_else_is_asked() {
    let (app, origin) = published(6).await;
    let week = 7 * 24 * HOUR;
    let slow = source("s", &origin.url("/list.html"), &[origin.host()]);
    let recheck_ms = u64::try_from(week.as_millis()).unwrap();
    app.register(&Source { recheck_ms, gone_after_ms: 24 * 3_600_000, ..slow }).await;
    app.round("s").await;
    origin.remove("/a/1.html");
    let others: Vec<String> = (2..=6).map(|n| format!("/a/{n}.html")).collect();
    origin.relist(&others.iter().map(|path| (path.as_str(), TITLE)).collect::<Vec<_>>());
    for _ in 0..20 {
        app.later(24 * HOUR);
        app.round("s").await;
        app.drain().await;
    }
    let row = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    assert_eq!(row.status, Status::Withdrawn, "{:?}", app.state("s").await);
    assert_eq!(on_site(&app, &origin, 6).await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_of_the_host_withdraws_nothing() {
    let (app, origin) = published(3).await;
    let twice = async |what: &str| {
        for _ in 0..2 {
            app.later(30 * HOUR);
            app.round("s").await;
            app.drain().await;
            assert_eq!(on_site(&app, &origin, 3).await, 3, "{what}");
        }
    };
    let paths = ["/list.html", "/a/1.html", "/a/2.html", "/a/3.html"];
    for path in paths {
        origin.put_as(path, 500, "text/plain", "no");
    }
    twice("500").await;
    assert_eq!(app.state("s").await.state, "failing");
    // The whole site answers 404, its list too: the host is not well.
    for path in paths {
        origin.remove(path);
    }
    twice("404 of everything").await;
    let restore = |rows: &[(&str, &str)]| {
        for n in 1..=3 {
            let path = format!("/a/{n}.html");
            origin.put(&path, page(TITLE, &format!("这是{path}的第一稿。")));
        }
        origin.relist(rows);
    };
    restore(&[]);
    twice("an empty list").await;
    assert_eq!(app.state("s").await.state, "failing");
    origin.put("/list.html", "<html><h1>系统维护中</h1></html>");
    twice("maintenance").await;
    origin.relist(&[("/a/1.html", TITLE), ("/a/2.html", TITLE), ("/a/3.html", TITLE)]);
    origin.put("/robots.txt", "User-agent: *\nDisallow: /\n");
    twice("robots.txt").await;
    assert_eq!(app.state("s").await.state, "robots");
    origin.remove("/robots.txt");
    twice("well again").await;
    assert_eq!(app.state("s").await.state, "ok", "{:?}", app.state("s").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_go_nowhere_and_a_person_decides() {
    let (app, origin) = published(12).await;
    for n in 1..=6 {
        origin.remove(&format!("/a/{n}.html"));
    }
    for _ in 0..3 {
        app.round("s").await;
        app.drain().await;
        app.later(2 * HOUR);
    }
    assert_eq!(on_site(&app, &origin, 12).await, 12);
    let state = app.state("s").await;
    assert_eq!(state.state, "frozen");
    assert!(state.reason.contains("6 items would go at once, the limit is 5"), "{}", state.reason);
}

/// The further pages of a list stand behind a first page that is known by the next round: one of them failing must not
/// hide what it names.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_further_page_of_a_list_that_failed_is_read_soon() {
    let (app, origin) = (TestApp::new().await, Origin::start().await);
    let all: Vec<String> = (1..=8).map(|n| format!("/a/{n}.html")).collect();
    for path in &all {
        origin.put(path, page(TITLE, &format!("这是{path}的第一稿。")));
    }
    let leaf = |paths: &[String], current: usize| {
        let rows: Vec<_> = paths.iter().map(|path| (path.as_str(), TITLE)).collect();
        super::origin::list(&rows)
            .replace("共", "")
            .replace("</body>", &format!("<script>createPageHTML(2, {current}, \"list\", \"html\");</script></body>"))
    };
    origin.put("/list.html", leaf(&all[..2], 0));
    origin.put_as("/list_1.html", 500, "text/plain", "no");
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    assert_eq!((app.items().await.len(), app.state("s").await.state.as_str()), (2, "incomplete"));
    // Its first page has not changed; the second one can be read again.
    origin.put("/list_1.html", leaf(&all[2..4], 1));
    app.later(2 * HOUR);
    app.round("s").await;
    assert_eq!((app.items().await.len(), app.state("s").await.state.as_str()), (4, "ok"));
    // The same in an ordinary round: so many are new that they fill the first page.
    origin.put("/list.html", leaf(&all[4..6], 0));
    origin.put_as("/list_1.html", 500, "text/plain", "no");
    app.later(2 * HOUR);
    app.round("s").await;
    assert_eq!(app.items().await.len(), 6);
    origin.put("/list_1.html", leaf(&all[6..8], 1));
    app.later(2 * HOUR);
    app.round("s").await;
    assert_eq!(app.items().await.len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asked_for_a_withdrawal_stands_in_the_audit() {
    let (app, origin) = published(1).await;
    let item = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    let desk = &app.base.desk;
    review::request_withdrawal(desk, &person("shenhe"), &item.id, item.version, "内容有误").await.unwrap();
    app.drain().await;
    assert!(!app.shows("s", &origin.url("/a/1.html")).await);
    let audit = desk.audit_of(item.id.as_str()).await.unwrap();
    let row = audit.iter().find(|row| row.action == "item.withdraw").unwrap();
    assert_eq!(row.actor, Actor::Person(person("shenhe")).to_string());
}
