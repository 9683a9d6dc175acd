//! `/rules/show`: one rule, in words of a person who cannot program, and the forms that change it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::marks::action_class;
use super::rule_words::{RuleWords, changes_noted};
use super::rules::{self, Figures};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::rule_diff::RuleChange;
use crate::model::{Action, Level};
use crate::screen::{LooksFor, RegisteredDocuments, Rule, RuleSet, Same, Scope, Term};
use crate::store::{RuleFigures, RuleSetRow, RuleSetState};

/// Words that a page lists; past it they are counted.
const WORDS: usize = 500;
/// Sets that are looked through for the past of a rule.
const SETS: u32 = 500;

#[derive(Deserialize)]
pub(super) struct Asked {
    id: String,
}

/// A word of the rule.
struct Word {
    text: String,
    level: &'static str,
    action: &'static str,
    class: &'static str,
    variants: u8,
    review: String,
    expired: bool,
}

/// An item that two officers let pass although this rule finds something in it.
struct Released {
    item: String,
    at: String,
    by: String,
    basis: String,
}

fn released(set: &RuleSet, rule: &str) -> Vec<Released> {
    let of_rule = set.releases().iter().filter(|release| release.rules.iter().any(|named| named == rule));
    let line = |release: &crate::screen::Release| Released {
        item: release.item.to_string(),
        at: release.date.to_string(),
        by: release.asked_by.to_string(),
        basis: release.basis.clone(),
    };
    of_rule.rev().take(WORDS).map(line).collect()
}

/// A change of the past.
struct Past {
    number: i64,
    at: String,
    by: String,
    words: Vec<String>,
}

