//! Items and the moves of their status.
//!
//! Each move is a compare-and-set on status and version, checked against the table of [`Status::may_become`] and, by
//! CHECKs of the schema, against promise 1: queued, approved and published rows were cleared for exactly these bytes;
//! approved and published rows were decided for exactly these bytes. Content is kept as the exact text that is hashed.

use serde_json::Value;

use super::DeskTx;
use super::item_rows::{ItemRow, find};
use super::rule_trials::{count_hits, count_new_hits};
use super::screened;
use super::sealed::{self, Sealed, bare};
use crate::model::{
    BlobId, Content, ContentHash, Decision, Digest, ItemId, Outcome, RuleSetId, SourceId, Status, Timestamp, Verdict,
    When,
};
use crate::store::StoreError;
use crate::store::bind::{json, read};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    STANDING = "SELECT status, version, content_hash, decision_hash FROM items WHERE id = $1";
    ADD = "INSERT INTO items (id, source_id, url, status, version, content, content_hash, title, unit_id, column_id,
        published, segments, raw, verdict, outcome, rule_set, cleared_hash, cleared_rule_set, reason, flags,
        duplicate_of, text_hash, created, updated)
        VALUES ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, '', $18, $19, $20,
        $21, $21) ON CONFLICT (id) DO NOTHING";
    RESCREEN = "UPDATE items SET status = $4, version = version + 1, content = $5, content_hash = $6, title = $7,
        unit_id = $8, column_id = $9, published = $10, segments = $11, raw = $12, verdict = $13, outcome = $14,
        rule_set = $15, cleared_hash = $16, cleared_rule_set = $17, decision = NULL, decision_hash = NULL,
        reason = '', flags = $18, duplicate_of = $19, text_hash = $20, updated = $21
        WHERE id = $1 AND status = $2 AND version = $3";
    RECLEAR = "UPDATE items SET version = version + 1, verdict = $4, outcome = 'pass', rule_set = $5,
        cleared_hash = content_hash, cleared_rule_set = $5, updated = $6
        WHERE id = $1 AND status = $2 AND version = $3";
    APPROVE = "UPDATE items SET status = 'approved', version = version + 1, decision = $4, decision_hash = $5,
        updated = $6 WHERE id = $1 AND status = $2 AND version = $3";
    PUBLISH = "UPDATE items SET status = 'published', version = version + 1, site_seq = $4,
        site_hash = content_hash, updated = $5 WHERE id = $1 AND status = $2 AND version = $3";
    /// Returned and dismissed: what the site shows of it, if anything, stays noted.
    CLOSE = "UPDATE items SET status = $4, version = version + 1, reason = $5, updated = $6
        WHERE id = $1 AND status = $2 AND version = $3";
    WITHDRAW = "UPDATE items SET status = 'withdrawn', version = version + 1, reason = $4, site_seq = NULL,
        site_hash = NULL, updated = $5 WHERE id = $1 AND status = $2 AND version = $3";
    FLAG = "UPDATE items SET flags = $2, duplicate_of = $3 WHERE id = $1";
    /// The version moves where something leaves, so that a publisher under way loses its race.
    OFF_SITE = "UPDATE items SET site_seq = NULL, site_hash = NULL,
        version = version + CASE WHEN site_seq IS NULL THEN 0 ELSE 1 END
        WHERE id = $1 AND status <> 'published'";
    ERASE = "UPDATE items SET version = version + 1, content = '', title = '', segments = NULL, raw = NULL,
        verdict = $2, flags = '[]', url = '', updated = $3
        WHERE id = $1 AND status IN ('withdrawn', 'dismissed', 'returned')";
    /// What lists said of its page.
    ERASE_LISTED = "UPDATE urls SET title = '' WHERE item_id = $1";
    ADD_BLOB = "INSERT INTO item_blobs (item_id, blob) VALUES ($1, $2) ON CONFLICT (item_id, blob) DO NOTHING";
    DROP_BLOBS = "DELETE FROM item_blobs WHERE item_id = $1";
    OWN_BLOBS = "SELECT blob FROM item_blobs WHERE item_id = $1 AND NOT EXISTS (SELECT 1 FROM item_blobs AS others
        WHERE others.blob = item_blobs.blob AND others.item_id <> $1) ORDER BY blob";
}

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
    /// Where the verdict is not `Pass`: everything that was read, sealed. The row then says no word of it.
    pub sealed: Option<Sealed>,
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
        let facts = Facts::of(&item.screening)?;
        let screening = &item.screening;
        let kept = Kept::of(&facts, screening)?;
        let now = self.now;
        let link = &mut self.link();
        let added = run!(link, execute ADD(
            &item.id,
            item.source.as_ref(),
            &item.url,
            &facts.status,
            kept.content,
            &facts.hash,
            kept.title,
            &facts.content.unit,
            &facts.content.column,
            facts.published,
            kept.segments,
            kept.raw,
            json(&kept.verdict)?,
            &screening.verdict.outcome,
            &screening.verdict.rule_set,
            facts.cleared_hash.as_ref(),
            facts.cleared_rule_set.as_ref(),
            &screening.flags,
            screening.duplicate_of.as_ref(),
            screening.text_hash.as_ref(),
            now
        ))?;
        if added == 0 {
            return Err(conflict(link, &item.id, "no such item yet").await);
        }
        put_blobs(link, &item.id, screening, &facts.content, now).await?;
        stamp(link, &item.id, facts.status, &screening.verdict).await?;
        count_hits(link, now, &screening.verdict, None).await?;
        Ok(facts.status)
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
        let facts = Facts::of(screening)?;
        let kept = Kept::of(&facts, screening)?;
        check_move(id, from, facts.status)?;
        let now = self.now;
        let link = &mut self.link();
        count_new_hits(link, now, id, &screening.verdict).await?;
        let changed = run!(link, execute RESCREEN(
            id,
            &from,
            version,
            &facts.status,
            kept.content,
            &facts.hash,
            kept.title,
            &facts.content.unit,
            &facts.content.column,
            facts.published,
            kept.segments,
            kept.raw,
            json(&kept.verdict)?,
            &screening.verdict.outcome,
            &screening.verdict.rule_set,
            facts.cleared_hash.as_ref(),
            facts.cleared_rule_set.as_ref(),
            &screening.flags,
            screening.duplicate_of.as_ref(),
            screening.text_hash.as_ref(),
            now
        ))?;
        if changed == 0 {
            return Err(conflict(link, id, &standing(from, version)).await);
        }
        put_blobs(link, id, screening, &facts.content, now).await?;
        stamp(link, id, facts.status, &screening.verdict).await?;
        Ok((facts.status, version + 1))
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
        if verdict.outcome != Outcome::Pass {
            return Err(StoreError::Refused(format!("item {id}: the gate did not let it pass again")));
        }
        if !matches!(from, Status::Queued | Status::Approved | Status::Published) {
            return Err(StoreError::Refused(format!("item {id} is {}: screen it again instead", from.word())));
        }
        let now = self.now;
        let link = &mut self.link();
        let changed = run!(link, execute RECLEAR(id, &from, version, json(verdict)?, &verdict.rule_set, now))?;
        if changed == 0 {
            return Err(conflict(link, id, &standing(from, version)).await);
        }
        screened::renew(link, id, verdict).await?;
        Ok(version + 1)
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
        check_move(id, from, change.to())?;
        let now = self.now;
        let link = &mut self.link();
        let changed = match change {
            Change::Approve(decision) => {
                refuse_other_bytes(link, id, decision).await?;
                run!(link, execute APPROVE(id, &from, version, json(decision)?, &decision.content, now))?
            }
            Change::Publish { seq } => run!(link, execute PUBLISH(id, &from, version, *seq, now))?,
            Change::Return(reason) | Change::Dismiss(reason) => {
                run!(link, execute CLOSE(id, &from, version, &change.to(), reason, now))?
            }
            Change::Withdraw(reason) => run!(link, execute WITHDRAW(id, &from, version, reason, now))?,
        };
        if changed == 0 {
            return Err(conflict(link, id, &standing(from, version)).await);
        }
        if matches!(change, Change::Return(_) | Change::Dismiss(_) | Change::Withdraw(_)) {
            screened::drop_of(link, id).await?;
        }
        Ok(version + 1)
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
        let changed = run!(&mut self.link(), execute FLAG(id, flags, duplicate_of))?;
        if changed == 0 { Err(missing(id)) } else { Ok(()) }
    }

    /// Notes that the site no longer shows the item, where the status alone does not say it (quarantined after a rule
    /// change).
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn note_off_site(&mut self, id: &ItemId) -> Result<(), StoreError> {
        let link = &mut self.link();
        if run!(link, execute OFF_SITE(id))? == 1 {
            return Ok(());
        }
        match run!(link, optional STANDING(id) as Standing)? {
            None => Err(missing(id)),
            Some(_) => Err(StoreError::Refused(format!("item {id} is published: withdraw it instead"))),
        }
    }

    /// Takes the words out of the row of a withdrawn, dismissed or returned item (`--erase`); id, hashes, decision and times
    /// stay. Returns the blobs that it named and that no other item names; removing them is the caller's.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where it is in another status.
    pub async fn erase_item(&mut self, id: &ItemId) -> Result<Vec<BlobId>, StoreError> {
        let Some(row) = self.item(id).await? else { return Err(missing(id)) };
        let bare = Verdict { findings: Vec::new(), unreadable: Vec::new(), ..row.verdict };
        let now = self.now;
        let link = &mut self.link();
        if run!(link, execute ERASE(id, json(&bare)?, now))? == 0 {
            return Err(StoreError::Refused(format!("item {id} is {}: withdraw it first", row.status.word())));
        }
        run!(link, execute ERASE_LISTED(id))?;
        sealed::drop_sealed(link, id).await?;
        let blobs = run!(link, all OWN_BLOBS(id) as (String,))?;
        run!(link, execute DROP_BLOBS(id))?;
        blobs.iter().map(|(blob,)| read("blob of an item", blob)).collect()
    }

    /// The item as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], [`StoreError::Database`].
    pub async fn item(&mut self, id: &ItemId) -> Result<Option<ItemRow>, StoreError> {
        find(&mut self.link(), id).await
    }
}

