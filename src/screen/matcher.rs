//! All words of a rule set in one pass: an automaton over class ids, fed a character at a time.
//!
//! Owns the automaton (Aho–Corasick, contiguous NFA, every overlapping match) and what each pattern is used for.
//! Nothing is buffered: state is carried from character to character, so memory does not grow with the text and no
//! hit is lost at a cut. Linear in the text and the number of hits.
//!
//! Most letters of a text begin no word. Before the automaton stands a set of the pairs of letters that words begin
//! with: while no word is under way, one letter waits, and the automaton is only woken where it and the next make
//! such a pair. The pairs are hashed, so it may be woken in vain, never be left asleep.

use std::collections::{HashMap, HashSet};

use aho_corasick::automaton::{Automaton, StateID};
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
    start: StateID,
    pairs: Pairs,
    begins: Vec<Begin>,
    patterns: Vec<Pattern>,
    longest: usize,
}

/// What a class does to an automaton at its start.
#[derive(Clone, Copy)]
struct Begin {
    /// Where it leads.
    state: StateID,
    /// Whether it is a pattern by itself.
    alone: bool,
}

/// Where the automaton stands.
#[derive(Clone, Copy)]
pub(super) struct State {
    at: StateID,
    /// At the start: the class that was read last and that the automaton was not given; [`OTHER`] for none.
    waiting: u16,
}

/// The pairs of classes with which patterns begin, hashed.
struct Pairs {
    bits: Vec<u64>,
    shift: u32,
}

impl Pairs {
    /// Bits for each pair.
    const SPARE: usize = 32;

    fn of(patterns: &[Vec<u16>]) -> Self {
        let begun: HashSet<(u16, u16)> =
            patterns.iter().filter_map(|pattern| Some((*pattern.first()?, *pattern.get(1)?))).collect();
        let size = (begun.len() * Self::SPARE).next_power_of_two().clamp(1 << 12, 1 << 24);
        let mut pairs = Self { bits: vec![0; size / 64], shift: 32 - size.trailing_zeros() };
        for (first, second) in begun {
            let place = pairs.place(first, second);
            pairs.bits[place / 64] |= 1 << (place % 64);
        }
        pairs
    }

    #[inline]
    fn place(&self, first: u16, second: u16) -> usize {
        let both = u32::from(first) << 14 | u32::from(second);
        (both.wrapping_mul(0x9E37_79B1) >> self.shift) as usize
    }

    #[inline]
    fn may_begin(&self, first: u16, second: u16) -> bool {
        let place = self.place(first, second);
        self.bits[place / 64] >> (place % 64) & 1 == 1
    }
}

impl Matcher {
    /// Builds the automaton.
    ///
    /// # Errors
    /// Where the words exceed what the automaton can hold (some billion characters).
    pub(super) fn build(words: Words, classes: &ClassTable) -> Result<Self, BuildError> {
        let ids: Vec<Vec<u16>> =
            words.patterns.iter().map(|pattern| pattern.iter().map(|fold| classes.id(*fold)).collect()).collect();
        let bytes: Vec<Vec<u8>> =
            ids.iter().map(|pattern| pattern.iter().flat_map(|id| bytes_of(*id)).collect()).collect();
        let mut builder = NFA::builder();
        builder.match_kind(MatchKind::Standard).prefilter(false);
        let automaton = builder.build(&bytes)?;
        // an unanchored start exists in every automaton that is built without naming another kind
        let start = automaton.start_state(Anchored::No).unwrap_or_default();
        let begins = (0..classes.count())
            .map(|id| {
                let state = after(&automaton, start, id);
                Begin { state, alone: automaton.is_match(state) }
            })
            .collect();
        let pairs = Pairs::of(&ids);
        let longest = words.patterns.iter().map(Vec::len).max().unwrap_or(0);
        let patterns = words
            .patterns
            .iter()
            .zip(words.uses)
            .map(|(pattern, uses)| Pattern { length: pattern.len(), uses: uses.into_boxed_slice() })
            .collect();
        Ok(Self { automaton, start, pairs, begins, patterns, longest })
    }

