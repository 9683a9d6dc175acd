//! Checks over a whole set: what refuses it, and what an officer should look at again.
//!
//! Owns the rules about rules. Errors: a rule with fewer than three positive or three negative examples (but for one with
//! fingerprints, whose file checks itself), two rules of one id, an
//! exception that contains no term, or that is a term. Remarks: no basis, short terms at high variants,
//! terms that stand there twice, one person as drafter and approver, words without a review date.

use std::collections::{HashMap, HashSet};

use super::errors::{At, Report};
use super::fold::FoldTable;
use super::rule::{LooksFor, Rule};
use super::sounds;

/// Examples of each kind that a rule must have; two show that it works, the third where it ends.
const EXAMPLES: usize = 3;

/// Checks all rules.
pub(super) fn check(rules: &[Rule], folds: &FoldTable, report: &mut Report) {
    let mut ids: HashMap<&str, &Rule> = HashMap::new();
    for rule in rules {
        if let Some(first) = ids.insert(&rule.id, rule) {
            let what = format!("the id {} stands at {}:{} already", rule.id, first.file, first.line);
            report.refuse(At { file: &rule.file, line: rule.line, cell: "id" }, what, "give this rule another id");
        }
        if !is_dictionary(rule) {
            if rule.documents().is_none() {
                examples(rule, report);
            }
            paper(rule, report);
        }
        exceptions(rule, folds, report);
        terms(rule, folds, report);
    }
    twice(rules, folds, report);
}

fn is_dictionary(rule: &Rule) -> bool {
    rule.id.starts_with("dictionary/") || rule.id.starts_with("fingerprints/")
}

fn at<'a>(rule: &'a Rule, cell: &'a str) -> At<'a> {
    At { file: &rule.file, line: rule.line, cell }
}

fn examples(rule: &Rule, report: &mut Report) {
    for (key, list) in [("positive", &rule.positive), ("negative", &rule.negative)] {
        let cure = format!("add {key} = [\"…\"] with at least {EXAMPLES} texts");
        if list.is_empty() {
            report.refuse(at(rule, key), format!("rule {} has no {key} example", rule.id), cure);
        } else if list.len() < EXAMPLES {
            report.refuse(at(rule, key), format!("rule {} has only {} {key} examples", rule.id, list.len()), cure);
        }
    }
}

fn paper(rule: &Rule, report: &mut Report) {
    if rule.basis.is_empty() {
        let what = format!("rule {} names no basis", rule.id);
        report.remark(at(rule, "basis"), what, "add basis = \"the law or standard\"");
    }
    if rule.drafted_by.is_some() && rule.drafted_by == rule.approved_by {
        let what = format!("rule {} was drafted and approved by the same person", rule.id);
        report.remark(at(rule, "approved_by"), what, "let a second officer approve it");
    }
}

fn exceptions(rule: &Rule, folds: &FoldTable, report: &mut Report) {
    let terms: HashSet<Vec<char>> = rule.terms().iter().map(|term| folds.fold(&term.text)).collect();
    for phrase in &rule.exceptions {
        let folded = folds.fold(phrase);
        if terms.contains(&folded) {
            let cure = "remove the term, or write a longer exception";
            report.refuse(at(rule, "exceptions"), format!("the exception {phrase:?} is itself a term"), cure);
        } else if rule.highest_variants() < sounds::LEVEL && !terms.iter().any(|term| contains(&folded, term)) {
            let what = format!("the exception {phrase:?} contains no term, so it can never excuse a hit");
            report.refuse(at(rule, "exceptions"), what, "write the whole phrase with the term in it");
        }
    }
}

fn contains(phrase: &[char], term: &[char]) -> bool {
    !term.is_empty() && phrase.windows(term.len()).any(|window| window == term)
}

fn terms(rule: &Rule, folds: &FoldTable, report: &mut Report) {
    let LooksFor::Terms(terms) = &rule.looks_for else { return };
    if terms.is_empty() {
        report.refuse(at(rule, "terms"), format!("rule {} has no term", rule.id), "add one, or remove the rule");
    }
    for term in terms.iter().filter(|term| term.variants >= 3 && folds.fold(&term.text).len() <= 2) {
        let what = format!("{:?} has two characters and asks for variants {}", term.text, term.variants);
        let cell = At { file: &rule.file, line: term.line, cell: "变体" };
        report.remark(cell, what, "split and encoded forms of so short a word may hit by accident; 2 is usual");
    }
    let undated = terms.iter().filter(|term| term.review_date.is_none()).count();
    if undated > 0 && is_dictionary(rule) {
        let what = format!("{undated} of {} words have no review date", terms.len());
        report.remark(
            At { file: &rule.file, line: 1, cell: "复核日期" },
            what,
            "fill in when each is to be looked at again",
        );
    }
}

/// Terms that stand in the set twice.
fn twice(rules: &[Rule], folds: &FoldTable, report: &mut Report) {
    let mut known: HashMap<Vec<char>, (&Rule, usize)> = HashMap::new();
    for rule in rules {
        for term in rule.terms() {
            match known.entry(folds.fold(&term.text)) {
                std::collections::hash_map::Entry::Vacant(entry) => drop(entry.insert((rule, term.line))),
                std::collections::hash_map::Entry::Occupied(entry) => {
                    let (first, line) = *entry.get();
                    let what = format!("{:?} stands at {}:{line} already", term.text, first.file);
                    report.remark(At { file: &rule.file, line: term.line, cell: "词" }, what, "remove one of them");
                }
            }
        }
    }
}
