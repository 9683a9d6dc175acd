//! Digits written in another way: 三号工程 for a term 3号工程, 531工程 for 五三一工程.
//!
//! Owns two views, one with all digits Arabic and one with all Chinese, made only where some term has digits of that
//! kind. Nothing else folds 一 to 1: it would join 第一 with 第1 everywhere. Digit by digit; 十, 百 and 千 are words.

use super::rule::Rule;
use super::transforms::Transform;
use super::views::View;
use super::window::digit_of;

const CHINESE: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// Which digits the terms of a set have that ask for numerals.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Numerals {
    arabic: bool,
    chinese: bool,
}

impl Numerals {
    pub(super) fn of(rules: &[Rule]) -> Self {
        let mut found = Self::default();
        let terms = rules.iter().flat_map(Rule::terms).filter(|term| term.variants >= Transform::Numeral.level());
        for term in terms {
            let chars: Vec<char> = term.text.chars().collect();
            found.arabic |= chars.iter().any(char::is_ascii_digit);
            // 统一 is a word and no number: two digits together, or one that counts
            let counted = |pair: &[char]| {
                is_chinese(pair[0]) && (is_chinese(pair[1]) || matches!(pair[1], '号' | '年' | '期' | '局' | '部'))
            };
            found.chinese |= chars.windows(2).any(counted);
        }
        found
    }

    /// The views that some term asks for.
    pub(super) fn views(self, text: &str) -> Vec<View> {
        let mut views = Vec::new();
        if self.arabic {
            views
                .extend(rewrite(text, |c| digit_of(c).filter(|_| is_chinese(c)).map(|digit| char::from(b'0' + digit))));
        }
        if self.chinese {
            let digit =
                |c: char| c.to_digit(10).or_else(|| wide(c)).and_then(|digit| CHINESE.get(digit as usize).copied());
            views.extend(rewrite(text, digit));
        }
        views
    }
}

fn is_chinese(c: char) -> bool {
    !c.is_ascii() && digit_of(c).is_some()
}

fn wide(c: char) -> Option<u32> {
    matches!(c, '０'..='９').then(|| c as u32 - '０' as u32)
}

fn rewrite(text: &str, other: impl Fn(char) -> Option<char>) -> Option<View> {
    let (mut view, mut plain) = (View::begin(), 0);
    for (at, c) in text.char_indices() {
        if let Some(written) = other(c) {
            view.copy(text, plain, at);
            plain = at + c.len_utf8();
            view.write(written, at, plain, Transform::Numeral);
        }
    }
    if plain == 0 {
        return None;
    }
    view.copy(text, plain, text.len());
    Some(view)
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
        assert!(found("四号基地,五三二工程").is_empty());
    }
}