impl Change {
    /// Where it leads.
    #[must_use]
    pub fn to(&self) -> Status {
        match self {
            Self::Approve(_) => Status::Approved,
            Self::Publish { .. } => Status::Published,
            Self::Return(_) => Status::Returned,
            Self::Withdraw(_) => Status::Withdrawn,
            Self::Dismiss(_) => Status::Dismissed,
        }
    }
}

/// What the row says beside the content itself, read from content and verdict so that it cannot differ from them.
struct Facts {
    content: Content,
    hash: ContentHash,
    published: Option<Timestamp>,
    status: Status,
    cleared_hash: Option<ContentHash>,
    cleared_rule_set: Option<RuleSetId>,
}

impl Facts {
    fn of(screening: &Screening) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::Refused(format!("the content is not what Content::bytes makes: {why}"));
        let content: Content = serde_json::from_str(&screening.content).map_err(|error| refused(error.to_string()))?;
        if content.bytes().map_err(|error| refused(error.to_string()))? != screening.content {
            return Err(refused("written again it has other bytes".into()));
        }
        let hash = Content::hash_of(&screening.content);
        let passed = screening.verdict.outcome == Outcome::Pass;
        Ok(Self {
            published: content.published.map(When::instant),
            content,
            hash,
            status: if passed { Status::Queued } else { Status::Quarantined },
            cleared_hash: passed.then_some(hash),
            cleared_rule_set: passed.then_some(screening.verdict.rule_set),
        })
    }
}

