//! All words of a rule set in one pass: an automaton over class ids, fed a character at a time.
//!
//! Owns the automaton (Aho–Corasick, contiguous NFA, every overlapping match) and what each pattern is used for.
//! Nothing is buffered: state is carried from character to character, so memory does not grow with the text and no
//! hit is lost at a cut. Linear in the text and the number of hits.
//!
//! Most letters of a text begin no word: the walk (`scan`) runs over them with the `filter` alone, and wakes the
//! automaton where three letters may begin a pattern.

use std::collections::{HashMap, HashSet};

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError, MatchKind};

use super::classes::{ClassTable, OTHER, bytes_of};
use super::filter::Filter;
use super::prefixes::{END, FEW, Prefixes};

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

/// A pattern of the automaton.
struct Pattern {
    length: usize,
    uses: Box<[Use]>,
}

/// The automaton; immutable.
pub(super) struct Matcher {
    automaton: NFA,
    start: StateID,
    /// Where each class leads from the start.
    begins: Vec<StateID>,
    filter: Filter,
    prefixes: Prefixes,
    patterns: Vec<Pattern>,
    longest: usize,
}

/// Where the automaton stands.
pub(super) type State = StateID;

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
        let begins = (0..classes.count()).map(|id| if id == OTHER { start } else { after(&automaton, start, id) }).collect();
        let filter = Filter::of(ids.iter().map(Vec::as_slice));
        let prefixes = Prefixes::of(&ids);
        let longest = words.patterns.iter().map(Vec::len).max().unwrap_or(0);
        let patterns = words
            .patterns
            .iter()
            .zip(words.uses)
            .map(|(pattern, uses)| Pattern { length: pattern.len(), uses: uses.into_boxed_slice() })
            .collect();
        Ok(Self { automaton, start, begins, filter, prefixes, patterns, longest })
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

    /// Calls `hit(length, use)` for every use of every pattern that `ids` begins with: of those of two letters where
    /// `short`, of longer ones where `long`. False, and no call, where the automaton must be asked: too many begin alike,
    /// or one may go on beyond the last of `ids`.
    #[inline]
    pub(super) fn compare(&self, ids: &[u16], short: bool, long: bool, mut hit: impl FnMut(usize, Use)) -> bool {
        let [first, second, third, ..] = *ids else { return false };
        let mut found = [0; 2 * FEW];
        let mut count = 0;
        let mut take = |number| {
            found[count] = number;
            count += 1;
        };
        let whole = (!short || self.prefixes.compare([first, second, END], ids, &mut take))
            && (!long || self.prefixes.compare([first, second, third], ids, &mut take));
        if whole {
            for number in &found[..count] {
                let pattern = &self.patterns[*number];
                pattern.uses.iter().for_each(|used| hit(pattern.length, *used));
            }
        }
        whole
    }

    /// The state after a letter that ends no word.
    #[inline]
    pub(super) fn begin(&self, id: u16) -> State {
        self.begins[usize::from(id)]
    }

    /// Takes one class; calls `hit(length, use)` for every use of every pattern that ends here. Whether a word may be
    /// under way that began before this letter.
    #[inline]
    pub(super) fn step(&self, state: &mut State, id: u16, mut hit: impl FnMut(usize, Use)) -> bool {
        if id == OTHER {
            *state = self.start;
            return false;
        }
        *state = after(&self.automaton, *state, id);
        if self.automaton.is_special(*state) && self.automaton.is_match(*state) {
            for index in 0..self.automaton.match_len(*state) {
                let pattern = &self.patterns[self.automaton.match_pattern(*state, index).as_usize()];
                for used in &pattern.uses {
                    hit(pattern.length, *used);
                }
            }
        }
        *state != self.begins[usize::from(id)]
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
        let mut state = matcher.begin(OTHER);
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
            let classes = ClassTable::build(&folds, words.folds(), &words.alone());
            let matcher = Matcher::build(words, &classes).unwrap();
            let text: Vec<char> = (0..300).map(|_| alphabet[below(letters + 1).min(6)]).collect();
            let mut got = found(&matcher, &classes, &text);
            got.dedup();
            assert_eq!(got, naive(&patterns, &text), "{patterns:?} in {text:?}");
        }
    }
}
