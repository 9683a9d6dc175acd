//! When a page that the origin took away is withdrawn here, and when it is not.
//!
//! Owns the machine live → missing → suspect → withdrawn, pure and without I/O; times come with the looks. Only two
//! kinds of look are strong: 404 or 410, and a page that says it is not there (or a redirect to such a page or to
//! the home page). Two strong looks at least `gone_after` apart withdraw an item, and only in rounds in which the
//! host was well. Absence from a list that was seen whole is weak: it makes an item missing, which asks for a look
//! at the page itself and nothing more. Everything else (5xx, timeouts, names, firewalls, robots.txt, a redesign, a
//! partial list) is no evidence and changes nothing. When more of a source would go in one round than 5 items or 2 %
//! of it, nothing goes: the source is frozen and a person decides.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Timestamp, When};

use super::answer::Fetched;
use super::discover::{Completeness, Harvest};
use super::fault::FetchError;

/// Where an item stands with its origin.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "standing")]
pub enum Standing {
    /// The origin has it.
    #[default]
    Live,
    /// Not on its list any more; its page is to be looked at.
    Missing {
        /// Since when.
        since: Timestamp,
    },
    /// One strong look found it gone.
    Suspect {
        /// When.
        since: Timestamp,
        /// What was seen.
        evidence: Evidence,
    },
    /// Gone by two strong looks.
    Withdrawn {
        /// When the second one was.
        at: Timestamp,
        /// What was seen.
        evidence: Evidence,
    },
}

/// Strong evidence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// 404.
    NotFound,
    /// 410.
    Gone,
    /// A page that says that there is no page, or a redirect to one or to the home page.
    SaysSo,
}

/// What one look brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// The page is there, or 304.
    Present,
    /// Strong evidence that it is not.
    Strong(Evidence),
    /// Weak evidence: absent from a whole list that reaches back to its date.
    Absent,
    /// Nothing follows from it.
    Nothing,
}

impl Look {
    /// Reads the outcome of fetching the page itself. `says_gone` is what the extractor found of it; `matched` is
    /// whether it found an article at all.
    #[must_use]
    pub fn at_page(asked: &str, outcome: &Result<Fetched, FetchError>, says_gone: bool, matched: bool) -> Self {
        match outcome {
            Ok(Fetched::Gone { status: 410, .. }) => Self::Strong(Evidence::Gone),
            Ok(Fetched::Gone { .. }) => Self::Strong(Evidence::NotFound),
            Ok(Fetched::NotModified { .. }) => Self::Present,
            Ok(Fetched::Page(page)) if page.suspect.is_some() && !matched => Self::Nothing,
            Ok(Fetched::Page(_)) if says_gone => Self::Strong(Evidence::SaysSo),
            Ok(Fetched::Page(page)) if is_home(&page.final_url) && !is_home(asked) => Self::Strong(Evidence::SaysSo),
            Ok(Fetched::Page(_)) if matched => Self::Present,
            // A page without an article may be a redesign or a maintenance page.
            Ok(Fetched::Page(_)) | Err(_) => Self::Nothing,
        }
    }

    /// Reads the harvest of its list. Absence counts only from a whole list that still reaches back to its date.
    #[must_use]
    pub fn at_list(url: &str, published: Option<When>, harvest: &Harvest) -> Self {
        if harvest.entries.contains(url) {
            // The row may outlive the page, so this says nothing about the page.
            return Self::Nothing;
        }
        let covered = match (published, harvest.oldest) {
            (Some(published), Some(oldest)) => published.instant() >= oldest.instant(),
            _ => false,
        };
        if harvest.completeness == Completeness::Complete && covered { Self::Absent } else { Self::Nothing }
    }
}

/// Whether an address is the home page of its host.
fn is_home(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| {
        let path = url.path().to_ascii_lowercase();
        url.query().is_none()
            && matches!(path.as_str(), "/" | "/index.html" | "/index.htm" | "/index.shtml" | "/index.jsp")
    })
}

/// How a host did in one round, told by pages that are known to be good: its lists, and items that are live.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Health {
    /// Known pages that were asked for and answered 200 or 304 with what the extractor expects.
    pub well: u32,
    /// Known pages of the host.
    pub known: u32,
}

impl Health {
    /// Whether evidence counts: three good pages, or all that there are where there are fewer, and at least one.
    #[must_use]
    pub fn is_well(self) -> bool {
        self.well >= self.known.clamp(1, 3)
    }
}

impl Standing {
    /// The standing after a look at `at`. `healthy` is whether the host was well in this round.
    #[must_use]
    pub fn after(self, look: Look, healthy: bool, at: Timestamp, gone_after: Duration) -> Self {
        match (self, look) {
            // A person confirms a withdrawal and brings it back; a page that reappears is reported, not republished.
            (Self::Withdrawn { .. }, _) => self,
            (_, Look::Present) => Self::Live,
            (_, Look::Nothing) => self,
            _ if !healthy => self,
            (Self::Live, Look::Absent) => Self::Missing { since: at },
            (_, Look::Absent) => self,
            (Self::Suspect { since, .. }, Look::Strong(evidence)) if at.since(since) >= gone_after => {
                Self::Withdrawn { at, evidence }
            }
            (Self::Suspect { .. }, Look::Strong(_)) => self,
            (Self::Live | Self::Missing { .. }, Look::Strong(evidence)) => Self::Suspect { since: at, evidence },
        }
    }

    /// When the page itself should be looked at again, before its ordinary time; `None` where that is soon enough.
    #[must_use]
    pub fn look_again(self, gone_after: Duration) -> Option<Timestamp> {
        match self {
            Self::Missing { since } => Some(since),
            Self::Suspect { since, .. } => Some(since.after(gone_after)),
            Self::Live | Self::Withdrawn { .. } => None,
        }
    }
}

/// What happens with the items of one source that would be withdrawn in one round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settlement {
    /// They are.
    Withdraw,
    /// Too many at once: none is, and the source stops until a person decides.
    Freeze {
        /// How many would go.
        going: usize,
        /// The most that may.
        limit: usize,
    },
}

/// Settles a round: `going` items of the source's `live` ones. At most the larger of 5 and 2 % may go.
#[must_use]
pub fn settle(going: usize, live: usize) -> Settlement {
    let limit = (live / 50).max(5);
    if going > limit { Settlement::Freeze { going, limit } } else { Settlement::Withdraw }
}

#[cfg(test)]
mod tests;
