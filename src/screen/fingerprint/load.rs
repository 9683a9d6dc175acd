//! A `.fingerprints` file while a rule set is made: read, checked against this gate, and joined to its rule.
//!
//! Promises: a file that is cut, changed or damaged, or of which this gate would make something else, refuses the set with
//! file, line and cure; a file that no rule names is a rule of its own and never passed over.

use std::sync::Arc;

use super::file::Registered;
use super::{ENDING, USUAL_PASSAGE, USUAL_SHARE};
use crate::model::{Action, Level};
use crate::screen::dictionary::{is_marked, refuse_marked};
use crate::screen::errors::{At, Report};
use crate::screen::fold::FoldTable;
use crate::screen::rule::{LooksFor, RegisteredDocuments, Rule, USUAL_GAP};
use crate::screen::scope::Scope;

/// The cure of a file that is not whole.
const AGAIN: &str =
    "copy the file again from where it was made, or register the documents again (menhu rules fingerprint)";

/// Reads one file; nothing where something is wrong, which is then in the report.
pub(in crate::screen) fn read(
    file: &str,
    text: &str,
    folds: &FoldTable,
    report: &mut Report,
) -> Option<Arc<Registered>> {
    if is_marked(file) {
        refuse_marked(At { file, line: 0, cell: "" }, report);
    }
    let registered = match Registered::parse(text) {
        Ok(registered) => registered,
        Err((line, what)) => {
            report.refuse(At { file, line, cell: "" }, what, AGAIN);
            return None;
        }
    };
    let at = At { file, line: 2, cell: "name" };
    if is_marked(&registered.name) {
        let cure = "register the documents again under a neutral name; this one is shown to every officer and reviewer";
        report.refuse(at, "the name of registered documents bears a marking of secrecy", cure);
    }
    if !registered.self_check.holds(registered.key, folds) {
        let what = "the self-check does not hold: this gate reads characters otherwise than the one that made the file, and \
                    would not recognise the documents";
        report.refuse(At { line: 6, cell: "self-check", ..at }, what, AGAIN);
        return None;
    }
    if registered.folding != folds.name() {
        let what = "made with an earlier table of characters; the documents are recognised as before, but for characters \
                    that are taken for others now";
        let cure = "register the documents again when there is an occasion";
        report.remark(At { line: 5, cell: "folding", ..at }, what, cure);
    }
    Some(Arc::new(registered))
}

/// A file that no rule names is a rule of its own; its self-check proves it.
pub(in crate::screen) fn rule_of(short: &str, registered: Arc<Registered>) -> Rule {
    let stem = short.get(..short.len().saturating_sub(ENDING.len())).unwrap_or(short);
    Rule {
        id: format!("fingerprints/{stem}"),
        name: registered.name.clone(),
        level: Level::Confidential,
        action: Action::Block,
        variants: 1,
        looks_for: LooksFor::Fingerprints(RegisteredDocuments {
            file: format!("dictionaries/{short}"),
            registered,
            passage: USUAL_PASSAGE,
            share: USUAL_SHARE,
        }),
        gap: USUAL_GAP,
        scope: Scope::default(),
        near: None,
        exceptions: Vec::new(),
        positive: Vec::new(),
        negative: Vec::new(),
        basis: String::new(),
        review_date: None,
        drafted_by: None,
        approved_by: None,
        note: String::new(),
        file: format!("dictionaries/{short}"),
        line: 1,
    }
}
