//! What every benchmark needs: times with their percentiles, processor time, memory, and a table in Markdown.

#![allow(dead_code, reason = "each benchmark takes what it needs of this file")]

use std::path::Path;
use std::time::{Duration, Instant};

/// Times of one kind of work.
#[derive(Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Runs some work and keeps its time.
    pub fn of<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let out = work();
        self.0.push(start.elapsed());
        out
    }

    /// Adds times that were taken elsewhere.
    pub fn extend(&mut self, times: Vec<Duration>) {
        self.0.extend(times);
    }

    /// The time below which `share` of them lie, in milliseconds.
    pub fn percentile(&mut self, share: f64) -> f64 {
        self.0.sort_unstable();
        let at = ((self.0.len() as f64 * share) as usize).min(self.0.len().saturating_sub(1));
        self.0.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0)
    }

    /// All of them, in seconds.
    pub fn total(&self) -> f64 {
        self.0.iter().sum::<Duration>().as_secs_f64()
    }
}

/// The middle of some numbers, and the least and the greatest of them.
pub struct Middle {
    pub median: f64,
    pub least: f64,
    pub greatest: f64,
}

impl Middle {
    /// Of `numbers`; zeros where there are none.
    pub fn of(mut numbers: Vec<f64>) -> Self {
        numbers.sort_unstable_by(f64::total_cmp);
        let at = |place: usize| numbers.get(place).copied().unwrap_or(0.0);
        Self { median: at(numbers.len() / 2), least: at(0), greatest: at(numbers.len().saturating_sub(1)) }
    }

    /// `4.2 (4.0–4.9)`.
    pub fn shown(&self, digits: usize) -> String {
        format!("{:.digits$} ({:.digits$}–{:.digits$})", self.median, self.least, self.greatest)
    }
}

/// Runs every one of `works` once a round, so that what else the machine does falls on all of them, and gives the
/// processor seconds of this thread that each took, round by round. The first round only warms up.
pub fn in_turn(rounds: usize, works: &mut [&mut dyn FnMut()]) -> Vec<Vec<f64>> {
    let mut seconds = vec![Vec::new(); works.len()];
    for round in 0..=rounds {
        for (work, seconds) in works.iter_mut().zip(&mut seconds) {
            let before = processor_of_this_thread();
            work();
            if round > 0 {
                seconds.push(processor_of_this_thread() - before);
            }
        }
    }
    seconds
}

/// Processor seconds of this thread so far (Linux). The kernel brings the figure up to date when a thread yields.
fn processor_of_this_thread() -> f64 {
    std::thread::yield_now();
    nanoseconds("/proc/thread-self/schedstat")
}

/// Processor seconds of the threads of this process whose name `counts` (Linux); of a thread that works at this
/// moment up to some milliseconds too few.
pub fn processor(counts: impl Fn(&str) -> bool) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let seconds = tasks.map(|task| {
        let name = std::fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        if counts(name.trim_end()) { nanoseconds(&task.path().join("schedstat").to_string_lossy()) } else { 0.0 }
    });
    seconds.sum()
}

/// Processor seconds of the processes that this one started (Linux): of those that run, and in steps of 10 ms of those
/// that ended.
pub fn processor_of_children() -> f64 {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|process| process.path());
    let children = processes.filter(|process| stat(process, 4).is_some_and(|parent| parent == own));
    let running = children.flat_map(|child| std::fs::read_dir(child.join("task")).into_iter().flatten().flatten());
    let running: f64 = running.map(|task| nanoseconds(&task.path().join("schedstat").to_string_lossy())).sum();
    let ended = [16, 17].map(|field| stat(Path::new("/proc/self"), field).and_then(|ticks| ticks.parse::<f64>().ok()));
    running + ended.into_iter().flatten().sum::<f64>() / 100.0
}

/// A field of a process's `stat`, numbered as proc(5) does, from 3 on: what stands after the name.
fn stat(process: &Path, field: usize) -> Option<String> {
    let text = std::fs::read_to_string(process.join("stat")).ok()?;
    text.rsplit(") ").next()?.split(' ').nth(field - 3).map(str::to_owned)
}

/// The first number of a `schedstat`, in seconds.
fn nanoseconds(path: &str) -> f64 {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().next().and_then(|number| number.parse::<f64>().ok()).unwrap_or(0.0) / 1e9
}

/// The most memory that this process had, in MB (Linux).
pub fn peak_memory() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    let kilobytes = line.split_whitespace().nth(1).and_then(|number| number.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}

/// Numbers that are the same in every run.
pub struct Dice(u64);

impl Dice {
    /// Begins the sequence that `seed` names.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// A table in Markdown on standard output.
pub fn table(title: &str, head: &[&str], rows: &[Vec<String>]) {
    let mut out = format!("\n### {title}\n\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        out.push_str(&format!("| {} |\n", row.join(" | ")));
    }
    print(&out);
}

/// A line on standard output.
pub fn print(text: &str) {
    use std::io::Write as _;
    writeln!(std::io::stdout().lock(), "{text}").unwrap_or_default();
}
