//! Dense class ids: the folding table narrowed to what one rule set can match.
//!
//! Owns the numbers that the automaton runs on. Every fold that occurs in a term, an exception, a context word or a
//! detector's anchor has an id from 1 to 16,383; every other letter is [`OTHER`]. An id is written as two bytes,
//! the first with its high bit set and the second without, so that a match can only begin at a character.

use std::collections::HashMap;

use super::fold::{FoldTable, Folded};
use super::numbers::concerns;

/// A letter that no pattern uses.
pub(super) const OTHER: u16 = 0;
/// The largest number of classes: 14 bits.
pub(super) const MOST: usize = (1 << 14) - 1;

const DROP: u16 = 0xFFFF;
const GAP: u16 = 0xFFFE;
const MANY: u16 = 0x8000;
const BLOCK: usize = 256;

/// What a character is in the stream of one rule set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class<'a> {
    Drop,
    Gap,
    One(u16),
    Many(&'a [u16]),
}

/// The table; immutable.
pub(super) struct ClassTable {
    pages: Vec<u16>,
    blocks: Vec<[u16; BLOCK]>,
    many: Vec<Box<[u16]>>,
    ids: HashMap<char, u16>,
    names: Vec<char>,
    numeric: Vec<bool>,
}

impl ClassTable {
    /// Gives each fold in `used` an id, in that order. `used` holds at most [`MOST`] different folds.
    pub(super) fn build(folds: &FoldTable, used: impl IntoIterator<Item = char>) -> Self {
        let mut ids = HashMap::new();
        let mut names = vec!['\0'];
        for fold in used {
            let next = u16::try_from(names.len()).unwrap_or(OTHER);
            ids.entry(fold).or_insert_with(|| {
                names.push(fold);
                next
            });
        }
        let (pages, blocks) = folds.blocks();
        let numeric = names.iter().map(|fold| concerns(*fold)).collect();
        let mut table = Self { pages: pages.to_vec(), blocks: Vec::new(), many: Vec::new(), ids, names, numeric };
        for block in blocks {
            let mut dense = [OTHER; BLOCK];
            for (slot, fold) in dense.iter_mut().zip(block) {
                *slot = table.code(fold);
            }
            table.blocks.push(dense);
        }
        table
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

    /// Whether numbers are made of this class or barred by it.
    #[inline]
    pub(super) fn is_numeric(&self, id: u16) -> bool {
        self.numeric[usize::from(id)]
    }

    /// The class of `c`.
    #[inline]
    pub(super) fn of(&self, c: char) -> Class<'_> {
        let code = self.blocks[usize::from(self.pages[c as usize / BLOCK])][c as usize % BLOCK];
        match code {
            DROP => Class::Drop,
            GAP => Class::Gap,
            code if code >= MANY => Class::Many(&self.many[usize::from(code - MANY)]),
            code => Class::One(code),
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
        let table = ClassTable::build(&FoldTable::build(), "机密a5".chars());
        assert_eq!(table.of('機'), Class::One(1));
        assert_eq!(table.of('Ａ'), Class::One(3));
        assert_eq!(table.of('甲'), Class::One(OTHER));
        assert_eq!(table.of('\u{200B}'), Class::Drop);
        assert_eq!(table.of('㏂'), Class::Many(&[3, OTHER]));
        for id in [1u16, 127, 128, 300, 16_383] {
            let [lead, trail] = bytes_of(id);
            assert!(lead >= 0x80 && trail < 0x80);
            assert_eq!(u16::from(lead & 0x7F) << 7 | u16::from(trail), id);
        }
    }
}
