//! Dense class ids: the folding table narrowed to what one rule set can match.
//!
//! Owns the numbers that the filter and the automaton run on. Every fold that occurs in a term, an exception, a context
//! word or a detector's anchor has an id from 1 to 16,383; every other letter is [`OTHER`]. The ids are in three ranges,
//! so that one comparison tells them: ordinary letters, digits, letters that are a word alone.
//! An id is written as two bytes, the first with its high bit set and the second without, so that a match can only
//! begin at a character. Limits: 128 KB for the basic plane, 512 bytes for each block of 256 characters beyond.

use std::collections::{HashMap, HashSet};

use super::fold::{FoldTable, Folded};
use super::window::digit_of;

/// A letter that no pattern uses.
pub(super) const OTHER: u16 = 0;
/// The largest number of classes: 14 bits.
pub(super) const MOST: usize = (1 << 14) - 1;

/// Codes below are ids, codes from here on gaps or nothing.
const NO_LETTER: u16 = 0x8000;
const GAP: u16 = NO_LETTER;
const SENTENCE_END: u16 = NO_LETTER + 1;
const LINE_END: u16 = NO_LETTER + 2;
const DROP: u16 = NO_LETTER + 3;
/// Codes from here on are several letters.
const MANY: u16 = 0xC000;
/// Stands for every character beyond the basic plane where that must do.
const FAR: u16 = 0xFFFF;
const BLOCK: usize = 256;
const BASIC: usize = 1 << 16;

/// What a character is in the stream of one rule set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class<'a> {
    Drop,
    Gap,
    One(u16),
    Many(&'a [u16]),
}

/// What ends at a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Break {
    Nothing,
    Sentence,
    Line,
}

/// A character as the table writes it: cheaper to look at than a [`Class`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Code(u16);

impl Code {
    /// The id of a letter; only where it is one.
    #[inline]
    pub(super) fn id(self) -> u16 {
        self.0
    }

    /// Several letters, or beyond the basic plane: see [`ClassTable::of`].
    #[inline]
    pub(super) fn is_rare(self) -> bool {
        self.0 >= MANY
    }

    /// Neither a letter nor a star, nor several.
    #[inline]
    pub(super) fn is_no_letter(self) -> bool {
        self.0 >= NO_LETTER
    }

    /// What ends here.
    pub(super) fn ends(self) -> Break {
        match self.0 {
            LINE_END => Break::Line,
            SENTENCE_END => Break::Sentence,
            _ => Break::Nothing,
        }
    }
}

/// The basic plane alone, for a loop that has no register to spare.
#[derive(Clone, Copy)]
pub(super) struct Basic<'a>(&'a [u16; BASIC]);

impl Basic<'_> {
    /// The code of `c`: one look without a branch. What stands beyond the plane is rare.
    #[inline]
    pub(super) fn code_of(self, c: char) -> Code {
        Code(if (c as usize) < BASIC { self.0[c as usize % BASIC] } else { FAR })
    }
}

/// The table; immutable.
pub(super) struct ClassTable {
    /// The basic plane, flat: one look a character.
    basic: Box<[u16; BASIC]>,
    /// Blocks of the other planes, and which of them each page of 256 has.
    pages: Vec<u16>,
    blocks: Vec<[u16; BLOCK]>,
    many: Vec<Box<[u16]>>,
    ids: HashMap<char, u16>,
    names: Vec<char>,
    /// Up to here ids are ordinary letters.
    ordinary: u16,
    /// From there up to here they are digits.
    digits: u16,
}

impl ClassTable {
    /// Gives each fold in `used` an id, in that order within its range. `used` holds at most [`MOST`] different folds;
    /// `alone` holds those that are a pattern by themselves.
    pub(super) fn build(folds: &FoldTable, used: impl IntoIterator<Item = char>, alone: &HashSet<char>) -> Self {
        let mut seen = HashSet::new();
        let mut ranges: [Vec<char>; 3] = [vec!['\0'], Vec::new(), Vec::new()];
        for fold in used.into_iter().filter(|fold| seen.insert(*fold)) {
            let range = if alone.contains(&fold) { 2 } else { usize::from(digit_of(fold).is_some()) };
            ranges[range].push(fold);
        }
        let last = |count: usize| u16::try_from(count - 1).unwrap_or(u16::MAX);
        let (ordinary, digits) = (last(ranges[0].len()), last(ranges[0].len() + ranges[1].len()));
        let names = ranges.concat();
        let ids = (1u16..).zip(names.iter().skip(1)).map(|(id, fold)| (*fold, id)).collect();
        let mut table = Self {
            basic: Box::new([OTHER; BASIC]),
            pages: Vec::new(),
            blocks: Vec::new(),
            many: Vec::new(),
            ids,
            names,
            ordinary,
            digits,
        };
        table.fill(folds);
        table
    }

