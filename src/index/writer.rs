//! The one writer of the index: adds, removes, commits with the last applied sequence, erases for good.
//!
//! Promises: what [`IndexWriter::commit`] acknowledged is on disk, together with the sequence of the site's feed that it
//! reaches; after a crash the index stands at a commit, and [`IndexWriter::applied_seq`] says where the feed goes on. Applying
//! an event twice changes nothing. Limits: one thread and 30 MB for what is not committed yet; one writer a folder.
//! Everything here blocks: call it from a blocking thread.

use std::path::Path;
use std::time::{Duration, Instant};

use tantivy::directory::MmapDirectory;
use tantivy::directory::error::LockError;
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, NoMergePolicy};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, Index, SegmentReader, TantivyError};

use super::error::IndexError;
use super::folder::Folder;
use super::schema::{Fields, IndexDoc};
use super::words::Words;
use crate::model::ItemId;

/// Memory of what is not committed yet, in bytes.
const MEMORY: usize = 30_000_000;
/// Share of removed items above which a segment is written anew.
const REMOVED_RATIO: f32 = 0.2;
/// How long a lock that another holds is asked for again: a child that a killed writer was just starting holds it until
/// it runs its program.
const LOCK_WAIT: Duration = Duration::from_secs(1);
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// How often an erasure is tried while merges are under way, and how long it waits in between.
const ERASE_TRIES: u32 = 600;
const ERASE_PAUSE: Duration = Duration::from_millis(100);

/// The writer.
pub struct IndexWriter {
    folder: Folder,
    name: String,
    /// Whether it is the live index; one that is built beside is not yet.
    live: bool,
    index: Index,
    fields: Fields,
    writer: tantivy::IndexWriter,
    applied: u64,
    changed: bool,
}

impl IndexWriter {
    /// Opens the live index of `root`, or begins an empty one where there is none.
    ///
    /// # Errors
    /// [`IndexError::Busy`], [`IndexError::Outdated`], [`IndexError::Damaged`], [`IndexError::Io`].
    pub fn open(root: &Path, words: &Words) -> Result<Self, IndexError> {
        let (folder, fields) = (Folder::new(root), Fields::new());
        if let Some(name) = folder.current()? {
            if !Folder::fits(&name, &fields.mark()) {
                return Err(IndexError::Outdated { path: folder.path(&name) });
            }
            let index = open_index(&folder, &name)?;
            let writer = Self::start(folder, name, true, index, fields, words)?;
            writer.folder.sweep(&writer.name)?;
            return Ok(writer);
        }
        let mut writer = Self::create_beside(root, words)?;
        writer.folder.point(&writer.name)?;
        writer.live = true;
        writer.folder.sweep(&writer.name)?;
        Ok(writer)
    }

    /// Begins an empty index beside the live one; [`IndexWriter::swap`] puts it in its place.
    ///
    /// # Errors
    /// [`IndexError::Io`], [`IndexError::Damaged`].
    pub fn create_beside(root: &Path, words: &Words) -> Result<Self, IndexError> {
        let (folder, fields) = (Folder::new(root), Fields::new());
        let name = folder.make(&fields.mark())?;
        let path = folder.path(&name);
        let directory = MmapDirectory::open(&path).map_err(|error| damaged(&folder, &name, error.into()))?;
        let schema = fields.schema.clone();
        let index = Index::open_or_create(directory, schema).map_err(|error| damaged(&folder, &name, error))?;
        Self::start(folder, name, false, index, fields, words)
    }

