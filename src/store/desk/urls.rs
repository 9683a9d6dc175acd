//! The URL frontier: every address of a source that is known, how it is, and when it is asked next.
//!
//! Who may ask is for `claims.rs` to say. An address is at most 2 000 bytes long.

use super::sealed::{is_sealed_title, sealed_title};
use super::{Desk, DeskTx, hosts, rounds};
use crate::model::{ColumnId, Digest, ItemId, SourceId, Timestamp, When};
use crate::store::StoreError;
use crate::store::bind::{corrupt, count, read, read_some};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

/// Longest address; PostgreSQL indexes no longer ones.
const LONGEST_URL: usize = 2_000;

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
    SET_DUE = "UPDATE urls SET next_fetch_at = $3, attempts = 0,
        state = CASE WHEN state IN ('poison', 'refused') THEN 'new' ELSE state END
        WHERE source_id = $1 AND url = $2";
    SET_KIND_DUE = "UPDATE urls SET next_fetch_at = $3 WHERE source_id = $1 AND priority = $2
        AND next_fetch_at > $3";
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
    /// A walk over the index for each source and kind: what is not due is not looked at.
    DUE_COUNTS = "SELECT id, due FROM (SELECT sources.id AS id,
            (SELECT COUNT(*) FROM urls WHERE urls.source_id = sources.id AND urls.priority = 0
                AND urls.next_fetch_at <= $1 AND (urls.lease_until IS NULL OR urls.lease_until <= $1))
            + (SELECT COUNT(*) FROM urls WHERE urls.source_id = sources.id AND urls.priority = 1
                AND urls.next_fetch_at <= $1 AND (urls.lease_until IS NULL OR urls.lease_until <= $1))
            + (SELECT COUNT(*) FROM urls WHERE urls.source_id = sources.id AND urls.priority = 2
                AND urls.next_fetch_at <= $1 AND (urls.lease_until IS NULL OR urls.lease_until <= $1)) AS due
        FROM sources) AS counted WHERE due > 0 ORDER BY id";
    NEXT_DUE = "SELECT next_fetch_at FROM urls WHERE source_id = $1 AND priority = $2
        AND next_fetch_at IS NOT NULL AND (lease_until IS NULL OR lease_until <= $3)
        ORDER BY next_fetch_at LIMIT 1";
}

/// An address as the engines give it.
#[derive(sqlx::FromRow)]
pub(super) struct Record {
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
        let mut reading = self.read().await?;
        let mut next = None;
        for kind in UrlKind::ALL {
            let due = run!(&mut reading.link(), optional NEXT_DUE(source, kind.priority(), now) as (i64,))?;
            next = [next, due.map(|(due,)| Timestamp(due))].into_iter().flatten().min();
        }
        Ok(next)
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
    pub(super) fn priority(self) -> i64 {
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
    pub(super) fn row(self) -> Result<UrlRow, StoreError> {
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

/// Lists cut long titles each in its own way, so only the list of the same column can say that a title changed.
async fn listed_again(
    link: &mut Link<'_>,
    known: &UrlRow,
    url: &NewUrl,
    now: Timestamp,
) -> Result<Discovered, StoreError> {
    // Of an item that is sealed, only the stand-in of the title is known, and only a stand-in takes its place.
    let stands_in = is_sealed_title(&known.title).then(|| sealed_title(&url.title));
    let said = stands_in.as_ref().unwrap_or(&url.title);
    let title_changed = !said.is_empty() && *said != known.title;
    let date_changed = url.published.is_some() && url.published != known.published;
    if url.kind != UrlKind::Detail || url.column != known.column || !(title_changed || date_changed) {
        run!(link, execute LISTED(&url.source, &url.url, now))?;
        return Ok(Discovered::Known);
    }
    let title = if title_changed { said } else { &known.title };
    let published = url.published.or(known.published).map(|when| when.to_string());
    run!(link, execute RELISTED(&url.source, &url.url, now, title, published, url.due))?;
    Ok(Discovered::Changed)
}
