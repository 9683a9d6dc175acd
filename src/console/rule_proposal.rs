//! `/rules/proposals`, `/rules/history`: what a second officer sees before signing, and what was changed by whom.
//!
//! What a proposal changes is worked out anew from the two texts: what was noted when it was proposed might have been
//! changed behind the desk's back, while the second officer signs for what is shown.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::marks::Glyphs;
use super::quarantine_release::{Released, carry_out, released};
use super::rule_change::refused;
use super::rule_trial::Course;
use super::rule_words::{RuleWords, changes_noted, refusal};
use super::rules::{self as list, who};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::rule_diff::RuleChange;
use crate::flow::{FlowError, officer_key, rules};
use crate::store::{RuleSetRow, RuleSetState, TrialState};

/// How long a second officer waits for a trial before the forms are shown without its end.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(300);
/// Sets of the history.
const SETS: u32 = 200;

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

#[derive(Template)]
#[template(path = "console/rule_proposal.html")]
struct ProposalPage {
    frame: Frame,
    say: &'static RuleWords,
    number: i64,
    notice: Option<&'static str>,
    wrong: Option<String>,
    state: &'static str,
    class: &'static str,
    facts: Vec<(&'static str, String)>,
    changes: Vec<RuleChange>,
    course: Option<Course>,
    rescreen: Option<list::Course>,
    open: bool,
    own: bool,
    stale: bool,
    may_rebase: bool,
    smaller: bool,
    trying: bool,
    releases: Vec<Released>,
}

fn state(say: &'static RuleWords, state: RuleSetState) -> (&'static str, &'static str) {
    match state {
        RuleSetState::Proposed => (say.state_proposed, "hold"),
        RuleSetState::InForce => (say.state_in_force, "good"),
        RuleSetState::Superseded => (say.state_superseded, ""),
        RuleSetState::Refused => (say.state_refused, "block"),
    }
}

pub(super) async fn show(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(number): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let say = tongue.rules();
    let notice = match asked.done.as_str() {
        "proposed" => Some(say.proposed),
        "approved" => Some(say.approved),
        "refused" => Some(say.refused),
        _ => None,
    };
    Ok(page(&proposal(&console, &staff, tongue, number, notice, None).await?))
}

async fn proposal(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    number: i64,
    notice: Option<&'static str>,
    wrong: Option<String>,
) -> Result<ProposalPage, Trouble> {
    let say = tongue.rules();
    let row = console.desk.rule_set(number).await?.ok_or(Trouble::NotFound)?;
    let (changes, wrong) = match rules::changes_of(&console.desk, &row).await {
        Ok(changes) => (changes, wrong),
        Err(error) => (Vec::new(), Some(wrong.map_or_else(|| refusal(tongue, error), Ok)?)),
    };
    let trial = console.desk.rule_trial_of(number).await?;
    let open = row.state == RuleSetState::Proposed;
    // Nobody signs before the trial has said what would happen; one that does not come to an end stops nobody.
    let now = console.desk.clock().now();
    let trying = trial.as_ref().is_some_and(|trial| {
        open && matches!(trial.course.state, TrialState::Waiting | TrialState::Running)
            && now.since(trial.created) < PATIENCE
    });
    let stale = open && row.base != console.desk.rules_id_in_force().await?;
    let rescreen = match row.state {
        RuleSetState::InForce => console.desk.rescreen_course(&row.id).await?.as_ref().map(list::Course::new),
        _ => None,
    };
    let (word, class) = state(say, row.state);
    Ok(ProposalPage {
        frame: Frame::staff(tongue, staff, "/rules"),
        say,
        number,
        notice,
        wrong,
        state: word,
        class,
        facts: facts(say, &row),
        changes,
        course: trial.map(|trial| Course::new(tongue, &trial.course)).transpose()?,
        rescreen,
        open,
        own: row.proposed_by == staff.actor().to_string(),
        stale,
        may_rebase: stale && row.edits.is_some(),
        smaller: row.smaller,
        trying,
        releases: released(console, staff, &row).await?,
    })
}

fn facts(say: &'static RuleWords, row: &RuleSetRow) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        (say.proposed_by, format!("{} · {}", who(&row.proposed_by), row.proposed_at.minute())),
        (say.note, row.note.clone()),
    ];
    if let Some((before, after)) = row.sizes {
        facts.push((say.sizes, format!("{before} → {after}")));
    }
    if let (Some(by), Some(at)) = (&row.decided_by, row.decided_at) {
        let what = if row.state == RuleSetState::Refused { say.state_refused } else { say.approved_by };
        facts.push((what, format!("{} · {}", who(by), at.minute())));
    }
    if !row.refusal.is_empty() {
        facts.push((say.reason, row.refusal.clone()));
    }
    let key = |signed: &Option<crate::store::Signed>| signed.as_ref().map(|signed| signed.key.clone());
    let keys: Vec<String> = [key(&row.proposer), key(&row.approver)].into_iter().flatten().collect();
    facts.push((say.signature, if keys.is_empty() { say.shipped.to_owned() } else { keys.join("、") }));
    facts.push(("SHA-256", format!("{}…", row.id.to_string().chars().take(16).collect::<String>())));
    facts
}

