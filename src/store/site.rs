//! The site: what is public, and nothing else. Items with their permits, columns, units, links, and the feed.
//!
//! The desk opens it to write, the portal read-only. A row without a permit for exactly its bytes is refused by a CHECK;
//! whether the permit's signature holds is the reader's to verify, at every read ([`SiteItem::permit`]).
//! The feed numbers every change (`seq`) in the order of commit: who applied it up to `seq` has missed nothing.

mod reads;

use crate::model::{Clock, Column, Content, ItemId, Link, Permit, Timestamp, Unit, When};
use crate::store::bind::json;
use crate::store::db::{self, Db, run};
use crate::store::sql::statements;
use crate::store::{Place, StoreError, schema};

pub use reads::{ColumnStat, FeedEvent, FeedOp, Neighbours, SiteAttachment, SiteItem};

/// The statements of both files.
pub(super) const ALL_STATEMENTS: &[&[(&str, &str)]] = &[STATEMENTS, reads::STATEMENTS];

statements! {
    /// Makes changes of the feed go one after another without using up a number.
    TAKE_TURN = "UPDATE counter SET seq = seq WHERE name = 'feed'";
    NEXT_SEQ = "UPDATE counter SET seq = seq + 1 WHERE name = 'feed' RETURNING seq";
    STANDING = "SELECT content_hash, seq FROM items WHERE id = $1";
    PUT = "INSERT INTO items (id, content, content_hash, permit, permit_hash, seq, column_id, unit_id, published,
        updated) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT (id) DO UPDATE SET content = excluded.content, content_hash = excluded.content_hash,
        permit = excluded.permit, permit_hash = excluded.permit_hash, seq = excluded.seq,
        column_id = excluded.column_id, unit_id = excluded.unit_id, published = excluded.published,
        updated = excluded.updated";
    RENEW_PERMIT = "UPDATE items SET permit = $2 WHERE id = $1 AND permit <> $2";
    DROP_ITEM = "DELETE FROM items WHERE id = $1";
    DROP_FILES = "DELETE FROM attachments WHERE item_id = $1";
    ADD_FILE = "INSERT INTO attachments (item_id, name, media_type, size, blob, text_blob)
        VALUES ($1, $2, $3, $4, $5, $6)";
    ADD_EVENT = "INSERT INTO feed (seq, item_id, op, at) VALUES ($1, $2, $3, $4)";
    DROP_COLUMNS = "DELETE FROM columns";
    ADD_COLUMN = "INSERT INTO columns (id, position, body) VALUES ($1, $2, $3)";
    DROP_UNITS = "DELETE FROM units";
    ADD_UNIT = "INSERT INTO units (id, body) VALUES ($1, $2)";
    DROP_LINKS = "DELETE FROM links";
    ADD_LINK = "INSERT INTO links (position, body) VALUES ($1, $2)";
}

/// What is public. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Site {
    db: Db,
    clock: Clock,
}

impl Site {
    /// Opens the site to write, and makes or upgrades its tables.
    ///
    /// # Errors
    /// [`StoreError::Open`], [`StoreError::Newer`].
    pub async fn open(place: &Place, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open(place, "site").await?;
        schema::upgrade(&db, "site", schema::SITE, clock.now()).await?;
        Ok(Self { db, clock })
    }

