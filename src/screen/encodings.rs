//! What is encoded inside a text: entities, percent, `\u` and its kin, Base64.
//!
//! Owns the decoders that a [`Layer`] is read with. Each takes what begins at a byte and gives the bytes that it took, 0 where
//! it is none. Sources: WHATWG HTML 13.2.5 (entities), RFC 3986 2.1 (percent), CSS Syntax 4.3.7 (escapes), RFC 4648
//! (Base64, both alphabets). Decoded bytes are read as UTF-8, GB18030 or UTF-16.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::layer::Layer;
use super::transforms::Transform;

/// Bytes of Base64 below which nothing is decoded.
pub(super) const SHORTEST_BASE64: usize = 6;

impl Layer<'_> {
    /// `&#26426;`, `&#x673a;` and the names that could stand inside a word.
    pub(super) fn entity(&mut self, at: usize) -> usize {
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
    pub(super) fn percent(&mut self, at: usize) -> usize {
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
    pub(super) fn escape(&mut self, at: usize) -> usize {
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

    /// A run of Base64 that decodes to text with Chinese in it; gives its length either way, so it is read once.
    pub(super) fn base64(&mut self, at: usize) -> usize {
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

pub(super) const fn is_base64(byte: u8) -> bool {
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
