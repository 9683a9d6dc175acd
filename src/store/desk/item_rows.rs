//! An item as it is stored, read back: its content must have its hash.

use serde_json::Value;

use super::Desk;
use crate::model::{
    BlobId, ColumnId, Content, ContentHash, Decision, Digest, ItemId, Outcome, RuleSetId, SourceId, Status, Timestamp,
    UnitId, Verdict,
};
use crate::store::StoreError;
use crate::store::bind::{corrupt, read, read_json, read_some, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    FIND = "SELECT id, source_id, url, status, version, content, content_hash, title, unit_id, column_id, published,
        segments, raw, verdict, outcome, COALESCE((SELECT rule_set FROM screened WHERE item_id = items.id), rule_set)
        AS rule_set, cleared_hash, cleared_rule_set, decision, decision_hash, reason, flags, duplicate_of, text_hash, site_seq, site_hash, created, updated FROM items WHERE id = $1";
    HELD_UNDER = "SELECT rule_set FROM items WHERE id = $1 AND status = 'quarantined'";
    BLOBS = "SELECT blob FROM item_blobs WHERE item_id = $1 ORDER BY blob";
    WITH_BLOB = "SELECT item_id FROM item_blobs WHERE blob = $1 ORDER BY item_id LIMIT 1000";
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
    /// Counts screenings and moves, from 1.
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

impl Desk {
    /// The item.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where the stored content does not have its hash; [`StoreError::Database`].
    pub async fn item(&self, id: &ItemId) -> Result<Option<ItemRow>, StoreError> {
        find(&mut self.read().await?.link(), id).await
    }

    /// The rules under which an item is held; none where it is not in quarantine.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn held_under(&self, id: &ItemId) -> Result<Option<RuleSetId>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional HELD_UNDER(id) as (String,))?;
        found.map(|(rules,)| read("rule set of an item", &rules)).transpose()
    }

    /// The blobs that an item names.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn blobs_of(&self, id: &ItemId) -> Result<Vec<BlobId>, StoreError> {
        let blobs = run!(&mut self.read().await?.link(), all BLOBS(id) as (String,))?;
        blobs.iter().map(|(blob,)| read("blob of an item", blob)).collect()
    }

    /// The items that name a blob, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_with_blob(&self, blob: &BlobId) -> Result<Vec<ItemId>, StoreError> {
        let items = run!(&mut self.read().await?.link(), all WITH_BLOB(blob) as (String,))?;
        items.iter().map(|(item,)| read("item of a blob", item)).collect()
    }
}

/// An item as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    id: String,
    source_id: Option<String>,
    url: String,
    status: String,
    version: i64,
    content: String,
    content_hash: String,
    title: String,
    unit_id: String,
    column_id: String,
    published: Option<i64>,
    segments: Option<String>,
    raw: Option<String>,
    verdict: String,
    outcome: String,
    rule_set: String,
    cleared_hash: Option<String>,
    cleared_rule_set: Option<String>,
    decision: Option<String>,
    reason: String,
    flags: String,
    duplicate_of: Option<String>,
    text_hash: Option<String>,
    site_seq: Option<i64>,
    site_hash: Option<String>,
    created: i64,
    updated: i64,
}

impl Record {
    fn row(self) -> Result<ItemRow, StoreError> {
        let what = format!("item {}", self.id);
        let what = what.as_str();
        let content_hash: ContentHash = read(what, &self.content_hash)?;
        let status = read_word(what, &self.status, Status::of_word)?;
        // An erased row keeps the hash of what is gone.
        if !self.content.is_empty() && Content::hash_of(&self.content) != content_hash {
            return Err(corrupt(what, "its content does not have its hash: it was changed behind the desk's back"));
        }
        let site_hash: Option<ContentHash> = read_some(what, self.site_hash.as_deref())?;
        Ok(ItemRow {
            id: read(what, &self.id)?,
            source: read_some(what, self.source_id.as_deref())?,
            url: self.url,
            status,
            version: self.version,
            content: self.content,
            content_hash,
            title: self.title,
            unit: read(what, &self.unit_id)?,
            column: read(what, &self.column_id)?,
            published: self.published.map(Timestamp),
            segments: read_some(what, self.segments.as_deref())?,
            raw: read_some(what, self.raw.as_deref())?,
            verdict: read_json(what, &self.verdict)?,
            outcome: read_word(what, &self.outcome, Outcome::of_word)?,
            rule_set: read(what, &self.rule_set)?,
            cleared_hash: read_some(what, self.cleared_hash.as_deref())?,
            cleared_rule_set: read_some(what, self.cleared_rule_set.as_deref())?,
            decision: self.decision.as_deref().map(|text| read_json(what, text)).transpose()?,
            reason: self.reason,
            created: Timestamp(self.created),
            updated: Timestamp(self.updated),
            flags: read_json(what, &self.flags)?,
            duplicate_of: read_some(what, self.duplicate_of.as_deref())?,
            text_hash: read_some(what, self.text_hash.as_deref())?,
            on_site: self.site_seq.zip(site_hash),
        })
    }
}

pub(super) async fn find(link: &mut Link<'_>, id: &ItemId) -> Result<Option<ItemRow>, StoreError> {
    run!(link, optional FIND(id) as Record)?.map(Record::row).transpose()
}
