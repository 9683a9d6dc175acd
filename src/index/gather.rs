//! One pass over what matches: filters, counts, facets, and the best of it.
//!
//! Owns the order of results. A facet is counted under every filter but its own, so that each value shows what choosing
//! it would give. Limits: keeps at most the window that is asked for; values of columns only, no text is read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::{Column, StrColumn};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// What results are ordered by. Ties of relevance go to the newest, all ties to what was published last on the site.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// Best first.
    #[default]
    Relevance,
    /// Newest first.
    Date,
}

/// The collector.
#[derive(Clone, Debug)]
pub(super) struct Gather {
    pub sort: Sort,
    /// How many of the best are kept.
    pub window: usize,
    pub column: Option<String>,
    pub unit: Option<String>,
    pub year: Option<u64>,
    /// Microseconds, first and last.
    pub from: i64,
    pub to: i64,
}

/// Descending keys; the last is the site's sequence, so the order is total and stays the same over merges.
type Key = (u64, u64, u64);

/// What the pass found.
#[derive(Default)]
pub(super) struct Gathered {
    pub total: u64,
    /// Best first.
    pub best: Vec<(Score, DocAddress)>,
    pub columns: BTreeMap<String, u64>,
    pub units: BTreeMap<String, u64>,
    pub years: BTreeMap<u64, u64>,
}

/// The pass over one segment.
pub(super) struct Pass {
    sort: Sort,
    window: usize,
    segment: SegmentOrdinal,
    from: i64,
    to: i64,
    column: Values,
    unit: Values,
    year: Column<u64>,
    wanted_year: Option<u64>,
    years: BTreeMap<u64, u64>,
    published: Column<i64>,
    seq: Column<u64>,
    total: u64,
    /// The least of the best on top; of equals the later document.
    heap: BinaryHeap<Reverse<(Key, Reverse<DocId>)>>,
}

/// A column of words and how often each was seen.
struct Values {
    column: Option<StrColumn>,
    /// The value that is asked for; `Some(None)` where the segment does not know it.
    wanted: Option<Option<u64>>,
    counts: Vec<u64>,
}

impl Values {
    fn new(column: Option<StrColumn>, wanted: Option<&str>) -> tantivy::Result<Self> {
        let wanted = match (wanted, &column) {
            (None, _) => None,
            (Some(_), None) => Some(None),
            (Some(value), Some(column)) => Some(column.dictionary().term_ord(value)?),
        };
        let size = column.as_ref().map_or(0, |column| column.num_terms());
        Ok(Self { column, wanted, counts: vec![0; size] })
    }

    fn of(&self, doc: DocId) -> Option<u64> {
        self.column.as_ref().and_then(|column| column.ords().first(doc))
    }

    fn fits(&self, value: Option<u64>) -> bool {
        self.wanted.is_none_or(|wanted| wanted.is_some() && wanted == value)
    }

    fn count(&mut self, value: Option<u64>) {
        let slot = value.and_then(|value| usize::try_from(value).ok()).and_then(|slot| self.counts.get_mut(slot));
        if let Some(slot) = slot {
            *slot += 1;
        }
    }

    /// The words with their counts.
    fn harvest(self) -> BTreeMap<String, u64> {
        let Some(column) = self.column else { return BTreeMap::new() };
        let seen = self.counts.into_iter().enumerate().filter(|(_, count)| *count > 0);
        let named = seen.filter_map(|(value, count)| {
            let mut word = String::new();
            column.ord_to_str(value as u64, &mut word).ok().filter(|known| *known).map(|_| (word, count))
        });
        named.collect()
    }
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = Pass;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<Pass> {
        let columns = reader.fast_fields();
        Ok(Pass {
            sort: self.sort,
            window: self.window,
            segment,
            from: self.from,
            to: self.to,
            column: Values::new(columns.str("column")?, self.column.as_deref())?,
            unit: Values::new(columns.str("unit")?, self.unit.as_deref())?,
            year: columns.u64("year")?,
            wanted_year: self.year,
            years: BTreeMap::new(),
            published: columns.i64("published")?,
            seq: columns.u64("seq")?,
            total: 0,
            heap: BinaryHeap::new(),
        })
    }

