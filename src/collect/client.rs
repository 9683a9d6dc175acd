//! The one HTTP client: every byte that the collector reads from the network comes through [`Client::fetch`].
//!
//! Owns the only `reqwest::Client`s, one for each set of ranges that sources open, because the resolver of a client
//! cannot know for which source it is asked. Before every hop the guard judges scheme, host, port and a literal
//! address, and robots.txt the path; the resolver judges the addresses of a name. Proxies of the environment are
//! not used, certificates are always verified, and nothing is sent twice by itself. Limits: the wall clock of
//! `request_time` over all hops (waits for the pace do not count), 128 headers and 64 KiB of them, 5 redirects
//! (RFC 9309 2.3.1.2 asks for at least five), the body by [`body`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, REFERER, RETRY_AFTER,
};
use rustls::RootCertStore;
use tokio::time::Instant;
use url::Url;

use crate::config::Collect;
use crate::model::Clock;

use super::address::host_key;
use super::answer::{Fetched, Page, Request, Traffic, Validators};
use super::body::{self, Caps};
use super::fault::FetchError;
use super::gap::Gap;
use super::guard::Ranges;
use super::pace::retry_after;
use super::redirect::Redirects;
use super::resolve::{Filter, Names};
use super::wall::Wall;

/// Longest part of a failure's body that is looked at for a challenge.
const FAILURE_BODY: u64 = 64 << 10;
const MOST_HEADERS: usize = 128;
const HEADER_BYTES: usize = 64 << 10;
/// Longest validator that is kept.
const VALIDATOR_BYTES: usize = 1024;

/// The limits of every request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Wall clock of one fetch, all hops and the body.
    pub whole: Duration,
    /// Of that, for a connection.
    pub connect: Duration,
    /// Most decoded bytes for one received.
    pub ratio: u32,
    /// Most redirects.
    pub redirects: usize,
}

impl From<&Collect> for Limits {
    fn from(config: &Collect) -> Self {
        let whole = config.request_time.0;
        Self { whole, connect: whole.min(Duration::from_secs(10)), ratio: config.ratio_limit, redirects: 5 }
    }
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// `agent` is no value of a header.
    #[error("collect.agent {0:?} cannot be sent; write it in ASCII, as in \"menhu/0.1 (+https://…)\"")]
    Agent(String),
    /// The TLS provider refused its own defaults.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The client cannot be built.
    #[error("the HTTP client cannot be set up: {0}")]
    Build(#[from] reqwest::Error),
}

/// Asks servers.
pub struct Client {
    headers: HeaderMap,
    limits: Limits,
    names: Names,
    clock: Clock,
    tls: rustls::ClientConfig,
    gap: Gap,
    doors: Mutex<BTreeMap<Ranges, reqwest::Client>>,
}

enum Hop {
    Answer(Fetched),
    Moved { status: u16, location: Option<Vec<u8>> },
}

impl Client {
    /// A client with the limits and the agent of `config`.
    ///
    /// # Errors
    /// [`ClientError`], where the agent cannot be sent or TLS cannot be set up.
    pub fn new(config: &Collect, clock: Clock) -> Result<Self, ClientError> {
        Self::with(config, clock, Limits::from(config), Names::System)
    }

    /// A client with limits and a resolver of its own.
    ///
    /// # Errors
    /// [`ClientError`].
    pub fn with(config: &Collect, clock: Clock, limits: Limits, names: Names) -> Result<Self, ClientError> {
        let headers = usual_headers(&config.agent)?;
        let client =
            Self { headers, limits, names, clock, tls: tls()?, gap: Gap::new(), doors: Mutex::new(BTreeMap::new()) };
        client.door(&Ranges::default())?;
        Ok(client)
    }

    /// Fetches one thing, following its redirects.
    ///
    /// # Errors
    /// [`FetchError`]; each is a state of the source.
    pub async fn fetch(&self, request: &Request<'_>) -> Result<Fetched, FetchError> {
        let mut url = Url::parse(request.url)
            .map_err(|error| FetchError::Address { url: request.url.to_owned(), why: error.to_string() })?;
        url.set_fragment(None);
        let door = self.door(request.scope.ranges()).map_err(|error| FetchError::Connect(error.to_string()))?;
        let mut chain = Redirects::new(&url, self.limits.redirects);
        let mut left = self.limits.whole;
        loop {
            check(&url, request)?;
            self.gap.ready(&host_key(&url), request.gap).await;
            let begun = Instant::now();
            let hop = tokio::time::timeout(left, self.hop(&door, &url, request, chain.requests())).await;
            match hop.map_err(|_| FetchError::Timeout { after: self.limits.whole })?? {
                Hop::Answer(fetched) => return Ok(fetched),
                Hop::Moved { status, location } => url = chain.follow(status, location.as_deref())?,
            }
            left = left.saturating_sub(begun.elapsed());
        }
    }