    fn start(
        folder: Folder,
        name: String,
        live: bool,
        index: Index,
        fields: Fields,
        words: &Words,
    ) -> Result<Self, IndexError> {
        Fields::register(&index, words);
        let writer = lock(&index).map_err(|error| match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => IndexError::Busy { path: folder.path(&name) },
            other => damaged(&folder, &name, other),
        })?;
        writer.set_merge_policy(Box::new(merge_policy()));
        let applied = applied_seq(&index).map_err(|error| damaged(&folder, &name, error))?;
        Ok(Self { folder, name, live, index, fields, writer, applied, changed: false })
    }

    /// The last sequence of the site's feed that the last commit reaches; 0 for an empty index.
    #[must_use]
    pub fn applied_seq(&self) -> u64 {
        self.applied
    }

    /// Puts an item in, in place of what is there under its id.
    ///
    /// # Errors
    /// [`IndexError::Damaged`] where the writing thread died; open the index again.
    pub fn add(&mut self, doc: &IndexDoc) -> Result<(), IndexError> {
        self.remove(&doc.id);
        let document = self.fields.document(doc);
        self.writer.add_document(document).map_err(|error| self.damaged(error))?;
        Ok(())
    }

    /// Takes an item out. Its bytes stay in the files until they are merged; see [`IndexWriter::erase`].
    pub fn remove(&mut self, id: &ItemId) {
        self.writer.delete_term(self.fields.id_term(id));
        self.changed = true;
    }

    /// Makes everything since the last commit durable and public to readers, as of `seq`.
    ///
    /// # Errors
    /// [`IndexError::Replaced`] where a rebuilt index took this one's place; else as [`IndexWriter::add`].
    pub fn commit(&mut self, seq: u64) -> Result<(), IndexError> {
        if self.live && self.folder.current()?.as_deref() != Some(self.name.as_str()) {
            return Err(IndexError::Replaced { path: self.folder.path(&self.name) });
        }
        if !self.changed && seq == self.applied {
            return Ok(());
        }
        let done = self.writer.prepare_commit().and_then(|mut commit| {
            commit.set_payload(&seq.to_string());
            commit.commit()
        });
        done.map_err(|error| self.damaged(error))?;
        self.applied = seq;
        self.changed = false;
        Ok(())
    }

    /// Takes items out and their bytes from the files: every segment that ever held one is written anew, and the old
    /// files are removed. Commits at the last applied sequence. Returns the number of segments that were written anew.
    ///
    /// A reader that is open still maps the old files until it reloads.
    ///
    /// # Errors
    /// [`IndexError::NotErased`] where merges kept it from it for a minute; else as [`IndexWriter::commit`].
    pub fn erase(&mut self, ids: &[ItemId]) -> Result<usize, IndexError> {
        ids.iter().for_each(|id| self.remove(id));
        self.commit(self.applied)?;
        self.writer.set_merge_policy(Box::new(NoMergePolicy));
        let erased = self.rewrite(ids);
        self.writer.set_merge_policy(Box::new(merge_policy()));
        self.writer.garbage_collect_files().wait().map_err(|error| self.damaged(error))?;
        erased
    }

    fn rewrite(&mut self, ids: &[ItemId]) -> Result<usize, IndexError> {
        let mut written = 0;
        for _ in 0..ERASE_TRIES {
            let held = self.holding(ids).map_err(|error| self.damaged(error))?;
            if held.is_empty() {
                return Ok(written);
            }
            // a segment that is being merged already refuses; it is looked at again
            match self.writer.merge(&held).wait() {
                Ok(_) => written += held.len(),
                Err(_) => std::thread::sleep(ERASE_PAUSE),
            }
        }
        let left = self.holding(ids).map_err(|error| self.damaged(error))?.len();
        if left == 0 { Ok(written) } else { Err(IndexError::NotErased { path: self.folder.path(&self.name), left }) }
    }

    /// The segments whose files hold one of the items, removed or not.
    fn holding(&self, ids: &[ItemId]) -> tantivy::Result<Vec<SegmentId>> {
        let mut held = Vec::new();
        for segment in self.index.searchable_segments()? {
            let reader = SegmentReader::open(&segment)?;
            let inverted = reader.inverted_index(self.fields.id)?;
            for id in ids {
                let postings = inverted.read_postings(&self.fields.id_term(id), IndexRecordOption::Basic)?;
                if postings.is_some_and(|postings| postings.doc() != tantivy::TERMINATED) {
                    held.push(segment.id());
                    break;
                }
            }
        }
        Ok(held)
    }

    /// Ends the building of an index beside the live one: waits for its merges and puts it in the place of the live one,
    /// whose files are removed. Commit first. Open it again to go on writing.
    ///
    /// # Errors
    /// As [`IndexWriter::commit`].
    pub fn swap(self) -> Result<(), IndexError> {
        let Self { folder, name, writer, .. } = self;
        writer.wait_merging_threads().map_err(|error| damaged(&folder, &name, error))?;
        folder.point(&name)?;
        folder.sweep(&name)
    }

    fn damaged(&self, source: TantivyError) -> IndexError {
        damaged(&self.folder, &self.name, source)
    }
}

/// Opens the files of one index for writing.
fn open_index(folder: &Folder, name: &str) -> Result<Index, IndexError> {
    Index::open_in_dir(folder.path(name)).map_err(|error| damaged(folder, name, error))
}

fn merge_policy() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_del_docs_ratio_before_merge(REMOVED_RATIO);
    policy
}

/// Takes the writer's lock.
fn lock(index: &Index) -> tantivy::Result<tantivy::IndexWriter> {
    let began = Instant::now();
    loop {
        let options = IndexWriterOptions::builder().memory_budget_per_thread(MEMORY).num_merge_threads(1).build();
        match index.writer_with_options(options) {
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) if began.elapsed() < LOCK_WAIT => {
                std::thread::sleep(LOCK_PAUSE);
            }
            done => return done,
        }
    }
}

/// The sequence in the payload of the last commit.
pub(super) fn applied_seq(index: &Index) -> tantivy::Result<u64> {
    Ok(index.load_metas()?.payload.and_then(|payload| payload.parse().ok()).unwrap_or(0))
}

pub(super) fn damaged(folder: &Folder, name: &str, source: TantivyError) -> IndexError {
    IndexError::Damaged { path: folder.path(name), source }
}
