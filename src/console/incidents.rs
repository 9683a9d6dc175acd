//! `/quarantine/incidents`: what was confirmed as secret, and the report form 上报单 of each, printed from what is on record.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::Value;

use super::Console;
use super::frame::{Frame, page};
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::model::Timestamp;
use crate::store::Incident;

#[derive(Template)]
#[template(path = "console/incidents.html")]
struct IncidentsPage {
    frame: Frame,
    lines: Vec<Incident>,
}

pub(super) async fn list(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
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

pub(super) async fn show(
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