#[derive(Template)]
#[template(path = "console/rule.html")]
struct RulePage {
    frame: Frame,
    say: &'static RuleWords,
    id: String,
    name: String,
    level: &'static str,
    action: &'static str,
    class: &'static str,
    facts: Vec<(&'static str, String)>,
    describes: Option<&'static str>,
    near: Option<String>,
    words: Vec<Word>,
    more_words: usize,
    exceptions: Vec<String>,
    takes_exceptions: bool,
    is_registered: bool,
    released: Vec<Released>,
    positive: Vec<String>,
    negative: Vec<String>,
    month: RuleFigures,
    year: RuleFigures,
    past: Vec<Past>,
    levels: Vec<&'static str>,
    actions: Vec<(&'static str, &'static str)>,
    variant_levels: [&'static str; 5],
}

pub(super) async fn show(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let say = tongue.rules();
    let set = console.rule_set().await?;
    let rule = set.rule(&asked.id).ok_or(Trouble::NotFound)?;
    let (month, year) = Figures::load(&console).await?.of(&rule.id);
    let today = console.desk.clock().now().date();
    let past = past(tongue, &console.desk.rule_sets(SETS).await?, &rule.id);
    let describes = match &rule.looks_for {
        LooksFor::Template(template) => Some(template.describes()),
        LooksFor::Terms(_) | LooksFor::Fingerprints(_) => None,
    };
    Ok(page(&RulePage {
        frame: Frame::staff(tongue, &staff, "/rules"),
        say,
        id: rule.id.clone(),
        name: rule.name.clone(),
        level: rule.level.word(),
        action: tongue.action(&rule.action),
        class: action_class(rule.action),
        facts: facts(tongue, rule),
        describes,
        near: near(tongue, rule),
        words: rule.terms().iter().take(WORDS).map(|term| word(tongue, term, today)).collect(),
        more_words: rule.terms().len().saturating_sub(WORDS),
        exceptions: rule.exceptions.clone(),
        takes_exceptions: matches!(rule.looks_for, LooksFor::Terms(_)),
        is_registered: rule.documents().is_some(),
        released: released(&set, &rule.id),
        positive: rule.positive.iter().map(|text| seen(text)).collect(),
        negative: rule.negative.iter().map(|text| seen(text)).collect(),
        month,
        year,
        past,
        levels: Level::ALL.iter().rev().map(|level| level.word()).collect(),
        actions: actions(tongue),
        variant_levels: variant_levels(say),
    }))
}

/// What a word or a rule may ask for: value and words.
pub(super) fn actions(tongue: Tongue) -> Vec<(&'static str, &'static str)> {
    [Action::Block, Action::Hold, Action::Note].iter().map(|action| (action.chinese(), tongue.action(action))).collect()
}

/// What each variant level undoes, in words.
pub(super) fn variant_levels(say: &'static RuleWords) -> [&'static str; 5] {
    [say.level_0, say.level_1, say.level_2, say.level_3, say.level_4]
}

/// A text with what nobody sees written as code points.
fn seen(text: &str) -> String {
    let glyphs = super::marks::glyphs(text).into_iter().map(|glyph| match glyph {
        super::marks::Glyphs::Text(text) => text.replace('\n', " ⏎ "),
        super::marks::Glyphs::Code(code) => format!("〈{code}〉"),
    });
    glyphs.collect()
}

fn facts(tongue: Tongue, rule: &Rule) -> Vec<(&'static str, String)> {
    let say = tongue.rules();
    let limits = if rule.scope == Scope::default() { say.everything.to_owned() } else { rule.scope.describes() };
    let highest = usize::from(rule.highest_variants());
    let undoes = variant_levels(say).get(highest).map_or_else(|| highest.to_string(), |words| (*words).to_owned());
    let basis = if rule.basis.is_empty() { say.no_basis.to_owned() } else { rule.basis.clone() };
    let review = rule.review_date.map_or_else(|| say.undated.to_owned(), |date| date.to_string());
    let undoes = if rule.documents().is_some() { say.registered_undoes.to_owned() } else { undoes };
    let mut facts = vec![
        (say.guards, rule.level.word().to_owned()),
        (say.action, tongue.action(&rule.action).to_owned()),
        (say.reads, limits),
    ];
    facts.extend(rule.documents().map(|documents| registered(tongue, documents)).into_iter().flatten());
    facts.extend([
        (say.undoes, undoes),
        (say.review, review),
        (say.basis, basis),
        (say.file, format!("{}:{}", rule.file, rule.line)),
    ]);
    if !rule.note.is_empty() {
        facts.push((say.note, rule.note.clone()));
    }
    facts
}

/// The neutral name of registered documents, how many there are, and what of them is enough; never the fingerprints.
fn registered(tongue: Tongue, documents: &RegisteredDocuments) -> [(&'static str, String); 3] {
    let say = tongue.rules();
    let (registered, counts) = (&documents.registered, documents.registered.counts());
    let (name, made, prints) = (&registered.name, &registered.made, registered.prints());
    let percent = (documents.share * 100.0).round();
    let (count, passage, file) = (counts.len(), documents.passage, &documents.file);
    let (what, how_many, enough) = match tongue {
        Tongue::Chinese => (
            format!("“{name}”，{made} 登记"),
            format!("{count} 件，指纹 {prints} 枚（{file}）"),
            format!("2000 字之内出现同一件的 {passage} 枚指纹；较短的文件出现 {percent}%，且不少于 4 枚"),
        ),
        Tongue::English => (
            format!("“{name}”, registered on {made}"),
            format!("{count}, with {prints} fingerprints ({file})"),
            format!(
                "{passage} fingerprints of one document within 2,000 characters; of a short one {percent}%, 4 at least"
            ),
        ),
    };
    [(say.registered, what), (say.registered_count, how_many), (say.registered_enough, enough)]
}

fn near(tongue: Tongue, rule: &Rule) -> Option<String> {
    let near = rule.near.as_ref()?;
    let (count, within, words) = (near.at_least, near.within, near.words.join("、"));
    let same = match near.same {
        Same::Text => "",
        Same::Line => tongue.pick("同一段落，", "in one paragraph, "),
        Same::Sentence => tongue.pick("同一句，", "in one sentence, "),
    };
    Some(match tongue {
        Tongue::Chinese => format!("{same}前后 {within} 个字之内至少出现 {count} 个：{words}"),
        Tongue::English => format!("{same}at least {count} of these within {within} characters: {words}"),
    })
}

fn word(tongue: Tongue, term: &Term, today: jiff::civil::Date) -> Word {
    Word {
        text: term.text.clone(),
        level: term.level.word(),
        action: tongue.action(&term.action),
        class: action_class(term.action),
        variants: term.variants,
        review: term.review_date.map(|date| date.to_string()).unwrap_or_default(),
        expired: term.review_date.is_some_and(|date| date < today),
    }
}

/// The sets that changed a rule, the newest first.
fn past(tongue: Tongue, rows: &[RuleSetRow], rule: &str) -> Vec<Past> {
    let decided = rows.iter().filter(|row| matches!(row.state, RuleSetState::InForce | RuleSetState::Superseded));
    let mut past = Vec::new();
    for row in decided {
        // A list that cannot be read names no rule: it may have been this one.
        let changes = changes_noted(tongue, row.changes.as_deref());
        let damaged = row.changes.as_deref().is_some_and(|text| serde_json::from_str::<Vec<RuleChange>>(text).is_err());
        let ours = changes.into_iter().filter(|change| damaged || change.rule == rule);
        let words: Vec<String> = ours.map(|change| change.words).collect();
        if !words.is_empty() {
            let approver = row.decided_by.as_deref().map(rules::who).unwrap_or_default();
            past.push(Past {
                number: row.number,
                at: row.decided_at.unwrap_or(row.proposed_at).minute(),
                by: format!("{} → {approver}", rules::who(&row.proposed_by)),
                words,
            });
        }
    }
    past
}
