//! The desk: what is not public. Sources, the URL frontier, items and their way, jobs, people, rules, the audit.
//!
//! [`Desk`] reads and claims; [`DeskTx`] changes. Their methods lie beside the tables they are about, one file a subject.

mod audit;
mod claims;
mod hosts;
mod incidents;
mod item_rows;
mod items;
mod jobs;
mod officer_keys;
mod people;
mod queue;
mod rounds;
mod rule_trials;
mod rules;
mod screened;
mod sealed;
mod sessions;
mod settings;
mod urls;

pub use audit::{AuditCheck, AuditRow, BrokenRecord};
pub use claims::{Claimed, UrlDone, UrlLease, UrlOutcome};
pub use hosts::{HostState, RobotsRecord, Slot};
pub use incidents::{Destruction, Incident};
pub use item_rows::ItemRow;
pub use items::{Change, NewItem, Screening};
pub use jobs::{JobCount, JobLease, JobRow, JobState};
pub use officer_keys::OfficerKeyRow;
pub use people::{Account, NewAccount};
pub use queue::{ItemBrief, OnSite, QueueFilter};
pub use rounds::{Round, SourceState};
pub use rule_trials::{RescreenCourse, RuleEvent, RuleFigures, RuleTrialRow, TrialCourse, TrialState};
pub use rules::{RuleSetRow, RuleSetState, Signed, SignedProposal};
pub use screened::{KEPT_LIMIT, KeptText};
pub use sealed::{Sealed, is_sealed_title, sealed_title};
pub use sessions::{NewSession, Session};
pub(super) use settings::{bodies, body};
pub use urls::{Discovered, NewUrl, UrlCount, UrlKind, UrlRow};

use super::db::{Db, Link, Reading, Tx, run};
use super::sql::statements;
use super::{Place, StoreError, schema};
use crate::model::{Clock, Timestamp};

statements! {
    /// Makes changes go one after another on PostgreSQL, as they do on SQLite anyhow.
    TAKE_TURN = "UPDATE counter SET seq = seq WHERE name = 'audit'";
    PING = "SELECT COUNT(*) FROM counter";
}

/// The statements of every file here.
pub(super) const ALL_STATEMENTS: &[&[(&str, &str)]] = &[
    STATEMENTS,
    audit::STATEMENTS,
    claims::STATEMENTS,
    hosts::STATEMENTS,
    incidents::STATEMENTS,
    item_rows::STATEMENTS,
    items::STATEMENTS,
    jobs::STATEMENTS,
    officer_keys::STATEMENTS,
    people::STATEMENTS,
    queue::STATEMENTS,
    rounds::STATEMENTS,
    rule_trials::STATEMENTS,
    rules::STATEMENTS,
    sealed::STATEMENTS,
    sessions::STATEMENTS,
    settings::STATEMENTS,
    screened::STATEMENTS,
    urls::STATEMENTS,
];

/// What is not public. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    db: Db,
    clock: Clock,
}

/// One change of the desk: all of it or nothing. There is one at a time on either engine.
#[derive(Debug)]
pub struct DeskTx {
    tx: Tx,
    now: Timestamp,
}

impl Desk {
    /// Opens the desk, and makes or upgrades its tables.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`].
    pub async fn open(place: &Place, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open(place, "desk").await?;
        schema::upgrade(&db, "desk", schema::DESK, clock.now()).await?;
        Ok(Self { db, clock })
    }

    /// Begins a change; waits for the change that is under way. Who holds one must not wait for anything else of this
    /// desk that writes (a second change, a claim, a renewal): on SQLite that waits for the one it holds.
    ///
    /// # Errors
    /// [`StoreError::Busy`] after 30 seconds of waiting.
    pub async fn begin(&self) -> Result<DeskTx, StoreError> {
        let mut tx = self.db.begin().await?;
        let link = &mut tx.link();
        if link.is_postgres() {
            run!(link, execute TAKE_TURN())?;
        }
        // The time is read after the turn came: times of the audit do not run backwards.
        Ok(DeskTx { tx, now: self.clock.now() })
    }

    /// The clock it was opened with.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        run!(&mut self.read().await?.link(), one PING() as (i64,)).map(|_| ())
    }

    /// Takes what was deleted out of the files too (`--erase`): log and free pages on SQLite, dead rows on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scrub(&self) -> Result<(), StoreError> {
        self.db.scrub().await
    }

    /// A connection that sees what is committed.
    async fn read(&self) -> Result<Reading, StoreError> {
        self.db.read().await
    }

    /// Closes all connections in the order that leaves the files readable; a drop without it loses nothing.
    pub async fn close(&self) {
        self.db.close().await;
    }
}

impl DeskTx {
    /// Keeps the change.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the engine refused a statement of it before; [`StoreError::Busy`],
    /// [`StoreError::Database`]. Then nothing was kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    fn link(&mut self) -> Link<'_> {
        self.tx.link()
    }

    /// The time of this change: the clock when it began. Every row that it writes bears it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
