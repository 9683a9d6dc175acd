//! One layer of a reading: where something begins that is written in another way, and what its tags are.
//!
//! Owns the walk over a text for marks that begin a tag, an encoding (`encodings`) or an override of direction; it
//! writes what they undo to a [`View`]. Source: WHATWG HTML 13.2.5 for where a tag ends. Linear: what cannot be closed
//! is looked for once, quotes of tags are read for [`LONGEST_TAG`] bytes.

use std::ops::Range;

use super::encodings::{SHORTEST_BASE64, is_base64};
use super::transforms::Transform;
use super::views::{Piece, View};

/// Bytes of the longest tag whose quotes are looked at.
const LONGEST_TAG: usize = 4 * 1024;

/// One layer while it is read.
pub(super) struct Layer<'a> {
    pub(super) text: &'a str,
    out: View,
    /// Start of the plain text that was not yet copied.
    plain: usize,
    /// There is no `>` from here on.
    no_close: bool,
    /// There is no `-->` from here on.
    no_comment_end: bool,
    /// Bytes that may still be read for the quotes of tags, so that the whole stays linear.
    quotes: usize,
    base64: bool,
}

impl<'a> Layer<'a> {
    /// Undoes what begins in one of the stretches, which are in order; Base64 where asked.
    pub(super) fn read(text: &'a str, stretches: impl Iterator<Item = Range<usize>>, base64: bool) -> Option<View> {
        let out = View::begin();
        let quotes = 4 * text.len();
        let mut layer = Self { text, out, plain: 0, no_close: false, no_comment_end: false, quotes, base64 };
        let mut at = 0;
        for stretch in stretches {
            at = layer.undo(at.max(stretch.start)..stretch.end);
        }
        if layer.out.pieces.is_empty() {
            return None;
        }
        layer.copy(text.len());
        Some(layer.out)
    }

    /// Undoes what begins in the stretch; gives the byte after it and after what began in it.
    fn undo(&mut self, stretch: Range<usize>) -> usize {
        let bytes = self.text.as_bytes();
        let mut at = stretch.start;
        while at < stretch.end {
            if !MAY_BEGIN[usize::from(bytes[at])] {
                at = next_beginning(bytes, at + 1);
                continue;
            }
            let taken = match bytes[at] {
                b'<' => self.tag(at),
                b'&' => self.entity(at),
                b'%' => self.percent(at),
                b'\\' => self.escape(at),
                0xE2 => self.reversed(at),
                byte if self.base64 && is_base64(byte) && (at == 0 || !is_base64(bytes[at - 1])) => self.base64(at),
                _ => 0,
            };
            at += taken.max(1);
        }
        at
    }

    /// Copies plain text up to `to`.
    fn copy(&mut self, to: usize) {
        if self.plain < to {
            self.out.pieces.push(Piece { at: self.out.text.len(), from: self.plain, to, by: None });
            self.out.text.push_str(&self.text[self.plain..to]);
        }
        self.plain = to;
    }

    /// Writes `text` for `from..to`; gives the bytes that were taken.
    pub(super) fn put(&mut self, text: &str, from: usize, to: usize, by: Transform) -> usize {
        self.copy(from);
        self.out.pieces.push(Piece { at: self.out.text.len(), from, to, by: Some(by) });
        self.out.text.push_str(text);
        self.plain = to;
        to - from
    }

