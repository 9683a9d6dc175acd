//! Hosts: the slot that every request takes before it is sent, blocks, and what robots.txt said.
//!
//! The row is the truth about pace, over all collectors and restarts (notes: a slot for every request, not only a lease).
//! A host is `host` or `host:port` as it stands in the address.

use std::time::Duration;

use super::{Desk, DeskTx};
use crate::model::Timestamp;
use crate::store::StoreError;
use crate::store::db::{Link, run};
use crate::store::sql::statements;

/// Largest robots.txt that is kept (RFC 9309 2.5).
const ROBOTS_LIMIT: usize = 500 * 1024;
/// First pause where the site named no time; it doubles.
const FIRST_BLOCK: Duration = Duration::from_secs(60);
/// Longest pause of that kind.
const LONGEST_BLOCK: Duration = Duration::from_secs(24 * 3600);
/// After this time without a block the doubling begins anew.
const QUIET: Duration = Duration::from_secs(30 * 60);

statements! {
    FIND = "SELECT host, next_slot_at, blocked_until, blocks, block_reason, robots_state, robots_body,
        robots_fetched_at, crawl_delay FROM hosts WHERE host = $1";
    LIST = "SELECT host, next_slot_at, blocked_until, blocks, block_reason, robots_state, robots_body,
        robots_fetched_at, crawl_delay FROM hosts ORDER BY host";
    MAKE = "INSERT INTO hosts (host, next_slot_at, blocked_until, blocks, block_reason)
        VALUES ($1, 0, 0, 0, '') ON CONFLICT (host) DO NOTHING";
    /// Compare-and-set: of two that want the slot one gets it, and the next slot is a whole gap later.
    TAKE_SLOT = "UPDATE hosts
        SET next_slot_at = $2 + CASE WHEN COALESCE(crawl_delay, 0) > $3 THEN crawl_delay ELSE $3 END
        WHERE host = $1 AND next_slot_at <= $2 AND blocked_until <= $2";
    NEXT_SLOT = "SELECT CASE WHEN blocked_until > next_slot_at THEN blocked_until ELSE next_slot_at END
        FROM hosts WHERE host = $1";
    /// The delay counts from this request already, although its slot was taken before the delay was known.
    PUT_ROBOTS = "UPDATE hosts SET robots_state = $2, robots_body = $3, robots_fetched_at = $4, crawl_delay = $5,
        next_slot_at = CASE WHEN next_slot_at < $4 + COALESCE(CAST($5 AS BIGINT), 0)
            THEN $4 + COALESCE(CAST($5 AS BIGINT), 0) ELSE next_slot_at END
        WHERE host = $1";
    BLOCKS = "SELECT blocks, blocked_until FROM hosts WHERE host = $1";
    BLOCK = "UPDATE hosts SET blocked_until = $2, blocks = $3, block_reason = $4 WHERE host = $1";
    UNBLOCK = "UPDATE hosts SET blocked_until = 0, blocks = 0, block_reason = '' WHERE host = $1";
}

/// A host as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    host: String,
    next_slot_at: i64,
    blocked_until: i64,
    blocks: i64,
    block_reason: String,
    robots_state: Option<String>,
    robots_body: Option<Vec<u8>>,
    robots_fetched_at: Option<i64>,
    crawl_delay: Option<i64>,
}

impl Record {
    fn row(self) -> HostState {
        let crawl_delay = self.crawl_delay.and_then(|micros| u64::try_from(micros).ok()).map(Duration::from_micros);
        let robots = match (self.robots_state, self.robots_body, self.robots_fetched_at) {
            (Some(state), Some(body), Some(at)) => {
                Some(RobotsRecord { state, body, fetched_at: Timestamp(at), crawl_delay })
            }
            _ => None,
        };
        HostState {
            host: self.host,
            next_slot_at: Timestamp(self.next_slot_at),
            blocked_until: Timestamp(self.blocked_until),
            blocks: self.blocks,
            block_reason: self.block_reason,
            robots,
        }
    }
}

/// Microseconds of a span, as they stand in the database.
pub(super) fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX / 2)
}

/// Makes the host's row where it is missing.
pub(super) async fn make(link: &mut Link<'_>, host: &str) -> Result<(), StoreError> {
    run!(link, execute MAKE(host)).map(|_| ())
}

