//! The registered documents of a whole rule set, and the walk that finds them in a text.
//!
//! Promises: one walk over a text however many documents and files there are, linear in the text; a value is computed once
//! for each different key, and files that were made beside one another have one key. Room: 12 bytes a fingerprint. The
//! rules that do not read a part of an item do not count there.

use std::collections::BTreeMap;

use super::shingles::{Key, Shingle, walk};
use super::trail::{Met, Trail};
use crate::screen::fold::FoldTable;
use crate::screen::rule::{LooksFor, Rule};
use crate::screen::scan::{Deadline, TooLong};

/// Steps of the walk between two looks at the clock.
const LOOK: usize = 4096;

/// Whose a fingerprint is: document, and which of its fingerprints.
type Owner = (u32, u32);
/// A fingerprint and whose it is.
type Entry = (u32, Owner);

/// A document as a rule guards it.
struct Document {
    rule: usize,
    /// Its number in the file, from 1 on.
    number: usize,
    prints: u32,
    /// How many of its fingerprints are enough.
    enough: u32,
}

/// The fingerprints of all files of one key.
struct Table {
    key: Key,
    /// Ascending, once for each document that has it.
    prints: Vec<u32>,
    /// Whose each is.
    owners: Vec<Owner>,
    /// Where the fingerprints begin that have these high bits.
    begins: Vec<u32>,
    shift: u32,
}

/// All registered documents of a set.
pub(in crate::screen) struct Registry {
    tables: Vec<Table>,
    documents: Vec<Document>,
    rules: Vec<usize>,
}

/// A part of a text that is taken from a registered document.
pub(in crate::screen) struct Recognised {
    pub(in crate::screen) rule: usize,
    /// The document's number in the file.
    pub(in crate::screen) document: usize,
    pub(in crate::screen) start: usize,
    pub(in crate::screen) end: usize,
    /// Fingerprints of the document in the whole text, and all that it has.
    pub(in crate::screen) met: u32,
    pub(in crate::screen) all: u32,
}

impl Recognised {
    /// The sentence for an officer: the neutral name and the number, and how much of the document the text has.
    pub(in crate::screen) fn why(&self, name: &str) -> String {
        let Self { document, met, all, .. } = self;
        let percent = (u64::from(*met) * 100).div_ceil(u64::from(*all).max(1));
        format!("与登记文件“{name}”之{document}的内容相同或改写自该件:全文含其指纹{met}枚,占{percent}%(共{all}枚)")
    }
}

impl Registry {
    /// The documents of all rules; nothing where no rule has any.
    pub(in crate::screen) fn of(rules: &[Rule]) -> Option<Self> {
        let mut documents = Vec::new();
        let mut by_key: BTreeMap<Key, Vec<Entry>> = BTreeMap::new();
        let mut with = Vec::new();
        for (rule, written) in rules.iter().enumerate() {
            let LooksFor::Fingerprints(looks_for) = &written.looks_for else { continue };
            with.push(rule);
            let entries = by_key.entry(looks_for.registered.key).or_default();
            for (number, prints) in (1..).zip(&looks_for.registered.documents) {
                let own = u32::try_from(documents.len()).unwrap_or(u32::MAX);
                entries.extend((0..).zip(prints).map(|(which, print)| (*print, (own, which))));
                let count = u32::try_from(prints.len()).unwrap_or(u32::MAX);
                let enough = looks_for.enough(prints.len());
                documents.push(Document { rule, number, prints: count, enough });
            }
        }
        let tables: Vec<Table> = by_key.into_iter().map(|(key, entries)| Table::of(key, entries)).collect();
        (!with.is_empty()).then_some(Self { tables, documents, rules: with })
    }

    /// Gives to `found` what of `text` is taken from documents of rules that `reads` says yes to.
    ///
    /// # Errors
    /// [`TooLong`] past the deadline.
    pub(in crate::screen) fn scan(
        &self,
        folds: &FoldTable,
        text: &str,
        deadline: &Deadline,
        reads: impl Fn(usize) -> bool,
        mut found: impl FnMut(Recognised),
    ) -> Result<(), TooLong> {
        if !self.rules.iter().any(|rule| reads(*rule)) {
            return Ok(());
        }
        let mut trails = Trails::default();
        let (mut steps, mut outcome) = (0, Ok(()));
        walk(folds, text, |shingle| {
            for table in &self.tables {
                steps += 1 + self.meet(table, &shingle, &mut trails);
            }
            if steps >= LOOK {
                steps = 0;
                outcome = deadline.check();
            }
            outcome.is_ok()
        });
        outcome?;
        trails.met.sort_unstable_by_key(|(document, _)| *document);
        for (document, trail) in &trails.met {
            let Document { rule, number, prints, .. } = self.documents[*document as usize];
            if reads(rule) {
                for (start, end) in trail.stretches() {
                    found(Recognised { rule, document: number, start, end, met: trail.different(), all: prints });
                }
            }
        }
        Ok(())
    }

    /// Notes whose fingerprint the shingle is; gives how many documents have it.
    fn meet(&self, table: &Table, shingle: &Shingle, trails: &mut Trails) -> usize {
        let Shingle { number, start, end, .. } = *shingle;
        let owners = table.owners(table.key.print(&shingle.letters));
        for (document, which) in owners {
            let enough = self.documents[*document as usize].enough;
            trails.of(*document, self.documents.len()).take(Met { which: *which, number, start, end }, enough);
        }
        owners.len()
    }
}

/// What was met of each document; nothing is set aside for a text that meets none.
#[derive(Default)]
struct Trails {
    /// For each document, one more than its place in `met`; 0 where nothing was met of it.
    places: Vec<u32>,
    met: Vec<(u32, Trail)>,
}

impl Trails {
    fn of(&mut self, document: u32, documents: usize) -> &mut Trail {
        self.places.resize(documents, 0);
        let place = &mut self.places[document as usize];
        if *place == 0 {
            self.met.push((document, Trail::default()));
            *place = u32::try_from(self.met.len()).unwrap_or(u32::MAX);
        }
        let place = *place as usize - 1;
        &mut self.met[place].1
    }
}

impl Table {
    fn of(key: Key, mut entries: Vec<Entry>) -> Self {
        entries.sort_unstable();
        // a place for each fingerprint, so that a look meets one or two
        let bits = (entries.len().max(2)).ilog2().min(24);
        let shift = 32 - bits;
        let mut begins = vec![0; (1 << bits) + 1];
        for (print, _) in &entries {
            begins[(print >> shift) as usize + 1] += 1;
        }
        for place in 1..begins.len() {
            begins[place] += begins[place - 1];
        }
        let (prints, owners) = entries.into_iter().unzip();
        Self { key, prints, owners, begins, shift }
    }

    /// The documents that have this fingerprint.
    fn owners(&self, print: u32) -> &[Owner] {
        let place = (print >> self.shift) as usize;
        let (from, to) = (self.begins[place] as usize, self.begins[place + 1] as usize);
        let near = &self.prints[from..to];
        let first = from + near.partition_point(|other| *other < print);
        let count = self.prints[first..to].iter().take_while(|other| **other == print).count();
        &self.owners[first..first + count]
    }
}
