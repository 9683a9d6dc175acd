//! Words by their first three letters: where few begin alike, each is compared with the text.
//!
//! Owns the letters of all patterns in one piece, sorted, and a table from three letters to the patterns that begin with
//! them; a pattern of two letters stands there with [`END`] as its third. Where more than [`FEW`] begin alike, or other
//! letters have the same hash, the automaton is asked, so that time stays linear for any set.

use super::classes::MOST;

/// Stands after the second letter of a pattern that has no third: the 16,384th id, which no class has.
pub(super) const END: u16 = MOST as u16 + 1;
/// Patterns that are compared at one place.
pub(super) const FEW: usize = 8;
const EMPTY: u32 = u32::MAX;

/// The patterns of two letters and more; immutable.
pub(super) struct Prefixes {
    letters: Box<[u16]>,
    /// Where each pattern's letters end, in sorted order; those of the first begin at 0.
    ends: Box<[u32]>,
    /// The number of each pattern in the order that they were given.
    numbers: Box<[u32]>,
    /// Open addressing over the hash; its length is a power of two.
    table: Box<[Entry]>,
}

/// The patterns that begin with three letters.
#[derive(Clone, Copy)]
struct Entry {
    hash: u32,
    /// The first of them.
    index: u32,
    /// How many; 0 where the automaton must be asked.
    count: u32,
}

/// A hash of three letters; the last may be [`END`].
#[inline]
pub(super) fn hash_of(letters: [u16; 3]) -> u32 {
    let pair = (u32::from(letters[0]) << 14 | u32::from(letters[1])).wrapping_mul(0x85EB_CA6B);
    (pair ^ u32::from(letters[2]).wrapping_mul(0xC2B2_AE35)).wrapping_mul(0x9E37_79B1)
}

/// The first three letters of a pattern; nothing for a pattern of one.
pub(super) fn prefix_of(ids: &[u16]) -> Option<[u16; 3]> {
    match ids {
        [first, second] => Some([*first, *second, END]),
        [first, second, third, ..] => Some([*first, *second, *third]),
        _ => None,
    }
}

impl Prefixes {
    /// Sorts the patterns. Gives with them the numbers of those that the automaton must look for.
    pub(super) fn of(patterns: &[Box<[u16]>]) -> (Self, Vec<u32>) {
        let mut order: Vec<u32> =
            (0..).zip(patterns).filter(|(_, ids)| ids.len() > 1).map(|(number, _)| number).collect();
        order.sort_unstable_by_key(|number| &patterns[*number as usize]);
        let (mut letters, mut ends) = (Vec::new(), Vec::with_capacity(order.len()));
        for number in &order {
            letters.extend_from_slice(&patterns[*number as usize]);
            ends.push(u32::try_from(letters.len()).unwrap_or(u32::MAX));
        }
        let table = vec![Entry { hash: 0, index: EMPTY, count: 0 }; (2 * order.len()).next_power_of_two().max(2)];
        let (letters, ends, numbers) = (letters.into(), ends.into(), order.into());
        let mut prefixes = Self { letters, ends, numbers, table: table.into() };
        let asked = prefixes.fill();
        (prefixes, asked)
    }

    /// Makes the table; gives the numbers of the patterns that have no place in it.
    fn fill(&mut self) -> Vec<u32> {
        let mut asked = Vec::new();
        let mut begin = 0;
        while begin < self.ends.len() {
            let prefix = prefix_of(self.letters_of(begin));
            let alike =
                (begin..self.ends.len()).take_while(|index| prefix_of(self.letters_of(*index)) == prefix).count();
            let (place, index) = (self.place(prefix.map_or(0, hash_of)), begin as u32);
            let count = if alike > FEW || self.table[place].index != EMPTY { 0 } else { alike as u32 };
            if count == 0 {
                asked.extend_from_slice(&self.numbers[begin..begin + alike]);
            }
            let before = self.table[place];
            if before.index != EMPTY && before.count > 0 {
                let others = before.index as usize..(before.index + before.count) as usize;
                asked.extend_from_slice(&self.numbers[others]);
            }
            self.table[place] = Entry { hash: prefix.map_or(0, hash_of), index, count };
            begin += alike;
        }
        asked
    }

    /// Where the entry of a hash stands, or would stand.
    #[inline]
    fn place(&self, hash: u32) -> usize {
        // the low bits: the filter takes the high ones; the length is a power of two
        let mask = self.table.len() - 1;
        let mut place = hash as usize & mask;
        while self.table[place].index != EMPTY && self.table[place].hash != hash {
            place = (place + 1) & mask;
        }
        place
    }

    /// Calls `found` with the number of each pattern that `text` begins with, of those that begin with these three
    /// letters. False where the automaton must be asked.
    #[inline]
    pub(super) fn compare(&self, letters: [u16; 3], text: &[u16], mut found: impl FnMut(u32)) -> bool {
        let entry = self.table[self.place(hash_of(letters))];
        if entry.index == EMPTY {
            return true;
        }
        for index in entry.index as usize..(entry.index + entry.count) as usize {
            let ids = self.letters_of(index);
            // words are short: a loop is faster than to compare memory
            if ids.len() <= text.len() && ids.iter().zip(text).all(|(one, other)| one == other) {
                found(self.numbers[index]);
            }
        }
        entry.count > 0
    }

    #[inline]
    fn letters_of(&self, index: usize) -> &[u16] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.letters[start..self.ends[index] as usize]
    }
}
