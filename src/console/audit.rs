//! `/audit`: what was done, by whom, to what; and whether the chain is whole.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::frame::{Frame, page};
use super::item::who;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::model::Timestamp;
use crate::store::{AuditCheck, AuditRow};

/// Lines of a page.
const LINES: u32 = 100;

pub(super) fn routes() -> Router<Console> {
    Router::new().route("/audit", get(list)).route("/audit/verify", get(list).post(verify))
}

/// What is asked for: the newest before a number, all of one subject, or all from a day on.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    before: String,
    after: String,
    subject: String,
    from: String,
    to: String,
}

struct Line {
    seq: i64,
    at: String,
    who: String,
    act: String,
    action: String,
    subject: String,
    detail: String,
    hash: String,
}

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: Frame,
    check: Option<AuditCheck>,
    subject: String,
    from: String,
    to: String,
    lines: Vec<Line>,
    further: Option<String>,
}

async fn list(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Query(asked): Query<Asked>,
) -> Result<Response, Trouble> {
    show(&console, &staff, tongue, asked, None).await
}

/// Verifying is on record too, as the newest record of the chain that was verified.
async fn verify(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
    let check = console.desk.verify_audit().await?;
    let mut tx = console.desk.begin().await?;
    let found = json!({ "good": check.good, "broken": check.broken.as_ref().map(|record| record.seq) });
    tx.audit(&staff.actor(), "audit.verify", "audit", &found).await?;
    tx.commit().await?;
    show(&console, &staff, tongue, Asked::default(), Some(check)).await
}

async fn show(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    asked: Asked,
    check: Option<AuditCheck>,
) -> Result<Response, Trouble> {
    let (rows, further) = find(console, &asked).await?;
    let Asked { subject, from, to, .. } = asked;
    let frame = Frame::staff(tongue, staff, "/audit");
    let lines = rows.into_iter().map(|row| line(tongue, row)).collect();
    Ok(page(&AuditPage { frame, check, subject, from, to, lines, further }))
}

/// The rows, and the address of what follows them.
async fn find(console: &Console, asked: &Asked) -> Result<(Vec<AuditRow>, Option<String>), Trouble> {
    let desk = &console.desk;
    let day = |text: &str| text.parse().ok().map(Timestamp::of_date);
    let (from, to) = (day(&asked.from), day(&asked.to).map(|to| to.after(std::time::Duration::from_secs(86_400))));
    let subject = asked.subject.trim();
    if !subject.is_empty() {
        return Ok((desk.audit_of(subject).await?, None));
    }
    let full = |rows: &[AuditRow]| rows.len() == LINES as usize;
    if from.is_some() || to.is_some() {
        let rows = desk.audit_after(asked.after.parse().unwrap_or(0), from, to, LINES).await?;
        let last = rows.last().filter(|_| full(&rows));
        let further = last.map(|row| format!("/audit?from={}&to={}&after={}", asked.from, asked.to, row.seq));
        return Ok((rows, further));
    }
    let rows = desk.audit_page(asked.before.parse().ok(), LINES).await?;
    let further = rows.last().filter(|_| full(&rows)).map(|row| format!("/audit?before={}", row.seq));
    Ok((rows, further))
}

fn line(tongue: Tongue, row: AuditRow) -> Line {
    Line {
        seq: row.seq,
        at: row.at.rfc3339().replace('T', " ").replace("+08:00", ""),
        who: who(&row.actor),
        act: tongue.act(&row.action),
        action: row.action,
        subject: row.subject,
        detail: detail(&row.detail),
        hash: row.hash.to_string().chars().take(12).collect(),
    }
}

/// `name: value` for each field of the JSON.
fn detail(text: &str) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_str(text) else { return text.to_owned() };
    let value = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = fields.iter().filter(|(_, field)| !field.is_null() && field.as_str() != Some(""));
    fields.map(|(name, field)| format!("{name}: {}", value(field))).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_read_as_words() {
        assert_eq!(detail(r#"{"note":"","reason":"重复","version":3}"#), "reason: 重复 · version: 3");
        assert_eq!(detail("{}"), "");
        assert_eq!(detail("not json"), "not json");
    }
}
