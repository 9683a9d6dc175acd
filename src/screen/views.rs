//! Other readings of a text: tags taken out, entities, percent, `\u`, Base64 decoded, right-to-left overrides undone.
//!
//! Owns the way back: every piece of a view knows where in the original it came from. One pass undoes one layer of
//! everything; at most [`DEPTH`] layers. Linear: what cannot be closed is looked for once.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::transforms::{Transform, Transforms};

/// Bytes of the longest tag whose quotes are looked at.
const LONGEST_TAG: usize = 4 * 1024;
/// Layers that are undone.
pub(super) const DEPTH: usize = 3;
/// Bytes of Base64 below which nothing is decoded.
const SHORTEST_BASE64: usize = 6;
/// Bytes before a change at which something may begin that only the change makes whole.
const REACH: usize = 64;

/// A reading of a text.
pub(super) struct View {
    /// What it reads.
    pub(super) text: String,
    pieces: Vec<Piece>,
}

/// `text[at..]` up to the next piece came from `from..to` of the original.
struct Piece {
    at: usize,
    from: usize,
    to: usize,
    /// Nothing where the text stands as it was.
    by: Option<Transform>,
}

impl View {
    /// The views of a text, one a layer; none where nothing is written in another way. Letters that happen to decode as
    /// Base64 (`GJB5000A`, `20270301`) may be what they are: where any did, the text is read once more without it.
    pub(super) fn of(text: &str) -> Vec<Self> {
        let mut views = Self::chain(text, true);
        if views.iter().any(Self::has_base64) {
            views.extend(Self::chain(text, false));
        }
        views
    }

    fn has_base64(&self) -> bool {
        self.pieces.iter().any(|piece| piece.by == Some(Transform::Base64))
    }

    fn chain(text: &str, base64: bool) -> Vec<Self> {
        let mut views: Vec<Self> = Vec::new();
        for _ in 0..DEPTH {
            let view = match views.last() {
                None => Layer::read(text, std::iter::once(0..text.len()), base64),
                Some(under) => Layer::read(&under.text, near(under), base64).map(|layer| layer.over(under)),
            };
            let Some(view) = view else { break };
            views.push(view);
        }
        views
    }

    /// Where something was undone: bytes of [`View::text`], in order.
    pub(super) fn changes(&self) -> impl Iterator<Item = Range<usize>> {
        let ends = self.pieces.iter().skip(1).map(|piece| piece.at).chain([self.text.len()]);
        self.pieces.iter().zip(ends).filter(|(piece, _)| piece.by.is_some()).map(|(piece, end)| piece.at..end)
    }

    /// A view that is written from here on by [`View::copy`] and [`View::write`].
    pub(super) fn begin() -> Self {
        Self { text: String::new(), pieces: Vec::new() }
    }

    /// Takes over `from..to` of the original as it stands.
    pub(super) fn copy(&mut self, original: &str, from: usize, to: usize) {
        if from < to {
            self.pieces.push(Piece { at: self.text.len(), from, to, by: None });
            self.text.push_str(&original[from..to]);
        }
    }

    /// Writes `c` for `from..to` of the original.
    pub(super) fn write(&mut self, c: char, from: usize, to: usize, by: Transform) {
        self.pieces.push(Piece { at: self.text.len(), from, to, by: Some(by) });
        self.text.push(c);
    }