    /// Folded characters in the longest pattern.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// The state before any text.
    pub(super) fn start(&self) -> State {
        State { at: self.start, waiting: OTHER }
    }

    /// Takes a class that begins and continues nothing; false where it may, so that [`Matcher::step`] must take it.
    #[inline]
    pub(super) fn passes(&self, state: &mut State, id: u16) -> bool {
        if id == OTHER {
            *state = self.start();
            return true;
        }
        if state.at != self.start || self.pairs.may_begin(state.waiting, id) || self.begins[usize::from(id)].alone {
            return false;
        }
        state.waiting = id;
        true
    }

    /// Takes one class; calls `hit(length, use)` for every use of every pattern that ends here.
    #[inline]
    pub(super) fn step(&self, state: &mut State, id: u16, mut hit: impl FnMut(usize, Use)) {
        if id == OTHER {
            *state = self.start();
            return;
        }
        let begin = self.begins[usize::from(id)];
        if state.at == self.start {
            if state.waiting != OTHER && self.pairs.may_begin(state.waiting, id) {
                state.at = self.begins[usize::from(state.waiting)].state;
            } else if !begin.alone {
                state.waiting = id;
                return;
            }
        }
        state.at = after(&self.automaton, state.at, id);
        state.waiting = OTHER;
        if self.automaton.is_special(state.at) && self.automaton.is_match(state.at) {
            for index in 0..self.automaton.match_len(state.at) {
                let pattern = &self.patterns[self.automaton.match_pattern(state.at, index).as_usize()];
                for used in &pattern.uses {
                    hit(pattern.length, *used);
                }
            }
        } else if state.at == begin.state {
            // Nothing is under way but, at most, a word that begins with this letter.
            *state = State { at: self.start, waiting: id };
        }
    }
}

#[inline]
fn after(automaton: &NFA, state: StateID, id: u16) -> StateID {
    let [lead, trail] = bytes_of(id);
    let between = automaton.next_state(Anchored::No, state, lead);
    automaton.next_state(Anchored::No, between, trail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::fold::FoldTable;

    /// Every hit that there is, in the order of their ends, the longest first.
    fn naive(patterns: &[Vec<char>], text: &[char]) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        for end in 1..=text.len() {
            let mut ending: Vec<usize> = patterns.iter().filter(|p| text[..end].ends_with(p)).map(Vec::len).collect();
            ending.sort_unstable_by_key(|length| std::cmp::Reverse(*length));
            ending.dedup();
            hits.extend(ending.into_iter().map(|length| (end, length)));
        }
        hits
    }

    fn found(matcher: &Matcher, classes: &ClassTable, text: &[char]) -> Vec<(usize, usize)> {
        let mut state = matcher.start();
        let mut hits = Vec::new();
        for (at, c) in text.iter().enumerate() {
            matcher.step(&mut state, classes.id(*c), |length, _| hits.push((at + 1, length)));
        }
        hits
    }

    #[test]
    fn it_finds_what_a_search_for_each_word_finds() {
        let folds = FoldTable::build();
        let mut random = 0x2008_0129_0012_u64;
        let mut below = |limit: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            usize::try_from(random % limit as u64).unwrap()
        };
        // 丁 stands for the letters that no word uses.
        let alphabet: Vec<char> = "机密绝秘内部丁".chars().collect();
        for _ in 0..400 {
            let mut words = Words::default();
            let letters = 1 + below(6);
            let patterns: Vec<Vec<char>> =
                (0..1 + below(8)).map(|_| (0..1 + below(4)).map(|_| alphabet[below(letters)]).collect()).collect();
            for (index, pattern) in patterns.iter().enumerate() {
                words.add(pattern.clone(), Use::Term { rule: u32::try_from(index).unwrap(), form: 0 });
            }
            let classes = ClassTable::build(&folds, words.folds());
            let matcher = Matcher::build(words, &classes).unwrap();
            let text: Vec<char> = (0..300).map(|_| alphabet[below(letters + 1).min(6)]).collect();
            let mut got = found(&matcher, &classes, &text);
            got.dedup();
            assert_eq!(got, naive(&patterns, &text), "{patterns:?} in {text:?}");
        }
    }
}
