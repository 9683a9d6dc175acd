//! Reads a body within its limits, whatever the server says of it.
//!
//! Owns the undoing of Content-Encoding (gzip, deflate with and without zlib's frame, br, zstd; RFC 9110 8.4.1) and
//! the caps: decoded bytes, received bytes, and their ratio once 64 KiB are decoded. At most `limit` bytes are kept,
//! and at most 16 KiB beyond are decoded before it ends. Windows are bounded too: 8 MiB for zstd (RFC 9659), 16 MiB
//! for br (large-window streams are refused). The wall clock is the caller's.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_compression::tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder};
use async_compression::zstd::DParameter;
use futures_util::TryStreamExt as _;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _};
use tokio_util::io::StreamReader;

use super::answer::Traffic;
use super::fault::FetchError;

/// Decoded bytes from which the ratio counts; a short page of one letter inflates a thousandfold and harms nobody.
const RATIO_FROM: u64 = 64 << 10;
/// Decoded at a time.
const CHUNK: usize = 16 << 10;
/// log2 of the largest zstd window: RFC 9659.
const ZSTD_WINDOW: u32 = 23;

/// The limits of one body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caps {
    /// Most bytes, decoded.
    pub(super) limit: u64,
    /// Most decoded bytes for one received.
    pub(super) ratio: u32,
}

/// A body that ended, well or not; what was read until then is kept for those who look for a challenge in it.
pub(super) struct Body {
    pub(super) bytes: Vec<u8>,
    pub(super) traffic: Traffic,
    pub(super) fault: Option<FetchError>,
}

/// Said by the stream when more was received than a body of the limit can need.
#[derive(Debug, thiserror::Error)]
#[error("more received than the limit")]
struct Overflow;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Coding {
    Identity,
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Coding {
    fn of(headers: &HeaderMap) -> Result<Self, FetchError> {
        let mut coding = Self::Identity;
        for value in headers.get_all(CONTENT_ENCODING) {
            for word in String::from_utf8_lossy(value.as_bytes()).split(',') {
                let next = Self::of_word(word.trim())?;
                if coding != Self::Identity && next != Self::Identity {
                    return Err(FetchError::Coding("coded more than once".to_owned()));
                }
                coding = if next == Self::Identity { coding } else { next };
            }
        }
        Ok(coding)
    }

    fn of_word(word: &str) -> Result<Self, FetchError> {
        match word.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "deflate" => Ok(Self::Deflate),
            "br" => Ok(Self::Brotli),
            "zstd" => Ok(Self::Zstd),
            "" | "identity" | "none" => Ok(Self::Identity),
            // Some servers write the charset here.
            label if encoding_rs::Encoding::for_label(label.as_bytes()).is_some() => Ok(Self::Identity),
            other => Err(FetchError::Coding(format!("unknown Content-Encoding {other:?}"))),
        }
    }
}

/// Reads the body of `response`.
pub(super) async fn read(response: Response, caps: Caps) -> Body {
    let mut body = Body { bytes: Vec::new(), traffic: Traffic::default(), fault: None };
    let coding = match Coding::of(response.headers()) {
        Ok(coding) => coding,
        Err(fault) => return Body { fault: Some(fault), ..body },
    };
    if response.content_length().is_some_and(|length| length > caps.limit) {
        return Body { fault: Some(FetchError::TooLarge { limit: caps.limit, read: 0 }), ..body };
    }
    let received = Arc::new(AtomicU64::new(0));
    let result = drain(response, coding, caps, &received, &mut body).await;
    body.traffic.received = received.load(Ordering::Relaxed);
    body.fault = result.err().map(|error| fault_of(&error, caps, &body.traffic));
    body
}