/// What the row keeps of a screening: of what is held, no word.
struct Kept<'a> {
    content: &'a str,
    title: &'a str,
    segments: Option<&'a BlobId>,
    raw: Option<&'a BlobId>,
    verdict: Verdict,
}

impl<'a> Kept<'a> {
    fn of(facts: &'a Facts, screening: &'a Screening) -> Result<Self, StoreError> {
        match (facts.status, &screening.sealed) {
            (Status::Quarantined, Some(_)) => {
                Ok(Self { content: "", title: "", segments: None, raw: None, verdict: bare(&screening.verdict) })
            }
            (Status::Quarantined, None) => {
                Err(StoreError::Refused("what the gate held is kept sealed, or not at all".into()))
            }
            (_, Some(_)) => Err(StoreError::Refused("what the gate let pass is not sealed".into())),
            (_, None) => Ok(Self {
                content: &screening.content,
                title: &facts.content.title,
                segments: screening.segments.as_ref(),
                raw: screening.raw.as_ref(),
                verdict: screening.verdict.clone(),
            }),
        }
    }
}

/// Where a row stands, for saying so.
#[derive(sqlx::FromRow)]
struct Standing {
    status: String,
    version: i64,
    content_hash: String,
}

fn check_move(id: &ItemId, from: Status, to: Status) -> Result<(), StoreError> {
    from.check_move(to).map_err(|source| StoreError::IllegalMove { item: format!("item {id}"), source })
}

