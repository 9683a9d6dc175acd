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

/// Letters that are compared at once.
const HEAD: usize = 4;

/// The patterns of two letters and more; immutable.
pub(super) struct Prefixes {
    /// Of one pattern after the other in sorted order, and [`HEAD`] more.
    letters: Box<[u16]>,
    patterns: Box<[Pattern]>,
    /// Open addressing over the hash; its length is a power of two.
    table: Box<[Entry]>,
}

/// Where a pattern's letters are, and its number in the order that they were given.
#[derive(Clone, Copy)]
struct Pattern {
    first: u32,
    length: u32,
    number: u32,
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
        let (mut letters, mut sorted) = (Vec::new(), Vec::with_capacity(order.len()));
        for number in &order {
            let ids = &patterns[*number as usize];
            let [first, length] = [letters.len(), ids.len()].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
            sorted.push(Pattern { first, length, number: *number });
            letters.extend_from_slice(ids);
        }
        letters.extend([0; HEAD]);
        let table = vec![Entry { hash: 0, index: EMPTY, count: 0 }; (2 * order.len()).next_power_of_two().max(2)];
        let (letters, patterns) = (letters.into(), sorted.into());
        let mut prefixes = Self { letters, patterns, table: table.into() };
        let asked = prefixes.fill();
        (prefixes, asked)
    }

    /// Makes the table; gives the numbers of the patterns that have no place in it.
    fn fill(&mut self) -> Vec<u32> {
        let mut asked = Vec::new();
        let mut begin = 0;
        while begin < self.patterns.len() {
            let prefix = prefix_of(self.letters_of(begin));
            let alike =
                (begin..self.patterns.len()).take_while(|index| prefix_of(self.letters_of(*index)) == prefix).count();
            let (place, index) = (self.place(prefix.map_or(0, hash_of)), begin as u32);
            let count = if alike > FEW || self.table[place].index != EMPTY { 0 } else { alike as u32 };
            if count == 0 {
                asked.extend(self.patterns[begin..begin + alike].iter().map(|pattern| pattern.number));
            }
            let before = self.table[place];
            if before.index != EMPTY && before.count > 0 {
                let others = before.index as usize..(before.index + before.count) as usize;
                asked.extend(self.patterns[others].iter().map(|pattern| pattern.number));
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
        let head = text.first_chunk::<HEAD>().map(packed);
        for pattern in &self.patterns[entry.index as usize..(entry.index + entry.count) as usize] {
            if self.stands(pattern, text, head) {
                found(pattern.number);
            }
        }
        entry.count > 0
    }

    /// Whether `text` begins with a pattern; its first letters at once, where the text has so many.
    #[inline]
    fn stands(&self, pattern: &Pattern, text: &[u16], head: Option<u64>) -> bool {
        let (first, length) = (pattern.first as usize, pattern.length as usize);
        if let Some(head) = head
            && let Some(own) = self.letters.get(first..).and_then(<[u16]>::first_chunk::<HEAD>)
        {
            let unused = u64::BITS - 16 * length.min(HEAD) as u32;
            if (packed(own) ^ head) << unused != 0 {
                return false;
            }
            if length <= HEAD {
                return true;
            }
        }
        let ids = &self.letters[first..first + length];
        // words are short: a loop is faster than to compare memory
        ids.len() <= text.len() && ids.iter().zip(text).all(|(one, other)| one == other)
    }

    fn letters_of(&self, index: usize) -> &[u16] {
        let Pattern { first, length, .. } = self.patterns[index];
        &self.letters[first as usize..(first + length) as usize]
    }
}

/// Letters in one number, the first the lowest.
#[inline]
fn packed(letters: &[u16; HEAD]) -> u64 {
    (0..).zip(letters).fold(0, |all, (place, letter)| all | u64::from(*letter) << (16 * place))
}
