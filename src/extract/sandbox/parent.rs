//! The parent: a pool of reading children under a clock.
//!
//! At most [`ReadLimits::at_once`] children work at one time; each does many tasks and is replaced after 500, after
//! five minutes of work, or when it has grown. A future that is dropped kills its child with it, so cancelling is
//! safe. A crash in a used child is tried once more in a fresh one, so that no item pays for the one before.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::frame::{Answer, Probe, ProbeReport, Task, receive, send};
use crate::extract::kind::Kind;
use crate::extract::{Extracted, Listing};
use crate::model::Profile;

/// Tasks of one child.
const TASKS: u32 = 500;
/// Work of one child, wall clock.
const WORK: Duration = Duration::from_secs(300);
/// Time to start and to give up what it gives up.
const START: Duration = Duration::from_secs(20);

/// Limits of reading.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadLimits {
    /// Children that work at one time; at least one.
    pub at_once: usize,
    /// Wall clock of one task.
    pub time: Duration,
    /// Memory of one child beyond what it starts with, in bytes.
    pub memory: u64,
}

impl From<&crate::config::Collect> for ReadLimits {
    fn from(collect: &crate::config::Collect) -> Self {
        Self { at_once: collect.readers, time: collect.read_time.0, memory: collect.read_memory.0 }
    }
}

/// Reads pages and documents in confined children. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    program: PathBuf,
    limits: ReadLimits,
    turns: Semaphore,
    idle: Mutex<Vec<Worker>>,
    has_warned: AtomicBool,
}

#[derive(Debug)]
struct Worker {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
    last_words: ChildStderr,
    tasks: u32,
    work: Duration,
}

/// Why there is no answer.
enum Failure {
    /// It took too long.
    Time,
    /// The child ended or answered nonsense.
    Crash(String),
    /// No child could be started.
    Start(String),
}

/// What the pool says where there is no answer.
struct Unanswered {
    reason: String,
    /// Nothing was asked, since no child could be started.
    without_reader: bool,
}

