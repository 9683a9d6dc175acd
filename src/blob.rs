//! Blobs: raw pages and attachments, kept as files under the name of their SHA-256.
//!
//! `DIR/ab/cd/abcd…`: two levels of 256 folders. A file is written beside its place, flushed, renamed, and its folder
//! flushed, so a name that exists has its whole content, also after a power cut. Every read verifies the hash.
//! Largest blob: what the caller's own limits let in; a blob is held in memory whole.

use std::path::{Path, PathBuf};

use crate::model::BlobId;

/// Why a blob could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is none of that name.
    #[error("there is no blob {0}")]
    Missing(BlobId),
    /// The file does not have the content that its name says.
    #[error(
        "the file {path} does not have the content that its name says: damaged, or changed by hand; restore it from the backup"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// The file system failed.
    #[error("cannot {doing} {path}: {source}")]
    File {
        /// `read`, `write`, …
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
}

/// A folder of blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Blobs {
    dir: PathBuf,
}

impl Blobs {
    /// Opens a folder, and makes it where it is missing.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub fn open(dir: &Path) -> Result<Self, BlobError> {
        todo!()
    }

    /// Opens a folder to read; it is not made, and nothing is written.
    #[must_use]
    pub fn open_read_only(dir: &Path) -> Self {
        Self { dir: dir.to_owned() }
    }

    /// Keeps bytes; returns their name once they are on the disk. The same bytes again cost one read.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn put(&self, bytes: Vec<u8>) -> Result<BlobId, BlobError> {
        todo!()
    }

    /// The bytes of that name, verified.
    ///
    /// # Errors
    /// [`BlobError::Missing`], [`BlobError::Damaged`], [`BlobError::File`].
    pub async fn get(&self, id: &BlobId) -> Result<Vec<u8>, BlobError> {
        todo!()
    }

    /// Whether there is a file of that name; its content is not looked at.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn contains(&self, id: &BlobId) -> Result<bool, BlobError> {
        todo!()
    }

    /// Removes a blob; returns whether it was there.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn remove(&self, id: &BlobId) -> Result<bool, BlobError> {
        todo!()
    }

    /// The names in one of the 256 shards, sorted: for walking all of them without holding all names.
    ///
    /// # Errors
    /// [`BlobError::File`].
    pub async fn shard(&self, shard: u8) -> Result<Vec<BlobId>, BlobError> {
        todo!()
    }
}
