//! Charset: bytes to text, once, and never to mojibake that would slip past the gate.
//!
//! Order: the operator's pin; BOM; UTF-16 without BOM by its zero bytes; the whole body is UTF-8 (or nearly, so
//! that two bad bytes do not turn a page into GB18030); header and meta agree; else the decoding with the fewest
//! U+FFFD among meta, header, chardetng's guess and GB18030. `gb2312` and `gbk` are decoded as their superset
//! GB18030. chardetng gets no top-level domain, because `cn` breaks Big5 (measured), except for very short texts.
//! More than 0.1 % U+FFFD makes the text unreadable. Source: WHATWG Encoding Standard.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GB18030, GBK, ISO_8859_2, ISO_8859_3, ISO_8859_4, ISO_8859_10, ISO_8859_13,
    ISO_8859_14, ISO_8859_15, ISO_8859_16, MACINTOSH, REPLACEMENT, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1250,
    WINDOWS_1252, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258,
};

use super::bounds::REPLACED_PER_MILLE;

/// How far a declaration is looked for, in bytes; twice what the HTML standard asks for.
const PRESCAN: usize = 2048;
/// Texts with fewer non-ASCII bytes than this are too short for a guess without a hint.
const SHORT: usize = 40;

/// Decoded text.
pub(crate) struct Decoded {
    /// The text, without a BOM.
    pub text: String,
    /// WHATWG name of the charset.
    pub charset: String,
    /// Why it is not to be trusted.
    pub unreadable: Option<String>,
}

/// Decodes a body.
pub(crate) fn decode(bytes: &[u8], content_type: Option<&str>, pinned: Option<&str>) -> Decoded {
    let encoding = choose(bytes, content_type, pinned);
    let body = bytes.strip_prefix(bom(encoding)).unwrap_or(bytes);
    let (text, _) = encoding.decode_without_bom_handling(body);
    let replaced = replacements(&text);
    let characters = text.chars().count().max(1);
    // One bad byte in a short text is a lot of it; it must still be allowed to be the cut of a last character.
    let limit = (characters * REPLACED_PER_MILLE / 1000).max(1);
    let unreadable = (replaced > limit).then(|| {
        format!(
            "charset: {replaced} of {characters} characters cannot be decoded as {}; pin the charset",
            encoding.name()
        )
    });
    Decoded { text: text.into_owned(), charset: encoding.name().to_owned(), unreadable }
}

fn bom(encoding: &'static Encoding) -> &'static [u8] {
    if encoding == UTF_8 {
        b"\xEF\xBB\xBF"
    } else if encoding == UTF_16LE {
        b"\xFF\xFE"
    } else if encoding == UTF_16BE {
        b"\xFE\xFF"
    } else if encoding == GB18030 {
        b"\x84\x31\x95\x33"
    } else {
        b""
    }
}

fn choose(bytes: &[u8], content_type: Option<&str>, pinned: Option<&str>) -> &'static Encoding {
    if let Some(pin) = pinned.and_then(label) {
        return pin;
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if bytes.starts_with(b"\x84\x31\x95\x33") {
        return GB18030;
    }
    if let Some(encoding) = utf_16_by_zeros(bytes) {
        return encoding;
    }
    let meta = declared(bytes);
    let header = content_type.and_then(|value| parameter(value, "charset")).and_then(|value| label(&value));
    let says_utf_8 = header == Some(UTF_8) || meta == Some(UTF_8);
    if is_utf_8(bytes) && (says_utf_8 || !may_be_pairs(bytes)) {
        return UTF_8;
    }
    if let (Some(header), Some(meta)) = (header, meta)
        && header == meta
        && header != UTF_8
        && is_wide(header)
    {
        return header;
    }
    fewest_replacements(bytes, meta, header)
}

fn fewest_replacements(
    bytes: &[u8],
    meta: Option<&'static Encoding>,
    header: Option<&'static Encoding>,
) -> &'static Encoding {
    let short = bytes.iter().filter(|byte| !byte.is_ascii()).count() < SHORT && is_gb_2312_pairs(bytes);
    let guess = guess(bytes, short);
    let mut candidates = Vec::with_capacity(4);
    candidates.extend([meta, header].into_iter().flatten());
    let declared_wide = candidates.iter().any(|encoding| is_wide(encoding));
    // A Latin declaration decodes anything; it is no news where the bytes look Chinese.
    if is_wide(guess) {
        candidates.retain(|encoding| is_wide(encoding));
    }
    candidates.extend(if short { [GB18030, guess] } else { [guess, GB18030] });
    // A narrow charset has no wrong bytes, so its zero replacements prove nothing: damaged GBK would come out as clean
    // mojibake and pass the gate. It does not beat a wide charset that is declared, nor stand for a text that is
    // mostly above ASCII, as no Latin text is.
    if declared_wide || is_mostly_above_ascii(bytes) {
        candidates.retain(|encoding| is_wide(encoding) || !is_latin(encoding) && !declared_wide);
    }
    let counted = candidates.into_iter().map(|encoding| {
        let (text, _) = encoding.decode_without_bom_handling(bytes);
        (replacements(&text), encoding)
    });
    // min_by_key keeps the first of equals: the order above is the order of trust.
    counted.min_by_key(|(replaced, _)| *replaced).map_or(GB18030, |(_, encoding)| encoding)
}

