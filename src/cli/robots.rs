//! `menhu robots`: answers questions about a robots.txt with the parser that the collector obeys.
//!
//! One question, or a file of them: `{"robots"|"robots_hex"|"file", "agent", "url"}` a line, answered line by line
//! with `{"allowed","crawl_delay","sitemaps"}`. A relative `file` is taken from the folder of the cases. At most
//! 512 KiB of a robots.txt are read, and at most 4 MiB of a line of cases.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::collect::{Robots, agent_name};

use super::Exit;

/// Longest line of cases.
const LINE_LIMIT: u64 = 4 << 20;
/// More of a file is not read; the parser itself stops before.
const FILE_LIMIT: u64 = 1 << 20;

#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  menhu robots --agent menhu --url http://daj.example.gov.cn/col/1.html robots.txt\n  \
                        menhu robots --json --cases cases.jsonl"
)]
pub(super) struct Args {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The name to ask for, without version and comment.
    #[arg(long, required_unless_present = "cases")]
    agent: Option<String>,
    /// The address to ask for.
    #[arg(long, required_unless_present = "cases")]
    url: Option<String>,
    /// A file of questions, one JSON object a line.
    #[arg(long, value_name = "FILE.jsonl", requires = "json", conflicts_with_all = ["agent", "url", "file"])]
    cases: Option<PathBuf>,
    /// The robots.txt.
    #[arg(required_unless_present = "cases")]
    file: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Case {
    robots: Option<String>,
    robots_hex: Option<String>,
    file: Option<PathBuf>,
    agent: String,
    url: String,
}

#[derive(Serialize)]
struct Answer<'a> {
    allowed: bool,
    /// Seconds.
    crawl_delay: Option<f64>,
    sitemaps: &'a [String],
}

impl<'a> Answer<'a> {
    fn new(robots: &'a Robots, agent: &str, url: &str) -> Self {
        Self {
            allowed: robots.allows(agent, url),
            crawl_delay: robots.crawl_delay(agent).map(|delay| delay.as_secs_f64()),
            sitemaps: robots.sitemaps(),
        }
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    match (args.cases, args.file, args.agent, args.url) {
        (Some(cases), ..) => answer_cases(&cases, &mut out)?,
        (None, Some(file), Some(agent), Some(url)) => {
            let robots = Robots::parse(&read(&file)?);
            if agent_name(&agent) != agent {
                eprintln!("menhu: no robots.txt can name {agent:?}; did you mean --agent {}?", agent_name(&agent));
            }
            answer_one(&robots, &Answer::new(&robots, &agent, &url), args.json, &mut out)?;
        }
        _ => bail!("name --agent, --url and a file, or --cases"),
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn answer_one(robots: &Robots, answer: &Answer<'_>, json: bool, out: &mut impl Write) -> anyhow::Result<()> {
    if json {
        serde_json::to_writer(&mut *out, answer)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "{}", if answer.allowed { "allowed" } else { "forbidden" })?;
    if let Some(delay) = answer.crawl_delay {
        writeln!(out, "delay between requests: {delay} s")?;
    }
    for sitemap in answer.sitemaps {
        writeln!(out, "sitemap: {sitemap}")?;
    }
    if robots.is_html() {
        writeln!(out, "note: this looks like a page, not like a robots.txt")?;
    }
    Ok(())
}

fn answer_cases(cases: &Path, out: &mut impl Write) -> anyhow::Result<()> {
    let folder = cases.parent().unwrap_or(Path::new(""));
    let file = File::open(cases).with_context(|| format!("cannot open {}", cases.display()))?;
    let mut reader = BufReader::new(file);
    let mut compiled: BTreeMap<PathBuf, Robots> = BTreeMap::new();
    for number in 1.. {
        let mut line = Vec::new();
        let place = || format!("{}, line {number}", cases.display());
        reader.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line).with_context(place)?;
        if line.is_empty() {
            break;
        }
        if line.len() as u64 == LINE_LIMIT && line.last() != Some(&b'\n') {
            bail!("{}: longer than {LINE_LIMIT} bytes; put the robots.txt into a file and name it", place());
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let case: Case = serde_json::from_slice(&line).with_context(place)?;
        let given;
        let robots = match (&case.robots, &case.robots_hex, &case.file) {
            (Some(text), None, None) => {
                given = Robots::parse(text.as_bytes());
                &given
            }
            (None, Some(hex), None) => {
                given = Robots::parse(&unhex(hex).with_context(place)?);
                &given
            }
            (None, None, Some(file)) => {
                let path = folder.join(file);
                if !compiled.contains_key(&path) {
                    compiled.insert(path.clone(), Robots::parse(&read(&path).with_context(place)?));
                }
                compiled.get(&path).with_context(place)?
            }
            _ => bail!("{}: give one of robots, robots_hex and file", place()),
        };
        serde_json::to_writer(&mut *out, &Answer::new(robots, &case.agent, &case.url))?;
        writeln!(out)?;
    }
    Ok(())
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

fn unhex(text: &str) -> anyhow::Result<Vec<u8>> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    });
    bytes.collect::<Option<_>>().context("robots_hex is not pairs of hexadecimal digits")
}
