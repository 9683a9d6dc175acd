//! Highlighting: which letters of a text a query means, and the best 60 to 120 characters to show of it.
//!
//! Promises: what is marked is what was asked, folded; offsets hold because folding keeps the number of characters; an
//! excerpt begins at a sentence or with `…`, is a piece of the text as it was given (line breaks become spaces), and is
//! at most [`LONGEST`] characters. Never fails: a text without a match gives its beginning. Limit: the first
//! [`SCAN_LIMIT`] characters are read.

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::AhoCorasick;

use super::fold::{fold, is_letter};
use super::grams::grams;
use super::query::Asked;
use super::words::Words;

/// Longest excerpt in characters, ellipses among them.
pub const LONGEST: usize = 120;
/// Shortest, where the text has as many.
pub const SHORTEST: usize = 60;
/// Characters of a text that are read.
pub const SCAN_LIMIT: usize = 500_000;
/// How far before the first mark a sentence may begin.
const LEAD: usize = 40;
/// How far before the first mark an excerpt begins that finds no sentence.
const SHORT_LEAD: usize = 12;
/// Strings that are looked for at once.
const NEEDLES: usize = 128;

/// A piece of text, marked or not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// The text, unescaped.
    pub text: String,
    /// Whether the query means it.
    pub marked: bool,
}

/// Marks what one query means, in as many texts as there are.
#[derive(Debug)]
pub struct Highlighter {
    /// Whole terms, words, numbers.
    strings: Option<AhoCorasick>,
    /// Pairs, where no such string is found.
    pairs: Option<AhoCorasick>,
}

impl Highlighter {
    pub(super) fn new(asked: &Asked, words: &Words) -> Self {
        let mut strings = Vec::new();
        for term in &asked.terms {
            strings.push(term.text.clone());
            if !term.exact {
                strings.extend(words.search(&term.text));
            }
        }
        if let Some(number) = &asked.number {
            let canonical = number.canonical();
            strings.extend(
                [("〔", "〕"), ("[", "]"), ("(", ")"), ("【", "】")]
                    .map(|(opening, closing)| canonical.replace('〔', opening).replace('〕', closing)),
            );
        }
        let loose = asked.terms.iter().filter(|term| !term.exact);
        let pairs = loose.flat_map(|term| grams(&term.text)).map(|(_, gram)| gram).collect();
        Self { strings: automaton(strings), pairs: automaton(pairs) }
    }

    /// The whole text with its marks: for titles.
    #[must_use]
    pub fn mark(&self, text: &str) -> Vec<Fragment> {
        let letters: Vec<char> = text.chars().take(SCAN_LIMIT).collect();
        let marks = union(self.found(&letters));
        fragments(&letters, 0..letters.len(), &marks)
    }

    /// The excerpt that says most about the query.
    #[must_use]
    pub fn snippet(&self, text: &str) -> Vec<Fragment> {
        let letters: Vec<char> = text.chars().take(SCAN_LIMIT).collect();
        let found = self.found(&letters);
        let anchor = densest(&found);
        let marks = union(found);
        let first = anchor.map_or(0..0, |at| marks.iter().find(|mark| mark.contains(&at)).cloned().unwrap_or(at..at));
        let window = window(&letters, &first);
        let mut out = Vec::new();
        let inside = begins_inside(&letters, window.start);
        if inside {
            out.push(Fragment { text: "…".into(), marked: false });
        }
        out.extend(fragments(&letters, window.clone(), &marks));
        if window.end < letters.len() && !ends_sentence(&letters, window.end) {
            out.push(Fragment { text: "…".into(), marked: false });
        }
        join(out)
    }

