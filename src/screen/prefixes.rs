//! Words by their first three letters: where few begin with them, each is compared with the text, which is faster than
//! the automaton.
//!
//! Owns the letters of all patterns in one piece, sorted, and a table from three letters to the first pattern that
//! begins with them; a pattern of two letters stands there with [`END`] as its third. Where more than [`FEW`] begin
//! alike the automaton is asked, so that time stays linear for any set.

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
    /// How many; 0 where they are more than [`FEW`], or where other three letters have the same hash.
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
    /// Sorts the patterns.
    pub(super) fn of(patterns: &[Vec<u16>]) -> Self {
        let mut order: Vec<u32> =
            (0..).zip(patterns).filter(|(_, ids)| ids.len() > 1).map(|(number, _)| number).collect();
        order.sort_unstable_by_key(|number| &patterns[*number as usize]);
        let (mut letters, mut ends) = (Vec::new(), Vec::with_capacity(order.len()));
        for number in &order {
            letters.extend_from_slice(&patterns[*number as usize]);
            ends.push(u32::try_from(letters.len()).unwrap_or(u32::MAX));
        }
        let mut table = vec![Entry { hash: 0, index: EMPTY, count: 0 }; (2 * order.len()).next_power_of_two().max(2)];
        let mut index = 0;
        for alike in order.chunk_by(|one, other| prefix_of(&patterns[*one as usize]) == prefix_of(&patterns[*other as usize])) {
            if let Some(prefix) = alike.first().and_then(|number| prefix_of(&patterns[*number as usize])) {
                let count = if alike.len() > FEW { 0 } else { alike.len() as u32 };
                add(&mut table, Entry { hash: hash_of(prefix), index, count });
            }
            index += alike.len() as u32;
        }
        Self { letters: letters.into(), ends: ends.into(), numbers: order.into(), table: table.into() }
    }

    /// Calls `found` with the number of each pattern that `text` begins with, of those that begin with these three
    /// letters. Whether that is all: false where the text ends before one of them does, or there are too many.
    #[inline]
    pub(super) fn compare(&self, letters: [u16; 3], text: &[u16], mut found: impl FnMut(usize)) -> bool {
        let hash = hash_of(letters);
        let mut place = hash as usize & (self.table.len() - 1);
        let entry = loop {
            let entry = self.table[place];
            if entry.index == EMPTY {
                return true;
            }
            if entry.hash == hash {
                break entry;
            }
            place = (place + 1) & (self.table.len() - 1);
        };
        let mut whole = entry.count > 0;
        for index in entry.index as usize..(entry.index + entry.count) as usize {
            let ids = self.letters_of(index);
            // words are short: a loop is faster than to compare memory
            if ids.iter().zip(text).all(|(one, other)| one == other) {
                match ids.len() <= text.len() {
                    true => found(self.numbers[index] as usize),
                    false => whole = false,
                }
            }
        }
        whole
    }

    #[inline]
    fn letters_of(&self, index: usize) -> &[u16] {
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.letters[start..self.ends[index] as usize]
    }
}

/// Adds an entry; where another has its hash already, the automaton must tell them apart.
fn add(table: &mut [Entry], entry: Entry) {
    let mask = table.len() - 1;
    let mut place = entry.hash as usize & mask;
    while table[place].index != EMPTY {
        if table[place].hash == entry.hash {
            table[place].count = 0;
            return;
        }
        place = (place + 1) & mask;
    }
    table[place] = entry;
}
