//! All words of a rule set, and what each is used for.
//!
//! Owns the ways in which a word is found: alone, where it is one letter; by comparison, where few begin alike
//! (`prefixes`); else by the automaton (Aho–Corasick, contiguous NFA, every overlapping match). Before all of them stands
//! the `filter`. Linear in the text and the number of hits.

use std::collections::{HashMap, HashSet};

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError, MatchKind};

use super::classes::{ClassTable, OTHER, bytes_of};
use super::filter::Filter;
use super::prefixes::{END, Prefixes};

/// What a pattern is used for. Numbers index the rules of the set and their lists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Use {
    /// A form of a term: `forms[form]` of the set.
    Term { rule: u32, form: u32 },
    /// A phrase that excuses the hits it contains.
    Exception { rule: u32, gaps: u32 },
    /// A word that must stand near.
    Context { rule: u32, word: u32 },
}

/// The words of a set while it is compiled.
#[derive(Default)]
pub(super) struct Words {
    patterns: Vec<Vec<char>>,
    uses: Vec<Vec<Use>>,
    known: HashMap<Vec<char>, usize>,
}

impl Words {
    /// Adds a folded word. An empty one is left out: the caller has refused it.
    pub(super) fn add(&mut self, folded: Vec<char>, used: Use) {
        if folded.is_empty() {
            return;
        }
        let index = *self.known.entry(folded).or_insert_with_key(|folded| {
            self.patterns.push(folded.clone());
            self.uses.push(Vec::new());
            self.patterns.len() - 1
        });
        if !self.uses[index].contains(&used) {
            self.uses[index].push(used);
        }
    }

    /// Folds that are a pattern by themselves.
    pub(super) fn alone(&self) -> HashSet<char> {
        self.patterns.iter().filter_map(|pattern| <[char; 1]>::try_from(pattern.as_slice()).ok()).map(|[c]| c).collect()
    }

    /// Every fold that occurs, the most frequent first.
    pub(super) fn folds(&self) -> Vec<char> {
        let mut counts: HashMap<char, usize> = HashMap::new();
        for fold in self.patterns.iter().flatten() {
            *counts.entry(*fold).or_default() += 1;
        }
        let mut folds: Vec<(char, usize)> = counts.into_iter().collect();
        folds.sort_unstable_by_key(|(fold, count)| (std::cmp::Reverse(*count), *fold));
        folds.into_iter().map(|(fold, _)| fold).collect()
    }
}

/// The words of a set; immutable.
pub(super) struct Matcher {
    filter: Filter,
    prefixes: Prefixes,
    /// The number of each pattern that is one letter, by its class.
    alone: HashMap<u16, u32>,
    automaton: NFA,
    /// The number of each pattern of the automaton.
    asked: Vec<u32>,
    /// Where each class leads from the start of the automaton.
    begins: Vec<StateID>,
    /// What each pattern is used for: one after another, and where those of each begin.
    uses: Box<[Use]>,
    used: Box<[Used]>,
    longest: usize,
}

/// The uses of a pattern, and its letters.
#[derive(Clone, Copy)]
struct Used {
    first: u32,
    count: u32,
    length: u32,
}

/// Where the automaton stands.
pub(super) type State = StateID;