    /// Every place of every string, as (needle, characters), by beginning.
    fn found(&self, letters: &[char]) -> Vec<(usize, Range<usize>)> {
        let mut folded = String::with_capacity(letters.len() * 3);
        let mut starts = Vec::with_capacity(letters.len() + 1);
        for letter in letters {
            starts.push(folded.len());
            folded.push(fold(*letter));
        }
        starts.push(folded.len());
        let character = |byte: usize| starts.partition_point(|start| *start < byte);
        for automaton in [&self.strings, &self.pairs].into_iter().flatten() {
            let places = automaton.find_overlapping_iter(&folded);
            let mut found: Vec<_> = places
                .map(|place| (place.pattern().as_usize(), character(place.start())..character(place.end())))
                .collect();
            if !found.is_empty() {
                found.sort_by_key(|(_, range)| (range.start, range.end));
                return found;
            }
        }
        Vec::new()
    }
}

fn automaton(mut needles: Vec<String>) -> Option<AhoCorasick> {
    let mut seen = HashSet::new();
    needles.retain(|needle| needle.chars().any(is_letter) && seen.insert(needle.clone()));
    needles.truncate(NEEDLES);
    if needles.is_empty() { None } else { AhoCorasick::new(needles).ok() }
}

/// Overlapping and touching ranges as one.
fn union(found: Vec<(usize, Range<usize>)>) -> Vec<Range<usize>> {
    let mut out: Vec<Range<usize>> = Vec::new();
    for (_, range) in found {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

/// Where the excerpt with the most different letters of the query has its first match.
fn densest(found: &[(usize, Range<usize>)]) -> Option<usize> {
    let reach = LONGEST - LEAD;
    let mut weights = [0u16; NEEDLES];
    let (mut end, mut weight, mut best) = (0, 0usize, None);
    for (needle, range) in found {
        while let Some((next, ahead)) = found.get(end).filter(|(_, ahead)| ahead.end <= range.start + reach) {
            if let Some(count) = weights.get_mut(*next) {
                weight += if *count == 0 { ahead.len() * ahead.len() } else { 0 };
                *count += 1;
            }
            end += 1;
        }
        if best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, range.start));
        }
        if let Some(count) = weights.get_mut(*needle).filter(|count| **count > 0) {
            *count -= 1;
            weight -= if *count == 0 { (range.len() * range.len()).min(weight) } else { 0 };
        }
    }
    best.map(|(_, start)| start)
}

fn is_end(letter: char) -> bool {
    matches!(letter, '。' | '！' | '？' | '；' | '!' | '?' | ';' | '\n' | '\r')
}

/// Whether an excerpt that begins at `start` begins inside a sentence.
fn begins_inside(letters: &[char], start: usize) -> bool {
    letters[..start]
        .iter()
        .rev()
        .find(|letter| !letter.is_whitespace() || **letter == '\n')
        .is_some_and(|l| !is_end(*l))
}

fn ends_sentence(letters: &[char], end: usize) -> bool {
    end > 0 && letters.get(end - 1).is_some_and(|letter| is_end(*letter))
        || letters.get(end).is_some_and(|l| *l == '\n')
}

/// The characters to show around `first`.
fn window(letters: &[char], first: &Range<usize>) -> Range<usize> {
    let room = LONGEST - 2;
    let mut start = sentence_before(letters, first.start, LEAD).unwrap_or_else(|| {
        let lead = first.start.saturating_sub(SHORT_LEAD);
        let comma = |at: &usize| matches!(letters[*at - 1], '，' | '、' | '：' | ',' | ':');
        (lead.max(1)..first.start).find(comma).unwrap_or(lead)
    });
    // near the end of a text: show what stands before it as well
    while letters.len() - start < SHORTEST && start > 0 {
        let earlier = letters.len().saturating_sub(room);
        let before = sentence_before(letters, start - 1, start - 1 - earlier.min(start - 1));
        start = before.filter(|before| *before < start).unwrap_or(earlier);
        if start <= earlier {
            break;
        }
    }
    let most = (start + room).min(letters.len());
    let least = (start + SHORTEST).max(first.end).min(most);
    let end = (least..=most).find(|end| ends_sentence(letters, *end)).unwrap_or(most);
    trim(letters, start..end)
}

