//! `/settings`: what anybody sets of the own account: the password. It needs the present one; every session ends, and a
//! new one begins for this browser. An officer's key is sealed anew under the new password and stays the same key.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::session::{Address, Staff, put_cookie};
use super::trouble::{Finished, Trouble};
use super::words::{Tongue, Words};
use crate::flow::officer_key::KeyError;
use crate::flow::people::PeopleError;

#[derive(Template)]
#[template(path = "console/settings.html")]
struct SettingsPage {
    frame: Frame,
    notice: Option<&'static str>,
    wrong: Option<&'static str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Asked {
    done: String,
}

#[derive(Deserialize)]
pub(super) struct NewPassword {
    old: String,
    password: String,
    again: String,
}

pub(super) async fn show(staff: Staff, tongue: Tongue, Query(asked): Query<Asked>) -> Response {
    let notice = (asked.done == "password").then_some(tongue.say().password_changed);
    page(&SettingsPage { frame: Frame::staff(tongue, &staff, "/settings"), notice, wrong: None })
}

pub(super) async fn change(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    Address(address): Address,
    Form(asked): Form<NewPassword>,
) -> Result<Response, Trouble> {
    let say = tongue.say();
    let wrong = if asked.password != asked.again {
        say.password_unequal
    } else if asked.password == asked.old {
        say.password_same
    } else {
        match console.people.change_own_password(&staff.person, asked.old, asked.password, &address).await {
            Ok(token) => {
                let mut response = Redirect::to("/settings?done=password").into_response();
                put_cookie(&console, &mut response, Some(&token));
                return Ok(response);
            }
            Err(error) => words(say, error)?,
        }
    };
    let form = SettingsPage { frame: Frame::staff(tongue, &staff, "/settings"), notice: None, wrong: Some(wrong) };
    Ok((StatusCode::UNPROCESSABLE_ENTITY, axum::Extension(Finished), page(&form)).into_response())
}

fn words(say: &'static Words, error: PeopleError) -> Result<&'static str, Trouble> {
    match error {
        PeopleError::Weak(_) => Ok(say.password_rule),
        PeopleError::Key(KeyError::WrongPassword) => Ok(say.password_old_wrong),
        PeopleError::Key(KeyError::Wait(_)) => Ok(say.key_wait),
        error => Err(error.into()),
    }
}