    /// A tag or a comment: a block begins a line, anything else leaves nothing.
    fn tag(&mut self, at: usize) -> usize {
        let rest = &self.text[at + 1..];
        let name = rest.trim_start_matches('/');
        if !name.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '!' | '?')) || self.no_close {
            return 0;
        }
        let mut end = None;
        if rest.starts_with("!--") && !self.no_comment_end {
            end = rest.find("-->").map(|end| end + 3);
            self.no_comment_end = end.is_none();
        }
        let Some(close) = rest.find('>').map(|end| end + 1) else {
            self.no_close = true;
            return 0;
        };
        let end = end.or_else(|| self.quoted(rest)).unwrap_or(close);
        let length = name.bytes().take(LONGEST_BLOCK + 1).take_while(u8::is_ascii_alphanumeric).count();
        let block = BLOCKS.iter().any(|block| name[..length].eq_ignore_ascii_case(block));
        self.put(if block { "\n" } else { "" }, at, at + 1 + end, Transform::Tags)
    }

    /// The end of a tag whose attributes hold `>` in quotes, as browsers read it.
    fn quoted(&mut self, rest: &str) -> Option<usize> {
        let mut quote = None;
        for (at, byte) in rest.bytes().take(LONGEST_TAG.min(self.quotes)).enumerate() {
            self.quotes -= 1;
            match (quote, byte) {
                (None, b'>') => return Some(at + 1),
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), _) if open == byte => quote = None,
                _ => {}
            }
        }
        None
    }

    /// What stands between U+202E and its end, read as it is shown.
    fn reversed(&mut self, at: usize) -> usize {
        let Some(inner) = self.text[at..].strip_prefix('\u{202E}') else { return 0 };
        let from = at + 3;
        let length = inner.find(['\u{202C}', '\u{202D}', '\u{202E}', '\n']).unwrap_or(inner.len());
        self.put("", at, from, Transform::Reversed);
        for (offset, c) in self.text[from..from + length].char_indices().rev() {
            // not by `put`: these pieces run backwards
            let (at, from, by) = (self.out.text.len(), from + offset, Some(Transform::Reversed));
            self.out.pieces.push(Piece { at, from, to: from + c.len_utf8(), by });
            self.out.text.push(c);
        }
        self.plain = from + length;
        3 + length
    }
}

/// Elements that begin a line.
const BLOCKS: [&str; 26] = [
    "p",
    "div",
    "br",
    "td",
    "th",
    "tr",
    "table",
    "li",
    "ul",
    "ol",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "dt",
    "dd",
    "dl",
    "section",
    "article",
    "header",
    "footer",
    "blockquote",
    "hr",
    "title",
];
/// Letters of the longest of them.
const LONGEST_BLOCK: usize = 10;

/// Bytes at which something may begin that is written in another way.
const MAY_BEGIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        let b = byte as u8;
        table[byte] = matches!(b, b'<' | b'&' | b'%' | b'\\' | 0xE2) || is_base64(b);
        byte += 1;
    }
    table
};

/// The first byte from `from` on at which something may begin, or a little before it. Chunks without one are passed over
/// at once: no mark stands in them, and too little Base64.
fn next_beginning(bytes: &[u8], from: usize) -> usize {
    const CHUNK: usize = 32;
    let mut at = from;
    // two bytes more, for a mark of three that begins in the chunk; no branch inside, so that a chunk is one step
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<{ CHUNK + 2 }>) {
        let (mut mark, mut letters, mut base64) = (false, false, 0u8);
        for index in 0..CHUNK {
            let byte = chunk[index];
            mark |= (byte == b'<') | (byte == b'&') | (byte == b'%') | (byte == b'\\');
            mark |= (byte == 0xE2) & (chunk[index + 1] == 0x80) & (chunk[index + 2] == 0xAE);
            let letter = ((byte | 0x20).wrapping_sub(b'a') < 26) | (byte == b'+') | (byte == b'/');
            letters |= letter;
            base64 += u8::from(letter | (byte.wrapping_sub(b'0') < 10) | (byte == b'-') | (byte == b'_'));
        }
        if mark | (letters & (usize::from(base64) >= SHORTEST_BASE64)) {
            break;
        }
        // so that a run that is long enough lies in one of two chunks
        at += CHUNK - SHORTEST_BASE64;
    }
    while at > from && is_base64(bytes[at - 1]) {
        at -= 1;
    }
    let rest = &bytes[at.min(bytes.len())..];
    at + rest.iter().position(|byte| MAY_BEGIN[usize::from(*byte)]).unwrap_or(rest.len())
}
