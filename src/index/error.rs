//! Why the index cannot do what it was asked.

use std::path::PathBuf;

/// Every failure of the index; the index is derived, so the cure of most is to make it anew.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// A file or folder cannot be read or written.
    #[error("cannot {what} {path}: {source}; check that the folder exists and belongs to the user that runs menhu")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The files do not hold together.
    #[error("the search index in {path} is damaged: {source}; make it anew from the site with: menhu index rebuild")]
    Damaged {
        /// Where.
        path: PathBuf,
        /// What tantivy says.
        source: tantivy::TantivyError,
    },
    /// It was made by another version of menhu.
    #[error(
        "the search index in {path} has another form than this version reads; make it anew with: menhu index rebuild"
    )]
    Outdated {
        /// Where.
        path: PathBuf,
    },
    /// Another process writes it.
    #[error("the search index in {path} is being written by another process; stop it first, or wait until it is done")]
    Busy {
        /// Where.
        path: PathBuf,
    },
    /// A rebuilt index took the place of the one that this writer writes.
    #[error(
        "the search index in {path} was replaced by a rebuilt one; open it again and apply the feed from its sequence"
    )]
    Replaced {
        /// The old one.
        path: PathBuf,
    },
    /// Bytes of erased items are still in the files.
    #[error(
        "{left} segments of the search index in {path} still hold erased items; make it anew with: menhu index rebuild"
    )]
    NotErased {
        /// Where.
        path: PathBuf,
        /// How many segments hold them.
        left: usize,
    },
}
