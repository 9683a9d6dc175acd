//! The officers' rule desk through the installation, on SQLite and on PostgreSQL: who may change rules, what a change is
//! tried on, what it does to what is public.

mod chinese;
mod chromium;
mod commands;
mod day;
mod pages;
mod registered;
mod releases;
mod trials;
mod two_officers;

use menhu::app;
use menhu::flow::intake::Evidence;
use menhu::flow::officer_key::{self, Unlocked};
use menhu::flow::people::{People, new_account};
use menhu::flow::quarantine::package::Package;
use menhu::flow::rule_edit::{Edit, NewTerm, OFFICERS_LIST};
use menhu::flow::{job, rules};
use menhu::model::{Action, Actor, Clock, Content, Draft, ItemId, Level, Outcome, Role, RuleSetId, Status, Timestamp};
use menhu::screen::Screened;
use menhu::store::{Desk, ItemRow, NewItem, Screening};
use serde_json::json;

use crate::testapp::{TestApp, person};

/// The password of every officer here.
const PASSWORD: &str = "Zhongxin-2026!";
const NOW: Timestamp = Timestamp(1_795_570_200_000_000);

/// An installation with two officers.
struct Bed {
    app: TestApp,
}

impl Bed {
    async fn sqlite() -> Self {
        Self::with(Clock::fake(NOW), None).await
    }

    /// Beside programs that read the machine's clock.
    async fn in_real_time() -> Self {
        Self::with(Clock::System, None).await
    }

    /// Nothing where PostgreSQL is not installed.
    async fn postgres() -> Option<Self> {
        let url = crate::store::new_database().await?;
        Some(Self::with(Clock::fake(NOW), Some(url)).await)
    }

    async fn with(clock: Clock, postgres: Option<String>) -> Self {
        let app = TestApp::with(clock, |config| {
            if let Some(url) = postgres {
                let file = config.data.keys.join("database");
                std::fs::write(&file, url).unwrap();
                config.data.desk_postgres = Some(file.clone());
                config.data.site_postgres = Some(file);
            }
        })
        .await;
        let keys = app::desk_keys(&app.config).unwrap();
        let people = People::new(app.base.desk.clone(), &app.config.console, keys).unwrap();
        for id in ["baomi", "baomi2"] {
            let account = new_account(id, id, Role::SecurityOfficer, None).unwrap();
            people.add_with_password(&Actor::System("test".into()), &account, PASSWORD).await.unwrap();
        }
        Self { app }
    }

    fn desk(&self) -> &Desk {
        &self.app.base.desk
    }

    async fn officer(&self, id: &str) -> Unlocked {
        officer_key::unlock(self.desk(), &person(id), PASSWORD).await.unwrap()
    }

    async fn in_force(&self) -> RuleSetId {
        self.desk().rules_id_in_force().await.unwrap().unwrap()
    }

    /// `baomi` proposes edits of the set in force.
    async fn propose(&self, edits: &[Edit]) -> i64 {
        let officer = self.officer("baomi").await;
        rules::propose_edits(self.desk(), &self.app.base.verifier, &officer, edits, "测试 改动").await.unwrap()
    }

    /// `baomi2` approves.
    async fn approve(&self, number: i64) -> Result<RuleSetId, menhu::flow::FlowError> {
        let (keys, officer) = (app::desk_keys(&self.app.config).unwrap(), self.officer("baomi2").await);
        rules::approve_signed(self.desk(), &keys, &officer, number, false).await
    }

    /// Carries out trials.
    async fn try_all(&self) {
        self.app.drain_kind(&[job::TRIAL]).await;
    }

    /// Puts a text through the gate, approves it and publishes it.
    async fn published(&self, id: &str, title: &str, text: &str) -> ItemId {
        let row = self.queued(id, title, text).await;
        let seen = menhu::flow::review::Seen { version: row.version, content: row.content_hash };
        menhu::flow::review::approve(self.desk(), &person("shenhe"), &row.id, seen, "").await.unwrap();
        self.app.drain().await;
        assert_eq!(self.row(&row.id).await.status, Status::Published);
        row.id
    }

    async fn queued(&self, id: &str, title: &str, text: &str) -> ItemRow {
        let draft = Draft { content: content(title, text), source: None, segments: Vec::new(), unreadable: Vec::new() };
        let evidence = Evidence { segments: Vec::new(), unreadable: Vec::new() };
        let kept = self.app.base.blobs.put(serde_json::to_vec(&evidence).unwrap()).await.unwrap();
        let item = ItemId::new(id).unwrap();
        let read = draft.clone();
        let (content, verdict) = match self.app.base.screener.screen(draft) {
            Screened::Cleared(cleared) => (cleared.bytes().to_owned(), cleared.verdict().clone()),
            Screened::Held(held) => (held.bytes().to_owned(), held.verdict().clone()),
        };
        let sealed = if verdict.outcome == Outcome::Pass {
            None
        } else {
            let (content, verdict) = (content.clone(), verdict.clone());
            let package = Package { content, verdict, evidence, text_hash: None, raw: None, files: Vec::new() };
            Some(self.app.base.sealer().seal(&item, &package).await.unwrap())
        };
        let screening = Screening {
            content,
            verdict,
            segments: Some(kept),
            raw: None,
            text_hash: None,
            duplicate_of: None,
            flags: json!({}),
            sealed,
        };
        let new = NewItem { id: item.clone(), source: None, url: String::new(), screening };
        let mut tx = self.desk().begin().await.unwrap();
        tx.insert_item(&new).await.unwrap();
        // Some items came in before texts were kept.
        if !id.starts_with("old") {
            tx.keep_text(&item, &menhu::flow::kept_text::pack(&read).unwrap()).await.unwrap();
        }
        tx.commit().await.unwrap();
        self.row(&item).await
    }

    async fn row(&self, id: &ItemId) -> ItemRow {
        self.desk().item(id).await.unwrap().unwrap()
    }

    async fn on_site(&self, id: &ItemId) -> bool {
        self.app.work.publisher.site.item(id).await.unwrap().is_some()
    }
}

/// A word for the officers' own list.
fn word(term: &str, action: Action) -> Edit {
    Edit::AddTerm(NewTerm {
        file: OFFICERS_LIST.into(),
        term: term.into(),
        level: Level::WorkSecret,
        action,
        variants: 2,
        review_date: None,
        source: String::new(),
        note: String::new(),
    })
}

fn content(title: &str, text: &str) -> Content {
    Content {
        title: title.into(),
        html: text.lines().map(|line| format!("<p>{line}</p>")).collect(),
        text: text.into(),
        published: None,
        written: None,
        origin: "市档案局".into(),
        author: None,
        document_number: None,
        index_number: None,
        source_url: String::new(),
        unit: menhu::model::UnitId::new("daj").unwrap(),
        column: menhu::model::ColumnId::new("zwdt").unwrap(),
        attachments: Vec::new(),
    }
}

/// Makes two tests of one function that takes a [`Bed`].
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        $(mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name(crate::rule_desk::Bed::sqlite().await).await;
            }
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(bed) = crate::rule_desk::Bed::postgres().await {
                    super::$name(bed).await;
                }
            }
        })+
    };
}
use on_both;
