//! What must become of a page: the words in which the planted list speaks to the demo.

use crate::model::{Field, SourceId};

/// A planted page, and what must become of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Planted {
    /// What it is.
    pub what: &'static str,
    /// The source that lists it.
    pub source: SourceId,
    /// Its address.
    pub url: String,
    /// What must become of it.
    pub expect: Expect,
}

/// What must become of a planted page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Expect {
    /// It is public.
    Published,
    /// It passed the gate and waits for a reviewer.
    Queued,
    /// The gate holds it.
    Held {
        /// By this rule.
        rule: &'static str,
        /// In this part.
        field: Field,
    },
    /// The gate blocks it.
    Blocked {
        /// By this rule.
        rule: &'static str,
        /// In this part.
        field: Field,
    },
    /// It was never asked for.
    NeverAsked,
    /// It was public and is no more, after the second round.
    Withdrawn,
    /// It is the same text as the page at `url`; the two are known as duplicates, whichever came first.
    DuplicateOf {
        /// Address of the other.
        url: String,
    },
    /// It is public under exactly this title.
    PublishedWithTitle {
        /// The title.
        title: String,
    },
    /// It is held because something of it could not be read.
    Unreadable {
        /// Name of the attachment; empty for the page itself.
        place: &'static str,
    },
}