/// Takes the host's slot at `now`; `false` where it has none.
pub(super) async fn take_slot(
    link: &mut Link<'_>,
    host: &str,
    now: Timestamp,
    gap: Duration,
) -> Result<bool, StoreError> {
    run!(link, execute TAKE_SLOT(host, now, micros(gap))).map(|rows| rows == 1)
}

/// What robots.txt said when it was asked last (RFC 9309).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RobotsRecord {
    /// `found`, `absent` or `unreachable`.
    pub state: String,
    /// Its bytes where it was found, at most 500 KiB.
    pub body: Vec<u8>,
    /// When it was asked.
    pub fetched_at: Timestamp,
    /// Its Crawl-delay for us; a longer one than the source's gap wins in every slot.
    pub crawl_delay: Option<Duration>,
}

/// A host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostState {
    /// `host` or `host:port`.
    pub host: String,
    /// No request before this time.
    pub next_slot_at: Timestamp,
    /// No request before this time: the site asked for a pause.
    pub blocked_until: Timestamp,
    /// Blocks in a row, for the back-off.
    pub blocks: i64,
    /// Why it is blocked, for people; empty where it never was.
    pub block_reason: String,
    /// Robots, where they were asked.
    pub robots: Option<RobotsRecord>,
}

/// What [`Desk::reserve_slot`] answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// It is ours: send now.
    Now,
    /// Ask again at this time.
    Wait(Timestamp),
}

impl Desk {
    /// The host's row.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn host_state(&self, host: &str) -> Result<Option<HostState>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional FIND(host) as Record)?;
        Ok(found.map(Record::row))
    }

    /// Every host.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hosts(&self) -> Result<Vec<HostState>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST() as Record)?;
        Ok(rows.into_iter().map(Record::row).collect())
    }

    /// Takes the host's next slot for a request without a lease (robots.txt, a hop of a redirect); makes the row where
    /// it is missing. The slot after it is `gap`, or a longer Crawl-delay, later.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn reserve_slot(&self, host: &str, gap: Duration) -> Result<Slot, StoreError> {
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let link = &mut tx.link();
        make(link, host).await?;
        if take_slot(link, host, now, gap).await? {
            tx.commit().await?;
            return Ok(Slot::Now);
        }
        let (next,) = run!(link, one NEXT_SLOT(host) as (i64,))?;
        tx.commit().await?;
        Ok(Slot::Wait(Timestamp(next)))
    }
}

impl DeskTx {
    /// Keeps what robots.txt said.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an unknown state or too long a body; [`StoreError::Database`].
    pub async fn put_robots(&mut self, host: &str, robots: &RobotsRecord) -> Result<(), StoreError> {
        if robots.body.len() > ROBOTS_LIMIT {
            return Err(StoreError::Refused(format!("robots.txt of {host} is over {ROBOTS_LIMIT} bytes")));
        }
        let link = &mut self.link();
        make(link, host).await?;
        run!(link, execute PUT_ROBOTS(
            host,
            &robots.state,
            robots.body.as_slice(),
            robots.fetched_at,
            robots.crawl_delay.map(micros)
        ))?;
        Ok(())
    }

    /// Pauses a host until `until` (Retry-After), or for 60 s · 2^n up to 24 h where the site named no time; n is
    /// forgotten after 30 quiet minutes. Returns the time.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn block_host(
        &mut self,
        host: &str,
        until: Option<Timestamp>,
        reason: &str,
    ) -> Result<Timestamp, StoreError> {
        let now = self.now;
        let link = &mut self.link();
        make(link, host).await?;
        let (blocks, last) = run!(link, one BLOCKS(host) as (i64, i64))?;
        let blocks = if now.since(Timestamp(last)) > QUIET { 0 } else { blocks };
        let doubled = FIRST_BLOCK.saturating_mul(1 << blocks.clamp(0, 16)).min(LONGEST_BLOCK);
        let until = until.unwrap_or_else(|| now.after(doubled));
        run!(link, execute BLOCK(host, until, blocks + 1, reason))?;
        Ok(until)
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unblock_host(&mut self, host: &str) -> Result<(), StoreError> {
        run!(&mut self.link(), execute UNBLOCK(host)).map(|_| ())
    }
}
