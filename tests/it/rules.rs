//! Rule sets: the shipped one loads and proves itself; a bad one is refused whole, with file, line and cure.

use std::path::{Path, PathBuf};

use menhu::screen::{RuleBundle, RuleErrors, RuleSet};

pub(crate) fn shipped() -> RuleSet {
    RuleSet::load(&top("rules"), &top("dictionaries")).unwrap_or_else(|errors| panic!("{errors}"))
}

fn top(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

pub(crate) fn set_of(files: &[(&str, &str)]) -> Result<RuleSet, RuleErrors> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    RuleSet::from_bundle(&RuleBundle { files })
}

/// A rule that is in order, for sets that are about something else.
pub(crate) const PLAIN: &str = r#"
[[rule]]
id = "T-1"
name = "试"
level = "机密"
action = "阻断"
terms = ["甲乙丙丁"]
positive = ["甲乙丙丁", "甲 乙丙丁", "甲乙\u200B丙丁"]
negative = ["甲乙", "丙丁", "丁丙乙甲"]
review_date = 2027-06-30
basis = "test"
"#;

fn errors(text: &str) -> String {
    set_of(&[("rules/a.toml", text)]).expect_err("the set is refused").to_string()
}

#[test]
fn shipped_rules_are_complete() {
    let set = shipped();
    assert!(set.lints().is_empty(), "{:#?}", set.lints());
    for rule in set.rules().iter().filter(|rule| !rule.id.starts_with("dictionary/")) {
        assert!(rule.positive.len() >= 3 && rule.negative.len() >= 3, "{}", rule.id);
        assert!(!rule.basis.is_empty() && rule.review_date.is_some(), "{}", rule.id);
    }
    assert!(set.rules().iter().any(|rule| rule.id == "dictionary/work-sensitive" && rule.terms().len() >= 10));
}

#[test]
fn a_set_is_named_by_its_text() {
    let set = shipped();
    assert_eq!(RuleSet::from_bundle(set.bundle()).unwrap().id(), set.id());
    let mut other = set.bundle().clone();
    other.files.values_mut().next().unwrap().push('\n');
    assert_ne!(RuleSet::from_bundle(&other).unwrap().id(), set.id());
}

#[test]
fn every_error_is_told_at_once() {
    let said = errors(
        r#"
[[rule]]
id = "A"
name = "a"
level = "极密"
action = "删除"
terms = ["甲乙"]
colour = "red"
positive = ["甲乙"]
negative = ["丙"]
review_date = "some day"

[[rule]]
id = "B"
name = "b"
level = "机密"
action = "block"
template = "无此模板"
variants = 4
"#,
    );
    for part in [
        "rules/a.toml:5 [level]",
        "rules/a.toml:6 [action]",
        "rules/a.toml:8 [colour]: unknown key",
        "rules/a.toml:11 [review_date]",
        "rules/a.toml:18 [template]: unknown template",
        "rules/a.toml:19 [variants]: variants 4",
        "[review_date]: a rule without review_date",
    ] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

#[test]
fn what_refuses_a_set() {
    let with = |change: &dyn Fn(String) -> String| errors(&change(PLAIN.to_owned()));
    let cases: [(&dyn Fn(String) -> String, &str); 9] = [
        (&|text| text.replace("\"甲 乙丙丁\"", "\"甲乙丙\""), "does not find its own example"),
        (&|text| text.replace("\"丁丙乙甲\"", "\"甲·乙·丙·丁\""), "in its negative example"),
        (&|text| text.replace("terms = [\"甲乙丙丁\"]", "terms = []"), "looks for nothing"),
        (&|text| text.replace("\"甲乙丙丁\"]", "\"，。\"]"), "no letter or digit"),
        (&|text| format!("{text}exceptions = [\"甲乙\"]\n"), "contains no term"),
        (&|text| format!("{text}exceptions = [\"甲乙丙丁\"]\n"), "is itself a term"),
        (&|text| format!("{text}{text}"), "stands at rules/a.toml:2 already"),
        (&|text| text.replace("negative =", "# negative ="), "has no negative example"),
        (&|text| format!("{text}dictionary = \"b.csv\"\n"), "there is no dictionary"),
    ];
    for (change, part) in cases {
        let said = with(change);
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
    assert!(errors("").contains("a file without a rule"));
    assert!(errors("[[rule]\n").contains("rules/a.toml:1"));
    assert!(set_of(&[]).unwrap_err().to_string().contains("no rule at all"));
    assert!(set_of(&[("dictionaries/a.csv", "词\n甲乙\n")]).unwrap_err().to_string().contains("no rule at all"));
}

#[test]
fn folders_that_cannot_be_read_or_hold_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none");
    assert!(RuleSet::load(&missing, &missing).unwrap_err().to_string().contains("cannot read the folder"));
    assert!(RuleSet::load_rules_alone(folder.path()).unwrap_err().to_string().contains("no rule at all"));
    std::fs::write(folder.path().join("a.toml"), PLAIN).unwrap();
    std::fs::write(folder.path().join("b.toml"), [0xFF, 0xFE, 0x00]).unwrap();
    let said = RuleSet::load(folder.path(), &missing).unwrap_err().to_string();
    assert!(
        said.contains("b.toml: not UTF-8") && said.contains("cannot read the folder of the dictionaries"),
        "{said}"
    );
}

#[test]
fn lints_do_not_refuse() {
    let set = set_of(&[("rules/a.toml", PLAIN), ("dictionaries/b.csv", "词,变体\n机密,3\n甲乙丙丁,\n")]).unwrap();
    let said: String = set.lints().iter().map(|lint| format!("{lint}\n")).collect();
    for part in ["b.csv:2 [变体]: \"机密\" has two characters", "stands at rules/a.toml", "no review date"] {
        assert!(said.contains(part), "{part} is missing in\n{said}");
    }
}

#[test]
fn a_dictionary_in_gb18030_is_read() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), PLAIN).unwrap();
    let (bytes, _, _) = encoding_rs::GB18030.encode("词,级别,处置\n拟任人选,工作秘密,保密审查\n");
    std::fs::write(folder.path().join("b.csv"), bytes).unwrap();
    let set = RuleSet::load(folder.path(), folder.path()).unwrap();
    assert_eq!(set.rule("dictionary/b").unwrap().terms()[0].text, "拟任人选");
}
