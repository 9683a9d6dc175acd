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
    children: Vec<Child>,
    /// Rule and term that end here.
    ends: Vec<(usize, usize)>,
}

/// The next letter of a term.
struct Child {
    letter: char,
    syllables: Box<[u16]>,
    node: usize,
}

/// What a character of the text may stand for.
#[derive(Default)]
struct Known {
    letter: char,
    syllables: Box<[u16]>,
    /// The characters that look like it.
    shapes: Box<[char]>,
    /// First letters of terms that it stands for.
    begins: Box<[(usize, As)]>,
}

/// The terms of a set that ask for level 4.
pub(super) struct Sounds {
    nodes: Vec<Node>,
    /// The first is nobody.
    known: Vec<Known>,
    /// For each character of the first plane, its place in `known`.
    index: Box<[u16]>,
    /// For the others.
    beyond: HashMap<char, u16>,
    syllables: HashMap<&'static str, u16>,
    /// First letters of terms by syllable.
    begins: HashMap<u16, Vec<usize>>,
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
    /// Place in `known` of a Han character; 0 for a Latin letter and for what no term has.
    known: u16,
    /// A Latin letter in lower case; 0 for anything else.
    latin: u8,
    gap: u32,
    start: usize,
    end: usize,
}

impl Token {
    fn is_latin(self) -> bool {
        self.latin != 0
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
        let (syllables, readings) = readings(folds);
        let mut nodes = vec![Node::default()];
        for (rule_index, rule) in rules.iter().enumerate() {
            for (term_index, term) in rule.terms().iter().enumerate().filter(|(_, term)| term.variants >= LEVEL) {
                let letters = folds.fold(&term.text);
                if fits(&letters) {
                    add(&mut nodes, &letters, &readings, (rule_index, term_index));
                }
            }
        }
        if nodes.len() == 1 {
            return None;
        }
        let mut begins: HashMap<u16, Vec<usize>> = HashMap::new();
        for child in &nodes[0].children {
            child.syllables.iter().for_each(|syllable| begins.entry(*syllable).or_default().push(child.node));
        }
        let index = vec![0; 0x1_0000].into_boxed_slice();
        let (known, beyond) = (vec![Known::default()], HashMap::new());
        let mut sounds = Self { nodes, known, index, beyond, syllables, begins };
        sounds.learn(readings, folds);
        Some(sounds)
    }

    /// Which characters stand for which letters.
    fn learn(&mut self, readings: HashMap<char, Vec<u16>>, folds: &FoldTable) {
        let mut shapes: HashMap<char, Vec<char>> = HashMap::new();
        for (c, others) in SHAPES.lines().filter_map(|line| line.split_once(' ')) {
            let Some(c) = folds.fold(c).first().copied() else { continue };
            for other in folds.fold(others).into_iter().filter(|other| *other != c) {
                shapes.entry(c).or_default().push(other);
                shapes.entry(other).or_default().push(c);
            }
        }
        let written = self.nodes.iter().flat_map(|node| &node.children).map(|child| child.letter);
        let mut letters: Vec<char> = readings.keys().chain(shapes.keys()).copied().chain(written).collect();
        letters.sort_unstable();
        letters.dedup();
        for letter in letters {
            let place = u16::try_from(self.known.len()).unwrap_or(0);
            let mut known = Known {
                letter,
                syllables: readings.get(&letter).cloned().unwrap_or_default().into(),
                shapes: shapes.remove(&letter).unwrap_or_default().into(),
                begins: Box::default(),
            };
            known.begins =
                self.nodes[0].children.iter().filter_map(|child| Some((child.node, known.stands(child)?))).collect();
            self.known.push(known);
            match self.index.get_mut(letter as usize) {
                Some(slot) => *slot = place,
                None => drop(self.beyond.insert(letter, place)),
            }
        }
    }

