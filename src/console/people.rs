//! `/people`: accounts, for the administrator. A password is never shown or asked for here: the answer to a new
//! account or a reset is a one-time link, shown once.

use askama::Template;
use axum::Router;
use axum::extract::{Form, Path, State};
use axum::http::header::HOST;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::Console;
use super::frame::{Frame, page};
use super::names::{Choice, Names};
use super::session::Staff;
use super::trouble::{Finished, Trouble};
use super::words::Tongue;
use crate::flow::people::{OneTimeLink, PeopleError, new_account};
use crate::model::{PersonId, Role, Timestamp, UnitId};
use crate::store::Account;

pub(super) fn routes() -> Router<Console> {
    Router::new()
        .route("/people", get(list).post(add))
        .route("/people/{id}/reset", post(reset))
        .route("/people/{id}/disable", post(disable))
        .route("/people/{id}/enable", post(enable))
}

struct Line {
    id: String,
    name: String,
    role: &'static str,
    unit: String,
    state: &'static str,
    class: &'static str,
    login: String,
    open: bool,
    myself: bool,
}

/// A link that was just made.
struct Fresh {
    person: String,
    address: String,
    until: String,
}

/// A reset that would lose sealed items.
struct Losing {
    person: String,
    items: u64,
}

#[derive(Deserialize)]
struct Reset {
    #[serde(default)]
    lose: String,
}

#[derive(Template)]
#[template(path = "console/people.html")]
struct PeoplePage {
    frame: Frame,
    fresh: Option<Fresh>,
    losing: Option<Losing>,
    lines: Vec<Line>,
    roles: Vec<(&'static str, &'static str)>,
    units: Vec<Choice>,
}

#[derive(Deserialize)]
struct NewPerson {
    id: String,
    name: String,
    role: String,
    #[serde(default)]
    unit: String,
}

async fn list(State(console): State<Console>, staff: Staff, tongue: Tongue) -> Result<Response, Trouble> {
    show(&console, &staff, tongue, None, None).await
}

async fn add(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    headers: HeaderMap,
    Form(person): Form<NewPerson>,
) -> Result<Response, Trouble> {
    let role = Role::of_word(&person.role).ok_or(Trouble::Wrong(|say| say.role_needed))?;
    let unit =
        if person.unit.is_empty() { None } else { Some(UnitId::new(person.unit).map_err(|_| Trouble::NotFound)?) };
    let account = new_account(&person.id, &person.name, role, unit)?;
    let link = console.people.add(&staff.actor(), &account).await?;
    show(&console, &staff, tongue, Some(fresh(&console, &headers, &link)), None).await
}

async fn reset(
    State(console): State<Console>,
    staff: Staff,
    tongue: Tongue,
    headers: HeaderMap,
    Path(id): Path<String>,
    Form(asked): Form<Reset>,
) -> Result<Response, Trouble> {
    match console.people.reset(&staff.actor(), &person_id(id)?, asked.lose == "yes").await {
        Ok(link) => show(&console, &staff, tongue, Some(fresh(&console, &headers, &link)), None).await,
        Err(PeopleError::LosesQuarantine { person, items }) => {
            let losing = Losing { person: person.to_string(), items };
            let mut answer = show(&console, &staff, tongue, None, Some(losing)).await?;
            *answer.status_mut() = StatusCode::CONFLICT;
            answer.extensions_mut().insert(Finished);
            Ok(answer)
        }
        Err(error) => Err(error.into()),
    }
}

async fn disable(State(console): State<Console>, staff: Staff, Path(id): Path<String>) -> Result<Response, Trouble> {
    console.people.disable(&staff.actor(), &person_id(id)?).await?;
    Ok(Redirect::to("/people").into_response())
}

async fn enable(State(console): State<Console>, staff: Staff, Path(id): Path<String>) -> Result<Response, Trouble> {
    console.people.enable(&staff.actor(), &person_id(id)?).await?;
    Ok(Redirect::to("/people").into_response())
}

fn person_id(id: String) -> Result<PersonId, Trouble> {
    PersonId::new(id).map_err(|_| Trouble::NotFound)
}

/// The link under the name by which this page was reached.
fn fresh(console: &Console, headers: &HeaderMap, link: &OneTimeLink) -> Fresh {
    let scheme = if console.config.https { "https" } else { "http" };
    let named = headers.get(HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
    let host = named.unwrap_or_else(|| console.config.listen.to_string());
    Fresh {
        person: link.person.to_string(),
        address: format!("{scheme}://{host}{}", link.path()),
        until: link.until.minute(),
    }
}

async fn show(
    console: &Console,
    staff: &Staff,
    tongue: Tongue,
    fresh: Option<Fresh>,
    losing: Option<Losing>,
) -> Result<Response, Trouble> {
    let names = Names::load(console).await?;
    let accounts = console.desk.accounts().await?;
    Ok(page(&PeoplePage {
        frame: Frame::staff(tongue, staff, "/people"),
        fresh,
        losing,
        lines: accounts.iter().map(|account| line(tongue, &names, staff, account)).collect(),
        roles: Role::ALL.iter().map(|role| (role.word(), tongue.role(role))).collect(),
        units: names.unit_choices(None),
    }))
}

fn line(tongue: Tongue, names: &Names, staff: &Staff, account: &Account) -> Line {
    let say = tongue.say();
    let (state, class) = match (account.disabled_at, account.has_password) {
        (Some(_), _) => (say.disabled, "block"),
        (None, false) => (say.invited, "note"),
        (None, true) => (say.active, "good"),
    };
    Line {
        id: account.id.to_string(),
        name: account.name.clone(),
        role: tongue.role(&account.role),
        unit: account.unit.as_ref().map(|unit| names.unit(unit)).unwrap_or_default(),
        state,
        class,
        login: account.last_login.map(Timestamp::minute).unwrap_or_default(),
        open: account.disabled_at.is_none(),
        myself: account.id == staff.person,
    }
}
