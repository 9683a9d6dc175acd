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
use crate::model::{Action, Content, ContentHash, Digest, Finding, ItemId, Level, Outcome, PersonId, Verdict};

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

/// Makes notes of what was released of this content, and judges anew. The content is only written out and hashed where the
/// set releases anything and something was found.
pub(super) fn apply(set: &RuleSet, content: &Content, verdict: &mut Verdict) {
    if set.releases().is_empty() || verdict.outcome == Outcome::Pass {
        return;
    }
    // Content that cannot be written has no hash, and so no release.
    if let Ok(bytes) = content.bytes() {
        apply_to(set, &Content::hash_of(&bytes), verdict);
    }
}

fn apply_to(set: &RuleSet, content: &ContentHash, verdict: &mut Verdict) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, RuleSetId, Unreadable};

    const RULE: &str = "[[rule]]\nid = \"A-1\"\nname = \"甲\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"麒麟工程\"]\nbasis = \"-\"\n\
        review_date = 2027-01-31\npositive = [\"麒麟工程\", \"麒麟 工程\", \"x麒麟工程\"]\nnegative = [\"甲\", \"乙\", \"丙\"]\n";

    fn bundle() -> RuleBundle {
        RuleBundle { files: [("rules/a.toml".to_owned(), RULE.to_owned())].into() }
    }

    fn set(release: Option<Release>) -> RuleSet {
        let releases: Vec<Release> = release.into_iter().collect();
        RuleSet::from_bundle(&with_releases(&bundle(), &releases).unwrap()).unwrap()
    }

    fn content(of: &str) -> ContentHash {
        ContentHash(Digest::of(of.as_bytes()))
    }

    fn finding(rule: &str, text: &str) -> Finding {
        Finding {
            rule: rule.into(),
            level: Level::Confidential,
            action: Action::Block,
            field: Field::Body,
            place: String::new(),
            start: 0,
            end: text.len(),
            text: text.into(),
            transforms: Vec::new(),
            why: "因".into(),
        }
    }

    fn release(not_secret: bool) -> Release {
        let found = set(None).traces(&content("a"), &[&finding("A-1", "麒麟工程")]).unwrap();
        Release {
            item: ItemId::new("a").unwrap(),
            content: content("a"),
            rules: vec!["A-1".into()],
            found,
            not_secret,
            basis: "讲解".into(),
            asked_by: PersonId::new("baomi").unwrap(),
            date: jiff::civil::date(2026, 11, 25),
        }
    }

    fn judged(set: &RuleSet, of: &str, found: Finding, unreadable: &[Unreadable]) -> Verdict {
        let mut verdict = Verdict {
            rule_set: RuleSetId(Digest::zero()),
            outcome: Outcome::Block,
            findings: vec![found],
            unreadable: unreadable.to_vec(),
        };
        apply_to(set, &content(of), &mut verdict);
        verdict
    }

    #[test]
    fn exactly_what_was_signed_for_becomes_a_note() {
        let good = set(Some(release(true)));
        let note = judged(&good, "a", finding("A-1", "麒麟工程"), &[]);
        assert_eq!((note.outcome, note.findings[0].action), (Outcome::Pass, Action::Note));
        assert!(note.findings[0].why.starts_with("已由两名保密员放行（2026-11-25），原处置为阻断；因"));
        for text in ["麒<b>麟</b>工程", "麒麟&nbsp;工程", "麒麟 工程", "麒麟工程\n"] {
            assert_eq!(judged(&good, "a", finding("A-1", text), &[]).outcome, Outcome::Pass, "{text}");
        }
        for (of, rule, text) in [
            ("b", "A-1", "麒麟工程"),
            ("a", "A-2", "麒麟工程"),
            ("a", "A-1", "麒麟工程二期"),
            ("a", "A-1", ""),
            ("a", "A-1", "<麒麟工程>"),
        ] {
            assert_eq!(judged(&good, of, finding(rule, text), &[]).outcome, Outcome::Block, "{of} {rule} {text}");
        }
        let unread = [Unreadable { place: "x".into(), reason: "no text layer".into() }];
        assert_eq!(judged(&good, "a", finding("A-1", "麒麟工程"), &unread).outcome, Outcome::Hold);
        let unvouched = set(Some(release(false)));
        assert_eq!(judged(&unvouched, "a", finding("A-1", "麒麟工程"), &[]).outcome, Outcome::Block);
    }

    #[test]
    fn the_list_is_part_of_the_set_and_is_read_whole_or_not_at_all() {
        let (plain, released) = (set(None), set(Some(release(true))));
        assert_ne!(plain.id(), released.id());
        assert_eq!(released.releases(), [release(true)]);
        assert_eq!(with_releases(released.bundle(), &[]).unwrap(), bundle());
        let text = &released.bundle().files[RELEASES];
        for (from, to) in [
            ("basis = \"讲解\"", "basis = \" \""),
            ("basis = \"讲解\"", "basis = \"讲解\"\nmore = 1"),
            ("item = ", "items = "),
            ("rules = [\"A-1\"]", "rules = []"),
            ("[[release]]", "[[releases]]"),
        ] {
            assert!(text.contains(from), "{from} in {text}");
            let mut broken = released.bundle().clone();
            broken.files.insert(RELEASES.into(), text.replace(from, to));
            let errors = RuleSet::from_bundle(&broken).unwrap_err().0;
            assert!(errors.iter().all(|error| error.file == RELEASES), "{errors:?}");
            let said: Vec<String> = errors.iter().map(crate::screen::RuleError::chinese).collect();
            assert!(said.iter().all(|words| !words.contains("the ")), "{said:?}");
        }
        let mut gone = release(true);
        gone.rules = vec!["A-9".into()];
        assert!(set(Some(gone)).lints().iter().any(|lint| lint.0.what.contains("A-9")), "said, and no harm");
    }
}