    /// Opens the site to read only; every write is refused by the engine.
    ///
    /// # Errors
    /// [`StoreError::Open`] also where nobody has made the site yet; [`StoreError::Newer`].
    pub async fn open_read_only(place: &Place, clock: Clock) -> Result<Self, StoreError> {
        let db = Db::open_read_only(place, "site").await?;
        schema::check(&db, schema::SITE).await?;
        Ok(Self { db, clock })
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Database`] where it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.last_seq().await.map(|_| ())
    }

    /// Takes what was deleted out of the files too (`--erase`).
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn scrub(&self) -> Result<(), StoreError> {
        self.db.scrub().await
    }

    /// Closes all connections in the order that leaves the files readable for a reader who may not write.
    pub async fn close(&self) {
        self.db.close().await;
    }

    /// Shows an item: these bytes with this permit. Repeatable: the same bytes again return the same `seq` and change
    /// nothing but the permit, where it was signed anew. Columns of the row and attachments are read from the content.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the permit is for another item or other bytes.
    pub async fn publish(&self, item: &ItemId, content: &str, permit: &Permit) -> Result<i64, StoreError> {
        let hash = Content::hash_of(content);
        if permit.item != *item || permit.content != hash {
            return Err(StoreError::Refused(format!("the permit is not for item {item} with these bytes")));
        }
        let parsed: Content = serde_json::from_str(content)
            .map_err(|error| StoreError::Refused(format!("item {item}: the content cannot be read: {error}")))?;
        let mut tx = self.db.begin().await?;
        let link = &mut tx.link();
        run!(link, execute TAKE_TURN())?;
        let standing = run!(link, optional STANDING(item) as (String, i64))?;
        if let Some((_, seq)) = standing.filter(|(found, _)| *found == hash.to_string()) {
            run!(link, execute RENEW_PERMIT(item, json(permit)?))?;
            tx.commit().await?;
            return Ok(seq);
        }
        let (seq,) = run!(link, one NEXT_SEQ() as (i64,))?;
        put(link, seq, content, &parsed, permit, self.clock.now()).await?;
        tx.commit().await?;
        Ok(seq)
    }

    /// Takes an item off the site; returns the `seq`, or `None` where it was not there.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn withdraw(&self, item: &ItemId) -> Result<Option<i64>, StoreError> {
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let link = &mut tx.link();
        let (seq,) = run!(link, one NEXT_SEQ() as (i64,))?;
        run!(link, execute DROP_FILES(item))?;
        if run!(link, execute DROP_ITEM(item))? == 0 {
            return Ok(None);
        }
        run!(link, execute ADD_EVENT(seq, item, FeedOp::Withdraw.word(), now))?;
        tx.commit().await?;
        Ok(Some(seq))
    }

    /// Replaces all columns.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn put_columns(&self, columns: &[Column]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let link = &mut tx.link();
        run!(link, execute DROP_COLUMNS())?;
        for column in columns {
            run!(link, execute ADD_COLUMN(&column.id, column.position, json(column)?))?;
        }
        tx.commit().await
    }

    /// Replaces all units.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn put_units(&self, units: &[Unit]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let link = &mut tx.link();
        run!(link, execute DROP_UNITS())?;
        for unit in units {
            run!(link, execute ADD_UNIT(&unit.id, json(unit)?))?;
        }
        tx.commit().await
    }

    /// Replaces all links.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn put_links(&self, links: &[Link]) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        let on = &mut tx.link();
        run!(on, execute DROP_LINKS())?;
        for (position, link) in (0_i64..).zip(links) {
            run!(on, execute ADD_LINK(position, json(link)?))?;
        }
        tx.commit().await
    }
}

async fn put(
    link: &mut db::Link<'_>,
    seq: i64,
    bytes: &str,
    content: &Content,
    permit: &Permit,
    now: Timestamp,
) -> Result<(), StoreError> {
    let published = content.published.map_or(permit.issued, When::instant);
    let Permit { item, content: hash, .. } = permit;
    run!(link, execute PUT(
        item,
        bytes,
        hash,
        json(permit)?,
        hash,
        seq,
        &content.column,
        &content.unit,
        published,
        now
    ))?;
    run!(link, execute DROP_FILES(item))?;
    for file in &content.attachments {
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        run!(link, execute ADD_FILE(item, &file.name, &file.media_type, size, &file.blob, file.text.as_ref()))?;
    }
    run!(link, execute ADD_EVENT(seq, item, FeedOp::Publish.word(), now)).map(|_| ())
}
