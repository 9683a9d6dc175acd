//! A client as small as can be: keep-alive, one request after the other on each connection, answers by their length.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const CONNECTIONS: usize = 16;

/// What came back.
#[derive(Default)]
pub struct Asked {
    pub times: Vec<Duration>,
    /// Bytes of the answers, heads and bodies.
    pub bytes: usize,
}

type Outcome = Result<Asked, Box<dyn std::error::Error + Send + Sync>>;

/// Asks `paths` in turn over all connections until `time` is over. Any answer but 200 ends it with an error.
pub async fn ask(server: SocketAddr, paths: Vec<String>, time: Duration) -> Outcome {
    let end = Instant::now() + time;
    let requests: Vec<String> =
        paths.iter().map(|path| format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).collect();
    let mut tasks = JoinSet::new();
    for first in 0..CONNECTIONS {
        tasks.spawn(connection(server, requests.clone(), first, end));
    }
    let mut all = Asked::default();
    while let Some(asked) = tasks.join_next().await {
        let asked = asked??;
        all.times.extend(asked.times);
        all.bytes += asked.bytes;
    }
    Ok(all)
}

async fn connection(server: SocketAddr, requests: Vec<String>, first: usize, end: Instant) -> Outcome {
    let mut stream = TcpStream::connect(server).await?;
    stream.set_nodelay(true)?;
    let mut asked = Asked::default();
    let mut buffer = Vec::new();
    for request in requests.iter().cycle().skip(first * 31 % requests.len()) {
        let begun = Instant::now();
        if begun >= end {
            break;
        }
        stream.write_all(request.as_bytes()).await?;
        asked.bytes += answer(&mut stream, &mut buffer, request).await?;
        asked.times.push(begun.elapsed());
    }
    Ok(asked)
}

/// Reads one answer whole; its bytes.
async fn answer(
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    request: &str,
) -> Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    buffer.clear();
    let mut whole = None;
    while whole.is_none_or(|whole| buffer.len() < whole) {
        if stream.read_buf(buffer).await? == 0 {
            return Err(format!("the server hung up after {request}").into());
        }
        if whole.is_none() {
            whole = length(buffer, request)?;
        }
    }
    Ok(buffer.len())
}

/// Length of head and body together, when the head is whole.
fn length(buffer: &[u8], request: &str) -> Result<Option<usize>, String> {
    let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    if !text.starts_with("http/1.1 200") {
        return Err(format!("{request}{text}"));
    }
    let body = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    body.map(|body| Some(head + 4 + body)).ok_or_else(|| format!("no length: {request}{text}"))
}
