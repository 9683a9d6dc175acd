//! A rule set: read, checked, compiled, proved by its own examples, and from then on unchangeable.
//!
//! Owns the way from files to a set. It is refused with every error at once; nothing is skipped, and a set without a
//! rule does not exist. It is named by the hash of its text.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::bundle::RuleBundle;
use super::compile::Compiled;
use super::errors::{At, Lint, Report, RuleErrors};
use super::fingerprint::{self, Registered, Registry};
use super::fold::{FoldTable, Folded, STAR};
use super::release::{RELEASES, Releases};
use super::rule::{LONGEST_TERM, LooksFor, RegisteredDocuments, Rule, Term, USUAL_GAP};
use super::rule_file::Written;
use super::scope::{Readers, Scope};
use super::{dictionary, examples, lint, rule_file, sounds};
use crate::model::{Action, Level, RuleSetId};

/// A compiled rule set; immutable.
pub struct RuleSet {
    id: RuleSetId,
    bundle: RuleBundle,
    rules: Vec<Rule>,
    lints: Vec<Lint>,
    compiled: Compiled,
    readers: Readers,
    registry: Option<Registry>,
    released: Releases,
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RuleSet({}, {} rules)", self.id, self.rules.len())
    }
}

impl RuleSet {
    /// Reads `*.toml` in `rules`, `*.csv` and `*.fingerprints` in `dictionaries`. Both folders must exist: a set must not shrink because
    /// a folder went missing.
    ///
    /// # Errors
    /// Every error of every file.
    pub fn load(rules: &Path, dictionaries: &Path) -> Result<Self, RuleErrors> {
        Self::read(rules, Some(dictionaries))
    }

    /// Reads `*.toml` in `rules`; for an installation that keeps no dictionaries.
    ///
    /// # Errors
    /// Every error of every file.
    pub fn load_rules_alone(rules: &Path) -> Result<Self, RuleErrors> {
        Self::read(rules, None)
    }

    fn read(rules: &Path, dictionaries: Option<&Path>) -> Result<Self, RuleErrors> {
        let mut report = Report::default();
        let bundle = RuleBundle::read(rules, dictionaries, &mut report);
        Self::make(bundle, report, &rules.display().to_string())
    }

    /// Makes a set of text that was kept.
    ///
    /// # Errors
    /// Every error of every file.
    pub fn from_bundle(bundle: &RuleBundle) -> Result<Self, RuleErrors> {
        Self::make(bundle.clone(), Report::default(), "rules")
    }

    fn make(bundle: RuleBundle, mut report: Report, folder: &str) -> Result<Self, RuleErrors> {
        let folds = FoldTable::build();
        let rules = read_rules(&bundle, folder, &folds, &mut report);
        lint::check(&rules, &folds, &mut report);
        let ids: HashSet<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
        let released = Releases::read(&bundle, &ids, &mut report);
        if !report.errors.is_empty() {
            return Err(RuleErrors(report.errors));
        }
        let compiled = match Compiled::build(folds, &rules) {
            Ok(compiled) => compiled,
            Err(what) => {
                report.refuse(At { file: folder, line: 0, cell: "" }, what, "split the set");
                return Err(RuleErrors(report.errors));
            }
        };
        let readers = Readers::of(&rules, &compiled.folds);
        let registry = Registry::of(&rules);
        let lints = Vec::new();
        let mut set = Self { id: bundle.id(), bundle, rules, lints, compiled, readers, registry, released };
        examples::run(&set, &mut report);
        set.lints = report.lints;
        if report.errors.is_empty() { Ok(set) } else { Err(RuleErrors(report.errors)) }
    }

    /// The name of the set.
    #[must_use]
    pub fn id(&self) -> RuleSetId {
        self.id
    }

    /// The exact text that it was made of.
    #[must_use]
    pub fn bundle(&self) -> &RuleBundle {
        &self.bundle
    }

    /// Its rules, those of unnamed dictionaries among them. Never empty.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What does not refuse the set but deserves a look.
    #[must_use]
    pub fn lints(&self) -> &[Lint] {
        &self.lints
    }

    /// A rule by its id.
    #[must_use]
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The registered documents, where any rule guards some.
    pub(super) fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }

    pub(super) fn readers(&self) -> &Readers {
        &self.readers
    }

    pub(super) fn released(&self) -> &Releases {
        &self.released
    }

    pub(super) fn compiled(&self) -> &Compiled {
        &self.compiled
    }
}

/// What the files beside the rules hold, by name, and which of it a rule names.
struct Lists<'a> {
    words: BTreeMap<&'a str, Vec<Term>>,
    registered: BTreeMap<&'a str, Option<Arc<Registered>>>,
    named: HashSet<String>,
}

