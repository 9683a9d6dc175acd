//! Claims of addresses: the lease that a fetch stands on, and the host's slot with it.
//!
//! A claim takes the URL's lease and the host's next slot in one transaction, before the request. A lease is fenced by an
//! epoch: what comes back after its time is refused ([`StoreError::Stale`]), whoever claimed meanwhile. A URL that was
//! claimed five times without a word back (it kills who reads it) is `poison` and stays.

use std::time::Duration;

use super::urls::{Record, UrlKind, UrlRow};
use super::{Desk, DeskTx, hosts, jobs};
use crate::model::{Digest, ItemId, SourceId, Timestamp};
use crate::store::StoreError;
use crate::store::db::{Link, run};
use crate::store::sql::statements;

/// How often a claim tries anew where others took the row it had seen.
const CLAIM_TRIES: usize = 64;

statements! {
    CANDIDATE = "SELECT urls.url, urls.host FROM urls JOIN hosts ON hosts.host = urls.host
        WHERE urls.source_id = $1 AND urls.priority = $2 AND urls.next_fetch_at <= $3
        AND (urls.lease_until IS NULL OR urls.lease_until <= $3)
        AND hosts.next_slot_at <= $3 AND hosts.blocked_until <= $3
        ORDER BY urls.next_fetch_at, urls.url LIMIT 1";
    CLAIM = "UPDATE urls SET lease_owner = $4, lease_until = $5, lease_epoch = lease_epoch + 1,
        attempts = attempts + 1
        WHERE source_id = $1 AND url = $2 AND next_fetch_at <= $3 AND (lease_until IS NULL OR lease_until <= $3)
        RETURNING lease_epoch, source_id, url, host, priority, column_id, title, published, state, next_fetch_at, attempts, etag,
        last_modified, body_hash, failures, last_error, item_id, missing_since, missing_count, first_seen,
        last_listed, last_fetched";
    EARLIEST_SLOT = "SELECT MIN(CASE WHEN hosts.blocked_until > hosts.next_slot_at THEN hosts.blocked_until
        ELSE hosts.next_slot_at END) FROM urls JOIN hosts ON hosts.host = urls.host
        WHERE urls.source_id = $1 AND urls.priority = $2 AND urls.next_fetch_at <= $3
        AND (urls.lease_until IS NULL OR urls.lease_until <= $3)";
    POISON_CLAIMED = "UPDATE urls SET state = 'poison', next_fetch_at = NULL, lease_owner = NULL, lease_until = NULL,
        last_error = $4 WHERE source_id = $1 AND url = $2 AND lease_epoch = $3";
    FINISH = "UPDATE urls SET lease_owner = NULL, lease_until = NULL, attempts = 0, state = $6, next_fetch_at = $7,
        etag = $8, last_modified = $9, body_hash = $10, failures = $11, last_error = $12, item_id = $13,
        missing_since = $14, missing_count = $15, last_fetched = $5
        WHERE source_id = $1 AND url = $2 AND lease_epoch = $3 AND lease_owner = $4 AND lease_until > $5";
    RENEW = "UPDATE urls SET lease_until = $5 WHERE source_id = $1 AND url = $2 AND lease_epoch = $3
        AND lease_owner = $4 AND lease_until > $6";
    RELEASE = "UPDATE urls SET lease_owner = NULL, lease_until = NULL, attempts = attempts - 1
        WHERE source_id = $1 AND url = $2 AND lease_epoch = $3 AND lease_owner = $4";
    CLEAR = "UPDATE urls SET lease_owner = NULL, lease_until = NULL
        WHERE lease_owner IS NOT NULL AND lease_owner <> $1
        AND substr(lease_owner, 1, length(CAST($2 AS TEXT))) = CAST($2 AS TEXT)";
}

/// An address that is ours to ask until a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UrlLease {
    /// The row as it was claimed.
    pub row: UrlRow,
    /// Ours until then.
    pub until: Timestamp,
    pub(super) owner: String,
    pub(super) epoch: i64,
}

impl UrlLease {
    /// Claims without a word back before an address is poison.
    pub const LIMIT: i64 = 5;
}

/// What [`Desk::claim_url`] answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claimed {
    /// Ask it now: the host's slot is ours.
    Url(Box<UrlLease>),
    /// Something is due, but its host has no slot before this time.
    Wait(Timestamp),
    /// Nothing is due (what others are asking now is not counted).
    Nothing,
}

