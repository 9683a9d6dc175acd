//! `/rules`: the rules in force, what waits for a second officer, how far a screening after a change has come.
//!
//! For security officers alone. Words that are searched for go in forms, not in addresses: a word of a list may be
//! sensitive itself, and addresses stand in logs and histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::frame::{Frame, page};
use super::marks::action_class;
use super::rule_words::RuleWords;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use super::{Console, rule_change, rule_page, rule_proposal, rule_trial};
use crate::flow::{FlowError, rules};
use crate::screen::{Rule, RuleSet};
use crate::store::{RescreenCourse, RuleFigures, RuleSetRow, RuleSetState};

/// Proposals that are looked through for those that wait.
const PROPOSALS: u32 = 200;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/rules", get(list))
        .route("/rules/search", post(search))
        .route("/rules/show", get(rule_page::show))
        .route("/rules/add", get(rule_change::form).post(rule_change::add))
        .route("/rules/change", post(rule_change::change))
        .route("/rules/trials/{id}", get(rule_trial::trial).post(rule_trial::propose))
        .route("/rules/proposals/{number}", get(rule_proposal::show))
        .route("/rules/proposals/{number}/approve", post(rule_proposal::approve))
        .route("/rules/proposals/{number}/refuse", post(rule_proposal::refuse))
        .route("/rules/proposals/{number}/rebase", post(rule_proposal::rebase))
        .route("/rules/history", get(rule_proposal::history))
}

impl From<FlowError> for Trouble {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Missing(_) => Self::NotFound,
            FlowError::Key(error) => error.into(),
            // The text of a rule error holds words of the rules: it is for officers' pages, not for the log.
            FlowError::Rules(_) => Self::internal(&std::io::Error::other("a rule set that was kept does not load")),
            error => Self::internal(&error),
        }
    }
}

impl Console {
    /// The set in force, verified; compiled once and kept until another is in force.
    pub(super) async fn rule_set(&self) -> Result<Arc<RuleSet>, Trouble> {
        let Some(id) = self.desk.rules_id_in_force().await? else { return Err(Trouble::Wrong(|say| say.no_rules)) };
        if let Some(kept) = self.rules.load_full()
            && kept.id() == id
        {
            return Ok(kept);
        }
        let set = Arc::new(rules::in_force(&self.desk, &self.keys.verifier).await?);
        self.rules.store(Some(set.clone()));
        Ok(set)
    }
}

/// A rule of the list.
struct Line {
    href: String,
    id: String,
    name: String,
    level: &'static str,
    action: &'static str,
    class: &'static str,
    words: usize,
    hits_30: u64,
    hits_365: u64,
    false_365: u64,
    review: String,
    expired: bool,
}

/// A proposal of the list.
struct Waiting {
    number: i64,
    by: String,
    at: String,
    note: String,
    seen: String,
}

/// The set in force.
struct InForce {
    id: String,
    since: String,
    proposed_by: String,
    approved_by: String,
    signed: &'static str,
}

#[derive(Template)]
#[template(path = "console/rules.html")]
struct RulesPage {
    frame: Frame,
    say: &'static RuleWords,
    notice: Option<&'static str>,
    asked: String,
    course: Option<Course>,
    waiting: Vec<Waiting>,
    in_force: Option<InForce>,
    expired: usize,
    lines: Vec<Line>,
}

/// How far a screening has come, in words.
pub(super) struct Course {
    pub(super) done: bool,
    pub(super) total: u64,
    pub(super) screened: u64,
    pub(super) withdrawn: u64,
    pub(super) at: String,
}

