//! The URL frontier: every address of a source that is known, when it is asked next, and who is asking now.
//!
//! A claim takes the URL's lease and the host's next slot in one transaction, before the request. A lease is fenced by an
//! epoch: what comes back after its time is refused ([`StoreError::Stale`]), whoever claimed meanwhile. A URL that was
//! claimed five times without a word back (it kills who reads it) is `poison` and stays.

use std::time::Duration;

use super::{Desk, DeskTx};
use crate::model::{ColumnId, Digest, ItemId, SourceId, Timestamp, When};
use crate::store::StoreError;

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
        todo!()
    }

    /// Ends a fetch and gives the lease back.
    ///
    /// # Errors
    /// [`StoreError::Stale`] where the lease has run out or is another's; roll back then.
    pub async fn finish_url(&mut self, lease: &UrlLease, done: &UrlDone) -> Result<(), StoreError> {
        todo!()
    }

    /// Makes an address due at `due`, whatever its state: poison and refused too.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_url_due(&mut self, source: &SourceId, url: &str, due: Timestamp) -> Result<(), StoreError> {
        todo!()
    }

    /// Makes every address of a kind due at `due` that would be due later; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn set_kind_due(&mut self, source: &SourceId, kind: UrlKind, due: Timestamp) -> Result<u64, StoreError> {
        todo!()
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
        todo!()
    }

    /// Keeps an address for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::Stale`]: cancel the request.
    pub async fn renew_url(&self, lease: &mut UrlLease, ttl: Duration) -> Result<(), StoreError> {
        todo!()
    }

    /// Gives an address back unasked (shutdown, or too late after the claim); it stays due and the claim is not counted.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_url(&self, lease: &UrlLease) -> Result<(), StoreError> {
        todo!()
    }

    /// At the start of the one process on SQLite: ends the leases (URLs and jobs) of every other owner, who must be dead.
    /// Slots and blocks stay. On PostgreSQL others may live, so nothing is done and leases run out. Returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn clear_leases_except(&self, owner: &str) -> Result<u64, StoreError> {
        todo!()
    }

    /// An address.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn url(&self, source: &SourceId, url: &str) -> Result<Option<UrlRow>, StoreError> {
        todo!()
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
        todo!()
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
        todo!()
    }

    /// How many addresses of a source are how.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn url_counts(&self, source: &SourceId) -> Result<Vec<UrlCount>, StoreError> {
        todo!()
    }

    /// How many addresses are due now, for every source that has any.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn due_counts(&self) -> Result<Vec<(SourceId, u64)>, StoreError> {
        todo!()
    }

    /// When the next address of a source is due that nobody is asking; in the past where one is due.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_url_due(&self, source: &SourceId) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }
}
