//! Time: the one place that reads the machine's clock.
//!
//! [`Timestamp`] is microseconds since the Unix epoch, UTC. [`When`] is what a page says of itself: often only a
//! day. Civil time is Asia/Shanghai, UTC+8 without summer time since 1991, so a fixed offset is exact for the web.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Asia/Shanghai.
fn shanghai() -> TimeZone {
    TimeZone::fixed(Offset::constant(8))
}

impl Timestamp {
    /// This time later by `span`; stops at the end of the range.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_micros()).unwrap_or(i64::MAX)))
    }

    /// How long it is from `earlier` to this time; nothing where `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The civil date in Asia/Shanghai.
    #[must_use]
    pub fn date(self) -> Date {
        self.civil().date()
    }

    fn civil(self) -> jiff::civil::DateTime {
        let instant = jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        shanghai().to_datetime(instant)
    }

    /// `2026-11-25 09:30`, Asia/Shanghai: the form that 国办发〔2017〕47号 asks of PubDate.
    #[must_use]
    pub fn minute(self) -> String {
        self.civil().strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// RFC 3339 with the offset of Asia/Shanghai, to the second.
    #[must_use]
    pub fn rfc3339(self) -> String {
        self.civil().strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string()
    }

    /// The instant at which `date` begins in Asia/Shanghai.
    #[must_use]
    pub fn of_date(date: Date) -> Self {
        Self::of_civil(date.at(0, 0, 0, 0))
    }

    /// The instant of a civil time in Asia/Shanghai.
    #[must_use]
    pub fn of_civil(time: jiff::civil::DateTime) -> Self {
        shanghai().to_timestamp(time).map_or(Self(0), |instant| Self(instant.as_microsecond()))
    }

    /// Reads RFC 3339.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|instant| Self(instant.as_microsecond()))
    }
}

/// A day or an instant, as a page states it. Text form: `2008-01-29` or RFC 3339.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Debug)]
#[serde(try_from = "String", into = "String")]
pub enum When {
    /// Only the day is known.
    Day(Date),
    /// Day and time are known.
    At(Timestamp),
}

impl When {
    /// For ordering and filtering: the instant, or the beginning of the day.
    #[must_use]
    pub fn instant(self) -> Timestamp {
        match self {
            Self::Day(date) => Timestamp::of_date(date),
            Self::At(at) => at,
        }
    }

    /// The civil date in Asia/Shanghai.
    #[must_use]
    pub fn date(self) -> Date {
        match self {
            Self::Day(date) => date,
            Self::At(at) => at.date(),
        }
    }

    /// `2026-11-25 09:30`; midnight where only the day is known.
    #[must_use]
    pub fn minute(self) -> String {
        self.instant().minute()
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Day(date) => write!(f, "{date}"),
            Self::At(at) => f.write_str(&at.rfc3339()),
        }
    }
}

impl From<When> for String {
    fn from(when: When) -> String {
        when.to_string()
    }
}

impl std::str::FromStr for When {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(at) = Timestamp::parse_rfc3339(text) {
            return Ok(Self::At(at));
        }
        text.parse::<Date>().map(Self::Day).map_err(|_| format!("{text:?} is neither a date nor RFC 3339"))
    }
}

impl TryFrom<String> for When {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// Tells the time: the machine's, or in tests one that is moved by hand.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Microseconds since the epoch, moved by [`Clock::advance`].
    Fake(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still at `start`.
    #[must_use]
    pub fn fake(start: Timestamp) -> Self {
        Self::Fake(Arc::new(AtomicI64::new(start.0)))
    }

    /// The time now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Fake(at) => Timestamp(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a fake clock forward; the machine's clock does not listen.
    pub fn advance(&self, span: Duration) {
        if let Self::Fake(at) = self {
            at.fetch_add(i64::try_from(span.as_micros()).unwrap_or(0), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn civil_forms() {
        let when: When = "2008-01-29".parse().unwrap();
        assert_eq!(when.minute(), "2008-01-29 00:00");
        let at: When = "2013-08-15T09:30:00+08:00".parse().unwrap();
        assert_eq!(at.to_string(), "2013-08-15T09:30:00+08:00");
        assert_eq!(at.date().to_string(), "2013-08-15");
        assert!("昨天".parse::<When>().is_err());
    }
}