    fn place(&self, letter: char) -> u16 {
        match self.index.get(letter as usize) {
            Some(place) => *place,
            None => self.beyond.get(&letter).copied().unwrap_or(0),
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
        let tokens = self.tokens(text, folds);
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
        let longer = Walk { next: walk.next + 1, length: walk.length + 1, widest: walk.widest.max(gap), ..walk };
        if !token.is_latin() {
            let known = &self.known[usize::from(token.known)];
            let mut go = |node: usize, how: As| {
                let (sounds, shapes) = (usize::from(how == As::Sound), usize::from(how == As::Shape));
                let (sounds, shapes) = (walk.sounds + sounds, walk.shapes + shapes);
                walks.push(Walk { node, sounds, shapes, ..longer });
            };
            if walk.length == 0 {
                known.begins.iter().for_each(|(node, how)| go(*node, *how));
            } else if token.known != 0 {
                for child in &self.nodes[walk.node].children {
                    if let Some(how) = known.stands(child) {
                        go(child.node, how);
                    }
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
            syllable.push(char::from(token.latin));
            let Some(syllable) = self.syllables.get(syllable.as_str()) else { continue };
            let spoken = Walk { next: walk.next + count + 1, sounds: walk.sounds + 1, ..longer };
            if walk.length == 0 {
                let begun = self.begins.get(syllable).into_iter().flatten();
                walks.extend(begun.map(|node| Walk { node: *node, ..spoken }));
            } else {
                let children = self.nodes[walk.node].children.iter();
                let heard = children.filter(|child| child.syllables.contains(syllable));
                walks.extend(heard.map(|child| Walk { node: child.node, ..spoken }));
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

    /// The letters of a text. The digits 1 to 5 after a Latin letter are tones.
    fn tokens(&self, text: &str, folds: &FoldTable) -> Vec<Token> {
        let mut tokens: Vec<Token> = Vec::with_capacity(text.len() / 3);
        let mut gap = 0;
        for (start, c) in text.char_indices() {
            let end = start + c.len_utf8();
            let after_latin = gap == 0 && tokens.last().is_some_and(|last| last.is_latin());
            if after_latin && matches!(c, '1'..='5') {
                continue;
            }
            let mut push = |letter: char| {
                let latin = if letter.is_ascii_lowercase() { letter as u8 } else { 0 };
                let known = if latin == 0 { self.place(letter) } else { 0 };
                tokens.push(Token { known, latin, gap, start, end });
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
}

impl Known {
    /// How it stands for the next letter of a term.
    fn stands(&self, child: &Child) -> Option<As> {
        if self.letter == child.letter {
            return Some(As::Itself);
        }
        if self.syllables.iter().any(|syllable| child.syllables.contains(syllable)) {
            return Some(As::Sound);
        }
        self.shapes.contains(&child.letter).then_some(As::Shape)
    }
}

/// Adds a term to the tree.
fn add(nodes: &mut Vec<Node>, letters: &[char], readings: &HashMap<char, Vec<u16>>, end: (usize, usize)) {
    let mut at = 0;
    for letter in letters {
        let known = nodes[at].children.iter().find(|child| child.letter == *letter).map(|child| child.node);
        at = match known {
            Some(node) => node,
            None => {
                let node = nodes.len();
                nodes.push(Node::default());
                let syllables = readings.get(letter).cloned().unwrap_or_default().into();
                nodes[at].children.push(Child { letter: *letter, syllables, node });
                node
            }
        };
    }
    nodes[at].ends.push(end);
}

/// Numbers of syllables, and the readings of every character: `v` for ü, and `u` beside it.
fn readings(folds: &FoldTable) -> (HashMap<&'static str, u16>, HashMap<char, Vec<u16>>) {
    let mut syllables: HashMap<&'static str, u16> = HashMap::new();
    let mut readings: HashMap<char, Vec<u16>> = HashMap::new();
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
        let next = |syllables: &mut HashMap<&'static str, u16>, syllable| {
            let number = u16::try_from(syllables.len() + 1).unwrap_or(u16::MAX);
            *syllables.entry(syllable).or_insert(number)
        };
        let numbers: Vec<u16> =
            [Some(syllable), plain].into_iter().flatten().map(|one| next(&mut syllables, one)).collect();
        for c in folds.fold(chars) {
            let known = readings.entry(c).or_default();
            numbers.iter().for_each(|number| {
                if !known.contains(number) {
                    known.push(*number);
                }
            });
        }
    }
    (syllables, readings)
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
mod tests;
