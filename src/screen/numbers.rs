//! Runs of digits: what the detectors of identity, phone and card numbers are given.
//!
//! Owns the joining of digits that stand apart: `360426 19910101 0071`, one digit a cell, full-width, circled and
//! Chinese digits. A number ends where an ASCII letter or another digit would continue it, never at a "word
//! boundary", which Chinese text does not have. Each end of a group looks back over at most [`LONGEST`] digits. Digits
//! are gathered only where [`SHORTEST`] of them stand with no other letter between: most of a text costs a count.

use std::collections::VecDeque;

use super::classes::{Class, ClassTable};
use super::letters::Letters;
use super::window::digit_of;

/// Digits in the shortest number that any detector knows (mobile: 11); fewer in a row are not looked at.
const SHORTEST: usize = 11;
/// Digits in the longest number that any detector knows (GB/T 14504 cards: 19).
pub(super) const LONGEST: usize = 19;
/// Gap characters between two groups of one number.
const WIDEST_GAP: u32 = 3;
/// The value of X, the check character of GB 11643.
pub(super) const X: u8 = 10;

/// A number as it may be meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Number {
    /// The digits, X as [`X`] and only last.
    pub(super) digits: Vec<u8>,
    /// Digits in each group.
    pub(super) groups: Vec<usize>,
    /// First byte.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
    /// Whether some digit was none of 0 to 9 in any width.
    pub(super) chinese: bool,
}

struct Group {
    digits: Vec<u8>,
    start: usize,
    end: usize,
    chinese: bool,
    /// Text between the group before and this one was longer than a gap may be, or held a letter.
    apart: bool,
    /// A letter touches it, or it is longer than any number.
    barred: bool,
}

/// Collects numbers while the text is walked.
#[derive(Default)]
pub(super) struct Numbers {
    /// The number that may be under way: only where enough digits stand together.
    gathered: Option<Groups>,
}

impl Numbers {
    /// Letters before a block that it may read again: the digits before the one that makes enough, and one more.
    pub(super) const KEPT: usize = SHORTEST + 1;

    /// Reads a block of letters. Calls `found` for every number that ended in it.
    pub(super) fn read(&mut self, letters: &Letters, classes: &ClassTable, text: &str, found: &mut impl FnMut(Number)) {
        let ids = letters.ids();
        let mut index = letters.kept();
        while index < ids.len() {
            let Some(groups) = &mut self.gathered else {
                let Some(enough) = enough_digits(ids, classes, index) else { return };
                self.gathered = Some(gather(letters, classes, text, enough, found));
                index = enough;
                continue;
            };
            let (fold, gap) = (classes.name(ids[index]), gap_before(letters, classes, text, index));
            groups.letter(fold, place(letters, text, index), gap, text, found);
            if !groups.open {
                self.gathered = None;
            }
            index += 1;
        }
    }

    /// The end of the text.
    pub(super) fn finish(&mut self, text: &str, found: &mut impl FnMut(Number)) {
        if let Some(groups) = &mut self.gathered {
            groups.close(text, found);
        }
    }
}

/// The first letter from `from` on that is the last of [`SHORTEST`] digits with no other letter between. One letter in
/// eight is looked at: so many digits hold one of them.
fn enough_digits(ids: &[u16], classes: &ClassTable, from: usize) -> Option<usize> {
    const STEP: usize = 8;
    let is_digit = |id: &&u16| classes.is_digit(**id);
    let mut sample = (from.saturating_sub(SHORTEST - 1)).max(1) + STEP - 1;
    while sample < ids.len() {
        if is_digit(&&ids[sample]) {
            let before = ids[1..sample].iter().rev().take_while(is_digit).count();
            let after = ids[sample..].iter().take_while(is_digit).count();
            if before + after >= SHORTEST {
                return Some((sample - before + SHORTEST - 1).max(from));
            }
        }
        sample += STEP;
    }
    // the digits at the end of the block are looked at with the next
    let last = ids[1..].iter().rev().take_while(is_digit).count();
    (last >= SHORTEST).then(|| (ids.len() - last + SHORTEST - 1).max(from))
}

fn place(letters: &Letters, text: &str, index: usize) -> (usize, usize) {
    (letters.start(index), letters.end(index, text))
}

