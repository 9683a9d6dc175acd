//! What a text has of one registered document: when that is enough, and where it stands.
//!
//! Owns the measure: so many different fingerprints of the document within [`WINDOW`] letters as are enough for it. That
//! catches an excerpt in a long text (six are some 50 letters in a row) as well as a page that was written anew, and what
//! stands in a text far apart never adds up, however long it is. Room: a bit for each fingerprint of a document that is
//! met, and [`MOST`] stretches.

use crate::screen::findings::PER_SEGMENT;

/// Letters within which fingerprints count together.
pub(super) const WINDOW: u64 = 2000;
/// Letters between two fingerprints of one stretch, at most.
const APART: u64 = 500;
/// Letters of a stretch, at most: what is longer is shown in parts.
const LONGEST: u64 = 4000;
/// Stretches of a document in a text; one more would not be kept.
const MOST: usize = PER_SEGMENT + 1;

/// A fingerprint of the document that was met in the text.
#[derive(Clone, Copy)]
pub(super) struct Met {
    /// Which of the document's fingerprints it is.
    pub(super) which: u32,
    /// The number of its last letter in the text.
    pub(super) number: u64,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A part of the text that is taken from the document.
struct Stretch {
    start: usize,
    end: usize,
    first: u64,
    last: u64,
}

/// What was met of one document so far.
#[derive(Default)]
pub(super) struct Trail {
    seen: Vec<u64>,
    different: u32,
    /// The last different ones within the window that belong to no stretch; fewer than are enough.
    recent: Vec<Met>,
    stretches: Vec<Stretch>,
}

impl Trail {
    /// Takes the next fingerprint that is met, of a document for which so many are enough.
    pub(super) fn take(&mut self, met: Met, enough: u32) {
        self.see(met.which);
        if let Some(open) = self.stretches.last_mut()
            && met.number - open.last <= APART
            && met.number - open.first <= LONGEST
        {
            (open.end, open.last) = (met.end, met.number);
            return;
        }
        self.recent.retain(|one| one.which != met.which && met.number - one.number <= WINDOW);
        self.recent.push(met);
        if self.recent.len() < enough as usize {
            return;
        }
        if self.stretches.len() < MOST {
            let first = self.recent[0];
            let stretch = Stretch { start: first.start, end: met.end, first: first.number, last: met.number };
            self.stretches.push(stretch);
        }
        self.recent.clear();
    }

    fn see(&mut self, which: u32) {
        let (word, bit) = (which as usize / 64, 1u64 << (which % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        self.different += u32::from(self.seen[word] & bit == 0);
        self.seen[word] |= bit;
    }

    /// How many different fingerprints of the document the text has.
    pub(super) fn different(&self) -> u32 {
        self.different
    }

    /// First byte and byte after the last of every stretch, in order.
    pub(super) fn stretches(&self) -> impl Iterator<Item = (usize, usize)> {
        self.stretches.iter().map(|stretch| (stretch.start, stretch.end))
    }
}
