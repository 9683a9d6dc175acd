//! The tokenizer that makes no substring unfindable: every letter alone and every pair of neighbours.
//!
//! Promises: the position of a token is the index of its character in the field, and what is no letter moves the
//! position on too, so a phrase never jumps over punctuation. A letter and the pair that begins with it stand at one
//! position. All scripts alike: `12` is found in `2012年`. Text is folded on the way ([`super::fold`]). Offsets are bytes
//! of the text as it was given. Recall of other ways: `docs/benchmarks.md`.

use std::str::Chars;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::{fold, is_letter};

/// Stands before the first letter of an anchored field.
pub(super) const ANCHOR: char = '\u{2}';

/// The tokenizer. `anchored` adds a pair of [`ANCHOR`] and the first letter, to find beginnings.
#[derive(Clone, Default)]
pub(super) struct Grams {
    anchored: bool,
    token: Token,
}

impl Grams {
    /// For running text.
    pub fn plain() -> Self {
        Self::default()
    }

    /// For titles.
    pub fn anchored() -> Self {
        Self { anchored: true, token: Token::default() }
    }
}

impl Tokenizer for Grams {
    type TokenStream<'a> = GramStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> GramStream<'a> {
        self.token.reset();
        let next = Next::Letter;
        let (rest, length) = (text.chars(), text.len());
        GramStream {
            anchor: self.anchored,
            token: &mut self.token,
            rest,
            length,
            passed: 0,
            letter: ' ',
            start: 0,
            next,
        }
    }
}

/// What comes after the token that was given.
#[derive(Clone, Copy)]
enum Next {
    Letter,
    Anchor,
    Pair,
}

/// The tokens of one text.
pub(super) struct GramStream<'a> {
    token: &'a mut Token,
    /// What follows the letter at hand.
    rest: Chars<'a>,
    length: usize,
    /// Characters that were passed.
    passed: usize,
    /// The letter at hand, folded, and its first byte.
    letter: char,
    start: usize,
    anchor: bool,
    next: Next,
}

impl GramStream<'_> {
    /// Moves to the next letter and gives it alone.
    fn letter(&mut self) -> bool {
        loop {
            let start = self.length - self.rest.as_str().len();
            let Some(character) = self.rest.next() else { return false };
            let position = self.passed;
            self.passed += 1;
            self.letter = fold(character);
            if !is_letter(self.letter) {
                continue;
            }
            self.start = start;
            self.token.position = position;
            self.give(start + character.len_utf8(), None);
            self.next = if self.anchor { Next::Anchor } else { Next::Pair };
            return true;
        }
    }

    /// Once in an anchored field: the anchor and the first letter.
    fn anchor(&mut self) -> bool {
        self.anchor = false;
        self.next = Next::Pair;
        self.token.text.clear();
        self.token.text.extend([ANCHOR, self.letter]);
        true
    }

    /// The letter and its right neighbour, where that is a letter.
    fn pair(&mut self) -> bool {
        self.next = Next::Letter;
        let Some(character) = self.rest.clone().next() else { return false };
        let neighbour = fold(character);
        if !is_letter(neighbour) {
            return false;
        }
        self.give(self.length - self.rest.as_str().len() + character.len_utf8(), Some(neighbour));
        true
    }

    fn give(&mut self, end: usize, neighbour: Option<char>) {
        self.token.offset_from = self.start;
        self.token.offset_to = end;
        self.token.text.clear();
        self.token.text.push(self.letter);
        self.token.text.extend(neighbour);
    }
}

impl TokenStream for GramStream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            let found = match self.next {
                Next::Letter => return self.letter(),
                Next::Anchor => self.anchor(),
                Next::Pair => self.pair(),
            };
            if found {
                return true;
            }
        }
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// The pairs of a folded text with their positions, and the letters that have no neighbour: what a phrase is made of.
pub(super) fn grams(folded: &str) -> Vec<(usize, String)> {
    let letters: Vec<char> = folded.chars().collect();
    let letter_at = |at: usize| letters.get(at).is_some_and(|letter| is_letter(*letter));
    let mut out = Vec::new();
    for at in (0..letters.len()).filter(|at| letter_at(*at)) {
        if letter_at(at + 1) {
            out.push((at, letters[at..at + 2].iter().collect()));
        } else if at == 0 || !letter_at(at - 1) {
            out.push((at, letters[at].to_string()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(mut tokenizer: Grams, text: &str) -> Vec<(usize, String)> {
        let mut stream = tokenizer.token_stream(text);
        let mut out = Vec::new();
        while stream.advance() {
            let token = stream.token();
            assert!(text.get(token.offset_from..token.offset_to).is_some(), "{token:?}");
            out.push((token.position, token.text.clone()));
        }
        out
    }

    #[test]
    fn letters_and_pairs_stand_at_the_index_of_their_character() {
        let seen = tokens(Grams::plain(), "府，Ａ１2年");
        let seen: Vec<_> = seen.iter().map(|(at, text)| (*at, text.as_str())).collect();
        let expected = [(0, "府"), (2, "a"), (2, "a1"), (3, "1"), (3, "12"), (4, "2"), (4, "2年"), (5, "年")];
        assert_eq!(seen, expected);
        let phrase = [(0, "府"), (2, "a1"), (3, "12"), (4, "2年")].map(|(at, gram)| (at, gram.to_owned()));
        assert_eq!(grams("府，a12年"), phrase);
    }

    #[test]
    fn the_anchor_stands_before_the_first_letter() {
        let seen = tokens(Grams::anchored(), "《门户》门");
        let anchors: Vec<_> = seen.iter().filter(|(_, text)| text.starts_with(ANCHOR)).collect();
        assert_eq!(anchors, [&(1, "\u{2}门".to_owned())]);
        assert!(tokens(Grams::anchored(), "。…").is_empty());
    }
}
