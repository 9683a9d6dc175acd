//! The audit: what was done, by whom, to what. Append-only and hash-chained (promise 5).
//!
//! Hash of a record: `Digest::of_parts(prev, seq, at, actor, action, subject, detail)`, numbers as decimal text. The row
//! `audit` of table `counter` holds the last number and hash, so a chain that was cut short is seen.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{Actor, Digest, Timestamp};
use crate::store::StoreError;

/// A record.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct AuditRow {
    /// Number, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `person:zhang` or `system:publisher`.
    pub actor: String,
    /// What: `item.approve`, `rules.propose`, …
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// More, as JSON text.
    pub detail: String,
    /// Hash of the record before.
    pub prev: Digest,
    /// Hash of this record.
    pub hash: Digest,
}

/// The first record that does not fit.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct BrokenRecord {
    /// Its number, or the number that is missing.
    pub seq: i64,
    /// What is wrong, for people.
    pub why: String,
}

/// What [`Desk::verify_audit`] found.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct AuditCheck {
    /// Records that fit, counted from the first.
    pub good: u64,
    /// The first that does not; `None` where the whole chain fits.
    pub broken: Option<BrokenRecord>,
}

impl DeskTx {
    /// Adds a record; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit(
        &mut self,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: &Value,
    ) -> Result<i64, StoreError> {
        todo!()
    }
}

impl Desk {
    /// The newest records before number `before` (or of all), newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_page(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        todo!()
    }

    /// Records about one subject, oldest first, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_of(&self, subject: &str) -> Result<Vec<AuditRow>, StoreError> {
        todo!()
    }

    /// Records after number `after` with `from <= at < to`, oldest first: for the export, page by page.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_after(
        &self,
        after: i64,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        todo!()
    }

    /// Checks the whole chain in pages, against the counter row at the end.
    ///
    /// # Errors
    /// [`StoreError::Database`]; a broken chain is no error but [`AuditCheck::broken`].
    pub async fn verify_audit(&self) -> Result<AuditCheck, StoreError> {
        todo!()
    }
}
