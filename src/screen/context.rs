//! What a hit's surroundings say: exceptions that contain it, words that must stand near.
//!
//! Promises: an exception excuses only a hit that lies inside it, written without disguise; nearness can only be asked
//! for, never used to excuse, so that adding text never lowers a verdict. Distances are folded letters.

use std::collections::HashMap;

use super::matcher::Use;
use super::rule::{Near, Same};
use super::scan::Hit;
use super::window::{Seen, Window};

/// The exceptions and context words of one batch, by rule, each in order of its last letter.
pub(super) struct Surroundings {
    exceptions: HashMap<u32, Vec<Hit>>,
    words: HashMap<(u32, u32), Vec<Hit>>,
}

impl Surroundings {
    pub(super) fn of(hits: &[Hit]) -> Self {
        let mut found = Self { exceptions: HashMap::new(), words: HashMap::new() };
        for hit in hits {
            match hit.used {
                Use::Exception { rule, gaps } if hit.widest <= gaps => {
                    found.exceptions.entry(rule).or_default().push(*hit);
                }
                Use::Context { rule, word } => found.words.entry((rule, word)).or_default().push(*hit),
                Use::Exception { .. } | Use::Term { .. } => {}
            }
        }
        found
    }

    /// Whether an exception of `rule` contains the hit. `longest` bounds an exception's letters.
    pub(super) fn excuse(&self, rule: u32, hit: &Hit, longest: u64) -> bool {
        let Some(exceptions) = self.exceptions.get(&rule) else { return false };
        let first = exceptions.partition_point(|exception| exception.last < hit.last);
        exceptions[first..]
            .iter()
            .take_while(|exception| exception.last <= hit.first + longest)
            .any(|exception| exception.first <= hit.first)
    }

    /// Whether the words that `near` asks for stand near the hit; gives the place of one of them.
    pub(super) fn support(&self, rule: u32, near: &Near, hit: &Hit) -> Option<(usize, usize)> {
        let mut places = Vec::new();
        for word in 0..near.words.len() {
            let key = (rule, u32::try_from(word).unwrap_or(u32::MAX));
            if let Some(hits) = self.words.get(&key)
                && let Some(found) = nearest(hits, hit, near)
            {
                places.push((found.start, found.end));
            }
        }
        (places.len() >= near.at_least).then(|| places.first().copied()).flatten()
    }
}

/// A word that is near enough, in the same sentence or line where that is asked.
fn nearest<'a>(words: &'a [Hit], hit: &Hit, near: &Near) -> Option<&'a Hit> {
    let within = u64::from(near.within);
    let from = words.partition_point(|word| word.last + within + 1 < hit.first);
    words[from..].iter().take_while(|word| word.first <= hit.last + within + 1).find(|word| match near.same {
        Same::Text => true,
        Same::Line => word.line == hit.line,
        Same::Sentence => word.sentence == hit.sentence,
    })
}

/// Whether one of the phrases stands in the text, as it is written, over the whole of a place.
pub(super) fn excused(text: &str, phrases: &[String], (start, end): (usize, usize)) -> bool {
    phrases.iter().any(|phrase| {
        let first = end.saturating_sub(phrase.len());
        (first..=start).any(|at| text.as_bytes()[at..].starts_with(phrase.as_bytes()))
    })
}

/// Whether the words that `near` asks for stand around a place, without disguise; gives one of them.
pub(super) fn supported<'a>(window: Window<'_>, near: &'a Near, (start, end): (usize, usize)) -> Option<&'a str> {
    let around = 4 * near.within as usize + 16;
    let mut before = window.before(start, around);
    before.truncate(near_end(&before, near));
    before.reverse();
    let mut after = window.after(end, around);
    after.truncate(near_end(&after, near));
    let [before, after] =
        [before, after].map(|seen| seen.iter().filter(|c| c.solid).map(|c| c.char).collect::<Vec<char>>());
    let stands = |word: &&String| {
        let word = window.folds.fold(word);
        let holds = |letters: &[char]| !word.is_empty() && letters.windows(word.len()).any(|letters| letters == word);
        holds(&before) || holds(&after)
    };
    let found: Vec<&String> = near.words.iter().filter(stands).collect();
    (found.len() >= near.at_least).then(|| found.first().map(|word| word.as_str())).flatten()
}

/// Characters up to the end of the letters, the line or the sentence that `near` allows.
fn near_end(seen: &[Seen], near: &Near) -> usize {
    let mut letters = 0;
    let ends = |c: &Seen| match near.same {
        Same::Text => false,
        Same::Line => c.is_line_break(),
        Same::Sentence => c.is_line_break() || matches!(c.char, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '．'),
    };
    seen.iter()
        .position(|c| {
            letters += u32::from(c.solid);
            ends(c) || letters > near.within
        })
        .unwrap_or(seen.len())
}