    fn requires_scoring(&self) -> bool {
        self.sort == Sort::Relevance
    }

    fn merge_fruits(&self, parts: Vec<PassFruit>) -> tantivy::Result<Gathered> {
        let mut all = Gathered::default();
        let mut ranked = Vec::new();
        for part in parts {
            all.total += part.total;
            add(&mut all.columns, part.columns);
            add(&mut all.units, part.units);
            add(&mut all.years, part.years);
            ranked.extend(part.best);
        }
        ranked.sort_unstable_by(|a, b| b.cmp(a));
        ranked.truncate(self.window);
        let score = |key: &Key| f32::from_bits(if self.sort == Sort::Relevance { key.0 } else { key.1 } as u32);
        all.best = ranked.into_iter().map(|(key, Reverse(address))| (score(&key), address)).collect();
        Ok(all)
    }
}

fn add<K: Ord>(all: &mut BTreeMap<K, u64>, part: BTreeMap<K, u64>) {
    for (value, count) in part {
        *all.entry(value).or_default() += count;
    }
}

/// What one segment gives.
pub(super) struct PassFruit {
    total: u64,
    best: Vec<(Key, Reverse<DocAddress>)>,
    columns: BTreeMap<String, u64>,
    units: BTreeMap<String, u64>,
    years: BTreeMap<u64, u64>,
}

impl Pass {
    /// Keeps a document where it belongs to the best.
    fn rank(&mut self, doc: DocId, score: Score, published: i64) {
        // non-negative floats order as their bits do; times are moved above zero
        let score = u64::from(score.max(0.0).to_bits());
        let time = (published as u64) ^ (1 << 63);
        let (first, second) = if self.sort == Sort::Relevance { (score, time) } else { (time, score) };
        if self.heap.len() < self.window {
            self.heap.push(Reverse(((first, second, self.seq.first(doc).unwrap_or(0)), Reverse(doc))));
            return;
        }
        let Some(mut least) = self.heap.peek_mut() else { return };
        let Reverse((key, last)) = *least;
        if (first, second) < (key.0, key.1) {
            return;
        }
        let candidate = ((first, second, self.seq.first(doc).unwrap_or(0)), Reverse(doc));
        if candidate > (key, last) {
            *least = Reverse(candidate);
        }
    }
}

impl SegmentCollector for Pass {
    type Fruit = PassFruit;

    fn collect(&mut self, doc: DocId, score: Score) {
        let published = self.published.first(doc).unwrap_or(0);
        if published < self.from || published > self.to {
            return;
        }
        let (column, unit, year) = (self.column.of(doc), self.unit.of(doc), self.year.first(doc).unwrap_or(0));
        let fits_column = self.column.fits(column);
        let fits_unit = self.unit.fits(unit);
        let fits_year = self.wanted_year.is_none_or(|wanted| wanted == year);
        if fits_unit && fits_year {
            self.column.count(column);
        }
        if fits_column && fits_year {
            self.unit.count(unit);
        }
        if fits_column && fits_unit {
            *self.years.entry(year).or_default() += 1;
            if fits_year {
                self.total += 1;
                self.rank(doc, score, published);
            }
        }
    }

    fn harvest(self) -> PassFruit {
        let segment = self.segment;
        let best = self.heap.into_iter();
        let best = best.map(|Reverse((key, Reverse(doc)))| (key, Reverse(DocAddress::new(segment, doc)))).collect();
        PassFruit {
            total: self.total,
            best,
            columns: self.column.harvest(),
            units: self.unit.harvest(),
            years: self.years,
        }
    }
}
