//! Searching: opens the live index for reading only, follows it when told to, answers.
//!
//! Promises: never writes, so a process without the right to write can use it; any text is answered; the work of a query
//! is bounded by the limits of [`super::query`]. A reader of an index that does not exist yet answers with nothing and
//! finds it at [`IndexReader::reload`]. What it finds is a proposal: the site store decides what may be shown.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use tantivy::directory::MmapDirectory;
use tantivy::schema::Value as _;
use tantivy::{DocAddress, Index, ReloadPolicy, Searcher, TantivyDocument, TantivyError};

use super::error::IndexError;
use super::folder::Folder;
use super::gather::{Gather, Gathered, Sort};
use super::plan::{Plan, WEIGHTS};
use super::query::{Asked, Query, WINDOW};
use super::readonly::ReadOnly;
use super::schema::Fields;
use super::snippet::{Fragment, Highlighter};
use super::words::Words;
use crate::model::{ColumnId, ItemId, Timestamp, UnitId};

/// Opening is tried so often, because the writer may remove a file just then.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(20);
/// Fewer strict results than this, or than a page, and the search is broadened.
const ENOUGH: usize = 10;
/// Most suggestions.
const SUGGESTIONS: usize = 20;

/// The reader.
pub struct IndexReader {
    folder: Folder,
    fields: Fields,
    words: Words,
    live: ArcSwapOption<Live>,
}

struct Live {
    name: String,
    stamp: Stamp,
    index: Index,
    reader: tantivy::IndexReader,
}

/// What changes with every commit: `meta.json` is renamed into place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp(u64, i64, i64, u64);

/// A result.
#[derive(Clone, PartialEq, Debug)]
pub struct Hit {
    /// The item.
    pub id: ItemId,
    /// How well it fits; only for comparing within one answer, and 0 where the order is by date.
    pub score: f32,
}

/// How many results there would be with each value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facets {
    /// By column, most first.
    pub columns: Vec<(ColumnId, u64)>,
    /// By unit, most first.
    pub units: Vec<(UnitId, u64)>,
    /// By year of publication, newest first.
    pub years: Vec<(i16, u64)>,
}

/// An answer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Hits {
    /// Items that match, all pages.
    pub total: u64,
    /// One page of them.
    pub hits: Vec<Hit>,
    /// Counts; each under every filter but its own.
    pub facets: Facets,
    /// How many of them hold every term, and come first; fewer than `total` where that was too little, so that what
    /// holds some was taken too.
    pub strict: u64,
    /// Whether the query was too long and its end left off.
    pub shortened: bool,
}

/// A title that begins with or holds what was typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Suggestion {
    /// The item.
    pub id: ItemId,
    /// Its title.
    pub title: String,
}

impl IndexReader {
    /// Opens the live index of `root` without writing anything.
    ///
    /// # Errors
    /// [`IndexError::Outdated`], [`IndexError::Damaged`], [`IndexError::Io`].
    pub fn open_read_only(root: &Path, words: &Words) -> Result<Self, IndexError> {
        let reader = Self {
            folder: Folder::new(root),
            fields: Fields::new(),
            words: words.clone(),
            live: ArcSwapOption::empty(),
        };
        reader.reload()?;
        Ok(reader)
    }

    /// Follows the writer, where it committed since; says whether it did. Costs two looks at files where it did not.
    ///
    /// # Errors
    /// As [`IndexReader::open_read_only`]; the reader goes on with what it had.
    pub fn reload(&self) -> Result<bool, IndexError> {
        let mut tries = 0;
        loop {
            match self.follow() {
                Err(IndexError::Damaged { .. } | IndexError::Io { .. }) if tries < TRIES => {
                    tries += 1;
                    std::thread::sleep(PAUSE);
                }
                other => return other,
            }
        }
    }

    fn follow(&self) -> Result<bool, IndexError> {
        let Some(name) = self.folder.current()? else {
            return Ok(self.live.swap(None).is_some());
        };
        if !Folder::fits(&name, &self.fields.mark()) {
            return Err(IndexError::Outdated { path: self.folder.path(&name) });
        }
        let stamp = self.stamp(&name)?;
        let live = self.live.load_full().filter(|live| live.name == name);
        if live.as_ref().is_some_and(|live| live.stamp == stamp) {
            return Ok(false);
        }
        let damaged = |source: TantivyError| IndexError::Damaged { path: self.folder.path(&name), source };
        let (index, reader) = match live {
            Some(live) => {
                live.reader.reload().map_err(damaged)?;
                (live.index.clone(), live.reader.clone())
            }
            None => self.open(&name).map_err(damaged)?,
        };
        self.live.store(Some(Arc::new(Live { name, stamp, index, reader })));
        Ok(true)
    }

    fn open(&self, name: &str) -> tantivy::Result<(Index, tantivy::IndexReader)> {
        let index = Index::open(ReadOnly(MmapDirectory::open(self.folder.path(name))?))?;
        Fields::register(&index, &self.words);
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(8);
        Ok((index.clone(), reader.try_into()?))
    }

    fn stamp(&self, name: &str) -> Result<Stamp, IndexError> {
        let path = self.folder.path(name).join("meta.json");
        let meta = std::fs::metadata(&path).map_err(|source| IndexError::Io { what: "read", path, source })?;
        Ok(Stamp(meta.ino(), meta.mtime(), meta.mtime_nsec(), meta.len()))
    }