impl Course {
    pub(super) fn new(course: &RescreenCourse) -> Self {
        Self {
            done: course.finished.is_some(),
            total: course.total,
            screened: course.screened.min(course.total),
            withdrawn: course.withdrawn,
            at: course.finished.unwrap_or(course.started).minute(),
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

#[derive(Deserialize)]
struct Search {
    #[serde(default)]
    word: String,
}

async fn list(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let notice = match asked.done.as_str() {
        "refused" => Some(tongue.rules().refused),
        "approved" => Some(tongue.rules().approved),
        _ => None,
    };
    Ok(page(&listed(&console, &staff, tongue, String::new(), notice).await?))
}

async fn search(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Form(search): Form<Search>,
) -> Result<Response, Trouble> {
    let word = search.word.trim().chars().take(100).collect();
    Ok(page(&listed(&console, &staff, tongue, word, None).await?))
}

async fn listed(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    asked: String,
    notice: Option<&'static str>,
) -> Result<RulesPage, Trouble> {
    let say = tongue.rules();
    let set = console.rule_set().await?;
    let figures = Figures::load(console).await?;
    let today = console.desk.clock().now().date();
    let expired = set.rules().iter().map(|rule| overdue(rule, today)).sum();
    let rules = set.rules().iter().filter(|rule| fits(rule, &asked));
    let rows = console.desk.rule_sets(PROPOSALS).await?;
    let mut waiting = Vec::new();
    for row in rows.iter().filter(|row| row.state == RuleSetState::Proposed) {
        waiting.push(proposal(console, say, row).await?);
    }
    let course = console.desk.rescreen_course(&set.id()).await?;
    Ok(RulesPage {
        frame: Frame::staff(tongue, staff, "/rules"),
        say,
        notice,
        course: course.as_ref().map(Course::new),
        waiting,
        in_force: rows.iter().find(|row| row.state == RuleSetState::InForce).map(|row| in_force(say, row)),
        expired,
        lines: rules.map(|rule| line(tongue, rule, &figures, today)).collect(),
        asked,
    })
}

fn in_force(say: &'static RuleWords, row: &RuleSetRow) -> InForce {
    InForce {
        id: row.id.to_string().chars().take(16).collect(),
        since: row.decided_at.unwrap_or(row.proposed_at).minute(),
        proposed_by: who(&row.proposed_by),
        approved_by: row.decided_by.as_deref().map(who).unwrap_or_default(),
        // The set was verified when it was loaded.
        signed: if row.approver.is_some() { say.signed_both } else { say.shipped },
    }
}

async fn proposal(console: &Console, say: &'static RuleWords, row: &RuleSetRow) -> Result<Waiting, Trouble> {
    let trial = console.desk.rule_trial_of(row.number).await?;
    let seen = trial
        .map_or_else(String::new, |trial| format!("{} {} {}", say.would_withdraw, trial.course.withdrawn, say.items));
    Ok(Waiting {
        number: row.number,
        by: who(&row.proposed_by),
        at: row.proposed_at.minute(),
        note: row.note.clone(),
        seen,
    })
}

/// An actor without what kind it is.
pub(super) fn who(actor: &str) -> String {
    actor.split_once(':').map_or(actor, |(_, name)| name).to_owned()
}

/// The address of a rule's page. The id alone stands in it.
pub(super) fn href(rule: &str) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("id", rule).finish();
    format!("/rules/show?{query}")
}

fn fits(rule: &Rule, asked: &str) -> bool {
    let asked = asked.to_lowercase();
    asked.is_empty()
        || rule.id.to_lowercase().contains(&asked)
        || rule.name.to_lowercase().contains(&asked)
        || rule.terms().iter().any(|term| term.text.to_lowercase().contains(&asked))
}

/// How much of a rule is past its review date: the rule, or words of it.
fn overdue(rule: &Rule, today: jiff::civil::Date) -> usize {
    match rule.review_date {
        Some(date) => usize::from(date < today),
        None => rule.terms().iter().filter(|term| term.review_date.is_some_and(|date| date < today)).count(),
    }
}

/// What each rule found.
pub(super) struct Figures {
    days_30: BTreeMap<String, RuleFigures>,
    days_365: BTreeMap<String, RuleFigures>,
}

impl Figures {
    pub(super) async fn load(console: &Console) -> Result<Self, Trouble> {
        let by_rule = |rows: Vec<RuleFigures>| rows.into_iter().map(|row| (row.rule.clone(), row)).collect();
        Ok(Self {
            days_30: by_rule(console.desk.rule_figures(30).await?),
            days_365: by_rule(console.desk.rule_figures(365).await?),
        })
    }

    /// The last 30 days and the last 12 months.
    pub(super) fn of(&self, rule: &str) -> (RuleFigures, RuleFigures) {
        let of = |days: &BTreeMap<String, RuleFigures>| days.get(rule).cloned().unwrap_or_default();
        (of(&self.days_30), of(&self.days_365))
    }
}

fn line(tongue: Tongue, rule: &Rule, figures: &Figures, today: jiff::civil::Date) -> Line {
    let (month, year) = figures.of(&rule.id);
    let earliest = rule.terms().iter().filter_map(|term| term.review_date).min();
    let review = rule.review_date.or(earliest);
    Line {
        href: href(&rule.id),
        id: rule.id.clone(),
        name: rule.name.clone(),
        level: rule.level.word(),
        action: tongue.action(&rule.action),
        class: action_class(rule.action),
        words: rule.terms().len(),
        hits_30: month.hits(),
        hits_365: year.hits(),
        false_365: year.false_hits,
        review: review.map_or_else(|| tongue.rules().undated.to_owned(), |date| date.to_string()),
        expired: overdue(rule, today) > 0,
    }
}
