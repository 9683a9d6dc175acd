//! What is asked of a server and what it brought.
//!
//! Owns [`Request`] and [`Fetched`]. Sizes are bytes after decoding unless they say "received".

use std::fmt;
use std::time::Duration;

use url::Url;

use super::guard::Scope;
use super::wall::Wall;

/// What a server said of the version that was read last; sent back so that it may answer 304.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Validators {
    /// ETag.
    pub etag: Option<String>,
    /// Last-Modified, as the server wrote it.
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is one.
    #[must_use]
    pub fn any(&self) -> bool {
        self.etag.is_some() || self.last_modified.is_some()
    }
}

/// One thing to ask.
pub struct Request<'a> {
    /// Its address, http or https.
    pub url: &'a str,
    /// Where it and its redirects may lead.
    pub scope: &'a Scope,
    /// Of the version that was read last.
    pub validators: Validators,
    /// Largest body, decoded.
    pub limit: u64,
    /// The page that led here; some sites refuse without it.
    pub referer: Option<&'a str>,
    /// Least time between two requests to one host; holds for every hop of a redirect.
    pub gap: Duration,
    /// What robots.txt says of a hop. For a host whose robots.txt is not known it must say no.
    pub may: &'a (dyn Fn(&Url) -> bool + Send + Sync),
}

impl<'a> Request<'a> {
    /// Asks for `url` with no validators, no gap and no robots.txt: the form that fetches robots.txt itself.
    #[must_use]
    pub fn new(url: &'a str, scope: &'a Scope, limit: u64) -> Self {
        Self {
            url,
            scope,
            validators: Validators::default(),
            limit,
            referer: None,
            gap: Duration::ZERO,
            may: &|_: &Url| true,
        }
    }
}

/// What went over the wire for one fetch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Body bytes received, as coded.
    pub received: u64,
    /// Body bytes after decoding.
    pub decoded: u64,
    /// Requests sent: 1 and the redirects.
    pub requests: u32,
}

/// A page or document.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    /// The body, decoded from its Content-Encoding; its charset is not touched.
    pub bytes: Vec<u8>,
    /// Content-Type as the server wrote it.
    pub content_type: Option<String>,
    /// Where the redirects ended.
    pub final_url: String,
    /// For the next conditional request.
    pub validators: Validators,
    /// 200 or 203.
    pub status: u16,
    /// The wall that this page may be instead of content: a challenge where the extractor finds nothing on it.
    pub suspect: Option<Wall>,
    /// What it cost.
    pub traffic: Traffic,
}

impl fmt::Debug for Page {
    /// Without the body, which may be megabytes and has no place in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("final_url", &self.final_url)
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("traffic", &self.traffic)
            .finish_non_exhaustive()
    }
}

/// What a fetch brought.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// A body.
    Page(Page),
    /// 304: what the validators name is still so.
    NotModified {
        /// What it cost.
        traffic: Traffic,
    },
    /// 404 or 410.
    Gone {
        /// Which.
        status: u16,
        /// Where the redirects ended.
        final_url: String,
        /// What it cost.
        traffic: Traffic,
    },
}

impl Fetched {
    /// What it cost.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        match self {
            Self::Page(page) => page.traffic,
            Self::NotModified { traffic } | Self::Gone { traffic, .. } => *traffic,
        }
    }
}