fn guess(bytes: &[u8], short: bool) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let hint: Option<&[u8]> = if short { Some(b"cn") } else { None };
    superset(detector.guess(hint, Utf8Detection::Allow))
}

fn superset(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

/// The encodings whose bytes mostly come in twos and more, so that U+FFFD tells right from wrong.
fn is_wide(encoding: &'static Encoding) -> bool {
    [UTF_8, GB18030, BIG5, SHIFT_JIS, EUC_JP, EUC_KR].contains(&encoding)
}

/// The charsets whose upper half is letters of Latin alphabets.
fn is_latin(encoding: &'static Encoding) -> bool {
    [WINDOWS_1252, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257, WINDOWS_1258, ISO_8859_2, ISO_8859_3, ISO_8859_4]
        .contains(&encoding)
        || [ISO_8859_10, ISO_8859_13, ISO_8859_14, ISO_8859_15, ISO_8859_16, MACINTOSH].contains(&encoding)
}

fn is_mostly_above_ascii(bytes: &[u8]) -> bool {
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let above = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    above > letters
}

fn label(text: &str) -> Option<&'static Encoding> {
    let encoding = superset(Encoding::for_label(text.trim().as_bytes())?);
    (encoding != REPLACEMENT).then_some(encoding)
}

fn replacements(text: &str) -> usize {
    text.matches('\u{FFFD}').count()
}

/// UTF-8 as a whole, or but for a cut last character, or with so few errors among so many good sequences that it
/// can be nothing else.
fn is_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|character| !character.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    bad == 0 || (good >= 4 && bad * 20 <= good)
}

/// Whether every byte beyond ASCII stands in a pair of GB 2312: in Latin text they stand alone.
fn is_gb_2312_pairs(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| !byte.is_ascii()) {
        match rest[at..] {
            [0xA1..=0xF7, 0xA1..=0xFE, ..] => rest = &rest[at + 2..],
            _ => return false,
        }
    }
    true
}

/// A short GB18030 text such as 通知 can be valid UTF-8 by chance: then it reads as nothing but two-byte letters that
/// no page in Chinese or English uses (Greek, Hebrew, combining marks).
fn may_be_pairs(bytes: &[u8]) -> bool {
    let wide = || bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let text = String::from_utf8_lossy(bytes);
    let mut letters = text.chars().filter(|character| !character.is_ascii()).peekable();
    letters.peek().is_some() && wide() < SHORT && letters.all(|character| matches!(character, '\u{0250}'..='\u{07FF}'))
}

fn utf_16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(4096) & !1];
    if sample.len() < 8 {
        return None;
    }
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let many = sample.len() / 16;
    match (even, odd) {
        (0, odd) if odd > many => Some(UTF_16LE),
        (even, 0) if even > many => Some(UTF_16BE),
        _ => None,
    }
}