    /// The text without its tags and without what stands over the line in ruby: `机<rt>jī</rt>密`. Nothing where there
    /// is no ruby. The other views keep what stands there, so that nothing hides in it.
    pub(super) fn without_ruby(text: &str) -> Option<Self> {
        if !text.contains('<')
            || !text.contains("<rt") && !text.contains("<RT") && !text.contains("<Rt") && !text.contains("<rT")
        {
            return None;
        }
        let mut view = Self::begin();
        let (mut plain, mut above) = (0, false);
        while let Some(open) = text[plain..].find('<').map(|at| plain + at) {
            let Some(end) = text[open..].find('>').map(|at| open + at + 1) else { break };
            let name = text[open + 1..end].to_ascii_lowercase();
            if !above {
                view.copy(text, plain, open);
            }
            let closes = name.starts_with('/');
            let is_above = ["rt", "rp", "rtc"].contains(&name.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
            above = if is_above { !closes } else { above && !name.starts_with("/ruby") };
            view.pieces.push(Piece { at: view.text.len(), from: open, to: end, by: Some(Transform::Tags) });
            plain = end;
        }
        if !above {
            view.copy(text, plain, text.len());
        }
        Some(view)
    }

    /// Where `start..end` of this view stands in the original, and what was undone there.
    pub(super) fn origin(&self, start: usize, end: usize) -> (usize, usize, Transforms) {
        let first = self.pieces.partition_point(|piece| piece.at <= start).saturating_sub(1);
        let mut by = Transforms::default();
        let (mut from, mut to) = (usize::MAX, 0);
        for (index, piece) in self.pieces.iter().enumerate().skip(first) {
            let length = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.at) - piece.at;
            if piece.at >= end {
                break;
            }
            if piece.at + length <= start && !(length == 0 && piece.at > start) {
                continue;
            }
            match piece.by {
                Some(transform) => {
                    by.add(transform);
                    from = from.min(piece.from);
                    to = to.max(piece.to);
                }
                None => {
                    from = from.min(piece.from + start.max(piece.at) - piece.at);
                    to = to.max(piece.from + end.min(piece.at + length) - piece.at);
                }
            }
        }
        (from.min(to), to, by)
    }

    /// This view, read from `under`, in terms of the text that `under` was read from.
    fn over(mut self, under: &Self) -> Self {
        let mut pieces = Vec::with_capacity(self.pieces.len());
        for (index, piece) in self.pieces.iter().enumerate() {
            let length = self.pieces.get(index + 1).map_or(self.text.len(), |next| next.at) - piece.at;
            if piece.by.is_some() {
                let (from, to, _) = under.origin(piece.from, piece.to.max(piece.from + 1));
                pieces.push(Piece { at: piece.at, from, to, by: piece.by });
                continue;
            }
            // plain here: take over what was undone below, piece by piece
            let first = under.pieces.partition_point(|below| below.at <= piece.from).saturating_sub(1);
            for (below_index, below) in under.pieces.iter().enumerate().skip(first) {
                if below.at >= piece.from + length {
                    break;
                }
                let skipped = piece.from.saturating_sub(below.at);
                let below_end = under.pieces.get(below_index + 1).map_or(under.text.len(), |next| next.at);
                if below_end <= piece.from && below.at < piece.from {
                    continue;
                }
                let from = if below.by.is_none() { below.from + skipped } else { below.from };
                let at = piece.at + below.at.saturating_sub(piece.from);
                pieces.push(Piece { at, from, to: below.to, by: below.by });
            }
        }
        self.pieces = pieces;
        self
    }
}

/// Where one more layer can begin: in what was undone, and so near before it that it may reach into it.
fn near(view: &View) -> impl Iterator<Item = Range<usize>> {
    view.changes().map(|change| view.text.floor_char_boundary(change.start.saturating_sub(REACH))..change.end)
}

