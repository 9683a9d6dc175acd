//! What is sealed, shown: an officer gives a reason and the own password, the opening goes on record, and the answer to
//! that one request holds the text with every finding at its place. Nothing of it is kept; the page is not cached.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::frame::{Frame, page};
use super::item::{self, ItemView};
use super::marks::Glyphs;
use super::quarantine::outcome_class;
use super::quarantine_release::waiting;
use super::queue::item_id;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::{Tongue, Words};
use crate::flow::FlowError;
use crate::flow::officer_key::{Unlocked, unlock};
use crate::flow::quarantine::{free, open as opening};
use crate::flow::review::Detail;
use crate::model::Status;
use crate::screen::Release;

/// Items that one request screens again; a request has seconds.
const AT_ONCE: u64 = 100;

/// A password, and why.
#[derive(Deserialize)]
pub(super) struct Opening {
    pub(super) password: String,
    #[serde(default)]
    pub(super) reason: String,
}

#[derive(Template)]
#[template(path = "console/quarantine_opened.html")]
struct OpenedPage {
    frame: Frame,
    item: ItemView,
    outcome: &'static str,
    class: &'static str,
    reason: String,
    waiting: bool,
    /// Whether two officers could release it: everything was read.
    releasable: bool,
    /// Whether a hit is of a level of state secrets.
    vouched: bool,
    /// Proposals that wait to release it.
    asked: Vec<i64>,
}

impl Opening {
    /// The officer's own key, which the password unlocks.
    pub(super) async fn key(&self, console: &Console, staff: &Staff) -> Result<Unlocked, Trouble> {
        Ok(unlock(&console.desk, &staff.person, &self.password).await?)
    }
}

fn reasoned(opening: &Opening) -> Result<&str, Trouble> {
    let reason = opening.reason.trim();
    match reason.chars().count() {
        0 => Err(Trouble::Wrong(|say| say.reason_needed)),
        1..=opening::LONGEST_REASON => Ok(reason),
        _ => Err(Trouble::Wrong(|say| say.reason_long)),
    }
}

/// No access for this officer's key is an answer, not an error of the inside.
pub(super) fn unsealed<T>(result: Result<T, FlowError>) -> Result<T, Trouble> {
    refused_as(result, |say| say.key_no_access)
}

/// What the flow refuses, in words of the page; the rest is ours to mend.
pub(super) fn refused_as<T>(result: Result<T, FlowError>, words: fn(&Words) -> &'static str) -> Result<T, Trouble> {
    result.map_err(|error| match error {
        FlowError::Refused(_) => Trouble::Wrong(words),
        error => error.into(),
    })
}

pub(super) async fn open(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(asked): Form<Opening>,
) -> Result<Response, Trouble> {
    let (id, reason) = (item_id(&id)?, reasoned(&asked)?);
    let key = asked.key(&console, &staff).await?;
    let opened = opening::open(&console.desk, &console.blobs, &staff.person, &key, &id, reason).await;
    let opened = unsealed(opened)?;
    let history = console.desk.audit_of(id.as_str()).await?;
    let detail = Detail { item: opened.row, same: Vec::new(), history };
    let verdict = &opened.package.verdict;
    Ok(page(&OpenedPage {
        frame: Frame::staff(tongue, &staff, "/quarantine"),
        item: ItemView::opened(&console, tongue, &detail, &opened.package).await?,
        outcome: tongue.outcome(detail.item.outcome),
        class: outcome_class(detail.item.outcome),
        reason: reason.to_owned(),
        waiting: detail.item.status == Status::Quarantined,
        releasable: verdict.unreadable.is_empty(),
        asked: waiting(&console, &detail.history).await?,
        vouched: verdict.findings.iter().any(|finding| Release::is_vouched(finding.level)),
    }))
}

/// A file of the item, to be saved; that is an opening of its own.
pub(super) async fn file(
    State(console): State<Console>,
    staff: Staff,
    Path((id, number)): Path<(String, usize)>,
    Form(asked): Form<Opening>,
) -> Result<Response, Trouble> {
    let (id, reason) = (item_id(&id)?, reasoned(&asked)?);
    let key = asked.key(&console, &staff).await?;
    let mut tx = console.desk.begin().await?;
    let detail = json!({"reason": reason, "number": number, "key": key.record().id});
    tx.audit(&staff.actor(), "quarantine.file", id.as_str(), &detail).await?;
    tx.commit().await?;
    let opened = unsealed(opening::open(&console.desk, &console.blobs, &staff.person, &key, &id, reason).await)?;
    let content = opened.package.fields()?;
    let file = content.attachments.get(number).ok_or(Trouble::NotFound)?;
    let bytes = opened.package.file(&file.blob).ok_or(Trouble::NotFound)?;
    item::to_save(&file.name, bytes.to_vec())
}

/// Screens one item again under the rules in force.
pub(super) async fn rescreen(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(asked): Form<Opening>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    let key = asked.key(&console, &staff).await?;
    let (sealer, screener) = (console.sealer(), console.gate().await?);
    let freed = unsealed(free::free_one(&sealer, &screener, &staff.person, &key, &id).await)?;
    let place =
        if freed.freed > 0 { "/quarantine?done=freed".to_owned() } else { format!("/quarantine/{id}?done=held") };
    Ok(Redirect::to(&place).into_response())
}

/// Screens everything again that was held under other rules, as far as one request goes.
pub(super) async fn rescreen_all(
    State(console): State<Console>,
    staff: Staff,
    Form(asked): Form<Opening>,
) -> Result<Response, Trouble> {
    let key = asked.key(&console, &staff).await?;
    let (sealer, screener) = (console.sealer(), console.gate().await?);
    let freed = unsealed(free::free_all(&sealer, &screener, &staff.person, &key, AT_ONCE).await)?;
    let done = if freed.freed > 0 { "freed" } else { "held" };
    Ok(Redirect::to(&format!("/quarantine?done={done}")).into_response())
}
