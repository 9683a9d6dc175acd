//! Identifiers, made by the application and never by a database.
//!
//! Every id is text of 1 to 64 characters from `a-z 0-9 - _ .`, so it can stand in a URL, a file name and a
//! column of either database without escaping. Item ids of collected pages are derived from source and address:
//! the same page has the same id on every machine, which makes intake repeatable after a crash.

use std::fmt;

use ring::rand::SecureRandom;
use serde::{Deserialize, Serialize};

use super::digest::Digest;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} id {text:?} is not 1 to 64 characters of a-z, 0-9, '-', '_' and '.'")]
pub struct BadId {
    kind: &'static str,
    text: String,
}

const LIMIT: usize = 64;

fn check(kind: &'static str, text: &str) -> Result<(), BadId> {
    let fits = !text.is_empty()
        && text.len() <= LIMIT
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'));
    if fits { Ok(()) } else { Err(BadId { kind, text: text.chars().take(LIMIT).collect() }) }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes `text` as an id.
            ///
            /// # Errors
            /// [`BadId`] where it is not one.
            pub fn new(text: impl Into<String>) -> Result<Self, BadId> {
                let text = text.into();
                check($kind, &text)?;
                Ok(Self(text))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A source 来源站点.
    SourceId,
    "source"
);
id!(
    /// A unit 单位.
    UnitId,
    "unit"
);
id!(
    /// A column 栏目.
    ColumnId,
    "column"
);
id!(
    /// An item 信息.
    ItemId,
    "item"
);
id!(
    /// A staff account.
    PersonId,
    "person"
);
id!(
    /// A job row.
    JobId,
    "job"
);

/// 20 characters of base 32 (100 bits) from the front of a digest.
fn short(digest: &Digest) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut out = String::with_capacity(20);
    let (mut buffer, mut bits) = (0u32, 0u32);
    for byte in digest.as_bytes() {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 && out.len() < 20 {
            bits -= 5;
            out.push(char::from(ALPHABET[((buffer >> bits) & 31) as usize]));
        }
    }
    out
}

impl ItemId {
    /// The id of the page that `source` publishes at `url`: always the same for the same two.
    #[must_use]
    pub fn of_page(source: &SourceId, url: &str) -> Self {
        Self(short(&Digest::of_parts(&[b"menhu-item-id-1", source.as_str().as_bytes(), url.as_bytes()])))
    }
}

impl JobId {
    /// The id of the one job of `kind` about `subject`; asking twice makes one job.
    #[must_use]
    pub fn of(kind: &str, subject: &str) -> Self {
        Self(short(&Digest::of_parts(&[b"menhu-job-id-1", kind.as_bytes(), subject.as_bytes()])))
    }
}

/// 256 random bits as URL-safe text: session tokens, one-time links, CSRF tokens, lease owners.
///
/// # Errors
/// Where the operating system has no randomness to give.
pub fn random_token() -> Result<String, std::io::Error> {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    ring::rand::SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| std::io::Error::other("the operating system gave no random bytes"))?;
    Ok(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_ids_are_stable_and_distinct() {
        let source = SourceId::new("daj").unwrap();
        let one = ItemId::of_page(&source, "http://a/1");
        assert_eq!(one, ItemId::of_page(&source, "http://a/1"));
        assert_ne!(one, ItemId::of_page(&source, "http://a/2"));
        assert_eq!(one.as_str().len(), 20);
    }

    #[test]
    fn ids_refuse_what_would_need_escaping() {
        for bad in ["", "A", "a/b", "a b", "栏目", &"a".repeat(65)] {
            assert!(ColumnId::new(bad).is_err(), "{bad:?}");
        }
        assert!(ColumnId::new("zwdt-2_1.x").is_ok());
    }
}
