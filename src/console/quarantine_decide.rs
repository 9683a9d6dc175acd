//! What officers decide about a quarantined item: 确认涉密, 退回, 不予发布, 销毁; and access for another officer.

use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::quarantine_open::{Opening, refused_as, unsealed};
use super::queue::item_id;
use super::session::Staff;
use super::trouble::Trouble;
use super::words::Tongue;
use crate::flow::FlowError;
use crate::flow::officer_key::unlock;
use crate::flow::quarantine::{decide, grant as granting};
use crate::flow::review::{self, Seen};
use crate::model::{ContentHash, ItemId, PersonId};
use crate::store::StoreError;

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
    match result {
        Err(FlowError::Store(StoreError::Conflict { .. } | StoreError::IllegalMove { .. })) => {
            Err(Trouble::Conflict(format!("/quarantine/{id}")))
        }
        result => refused_as(result, |say| say.ground_needed),
    }
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
    let key = asked.key(&console, &staff).await?;
    let waits = console.desk.destruction(&id).await?.is_some_and(|asked| asked.confirmed.is_none());
    let (done, result) = if waits {
        ("destroyed", decide::confirm_destruction(&console.desk, &key, &id).await)
    } else {
        ("destroy-asked", decide::ask_destruction(&console.desk, &key, &id, &asked.reason).await)
    };
    refused_as(result, |say| say.destroy_refused)?;
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