/// What the page declares in its first bytes: `<meta charset>`, `<meta http-equiv>`, `<?xml encoding?>`.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head: String = bytes[..bytes.len().min(PRESCAN)].iter().map(|byte| char::from(*byte)).collect();
    let lower = head.to_ascii_lowercase();
    if lower.trim_start().starts_with("<?xml")
        && let Some(end) = lower.find("?>")
        && let Some(found) = parameter(&lower[..end], "encoding").and_then(|value| label(&value))
    {
        return Some(ascii_compatible(found));
    }
    let mut rest = lower.as_str();
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        if rest.starts_with("<!--") {
            rest = rest.find("-->").map_or("", |end| &rest[end + 3..]);
            continue;
        }
        let end = rest.find('>').unwrap_or(rest.len());
        if rest.starts_with("<meta")
            && let Some(found) = parameter(&rest[..end], "charset").and_then(|value| label(&value))
        {
            return Some(ascii_compatible(found));
        }
        rest = &rest[end.max(1)..];
    }
    None
}

/// A declaration that could be read is not in UTF-16.
fn ascii_compatible(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == UTF_16LE || encoding == UTF_16BE { UTF_8 } else { encoding }
}

/// The value of `name=value` or `name="value"` in a header, tag or declaration.
fn parameter(text: &str, name: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = lower[from..].find(name) {
        let after = &text[from + at + name.len()..];
        from += at + name.len();
        let Some(value) = after.trim_start().strip_prefix('=') else { continue };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let value = match quote {
            Some(quote) => value[1..].split(quote).next().unwrap_or(""),
            None => value
                .split(|c: char| c.is_ascii_whitespace() || matches!(c, ';' | '"' | '\'' | '/' | '>'))
                .next()
                .unwrap_or(""),
        };
        return Some(value.trim().to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(bytes: &[u8], content_type: Option<&str>) -> String {
        decode(bytes, content_type, None).charset
    }

    #[test]
    fn a_declaration_that_lies_does_not_win() {
        let utf_8 = "<meta charset=gb2312><p>衢州市人民政府办公室</p>".as_bytes();
        assert_eq!(name_of(utf_8, Some("text/html; charset=GBK")), "UTF-8");
        let (gbk, ..) =
            GB18030.encode("<meta charset=utf-8><p>衢州市人民政府办公室关于加强市政府门户网站内容保障工作的通知</p>");
        assert_eq!(name_of(&gbk, Some("text/html; charset=utf-8")), "gb18030");
        let (latin, ..) = GB18030
            .encode("<meta charset=iso-8859-1><p>衢州市人民政府办公室关于加强市政府门户网站内容保障工作的通知</p>");
        assert_eq!(name_of(&latin, None), "gb18030");
    }

    #[test]
    fn torn_gbk_does_not_come_out_as_clean_mojibake() {
        for meta in ["<meta charset=gb2312>", ""] {
            let (gbk, ..) = GB18030.encode("衢州市人民政府办公室关于加强市政府门户网站内容保障工作的通知");
            let mut torn = meta.as_bytes().to_vec();
            for (at, byte) in gbk.repeat(4).into_iter().enumerate() {
                torn.push(byte);
                if at % 16 == 15 {
                    torn.push(0xFF);
                }
            }
            let decoded = decode(&torn, None, None);
            assert_eq!(decoded.charset, "gb18030", "{meta:?}");
            assert!(decoded.text.contains('\u{FFFD}'));
        }
    }

    #[test]
    fn two_bad_bytes_do_not_turn_utf_8_into_something_else() {
        let mut bytes = "衢州市人民政府办公室关于加强市政府门户网站内容保障工作的通知".repeat(3).into_bytes();
        bytes[30] = 0xFF;
        let decoded = decode(&bytes, None, None);
        assert_eq!(decoded.charset, "UTF-8");
        assert!(decoded.text.contains('\u{FFFD}'));
    }

    #[test]
    fn what_is_in_no_charset_is_unreadable() {
        let noise: Vec<u8> = (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8 | 0x80).collect();
        assert!(decode(&noise, Some("text/html; charset=utf-8"), Some("utf-8")).unreadable.is_some());
    }

    #[test]
    fn short_and_wide() {
        let (short, ..) = GB18030.encode("通知");
        assert_eq!(decode(&short, None, None).text, "通知");
        let utf_16: Vec<u8> = "<p>衢州 notice</p>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&utf_16, None, None).text, "<p>衢州 notice</p>");
    }
}
