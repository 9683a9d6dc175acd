//! All words of a rule set in one pass: an automaton over class ids, fed a character at a time.
//!
//! Owns the automaton (Aho–Corasick, contiguous NFA, every overlapping match) and what each pattern is used for.
//! Nothing is buffered: state is carried from character to character, so memory does not grow with the text and no
//! hit is lost at a cut. Linear in the text and the number of hits.

use std::collections::HashMap;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError, MatchKind};

use super::classes::{ClassTable, OTHER, bytes_of};

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

/// A pattern of the automaton.
struct Pattern {
    length: usize,
    uses: Box<[Use]>,
}

/// The automaton; immutable.
pub(super) struct Matcher {
    automaton: NFA,
    start: State,
    patterns: Vec<Pattern>,
    longest: usize,
}

/// Where the automaton stands.
#[derive(Clone, Copy)]
pub(super) struct State(aho_corasick::automaton::StateID);

impl Matcher {
    /// Builds the automaton.
    ///
    /// # Errors
    /// Where the words exceed what the automaton can hold (some billion characters).
    pub(super) fn build(words: Words, classes: &ClassTable) -> Result<Self, BuildError> {
        let bytes: Vec<Vec<u8>> = words
            .patterns
            .iter()
            .map(|pattern| pattern.iter().flat_map(|fold| bytes_of(classes.id(*fold))).collect())
            .collect();
        let mut builder = NFA::builder();
        builder.match_kind(MatchKind::Standard).prefilter(false);
        let automaton = builder.build(&bytes)?;
        // an unanchored start exists in every automaton that is built without naming another kind
        let start = State(automaton.start_state(Anchored::No).unwrap_or_default());
        let longest = words.patterns.iter().map(Vec::len).max().unwrap_or(0);
        let patterns = words
            .patterns
            .iter()
            .zip(words.uses)
            .map(|(pattern, uses)| Pattern { length: pattern.len(), uses: uses.into_boxed_slice() })
            .collect();
        Ok(Self { automaton, start, patterns, longest })
    }

    /// Folded characters in the longest pattern.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The state before any text.
    pub(super) fn start(&self) -> State {
        self.start
    }

    /// Takes one class; calls `hit(length, use)` for every use of every pattern that ends here.
    #[inline]
    pub(super) fn step(&self, state: &mut State, id: u16, mut hit: impl FnMut(usize, Use)) {
        if id == OTHER {
            *state = self.start;
            return;
        }
        let [lead, trail] = bytes_of(id);
        let between = self.automaton.next_state(Anchored::No, state.0, lead);
        state.0 = self.automaton.next_state(Anchored::No, between, trail);
        if self.automaton.is_special(state.0) && self.automaton.is_match(state.0) {
            for index in 0..self.automaton.match_len(state.0) {
                let pattern = &self.patterns[self.automaton.match_pattern(state.0, index).as_usize()];
                for used in &pattern.uses {
                    hit(pattern.length, *used);
                }
            }
        }
    }
}
