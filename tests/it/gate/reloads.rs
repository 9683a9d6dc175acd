//! A thousand hostile reloads while texts are screened: the stored set truncated, emptied, half-written, renamed, with
//! another's signature, with words taken out, gone, or an older set put back. No text is ever screened by less than the
//! last good set: its verdict names that set or a later one, and carries the word that only that set has.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use menhu::app::Base;
use menhu::flow::rules;
use menhu::model::{Outcome, RuleSetId};
use menhu::screen::{RuleBundle, RuleSet, Screened, Screener};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteSynchronous};

use super::draft;
use super::mutants::Random;
use crate::testapp::TestApp;

const RELOADS: usize = 1_000;
/// Hostile reloads between two good ones.
const BETWEEN: usize = 25;
const CANARY: &str = "麒麟工程";

/// The word that only set `number` has.
fn word(number: usize) -> String {
    let letters: Vec<char> = "甲乙丙丁戊己庚辛壬癸".chars().collect();
    format!("暗语{}{}{}", letters[number / 100 % 10], letters[number / 10 % 10], letters[number % 10])
}

fn rule(id: &str, word: &str) -> String {
    format!(
        "[[rule]]\nid = \"{id}\"\nname = \"试\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"{word}\"]\nvariants = 2\n\
         positive = [\"{word}\", \"有{word}的话\", \"{word}。\"]\nnegative = [\"无关\", \"别的话\", \"通知\"]\n\
         review_date = 2027-06-30\nbasis = \"test\"\n"
    )
}

