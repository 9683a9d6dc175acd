//! Fingerprints of registered documents: a classified text is recognised without being kept.
//!
//! Owns what a fingerprint is, `dictionaries/NAME.fingerprints`, and the walk that finds registered documents in a text.
//!
//! **What is taken.** The text is folded by the gate's own table (width, case, traditional and variant forms are one; blanks,
//! punctuation and invisible characters are gone), every [`LENGTH`] letters in a row are a shingle (Broder, On the
//! resemblance and containment of documents, 1997), and one shingle in [`ONE_IN`] is kept. Which, says a public hash of the
//! shingle alone ("0 mod p"; Schleimer, Wilkerson, Aiken, Winnowing, 2003, section 2): what was written anew around a passage
//! never changes the choice, so text and register need not agree on a window, and a text is sampled once for all documents.
//! The price against winnowing is that no gap is bounded: 120 letters hold 14 shingles of the sample on average, and none
//! with a chance of 3 in 10 million.
//!
//! **What is kept.** Of each chosen shingle 32 bits of SipHash-2-4 (Aumasson, Bernstein, SipHash, 2012) under the file's
//! random key of 128 bits; sorted, so that their order in the document is lost. HMAC-SHA256 was weighed: it costs
//! some 15 times as much on every screened text, and as the key lies in the file (a set must load by itself) it would not
//! stop what limits the secrecy, which is guessing. Short values do: each is shared by one in 4,294,967,296 of all
//! passages, so that a search through billions of plausible ones finds more strangers than true ones, and one in
//! [`ONE_IN`] leaves 8 letters between two neighbours on average, so that a chain of guesses must guess as many anew.
//!
//! **What someone with the file can do**: test whether a passage of 8 letters and more that they know or guess word by word
//! stands in it (one in 8 of such guesses can be tested at all; a sentence nearly surely), see how long the documents are,
//! and what two of them share. They cannot read one. A document of which nearly all is known can be confirmed.
//!
//! Limits: 16 MiB a file (a million fingerprints, some 1,500 documents of 5,000 letters), texts under 4 GiB.

mod file;
mod keys;
mod load;
mod register;
mod registry;
mod shingles;
#[cfg(test)]
mod tests;
mod trail;

pub use file::Registered;
pub(super) use keys::{Named, named};
pub(super) use load::{read, rule_of};
pub use register::{Added, Registrar, Unfit};
pub(super) use registry::{Recognised, Registry};

/// Letters of a shingle.
pub(super) const LENGTH: usize = 8;
/// One shingle in so many is kept; a power of two.
pub(super) const ONE_IN: u64 = 8;
/// What a file of fingerprints ends with.
pub const ENDING: &str = ".fingerprints";
/// Different fingerprints of one document within [`trail::WINDOW`] letters that are a finding, unless a rule says otherwise.
pub(super) const USUAL_PASSAGE: u32 = 6;
/// The fewest that are ever enough: fewer are met by chance, in set phrases.
pub(super) const LEAST: u32 = 4;
/// The share of a short document's fingerprints that is enough, unless a rule says otherwise: 3 in 10 letters replaced one
/// by one leave 6 in 100 shingles.
pub(super) const USUAL_SHARE: f64 = 0.04;

/// Whether the file of a bundle holds fingerprints.
pub(super) fn is_file(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ENDING)
}
