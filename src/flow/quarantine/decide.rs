//! What officers decide about a quarantined item: 确认涉密, 退回, 销毁. Each is one transaction with its audit row.
//!
//! None of them repeats a word of the text: grounds and answers are choices, and the report form is made of ids, times,
//! rules and levels. Destruction takes two officers, each with the own password.

use serde_json::{Value, json};

use crate::flow::officer_key::Unlocked;
use crate::flow::publish::rules_of;
use crate::flow::review::Seen;
use crate::flow::{FlowError, job};
use crate::model::{Actor, ItemId, Level, PersonId, Status, Timestamp};
use crate::store::{Change, Desk, DeskTx, ItemRow, StoreError};

/// Grounds that make an incident.
pub const SECRETS: [&str; 2] = ["state-secret", "work-secret"];
/// Answers to a unit: none names a term.
pub const ANSWERS: [&str; 3] = ["self-check", "unreadable", "personal"];

fn moved(row: &ItemRow) -> FlowError {
    FlowError::Store(StoreError::Conflict {
        subject: format!("item {}", row.id),
        expected: "as it was read".into(),
        found: format!("{} in version {}", row.status.word(), row.version),
    })
}

async fn standing(tx: &mut DeskTx, id: &ItemId, seen: Seen) -> Result<ItemRow, FlowError> {
    let row = tx.item(id).await?.ok_or_else(|| FlowError::Missing(format!("item {id}")))?;
    if row.status != Status::Quarantined || row.version != seen.version || row.content_hash != seen.content {
        return Err(moved(&row));
    }
    Ok(row)
}

/// Confirms that an item is secret: closes it, opens an incident, and takes it off the site where an earlier version is
/// shown. Returns the number of the incident.
///
/// # Errors
/// [`StoreError::Conflict`] where it is not as it was seen; [`FlowError::Refused`] on a ground that is none of [`SECRETS`].
pub async fn confirm(
    desk: &Desk,
    officer: &PersonId,
    id: &ItemId,
    seen: Seen,
    ground: &str,
) -> Result<String, FlowError> {
    if !SECRETS.contains(&ground) {
        return Err(FlowError::Refused(format!("a ground is one of {}", SECRETS.join(", "))));
    }
    let history = desk.audit_of(id.as_str()).await?;
    let mut tx = desk.begin().await?;
    let row = standing(&mut tx, id, seen).await?;
    let actor = Actor::Person(officer.clone());
    let body = report(desk, &row, &history, ground).await?;
    let (year, since) = year_of(tx.now());
    let number = tx.add_incident(year, since, id, officer, &body).await?;
    tx.move_item(id, Status::Quarantined, seen.version, &Change::Dismiss(ground.to_owned())).await?;
    let detail =
        json!({"ground": ground, "incident": number, "content": seen.content, "on_site": row.on_site.is_some()});
    tx.audit(&actor, "quarantine.confirm", id.as_str(), &detail).await?;
    if row.on_site.is_some() {
        let payload = json!({"reason": format!("涉密事件 {number}"), "erase": false, "person": officer});
        tx.enqueue(job::WITHDRAW, id.as_str(), &payload, tx.now()).await?;
    }
    tx.commit().await?;
    Ok(number)
}

/// The year of an incident's number, and when it began, in China's time.
fn year_of(now: Timestamp) -> (i16, Timestamp) {
    let year = now.date().year();
    (year, Timestamp::of_date(jiff::civil::date(year, 1, 1)))
}

