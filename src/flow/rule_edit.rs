//! One change of a rule set at a time, made in the text of its files as a person would make it.
//!
//! Owns the changes that an officer makes without writing a file: a word more or less, a level, an action, a date, an
//! exception. Promises: comments, order and layout of the files stay; nothing but what was asked for changes, which is
//! checked against the parsed text; the result loads as a whole, with every example of every rule, or there is none.
//! An [`Edit`] can be kept and made again on another base, so that a change that came too late is not typed twice.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{rule_edit_csv as sheet, rule_edit_toml as rules};
use crate::model::{Action, ItemId, Level};
use crate::screen::{RELEASES, Release, RuleBundle, RuleError, RuleErrors, RuleSet, with_releases};

/// Where words go that officers add without naming a dictionary.
pub const OFFICERS_LIST: &str = "dictionaries/保密员词表.csv";
/// Where rules go that officers' changes make.
const OFFICERS_RULES: &str = "rules/officers.toml";
/// The header of a new dictionary.
const HEADER: &str = "词,级别,处置,变体,复核日期,来源,备注\n";
/// The start of the id of a dictionary that no rule names.
const DICTIONARY: &str = "dictionary/";
/// The start of the id of a file of fingerprints that no rule names.
const FINGERPRINTS: &str = "fingerprints/";

/// A word for a dictionary.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewTerm {
    /// The dictionary, as in the bundle; it is made where it does not exist.
    pub file: String,
    /// The word.
    pub term: String,
    /// What it guards.
    pub level: Level,
    /// What it asks for.
    pub action: Action,
    /// How far disguises are undone.
    pub variants: u8,
    /// When it must be looked at again.
    pub review_date: Option<Date>,
    /// Where it comes from.
    #[serde(default)]
    pub source: String,
    /// Anything else.
    #[serde(default)]
    pub note: String,
}

/// What may be set of a rule, or of one of its words; nothing leaves it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What it guards.
    pub level: Option<Level>,
    /// What it asks for.
    pub action: Option<Action>,
    /// How far disguises are undone.
    pub variants: Option<u8>,
    /// When it must be looked at again.
    pub review_date: Option<Date>,
}

/// A change of a rule set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Edit {
    /// A word more in a dictionary.
    AddTerm(NewTerm),
    /// A word more in the list of a rule; it has the rule's level and action.
    AddRuleTerm {
        /// The rule.
        rule: String,
        /// The word.
        term: String,
    },
    /// A word less.
    RemoveTerm {
        /// The rule, `dictionary/NAME` for a dictionary that no rule names.
        rule: String,
        /// The word, as it is written there.
        term: String,
    },
    /// Level, action, variants or date of a rule and all its words, or of one word of a dictionary.
    Set {
        /// The rule.
        rule: String,
        /// One word of its dictionary; nothing for all.
        term: Option<String>,
        /// What to set.
        to: Settings,
    },
    /// A phrase that excuses a hit which it contains, and the text that shows why.
    AddException {
        /// The rule.
        rule: String,
        /// The phrase, with the hit in it.
        phrase: String,
        /// A text that the rule must let pass from now on.
        negative: String,
    },
    /// An exception less.
    RemoveException {
        /// The rule.
        rule: String,
        /// The phrase, as it is written there.
        phrase: String,
    },
    /// One content that passes from now on, and no other; asked for by `quarantine::release` alone.
    Release(Release),
    /// A release less.
    TakeBack {
        /// The item that was released.
        item: ItemId,
    },
}

impl Edit {
    /// Makes the change and loads the result.
    ///
    /// # Errors
    /// What is wrong with the change, or with the set that it would make.
    pub fn apply(&self, bundle: &RuleBundle) -> Result<RuleBundle, RuleErrors> {
        let changed = self.change(bundle)?;
        RuleSet::from_bundle(&changed)?;
        Ok(changed)
    }

