//! Who is asking: cookies, sessions, rights, and where a form came from.
//!
//! Promises: every page of staff lies behind [`guard`], which lets through only a live session whose role has the
//! route's [`Right`]; a request that changes something must also come from this site (Sec-Fetch-Site, else Origin)
//! and bear the session's token. What is refused is in the audit. Source: OWASP session and CSRF cheat sheets;
//! RFC 6265bis cookie prefixes. The cookie: HttpOnly, SameSite=Strict, Path=/, and over https `__Host-` and Secure.

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{HOST, ORIGIN, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

use super::Console;
use super::frame::cookies;
use super::trouble::Trouble;
use crate::model::{Actor, PersonId, Right, Role};

/// Largest form, in bytes.
pub(super) const FORM_LIMIT: usize = 64 * 1024;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Who is logged in; a handler that takes it runs for staff only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Staff {
    pub(super) person: PersonId,
    pub(super) name: String,
    pub(super) role: Role,
    pub(super) csrf: String,
    pub(super) token: String,
}

impl Staff {
    pub(super) fn actor(&self) -> Actor {
        Actor::Person(self.person.clone())
    }
}

impl<S: Sync> FromRequestParts<S> for Staff {
    type Rejection = Trouble;

    /// # Errors
    /// A route outside [`guard`] is our mistake and stays shut.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Trouble> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            Trouble::internal(&std::io::Error::other(format!("the route {} is not guarded", parts.uri.path())))
        })
    }
}

/// The address of the other end of the connection, as text; empty where it is not known.
pub(super) struct Address(pub(super) String);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<std::net::SocketAddr>>();
        Ok(Self(peer.map(|peer| peer.0.ip().to_canonical().to_string()).unwrap_or_default()))
    }
}

/// What a guarded route asks for; no right means that any staff may come in.
#[derive(Clone)]
pub(super) struct Gatekeeper {
    pub(super) console: Console,
    pub(super) right: Option<Right>,
}

/// Layer: lets staff with the right through, and forms of this very session.
pub(super) async fn guard(State(keeper): State<Gatekeeper>, request: Request, next: Next) -> Response {
    match admit(&keeper, request).await {
        Ok((staff, request)) => {
            let mut response = next.run(request).await;
            // The page of an error stands in the same frame.
            response.extensions_mut().insert(staff);
            response
        }
        Err(response) => response,
    }
}

async fn admit(keeper: &Gatekeeper, request: Request) -> Result<(Staff, Request), Response> {
    let console = &keeper.console;
    let staff = staff_of(console, request.headers()).await.map_err(IntoResponse::into_response)?;
    let Some(staff) = staff else { return Err(Redirect::to("/login").into_response()) };
    if keeper.right.is_some_and(|right| !staff.role.may(right)) {
        return Err(refuse(console, &staff, Attempt::of(&request), Trouble::Forbidden).await);
    }
    let mut request = request;
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, FORM_LIMIT).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE.into_response())?;
        let ours = same_site(&parts.headers) && bears_token(&bytes, &staff.csrf);
        request = Request::from_parts(parts, Body::from(bytes));
        if !ours {
            return Err(refuse(console, &staff, Attempt::of(&request), Trouble::StaleForm).await);
        }
    }
    request.extensions_mut().insert(staff.clone());
    Ok((staff, request))
}

/// The staff whose session the cookie names.
pub(super) async fn staff_of(console: &Console, headers: &HeaderMap) -> Result<Option<Staff>, Trouble> {
    let Some(token) = session_token(console, headers) else { return Ok(None) };
    let session = console.people.session(&token).await?;
    Ok(session.map(|session| Staff {
        person: session.account.id,
        name: session.account.name,
        role: session.account.role,
        csrf: session.csrf,
        token,
    }))
}

/// What somebody tried.
struct Attempt {
    method: String,
    path: String,
}

impl Attempt {
    fn of(request: &Request) -> Self {
        let path = request.uri().path().chars().take(200).collect();
        Self { method: request.method().to_string(), path }
    }
}

/// Puts the attempt on record and answers with `trouble`.
async fn refuse(console: &Console, staff: &Staff, attempt: Attempt, trouble: Trouble) -> Response {
    let what = json!({ "method": attempt.method, "role": staff.role });
    let kept = async {
        let mut tx = console.desk.begin().await?;
        tx.audit(&staff.actor(), "console.refused", &attempt.path, &what).await?;
        tx.commit().await
    };
    let mut response = match kept.await {
        Ok(()) => trouble.into_response(),
        Err(error) => Trouble::from(error).into_response(),
    };
    response.extensions_mut().insert(staff.clone());
    response
}

/// Whether the request comes from a page of this site. Browsers say so in Sec-Fetch-Site, older ones in Origin; a
/// request with neither is from no browser that could be made to send it, or from one that is older still, and
/// leans on the token alone.
pub(super) fn same_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get(SEC_FETCH_SITE) {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let host = headers.get(HOST).map(HeaderValue::as_bytes).unwrap_or_default();
    let origin = origin.as_bytes();
    let authority = origin.strip_prefix(b"https://").or_else(|| origin.strip_prefix(b"http://"));
    authority.is_some_and(|authority| !host.is_empty() && authority == host)
}

/// Whether the form has the session's token in its first field `csrf`.
fn bears_token(form: &[u8], token: &str) -> bool {
    let found = url::form_urlencoded::parse(form).find(|(name, _)| name == "csrf");
    !token.is_empty() && found.is_some_and(|(_, value)| equal(value.as_bytes(), token.as_bytes()))
}

/// Compares without telling by its time where two texts differ.
fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

fn cookie_name(console: &Console) -> &'static str {
    if console.config.https { "__Host-menhu" } else { "menhu" }
}

/// The session token that the browser sent.
pub(super) fn session_token(console: &Console, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(console);
    cookies(headers).find_map(|cookie| {
        let value = cookie.strip_prefix(name)?.strip_prefix('=')?;
        (value.len() == 43).then(|| value.to_owned())
    })
}

/// Adds the session cookie, or takes it away where there is no token.
pub(super) fn put_cookie(console: &Console, response: &mut Response, token: Option<&str>) {
    let name = cookie_name(console);
    let secure = if console.config.https { "; Secure" } else { "" };
    let life = if token.is_some() { "" } else { "; Max-Age=0" };
    let cookie = format!("{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}{life}", token.unwrap_or_default());
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn forms_of_other_sites_are_seen() {
        let host = ("host", "desk.example:8081");
        assert!(same_site(&headers(&[host, ("sec-fetch-site", "same-origin")])));
        assert!(same_site(&headers(&[host, ("origin", "http://desk.example:8081")])));
        assert!(same_site(&headers(&[host])));
        for site in ["cross-site", "same-site", ""] {
            assert!(!same_site(&headers(&[host, ("sec-fetch-site", site), ("origin", "http://desk.example:8081")])));
        }
        for origin in ["null", "http://desk.example", "http://evil.example", "http://desk.example:8081.evil.example"] {
            assert!(!same_site(&headers(&[host, ("origin", origin)])), "{origin}");
        }
    }

    #[test]
    fn the_token_must_be_the_sessions() {
        assert!(bears_token(b"a=1&csrf=abc", "abc"));
        for form in [&b"a=1"[..], b"csrf=", b"csrf=abd", b"csrf=abcd", b"csrf=abc%20", b"\xff\xfe"] {
            assert!(!bears_token(form, "abc"));
        }
    }
}
