//! `/mine`: what became of the own unit's items, for editors and reviewers of a unit.
//!
//! Promise: of an item that the gate does not let pass it says 转保密审查 and the answer that an officer chose from a list; no title,
//! no word, no rule, no level, no ground. Other units' items are not there.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, Pager, page};
use super::names::{Choice, Names};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::model::Status;
use crate::store::{ItemBrief, ItemRow, Page, QueueFilter};

/// Lines of a page.
const LINES: u32 = 50;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/mine", get(list))
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    status: String,
    page: String,
}

/// A line of the list.
struct Line {
    title: String,
    address: String,
    column: String,
    status: &'static str,
    class: &'static str,
    words: String,
    updated: String,
}

#[derive(Template)]
#[template(path = "console/mine.html")]
struct MinePage {
    frame: Frame,
    unit: Option<String>,
    statuses: Vec<Choice>,
    lines: Vec<Line>,
    pager: Pager,
}

async fn list(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let status = Status::of_word(&asked.status).unwrap_or(Status::Queued);
    let number: u64 = asked.page.parse().unwrap_or(1).clamp(1, 1_000_000);
    let unit = console.desk.account(&staff.person).await?.and_then(|account| account.unit);
    let found = match &unit {
        Some(unit) => {
            let filter = QueueFilter { status: Some(status), unit: Some(unit.clone()), ..QueueFilter::default() };
            console.desk.queue(&filter, (number - 1) * u64::from(LINES), LINES).await?
        }
        None => Page { rows: Vec::new(), total: 0 },
    };
    let names = Names::load(&console).await?;
    let mut lines = Vec::new();
    for brief in &found.rows {
        let row = console.desk.item(&brief.id).await?;
        lines.push(line(tongue, &names, brief, row.as_ref()));
    }
    let choice = |choice: Status| Choice {
        value: choice.word().to_owned(),
        name: word(tongue, choice).to_owned(),
        chosen: choice == status,
    };
    Ok(page(&MinePage {
        frame: Frame::staff(tongue, &staff, "/mine"),
        unit: unit.map(|unit| names.unit(&unit)),
        statuses: Status::ALL.into_iter().map(choice).collect(),
        lines,
        pager: Pager::new(found.total, LINES.into(), number, &format!("/mine?status={}&", status.word())),
    }))
}

/// A status as a unit reads it.
fn word(tongue: Tongue, status: Status) -> &'static str {
    match status {
        Status::Quarantined => tongue.pick("转保密审查", "in confidentiality review"),
        status => tongue.status(status),
    }
}

fn line(tongue: Tongue, names: &Names, brief: &ItemBrief, row: Option<&ItemRow>) -> Line {
    let held = matches!(brief.status, Status::Quarantined | Status::Dismissed);
    let reason = row.filter(|row| row.status == brief.status).map(|row| row.reason.as_str()).unwrap_or_default();
    let words = match brief.status {
        // An answer is a choice that names no term; the ground of a closed item is the officers' own.
        Status::Quarantined if !reason.is_empty() => tongue.answer(reason),
        Status::Returned | Status::Withdrawn => reason.to_owned(),
        _ => String::new(),
    };
    Line {
        title: if held { String::new() } else { brief.title.clone() },
        address: brief.url.clone(),
        column: names.column(&brief.column),
        status: word(tongue, brief.status),
        class: if held { "hold" } else { "" },
        words,
        updated: brief.updated.minute(),
    }
}
