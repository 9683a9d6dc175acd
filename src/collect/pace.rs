//! When to ask next: slots, back-off, and the two clocks of recrawling, as arithmetic.
//!
//! Pure functions of times; the caller's clock is the only clock, and the store keeps what comes out. Sources:
//! RFC 9110 10.2.3 (Retry-After), measured practice of crawlers (docs/architecture.md, collecting).

use std::time::Duration;

use crate::model::{Pace, Timestamp};

/// First back-off of a host.
pub const FIRST_BACK_OFF: Duration = Duration::from_secs(60);
/// Longest back-off, and longest Retry-After that is believed.
pub const LONGEST_BACK_OFF: Duration = Duration::from_secs(24 * 3600);
/// Without a failure for this long, a host's failures are forgotten.
pub const QUIET: Duration = Duration::from_secs(30 * 60);
/// A slot that is older than this when the request could be sent goes back unsent: a paused worker.
pub const SEND_SLACK: Duration = Duration::from_millis(100);
/// A gap above this is honoured and raises an alarm.
pub const LONG_GAP: Duration = Duration::from_secs(60);

/// The gap of a host: the source's, or the Crawl-delay where that is longer. Honoured at any length.
#[must_use]
pub fn gap(pace: &Pace, crawl_delay: Option<Duration>) -> Duration {
    Duration::from_millis(pace.gap_ms).max(crawl_delay.unwrap_or_default())
}

/// The slot after one that is taken: a gap after now or after the slot that was reserved before, whichever is later.
/// Returns when this request may be sent, and from when the next one.
#[must_use]
pub fn reserve(now: Timestamp, next_slot: Option<Timestamp>, gap: Duration) -> (Timestamp, Timestamp) {
    let send = next_slot.map_or(now, |slot| slot.max(now));
    (send, send.after(gap))
}

/// Whether a slot came too late to be used: it goes back, and the host keeps its gap.
#[must_use]
pub fn too_late(slot: Timestamp, now: Timestamp) -> bool {
    now.since(slot) > SEND_SLACK
}

/// How long a host rests after `failures` in a row (1 is the first): 60 s, doubled each time, at most 24 h.
#[must_use]
pub fn back_off(failures: u32) -> Duration {
    let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    FIRST_BACK_OFF.saturating_mul(factor).min(LONGEST_BACK_OFF)
}

/// The same for a challenge of a firewall: 1 h, doubled each time, at most 24 h.
#[must_use]
pub fn challenge_back_off(failures: u32) -> Duration {
    let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
    Duration::from_secs(3600).saturating_mul(factor).min(LONGEST_BACK_OFF)
}

/// Failures in a row after one at `now`, where the last one before was at `last`.
#[must_use]
pub fn failures(before: u32, last: Option<Timestamp>, now: Timestamp) -> u32 {
    match last {
        Some(last) if now.since(last) <= QUIET.max(back_off(before) * 2) => before.saturating_add(1),
        _ => 1,
    }
}

/// Until when a host is not asked: what the server said, else the back-off; at most 24 h.
#[must_use]
pub fn blocked_until(now: Timestamp, retry_after: Option<Duration>, failures: u32) -> Timestamp {
    now.after(retry_after.unwrap_or_else(|| back_off(failures)).min(LONGEST_BACK_OFF))
}

/// Reads Retry-After: seconds, or an HTTP date (all three forms of RFC 9110 5.6.7), at most 24 h; a date that has
/// passed is no wait.
#[must_use]
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit are a long time.
        return Some(value.parse().map_or(LONGEST_BACK_OFF, Duration::from_secs).min(LONGEST_BACK_OFF));
    }
    http_date(value).map(|date| date.since(now).min(LONGEST_BACK_OFF))
}

/// IMF-fixdate, RFC 850 and asctime.
fn http_date(value: &str) -> Option<Timestamp> {
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .into_iter()
        .find_map(|form| jiff::civil::DateTime::strptime(form, value).ok())
        .and_then(|civil| jiff::tz::TimeZone::UTC.to_timestamp(civil).ok())
        .map(|instant| Timestamp(instant.as_microsecond()))
}

/// How often a list is read: half the median time between its new items, from 5 minutes to 24 hours. `newest_first`
/// are the publication times of its items; with fewer than three of them once an hour.
#[must_use]
pub fn list_interval(newest_first: &[Timestamp]) -> Duration {
    let mut gaps: Vec<Duration> = newest_first.windows(2).map(|pair| pair[0].since(pair[1])).collect();
    if gaps.len() < 2 {
        return Duration::from_secs(3600);
    }
    gaps.sort_unstable();
    let median = gaps[gaps.len() / 2];
    (median / 2).clamp(Duration::from_secs(5 * 60), LONGEST_BACK_OFF)
}

