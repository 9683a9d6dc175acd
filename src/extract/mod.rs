//! Bytes to item: charset, title, three dates, source, document number, clean body, attachments, list entries.
//!
//! Owns everything that parses what others wrote: HTML, PDF, office files, feeds, sitemaps, list pages. The
//! functions are pure and bounded. [`page()`], [`document()`] and [`listing()`] are what the sandboxed child runs;
//! everything else goes through [`Reader`], which starts such children and turns a crash or a limit into
//! [`Extracted::unreadable`].
//!
//! Promises: nothing is truncated silently. What cannot be read whole is named in `unreadable`, and the gate holds
//! the item. What is published ([`Extracted::html`], [`Extracted::text`]) is a part of what is screened
//! ([`Extracted::segments`] reads the whole source, hidden text among it).
//! Units: sizes are bytes, text is UTF-8, dates are Asia/Shanghai.

mod body;
mod bounds;
mod charset;
mod clean;
mod dates;
mod depth;
mod document;
mod document_number;
mod kind;
mod links;
mod listing;
mod markers;
mod metadata;
mod office;
mod page;
mod pdf;
mod sandbox;
mod segments;
mod title;
mod tree;
mod xml;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::model::{Profile, Segment, Unreadable, When};

pub use clean::{clean, plain_text};
pub use document::document;
pub use document_number::normalise as normalise_document_number;
pub use kind::Kind;
pub use listing::listing;
pub use page::page;
pub use sandbox::{Probe, ProbeReport, ReadLimits, Reader, serve_child, this_program};

/// A fetched page or list.
#[derive(Clone, Copy, Debug)]
pub struct PageInput<'a> {
    /// The body after decompression.
    pub bytes: &'a [u8],
    /// Where it was fetched, after redirects; empty where that is not known.
    pub url: &'a str,
    /// The header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The charset that an operator pinned for the site; it overrides everything.
    pub pinned_charset: Option<&'a str>,
}

/// A link of a page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Link {
    /// Absolute http or https address.
    pub url: String,
    /// Its words.
    pub text: String,
}

/// A file that a page leads to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttachmentLink {
    /// Absolute http or https address.
    pub url: String,
    /// File name as the page names it, with its extension; no path.
    pub name: String,
}

/// What was read from a page or document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Extracted {
    /// What it is, by content.
    pub kind: Kind,
    /// WHATWG name of the charset it was decoded with.
    pub charset: Option<String>,
    /// ArticleTitle; empty where none was found.
    pub title: String,
    /// When the source published it 源发布时间; never taken from 成文日期 or from the address.
    pub published: Option<When>,
    /// The date of the document itself 成文日期.
    pub written: Option<Date>,
    /// 来源 as the page says it.
    pub origin: Option<String>,
    /// 文号, normalised: `衢政办发〔2008〕12号`.
    pub document_number: Option<String>,
    /// 索引号.
    pub index_number: Option<String>,
    /// Author as the page names one.
    pub author: Option<String>,
    /// The body as plain text, a paragraph a line; of [`Extracted::html`] exactly.
    pub text: String,
    /// The body as the allow-list sanitiser wrote it.
    pub html: String,
    /// Links of the page, in order, each address once.
    pub links: Vec<Link>,
    /// Files that the page leads to, each address once.
    pub attachments: Vec<AttachmentLink>,
    /// The next page or item, where the page leads there.
    pub next: Option<String>,
    /// The page or item before.
    pub prev: Option<String>,
    /// Every text of the source for the gate.
    pub segments: Vec<Segment>,
    /// What could not be read whole; an item with any of these is held.
    pub unreadable: Vec<Unreadable>,
    /// A page that says it is no longer there although it was answered with 200.
    pub gone: bool,
    /// No reader could be started: `unreadable` says why, and nothing is said of the file itself. Reading it again may help.
    #[serde(skip)]
    pub without_reader: bool,
}

impl Extracted {
    /// Nothing read yet.
    #[must_use]
    pub fn empty(kind: Kind) -> Self {
        Self {
            kind,
            charset: None,
            title: String::new(),
            published: None,
            written: None,
            origin: None,
            document_number: None,
            index_number: None,
            author: None,
            text: String::new(),
            html: String::new(),
            links: Vec::new(),
            attachments: Vec::new(),
            next: None,
            prev: None,
            segments: Vec::new(),
            unreadable: Vec::new(),
            gone: false,
            without_reader: false,
        }
    }

    /// Nothing could be read: `place` names what (empty for the page itself), `reason` says why.
    #[must_use]
    pub fn refused(kind: Kind, place: &str, reason: impl Into<String>) -> Self {
        let mut extracted = Self::empty(kind);
        extracted.refuse(place, reason);
        extracted
    }

    /// Records that something could not be read whole.
    pub(crate) fn refuse(&mut self, place: &str, reason: impl Into<String>) {
        let unreadable = Unreadable { place: place.to_owned(), reason: reason.into() };
        if !self.unreadable.contains(&unreadable) {
            self.unreadable.push(unreadable);
        }
    }
}

/// An entry of a list, feed or sitemap.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// Absolute http or https address.
    pub url: String,
    /// Title as the list says it; lists cut titles, so the page's own is better. Empty in a sitemap.
    pub title: String,
    /// Date as the list says it.
    pub published: Option<When>,
}

/// What a list, feed or sitemap leads to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// How it lists; never [`Profile::Auto`].
    pub kind: Profile,
    /// Its entries, in order, each address once.
    pub items: Vec<Entry>,
    /// Further pages of the same list, or the sitemaps of an index.
    pub pages: Vec<String>,
    /// How many entries the list says it has in all.
    pub total: Option<u64>,
    /// WHATWG name of the charset it was decoded with.
    pub charset: Option<String>,
    /// What could not be read; a list with any of these is never taken for empty.
    pub unreadable: Vec<Unreadable>,
}

impl Listing {
    /// A list without entries.
    #[must_use]
    pub fn empty(kind: Profile) -> Self {
        Self { kind, items: Vec::new(), pages: Vec::new(), total: None, charset: None, unreadable: Vec::new() }
    }

    /// A list that could not be read.
    #[must_use]
    pub fn refused(kind: Profile, reason: impl Into<String>) -> Self {
        let mut listing = Self::empty(kind);
        listing.unreadable.push(Unreadable { place: String::new(), reason: reason.into() });
        listing
    }
}
