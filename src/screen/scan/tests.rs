//! The walk against a search for each word at each letter, and what it keeps of lines.

use std::collections::BTreeSet;

use crate::model::{Field, Segment};
use crate::screen::fold::{FoldTable, Folded};
use crate::screen::{RuleBundle, RuleSet, Screener};

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

const USUAL_GAP: usize = 6;

/// Every place at which a word stands, found by looking for each at each.
fn naive(folds: &FoldTable, words: &[String], text: &str) -> BTreeSet<(usize, usize, usize)> {
    let mut letters: Vec<(char, usize, usize, usize)> = Vec::new();
    let mut gap = 0;
    for (at, c) in text.char_indices() {
        let mut letter = |fold, gap| letters.push((fold, at, at + c.len_utf8(), gap));
        match folds.of(c) {
            Folded::Drop => continue,
            Folded::Gap | Folded::WeakStar => {
                gap += 1;
                continue;
            }
            Folded::One(fold) => letter(fold, gap),
            Folded::Many(several) => {
                several.iter().enumerate().for_each(|(i, fold)| letter(*fold, if i == 0 { gap } else { 0 }));
            }
        }
        gap = 0;
    }
    let mut found = BTreeSet::new();
    for (number, word) in words.iter().enumerate() {
        let word = folds.fold(word);
        for place in letters.windows(word.len()) {
            let close = place[1..].iter().all(|letter| letter.3 <= USUAL_GAP);
            if close && place.iter().map(|letter| letter.0).eq(word.iter().copied()) {
                found.insert((number, place[0].1, place[word.len() - 1].2));
            }
        }
    }
    found
}

/// Words of a few letters, so that they overlap, begin alike and begin with what others end with.
fn words(dice: &mut Dice, alphabet: &[char]) -> Vec<String> {
    let count = 1 + dice.below(24);
    let words: BTreeSet<String> =
        (0..count).map(|_| (0..2 + dice.below(4)).map(|_| alphabet[dice.below(alphabet.len())]).collect()).collect();
    words.into_iter().collect()
}

fn text(dice: &mut Dice, alphabet: &[char]) -> String {
    let mut text = String::new();
    for _ in 0..1 + dice.below(40) {
        match dice.below(14) {
            0 => text.push_str(&" ".repeat(1 + dice.below(8))),
            1 => text.push('\u{200B}'),
            2 => text.push_str(["丁", "㏂", "𠀊", "。", "⑽", "x"][dice.below(6)]),
            3 => text.push_str(&"丁".repeat(670 + dice.below(30))),
            4 => text.push_str(&"·".repeat(1000 + dice.below(60))),
            _ => text.push(alphabet[dice.below(alphabet.len())]),
        }
    }
    text
}

#[test]
fn it_finds_what_a_search_for_each_word_finds() {
    let folds = FoldTable::build();
    let mut dice = Dice(0x2008_0129_0012);
    for round in 0..24 {
        let alphabet: Vec<char> = "机密绝秘内am1".chars().take(3 + round % 6).collect();
        let words = words(&mut dice, &alphabet);
        let mut bundle = RuleBundle::default();
        let own = include_str!("../../../rules/markings.toml");
        bundle.files.insert("rules/markings.toml".into(), own.to_owned());
        for (number, word) in words.iter().enumerate() {
            bundle.files.insert(format!("dictionaries/{number}.csv"), format!("词,级别,处置\n{word},内部,提示\n"));
        }
        let gate = Screener::new(RuleSet::from_bundle(&bundle).unwrap(), std::time::Duration::from_secs(60));
        for _ in 0..40 {
            let text = text(&mut dice, &alphabet);
            let segment = Segment::new(Field::Body, "", text.clone());
            let verdict = gate.scan(&[segment], &[]);
            let number = |rule: &str| rule.strip_prefix("dictionary/").and_then(|number| number.parse().ok());
            let found: BTreeSet<(usize, usize, usize)> = verdict
                .findings
                .iter()
                .filter(|finding| finding.end > 0)
                .filter_map(|finding| Some((number(&finding.rule)?, finding.start, finding.end)))
                .collect();
            let expected = naive(&folds, &words, &text);
            let few = |number: &usize| expected.iter().filter(|hit| hit.0 == *number).count() <= 20;
            let kept = |hits: &BTreeSet<(usize, usize, usize)>| {
                hits.iter().filter(|hit| few(&hit.0)).copied().collect::<Vec<_>>()
            };
            assert_eq!(kept(&found), kept(&expected), "{words:?} in {text:?}");
        }
    }
}

#[test]
fn lines_and_sentences_are_told_apart_wherever_they_stand() {
    let rule = |id: &str, same: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\nname = \"a\"\nlevel = \"内部\"\naction = \"阻断\"\nterms = [\"麒麟\"]\n\
             near = {{ any = [\"工程\"], within = 20, same = \"{same}\" }}\nreview_date = 2027-01-01\n\
             positive = [\"麒麟工程\", \"工程麒麟\", \"麒麟的工程\"]\nnegative = [\"麒麟\", \"工程\", \"无\"]\n"
        )
    };
    let files = [("rules/a.toml".to_owned(), rule("A", "句")), ("rules/b.toml".to_owned(), rule("B", "段"))];
    let set = RuleSet::from_bundle(&RuleBundle { files: files.into_iter().collect() }).unwrap();
    let gate = Screener::new(set, std::time::Duration::from_secs(60));
    for far in [0, 1, 19, 20, 21, 40, 100, 5_000] {
        for (place, expected) in [
            ("麒麟是一项工程", &["A", "B"][..]),
            ("工程甚大,麒麟", &["A", "B"]),
            ("麒麟。工程", &["B"]),
            ("工程!有麒麟", &["B"]),
            ("麒麟\n工程", &[]),
            ("麒麟。\n工程", &[]),
        ] {
            // the same before it, in another sentence and line, too far to count
            let text = format!("工程{}。\n{}{place}。", "丁".repeat(60), "丁".repeat(far));
            let verdict = gate.scan(&[Segment::new(Field::Body, "", text)], &[]);
            let rules: Vec<&str> = verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
            assert_eq!(rules, expected, "{place} behind {far} letters");
        }
    }
}
