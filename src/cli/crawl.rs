//! `menhu crawl`: a collecting round now, with a line a source.

use std::sync::Arc;

use anyhow::bail;
use serde_json::json;

use super::{Exit, Installation, out};
use crate::app::Base;
use crate::flow::collecting::RoundReport;
use crate::flow::job;
use crate::lifecycle::Lifecycle;
use crate::model::{Clock, SourceId};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu crawl --once --source daj\n  menhu crawl --once --json")]
pub(super) struct Args {
    /// One round of each source, then end (the daemon, menhu run, goes on by itself)
    #[arg(long)]
    once: bool,
    /// Only this source; may be given more than once
    #[arg(long, value_name = "ID")]
    source: Vec<SourceId>,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    if !args.once {
        bail!(
            "menhu crawl makes single rounds: add --once; for a daemon that collects on schedule, menhu run --role collector"
        );
    }
    let config = args.installation.load()?;
    let base = Base::open(config, Clock::System).await?;
    let life = Lifecycle::begin()?;
    let known = base.desk.sources().await?;
    for id in &args.source {
        if !known.iter().any(|source| source.id == *id) {
            bail!("there is no source {id}; menhu source list shows them");
        }
    }
    let wanted: Vec<SourceId> = known
        .iter()
        .filter(|source| if args.source.is_empty() { source.enabled } else { args.source.contains(&source.id) })
        .map(|source| source.id.clone())
        .collect();
    let collecting = base.collecting()?;
    let mut failed = false;
    let mut rounds = tokio::task::JoinSet::new();
    let places = Arc::new(tokio::sync::Semaphore::new(base.config.collect.sources_at_once));
    for id in wanted {
        let (collecting, places, soft) = (collecting.clone(), places.clone(), life.soft());
        rounds.spawn(async move {
            let _place = places.acquire_owned().await;
            collecting.round(&id, &soft).await
        });
    }
    while let Some(ended) = rounds.join_next().await {
        let report = ended??;
        failed |= report.failed > 0;
        print(&report, args.json)?;
    }
    let mut tx = base.desk.begin().await?;
    let now = tx.now();
    tx.enqueue(job::APPROVE, "all", &json!({}), now).await?;
    tx.commit().await?;
    base.desk.close().await;
    Ok(if failed { Exit::Problems } else { Exit::Done })
}

/// One line, or one object, for a round.
pub(super) fn print(report: &RoundReport, json: bool) -> anyhow::Result<()> {
    if json { out::json(report) } else { out::line(&summary(report)) }
}

/// A round in one line.
pub(super) fn summary(report: &RoundReport) -> String {
    let gap = match (report.least_gap_ms, report.slowest_gap_ms) {
        (Some(least), Some(longest)) => format!("; gaps {least} to {longest} ms"),
        _ => String::new(),
    };
    let mut line = format!(
        "{:<14} {:>4} new, {} changed, {} gone, {} held; {} fetched, {} not modified, {} failed, {} forbidden; {} KiB in {:.1} s{gap}; {}",
        report.source.as_str(),
        report.new,
        report.changed,
        report.gone,
        report.held,
        report.fetched,
        report.not_modified,
        report.failed,
        report.forbidden,
        report.bytes / 1024,
        report.seconds,
        report.harvest,
    );
    for reason in &report.reasons {
        line.push_str("\n    ");
        line.push_str(reason);
    }
    line
}