/// How a fetch ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UrlOutcome {
    /// A body came.
    Fetched,
    /// 304.
    NotModified,
    /// Gone: 404, 410, or a page that says so.
    Missing,
    /// It failed, for this reason.
    Failed(String),
    /// It must not be asked (robots.txt, out of scope), for this reason.
    Refused(String),
}

/// What is kept after a fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UrlDone {
    /// How it ended.
    pub outcome: UrlOutcome,
    /// When it is asked next; `None` for never again.
    pub next_fetch_at: Option<Timestamp>,
    /// Kept after [`UrlOutcome::Fetched`] only.
    pub etag: Option<String>,
    /// Kept after [`UrlOutcome::Fetched`] only.
    pub last_modified: Option<String>,
    /// Kept after [`UrlOutcome::Fetched`] only.
    pub body: Option<Digest>,
    /// The item it became; `None` leaves the one it was.
    pub item: Option<ItemId>,
}

/// A claim as the engines give it.
#[derive(sqlx::FromRow)]
struct ClaimRecord {
    lease_epoch: i64,
    #[sqlx(flatten)]
    row: Record,
}

impl DeskTx {
    /// Ends a fetch and gives the lease back.
    ///
    /// # Errors
    /// [`StoreError::Stale`] where the lease has run out or is another's; roll back then.
    pub async fn finish_url(&mut self, lease: &UrlLease, done: &UrlDone) -> Result<(), StoreError> {
        let after = After::of(lease, done, self.now);
        let now = self.now;
        let changed = run!(&mut self.link(), execute FINISH(
            &lease.row.source,
            &lease.row.url,
            lease.epoch,
            &lease.owner,
            now,
            after.state,
            done.next_fetch_at,
            after.etag,
            after.last_modified,
            after.body,
            after.failures,
            after.error,
            done.item.as_ref().or(lease.row.item.as_ref()),
            after.missing_since,
            after.missing_count
        ))?;
        if changed == 1 { Ok(()) } else { Err(stale(lease)) }
    }
}

impl Desk {
    /// Claims the due address of a source that comes first: lists before pages before files, then by time. Takes the
    /// host's slot in the same transaction; the host's next slot is `gap`, or a longer Crawl-delay, later.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn claim_url(
        &self,
        source: &SourceId,
        owner: &str,
        ttl: Duration,
        gap: Duration,
    ) -> Result<Claimed, StoreError> {
        for _ in 0..CLAIM_TRIES {
            let now = self.clock.now();
            let mut reading = self.read().await?;
            let Some((url, host)) = candidate(&mut reading.link(), source, now).await? else {
                let slot = earliest_slot(&mut reading.link(), source, now).await?;
                // A slot that came free since the first look is taken at the next try.
                match slot {
                    None => return Ok(Claimed::Nothing),
                    Some(slot) if slot > now.0 => return Ok(Claimed::Wait(Timestamp(slot))),
                    Some(_) => continue,
                }
            };
            drop(reading);
            let asked = Asked { source, url: &url, host: &host, owner, ttl, gap };
            if let Some(lease) = self.try_claim_url(&asked).await? {
                return Ok(Claimed::Url(Box::new(lease)));
            }
        }
        // Others are quicker: they keep this host busy.
        Ok(Claimed::Wait(self.clock.now().after(gap)))
    }

    /// Keeps an address for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::Stale`]: cancel the request.
    pub async fn renew_url(&self, lease: &mut UrlLease, ttl: Duration) -> Result<(), StoreError> {
        let now = self.clock.now();
        let until = now.after(ttl);
        let mut tx = self.db.begin().await?;
        let changed = run!(
            &mut tx.link(),
            execute RENEW(&lease.row.source, &lease.row.url, lease.epoch, &lease.owner, until, now)
        )?;
        tx.commit().await?;
        if changed == 0 {
            return Err(stale(lease));
        }
        lease.until = until;
        Ok(())
    }

    /// Gives an address back unasked (shutdown, or too late after the claim); it stays due and the claim is not counted.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_url(&self, lease: &UrlLease) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        run!(&mut tx.link(), execute RELEASE(&lease.row.source, &lease.row.url, lease.epoch, &lease.owner))?;
        tx.commit().await
    }

    /// At the start of a process on SQLite: ends the leases (URLs and jobs) of its predecessors, who must be dead. An owner
    /// is `part/boot` (`collector/4f…`): leases of other boots of the same part end, those of other parts stay; an owner
    /// without `/` ends all but its own. Slots and blocks stay. On PostgreSQL others may live, so nothing is done and
    /// leases run out. Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn clear_leases_except(&self, owner: &str) -> Result<u64, StoreError> {
        let part = owner.split_once('/').map_or("", |(part, _)| part);
        let part = if part.is_empty() { String::new() } else { format!("{part}/") };
        let mut tx = self.db.begin().await?;
        let link = &mut tx.link();
        if link.is_postgres() {
            return Ok(0);
        }
        let cleared = run!(link, execute CLEAR(owner, &part))? + jobs::clear_leases_except(link, owner, &part).await?;
        tx.commit().await?;
        Ok(cleared)
    }
}

