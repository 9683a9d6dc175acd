//! The store: one suite, run on SQLite and on a real PostgreSQL that the tests start themselves.

mod audit;
mod items;
mod leases;
mod people;
mod postgres;
mod screened;
mod site;

use std::time::Duration;

use menhu::model::{
    Basis, BlobId, Clock, Column, ColumnId, ColumnMode, Content, ContentHash, Decision, Digest, ItemId, ListSpec,
    Outcome, Pace, PersonId, Profile, RuleSetId, Source, SourceId, Timestamp, Unit, UnitClass, UnitId, Verdict,
};
use menhu::store::{Desk, NewItem, OfficerKeyRow, Place, Screening, Sealed, Site, StoreError};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, SqliteConnection};

/// One database of one engine, and a clock that is moved by hand.
pub(crate) struct Bed {
    place: Place,
    clock: Clock,
    folder: tempfile::TempDir,
}

impl Bed {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { place: Place::Sqlite(folder.path().into()), clock: Clock::fake(Timestamp(1_000_000_000)), folder }
    }

    async fn postgres() -> Option<Self> {
        let place = Place::Postgres(postgres::new_database().await?);
        Some(Self { place, ..Self::sqlite() })
    }

    /// A desk with one unit, one column and the source `daj`.
    async fn desk(&self) -> Desk {
        let desk = self.open_desk().await.unwrap();
        let mut tx = desk.begin().await.unwrap();
        tx.put_unit(&unit()).await.unwrap();
        tx.put_column(&column("zwdt")).await.unwrap();
        tx.put_source(&source("daj")).await.unwrap();
        if desk.escrow_key().await.unwrap().is_none() {
            tx.put_officer_key(&OfficerKeyRow {
                id: "escrow".into(),
                person: None,
                sign_key: String::new(),
                seal_key: String::new(),
                sealed: None,
                created: Timestamp(1),
                retired_at: None,
                signature: String::new(),
            })
            .await
            .unwrap();
        }
        tx.commit().await.unwrap();
        desk
    }

    async fn open_desk(&self) -> Result<Desk, StoreError> {
        Desk::open(&self.place, self.clock.clone()).await
    }

    async fn site(&self) -> Site {
        Site::open(&self.place, self.clock.clone()).await.unwrap()
    }

    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Runs SQL past the store, as somebody with a key to the machine would.
    async fn raw(&self, store: &str, sql: &str) -> Result<u64, sqlx::Error> {
        match &self.place {
            Place::Sqlite(folder) => {
                let path = folder.join(format!("{store}.sqlite"));
                let mut connection = SqliteConnection::connect(&path.display().to_string()).await?;
                let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
                connection.close().await?;
                Ok(done.rows_affected())
            }
            Place::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let sql = format!("SET search_path = {store}; {sql}");
                Ok(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?.rows_affected())
            }
        }
    }

    fn is_sqlite(&self) -> bool {
        matches!(self.place, Place::Sqlite(_))
    }
}

/// Makes two tests of one function that takes a [`Bed`].
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::store::Bed::sqlite()).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(bed) = $crate::store::Bed::postgres().await {
                    super::$name(bed).await;
                }
            }
        })+
    };
}
pub(crate) use on_both;
pub(crate) use postgres::new_database;

on_both!(
    every_statement_is_understood,
    a_newer_database_is_refused,
    a_second_opening_changes_nothing,
    settings_come_back,
    a_change_with_a_refused_statement_is_not_kept,
    nothing_is_lost_when_many_write
);

fn unit() -> Unit {
    Unit {
        id: UnitId::new("daj").unwrap(),
        name: "市档案局".into(),
        short: "档案局".into(),
        class: UnitClass::Department,
        home: None,
        aliases: Vec::new(),
    }
}

fn column(id: &str) -> Column {
    Column {
        id: ColumnId::new(id).unwrap(),
        name: "政务动态".into(),
        description: String::new(),
        keywords: String::new(),
        kind: "工作动态".into(),
        mode: ColumnMode::Centre,
        position: 1,
        target: None,
    }
}

