//! A rule as it was written: what it guards, what it looks for, where, and the examples that prove it.
//!
//! Owns the typed form of `rules/*.toml` and `dictionaries/*.csv`; `docs/rules.md` describes every key. A rule that
//! exists here has passed its file's checks, not yet its examples.

use std::sync::Arc;

use jiff::civil::Date;

use super::detect::Template;
use super::fingerprint::{LEAST, Registered};
use super::scope::Scope;
use crate::model::{Action, Level};

/// Gap characters that may stand between two letters of a term unless a rule says otherwise.
pub(super) const USUAL_GAP: u32 = 6;
/// The most that a rule may allow.
pub(super) const WIDEST_GAP: u32 = 32;
/// The most letters that `near` may span.
pub(super) const WIDEST_NEAR: u32 = 500;
/// The most letters of a term, exception or context word.
pub(super) const LONGEST_TERM: usize = 200;
/// The highest variant level on offer.
pub(super) const HIGHEST_VARIANTS: u8 = 4;

/// A rule of a set.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    /// Unique and never used again: `BM-0001`; `dictionary/NAME` for a dictionary that no rule names.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// What it guards.
    pub level: Level,
    /// What it asks for.
    pub action: Action,
    /// What it looks for.
    pub looks_for: LooksFor,
    /// How far disguises are undone, 0 to 4.
    pub variants: u8,
    /// Gap characters that may stand between two letters.
    pub gap: u32,
    /// What it is limited to.
    pub scope: Scope,
    /// Words that must stand near.
    pub near: Option<Near>,
    /// Phrases that excuse a hit which they contain.
    pub exceptions: Vec<String>,
    /// Texts that it must find, run at load.
    pub positive: Vec<String>,
    /// Texts that it must not find, run at load.
    pub negative: Vec<String>,
    /// Law, standard or decision that it rests on.
    pub basis: String,
    /// When it must be looked at again; an expired rule goes on.
    pub review_date: Option<Date>,
    /// Who wrote it.
    pub drafted_by: Option<String>,
    /// Who approved it.
    pub approved_by: Option<String>,
    /// Anything else, for people.
    pub note: String,
    /// The file it stands in, as in the bundle.
    pub file: String,
    /// Its first line there.
    pub line: usize,
}

/// What a rule looks for.
#[derive(Clone, PartialEq, Debug)]
pub enum LooksFor {
    /// Words.
    Terms(Vec<Term>),
    /// A structure that a detector knows.
    Template(Template),
    /// Documents that are registered by their fingerprints.
    Fingerprints(RegisteredDocuments),
}

/// Registered documents, and what of one in a text is a finding.
#[derive(Clone, PartialEq, Debug)]
pub struct RegisteredDocuments {
    /// The file of fingerprints, as in the bundle.
    pub file: String,
    /// What stands in it.
    pub registered: Arc<Registered>,
    /// So many different fingerprints of one document within 2,000 letters are a finding.
    pub passage: u32,
    /// This share of a document's fingerprints, 0.01 to 1, is a finding where that is fewer: for short documents.
    pub share: f64,
}

impl RegisteredDocuments {
    /// How many of a document's `prints` fingerprints within 2,000 letters are a finding; four at least.
    #[must_use]
    pub fn enough(&self, prints: usize) -> u32 {
        let share = (prints as f64 * self.share).ceil() as u32;
        share.clamp(LEAST, self.passage.max(LEAST))
    }
}

/// A word of a rule or a dictionary.
#[derive(Clone, PartialEq, Debug)]
pub struct Term {
    /// As it was written.
    pub text: String,
    /// What it guards.
    pub level: Level,
    /// What it asks for.
    pub action: Action,
    /// How far disguises are undone.
    pub variants: u8,
    /// When it must be looked at again.
    pub review_date: Option<Date>,
    /// Where the word comes from.
    pub source: String,
    /// Anything else.
    pub note: String,
    /// Its line in the file.
    pub line: usize,
}

/// Words that must stand near a hit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Near {
    /// The words.
    pub words: Vec<String>,
    /// How many different ones must stand there.
    pub at_least: usize,
    /// Letters between the hit and a word, at most.
    pub within: u32,
    /// What both must stand in.
    pub same: Same,
}

/// What a hit and the words near it must share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Same {
    /// The text.
    Text,
    /// A line, that is a paragraph 段.
    Line,
    /// A sentence 句.
    Sentence,
}

impl Same {
    /// Reads 段 or 句.
    pub(super) fn of_word(word: &str) -> Option<Self> {
        match word {
            "段" => Some(Self::Line),
            "句" => Some(Self::Sentence),
            _ => None,
        }
    }
}

impl Rule {
    /// The words of the rule; none for a detector.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        match &self.looks_for {
            LooksFor::Terms(terms) => terms,
            LooksFor::Template(_) | LooksFor::Fingerprints(_) => &[],
        }
    }

    /// The registered documents of the rule, where it is one about such.
    #[must_use]
    pub fn documents(&self) -> Option<&RegisteredDocuments> {
        match &self.looks_for {
            LooksFor::Fingerprints(documents) => Some(documents),
            LooksFor::Terms(_) | LooksFor::Template(_) => None,
        }
    }

    /// The highest variant level that any of its words asks for.
    #[must_use]
    pub fn highest_variants(&self) -> u8 {
        self.terms().iter().map(|term| term.variants).max().unwrap_or(self.variants)
    }
}
