//! Chinese words by jieba: what the ranking counts beside pairs, never what decides whether a text is found.
//!
//! Owns the dictionary (about 5 MB of text, loaded once; clones share it). No HMM: it costs F1 on SIGHAN 2005. Search
//! mode, so that a long word brings its parts. Only words of two characters and more, and runs; a single character says
//! too little about what a text is about. Offsets are bytes of the folded text, a line at a time.

use std::sync::Arc;

use jieba_rs::Jieba;
use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::fold::{fold, is_letter};

/// Longest piece in characters that goes to jieba at once.
const PIECE: usize = 4096;
/// Longest word in characters.
const WORD_LIMIT: usize = 40;

/// The dictionary.
#[derive(Clone)]
pub struct Words {
    jieba: Arc<Jieba>,
}

impl Words {
    /// Loads the dictionary; a quarter of a second.
    #[must_use]
    pub fn load() -> Self {
        Self { jieba: Arc::new(Jieba::new()) }
    }

    /// The words of a folded text, in search mode: what the ranking asks for.
    pub(super) fn search(&self, folded: &str) -> Vec<String> {
        let tokens = self.jieba.cut_for_search(folded, false);
        tokens.into_iter().filter(|token| counts(token.word)).map(|token| token.word.to_owned()).collect()
    }

    /// The words of a folded text one after the other, single characters among them, punctuation not.
    pub(super) fn split(&self, folded: &str) -> Vec<String> {
        let tokens = self.jieba.cut(folded, false);
        let letters = tokens.into_iter().filter(|token| token.word.chars().any(is_letter));
        letters.map(|token| token.word.to_owned()).collect()
    }
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Words")
    }
}

/// Whether a word is one to rank by.
fn counts(word: &str) -> bool {
    let mut length = 0;
    for letter in word.chars() {
        length += 1;
        if !is_letter(letter) || length > WORD_LIMIT {
            return false;
        }
    }
    length > 1
}

impl Tokenizer for Words {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        WordStream {
            words: self,
            rest: text,
            line: String::new(),
            base: 0,
            ranges: Vec::new(),
            given: 0,
            token: Token::default(),
            position: 0,
        }
    }
}

/// The words of one text.
pub struct WordStream<'a> {
    words: &'a Words,
    rest: &'a str,
    /// The folded line at hand, where it begins, its words, and how many of them are given.
    line: String,
    base: usize,
    ranges: Vec<(usize, usize)>,
    given: usize,
    token: Token,
    position: usize,
}

impl WordStream<'_> {
    /// Cuts the next line, or the next piece of a line that has no end.
    fn fill(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let line = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let piece = self.rest.char_indices().nth(PIECE).map_or(self.rest.len(), |(at, _)| at);
        let (head, rest) = self.rest.split_at(line.min(piece));
        self.rest = rest;
        self.base += self.line.len();
        self.line.clear();
        self.line.extend(head.chars().map(fold));
        self.ranges.clear();
        self.given = 0;
        let tokens = self.words.jieba.cut_for_search(&self.line, false).into_iter();
        let counted = tokens.filter(|token| counts(token.word));
        self.ranges.extend(counted.map(|token| (token.byte_start, token.byte_end)));
        true
    }
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        while self.given == self.ranges.len() {
            if !self.fill() {
                return false;
            }
        }
        let (start, end) = self.ranges[self.given];
        self.given += 1;
        self.token.position = self.position;
        self.position += 1;
        self.token.offset_from = self.base + start;
        self.token.offset_to = self.base + end;
        self.token.text.clear();
        self.token.text.push_str(&self.line[start..end]);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_bring_their_parts_and_lines_are_cut_alone() {
        let mut words = Words::load();
        let mut stream = words.token_stream("北京大學的\n公积金，的2008年");
        let mut seen = Vec::new();
        while stream.advance() {
            seen.push(stream.token().text.clone());
        }
        assert_eq!(seen, ["北京", "大学", "北京大学", "公积", "积金", "公积金", "2008"]);
    }
}
