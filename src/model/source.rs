//! A source 来源站点: a sub-site that is collected, as data.
//!
//! Durations are milliseconds. An address outside [`Source::hosts`] is never asked.

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::ids::{ColumnId, SourceId, UnitId};

/// How a sub-site lists what it publishes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Found out from the page itself.
    Auto,
    /// Old sub-sites: `shtml/{column}/{article}/detail_1.shtml`.
    Shtml,
    /// Hanweb JCMS, list data from `dataproxy.jsp`.
    Jcms,
    /// TRS WCM, paged by `createPageHTML`.
    Trs,
    /// RSS or Atom.
    Feed,
    /// `sitemap.xml`.
    Sitemap,
    /// Lists paged by a query such as `page=N`.
    Paged,
    /// One plain list.
    Plain,
}

/// A list, feed or sitemap of a source, and the column it goes to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSpec {
    /// Its address.
    pub url: String,
    /// The column of the portal.
    pub column: ColumnId,
}

/// How fast a source may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// Least time between two requests to one host, in milliseconds; a longer Crawl-delay of robots.txt wins.
    pub gap_ms: u64,
    /// Most requests of one round; the rest waits for the next.
    pub round_limit: u32,
}

/// The recorded review of the unit that owns a source: what it publishes there it has reviewed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnitReview {
    /// Who signed for the unit.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Number or words of the record.
    pub record: String,
}

/// A source 来源站点.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its id.
    pub id: SourceId,
    /// Name of the sub-site.
    pub name: String,
    /// The unit that owns it.
    pub unit: UnitId,
    /// How it lists.
    pub profile: Profile,
    /// What is read.
    pub lists: Vec<ListSpec>,
    /// `host` or `host:port` that may be asked; attachments' hosts among them.
    pub hosts: Vec<String>,
    /// Address ranges (CIDR) that are allowed although they are not public, for sub-sites on an intranet.
    #[serde(default)]
    pub allow: Vec<String>,
    /// Pins the charset where a site lies about it.
    #[serde(default)]
    pub charset: Option<String>,
    /// How fast.
    pub pace: Pace,
    /// How often a round is due, in milliseconds.
    pub every_ms: u64,
    /// How often a page that is known is looked at again, in milliseconds.
    pub recheck_ms: u64,
    /// Least time between the two looks that find a page gone before it is withdrawn, in milliseconds.
    pub gone_after_ms: u64,
    /// Whether it is collected.
    pub enabled: bool,
    /// The unit's recorded review; without it every item waits for a reviewer.
    #[serde(default)]
    pub review: Option<UnitReview>,
}
