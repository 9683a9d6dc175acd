//! Release 放行 of one item: what two officers looked at in exactly this content no longer stops it.
//!
//! Owns `rules/releases.toml`, which is part of the set and so signed with it. A release names a content by its hash,
//! the rules, and what they found, as digests. Promises: any other content, an edited one too, is judged as if there were no
//! release; so is any other rule, and anything that such a rule finds beyond what was looked at. What is released stays in
//! the verdict as a note. A finding without text, a level of state secrets that nobody vouched for, and what could not be
//! read are never released. Limit: 10,000 releases.

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::bundle::RuleBundle;
use super::errors::{At, Report, RuleErrors};
use super::rule_set::RuleSet;
use super::screener::outcome;
use crate::model::{Action, ContentHash, Digest, Finding, ItemId, Level, PersonId, Verdict};

/// The file of the releases in a bundle.
pub const RELEASES: &str = "rules/releases.toml";
/// Most releases of a set.
const MOST: usize = 10_000;
/// Longest basis, in characters.
const LONGEST: usize = 500;
/// What is asked for to let a hit of such a level go.
const VOUCHED: Level = Level::Secret;
const HEAD: &str =
    "# 逐条放行：由两名保密员核对原文后签署。Items that two officers released; docs/quarantine.md. Do not edit.\n\n";

/// One content that may pass although these rules find something in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The item.
    pub item: ItemId,
    /// The bytes that were looked at; any edit makes others.
    pub content: ContentHash,
    /// The rules whose findings were looked at.
    pub rules: Vec<String>,
    /// What they found, by [`RuleSet::traces`].
    pub found: Vec<Digest>,
    /// Whether it was vouched for that it is no state secret: asked for from the level 秘密 on.
    pub not_secret: bool,
    /// Why it may pass.
    pub basis: String,
    /// Who asked; who agreed stands with the set's signatures.
    pub asked_by: PersonId,
    /// The day it was asked for.
    pub date: Date,
}

impl Release {
    /// Whether a finding of this level may be released so.
    #[must_use]
    pub fn reaches(&self, level: Level) -> bool {
        self.not_secret || !Self::is_vouched(level)
    }

    /// Whether somebody has to vouch that a hit of this level is no state secret.
    #[must_use]
    pub fn is_vouched(level: Level) -> bool {
        level >= VOUCHED
    }
}

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    release: Vec<Release>,
}

/// The releases of a set.
#[derive(Default)]
pub(super) struct Releases {
    all: Vec<Release>,
    of: HashMap<ContentHash, Vec<usize>>,
}

impl Releases {
    /// Reads them; an error refuses the set. `rules` are the ids that there are.
    pub(super) fn read(bundle: &RuleBundle, rules: &HashSet<&str>, report: &mut Report) -> Self {
        let Some(text) = bundle.files.get(RELEASES) else { return Self::default() };
        let file: File = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                let line = error.span().map_or(1, |span| 1 + text[..span.start.min(text.len())].matches('\n').count());
                let cure = "put the file back as it was: releases are asked for on the item's page, not written";
                report.refuse(At { file: RELEASES, line, cell: "" }, "the list of releases cannot be read", cure);
                return Self::default();
            }
        };
        let mut of: HashMap<ContentHash, Vec<usize>> = HashMap::new();
        for (index, release) in file.release.iter().enumerate() {
            check(release, rules, report);
            of.entry(release.content).or_default().push(index);
        }
        if file.release.len() > MOST {
            let what = format!("{} releases, more than {MOST}", file.release.len());
            report.refuse(At { file: RELEASES, line: 1, cell: "" }, what, "take old ones back");
        }
        Self { all: file.release, of }
    }

    fn for_content(&self, content: &ContentHash) -> impl Iterator<Item = &Release> {
        self.of.get(content).into_iter().flatten().filter_map(|index| self.all.get(*index))
    }
}

