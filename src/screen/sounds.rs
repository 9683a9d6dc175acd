//! Words by their sound and their shape: level 4 of `variants`, for review only.
//!
//! Owns a stream of its own, made only where some word asks for it: each character of the text stands for the letters
//! of terms that are read or that look like it, Latin letters for syllables. Tones are dropped; a pinyin word begins
//! and ends where a Latin word does. At most half of a word's characters may be look-alikes, and what is written as
//! the term is no find here. Each start walks a tree of the terms, so the time is linear in the text; the factor grows
//! with the terms that begin alike. Tables: `pinyin.txt`, `similar-shape.txt` (see `tables/NOTICE.md`).

use std::collections::HashMap;

use unicode_normalization::char::decompose_canonical;

use super::fold::{FoldTable, Folded};
use super::rule::{Rule, WIDEST_GAP};
use super::scan::{Deadline, TooLong};
use super::transforms::{Transform, Transforms};

/// The level at which words are taken by sound and shape.
pub(super) const LEVEL: u8 = 4;
/// Characters of the shortest word that may ask for it. Shorter ones would be hit by accident: of two characters some
/// 9,600 times a megabyte of law, of three 65, of four 4 (1,000 terms).
pub(super) const SHORTEST: usize = 4;

const PINYIN: &str = include_str!("tables/pinyin.txt");
const SHAPES: &str = include_str!("tables/similar-shape.txt");
/// Letters of the longest syllable: zhuang.
const LONGEST_SYLLABLE: usize = 6;
/// Starts between two looks at the clock.
const LOOK: usize = 4096;

/// How a character stands for a letter of a term.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum As {
    Itself,
    Sound,
    Shape,
}

/// A place in the tree of terms.
#[derive(Default)]
struct Node {
    letters: HashMap<char, usize>,
    syllables: HashMap<&'static str, Vec<usize>>,
    /// Rule and term that end here.
    ends: Vec<(usize, usize)>,
}

/// The terms of a set that ask for level 4.
pub(super) struct Sounds {
    stands_for: HashMap<char, Vec<(char, As)>>,
    nodes: Vec<Node>,
}

/// A term that was found.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Heard {
    pub(super) rule: usize,
    pub(super) term: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) by: Transforms,
    /// Gap characters at the widest gap inside.
    pub(super) widest: u32,
}

/// A letter of the text.
#[derive(Clone, Copy)]
struct Token {
    /// A Han character's fold, a Latin letter in lower case, or U+0000 for what no term has.
    letter: char,
    start: usize,
    end: usize,
    gap: u32,
}

impl Token {
    fn is_latin(self) -> bool {
        self.letter.is_ascii_lowercase()
    }
}

/// A walk through the tree that is under way.
#[derive(Clone, Copy)]
struct Walk {
    node: usize,
    next: usize,
    length: usize,
    sounds: usize,
    shapes: usize,
    widest: u32,
}

/// Whether a term can be taken by sound at all.
pub(super) fn fits(letters: &[char]) -> bool {
    letters.len() >= SHORTEST && letters.iter().all(|c| is_han(*c))
}

fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x9FFF | 0x2_0000..=0x3_FFFF)
}

impl Sounds {
    /// The terms of level 4; nothing where there is none.
    pub(super) fn of(rules: &[Rule], folds: &FoldTable) -> Option<Self> {
        let readings = readings(folds);
        let mut sounds = Self { stands_for: HashMap::new(), nodes: vec![Node::default()] };
        for (rule_index, rule) in rules.iter().enumerate() {
            for (term_index, term) in rule.terms().iter().enumerate().filter(|(_, term)| term.variants >= LEVEL) {
                let letters = folds.fold(&term.text);
                if fits(&letters) {
                    sounds.add(&letters, &readings, (rule_index, term_index));
                }
            }
        }
        if sounds.nodes.len() == 1 {
            return None;
        }
        sounds.learn(&readings, folds);
        Some(sounds)
    }

