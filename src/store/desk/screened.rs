//! Under which rules each public or waiting item was screened last, and what the gate read of it, for walking all of
//! them after a change of rules.
//!
//! `screened` has one narrow row for each item that is queued, approved or published; `kept_texts` beside it the packed
//! text, for those that have one. Both go with the item's bytes: new bytes get a new `place`, and what leaves the queue
//! or the site leaves both in the same change. So a place that a walk has read stands for the same bytes when
//! its verdict is written, or for nothing. The newest bytes have the highest place. What a packed text is made of is its
//! maker's to say; it is at most [`KEPT_LIMIT`] long, so that a batch of them is bounded.

use super::queue::ItemBrief;
use super::{Desk, DeskTx};
use crate::model::{ItemId, Outcome, RuleSetId, Status, Verdict};
use crate::store::StoreError;
use crate::store::bind::{count, json, read, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

/// Longest packed text in bytes; an item that has more is read from its row and its files.
pub const KEPT_LIMIT: usize = 64 << 10;

statements! {
    NEXT_PLACE = "UPDATE counter SET seq = seq + 1 WHERE name = 'screened'";
    LAST_PLACE = "SELECT seq FROM counter WHERE name = 'screened'";
    PUT = "INSERT INTO screened (place, item_id, rule_set, noted) VALUES ($1, $2, $3, $4)";
    RENEW = "UPDATE screened SET rule_set = $2, noted = $3 WHERE item_id = $1";
    /// The packed text goes with it.
    DROP = "DELETE FROM screened WHERE item_id = $1";
    PLACE = "SELECT place FROM screened WHERE item_id = $1";
    KEEP = "INSERT INTO kept_texts (place, packed) VALUES ($1, $2)
        ON CONFLICT (place) DO UPDATE SET packed = excluded.packed";
    BELOW = "SELECT screened.place, item_id, noted, packed FROM screened
        LEFT JOIN kept_texts ON kept_texts.place = screened.place
        WHERE screened.place < $1 AND rule_set <> $2 ORDER BY screened.place DESC LIMIT $3";
    STAMP = "UPDATE screened SET rule_set = $3 WHERE place BETWEEN $1 AND $2 AND rule_set <> $3";
    STAMP_NOTED = "UPDATE screened SET rule_set = $3, noted = $4 WHERE place = $1 AND item_id = $2";
    /// `updated` and the version stay: nothing about the item changed, and lists keep their order.
    RECLEAR = "UPDATE items SET verdict = $2, outcome = 'pass', rule_set = $3, cleared_hash = content_hash,
        cleared_rule_set = $3 WHERE id = $1 AND status IN ('queued', 'approved', 'published')";
    NUMBERS = "SELECT status, COUNT(*) FROM items WHERE status IN ('published', 'approved', 'queued') GROUP BY status";
    CURRENT = "SELECT COUNT(*) FROM screened WHERE rule_set = $1";
    OLDER = "SELECT items.id, source_id, url, status, version, title, unit_id, column_id, published, outcome,
        screened.rule_set, content_hash, created, updated, flags, duplicate_of FROM screened
        JOIN items ON items.id = screened.item_id WHERE screened.rule_set <> $1 ORDER BY place DESC LIMIT $2";
    /// A row that got lost does not make its item current.
    WITHOUT = "SELECT id, source_id, url, status, version, title, unit_id, column_id, published, outcome, rule_set,
        content_hash, created, updated, flags, duplicate_of FROM items
        WHERE status IN ('published', 'approved', 'queued')
        AND NOT EXISTS (SELECT 1 FROM screened WHERE screened.item_id = items.id) LIMIT $1";
    STANDS = "SELECT status FROM items WHERE id = $1";
}

/// What the gate needs of a stored item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptText {
    /// Stands for these bytes of this item.
    pub place: i64,
    /// The item.
    pub item: ItemId,
    /// Its last verdict has findings.
    pub noted: bool,
    /// What was kept; nothing where it was too long, or before it was kept.
    pub packed: Option<Vec<u8>>,
}

/// Notes that new bytes of an item passed.
pub(super) async fn put(link: &mut Link<'_>, id: &ItemId, verdict: &Verdict) -> Result<(), StoreError> {
    drop_of(link, id).await?;
    run!(link, execute NEXT_PLACE())?;
    let (place,) = run!(link, one LAST_PLACE() as (i64,))?;
    run!(link, execute PUT(place, id, &verdict.rule_set, noted(verdict))).map(|_| ())
}

/// Notes that the same bytes passed again.
pub(super) async fn renew(link: &mut Link<'_>, id: &ItemId, verdict: &Verdict) -> Result<(), StoreError> {
    if run!(link, execute RENEW(id, &verdict.rule_set, noted(verdict)))? == 0 {
        return put(link, id, verdict).await;
    }
    Ok(())
}