    async fn hop(
        &self,
        door: &reqwest::Client,
        url: &Url,
        request: &Request<'_>,
        requests: u32,
    ) -> Result<Hop, FetchError> {
        let mut asked = door.get(url.clone()).headers(self.headers.clone());
        for (name, value) in conditions(request) {
            asked = asked.header(name, value);
        }
        let response = asked.send().await.map_err(|error| FetchError::of_request(url.as_str(), &error))?;
        let size: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if size > HEADER_BYTES {
            return Err(FetchError::Headers(format!("{size} bytes, {HEADER_BYTES} are allowed")));
        }
        let status = response.status().as_u16();
        let traffic = Traffic { requests, ..Traffic::default() };
        match status {
            200 | 203 => self.page(response, url, request.limit, requests).await.map(Hop::Answer),
            304 if request.validators.any() => Ok(Hop::Answer(Fetched::NotModified { traffic })),
            404 | 410 => Ok(Hop::Answer(Fetched::Gone { status, final_url: url.to_string(), traffic })),
            429 | 503 => Err(FetchError::Busy { status, retry_after: self.retry_after(&response) }),
            _ if Redirects::is(status) => {
                let location = response.headers().get(LOCATION).map(|value| value.as_bytes().to_vec());
                Ok(Hop::Moved { status, location })
            }
            _ => Err(self.failure(status, response).await),
        }
    }

    async fn page(
        &self,
        response: reqwest::Response,
        url: &Url,
        limit: u64,
        requests: u32,
    ) -> Result<Fetched, FetchError> {
        let status = response.status().as_u16();
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?;
            (value.len() <= VALIDATOR_BYTES).then(|| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let content_type = text(CONTENT_TYPE);
        let validators = Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) };
        let body = body::read(response, Caps { limit, ratio: self.limits.ratio }).await;
        if let Some(fault) = body.fault {
            return Err(fault);
        }
        Ok(Fetched::Page(Page {
            suspect: Wall::suspect(&body.bytes),
            bytes: body.bytes,
            content_type,
            final_url: url.to_string(),
            validators,
            status,
            traffic: Traffic { requests, ..body.traffic },
        }))
    }

    async fn failure(&self, status: u16, response: reqwest::Response) -> FetchError {
        let body = body::read(response, Caps { limit: FAILURE_BODY, ratio: self.limits.ratio }).await;
        match Wall::of_failure(status, &body.bytes) {
            Some(wall) => FetchError::Challenged { status, wall },
            None => FetchError::Status(status),
        }
    }

    fn retry_after(&self, response: &reqwest::Response) -> Option<Duration> {
        let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
        retry_after(value, self.clock.now())
    }

    /// The client whose resolver opens `ranges`.
    fn door(&self, ranges: &Ranges) -> Result<reqwest::Client, ClientError> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(door) = doors.get(ranges) {
            return Ok(door.clone());
        }
        let door = self.build(ranges)?;
        doors.insert(ranges.clone(), door.clone());
        Ok(door)
    }

    #[expect(clippy::disallowed_methods, reason = "the only door to the network")]
    fn build(&self, ranges: &Ranges) -> Result<reqwest::Client, ClientError> {
        let filter = Filter { names: self.names.clone(), ranges: ranges.clone() };
        let door = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .dns_resolver(Arc::new(filter))
            .tls_backend_preconfigured(self.tls.clone())
            .connect_timeout(self.limits.connect)
            .pool_max_idle_per_host(2)
            .pool_idle_timeout(Duration::from_secs(30))
            .http1_max_headers(MOST_HEADERS)
            .http2_max_header_list_size(u32::try_from(HEADER_BYTES).unwrap_or(u32::MAX))
            // Old servers write headers that RFC 9112 forbids and every browser reads.
            .http1_ignore_invalid_headers_in_responses(true)
            .http1_allow_obsolete_multiline_headers_in_responses(true)
            .build()?;
        Ok(door)
    }
}

/// Whether this hop may be asked at all.
fn check(url: &Url, request: &Request<'_>) -> Result<(), FetchError> {
    if let Some((address, why)) = request.scope.refuse_literal(url) {
        return Err(FetchError::Refused { url: url.to_string(), address, why: why.to_owned() });
    }
    if !request.scope.holds(url) {
        return Err(FetchError::OutOfScope { url: url.to_string() });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(FetchError::Address { url: url.to_string(), why: "it carries a password".to_owned() });
    }
    if (request.may)(url) { Ok(()) } else { Err(FetchError::Forbidden { url: url.to_string() }) }
}

fn usual_headers(agent: &str) -> Result<HeaderMap, ClientError> {
    let agent = HeaderValue::from_str(agent)
        .ok()
        .filter(|value| value.to_str().is_ok_and(|text| !text.trim().is_empty()))
        .ok_or_else(|| ClientError::Agent(agent.to_owned()))?;
    let mut headers = HeaderMap::new();
    headers.insert(reqwest::header::USER_AGENT, agent);
    headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
    headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("zh-CN,zh;q=0.9"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, deflate, br, zstd"));
    Ok(headers)
}

/// The headers of this request alone; a value that cannot be sent is left out, which only costs a full answer.
fn conditions(request: &Request<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let Validators { etag, last_modified } = &request.validators;
    let pairs =
        [(IF_NONE_MATCH, etag.as_deref()), (IF_MODIFIED_SINCE, last_modified.as_deref()), (REFERER, request.referer)];
    let readable = |(name, value): (HeaderName, Option<&str>)| Some((name, HeaderValue::from_str(value?).ok()?));
    pairs.into_iter().filter_map(readable).collect()
}

/// TLS 1.2 and 1.3 with ring, verified against the authorities of the machine; with none of them every https site
/// fails with its reason, and http sites go on.
fn tls() -> Result<rustls::ClientConfig, ClientError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (kept, ignored) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(kept, ignored, errors = found.errors.len(), "certificate authorities of the machine");
    if kept == 0 {
        tracing::warn!("this machine has no certificate authorities; https sites cannot be read until it has");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