    /// Searches.
    ///
    /// # Errors
    /// [`IndexError::Damaged`].
    pub fn search(&self, query: &Query) -> Result<Hits, IndexError> {
        let asked = Asked::read(&query.text);
        let Some(live) = self.live.load_full() else {
            return Ok(Hits { shortened: asked.shortened, ..Hits::default() });
        };
        let answer = || -> tantivy::Result<Hits> {
            let searcher = live.reader.searcher();
            let plan = Plan { fields: &self.fields, words: &self.words, asked: &asked, weights: WEIGHTS };
            let gather = gather(query, &asked);
            let mut found = searcher.search(&plan.strict(), &gather)?;
            let enough = query.limit.max(ENOUGH) as u64;
            let broad = if found.total < enough && !asked.terms.is_empty() { plan.broad() } else { None };
            let strict = found.total;
            if let Some(broad) = broad {
                found = searcher.search(&broad, &gather)?;
            }
            let hits = self.page(&searcher, &found, query)?;
            Ok(Hits { total: found.total, strict, hits, facets: facets(found), shortened: asked.shortened })
        };
        answer().map_err(|source| IndexError::Damaged { path: self.folder.path(&live.name), source })
    }

    fn page(&self, searcher: &Searcher, found: &Gathered, query: &Query) -> tantivy::Result<Vec<Hit>> {
        let page = found.best.iter().skip(query.offset).take(query.limit);
        let hits = page.map(|(score, address)| Ok((*score, self.stored(searcher, *address)?.0)));
        let hits = hits.collect::<tantivy::Result<Vec<_>>>()?;
        Ok(hits.into_iter().filter_map(|(score, id)| Some(Hit { id: ItemId::new(id).ok()?, score })).collect())
    }

    /// Id and title as they are stored.
    fn stored(&self, searcher: &Searcher, address: DocAddress) -> tantivy::Result<(String, String)> {
        let document: TantivyDocument = searcher.doc(address)?;
        let text = |field| document.get_first(field).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        Ok((text(self.fields.id), text(self.fields.title)))
    }

    /// Titles for what is being typed: those that begin with it, then those that hold it, newest first.
    ///
    /// # Errors
    /// [`IndexError::Damaged`].
    pub fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, IndexError> {
        let asked = Asked::read(typed);
        let Some(live) = self.live.load_full().filter(|_| !asked.terms.is_empty() && limit > 0) else {
            return Ok(Vec::new());
        };
        let answer = || -> tantivy::Result<Vec<Suggestion>> {
            let searcher = live.reader.searcher();
            let plan = Plan { fields: &self.fields, words: &self.words, asked: &asked, weights: WEIGHTS };
            let all = Query { limit: limit.min(SUGGESTIONS), ..Query::default() };
            let ranked = Gather { sort: Sort::Relevance, ..gather(&all, &asked) };
            let found = searcher.search(&plan.suggestion(), &ranked)?;
            let titles = found.best.iter().map(|(_, address)| self.stored(&searcher, *address));
            let titles = titles.collect::<tantivy::Result<Vec<_>>>()?;
            Ok(titles
                .into_iter()
                .filter_map(|(id, title)| Some(Suggestion { id: ItemId::new(id).ok()?, title }))
                .collect())
        };
        answer().map_err(|source| IndexError::Damaged { path: self.folder.path(&live.name), source })
    }

    /// What marks the words of a query in titles and texts.
    #[must_use]
    pub fn highlighter(&self, text: &str) -> Highlighter {
        Highlighter::new(&Asked::read(text), &self.words)
    }

    /// The best excerpt of one text; for several take [`IndexReader::highlighter`] once.
    #[must_use]
    pub fn snippet(&self, query: &str, text: &str) -> Vec<Fragment> {
        self.highlighter(query).snippet(text)
    }

    /// The index and its segments as they are open now; none where there is no index yet.
    pub(super) fn opened(&self) -> Option<(Index, Searcher)> {
        self.live.load_full().map(|live| (live.index.clone(), live.reader.searcher()))
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Where the live index lies.
    pub(super) fn place(&self) -> std::path::PathBuf {
        let live = self.live.load_full();
        live.map_or_else(|| self.folder.path(""), |live| self.folder.path(&live.name))
    }
}

fn gather(query: &Query, asked: &Asked) -> Gather {
    let day = |date: jiff::civil::Date| Timestamp::of_date(date).0;
    let newest = asked.terms.is_empty() && asked.text.is_empty() || asked.is_one_letter();
    Gather {
        sort: if newest { Sort::Date } else { query.sort },
        window: query.offset.saturating_add(query.limit).min(WINDOW),
        column: query.column.as_ref().map(|column| column.as_str().to_owned()),
        unit: query.unit.as_ref().map(|unit| unit.as_str().to_owned()),
        year: query.year.and_then(|year| u64::try_from(year).ok()),
        from: query.from.map_or(i64::MIN, day),
        to: query.to.map_or(i64::MAX, |date| date.tomorrow().map_or(i64::MAX, |next| day(next) - 1)),
    }
}

fn facets(found: Gathered) -> Facets {
    fn most<T>(counts: impl IntoIterator<Item = (String, u64)>, read: impl Fn(String) -> Option<T>) -> Vec<(T, u64)> {
        let mut out: Vec<_> = counts.into_iter().filter_map(|(word, count)| Some((read(word)?, count))).collect();
        out.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        out
    }
    let years = found.years.into_iter().rev().filter_map(|(year, count)| Some((i16::try_from(year).ok()?, count)));
    Facets {
        columns: most(found.columns, |word| ColumnId::new(word).ok()),
        units: most(found.units, |word| UnitId::new(word).ok()),
        years: years.collect(),
    }
}
