//! The use cases, and the rules that bind them.
//!
//! (1) Nothing becomes public without a `Cleared` under the rule set in force and a `Decision`, both for exactly these
//! bytes; (2) the index proposes, the site disposes; (3) a status changes only by compare-and-set, together with its
//! audit row and job; (4) SQL only in `store`, network only in `collect`; (5) an error while reading or screening ends in
//! quarantine, never in the queue. `docs/architecture.md` says where each is kept.

pub mod approve;
pub mod collecting;
pub mod health;
pub mod indexing;
pub mod intake;
pub mod kept_text;
pub mod officer_key;
pub mod password;
pub mod people;
pub mod publish;
pub mod quarantine;
pub mod rescreen;
pub mod review;
pub mod rule_diff;
pub mod rule_edit;
mod rule_edit_csv;
mod rule_edit_toml;
pub mod rule_forms;
pub mod rule_trial;
pub mod rules;
pub mod setup;
mod sweep;
pub mod withdraw;

use crate::blob::BlobError;
use crate::model::{ItemId, PermitError};
use crate::store::StoreError;

/// Kinds of jobs; the words stand in the job table.
pub mod job {
    /// A collecting round; subject: the source.
    pub const COLLECT: &str = "collect";
    /// Decide in the name of units whose review is on record; subject: `all`.
    pub const APPROVE: &str = "approve";
    /// Put an approved item on the site; subject: the item.
    pub const PUBLISH: &str = "publish";
    /// Take an item off the site; subject: the item; payload: `{"reason": …, "erase": bool}`.
    pub const WITHDRAW: &str = "withdraw";
    /// Apply the site's feed to the index; subject: `site`.
    pub const INDEX: &str = "index";
    /// Try a change of rules on what is published; subject: the trial.
    pub const TRIAL: &str = "rule-trial";
    /// Screen again what was screened under other rules; subject: `all`, or one item.
    pub const RESCREEN: &str = "rescreen";
    /// Take what was sealed out of plain files, index and databases; subject: `all`.
    pub const CLEAN: &str = "clean";
    /// Every kind, the urgent ones first.
    pub const ALL: [&str; 8] = [WITHDRAW, RESCREEN, PUBLISH, CLEAN, INDEX, APPROVE, TRIAL, COLLECT];
}

/// Why a use case could not be carried out. Nothing was acknowledged then.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The store refuses or fails.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file cannot be kept or read.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// A permit cannot be made or does not hold.
    #[error(transparent)]
    Permit(#[from] PermitError),
    /// JSON cannot be written or read.
    #[error("a stored value is not the JSON it should be: {0}")]
    Json(#[from] serde_json::Error),
    /// The index fails.
    #[error(transparent)]
    Index(#[from] crate::index::IndexError),
    /// Other bytes were approved than are to be published.
    #[error("item {0} is not what was approved; it goes back to the queue")]
    OtherContent(ItemId),
    /// There is no such thing.
    #[error("there is no {0}")]
    Missing(String),
    /// It cannot be done now, for this reason.
    #[error("{0}")]
    Refused(String),
    /// An officer's key cannot be used.
    #[error(transparent)]
    Key(#[from] officer_key::KeyError),
    /// A change of rules cannot be made, or a set does not load.
    #[error(transparent)]
    Rules(#[from] crate::screen::RuleErrors),
    /// A worker thread ended.
    #[error("a worker thread ended: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

impl FlowError {
    /// Whether somebody else was faster, so that the same may be tried anew.
    #[must_use]
    pub fn is_race(&self) -> bool {
        matches!(self, Self::Store(StoreError::Conflict { .. } | StoreError::Stale(_) | StoreError::Busy(_)))
    }
}