    /// Makes the change without loading the result; for several in a row.
    ///
    /// # Errors
    /// What is wrong with the change.
    pub fn change(&self, bundle: &RuleBundle) -> Result<RuleBundle, RuleErrors> {
        match self {
            Self::AddTerm(new) => new_term(bundle, new),
            Self::AddRuleTerm { rule, term } => rule_term(bundle, rule, term),
            Self::RemoveTerm { rule, term } => without_term(bundle, rule, term),
            Self::Set { rule, term, to } => with_settings(bundle, rule, term.as_deref(), to),
            Self::AddException { rule, phrase, negative } => with_exception(bundle, rule, phrase, negative),
            Self::Release(release) => released(bundle, release),
            Self::TakeBack { item } => taken_back(bundle, item),
            Self::RemoveException { rule, phrase } => {
                let (file, text) = rules::file_of(bundle, rule).ok_or_else(|| no_rule(rule))?;
                let text = rules::take_from_list(file, text, rule, "exceptions", phrase)?;
                Ok(with_file(bundle, file, text))
            }
        }
    }
}

/// Adds an exception to a rule; a dictionary that no rule names gets a rule for it.
///
/// # Errors
/// Where the rule takes none (a marking), the phrase contains no term of the rule, or the text is still found.
pub fn add_exception(bundle: &RuleBundle, rule: &str, phrase: &str, negative: &str) -> Result<RuleBundle, RuleErrors> {
    let text = str::to_owned;
    Edit::AddException { rule: text(rule), phrase: text(phrase), negative: text(negative) }.apply(bundle)
}

/// Adds a word to a dictionary.
///
/// # Errors
/// Where it stands there already, or cannot be a term.
pub fn add_term(bundle: &RuleBundle, new: &NewTerm) -> Result<RuleBundle, RuleErrors> {
    Edit::AddTerm(new.clone()).apply(bundle)
}

fn with_file(bundle: &RuleBundle, file: &str, text: String) -> RuleBundle {
    let mut changed = bundle.clone();
    changed.files.insert(file.to_owned(), text);
    changed
}

/// An error about the change itself.
pub(super) fn wrong(file: &str, cell: &str, what: impl Into<String>, cure: impl Into<String>) -> RuleErrors {
    let cell = (!cell.is_empty()).then(|| cell.to_owned());
    RuleErrors(vec![RuleError { file: file.to_owned(), line: None, cell, what: what.into(), cure: cure.into() }])
}

fn no_rule(rule: &str) -> RuleErrors {
    wrong("rules", "id", format!("there is no rule {rule}"), "menhu rules explain lists the rules")
}

fn new_term(bundle: &RuleBundle, new: &NewTerm) -> Result<RuleBundle, RuleErrors> {
    let file = new.file.as_str();
    let short = file.strip_prefix("dictionaries/").unwrap_or_default();
    let plain = |c: char| !c.is_control() && !matches!(c, '/' | '\\' | ':');
    let fits = short.len() > 4 && short.ends_with(".csv") && !short.starts_with(['.', '~']) && short.chars().all(plain);
    if !fits {
        return Err(wrong(file, "", "not the name of a dictionary", "write dictionaries/NAME.csv"));
    }
    let term = new.term.trim();
    if term.is_empty() || term.chars().any(char::is_control) {
        return Err(wrong(file, "词", "not a word", "write a word on one line"));
    }
    let text = bundle.files.get(file).map_or(HEADER, String::as_str);
    let row = sheet::Row {
        term: Some(term.to_owned()),
        level: Some(new.level),
        action: Some(new.action),
        variants: Some(new.variants),
        review_date: new.review_date,
        source: Some(one_line(&new.source)),
        note: Some(one_line(&new.note)),
    };
    Ok(with_file(bundle, file, sheet::add(file, text, &row)?))
}

fn released(bundle: &RuleBundle, release: &Release) -> Result<RuleBundle, RuleErrors> {
    let mut all = RuleSet::from_bundle(bundle)?.releases().to_vec();
    if all.iter().any(|known| known.content == release.content && known.item == release.item) {
        let cure = "take it back first";
        return Err(wrong(RELEASES, "", format!("item {} is released already", release.item), cure));
    }
    all.push(release.clone());
    with_releases(bundle, &all)
}

