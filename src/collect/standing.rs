//! Where a host stands with its robots.txt: found, absent or unreachable, and what follows (RFC 9309 2.3.1, 2.4).
//!
//! Owns [`RobotsState`], a value that the store keeps as JSON, and its one transition. An answer of 2xx is compiled;
//! 4xx and endless redirects mean that there is no file and everything may be asked, except 429; 429, 5xx and every
//! failure of network, name and TLS mean that nothing may be asked. A good answer holds for 24 hours. While the file
//! is unreachable a copy younger than that stays in force; an older one comes back into force when the file has been
//! unreachable for 30 days, and where there is none the host stays closed until an operator acts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::model::Timestamp;

use super::answer::Fetched;
use super::fault::FetchError;
use super::robots::Robots;

/// How long an answer holds.
const FRESH: Duration = Duration::from_secs(24 * 3600);
/// How long unreachable until an old copy counts again.
const LONG: Duration = Duration::from_secs(30 * 24 * 3600);
/// How long after a failure it is asked again.
const AGAIN: Duration = Duration::from_secs(30 * 60);

/// What asking for a robots.txt brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RobotsAnswer {
    /// 2xx with this body.
    Body(Vec<u8>),
    /// There is none: 4xx, or redirects without end.
    None,
    /// It cannot be known, and why.
    Unreachable(String),
}

impl RobotsAnswer {
    /// Reads the outcome of a fetch.
    #[must_use]
    pub fn of(outcome: Result<Fetched, FetchError>) -> Self {
        match outcome {
            Ok(Fetched::Page(page)) => Self::Body(page.bytes),
            Ok(Fetched::Gone { .. })
            | Err(
                FetchError::RedirectLimit { .. }
                | FetchError::RedirectLoop { .. }
                | FetchError::RedirectNowhere { .. }
                | FetchError::Status(300..=428 | 430..=499),
            ) => Self::None,
            // A challenge hides the file; nothing is known of it, whatever its status.
            Err(error) => Self::Unreachable(error.to_string()),
            Ok(Fetched::NotModified { .. }) => Self::Unreachable("304 to a request without conditions".to_owned()),
        }
    }
}

/// A good answer of the past.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Copy {
    /// `None` where there was no file.
    robots: Option<Robots>,
    fetched: Timestamp,
}

/// Where a host stands with its robots.txt.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RobotsState {
    /// The last good answer.
    #[serde(default)]
    copy: Option<Copy>,
    /// Since when it is unreachable, when that was seen last, and why.
    #[serde(default)]
    unreachable: Option<(Timestamp, Timestamp, String)>,
}

/// Whether an address may be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Permission {
    /// It may.
    Allowed,
    /// A rule forbids it.
    Forbidden,
    /// The file was never asked for.
    Unknown,
    /// The file is unreachable: nothing may be asked. The words say why, and what an operator can do.
    Unreachable(String),
}

impl RobotsState {
    /// Never asked.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The state after `answer`.
    #[must_use]
    pub fn after(self, answer: RobotsAnswer, now: Timestamp) -> Self {
        let robots = match answer {
            RobotsAnswer::Body(bytes) => Some(Robots::parse(&bytes)),
            RobotsAnswer::None => None,
            RobotsAnswer::Unreachable(why) => {
                let since = self.unreachable.map_or(now, |(since, ..)| since);
                return Self { copy: self.copy, unreachable: Some((since, now, why)) };
            }
        };
        Self { copy: Some(Copy { robots, fetched: now }), unreachable: None }
    }

