//! What every benchmark needs: times with their percentiles, memory, and a table in Markdown.

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