impl Matcher {
    /// Builds what finds the words.
    ///
    /// # Errors
    /// Where the words exceed what the automaton can hold (some billion characters).
    pub(super) fn build(words: Words, classes: &ClassTable) -> Result<Self, BuildError> {
        let ids: Vec<Box<[u16]>> =
            words.patterns.iter().map(|pattern| pattern.iter().map(|fold| classes.id(*fold)).collect()).collect();
        let (prefixes, asked) = Prefixes::of(&ids);
        let bytes =
            asked.iter().map(|number| ids[*number as usize].iter().flat_map(|id| bytes_of(*id)).collect::<Vec<u8>>());
        let mut builder = NFA::builder();
        builder.match_kind(MatchKind::Standard).prefilter(false);
        let automaton = builder.build(bytes)?;
        // an unanchored start exists in every automaton that is built without naming another kind
        let start = automaton.start_state(Anchored::No).unwrap_or_default();
        let begins =
            (0..classes.count()).map(|id| if id == OTHER { start } else { after(&automaton, start, id) }).collect();
        let alone =
            (0..).zip(&ids).filter_map(|(number, ids)| <[u16; 1]>::try_from(&**ids).ok().map(|[id]| (id, number)));
        let mut uses = Vec::new();
        let mut used = Vec::with_capacity(words.uses.len());
        for (of_pattern, ids) in words.uses.into_iter().zip(&ids) {
            let (first, count, length) = (uses.len(), of_pattern.len(), ids.len());
            uses.extend(of_pattern);
            let [first, count, length] = [first, count, length].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
            used.push(Used { first, count, length });
        }
        Ok(Self {
            filter: Filter::of(ids.iter().map(|ids| &**ids)),
            alone: alone.collect(),
            longest: ids.iter().map(|ids| ids.len()).max().unwrap_or(0),
            prefixes,
            automaton,
            asked,
            begins,
            uses: uses.into(),
            used: used.into(),
        })
    }

    /// Calls `hit(length, use)` for every use of a pattern.
    #[inline]
    fn used(&self, number: u32, hit: &mut impl FnMut(usize, Use)) {
        let Used { first, count, length } = self.used[number as usize];
        let uses = &self.uses[first as usize..first as usize + count as usize];
        uses.iter().for_each(|used| hit(length as usize, *used));
    }

    /// What stands before the automaton.
    #[inline]
    pub(super) fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Folded characters in the longest pattern.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Calls `hit(length, use)` for every use of the pattern that is this letter alone.
    pub(super) fn alone(&self, id: u16, mut hit: impl FnMut(usize, Use)) {
        if let Some(number) = self.alone.get(&id) {
            self.used(*number, &mut hit);
        }
    }

    /// Calls `hit(length, use)` for every use of every pattern that `ids` begins with: of those of two letters where
    /// `short`, of longer ones where `long`. False where the automaton must be asked for more.
    #[inline]
    pub(super) fn compare(&self, ids: &[u16], short: bool, long: bool, mut hit: impl FnMut(usize, Use)) -> bool {
        let mut found = |number| self.used(number, &mut hit);
        let whole = match ids {
            [first, second, ..] if short => self.prefixes.compare([*first, *second, END], ids, &mut found),
            _ => true,
        };
        match ids {
            [first, second, third, ..] if long => self.prefixes.compare([*first, *second, *third], ids, found) && whole,
            _ => whole,
        }
    }

    /// The state of the automaton after one letter.
    #[inline]
    pub(super) fn begin(&self, id: u16) -> State {
        self.begins[usize::from(id)]
    }

    /// Tells the automaton one class; calls `hit(length, use)` for every use of every pattern of its own that ends here.
    /// Whether a word may be under way that began before this letter.
    #[inline]
    pub(super) fn step(&self, state: &mut State, id: u16, mut hit: impl FnMut(usize, Use)) -> bool {
        if id == OTHER {
            *state = self.begin(OTHER);
            return false;
        }
        *state = after(&self.automaton, *state, id);
        if self.automaton.is_special(*state) && self.automaton.is_match(*state) {
            for index in 0..self.automaton.match_len(*state) {
                self.used(self.asked[self.automaton.match_pattern(*state, index).as_usize()], &mut hit);
            }
        }
        *state != self.begin(id)
    }
}

#[inline]
fn after(automaton: &NFA, state: StateID, id: u16) -> StateID {
    let [lead, trail] = bytes_of(id);
    let between = automaton.next_state(Anchored::No, state, lead);
    automaton.next_state(Anchored::No, between, trail)
}
