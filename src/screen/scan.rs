//! One text under one rule set: walk it once, collect hits, decide on them as soon as their surroundings are known.
//!
//! Owns the pass and the sliding list of hits. A text is folded to `letters` a block at a time; nearly all of them are
//! run over with the `filter` alone. Where three letters may begin a word, those that begin so are compared; where too
//! many do, the automaton is woken and told the letters from there on until no word is under way. What a hit needs to
//! know of the text between its letters is read again.
//!
//! Memory is bounded by the rule set (longest word, widest nearness), not by the text: hits are settled in batches once
//! everything that could excuse or support them has been read. Time is linear; past the deadline the scan ends with
//! [`TooLong`] and the item is held.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::classes::{Break, Class};
use super::compile::Compiled;
use super::filter::{Filter, Pairs};
use super::inspect::Inspection;
use super::letters::Letters;
use super::matcher::{State, Use};
use super::numbers::Numbers;

/// The time for an item is used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TooLong;

/// Until when an item may be screened.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    start: Instant,
    limit: Duration,
}

impl Deadline {
    /// From now on, `limit` long.
    pub(super) fn of(limit: Duration) -> Self {
        Self { start: Instant::now(), limit }
    }

    pub(super) fn check(&self) -> Result<(), TooLong> {
        if self.start.elapsed() > self.limit { Err(TooLong) } else { Ok(()) }
    }
}

/// Where a use of a pattern matched. Letters are counted from 0 in the folded text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) used: Use,
    pub(super) first: u64,
    pub(super) last: u64,
    /// First byte in the text.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
    /// Gap characters at the widest gap inside.
    pub(super) widest: u32,
    /// Line and sentence of the last letter.
    pub(super) line: u32,
    pub(super) sentence: u32,
}

/// What is ready to be decided: hits in order of their last letter, and from and up to which letter they are to be
/// judged now. Hits beyond are there as context.
pub(super) struct Batch<'a> {
    pub(super) hits: &'a [Hit],
    pub(super) from: u64,
    pub(super) until: u64,
}

/// Hits that are held before a batch is judged: few, so that the hits of a rule that has all its findings are soon passed
/// over.
const BATCH: usize = 64;
/// Blocks between two looks at the clock.
const LOOK: u32 = 16;

/// In the list of letters that may begin a word with the one before: where they stand in the buffer,
const PLACE: u16 = 0x0FFF;
/// whether the two may be a word,
const SHORT: u16 = 0x4000;
/// and whether they may be the beginning of a longer one.
const LONG: u16 = 0x8000;

/// What is used again from text to text, so that a short one costs no memory of its own.
pub(super) struct Scratch {
    letters: Letters,
    /// Letters of a block that may begin a word with the one before them.
    begun: Vec<u16>,
    /// Hits before whose last letter others may yet be found.
    found: Vec<Hit>,
    hits: Vec<Hit>,
    /// For each rule, whether it has all the findings of this text that it can have, and how many hits were passed over then.
    full: Vec<Option<usize>>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self { letters: Letters::new(), begun: Vec::new(), found: Vec::new(), hits: Vec::new(), full: Vec::new() }
    }
}

struct Scan<'a> {
    set: &'a Compiled,
    text: &'a str,
    scratch: &'a mut Scratch,
    /// Where the automaton stands while it is awake.
    awake: Option<State>,
    /// Up to which letter it was told, and from which on words are yet to be looked for by their second letter.
    told: u64,
    undecided: u64,
    /// Up to which byte, and up to which letter, lines and sentences are counted.
    counted: usize,
    counted_letter: u64,
    line: u32,
    sentence: u32,
    judged: u64,
    batch: usize,
}

/// Walks `range` of `text` and hands what it finds to the judge.
///
/// # Errors
/// [`TooLong`] past the deadline; what was judged until then stands.
pub(super) fn scan(
    set: &Compiled,
    text: &str,
    range: Range<usize>,
    deadline: &Deadline,
    scratch: &mut Scratch,
    judge: &mut Inspection<'_>,
) -> Result<(), TooLong> {
    if u32::try_from(text.len()).is_err() {
        return Err(TooLong);
    }
    let text = &text[..range.end];
    scratch.letters.begin(range.start);
    scratch.found.clear();
    scratch.hits.clear();
    scratch.full.clear();
    scratch.full.resize(set.rules(), None);
    let mut scan = Scan {
        set,
        text,
        scratch,
        awake: None,
        told: 0,
        undecided: 0,
        counted: range.start,
        counted_letter: 0,
        line: 0,
        sentence: 0,
        judged: 0,
        batch: BATCH,
    };
    let mut numbers = set.reads_numbers.then(Numbers::default);
    // so that what is not decided in one block stands in the next, with the letter before it
    let keep = set.matcher.longest().max(Numbers::KEPT) + 2;
    let mut blocks = 0;
    while scan.scratch.letters.read(&set.classes, text, keep) {
        if blocks % LOOK == 0 {
            deadline.check()?;
        }
        blocks += 1;
        if let Some(numbers) = &mut numbers {
            numbers.read(&scan.scratch.letters, &set.classes, text, &mut |number| judge.number(&number));
        }
        scan.words(keep - 1);
        scan.order();
        if scan.scratch.hits.len() >= scan.batch {
            scan.settle(false, judge)?;
        }
    }
    if let Some(numbers) = &mut numbers {
        numbers.finish(text, &mut |number| judge.number(&number));
    }
    scan.settle(true, judge)
}

