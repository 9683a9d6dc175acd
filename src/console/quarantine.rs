//! `/quarantine`: what the gate did not let through, for security officers alone.

use std::collections::BTreeSet;

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, Pager, page};
use super::item::{self, ItemView};
use super::marks::{Glyphs, action_class};
use super::names::Names;
use super::queue::item_id;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::review::{self, Seen};
use crate::model::{Action, ContentHash, Outcome, Status, Verdict};
use crate::store::{ItemBrief, QueueFilter};

/// Lines of a page.
const LINES: u32 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/quarantine", get(list))
        .route("/quarantine/{id}", get(show))
        .route("/quarantine/{id}/files/{number}", get(file))
        .route("/quarantine/{id}/dismiss", post(dismiss))
        .route("/quarantine/{id}/rescreen", post(rescreen))
}

/// The filter as it stands in the address.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    status: String,
    page: String,
    done: String,
}

/// A line of the list.
struct Line {
    href: String,
    title: String,
    unit: String,
    source: String,
    outcome: &'static str,
    class: &'static str,
    rules: BTreeSet<String>,
    unreadable: usize,
    updated: String,
}

#[derive(Template)]
#[template(path = "console/quarantine.html")]
struct QuarantinePage {
    frame: Frame,
    notice: Option<&'static str>,
    closed: bool,
    lines: Vec<Line>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "console/quarantine_item.html")]
struct QuarantineItemPage {
    frame: Frame,
    item: ItemView,
    notice: Option<&'static str>,
    outcome: &'static str,
    class: &'static str,
    open: bool,
    ground: String,
    grounds: Vec<(&'static str, &'static str)>,
}

async fn list(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let closed = asked.status == Status::Dismissed.word();
    let status = if closed { Status::Dismissed } else { Status::Quarantined };
    let number: u64 = asked.page.parse().unwrap_or(1).clamp(1, 1_000_000);
    let filter = QueueFilter { status: Some(status), ..QueueFilter::default() };
    let found = review::quarantine_page(&console.desk, &filter, (number - 1) * u64::from(LINES), LINES).await?;
    let names = Names::load(&console).await?;
    let mut lines = Vec::new();
    for brief in &found.rows {
        let verdict = console.desk.item(&brief.id).await?.map(|item| item.verdict);
        lines.push(line(tongue, &names, brief, verdict.as_ref()));
    }
    Ok(page(&QuarantinePage {
        frame: Frame::staff(tongue, &staff, "/quarantine"),
        notice: notice(tongue, &asked.done),
        closed,
        lines,
        pager: Pager::new(found.total, LINES.into(), number, &format!("/quarantine?status={}&", status.word())),
    }))
}

fn notice(tongue: Tongue, done: &str) -> Option<&'static str> {
    match done {
        "dismissed" => Some(tongue.say().dismissed_done),
        "rescreen" => Some(tongue.say().rescreen_done),
        _ => None,
    }
}

fn line(tongue: Tongue, names: &Names, brief: &ItemBrief, verdict: Option<&Verdict>) -> Line {
    let findings = verdict.map(|verdict| verdict.findings.as_slice()).unwrap_or_default();
    Line {
        href: format!("/quarantine/{}", brief.id),
        title: brief.title.clone(),
        unit: names.unit(&brief.unit),
        source: names.other_source(brief.source.as_ref(), &brief.unit),
        outcome: tongue.outcome(brief.outcome),
        class: outcome_class(brief.outcome),
        rules: findings.iter().map(|finding| finding.rule.clone()).collect(),
        unreadable: verdict.map(|verdict| verdict.unreadable.len()).unwrap_or_default(),
        updated: brief.updated.minute(),
    }
}

fn outcome_class(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => action_class(Action::Note),
        Outcome::Hold => action_class(Action::Hold),
        Outcome::Block => action_class(Action::Block),
    }
}

async fn show(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let detail = review::quarantined(&console.desk, &item_id(&id)?, &staff.person).await?;
    Ok(page(&QuarantineItemPage {
        frame: Frame::staff(tongue, &staff, "/quarantine"),
        item: ItemView::new(&console, tongue, "/quarantine", &detail).await?,
        notice: notice(tongue, &asked.done),
        outcome: tongue.outcome(detail.item.outcome),
        class: outcome_class(detail.item.outcome),
        open: detail.item.status == Status::Quarantined,
        ground: tongue.ground(&detail.item.reason),
        grounds: tongue.grounds(),
    }))
}

async fn file(
    State(console): State<Console>,
    staff: Staff,
    Path((id, number)): Path<(String, usize)>,
) -> Result<Response, Trouble> {
    let detail = review::quarantined(&console.desk, &item_id(&id)?, &staff.person).await?;
    item::file(&console, &detail.item, number).await
}

#[derive(Deserialize)]
struct Dismissal {
    version: i64,
    content: String,
    #[serde(default)]
    ground: String,
}

async fn dismiss(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(dismissal): Form<Dismissal>,
) -> Result<Response, Trouble> {
    if !tongue.grounds().iter().any(|(ground, _)| *ground == dismissal.ground) {
        return Err(Trouble::Wrong(|say| say.ground_needed));
    }
    let content: ContentHash = dismissal.content.parse().map_err(|_| Trouble::StaleForm)?;
    let seen = Seen { version: dismissal.version, content };
    review::dismiss(&console.desk, &staff.person, &item_id(&id)?, seen, &dismissal.ground).await?;
    Ok(Redirect::to("/quarantine?done=dismissed").into_response())
}

async fn rescreen(State(console): State<Console>, staff: Staff, Path(id): Path<String>) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    review::request_rescreen(&console.desk, &staff.person, &id).await?;
    Ok(Redirect::to(&format!("/quarantine/{id}?done=rescreen")).into_response())
}