/// One layer while it is read.
struct Layer<'a> {
    text: &'a str,
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
    fn read(text: &'a str, stretches: impl Iterator<Item = Range<usize>>, base64: bool) -> Option<View> {
        let out = View { text: String::new(), pieces: Vec::new() };
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
    fn put(&mut self, text: &str, from: usize, to: usize, by: Transform) -> usize {
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

    /// `&#26426;`, `&#x673a;` and the names that could stand inside a word.
    fn entity(&mut self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at + 1..];
        let length = rest.iter().take(12).take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#').count();
        let name = &self.text[at + 1..at + 1 + length];
        let closed = rest.get(length) == Some(&b';');
        let c = match name.strip_prefix('#') {
            Some(number) => match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok(),
                None => number.parse().ok(),
            }
            .and_then(char::from_u32),
            None => NAMED.iter().find(|(known, _)| *known == name && closed).map(|(_, c)| *c),
        };
        let Some(c) = c else { return 0 };
        self.put(c.encode_utf8(&mut [0; 4]), at, at + 1 + length + usize::from(closed), Transform::Entity)
    }

    /// `%E6%9C%BA`, read as UTF-8 or else as GB18030; `%u673a`.
    fn percent(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        if let Some(c) = unit(bytes, at, b'u') {
            return self.put(c.encode_utf8(&mut [0; 4]), at, at + 6, Transform::Percent);
        }
        let octet = |at: usize| match bytes.get(at..at + 3) {
            Some([b'%', high, low]) => Some((hex(*high)? << 4 | hex(*low)?) as u8),
            _ => None,
        };
        let mut octets = Vec::new();
        while let Some(byte) = octet(at + 3 * octets.len()) {
            octets.push(byte);
        }
        let mut done = 0;
        if let Ok(text) = std::str::from_utf8(&octets) {
            for c in text.chars() {
                let from = at + 3 * done;
                done += c.len_utf8();
                self.put(c.encode_utf8(&mut [0; 4]), from, at + 3 * done, Transform::Percent);
            }
        } else {
            let text = encoding_rs::GB18030.decode_without_bom_handling(&octets).0;
            self.put(&text, at, at + 3 * octets.len(), Transform::Percent);
        }
        3 * octets.len()
    }

    /// `\u673a`, `\u{673a}`, `\x{673a}`.
    fn escape(&mut self, at: usize) -> usize {
        let bytes = self.text.as_bytes();
        if let Some(c) = unit(bytes, at, b'u') {
            return self.put(c.encode_utf8(&mut [0; 4]), at, at + 6, Transform::Escape);
        }
        let Some([b'\\', b'u' | b'x', b'{', rest @ ..]) = bytes.get(at..bytes.len().min(at + 10)) else {
            return self.css_escape(at);
        };
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let c = u32::from_str_radix(&self.text[at + 3..at + 3 + digits], 16).ok().and_then(char::from_u32);
        match c {
            Some(c) if rest.get(digits) == Some(&b'}') => {
                self.put(c.encode_utf8(&mut [0; 4]), at, at + 4 + digits, Transform::Escape)
            }
            _ => 0,
        }
    }

    /// `\673a ` of a style sheet's `content`: four to six digits and one blank that belongs to them.
    fn css_escape(&mut self, at: usize) -> usize {
        let digits = self.text.as_bytes()[at + 1..].iter().take(6).take_while(|byte| byte.is_ascii_hexdigit()).count();
        let end = at + 1 + digits;
        let c = u32::from_str_radix(&self.text[at + 1..end], 16).ok().and_then(char::from_u32);
        match c.filter(|c| digits >= 4 && *c as u32 >= 0x2E80) {
            Some(c) => {
                let blank = usize::from(self.text.as_bytes().get(end).is_some_and(u8::is_ascii_whitespace));
                self.put(c.encode_utf8(&mut [0; 4]), at, end + blank, Transform::Escape)
            }
            None => 0,
        }
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

    /// A run of Base64 that decodes to text with Chinese in it; gives its length either way, so it is read once.
    fn base64(&mut self, at: usize) -> usize {
        let bytes = &self.text.as_bytes()[at..];
        let length = bytes.iter().take_while(|byte| is_base64(**byte)).count();
        let padding = bytes[length..].iter().take(2).take_while(|byte| **byte == b'=').count();
        // two characters in GB18030 or UTF-16 are six letters, which count only as an encoder writes them
        if length < SHORTEST_BASE64 || length < 8 && length + padding != 8 {
            return length;
        }
        let run = &bytes[..length];
        // a number or a date: that an encoder wrote digits alone would happen once in a million
        if run.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'_')) {
            return length;
        }
        let decoded = STANDARD_NO_PAD.decode(run).or_else(|_| URL_SAFE_NO_PAD.decode(run));
        if let Some(text) = decoded.ok().and_then(|decoded| chinese(&decoded)) {
            return self.put(&text, at, at + length + padding, Transform::Base64);
        }
        length
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

/// Names of entities that stand for what a word can be cut or dressed with.
const NAMED: [(&str, char); 18] = [
    ("nbsp", '\u{A0}'),
    ("ensp", '\u{2002}'),
    ("emsp", '\u{2003}'),
    ("thinsp", '\u{2009}'),
    ("zwnj", '\u{200C}'),
    ("zwj", '\u{200D}'),
    ("lrm", '\u{200E}'),
    ("rlm", '\u{200F}'),
    ("shy", '\u{AD}'),
    ("lt", '<'),
    ("gt", '>'),
    ("amp", '&'),
    ("quot", '"'),
    ("middot", '·'),
    ("bull", '•'),
    ("star", '☆'),
    ("starf", '★'),
    ("ast", '*'),
];

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

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn hex(byte: u8) -> Option<u32> {
    char::from(byte).to_digit(16)
}

