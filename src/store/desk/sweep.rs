//! Walking many items in one order with what the gate needs of them, and writing many verdicts in one change.
//!
//! Published items go the newest first, by their `seq` on the site, which no screening changes; so a walk that is
//! under way sees each once, whatever is written meanwhile.

use super::{Desk, DeskTx};
use crate::model::{BlobId, Content, ContentHash, ItemId, Outcome, RuleSetId, SourceId, Status, Verdict};
use crate::store::StoreError;
use crate::store::bind::{count, json, read, read_some, read_word};
use crate::store::db::run;
use crate::store::sql::statements;

statements! {
    PUBLISHED = "SELECT id, status, version, content, content_hash, segments, rule_set, source_id, site_seq FROM items
        WHERE site_seq IS NOT NULL AND status = 'published' AND site_seq < $1 ORDER BY site_seq DESC LIMIT $2";
    WAITING = "SELECT id, status, version, content, content_hash, segments, rule_set, source_id, site_seq FROM items
        WHERE status = $1 AND id > $2 ORDER BY id LIMIT $3";
    NUMBERS = "SELECT status, COUNT(*) FROM items WHERE status IN ('published', 'approved', 'queued') GROUP BY status";
    /// `updated` stays: nothing about the item changed, and lists keep their order.
    RECLEAR = "UPDATE items SET version = version + 1, verdict = $4, outcome = 'pass', rule_set = $5,
        cleared_hash = content_hash, cleared_rule_set = $5 WHERE id = $1 AND status = $2 AND version = $3";
}

/// An item as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    id: String,
    status: String,
    version: i64,
    content: String,
    content_hash: String,
    segments: Option<String>,
    rule_set: String,
    source_id: Option<String>,
    site_seq: Option<i64>,
}

/// What the gate needs of a stored item. Its content is not yet compared with its hash: [`SweptItem::is_whole`].
#[derive(Clone, PartialEq, Debug)]
pub struct SweptItem {
    /// Its id.
    pub id: ItemId,
    /// Where it stands.
    pub status: Status,
    /// Version of the row.
    pub version: i64,
    /// The exact bytes of the content.
    pub content: String,
    /// Their hash.
    pub content_hash: ContentHash,
    /// The screened texts.
    pub segments: Option<BlobId>,
    /// The rules it was screened under last.
    pub rule_set: RuleSetId,
    /// The site that it was collected from.
    pub source: Option<SourceId>,
    /// Its `seq` on the site.
    pub seq: Option<i64>,
}

impl SweptItem {
    /// Whether the content has its hash; one that was changed behind the desk's back does not.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        Content::hash_of(&self.content) == self.content_hash
    }
}

impl Record {
    fn item(self) -> Result<SweptItem, StoreError> {
        let what = format!("item {}", self.id);
        Ok(SweptItem {
            id: read(&what, &self.id)?,
            status: read_word(&what, &self.status, Status::of_word)?,
            version: self.version,
            content: self.content,
            content_hash: read(&what, &self.content_hash)?,
            segments: read_some(&what, self.segments.as_deref())?,
            rule_set: read(&what, &self.rule_set)?,
            source: read_some(&what, self.source_id.as_deref())?,
            seq: self.site_seq,
        })
    }
}

/// A verdict `Pass` for the bytes of an item as it was walked.
#[derive(Clone, PartialEq, Debug)]
pub struct Recleared {
    /// The item.
    pub id: ItemId,
    /// Where it stood.
    pub status: Status,
    /// The version that was screened.
    pub version: i64,
    /// What was found.
    pub verdict: Verdict,
}

impl Desk {
    /// Published items below a `seq`, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn published_below(&self, seq: i64, limit: u32) -> Result<Vec<SweptItem>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all PUBLISHED(seq, i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::item).collect()
    }

    /// Items of a status by id, after `after`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn swept_after(
        &self,
        status: Status,
        after: Option<&ItemId>,
        limit: u32,
    ) -> Result<Vec<SweptItem>, StoreError> {
        let after = after.map_or("", ItemId::as_str);
        let rows = run!(&mut self.read().await?.link(), all WAITING(&status, after, i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::item).collect()
    }

    /// How many items are published, and how many are approved or queued.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn public_and_waiting(&self) -> Result<(u64, u64), StoreError> {
        let rows = run!(&mut self.read().await?.link(), all NUMBERS() as (String, i64))?;
        let mut numbers = (0, 0);
        for (status, number) in rows {
            if status == Status::Published.word() {
                numbers.0 += count(number);
            } else {
                numbers.1 += count(number);
            }
        }
        Ok(numbers)
    }
}

impl DeskTx {
    /// Notes that items passed again; returns how many. One that moved meanwhile is left for the next look.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where a verdict is not `Pass`.
    pub async fn reclear_items(&mut self, recleared: &[Recleared]) -> Result<u64, StoreError> {
        let mut changed = 0;
        let link = &mut self.link();
        for one in recleared {
            let (id, status, verdict) = (&one.id, &one.status, &one.verdict);
            if verdict.outcome != Outcome::Pass {
                return Err(StoreError::Refused(format!("item {id}: the gate did not let it pass again")));
            }
            if !matches!(status, Status::Queued | Status::Approved | Status::Published) {
                return Err(StoreError::Refused(format!("item {id} is {}: screen it again instead", status.word())));
            }
            changed += run!(link, execute RECLEAR(id, status, one.version, json(verdict)?, &verdict.rule_set))?;
        }
        Ok(changed)
    }
}