/// What the report form says: no word of the text.
async fn report(
    desk: &Desk,
    row: &ItemRow,
    history: &[crate::store::AuditRow],
    ground: &str,
) -> Result<Value, FlowError> {
    let unit = desk.units().await?.into_iter().find(|unit| unit.id == row.unit);
    let source = match &row.source {
        Some(source) => desk.source(source).await?,
        None => None,
    };
    let column = desk.columns().await?.into_iter().find(|column| column.id == row.column);
    let rules: Vec<Value> = row
        .verdict
        .findings
        .iter()
        .map(|found| json!({"rule": found.rule, "level": found.level, "action": found.action, "field": found.field}))
        .collect();
    let level = row.verdict.findings.iter().map(|found| found.level).max().map(Level::word);
    let steps: Vec<Value> = history
        .iter()
        .filter(|step| !step.action.starts_with("quarantine."))
        .map(|step| json!({"at": step.at, "who": step.actor, "what": step.action}))
        .collect();
    Ok(json!({
        "unit": row.unit, "unit_name": unit.map(|unit| unit.name), "source": row.source,
        "source_name": source.as_ref().map(|source| source.name.clone()),
        "review": source.and_then(|source| source.review), "column": column.map(|column| column.name),
        "url": row.url, "published": row.published, "received": row.created, "content": row.content_hash,
        "outcome": row.outcome, "ground": ground, "level": level, "rules": dedup(rules),
        "rule_ids": rules_of(&row.verdict), "was_on_site": row.on_site.is_some(), "steps": steps,
    }))
}

fn dedup(rules: Vec<Value>) -> Vec<Value> {
    let mut out: Vec<Value> = Vec::new();
    for rule in rules {
        if !out.contains(&rule) {
            out.push(rule);
        }
    }
    out
}

/// Sends an item back to its unit with an answer; it stays sealed until its page changes, and is screened then.
///
/// # Errors
/// [`StoreError::Conflict`]; [`FlowError::Refused`] on an answer that is none of [`ANSWERS`].
pub async fn send_back(
    desk: &Desk,
    officer: &PersonId,
    id: &ItemId,
    seen: Seen,
    answer: &str,
) -> Result<(), FlowError> {
    if !ANSWERS.contains(&answer) {
        return Err(FlowError::Refused(format!("an answer is one of {}", ANSWERS.join(", "))));
    }
    let mut tx = desk.begin().await?;
    standing(&mut tx, id, seen).await?;
    tx.note_answer(id, seen.version, answer).await?;
    let detail = json!({"answer": answer, "content": seen.content});
    tx.audit(&Actor::Person(officer.clone()), "quarantine.return", id.as_str(), &detail).await?;
    Ok(tx.commit().await?)
}

/// Asks for the destruction of a closed item.
///
/// # Errors
/// [`FlowError::Refused`] without a reason, where it is not closed or destroyed already, or was asked for.
pub async fn ask_destruction(desk: &Desk, officer: &Unlocked, id: &ItemId, reason: &str) -> Result<(), FlowError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > super::open::LONGEST_REASON {
        return Err(FlowError::Refused("destruction asks for a reason".into()));
    }
    let person = person_of(officer)?;
    let mut tx = desk.begin().await?;
    let row = tx.item(id).await?.ok_or_else(|| FlowError::Missing(format!("item {id}")))?;
    if row.status != Status::Dismissed || desk.sealed(id).await?.is_none() {
        return Err(FlowError::Refused("only a closed item that is still there is destroyed; close it first".into()));
    }
    if !tx.ask_destruction(id, &person, reason).await? {
        return Err(FlowError::Refused("its destruction was asked for already; another officer confirms it".into()));
    }
    let detail = json!({"reason": reason, "content": row.content_hash});
    tx.audit(&Actor::Person(person), "quarantine.destroy-ask", id.as_str(), &detail).await?;
    Ok(tx.commit().await?)
}

/// Confirms a destruction as the second officer; the job that erases runs next.
///
/// # Errors
/// [`FlowError::Refused`] where nobody asked, or the same officer did.
pub async fn confirm_destruction(desk: &Desk, officer: &Unlocked, id: &ItemId) -> Result<(), FlowError> {
    let person = person_of(officer)?;
    let mut tx = desk.begin().await?;
    if !tx.confirm_destruction(id, &person).await? {
        return Err(FlowError::Refused("no other officer asked for its destruction; it takes two".into()));
    }
    let actor = Actor::Person(person.clone());
    tx.audit(&actor, "quarantine.destroy", id.as_str(), &json!({})).await?;
    let payload = json!({"reason": "销毁", "erase": true, "person": person});
    tx.enqueue(job::WITHDRAW, id.as_str(), &payload, tx.now()).await?;
    Ok(tx.commit().await?)
}

fn person_of(officer: &Unlocked) -> Result<PersonId, FlowError> {
    officer.record().person.clone().ok_or_else(|| FlowError::Refused("this key belongs to no person".into()))
}
