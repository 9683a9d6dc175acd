//! What is kept of what was found.
//!
//! Owns the bounds: [`PER_SEGMENT`] findings of a rule in a segment, [`PER_ITEM`] in an item; the worst are kept, and
//! one more finding says how many there were. Nothing is lost to the outcome: the count keeps the worst action.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::model::{Action, Field, Finding, Level};

/// Findings of one rule in one segment.
pub(super) const PER_SEGMENT: usize = 20;
/// Findings of an item.
pub(super) const PER_ITEM: usize = 1000;

/// The findings of an item while it is screened.
#[derive(Default)]
pub(super) struct Findings {
    closed: Vec<Finding>,
    open: BTreeMap<usize, Kept>,
    /// Findings beyond [`PER_ITEM`], by rule: how many, and the worst action.
    dropped: BTreeMap<String, (usize, Action, Level)>,
}

#[derive(Default)]
struct Kept {
    findings: Vec<Finding>,
    /// Where each of them stands.
    places: Vec<(usize, usize)>,
    /// The least that any of them asks for, once there are enough.
    mildest: Option<Action>,
    /// Hits beyond those.
    more: usize,
    worst: Option<Action>,
}

impl Kept {
    /// Once there are enough, what the mildest asks for.
    fn note_mildest(&mut self) {
        let full = self.findings.len() >= PER_SEGMENT;
        self.mildest = self.findings.iter().map(|finding| finding.action).min().filter(|_| full);
    }
}

impl Findings {
    /// Whether so many findings of the rule with this index are kept here, none of which asks for less than `most`, that
    /// one more would change nothing.
    #[inline]
    pub(super) fn is_full(&self, rule: usize, most: Action) -> bool {
        self.open.get(&rule).is_some_and(|kept| kept.mildest.is_some_and(|mildest| mildest >= most))
    }

    /// Counts hits of a rule that is full.
    pub(super) fn pass_over(&mut self, rule: usize, hits: usize) {
        if let Some(kept) = self.open.get_mut(&rule) {
            kept.more += hits;
        }
    }

    /// Takes a finding of the rule with this index, which stands at `start..end` and asks for `action`. It is only made
    /// where it is kept.
    pub(super) fn take(
        &mut self,
        rule: usize,
        (start, end): (usize, usize),
        action: Action,
        make: impl FnOnce() -> Finding,
    ) {
        let kept = self.open.entry(rule).or_default();
        if let Some(index) = kept.places.iter().position(|place| *place == (start, end)) {
            if action > kept.findings[index].action {
                kept.findings[index] = make();
                kept.note_mildest();
            }
            return;
        }
        if kept.findings.len() < PER_SEGMENT {
            kept.places.push((start, end));
            kept.findings.push(make());
            kept.note_mildest();
            return;
        }
        kept.more += 1;
        let mildest = kept.mildest.unwrap_or(action);
        kept.worst = kept.worst.max(Some(mildest.min(action)));
        if action > mildest
            && let Some(index) = kept.findings.iter().position(|finding| finding.action == mildest)
        {
            kept.findings[index] = make();
            kept.places[index] = (start, end);
            kept.note_mildest();
        }
    }

    /// Ends a segment.
    pub(super) fn close(&mut self, field: Field, place: &str) {
        for (_, kept) in std::mem::take(&mut self.open) {
            let more = kept.findings.first().filter(|_| kept.more > 0).map(|first| Finding {
                rule: first.rule.clone(),
                level: first.level,
                action: kept.worst.unwrap_or(first.action),
                field,
                place: place.to_owned(),
                start: 0,
                end: 0,
                text: String::new(),
                transforms: Vec::new(),
                why: format!("同一规则在此处另有{}处,未逐一核对列出", kept.more),
            });
            self.closed.extend(kept.findings);
            self.closed.extend(more);
        }
        if self.closed.len() > 2 * PER_ITEM {
            self.shorten();
        }
    }

    /// Keeps the worst.
    fn shorten(&mut self) {
        self.closed.sort_by_key(|finding| std::cmp::Reverse(finding.action));
        for finding in self.closed.drain(PER_ITEM.min(self.closed.len())..) {
            let entry = self.dropped.entry(finding.rule).or_insert((0, finding.action, finding.level));
            entry.0 += 1;
            entry.1 = entry.1.max(finding.action);
        }
    }

    /// All that is kept, by field and offset.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        if self.closed.len() > PER_ITEM {
            self.shorten();
        }
        let rest = self.dropped.into_iter().map(|(rule, (count, action, level))| Finding {
            rule,
            level,
            action,
            field: Field::Body,
            place: String::new(),
            start: 0,
            end: 0,
            text: String::new(),
            transforms: Vec::new(),
            why: format!("全文另有{count}处命中,未逐一列出"),
        });
        self.closed.extend(rest);
        self.closed.sort_by(order);
        self.closed
    }
}

/// By field, place and offset. Most findings have no place: then none is compared, which costs more than all else here.
fn order(one: &Finding, other: &Finding) -> Ordering {
    let places = || match (one.place.is_empty(), other.place.is_empty()) {
        (true, true) => Ordering::Equal,
        _ => one.place.cmp(&other.place),
    };
    let offsets = || (one.start, one.end).cmp(&(other.start, other.end));
    one.field.cmp(&other.field).then_with(places).then_with(offsets)
}
