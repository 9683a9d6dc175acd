//! The second stage: which of the hits in a text are findings.
//!
//! Owns the decision on one segment: field, exceptions, nearness, what must be undone to see the hit against what the
//! rule undoes, and the sentence that tells an officer why. Reads the text itself and its other views.

use super::compile::plain;
use super::context::{Surroundings, excused, supported};
use super::detect::{Anchor, Sighting, Template};
use super::findings::Findings;
use super::fingerprint::Recognised;
use super::matcher::Use;
use super::numbers::Number;
use super::reach::stretches;
use super::rule::{LooksFor, Rule};
use super::rule_set::RuleSet;
use super::scan::{Batch, Deadline, Hit, Scratch, TooLong, scan};
use super::scope::{ItemReaders, PartReaders};
use super::sounds::Heard;
use super::transforms::{Transform, Transforms, between};
use super::views::View;
use super::window::Window;
use crate::model::{Action, Field, Finding, Level, TextKind};

/// A text to inspect.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) field: Field,
    pub(super) kind: TextKind,
    pub(super) place: &'a str,
    pub(super) text: &'a str,
    /// Where two fields were joined: only what spans it counts.
    pub(super) seam: Option<usize>,
}

/// Inspects one text in all its views.
///
/// # Errors
/// [`TooLong`] past the deadline.
pub(super) fn inspect(
    set: &RuleSet,
    part: Part<'_>,
    readers: &ItemReaders<'_>,
    deadline: &Deadline,
    scratch: &mut Scratch,
    findings: &mut Findings,
) -> Result<(), TooLong> {
    let mut outcome = Ok(());
    if !part.text.is_empty()
        && let Some(active) = readers.part(part.field, part.kind)
    {
        outcome = views(set, part, active, deadline, scratch, findings);
    }
    findings.close(part.field, part.place);
    outcome
}

fn views(
    set: &RuleSet,
    part: Part<'_>,
    active: PartReaders<'_>,
    deadline: &Deadline,
    scratch: &mut Scratch,
    findings: &mut Findings,
) -> Result<(), TooLong> {
    let mut inspection = Inspection { set, part, text: part.text, view: None, active, deadline, findings };
    scan(set.compiled(), part.text, 0..part.text.len(), deadline, scratch, &mut inspection)?;
    inspection.sounds()?;
    inspection.registered()?;
    let readers = set.readers();
    if readers.deepest < Transform::Tags.level() {
        return Ok(());
    }
    let mut views = View::of(part.text);
    views.extend(View::without_ruby(part.text));
    if let Some(misreadings) = &readers.misreadings {
        views.extend(misreadings.views(part.text));
    }
    for view in views {
        deadline.check()?;
        let mut inspection = Inspection { set, part, text: &view.text, view: Some(&view), active, deadline, findings };
        for stretch in stretches(&view, set.compiled()) {
            scan(set.compiled(), &view.text, stretch, deadline, scratch, &mut inspection)?;
        }
        inspection.sounds()?;
    }
    Ok(())
}

/// One reading of a text under inspection.
pub(super) struct Inspection<'a> {
    set: &'a RuleSet,
    part: Part<'a>,
    text: &'a str,
    view: Option<&'a View>,
    active: PartReaders<'a>,
    deadline: &'a Deadline,
    findings: &'a mut Findings,
}

/// What a rule makes of a place in the text.
struct Candidate<'a> {
    rule: usize,
    start: usize,
    end: usize,
    by: Transforms,
    variants: u8,
    level: Level,
    action: Action,
    why: Why<'a>,
}

/// The sentence for an officer, written only where a finding is made.
enum Why<'a> {
    Seen(String),
    Term { text: &'a str, note: &'a str, near: Option<&'a str> },
}

