//! Digits written in another way: 三号工程 for a term 3号工程, 531工程 for 五三一工程.
//!
//! Owns the other spellings of a term with digits: Arabic, everyday Chinese, and the forms for cheques (GB/T 15835), and
//! mixtures of them as far as [`MOST`] spellings go; beyond that, all digits in one script. Nothing folds 一 to 1: it would
//! join 第一 with 第1 everywhere, also for terms that ask for no numerals. Digit by digit; 十, 百 and 千 are words.

use std::collections::BTreeSet;

use super::window::digit_of;

/// Spellings of one term.
const MOST: usize = 81;
const ARABIC: [char; 10] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];
const CHINESE: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const ROUND: [char; 10] = ['〇', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
const CHEQUE: [char; 10] = ['零', '壹', '贰', '叁', '肆', '伍', '陆', '柒', '捌', '玖'];

/// The other spellings of a folded word; none where it has no digit.
pub(super) fn spellings(letters: &[char]) -> Vec<Vec<char>> {
    let digits: Vec<(usize, usize)> =
        letters.iter().enumerate().filter_map(|(at, c)| Some((at, usize::from(digit_of(*c)?)))).collect();
    if digits.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeSet<Vec<char>> = BTreeSet::new();
    for script in [ARABIC, CHINESE, ROUND, CHEQUE] {
        found.insert(respelt(letters, &digits, |_, digit| script[digit]));
    }
    // all scripts mixed where that are few; else Arabic and everyday digits; else none are mixed
    for scripts in [&[ARABIC, CHINESE, CHEQUE][..], &[ARABIC, CHINESE]] {
        let count = scripts.len().checked_pow(u32::try_from(digits.len()).unwrap_or(u32::MAX));
        if let Some(count) = count.filter(|count| *count <= MOST) {
            for mixture in 0..count {
                let script = |place: u32| scripts[mixture / scripts.len().pow(place) % scripts.len()];
                found.insert(respelt(letters, &digits, |place, digit| script(place)[digit]));
            }
            break;
        }
    }
    found.remove(letters);
    found.into_iter().collect()
}

/// The word with each digit, in order, as `other` writes it.
fn respelt(letters: &[char], digits: &[(usize, usize)], other: impl Fn(u32, usize) -> char) -> Vec<char> {
    let mut letters = letters.to_vec();
    for (place, (at, digit)) in (0..).zip(digits) {
        letters[*at] = other(place, *digit);
    }
    letters
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::model::{Field, Segment};
    use crate::screen::{RuleBundle, RuleSet, Screener};

    const RULE: &str = "[[rule]]\nid = \"A\"\nname = \"a\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"531工程\", \"三号基地\"]\n\
        review_date = 2027-01-01\npositive = [\"531工程\", \"五三一工程\", \"3号基地\"]\nnegative = [\"531\", \"统1\", \"532工程\"]\n";

    fn found(text: &str) -> Vec<(String, Vec<String>)> {
        let files = [("rules/a.toml".to_owned(), RULE.to_owned())].into_iter().collect();
        let set = RuleSet::from_bundle(&RuleBundle { files }).unwrap();
        let findings =
            Screener::new(set, Duration::from_secs(10)).scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
        findings.into_iter().map(|finding| (finding.text, finding.transforms)).collect()
    }

    #[test]
    fn digits_are_read_in_either_script() {
        for (text, term) in [
            ("见五三一工程。", "五三一工程"),
            ("伍叁壹工程", "伍叁壹工程"),
            ("见3号基地。", "3号基地"),
            ("３号基地", "３号基地"),
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].0, term);
            assert!(found[0].1.contains(&"numeral".to_owned()), "{found:?}");
        }
        assert!(found("四号基地,五三二工程,5三2工程").is_empty());
    }

    #[test]
    fn digits_of_several_scripts_may_stand_in_one_word() {
        for text in ["5三1工程", "伍3一工程", "五31工程"] {
            assert_eq!(found(text).len(), 1, "{text}");
        }
        let spelt = |word: &str| super::spellings(&word.chars().collect::<Vec<_>>());
        assert_eq!(spelt("机密"), Vec::<Vec<char>>::new());
        for word in ["1", "三号", "531工程", "2026", "20081", "20260101", "一二三四五六七八九零一二三四五六七八九零"]
        {
            let spelt = spelt(word);
            assert!((1..=super::MOST + 4).contains(&spelt.len()), "{word}: {}", spelt.len());
            assert!(spelt.iter().all(|other| other.len() == word.chars().count()));
        }
    }
}
