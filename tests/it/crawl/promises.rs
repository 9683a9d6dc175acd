//! Promise 1 by property: whatever collecting, editing, reviewing, changes of rules and crashes come in whatever order,
//! what is public was decided for exactly its bytes and carries their permit; and once the jobs are done it passes the
//! rules in force, nothing held is public, and audit, desk, site and index agree.

use std::time::Duration;

use menhu::flow::job;
use menhu::flow::review::{self, Seen};
use menhu::model::{Actor, Content, ItemId, Outcome, SourceId, Status};
use menhu::screen::{RuleBundle, RuleSet, Screener};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::origin::{Origin, page};
use crate::testapp::{TestApp, person, source};

const TITLE: &str = "关于开展检查工作的通知";
const PAGES: usize = 2;
/// What a page may say; one set of rules blocks the second of them, the other none.
const TEXTS: [&str; 3] = ["现将有关事项通知如下。", "麒麟工程开工。", "请遵照执行。"];
const WORDS: [&str; 2] = ["无人使用的词", "麒麟工程"];

/// One step.
#[derive(Clone, Debug)]
enum Step {
    /// Collected, approved, published: what there is becomes public, where it may.
    Cycle,
    Collect,
    /// A page says something else, and may be collected at once.
    Change {
        page: usize,
        text: usize,
        collect: bool,
    },
    Remove {
        page: usize,
    },
    ApproveAll,
    Return {
        page: usize,
    },
    Ask {
        page: usize,
    },
    Withdraw {
        page: usize,
        erase: bool,
    },
    Dismiss {
        page: usize,
    },
    Publish,
    Rules {
        number: usize,
    },
    Drain,
    /// Everything in memory is lost while jobs run, after so many milliseconds.
    Crash {
        after: u64,
    },
    CrashCollecting {
        after: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let page = 0..PAGES;
    prop_oneof![
        4 => Just(Step::Cycle),
        2 => Just(Step::Collect),
        8 => (page.clone(), 0..TEXTS.len(), any::<bool>())
            .prop_map(|(page, text, collect)| Step::Change { page, text, collect }),
        1 => page.clone().prop_map(|page| Step::Remove { page }),
        2 => Just(Step::ApproveAll),
        1 => page.clone().prop_map(|page| Step::Return { page }),
        1 => page.clone().prop_map(|page| Step::Ask { page }),
        1 => (page.clone(), any::<bool>()).prop_map(|(page, erase)| Step::Withdraw { page, erase }),
        1 => page.prop_map(|page| Step::Dismiss { page }),
        2 => Just(Step::Publish),
        4 => (0..WORDS.len()).prop_map(|number| Step::Rules { number }),
        2 => Just(Step::Drain),
        2 => (0..40u64).prop_map(|after| Step::Crash { after }),
        1 => (0..60u64).prop_map(|after| Step::CrashCollecting { after }),
    ]
}

/// Rules that block one word.
fn rule_set(number: usize) -> RuleSet {
    let word = WORDS[number];
    let rule = format!(
        "[[rule]]\nid = \"T-{number}\"\nname = \"试\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"{word}\"]\n\
         positive = [\"{word}\", \"有{word}的话\", \"{word}。\"]\nnegative = [\"无关\", \"别的话\", \"通知\"]\n\
         review_date = 2027-06-30\nbasis = \"test\"\n"
    );
    let files = [("rules/test.toml".to_owned(), rule)].into_iter().collect();
    RuleSet::from_bundle(&RuleBundle { files }).unwrap_or_else(|errors| panic!("{errors}"))
}

struct World {
    app: TestApp,
    origin: Origin,
}

fn path(page: usize) -> String {
    format!("/a/{page}.html")
}

impl World {
    async fn new() -> Self {
        let (app, origin) = (TestApp::under(&rule_set(0)).await, Origin::start().await);
        let paths: Vec<String> = (0..PAGES).map(path).collect();
        for (number, path) in paths.iter().enumerate() {
            origin.put(path, page(TITLE, &format!("第{number}件。{}", TEXTS[0])));
        }
        origin.relist(&paths.iter().map(|path| (path.as_str(), TITLE)).collect::<Vec<_>>());
        app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
        Self { app, origin }
    }

    fn id(&self, page: usize) -> ItemId {
        ItemId::of_page(&SourceId::new("s").unwrap(), &self.origin.url(&path(page)))
    }

    async fn seen(&self, page: usize, status: Status) -> Option<Seen> {
        let row = self.app.base.desk.item(&self.id(page)).await.unwrap()?;
        (row.status == status).then_some(Seen { version: row.version, content: row.content_hash })
    }