    fn fill(&mut self, folds: &FoldTable) {
        let (pages, blocks) = folds.blocks();
        for block in blocks {
            let mut dense = [OTHER; BLOCK];
            for (slot, fold) in dense.iter_mut().zip(block) {
                *slot = self.code(fold);
            }
            self.blocks.push(dense);
        }
        let basic = pages.iter().take(BASIC / BLOCK).flat_map(|block| self.blocks[usize::from(*block)]);
        self.basic.iter_mut().zip(basic).for_each(|(slot, code)| *slot = code);
        for (code, characters) in [(SENTENCE_END, "。！？；!?;．"), (LINE_END, "\n\u{2028}\u{2029}")] {
            characters.chars().for_each(|c| self.basic[c as usize] = code);
        }
        self.pages = pages.to_vec();
    }

    fn code(&mut self, fold: Folded<'_>) -> u16 {
        match fold {
            Folded::Drop => DROP,
            Folded::Gap | Folded::WeakStar => GAP,
            Folded::One(one) => self.id(one),
            Folded::Many(several) => {
                let ids: Box<[u16]> = several.iter().map(|part| self.id(*part)).collect();
                if ids.iter().all(|id| *id == OTHER) {
                    return OTHER;
                }
                let index = u16::try_from(self.many.len()).unwrap_or(0);
                self.many.push(ids);
                MANY + index
            }
        }
    }

    /// The id of a fold; [`OTHER`] where no pattern uses it.
    pub(super) fn id(&self, fold: char) -> u16 {
        self.ids.get(&fold).copied().unwrap_or(OTHER)
    }

    /// How many ids there are, [`OTHER`] among them.
    pub(super) fn count(&self) -> u16 {
        u16::try_from(self.names.len()).unwrap_or(u16::MAX)
    }

    /// The fold that has this id; `\0` for [`OTHER`].
    pub(super) fn name(&self, id: u16) -> char {
        self.names.get(usize::from(id)).copied().unwrap_or('\0')
    }

    /// The table of the basic plane.
    #[inline]
    pub(super) fn basic(&self) -> Basic<'_> {
        Basic(&self.basic)
    }

    /// The code of `c`.
    #[inline]
    pub(super) fn code_of(&self, c: char) -> Code {
        Code(match u16::try_from(c as u32) {
            Ok(c) => self.basic[usize::from(c)],
            Err(_) => self.blocks[usize::from(self.pages[c as usize / BLOCK])][c as usize % BLOCK],
        })
    }

    /// Ids from here on are words alone.
    #[inline]
    pub(super) fn first_alone(&self) -> u16 {
        self.digits + 1
    }

    /// Whether it is a digit.
    #[inline]
    pub(super) fn is_digit(&self, id: u16) -> bool {
        self.ordinary < id && (id <= self.digits || digit_of(self.name(id)).is_some())
    }

    /// The class of `c`.
    #[inline]
    pub(super) fn of(&self, c: char) -> Class<'_> {
        match self.code_of(c) {
            Code(DROP) => Class::Drop,
            Code(code) if code >= MANY => Class::Many(&self.many[usize::from(code - MANY)]),
            code if code.is_no_letter() => Class::Gap,
            Code(code) => Class::One(code),
        }
    }
}

/// The two bytes of an id.
#[inline]
pub(super) fn bytes_of(id: u16) -> [u8; 2] {
    let [high, low] = (id << 1).to_be_bytes();
    [0x80 | high, low >> 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_dense_and_bytes_do_not_run_into_one_another() {
        let table = ClassTable::build(&FoldTable::build(), "机密5a".chars(), &HashSet::from(['密']));
        assert_eq!(table.of('機'), Class::One(1));
        assert_eq!(table.of('Ａ'), Class::One(2));
        assert_eq!(table.of('甲'), Class::One(OTHER));
        assert_eq!(table.of('\u{200B}'), Class::Drop);
        assert_eq!(table.of('㏂'), Class::Many(&[2, OTHER]));
        assert_eq!(table.of('\u{2000A}'), Class::One(OTHER));
        assert_eq!([' ', '。', '\n'].map(|c| table.of(c)), [Class::Gap; 3]);
        let ends = [' ', '。', '\n'].map(|c| table.code_of(c).ends());
        assert_eq!(ends, [Break::Nothing, Break::Sentence, Break::Line]);
        assert_eq!(['甲', '機', '⑤', '密'].map(|c| table.is_digit(table.code_of(c).id())), [false, false, true, false]);
        assert_eq!(table.of('密'), Class::One(table.first_alone()));
        assert!(
            table.code_of('㏂').is_rare()
                && table.basic().code_of('\u{2000A}').is_rare()
                && !table.code_of('密').is_rare()
        );
        for id in [1u16, 127, 128, 300, 16_383] {
            let [lead, trail] = bytes_of(id);
            assert!(lead >= 0x80 && trail < 0x80);
            assert_eq!(u16::from(lead & 0x7F) << 7 | u16::from(trail), id);
        }
    }
}
