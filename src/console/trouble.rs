//! What went wrong, as a page: words for people, a reference number for the log, never a detail of the inside.
//!
//! Handlers answer with [`Trouble`]; the layer [`show`] writes the page around it, in the reader's language, also
//! for what axum and tower answer by themselves (404, 405, 408, 413, a caught panic).

use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::frame::{Frame, cookies, page, tongue_of};
use super::session::Staff;
use super::words::{Tongue, Words};
use crate::flow::officer_key::KeyError;
use crate::flow::people::PeopleError;
use crate::flow::review::ReviewError;
use crate::store::StoreError;

/// Why a request is not answered with what it asked for.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// There is no such thing, or not for this role.
    NotFound,
    /// The role may not.
    Forbidden,
    /// The form does not belong to this session, or came from another site.
    StaleForm,
    /// The item moved meanwhile; where it can be seen.
    Conflict(String),
    /// What was filled in cannot be taken; the words say what to do.
    Wrong(fn(&Words) -> &'static str),
    /// Ours to mend; the number stands in the log beside the cause.
    Internal(String),
}

impl Trouble {
    /// Logs the cause under a new reference number.
    pub(super) fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        let reference: String = crate::model::random_token().map_or_else(
            |_| "no-number".into(),
            |token| token.chars().filter(char::is_ascii_alphanumeric).take(10).collect(),
        );
        tracing::error!(reference, error = %chain(cause), "console: internal error");
        Self::Internal(reference)
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forbidden | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An error and its causes on one line.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut out = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        out.push_str(": ");
        out.push_str(&cause.to_string());
        next = cause.source();
    }
    out
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::internal(&error)
    }
}

impl From<ReviewError> for Trouble {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::NoSuchItem(_) => Self::NotFound,
            ReviewError::Moved { item, quarantine: false } => Self::Conflict(format!("/queue/{item}")),
            ReviewError::Moved { item, quarantine: true } => Self::Conflict(format!("/quarantine/{item}")),
            ReviewError::NoReason => Self::Wrong(|say| say.reason_needed),
            ReviewError::LongReason => Self::Wrong(|say| say.reason_long),
            ReviewError::Store(error) => Self::internal(&error),
        }
    }
}

impl From<PeopleError> for Trouble {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::NoSuchAccount(_) => Self::NotFound,
            PeopleError::Taken(_) => Self::Wrong(|say| say.account_taken),
            PeopleError::BadAccount(_) => Self::Wrong(|say| say.account_bad),
            PeopleError::NoName => Self::Wrong(|say| say.name_needed),
            PeopleError::Weak(_) => Self::Wrong(|say| say.password_rule),
            PeopleError::LinkUsed => Self::Wrong(|say| say.welcome_used),
            PeopleError::Oneself => Self::Wrong(|say| say.not_yourself),
            PeopleError::LastAdministrator => Self::Wrong(|say| say.last_administrator),
            PeopleError::LosesQuarantine { .. } => Self::Wrong(|say| say.loses_quarantine),
            PeopleError::Key(error) => error.into(),
            error @ (PeopleError::Password(_) | PeopleError::Store(_) | PeopleError::Random(_)) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<KeyError> for Trouble {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::WrongPassword => Self::Wrong(|say| say.key_wrong_password),
            KeyError::Wait(_) => Self::Wrong(|say| say.key_wait),
            KeyError::NoKey(_) => Self::Wrong(|say| say.key_missing),
            error => Self::internal(&error),
        }
    }
}

#[derive(Template)]
#[template(path = "console/trouble.html")]
struct TroublePage {
    frame: Frame,
    heading: &'static str,
    help: Option<&'static str>,
    reference: Option<String>,
    see: Option<String>,
}

fn trouble_page(tongue: Tongue, staff: Option<&Staff>, status: StatusCode, trouble: Option<Trouble>) -> TroublePage {
    let mut frame = staff.map_or_else(|| Frame::public(tongue), |staff| Frame::staff(tongue, staff, ""));
    frame.narrow = true;
    let say = frame.say;
    let (heading, help) = match (&trouble, status) {
        (Some(Trouble::Forbidden), _) => (say.forbidden, Some(say.forbidden_help)),
        (Some(Trouble::StaleForm), _) => (say.stale_form, Some(say.stale_form_help)),
        (Some(Trouble::Conflict(_)), _) => (say.conflict, Some(say.conflict_help)),
        (Some(Trouble::Wrong(words)), _) => (say.wrong_input, Some(words(say))),
        (Some(Trouble::NotFound), _) | (None, StatusCode::NOT_FOUND) => (say.not_found, Some(say.not_found_help)),
        (None, StatusCode::METHOD_NOT_ALLOWED) => (say.bad_method, None),
        (None, StatusCode::PAYLOAD_TOO_LARGE) => (say.too_large, None),
        (None, StatusCode::REQUEST_TIMEOUT) => (say.too_slow, None),
        (None, other) if other.is_client_error() => (say.wrong_input, None),
        (Some(Trouble::Internal(_)) | None, _) => (say.internal, Some(say.internal_help)),
    };
    let reference = match &trouble {
        Some(Trouble::Internal(reference)) => Some(reference.clone()),
        _ => None,
    };
    let see = match trouble {
        Some(Trouble::Conflict(see)) => Some(see),
        _ => None,
    };
    TroublePage { frame, heading, help, reference, see }
}

/// Layer: writes the page for every answer that is an error.
pub(super) async fn show(request: Request, next: Next) -> Response {
    let tongue = tongue_of(request.uri().query(), cookies(request.headers()));
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    if response.extensions().get::<Finished>().is_some() {
        return response;
    }
    let mut trouble = response.extensions_mut().remove::<Trouble>();
    if trouble.is_none() && status.is_server_error() {
        trouble = Some(Trouble::internal(&std::io::Error::other(format!("answered {status} without words"))));
    }
    let staff = response.extensions_mut().remove::<Staff>();
    let mut answer = page(&trouble_page(tongue, staff.as_ref(), status, trouble));
    *answer.status_mut() = status;
    answer
}

/// Marks an error answer that has its own page already (a login form with its notice).
#[derive(Clone, Copy, Debug)]
pub(super) struct Finished;
