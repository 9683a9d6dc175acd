//! Lists of items: queue, quarantine, what waits for newer rules, the same text elsewhere, what the site shows.

use serde_json::Value;

use super::Desk;
use crate::model::{ColumnId, ContentHash, Digest, ItemId, Outcome, RuleSetId, SourceId, Status, Timestamp, UnitId};
use crate::store::{Page, StoreError};

/// Which items; `None` is any.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueueFilter {
    /// Where they stand.
    pub status: Option<Status>,
    /// Their column.
    pub column: Option<ColumnId>,
    /// Their unit.
    pub unit: Option<UnitId>,
    /// Where they were collected.
    pub source: Option<SourceId>,
    /// Words of the title, as they stand there (Latin letters in either case).
    pub text: Option<String>,
}

/// A line of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct ItemBrief {
    /// Its id.
    pub id: ItemId,
    /// Where it was collected.
    pub source: Option<SourceId>,
    /// Its address there.
    pub url: String,
    /// Where it stands.
    pub status: Status,
    /// Version of the row.
    pub version: i64,
    /// Title.
    pub title: String,
    /// Unit.
    pub unit: UnitId,
    /// Column.
    pub column: ColumnId,
    /// When the source published it.
    pub published: Option<Timestamp>,
    /// What the gate said last.
    pub outcome: Outcome,
    /// The rules it was screened under last.
    pub rule_set: RuleSetId,
    /// Hash of its bytes.
    pub content_hash: ContentHash,
    /// When it came in.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    /// Marks for the reviewer.
    pub flags: Value,
    /// The earlier item that has the same text.
    pub duplicate_of: Option<ItemId>,
}

/// What the site shows, as far as the desk knows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OnSite {
    /// The item.
    pub item: ItemId,
    /// Where it stands in the desk.
    pub status: Status,
    /// Its `seq` on the site.
    pub seq: i64,
    /// The bytes that the site shows.
    pub content_hash: ContentHash,
}

impl Desk {
    /// Items by filter, those that changed last first. Quarantine is this with `status` quarantined.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn queue(&self, filter: &QueueFilter, offset: u64, limit: u32) -> Result<Page<ItemBrief>, StoreError> {
        todo!()
    }

    /// How many items stand where; every status is there, also with 0.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn status_counts(&self, source: Option<&SourceId>) -> Result<Vec<(Status, u64)>, StoreError> {
        todo!()
    }

    /// Items that were screened last under other rules than `current`: published first, then queued, approved and
    /// quarantined, never closed ones. Empty means that a change of rules is done.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_of_older_rules(&self, current: &RuleSetId, limit: u32) -> Result<Vec<ItemBrief>, StoreError> {
        todo!()
    }

    /// Other items with the same normalised text, oldest first, at most 100.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn same_text(&self, text_hash: &Digest, except: &ItemId) -> Result<Vec<ItemBrief>, StoreError> {
        todo!()
    }

    /// What the site shows as far as the desk knows, by id, after `after`: for comparing and for emergencies
    /// (`source`, `since`: changed at or after).
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn on_site(
        &self,
        source: Option<&SourceId>,
        since: Option<Timestamp>,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<OnSite>, StoreError> {
        todo!()
    }

    /// Every item by id, after `after`: for walking all of them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_after(&self, after: Option<&ItemId>, limit: u32) -> Result<Vec<ItemBrief>, StoreError> {
        todo!()
    }
}
