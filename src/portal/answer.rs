//! Answers: how a page becomes a response, and how trouble becomes one.
//!
//! The one file of the portal that knows status codes. Every answer of 400 and above leaves through [`finish`],
//! so it speaks the visitor's language, says what to do, and from 500 on carries a reference number that stands in
//! the log. Programs under `/api/` get the same as JSON.

use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument as _;

use super::Front;
use super::cache::{Cache, tag};
use super::chrome::Chrome;
use super::visit::Visit;
use super::words::Words;
use crate::model::{Digest, ItemId, random_token};

/// Why a page cannot be shown as asked.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is nothing under this address.
    #[error("nothing is under this address")]
    Missing,
    /// The item is there, but its permit does not hold; the alarm is raised already.
    #[error("item {0} has no permit that holds")]
    Unavailable(ItemId),
    /// More is asked at once than the portal takes on.
    #[error("too many searches at once")]
    Busy,
    /// The site store does not answer.
    #[error("the site store does not answer: {0}")]
    Store(String),
    /// The index does not answer.
    #[error("the index does not answer: {0}")]
    Index(String),
    /// A file of the site cannot be read.
    #[error("a file of the site cannot be read: {0}")]
    File(String),
    /// A page cannot be written.
    #[error("a page cannot be written: {0}")]
    Page(String),
}

/// Marks an answer of [`Trouble::Unavailable`], which shares its status with [`Trouble::Missing`].
#[derive(Clone, Copy)]
struct Withheld;

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::Missing | Self::Unavailable(_) => StatusCode::NOT_FOUND,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Store(_) | Self::Index(_) | Self::File(_) | Self::Page(_) => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "a page could not be shown");
        }
        let mut response = status.into_response();
        if matches!(self, Self::Unavailable(_)) {
            response.extensions_mut().insert(Withheld);
        }
        response
    }
}

/// A page of HTML.
pub fn html(visit: &Visit, page: &impl Template) -> Result<Response, Trouble> {
    let text = page.render().map_err(|error| Trouble::Page(error.to_string()))?;
    Ok(self::text(visit, "text/html; charset=utf-8", text, Cache::Ask))
}

/// A JSON value.
pub fn json(visit: &Visit, value: &impl serde::Serialize, cache: Cache) -> Result<Response, Trouble> {
    let text = serde_json::to_string(value).map_err(|error| Trouble::Page(error.to_string()))?;
    Ok(self::text(visit, "application/json; charset=utf-8", text, cache))
}

/// Text of any media type, with its entity tag; 304 where the browser has it already (RFC 9110 15.4.5).
pub fn text(visit: &Visit, media_type: &'static str, text: String, cache: Cache) -> Response {
    let tag = tag(text.as_bytes());
    let known = visit.cookies.is_empty() && visit.has(&tag);
    let mut response = if known { StatusCode::NOT_MODIFIED.into_response() } else { Body::from(text).into_response() };
    let headers = response.headers_mut();
    if !known {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    if cache != Cache::Never {
        headers.extend(HeaderValue::try_from(tag).ok().map(|tag| (header::ETAG, tag)));
    }
    for cookie in &visit.cookies {
        headers.append(header::SET_COOKIE, cookie.clone());
    }
    let cache = if visit.cookies.is_empty() { cache } else { Cache::Never };
    headers.insert(header::CACHE_CONTROL, cache.header());
    headers.insert(header::VARY, HeaderValue::from_static("cookie"));
    response
}

/// Sends the browser on to another address of this site.
pub fn see(address: &str) -> Response {
    let location = HeaderValue::try_from(address).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::CACHE_CONTROL, Cache::Never.header())])
        .into_response()
}

#[derive(Template)]
#[template(path = "portal/trouble.html")]
struct TroublePage {
    chrome: Chrome,
    title: &'static str,
    text: &'static str,
    reference: Option<String>,
}

/// The words for a status.
fn explained(words: &'static Words, status: StatusCode, withheld: bool) -> (&'static str, &'static str) {
    match status {
        StatusCode::NOT_FOUND if withheld => (words.unavailable_title, words.unavailable_text),
        StatusCode::NOT_FOUND => (words.missing_title, words.missing_text),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            (words.busy_title, words.busy_text)
        }
        _ if status.is_server_error() => (words.fault_title, words.fault_text),
        _ => (words.bad_title, words.bad_text),
    }
}

/// Around every request: gives it a number, and every answer of 400 and above its page.
pub async fn finish(State(portal): State<Arc<Front>>, request: Request, next: Next) -> Response {
    let visit = Visit::of(request.uri(), request.headers());
    let reference = reference();
    let span = tracing::info_span!("portal", %reference, method = %request.method(), path = %visit.path);
    let mut response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let withheld = response.extensions().get::<Withheld>().is_some();
        let shown = status.is_server_error().then(|| reference.clone());
        if status.is_server_error() {
            span.in_scope(|| tracing::error!(status = status.as_u16(), "answered with an error page"));
        }
        let kept: Vec<_> = [header::ALLOW, header::RETRY_AFTER]
            .into_iter()
            .filter_map(|name| response.headers().get(&name).cloned().map(|value| (name, value)))
            .collect();
        response = trouble(&portal, visit, status, withheld, shown);
        response.headers_mut().extend(kept);
    }
    if let Ok(value) = HeaderValue::try_from(reference) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

fn trouble(portal: &Front, mut visit: Visit, status: StatusCode, withheld: bool, shown: Option<String>) -> Response {
    let (title, text) = explained(visit.language.words(), status, withheld);
    visit.cookies.clear();
    let json = visit.wants_json();
    let body = if json {
        let message = if withheld { title } else { text };
        Ok(serde_json::json!({ "error": { "status": status.as_u16(), "message": message, "reference": shown } })
            .to_string())
    } else {
        TroublePage { chrome: Chrome::bare(portal, &visit, title), title, text, reference: shown }.render()
    };
    let media_type = if json { "application/json; charset=utf-8" } else { "text/html; charset=utf-8" };
    let mut response = self::text(&visit, media_type, body.unwrap_or_else(|_| title.to_owned()), Cache::Never);
    *response.status_mut() = status;
    response
}

/// A number to say on the telephone: ten hexadecimal digits.
fn reference() -> String {
    let digest = Digest::of(random_token().unwrap_or_default().as_bytes()).to_string();
    format!("{}-{}", digest.get(..5).unwrap_or_default(), digest.get(5..10).unwrap_or_default())
}

/// What is answered where a handler panics; [`finish`] writes the page.
pub fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    tracing::error!(panic = %said, "a page panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
