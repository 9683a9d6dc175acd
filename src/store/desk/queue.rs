//! Lists of items: queue, quarantine, what waits for newer rules, the same text elsewhere, what the site shows.

use serde_json::Value;

use super::Desk;
use crate::model::{ColumnId, ContentHash, Digest, ItemId, Outcome, RuleSetId, SourceId, Status, Timestamp, UnitId};
use crate::store::bind::{count, read, read_json, read_some, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;
use crate::store::{Page, StoreError};

statements! {
    /// Two texts, so that each walks an index in the order that is asked for.
    OF_STATUS = "SELECT id, source_id, url, status, version, title, unit_id, column_id, published, outcome,
        COALESCE((SELECT rule_set FROM screened WHERE item_id = items.id), rule_set) AS rule_set, content_hash, created, updated, flags, duplicate_of FROM items
        WHERE status = $1 AND (CAST($2 AS TEXT) IS NULL OR column_id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR unit_id = $3) AND (CAST($4 AS TEXT) IS NULL OR source_id = $4)
        AND (CAST($5 AS TEXT) IS NULL OR replace(lower(title), lower($5), '') <> lower(title))
        ORDER BY updated DESC, id DESC LIMIT $6 OFFSET $7";
    OF_ANY = "SELECT id, source_id, url, status, version, title, unit_id, column_id, published, outcome,
        COALESCE((SELECT rule_set FROM screened WHERE item_id = items.id), rule_set) AS rule_set, content_hash, created, updated, flags, duplicate_of FROM items
        WHERE (CAST($1 AS TEXT) IS NULL OR column_id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR unit_id = $2) AND (CAST($3 AS TEXT) IS NULL OR source_id = $3)
        AND (CAST($4 AS TEXT) IS NULL OR replace(lower(title), lower($4), '') <> lower(title))
        ORDER BY updated DESC, id DESC LIMIT $5 OFFSET $6";
    COUNT_OF_STATUS = "SELECT COUNT(*) FROM items
        WHERE status = $1 AND (CAST($2 AS TEXT) IS NULL OR column_id = $2)
        AND (CAST($3 AS TEXT) IS NULL OR unit_id = $3) AND (CAST($4 AS TEXT) IS NULL OR source_id = $4)
        AND (CAST($5 AS TEXT) IS NULL OR replace(lower(title), lower($5), '') <> lower(title))";
    COUNT_OF_ANY = "SELECT COUNT(*) FROM items
        WHERE (CAST($1 AS TEXT) IS NULL OR column_id = $1)
        AND (CAST($2 AS TEXT) IS NULL OR unit_id = $2) AND (CAST($3 AS TEXT) IS NULL OR source_id = $3)
        AND (CAST($4 AS TEXT) IS NULL OR replace(lower(title), lower($4), '') <> lower(title))";
    COUNT_ALL = "SELECT COUNT(*) FROM items";
    COUNTS = "SELECT status, COUNT(*) FROM items GROUP BY status";
    COUNTS_OF_SOURCE = "SELECT status, COUNT(*) FROM items WHERE source_id = $1 GROUP BY status";
    SAME_TEXT = "SELECT id, source_id, url, status, version, title, unit_id, column_id, published, outcome,
        COALESCE((SELECT rule_set FROM screened WHERE item_id = items.id), rule_set) AS rule_set, content_hash, created, updated, flags, duplicate_of FROM items
        WHERE text_hash = $1 AND id <> $2 ORDER BY created, id LIMIT 100";
    ON_SITE = "SELECT id, status, site_seq, site_hash FROM items
        WHERE site_seq IS NOT NULL AND id > $1 AND (CAST($2 AS TEXT) IS NULL OR source_id = $2) AND updated >= $3
        ORDER BY id LIMIT $4";
    /// The site shows an earlier version than the one that waits, was returned, or is held.
    ON_SITE_BEFORE = "SELECT id, status, site_seq, site_hash FROM items
        WHERE site_seq IS NOT NULL AND status <> 'published' AND id > $1 ORDER BY id LIMIT $2";
    AFTER = "SELECT id, source_id, url, status, version, title, unit_id, column_id, published, outcome,
        COALESCE((SELECT rule_set FROM screened WHERE item_id = items.id), rule_set) AS rule_set, content_hash, created, updated, flags, duplicate_of FROM items WHERE id > $1 ORDER BY id LIMIT $2";
}

/// A line as the engines give it.
#[derive(sqlx::FromRow)]
pub(super) struct Record {
    id: String,
    source_id: Option<String>,
    url: String,
    status: String,
    version: i64,
    title: String,
    unit_id: String,
    column_id: String,
    published: Option<i64>,
    outcome: String,
    rule_set: String,
    content_hash: String,
    created: i64,
    updated: i64,
    flags: String,
    duplicate_of: Option<String>,
}

impl Record {
    fn brief(self) -> Result<ItemBrief, StoreError> {
        let what = format!("item {}", self.id);
        let what = what.as_str();
        Ok(ItemBrief {
            id: read(what, &self.id)?,
            source: read_some(what, self.source_id.as_deref())?,
            url: self.url,
            status: read_word(what, &self.status, Status::of_word)?,
            version: self.version,
            title: self.title,
            unit: read(what, &self.unit_id)?,
            column: read(what, &self.column_id)?,
            published: self.published.map(Timestamp),
            outcome: read_word(what, &self.outcome, Outcome::of_word)?,
            rule_set: read(what, &self.rule_set)?,
            content_hash: read(what, &self.content_hash)?,
            created: Timestamp(self.created),
            updated: Timestamp(self.updated),
            flags: read_json(what, &self.flags)?,
            duplicate_of: read_some(what, self.duplicate_of.as_deref())?,
        })
    }
}

pub(super) fn briefs(rows: Vec<Record>) -> Result<Vec<ItemBrief>, StoreError> {
    rows.into_iter().map(Record::brief).collect()
}

async fn select(
    link: &mut Link<'_>,
    filter: &QueueFilter,
    offset: i64,
    limit: i64,
) -> Result<(Vec<Record>, i64), StoreError> {
    let QueueFilter { status, column, unit, source, text } = filter;
    let (column, unit, source) = (column.as_ref(), unit.as_ref(), source.as_ref());
    let text = text.as_deref().filter(|text| !text.is_empty());
    let (rows, (total,)) = match status {
        Some(status) => (
            run!(link, all OF_STATUS(status, column, unit, source, text, limit, offset) as Record)?,
            run!(link, one COUNT_OF_STATUS(status, column, unit, source, text) as (i64,))?,
        ),
        None => {
            let rows = run!(link, all OF_ANY(column, unit, source, text, limit, offset) as Record)?;
            let all = column.is_none() && unit.is_none() && source.is_none() && text.is_none();
            let total = if all {
                run!(link, one COUNT_ALL() as (i64,))?
            } else {
                run!(link, one COUNT_OF_ANY(column, unit, source, text) as (i64,))?
            };
            (rows, total)
        }
    };
    Ok((rows, total))
}

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

impl OnSite {
    fn read((item, status, seq, hash): (String, String, i64, String)) -> Result<Self, StoreError> {
        Ok(Self {
            status: read_word(&item, &status, Status::of_word)?,
            content_hash: read(&item, &hash)?,
            item: read("id of an item", &item)?,
            seq,
        })
    }
}

impl Desk {
    /// Items by filter, those that changed last first. Quarantine is this with `status` quarantined.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn queue(&self, filter: &QueueFilter, offset: u64, limit: u32) -> Result<Page<ItemBrief>, StoreError> {
        let mut reading = self.read().await?;
        let offset = i64::try_from(offset).unwrap_or(i64::MAX);
        let (rows, total) = select(&mut reading.link(), filter, offset, i64::from(limit)).await?;
        Ok(Page { rows: briefs(rows)?, total: count(total) })
    }

    /// How many items stand where; every status is there, also with 0.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn status_counts(&self, source: Option<&SourceId>) -> Result<Vec<(Status, u64)>, StoreError> {
        let mut reading = self.read().await?;
        let link = &mut reading.link();
        let rows = match source {
            Some(source) => run!(link, all COUNTS_OF_SOURCE(source) as (String, i64))?,
            None => run!(link, all COUNTS() as (String, i64))?,
        };
        let of = |status: Status| {
            rows.iter().find(|(word, _)| word == status.word()).map_or(0, |(_, number)| count(*number))
        };
        Ok(Status::ALL.into_iter().map(|status| (status, of(status))).collect())
    }

    /// Other items with the same normalised text, oldest first, at most 100.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn same_text(&self, text_hash: &Digest, except: &ItemId) -> Result<Vec<ItemBrief>, StoreError> {
        briefs(run!(&mut self.read().await?.link(), all SAME_TEXT(text_hash, except) as Record)?)
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
        let after = after.map_or("", ItemId::as_str);
        let since = since.unwrap_or(Timestamp(i64::MIN));
        let rows = run!(
            &mut self.read().await?.link(),
            all ON_SITE(after, source, since, i64::from(limit)) as (String, String, i64, String)
        )?;
        rows.into_iter().map(OnSite::read).collect()
    }

    /// What the site shows in a version before the one that the desk works on, by id, after `after`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn on_site_before(&self, after: Option<&ItemId>, limit: u32) -> Result<Vec<OnSite>, StoreError> {
        let after = after.map_or("", ItemId::as_str);
        let rows = run!(
            &mut self.read().await?.link(),
            all ON_SITE_BEFORE(after, i64::from(limit)) as (String, String, i64, String)
        )?;
        rows.into_iter().map(OnSite::read).collect()
    }

    /// Every item by id, after `after`: for walking all of them.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_after(&self, after: Option<&ItemId>, limit: u32) -> Result<Vec<ItemBrief>, StoreError> {
        let after = after.map_or("", ItemId::as_str);
        briefs(run!(&mut self.read().await?.link(), all AFTER(after, i64::from(limit)) as Record)?)
    }
}
