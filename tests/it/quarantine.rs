//! The sealed quarantine against a thief who takes everything: data folder, keys folder, a dump of the databases.
//!
//! What is planted carries a word that stands nowhere else; it is searched for in every file, in every encoding that the
//! program could have written it in.

use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use menhu::flow::officer_key::unlock;
use menhu::flow::people::{People, new_account};
use menhu::flow::quarantine::escrow;
use menhu::flow::quarantine::{decide, free, grant, open};
use menhu::flow::review::Seen;
use menhu::flow::{FlowError, review};
use menhu::model::{Actor, PersonId, Role, Status};
use menhu::store::ItemRow;

use crate::crawl::origin::{Origin, page};
use crate::testapp::{TestApp, person, source};

/// Stands in the body, in an attachment, in its name, and in a title.
const WORDS: [&str; 4] = ["鬯龘鱻事项", "靁飍馫方案", "zqxjkvzq", "麤驫羴名单"];
const PASSWORD: &str = "Xinan-2026-seal";

/// The word as it may stand in a file: UTF-8, UTF-16 of both orders, GB18030, base64 at each of its three positions, JSON
/// escapes, percent.
fn forms(word: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![word.as_bytes().to_vec()];
    forms.push(word.encode_utf16().flat_map(u16::to_le_bytes).collect());
    forms.push(word.encode_utf16().flat_map(u16::to_be_bytes).collect());
    forms.push(encoding_rs::GB18030.encode(word).0.into_owned());
    forms.push(word.encode_utf16().flat_map(|unit| format!("\\u{unit:04x}").into_bytes()).collect());
    forms.push(word.bytes().flat_map(|byte| format!("%{byte:02X}").into_bytes()).collect());
    for shift in 0..3_usize {
        let shifted: Vec<u8> = std::iter::repeat_n(b' ', shift).chain(word.bytes()).collect();
        let text = STANDARD_NO_PAD.encode(&shifted);
        // What the neighbours share characters with is left away.
        let (from, to) = ((shift * 8).div_ceil(6), shifted.len() * 8 / 6);
        forms.push(text.as_bytes()[from..to].to_vec());
    }
    forms
}

/// Every file under a folder in which a word is found; links (the program itself) are not followed.
fn found(folder: &Path) -> Vec<String> {
    let needles: Vec<(&str, Vec<u8>)> =
        WORDS.iter().flat_map(|word| forms(word).into_iter().map(move |form| (*word, form))).collect();
    let search = aho_corasick::AhoCorasick::new(needles.iter().map(|(_, form)| form)).unwrap();
    let mut hits = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_type().unwrap().is_file() {
                let bytes = std::fs::read(entry.path()).unwrap();
                for hit in search.find_overlapping_iter(&bytes) {
                    let (word, form) = &needles[hit.pattern().as_usize()];
                    hits.push(format!("{word} as {form:02x?} in {}", entry.path().display()));
                }
            }
        }
    }
    hits.sort();
    hits.dedup();
    hits
}

async fn officer(app: &TestApp, id: &str) -> PersonId {
    let keys = menhu::app::desk_keys(&app.config).unwrap();
    let people = People::new(app.base.desk.clone(), &app.config.console, keys).unwrap();
    let account = new_account(id, "保密员", Role::SecurityOfficer, None).unwrap();
    people.add_with_password(&Actor::System("test".into()), &account, PASSWORD).await.unwrap();
    account.id
}

