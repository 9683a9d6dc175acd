//! 误报: an officer who has opened an item proposes the smallest exception that lets it pass. It is a change of the rules
//! like any other: signed with the own key, tried on everything published, and in force when a second officer approves it on
//! `/rules`. The item is freed after that, by the gate. A marking takes no exception: such an item is released by itself
//! (`quarantine_release`) or returned.

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::queue::item_id;
use super::rule_words::refusal;
use super::session::Staff;
use super::trouble::{Finished, Trouble};
use super::words::Tongue;
use crate::flow::officer_key::unlock;
use crate::flow::quarantine::false_hit::{self, Exception};
use crate::model::ItemId;

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
    let key = unlock(&console.desk, &staff.person, &asked.password).await?;
    let exception = Exception { rule: &asked.rule, phrase: &asked.phrase, negative: &asked.negative };
    match false_hit::propose(&console.desk, &console.keys.verifier, &key, &id, exception).await {
        Ok(number) => Ok(Redirect::to(&format!("/rules/proposals/{number}?done=proposed")).into_response()),
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