impl<'a> Inspection<'a> {
    fn rule(&self, index: u32) -> &'a Rule {
        &self.set.rules()[index as usize]
    }

    fn window(&self) -> Window<'a> {
        Window { text: self.text, folds: &self.set.compiled().folds }
    }

    /// Judges the hits of a batch that are due.
    pub(super) fn hits(&mut self, batch: &Batch<'_>) -> Result<(), TooLong> {
        let surroundings = Surroundings::of(batch.hits);
        for (count, hit) in batch.hits.iter().enumerate() {
            if count % 1024 == 0 {
                self.deadline.check()?;
            }
            let Use::Term { rule, form } = hit.used else { continue };
            if hit.last < batch.from || hit.last >= batch.until || !self.active.has(rule as usize) {
                continue;
            }
            if self.is_full(rule) {
                self.pass_over(rule, 1);
                continue;
            }
            match &self.rule(rule).looks_for {
                LooksFor::Terms(_) => self.term(hit, rule, form, &surroundings),
                LooksFor::Template(template) => self.anchor(hit, rule, form, *template),
                LooksFor::Fingerprints(_) => {}
            }
        }
        Ok(())
    }

    /// Whether a rule has all the findings of this text that it can have.
    pub(super) fn is_full(&self, rule: u32) -> bool {
        self.findings.is_full(rule as usize, self.set.compiled().harshest(rule))
    }

    /// Counts hits of a rule that is full.
    pub(super) fn pass_over(&mut self, rule: u32, hits: usize) {
        self.findings.pass_over(rule as usize, hits);
    }

    fn term(&mut self, hit: &Hit, index: u32, form: u32, surroundings: &Surroundings) {
        let (rule, compiled) = (self.rule(index), self.set.compiled());
        let form = &compiled.forms[form as usize];
        let Some(term) = rule.terms().get(form.term as usize) else { return };
        let text = &self.text[hit.start..hit.end];
        let by = match &form.spelt {
            None => between(text, plain(&term.text, &compiled.folds).chars(), &compiled.folds),
            Some(spelt) => {
                let mut by = between(text, spelt.letters.iter().copied(), &compiled.folds);
                by.add(spelt.undone);
                by
            }
        };
        if by.level() > term.variants || surroundings.excuse(index, hit, compiled.matcher.longest() as u64) {
            return;
        }
        let near = match &rule.near {
            None => None,
            Some(near) => match surroundings.support(index, near, hit) {
                Some((start, end)) => Some(&self.text[start..end]),
                None => return,
            },
        };
        self.consider(Candidate {
            rule: index as usize,
            start: hit.start,
            end: hit.end,
            by,
            variants: term.variants,
            level: term.level,
            action: term.action,
            why: Why::Term { text: &term.text, note: &term.note, near },
        });
    }

    /// Looks for the words of level 4, where there are any.
    fn sounds(&mut self) -> Result<(), TooLong> {
        let Some(sounds) = &self.set.readers().sounds else { return Ok(()) };
        let (text, folds, deadline) = (self.text, &self.set.compiled().folds, self.deadline);
        sounds.scan(text, folds, deadline, &mut |heard| self.heard(heard))
    }

    /// Judges a word that was found by sound or shape: an officer looks at it, whatever its rule asks for.
    fn heard(&mut self, heard: Heard) {
        let rule = &self.set.rules()[heard.rule];
        let Some(term) = rule.terms().get(heard.term) else { return };
        let place = (heard.start, heard.end);
        if !self.active.has(heard.rule) || heard.widest > rule.gap || excused(self.text, &rule.exceptions, place) {
            return;
        }
        let near = match &rule.near {
            None => None,
            Some(near) => match supported(self.window(), near, place) {
                Some(word) => Some(word),
                None => return,
            },
        };
        self.consider(Candidate {
            rule: heard.rule,
            start: heard.start,
            end: heard.end,
            by: heard.by,
            variants: term.variants,
            level: term.level,
            action: term.action.min(Action::Hold),
            why: Why::Term { text: &term.text, note: &term.note, near },
        });
    }

    /// Looks for registered documents, where there are any. What was joined of title and body stands in them too.
    fn registered(&mut self) -> Result<(), TooLong> {
        let Some(registry) = self.set.registry().filter(|_| self.part.seam.is_none()) else { return Ok(()) };
        let (text, folds, active) = (self.text, &self.set.compiled().folds, self.active);
        registry.scan(folds, text, self.deadline, |rule| active.has(rule), |seen| self.recognised(&seen))
    }

    fn recognised(&mut self, seen: &Recognised) {
        let rule = &self.set.rules()[seen.rule];
        let Some(documents) = rule.documents() else { return };
        self.consider(Candidate {
            rule: seen.rule,
            start: seen.start,
            end: seen.end,
            by: Transforms::default(),
            variants: rule.variants,
            level: rule.level,
            action: rule.action,
            why: Why::Seen(seen.why(&documents.registered.name)),
        });
    }

    fn anchor(&mut self, hit: &Hit, index: u32, form: u32, template: Template) {
        let form = &self.set.compiled().forms[form as usize];
        let Some(word) = template.anchors().get(form.term as usize) else { return };
        let anchor = Anchor { word, start: hit.start, end: hit.end, field: self.part.field };
        if let Some(sighting) = template.at_anchor(self.window(), anchor) {
            self.sighting(index as usize, sighting, form.spelt.is_some());
        }
    }

    /// Judges a number.
    pub(super) fn number(&mut self, number: &Number) {
        for index in self.set.readers().numbers.iter().copied() {
            let LooksFor::Template(template) = self.set.rules()[index].looks_for else { continue };
            if self.active.has(index)
                && let Some(sighting) = template.at_number(self.window(), number)
            {
                self.sighting(index, sighting, false);
            }
        }
    }

    fn sighting(&mut self, index: usize, sighting: Sighting, split: bool) {
        let rule = &self.set.rules()[index];
        let mut by = Transforms::default();
        if split {
            // a split word is not what `plain` spells
            by.add(Transform::Split);
        } else {
            by = between(&self.text[sighting.start..sighting.end], sighting.plain.chars(), &self.set.compiled().folds);
        }
        let action = if sighting.certain { rule.action } else { rule.action.min(Action::Hold) };
        self.consider(Candidate {
            rule: index,
            start: sighting.start,
            end: sighting.end,
            by,
            variants: rule.variants,
            level: sighting.level.unwrap_or(rule.level),
            action,
            why: Why::Seen(sighting.why),
        });
    }

    /// Keeps a candidate that the rule's level allows, at its place in the text as it was given.
    fn consider(&mut self, candidate: Candidate<'_>) {
        let Candidate { rule, mut start, mut end, mut by, variants, level, action, why } = candidate;
        if let Some(view) = self.view {
            let (from, to, undone) = view.origin(start, end);
            if undone == Transforms::default() {
                return;
            }
            (start, end) = (from, to);
            by.add_all(&undone);
        }
        if let Some(seam) = self.part.seam {
            if start >= seam || end <= seam {
                return;
            }
            by.add(Transform::Joined);
        }
        if by.level() > variants {
            return;
        }
        let written = &self.set.rules()[rule];
        let part = self.part;
        self.findings.take(rule, (start, end), action, || {
            let mut why = match why {
                Why::Seen(why) => why,
                Why::Term { text, note, near } => hit_of(&written.name, text, note, near),
            };
            if by != Transforms::default() {
                why.push_str(&format!(";已还原:{}", by.chinese()));
            }
            Finding {
                rule: written.id.clone(),
                level,
                action,
                field: part.field,
                place: part.place.to_owned(),
                start,
                end,
                text: part.text[start..end].to_owned(),
                transforms: by.words(),
                why,
            }
        });
    }
}

/// The sentence for a term: made of pieces, for it is written for every finding.
fn hit_of(rule: &str, text: &str, note: &str, near: Option<&str>) -> String {
    let near = near.map_or(["", "", ""], |near| [",邻近有“", near, "”"]);
    let note = if note.is_empty() { ["", "", ""] } else { ["(", note, ")"] };
    ["命中“", rule, "”中的词“", text, "”"].into_iter().chain(note).chain(near).collect::<Vec<_>>().concat()
}