async fn drain(
    response: Response,
    coding: Coding,
    caps: Caps,
    received: &Arc<AtomicU64>,
    body: &mut Body,
) -> io::Result<()> {
    let counter = Arc::clone(received);
    let counted = response.bytes_stream().map_err(io::Error::other).and_then(move |chunk| {
        let total = counter.fetch_add(chunk.len() as u64, Ordering::Relaxed) + chunk.len() as u64;
        // A decoder may swallow input for ever without giving anything; this ends it.
        let over = total > caps.limit.saturating_add(RATIO_FROM);
        std::future::ready(if over { Err(io::Error::other(Overflow)) } else { Ok(chunk) })
    });
    let mut decoded = decoder(coding, Box::pin(StreamReader::new(Box::pin(counted)))).await?;
    let mut chunk = vec![0u8; CHUNK];
    loop {
        let count = decoded.read(&mut chunk).await?;
        if count == 0 {
            return Ok(());
        }
        body.traffic.decoded += count as u64;
        if body.traffic.decoded > caps.limit {
            return Err(io::Error::other(Overflow));
        }
        let received = received.load(Ordering::Relaxed);
        let inflated = body.traffic.decoded > received.saturating_mul(caps.ratio.into());
        if coding != Coding::Identity && body.traffic.decoded > RATIO_FROM && inflated {
            let (received, read) = (received, body.traffic.decoded);
            return Err(io::Error::other(FetchError::Ratio { limit: caps.ratio, received, read }));
        }
        body.bytes.extend_from_slice(&chunk[..count]);
    }
}

type Source = Pin<Box<dyn AsyncBufRead + Send>>;

async fn decoder(coding: Coding, mut source: Source) -> io::Result<Pin<Box<dyn AsyncRead + Send>>> {
    if coding == Coding::Identity {
        return Ok(source);
    }
    let head = source.fill_buf().await?;
    Ok(match (coding, head) {
        // An empty body is coded by nothing at all.
        (Coding::Identity, _) | (_, []) => source,
        (Coding::Gzip, _) => Box::pin(GzipDecoder::new(source)),
        // "deflate" means zlib's frame (RFC 9110 8.4.1.2), and many servers leave the frame out.
        (Coding::Deflate, [first, second, ..])
            if first & 0x0f == 8 && (u16::from(*first) << 8 | u16::from(*second)) % 31 == 0 =>
        {
            Box::pin(ZlibDecoder::new(source))
        }
        (Coding::Deflate, _) => Box::pin(DeflateDecoder::new(source)),
        (Coding::Brotli, [first, ..]) if first & 0x7f == 0x11 => {
            return Err(io::Error::other(FetchError::Coding("a br stream with a large window".to_owned())));
        }
        (Coding::Brotli, _) => Box::pin(BrotliDecoder::new(source)),
        (Coding::Zstd, _) => Box::pin(ZstdDecoder::with_params(source, &[DParameter::window_log_max(ZSTD_WINDOW)])),
    })
}

fn fault_of(error: &io::Error, caps: Caps, traffic: &Traffic) -> FetchError {
    let inner = error.get_ref();
    if inner.is_some_and(|inner| inner.is::<Overflow>()) {
        return FetchError::TooLarge { limit: caps.limit, read: traffic.decoded };
    }
    if let Some(fault) = inner.and_then(|inner| inner.downcast_ref::<FetchError>()) {
        return fault.clone();
    }
    match inner.and_then(|inner| inner.downcast_ref::<reqwest::Error>()) {
        Some(broken) => FetchError::of_body(broken),
        None => FetchError::Coding(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_by_header() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_ENCODING, value.parse().unwrap());
            }
            Coding::of(&headers)
        };
        assert_eq!(of(&[]), Ok(Coding::Identity));
        assert_eq!(of(&["GZIP"]), Ok(Coding::Gzip));
        assert_eq!(of(&["identity, br"]), Ok(Coding::Brotli));
        assert_eq!(of(&["gb2312"]), Ok(Coding::Identity));
        assert!(of(&["gzip, gzip"]).is_err());
        assert!(of(&["gzip", "br"]).is_err());
        assert!(of(&["compress"]).is_err());
    }
}
