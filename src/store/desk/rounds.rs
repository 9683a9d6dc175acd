//! Collecting rounds, and the state of each source for the sources page.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{SourceId, Timestamp};
use crate::store::StoreError;

/// How a source is.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SourceState {
    /// The source.
    pub source: SourceId,
    /// `ok`, `failing`, `challenged`, `refused`, `incomplete`, …: a word of 1 to 40 characters `a-z -`.
    pub state: String,
    /// Why, for people.
    pub reason: String,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When it was `ok` last.
    pub last_ok: Option<Timestamp>,
    /// When it was looked at last.
    pub checked: Timestamp,
}

/// One collecting round of a source.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Round {
    /// The source.
    pub source: SourceId,
    /// Number within the source, from 1.
    pub number: i64,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs.
    pub finished: Option<Timestamp>,
    /// How it ended: `done`, `interrupted`, …; empty while it runs.
    pub outcome: String,
    /// What it counted, as JSON.
    pub stats: Value,
}

impl DeskTx {
    /// Begins a round; returns its number. A round of the source that was left open is closed as `interrupted`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such source.
    pub async fn start_round(&mut self, source: &SourceId) -> Result<i64, StoreError> {
        todo!()
    }

    /// Ends a round.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it has ended.
    pub async fn finish_round(
        &mut self,
        source: &SourceId,
        number: i64,
        outcome: &str,
        stats: &Value,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Notes how a source is; `since` moves only when the word changes.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such source, or the word is none.
    pub async fn put_source_state(&mut self, source: &SourceId, state: &str, reason: &str) -> Result<(), StoreError> {
        todo!()
    }
}

impl Desk {
    /// Rounds of a source, or of all, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rounds(&self, source: Option<&SourceId>, limit: u32) -> Result<Vec<Round>, StoreError> {
        todo!()
    }

    /// How a source is; `None` before its first round.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_state(&self, source: &SourceId) -> Result<Option<SourceState>, StoreError> {
        todo!()
    }

    /// How every source is, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_states(&self) -> Result<Vec<SourceState>, StoreError> {
        todo!()
    }
}
