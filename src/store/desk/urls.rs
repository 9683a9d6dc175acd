//! The URL frontier: every address of a source that is known, when it is asked next, and who is asking now.
//!
//! A claim takes the URL's lease and the host's next slot in one transaction, before the request. A lease is fenced by an
//! epoch: what comes back after its time is refused ([`StoreError::Stale`]), whoever claimed meanwhile. A URL that was
//! claimed five times without a word back (it kills who reads it) is `poison` and stays.

use std::time::Duration;

use super::{Desk, DeskTx, hosts, jobs, rounds};
use crate::model::{ColumnId, Digest, ItemId, SourceId, Timestamp, When};
use crate::store::StoreError;
use crate::store::bind::{corrupt, count, read, read_some};
use crate::store::db::{Link, Tx, run};
use crate::store::sql::statements;

/// Longest address; PostgreSQL indexes no longer ones.
const LONGEST_URL: usize = 2_000;
/// How often a claim tries anew where others took the row it had seen.
const CLAIM_TRIES: usize = 64;

statements! {
    ADD = "INSERT INTO urls (source_id, url, host, priority, column_id, title, published, state, next_fetch_at,
        lease_epoch, attempts, failures, last_error, missing_count, first_seen, last_listed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'new', $8, 0, 0, 0, '', 0, $9, $9)
        ON CONFLICT (source_id, url) DO NOTHING";
    LISTED = "UPDATE urls SET last_listed = $3 WHERE source_id = $1 AND url = $2";
    /// What is due earlier stays so.
    RELISTED = "UPDATE urls SET last_listed = $3, title = $4, published = $5,
        next_fetch_at = CASE WHEN state = 'poison' THEN NULL
            WHEN next_fetch_at IS NOT NULL AND next_fetch_at < $6 THEN next_fetch_at ELSE $6 END
        WHERE source_id = $1 AND url = $2";
    FIND = "SELECT source_id, url, host, priority, column_id, title, published, state, next_fetch_at, attempts, etag,
        last_modified, body_hash, failures, last_error, item_id, missing_since, missing_count, first_seen,
        last_listed, last_fetched FROM urls WHERE source_id = $1 AND url = $2";
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
        WHERE urls.source_id = $1 AND urls.next_fetch_at <= $2
        AND (urls.lease_until IS NULL OR urls.lease_until <= $2)";
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
    SET_DUE = "UPDATE urls SET next_fetch_at = $3, attempts = 0,
        state = CASE WHEN state IN ('poison', 'refused') THEN 'new' ELSE state END
        WHERE source_id = $1 AND url = $2";
    SET_KIND_DUE = "UPDATE urls SET next_fetch_at = $3 WHERE source_id = $1 AND priority = $2
        AND next_fetch_at > $3";
    CLEAR = "UPDATE urls SET lease_owner = NULL, lease_until = NULL
        WHERE lease_owner IS NOT NULL AND lease_owner <> $1";
    LIST = "SELECT source_id, url, host, priority, column_id, title, published, state, next_fetch_at, attempts, etag,
        last_modified, body_hash, failures, last_error, item_id, missing_since, missing_count, first_seen,
        last_listed, last_fetched FROM urls
        WHERE source_id = $1 AND url > $2 AND (CAST($3 AS BIGINT) IS NULL OR priority = $3) ORDER BY url LIMIT $4";
    UNLISTED = "SELECT source_id, url, host, priority, column_id, title, published, state, next_fetch_at, attempts, etag,
        last_modified, body_hash, failures, last_error, item_id, missing_since, missing_count, first_seen,
        last_listed, last_fetched FROM urls
        WHERE source_id = $1 AND priority = 1 AND last_listed < $2 AND state <> 'missing' ORDER BY url LIMIT $3";
    COUNTS = "SELECT priority, state, COUNT(*) FROM urls WHERE source_id = $1 GROUP BY priority, state
        ORDER BY priority, state";
    DUE_COUNTS = "SELECT source_id, COUNT(*) FROM urls WHERE next_fetch_at <= $1
        AND (lease_until IS NULL OR lease_until <= $1) GROUP BY source_id ORDER BY source_id";
    NEXT_DUE = "SELECT MIN(next_fetch_at) FROM urls WHERE source_id = $1
        AND (lease_until IS NULL OR lease_until <= $2)";
}

/// An address as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    source_id: String,
    url: String,
    host: String,
    priority: i64,
    column_id: Option<String>,
    title: String,
    published: Option<String>,
    state: String,
    next_fetch_at: Option<i64>,
    attempts: i64,
    etag: Option<String>,
    last_modified: Option<String>,
    body_hash: Option<String>,
    failures: i64,
    last_error: String,
    item_id: Option<String>,
    missing_since: Option<i64>,
    missing_count: i64,
    first_seen: i64,
    last_listed: i64,
    last_fetched: Option<i64>,
}

/// A claim as the engines give it.
#[derive(sqlx::FromRow)]
struct ClaimRecord {
    lease_epoch: i64,
    #[sqlx(flatten)]
    row: Record,
}

