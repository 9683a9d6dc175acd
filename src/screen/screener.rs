//! The gate: a draft in, [`Cleared`] or [`Held`] out.
//!
//! Promises (1 and 2 of the design): a [`Cleared`] can be made here only, for exactly the bytes that were screened,
//! under one rule set; what could not be read, or not in time, is held. The rule set in force is swapped whole, and
//! each screening pins one.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::findings::Findings;
use super::inspect::{Part, inspect};
use super::rule_set::RuleSet;
use super::scan::{Deadline, Scratch};
use super::scope::Owner;
use super::{release, seam};
use crate::model::{
    Action, Content, ContentHash, Draft, Field, Outcome, RuleSetId, Segment, SourceId, TextKind, Unreadable, Verdict,
};

/// Why an item is held that took longer than its time.
pub const TOO_LONG: &str = "screening took too long";
/// The place of the findings in the body's markup.
const MARKUP: &str = "html";

/// Screens items under the rule set in force.
pub struct Screener {
    rules: ArcSwap<RuleSet>,
    time_limit: Duration,
}

impl Screener {
    /// A gate with these rules; `time_limit` is for one item.
    #[must_use]
    pub fn new(rules: RuleSet, time_limit: Duration) -> Self {
        Self { rules: ArcSwap::from_pointee(rules), time_limit }
    }

    /// The rule set in force.
    #[must_use]
    pub fn current(&self) -> Arc<RuleSet> {
        self.rules.load_full()
    }

    /// Puts another rule set in force, whole.
    pub fn swap(&self, rules: RuleSet) {
        self.rules.store(Arc::new(rules));
    }

    /// Screens texts that belong together. What is in `unreadable` holds the outcome.
    #[must_use]
    pub fn scan(&self, segments: &[Segment], unreadable: &[Unreadable]) -> Verdict {
        let parts: Vec<Part<'_>> = segments.iter().map(part_of).collect();
        scan_parts(&self.current(), Owner::default(), &parts, unreadable, self.time_limit)
    }

    /// Screens the page that is made of cleared content, for the rules that read the item.
    #[must_use]
    pub fn screen_page(&self, content: &Content, source: Option<&SourceId>, page: &Segment) -> Verdict {
        let owner = Owner { source, unit: Some(&content.unit), column: Some(&content.column) };
        let set = self.current();
        let mut verdict = scan_parts(&set, owner, &[part_of(page)], &[], self.time_limit);
        release::apply(&set, content, &mut verdict);
        verdict
    }

    /// Screens everything of a draft: what would be published, what was read with it, and title and body as one text.
    #[must_use]
    pub fn screen(&self, draft: Draft) -> Screened {
        let set = self.current();
        let (bytes, unwritten) = match draft.content.bytes() {
            Ok(bytes) => (bytes, None),
            Err(error) => {
                let reason = format!("the content cannot be written: {error}");
                (String::new(), Some(Unreadable { place: String::new(), reason }))
            }
        };
        let verdict = verdict(&set, &draft, unwritten, self.time_limit);
        let (outcome, hash) = (verdict.outcome, Content::hash_of(&bytes));
        let screened = Checked { content: draft.content, bytes, hash, verdict };
        match outcome {
            Outcome::Pass => Screened::Cleared(Cleared(screened)),
            Outcome::Hold | Outcome::Block => Screened::Held(Held(screened)),
        }
    }

    /// The verdict of [`Screener::screen`] alone: for going through many items whose bytes are on record, where nothing is
    /// to be cleared.
    #[must_use]
    pub fn judge(&self, draft: &Draft) -> Verdict {
        verdict(&self.current(), draft, None, self.time_limit)
    }
}

fn verdict(set: &RuleSet, draft: &Draft, unwritten: Option<Unreadable>, limit: Duration) -> Verdict {
    let unreadable: Vec<Unreadable> = draft.unreadable.iter().cloned().chain(unwritten).collect();
    let joined = seam::join(set, &draft.content.title, &draft.content.text);
    let metadata = metadata(&draft.content);
    let mut parts = content_parts(&draft.content, &metadata);
    let seam = Some(draft.content.title.len());
    parts.push(Part { field: Field::Joined, kind: TextKind::Web, place: "", text: &joined, seam });
    parts.extend(draft.segments.iter().map(part_of));
    let owner =
        Owner { source: draft.source.as_ref(), unit: Some(&draft.content.unit), column: Some(&draft.content.column) };
    let mut verdict = scan_parts(set, owner, &parts, &unreadable, limit);
    release::apply(set, &draft.content, &mut verdict);
    forget_repeats(&mut verdict);
    verdict
}

