//! The desk: what is not public. Sources, the URL frontier, items and their way, jobs, people, rules, the audit.
//!
//! [`Desk`] reads and claims; [`DeskTx`] changes. Their methods lie beside the tables they are about, one file a subject.

mod audit;
mod hosts;
mod items;
mod jobs;
mod people;
mod queue;
mod rounds;
mod rules;
mod sessions;
mod settings;
mod urls;

pub use audit::{AuditCheck, AuditRow, BrokenRecord};
pub use hosts::{HostState, RobotsRecord, Slot};
pub use items::{Change, ItemRow, NewItem, Screening};
pub use jobs::{JobCount, JobLease, JobRow, JobState};
pub use people::{Account, NewAccount};
pub use queue::{ItemBrief, OnSite, QueueFilter};
pub use rounds::{Round, SourceState};
pub use rules::{RuleSetRow, RuleSetState};
pub use sessions::{NewSession, Session};
pub use urls::{Claimed, Discovered, NewUrl, UrlCount, UrlDone, UrlKind, UrlLease, UrlOutcome, UrlRow};

use super::{Place, StoreError};
use crate::model::{Clock, Timestamp};

/// What is not public. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    clock: Clock,
}

/// One change of the desk: all of it or nothing. There is one at a time on either engine.
#[derive(Debug)]
pub struct DeskTx {
    now: Timestamp,
}

impl Desk {
    /// Opens the desk, and makes or upgrades its tables.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`].
    pub async fn open(place: &Place, clock: Clock) -> Result<Self, StoreError> {
        todo!()
    }

    /// Begins a change; waits for the change that is under way.
    ///
    /// # Errors
    /// [`StoreError::Busy`] after 30 seconds of waiting.
    pub async fn begin(&self) -> Result<DeskTx, StoreError> {
        todo!()
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
        todo!()
    }

    /// Takes what was deleted out of the files too (`--erase`): log and free pages on SQLite, dead rows on PostgreSQL.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scrub(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Closes all connections in the order that leaves the files readable; a drop without it loses nothing.
    pub async fn close(&self) {
        todo!()
    }
}

impl DeskTx {
    /// Keeps the change.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`]; then nothing was kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        todo!()
    }

    /// The time of this change: the clock when it began. Every row that it writes bears it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