impl Scan<'_> {
    /// Finds the words that begin in the block, but for the last letters, behind which a word may go on.
    fn words(&mut self, undecided: usize) {
        if let Some(state) = self.awake {
            self.tell(state, self.scratch.letters.kept());
        }
        let from = self.scratch.letters.index(self.undecided).max(1);
        let end = self.scratch.letters.ids().len();
        let to = if self.scratch.letters.is_last(self.text) { end } else { end.saturating_sub(undecided).max(from) };
        self.find_begun(from..to);
        let begun = std::mem::take(&mut self.scratch.begun);
        for begun in &begun {
            let second = usize::from(begun & PLACE);
            let whole = self.compare(second, begun & SHORT != 0, begun & LONG != 0);
            if !whole && self.scratch.letters.number(second) >= self.told {
                let state = self.set.matcher.begin(self.scratch.letters.ids()[second - 1]);
                self.tell(state, second);
            }
        }
        self.scratch.begun = begun;
        self.undecided = self.scratch.letters.number(to);
    }

    /// Compares the words whose second letter may be this one: those of two letters where `short`, longer ones where
    /// `long`; and takes it for a word where it is one alone. False where the automaton must be asked for more.
    #[inline]
    fn compare(&mut self, second: usize, short: bool, long: bool) -> bool {
        let Scratch { letters, found, full, .. } = &mut *self.scratch;
        let (set, text, ids) = (self.set, self.text, letters.ids());
        let mut take = |first, length, used| {
            if !is_full(full, used) {
                found.extend(hit(set, letters, text, first, length, used));
            }
        };
        if ids[second] >= set.classes.first_alone() {
            set.matcher.alone(ids[second], |length, used| take(second, length, used));
        }
        set.matcher.compare(&ids[second - 1..], short, long, |length, used| take(second - 1, length, used))
    }

    /// Notes which of these letters may begin a word with the letter before, or are one alone.
    fn find_begun(&mut self, range: Range<usize>) {
        let Scratch { letters, begun, .. } = &mut *self.scratch;
        let (pairs, alone, ids) = (self.set.matcher.filter().pairs(), self.set.classes.first_alone(), letters.ids());
        let count = if alone < self.set.classes.count() {
            find_begun(pairs, &ids[..range.end], range.start, begun, |id| id >= alone)
        } else {
            find_begun(pairs, &ids[..range.end], range.start, begun, |_| false)
        };
        begun.truncate(count);
        narrow(self.set.matcher.filter(), ids, begun, alone);
    }

    /// Tells the automaton the letters from `from` on until no word is under way.
    fn tell(&mut self, mut state: State, from: usize) {
        let Scratch { letters, found, full, .. } = &mut *self.scratch;
        let mut told = from;
        let mut under_way = true;
        while under_way && told < letters.ids().len() {
            under_way = self.set.matcher.step(&mut state, letters.ids()[told], |length, used| {
                if !is_full(full, used) {
                    found.extend(hit(self.set, letters, self.text, told + 1 - length, length, used));
                }
            });
            told += 1;
        }
        self.awake = under_way.then_some(state);
        self.told = letters.number(told);
    }

    /// Puts what was found in the order of the last letters, as far as nothing more can be found there, and gives it
    /// its lines and sentences where they matter.
    fn order(&mut self) {
        let Scratch { found, hits, letters, .. } = &mut *self.scratch;
        if found.is_empty() {
            return;
        }
        if !found.is_sorted_by_key(|hit| hit.last) {
            found.sort_by_key(|hit| hit.last);
        }
        let undecided = if letters.is_last(self.text) { u64::MAX } else { self.undecided };
        let known = found.partition_point(|hit| hit.last < undecided);
        for mut hit in found.drain(..known) {
            if self.set.reads_lines(hit.used) {
                if hit.first > self.counted_letter + self.set.horizon {
                    // no hit before is near enough to be asked whether it stands in the same line
                    self.counted = hit.start;
                    self.line = self.line.wrapping_add(1);
                    self.sentence = self.sentence.wrapping_add(1);
                }
                for c in self.text[self.counted..hit.end.max(self.counted)].chars() {
                    let (lines, sentences) = match self.set.classes.code_of(c).ends() {
                        Break::Nothing => (0, 0),
                        Break::Sentence => (0, 1),
                        Break::Line => (1, 1),
                    };
                    self.line = self.line.wrapping_add(lines);
                    self.sentence = self.sentence.wrapping_add(sentences);
                }
                self.counted = hit.end.max(self.counted);
                self.counted_letter = hit.last.max(self.counted_letter);
                (hit.line, hit.sentence) = (self.line, self.sentence);
            }
            hits.push(hit);
        }
    }

    /// Judges every hit whose surroundings are known and forgets what no later hit can need.
    fn settle(&mut self, finished: bool, judge: &mut Inspection<'_>) -> Result<(), TooLong> {
        let hits = &mut self.scratch.hits;
        let settled = self.scratch.letters.count().saturating_sub(self.set.horizon).min(self.undecided);
        let until = if finished { u64::MAX } else { settled };
        if !hits.is_empty() {
            judge.hits(&Batch { hits, from: self.judged, until })?;
            for hit in hits.iter() {
                if let Use::Term { rule, .. } = hit.used {
                    let full = &mut self.scratch.full[rule as usize];
                    *full = full.or_else(|| judge.is_full(rule).then_some(0));
                }
            }
        }
        if finished {
            for (rule, full) in (0..).zip(&self.scratch.full) {
                full.iter().for_each(|passed| judge.pass_over(rule, *passed));
            }
        }
        self.judged = until;
        let keep = until.saturating_sub(self.set.horizon);
        hits.retain(|hit| hit.last >= keep);
        // where hits are dense inside the horizon, wait for as many again, so that the work stays linear
        self.batch = BATCH.max(2 * hits.len());
        Ok(())
    }
}

