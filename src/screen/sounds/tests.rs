//! Which words are known by sound and shape, and which are none.

use std::time::Duration;

use crate::model::{Action, Field, Segment};
use crate::screen::{RuleBundle, RuleSet, Screener};

const DICTIONARY: &str = "词,处置,变体\n拟任人选,阻断,4\n应急预案,阻断,3\n绿色通道,保密审查,4\n";

fn set(dictionary: &str) -> Result<RuleSet, String> {
    let rule = "[[rule]]\nid = \"R\"\nname = \"r\"\nlevel = \"内部\"\naction = \"提示\"\nterms = [\"甲乙丙丁戊\"]\nvariants = 4\n\
        near = { any = [\"常委会\"], within = 10, same = \"句\" }\nexceptions = [\"假以丙丁戊纪\"]\nreview_date = 2027-01-01\n\
        positive = [\"常委会甲乙丙丁戊\", \"甲乙丙丁戊常委会\", \"常委会 假乙丙丁戊\"]\n\
        negative = [\"甲乙丙丁戊\", \"常委会假以丙丁戊纪\", \"常委会。假乙丙丁戊\"]\n";
    let files = [("rules/a.toml", rule), ("dictionaries/d.csv", dictionary)];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned())).into_iter().collect();
    RuleSet::from_bundle(&RuleBundle { files }).map_err(|errors| errors.to_string())
}

#[test]
fn words_are_known_by_sound_and_shape_and_held_at_most() {
    let gate = Screener::new(set(DICTIONARY).unwrap(), Duration::from_secs(10));
    for (text, found) in [
        ("有关你人人选的事", "你人人选"),
        ("有关 nǐ rèn rén xuǎn 的事", "nǐ rèn rén xuǎn"),
        ("NiRenRenXuan", "NiRenRenXuan"),
        ("ni3ren4ren2xuan3", "ni3ren4ren2xuan3"),
        ("拟ren人xuan", "拟ren人xuan"),
        ("拟任人造", "拟任人造"),
        ("拟·仁·人·选", "拟·仁·人·选"),
        ("lǜ sè tōng dào", "lǜ sè tōng dào"),
        ("擬仁人選", "擬仁人選"),
    ] {
        let findings = gate.scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
        assert_eq!(findings.len(), 1, "{text}: {findings:?}");
        assert_eq!(
            (findings[0].text.trim_end_matches(char::is_numeric), findings[0].action),
            (found.trim_end_matches(char::is_numeric), Action::Hold),
            "{text}"
        );
        assert!(findings[0].transforms.iter().any(|word| word == "pinyin" || word == "similar-shape"), "{text}");
    }
    // as written it is found as it always was, and blocks
    let findings = gate.scan(&[Segment::new(Field::Body, "", "拟任人选")], &[]).findings;
    assert_eq!((findings.len(), findings[0].action), (1, Action::Block));
}

#[test]
fn what_is_no_word_passes() {
    let gate = Screener::new(set(DICTIONARY).unwrap(), Duration::from_secs(10));
    for text in
        ["xnirenrenxuan", "nirenrenxuang", "nirenrenx uan", "英急预案", "拟仕入造", "人选", "拟任2人选", "绿1色通道"]
    {
        let findings = gate.scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
        assert!(findings.is_empty(), "{text}: {findings:?}");
    }
}

#[test]
fn short_and_mixed_words_are_refused() {
    for word in ["拟人选", "机密", "A类任人选"] {
        let said = set(&format!("词,变体\n{word},4\n")).unwrap_err();
        assert!(said.contains("variants 4") && said.contains("a.csv") || said.contains("d.csv:2"), "{said}");
    }
}
