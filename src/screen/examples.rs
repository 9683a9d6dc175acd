//! Rules prove themselves: the examples of every rule are run when a set is loaded.
//!
//! Promises: a set in which a rule misses its positive example, or finds something in its negative one, is refused
//! whole. A dictionary word must be found in itself.

use std::time::Duration;

use super::errors::{At, Report};
use super::findings::Findings;
use super::inspect::{Part, inspect};
use super::rule::Rule;
use super::rule_set::RuleSet;
use super::scan::{Deadline, Scratch};
use super::scope::Owner;
use crate::model::Finding;

/// Time for one example.
const TIME: Duration = Duration::from_secs(10);

/// Runs every example of every rule.
pub(super) fn run(set: &RuleSet, report: &mut Report) {
    for rule in set.rules() {
        for (text, wanted) in
            rule.positive.iter().map(|text| (text, true)).chain(rule.negative.iter().map(|text| (text, false)))
        {
            let found = findings(set, rule, text).into_iter().find(|finding| finding.rule == rule.id);
            let cell = if wanted { "positive" } else { "negative" };
            let at = At { file: &rule.file, line: rule.line, cell };
            match (wanted, found) {
                (true, None) => {
                    let what = format!("rule {} does not find its own example {text:?}", rule.id);
                    report.refuse(at, what, "correct the rule or the example");
                }
                (false, Some(found)) => {
                    let what = format!("rule {} finds {:?} in its negative example {text:?}", rule.id, found.text);
                    report.refuse(at, what, "correct the rule, add an exception, or remove the example");
                }
                _ => {}
            }
        }
        words(set, rule, report);
    }
}

/// The text as the first part of an item that the rule reads.
fn findings(set: &RuleSet, rule: &Rule, text: &str) -> Vec<Finding> {
    let (field, kind) = rule.scope.example();
    let mut findings = Findings::default();
    let part = Part { field, kind, place: "", text, seam: None };
    // an example that takes longer finds nothing, which is then an error of a positive one
    let readers = set.readers().item(set.rules(), Owner::default());
    match inspect(set, part, &readers, &Deadline::of(TIME), &mut Scratch::new(), &mut findings) {
        Ok(()) => findings.finish(),
        Err(_) => Vec::new(),
    }
}

/// Every word of a dictionary without nearness is found in itself.
fn words(set: &RuleSet, rule: &Rule, report: &mut Report) {
    if rule.near.is_some() {
        return;
    }
    for term in rule.terms() {
        if !findings(set, rule, &term.text).iter().any(|finding| finding.rule == rule.id) {
            let what = format!("{:?} is not found in itself", term.text);
            report.refuse(At { file: &rule.file, line: term.line, cell: "词" }, what, "write it in plain characters");
        }
    }
}
