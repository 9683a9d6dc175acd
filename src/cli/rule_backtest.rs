//! `menhu rules backtest`: what the rules of the folders hit in a corpus, or among everything published and waiting.
//!
//! Nothing is changed. `--published` goes through kept text beside a running daemon and reads the stores alone. A JSON line
//! a hit, then one with the counts.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use anyhow::Context;
use indicatif::ProgressBar;
use serde_json::json;

use super::scan::{self, RuleArgs, action, excerpt, visible};
use super::{Exit, out};
use crate::app;
use crate::blob::Blobs;
use crate::config::Config;
use crate::flow::rule_trial::{self, Told};
use crate::model::{Clock, Outcome};
use crate::screen::{RuleSet, Screener};
use crate::store::Desk;

/// Files of a corpus, at most.
const MOST_FILES: usize = 1_000_000;

/// `menhu rules backtest`
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  menhu rules backtest --published\n  menhu rules backtest --corpus texts --rules draft/rules --dictionaries draft/dictionaries"
)]
pub(super) struct Args {
    #[command(flatten)]
    rules: RuleArgs,
    /// A folder of files of any kind that is read, with its subfolders
    #[arg(long, value_name = "DIR", required_unless_present = "published")]
    corpus: Option<PathBuf>,
    /// Everything that is published and that waits
    #[arg(long, conflicts_with = "corpus")]
    published: bool,
    /// JSON Lines on standard output
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let (set, time_limit) = args.rules.load()?;
    let set = set?;
    match args.corpus {
        Some(folder) => corpus(&folder, Screener::new(set, time_limit), args.json).await,
        None => published(set, &args.rules, args.json).await,
    }
}

async fn published(set: RuleSet, rules: &RuleArgs, json: bool) -> anyhow::Result<Exit> {
    let (config, _) = Config::find(rules.config())?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    let blobs = Blobs::open_read_only(&config.data.desk.join("blobs"));
    let bar = if std::io::stderr().is_terminal() { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let shown = bar.clone();
    let told = Told::Terminal(Box::new(move |course| {
        shown.set_length(course.total);
        shown.set_position(course.seen);
    }));
    let began = std::time::Instant::now();
    let course = rule_trial::walk(&desk, &blobs, set, false, &told).await?;
    bar.finish_and_clear();
    desk.close().await;
    for hit in rule_trial::shown(&course)? {
        if json {
            out::json(&hit)?;
        } else {
            let around = format!("{}【{}】{}", visible(&hit.before), visible(&hit.text), visible(&hit.after));
            out::line(&format!("{} {} {} {}  {around}", hit.item, action(hit.action), hit.rule, visible(&hit.title)))?;
        }
    }
    let (seen, hits, waiting) = (course.seen, course.withdrawn, course.waiting_hits);
    let seconds = began.elapsed().as_secs_f64();
    if json {
        out::json(&json!({"seen": seen, "withdrawn": hits, "waiting": waiting, "seconds": seconds}))?;
    } else {
        out::line(&format!(
            "{seen} items in {seconds:.1} s: {hits} published ones would be taken off 会撤下 {hits} 条, {waiting} waiting ones held"
        ))?;
    }
    Ok(if hits + waiting > 0 { Exit::Problems } else { Exit::Done })
}

async fn corpus(folder: &Path, screener: Screener, json: bool) -> anyhow::Result<Exit> {
    let reader = scan::reader()?;
    let files = files(folder)?;
    let (mut held, mut blocked) = (0u64, 0u64);
    for file in &files {
        let subject = scan::read(&reader, file).await?;
        let verdict = screener.scan(&subject.segments, &subject.unreadable);
        match verdict.outcome {
            Outcome::Pass => continue,
            Outcome::Hold => held += 1,
            Outcome::Block => blocked += 1,
        }
        if json {
            let (outcome, findings, unreadable) = (verdict.outcome, &verdict.findings, &verdict.unreadable);
            out::json(&json!({"file": file, "outcome": outcome, "findings": findings, "unreadable": unreadable}))?;
            continue;
        }
        out::line(&format!("{}: {}", file.display(), verdict.outcome.word()))?;
        for finding in &verdict.findings {
            let marked = excerpt(&subject.segments, finding).unwrap_or_else(|| visible(&finding.text));
            out::line(&format!("    {} {}  {marked}", action(finding.action), finding.rule))?;
        }
        for unreadable in &verdict.unreadable {
            out::line(&format!("    cannot be read: {} {}", unreadable.place, unreadable.reason))?;
        }
    }
    let seen = files.len();
    if json {
        out::json(&json!({"seen": seen, "held": held, "blocked": blocked}))?;
    } else {
        out::line(&format!("{seen} files: {blocked} would be blocked, {held} held"))?;
    }
    Ok(if held + blocked > 0 { Exit::Problems } else { Exit::Done })
}

/// Every file of a folder and of those in it, by name.
pub(super) fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        let failed = || format!("cannot list {}", folder.display());
        for entry in std::fs::read_dir(&folder).with_context(failed)? {
            let entry = entry.with_context(failed)?;
            let kind = entry.file_type().with_context(failed)?;
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
        anyhow::ensure!(found.len() <= MOST_FILES, "more than {MOST_FILES} files; take a part of them");
    }
    found.sort();
    Ok(found)
}
