//! Hosts: the slot that every request takes before it is sent, blocks, and what robots.txt said.
//!
//! The row is the truth about pace, over all collectors and restarts (notes: a slot for every request, not only a lease).
//! A host is `host` or `host:port` as it stands in the address.

use std::time::Duration;

use super::{Desk, DeskTx};
use crate::model::Timestamp;
use crate::store::StoreError;

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
        todo!()
    }

    /// Every host.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn hosts(&self) -> Result<Vec<HostState>, StoreError> {
        todo!()
    }

    /// Takes the host's next slot for a request without a lease (robots.txt, a hop of a redirect); makes the row where
    /// it is missing. The slot after it is `gap`, or a longer Crawl-delay, later.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn reserve_slot(&self, host: &str, gap: Duration) -> Result<Slot, StoreError> {
        todo!()
    }
}

impl DeskTx {
    /// Keeps what robots.txt said.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an unknown state or too long a body; [`StoreError::Database`].
    pub async fn put_robots(&mut self, host: &str, robots: &RobotsRecord) -> Result<(), StoreError> {
        todo!()
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
        todo!()
    }

    /// Ends a pause.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn unblock_host(&mut self, host: &str) -> Result<(), StoreError> {
        todo!()
    }
}