fn stale(lease: &UrlLease) -> StoreError {
    StoreError::Stale(format!("address {} of source {}", lease.row.url, lease.row.source))
}

/// The due address that comes first and whose host has a slot.
async fn candidate(
    link: &mut Link<'_>,
    source: &SourceId,
    now: Timestamp,
) -> Result<Option<(String, String)>, StoreError> {
    for kind in UrlKind::ALL {
        let found = run!(link, optional CANDIDATE(source, kind.priority(), now) as (String, String))?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// When the first host of what is due has a slot; `None` where nothing is due.
async fn earliest_slot(link: &mut Link<'_>, source: &SourceId, now: Timestamp) -> Result<Option<i64>, StoreError> {
    let mut earliest = None;
    for kind in UrlKind::ALL {
        let (slot,) = run!(link, one EARLIEST_SLOT(source, kind.priority(), now) as (Option<i64>,))?;
        earliest = [earliest, slot].into_iter().flatten().min();
    }
    Ok(earliest)
}

/// What a claim asks for.
struct Asked<'a> {
    source: &'a SourceId,
    url: &'a str,
    host: &'a str,
    owner: &'a str,
    ttl: Duration,
    gap: Duration,
}

impl Desk {
    /// The host's slot first, then the lease, both or neither. `None` where another was quicker or the address is poison.
    async fn try_claim_url(&self, asked: &Asked<'_>) -> Result<Option<UrlLease>, StoreError> {
        let Asked { source, url, host, owner, ttl, gap } = *asked;
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let until = now.after(ttl);
        let link = &mut tx.link();
        if !hosts::take_slot(link, host, now, gap).await? {
            return Ok(None);
        }
        let Some(claimed) = run!(link, optional CLAIM(source, url, now, owner, until) as ClaimRecord)? else {
            return Ok(None);
        };
        let epoch = claimed.lease_epoch;
        let row = claimed.row.row()?;
        if row.attempts > UrlLease::LIMIT {
            let why = format!("asked {} times without a word back", UrlLease::LIMIT);
            run!(link, execute POISON_CLAIMED(source, url, epoch, why))?;
            tx.commit().await?;
            return Ok(None);
        }
        tx.commit().await?;
        Ok(Some(UrlLease { row, until, owner: owner.to_owned(), epoch }))
    }
}

/// How a row is after a fetch. What the outcome does not speak of stays as it was claimed: the lease keeps others off.
struct After<'a> {
    state: &'static str,
    etag: Option<&'a str>,
    last_modified: Option<&'a str>,
    body: Option<&'a Digest>,
    failures: i64,
    error: &'a str,
    missing_since: Option<Timestamp>,
    missing_count: i64,
}

impl<'a> After<'a> {
    fn of(lease: &'a UrlLease, done: &'a UrlDone, now: Timestamp) -> Self {
        let row = &lease.row;
        let before = Self {
            state: "ok",
            etag: row.etag.as_deref(),
            last_modified: row.last_modified.as_deref(),
            body: row.body.as_ref(),
            failures: 0,
            error: "",
            missing_since: row.missing_since,
            missing_count: row.missing_count,
        };
        match &done.outcome {
            UrlOutcome::Fetched => Self {
                etag: done.etag.as_deref(),
                last_modified: done.last_modified.as_deref(),
                body: done.body.as_ref(),
                missing_since: None,
                missing_count: 0,
                ..before
            },
            UrlOutcome::NotModified => Self { missing_since: None, missing_count: 0, ..before },
            UrlOutcome::Missing => Self {
                state: "missing",
                missing_since: Some(row.missing_since.unwrap_or(now)),
                missing_count: row.missing_count + 1,
                ..before
            },
            UrlOutcome::Failed(why) => Self { state: "failing", failures: row.failures + 1, error: why, ..before },
            UrlOutcome::Refused(why) => Self { state: "refused", error: why, ..before },
        }
    }
}
