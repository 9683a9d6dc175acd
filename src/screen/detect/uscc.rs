//! Social credit codes 统一社会信用代码.
//!
//! Source: GB 32100-2015: 18 characters out of 31 (no I O S V Z), the first of the registering office, the last a check
//! character, weights 3^i mod 31. Codes of companies and offices are public, so no rule that comes with menhu asks for
//! them. A code is looked for after a word for it. One in 31 passes the check by accident.

use super::{Anchor, Seen, Sighting, Window};

pub(super) const WORDS: [&str; 4] = ["信用代码", "纳税人识别号", "税务登记号", "机构代码"];
const ALPHABET: &str = "0123456789abcdefghjklmnpqrtuwxy";
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
const LENGTH: usize = 18;
/// Characters between the word and the end of a code that is written in groups.
const AHEAD: usize = 48;
/// Gap characters inside a code.
const GAP: usize = 2;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    let ahead = window.after(anchor.end, AHEAD);
    let is_code = |c: &Seen| c.solid && c.char.is_ascii_alphanumeric();
    let first = ahead.iter().position(is_code)?;
    let mut code: Vec<Seen> = Vec::with_capacity(LENGTH);
    let mut gap = 0;
    let mut rest = ahead[first..].iter();
    for c in rest.by_ref() {
        if is_code(c) {
            code.push(*c);
            gap = 0;
            if code.len() == LENGTH {
                break;
            }
        } else {
            gap += 1;
            if c.solid || gap > GAP || c.is_line_break() {
                return None;
            }
        }
    }
    let goes_on = rest.next().is_some_and(is_code);
    let text: String = code.iter().map(|c| c.char).collect();
    if goes_on || !is_valid(&text) {
        return None;
    }
    Some(Sighting {
        start: code.first()?.start,
        end: code.last()?.end,
        certain: true,
        level: None,
        plain: text.to_ascii_uppercase(),
        why: format!("统一社会信用代码:校验码相符(GB 32100-2015),前有“{}”字样", anchor.word),
    })
}

fn is_valid(code: &str) -> bool {
    let values: Vec<usize> = code.chars().filter_map(|c| ALPHABET.find(c)).collect();
    let office = values.first().is_some_and(|first| matches!(first, 1..=9 | 10 | 22 | 29));
    let place = code.get(2..8).is_some_and(|place| place.bytes().all(|byte| byte.is_ascii_digit()));
    if values.len() != LENGTH || code.chars().count() != LENGTH || !office || !place {
        return false;
    }
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    (31 - sum % 31) % 31 == values[LENGTH - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_character_decides() {
        assert!(is_valid("91350100m000100y43"));
        for code in ["91350100m000100y44", "91350100m000100y4", "9135o100m000100y43", "91350100i000100y43"] {
            assert!(!is_valid(code), "{code}");
        }
    }
}