    async fn take(self, step: &Step) -> Self {
        let Self { app, origin } = &self;
        let desk = &app.base.desk;
        app.later(Duration::from_secs(600));
        match *step {
            Step::Cycle => {
                app.round("s").await;
                app.approve_all().await;
                app.drain().await;
            }
            Step::Collect => drop(app.round("s").await),
            Step::Change { page: number, text, collect } => {
                origin.put(&path(number), page(TITLE, &format!("第{number}件。{}", TEXTS[text])));
                if collect {
                    app.round("s").await;
                }
            }
            Step::Remove { page } => origin.remove(&path(page)),
            Step::ApproveAll => app.approve_all().await,
            Step::Return { page } => {
                if let Some(seen) = self.seen(page, Status::Queued).await {
                    review::send_back(desk, &person("shenhe"), &self.id(page), seen, "不妥").await.unwrap();
                }
            }
            Step::Ask { page } => {
                if let Some(row) = desk.item(&self.id(page)).await.unwrap() {
                    // Refused where there is nothing to withdraw.
                    drop(review::request_withdrawal(desk, &person("shenhe"), &row.id, row.version, "撤").await);
                }
            }
            Step::Withdraw { page, erase } => {
                let actor = Actor::Person(person("shenhe"));
                let done = app.work.withdrawal.withdraw(&self.id(page), &actor, "撤稿", erase).await;
                let row = desk.item(&self.id(page)).await.unwrap();
                let sealed = row
                    .as_ref()
                    .is_some_and(|row| erase && matches!(row.status, Status::Quarantined | Status::Dismissed));
                assert!(done.is_ok() || row.is_none() || sealed, "{done:?}");
            }
            Step::Dismiss { page } => {
                if let Some(seen) = self.seen(page, Status::Quarantined).await {
                    review::dismiss(desk, &person("baomi"), &self.id(page), seen, "涉密").await.unwrap();
                }
            }
            Step::Publish => app.drain_kind(&[job::PUBLISH]).await,
            Step::Rules { number } => drop(app.rules(&rule_set(number)).await),
            Step::Drain => app.drain().await,
            Step::Crash { after } => drop(tokio::time::timeout(Duration::from_millis(after), app.drain()).await),
            Step::CrashCollecting { after } => {
                drop(tokio::time::timeout(Duration::from_millis(after), app.round("s")).await);
            }
        }
        if matches!(step, Step::Crash { .. } | Step::CrashCollecting { .. }) {
            let Self { app, origin } = self;
            return Self { app: app.reopen().await, origin };
        }
        self
    }

    /// What holds at every moment.
    async fn holds(&self) {
        let (desk, site) = (&self.app.base.desk, &self.app.work.publisher.site);
        for item in site.items_after(None, 1_000).await.unwrap() {
            let permit = item.permit().unwrap();
            self.app.base.verifier.verify(&permit, &item.id, &item.content).unwrap();
            assert_eq!(permit.outcome, Outcome::Pass);
            assert_eq!(permit.decision.content, Content::hash_of(&item.content), "decided for other bytes");
            assert!(desk.item(&item.id).await.unwrap().is_some());
        }
        let check = desk.verify_audit().await.unwrap();
        assert!(check.broken.is_none(), "{:?}", check.broken);
    }

    /// What holds once the jobs are done.
    async fn settled(&self) {
        for _ in 0..4 {
            self.app.later(Duration::from_secs(2 * 3600));
            self.app.drain().await;
        }
        self.holds().await;
        let (desk, site) = (&self.app.base.desk, &self.app.work.publisher.site);
        let left: Vec<_> =
            desk.jobs(None, 100).await.unwrap().into_iter().filter(|job| job.kind != job::COLLECT).collect();
        assert!(left.is_empty(), "{left:#?}");
        let set = menhu::flow::rules::in_force(desk, &self.app.base.verifier).await.unwrap();
        let (id, screener) = (set.id(), Screener::new(set, Duration::from_secs(60)));
        for item in site.items_after(None, 1_000).await.unwrap() {
            let content: Content = serde_json::from_str(&item.content).unwrap();
            let draft = menhu::model::Draft { content, source: None, segments: Vec::new(), unreadable: Vec::new() };
            let passes = matches!(screener.screen(draft), menhu::screen::Screened::Cleared(_));
            assert!(passes, "{} is public and does not pass the rules in force", item.id);
        }
        for row in self.app.items().await {
            let shown = site.item(&row.id).await.unwrap();
            assert_eq!(shown.map(|shown| shown.content_hash), row.on_site.map(|(_, hash)| hash), "{row:?}");
            if matches!(row.status, Status::Quarantined | Status::Dismissed | Status::Withdrawn) {
                assert!(row.on_site.is_none(), "{} is {} and public", row.id, row.status.word());
            } else if row.status != Status::Returned {
                assert_eq!(row.rule_set, id, "{} was not screened under the rules in force", row.id);
            }
        }
        let found = self.app.doctor().await;
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn whatever_comes_in_whatever_order_only_what_may_is_public() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cases = std::option_env!("MENHU_CASES").and_then(|text| text.parse().ok()).unwrap_or(5);
    let config = Config { cases, max_shrink_iters: 60, failure_persistence: None, ..Config::default() };
    TestRunner::new(config)
        .run(&proptest::collection::vec(step(), 8..24), |steps| {
            runtime.block_on(async {
                let mut world = World::new().await;
                for step in &steps {
                    world = world.take(step).await;
                    world.holds().await;
                }
                world.settled().await;
            });
            Ok(())
        })
        .unwrap_or_else(|failure| panic!("{failure}"));
}

/// Orders that were wrong once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_were_wrong_once() {
    let change = |text| Step::Change { page: 0, text, collect: true };
    let orders = [
        // A rule blocks what the site shows, not what waits to replace it; it waits, or was returned.
        vec![change(1), Step::Cycle, change(0), Step::Rules { number: 1 }],
        vec![change(1), Step::Cycle, change(0), Step::Return { page: 0 }, Step::Rules { number: 1 }],
        // What the gate holds is not erased by one person.
        vec![Step::Rules { number: 1 }, change(1), Step::Cycle, Step::Withdraw { page: 0, erase: true }, Step::Collect],
        // What waits to replace a public version is held at the last moment.
        vec![Step::Cycle, change(1), Step::ApproveAll, Step::Rules { number: 1 }, Step::Publish],
    ];
    for steps in &orders {
        let mut world = World::new().await;
        for step in steps {
            world = world.take(step).await;
            world.holds().await;
        }
        world.settled().await;
    }
}