/// What is at an address; in the order in which they are claimed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum UrlKind {
    /// A list, feed or sitemap.
    List,
    /// A page that becomes an item.
    Detail,
    /// A file of an item.
    Attachment,
}

/// An address that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewUrl {
    /// The source it belongs to.
    pub source: SourceId,
    /// The address, canonical.
    pub url: String,
    /// `host` or `host:port` of it.
    pub host: String,
    /// What is there.
    pub kind: UrlKind,
    /// The column of the list it was found in.
    pub column: Option<ColumnId>,
    /// Title in the list; may be empty.
    pub title: String,
    /// Date in the list.
    pub published: Option<When>,
    /// When it is asked first.
    pub due: Timestamp,
}

/// Whether an address was new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Discovered {
    /// It was not known.
    New,
    /// It was known, and the list says the same of it.
    Known,
    /// It was known, and the list now has another title or date: it is due again at [`NewUrl::due`].
    Changed,
}

/// An address as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UrlRow {
    /// The source it belongs to.
    pub source: SourceId,
    /// The address.
    pub url: String,
    /// Its host.
    pub host: String,
    /// What is there.
    pub kind: UrlKind,
    /// The column of the list it was found in.
    pub column: Option<ColumnId>,
    /// Title in the list.
    pub title: String,
    /// Date in the list.
    pub published: Option<When>,
    /// `new`, `ok`, `missing`, `failing`, `refused` or `poison`.
    pub state: String,
    /// When it is asked next; `None` for never again.
    pub next_fetch_at: Option<Timestamp>,
    /// Claims since the last word.
    pub attempts: i64,
    /// Validator of the last answer.
    pub etag: Option<String>,
    /// Validator of the last answer.
    pub last_modified: Option<String>,
    /// SHA-256 of the last body.
    pub body: Option<Digest>,
    /// Failures in a row.
    pub failures: i64,
    /// What went wrong last; empty where nothing did.
    pub last_error: String,
    /// The item it became.
    pub item: Option<ItemId>,
    /// Since when it is gone.
    pub missing_since: Option<Timestamp>,
    /// How often in a row it was found gone.
    pub missing_count: i64,
    /// When it was found first.
    pub first_seen: Timestamp,
    /// When a list named it last.
    pub last_listed: Timestamp,
    /// When it was fetched last.
    pub last_fetched: Option<Timestamp>,
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

/// How many addresses of a source are how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UrlCount {
    /// What is there.
    pub kind: UrlKind,
    /// How it is.
    pub state: String,
    /// How many.
    pub count: u64,
}

impl DeskTx {
    /// Adds an address, or notes that a list named it again.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such source.
    pub async fn discover_url(&mut self, url: &NewUrl) -> Result<Discovered, StoreError> {
        if url.url.len() > LONGEST_URL {
            return Err(StoreError::Refused(format!("an address of {} bytes; {LONGEST_URL} is most", url.url.len())));
        }
        let now = self.now;
        let link = &mut self.link();
        if let Some(known) = find(link, &url.source, &url.url).await? {
            return listed_again(link, &known, url, now).await;
        }
        rounds::refuse_unknown(link, &url.source).await?;
        hosts::make(link, &url.host).await?;
        run!(link, execute ADD(
            &url.source,
            &url.url,
            &url.host,
            url.kind.priority(),
            url.column.as_ref(),
            &url.title,
            url.published.map(|when| when.to_string()),
            url.due,
            now
        ))?;
        Ok(Discovered::New)
    }

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