/// All rules of a bundle, with the dictionaries and registered documents that they name, and a rule for each file of those
/// that none names.
fn read_rules(bundle: &RuleBundle, folder: &str, folds: &FoldTable, report: &mut Report) -> Vec<Rule> {
    let mut written: Vec<Written> = Vec::new();
    let mut lists = Lists { words: BTreeMap::new(), registered: BTreeMap::new(), named: HashSet::new() };
    for (name, text) in &bundle.files {
        match name.strip_prefix("dictionaries/") {
            Some(short) if fingerprint::is_file(short) => {
                lists.registered.insert(short, fingerprint::read(name, text, folds, report));
            }
            Some(short) => drop(lists.words.insert(short, dictionary::read(name, text, report))),
            None if name == RELEASES => {}
            None => {
                let rules = rule_file::read(name, text, report);
                if rules.is_empty() && report.errors.is_empty() {
                    let cure = "write a [[rule]], or remove the file";
                    report.refuse(At { file: name, line: 1, cell: "" }, "a file without a rule", cure);
                }
                written.extend(rules);
            }
        }
    }
    if written.is_empty() && report.errors.is_empty() {
        let cure = "with no rule nothing may pass; copy the rules that come with menhu, or run menhu init";
        report.refuse(At { file: folder, line: 0, cell: "" }, "no rule at all", cure);
    }
    let mut rules: Vec<Rule> = written.into_iter().map(|written| lists.join(written, report)).collect();
    rules.extend(lists.rest());
    for rule in &mut rules {
        if let LooksFor::Terms(terms) = &mut rule.looks_for {
            terms.iter_mut().for_each(|term| tidy(term, &rule.file, folds, report));
        }
    }
    rules
}

impl Lists<'_> {
    /// A rule with what it names.
    fn join(&mut self, written: Written, report: &mut Report) -> Rule {
        let Written { mut rule, dictionary, fingerprints } = written;
        if let (Some(name), LooksFor::Terms(terms)) = (dictionary, &mut rule.looks_for) {
            let short = name.strip_prefix("dictionaries/").unwrap_or(&name);
            match self.words.get(short) {
                Some(found) => terms.extend(found.iter().cloned()),
                None => {
                    let known: Vec<&str> = self.words.keys().copied().collect();
                    let cure = format!("the dictionaries are: {}", known.join(", "));
                    let at = At { file: &rule.file, line: rule.line, cell: "dictionary" };
                    report.refuse(at, format!("there is no dictionary {short:?}"), cure);
                }
            }
            self.named.insert(short.to_owned());
        }
        if let Some(named) = fingerprints {
            let short = named.file.strip_prefix("dictionaries/").unwrap_or(&named.file);
            match self.registered.get(short) {
                Some(Some(registered)) => {
                    let (file, registered) = (format!("dictionaries/{short}"), Arc::clone(registered));
                    let (passage, share) = (named.passage, named.share);
                    rule.variants = 1;
                    rule.looks_for = LooksFor::Fingerprints(RegisteredDocuments { file, registered, passage, share });
                }
                // what is wrong with the file is said already
                Some(None) => {}
                None => {
                    let known: Vec<&str> = self.registered.keys().copied().collect();
                    let cure = format!("the files of fingerprints are: {}", known.join(", "));
                    let at = At { file: &rule.file, line: rule.line, cell: "fingerprints" };
                    report.refuse(at, format!("there is no file of fingerprints {short:?}"), cure);
                }
            }
            self.named.insert(short.to_owned());
        }
        rule
    }

    /// A rule for each file that no rule names.
    fn rest(self) -> Vec<Rule> {
        let named = self.named;
        let words = self.words.into_iter().filter(|(name, terms)| !named.contains(*name) && !terms.is_empty());
        let mut rules: Vec<Rule> = words.map(|(name, terms)| dictionary_rule(name, terms)).collect();
        for (name, registered) in self.registered {
            if let Some(registered) = registered.filter(|_| !named.contains(name)) {
                rules.push(fingerprint::rule_of(name, registered));
            }
        }
        rules
    }
}

/// A dictionary that no rule names is a rule of its own, proved by finding its words.
fn dictionary_rule(name: &str, terms: Vec<Term>) -> Rule {
    let stem = name.strip_suffix(".csv").unwrap_or(name);
    Rule {
        id: format!("dictionary/{stem}"),
        name: stem.to_owned(),
        level: terms.iter().map(|term| term.level).max().unwrap_or(Level::Confidential),
        action: terms.iter().map(|term| term.action).max().unwrap_or(Action::Block),
        variants: terms.iter().map(|term| term.variants).max().unwrap_or(2),
        looks_for: LooksFor::Terms(terms),
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
        file: format!("dictionaries/{name}"),
        line: 1,
    }
}

/// Makes every star of a Chinese term the star of markings, refuses what cannot match.
fn tidy(term: &mut Term, file: &str, folds: &FoldTable, report: &mut Report) {
    let at = At { file, line: term.line, cell: "词" };
    let chinese = term.text.chars().any(|c| c as u32 >= 0x2E80);
    if chinese {
        let starred = |c: char| if folds.of(c) == Folded::WeakStar { STAR } else { c };
        term.text = term.text.chars().map(starred).collect();
    }
    term.text = term.text.trim().to_owned();
    let folded = folds.fold(&term.text);
    let letters = folded.iter().filter(|c| **c != STAR).count();
    let shown = term.text.clone();
    if term.variants >= sounds::LEVEL && letters >= 2 && !sounds::fits(&folded) {
        let what = format!(
            "{shown:?} asks for variants 4, by pinyin and look-alikes, which is for words of {} Chinese characters and \
             more: a shorter one would be hit by accident in nearly every text",
            sounds::SHORTEST
        );
        report.refuse(At { cell: "变体", ..at }, what, "write 3, or a longer word");
    }
    match letters {
        0 => report.refuse(at, format!("{shown:?} has no letter or digit"), "write a word, or remove it"),
        1 => report.refuse(
            at,
            format!("{shown:?} is one character and would hold nearly everything"),
            "write a longer word",
        ),
        2..=LONGEST_TERM => {}
        _ => report.refuse(at, format!("a term of {letters} characters"), format!("keep it under {LONGEST_TERM}")),
    }
}
