//! A hostile sub-site on loopback: raw TCP, the fault chosen by the path. For every test that needs an origin.
//!
//! `Site::start()` listens on a free port; `Site::hits()` is its log, with times; dropping it ends it. Paths:
//! `/ok` `/gbk` (no charset) `/empty` · `/status/{code}[/{Retry-After}]` · `/redirect/{to}` (percent-encoded)
//! `/chain/{n}` (n redirects, then `/ok`) `/loop` `/nowhere` · `/slow` (a byte now and then) `/slow-head` `/hang`
//! `/endless` `/endless-head` `/headers/{n}` · `/coded/{gzip|deflate|raw-deflate|br|zstd|wrong|unknown|twice}`
//! `/bomb/{gzip|br|zstd|deflate}` (16 MiB of zeros) · `/short` `/long` `/half` `/reset` `/garbage` `/not-a-length` ·
//! `/etag` · `/wall/{jsl|ruishu|small|page}` · `/robots.txt` answers as the path given to `Site::robots_as`.

#![allow(clippy::let_underscore_must_use, reason = "helpers of tests are tests")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_compression::Level;
use async_compression::tokio::write::{BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Hit {
    pub(crate) at: Instant,
    pub(crate) path: String,
    /// Everything up to the empty line, as sent.
    pub(crate) head: String,
}

#[derive(Default)]
struct Log {
    hits: Mutex<Vec<Hit>>,
    connections: Mutex<usize>,
}

/// The site.
pub(crate) struct Site {
    pub(crate) addr: SocketAddr,
    log: Arc<Log>,
    task: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Site {
    /// On a free port of 127.0.0.1.
    pub(crate) async fn start() -> Self {
        Self::listen("127.0.0.1:0", "/status/404").await
    }

    /// The same, with `/robots.txt` answered as `path`.
    pub(crate) async fn robots_as(path: &'static str) -> Self {
        Self::listen("127.0.0.1:0", path).await
    }

    /// On an address of its own.
    pub(crate) async fn listen(address: &str, robots: &'static str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let log = Arc::new(Log::default());
        let kept = Arc::clone(&log);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *kept.connections.lock().unwrap() += 1;
                tokio::spawn(serve(stream, Arc::clone(&kept), robots));
            }
        });
        Self { addr, log, task }
    }

    /// An address on it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// What was asked so far.
    pub(crate) fn hits(&self) -> Vec<Hit> {
        self.log.hits.lock().unwrap().clone()
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> usize {
        *self.log.connections.lock().unwrap()
    }

    /// The least time between two requests.
    pub(crate) fn least_gap(&self) -> Option<Duration> {
        self.hits().windows(2).map(|pair| pair[1].at - pair[0].at).min()
    }
}

pub(crate) const PAGE: &str =
    "<html><head><meta charset=utf-8><title>通知</title></head><body><p>正文</p></body></html>";

