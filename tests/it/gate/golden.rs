//! What each word, context word and exception of the shipped rules is for, one line each in `golden.tsv`: dropping any one
//! of them, or any class of characters that the gate takes for one, fails here.

use std::collections::BTreeMap;
use std::fs;

use menhu::model::{Action, Field};
use menhu::screen::Screener;
use unicode_normalization::UnicodeNormalization;

use super::corpus::data;
use super::{body, gate, segment};
use crate::rules::{PLAIN, set_of, shipped};

/// rule, what it does, text (`\n` is a line break), part of the item.
const GOLDEN: &str = include_str!("golden.tsv");

/// The lines that a gate judges otherwise, and how.
pub(super) fn wrong(gate: &Screener) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in GOLDEN.lines().filter(|line| !line.starts_with('#')) {
        let cells: Vec<&str> = line.split('\t').collect();
        let field = match cells.get(3) {
            Some(&"网页") => Field::Page,
            Some(&"文件名") => Field::FileName,
            Some(other) => panic!("{other} is no part"),
            None => Field::Body,
        };
        let verdict = gate.scan(&[segment(field, &cells[2].replace("\\n", "\n"))], &[]);
        let done =
            verdict.findings.iter().filter(|finding| finding.rule == cells[0]).map(|finding| finding.action).max();
        let done = match done {
            None => "pass",
            Some(Action::Note) => "note",
            Some(Action::Hold) => "hold",
            Some(Action::Block) => "block",
        };
        if done != cells[1] {
            wrong.push(format!("{line}: {done}"));
        }
    }
    wrong
}

#[test]
fn every_word_of_the_shipped_rules_is_needed() {
    let wrong = wrong(&gate(shipped()));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// `(character, form)` of a table of tab-separated characters.
fn pairs(text: &str) -> Vec<(char, char)> {
    let single = |text: &str| text.chars().next().filter(|_| text.chars().count() == 1);
    let mut out = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let Some((from, targets)) = line.split_once('\t') else { continue };
        out.extend(targets.split(' ').filter_map(|target| Some((single(target)?, single(from)?))));
    }
    out
}

/// Every form of every character in OpenCC's tables, in either direction; every form that NFKC knows; every radical.
#[test]
fn every_form_of_every_character_is_one_class() {
    let mut forms: Vec<(&str, char, char)> = Vec::new();
    if let Some(folder) = data("gate/tables") {
        for name in ["TSCharacters", "STCharacters", "HKVariants", "TWVariants"] {
            let text = fs::read_to_string(folder.join(format!("opencc/{name}.txt"))).unwrap();
            forms.extend(pairs(&text).into_iter().flat_map(|(a, b)| [("OpenCC", a, b), ("OpenCC", b, a)]));
        }
        let text = fs::read_to_string(folder.join("EquivalentUnifiedIdeograph.txt")).unwrap();
        for line in text.lines().filter(|line| !line.starts_with('#') && line.contains(';')) {
            let (range, rest) = line.split_once(';').unwrap();
            let number = |text: &str| u32::from_str_radix(text.trim(), 16).ok();
            let target = number(rest.split('#').next().unwrap()).and_then(char::from_u32).unwrap();
            let (first, last) = range.split_once("..").unwrap_or((range, range));
            let all = number(first).unwrap()..=number(last).unwrap();
            forms.extend(all.filter_map(char::from_u32).map(|from| ("radical", target, from)));
        }
    }
    for c in (0x80..0x11_0000).filter_map(char::from_u32) {
        let plain: Vec<char> = std::iter::once(c).nfkc().collect();
        if let [one] = plain.as_slice()
            && *one != c
            && one.is_alphanumeric()
            && (one.is_ascii() || matches!(*one as u32, 0x3400..=0x9FFF))
        {
            forms.push(("NFKC", *one, c));
        }
    }
    // a word for each character, by number, so that only its own forms can hit it
    let mut words: BTreeMap<char, usize> = BTreeMap::new();
    for (_, c, _) in &forms {
        let next = words.len();
        words.entry(*c).or_insert(next);
    }
    let tail = |number: usize| -> String {
        format!("{number:05}")
            .chars()
            .map(|digit| "甲乙丙丁戊己庚辛壬癸".chars().nth(digit as usize - 48).unwrap())
            .collect()
    };
    let lines: String = words.iter().map(|(c, number)| format!("{c}字{},1\n", tail(*number))).collect();
    let gate = gate(set_of(&[("rules/a.toml", PLAIN), ("dictionaries/d.csv", &format!("词,变体\n{lines}"))]).unwrap());
    let mut missed: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for (table, c, form) in &forms {
        let text = format!("{form}字{}", tail(words[c]));
        let counts = missed.entry(table).or_default();
        counts.0 += 1;
        if gate.scan(&[body(&text)], &[]).findings.is_empty() {
            counts.1.push(format!("{form} for {c} ({:04X})", *form as u32));
        }
    }
    for (table, (all, missed)) in &missed {
        println!("{table}: {} of {all} forms are seen through; missed {missed:?}", all - missed.len());
    }
    assert!(missed.values().all(|(_, missed)| missed.is_empty()));
}
