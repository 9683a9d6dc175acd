//! One sub-site as an HTTP server on a loopback port: headers as such servers send them, conditional requests, and a
//! record of every request, from which the demo proves what was never asked.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, Uri, header};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::articles::Shelf;
use super::families;
use super::reply::{Asked, Reply};
use super::roster::{Family, Validators};
use crate::model::{Digest, SourceId};

/// How long the last requests have when the site stops.
const PARTING: Duration = Duration::from_millis(300);
/// How often and after what wait a remembered port is tried again: the process before may still be dying.
const TRIES: u32 = 10;
const WAIT: Duration = Duration::from_millis(200);

/// What one sub-site was asked.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Requests {
    /// The source.
    pub source: SourceId,
    /// Requests of every kind.
    pub count: u64,
    /// Paths with their queries, and how often each.
    pub paths: BTreeMap<String, u64>,
    /// Requests that were answered 304.
    pub not_modified: u64,
    /// Shortest time from the beginning of one request to the beginning of the next, in microseconds.
    pub least_gap_us: Option<u64>,
}

#[derive(Default)]
struct Log {
    count: u64,
    paths: BTreeMap<String, u64>,
    not_modified: u64,
    last: Option<Instant>,
    least_gap: Option<Duration>,
}

/// A sub-site that answers.
pub(super) struct Running {
    /// Its articles.
    pub shelf: Shelf,
    log: Mutex<Log>,
}

impl Running {
    /// With nothing asked yet.
    pub(super) fn new(shelf: Shelf) -> Self {
        Self { shelf, log: Mutex::default() }
    }

    /// What it was asked so far.
    pub(super) fn requests(&self, source: SourceId) -> Requests {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        Requests {
            source,
            count: log.count,
            paths: log.paths.clone(),
            not_modified: log.not_modified,
            least_gap_us: log.least_gap.map(|gap| u64::try_from(gap.as_micros()).unwrap_or(u64::MAX)),
        }
    }

    fn note(&self, target: &str) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let gap = log.last.map(|last| now.duration_since(last));
        log.least_gap = [log.least_gap, gap].into_iter().flatten().min();
        log.last = Some(now);
        log.count += 1;
        *log.paths.entry(target.to_owned()).or_default() += 1;
    }

    fn note_unmodified(&self) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).not_modified += 1;
    }

    /// The answer to a request, before HTTP.
    pub(super) fn answer(&self, asked: Asked<'_>) -> Reply {
        let shelf = &self.shelf;
        if asked.target == "/robots.txt" {
            return match shelf.site.robots {
                Some(text) => Reply::of_type("text/plain", text.as_bytes().to_vec(), None),
                None => families::gone(shelf),
            };
        }
        if let Some(article) = shelf.at(asked.target) {
            return families::article(shelf, article);
        }
        if let Some(file) = shelf.file(asked.target) {
            return Reply::of_type(file.content_type, file.bytes.to_vec(), None);
        }
        families::other(shelf, asked).unwrap_or_else(|| families::gone(shelf))
    }
}

/// Takes the port that was remembered, or any.
///
/// # Errors
/// Where the remembered port stays taken, with what to do.
pub(super) async fn bind(
    site: &str,
    host: Ipv4Addr,
    remembered: Option<u16>,
    data: &Path,
) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::from((host, remembered.unwrap_or(0)));
    for _ in 1..TRIES {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => tokio::time::sleep(WAIT).await,
            other => return other.with_context(|| format!("cannot listen on {address} for the sub-site {site}")),
        }
    }
    match TcpListener::bind(address).await {
        Ok(listener) => Ok(listener),
        Err(error) => bail!(
            "cannot listen on {address} ({error}), where the sub-site {site} was at the last start and where its \
             collected addresses point; stop what listens there (another demo of {}?), or start with another --data \
             folder",
            data.display()
        ),
    }
}

/// Answers until `stop`, then lets the last requests go and ends.
pub(super) async fn serve(listener: TcpListener, site: Arc<Running>, stop: CancellationToken) {
    let app = axum::Router::new().fallback(handle).layer(DefaultBodyLimit::max(64 << 10)).with_state(site);
    let patience = async {
        stop.cancelled().await;
        tokio::time::sleep(PARTING).await;
    };
    let signal = stop.clone();
    let server = axum::serve(listener, app).with_graceful_shutdown(async move { signal.cancelled().await });
    tokio::select! {
        ended = server.into_future() => {
            if let Err(error) = ended {
                tracing::warn!(%error, "a bundled sub-site ended");
            }
        }
        () = patience => {}
    }
}

async fn handle(
    State(site): State<Arc<Running>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    site.note(target);
    let form = if method == Method::POST { std::str::from_utf8(&body).unwrap_or_default() } else { "" };
    let reply = site.answer(Asked { target, form });
    let response = respond(&site, &headers, reply);
    if response.status() == 304 {
        site.note_unmodified();
    }
    response
}

fn respond(site: &Running, asked: &HeaderMap, reply: Reply) -> Response<Body> {
    let (etag, modified) = validators(site, &reply);
    let same = |name: header::HeaderName, value: &Option<String>| {
        value.as_deref().is_some_and(|value| asked.get(name).is_some_and(|sent| sent.as_bytes() == value.as_bytes()))
    };
    let unmodified = match (&etag, asked.contains_key(header::IF_NONE_MATCH)) {
        (Some(_), true) => same(header::IF_NONE_MATCH, &etag),
        _ => same(header::IF_MODIFIED_SINCE, &modified),
    };
    let packs = site.shelf.site.family == Family::Jcms
        && asked.get(header::ACCEPT_ENCODING).is_some_and(|sent| sent.to_str().is_ok_and(|sent| sent.contains("gzip")));
    let packed = if packs && !unmodified { pack(&reply.body) } else { None };
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: Option<&str>| {
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    };
    set(header::SERVER, Some(site.shelf.site.server));
    set(header::CONTENT_TYPE, (!unmodified).then_some(reply.content_type));
    set(header::ETAG, etag.as_deref());
    set(header::LAST_MODIFIED, modified.as_deref());
    set(header::CONTENT_ENCODING, packed.as_ref().map(|_| "gzip"));
    *response.status_mut() = axum::http::StatusCode::from_u16(if unmodified { 304 } else { reply.status })
        .unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    if !unmodified {
        *response.body_mut() = Body::from(packed.unwrap_or(reply.body));
    }
    response
}

/// `ETag` and `Last-Modified`, as far as the site sends them.
fn validators(site: &Running, reply: &Reply) -> (Option<String>, Option<String>) {
    let sends = site.shelf.site.validators;
    let found = reply.status == 200;
    let etag = (found && sends == Validators::Both).then(|| format!("\"{:.16}\"", Digest::of(&reply.body).to_string()));
    let modified = reply
        .modified
        .filter(|_| found && sends != Validators::None)
        .map(|at| at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string());
    (etag, modified)
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