    /// Makes an address due at `due`, whatever its state: poison and refused too.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_url_due(&mut self, source: &SourceId, url: &str, due: Timestamp) -> Result<(), StoreError> {
        let changed = run!(&mut self.link(), execute SET_DUE(source, url, due))?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Missing(format!("address {url} of source {source}"))) }
    }

    /// Makes every address of a kind due at `due` that would be due later; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_kind_due(&mut self, source: &SourceId, kind: UrlKind, due: Timestamp) -> Result<u64, StoreError> {
        run!(&mut self.link(), execute SET_KIND_DUE(source, kind.priority(), due))
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
                let (slot,) = run!(&mut reading.link(), one EARLIEST_SLOT(source, now) as (Option<i64>,))?;
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

    /// At the start of the one process on SQLite: ends the leases (URLs and jobs) of every other owner, who must be dead.
    /// Slots and blocks stay. On PostgreSQL others may live, so nothing is done and leases run out. Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn clear_leases_except(&self, owner: &str) -> Result<u64, StoreError> {
        let mut tx = self.db.begin().await?;
        if let Tx::Postgres(_) = tx {
            return Ok(0);
        }
        let link = &mut tx.link();
        let cleared = run!(link, execute CLEAR(owner))? + jobs::clear_leases_except(link, owner).await?;
        tx.commit().await?;
        Ok(cleared)
    }

    /// An address.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn url(&self, source: &SourceId, url: &str) -> Result<Option<UrlRow>, StoreError> {
        find(&mut self.read().await?.link(), source, url).await
    }

    /// Addresses of a source by address, after `after`, of one kind or all.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn urls(
        &self,
        source: &SourceId,
        kind: Option<UrlKind>,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<UrlRow>, StoreError> {
        let (after, kind) = (after.unwrap_or_default(), kind.map(UrlKind::priority));
        let rows = run!(
            &mut self.read().await?.link(),
            all LIST(source, after, kind, i64::from(limit)) as Record
        )?;
        rows.into_iter().map(Record::row).collect()
    }

    /// Pages of a source that no list has named since `before`, and that are not known to be gone.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn urls_unlisted_since(
        &self,
        source: &SourceId,
        before: Timestamp,
        limit: u32,
    ) -> Result<Vec<UrlRow>, StoreError> {
        let rows = run!(
            &mut self.read().await?.link(),
            all UNLISTED(source, before, i64::from(limit)) as Record
        )?;
        rows.into_iter().map(Record::row).collect()
    }

    /// How many addresses of a source are how.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn url_counts(&self, source: &SourceId) -> Result<Vec<UrlCount>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all COUNTS(source) as (i64, String, i64))?;
        rows.into_iter()
            .map(|(priority, state, number)| {
                Ok(UrlCount { kind: UrlKind::of_priority(priority)?, state, count: count(number) })
            })
            .collect()
    }

    /// How many addresses are due now, for every source that has any.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn due_counts(&self) -> Result<Vec<(SourceId, u64)>, StoreError> {
        let now = self.clock.now();
        let rows = run!(&mut self.read().await?.link(), all DUE_COUNTS(now) as (String, i64))?;
        rows.iter().map(|(source, number)| Ok((read("source of an address", source)?, count(*number)))).collect()
    }

    /// When the next address of a source is due that nobody is asking; in the past where one is due.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_url_due(&self, source: &SourceId) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        let (due,) = run!(&mut self.read().await?.link(), one NEXT_DUE(source, now) as (Option<i64>,))?;
        Ok(due.map(Timestamp))
    }
}

impl UrlKind {
    /// Every kind, in the order of claiming.
    pub const ALL: [Self; 3] = [Self::List, Self::Detail, Self::Attachment];

    /// The word in reports and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Detail => "detail",
            Self::Attachment => "attachment",
        }
    }

    /// How it stands in the database: kinds are told apart by the order in which they are claimed.
    fn priority(self) -> i64 {
        match self {
            Self::List => 0,
            Self::Detail => 1,
            Self::Attachment => 2,
        }
    }

    fn of_priority(priority: i64) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.priority() == priority)
            .ok_or_else(|| corrupt("kind of an address", priority))
    }
}

impl Record {
    fn row(self) -> Result<UrlRow, StoreError> {
        let what = format!("address {}", self.url);
        let what = what.as_str();
        Ok(UrlRow {
            source: read(what, &self.source_id)?,
            kind: UrlKind::of_priority(self.priority)?,
            column: read_some(what, self.column_id.as_deref())?,
            published: read_some(what, self.published.as_deref())?,
            body: read_some(what, self.body_hash.as_deref())?,
            item: read_some(what, self.item_id.as_deref())?,
            url: self.url,
            host: self.host,
            title: self.title,
            state: self.state,
            next_fetch_at: self.next_fetch_at.map(Timestamp),
            attempts: self.attempts,
            etag: self.etag,
            last_modified: self.last_modified,
            failures: self.failures,
            last_error: self.last_error,
            missing_since: self.missing_since.map(Timestamp),
            missing_count: self.missing_count,
            first_seen: Timestamp(self.first_seen),
            last_listed: Timestamp(self.last_listed),
            last_fetched: self.last_fetched.map(Timestamp),
        })
    }
}

async fn find(link: &mut Link<'_>, source: &SourceId, url: &str) -> Result<Option<UrlRow>, StoreError> {
    run!(link, optional FIND(source, url) as Record)?.map(Record::row).transpose()
}

fn stale(lease: &UrlLease) -> StoreError {
    StoreError::Stale(format!("address {} of source {}", lease.row.url, lease.row.source))
}

/// Lists cut long titles each in its own way, so only the list of the same column can say that a title changed.
async fn listed_again(
    link: &mut Link<'_>,
    known: &UrlRow,
    url: &NewUrl,
    now: Timestamp,
) -> Result<Discovered, StoreError> {
    let title_changed = !url.title.is_empty() && url.title != known.title;
    let date_changed = url.published.is_some() && url.published != known.published;
    if url.kind != UrlKind::Detail || url.column != known.column || !(title_changed || date_changed) {
        run!(link, execute LISTED(&url.source, &url.url, now))?;
        return Ok(Discovered::Known);
    }
    let title = if title_changed { &url.title } else { &known.title };
    let published = url.published.or(known.published).map(|when| when.to_string());
    run!(link, execute RELISTED(&url.source, &url.url, now, title, published, url.due))?;
    Ok(Discovered::Changed)
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