/// The item is neither public nor waiting any more.
pub(super) async fn drop_of(link: &mut Link<'_>, id: &ItemId) -> Result<(), StoreError> {
    run!(link, execute DROP(id)).map(|_| ())
}

fn noted(verdict: &Verdict) -> i64 {
    i64::from(!verdict.findings.is_empty())
}

impl Desk {
    /// Items below a place, the newest first: all, or those that were screened last under other rules than `but`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn texts_below(
        &self,
        place: i64,
        but: Option<&RuleSetId>,
        limit: u32,
    ) -> Result<Vec<KeptText>, StoreError> {
        let but = but.map(ToString::to_string).unwrap_or_default();
        let rows = run!(
            &mut self.read().await?.link(),
            all BELOW(place, but, i64::from(limit)) as (i64, String, i64, Option<Vec<u8>>)
        )?;
        let text = |(place, item, noted, packed): (i64, String, i64, Option<Vec<u8>>)| {
            Ok(KeptText { place, item: read("id of an item", &item)?, noted: noted != 0, packed })
        };
        rows.into_iter().map(text).collect()
    }

    /// How many items are published, and how many are approved or queued.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn public_and_waiting(&self) -> Result<(u64, u64), StoreError> {
        let rows = run!(&mut self.read().await?.link(), all NUMBERS() as (String, i64))?;
        let of = |public: bool| {
            let asked = |word: &str| (word == Status::Published.word()) == public;
            rows.iter().filter(|(word, _)| asked(word)).map(|(_, number)| count(*number)).sum()
        };
        Ok((of(true), of(false)))
    }

    /// How many public or waiting items were screened last under other rules.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn count_of_older_rules(&self, current: &RuleSetId) -> Result<u64, StoreError> {
        let (public, waiting) = self.public_and_waiting().await?;
        let (screened,) = run!(&mut self.read().await?.link(), one CURRENT(current) as (i64,))?;
        Ok((public + waiting).saturating_sub(count(screened)))
    }

    /// Items that were screened last under other rules than `current`, the newest first. What is in quarantine is
    /// sealed: an officer screens it again. Empty means that a change of rules is done.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn items_of_older_rules(&self, current: &RuleSetId, limit: u32) -> Result<Vec<ItemBrief>, StoreError> {
        let limit = i64::from(limit);
        let older = {
            let mut reading = self.read().await?;
            super::queue::briefs(run!(&mut reading.link(), all OLDER(current, limit) as super::queue::Record)?)?
        };
        if !older.is_empty() || self.count_of_older_rules(current).await? == 0 {
            return Ok(older);
        }
        let mut reading = self.read().await?;
        super::queue::briefs(run!(&mut reading.link(), all WITHOUT(limit) as super::queue::Record)?)
    }

    /// Where an item stands.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn status_of(&self, id: &ItemId) -> Result<Option<Status>, StoreError> {
        let row = run!(&mut self.read().await?.link(), optional STANDS(id) as (String,))?;
        row.map(|(word,)| read_word("status of an item", &word, Status::of_word)).transpose()
    }
}

impl DeskTx {
    /// Keeps what the gate read of an item's present bytes; whether it did: not where it is longer than
    /// [`KEPT_LIMIT`], and not where the item is neither public nor waiting.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn keep_text(&mut self, id: &ItemId, packed: &[u8]) -> Result<bool, StoreError> {
        let link = &mut self.link();
        match run!(link, optional PLACE(id) as (i64,))? {
            Some((place,)) if packed.len() <= KEPT_LIMIT => run!(link, execute KEEP(place, packed)).map(|_| true),
            _ => Ok(false),
        }
    }

    /// Notes that everything between two places, both included, passed again with nothing found; returns how many rows
    /// that were.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn stamp(&mut self, first: i64, last: i64, rules: &RuleSetId) -> Result<u64, StoreError> {
        run!(&mut self.link(), execute STAMP(first, last, rules))
    }

    /// Writes a verdict that passes for the bytes of a place; whether they are still there.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where the verdict is not `Pass`.
    pub async fn stamp_noted(&mut self, place: i64, id: &ItemId, verdict: &Verdict) -> Result<bool, StoreError> {
        if verdict.outcome != Outcome::Pass {
            return Err(StoreError::Refused(format!("item {id}: the gate did not let it pass again")));
        }
        let link = &mut self.link();
        if run!(link, execute STAMP_NOTED(place, id, &verdict.rule_set, noted(verdict)))? == 0 {
            return Ok(false);
        }
        run!(link, execute RECLEAR(id, json(verdict)?, &verdict.rule_set)).map(|changed| changed > 0)
    }
}
