//! A whole installation in a folder of its own: stores, keys, the shipped rules in force, collector, gate, publisher
//! and index, wired as the program wires them. Dropping it removes the folder.
//!
//! Time stands still and is moved by [`TestApp::later`]; [`TestApp::in_real_time`] takes the machine's clock, for pace.
//! [`TestApp::reopen`] drops everything that is in memory, as a crash does, and begins anew on the same files.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use menhu::app::{self, Base};
use menhu::config::{Config, Size, Span};
use menhu::extract::{ReadLimits, Reader};
use menhu::flow::collecting::{Collecting, RoundReport};
use menhu::flow::health::{self, Problem};
use menhu::flow::intake::Intake;
use menhu::flow::officer_key::unlock;
use menhu::flow::people::{People, new_account};
use menhu::flow::quarantine::open;
use menhu::flow::quarantine::package::Package;
use menhu::flow::review::Seen;
use menhu::flow::{job, review, rules, setup};
use menhu::jobs::{DeskWork, Jobs};
use menhu::model::{
    Actor, Clock, Column, ColumnId, ColumnMode, ItemId, ListSpec, Pace, PermitKey, PersonId, Profile, Role, RuleSetId,
    Source, SourceId, Status, Timestamp, Unit, UnitClass, UnitId,
};
use menhu::screen::RuleSet;
use menhu::store::{Desk, ItemRow, SourceState};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// 2026-11-25 09:30 in Shanghai.
const NOW: Timestamp = Timestamp(1_795_570_200_000_000);

/// The program of the reading children, in the installation's folder; without it no child can be started.
pub(crate) const READER: &str = "reader";

/// Password of the officer of [`TestApp::opened`].
const OPENER: &str = "Xinan-2026-open";

/// The installation.
pub(crate) struct TestApp {
    pub dir: TempDir,
    pub config: Config,
    pub clock: Clock,
    pub base: Base,
    pub work: DeskWork,
    pub collecting: Arc<Collecting>,
    jobs: Jobs,
}

/// A source of the unit `daj`, for the column `zwdt`: one list on loopback, asked without pause, every page looked at
/// in every round.
pub(crate) fn source(id: &str, list: &str, hosts: &[String]) -> Source {
    Source {
        id: SourceId::new(id).unwrap(),
        name: id.into(),
        unit: UnitId::new("daj").unwrap(),
        profile: Profile::Auto,
        lists: vec![ListSpec { url: list.into(), column: ColumnId::new("zwdt").unwrap() }],
        hosts: hosts.to_vec(),
        allow: vec!["127.0.0.0/8".into()],
        charset: None,
        pace: Pace { gap_ms: 0, round_limit: 1_000 },
        every_ms: 3_600_000,
        recheck_ms: 0,
        gone_after_ms: 3_600_000,
        enabled: true,
        review: None,
    }
}

impl TestApp {
    /// With a clock that stands still.
    pub async fn new() -> Self {
        Self::with(Clock::fake(NOW), |_| {}).await
    }

    /// With these rules in force instead of the shipped ones.
    pub async fn under(set: &RuleSet) -> Self {
        Self::build(Clock::fake(NOW), |_| {}, set).await
    }

    /// With the machine's clock.
    pub async fn in_real_time() -> Self {
        Self::with(Clock::System, |_| {}).await
    }

    /// With limits of its own.
    pub async fn with(clock: Clock, change: impl FnOnce(&mut Config)) -> Self {
        Self::build(clock, change, &super::rules::shipped()).await
    }