/// When a page is looked at again: 1 h, 1 d, 7 d, 30 d after its publication, then every 90 d; within a day of a
/// change daily. Never sooner than `least` after now.
#[must_use]
pub fn recheck(published: Timestamp, changed: Option<Timestamp>, now: Timestamp, least: Duration) -> Timestamp {
    const HOUR: u64 = 3600;
    const DAY: u64 = 24 * HOUR;
    let soonest = now.after(least);
    let since = changed.map_or(published, |changed| changed.max(published));
    let steps = [HOUR, DAY, 7 * DAY, 30 * DAY].map(|seconds| since.after(Duration::from_secs(seconds)));
    let next = steps.into_iter().find(|step| *step > now).unwrap_or_else(|| now.after(Duration::from_secs(90 * DAY)));
    next.max(soonest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_790_000_000_000_000);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn slots_never_come_closer_than_the_gap() {
        let gap = seconds(3);
        let (first, next) = reserve(START, None, gap);
        assert_eq!((first, next), (START, START.after(gap)));
        let (second, next) = reserve(START.after(seconds(1)), Some(next), gap);
        assert_eq!((second, next), (START.after(seconds(3)), START.after(seconds(6))));
        let (third, _) = reserve(START.after(seconds(60)), Some(next), gap);
        assert_eq!(third, START.after(seconds(60)));
        assert!(!too_late(START, START.after(Duration::from_millis(100))));
        assert!(too_late(START, START.after(Duration::from_millis(101))));
    }

    #[test]
    fn the_longer_of_gap_and_crawl_delay_holds() {
        let pace = Pace { gap_ms: 1000, round_limit: 1 };
        assert_eq!(gap(&pace, None), seconds(1));
        assert_eq!(gap(&pace, Some(Duration::from_millis(500))), seconds(1));
        assert_eq!(gap(&pace, Some(seconds(400))), seconds(400));
    }

    #[test]
    fn back_off_doubles_to_a_day_and_is_forgotten() {
        let expected = [(1, 60), (2, 120), (3, 240), (11, 61_440), (12, 86_400), (40, 86_400), (u32::MAX, 86_400)];
        for (count, wait) in expected {
            assert_eq!(back_off(count), seconds(wait), "{count}");
        }
        assert_eq!(back_off(0), seconds(60));
        assert_eq!(challenge_back_off(1), seconds(3600));
        assert_eq!(challenge_back_off(6), seconds(86_400));
        assert_eq!(failures(3, Some(START), START.after(seconds(600))), 4);
        assert_eq!(failures(3, Some(START), START.after(seconds(1801))), 1);
        assert_eq!(failures(8, Some(START), START.after(seconds(2 * 7680))), 9, "a long rest is not a quiet time");
        assert_eq!(failures(0, None, START), 1);
        assert_eq!(blocked_until(START, Some(seconds(7)), 9), START.after(seconds(7)));
        assert_eq!(blocked_until(START, None, 2), START.after(seconds(120)));
    }

    #[test]
    fn retry_after_in_all_its_forms() {
        let now = Timestamp::parse_rfc3339("1994-11-06T08:49:07Z").unwrap();
        for (value, wait) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999", Some(86_400)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(30)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(30)),
            ("Sun Nov  6 08:49:37 1994", Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("Sun, 06 Nov 2094 08:49:00 GMT", None),
            ("Sat, 06 Nov 2094 08:49:00 GMT", Some(86_400)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now), wait.map(seconds), "{value:?}");
        }
    }

    #[test]
    fn lists_are_read_twice_as_often_as_they_change() {
        let every = |gap: u64, count: u64| -> Vec<Timestamp> {
            (0..count).rev().map(|n| START.after(seconds(n * gap))).collect()
        };
        assert_eq!(list_interval(&every(7200, 10)), seconds(3600));
        assert_eq!(list_interval(&every(10, 10)), seconds(300));
        assert_eq!(list_interval(&every(30 * 86_400, 10)), seconds(86_400));
        assert_eq!(list_interval(&[START]), seconds(3600));
    }

    #[test]
    fn pages_are_looked_at_less_and_less() {
        let day = 86_400;
        let least = seconds(60);
        for (age, wait) in
            [(0, 3600), (3600, day - 3600), (2 * day, 5 * day), (8 * day, 22 * day), (31 * day, 90 * day)]
        {
            let now = START.after(seconds(age));
            assert_eq!(recheck(START, None, now, least), now.after(seconds(wait)), "{age}");
        }
        let now = START.after(seconds(100 * day));
        assert_eq!(recheck(START, Some(now), now, seconds(2 * 3600)), now.after(seconds(2 * 3600)));
    }
}
