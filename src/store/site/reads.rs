//! What the portal, the index and the doctor read of the site.

use super::Site;
use crate::model::{BlobId, Column, ColumnId, ContentHash, ItemId, Link, Permit, Timestamp, Unit, UnitId};
use crate::store::StoreError;
use crate::store::bind::{count, read, read_word};
use crate::store::db::{self, run};
use crate::store::desk::{bodies, body};
use crate::store::sql::statements;

statements! {
    LAST_SEQ = "SELECT seq FROM counter WHERE name = 'feed'";
    FEED = "SELECT seq, item_id, op, at FROM feed WHERE seq > $1 ORDER BY seq LIMIT $2";
    FIND = "SELECT id, content, content_hash, permit, seq, column_id, unit_id, published, updated FROM items WHERE id = $1";
    OF_COLUMN = "SELECT id, content, content_hash, permit, seq, column_id, unit_id, published, updated FROM items
        WHERE column_id = $1 ORDER BY published DESC, id DESC LIMIT $2 OFFSET $3";
    NEWEST = "SELECT id, content, content_hash, permit, seq, column_id, unit_id, published, updated FROM items
        ORDER BY published DESC, id DESC LIMIT $1";
    NEWER = "SELECT id, content, content_hash, permit, seq, column_id, unit_id, published, updated FROM items
        WHERE column_id = $1 AND (published > $2 OR (published = $2 AND id > $3)) ORDER BY published, id LIMIT 1";
    OLDER = "SELECT id, content, content_hash, permit, seq, column_id, unit_id, published, updated FROM items
        WHERE column_id = $1 AND (published < $2 OR (published = $2 AND id < $3))
        ORDER BY published DESC, id DESC LIMIT 1";
    AFTER = "SELECT id, content, content_hash, permit, seq, column_id, unit_id, published, updated FROM items
        WHERE id > $1 ORDER BY id LIMIT $2";
    SITEMAP = "SELECT id, updated FROM items WHERE id > $1 ORDER BY id LIMIT $2";
    COUNT = "SELECT COUNT(*) FROM items";
    COUNT_OF_COLUMN = "SELECT COUNT(*) FROM items WHERE column_id = $1";
    STATS = "SELECT column_id, COUNT(*), MAX(published), MAX(updated) FROM items GROUP BY column_id
        ORDER BY column_id";
    FILE = "SELECT name, media_type, size, blob FROM attachments WHERE item_id = $1 AND name = $2";
    WITH_BLOB = "SELECT DISTINCT item_id FROM attachments WHERE blob = $1 OR text_blob = $1 ORDER BY item_id
        LIMIT 1000";
    COLUMNS = "SELECT body FROM columns ORDER BY position, id";
    COLUMN = "SELECT body FROM columns WHERE id = $1";
    UNITS = "SELECT body FROM units ORDER BY id";
    UNIT = "SELECT body FROM units WHERE id = $1";
    LINKS = "SELECT body FROM links ORDER BY position";
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
    /// The item.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn item(&self, id: &ItemId) -> Result<Option<SiteItem>, StoreError> {
        find(&mut self.db.read().await?.link(), id).await
    }

    /// The items of these ids that are on the site, in the order of the ids.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items(&self, ids: &[ItemId]) -> Result<Vec<SiteItem>, StoreError> {
        let mut reading = self.db.read().await?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(find(&mut reading.link(), id).await?);
        }
        Ok(found)
    }

    /// Items of a column, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn column_page(&self, column: &ColumnId, offset: u64, limit: u32) -> Result<Vec<SiteItem>, StoreError> {
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let mut reading = self.db.read().await?;
        rows(run!(&mut reading.link(), all OF_COLUMN(column, i64::from(limit), offset) as Record)?)
    }

    /// The newest items of a column, or of all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn newest(&self, column: Option<&ColumnId>, limit: u32) -> Result<Vec<SiteItem>, StoreError> {
        match column {
            Some(column) => self.column_page(column, 0, limit).await,
            None => rows(run!(&mut self.db.read().await?.link(), all NEWEST(i64::from(limit)) as Record)?),
        }
    }

    /// The items beside one in its column.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn neighbours(&self, id: &ItemId) -> Result<Neighbours, StoreError> {
        let mut reading = self.db.read().await?;
        let link = &mut reading.link();
        let Some(item) = find(link, id).await? else { return Ok(Neighbours { newer: None, older: None }) };
        let newer = run!(link, optional NEWER(&item.column, item.published, id) as Record)?;
        let older = run!(link, optional OLDER(&item.column, item.published, id) as Record)?;
        Ok(Neighbours { newer: newer.map(Record::row).transpose()?, older: older.map(Record::row).transpose()? })
    }

    /// How many items are on the site, in a column or in all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count(&self, column: Option<&ColumnId>) -> Result<u64, StoreError> {
        let mut reading = self.db.read().await?;
        let link = &mut reading.link();
        let (number,) = match column {
            Some(column) => run!(link, one COUNT_OF_COLUMN(column) as (i64,))?,
            None => run!(link, one COUNT() as (i64,))?,
        };
        Ok(count(number))
    }

    /// How every column stands that has items.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn column_stats(&self) -> Result<Vec<ColumnStat>, StoreError> {
        let rows = run!(&mut self.db.read().await?.link(), all STATS() as (String, i64, i64, i64))?;
        rows.into_iter()
            .map(|(column, number, newest, updated)| {
                Ok(ColumnStat {
                    column: read("column of an item", &column)?,
                    count: count(number),
                    newest: Timestamp(newest),
                    updated: Timestamp(updated),
                })
            })
            .collect()
    }

    /// Every item by id, after `after`: for rebuilding the index and for the doctor.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_after(&self, after: Option<&ItemId>, limit: u32) -> Result<Vec<SiteItem>, StoreError> {
        let after = after.map_or("", ItemId::as_str);
        rows(run!(&mut self.db.read().await?.link(), all AFTER(after, i64::from(limit)) as Record)?)
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
        let after = after.map_or("", ItemId::as_str);
        let rows = run!(&mut self.db.read().await?.link(), all SITEMAP(after, i64::from(limit)) as (String, i64))?;
        rows.iter().map(|(id, updated)| Ok((read("id of an item", id)?, Timestamp(*updated)))).collect()
    }

    /// A file of an item by its name.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn attachment(&self, item: &ItemId, name: &str) -> Result<Option<SiteAttachment>, StoreError> {
        let found = run!(
            &mut self.db.read().await?.link(),
            optional FILE(item, name) as (String, String, i64, String)
        )?;
        found
            .map(|(name, media_type, size, blob)| {
                Ok(SiteAttachment { name, media_type, size: count(size), blob: read("blob of a file", &blob)? })
            })
            .transpose()
    }

    /// The items on the site that have this file, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_with_blob(&self, blob: &BlobId) -> Result<Vec<ItemId>, StoreError> {
        let items = run!(&mut self.db.read().await?.link(), all WITH_BLOB(blob) as (String,))?;
        items.iter().map(|(item,)| read("item of a blob", item)).collect()
    }

    /// Every column, by position and id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn columns(&self) -> Result<Vec<Column>, StoreError> {
        bodies("column", run!(&mut self.db.read().await?.link(), all COLUMNS() as (String,))?)
    }

    /// A column.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn column(&self, id: &ColumnId) -> Result<Option<Column>, StoreError> {
        body("column", run!(&mut self.db.read().await?.link(), optional COLUMN(id) as (String,))?)
    }

    /// Every unit, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn units(&self) -> Result<Vec<Unit>, StoreError> {
        bodies("unit", run!(&mut self.db.read().await?.link(), all UNITS() as (String,))?)
    }

    /// A unit.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn unit(&self, id: &UnitId) -> Result<Option<Unit>, StoreError> {
        body("unit", run!(&mut self.db.read().await?.link(), optional UNIT(id) as (String,))?)
    }

    /// Every link, in the order they were given.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn links(&self) -> Result<Vec<Link>, StoreError> {
        bodies("link", run!(&mut self.db.read().await?.link(), all LINKS() as (String,))?)
    }

    /// Entries of the feed after `seq`, in order.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn feed_after(&self, seq: i64, limit: u32) -> Result<Vec<FeedEvent>, StoreError> {
        let rows = run!(
            &mut self.db.read().await?.link(),
            all FEED(seq, i64::from(limit)) as (i64, String, String, i64)
        )?;
        rows.iter()
            .map(|(seq, item, op, at)| {
                Ok(FeedEvent {
                    seq: *seq,
                    item: read("item of the feed", item)?,
                    op: read_word("feed", op, FeedOp::of_word)?,
                    at: Timestamp(*at),
                })
            })
            .collect()
    }

    /// The last `seq`; 0 for an empty feed.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn last_seq(&self) -> Result<i64, StoreError> {
        run!(&mut self.db.read().await?.link(), one LAST_SEQ() as (i64,)).map(|(seq,)| seq)
    }
}

impl FeedOp {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Publish => "publish",
            Self::Withdraw => "withdraw",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Publish, Self::Withdraw].into_iter().find(|op| op.word() == word)
    }
}

/// An item as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    id: String,
    content: String,
    content_hash: String,
    permit: String,
    seq: i64,
    column_id: String,
    unit_id: String,
    published: i64,
    updated: i64,
}

impl Record {
    fn row(self) -> Result<SiteItem, StoreError> {
        let what = format!("item {}", self.id);
        Ok(SiteItem {
            id: read(&what, &self.id)?,
            content_hash: read(&what, &self.content_hash)?,
            column: read(&what, &self.column_id)?,
            unit: read(&what, &self.unit_id)?,
            content: self.content,
            permit: self.permit,
            seq: self.seq,
            published: Timestamp(self.published),
            updated: Timestamp(self.updated),
        })
    }
}

fn rows(records: Vec<Record>) -> Result<Vec<SiteItem>, StoreError> {
    records.into_iter().map(Record::row).collect()
}

async fn find(link: &mut db::Link<'_>, id: &ItemId) -> Result<Option<SiteItem>, StoreError> {
    run!(link, optional FIND(id) as Record)?.map(Record::row).transpose()
}