fn good(number: usize) -> RuleSet {
    let text = rule("T-0", CANARY) + &rule("T-1", &word(number));
    let files = [("rules/test.toml".to_owned(), text)].into_iter().collect();
    RuleSet::from_bundle(&RuleBundle { files }).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What is done to the row of the set in force. What the database refuses is not done.
const HOSTILE: [&str; 22] = [
    "UPDATE rule_sets SET bundle = substr(bundle, 1, length(bundle) / 2) WHERE state = 'in-force'",
    "UPDATE rule_sets SET bundle = '' WHERE state = 'in-force'",
    "UPDATE rule_sets SET bundle = '{\"files\":{}}' WHERE state = 'in-force'",
    "UPDATE rule_sets SET bundle = replace(bundle, '阻断', '提示') WHERE state = 'in-force'",
    "UPDATE rule_sets SET bundle = replace(bundle, '麒麟工程', '无关的词') WHERE state = 'in-force'",
    "UPDATE rule_sets SET bundle = replace(bundle, 'variants = 2', 'variants = 0') WHERE state = 'in-force'",
    "UPDATE rule_sets SET bundle = (SELECT bundle FROM rule_sets WHERE number = 1) WHERE state = 'in-force'",
    "UPDATE rule_sets SET id = (SELECT id FROM rule_sets WHERE number = 1) WHERE state = 'in-force'",
    "UPDATE rule_sets SET id = '0000000000000000000000000000000000000000000000000000000000000000' \
     WHERE state = 'in-force'",
    "UPDATE rule_sets SET signature = 'AAAA' WHERE state = 'in-force'",
    "UPDATE rule_sets SET signature = NULL WHERE state = 'in-force'",
    "UPDATE rule_sets SET signature = (SELECT signature FROM rule_sets WHERE number = 1) WHERE state = 'in-force'",
    "UPDATE rule_sets SET decided_by = 'person:mallory' WHERE state = 'in-force'",
    "UPDATE rule_sets SET proposed_by = 'person:mallory' WHERE state = 'in-force'",
    "UPDATE rule_sets SET state = 'refused' WHERE state = 'in-force'",
    "UPDATE rule_sets SET number = number + 1000 WHERE state = 'in-force'",
    "DELETE FROM rule_sets WHERE state = 'in-force'",
    "DELETE FROM rule_sets",
    "ALTER TABLE rule_sets RENAME TO rule_sets_away",
    // an older set, with its own good signature; and as if the newer had never been
    "UPDATE rule_sets SET state = 'superseded' WHERE state = 'in-force'; \
     UPDATE rule_sets SET state = 'in-force' WHERE number = 1",
    "UPDATE rule_sets SET state = 'refused' WHERE state = 'in-force'; \
     UPDATE rule_sets SET state = 'in-force' WHERE number = 1",
    "DELETE FROM rule_sets WHERE state = 'in-force'; UPDATE rule_sets SET state = 'in-force' WHERE number = 1",
];

/// What the screening threads look at.
struct Watch {
    /// The number of each good set.
    known: Mutex<HashMap<RuleSetId, usize>>,
    /// The last set that is in force for certain.
    floor: AtomicUsize,
    ended: AtomicBool,
    screened: AtomicUsize,
}

impl Watch {
    fn know(&self, set: &RuleSet, number: usize) {
        self.known.lock().unwrap().insert(set.id(), number);
    }

    /// Screens until the end; every verdict must be of a good set, not older than the last one that was in force before.
    fn screen(&self, screener: &Screener) {
        let words: String = (0..=RELOADS / BETWEEN).map(|number| word(number) + "，").collect();
        while !self.ended.load(Ordering::SeqCst) {
            let floor = self.floor.load(Ordering::SeqCst);
            let Screened::Held(held) = screener.screen(draft("麒\u{200B}麟工程", &words)) else {
                panic!("it passed")
            };
            let verdict = held.verdict();
            let number = self.known.lock().unwrap().get(&verdict.rule_set).copied();
            let number = number.unwrap_or_else(|| panic!("{} is no good set", verdict.rule_set));
            assert!(number >= floor, "set {number} screened after set {floor} was in force");
            assert_eq!(verdict.outcome, Outcome::Block);
            let found = |rule: &str, text: &str| {
                verdict.findings.iter().any(|finding| finding.rule == rule && finding.text == text)
            };
            assert!(found("T-0", "麒\u{200B}麟工程") && found("T-1", &word(number)), "{:?}", verdict.findings);
            self.screened.fetch_add(1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_micros(500));
        }
    }
}

/// The desk's database, behind its back.
struct BackDoor(SqlitePool);

impl BackDoor {
    async fn open(app: &TestApp) -> Self {
        let options = SqliteConnectOptions::new().filename(app.dir.path().join("desk/desk.sqlite")).foreign_keys(false);
        let options = options.busy_timeout(Duration::from_secs(30)).synchronous(SqliteSynchronous::Off);
        Self(SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap())
    }

    /// Whether the database did all of it.
    async fn tried(&self, sql: &str) -> bool {
        let mut all = true;
        for one in sql.split("; ") {
            all &= sqlx::query(sqlx::AssertSqlSafe(one.to_owned())).execute(&self.0).await.is_ok();
        }
        all
    }

    async fn keep(&self) {
        assert!(self.tried("DROP TABLE IF EXISTS kept_rule_sets").await);
        assert!(self.tried("CREATE TABLE kept_rule_sets AS SELECT * FROM rule_sets").await);
    }

    async fn restore(&self) {
        self.tried("ALTER TABLE rule_sets_away RENAME TO rule_sets").await;
        assert!(self.tried("DELETE FROM rule_sets").await);
        assert!(self.tried("INSERT INTO rule_sets SELECT * FROM kept_rule_sets").await);
        assert!(self.tried("DROP TABLE kept_rule_sets").await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_hostile_reloads() {
    let app = TestApp::under(&good(0)).await;
    let (desk, verifier, screener) = (&app.base.desk, &app.base.verifier, &app.base.screener);
    let back_door = BackDoor::open(&app).await;
    let watch = Watch {
        known: Mutex::new(HashMap::new()),
        floor: AtomicUsize::new(0),
        ended: AtomicBool::new(false),
        screened: AtomicUsize::new(0),
    };
    watch.know(&good(0), 0);
    let watch: &'static Watch = Box::leak(Box::new(watch));
    let threads: Vec<_> =
        (0..2).map(|_| screener.clone()).map(|gate| std::thread::spawn(move || watch.screen(&gate))).collect();
    let mut random = Random(0x7265_6C6F_6164_7300);
    let (mut done, mut good_ones, mut restarts, mut refused) = (0, 0, 0, 0);
    while done < RELOADS {
        good_ones += 1;
        let set = good(good_ones);
        watch.know(&set, good_ones);
        app.rules(&set).await;
        assert!(rules::refresh(desk, verifier, screener).await.unwrap());
        watch.floor.store(good_ones, Ordering::SeqCst);
        for turn in 0..BETWEEN {
            let sql = HOSTILE[if done + turn < HOSTILE.len() { turn } else { random.below(HOSTILE.len()) }];
            back_door.keep().await;
            let tampered = back_door.tried(sql).await;
            refused += usize::from(!tampered);
            // as a name that is new to the gate, so that it must look at the row
            if tampered && random.below(2) == 0 {
                let other = format!("UPDATE rule_sets SET id = '{:064x}' WHERE state = 'in-force'", done + turn);
                back_door.tried(&other).await;
            }
            let changed = rules::refresh(desk, verifier, screener).await;
            assert!(!matches!(changed, Ok(true)), "{sql}: {:?}", screener.current());
            assert_eq!(screener.current().id(), set.id(), "{sql}");
            if (done + turn).is_multiple_of(20) {
                // who starts now has the last good set or does not start
                restarts += 1;
                if let Ok(base) = Base::open(app.config.clone(), app.clock.clone()).await {
                    assert_eq!(base.screener.current().id(), set.id(), "{sql}");
                    base.desk.close().await;
                }
            }
            back_door.restore().await;
            assert!(!rules::refresh(desk, verifier, screener).await.unwrap());
        }
        done += BETWEEN;
    }
    watch.ended.store(true, Ordering::SeqCst);
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(rules::in_force(desk, verifier).await.unwrap().id(), good(good_ones).id());
    let screened = watch.screened.load(Ordering::SeqCst);
    println!(
        "{done} hostile reloads ({refused} refused by the database) and {restarts} starts among {good_ones} good ones"
    );
    println!("{screened} texts screened");
    assert!(screened > 1_000);
}