/// This program, as reading children are to be started from it: the one that runs, also where its file was replaced or
/// removed since (an upgrade beside the running daemon).
///
/// # Errors
/// Where the system does not say.
pub fn this_program() -> io::Result<PathBuf> {
    // The kernel resolves it to the running file itself, whatever stands under its name by now.
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

impl Reader {
    /// A pool that starts `program read`; children start when they are needed.
    #[must_use]
    pub fn new(program: PathBuf, limits: ReadLimits) -> Self {
        let turns = Semaphore::new(limits.at_once.max(1));
        let pool = Pool { program, limits, turns, idle: Mutex::new(Vec::new()), has_warned: AtomicBool::new(false) };
        Self { pool: Arc::new(pool) }
    }

    /// Reads a page; what goes wrong is in `unreadable`.
    pub async fn page(&self, bytes: Vec<u8>, url: &str, content_type: Option<&str>, pinned: Option<&str>) -> Extracted {
        let task = Task::Page {
            url: url.to_owned(),
            content_type: content_type.map(str::to_owned),
            pinned: pinned.map(str::to_owned),
        };
        self.extracted(task, "", bytes).await
    }

    /// Reads a document; what goes wrong is in `unreadable`.
    pub async fn document(&self, name: &str, bytes: Vec<u8>) -> Extracted {
        self.extracted(Task::Document { name: name.to_owned() }, name, bytes).await
    }

    /// Reads a list; what goes wrong is in `unreadable`.
    pub async fn listing(
        &self,
        bytes: Vec<u8>,
        url: &str,
        content_type: Option<&str>,
        pinned: Option<&str>,
        profile: Profile,
    ) -> Listing {
        let task = Task::Listing {
            url: url.to_owned(),
            content_type: content_type.map(str::to_owned),
            pinned: pinned.map(str::to_owned),
            profile,
        };
        match self.pool.ask(task, bytes).await {
            Ok(Answer::Listing(listing)) => *listing,
            Ok(_) => Listing::refused(profile, "the reader answered something else"),
            Err(unanswered) => Listing::refused(profile, unanswered.reason),
        }
    }

    /// Lets a child try something that it must not be able to do.
    ///
    /// # Errors
    /// Why there is no report: the child was killed or ended.
    pub async fn probe(&self, probe: Probe) -> Result<ProbeReport, String> {
        match self.pool.ask(Task::Probe(probe), Vec::new()).await.map_err(|unanswered| unanswered.reason)? {
            Answer::Probe(report) => Ok(report),
            _ => Err("the reader answered something else".to_owned()),
        }
    }

    async fn extracted(&self, task: Task, place: &str, bytes: Vec<u8>) -> Extracted {
        match self.pool.ask(task, bytes).await {
            Ok(Answer::Extracted(extracted)) => *extracted,
            Ok(_) => Extracted::refused(Kind::Unknown, place, "the reader answered something else"),
            Err(Unanswered { reason, without_reader }) => {
                Extracted { without_reader, ..Extracted::refused(Kind::Unknown, place, reason) }
            }
        }
    }
}

impl Pool {
    async fn ask(&self, task: Task, body: Vec<u8>) -> Result<Answer, Unanswered> {
        let Ok(_turn) = self.turns.acquire().await else {
            return Err(Unanswered { reason: "the pool of readers is closed".to_owned(), without_reader: true });
        };
        let used = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let was_used = used.is_some();
        let mut outcome = self.ask_one(used, &task, &body).await;
        if was_used && matches!(outcome, Err(Failure::Crash(_))) {
            outcome = self.ask_one(None, &task, &body).await;
        }
        let (reason, without_reader) = match outcome {
            Ok(Answer::Panicked(words)) => (format!("the reader panicked: {words}"), false),
            Ok(answer) => return Ok(answer),
            Err(Failure::Time) => (format!("took longer than {} s to read", self.limits.time.as_secs_f32()), false),
            Err(Failure::Crash(reason)) => (reason, false),
            Err(Failure::Start(reason)) => (reason, true),
        };
        Err(Unanswered { reason, without_reader })
    }

    async fn ask_one(&self, worker: Option<Worker>, task: &Task, body: &[u8]) -> Result<Answer, Failure> {
        let mut worker = match worker {
            Some(worker) => worker,
            None => {
                self.start().await.map_err(|error| Failure::Start(format!("no reader could be started: {error}")))?
            }
        };
        let begun = Instant::now();
        let talk = async {
            send(&mut worker.input, task, body).await?;
            receive(&mut worker.output).await
        };
        match timeout(self.limits.time, talk).await {
            Ok(Ok(answer)) => {
                worker.tasks += 1;
                worker.work += begun.elapsed();
                if !matches!(answer, Answer::Panicked(_)) && self.may_go_on(&worker) {
                    self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
                }
                Ok(answer)
            }
            Ok(Err(error)) => Err(Failure::Crash(worker.epitaph(&error, self.limits.memory).await)),
            Err(_) => {
                worker.end().await;
                Err(Failure::Time)
            }
        }
    }

    async fn start(&self) -> io::Result<Worker> {
        let mut process = Command::new(&self.program)
            .arg0("menhu")
            .arg("read")
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let missing = || io::Error::other("a child without pipes");
        let mut worker = Worker {
            input: process.stdin.take().ok_or_else(missing)?,
            output: process.stdout.take().ok_or_else(missing)?,
            last_words: process.stderr.take().ok_or_else(missing)?,
            process,
            tasks: 0,
            work: Duration::ZERO,
        };
        let processor = (WORK + self.limits.time * 2).as_secs() + 1;
        let task = Task::Begin { memory: self.limits.memory, processor };
        let talk = async {
            send(&mut worker.input, &task, &[]).await?;
            receive(&mut worker.output).await
        };
        match timeout(START, talk).await {
            Ok(Ok(Answer::Begun(confinement))) => {
                let is_whole = confinement.landlock == "full" && confinement.missing.is_empty();
                if !is_whole && !self.has_warned.swap(true, Ordering::Relaxed) {
                    tracing::warn!(landlock = confinement.landlock, missing = ?confinement.missing, "readers are not fully confined");
                }
                Ok(worker)
            }
            Ok(Ok(_)) => Err(io::Error::other("it answered something else at first")),
            Ok(Err(error)) => Err(io::Error::other(worker.epitaph(&error, self.limits.memory).await)),
            Err(_) => {
                worker.end().await;
                Err(io::Error::new(io::ErrorKind::TimedOut, format!("it was not ready after {} s", START.as_secs())))
            }
        }
    }

    fn may_go_on(&self, worker: &Worker) -> bool {
        worker.tasks < TASKS && worker.work < WORK && worker.resident() <= self.limits.memory / 2
    }
}

impl Worker {
    /// Bytes of memory in use; nothing where the system does not say.
    fn resident(&self) -> u64 {
        let Some(id) = self.process.id() else { return 0 };
        let statm = std::fs::read_to_string(format!("/proc/{id}/statm")).unwrap_or_default();
        let pages: u64 = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
        pages * rustix::param::page_size() as u64
    }

    async fn end(mut self) {
        if let Err(error) = self.process.kill().await {
            tracing::warn!(%error, "a reader could not be killed");
        }
    }

    /// Why a child ended, in words.
    async fn epitaph(mut self, error: &io::Error, memory: u64) -> String {
        // A child that closed its pipe is ending; one that wrote nonsense is not.
        let status = match timeout(Duration::from_secs(2), self.process.wait()).await {
            Ok(Ok(status)) => Some(status),
            _ => None,
        };
        let mut words = Vec::new();
        if status.is_some() {
            let mut last_words = (&mut self.last_words).take(4096);
            let reading = last_words.read_to_end(&mut words);
            if !matches!(timeout(Duration::from_secs(1), reading).await, Ok(Ok(_))) {
                words.clear();
            }
        } else {
            self.end().await;
            return format!("the reader answered nonsense: {error}");
        }
        let words = String::from_utf8_lossy(&words);
        let signal = status.and_then(|status| status.signal());
        if words.contains("memory allocation of") {
            return format!("needs more than {} MiB of memory to read", memory >> 20);
        }
        if words.contains("overflowed its stack") {
            return "the reader crashed: nested too deeply, the stack overflowed".to_owned();
        }
        match signal {
            Some(signal) => format!("the reader crashed with signal {signal}: {}", words.trim().replace('\n', " ")),
            None => format!("the reader ended: {}", words.trim().lines().next_back().unwrap_or("no words")),
        }
    }
}
