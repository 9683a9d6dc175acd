//! The gate: screens every item for classified and private content before it can be queued or published.
//!
//! Owns the rules (`rules/*.toml`, `dictionaries/*.csv`, `*.fingerprints`; `docs/rules.md`), the folding of text to classes, the
//! automaton, the detectors and the verdict. Promises: fails closed (no verdict "unknown", no truncation, no empty rule
//! set, a time limit past which an item is held); linear time; findings point at the original text, in UTF-8 bytes.
//!
//! The way of a text: `scan` walks it once over `classes` (made from `fold`) through the `matcher`; `inspect` judges
//! hits with `context`, `detect` and `transforms`, again for each of its `views`; `findings` keeps the worst.

mod bundle;
mod chinese;
mod classes;
mod compile;
mod context;
mod detect;
mod dictionary;
mod encodings;
mod errors;
mod examples;
mod filter;
mod findings;
mod fingerprint;
mod fold;
mod inspect;
mod layer;
mod letters;
mod lint;
mod matcher;
mod misread;
mod numbers;
mod numerals;
mod other_forms;
mod prefixes;
mod reach;
mod release;
mod rule;
mod rule_file;
mod rule_set;
mod scan;
mod scope;
mod screener;
mod seam;
mod sounds;
mod split;
mod transforms;
mod views;
mod window;

pub use bundle::RuleBundle;
pub use detect::Template;
pub use errors::{Lint, RuleError, RuleErrors};
pub use fingerprint::{Added, ENDING as FINGERPRINTS, Registered, Registrar, Unfit};
pub use other_forms::other_forms;
pub use release::{RELEASES, Release, with_releases};
pub use rule::{LooksFor, Near, RegisteredDocuments, Rule, Same, Term};
pub use rule_set::RuleSet;
pub use scope::Scope;
pub use screener::{Cleared, Held, Screened, Screener, TOO_LONG};
