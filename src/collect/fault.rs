//! Why a fetch brought nothing: every failure is a state of the source with a reason that an operator understands.
//!
//! Owns [`FetchError`] and the reading of the client's nested errors. The text names what was asked, what happened
//! and, where there is something to do, what. [`FetchError::word`] is the short name for counts and the store.

use std::error::Error;
use std::net::IpAddr;
use std::time::Duration;

use super::resolve::NameError;
use super::wall::Wall;

/// Why a fetch brought nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The address cannot be asked at all.
    #[error("{url}: {why}")]
    Address {
        /// As it was given.
        url: String,
        /// Why.
        why: String,
    },
    /// Host, port or scheme is not of the source.
    #[error("{url} is outside the source; add its host to the source if it belongs to it")]
    OutOfScope {
        /// The address, perhaps of a redirect.
        url: String,
    },
    /// The host is or resolves to an address that is not public and not allowed to the source.
    #[error("{url} leads to {address}, {why}; add the range to `allow` of the source if it is on the intranet")]
    Refused {
        /// The address, perhaps of a redirect.
        url: String,
        /// The IP address.
        address: IpAddr,
        /// Which range of the deny list.
        why: String,
    },
    /// robots.txt forbids a hop of this fetch.
    #[error("robots.txt forbids {url}")]
    Forbidden {
        /// The address, perhaps of a redirect.
        url: String,
    },
    /// The name has no address.
    #[error("name not found: {0}")]
    Dns(String),
    /// No connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// No secure connection; verification is never turned off.
    #[error("TLS failed: {0}")]
    Tls(String),
    /// The wall clock of the request ended.
    #[error("no complete answer within {after:?}")]
    Timeout {
        /// The limit.
        after: Duration,
    },
    /// The connection ended or said what is not HTTP.
    #[error("broken answer: {0}")]
    Broken(String),
    /// More or larger headers than the limit.
    #[error("headers larger than the limit: {0}")]
    Headers(String),
    /// The body is larger than the limit.
    #[error("body larger than {limit} bytes; raise the limit in config.toml if it is legitimate")]
    TooLarge {
        /// The limit in bytes, decoded.
        limit: u64,
        /// Decoded bytes that were read before it ended.
        read: u64,
    },
    /// The body inflates beyond the ratio: a decompression bomb.
    #[error("body inflates more than {limit} times ({received} bytes received, {read} decoded)")]
    Ratio {
        /// Largest ratio of decoded to received bytes.
        limit: u32,
        /// Bytes received.
        received: u64,
        /// Bytes decoded before it ended.
        read: u64,
    },
    /// The body is not in the coding that its header names.
    #[error("body cannot be decoded: {0}")]
    Coding(String),
    /// An answer that brings nothing and is no state of its own.
    #[error("the server answered {0}")]
    Status(u16),
    /// 429 or 503: ask later.
    #[error("the server answered {status}: ask later")]
    Busy {
        /// 429 or 503.
        status: u16,
        /// From Retry-After, at most 24 h.
        retry_after: Option<Duration>,
    },
    /// A web application firewall wants a browser; it is detected, never solved.
    #[error(
        "the server answered {status} with a challenge ({wall}); ask the sub-site to let this collector's agent and address through"
    )]
    Challenged {
        /// The status.
        status: u16,
        /// Whose wall.
        wall: Wall,
    },
    /// A redirect leads to an address of this fetch again.
    #[error("redirects in a loop at {url}")]
    RedirectLoop {
        /// Where it closes.
        url: String,
    },
    /// More redirects than the limit.
    #[error("more than {limit} redirects, the last to {url}")]
    RedirectLimit {
        /// The limit.
        limit: usize,
        /// The next one.
        url: String,
    },
    /// A redirect that names no address.
    #[error("a redirect ({status}) without a usable Location")]
    RedirectNowhere {
        /// The status.
        status: u16,
    },
}

impl FetchError {
    /// A short name for counts, logs and the store.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Address { .. } => "address",
            Self::OutOfScope { .. } => "out-of-scope",
            Self::Refused { .. } => "refused",
            Self::Forbidden { .. } => "robots",
            Self::Dns(_) => "dns",
            Self::Connect(_) => "connect",
            Self::Tls(_) => "tls",
            Self::Timeout { .. } => "timeout",
            Self::Broken(_) => "broken",
            Self::Headers(_) => "headers",
            Self::TooLarge { .. } => "too-large",
            Self::Ratio { .. } => "ratio",
            Self::Coding(_) => "coding",
            Self::Status(_) => "status",
            Self::Busy { .. } => "busy",
            Self::Challenged { .. } => "challenged",
            Self::RedirectLoop { .. } => "redirect-loop",
            Self::RedirectLimit { .. } => "redirect-limit",
            Self::RedirectNowhere { .. } => "redirect-nowhere",
        }
    }

    /// Whether asking the same again later can help. Refusals by rule do not pass with time.
    #[must_use]
    pub fn passes(&self) -> bool {
        !matches!(self, Self::Address { .. } | Self::OutOfScope { .. } | Self::Refused { .. } | Self::Forbidden { .. })
    }

    /// Whether the whole host should rest before the next request, not only this address.
    #[must_use]
    pub fn rests_host(&self) -> bool {
        match self {
            Self::Status(status) => *status >= 500,
            Self::Busy { .. }
            | Self::Challenged { .. }
            | Self::Dns(_)
            | Self::Connect(_)
            | Self::Tls(_)
            | Self::Timeout { .. } => true,
            _ => false,
        }
    }

    /// Reads a failure of the client before there was an answer.
    pub(super) fn of_request(url: &str, error: &reqwest::Error) -> Self {
        let words = innermost(error);
        if let Some(name) = within::<NameError>(error) {
            return match name {
                NameError::Private { address, why, .. } => {
                    Self::Refused { url: url.to_owned(), address: *address, why: (*why).to_owned() }
                }
                NameError::Unknown { .. } => Self::Dns(name.to_string()),
            };
        }
        if let Some(tls) = within::<rustls::Error>(error) {
            return Self::Tls(tls_words(tls));
        }
        match within::<std::io::Error>(error).map(std::io::Error::kind) {
            Some(std::io::ErrorKind::InvalidData) if error.is_connect() => return Self::Tls(words),
            _ if error.is_connect() => return Self::Connect(words),
            _ => {}
        }
        // hyper says this of more headers, or more bytes of them, than its limits.
        if words.contains("too large") || words.contains("header list") {
            Self::Headers(words)
        } else {
            Self::Broken(words)
        }
    }
}

impl FetchError {
    /// Reads a failure of the client while the body came.
    pub(super) fn of_body(error: &reqwest::Error) -> Self {
        Self::Broken(innermost(error))
    }
}

fn tls_words(error: &rustls::Error) -> String {
    let more = match error {
        rustls::Error::AlertReceived(_) | rustls::Error::PeerIncompatible(_) => {
            "; the site may speak only TLS 1.1 or older, or SM2; use its http:// address if it has one"
        }
        rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer) => {
            "; the site may not send its intermediate certificate, or this machine does not know its authority"
        }
        _ => "",
    };
    format!("{error}{more}")
}

/// The next error within `error`. An `io::Error` made from another hides it from `source()`.
fn next<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| next(*error)).take(16)
}

fn within<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref::<E>())
}

fn innermost(error: &(dyn Error + 'static)) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