fn check(release: &Release, rules: &HashSet<&str>, report: &mut Report) {
    let at = |cell| At { file: RELEASES, line: 1, cell };
    let basis = release.basis.trim();
    if basis.is_empty() || basis.chars().count() > LONGEST || basis.chars().any(char::is_control) {
        let what = format!("the release of {} has no basis of 1 to {LONGEST} characters", release.item);
        report.refuse(at("basis"), what, "write why it may pass, on one line");
    }
    if release.rules.is_empty() || release.found.is_empty() {
        let what = format!("the release of {} names nothing that was found", release.item);
        report.refuse(at("rules"), what, "ask for it on the item's page");
    }
    for rule in release.rules.iter().filter(|rule| !rules.contains(rule.as_str())) {
        let what = format!("the release of {} names the rule {rule}, which is gone", release.item);
        report.remark(at("rules"), what, "it does no harm; take it back");
    }
}

impl RuleSet {
    /// What two officers released one by one.
    #[must_use]
    pub fn releases(&self) -> &[Release] {
        &self.released().all
    }

    /// What a release keeps of what rules found in this content: a digest for each rule and text. Nothing for a finding whose
    /// text is not shown, which therefore cannot be released.
    #[must_use]
    pub fn traces(&self, content: &ContentHash, findings: &[&Finding]) -> Option<Vec<Digest>> {
        let mut traces = Vec::new();
        for finding in findings {
            let trace = self.trace(content, finding)?;
            if !traces.contains(&trace) {
                traces.push(trace);
            }
        }
        Some(traces)
    }

    fn trace(&self, content: &ContentHash, finding: &Finding) -> Option<Digest> {
        let letters: String = self.compiled().folds.fold(&without_markup(&finding.text)).into_iter().collect();
        let parts: [&[u8]; 4] = [b"menhu-release-1", content.0.as_bytes(), finding.rule.as_bytes(), letters.as_bytes()];
        (!letters.is_empty()).then(|| Digest::of_parts(&parts))
    }
}

/// The text without tags and entities: the page at the exit writes the same words with others.
fn without_markup(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        let close = if from.starts_with('<') { '>' } else { ';' };
        let end = from.find(close).filter(|end| close == '>' || *end <= 10);
        rest = match end {
            Some(end) => &from[end + 1..],
            None => {
                plain.push(' ');
                &from[1..]
            }
        };
    }
    plain.push_str(rest);
    plain
}

/// Makes notes of what was released of this content, and judges anew.
pub(super) fn apply(set: &RuleSet, content: &ContentHash, verdict: &mut Verdict) {
    let releases: Vec<&Release> = set.released().for_content(content).collect();
    if releases.is_empty() {
        return;
    }
    for finding in verdict.findings.iter_mut().filter(|finding| finding.action > Action::Note) {
        let Some(trace) = set.trace(content, finding) else { continue };
        let released = |release: &&&Release| {
            release.reaches(finding.level) && release.rules.contains(&finding.rule) && release.found.contains(&trace)
        };
        if let Some(release) = releases.iter().find(released) {
            finding.why = format!(
                "已由两名保密员放行（{}），原处置为{}；{}",
                release.date,
                finding.action.chinese(),
                finding.why
            );
            finding.action = Action::Note;
        }
    }
    verdict.outcome = outcome(verdict.findings.iter().map(|finding| finding.action), !verdict.unreadable.is_empty());
}

/// A bundle with these releases and no others.
///
/// # Errors
/// Where they cannot be written; nothing is changed then.
pub fn with_releases(bundle: &RuleBundle, releases: &[Release]) -> Result<RuleBundle, RuleErrors> {
    let mut changed = bundle.clone();
    if releases.is_empty() {
        changed.files.remove(RELEASES);
        return Ok(changed);
    }
    let mut report = Report::default();
    match toml::to_string(&File { release: releases.to_vec() }) {
        Ok(text) => {
            changed.files.insert(RELEASES.to_owned(), format!("{HEAD}{text}"));
            Ok(changed)
        }
        Err(error) => {
            let at = At { file: RELEASES, line: 0, cell: "" };
            report.refuse(at, format!("the list of releases cannot be written: {error}"), "tell the maker of menhu");
            Err(RuleErrors(report.errors))
        }
    }
}
