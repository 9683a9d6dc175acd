//! Bank card numbers.
//!
//! Source: GB/T 14504 / ISO/IEC 7812-1: 16 to 19 digits, issuer prefix, check digit by Luhn's formula. One number in ten
//! passes the formula by accident, so prefix, length and a word for it nearby are asked as well.

use super::{Sighting, Window, written};
use crate::screen::numbers::Number;

const NEAR: usize = 30;
const WORDS: [&str; 9] = ["银行卡", "卡号", "账号", "帐号", "账户", "储蓄卡", "社保卡", "一卡通", "开户行"];

pub(super) fn look(window: Window<'_>, number: &Number) -> Option<Sighting> {
    let digits = &number.digits;
    let grouped = number.groups.len() == 1
        || number.groups.len() == digits.len()
        || number.groups.split_last().is_some_and(|(last, rest)| *last <= 4 && rest.iter().all(|group| *group == 4));
    let issued = (16..=19).contains(&digits.len())
        && grouped
        && digits.iter().all(|digit| *digit <= 9)
        && matches!(
            digits.as_slice(),
            [6, 2, ..] | [4, ..] | [5, 1..=5, ..] | [3, 5, ..] | [6, 0, ..] | [9, ..] | [2, 2..=7, ..] | [8, 1, ..]
        );
    if !issued || !luhn(digits) {
        return None;
    }
    // an identity number that happens to pass is not a card
    let before = window.letters_before(number.start, NEAR);
    let word = WORDS.iter().find(|word| before.contains(**word))?;
    Some(Sighting {
        start: number.start,
        end: number.end,
        certain: true,
        level: None,
        plain: written(number),
        why: format!("银行卡号:校验位相符,前有“{word}”字样"),
    })
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(index, digit)| match u32::from(*digit) * (1 + index as u32 % 2) {
            two @ 10.. => two - 9,
            one => one,
        })
        .sum();
    sum.is_multiple_of(10)
}