    async fn build(clock: Clock, change: impl FnOnce(&mut Config), set: &RuleSet) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = config(dir.path());
        change(&mut config);
        keys(&config);
        prepare(&config, &clock, set).await;
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_menhu"), dir.path().join(READER)).unwrap();
        let (base, work, collecting, jobs) = open(&config, &clock, &dir.path().join(READER)).await;
        Self { dir, config, clock, base, work, collecting, jobs }
    }

    /// What is in memory is lost; what is on the disk is opened again.
    pub async fn reopen(self) -> Self {
        let Self { dir, config, clock, base, work, collecting, jobs } = self;
        let desk = base.desk.clone();
        let site = work.publisher.site.clone();
        drop((base, work, collecting, jobs));
        desk.close().await;
        site.close().await;
        let (base, work, collecting, jobs) = open(&config, &clock, &dir.path().join(READER)).await;
        base.desk.clear_leases_except(&base.owner).await.unwrap();
        Self { dir, config, clock, base, work, collecting, jobs }
    }

    /// Registers a source.
    pub async fn register(&self, source: &Source) {
        let register = setup::Register { sources: vec![source.clone()], ..setup::Register::default() };
        setup::put(&self.base.desk, &register, &Actor::System("test".into())).await.unwrap();
    }

    /// One collecting round.
    pub async fn round(&self, id: &str) -> RoundReport {
        self.collecting.round(&SourceId::new(id).unwrap(), &CancellationToken::new()).await.unwrap()
    }

    /// Carries out every job that is due, but collecting.
    pub async fn drain(&self) {
        const KINDS: [&str; 6] = [job::WITHDRAW, job::RESCREEN, job::PUBLISH, job::CLEAN, job::INDEX, job::APPROVE];
        self.jobs.drain(&KINDS, 1, &CancellationToken::new(), |_| {}).await.unwrap();
    }

    /// Carries out one kind of job.
    pub async fn drain_kind(&self, kinds: &'static [&'static str]) {
        self.jobs.drain(kinds, 1, &CancellationToken::new(), |_| {}).await.unwrap();
    }

    /// Moves the clock.
    pub fn later(&self, span: Duration) {
        self.clock.advance(span);
    }

    /// The item of a page.
    pub async fn item(&self, source: &str, url: &str) -> Option<ItemRow> {
        self.base.desk.item(&ItemId::of_page(&SourceId::new(source).unwrap(), url)).await.unwrap()
    }

    /// What an officer sees of an item that the gate held. The first call makes the officer.
    pub async fn opened(&self, row: &ItemRow) -> Package {
        let (desk, officer) = (&self.base.desk, person("dakai"));
        if desk.account(&officer).await.unwrap().is_none() {
            let keys = app::desk_keys(&self.config).unwrap();
            let people = People::new(desk.clone(), &self.config.console, keys).unwrap();
            let account = new_account(officer.as_str(), "保密员", Role::SecurityOfficer, None).unwrap();
            people.add_with_password(&Actor::System("test".into()), &account, OPENER).await.unwrap();
        }
        let key = unlock(desk, &officer, OPENER).await.unwrap();
        open::open(desk, &self.base.blobs, &officer, &key, &row.id, "测试").await.unwrap().package
    }

    /// How a source is.
    pub async fn state(&self, id: &str) -> SourceState {
        self.base.desk.source_state(&SourceId::new(id).unwrap()).await.unwrap().unwrap()
    }

    /// Whether the site has the item of a page.
    pub async fn shows(&self, source: &str, url: &str) -> bool {
        let id = ItemId::of_page(&SourceId::new(source).unwrap(), url);
        self.work.publisher.site.item(&id).await.unwrap().is_some()
    }

    /// Every item of the desk.
    pub async fn items(&self) -> Vec<ItemRow> {
        let mut rows = Vec::new();
        for brief in self.base.desk.items_after(None, 10_000).await.unwrap() {
            rows.push(self.base.desk.item(&brief.id).await.unwrap().unwrap());
        }
        rows
    }

    /// A person approves everything that waits.
    pub async fn approve_all(&self) {
        for row in self.items().await {
            if row.status == Status::Queued {
                let seen = Seen { version: row.version, content: row.content_hash };
                review::approve(&self.base.desk, &person("shenhe"), &row.id, seen, "").await.unwrap();
            }
        }
    }

    /// One person proposes these rules, another approves them.
    pub async fn rules(&self, set: &RuleSet) -> RuleSetId {
        let by = |name: &str| Actor::Person(person(name));
        let number = rules::propose(&self.base.desk, set, &by("baomi"), "test").await.unwrap();
        rules::approve(&self.base.desk, number, &by("shenhe"), &self.work.publisher.key).await.unwrap()
    }

    /// Changes a database behind the program's back; `file` is taken from the folder.
    pub async fn behind_the_back(&self, file: &str, sql: &str) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.dir.path().join(file));
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).execute(&pool).await.unwrap();
        pool.close().await;
    }

    /// What the doctor says of audit, jobs, rules, site, desk and index.
    pub async fn doctor(&self) -> Vec<Problem> {
        let (desk, site) = (&self.base.desk, &self.work.publisher.site);
        let mut found = health::audit(desk).await.unwrap();
        found.extend(health::jobs(desk).await.unwrap());
        if let Err(error) = rules::in_force(desk, &self.base.verifier).await {
            found.push(Problem::new("rules", "in force", error.to_string(), ""));
        }
        let blobs = &self.work.publisher.site_blobs;
        let good = health::site(desk, site, blobs, &self.base.verifier, &mut found).await.unwrap();
        health::desk(desk, site, &mut found).await.unwrap();
        let words = menhu::index::Words::load();
        let reader = menhu::index::IndexReader::open_read_only(&app::index_folder(&self.config), &words).unwrap();
        health::index(site, &reader, &good, &mut found).await.unwrap();
        found
    }
}

