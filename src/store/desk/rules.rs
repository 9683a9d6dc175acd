//! Rule sets: proposed by one, approved by another, exactly one in force, never edited.

use super::{Desk, DeskTx};
use crate::model::{Actor, RuleSetId, Timestamp};
use crate::store::StoreError;

/// Where a rule set stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleSetState {
    /// It waits for a second person.
    Proposed,
    /// The gate uses it.
    InForce,
    /// Another took its place.
    Superseded,
    /// The second person said no.
    Refused,
}

/// A rule set. The same text may be proposed again later: the number tells the two apart.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct RuleSetRow {
    /// Number of the proposal, from 1.
    pub number: i64,
    /// Hash of its text.
    pub id: RuleSetId,
    /// Its text: the JSON of the bundle of files.
    pub bundle: String,
    /// Where it stands.
    pub state: RuleSetState,
    /// Who proposed it: `person:…` or `system:…`.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// Why.
    pub note: String,
    /// Who approved or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The desk's signature over the bundle, where it was approved.
    pub signature: Option<String>,
}

impl DeskTx {
    /// Proposes a rule set; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn propose_rules(
        &mut self,
        id: &RuleSetId,
        bundle: &str,
        by: &Actor,
        note: &str,
    ) -> Result<i64, StoreError> {
        todo!()
    }

    /// Puts a proposal in force; the set that was is superseded.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where `by` proposed it; [`StoreError::Conflict`] where it is not proposed any more.
    pub async fn approve_rules(&mut self, number: i64, by: &Actor, signature: &str) -> Result<(), StoreError> {
        todo!()
    }

    /// Closes a proposal; its proposer may do so too.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not proposed any more.
    pub async fn refuse_rules(&mut self, number: i64, by: &Actor) -> Result<(), StoreError> {
        todo!()
    }

    /// The rule set in force as this change sees it; compare it with the one that cleared before queueing.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rules_in_force(&mut self) -> Result<Option<RuleSetId>, StoreError> {
        todo!()
    }
}

impl Desk {
    /// The rule set in force; `None` before the first was approved.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rules_in_force(&self) -> Result<Option<RuleSetRow>, StoreError> {
        todo!()
    }

    /// A rule set by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_set(&self, number: i64) -> Result<Option<RuleSetRow>, StoreError> {
        todo!()
    }

    /// The newest rule sets first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_sets(&self, limit: u32) -> Result<Vec<RuleSetRow>, StoreError> {
        todo!()
    }
}