fn source(id: &str) -> Source {
    Source {
        id: SourceId::new(id).unwrap(),
        name: "档案局".into(),
        unit: UnitId::new("daj").unwrap(),
        profile: Profile::Auto,
        lists: vec![ListSpec { url: "http://a/".into(), column: ColumnId::new("zwdt").unwrap() }],
        hosts: vec!["a".into()],
        allow: Vec::new(),
        charset: None,
        pace: Pace { gap_ms: 300, round_limit: 1_000 },
        every_ms: 60_000,
        recheck_ms: 60_000,
        gone_after_ms: 60_000,
        enabled: true,
        review: None,
    }
}

fn content(title: &str) -> Content {
    Content {
        title: title.into(),
        html: format!("<p>{title}</p>"),
        text: title.into(),
        published: Some("2008-01-29".parse().unwrap()),
        written: None,
        origin: "市档案局".into(),
        author: None,
        document_number: None,
        index_number: None,
        source_url: "http://a/1".into(),
        unit: UnitId::new("daj").unwrap(),
        column: ColumnId::new("zwdt").unwrap(),
        attachments: Vec::new(),
    }
}

fn rules(name: &str) -> RuleSetId {
    RuleSetId(Digest::of(name.as_bytes()))
}

fn screening(title: &str, outcome: Outcome) -> Screening {
    Screening {
        content: content(title).bytes().unwrap(),
        verdict: Verdict { rule_set: rules("one"), outcome, findings: Vec::new(), unreadable: Vec::new() },
        segments: None,
        raw: None,
        text_hash: Some(Digest::of(title.as_bytes())),
        duplicate_of: None,
        flags: serde_json::json!([]),
        sealed: (outcome != Outcome::Pass).then(|| sealed(title)),
    }
}

/// What stands for a sealed file; the escrow key of the bed opens it.
fn sealed(text: &str) -> Sealed {
    let package = BlobId(Digest::of(format!("sealed {text}").as_bytes()));
    Sealed { package, keys: vec![("escrow".into(), "wrapped".into())] }
}

fn item(id: &str, title: &str, outcome: Outcome) -> NewItem {
    NewItem {
        id: ItemId::new(id).unwrap(),
        source: Some(SourceId::new("daj").unwrap()),
        url: format!("http://a/{id}"),
        screening: screening(title, outcome),
    }
}

fn decision(content: ContentHash) -> Decision {
    Decision {
        basis: Basis::Person { person: PersonId::new("shenhe").unwrap() },
        content,
        at: Timestamp(5),
        note: String::new(),
    }
}

async fn every_statement_is_understood(bed: Bed) {
    bed.desk().await.close().await;
    bed.site().await.close().await;
    let mut wrong = Vec::new();
    for (store, statements) in [("desk", menhu::store::desk_statements()), ("site", menhu::store::site_statements())] {
        assert!(statements.len() > 20, "{store} has {} statements", statements.len());
        for (name, sql) in statements {
            if let Err(error) = bed.prepare(store, sql).await {
                wrong.push(format!("{store} {name}: {error}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let listed = menhu::store::desk_statements().len() + menhu::store::site_statements().len();
    let twice = declared("schema.rs");
    assert_eq!(listed - twice, declared(""), "a file with statements belongs into the lists of src/store");
}

/// Statements that the sources of the store declare, in files whose path ends with `name`.
fn declared(name: &str) -> usize {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/store"));
    let folders = [root.to_owned(), root.join("desk"), root.join("site")];
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let texts = files
        .map(|file| file.path())
        .filter(|path| path.is_file() && path.to_string_lossy().ends_with(name))
        .map(|path| std::fs::read_to_string(path).unwrap());
    let is_one = |line: &&str| {
        let (word, rest) = line.trim().split_once(" =").unwrap_or_default();
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') && rest.starts_with(" \"")
    };
    texts.map(|text| text.lines().filter(is_one).count()).sum()
}

impl Bed {
    async fn prepare(&self, store: &str, sql: &'static str) -> Result<(), sqlx::Error> {
        match &self.place {
            Place::Sqlite(folder) => {
                let path = folder.join(format!("{store}.sqlite"));
                let mut connection = SqliteConnection::connect(&path.display().to_string()).await?;
                connection.prepare(sqlx::SqlStr::from_static(sql)).await.map(|_| ())
            }
            Place::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await?;
                let path = format!("SET search_path = {store}");
                sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut connection).await?;
                connection.prepare(sqlx::SqlStr::from_static(sql)).await.map(|_| ())
            }
        }
    }
}

async fn a_newer_database_is_refused(bed: Bed) {
    bed.desk().await.close().await;
    bed.raw("desk", "INSERT INTO schema_version (number, at) VALUES (99, 0)").await.unwrap();
    let error = bed.open_desk().await.unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, known: 2.., .. }), "{error}");
    assert!(error.to_string().contains("run the newer menhu"), "{error}");
}