/// The beginning of the sentence that `at` stands in, at most `reach` characters before it.
fn sentence_before(letters: &[char], at: usize, reach: usize) -> Option<usize> {
    let least = at.saturating_sub(reach);
    let mut start = (least..at).rev().find(|place| is_end(letters[*place])).map(|place| place + 1);
    if start.is_none() && least == 0 {
        start = Some(0);
    }
    start.map(|start| (start..at).find(|place| !letters[*place].is_whitespace()).unwrap_or(at))
}

fn trim(letters: &[char], mut range: Range<usize>) -> Range<usize> {
    while range.start < range.end && letters[range.start].is_whitespace() {
        range.start += 1;
    }
    while range.start < range.end && letters[range.end - 1].is_whitespace() {
        range.end -= 1;
    }
    range
}

fn fragments(letters: &[char], window: Range<usize>, marks: &[Range<usize>]) -> Vec<Fragment> {
    let mut out = Vec::new();
    let mut at = window.start;
    let mut push = |range: Range<usize>, marked: bool| {
        if !range.is_empty() {
            let text = letters[range].iter().map(|letter| if letter.is_control() { ' ' } else { *letter }).collect();
            out.push(Fragment { text, marked });
        }
    };
    for mark in marks.iter().filter(|mark| mark.end > window.start && mark.start < window.end) {
        let inside = mark.start.max(window.start)..mark.end.min(window.end);
        push(at..inside.start, false);
        at = inside.end;
        push(inside, true);
    }
    push(at..window.end, false);
    out
}

/// Neighbours of one kind as one.
fn join(fragments: Vec<Fragment>) -> Vec<Fragment> {
    let mut out: Vec<Fragment> = Vec::new();
    for fragment in fragments {
        match out.last_mut() {
            Some(last) if last.marked == fragment.marked => last.text.push_str(&fragment.text),
            _ => out.push(fragment),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(query: &str, text: &str) -> String {
        let highlighter = Highlighter::new(&Asked::read(query), &Words::load());
        let parts = highlighter.snippet(text);
        parts.iter().map(|part| if part.marked { format!("[{}]", part.text) } else { part.text.clone() }).collect()
    }

    #[test]
    fn an_excerpt_begins_at_a_sentence_and_marks_what_was_asked() {
        let text = "第一句说别的事情。".repeat(40)
            + "职工可以提取住房公積金帳戶內的存儲餘額。"
            + &"后面还有许多别的话。".repeat(40);
        let excerpt = shown("公积金", &text);
        assert!(excerpt.contains("职工可以提取住房[公積金]帳戶"), "{excerpt}");
        assert!(excerpt.starts_with("第一句") || excerpt.starts_with("职工"), "{excerpt}");
        let length = excerpt.chars().filter(|letter| !"[]".contains(*letter)).count();
        assert!((SHORTEST..=LONGEST).contains(&length), "{length}: {excerpt}");
    }

    #[test]
    fn inside_a_long_sentence_it_begins_and_ends_with_an_ellipsis() {
        let text = "甲".repeat(200) + "ＡＢＣ" + &"乙".repeat(200);
        let excerpt = shown("abc", &text);
        assert!(excerpt.starts_with('…') && excerpt.ends_with('…') && excerpt.contains("[ＡＢＣ]"), "{excerpt}");
    }

    #[test]
    fn the_place_with_most_of_the_query_is_shown() {
        let text = "公积金。".to_owned()
            + &"别的话。".repeat(50)
            + "提取公积金须满三个月，提取以后可以贷款。"
            + &"别的话。".repeat(50);
        assert!(shown("公积金 提取", &text).contains("[提取公积金]须满"));
        assert!(shown("[2008]12号", &("前文。".repeat(60) + "衢政办发〔2008〕12号印发。")).contains("[〔2008〕12号]"));
    }

    #[test]
    fn a_text_without_a_match_gives_its_beginning() {
        assert_eq!(shown("公积金", "别的\n事情。"), "别的 事情。");
        assert_eq!(shown("公积金", ""), "");
        assert!(shown("", &"长".repeat(500)).chars().count() <= LONGEST);
    }
}
