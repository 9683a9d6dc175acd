//! Which letters may begin a word: two sets of hashes that nearly all of a text is stopped by.
//!
//! Owns the pairs of letters that patterns begin with, and the triples that they go on to; a pattern of two letters
//! stands among the triples with [`END`] as its third. Both are hashed, a bit each, so that a place may be looked at in
//! vain and is never passed over. A pattern of a single letter is none of the filter's business.
//! Limits: at most 1.3 MB, for any number of patterns.

use super::prefixes::{END, hash_of, prefix_of};

/// Bits for each pattern: few enough to stay in the cache, enough to be seldom wrong.
const PAIRS: usize = 32;
const TRIPLES: usize = 64;

/// The filter; immutable.
pub(super) struct Filter {
    pairs: Box<[u32]>,
    pair_shift: u32,
    triples: Box<[u32]>,
    triple_shift: u32,
}

/// The pairs alone, for a loop that has no register to spare.
#[derive(Clone, Copy)]
pub(super) struct Pairs<'a> {
    bits: &'a [u32],
    shift: u32,
}

impl Pairs<'_> {
    /// Whether a pattern may begin with these two.
    #[inline]
    pub(super) fn may_begin(self, first: u16, second: u16) -> bool {
        has(self.bits, pair_hash(first, second) >> self.shift)
    }
}

#[inline]
fn pair_hash(first: u16, second: u16) -> u32 {
    (u32::from(first) << 14 | u32::from(second)).wrapping_mul(0x9E37_79B1)
}

#[inline]
fn has(bits: &[u32], place: u32) -> bool {
    // the place is inside by the shift; were it not, the letters would be looked at
    bits.get(place as usize / 32).is_none_or(|word| word >> (place % 32) & 1 == 1)
}

/// A set of so many bits for each pattern, and the shift that makes a place of a hash.
fn room(bits: usize, most: u32) -> (Box<[u32]>, u32) {
    let bits = bits.next_power_of_two().clamp(1 << 12, 1 << most);
    (vec![0; bits / 32].into(), 32 - bits.trailing_zeros())
}

impl Filter {
    /// Takes the first letters of every pattern.
    pub(super) fn of<'a>(patterns: impl Iterator<Item = &'a [u16]> + Clone) -> Self {
        let count = patterns.clone().count();
        let ((mut pairs, pair_shift), (mut triples, triple_shift)) =
            (room(count * PAIRS, 21), room(count * TRIPLES, 23));
        let set = |bits: &mut [u32], place: u32| bits[place as usize / 32] |= 1 << (place % 32);
        for letters in patterns.filter_map(prefix_of) {
            set(&mut pairs, pair_hash(letters[0], letters[1]) >> pair_shift);
            set(&mut triples, hash_of(letters) >> triple_shift);
        }
        Self { pairs, pair_shift, triples, triple_shift }
    }

    /// The pairs alone.
    #[inline]
    pub(super) fn pairs(&self) -> Pairs<'_> {
        Pairs { bits: &self.pairs, shift: self.pair_shift }
    }

    /// Whether a pattern may begin with the pair and a third; asked where one may begin with the pair.
    #[inline]
    pub(super) fn may_go_on(&self, [first, second]: [u16; 2], third: u16) -> bool {
        has(&self.triples, hash_of([first, second, third]) >> self.triple_shift)
    }

    /// Whether the pair may be a pattern; asked where one may begin with it.
    #[inline]
    pub(super) fn may_be(&self, pair: [u16; 2]) -> bool {
        self.may_go_on(pair, END)
    }
}