async fn a_second_opening_changes_nothing(bed: Bed) {
    let first = bed.desk().await;
    let second = bed.open_desk().await.unwrap();
    assert_eq!(second.units().await.unwrap(), vec![unit()]);
    first.close().await;
    assert_eq!(second.units().await.unwrap(), vec![unit()]);
}

async fn settings_come_back(bed: Bed) {
    let desk = bed.desk().await;
    let id = SourceId::new("daj").unwrap();
    assert_eq!(desk.sources().await.unwrap(), vec![source("daj")]);
    let mut tx = desk.begin().await.unwrap();
    tx.set_source_enabled(&id, false).await.unwrap();
    tx.put_setting("frozen", &serde_json::json!({"by": "a\u{0}b"})).await.unwrap();
    let mut stranger = source("stranger");
    stranger.unit = UnitId::new("nobody").unwrap();
    let error = tx.put_source(&stranger).await.unwrap_err();
    assert!(matches!(&error, StoreError::Refused(why) if why.contains("unit nobody")), "{error}");
    tx.commit().await.unwrap();
    assert!(!desk.source(&id).await.unwrap().unwrap().enabled);
    assert_eq!(desk.setting("frozen").await.unwrap(), Some(serde_json::json!({"by": "a\u{0}b"})));
    assert_eq!(desk.setting("none").await.unwrap(), None);
    assert_eq!(desk.columns().await.unwrap(), vec![column("zwdt")]);

    let mut tx = desk.begin().await.unwrap();
    tx.put_setting("frozen", &serde_json::json!(1)).await.unwrap();
    drop(tx);
    assert_ne!(desk.setting("frozen").await.unwrap(), Some(serde_json::json!(1)), "dropped is rolled back");
}

async fn a_change_with_a_refused_statement_is_not_kept(bed: Bed) {
    let desk = bed.desk().await;
    let mut tx = desk.begin().await.unwrap();
    tx.put_setting("half", &serde_json::json!(true)).await.unwrap();
    let mut stray = item("i1", "一", Outcome::Pass);
    stray.source = Some(SourceId::new("nobody").unwrap());
    assert!(matches!(tx.insert_item(&stray).await, Err(StoreError::Refused(_))));
    // A caller that overlooks the error gets no half of a change, on either engine.
    let error = tx.commit().await.unwrap_err();
    assert!(matches!(error, StoreError::Refused(_)), "{error}");
    assert_eq!(desk.setting("half").await.unwrap(), None);
}

async fn nothing_is_lost_when_many_write(bed: Bed) {
    let desk = bed.desk().await;
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move {
                for _ in 0..30 {
                    let mut tx = desk.begin().await.unwrap();
                    let before = tx.setting("count").await.unwrap().and_then(|v| v.as_i64()).unwrap_or(0);
                    tokio::task::yield_now().await;
                    tx.put_setting("count", &serde_json::json!(before + 1)).await.unwrap();
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(desk.setting("count").await.unwrap(), Some(serde_json::json!(180)));
}