/// A member of staff.
pub(crate) fn person(name: &str) -> PersonId {
    PersonId::new(name).unwrap()
}

fn config(folder: &Path) -> Config {
    let mut config = Config::default();
    let data = &mut config.data;
    data.desk = folder.join("desk");
    data.site = folder.join("site");
    data.keys = folder.join("keys");
    data.permit_keys = folder.join("permit.pub");
    data.inbox = folder.join("inbox");
    for place in [&data.desk, &data.site, &data.keys, &data.inbox] {
        std::fs::create_dir_all(place).unwrap();
    }
    config.gate.time_limit = Span::seconds(60);
    config.collect.request_time = Span::seconds(10);
    config.collect.page_limit = Size::mebibytes(1);
    config.collect.readers = 1;
    config
}

fn keys(config: &Config) {
    let bytes = PermitKey::generate().unwrap();
    std::fs::write(config.data.keys.join(app::KEY_FILE), &bytes).unwrap();
    let public = PermitKey::from_pkcs8(&bytes).unwrap().public_text();
    std::fs::write(&config.data.permit_keys, format!("{public}\n")).unwrap();
}

/// Rules in force, a unit and a column.
async fn prepare(config: &Config, clock: &Clock, set: &RuleSet) {
    let desk = Desk::open(&app::desk_place(config).unwrap(), clock.clone()).await.unwrap();
    let number = rules::propose(&desk, set, &Actor::System("release".into()), "shipped").await.unwrap();
    let key = app::signing_key(config).unwrap();
    rules::approve(&desk, number, &Actor::System("init".into()), &key).await.unwrap();
    let unit = Unit {
        id: UnitId::new("daj").unwrap(),
        name: "市档案局".into(),
        short: "档案局".into(),
        class: UnitClass::Department,
        home: None,
        aliases: Vec::new(),
    };
    let column = Column {
        id: ColumnId::new("zwdt").unwrap(),
        name: "政务动态".into(),
        description: String::new(),
        keywords: String::new(),
        kind: "工作动态".into(),
        mode: ColumnMode::Centre,
        position: 1,
        target: None,
    };
    let register = setup::Register { units: vec![unit], columns: vec![column], ..setup::Register::default() };
    setup::put(&desk, &register, &Actor::System("test".into())).await.unwrap();
    let site = menhu::store::Site::open(&app::site_place(config).unwrap(), clock.clone()).await.unwrap();
    setup::mirror(&desk, &site).await.unwrap();
    desk.close().await;
    site.close().await;
}

async fn open(config: &Config, clock: &Clock, program: &Path) -> (Base, DeskWork, Arc<Collecting>, Jobs) {
    let base = Base::open(config.clone(), clock.clone()).await.unwrap();
    let work = base.work().await.unwrap();
    // As `Base::collecting`, but the children are the program and not this test.
    let collect = &config.collect;
    let limits = ReadLimits { at_once: collect.readers, time: collect.read_time.0, memory: collect.read_memory.0 };
    let reader = Arc::new(Reader::new(program.to_owned(), limits));
    let intake = Intake { blobs: base.blobs.clone(), reader, screener: base.screener.clone(), sealer: base.sealer() };
    let client = Arc::new(menhu::collect::Client::new(collect, clock.clone()).unwrap());
    let collecting = Arc::new(Collecting::new(base.desk.clone(), intake, client, collect.clone(), base.owner.clone()));
    let jobs = base.jobs(Some(collecting.clone()), Some(work.clone()));
    (base, work, collecting, jobs)
}