/// Gap characters between the letter at `index` and the one before it.
fn gap_before(letters: &Letters, classes: &ClassTable, text: &str, index: usize) -> u32 {
    let between = text.get(letters.end(index - 1, text)..letters.start(index)).unwrap_or("");
    u32::try_from(between.chars().filter(|c| classes.of(*c) == Class::Gap).count()).unwrap_or(u32::MAX)
}

/// The digits before the one at `index`, which makes enough of them.
fn gather(letters: &Letters, classes: &ClassTable, text: &str, index: usize, found: &mut impl FnMut(Number)) -> Groups {
    let first = index + 1 - SHORTEST;
    let before = classes.name(letters.ids()[first - 1]);
    let touched = before.is_ascii_alphanumeric() && digit_of(before).is_none();
    let mut groups = Groups { groups: VecDeque::new(), open: false, letter_touches: touched, letter_between: true };
    for index in first..index {
        let fold = classes.name(letters.ids()[index]);
        groups.letter(fold, place(letters, text, index), gap_before(letters, classes, text, index), text, found);
    }
    groups
}

/// Groups of digits that may belong together.
struct Groups {
    groups: VecDeque<Group>,
    open: bool,
    letter_touches: bool,
    letter_between: bool,
}

impl Groups {
    /// Takes one folded letter with its place; `gap` counts the gap characters before it. Calls `found` for every
    /// number that ended before it.
    fn letter(
        &mut self,
        fold: char,
        (start, end): (usize, usize),
        gap: u32,
        text: &str,
        found: &mut impl FnMut(Number),
    ) {
        let value = digit_of(fold).or_else(|| (fold == 'x' && self.open && gap == 0).then_some(X));
        let chinese = value.is_some() && !fold.is_ascii();
        let continues = self.open
            && gap == 0
            && value.is_some()
            && (value == Some(X) || self.groups.back().is_some_and(|group| group.chinese == chinese));
        if continues {
            self.extend(value.unwrap_or(0), end);
            return;
        }
        let latin = value.is_none() && fold.is_ascii_alphanumeric();
        if self.open {
            if latin
                && gap == 0
                && let Some(group) = self.groups.back_mut()
            {
                group.barred = true;
            }
            self.close(text, found);
        }
        match value {
            Some(value) => {
                let apart = gap > WIDEST_GAP || self.letter_between || self.groups.is_empty();
                let barred = self.letter_touches && gap == 0;
                self.groups.push_back(Group { digits: vec![value], start, end, chinese, apart, barred });
                self.open = true;
                self.letter_between = false;
            }
            None => self.letter_between = true,
        }
        self.letter_touches = latin;
    }

    fn extend(&mut self, value: u8, end: usize) {
        let Some(group) = self.groups.back_mut() else { return };
        group.end = end;
        if group.digits.len() > LONGEST || group.digits.last() == Some(&X) {
            group.barred = true;
        } else {
            group.digits.push(value);
        }
    }

    /// Ends the open group and offers every number that ends with it.
    fn close(&mut self, text: &str, found: &mut impl FnMut(Number)) {
        self.open = false;
        while self.groups.len() > LONGEST {
            self.groups.pop_front();
        }
        let mut total = 0;
        for first in (0..self.groups.len()).rev() {
            let group = &self.groups[first];
            total += group.digits.len();
            let inner_x = first + 1 < self.groups.len() && group.digits.last() == Some(&X);
            if group.barred || inner_x || total > LONGEST {
                break;
            }
            if matches!(total, 11 | 13 | 15..=LONGEST)
                && let Some(number) = self.number(first, total, text)
            {
                found(number);
            }
            if group.apart {
                break;
            }
        }
    }

    /// The number from group `first` to the last, where its groups are set apart in one way.
    fn number(&self, first: usize, total: usize, text: &str) -> Option<Number> {
        let parts: Vec<&Group> = self.groups.range(first..).collect();
        let mut gaps = parts.windows(2).map(|pair| text.get(pair[0].end..pair[1].start).unwrap_or(""));
        let touching = gaps.clone().all(str::is_empty);
        let even = match gaps.next() {
            Some(gap) => gaps.all(|other| other == gap),
            None => true,
        };
        if !even || !(parts.len() <= 6 || parts.len() == total || touching) {
            return None;
        }
        Some(Number {
            digits: parts.iter().flat_map(|group| &group.digits).copied().collect(),
            groups: parts.iter().map(|group| group.digits.len()).collect(),
            start: parts.first()?.start,
            end: parts.last()?.end,
            chinese: parts.iter().any(|group| group.chinese),
        })
    }
}
