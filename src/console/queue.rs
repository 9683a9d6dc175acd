//! `/queue`: what the gate let through, and what reviewers decide about it.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, Pager, page};
use super::item::{self, ItemView};
use super::marks::Glyphs;
use super::names::{Choice, Names};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::review::{self, Seen};
use crate::model::{ContentHash, ItemId, Right, Status};
use crate::store::{ItemBrief, QueueFilter};

/// Lines of a page.
const LINES: u32 = 50;

/// What anybody with the queue may do.
pub(super) fn reading() -> Router<Console> {
    Router::new()
        .route("/queue", get(list))
        .route("/queue/{id}", get(show))
        .route("/queue/{id}/preview", get(preview))
        .route("/queue/{id}/files/{number}", get(file))
}

/// What reviewers may do.
pub(super) fn deciding() -> Router<Console> {
    Router::new().route("/queue/{id}/approve", post(approve)).route("/queue/{id}/return", post(send_back))
}

/// Who may take an item off the site.
pub(super) fn withdrawing() -> Router<Console> {
    Router::new().route("/queue/{id}/withdraw", post(withdraw))
}

/// The filter as it stands in the address; empty is any.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    status: String,
    source: String,
    unit: String,
    column: String,
    text: String,
    page: String,
    done: String,
}

impl Asked {
    fn filter(&self) -> QueueFilter {
        let text: String = self.text.trim().chars().take(100).collect();
        QueueFilter {
            status: Some(self.status()),
            source: self.source.parse().ok(),
            unit: self.unit.parse().ok(),
            column: self.column.parse().ok(),
            text: (!text.is_empty()).then_some(text),
        }
    }

    fn status(&self) -> Status {
        Status::of_word(&self.status).filter(|status| review::QUEUE.contains(status)).unwrap_or(Status::Queued)
    }

    fn page(&self) -> u64 {
        self.page.parse().unwrap_or(1).clamp(1, 1_000_000)
    }

    fn address(&self) -> String {
        const START: &str = "/queue?";
        let mut pairs = url::form_urlencoded::Serializer::for_suffix(START.to_owned(), START.len());
        let all = [
            ("status", self.status().word()),
            ("source", &self.source),
            ("unit", &self.unit),
            ("column", &self.column),
            ("text", self.text.trim()),
        ];
        for (name, value) in all.into_iter().filter(|(_, value)| !value.is_empty()) {
            pairs.append_pair(name, value);
        }
        pairs.finish() + "&"
    }
}

/// A line of the list.
struct Line {
    href: String,
    title: String,
    unit: String,
    source: String,
    column: String,
    published: String,
    updated: String,
    notes: usize,
    near: bool,
    was: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "console/queue.html")]
struct QueuePage {
    frame: Frame,
    notice: Option<&'static str>,
    statuses: Vec<Choice>,
    sources: Vec<Choice>,
    units: Vec<Choice>,
    columns: Vec<Choice>,
    text: String,
    lines: Vec<Line>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "console/queue_item.html")]
struct QueueItemPage {
    frame: Frame,
    item: ItemView,
    was: Option<&'static str>,
    reason: String,
    may_decide: bool,
    may_withdraw: bool,
    waits: bool,
}

async fn list(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    let filter = asked.filter();
    let offset = (asked.page() - 1) * u64::from(LINES);
    let found = review::queue_page(&console.desk, &filter, offset, LINES).await?;
    let names = Names::load(&console).await?;
    let mut lines = Vec::new();
    for brief in &found.rows {
        let item = console.desk.item(&brief.id).await?;
        let notes = item.map(|item| item.verdict.findings.len()).unwrap_or_default();
        lines.push(line(tongue, &names, brief, notes));
    }
    let status = asked.status();
    let say = tongue.say();
    let statuses = review::QUEUE.into_iter().map(|choice| Choice {
        value: choice.word().to_owned(),
        name: tongue.status(choice).to_owned(),
        chosen: choice == status,
    });
    Ok(page(&QueuePage {
        frame: Frame::staff(tongue, &staff, "/queue"),
        notice: match asked.done.as_str() {
            "approved" => Some(say.approved_done),
            "returned" => Some(say.returned_done),
            "withdrawing" => Some(say.withdrawing),
            _ => None,
        },
        statuses: statuses.collect(),
        sources: names.source_choices(filter.source.as_ref()),
        units: names.unit_choices(filter.unit.as_ref()),
        columns: names.column_choices(filter.column.as_ref()),
        lines,
        pager: Pager::new(found.total, LINES.into(), asked.page(), &asked.address()),
        text: filter.text.unwrap_or_default(),
    }))
}