fn taken_back(bundle: &RuleBundle, item: &ItemId) -> Result<RuleBundle, RuleErrors> {
    let mut all = RuleSet::from_bundle(bundle)?.releases().to_vec();
    let before = all.len();
    all.retain(|release| release.item != *item);
    if all.len() == before {
        return Err(wrong(RELEASES, "", format!("item {item} is not released"), "nothing is to be done"));
    }
    with_releases(bundle, &all)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn rule_term(bundle: &RuleBundle, rule: &str, term: &str) -> Result<RuleBundle, RuleErrors> {
    let (file, text) = rules::file_of(bundle, rule).ok_or_else(|| no_rule(rule))?;
    Ok(with_file(bundle, file, rules::add_to_list(file, text, rule, "terms", term.trim())?))
}

/// The dictionary of a rule: the one that it is, or that it names.
fn dictionary_of(bundle: &RuleBundle, rule: &str) -> Option<String> {
    if let Some(stem) = rule.strip_prefix(DICTIONARY) {
        let file = format!("dictionaries/{stem}.csv");
        return bundle.files.contains_key(&file).then_some(file);
    }
    let (_, text) = rules::file_of(bundle, rule)?;
    let named = rules::text_of(text, rule, "dictionary")?;
    let file = format!("dictionaries/{}", named.strip_prefix("dictionaries/").unwrap_or(&named));
    bundle.files.contains_key(&file).then_some(file)
}

fn without_term(bundle: &RuleBundle, rule: &str, term: &str) -> Result<RuleBundle, RuleErrors> {
    if let Some((file, text)) = rules::file_of(bundle, rule)
        && rules::list_of(text, rule, "terms").iter().any(|found| found == term)
    {
        return Ok(with_file(bundle, file, rules::take_from_list(file, text, rule, "terms", term)?));
    }
    let Some(file) = dictionary_of(bundle, rule) else {
        let (file, text) = rules::file_of(bundle, rule).ok_or_else(|| no_rule(rule))?;
        return rules::take_from_list(file, text, rule, "terms", term).map(|text| with_file(bundle, file, text));
    };
    let text = sheet::remove(&file, &bundle.files[&file], term)?;
    let mut changed = with_file(bundle, &file, text);
    // a list that nothing names may go with its last word
    if rule.starts_with(DICTIONARY) && sheet::is_empty(&changed.files[&file]) {
        changed.files.remove(&file);
    }
    Ok(changed)
}

fn with_settings(bundle: &RuleBundle, rule: &str, term: Option<&str>, to: &Settings) -> Result<RuleBundle, RuleErrors> {
    if rule.starts_with(FINGERPRINTS) {
        let cure = "write a rule in rules/ that names the file, and propose it";
        return Err(wrong(rule, "", "a file of fingerprints that no rule names has no place for settings", cure));
    }
    let mut changed = bundle.clone();
    let mut found = false;
    if term.is_none()
        && let Some((file, text)) = rules::file_of(bundle, rule)
    {
        changed.files.insert(file.to_owned(), rules::set(file, text, rule, to)?);
        found = true;
    }
    if let Some(file) = dictionary_of(bundle, rule) {
        let row = sheet::Row {
            level: to.level,
            action: to.action,
            variants: to.variants,
            review_date: to.review_date,
            ..sheet::Row::default()
        };
        let text = sheet::set(&file, &bundle.files[&file], term, &row)?;
        changed.files.insert(file, text);
        found = true;
    }
    if found { Ok(changed) } else { Err(no_rule(rule)) }
}

fn with_exception(bundle: &RuleBundle, rule: &str, phrase: &str, negative: &str) -> Result<RuleBundle, RuleErrors> {
    let (phrase, negative) = (phrase.trim(), negative.trim());
    if let Some(stem) = rule.strip_prefix(DICTIONARY) {
        return own_rule(bundle, stem, phrase, negative);
    }
    if rule.starts_with(FINGERPRINTS) {
        return Err(no_exceptions(rule, rule));
    }
    let (file, text) = rules::file_of(bundle, rule).ok_or_else(|| no_rule(rule))?;
    if rules::text_of(text, rule, "fingerprints").is_some() {
        return Err(no_exceptions(file, rule));
    }
    if rules::text_of(text, rule, "template").is_some() {
        let cure = "an article about markings is released by two persons, item by item";
        return Err(wrong(file, "exceptions", format!("rule {rule} has a template and takes no exceptions"), cure));
    }
    let mut text = rules::add_to_list(file, text, rule, "exceptions", phrase)?;
    if !negative.is_empty() && !rules::list_of(&text, rule, "negative").iter().any(|known| known == negative) {
        text = rules::add_to_list(file, &text, rule, "negative", negative)?;
    }
    Ok(with_file(bundle, file, text))
}

fn no_exceptions(file: &str, rule: &str) -> RuleErrors {
    let what = format!("rule {rule} looks for registered documents and takes no exceptions");
    wrong(file, "exceptions", what, "what is taken for one is released by two persons, item by item")
}

/// A dictionary has no place for exceptions: it gets a rule that names it and has one.
fn own_rule(bundle: &RuleBundle, stem: &str, phrase: &str, negative: &str) -> Result<RuleBundle, RuleErrors> {
    let file = format!("dictionaries/{stem}.csv");
    let text = bundle.files.get(&file).ok_or_else(|| no_rule(&format!("{DICTIONARY}{stem}")))?;
    let words = sheet::words(text);
    let first = words.first().ok_or_else(|| wrong(&file, "", "a dictionary without a word", "add a word"))?;
    // three texts that it finds, whatever the length of the list
    let mut positive: Vec<String> = words.iter().take(3).cloned().collect();
    for around in ["关于", "转发"] {
        if positive.len() < 3 {
            positive.push(format!("{around}{first}"));
        }
    }
    let negative: Vec<&str> =
        if negative.is_empty() { vec![phrase] } else { vec![negative, phrase] }.into_iter().chain(NEUTRAL).collect();
    let set = RuleSet::from_bundle(bundle)?;
    let rule = set.rule(&format!("{DICTIONARY}{stem}"));
    let review = rule.and_then(|rule| rule.terms().iter().filter_map(|term| term.review_date).min());
    let (level, action) = rule.map_or((Level::Confidential, Action::Block), |rule| (rule.level, rule.action));
    let new = rules::NewRule {
        id: free_id(bundle, stem),
        name: stem.to_owned(),
        level,
        action,
        dictionary: format!("{stem}.csv"),
        exceptions: vec![phrase.to_owned()],
        positive,
        negative: negative.into_iter().map(str::to_owned).collect(),
        basis: "见词典来源一列".to_owned(),
        review_date: review.unwrap_or(jiff::civil::Date::constant(2027, 6, 30)),
        variants: rule.map_or(2, |rule| rule.variants),
    };
    let before = bundle.files.get(OFFICERS_RULES).map_or(RULES_HEAD, String::as_str);
    Ok(with_file(
        bundle,
        OFFICERS_RULES,
        format!("{}\n{}", before.trim_end_matches('\n').to_owned() + "\n", new.text()),
    ))
}

/// Texts that no list of sensitive words finds anything in.
const NEUTRAL: [&str; 2] = ["按规定主动公开政府信息", "办事指南和服务事项清单"];
const RULES_HEAD: &str =
    "# 保密员在规则台上作出的改动 Rules that officers' changes made. docs/rules.md describes every key.\n";

/// An id that no rule has: `CD-stem`, or a number where the stem cannot be one.
fn free_id(bundle: &RuleBundle, stem: &str) -> String {
    let plain = stem.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
    let named = plain.then(|| format!("CD-{stem}"));
    let numbered = (1..).map(|number: u32| format!("CD-{number:04}"));
    named.into_iter().chain(numbered).find(|id| rules::file_of(bundle, id).is_none()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
