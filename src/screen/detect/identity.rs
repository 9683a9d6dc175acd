//! Resident identity numbers.
//!
//! Source: GB 11643-1999: 17 digits and a check character, ISO 7064:1983 MOD 11-2; the first six name a place
//! (GB/T 2260, provinces checked here), the next eight a day. The 15-digit form of 1989 has no check character, so it
//! counts only beside words for it. A random number passes once in some 50,000.

use super::{Sighting, Window, written};
use crate::screen::numbers::{Number, X};

const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS: [u8; 11] = [1, 0, X, 9, 8, 7, 6, 5, 4, 3, 2];
const PROVINCES: [u32; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63,
    64, 65, 71, 81, 82, 91,
];
/// Letters before a 15-digit number in which a word for it must stand.
const NEAR: usize = 24;

pub(super) fn look(window: Window<'_>, number: &Number) -> Option<Sighting> {
    let digits = &number.digits;
    let old = match digits.len() {
        18 => false,
        15 => true,
        _ => return None,
    };
    let valid = PROVINCES.contains(&value(&digits[..2]))
        && is_day(
            if old { 1900 + value(&digits[6..8]) } else { value(&digits[6..10]) },
            digits,
            if old { 8 } else { 10 },
        )
        && (old || check(digits));
    let named = || {
        let before = window.letters_before(number.start, NEAR);
        ["身份证", "身份号码", "证件号", "证号", "公民身份", "居民证"].iter().any(|word| before.contains(word))
    };
    (valid && (!old || named())).then(|| Sighting {
        start: number.start,
        end: number.end,
        certain: !old,
        level: None,
        plain: written(number),
        why: if old {
            "15位公民身份号码(旧号):地区和出生日期有效,前有身份证字样".to_owned()
        } else {
            "公民身份号码:地区、出生日期有效,校验码相符(GB 11643-1999)".to_owned()
        },
    })
}

fn value(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |value, digit| value * 10 + u32::from(*digit))
}

/// A real day of a living person's birth. The gate has no clock, so that it always says the same of the same text:
/// years end with 2069.
fn is_day(year: u32, digits: &[u8], at: usize) -> bool {
    let (month, day) = (value(&digits[at..at + 2]), value(&digits[at + 2..at + 4]));
    let civil =
        || jiff::civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    (1880..=2069).contains(&year) && civil().is_some()
}

fn check(digits: &[u8]) -> bool {
    if digits[..17].contains(&X) {
        return false;
    }
    let sum: u32 = digits.iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(*digit) * weight).sum();
    digits.get(17) == CHECKS.get((sum % 11) as usize)
}
