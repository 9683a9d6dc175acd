//! The site: what is public, and nothing else. Items with their permits, columns, units, links, and the feed.
//!
//! The desk opens it to write, the portal read-only. A row without a permit for exactly its bytes is refused by a CHECK;
//! whether the permit's signature holds is the reader's to verify, at every read ([`SiteItem::permit`]).
//! The feed numbers every change (`seq`) in the order of commit: who applied it up to `seq` has missed nothing.

use crate::model::{BlobId, Clock, Column, ColumnId, ContentHash, ItemId, Link, Permit, Timestamp, Unit, UnitId};
use crate::store::{Place, StoreError};

/// What is public. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site {
    clock: Clock,
}

/// An item as the site holds it. Nothing of it may be shown before its permit was verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteItem {
    /// Its id.
    pub id: ItemId,
    /// The exact bytes of the content.
    pub content: String,
    /// Their hash as stored.
    pub content_hash: ContentHash,
    /// The permit as JSON.
    pub permit: String,
    /// Number of its last change in the feed.
    pub seq: i64,
    /// Its column.
    pub column: ColumnId,
    /// Its unit.
    pub unit: UnitId,
    /// When the source published it, or else when it was permitted: the order of lists.
    pub published: Timestamp,
    /// When it came onto the site in this form.
    pub updated: Timestamp,
}

impl SiteItem {
    /// Reads the permit; verify it with [`PermitVerifier::verify`](crate::model::PermitVerifier::verify).
    ///
    /// # Errors
    /// Where the stored text is none: somebody changed it.
    pub fn permit(&self) -> Result<Permit, serde_json::Error> {
        serde_json::from_str(&self.permit)
    }
}

/// A change of the feed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FeedOp {
    /// The item is on the site in this form.
    Publish,
    /// The item is off the site.
    Withdraw,
}

/// An entry of the feed. Only the last entry of an item counts; read the item itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FeedEvent {
    /// Number, in the order of commit.
    pub seq: i64,
    /// The item.
    pub item: ItemId,
    /// What happened.
    pub op: FeedOp,
    /// When.
    pub at: Timestamp,
}

/// The items beside one in its column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Neighbours {
    /// The next newer.
    pub newer: Option<SiteItem>,
    /// The next older.
    pub older: Option<SiteItem>,
}

/// How a column stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnStat {
    /// The column.
    pub column: ColumnId,
    /// Items in it.
    pub count: u64,
    /// The newest date of publication in it.
    pub newest: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
}

/// A file of an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SiteAttachment {
    /// Name, as in the address.
    pub name: String,
    /// Media type by content.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// The file.
    pub blob: BlobId,
}

impl Site {
    /// Opens the site to write, and makes or upgrades its tables.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`].
    pub async fn open(place: &Place, clock: Clock) -> Result<Self, StoreError> {
        todo!()
    }

    /// Opens the site to read only; every write is refused by the engine.
    ///
    /// # Errors
    /// [`StoreError::Open`] also where nobody has made the site yet; [`StoreError::Newer`].
    pub async fn open_read_only(place: &Place, clock: Clock) -> Result<Self, StoreError> {
        todo!()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Takes what was deleted out of the files too (`--erase`).
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scrub(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Closes all connections in the order that leaves the files readable for a reader who may not write.
    pub async fn close(&self) {
        todo!()
    }

    /// Shows an item: these bytes with this permit. Repeatable: the same bytes again change nothing and return the same
    /// `seq`. Columns of the row and attachments are read from the content.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the permit is for another item or other bytes.
    pub async fn publish(&self, item: &ItemId, content: &str, permit: &Permit) -> Result<i64, StoreError> {
        todo!()
    }

    /// Takes an item off the site; returns the `seq`, or `None` where it was not there.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn withdraw(&self, item: &ItemId) -> Result<Option<i64>, StoreError> {
        todo!()
    }

    /// Replaces all columns.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn put_columns(&self, columns: &[Column]) -> Result<(), StoreError> {
        todo!()
    }

    /// Replaces all units.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn put_units(&self, units: &[Unit]) -> Result<(), StoreError> {
        todo!()
    }

    /// Replaces all links.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn put_links(&self, links: &[Link]) -> Result<(), StoreError> {
        todo!()
    }

    /// The item.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn item(&self, id: &ItemId) -> Result<Option<SiteItem>, StoreError> {
        todo!()
    }

    /// The items of these ids that are on the site, in the order of the ids.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items(&self, ids: &[ItemId]) -> Result<Vec<SiteItem>, StoreError> {
        todo!()
    }

    /// Items of a column, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn column_page(&self, column: &ColumnId, offset: u64, limit: u32) -> Result<Vec<SiteItem>, StoreError> {
        todo!()
    }

    /// The newest items of a column, or of all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn newest(&self, column: Option<&ColumnId>, limit: u32) -> Result<Vec<SiteItem>, StoreError> {
        todo!()
    }

    /// The items beside one in its column.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn neighbours(&self, id: &ItemId) -> Result<Neighbours, StoreError> {
        todo!()
    }

    /// How many items are on the site, in a column or in all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count(&self, column: Option<&ColumnId>) -> Result<u64, StoreError> {
        todo!()
    }

    /// How every column stands that has items.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn column_stats(&self) -> Result<Vec<ColumnStat>, StoreError> {
        todo!()
    }

    /// Every item by id, after `after`: for rebuilding the index and for the doctor.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_after(&self, after: Option<&ItemId>, limit: u32) -> Result<Vec<SiteItem>, StoreError> {
        todo!()
    }

    /// Ids and times of the last change by id, after `after`: for the sitemap.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sitemap_after(
        &self,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<(ItemId, Timestamp)>, StoreError> {
        todo!()
    }

    /// A file of an item by its name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn attachment(&self, item: &ItemId, name: &str) -> Result<Option<SiteAttachment>, StoreError> {
        todo!()
    }

    /// The items on the site that have this file, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_with_blob(&self, blob: &BlobId) -> Result<Vec<ItemId>, StoreError> {
        todo!()
    }

    /// Every column, by position and id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn columns(&self) -> Result<Vec<Column>, StoreError> {
        todo!()
    }

    /// A column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn column(&self, id: &ColumnId) -> Result<Option<Column>, StoreError> {
        todo!()
    }

    /// Every unit, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        todo!()
    }

    /// A unit.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn unit(&self, id: &UnitId) -> Result<Option<Unit>, StoreError> {
        todo!()
    }

    /// Every link, in the order they were given.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn links(&self) -> Result<Vec<Link>, StoreError> {
        todo!()
    }

    /// Entries of the feed after `seq`, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn feed_after(&self, seq: i64, limit: u32) -> Result<Vec<FeedEvent>, StoreError> {
        todo!()
    }

    /// The last `seq`; 0 for an empty feed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn last_seq(&self) -> Result<i64, StoreError> {
        todo!()
    }
}
