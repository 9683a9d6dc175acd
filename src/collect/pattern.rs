//! One path pattern of robots.txt: `*` for any bytes, `$` as the last character for the end (RFC 9309 2.2.3).
//!
//! Owns the matcher, which is linear: between two `*` the leftmost occurrence is always enough, so nothing is tried
//! twice, and a hostile pattern of thousands of `*` costs one pass over the path. Patterns and paths are ASCII with
//! escapes; what else a path holds is compared as it is.

use std::borrow::Cow;

/// Whether `path` begins with what `pattern` describes.
pub(super) fn matches(path: &str, pattern: &str) -> bool {
    let (pattern, to_the_end) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return !to_the_end || rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    if to_the_end { rest.ends_with(last) } else { rest.contains(last) }
}

/// Every `%xx` in upper case, and bytes beyond ASCII as escapes.
pub(super) fn ascii(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, bytes.get(at + 1), bytes.get(at + 2)) {
            (b'%', Some(one), Some(two)) if one.is_ascii_hexdigit() && two.is_ascii_hexdigit() => {
                text.push('%');
                text.push(char::from(one.to_ascii_uppercase()));
                text.push(char::from(two.to_ascii_uppercase()));
                at += 2;
            }
            (0x80.., _, _) => {
                text.push('%');
                text.push(char::from(HEX[usize::from(byte >> 4)]));
                text.push(char::from(HEX[usize::from(byte & 15)]));
            }
            _ => text.push(char::from(*byte)),
        }
        at += 1;
    }
    text
}

/// The same pattern as a server of the other charset writes it: escapes that are UTF-8 as GBK, and the other way
/// round. `None` where there is nothing beyond ASCII or it is neither.
pub(super) fn other_charset(pattern: &str) -> Option<String> {
    let bytes = unescaped_high(pattern)?;
    let other: Cow<'_, [u8]> = match std::str::from_utf8(&bytes) {
        Ok(text) => match encoding_rs::GBK.encode(text) {
            (gbk, _, false) => gbk,
            _ => return None,
        },
        Err(_) => match encoding_rs::GBK.decode_without_bom_handling(&bytes) {
            (text, false) => Cow::Owned(text.into_owned().into_bytes()),
            _ => return None,
        },
    };
    Some(ascii(&other))
}

/// The bytes of a pattern with the escapes of bytes beyond ASCII undone; `None` where there are none.
fn unescaped_high(pattern: &str) -> Option<Vec<u8>> {
    let from = pattern.as_bytes();
    let mut bytes = Vec::with_capacity(from.len());
    let (mut at, mut any) = (0, false);
    while let Some(byte) = from.get(at) {
        let escaped = (*byte == b'%').then(|| pattern.get(at + 1..at + 3)).flatten();
        match escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()).filter(|byte| *byte >= 0x80) {
            Some(high) => {
                bytes.push(high);
                (at, any) = (at + 3, true);
            }
            None => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    any.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, path, yes) in [
            ("/", "/", true),
            ("/", "/a", true),
            ("/a", "/", false),
            ("/*/*/tree/master", "/google/robotstxt/tree/master/index.html", true),
            ("/*/*/tree/master$", "/google/robotstxt/tree/master", true),
            ("/*/*/tree/master$", "/google/robotstxt/tree/master/a", false),
            ("/*.jsp$", "/a.b/c.jsp", true),
            ("/*.jsp$", "/a.jsp/c.jsp", true),
            ("/*.jsp$", "/a.jsp?x", false),
            ("/a*b*c", "/a-c-b", false),
            ("/a*b*c", "/a-b-b-c", true),
            ("*", "/x", true),
            ("*$", "/x", true),
            ("$", "/", false),
            ("", "/", true),
            ("/$", "/", true),
            ("/a$b", "/a$b", true),
            ("/a$b", "/ab", false),
            ("/*$", "/", true),
            ("/a*a$", "/a", false),
            ("/a*a$", "/aa", true),
            ("/**a**$", "/bab", true),
        ] {
            assert_eq!(matches(path, pattern), yes, "{pattern} {path}");
        }
    }

    /// The definition, tried in every way; short texts of few letters meet every corner.
    fn slow(path: &[u8], pattern: &[u8]) -> bool {
        match pattern {
            [] => true,
            b"$" => path.is_empty(),
            [b'*', rest @ ..] => (0..=path.len()).any(|from| slow(&path[from..], rest)),
            [byte, rest @ ..] => path.first() == Some(byte) && slow(&path[1..], rest),
        }
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_the_definition(path in "/[ab$]{0,8}", pattern in "[/ab*$]{0,7}") {
            proptest::prop_assert_eq!(matches(&path, &pattern), slow(path.as_bytes(), pattern.as_bytes()));
        }
    }

    #[test]
    fn a_hostile_pattern_is_one_pass() {
        let pattern = format!("/{}b", "*a".repeat(8_000));
        let path = format!("/{}", "a".repeat(16_000));
        let begun = std::time::Instant::now();
        assert!(!matches(&path, &pattern));
        assert!(begun.elapsed() < std::time::Duration::from_millis(300), "{:?}", begun.elapsed());
    }

    #[test]
    fn escapes_and_charsets() {
        assert_eq!(ascii("/中%e4%2f%zz%".as_bytes()), "/%E4%B8%AD%E4%2F%zz%");
        assert_eq!(other_charset("/%E4%B8%AD%2F").as_deref(), Some("/%D6%D0%2F"));
        assert_eq!(other_charset("/%D6%D0*$").as_deref(), Some("/%E4%B8%AD*$"));
        assert_eq!(other_charset("/a%2F"), None);
        assert_eq!(other_charset("/%FF"), None);
    }
}