fn standing(status: Status, version: i64) -> String {
    format!("{} in version {version}", status.word())
}

fn missing(id: &ItemId) -> StoreError {
    StoreError::Missing(format!("item {id}"))
}

/// Why nothing was changed: what is there instead of what was expected.
async fn conflict(link: &mut Link<'_>, id: &ItemId, expected: &str) -> StoreError {
    match run!(link, optional STANDING(id) as Standing) {
        Err(error) => error,
        Ok(None) => missing(id),
        Ok(Some(found)) => StoreError::Conflict {
            subject: format!("item {id}"),
            expected: expected.to_owned(),
            found: format!("{} in version {}", found.status, found.version),
        },
    }
}

/// The CHECK says it again; here it has words.
async fn refuse_other_bytes(link: &mut Link<'_>, id: &ItemId, decision: &Decision) -> Result<(), StoreError> {
    let found = run!(link, optional STANDING(id) as Standing)?.ok_or_else(|| missing(id))?;
    if found.content_hash == decision.content.to_string() {
        Ok(())
    } else {
        Err(StoreError::Refused(format!("item {id}: the decision is for other content than is stored; read it again")))
    }
}

/// What waits now stands under its rules; what is held stands there no more.
async fn stamp(link: &mut Link<'_>, id: &ItemId, status: Status, verdict: &Verdict) -> Result<(), StoreError> {
    if status == Status::Queued { screened::put(link, id, verdict).await } else { screened::drop_of(link, id).await }
}

async fn put_blobs(
    link: &mut Link<'_>,
    id: &ItemId,
    screening: &Screening,
    content: &Content,
    now: Timestamp,
) -> Result<(), StoreError> {
    if let Some(sealed) = &screening.sealed {
        return sealed::put(link, id, sealed, now).await;
    }
    sealed::drop_sealed(link, id).await?;
    run!(link, execute DROP_BLOBS(id))?;
    let attached = content.attachments.iter().flat_map(|file| [Some(&file.blob), file.text.as_ref()]);
    // Gathered first: a future that holds the iterator's closure across an await is not `Send` for every caller.
    let named: Vec<_> =
        [screening.raw.as_ref(), screening.segments.as_ref()].into_iter().chain(attached).flatten().collect();
    for blob in named {
        run!(link, execute ADD_BLOB(id, blob))?;
    }
    Ok(())
}
