//! 误报: an officer who has opened an item proposes the smallest exception that lets it pass. It is a change of the rules
//! like any other: signed with the own key, tried on everything published, and in force when a second officer approves it on
//! `/rules`. The item is freed after that, by the gate. A marking takes no exception: such an item is released by itself
//! (`quarantine_release`) or returned.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::Console;
use super::frame::{Frame, page};
use super::queue::item_id;
use super::rule_words::refusal;
use super::session::Staff;
use super::trouble::{Finished, Trouble};
use super::words::Tongue;
use crate::flow::officer_key::unlock;
use crate::flow::rule_edit::Edit;
use crate::flow::rules;
use crate::model::ItemId;

/// Longest phrase and example, in characters.
const LONGEST: usize = 500;

#[derive(Deserialize)]
pub(super) struct Asked {
    rule: String,
    phrase: String,
    negative: String,
    password: String,
}

#[derive(Template)]
#[template(path = "console/quarantine_refused.html")]
struct RefusedPage {
    frame: Frame,
    id: ItemId,
    heading: &'static str,
    why: String,
    help: &'static str,
}

/// The page that says why nothing was proposed, and what to do instead.
pub(super) fn not_proposed(
    staff: &Staff,
    tongue: Tongue,
    id: ItemId,
    (heading, help): (&'static str, &'static str),
    why: String,
) -> Response {
    let frame = Frame::staff(tongue, staff, "/quarantine");
    let mut answer = page(&RefusedPage { frame, id, heading, why, help });
    *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    answer.extensions_mut().insert(Finished);
    answer
}

pub(super) async fn propose(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Path(id): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Response, Trouble> {
    let id = item_id(&id)?;
    console.desk.held_under(&id).await?.ok_or(Trouble::NotFound)?;
    let long = |text: &str| text.chars().count() > LONGEST;
    if long(&asked.phrase) || long(&asked.negative) {
        return Err(Trouble::Wrong(|say| say.reason_long));
    }
    let key = unlock(&console.desk, &staff.person, &asked.password).await?;
    let edit = Edit::AddException {
        rule: asked.rule.clone(),
        phrase: asked.phrase.trim().to_owned(),
        negative: asked.negative.trim().to_owned(),
    };
    let note = format!("误报：信息 {id}");
    match rules::propose_edits(&console.desk, &console.keys.verifier, &key, &[edit], &note).await {
        Ok(number) => {
            let mut tx = console.desk.begin().await?;
            let detail = json!({"rule": asked.rule, "proposal": number});
            tx.audit(&staff.actor(), "quarantine.false", id.as_str(), &detail).await?;
            tx.commit().await?;
            Ok(Redirect::to(&format!("/rules/proposals/{number}")).into_response())
        }
        Err(error) => {
            let heading = tongue.pick("没有提出例外", "No exception was proposed");
            let help = tongue.pick(
                "密级标志类规则不设例外；确属误报时，请在打开的页面上申请放行这一条，或退回单位。",
                "Rules for markings take no exception: ask for the release of this one item on the opened page, or return it.",
            );
            Ok(not_proposed(&staff, tongue, id, (heading, help), refusal(tongue, error)?))
        }
    }
}
