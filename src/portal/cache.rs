//! How long a copy of an answer may be kept, as a type: a page must say which.
//!
//! A withdrawn item is gone everywhere within a second, so no copy of a page that shows items may be used without
//! asking again ([`Cache::Ask`]); the entity tag makes asking cheap. Source: RFC 9111 5.2.2, RFC 9110 8.8.3.

use axum::http::HeaderValue;

use crate::model::Digest;

/// What the `Cache-Control` of an answer says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cache {
    /// Keep it, ask before each use.
    Ask,
    /// The name changes with the bytes: keep it for ever.
    Forever,
    /// Says nothing of items: an hour.
    Hour,
    /// Keep nothing.
    Never,
}

impl Cache {
    /// The header's value.
    #[must_use]
    pub fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Ask => "public, no-cache",
            Self::Forever => "public, max-age=31536000, immutable",
            Self::Hour => "public, max-age=3600",
            Self::Never => "no-store",
        })
    }
}

/// The entity tag of an answer: a hash of its bytes. A page depends on items, columns, neighbours, view and
/// language; only its bytes stand for all of them. Weak, because compression changes the bytes on the wire.
#[must_use]
pub fn tag(bytes: &[u8]) -> String {
    let digest = Digest::of(bytes).to_string();
    format!("W/\"{}\"", digest.get(..24).unwrap_or_default())
}
