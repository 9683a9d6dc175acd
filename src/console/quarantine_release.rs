//! 放行: an officer who has opened an item asks that this one content pass; another, who has opened it too, agrees on the
//! page of the proposal (`rule_proposal`). What they sign, and what is refused: `flow::quarantine::release`.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::quarantine_false::not_proposed;
use super::queue::item_id;
use super::rule_words::refusal;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::FlowError;
use crate::flow::officer_key::{Unlocked, unlock};
use crate::flow::quarantine::release::{self, Grounds};
use crate::store::{AuditRow, RuleSetRow, RuleSetState};

#[derive(Deserialize)]
pub(super) struct Asked {
    basis: String,
    #[serde(default)]
    not_secret: String,
    password: String,
}

pub(super) async fn ask(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    let proposed = async {
        let key = unlock(&console.desk, &staff.person, &asked.password).await?;
        let grounds = Grounds { basis: &asked.basis, not_secret: asked.not_secret == "yes" };
        release::ask(&console.sealer(), &console.gate().await?, &key, &id, grounds).await
    };
    match proposed.await {
        Ok(number) => Ok(Redirect::to(&format!("/rules/proposals/{number}?done=proposed")).into_response()),
        Err(error) => {
            let heading = tongue.pick("没有申请放行", "No release was asked for");
            let help = tongue.pick(
                "放行须由两名保密员分别打开原文核对；未能读取的部分和未列出原文的命中不能放行，请退回单位。",
                "Two officers read the item before it is released; what could not be read or is not shown with its text cannot be: return the item.",
            );
            Ok(not_proposed(&staff, tongue, id, (heading, help), refusal(tongue, error)?))
        }
    }
}

/// An item that a proposal would release.
pub(super) struct Released {
    pub(super) item: String,
    /// Whether it is still sealed; else it went on, or the proposal came to nothing.
    pub(super) sealed: bool,
    /// Whether the officer who looks at the proposal has opened it.
    pub(super) opened: bool,
}

/// What a proposal would release.
pub(super) async fn released(console: &Console, staff: &Staff, row: &RuleSetRow) -> Result<Vec<Released>, FlowError> {
    let mut found = Vec::new();
    for one in release::of_proposal(row)? {
        let opened = release::was_opened_by(&console.desk, &staff.person, &one).await?;
        let sealed = console.desk.held_under(&one.item).await?.is_some();
        found.push(Released { item: one.item.to_string(), sealed, opened });
    }
    Ok(found)
}

/// The proposals that wait to release an item; its record names those that ever did.
pub(super) async fn waiting(console: &Console, history: &[AuditRow]) -> Result<Vec<i64>, Trouble> {
    let number = |step: &AuditRow| serde_json::from_str::<serde_json::Value>(&step.detail).ok()?["proposal"].as_i64();
    let asked = history.iter().filter(|step| step.action == "quarantine.release-ask").filter_map(number);
    let mut waiting = Vec::new();
    for number in asked {
        let row = console.desk.rule_set(number).await?;
        if row.is_some_and(|row| row.state == RuleSetState::Proposed) && !waiting.contains(&number) {
            waiting.push(number);
        }
    }
    Ok(waiting)
}

/// Lets the items of an approved proposal go on; what fails here an officer does again on the item's page (重新筛查).
pub(super) async fn carry_out(console: &Console, key: &Unlocked, number: i64) {
    let carried = async {
        let gate = console.gate().await?;
        release::carry_out(&console.sealer(), &gate, key, number).await
    };
    if let Err(error) = carried.await {
        tracing::error!(number, %error, "released items were not screened again; an officer does it on their page");
    }
}
