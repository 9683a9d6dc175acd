//! Smooths the requests of one worker: at most one a gap to each host.
//!
//! Owns [`Gap`]. The slot of the host in the database is the truth, global and persistent; this only keeps the
//! requests of one process apart where that slot says nothing, such as the hops of a redirect. State is kept for
//! hosts that were asked lately and dropped on the way.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Calls between two sweeps of what is not recent.
const SWEEP: u32 = 1024;

/// One governor for each length of gap, keyed by host.
#[derive(Default)]
pub struct Gap {
    clock: DefaultClock,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    limiters: BTreeMap<Duration, Arc<DefaultKeyedRateLimiter<String>>>,
    /// The gap under which a host was asked last.
    last: HashMap<String, Duration>,
    calls: u32,
}

impl Kept {
    fn limiter(&mut self, gap: Duration, quota: Quota) -> Arc<DefaultKeyedRateLimiter<String>> {
        Arc::clone(self.limiters.entry(gap).or_insert_with(|| Arc::new(RateLimiter::keyed(quota))))
    }

    fn sweep(&mut self) {
        for limiter in self.limiters.values() {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        self.limiters.retain(|_, limiter| !limiter.is_empty() || Arc::strong_count(limiter) > 1);
        let limiters = &self.limiters;
        self.last.retain(|_, gap| limiters.contains_key(gap));
    }
}

impl Gap {
    /// No host was asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until `host` may be asked again, and counts this request. No gap, no wait.
    pub async fn ready(&self, host: &str, gap: Duration) {
        let Some(quota) = Quota::with_period(gap) else { return };
        let limiter = self.limiter(host, gap, quota);
        while let Err(not_until) = limiter.check_key(&host.to_owned()) {
            tokio::time::sleep(not_until.wait_time_from(self.clock.now())).await;
        }
    }

    fn limiter(&self, host: &str, gap: Duration, quota: Quota) -> Arc<DefaultKeyedRateLimiter<String>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.calls = kept.calls.wrapping_add(1);
        if kept.calls.is_multiple_of(SWEEP) {
            kept.sweep();
        }
        let limiter = kept.limiter(gap, quota);
        if kept.last.insert(host.to_owned(), gap).is_some_and(|before| before != gap) {
            // Its last request is on record with another limiter; here it counts as made now, which errs to slow.
            let _counted = limiter.check_key(&host.to_owned()).is_ok();
        }
        limiter
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn requests_to_one_host_keep_their_gap() {
        let gap = Gap::new();
        let begun = Instant::now();
        for _ in 0..3 {
            gap.ready("a.cn", Duration::from_millis(40)).await;
        }
        gap.ready("b.cn", Duration::from_millis(40)).await;
        gap.ready("a.cn", Duration::ZERO).await;
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(79), "{took:?}");
        assert!(took < Duration::from_millis(400), "{took:?}");
    }

    #[tokio::test]
    async fn a_changed_gap_is_kept_from_its_first_request() {
        let gap = Gap::new();
        gap.ready("a.cn", Duration::from_millis(1)).await;
        let begun = Instant::now();
        gap.ready("a.cn", Duration::from_millis(60)).await;
        assert!(begun.elapsed() >= Duration::from_millis(59));
    }

    #[tokio::test]
    async fn hosts_that_rest_are_forgotten() {
        let gap = Gap::new();
        for host in 0..200 {
            gap.ready(&format!("{host}.cn"), Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        let mut kept = gap.kept.lock().unwrap();
        kept.sweep();
        assert!(kept.last.is_empty() && kept.limiters.is_empty());
    }
}