    fn add(&mut self, letters: &[char], readings: &HashMap<char, Vec<&'static str>>, end: (usize, usize)) {
        let mut at = 0;
        for letter in letters {
            self.stands_for.entry(*letter).or_default();
            if let Some(next) = self.nodes[at].letters.get(letter) {
                at = *next;
                continue;
            }
            let next = self.nodes.len();
            self.nodes.push(Node::default());
            self.nodes[at].letters.insert(*letter, next);
            for syllable in readings.get(letter).into_iter().flatten() {
                self.nodes[at].syllables.entry(syllable).or_default().push(next);
            }
            at = next;
        }
        self.nodes[at].ends.push(end);
    }

    /// Which characters stand for the letters of the terms.
    fn learn(&mut self, readings: &HashMap<char, Vec<&'static str>>, folds: &FoldTable) {
        let letters: Vec<char> = self.stands_for.keys().copied().collect();
        let mut spoken: HashMap<&str, Vec<char>> = HashMap::new();
        for letter in &letters {
            for syllable in readings.get(letter).into_iter().flatten() {
                spoken.entry(syllable).or_default().push(*letter);
            }
        }
        let mut pairs: Vec<(char, char, As)> = letters.iter().map(|letter| (*letter, *letter, As::Itself)).collect();
        for (c, syllables) in readings {
            let heard = syllables.iter().filter_map(|syllable| spoken.get(syllable)).flatten();
            pairs.extend(heard.map(|letter| (*c, *letter, As::Sound)));
        }
        for (c, others) in SHAPES.lines().filter_map(|line| line.split_once(' ')) {
            let Some(c) = folds.fold(c).first().copied() else { continue };
            for other in folds.fold(others) {
                pairs.extend([(c, other, As::Shape), (other, c, As::Shape)]);
            }
        }
        pairs.retain(|(_, letter, _)| self.stands_for.contains_key(letter));
        pairs.sort_unstable();
        pairs.dedup_by(|later, first| (later.0, later.1) == (first.0, first.1));
        self.stands_for.clear();
        for (c, letter, how) in pairs {
            self.stands_for.entry(c).or_default().push((letter, how));
        }
    }

    /// Calls `heard` for every term that the text holds by sound or shape.
    ///
    /// # Errors
    /// [`TooLong`] past the deadline.
    pub(super) fn scan(
        &self,
        text: &str,
        folds: &FoldTable,
        deadline: &Deadline,
        heard: &mut impl FnMut(Heard),
    ) -> Result<(), TooLong> {
        let tokens = tokens(text, folds);
        let mut walks = Vec::new();
        for first in 0..tokens.len() {
            if first % LOOK == 0 {
                deadline.check()?;
            }
            let begun = Walk { node: 0, next: first, length: 0, sounds: 0, shapes: 0, widest: 0 };
            self.step(&tokens, begun, &mut walks);
            while let Some(walk) = walks.pop() {
                self.end(&tokens, first, walk, heard);
                self.step(&tokens, walk, &mut walks);
            }
        }
        Ok(())
    }

    /// Adds the walks that go one letter of a term further.
    fn step(&self, tokens: &[Token], walk: Walk, walks: &mut Vec<Walk>) {
        let Some(token) = tokens.get(walk.next) else { return };
        let gap = if walk.length == 0 { 0 } else { token.gap };
        if gap > WIDEST_GAP {
            return;
        }
        let node = &self.nodes[walk.node];
        let longer = Walk { next: walk.next + 1, length: walk.length + 1, widest: walk.widest.max(gap), ..walk };
        if !token.is_latin() {
            for (letter, how) in self.stands_for.get(&token.letter).into_iter().flatten() {
                if let Some(next) = node.letters.get(letter) {
                    let (sounds, shapes) = (usize::from(*how == As::Sound), usize::from(*how == As::Shape));
                    let (sounds, shapes) = (walk.sounds + sounds, walk.shapes + shapes);
                    walks.push(Walk { node: *next, sounds, shapes, ..longer });
                }
            }
            return;
        }
        // a word of pinyin begins where a Latin word begins, or goes on inside it
        let inside = walk.next > 0 && tokens[walk.next - 1].is_latin() && token.gap == 0;
        if inside && walk.length == 0 {
            return;
        }
        let mut syllable = String::with_capacity(LONGEST_SYLLABLE);
        for (count, token) in tokens[walk.next..].iter().take(LONGEST_SYLLABLE).enumerate() {
            if !token.is_latin() || (count > 0 && token.gap > 0) {
                break;
            }
            syllable.push(token.letter);
            for next in node.syllables.get(syllable.as_str()).into_iter().flatten() {
                let next_token = walk.next + count + 1;
                walks.push(Walk { node: *next, next: next_token, sounds: walk.sounds + 1, ..longer });
            }
        }
    }

