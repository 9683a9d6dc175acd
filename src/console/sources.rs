//! `/sources`: how each sub-site is, and whether it is collected.

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde_json::Value;

use super::Console;
use super::frame::{Frame, page};
use super::names::Names;
use super::phrases::{Said, said};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::{FlowError, job, setup};
use crate::model::{Right, Source, SourceId, Timestamp};
use crate::store::{Round, SourceState, StoreError};

/// Rounds that are looked through for the last one of each source.
const ROUNDS: u32 = 5_000;

pub(super) fn reading() -> Router<Console> {
    Router::new().route("/sources", get(list))
}

pub(super) fn changing() -> Router<Console> {
    Router::new().route("/sources/{id}/enable", post(enable)).route("/sources/{id}/disable", post(disable))
}

/// A number of the last round, in words.
struct Count {
    name: &'static str,
    number: u64,
    class: &'static str,
}

/// A line of the list.
struct Line {
    id: String,
    name: String,
    unit: String,
    review: Option<String>,
    enabled: bool,
    state: String,
    class: &'static str,
    reason: Said,
    round: String,
    counts: Vec<Count>,
    due: String,
}

#[derive(Template)]
#[template(path = "console/sources.html")]
struct SourcesPage {
    frame: Frame,
    lines: Vec<Line>,
    may_change: bool,
    troubled: usize,
    stopped: usize,
}

async fn list(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
    let desk = &console.desk;
    let names = Names::load(&console).await?;
    let states: BTreeMap<SourceId, SourceState> =
        desk.source_states().await?.into_iter().map(|state| (state.source.clone(), state)).collect();
    let mut rounds: BTreeMap<SourceId, Round> = BTreeMap::new();
    for round in desk.rounds(None, ROUNDS).await? {
        rounds.entry(round.source.clone()).or_insert(round);
    }
    let now = desk.clock().now();
    let mut lines = Vec::new();
    let due: BTreeMap<String, Timestamp> =
        desk.jobs(Some(job::COLLECT), ROUNDS).await?.into_iter().map(|job| (job.subject, job.due)).collect();
    for source in desk.sources().await? {
        let due = due.get(source.id.as_str()).copied().filter(|_| source.enabled);
        let line = line(tongue, &names, &source, states.get(&source.id), rounds.get(&source.id));
        lines.push(Line { due: due_words(tongue, due, now), ..line });
    }
    lines.sort_by_key(|line| (line.class != "block", !line.enabled));
    Ok(page(&SourcesPage {
        frame: Frame::staff(tongue, &staff, "/sources"),
        troubled: lines.iter().filter(|line| line.class == "block").count(),
        stopped: lines.iter().filter(|line| !line.enabled).count(),
        may_change: staff.role.may(Right::ChangeSources),
        lines,
    }))
}

fn line(tongue: Tongue, names: &Names, source: &Source, state: Option<&SourceState>, round: Option<&Round>) -> Line {
    let say = tongue.say();
    let (word, class) = match state {
        _ if !source.enabled => (say.stopped.to_owned(), ""),
        None => (say.never.to_owned(), ""),
        Some(state) if state.state == "ok" => (tongue.state("ok"), "good"),
        Some(state) => (tongue.state(&state.state), "block"),
    };
    Line {
        id: source.id.to_string(),
        name: source.name.clone(),
        unit: names.unit(&source.unit),
        review: source.review.as_ref().map(|review| format!("{} {}", review.by, review.record)),
        enabled: source.enabled,
        state: word,
        class,
        reason: said(tongue, state.map(|state| state.reason.as_str()).unwrap_or_default()),
        round: round.map_or_else(String::new, |round| match round.finished {
            Some(finished) => finished.minute(),
            None => say.running.to_owned(),
        }),
        counts: round.map(|round| counts(tongue, &round.stats)).unwrap_or_default(),
        due: String::new(),
    }
}

/// The numbers of a round that are not nothing.
fn counts(tongue: Tongue, stats: &Value) -> Vec<Count> {
    let say = tongue.say();
    let all = [
        ("new", say.fresh, "good"),
        ("changed", say.altered, ""),
        ("not_modified", say.unchanged, ""),
        ("gone", say.gone, "hold"),
        ("held", say.held, "hold"),
        ("failed", say.failed, "block"),
        ("forbidden", say.robots_forbid, ""),
    ];
    let count = |(key, name, class)| Count { name, number: stats[key].as_u64().unwrap_or(0), class };
    all.into_iter().map(count).filter(|count| count.number > 0).collect()
}

fn due_words(tongue: Tongue, due: Option<Timestamp>, now: Timestamp) -> String {
    match due {
        None => String::new(),
        Some(due) if due <= now => tongue.say().now_due.to_owned(),
        Some(due) => due.minute(),
    }
}

async fn enable(State(console): State<Console>, staff: Staff, Path(id): Path<String>) -> Result<Response, Trouble> {
    set(&console, &staff, &id, true).await
}

async fn disable(State(console): State<Console>, staff: Staff, Path(id): Path<String>) -> Result<Response, Trouble> {
    set(&console, &staff, &id, false).await
}

async fn set(console: &Console, staff: &Staff, id: &str, enabled: bool) -> Result<Response, Trouble> {
    let id = SourceId::new(id).map_err(|_| Trouble::NotFound)?;
    match setup::enable(&console.desk, &id, enabled, &staff.actor()).await {
        Err(FlowError::Store(StoreError::Missing(_))) => Err(Trouble::NotFound),
        Err(error) => Err(Trouble::internal(&error)),
        Ok(()) => Ok(Redirect::to("/sources").into_response()),
    }
}
