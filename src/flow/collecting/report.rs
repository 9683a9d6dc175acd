//! What a collecting round counted.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::model::SourceId;

/// Counts of one round of one source; the line of `menhu crawl --json`. Times are milliseconds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RoundReport {
    /// The source.
    pub source: SourceId,
    /// Requests that were sent, robots.txt and files among them.
    pub requests: u64,
    /// Bodies that came.
    pub fetched: u64,
    /// Answers «not modified».
    pub not_modified: u64,
    /// Items that are new.
    pub new: u64,
    /// Items that changed.
    pub changed: u64,
    /// Pages that are gone.
    pub gone: u64,
    /// Items that the gate held or blocked.
    pub held: u64,
    /// Requests that failed.
    pub failed: u64,
    /// Addresses that robots.txt forbids.
    pub forbidden: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// How long the round took.
    pub seconds: f64,
    /// Longest time between two requests to one host.
    pub slowest_gap_ms: Option<u64>,
    /// Least time between two requests to one host.
    pub least_gap_ms: Option<u64>,
    /// `complete` (as many entries as the lists declare), `read` (they declare no total, or reading ended at what was
    /// known), `unchanged`, [`INTERRUPTED`], or why the harvest is short.
    pub harvest: String,
    /// Reasons of failures, the first few.
    pub reasons: Vec<String>,
}

/// The harvest of a round that did not come to its end.
pub const INTERRUPTED: &str = "interrupted";
/// Reasons kept of one round.
const REASONS: usize = 10;

impl RoundReport {
    /// Nothing counted yet.
    #[must_use]
    pub fn new(source: SourceId) -> Self {
        Self {
            source,
            requests: 0,
            fetched: 0,
            not_modified: 0,
            new: 0,
            changed: 0,
            gone: 0,
            held: 0,
            failed: 0,
            forbidden: 0,
            bytes: 0,
            seconds: 0.0,
            slowest_gap_ms: None,
            least_gap_ms: None,
            harvest: String::new(),
            reasons: Vec::new(),
        }
    }

    /// Notes a failure.
    pub(super) fn fail(&mut self, reason: String) {
        self.failed += 1;
        if self.reasons.len() < REASONS && !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }
}

/// When each host was asked last in this round.
#[derive(Default)]
pub(super) struct Gaps {
    last: BTreeMap<String, Instant>,
    least: Option<Duration>,
    longest: Option<Duration>,
}

impl Gaps {
    /// A request to `host` goes out now.
    pub(super) fn sent(&mut self, host: &str) {
        let now = Instant::now();
        if let Some(before) = self.last.insert(host.to_owned(), now) {
            let gap = now.duration_since(before);
            self.least = Some(self.least.map_or(gap, |least| least.min(gap)));
            self.longest = Some(self.longest.map_or(gap, |longest| longest.max(gap)));
        }
    }

    pub(super) fn write(&self, report: &mut RoundReport) {
        let ms = |gap: Duration| u64::try_from(gap.as_millis()).unwrap_or(u64::MAX);
        report.least_gap_ms = self.least.map(ms);
        report.slowest_gap_ms = self.longest.map(ms);
    }
}