#[derive(Deserialize)]
pub(super) struct Approval {
    password: String,
    #[serde(default)]
    smaller: String,
}

pub(super) async fn approve(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(number): Path<i64>,
    Form(approval): Form<Approval>,
) -> Result<Response, Trouble> {
    let approved = async {
        let row = rules::open_proposal(&console.desk, number).await?;
        if row.proposed_by == staff.actor().to_string() {
            let why = format!("proposal {number} was made by the same person: another officer must approve it");
            return Err(FlowError::Refused(why));
        }
        let officer = officer_key::unlock(&console.desk, &staff.person, &approval.password).await?;
        rules::approve_signed(&console.desk, &console.keys, &officer, number, approval.smaller == "yes").await?;
        carry_out(&console, &officer, number).await;
        Ok(())
    };
    match approved.await {
        Ok(()) => Ok(Redirect::to(&format!("/rules/proposals/{number}?done=approved")).into_response()),
        Err(error) => again(&console, &staff, tongue, number, error).await,
    }
}

/// The same page with what was wrong.
async fn again(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    number: i64,
    error: FlowError,
) -> Result<Response, Trouble> {
    let wrong = refusal(tongue, error)?;
    Ok(refused(page(&proposal(console, staff, tongue, number, None, Some(wrong)).await?)))
}

#[derive(Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    reason: String,
}

pub(super) async fn refuse(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(number): Path<i64>,
    Form(refusal): Form<Refusal>,
) -> Result<Response, Trouble> {
    let reason: String = refusal.reason.chars().take(500).collect();
    match rules::refuse(&console.desk, number, &staff.actor(), &reason).await {
        Ok(()) => Ok(Redirect::to(&format!("/rules/proposals/{number}?done=refused")).into_response()),
        Err(error) => again(&console, &staff, tongue, number, error).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Rebasing {
    password: String,
}

pub(super) async fn rebase(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(number): Path<i64>,
    Form(rebasing): Form<Rebasing>,
) -> Result<Response, Trouble> {
    let rebased = async {
        let officer = officer_key::unlock(&console.desk, &staff.person, &rebasing.password).await?;
        rules::rebase(&console.desk, &console.keys.verifier, &officer, number).await
    };
    match rebased.await {
        Ok(new) => Ok(Redirect::to(&format!("/rules/proposals/{new}?done=proposed")).into_response()),
        Err(error) => again(&console, &staff, tongue, number, error).await,
    }
}

/// A set of the history.
struct Line {
    number: i64,
    state: &'static str,
    class: &'static str,
    by: String,
    at: String,
    decided: String,
    note: String,
    changes: Vec<RuleChange>,
}

#[derive(Template)]
#[template(path = "console/rule_history.html")]
struct HistoryPage {
    frame: Frame,
    say: &'static RuleWords,
    lines: Vec<Line>,
}

pub(super) async fn history(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
    let say = tongue.rules();
    let line = |row: RuleSetRow| {
        let (state, class) = state(say, row.state);
        let decided = row.decided_by.as_deref().map(who).unwrap_or_default();
        let at = row.decided_at.map(crate::model::Timestamp::minute).unwrap_or_default();
        Line {
            number: row.number,
            state,
            class,
            by: who(&row.proposed_by),
            at: row.proposed_at.minute(),
            decided: format!("{decided} {at}").trim().to_owned(),
            note: row.note,
            changes: changes_noted(tongue, row.changes.as_deref()),
        }
    };
    let lines = console.desk.rule_sets(SETS).await?.into_iter().map(line).collect();
    Ok(page(&HistoryPage { frame: Frame::staff(tongue, &staff, "/rules"), say, lines }))
}