/// Where an item stood before it came back changed, if a person had taken it off.
fn was(tongue: Tongue, flags: &serde_json::Value) -> Option<&'static str> {
    flags["back_after"].as_str().and_then(Status::of_word).map(|status| tongue.status(status))
}

fn line(tongue: Tongue, names: &Names, brief: &ItemBrief, notes: usize) -> Line {
    Line {
        href: format!("/queue/{}", brief.id),
        title: brief.title.clone(),
        unit: names.unit(&brief.unit),
        source: names.other_source(brief.source.as_ref(), &brief.unit),
        column: names.column(&brief.column),
        published: brief.published.map(|at| at.date().to_string()).unwrap_or_default(),
        updated: brief.updated.minute(),
        notes,
        near: brief.duplicate_of.is_some(),
        was: was(tongue, &brief.flags),
    }
}

async fn show(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let detail = review::queued(&console.desk, &item_id(&id)?).await?;
    let status = detail.item.status;
    Ok(page(&QueueItemPage {
        frame: Frame::staff(tongue, &staff, "/queue"),
        item: ItemView::new(&console, tongue, "/queue", &detail).await?,
        may_decide: staff.role.may(Right::Decide) && status == Status::Queued,
        may_withdraw: staff.role.may(Right::Withdraw) && review::may_be_withdrawn(&detail.item),
        waits: status == Status::Queued,
        was: was(tongue, &detail.item.flags),
        reason: detail.item.reason,
    }))
}

async fn preview(State(console): State<Console>, _: Staff, Path(id): Path<String>) -> Result<Response, Trouble> {
    item::preview(&review::queued(&console.desk, &item_id(&id)?).await?.item)
}

async fn file(
    State(console): State<Console>,
    _: Staff,
    Path((id, number)): Path<(String, usize)>,
) -> Result<Response, Trouble> {
    let detail = review::queued(&console.desk, &item_id(&id)?).await?;
    item::file(&console, &detail.item, number).await
}

/// What a decision's form sends: what was seen, and words.
#[derive(Deserialize)]
struct Decided {
    version: i64,
    content: String,
    #[serde(default)]
    words: String,
}

impl Decided {
    fn seen(&self) -> Result<Seen, Trouble> {
        let content: ContentHash = self.content.parse().map_err(|_| Trouble::StaleForm)?;
        Ok(Seen { version: self.version, content })
    }
}

async fn approve(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(decided): Form<Decided>,
) -> Result<Response, Trouble> {
    review::approve(&console.desk, &staff.person, &item_id(&id)?, decided.seen()?, &decided.words).await?;
    Ok(Redirect::to("/queue?done=approved").into_response())
}

async fn send_back(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(decided): Form<Decided>,
) -> Result<Response, Trouble> {
    review::send_back(&console.desk, &staff.person, &item_id(&id)?, decided.seen()?, &decided.words).await?;
    Ok(Redirect::to("/queue?done=returned").into_response())
}

async fn withdraw(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(decided): Form<Decided>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    review::request_withdrawal(&console.desk, &staff.person, &id, decided.version, &decided.words).await?;
    Ok(Redirect::to("/queue?status=published&done=withdrawing").into_response())
}

/// The id in an address; what is none is not found.
pub(super) fn item_id(text: &str) -> Result<ItemId, Trouble> {
    ItemId::new(text).map_err(|_| Trouble::NotFound)
}
