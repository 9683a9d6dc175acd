//! What the fuzzer asks of the gate: whatever bytes come, no panic, offsets at character boundaries, findings that say what
//! stands there; and that a set of rules is made or refused, and then finds its own words.

#![allow(dead_code, reason = "the modules are whole")]

#[path = "../../src/model/mod.rs"]
pub mod model;
#[path = "../../src/screen/mod.rs"]
pub mod screen;

use std::sync::OnceLock;
use std::time::Duration;

use model::{Field, Segment, Verdict};
use screen::{RuleBundle, RuleSet, Screener};

const TIME: Duration = Duration::from_secs(30);
const PLAIN: &str = "[[rule]]\nid = \"T-1\"\nname = \"试\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"甲乙丙丁\"]\n\
    positive = [\"甲乙丙丁\", \"甲 乙丙丁\", \"有甲乙丙丁\"]\nnegative = [\"甲乙\", \"丙丁\", \"丁丙\"]\nreview_date = 2027-06-30\n";
const WORDS: &str = "词,变体\n绝密,0\n机密,1\n秘密文件,2\n拟任人选,3\nABC工程,3\n531项目,3\n乾坤圈,3\n密★级,3\n";

fn set(files: &[(&str, &str)]) -> Option<RuleSet> {
    let files = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    RuleSet::from_bundle(&RuleBundle { files }).ok()
}

fn body(text: &str) -> Segment {
    let field = Field::Body;
    serde_json::from_value(serde_json::json!({"field": field, "place": "", "text": text})).unwrap_or_else(|_| panic!())
}

fn scan(gate: &Screener, text: &str) -> Verdict {
    let verdict = gate.scan(&[body(text)], &[]);
    for finding in &verdict.findings {
        assert_eq!(text.get(finding.start..finding.end), Some(finding.text.as_str()), "{finding:?}");
    }
    verdict
}

/// Words at every level: what is found reads as a word again; what stands plainly is found.
pub fn folding(bytes: &[u8]) {
    static GATE: OnceLock<Screener> = OnceLock::new();
    let gate = GATE.get_or_init(|| {
        let set = set(&[("rules/a.toml", PLAIN), ("dictionaries/d.csv", WORDS)]);
        Screener::new(set.unwrap_or_else(|| panic!("the words load")), TIME)
    });
    let text = String::from_utf8_lossy(bytes);
    let verdict = scan(gate, &text);
    // of a rule that finds more, twenty are listed and the rest is counted
    if text.contains("绝密") && verdict.findings.len() < 20 {
        assert!(verdict.findings.iter().any(|finding| finding.why.contains("绝密")), "{text:?}");
    }
    // adding text never lowers a verdict
    let longer = scan(gate, &format!("各单位：\n{text}\n机密"));
    assert!(longer.outcome >= verdict.outcome);
}

/// The text of a rule file and of a dictionary, with a NUL between them.
pub fn rules(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (rules, words) = text.split_once('\0').unwrap_or((&text, ""));
    for files in [vec![("rules/a.toml", rules)], vec![("rules/a.toml", PLAIN), ("dictionaries/d.csv", words)]] {
        let Some(set) = set(&files) else { continue };
        assert!(!set.rules().is_empty());
        let positive: Vec<String> = set.rules().iter().flat_map(|rule| rule.positive.clone()).collect();
        let gate = Screener::new(set, TIME);
        for text in positive {
            scan(&gate, &text);
        }
    }
}

/// The shipped rules on any text.
pub fn screen(bytes: &[u8]) {
    static GATE: OnceLock<Screener> = OnceLock::new();
    let gate = GATE.get_or_init(|| {
        let set = set(&[
            ("rules/markings.toml", include_str!("../../rules/markings.toml")),
            ("rules/personal.toml", include_str!("../../rules/personal.toml")),
            ("rules/work.toml", include_str!("../../rules/work.toml")),
            ("dictionaries/work-sensitive.csv", include_str!("../../dictionaries/work-sensitive.csv")),
        ]);
        Screener::new(set.unwrap_or_else(|| panic!("the shipped rules load")), TIME)
    });
    let text = String::from_utf8_lossy(bytes);
    let verdict = scan(gate, &text);
    let longer = scan(gate, &format!("{text}\n机密★1年"));
    assert!(longer.outcome >= verdict.outcome && longer.findings.iter().any(|finding| finding.rule == "BM-0001"));
}
