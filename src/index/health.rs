//! What can be said about the index itself: how large, how far, whole or damaged, and which items at which sequence.

use std::path::PathBuf;

use tantivy::schema::{IndexRecordOption, Value as _};
use tantivy::{DocSet, TERMINATED, TantivyDocument, TantivyError};

use super::error::IndexError;
use super::reader::IndexReader;
use super::writer::applied_seq;
use crate::model::ItemId;

/// The size of the index.
#[derive(Clone, PartialEq, Eq, Debug, Default, serde::Serialize)]
pub struct Stats {
    /// Items that can be found.
    pub documents: u64,
    /// Items that were removed or replaced and still lie in the files.
    pub removed: u64,
    /// Segments.
    pub segments: usize,
    /// Bytes on disk.
    pub bytes: u64,
    /// The last sequence of the feed that is in.
    pub applied_seq: u64,
    /// Where it lies.
    pub path: PathBuf,
}

impl IndexReader {
    /// Counts.
    ///
    /// # Errors
    /// [`IndexError::Damaged`].
    pub fn stats(&self) -> Result<Stats, IndexError> {
        let Some((index, searcher)) = self.opened() else {
            return Ok(Stats { path: self.place(), ..Stats::default() });
        };
        let readers = searcher.segment_readers();
        let count = || -> tantivy::Result<Stats> {
            Ok(Stats {
                documents: searcher.num_docs(),
                removed: readers.iter().map(|reader| u64::from(reader.num_deleted_docs())).sum(),
                segments: readers.len(),
                bytes: searcher.space_usage()?.total().get_bytes(),
                applied_seq: applied_seq(&index)?,
                path: self.place(),
            })
        };
        count().map_err(|source| self.damaged(source))
    }

    /// Reads every file and compares it with its checksum; gives the damaged ones.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] where even the list of files cannot be read.
    pub fn damaged_files(&self) -> Result<Vec<PathBuf>, IndexError> {
        let Some((index, _)) = self.opened() else { return Ok(Vec::new()) };
        let mut files: Vec<_> = index.validate_checksum().map_err(|source| self.damaged(source))?.into_iter().collect();
        files.sort();
        Ok(files)
    }

    /// Visits every item that can be found, with the sequence of its publication: to compare with the site.
    ///
    /// # Errors
    /// [`IndexError::Damaged`].
    pub fn each(&self, visit: &mut dyn FnMut(ItemId, u64)) -> Result<(), IndexError> {
        let Some((_, searcher)) = self.opened() else { return Ok(()) };
        let id_field = self.fields().id;
        let mut walk = || -> tantivy::Result<()> {
            for reader in searcher.segment_readers() {
                let seq = reader.fast_fields().u64("seq")?;
                let store = reader.get_store_reader(1)?;
                for doc in reader.doc_ids_alive() {
                    let document: TantivyDocument = store.get(doc)?;
                    let id = document.get_first(id_field).and_then(|value| value.as_str()).unwrap_or_default();
                    if let Ok(id) = ItemId::new(id) {
                        visit(id, seq.first(doc).unwrap_or(0));
                    }
                }
            }
            Ok(())
        };
        walk().map_err(|source| self.damaged(source))
    }

    /// The sequence at which an item was published as it is in the index; none where it is not in.
    ///
    /// # Errors
    /// [`IndexError::Damaged`].
    pub fn seq_of(&self, id: &ItemId) -> Result<Option<u64>, IndexError> {
        let Some((_, searcher)) = self.opened() else { return Ok(None) };
        let term = self.fields().id_term(id);
        let look = || -> tantivy::Result<Option<u64>> {
            for reader in searcher.segment_readers() {
                let inverted = reader.inverted_index(term.field())?;
                let Some(mut postings) = inverted.read_postings(&term, IndexRecordOption::Basic)? else { continue };
                while postings.doc() != TERMINATED {
                    if !reader.is_deleted(postings.doc()) {
                        return Ok(reader.fast_fields().u64("seq")?.first(postings.doc()));
                    }
                    postings.advance();
                }
            }
            Ok(None)
        };
        look().map_err(|source| self.damaged(source))
    }

    fn damaged(&self, source: TantivyError) -> IndexError {
        IndexError::Damaged { path: self.place(), source }
    }
}
