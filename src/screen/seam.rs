//! Title and body as one text, for a word that is split over them.
//!
//! Owns how much of the body is joined: as many letters as the longest pattern or detector looks over, not all of it,
//! so that a body is not screened twice. Offsets are those of `title⏎body`.

use super::fold::Folded;
use super::rule_set::RuleSet;

/// Letters that a detector looks ahead.
const DETECTOR: usize = 64;

/// The title, a line break, and the beginning of the body.
pub(super) fn join(set: &RuleSet, title: &str, body: &str) -> String {
    let compiled = set.compiled();
    let mut left = compiled.matcher.longest().max(DETECTOR);
    let mut end = body.len();
    for (at, c) in body.char_indices() {
        if left == 0 {
            end = at;
            break;
        }
        if !matches!(compiled.folds.of(c), Folded::Drop | Folded::Gap | Folded::WeakStar) {
            left -= 1;
        }
    }
    format!("{title}\n{}", &body[..end])
}
