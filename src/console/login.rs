//! `/login`, `/logout` and `/welcome/{token}`: the only pages without a session.

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::session::{Address, Staff, put_cookie, same_site, session_token, staff_of};
use super::trouble::{Finished, Trouble};
use super::words::Tongue;
use crate::flow::people::{Login, PeopleError};

#[derive(Template)]
#[template(path = "console/login.html")]
struct LoginPage {
    frame: Frame,
    notice: Option<&'static str>,
    wrong: bool,
    minutes: Option<u64>,
    account: String,
}

#[derive(Template)]
#[template(path = "console/welcome.html")]
struct WelcomePage {
    frame: Frame,
    usable: bool,
    notice: Option<&'static str>,
}

#[derive(Deserialize, Default)]
pub(super) struct Done {
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub(super) struct LoginForm {
    account: String,
    password: String,
}

#[derive(Deserialize)]
pub(super) struct WelcomeForm {
    password: String,
    again: String,
}

/// The form; who is logged in already goes home.
pub(super) async fn form(
    State(console): State<Console>,
    Query(Done { done }): Query<Done>,
    tongue: Tongue,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    if staff_of(&console, &headers).await?.is_some() {
        return Ok(Redirect::to("/").into_response());
    }
    let say = tongue.say();
    let notice = match done.as_str() {
        "out" => Some(say.logged_out),
        "set" => Some(say.password_set),
        _ => None,
    };
    let frame = Frame::public(tongue);
    Ok(page(&LoginPage { frame, notice, wrong: false, minutes: None, account: String::new() }))
}

/// Tries the login.
pub(super) async fn log_in(
    State(console): State<Console>,
    tongue: Tongue,
    Address(address): Address,
    headers: HeaderMap,
    Form(LoginForm { account, password }): Form<LoginForm>,
) -> Result<Response, Trouble> {
    if !same_site(&headers) {
        return Err(Trouble::StaleForm);
    }
    let old = session_token(&console, &headers);
    let (status, notice, minutes) = match console.people.log_in(&account, password, &address, old.as_deref()).await? {
        Login::Welcome { token } => {
            let mut response = Redirect::to("/").into_response();
            put_cookie(&console, &mut response, Some(&token));
            return Ok(response);
        }
        Login::Refused => (StatusCode::UNAUTHORIZED, tongue.say().login_refused, None),
        Login::Wait(rest) => {
            (StatusCode::TOO_MANY_REQUESTS, tongue.say().login_wait, Some(rest.as_secs().div_ceil(60).max(1)))
        }
    };
    let account = account.chars().take(64).collect();
    let form = page(&LoginPage { frame: Frame::public(tongue), notice: Some(notice), wrong: true, minutes, account });
    Ok((status, axum::Extension(Finished), form).into_response())
}

/// Ends the session.
pub(super) async fn log_out(State(console): State<Console>, staff: Staff) -> Result<Response, Trouble> {
    console.people.log_out(&staff.person, &staff.token).await?;
    let mut response = Redirect::to("/login?done=out").into_response();
    put_cookie(&console, &mut response, None);
    Ok(response)
}

/// The form behind a one-time link. Opening it does not use the link up: mail filters and previews open links too.
pub(super) async fn welcome(
    State(console): State<Console>,
    Path(token): Path<String>,
    tongue: Tongue,
) -> Result<Response, Trouble> {
    let usable = console.people.link_owner(&token).await?.is_some();
    Ok(welcome_page(tongue, usable, None))
}

/// Sets the password and uses the link up.
pub(super) async fn set_password(
    State(console): State<Console>,
    Path(token): Path<String>,
    tongue: Tongue,
    headers: HeaderMap,
    Form(WelcomeForm { password, again }): Form<WelcomeForm>,
) -> Result<Response, Trouble> {
    if !same_site(&headers) {
        return Err(Trouble::StaleForm);
    }
    if password != again {
        return Ok(welcome_page(tongue, true, Some(tongue.say().password_unequal)));
    }
    match console.people.set_password(&token, password).await {
        Ok(_) => {
            let mut response = Redirect::to("/login?done=set").into_response();
            put_cookie(&console, &mut response, None);
            Ok(response)
        }
        Err(PeopleError::Weak(_)) => Ok(welcome_page(tongue, true, Some(tongue.say().password_rule))),
        Err(PeopleError::LinkUsed) => Ok(welcome_page(tongue, false, None)),
        Err(error) => Err(error.into()),
    }
}

fn welcome_page(tongue: Tongue, usable: bool, notice: Option<&'static str>) -> Response {
    let form = page(&WelcomePage { frame: Frame::public(tongue), usable, notice });
    if usable && notice.is_none() {
        return form;
    }
    let status = if usable { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::GONE };
    (status, axum::Extension(Finished), form).into_response()
}