    /// Whether the file should be asked for before the next request.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> bool {
        match (&self.unreachable, &self.copy) {
            (Some((_, last, _)), _) => now.since(*last) >= AGAIN,
            (None, Some(copy)) => now.since(copy.fetched) >= FRESH,
            (None, None) => true,
        }
    }

    /// Whether `agent` (its bare name) may ask for `url`.
    #[must_use]
    pub fn permission(&self, agent: &str, url: &str, now: Timestamp) -> Permission {
        let copy = match (&self.copy, &self.unreachable) {
            (None, None) => return Permission::Unknown,
            (Some(copy), None) => copy,
            (Some(copy), Some((since, ..))) if now.since(copy.fetched) < FRESH || now.since(*since) >= LONG => copy,
            (Some(_), Some((.., why))) => return Permission::Unreachable(format!("robots.txt is unreachable: {why}")),
            (None, Some((since, _, why))) if now.since(*since) >= LONG => {
                return Permission::Unreachable(format!(
                    "robots.txt is unreachable for 30 days and no copy is known: {why}; ask the sub-site, or disable the source"
                ));
            }
            (None, Some((.., why))) => return Permission::Unreachable(format!("robots.txt is unreachable: {why}")),
        };
        match &copy.robots {
            Some(robots) if !robots.allows(agent, url) => Permission::Forbidden,
            _ => Permission::Allowed,
        }
    }

    /// The rules of the last good answer, where there was a file.
    #[must_use]
    pub fn robots(&self) -> Option<&Robots> {
        self.copy.as_ref()?.robots.as_ref()
    }

    /// The delay that the last good answer asks of `agent`.
    #[must_use]
    pub fn crawl_delay(&self, agent: &str) -> Option<Duration> {
        self.robots()?.crawl_delay(agent)
    }

    /// `found`, `absent`, `unreachable` or `unknown`: for lists and counts.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match (&self.unreachable, &self.copy) {
            (Some(_), _) => "unreachable",
            (None, Some(Copy { robots: Some(_), .. })) => "found",
            (None, Some(_)) => "absent",
            (None, None) => "unknown",
        }
    }
}

/// Where the robots.txt of `url` lies.
#[must_use]
pub fn robots_url(url: &Url) -> String {
    let mut robots = url.clone();
    robots.set_path("/robots.txt");
    robots.set_query(None);
    robots.set_fragment(None);
    robots.into()
}

#[cfg(test)]
mod tests {
    use super::super::answer::{Page, Traffic, Validators};
    use super::*;

    const DAY: Duration = FRESH;
    const START: Timestamp = Timestamp(1_790_000_000_000_000);

    fn body(text: &str) -> Result<Fetched, FetchError> {
        Ok(Fetched::Page(Page {
            bytes: text.into(),
            content_type: None,
            final_url: String::new(),
            validators: Validators::default(),
            status: 200,
            suspect: None,
            traffic: Traffic::default(),
        }))
    }

    fn gone(status: u16) -> Result<Fetched, FetchError> {
        Ok(Fetched::Gone { status, final_url: String::new(), traffic: Traffic::default() })
    }

    fn may(state: &RobotsState, path: &str, now: Timestamp) -> Permission {
        match state.permission("menhu", &format!("http://a.cn{path}"), now) {
            Permission::Unreachable(_) => Permission::Unreachable(String::new()),
            other => other,
        }
    }

