//! What officers decide about a quarantined item: 确认涉密 with its 上报单, 退回, 不予发布, 销毁; and access for another officer.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use super::Console;
use super::frame::{Frame, page};
use super::quarantine_open::{Opening, unsealed};
use super::queue::item_id;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::FlowError;
use crate::flow::officer_key::unlock;
use crate::flow::quarantine::{decide, grant as granting};
use crate::flow::review::{self, Seen};
use crate::model::{ContentHash, ItemId, PersonId, Timestamp};
use crate::store::{Incident, StoreError};

/// A decision about exactly what was seen.
#[derive(Deserialize)]
pub(super) struct Decided {
    version: i64,
    content: String,
    #[serde(default)]
    ground: String,
    #[serde(default)]
    answer: String,
}

impl Decided {
    fn seen(&self) -> Result<Seen, Trouble> {
        let content: ContentHash = self.content.parse().map_err(|_| Trouble::StaleForm)?;
        Ok(Seen { version: self.version, content })
    }
}

fn decided<T>(id: &ItemId, result: Result<T, FlowError>) -> Result<T, Trouble> {
    result.map_err(|error| match error {
        FlowError::Store(StoreError::Conflict { .. } | StoreError::IllegalMove { .. }) => {
            Trouble::Conflict(format!("/quarantine/{id}"))
        }
        FlowError::Refused(_) => Trouble::Wrong(|say| say.ground_needed),
        error => error.into(),
    })
}

pub(super) async fn confirm(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(asked): Form<Decided>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    let done = decide::confirm(&console.desk, &staff.person, &id, asked.seen()?, &asked.ground).await;
    let number = decided(&id, done)?;
    Ok(Redirect::to(&format!("/quarantine/incidents/{number}")).into_response())
}

pub(super) async fn send_back(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(asked): Form<Decided>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    decided(&id, decide::send_back(&console.desk, &staff.person, &id, asked.seen()?, &asked.answer).await)?;
    Ok(Redirect::to(&format!("/quarantine/{id}?done=returned")).into_response())
}

pub(super) async fn dismiss(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(asked): Form<Decided>,
) -> Result<Response, Trouble> {
    let known = tongue.grounds().iter().any(|(ground, _)| *ground == asked.ground);
    if !known || decide::SECRETS.contains(&asked.ground.as_str()) {
        return Err(Trouble::Wrong(|say| say.ground_needed));
    }
    review::dismiss(&console.desk, &staff.person, &item_id(&id)?, asked.seen()?, &asked.ground).await?;
    Ok(Redirect::to("/quarantine?done=dismissed").into_response())
}

/// Asks for the destruction of a closed item, or confirms it as the second officer.
pub(super) async fn destroy(
    State(console): State<Console>,
    staff: Staff,
    Path(id): Path<String>,
    Form(asked): Form<Opening>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    let key = unlock(&console.desk, &staff.person, &asked.password).await?;
    let waits = console.desk.destruction(&id).await?.is_some_and(|asked| asked.confirmed.is_none());
    let refused = |error| match error {
        FlowError::Refused(_) => Trouble::Wrong(|say| say.destroy_refused),
        error => Trouble::from(error),
    };
    let done = if waits {
        decide::confirm_destruction(&console.desk, &key, &id).await.map_err(refused)?;
        "destroyed"
    } else {
        decide::ask_destruction(&console.desk, &key, &id, &asked.reason).await.map_err(refused)?;
        "destroy-asked"
    };
    Ok(Redirect::to(&format!("/quarantine/{id}?done={done}")).into_response())
}

#[derive(Deserialize)]
pub(super) struct Granting {
    password: String,
    to: String,
}

/// Gives another officer access to everything that this one opens.
pub(super) async fn grant(
    State(console): State<Console>,
    staff: Staff,
    Form(asked): Form<Granting>,
) -> Result<Response, Trouble> {
    let to = PersonId::new(asked.to).map_err(|_| Trouble::NotFound)?;
    let key = unlock(&console.desk, &staff.person, &asked.password).await?;
    unsealed(granting::grant(&console.desk, &console.keys.verifier, &staff.person, &key, &to).await)?;
    Ok(Redirect::to("/quarantine?done=granted").into_response())
}

#[derive(Template)]
#[template(path = "console/incidents.html")]
struct IncidentsPage {
    frame: Frame,
    lines: Vec<Incident>,
}

pub(super) async fn incidents(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
) -> Result<Response, Trouble> {
    let lines = console.desk.incidents(500).await?;
    Ok(page(&IncidentsPage { frame: Frame::staff(tongue, &staff, "/quarantine"), lines }))
}

/// The report form 上报单: printed from what is on record, with blanks for what people sign.
#[derive(Template)]
#[template(path = "console/incident.html")]
struct IncidentPage {
    frame: Frame,
    number: String,
    opened: String,
    officer: String,
    item: String,
    ground: String,
    rules: Vec<(String, String)>,
    steps: Vec<(String, String, String)>,
    was_on_site: bool,
    body: Body,
}

/// The plain fields of a report, as text.
struct Body {
    unit: String,
    source: String,
    column: String,
    url: String,
    level: String,
    published: String,
    received: String,
    content: String,
    review: String,
}

pub(super) async fn incident(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(number): Path<String>,
) -> Result<Response, Trouble> {
    let found = console.desk.incident(&number).await?.ok_or(Trouble::NotFound)?;
    let body = &found.body;
    let rules = body["rules"].as_array().cloned().unwrap_or_default();
    let steps = body["steps"].as_array().cloned().unwrap_or_default();
    Ok(page(&IncidentPage {
        frame: Frame::staff(tongue, &staff, "/quarantine"),
        number: found.number.clone(),
        opened: found.opened.minute(),
        officer: found.person.to_string(),
        item: found.item.to_string(),
        ground: tongue.ground(&text(body, "ground")),
        rules: rules.iter().map(|rule| (text(rule, "rule"), text(rule, "level"))).collect(),
        steps: steps
            .iter()
            .map(|step| (time(step, "at"), super::item::who(&text(step, "who")), tongue.act(&text(step, "what"))))
            .collect(),
        was_on_site: body["was_on_site"].as_bool().unwrap_or_default(),
        body: Body {
            unit: text(body, "unit_name"),
            source: text(body, "source_name"),
            column: text(body, "column"),
            url: text(body, "url"),
            level: text(body, "level"),
            published: time(body, "published"),
            received: time(body, "received"),
            content: text(body, "content"),
            review: text(body, "review"),
        },
    }))
}

fn text(value: &Value, name: &str) -> String {
    match &value[name] {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn time(value: &Value, name: &str) -> String {
    serde_json::from_value::<Timestamp>(value[name].clone()).map(Timestamp::minute).unwrap_or_default()
}
