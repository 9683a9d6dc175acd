//! What of a view is worth reading: only near what was undone can it show what the text itself does not.
//!
//! Owns the stretches of a view that are scanned: each change, and as many letters on both sides as a word, what excuses
//! it and what must stand near it can reach over. Linear: what lies between two changes is walked over at most twice.

use std::ops::Range;

use super::classes::{Class, ClassTable};
use super::compile::Compiled;
use super::views::View;

/// Letters that a detector of numbers looks over.
const NUMBERS: u64 = 40;
/// Bytes of a letter, mostly.
const NEAR: u64 = 3;

/// The stretches of `view.text` in order, apart from one another.
pub(super) fn stretches(view: &View, set: &Compiled) -> Vec<Range<usize>> {
    let (classes, least) = (&set.classes, if set.reads_numbers { NUMBERS } else { 0 });
    let reach = (2 * set.horizon).max(least);
    let text = view.text.as_str();
    let mut stretches: Vec<Range<usize>> = Vec::new();
    let mut open: Option<Range<usize>> = None;
    for change in view.changes() {
        let Some(before) = &mut open else {
            open = Some(back(classes, text, 0, change.start, reach)..change.end);
            continue;
        };
        // to read what lies between is no more work than to walk over it from both sides
        let is_near = change.start.saturating_sub(before.end) as u64 <= NEAR * reach;
        let start = if is_near { before.end } else { back(classes, text, before.end, change.start, reach) };
        if start > before.end {
            let end = ahead(classes, text, before.end, reach);
            if end < start {
                stretches.push(before.start..end);
                before.start = start;
            }
        }
        before.end = before.end.max(change.end);
    }
    if let Some(last) = open {
        stretches.push(last.start..ahead(classes, text, last.end, reach));
    }
    stretches
}

/// Letters of a character.
fn letters(classes: &ClassTable, c: char) -> u64 {
    match classes.of(c) {
        Class::Drop | Class::Gap => 0,
        Class::One(_) => 1,
        Class::Many(several) => several.len() as u64,
    }
}

/// Where the `reach` letters before byte `at` begin, not before `least`.
fn back(classes: &ClassTable, text: &str, least: usize, at: usize, reach: u64) -> usize {
    let mut passed = 0;
    let chars = text[least..at].char_indices().rev();
    let mut begin = chars.skip_while(|(_, c)| {
        passed += letters(classes, *c);
        passed < reach
    });
    begin.next().map_or(least, |(offset, _)| least + offset)
}

/// Where the `reach` letters from byte `at` on end.
fn ahead(classes: &ClassTable, text: &str, at: usize, reach: u64) -> usize {
    let mut passed = 0;
    let mut beyond = text[at..].char_indices().skip_while(|(_, c)| {
        passed += letters(classes, *c);
        passed <= reach
    });
    beyond.next().map_or(text.len(), |(offset, _)| at + offset)
}
