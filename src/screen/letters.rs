//! A stretch of text as letters: what each is to the rule set, and where it stands.
//!
//! Owns the folding of a text, a block of [`BLOCK`] bytes at a time, into one buffer that is used again for every text
//! of an item. The last letters of a block are kept before those of the next, so that a word over the edge is whole.
//! Limits: texts under 4 GiB, words of at most [`LONGEST`] letters.

use super::classes::{Basic, Class, ClassTable, OTHER};

/// Bytes of text that are folded at one time; they and what is made of them stay in the first cache.
const BLOCK: usize = 2048;
/// Letters that fit the buffer.
const ROOM: usize = 4096;
/// The most letters of a word.
pub(super) const LONGEST: usize = 1024;
/// The most letters that one character folds to, as U+FDFA does, and some.
const WIDEST: usize = 32;

/// Letters of a text, in order.
pub(super) struct Letters {
    ids: Box<[u16; ROOM]>,
    starts: Box<[u32; ROOM]>,
    /// Letters from before the block.
    kept: usize,
    /// All letters, with those from before.
    end: usize,
    /// How many letters of the text stand before index 0; wraps below it at the beginning.
    before: u64,
    /// The next byte to be read.
    at: usize,
}

impl Letters {
    pub(super) fn new() -> Self {
        let (ids, starts) = (Box::new([OTHER; ROOM]), Box::new([0; ROOM]));
        Self { ids, starts, kept: 0, end: 0, before: 0, at: 0 }
    }

    /// Before a text that is read from byte `at` on. One letter that no word uses stands before its first.
    pub(super) fn begin(&mut self, at: usize) {
        (self.ids[0], self.starts[0]) = (OTHER, at as u32);
        (self.kept, self.end, self.before, self.at) = (1, 1, u64::MAX, at);
    }

    /// Reads the next block and keeps `keep` letters from before it; false at the end of the text.
    pub(super) fn read(&mut self, classes: &ClassTable, text: &str, keep: usize) -> bool {
        if self.at >= text.len() {
            return false;
        }
        let gone = self.end - keep.min(self.end);
        self.ids.copy_within(gone..self.end, 0);
        self.starts.copy_within(gone..self.end, 0);
        self.before = self.before.wrapping_add(gone as u64);
        self.kept = self.end - gone;
        let stop = text.floor_char_boundary(self.at + BLOCK);
        let mut next = self.kept;
        while self.at < stop {
            let (after, left) = self.fold(classes.basic(), &text[self.at..stop], next, stop);
            (next, self.at) = (after, stop - left);
            let Some(c) = text[self.at..stop].chars().next() else { break };
            if next + BLOCK + WIDEST > ROOM {
                break;
            }
            next = self.rare(classes.of(c), next);
            self.at += c.len_utf8();
        }
        self.end = next.min(ROOM);
        true
    }

    /// Folds `block`, which ends at byte `stop` of the text, up to a character that is rare. Gives the next place, and
    /// how many bytes are left.
    #[inline(never)] // its variables fit the registers as long as nothing else is around them
    fn fold(&mut self, basic: Basic<'_>, block: &str, mut next: usize, stop: usize) -> (usize, usize) {
        let (ids, starts) = (&mut *self.ids, &mut *self.starts);
        let mut chars = block.chars();
        loop {
            let left = chars.as_str().len();
            let Some(c) = chars.next() else { return (next, 0) };
            let code = basic.code_of(c);
            // without a branch: what is no letter is written over
            ids[next % ROOM] = code.id();
            // a text fits 32 bits: `scan` refuses longer ones
            starts[next % ROOM] = (stop - left) as u32;
            if code.is_rare() {
                return (next, left);
            }
            next += usize::from(!code.is_no_letter());
        }
    }

    /// Writes a character that is several letters, or that stands beyond the basic plane; gives the next place.
    fn rare(&mut self, class: Class<'_>, next: usize) -> usize {
        let one;
        let several = match class {
            Class::Drop | Class::Gap => &[],
            Class::One(id) => {
                one = [id];
                &one[..]
            }
            Class::Many(several) => several,
        };
        for (place, id) in (next..).zip(several) {
            self.ids[place % ROOM] = *id;
            self.starts[place % ROOM] = self.at as u32;
        }
        next + several.len()
    }

    /// The ids, with those from before the block.
    #[inline]
    pub(super) fn ids(&self) -> &[u16] {
        &self.ids[..self.end]
    }

    /// Where the letters of the block begin.
    #[inline]
    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    /// The number in the text of the letter at `index`, from 0 on.
    #[inline]
    pub(super) fn number(&self, index: usize) -> u64 {
        self.before.wrapping_add(index as u64)
    }

    /// Where the letter with this number stands; 0 where it is before what is kept.
    #[inline]
    pub(super) fn index(&self, number: u64) -> usize {
        let ahead = number.wrapping_sub(self.before);
        usize::try_from(ahead).unwrap_or(0)
    }

    /// Whether this block ends the text.
    pub(super) fn is_last(&self, text: &str) -> bool {
        self.at >= text.len()
    }

    /// How many letters of the text were read.
    pub(super) fn count(&self) -> u64 {
        self.number(self.end)
    }

    /// The first byte of the letter at `index`.
    #[inline]
    pub(super) fn start(&self, index: usize) -> usize {
        self.starts[index % ROOM] as usize
    }

    /// The byte after the letter at `index`.
    #[inline]
    pub(super) fn end(&self, index: usize, text: &str) -> usize {
        let start = self.start(index);
        start + width(text.as_bytes().get(start))
    }

    /// Whether nothing stands between these letters, for certain: all are written in three bytes, and fill the place.
    #[inline]
    pub(super) fn are_close(&self, first: usize, last: usize, text: &str) -> bool {
        let starts = &self.starts[first.min(ROOM)..(last + 1).clamp(first.min(ROOM), ROOM)];
        self.start(last) - self.start(first) == 3 * (last - first)
            && starts.iter().all(|start| width(text.as_bytes().get(*start as usize)) == 3)
    }
}

/// Bytes of the character that begins so (RFC 3629).
#[inline]
fn width(lead: Option<&u8>) -> usize {
    match lead {
        None => 0,
        Some(0..0x80) => 1,
        Some(0x80..0xE0) => 2,
        Some(0xE0..0xF0) => 3,
        Some(0xF0..) => 4,
    }
}
