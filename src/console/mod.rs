//! The console: the pages of staff, on a listener of its own.
//!
//! Owns routes, sessions, words and looks; holds no rule of review: it calls `flow`. Promises: no page of staff
//! without a live session and the role's right; no form of another site; no script at all; what is quarantined is
//! written on the security officer's pages alone; an internal error is a number, its cause stands in the log.
//! Limits: forms of 64 KiB, 15 s a request.

mod audit;
mod frame;
mod incidents;
mod item;
mod login;
mod marks;
mod mine;
mod names;
mod people;
mod phrases;
mod quarantine;
mod quarantine_decide;
mod quarantine_false;
mod quarantine_open;
mod quarantine_release;
mod queue;
mod rule_change;
mod rule_page;
mod rule_proposal;
mod rule_trial;
mod rule_words;
mod rules;
mod session;
mod settings;
mod sources;
mod status;
mod terms;
mod trouble;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Router, debug_handler};
use tokio::sync::Mutex;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

use self::frame::{Frame, page};
use self::session::{FORM_LIMIT, Gatekeeper, Staff, guard};
use self::words::Tongue;
use crate::blob::Blobs;
use crate::config;
use crate::flow::officer_key::DeskKeys;
use crate::flow::people::{People, PeopleError};
use crate::flow::quarantine::Sealer;
use crate::flow::{FlowError, rules as rule_sets};
use crate::model::Right;
use crate::screen::Screener;
use crate::store::Desk;

/// Longest time that a request may take.
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// Longest time that the gate may take for one item.
const SCREENING: Duration = Duration::from_secs(5);
/// Pages load their style from here and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; frame-src 'self'; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// What the pages need. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Console {
    desk: Desk,
    blobs: Blobs,
    people: People,
    keys: DeskKeys,
    rules: std::sync::Arc<arc_swap::ArcSwapOption<crate::screen::RuleSet>>,
    config: config::Console,
    gates: Gates,
}

/// The console's own gate, for what an officer has screened again.
#[derive(Clone, Default)]
struct Gates {
    kept: Arc<Mutex<Option<Arc<Screener>>>>,
}

impl std::fmt::Debug for Gates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gates")
    }
}

impl Console {
    /// `blobs` are the desk's. Takes one password hash's time.
    ///
    /// # Errors
    /// Where passwords cannot be hashed.
    pub fn new(desk: Desk, blobs: Blobs, config: config::Console, keys: DeskKeys) -> Result<Self, PeopleError> {
        let people = People::new(desk.clone(), &config, keys.clone())?;
        Ok(Self { desk, blobs, people, keys, rules: std::sync::Arc::default(), config, gates: Gates::default() })
    }

    /// What seals the quarantine.
    fn sealer(&self) -> Sealer {
        Sealer { desk: self.desk.clone(), blobs: self.blobs.clone(), verifier: self.keys.verifier.clone() }
    }

    /// The gate under the rules in force now; loaded once for a set.
    async fn gate(&self) -> Result<Arc<Screener>, FlowError> {
        let mut kept = self.gates.kept.lock().await;
        if let Some(gate) = kept.as_ref() {
            rule_sets::refresh(&self.desk, &self.keys.verifier, gate).await?;
            return Ok(gate.clone());
        }
        let set = rule_sets::in_force(&self.desk, &self.keys.verifier).await?;
        Ok(kept.insert(Arc::new(Screener::new(set, SCREENING))).clone())
    }
}

/// Every route. Serve it with `into_make_service_with_connect_info::<SocketAddr>()`: failed logins are counted by
/// address. What is merged into the answer (`/metrics`) stands outside these layers.
pub fn router(console: Console) -> Router {
    let any_staff = Router::new()
        .route("/", get(home))
        .route("/logout", post(login::log_out))
        .route("/settings", get(settings::show).post(settings::change));
    let guarded = [
        (None, any_staff),
        (Some(Right::SeeQueue), queue::reading()),
        (Some(Right::Decide), queue::deciding()),
        (Some(Right::Withdraw), queue::withdrawing()),
        (Some(Right::Quarantine), quarantine::routes()),
        (Some(Right::ChangeRules), rules::routes()),
        (Some(Right::SeeSources), sources::reading()),
        (Some(Right::ChangeSources), sources::changing()),
        (Some(Right::ReadAudit), audit::routes()),
        (Some(Right::ManagePeople), people::routes()),
        (Some(Right::SeeStatus), status::routes()),
        (Some(Right::SeeOwnUnit), mine::routes()),
    ];
    let mut routes = Router::new()
        .route("/login", get(login::form).post(login::log_in))
        .route("/welcome/{token}", get(login::welcome).post(login::set_password))
        .route("/style.css", get(style))
        .route("/healthz", get(health))
        .fallback(|| async { StatusCode::NOT_FOUND });
    for (right, pages) in guarded {
        let keeper = Gatekeeper { console: console.clone(), right };
        routes = routes.merge(pages.route_layer(from_fn_with_state(keeper, guard)));
    }
    routes
        .with_state(console)
        .layer(RequestBodyLimitLayer::new(FORM_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIME_LIMIT))
        .layer(CatchPanicLayer::new())
        .layer(from_fn(trouble::show))
        .layer(from_fn(seal))
}

/// Where the work of the role begins.
#[debug_handler(state = Console)]
async fn home(staff: Staff, tongue: Tongue) -> Response {
    match frame::first_place(staff.role) {
        Some(place) => Redirect::to(place).into_response(),
        None => page(&EmptyPage { frame: Frame::staff(tongue, &staff, "/") }),
    }
}

#[derive(askama::Template)]
#[template(path = "console/empty.html")]
struct EmptyPage {
    frame: Frame,
}

async fn style() -> Response {
    let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=300")];
    (headers, include_str!("style.css")).into_response()
}

/// Whether the desk answers; says no more.
async fn health(State(console): State<Console>) -> Response {
    match console.desk.ping().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => {
            tracing::error!(error = %error, "console: the desk does not answer");
            (StatusCode::SERVICE_UNAVAILABLE, axum::Extension(trouble::Finished), "the desk does not answer\n")
                .into_response()
        }
    }
}

/// Layer: what every answer bears, unless the page says otherwise, and the cookie of a language that was asked for.
async fn seal(request: Request, next: Next) -> Response {
    let asked = frame::asked_tongue(request.uri().query());
    let mut response = next.run(request).await;
    let fixed: [(HeaderName, &'static str); 5] = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in fixed {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Some(tongue) = asked {
        let cookie = format!("lang={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax", tongue.word());
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
    response
}