    /// Name, outcome, what may be asked with a fresh copy, and with a stale one.
    type Case = (&'static str, Result<Fetched, FetchError>, [Permission; 3], [Permission; 3]);

    /// The 14 outcomes of RFC 9309 2.3.1: what becomes of `/new` (forbidden by the new file), `/old` (forbidden by the
    /// copy) and `/free`, with a fresh copy and with a stale one.
    #[test]
    fn fourteen_outcomes_by_fresh_and_stale() {
        use Permission::{Allowed, Forbidden};
        let shut = || Permission::Unreachable(String::new());
        let found = [Forbidden, Allowed, Allowed];
        let free = [Allowed, Allowed, Allowed];
        let copy = [Allowed, Forbidden, Allowed];
        let closed = [shut(), shut(), shut()];
        let timeout = FetchError::Timeout { after: DAY };
        let limit = FetchError::RedirectLimit { limit: 5, url: String::new() };
        let busy = |status| Err(FetchError::Busy { status, retry_after: Some(DAY) });
        let file = "User-agent: *\nDisallow: /new";
        let table: [Case; 14] = [
            ("200", body(file), found.clone(), found.clone()),
            ("200 HTML", body("<!DOCTYPE html><p>Disallow"), free.clone(), free.clone()),
            ("301 x5", body(file), found.clone(), found),
            ("301 x6", Err(limit), free.clone(), free.clone()),
            ("401", Err(FetchError::Status(401)), free.clone(), free.clone()),
            ("403", Err(FetchError::Status(403)), free.clone(), free.clone()),
            ("404", gone(404), free.clone(), free.clone()),
            ("410", gone(410), free.clone(), free),
            ("429", busy(429), copy.clone(), closed.clone()),
            ("500", Err(FetchError::Status(500)), copy.clone(), closed.clone()),
            ("503", busy(503), copy.clone(), closed.clone()),
            ("timeout", Err(timeout), copy.clone(), closed.clone()),
            ("DNS", Err(FetchError::Dns("a.cn".to_owned())), copy.clone(), closed.clone()),
            ("TLS", Err(FetchError::Tls("alert".to_owned())), copy, closed),
        ];
        for (name, outcome, fresh, stale) in table {
            for (age, expected) in [(Duration::from_secs(3600), fresh), (DAY * 2, stale)] {
                let old = RobotsAnswer::Body(b"User-agent: *\nDisallow: /old".to_vec());
                let now = START.after(age);
                let state = RobotsState::new().after(old, START).after(RobotsAnswer::of(outcome.clone()), now);
                let got = ["/new", "/old", "/free"].map(|path| may(&state, path, now));
                assert_eq!(got, expected, "{name}, copy of {age:?}");
            }
        }
    }

    #[test]
    fn thirty_days_bring_the_old_copy_back_and_nothing_without_one() {
        let down = || RobotsAnswer::Unreachable("500".to_owned());
        let old = RobotsAnswer::Body(b"User-agent: *\nDisallow: /old".to_vec());
        let first = START.after(DAY * 2);
        let mut state = RobotsState::new().after(old, START);
        for day in 0..30 {
            let now = first.after(DAY * day);
            assert!(state.due(now));
            state = state.after(down(), now);
            assert_eq!(may(&state, "/free", now), Permission::Unreachable(String::new()), "day {day}");
        }
        let later = first.after(LONG);
        assert_eq!(may(&state, "/free", later), Permission::Allowed);
        assert_eq!(may(&state, "/old", later), Permission::Forbidden);
        let never = RobotsState::new().after(down(), START);
        let Permission::Unreachable(words) = never.permission("menhu", "/", START.after(LONG)) else { panic!() };
        assert!(words.contains("30 days"), "{words}");
    }

    #[test]
    fn an_answer_holds_a_day_and_a_failure_half_an_hour() {
        let unknown = RobotsState::new();
        assert!(unknown.due(START));
        assert_eq!(unknown.permission("menhu", "/", START), Permission::Unknown);
        let absent = unknown.after(RobotsAnswer::None, START);
        assert_eq!((absent.due(START.after(DAY / 2)), absent.due(START.after(DAY))), (false, true));
        let down = absent.after(RobotsAnswer::Unreachable(String::new()), START);
        assert_eq!((down.due(START.after(AGAIN / 2)), down.due(START.after(AGAIN))), (false, true));
    }

    #[test]
    fn the_store_keeps_it_as_json() {
        let state = RobotsState::new()
            .after(RobotsAnswer::Body("User-agent: *\nDisallow: /内部\nCrawl-delay: 3".into()), START)
            .after(RobotsAnswer::Unreachable("500".to_owned()), START);
        let json = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<RobotsState>(&json).unwrap(), state);
        assert_eq!(state.crawl_delay("menhu"), Some(Duration::from_secs(3)));
        assert_eq!(state.word(), "unreachable");
    }

    #[test]
    fn robots_lie_at_the_root() {
        let url = Url::parse("http://a.cn:8080/x/y?z#f").unwrap();
        assert_eq!(robots_url(&url), "http://a.cn:8080/robots.txt");
    }
}
