//! One text under one rule set: walk it once, collect hits, decide on them as soon as their surroundings are known.
//!
//! Owns the pass and the sliding list of hits. Memory is bounded by the rule set (longest word, widest nearness), not
//! by the text: hits are settled in batches once everything that could excuse or support them has been read. Time is
//! linear; past the deadline the scan ends with [`TooLong`] and the item is held.

use std::time::{Duration, Instant};

use super::classes::Class;
use super::compile::Compiled;
use super::inspect::Inspection;
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

/// A letter that was read.
#[derive(Clone, Copy, Default)]
struct Place {
    start: usize,
    gap: u32,
}

/// Hits that are held before a batch is judged.
const BATCH: usize = 16 * 1024;
/// Characters between two looks at the clock.
const LOOK: u32 = 8 * 1024;

struct Scan<'a> {
    set: &'a Compiled,
    state: State,
    ring: Vec<Place>,
    letters: u64,
    gap: u32,
    line: u32,
    sentence: u32,
    hits: Vec<Hit>,
    judged: u64,
    batch: usize,
    numbers: Option<Numbers>,
}

/// Walks `text` and hands what it finds to the judge.
///
/// # Errors
/// [`TooLong`] past the deadline; what was judged until then stands.
pub(super) fn scan(set: &Compiled, text: &str, deadline: &Deadline, judge: &mut Inspection<'_>) -> Result<(), TooLong> {
    let mut scan = Scan {
        set,
        state: set.matcher.start(),
        ring: vec![Place::default(); set.matcher.longest().max(1).next_power_of_two()],
        letters: 0,
        gap: 0,
        line: 0,
        sentence: 0,
        hits: Vec::new(),
        judged: 0,
        batch: BATCH,
        numbers: set.reads_numbers.then(Numbers::default),
    };
    let mut until_look = 0u32;
    for (at, c) in text.char_indices() {
        if until_look == 0 {
            deadline.check()?;
            until_look = LOOK;
        }
        until_look -= 1;
        match set.classes.of(c) {
            Class::One(id) if scan.passes(id, at) => {}
            Class::One(id) => scan.letter(id, (at, at + c.len_utf8()), text, judge),
            Class::Drop => {}
            Class::Gap => scan.see_gap(c),
            Class::Many(ids) => ids.iter().for_each(|id| scan.letter(*id, (at, at + c.len_utf8()), text, judge)),
        }
        if scan.hits.len() >= scan.batch {
            scan.settle(false, judge)?;
        }
    }
    if let Some(numbers) = &mut scan.numbers {
        numbers.finish(text, &mut |number| judge.number(&number));
    }
    scan.settle(true, judge)
}

impl Scan<'_> {
    fn see_gap(&mut self, c: char) {
        self.gap = self.gap.saturating_add(1);
        match c {
            '\n' | '\u{2028}' | '\u{2029}' => {
                self.line = self.line.wrapping_add(1);
                self.sentence = self.sentence.wrapping_add(1);
            }
            '。' | '！' | '？' | '；' | '!' | '?' | ';' | '．' => self.sentence = self.sentence.wrapping_add(1),
            _ => {}
        }
    }

    /// Takes a letter of which nothing can come: the way of nearly all.
    #[inline]
    fn passes(&mut self, id: u16, start: usize) -> bool {
        if let Some(numbers) = &mut self.numbers
            && (self.set.classes.is_numeric(id) || !numbers.passes())
        {
            return false;
        }
        if !self.set.matcher.passes(&mut self.state, id) {
            return false;
        }
        self.note(start);
        true
    }

    /// Remembers where a letter stands; gives its number.
    #[inline]
    fn note(&mut self, start: usize) -> u64 {
        let mask = self.ring.len() - 1;
        let at = self.letters;
        self.ring[at as usize & mask] = Place { start, gap: self.gap };
        self.gap = 0;
        self.letters += 1;
        at
    }

    fn letter(&mut self, id: u16, (start, end): (usize, usize), text: &str, judge: &mut Inspection<'_>) {
        if let Some(numbers) = &mut self.numbers
            && (self.set.classes.is_numeric(id) || !numbers.passes())
        {
            let fold = self.set.classes.name(id);
            numbers.letter(fold, (start, end), self.gap, text, &mut |number| judge.number(&number));
        }
        let at = self.note(start);
        let mask = self.ring.len() - 1;
        let Self { set, state, ring, hits, line, sentence, .. } = self;
        set.matcher.step(state, id, |length, used| {
            let first = (at + 1).saturating_sub(length as u64);
            let widest = (first + 1..=at).map(|letter| ring[letter as usize & mask].gap).max().unwrap_or(0);
            if widest <= set.widest_gap(used) {
                let start = ring[first as usize & mask].start;
                hits.push(Hit { used, first, last: at, start, end, widest, line: *line, sentence: *sentence });
            }
        });
    }

    /// Judges every hit whose surroundings are known and forgets what no later hit can need.
    fn settle(&mut self, finished: bool, judge: &mut Inspection<'_>) -> Result<(), TooLong> {
        let until = if finished { u64::MAX } else { self.letters.saturating_sub(self.set.horizon) };
        judge.hits(&Batch { hits: &self.hits, from: self.judged, until })?;
        self.judged = until;
        let keep = until.saturating_sub(self.set.horizon);
        self.hits.retain(|hit| hit.last >= keep);
        // where hits are dense inside the horizon, wait for as many again, so that the work stays linear
        self.batch = BATCH.max(2 * self.hits.len());
        Ok(())
    }
}