/// Writes to `begun` which letters from `from` on may begin a word with the letter before; gives their number.
#[inline(never)] // its variables fit the registers as long as nothing else is around them
fn find_begun(pairs: Pairs<'_>, ids: &[u16], from: usize, begun: &mut Vec<u16>, alone: impl Fn(u16) -> bool) -> usize {
    begun.resize(ids.len() + 1, 0);
    let begun = begun.as_mut_slice();
    let mut count = 0;
    let mut last = ids[from - 1];
    for (index, id) in (from as u16..).zip(&ids[from..]) {
        // without a branch: what begins nothing is written over
        begun[count] = index;
        count += usize::from(pairs.may_begin(last, *id) | alone(*id));
        last = *id;
    }
    count
}

/// Keeps of `begun` what the third letter leaves, with what it may be.
#[inline(never)]
fn narrow(filter: &Filter, ids: &[u16], begun: &mut Vec<u16>, alone: u16) {
    let mut count = 0;
    for index in 0..begun.len() {
        let second = usize::from(begun[index]);
        let pair = [ids[second - 1], ids[second]];
        let short = filter.may_be(pair);
        let long = ids.get(second + 1).is_some_and(|third| filter.may_go_on(pair, *third));
        // without a branch: what is nothing is written over
        begun[count] = second as u16 | (u16::from(short) * SHORT) | (u16::from(long) * LONG);
        count += usize::from(short | long | (pair[1] >= alone));
    }
    begun.truncate(count);
}

/// Whether a hit could be no more than one too many, and counts it then. What excuses or supports others is never that.
#[inline]
fn is_full(full: &mut [Option<usize>], used: Use) -> bool {
    let Use::Term { rule, .. } = used else { return false };
    full[rule as usize].as_mut().is_some_and(|passed| {
        *passed += 1;
        true
    })
}

/// The hit of `length` letters from the one at `first` on, unless they stand too far apart for what it is used for.
#[inline]
fn hit(set: &Compiled, letters: &Letters, text: &str, first: usize, length: usize, used: Use) -> Option<Hit> {
    let last = first + length - 1;
    let (start, end) = (letters.start(first), letters.end(last, text));
    let widest = if letters.are_close(first, last, text) { 0 } else { widest_gap(set, &text[start..end]) };
    let (first, last) = (letters.number(first), letters.number(last));
    (widest <= set.widest_gap(used)).then_some(Hit { used, first, last, start, end, widest, line: 0, sentence: 0 })
}

/// Gap characters at the widest gap between two letters.
fn widest_gap(set: &Compiled, text: &str) -> u32 {
    let (mut widest, mut gap) = (0, 0);
    for c in text.chars() {
        match set.classes.of(c) {
            Class::Drop => {}
            Class::Gap => gap += 1,
            Class::One(_) | Class::Many(_) => {
                widest = gap.max(widest);
                gap = 0;
            }
        }
    }
    widest
}

#[cfg(test)]
mod tests;
