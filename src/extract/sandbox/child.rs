//! The child: confines itself, then answers tasks until the pipe ends.
//!
//! One thread with a stack of its own does all the work. Each task runs under `catch_unwind`: a panic is answered and
//! the process ends, because what a panic left behind is not trusted with the next task.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use super::frame::{Answer, Probe, ProbeReport, Task, read_request, write_answer};
use super::limits::confine;
use crate::extract::{PageInput, document, listing, page};

/// Stack of the working thread, in bytes.
const STACK: usize = 32 << 20;

/// Serves the process that started this one over standard input and output; the body of `menhu read`.
///
/// # Errors
/// The pipe is broken, or the process could not be confined: then nothing was read.
pub fn serve_child() -> io::Result<()> {
    // What a task panics with goes into the answer; stderr is for the last words of everything else.
    std::panic::set_hook(Box::new(|panic| {
        if std::thread::current().name() != Some("reader") {
            // Nobody may listen any more.
            let _ignored = writeln!(io::stderr(), "{panic}");
        }
    }));
    let worker = std::thread::Builder::new().name("reader".to_owned()).stack_size(STACK).spawn(|| {
        let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
        serve(&mut input, &mut output)
    })?;
    worker.join().map_err(|_| io::Error::other("the reading thread panicked"))?
}

fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    match read_request(input)? {
        Some((Task::Begin { memory, processor }, _)) => {
            write_answer(output, &Answer::Begun(confine(memory, processor)?))?
        }
        Some(_) => return Err(io::Error::other("the first frame must say what to give up")),
        None => return Ok(()),
    }
    while let Some((task, body)) = read_request(input)? {
        let answer = match catch_unwind(AssertUnwindSafe(|| answer(task, &body))) {
            Ok(answer) => answer,
            Err(payload) => Answer::Panicked(words(payload.as_ref())),
        };
        write_answer(output, &answer)?;
        if matches!(answer, Answer::Panicked(_)) {
            return Ok(());
        }
    }
    Ok(())
}

fn words(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("no message").chars().take(300).collect()
}

fn answer(task: Task, body: &[u8]) -> Answer {
    match task {
        Task::Begin { .. } => Answer::Panicked("begun twice".to_owned()),
        Task::Page { url, content_type, pinned } => {
            let input = PageInput {
                bytes: body,
                url: &url,
                content_type: content_type.as_deref(),
                pinned_charset: pinned.as_deref(),
            };
            Answer::Extracted(Box::new(page(&input)))
        }
        Task::Document { name } => Answer::Extracted(Box::new(document(&name, body))),
        Task::Listing { url, content_type, pinned, profile } => {
            let input = PageInput {
                bytes: body,
                url: &url,
                content_type: content_type.as_deref(),
                pinned_charset: pinned.as_deref(),
            };
            Answer::Listing(Box::new(listing(&input, profile)))
        }
        Task::Probe(probe) => Answer::Probe(try_probe(probe)),
    }
}

fn try_probe(probe: Probe) -> ProbeReport {
    let outcome = match probe {
        Probe::ReadFile(path) => std::fs::read(path).map(drop),
        Probe::WriteFile(path) => std::fs::write(path, b"menhu"),
        Probe::Connect(address) => std::net::TcpStream::connect(address).map(drop),
        Probe::Execute(path) => std::process::Command::new(path).status().map(drop),
        Probe::Sleep(milliseconds) => {
            std::thread::sleep(Duration::from_millis(milliseconds));
            Ok(())
        }
        Probe::Fill(bytes) => {
            let filled = vec![1u8; usize::try_from(bytes).unwrap_or(usize::MAX)];
            std::hint::black_box(&filled);
            Ok(())
        }
        #[expect(clippy::panic, reason = "the probe shows that a panic is caught")]
        Probe::Panic => panic!("as asked"),
    };
    ProbeReport { done: outcome.is_ok(), detail: outcome.err().map(|error| error.to_string()).unwrap_or_default() }
}
