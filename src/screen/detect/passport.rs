//! Numbers of passports and of permits for Hong Kong, Macao and Taiwan.
//!
//! Source: ICAO Doc 9303 part 4 (nine characters); the series of the 出入境管理 authority: ordinary E and a digit or a
//! letter but I and O, G, 14 and 15 with seven digits, service SE S, diplomatic DE D, public affairs PE P, Hong Kong H K,
//! Macao M; permits C, L, T, W and H, M with eight or ten digits. There is no check digit in the number, so a word for
//! it must stand right before. A masked number is none.

use super::{Anchor, Seen, Sighting, Window};

pub(super) const WORDS: [&str; 4] = ["护照", "通行证", "台胞证", "回乡证"];
/// Characters between the word and the number: `护照号码（No.）：`.
const AHEAD: usize = 26;
/// Letters and digits of the longest number, and one more.
const LONGER: usize = 12;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    let ahead = window.after(anchor.end, AHEAD + LONGER);
    let is_code = |c: &Seen| c.solid && c.char.is_ascii_alphanumeric();
    // a sentence that ends before the number speaks of something else
    let ends = |c: &Seen| matches!(c.char, '。' | '；' | ';');
    let sentence = ahead.split(ends).next().unwrap_or(&[]);
    let mut at = 0;
    for run in sentence.chunk_by(|one, next| is_code(one) == is_code(next)) {
        let code: String = run.iter().map(|c| c.char).collect();
        if at <= AHEAD && is_number(&code) {
            return sighting(anchor, run, &code);
        }
        at += run.len();
    }
    None
}

fn sighting(anchor: Anchor<'_>, seen: &[Seen], code: &str) -> Option<Sighting> {
    Some(Sighting {
        start: seen.first()?.start,
        end: seen.last()?.end,
        certain: true,
        level: None,
        plain: code.to_ascii_uppercase(),
        why: format!("{}号码:格式相符,前有“{}”字样", anchor.word, anchor.word),
    })
}

/// Whether folded letters are a number of one of the series.
fn is_number(code: &str) -> bool {
    let digits =
        |rest: &str, counts: &[usize]| counts.contains(&rest.len()) && rest.bytes().all(|byte| byte.is_ascii_digit());
    let mut chars = code.chars();
    let (Some(first), rest) = (chars.next(), chars.as_str()) else { return false };
    match first {
        'e' | 'c' if rest.starts_with(|c: char| c.is_ascii_lowercase() && !matches!(c, 'i' | 'o')) => {
            digits(&rest[1..], &[7])
        }
        'e' | 'g' | 'k' | 'c' | 'l' | 't' | 'w' | 'd' | 's' => {
            digits(rest, if first == 't' || first == 'l' || first == 'w' { &[7, 8] } else { &[8] })
                || (matches!(first, 's' | 'd') && digits(rest, &[7]))
                || (matches!(first, 's' | 'd') && rest.starts_with('e') && digits(&rest[1..], &[7]))
        }
        'p' => digits(rest, &[7, 8]) || rest.starts_with('e') && digits(&rest[1..], &[7]),
        'h' | 'm' => digits(rest, &[8, 10]) || rest.starts_with(['j', 'a', 'b']) && digits(&rest[1..], &[7]),
        '1' => matches!(rest.chars().next(), Some('4' | '5')) && digits(&rest[1..], &[7]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_series_are_known() {
        for code in
            ["e12345678", "ea1234567", "g12345678", "se1234567", "de1234567", "pe1234567", "h12345678", "c12345678"]
        {
            assert!(is_number(code), "{code}");
        }
        for code in ["e1234567", "eo1234567", "a12345678", "e123456789", "123456789", "13800001234", "e1234567x"] {
            assert!(!is_number(code), "{code}");
        }
    }
}