/// `\u673a` or `%u673a` at `at`.
fn unit(bytes: &[u8], at: usize, mark: u8) -> Option<char> {
    let [_, found, digits @ ..] = bytes.get(at..at + 6)? else { return None };
    let value = digits.iter().try_fold(0, |value, byte| Some(value << 4 | hex(*byte)?))?;
    if *found == mark { char::from_u32(value) } else { None }
}

/// The text of decoded bytes, where it is Chinese text in UTF-8, GB18030 or UTF-16: each of them that it may be, a line
/// each, for four bytes are two characters in any.
fn chinese(bytes: &[u8]) -> Option<String> {
    let han = |c: char| matches!(c as u32, 0x3400..=0x9FFF | 0x2_0000..=0x3_FFFF);
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().any(han)
    {
        return Some(text.to_owned());
    }
    let marks =
        |c: char| matches!(c, ' '..='~' | '\n' | '\r' | '\t' | '\u{3000}'..='\u{303F}' | '\u{FF00}'..='\u{FF5E}');
    let plausible = |text: &str| {
        let (all, found) = (text.chars().count(), text.chars().filter(|c| han(*c)).count());
        found >= 2 && (found * 2 > all || text.chars().all(|c| han(c) || marks(c)))
    };
    let read =
        [encoding_rs::GB18030, encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].into_iter().filter_map(|encoding| {
            let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
            plausible(&text).then(|| text.into_owned())
        });
    let read: Vec<String> = read.collect();
    (!read.is_empty()).then(|| read.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        View::of(text).pop().map_or_else(|| text.to_owned(), |view| view.text)
    }

    #[test]
    fn the_line_under_ruby_is_read_alone() {
        let text = "<ruby>机<rp>(</rp><rt>jī</rt><rp>)</rp>密<RT>mì</RT></ruby>文件";
        let view = View::without_ruby(text).unwrap();
        assert_eq!(view.text, "机密文件");
        let (start, end, by) = view.origin(0, "机密".len());
        assert_eq!((text[start..end].chars().next(), text[start..end].chars().last()), (Some('机'), Some('密')));
        assert_ne!(by, Transforms::default());
        assert!(View::without_ruby("机密").is_none());
        assert_eq!(read(r"content:'\673a\5bc6 '"), "content:'机密'");
    }

    #[test]
    fn each_disguise_is_undone() {
        for (given, meant) in [
            ("机<b>密</b>", "机密"),
            ("机<!-- x > y -->密", "机密"),
            ("&#26426;&#x5BC6;", "机密"),
            ("机&zwnj;密", "机\u{200C}密"),
            ("%E6%9C%BA%E5%AF%86", "机密"),
            ("%BB%FA%C3%DC", "机密"),
            ("%u673a\\u5bc6", "机密"),
            ("5py65a+G", "机密"),
            ("\u{202E}密机\u{202C}", "机密\u{202C}"),
            ("%2526%2523x673a;密", "机密"),
            ("机<b title=\"1>0\">密</b>", "机密"),
            ("u/rD3A==", "机密"),
        ] {
            assert_eq!(read(given), meant, "{given}");
        }
        for plain in ["a < b & c", "100%", "没有<", "C:\\users", "AbCdEfGhIjKl"] {
            assert!(View::of(plain).is_empty(), "{plain}");
        }
    }

    #[test]
    fn the_way_back() {
        let text = "甲&#26426;<b>密</b>乙%26%2326426%3B密";
        for view in View::of(text) {
            for (at, _) in view.text.match_indices("机密") {
                let (start, end, by) = view.origin(at, at + "机密".len());
                assert!(["&#26426;<b>密", "%26%2326426%3B密"].contains(&&text[start..end]), "{}", &text[start..end]);
                assert!(by.level() >= 2);
            }
            let (start, end, by) = view.origin(0, "甲".len());
            assert_eq!((&text[start..end], by.level()), ("甲", 0));
        }
        assert_eq!(View::of(text).len(), 2);
    }
}
