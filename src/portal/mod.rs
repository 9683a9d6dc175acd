//! The portal: the public pages. Reads the site and the index, writes nothing but alarms into the inbox spool.
//!
//! Owns what the public sees (the addresses of `docs/contract.md`). Promises: no desk anywhere (promise 3); nothing
//! of an item is shown whose permit does not hold at that moment (promise 4, [`proof`]); every page works without
//! scripts and asks no other site for anything ([`guard`]); no request can hold it longer than [`TIME_LIMIT`].
//! Limits: a request's body 4 KiB (none is read), a query 100 characters, 8 searches at once.

mod alarm;
mod answer;
mod api;
mod article;
mod asked;
mod body;
mod cache;
mod chrome;
mod column;
mod feed;
mod file;
mod find;
mod guard;
mod home;
mod item;
mod labels;
mod links;
mod machines;
mod map;
mod pager;
mod proof;
mod rows;
mod search;
mod style;
mod visit;
mod words;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use tokio::sync::{Semaphore, SemaphorePermit};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::timeout::TimeoutLayer;

pub use alarm::PERMIT_FAILURES;
use answer::Trouble;
pub use article::{Told, render};
pub use words::Language;

use crate::blob::Blobs;
use crate::config;
use crate::index::IndexReader;
use crate::model::{Clock, PermitVerifier};
use crate::store::Site;

/// Longest time of one request.
pub const TIME_LIMIT: Duration = Duration::from_secs(10);
/// Searches at one time; the next wait for [`TURN_LIMIT`], then are told to come again.
const AT_ONCE: usize = 8;
const TURN_LIMIT: Duration = Duration::from_secs(2);
const BODY_LIMIT: usize = 4 << 10;

/// What the portal is given; there is no desk in it.
pub struct Portal {
    /// The site, opened read only.
    pub site: Site,
    /// The index, opened read only; the portal makes it follow its writer.
    pub index: Arc<IndexReader>,
    /// The site's files, opened read only.
    pub blobs: Blobs,
    /// The keys whose permits hold.
    pub verifier: Arc<PermitVerifier>,
    /// Names and numbers of the site.
    pub config: Arc<config::Portal>,
    /// The spool folder for alarms; new files are made there, and nothing is read.
    pub inbox: PathBuf,
    /// The clock.
    pub clock: Clock,
}

/// The portal at work: what its pages share.
struct Front {
    site: Site,
    index: Arc<IndexReader>,
    blobs: Blobs,
    verifier: Arc<PermitVerifier>,
    config: Arc<config::Portal>,
    inbox: PathBuf,
    clock: Clock,
    turns: Semaphore,
}

impl From<Portal> for Front {
    fn from(portal: Portal) -> Self {
        let Portal { site, index, blobs, verifier, config, inbox, clock } = portal;
        Self { site, index, blobs, verifier, config, inbox, clock, turns: Semaphore::new(AT_ONCE) }
    }
}

impl Front {
    /// An address as the public has it.
    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.config.base_url.trim_end_matches('/'))
    }

    /// Waits for a turn at work that costs more than a page.
    async fn turn(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        let turn = tokio::time::timeout(TURN_LIMIT, self.turns.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or(Trouble::Busy)
    }
}

/// The pages, with everything around them.
pub fn router(portal: Portal) -> Router {
    metrics::counter!(PERMIT_FAILURES).increment(0); // shown as 0 from the start
    let portal = Arc::new(Front::from(portal));
    let pages = Router::new()
        .route("/", get(home::show))
        .route("/columns/{id}", get(column::show))
        .route("/columns/{id}/feed.atom", get(feed::show))
        .route("/items/{id}", get(item::show))
        .route("/items/{id}/files/{name}", get(file::send))
        .route("/search", get(search::show))
        .route("/links", get(links::show))
        .route("/map", get(map::show))
        .route("/style/{name}", get(style::show))
        .route("/crest.svg", get(machines::crest))
        .route("/sitemap.xml", get(machines::sitemap))
        .route("/robots.txt", get(machines::robots))
        .route("/opensearch.xml", get(machines::opensearch))
        .route("/healthz", get(machines::alive))
        .route("/readyz", get(machines::ready))
        .route("/api/v1/search", get(api::search))
        .route("/api/v1/suggest", get(api::suggest))
        .route("/api/v1/columns", get(api::columns))
        .route("/api/v1/items/{id}", get(api::item))
        .route("/api/v1/openapi.json", get(api::description))
        .fallback(missing);
    around(pages, portal.clone()).with_state(portal)
}

async fn missing() -> Trouble {
    Trouble::Missing
}

/// From the inside out: a panic or a late answer becomes a status, a status its page, and all of it is guarded.
fn around(pages: Router<Arc<Front>>, portal: Arc<Front>) -> Router<Arc<Front>> {
    pages
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIME_LIMIT))
        .layer(CatchPanicLayer::custom(answer::panicked))
        .layer(from_fn_with_state(portal, answer::finish))
        .layer(CompressionLayer::new())
        .layer(from_fn(guard::guard))
}
