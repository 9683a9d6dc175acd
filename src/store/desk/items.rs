//! Items and the moves of their status.
//!
//! Each move is a compare-and-set on status and version, checked against the table of [`Status::may_become`] and, by
//! CHECKs of the schema, against promise 1: queued, approved and published rows were cleared for exactly these bytes;
//! approved and published rows were decided for exactly these bytes. Content is kept as the exact text that is hashed.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{
    BlobId, ColumnId, ContentHash, Decision, Digest, ItemId, Outcome, RuleSetId, SourceId, Status, Timestamp, UnitId,
    Verdict,
};
use crate::store::StoreError;

/// Content and what the gate said about it.
#[derive(Clone, PartialEq, Debug)]
pub struct Screening {
    /// [`Content::bytes`](crate::model::Content::bytes), exactly; title, unit, column, date and blobs are read from it.
    pub content: String,
    /// The gate's answer. `Pass` clears these bytes under its rule set and leads to the queue, all else to quarantine.
    pub verdict: Verdict,
    /// The texts that were screened beside the content, as a blob.
    pub segments: Option<BlobId>,
    /// The page as it was fetched.
    pub raw: Option<BlobId>,
    /// Hash of the normalised text, for finding the same text elsewhere.
    pub text_hash: Option<Digest>,
    /// The earlier item that has the same text.
    pub duplicate_of: Option<ItemId>,
    /// Marks for the reviewer, as JSON.
    pub flags: Value,
}

/// An item that is not in the desk yet.
#[derive(Clone, PartialEq, Debug)]
pub struct NewItem {
    /// Its id; [`ItemId::of_page`] for what is collected.
    pub id: ItemId,
    /// Where it was collected; `None` for a submission or an import without a source.
    pub source: Option<SourceId>,
    /// Its address there; empty for a submission.
    pub url: String,
    /// What it says.
    pub screening: Screening,
}

/// An item as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct ItemRow {
    /// Its id.
    pub id: ItemId,
    /// Where it was collected.
    pub source: Option<SourceId>,
    /// Its address there.
    pub url: String,
    /// Where it stands.
    pub status: Status,
    /// Counts the changes of this row, from 1.
    pub version: i64,
    /// The exact bytes of the content.
    pub content: String,
    /// Their hash.
    pub content_hash: ContentHash,
    /// Title, for lists.
    pub title: String,
    /// Unit that answers for it.
    pub unit: UnitId,
    /// Column it stands in.
    pub column: ColumnId,
    /// When the source published it.
    pub published: Option<Timestamp>,
    /// The screened texts.
    pub segments: Option<BlobId>,
    /// The fetched page.
    pub raw: Option<BlobId>,
    /// What the gate said last.
    pub verdict: Verdict,
    /// The worst of it.
    pub outcome: Outcome,
    /// The rules it was screened under last.
    pub rule_set: RuleSetId,
    /// The bytes that the gate let pass.
    pub cleared_hash: Option<ContentHash>,
    /// The rules that let them pass.
    pub cleared_rule_set: Option<RuleSetId>,
    /// Who decided, and for which bytes.
    pub decision: Option<Decision>,
    /// The reason of the last return, withdrawal or dismissal; empty where there is none.
    pub reason: String,
    /// When it came in.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    /// Marks for the reviewer.
    pub flags: Value,
    /// The earlier item that has the same text.
    pub duplicate_of: Option<ItemId>,
    /// Hash of the normalised text.
    pub text_hash: Option<Digest>,
    /// `seq` under which the site shows it, and the bytes that it shows, as far as the desk knows. They stay while a
    /// changed version waits in the queue.
    pub on_site: Option<(i64, ContentHash)>,
}

/// A move of an item's status; see [`DeskTx::move_item`]. Queue and quarantine are reached by screening alone.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// To approved; the decision must be for the bytes that are stored.
    Approve(Decision),
    /// To published: the site shows it under this `seq`.
    Publish {
        /// What [`Site::publish`](crate::store::Site::publish) returned.
        seq: i64,
    },
    /// To returned, with a reason.
    Return(String),
    /// To withdrawn, with a reason; the site no longer shows it.
    Withdraw(String),
    /// To dismissed, with a reason.
    Dismiss(String),
}

impl DeskTx {
    /// Adds an item: queued where the verdict is `Pass`, else quarantined. Returns which; its version is 1.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where the id is known; [`StoreError::Refused`] where the content is not what
    /// `Content::bytes` makes.
    pub async fn insert_item(&mut self, item: &NewItem) -> Result<Status, StoreError> {
        todo!()
    }

    /// Replaces content and verdict after a new screening: queued where it is `Pass`, else quarantined. A decision that
    /// stood is dropped. Returns status and version.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::IllegalMove`], [`StoreError::Refused`].
    pub async fn rescreen_item(
        &mut self,
        id: &ItemId,
        from: Status,
        version: i64,
        screening: &Screening,
    ) -> Result<(Status, i64), StoreError> {
        todo!()
    }

    /// Notes that the same bytes passed again under other rules; status and decision stay. Returns the version.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the verdict is not `Pass`; [`StoreError::Conflict`].
    pub async fn reclear_item(
        &mut self,
        id: &ItemId,
        from: Status,
        version: i64,
        verdict: &Verdict,
    ) -> Result<i64, StoreError> {
        todo!()
    }

    /// Moves an item that stands at `from` in `version`; returns the version after it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] says where it stands; [`StoreError::IllegalMove`]; [`StoreError::Refused`] where the
    /// decision is for other bytes.
    pub async fn move_item(
        &mut self,
        id: &ItemId,
        from: Status,
        version: i64,
        change: &Change,
    ) -> Result<i64, StoreError> {
        todo!()
    }

    /// Sets the marks for the reviewer, and the earlier item with the same text.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn put_flags(
        &mut self,
        id: &ItemId,
        flags: &Value,
        duplicate_of: Option<&ItemId>,
    ) -> Result<(), StoreError> {
        todo!()
    }

    /// Notes that the site no longer shows the item, where the status alone does not say it (quarantined after a rule
    /// change).
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn note_off_site(&mut self, id: &ItemId) -> Result<(), StoreError> {
        todo!()
    }

    /// Takes the words out of the row of a withdrawn or dismissed item (`--erase`); id, hashes, decision and times
    /// stay. Returns the blobs that it named and that no other item names; removing them is the caller's.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where it is in another status.
    pub async fn erase_item(&mut self, id: &ItemId) -> Result<Vec<BlobId>, StoreError> {
        todo!()
    }

    /// The item as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn item(&mut self, id: &ItemId) -> Result<Option<ItemRow>, StoreError> {
        todo!()
    }
}

impl Desk {
    /// The item.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the stored content does not have its hash; [`StoreError::Database`].
    pub async fn item(&self, id: &ItemId) -> Result<Option<ItemRow>, StoreError> {
        todo!()
    }

    /// The blobs that an item names.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn blobs_of(&self, id: &ItemId) -> Result<Vec<BlobId>, StoreError> {
        todo!()
    }

    /// The items that name a blob, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_with_blob(&self, blob: &BlobId) -> Result<Vec<ItemId>, StoreError> {
        todo!()
    }
}
