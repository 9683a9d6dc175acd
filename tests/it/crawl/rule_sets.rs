//! Rule sets through the installation: two people, a signature, and what a new set does to what is public.

use menhu::app::Base;
use menhu::flow::rules;
use menhu::model::{Actor, Status};
use menhu::screen::{RuleBundle, RuleSet};

use super::origin::{Origin, page};
use crate::rules::shipped;
use crate::testapp::{TestApp, person, source};

/// The shipped rules, and one more that blocks `word`.
pub(crate) fn with_word(word: &str) -> RuleSet {
    let mut files = shipped().bundle().files.clone();
    let rule = format!(
        "[[rule]]\nid = \"T-9\"\nname = \"试\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"{word}\"]\n\
         positive = [\"{word}\", \"有{word}的话\", \"{word}。\"]\nnegative = [\"无关\", \"别的话\", \"通知\"]\n\
         review_date = 2027-06-30\nbasis = \"test\"\n"
    );
    files.insert("rules/test.toml".into(), rule);
    RuleSet::from_bundle(&RuleBundle { files }).unwrap_or_else(|errors| panic!("{errors}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_was_changed_in_place_opens_nothing() {
    let app = TestApp::new().await;
    let (desk, verifier) = (&app.base.desk, &app.base.verifier);
    for (sql, undo) in [
        ("UPDATE rule_sets SET bundle = replace(bundle, '阻断', '保密审查')", None),
        ("UPDATE rule_sets SET bundle = replace(bundle, '保密审查', '阻断')", None),
        (
            "UPDATE rule_sets SET signature = 'AAAA'",
            Some(desk.rules_in_force().await.unwrap().unwrap().signature.unwrap()),
        ),
        ("UPDATE rule_sets SET decided_by = 'person:mallory'", None),
    ] {
        app.behind_the_back("desk/desk.sqlite", sql).await;
        let error = rules::in_force(desk, verifier).await.expect_err(sql).to_string();
        assert!(error.contains("signature") && error.contains("does not hold"), "{sql}: {error}");
        let refused = Base::open(app.config.clone(), app.clock.clone()).await.err().unwrap();
        assert!(format!("{refused:#}").contains("the gate has no rules"), "{refused:#}");
        assert!(app.doctor().await.iter().any(|problem| problem.check == "rules"), "{sql}");
        if let Some(signature) = undo {
            app.behind_the_back("desk/desk.sqlite", &format!("UPDATE rule_sets SET signature = '{signature}'")).await;
        }
    }
    app.behind_the_back("desk/desk.sqlite", "DELETE FROM rule_sets").await;
    assert!(rules::in_force(desk, verifier).await.is_err());
    assert!(Base::open(app.config.clone(), app.clock.clone()).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_approves_what_they_proposed() {
    let app = TestApp::new().await;
    let (desk, key) = (&app.base.desk, &app.work.publisher.key);
    let baomi = Actor::Person(person("baomi"));
    let set = with_word("麒麟工程");
    let before = desk.rules_in_force().await.unwrap().unwrap().id;
    let number = rules::propose(desk, &set, &baomi, "").await.unwrap();
    let error = rules::approve(desk, number, &baomi, key).await.unwrap_err().to_string();
    assert!(error.contains("another person must approve it"), "{error}");
    assert_eq!(desk.rules_in_force().await.unwrap().unwrap().id, before);
    rules::approve(desk, number, &Actor::Person(person("shenhe")), key).await.unwrap();
    assert_eq!(rules::in_force(desk, &app.base.verifier).await.unwrap().id(), set.id());
    assert!(rules::approve(desk, number, &Actor::Person(person("shenhe")), key).await.is_err(), "only once");
    assert!(desk.verify_audit().await.unwrap().broken.is_none());
}

/// What is public, what waits, and what is public while a newer version waits: none of it stays where it is blocked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_set_takes_off_what_it_blocks() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    let title = "关于开展检查工作的通知";
    let (plain, word) = (page(title, "现将有关事项通知如下。"), page(title, "麒麟工程的有关事项通知如下。"));
    let paths = ["/a/1.html", "/a/2.html", "/a/3.html", "/a/4.html", "/a/5.html"];
    for path in &paths[..4] {
        origin.put(path, word.clone());
    }
    origin.put("/a/2.html", plain.clone());
    origin.relist(&paths.map(|path| (path, title)));
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.approve_all().await;
    app.drain().await;
    // 3 and 4 change and wait, without the word; the site shows them with it. 4 is sent back. 5 waits with it.
    for path in ["/a/3.html", "/a/4.html"] {
        origin.put(path, plain.clone());
    }
    origin.put("/a/5.html", word.clone());
    app.later(std::time::Duration::from_secs(7200));
    app.round("s").await;
    let row = app.item("s", &origin.url("/a/4.html")).await.unwrap();
    let seen = menhu::flow::review::Seen { version: row.version, content: row.content_hash };
    menhu::flow::review::send_back(&app.base.desk, &person("shenhe"), &row.id, seen, "不妥").await.unwrap();
    for path in &paths[..4] {
        assert!(app.shows("s", &origin.url(path)).await, "{path}");
    }

    app.rules(&with_word("麒麟工程")).await;
    app.drain().await;
    let mut found = Vec::new();
    for path in paths {
        let url = origin.url(path);
        let row = app.item("s", &url).await.unwrap();
        found.push((path, row.status, app.shows("s", &url).await));
    }
    assert_eq!(
        found,
        [
            ("/a/1.html", Status::Quarantined, false),
            ("/a/2.html", Status::Published, true),
            ("/a/3.html", Status::Queued, false),
            ("/a/4.html", Status::Returned, false),
            ("/a/5.html", Status::Quarantined, false),
        ]
    );
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}

/// What only the page says, of its content and its own labels together, keeps the item back as well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_that_leaves_is_screened_too() {
    let app = TestApp::under(&with_word("麒麟名单发布")).await;
    let origin = Origin::start().await;
    let titles = [("/a/1.html", "关于公布麒麟名单"), ("/a/2.html", "关于公布名单的通知")];
    for (path, title) in titles {
        origin.put(path, page(title, "现将有关事项通知如下。"));
    }
    origin.relist(&titles);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    assert_eq!(app.item("s", &origin.url("/a/1.html")).await.unwrap().status, Status::Queued);
    app.approve_all().await;
    app.drain().await;
    let held = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    assert_eq!(held.status, Status::Quarantined);
    assert!(held.verdict.findings.iter().all(|finding| finding.rule == "T-9") && !held.verdict.findings.is_empty());
    assert!(!app.shows("s", &origin.url("/a/1.html")).await);
    assert!(app.shows("s", &origin.url("/a/2.html")).await);
}