/// Held for a marking in the body, for one in an attachment, and for one in the title that the list says too.
async fn plant(app: &TestApp, origin: &Origin) -> Vec<ItemRow> {
    let titles = ["关于鬯龘鱻事项的通知", "关于公布结果的通知", "机密★5年　关于麤驫羴名单的通知"];
    origin.put("/a/1.html", page(titles[0], "秘密★3年<br>内有zqxjkvzq字样的鬯龘鱻事项。"));
    origin.put("/a/2.html", page(titles[1], "附件：<a href=\"/f/1.txt\">靁飍馫方案.txt</a>"));
    origin.put_as("/f/1.txt", 200, "text/plain; charset=utf-8", "机密★5年\n靁飍馫方案如下：zqxjkvzq。");
    origin.put("/a/3.html", page(titles[2], "现将麤驫羴名单通知如下。"));
    origin.relist(&[("/a/1.html", titles[0]), ("/a/2.html", titles[1]), ("/a/3.html", titles[2])]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.drain().await;
    let mut rows = Vec::new();
    for path in ["/a/1.html", "/a/2.html", "/a/3.html"] {
        let row = app.item("s", &origin.url(path)).await.unwrap();
        assert_eq!(row.status, Status::Quarantined, "{path}: {:?}", row.verdict);
        rows.push(row);
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thief_with_everything_finds_no_byte() {
    let app = TestApp::new().await;
    let jia = officer(&app, "jia").await;
    let origin = Origin::start().await;
    let rows = plant(&app, &origin).await;
    assert!(!app.config.data.keys.join(escrow::FILE).exists(), "there is an officer: no escrow");
    // A second round looks at lists and pages anew.
    app.later(Duration::from_secs(7200));
    app.round("s").await;
    app.drain().await;
    let left = found(app.dir.path());
    assert!(left.is_empty(), "{left:#?}");

    // The officer has it all, to the byte.
    let key = unlock(&app.base.desk, &jia, PASSWORD).await.unwrap();
    let package = open::open(&app.base.desk, &app.base.blobs, &jia, &key, &rows[1].id, "核对").await.unwrap().package;
    let content = package.fields().unwrap();
    assert_eq!(content.attachments[0].name, "靁飍馫方案.txt");
    let file = package.file(&content.attachments[0].blob).unwrap();
    assert_eq!(file, "机密★5年\n靁飍馫方案如下：zqxjkvzq。".as_bytes());
    assert!(package.verdict.findings.iter().any(|finding| finding.text.contains("机密★5年")));
    let left = found(app.dir.path());
    assert!(left.is_empty(), "opening leaves nothing on the disk: {left:#?}");
}

/// What was published in plain and is caught by new rules leaves the desk, the site, the index and all their logs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_public_is_sealed_without_a_trace() {
    let app = TestApp::new().await;
    officer(&app, "jia").await;
    let origin = Origin::start().await;
    origin.put(
        "/a/1.html",
        page("关于鬯龘鱻事项的通知", "内有zqxjkvzq字样。附件：<a href=\"/f/1.txt\">靁飍馫方案.txt</a>"),
    );
    origin.put_as("/f/1.txt", 200, "text/plain; charset=utf-8", "靁飍馫方案与麤驫羴名单。");
    origin.put("/a/2.html", page("关于其他事项的通知", "现将有关事项通知如下。"));
    origin.relist(&[("/a/1.html", "关于鬯龘鱻事项的通知"), ("/a/2.html", "关于其他事项的通知")]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.approve_all().await;
    app.drain().await;
    assert!(app.shows("s", &origin.url("/a/1.html")).await);
    assert!(found(app.dir.path()).len() > 4, "it is everywhere, as what is public is");

    app.rules(&crate::crawl::rule_sets::with_word("zqxjkvzq")).await;
    app.drain().await;
    let row = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    assert_eq!((row.status, row.on_site), (Status::Quarantined, None));
    // The term stands in the rule set in force, as it must; of the text nothing does.
    let left: Vec<String> = found(app.dir.path()).into_iter().filter(|hit| !hit.starts_with("zqxjkvzq")).collect();
    assert!(left.is_empty(), "{left:#?}");
    assert!(app.shows("s", &origin.url("/a/2.html")).await);
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_officer_takes_over_from_the_escrow() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    let rows = plant(&app, &origin).await;
    let file = app.config.data.keys.join(escrow::FILE);
    assert!(file.exists());
    let left = found(app.dir.path());
    assert!(left.is_empty(), "sealed from the first moment: {left:#?}");
    let jia = officer(&app, "jia").await;
    assert!(!file.exists() && app.base.desk.escrow_key().await.unwrap().is_none());
    let key = unlock(&app.base.desk, &jia, PASSWORD).await.unwrap();
    for row in &rows {
        open::open(&app.base.desk, &app.base.blobs, &jia, &key, &row.id, "核对").await.unwrap();
    }
    // A second officer opens nothing of it before the first gives access.
    let yi = officer(&app, "yi").await;
    let second = unlock(&app.base.desk, &yi, PASSWORD).await.unwrap();
    let shut = open::open(&app.base.desk, &app.base.blobs, &yi, &second, &rows[0].id, "核对").await;
    assert!(matches!(shut, Err(FlowError::Refused(_))));
    assert_eq!(grant::grant(&app.base.desk, &app.base.verifier, &jia, &key, &yi).await.unwrap(), 3);
    open::open(&app.base.desk, &app.base.blobs, &yi, &second, &rows[0].id, "核对").await.unwrap();
}

/// New rules, or a changed page: both ways out of the quarantine end in the queue, through the gate.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_now_is_freed_by_an_officer_or_by_its_page() {
    let app = TestApp::under(&crate::crawl::rule_sets::with_word("麒麟工程")).await;
    let jia = officer(&app, "jia").await;
    let origin = Origin::start().await;
    let title = "关于开展检查工作的通知";
    let word = page(title, "麒麟工程的有关事项通知如下。");
    for path in ["/a/1.html", "/a/2.html", "/a/3.html"] {
        origin.put(path, word.clone());
    }
    origin.relist(&[("/a/1.html", title), ("/a/2.html", title), ("/a/3.html", title)]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.drain().await;
    let status = async |path: &str| app.item("s", &origin.url(path)).await.unwrap().status;
    for path in ["/a/1.html", "/a/2.html", "/a/3.html"] {
        assert_eq!(status(path).await, Status::Quarantined);
    }
    // The page changes.
    origin.put("/a/1.html", page(title, "有关事项通知如下。"));
    app.later(Duration::from_secs(7200));
    app.round("s").await;
    assert_eq!(status("/a/1.html").await, Status::Queued);
    // The rules change: the officer screens what is sealed again.
    app.rules(&crate::rules::shipped()).await;
    app.drain().await;
    assert_eq!(status("/a/2.html").await, Status::Quarantined, "the host cannot open it");
    let row = app.item("s", &origin.url("/a/2.html")).await.unwrap();
    let key = unlock(&app.base.desk, &jia, PASSWORD).await.unwrap();
    let (sealer, gate) = (app.base.sealer(), app.base.screener.clone());
    let done = free::free_one(&sealer, &gate, &jia, &key, &row.id).await.unwrap();
    assert_eq!(done.freed, 1);
    let freed = app.item("s", &origin.url("/a/2.html")).await.unwrap();
    assert_eq!((freed.status, freed.content_hash), (Status::Queued, row.content_hash), "the very same bytes");
    // And the unchanged page is read whole on its schedule, and freed by that.
    app.later(Duration::from_secs(7200));
    app.round("s").await;
    assert_eq!(status("/a/3.html").await, Status::Queued);
    app.approve_all().await;
    app.drain().await;
    for path in ["/a/1.html", "/a/2.html", "/a/3.html"] {
        assert!(app.shows("s", &origin.url(path)).await, "{path}");
    }
    assert!(app.doctor().await.is_empty(), "{:?}", app.doctor().await);
}

/// One operator destroys nothing that is sealed, open or closed; the item keeps its status, its file and its keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_person_erases_nothing_that_is_sealed() {
    let app = TestApp::new().await;
    let jia = officer(&app, "jia").await;
    let origin = Origin::start().await;
    let row = plant(&app, &origin).await.remove(0);
    let (desk, operator) = (&app.base.desk, Actor::System("command line".into()));
    for status in [Status::Quarantined, Status::Dismissed] {
        let refused = app.work.withdrawal.withdraw(&row.id, &operator, "误发", true).await.unwrap_err().to_string();
        assert!(refused.contains("menhu quarantine destroy"), "{refused}");
        assert_eq!(desk.item(&row.id).await.unwrap().unwrap().status, status);
        let key = unlock(desk, &jia, PASSWORD).await.unwrap();
        open::open(desk, &app.base.blobs, &jia, &key, &row.id, "核对").await.unwrap();
        if status == Status::Quarantined {
            let seen = Seen { version: row.version, content: row.content_hash };
            decide::confirm(desk, &jia, &row.id, seen, "state-secret").await.unwrap();
        }
    }
    assert!(
        app.work.withdrawal.withdraw(&row.id, &operator, "撤稿", false).await.is_ok(),
        "the site is another matter"
    );
}

/// Destroyed: not even the sealed bytes are left, in any file.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_two_officers_destroy_is_gone_from_every_file() {
    let app = TestApp::new().await;
    let (jia, yi) = (officer(&app, "jia").await, officer(&app, "yi").await);
    let origin = Origin::start().await;
    let row = plant(&app, &origin).await.remove(0);
    let desk = &app.base.desk;
    let seen = Seen { version: row.version, content: row.content_hash };
    let number = decide::confirm(desk, &jia, &row.id, seen, "state-secret").await.unwrap();
    assert_eq!(number, "BM-2026-0001");
    let (package, _) = desk.sealed(&row.id).await.unwrap().unwrap();
    let wrapped = desk.wrapped_key(&row.id, &desk.officer_key(&jia).await.unwrap().unwrap().id).await.unwrap().unwrap();
    let (first, second) = (unlock(desk, &jia, PASSWORD).await.unwrap(), unlock(desk, &yi, PASSWORD).await.unwrap());
    decide::ask_destruction(desk, &first, &row.id, "保存期满").await.unwrap();
    assert!(decide::confirm_destruction(desk, &first, &row.id).await.is_err(), "it takes another");
    decide::confirm_destruction(desk, &second, &row.id).await.unwrap();
    app.drain().await;
    assert_eq!(desk.sealed(&row.id).await.unwrap(), None);
    assert!(!app.base.blobs.contains(&package).await.unwrap());
    let shut = open::open(desk, &app.base.blobs, &jia, &first, &row.id, "核对").await;
    assert!(matches!(shut, Err(FlowError::Missing(_))));
    let key = wrapped.as_bytes();
    for file in ["desk/desk.sqlite", "desk/desk.sqlite-wal"] {
        let bytes = std::fs::read(app.dir.path().join(file)).unwrap();
        assert!(!bytes.windows(key.len()).any(|window| window == key), "the wrapped key is still in {file}");
    }
    let acts: Vec<String> = desk.audit_of(row.id.as_str()).await.unwrap().into_iter().map(|row| row.action).collect();
    for act in ["quarantine.confirm", "quarantine.destroy-ask", "quarantine.destroy", "item.erase"] {
        assert!(acts.iter().any(|done| done == act), "{act} is not in {acts:?}");
    }
    assert!(desk.verify_audit().await.unwrap().broken.is_none());
    assert!(desk.incident(&number).await.unwrap().is_some(), "the record stays");
}

/// A folder from before the quarantine was sealed: the first start seals it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_version_left_in_plain_is_sealed() {
    let app = TestApp::new().await;
    let origin = Origin::start().await;
    origin.publish(&[("/a/1.html", "关于鬯龘鱻事项的通知", "内有zqxjkvzq字样。")]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.behind_the_back(
        "desk/desk.sqlite",
        "UPDATE items SET status = 'quarantined', outcome = 'hold', cleared_hash = NULL, cleared_rule_set = NULL",
    )
    .await;
    assert!(!found(app.dir.path()).is_empty());
    let jia = officer(&app, "jia").await;
    assert_eq!(app.base.sealer().seal_plain().await.unwrap(), 1);
    app.drain().await;
    let left = found(app.dir.path());
    assert!(left.is_empty(), "{left:#?}");
    let row = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    let key = unlock(&app.base.desk, &jia, PASSWORD).await.unwrap();
    let package = open::open(&app.base.desk, &app.base.blobs, &jia, &key, &row.id, "核对").await.unwrap().package;
    assert!(package.content.contains("zqxjkvzq"));
    let seen = Seen { version: row.version, content: row.content_hash };
    review::dismiss(&app.base.desk, &person("jia"), &row.id, seen, "unfit").await.unwrap();
}

/// Every row of every table, as a thief dumps it.
async fn dump(url: &str) -> String {
    use sqlx::{Connection as _, Row as _};
    let mut link = sqlx::PgConnection::connect(url).await.unwrap();
    let tables = "SELECT table_schema || '.' || table_name FROM information_schema.tables
        WHERE table_schema IN ('desk', 'site') AND table_type = 'BASE TABLE'";
    let tables = sqlx::query(tables).fetch_all(&mut link).await.unwrap();
    assert!(tables.len() > 20, "{}", tables.len());
    let mut all = String::new();
    for table in tables {
        let table: String = table.get(0);
        let rows = format!("SELECT row_to_json(t)::text FROM {table} AS t");
        for row in sqlx::query(sqlx::AssertSqlSafe(rows)).fetch_all(&mut link).await.unwrap() {
            all.push_str(&row.get::<String, _>(0));
            all.push('\n');
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_postgres_says_no_word_either() {
    let Some(url) = crate::store::new_database().await else { return };
    let place = url.clone();
    let clock = menhu::model::Clock::fake(menhu::model::Timestamp(1_795_570_200_000_000));
    let app = TestApp::with(clock, |config| {
        let file = config.data.keys.join("database");
        std::fs::write(&file, place).unwrap();
        config.data.desk_postgres = Some(file.clone());
        config.data.site_postgres = Some(file);
    })
    .await;
    let origin = Origin::start().await;
    let rows = plant(&app, &origin).await;
    let jia = officer(&app, "jia").await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("dump.sql"), dump(&url).await).unwrap();
    let left = [found(folder.path()), found(app.dir.path())].concat();
    assert!(left.is_empty(), "{left:#?}");
    let key = unlock(&app.base.desk, &jia, PASSWORD).await.unwrap();
    for row in &rows {
        open::open(&app.base.desk, &app.base.blobs, &jia, &key, &row.id, "核对").await.unwrap();
    }
}

/// 误报: a minimal exception by one officer, approved by another; the gate then frees the item, and still stops the word elsewhere.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_false_hit_is_excused_by_two_officers_and_freed_by_the_gate() {
    use menhu::flow::rule_edit::Edit;
    use menhu::flow::rules;
    let app = TestApp::under(&crate::crawl::rule_sets::with_word("麒麟工程")).await;
    let (jia, yi) = (officer(&app, "jia").await, officer(&app, "yi").await);
    let origin = Origin::start().await;
    let title = "关于开展检查工作的通知";
    origin.put("/a/1.html", page(title, "本周参观麒麟工程展览馆，请各学校预约。"));
    origin.put("/a/2.html", page(title, "麒麟工程的有关事项通知如下。"));
    origin.relist(&[("/a/1.html", title), ("/a/2.html", title)]);
    app.register(&source("s", &origin.url("/list.html"), &[origin.host()])).await;
    app.round("s").await;
    app.drain().await;
    let (desk, verifier) = (&app.base.desk, &app.base.verifier);
    let (first, second) = (unlock(desk, &jia, PASSWORD).await.unwrap(), unlock(desk, &yi, PASSWORD).await.unwrap());
    let row = app.item("s", &origin.url("/a/1.html")).await.unwrap();
    let rule = row.verdict.findings[0].rule.clone();
    let phrase = "参观麒麟工程展览馆".to_owned();
    let negative = "本周参观麒麟工程展览馆，请各学校预约。".to_owned();
    let edit = Edit::AddException { rule, phrase, negative };
    let number = rules::propose_edits(desk, verifier, &first, &[edit], "误报").await.unwrap();
    let keys = menhu::app::desk_keys(&app.config).unwrap();
    assert!(rules::approve_signed(desk, &keys, &first, number, false).await.is_err(), "not by oneself");
    rules::approve_signed(desk, &keys, &second, number, false).await.unwrap();
    app.drain().await;
    let done = free::free_all(&app.base.sealer(), &app.base.screener, &jia, &first, 100).await.unwrap();
    assert_eq!((done.screened, done.freed), (2, 1));
    assert_eq!(app.item("s", &origin.url("/a/1.html")).await.unwrap().status, Status::Queued);
    assert_eq!(app.item("s", &origin.url("/a/2.html")).await.unwrap().status, Status::Quarantined);
}