    /// Tells the terms that end here.
    fn end(&self, tokens: &[Token], first: usize, walk: Walk, heard: &mut impl FnMut(Heard)) {
        let ends = &self.nodes[walk.node].ends;
        let last = tokens[walk.next - 1];
        let goes_on = last.is_latin() && tokens.get(walk.next).is_some_and(|next| next.is_latin() && next.gap == 0);
        if ends.is_empty() || goes_on || walk.sounds + walk.shapes == 0 || walk.shapes * 2 > walk.length {
            return;
        }
        let mut by = Transforms::default();
        for (there, transform) in [
            (walk.widest > 0, Transform::Gap),
            (walk.sounds > 0, Transform::Sound),
            (walk.shapes > 0, Transform::Shape),
        ] {
            if there {
                by.add(transform);
            }
        }
        for (rule, term) in ends {
            let (start, end, by, widest) = (tokens[first].start, last.end, by.clone(), walk.widest);
            heard(Heard { rule: *rule, term: *term, start, end, by, widest });
        }
    }
}

/// The readings of every character, `v` for ü and `u` beside it.
fn readings(folds: &FoldTable) -> HashMap<char, Vec<&'static str>> {
    let mut readings: HashMap<char, Vec<&'static str>> = HashMap::new();
    for (syllable, chars) in
        PINYIN.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '))
    {
        let plain = match syllable {
            "lv" => Some("lu"),
            "lve" => Some("lue"),
            "nv" => Some("nu"),
            "nve" => Some("nue"),
            _ => None,
        };
        for c in folds.fold(chars) {
            let known = readings.entry(c).or_default();
            for syllable in [Some(syllable), plain].into_iter().flatten() {
                if !known.contains(&syllable) {
                    known.push(syllable);
                }
            }
        }
    }
    readings
}

/// The letters of a text. The digits 1 to 5 after a Latin letter are tones.
fn tokens(text: &str, folds: &FoldTable) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
    let mut gap = 0;
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        let after_latin = gap == 0 && tokens.last().is_some_and(|last| last.is_latin());
        if after_latin && matches!(c, '1'..='5') {
            continue;
        }
        let mut push = |letter: char| {
            let known = is_han(letter) || letter.is_ascii_lowercase();
            tokens.push(Token { letter: if known { letter } else { '\0' }, start, end, gap });
            gap = 0;
        };
        if let Some(letter) = latin(c) {
            push(letter);
            continue;
        }
        match folds.of(c) {
            Folded::Drop => {}
            Folded::Gap | Folded::WeakStar => gap += 1,
            Folded::One(fold) => push(fold),
            Folded::Many(several) => several.iter().for_each(|fold| push(*fold)),
        }
    }
    tokens
}

