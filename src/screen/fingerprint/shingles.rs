//! A text as the shingles of the sample, each with its place; and the keyed value of a shingle.
//!
//! Promises: one walk over the text, the same choice on every machine and in every version that folds alike; a place is
//! that of the letters in the text as it was given, in bytes. Needs no room that grows with the text.

use siphasher::sip::SipHasher24;

use super::{LENGTH, ONE_IN};
use crate::screen::fold::{FoldTable, Folded};

/// The base of the polynomial that tells shingles apart, and the factor that spreads it over the high bits (both odd,
/// drawn once; nothing secret rests on them).
const BASE: u64 = 0x9FB2_1C65_1E98_DF25;
const SPREAD: u64 = 0xD6E8_FEB8_6659_FD93;
/// The base to the power of the letter that leaves.
const LEAVES: u64 = BASE.wrapping_pow(LENGTH as u32);

/// Eight letters in a row, of the sample.
#[derive(Clone, Copy)]
pub(super) struct Shingle {
    /// Their folds.
    pub(super) letters: [u32; LENGTH],
    /// The number of the last letter in the text, from 1 on.
    pub(super) number: u64,
    /// The first byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
}

/// The key of a file.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key(pub(super) u64, pub(super) u64);

impl Key {
    /// The value of a shingle, all 64 bits of it; what is kept of it are the lower 32.
    pub(super) fn value(self, letters: &[u32; LENGTH]) -> u64 {
        let mut bytes = [0; LENGTH * 4];
        for (place, letter) in bytes.chunks_exact_mut(4).zip(letters) {
            place.copy_from_slice(&letter.to_le_bytes());
        }
        SipHasher24::new_with_keys(self.0, self.1).hash(&bytes)
    }

    /// What is kept.
    pub(super) fn print(self, letters: &[u32; LENGTH]) -> u32 {
        self.value(letters) as u32
    }
}

/// Letters that are on their way through the walk.
struct Walk {
    letters: [u32; LENGTH],
    starts: [usize; LENGTH],
    hash: u64,
    number: u64,
}

impl Walk {
    /// Takes one more letter; gives the shingle that it ends, where that is of the sample.
    #[inline]
    fn take(&mut self, letter: u32, start: usize, end: usize) -> Option<Shingle> {
        let at = self.number as usize % LENGTH;
        let gone = u64::from(self.letters[at]);
        self.hash =
            self.hash.wrapping_mul(BASE).wrapping_add(u64::from(letter)).wrapping_sub(gone.wrapping_mul(LEAVES));
        (self.letters[at], self.starts[at]) = (letter, start);
        self.number += 1;
        let spread = (self.hash ^ (self.hash >> 32)).wrapping_mul(SPREAD);
        if spread >> (64 - ONE_IN.trailing_zeros()) != 0 || self.number < LENGTH as u64 {
            return None;
        }
        let first = self.number as usize % LENGTH;
        let mut letters = self.letters;
        letters.rotate_left(first);
        Some(Shingle { letters, number: self.number, start: self.starts[first], end })
    }
}

/// Walks `text` and gives every shingle of the sample to `see`, until it wants no more. Gives the number of letters.
pub(super) fn walk(folds: &FoldTable, text: &str, mut see: impl FnMut(Shingle) -> bool) -> u64 {
    let mut walk = Walk { letters: [0; LENGTH], starts: [0; LENGTH], hash: 0, number: 0 };
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        let goes_on = match folds.of(c) {
            Folded::One(letter) => walk.take(letter as u32, start, end).is_none_or(&mut see),
            Folded::Many(several) => {
                several.iter().all(|letter| walk.take(*letter as u32, start, end).is_none_or(&mut see))
            }
            Folded::Drop | Folded::Gap | Folded::WeakStar => true,
        };
        if !goes_on {
            break;
        }
    }
    walk.number
}