async fn serve(mut stream: TcpStream, log: Arc<Log>, robots: &'static str) {
    let mut head = Vec::new();
    let mut byte = [0u8; 1];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 64 << 10 {
        match stream.read(&mut byte).await {
            // The first byte of TLS: what a port without it answers.
            Ok(1) if head.is_empty() && byte[0] == 0x16 => {
                let _ = page(&mut stream, "400 Bad Request", "", b"plain HTTP only").await;
                return;
            }
            Ok(1) => head.push(byte[0]),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    log.hits.lock().unwrap().push(Hit { at: Instant::now(), path: path.clone(), head: head.clone() });
    let path = if path == "/robots.txt" { robots.to_owned() } else { path };
    // The client may hang up at any time; that is what is tested.
    let _ = answer(&mut stream, &path, &head).await;
    let _ = stream.shutdown().await;
}

async fn answer(stream: &mut TcpStream, path: &str, head: &str) -> std::io::Result<()> {
    let parts: Vec<&str> = path.trim_start_matches('/').splitn(3, '/').collect();
    match parts.as_slice() {
        ["ok"] => page(stream, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", PAGE.as_bytes()).await,
        ["rules"] => page(stream, "200 OK", "", b"User-agent: *\nDisallow: /new\nCrawl-delay: 2\n").await,
        ["gbk"] => page(stream, "200 OK", "Content-Type: text/html\r\n", b"<p>\xcd\xa8\xd6\xaa</p>").await,
        ["empty"] => page(stream, "200 OK", "", b"").await,
        ["etag"] if head.contains("if-none-match: \"v1\"") => page(stream, "304 Not Modified", "", b"").await,
        ["etag"] => {
            page(stream, "200 OK", "ETag: \"v1\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n", b"v1").await
        }
        ["status", code] => page(stream, &format!("{code} X"), "", b"no").await,
        ["status", code, after] => {
            page(stream, &format!("{code} X"), &format!("Retry-After: {}\r\n", after.replace('_', " ")), b"no").await
        }
        ["redirect", ..] => redirect(stream, &decoded(path.trim_start_matches("/redirect/"))).await,
        ["chain", "0"] => redirect(stream, "/ok").await,
        ["chain", count] => redirect(stream, &format!("/chain/{}", count.parse::<u32>().unwrap() - 1)).await,
        ["loop"] => redirect(stream, "/loop/2").await,
        ["loop", _] => redirect(stream, "/loop").await,
        ["nowhere"] => page(stream, "302 Found", "", b"").await,
        ["hang"] => std::future::pending().await,
        ["coded", coding] => {
            let name = coding.trim_start_matches("raw-");
            let body = coded(coding, PAGE.as_bytes()).await;
            let name = match name {
                "wrong" => "gzip",
                "unknown" => "compress",
                "twice" => "gzip, br",
                name => name,
            };
            page(stream, "200 OK", &format!("Content-Encoding: {name}\r\n"), &body).await
        }
        ["bomb", coding] => {
            let body = coded(coding, &vec![0u8; 16 << 20]).await;
            page(stream, "200 OK", &format!("Content-Encoding: {coding}\r\n"), &body).await
        }
        ["wall", wall] => challenge(stream, wall).await,
        _ => broken(stream, &parts).await,
    }
}

async fn broken(stream: &mut TcpStream, parts: &[&str]) -> std::io::Result<()> {
    const OPEN: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
    match parts {
        ["slow"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"\r\n").await?;
            drip(stream, b"x").await
        }
        ["slow-head"] => {
            stream.write_all(OPEN).await?;
            drip(stream, b"X-A: b\r\n").await
        }
        ["endless"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"\r\n").await?;
            loop {
                stream.write_all("<div>没有尽头</div>".repeat(100).as_bytes()).await?;
            }
        }
        ["endless-head"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"X-Long: ").await?;
            loop {
                stream.write_all(&[b'a'; 4096]).await?;
            }
        }
        ["headers", count] => {
            let many: String = (0..count.parse::<u32>().unwrap()).map(|n| format!("X-{n}: y\r\n")).collect();
            page(stream, "200 OK", &many, b"x").await
        }
        ["big-head"] => page(stream, "200 OK", &format!("X-Big: {}\r\n", "a".repeat(100 << 10)), b"x").await,
        ["short"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"Content-Length: 1000\r\n\r\nonly this").await
        }
        ["long"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"Content-Length: 4\r\n\r\nthisand more").await
        }
        ["not-a-length"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"Content-Length: -1\r\n\r\nx").await
        }
        ["declared"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"Content-Length: 99999999999\r\n\r\nx").await
        }
        ["half"] => {
            stream.write_all(OPEN).await?;
            stream.write_all(b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nff\r\nhalf").await
        }
        ["reset"] => {
            stream.set_zero_linger()?;
            Ok(())
        }
        ["garbage"] => stream.write_all(b"\x16\x03\x01 not http at all\r\n\r\n").await,
        _ => page(stream, "404 Not Found", "", b"none").await,
    }
}

async fn challenge(stream: &mut TcpStream, wall: &str) -> std::io::Result<()> {
    let jsl = b"<script>document.cookie='__jsl_clearance_s=1|-1|x'</script>";
    match wall {
        "jsl" => page(stream, "521 X", "Set-Cookie: __jsluid_s=1\r\n", jsl).await,
        "ruishu" => page(stream, "412 X", "", b"<meta r=\"m\"><script>$_ts=window['$_ts']</script>").await,
        "small" => page(stream, "200 OK", "", b"<script>var arg1='ABC';</script>").await,
        _ => page(stream, "200 OK", "Set-Cookie: __jsluid_s=1\r\n", PAGE.as_bytes()).await,
    }
}

async fn page(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> std::io::Result<()> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await
}

async fn redirect(stream: &mut TcpStream, to: &str) -> std::io::Result<()> {
    page(stream, "302 Found", &format!("Location: {to}\r\n"), b"moved").await
}

async fn drip(stream: &mut TcpStream, drop: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(drop).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn coded(coding: &str, bytes: &[u8]) -> Vec<u8> {
    macro_rules! with {
        ($encoder:ident, $level:ident) => {{
            let mut encoder = $encoder::with_quality(Vec::new(), Level::$level);
            encoder.write_all(bytes).await.unwrap();
            encoder.shutdown().await.unwrap();
            encoder.into_inner()
        }};
    }
    match coding {
        "gzip" | "twice" => with!(GzipEncoder, Default),
        "deflate" => with!(ZlibEncoder, Default),
        "raw-deflate" => with!(DeflateEncoder, Default),
        "br" => with!(BrotliEncoder, Fastest),
        "zstd" => with!(ZstdEncoder, Default),
        _ => bytes.to_vec(),
    }
}

fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let hex: String = bytes.by_ref().take(2).map(char::from).collect();
                out.push(u8::from_str_radix(&hex, 16).unwrap());
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap()
}
