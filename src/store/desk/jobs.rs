//! Jobs: the only road upward. One row per kind and subject, claimed by lease.
//!
//! A job may run twice (a lease that ran out), so running one twice must be harmless; the result of the run that lost
//! its lease is refused by the epoch. A job that is asked for again while it runs, runs again after it. A failed job
//! waits 10 s · 2^n up to 1 h; after [`JobLease::LIMIT`] attempts it is `poison` and waits for a person.

use std::time::Duration;

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{JobId, Timestamp};
use crate::store::StoreError;

/// A job that is ours until a time.
#[derive(Clone, PartialEq, Debug)]
pub struct JobLease {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// How.
    pub payload: Value,
    /// This attempt, from 1.
    pub attempt: i64,
    /// Ours until then.
    pub until: Timestamp,
    pub(super) owner: String,
    pub(super) epoch: i64,
    pub(super) asked: i64,
}

impl JobLease {
    /// Attempts before a job is poison.
    pub const LIMIT: i64 = 8;
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// It waits, or is being run.
    Waiting,
    /// It failed too often.
    Poison,
}

/// A job as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// How.
    pub payload: Value,
    /// Where it stands.
    pub state: JobState,
    /// When it may run.
    pub due: Timestamp,
    /// Attempts so far.
    pub attempts: i64,
    /// Whose it is, while it runs.
    pub lease_until: Option<Timestamp>,
    /// What went wrong last; empty where nothing did.
    pub last_error: String,
    /// When it was asked for first.
    pub created: Timestamp,
}

/// How many jobs of a kind there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobCount {
    /// The kind.
    pub kind: String,
    /// Due and not being run.
    pub due: u64,
    /// Due later.
    pub later: u64,
    /// Being run.
    pub running: u64,
    /// Given up.
    pub poison: u64,
}

impl DeskTx {
    /// Asks for a job. Where one waits for the same kind and subject, it gets this payload and the earlier of the two
    /// times; a poisoned one is made whole.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn enqueue(
        &mut self,
        kind: &str,
        subject: &str,
        payload: &Value,
        due: Timestamp,
    ) -> Result<JobId, StoreError> {
        todo!()
    }

    /// The job is done: the row goes, unless it was asked for again meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Stale`]; roll back then.
    pub async fn finish_job(&mut self, lease: &JobLease) -> Result<(), StoreError> {
        todo!()
    }

    /// The job is done for now and due again at `due`: schedules.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn repeat_job(&mut self, lease: &JobLease, due: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// The job failed: it waits longer, or is poison.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn fail_job(&mut self, lease: &JobLease, error: &str) -> Result<JobState, StoreError> {
        todo!()
    }

    /// A person wants a poisoned job tried again.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn retry_job(&mut self, id: &JobId) -> Result<(), StoreError> {
        todo!()
    }

    /// Takes a job away, whether it waits, runs or is poison; a run that is under way is refused at its end.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drop_job(&mut self, id: &JobId) -> Result<bool, StoreError> {
        todo!()
    }
}

impl Desk {
    /// Claims the due job of the first of `kinds` that has one, for `ttl`. Its own transaction.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn claim_job(&self, kinds: &[&str], owner: &str, ttl: Duration) -> Result<Option<JobLease>, StoreError> {
        todo!()
    }

    /// Keeps a job for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn renew_job(&self, lease: &mut JobLease, ttl: Duration) -> Result<(), StoreError> {
        todo!()
    }

    /// Gives a job back untried: at shutdown. A lease that is no longer ours is nothing to give back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_job(&self, lease: &JobLease) -> Result<(), StoreError> {
        todo!()
    }

    /// The job of that kind and subject.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job(&self, kind: &str, subject: &str) -> Result<Option<JobRow>, StoreError> {
        todo!()
    }

    /// Jobs by time, of one kind or all, poisoned ones first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn jobs(&self, kind: Option<&str>, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        todo!()
    }

    /// How many jobs of each kind there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job_counts(&self) -> Result<Vec<JobCount>, StoreError> {
        todo!()
    }

    /// When the next job of a kind may run; in the past where one is due, `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_job_due(&self, kind: &str) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }
}
