//! `/rules/trials`: what a change would hit, and the form that proposes it. What it takes effect by is another's approval.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::marks::{Glyphs, action_class, glyphs};
use super::rule_change::refused;
use super::rule_words::{RuleWords, refusal, rule_error, said};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::rule_diff::{self, RuleChange};
use crate::flow::rule_edit::{Edit, NewTerm};
use crate::flow::{FlowError, officer_key, rule_forms, rule_trial, rules};
use crate::store::{RuleTrialRow, TrialCourse, TrialState};

/// Words of which the variants are shown.
const SHOWN_WORDS: usize = 5;

/// A hit, for people.
pub(super) struct Hit {
    pub(super) item: String,
    pub(super) title: String,
    pub(super) status: String,
    pub(super) published: String,
    pub(super) action: &'static str,
    pub(super) class: &'static str,
    pub(super) rule: String,
    pub(super) field: &'static str,
    pub(super) before: Vec<Glyphs>,
    pub(super) text: Vec<Glyphs>,
    pub(super) after: Vec<Glyphs>,
    pub(super) transforms: String,
}

/// How far a trial has come, for people.
pub(super) struct Course {
    pub(super) going: bool,
    pub(super) waiting: bool,
    pub(super) failed: Option<String>,
    pub(super) total: u64,
    pub(super) seen: u64,
    pub(super) hits: u64,
    pub(super) withdrawn: u64,
    pub(super) waiting_hits: u64,
    pub(super) shown: Vec<Hit>,
}

impl Course {
    pub(super) fn new(tongue: Tongue, course: &TrialCourse) -> Result<Self, Trouble> {
        let shown = rule_trial::shown(course)?;
        Ok(Self {
            going: matches!(course.state, TrialState::Waiting | TrialState::Running),
            waiting: course.state == TrialState::Waiting,
            failed: (course.state == TrialState::Failed).then(|| said(tongue, &course.error)),
            total: course.total,
            seen: course.seen,
            hits: course.hits,
            withdrawn: course.withdrawn,
            waiting_hits: course.waiting_hits,
            shown: shown.into_iter().map(|hit| Hit::new(tongue, hit)).collect(),
        })
    }
}

impl Hit {
    fn new(tongue: Tongue, hit: rule_trial::Hit) -> Self {
        let undone: Vec<String> = hit.transforms.iter().map(|name| tongue.transform(name)).collect();
        Self {
            item: hit.item.to_string(),
            title: hit.title,
            status: hit.status,
            published: hit.published,
            action: tongue.action(&hit.action),
            class: action_class(hit.action),
            rule: hit.rule,
            field: tongue.field(&hit.field),
            before: glyphs(&hit.before),
            text: glyphs(&hit.text),
            after: glyphs(&hit.after),
            transforms: undone.join("、"),
        }
    }
}

/// A word that would be added, in its disguises.
struct Word {
    text: String,
    forms: Vec<Disguise>,
}

struct Disguise {
    level: u8,
    name: &'static str,
    text: Vec<Glyphs>,
    caught: bool,
}

#[derive(Template)]
#[template(path = "console/rule_trial.html")]
struct TrialPage {
    frame: Frame,
    say: &'static RuleWords,
    id: String,
    wrong: Option<String>,
    changes: Vec<RuleChange>,
    remarks: Vec<String>,
    words: Vec<Word>,
    course: Course,
    note: String,
}

pub(super) async fn trial(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let row = console.desk.rule_trial(&id).await?.filter(|row| row.proposal.is_none()).ok_or(Trouble::NotFound)?;
    Ok(page(&trial_page(&console, &staff, tongue, &row, None, String::new()).await?))
}

async fn trial_page(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    row: &RuleTrialRow,
    wrong: Option<String>,
    note: String,
) -> Result<TrialPage, Trouble> {
    let course = Course::new(tongue, &row.course)?;
    let edits = rule_trial::edits_of(row)?;
    let now = console.rule_set().await?;
    // While it is under way the page is renewed often: what takes long waits for the end.
    let (mut changes, mut remarks, mut words, mut wrong) = (Vec::new(), Vec::new(), Vec::new(), wrong);
    match rules::edited(&now, &edits).await {
        Ok(changed) => {
            changes = rule_diff::changes(&now, &changed);
            let known = rule_forms::remarks(&now);
            let news = rule_forms::remarks(&changed).into_iter().filter(|remark| !known.contains(remark));
            remarks = news.map(|remark| rule_error(tongue, &remark)).collect();
        }
        Err(error) if wrong.is_none() => wrong = Some(refusal(tongue, error)?),
        Err(_) => {}
    }
    if !course.going {
        for edit in edits.iter().take(SHOWN_WORDS) {
            if let Edit::AddTerm(new) = edit {
                words.push(word(tongue, new).await?);
            }
        }
    }
    Ok(TrialPage {
        frame: Frame::staff(tongue, staff, "/rules"),
        say: tongue.rules(),
        id: row.id.clone(),
        wrong,
        changes,
        remarks,
        words,
        course,
        note,
    })
}

async fn word(tongue: Tongue, new: &NewTerm) -> Result<Word, FlowError> {
    let form = |form: rule_forms::Form| Disguise {
        level: form.level,
        name: tongue.pick(form.name.0, form.name.1),
        text: glyphs(&form.text.replace('\n', "⏎")),
        caught: form.caught,
    };
    let forms = rule_forms::forms(new).await?.into_iter().map(form).collect();
    Ok(Word { text: new.term.clone(), forms })
}

#[derive(Deserialize)]
pub(super) struct Signing {
    password: String,
    #[serde(default)]
    note: String,
}

pub(super) async fn propose(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(signing): Form<Signing>,
) -> Result<Response, Trouble> {
    let row = console.desk.rule_trial(&id).await?.filter(|row| row.proposal.is_none()).ok_or(Trouble::NotFound)?;
    match signed(&console, &staff, &row, &signing).await {
        Ok(number) => Ok(Redirect::to(&format!("/rules/proposals/{number}?done=proposed")).into_response()),
        Err(error) => {
            let wrong = refusal(tongue, error)?;
            Ok(refused(page(&trial_page(&console, &staff, tongue, &row, Some(wrong), signing.note).await?)))
        }
    }
}

async fn signed(console: &Console, staff: &Staff, row: &RuleTrialRow, signing: &Signing) -> Result<i64, FlowError> {
    let edits = rule_trial::edits_of(row)?;
    let officer = officer_key::unlock(&console.desk, &staff.person, &signing.password).await?;
    rules::propose_edits(&console.desk, &console.keys.verifier, &officer, &edits, &signing.note).await
}
