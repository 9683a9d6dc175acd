//! Frames over the pipe between parent and child.
//!
//! A request is a JSON head and raw bytes: `u32` length, head, `u64` length, body. An answer is `u64` length and
//! JSON. Lengths are little-endian. A head is at most 64 KiB, a body 256 MiB, an answer 256 MiB: more is an error.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::extract::{Extracted, Listing};
use crate::model::Profile;

const HEAD: usize = 64 << 10;
const BODY: usize = 256 << 20;
const ANSWER: usize = 256 << 20;

/// What the child is asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Task {
    /// The first frame: what to give up.
    Begin {
        /// Bytes of memory beyond what the process has at that time.
        memory: u64,
        /// Seconds of processor time in the life of the process.
        processor: u64,
    },
    Page {
        url: String,
        content_type: Option<String>,
        pinned: Option<String>,
    },
    Document {
        name: String,
    },
    Listing {
        url: String,
        content_type: Option<String>,
        pinned: Option<String>,
        profile: Profile,
    },
    Probe(Probe),
}

/// Something that the child tries in order to show that it cannot, for tests and for `menhu doctor`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Probe {
    /// Reads a file.
    ReadFile(PathBuf),
    /// Writes a file.
    WriteFile(PathBuf),
    /// Connects by TCP.
    Connect(SocketAddr),
    /// Starts a program.
    Execute(PathBuf),
    /// Does nothing for so many milliseconds.
    Sleep(u64),
    /// Fills so many bytes of memory.
    Fill(u64),
    /// Panics.
    Panic,
}

/// What came of a [`Probe`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProbeReport {
    /// Whether it could be done.
    pub done: bool,
    /// The error where it could not.
    pub detail: String,
}

/// What the child answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It is confined; how well.
    Begun(Confinement),
    Extracted(Box<Extracted>),
    Listing(Box<Listing>),
    Probe(ProbeReport),
    /// The task panicked; the child ends after this.
    Panicked(String),
}

/// How well the child is confined.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Confinement {
    /// `full`, `partial` or `none`.
    pub(super) landlock: String,
    /// What could not be given up, for the log; empty where all was.
    pub(super) missing: Vec<String>,
}

fn too_long(what: &str, length: usize) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what} of {length} bytes is over the limit of the pipe"))
}

fn length(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// Reads a request; nothing at the end of the pipe.
pub(super) fn read_request(input: &mut impl Read) -> io::Result<Option<(Task, Vec<u8>)>> {
    let mut four = [0u8; 4];
    match input.read_exact(&mut four) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        outcome => outcome?,
    }
    let head_length = length(u64::from(u32::from_le_bytes(four)));
    if head_length > HEAD {
        return Err(too_long("a head", head_length));
    }
    let mut head = vec![0u8; head_length];
    input.read_exact(&mut head)?;
    let mut eight = [0u8; 8];
    input.read_exact(&mut eight)?;
    let body_length = length(u64::from_le_bytes(eight));
    if body_length > BODY {
        return Err(too_long("a body", body_length));
    }
    let mut body = vec![0u8; body_length];
    input.read_exact(&mut body)?;
    Ok(Some((serde_json::from_slice(&head)?, body)))
}

/// Writes an answer.
pub(super) fn write_answer(output: &mut impl Write, answer: &Answer) -> io::Result<()> {
    let bytes = serde_json::to_vec(answer)?;
    if bytes.len() > ANSWER {
        return Err(too_long("an answer", bytes.len()));
    }
    output.write_all(&(bytes.len() as u64).to_le_bytes())?;
    output.write_all(&bytes)?;
    output.flush()
}

/// Sends a request.
pub(super) async fn send(output: &mut (impl AsyncWriteExt + Unpin), task: &Task, body: &[u8]) -> io::Result<()> {
    let head = serde_json::to_vec(task)?;
    if head.len() > HEAD {
        return Err(too_long("a head", head.len()));
    }
    if body.len() > BODY {
        return Err(too_long("a body", body.len()));
    }
    output.write_u32_le(u32::try_from(head.len()).unwrap_or(u32::MAX)).await?;
    output.write_all(&head).await?;
    output.write_u64_le(body.len() as u64).await?;
    output.write_all(body).await?;
    output.flush().await
}

/// Receives an answer.
pub(super) async fn receive(input: &mut (impl AsyncReadExt + Unpin)) -> io::Result<Answer> {
    let answer_length = length(input.read_u64_le().await?);
    if answer_length > ANSWER {
        return Err(too_long("an answer", answer_length));
    }
    let mut bytes = vec![0u8; answer_length];
    input.read_exact(&mut bytes).await?;
    Ok(serde_json::from_slice(&bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn round_trip_and_limits() {
        let mut pipe = Vec::new();
        let task = Task::Document { name: "附件.pdf".to_owned() };
        send(&mut pipe, &task, b"%PDF").await.unwrap();
        assert_eq!(read_request(&mut pipe.as_slice()).unwrap(), Some((task, b"%PDF".to_vec())));
        assert_eq!(read_request(&mut [].as_slice()).unwrap(), None);
        assert!(read_request(&mut [0xFF; 64].as_slice()).is_err());
        assert!(receive(&mut [0xFF; 64].as_slice()).await.is_err());
    }
}