fn part_of(segment: &Segment) -> Part<'_> {
    Part { field: segment.field, kind: segment.kind, place: &segment.place, text: &segment.text, seam: None }
}

/// Texts of the content that no segment holds.
fn metadata(content: &Content) -> Vec<(&'static str, &str)> {
    vec![
        ("origin", content.origin.as_str()),
        ("author", content.author.as_deref().unwrap_or("")),
        ("document_number", content.document_number.as_deref().unwrap_or("")),
        ("index_number", content.index_number.as_deref().unwrap_or("")),
        ("source_url", content.source_url.as_str()),
    ]
}

fn content_parts<'a>(content: &'a Content, metadata: &[(&'static str, &'a str)]) -> Vec<Part<'a>> {
    let part = |field, place, text| Part { field, kind: TextKind::Web, place, text, seam: None };
    let mut parts = vec![
        part(Field::Title, "", content.title.as_str()),
        part(Field::Body, "", content.text.as_str()),
        part(Field::Body, MARKUP, content.html.as_str()),
    ];
    parts.extend(metadata.iter().map(|(place, text)| part(Field::Metadata, *place, *text)));
    for file in &content.attachments {
        let name = file.name.as_str();
        parts.push(Part { kind: TextKind::Unknown, ..part(Field::FileName, name, name) });
        parts.push(part(Field::Metadata, "attachment url", file.url.as_str()));
    }
    parts
}

fn scan_parts(
    set: &RuleSet,
    owner: Owner<'_>,
    parts: &[Part<'_>],
    unreadable: &[Unreadable],
    limit: Duration,
) -> Verdict {
    let deadline = Deadline::of(limit);
    let (mut scratch, mut findings) = (Scratch::new(), Findings::default());
    let readers = set.readers().item(set.rules(), owner);
    let mut unreadable = unreadable.to_vec();
    for part in parts {
        if inspect(set, *part, &readers, &deadline, &mut scratch, &mut findings).is_err() {
            unreadable.push(Unreadable { place: part.place.to_owned(), reason: TOO_LONG.to_owned() });
            break;
        }
    }
    let findings = findings.finish();
    let outcome = outcome(findings.iter().map(|finding| finding.action), !unreadable.is_empty());
    Verdict { rule_set: set.id(), outcome, findings, unreadable }
}

/// The worst of what was found and of what could not be read.
pub(super) fn outcome(actions: impl Iterator<Item = Action>, unreadable: bool) -> Outcome {
    let found = actions
        .map(|action| match action {
            Action::Note => Outcome::Pass,
            Action::Hold => Outcome::Hold,
            Action::Block => Outcome::Block,
        })
        .max()
        .unwrap_or(Outcome::Pass);
    if unreadable { found.max(Outcome::Hold) } else { found }
}

/// Other readings of the body say it again: only what its tags hid is news.
fn forget_repeats(verdict: &mut Verdict) {
    let body: HashSet<(String, String)> = verdict
        .findings
        .iter()
        .filter(|finding| finding.field == Field::Body && finding.place.is_empty())
        .map(|finding| (finding.rule.clone(), finding.text.clone()))
        .collect();
    verdict.findings.retain(|finding| {
        let reading = finding.field == Field::Body && !finding.place.is_empty();
        !reading || !body.contains(&(finding.rule.clone(), finding.text.clone()))
    });
}

/// What the gate made of a draft.
#[derive(Debug)]
pub enum Screened {
    /// It may be queued.
    Cleared(Cleared),
    /// It goes to quarantine.
    Held(Held),
}

#[derive(Debug)]
struct Checked {
    content: Content,
    bytes: String,
    hash: ContentHash,
    verdict: Verdict,
}

/// Content that passed the gate. Only [`Screener::screen`] makes one.
#[derive(Debug)]
pub struct Cleared(Checked);

/// Content that the gate holds or blocks. Only [`Screener::screen`] makes one.
#[derive(Debug)]
pub struct Held(Checked);

macro_rules! getters {
    ($name:ident) => {
        impl $name {
            /// The content that was screened.
            #[must_use]
            pub fn content(&self) -> &Content {
                &self.0.content
            }

            /// [`Content::bytes`] of that content.
            #[must_use]
            pub fn bytes(&self) -> &str {
                &self.0.bytes
            }

            /// The hash of those bytes.
            #[must_use]
            pub fn hash(&self) -> ContentHash {
                self.0.hash
            }

            /// What was found.
            #[must_use]
            pub fn verdict(&self) -> &Verdict {
                &self.0.verdict
            }

            /// The rule set that it was screened under.
            #[must_use]
            pub fn rule_set(&self) -> RuleSetId {
                self.0.verdict.rule_set
            }
        }
    };
}

getters!(Cleared);
getters!(Held);