/// A Latin letter without its tone: ī is i, ǚ is v.
fn latin(c: char) -> Option<char> {
    match c {
        'a'..='z' => return Some(c),
        'A'..='Z' => return Some(c.to_ascii_lowercase()),
        'ɑ' => return Some('a'),
        'ɡ' => return Some('g'),
        'À'..='ǿ' | 'ḿ' | 'Ḿ' | 'Ạ'..='ỹ' => {}
        _ => return None,
    }
    let (mut letter, mut rounded) = (None, false);
    decompose_canonical(c, |part| match part {
        'a'..='z' | 'A'..='Z' => letter = Some(part.to_ascii_lowercase()),
        '\u{308}' => rounded = true,
        _ => {}
    });
    if rounded && letter == Some('u') { Some('v') } else { letter }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::model::{Action, Field, Segment};
    use crate::screen::{RuleBundle, RuleSet, Screener};

    const DICTIONARY: &str = "词,处置,变体\n拟任人选,阻断,4\n应急预案,阻断,3\n绿色通道,保密审查,4\n";

    fn set(dictionary: &str) -> Result<RuleSet, String> {
        let rule = "[[rule]]\nid = \"R\"\nname = \"r\"\nlevel = \"内部\"\naction = \"提示\"\nterms = [\"甲乙丙丁戊\"]\nvariants = 4\n\
            near = { any = [\"常委会\"], within = 10, same = \"句\" }\nexceptions = [\"假以丙丁戊纪\"]\nreview_date = 2027-01-01\n\
            positive = [\"常委会甲乙丙丁戊\", \"甲乙丙丁戊常委会\", \"常委会 假乙丙丁戊\"]\n\
            negative = [\"甲乙丙丁戊\", \"常委会假以丙丁戊纪\", \"常委会。假乙丙丁戊\"]\n";
        let files = [("rules/a.toml", rule), ("dictionaries/d.csv", dictionary)];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect();
        RuleSet::from_bundle(&RuleBundle { files }).map_err(|errors| errors.to_string())
    }

    #[test]
    fn words_are_known_by_sound_and_shape_and_held_at_most() {
        let gate = Screener::new(set(DICTIONARY).unwrap(), Duration::from_secs(10));
        for (text, found) in [
            ("有关你人人选的事", "你人人选"),
            ("有关 nǐ rèn rén xuǎn 的事", "nǐ rèn rén xuǎn"),
            ("NiRenRenXuan", "NiRenRenXuan"),
            ("ni3ren4ren2xuan3", "ni3ren4ren2xuan3"),
            ("拟ren人xuan", "拟ren人xuan"),
            ("拟任人造", "拟任人造"),
            ("拟·仁·人·选", "拟·仁·人·选"),
            ("lǜ sè tōng dào", "lǜ sè tōng dào"),
            ("擬仁人選", "擬仁人選"),
        ] {
            let findings = gate.scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
            assert_eq!(findings.len(), 1, "{text}: {findings:?}");
            assert_eq!(
                (findings[0].text.trim_end_matches(char::is_numeric), findings[0].action),
                (found.trim_end_matches(char::is_numeric), Action::Hold),
                "{text}"
            );
            assert!(findings[0].transforms.iter().any(|word| word == "pinyin" || word == "similar-shape"), "{text}");
        }
        // as written it is found as it always was, and blocks
        let findings = gate.scan(&[Segment::new(Field::Body, "", "拟任人选")], &[]).findings;
        assert_eq!((findings.len(), findings[0].action), (1, Action::Block));
    }

    #[test]
    fn what_is_no_word_passes() {
        let gate = Screener::new(set(DICTIONARY).unwrap(), Duration::from_secs(10));
        for text in [
            "xnirenrenxuan",
            "nirenrenxuang",
            "nirenrenx uan",
            "英急预案",
            "拟仕入造",
            "人选",
            "拟任2人选",
            "绿1色通道",
        ] {
            let findings = gate.scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
            assert!(findings.is_empty(), "{text}: {findings:?}");
        }
    }

    #[test]
    fn short_and_mixed_words_are_refused() {
        for word in ["拟人选", "机密", "A类任人选"] {
            let said = set(&format!("词,变体\n{word},4\n")).unwrap_err();
            assert!(said.contains("variants 4") && said.contains("a.csv") || said.contains("d.csv:2"), "{said}");
        }
    }
}
