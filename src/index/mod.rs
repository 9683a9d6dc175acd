//! The search index: what is published, findable by any of its letters.
//!
//! Owns the tantivy index under `data/site/index`, everything between a typed query and a ranked list of ids, and
//! highlighting. Promises: no substring of a published text is unfindable; any query is answered within bounded work;
//! the index is derived and knows how far it is derived (the sequence in its last commit), so it can be lost, rebuilt
//! beside and swapped; a reader never writes. It is never asked what may be shown: that is the site store's.
//!
//! Reading order: [`fold`] (letters), `grams` and `words` (tokens), `number` (文号), `schema` (an item in the index),
//! `folder`, `writer`, `query`, `plan` and `ranked` (what is asked), `gather` (one pass), `reader`, `snippet`, `health`.

mod error;
pub mod fold;
mod folder;
mod gather;
mod grams;
mod health;
mod number;
mod plan;
mod query;
mod ranked;
mod reader;
mod readonly;
mod schema;
mod snippet;
mod words;
mod writer;

pub use error::IndexError;
pub use gather::Sort;
pub use health::Stats;
pub use number::Number;
pub use query::{Query, TERM_LIMIT, TEXT_LIMIT, WINDOW};
pub use reader::{Facets, Hit, Hits, IndexReader, Suggestion};
pub use schema::IndexDoc;
pub use snippet::{Fragment, Highlighter, LONGEST, SHORTEST};
pub use words::Words;
pub use writer::IndexWriter;
