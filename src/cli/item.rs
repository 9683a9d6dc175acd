//! `menhu item`: shows an item, takes it off the site, traces it from fetch to permit.

use anyhow::{Context, bail};
use clap::Subcommand;
use serde_json::json;

use super::{Exit, Installation, out};
use crate::app::{self, Base};
use crate::model::{Actor, Clock, ItemId};
use crate::store::{Desk, ItemRow, Site};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu item history kq3v…\n  menhu item withdraw kq3v… --reason 误发 --erase")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Subcommand)]
enum Command {
    /// What is on record of it
    Show {
        /// Its id
        id: ItemId,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take it off the site, now
    Withdraw {
        /// Its id
        id: ItemId,
        /// Why; stands in the audit
        #[arg(long, default_value = "撤稿")]
        reason: String,
        /// Also remove its words from row, files and index
        #[arg(long)]
        erase: bool,
    },
    /// The chain from fetch to permit, oldest first
    History {
        /// Its id
        id: ItemId,
        /// Print JSON Lines
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    match args.command {
        Command::Withdraw { id, reason, erase } => {
            let base = Base::open(config, Clock::System).await?;
            // A running desk holds the index: then its writer follows the feed.
            let withdrawal = base.withdrawal_without_index().await?;
            let was_public = withdrawal.withdraw(&id, &Actor::System("command line".into()), &reason, erase).await?;
            out::line(if was_public { "withdrawn: it is off the site" } else { "withdrawn: it was not on the site" })?;
            base.desk.close().await;
        }
        Command::Show { id, json } => {
            let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
            let site = Site::open(&app::site_place(&config)?, Clock::System).await?;
            show(&desk, &site, &id, json).await?;
        }
        Command::History { id, json } => {
            let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
            let rows = desk.audit_of(id.as_str()).await?;
            if rows.is_empty() {
                bail!("there is no record of item {id}");
            }
            for row in rows {
                if json {
                    out::json(&row)?;
                } else {
                    out::line(&format!("{}  {:<20} {:<24} {}", row.at.rfc3339(), row.action, row.actor, row.detail))?;
                }
            }
        }
    }
    Ok(Exit::Done)
}

/// What it says; nothing where it is sealed or erased.
fn content_of(row: &ItemRow) -> anyhow::Result<serde_json::Value> {
    if row.content.is_empty() { Ok(serde_json::Value::Null) } else { Ok(serde_json::from_str(&row.content)?) }
}

async fn show(desk: &Desk, site: &Site, id: &ItemId, json: bool) -> anyhow::Result<()> {
    let row = desk.item(id).await?.with_context(|| format!("there is no item {id}"))?;
    let public = site.item(id).await?;
    if json {
        return out::json(&json!({
            "id": row.id, "status": row.status, "version": row.version, "url": row.url, "source": row.source,
            "content": content_of(&row)?, "content_hash": row.content_hash,
            "verdict": row.verdict, "decision": row.decision, "reason": row.reason, "duplicate_of": row.duplicate_of,
            "permit": public.as_ref().map(|item| serde_json::from_str::<serde_json::Value>(&item.permit)).transpose()?,
            "seq": public.as_ref().map(|item| item.seq),
        }));
    }
    let title = if row.content.is_empty() { "(sealed or erased: menhu quarantine open)" } else { row.title.as_str() };
    out::line(&format!("{title}\n  {}  version {}  {}", row.status.word(), row.version, row.url))?;
    out::line(&format!(
        "  gate: {} under {}, {} findings",
        row.outcome.word(),
        row.rule_set,
        row.verdict.findings.len()
    ))?;
    for finding in &row.verdict.findings {
        out::line(&format!(
            "    {} {:?} {}..{} {}",
            finding.rule, finding.field, finding.start, finding.end, finding.why
        ))?;
    }
    for part in &row.verdict.unreadable {
        out::line(&format!("    unreadable: {} {}", part.place, part.reason))?;
    }
    match public {
        Some(item) => {
            out::line(&format!("  on the site under seq {} with a permit of {}", item.seq, item.updated.rfc3339()))
        }
        None => out::line("  not on the site"),
    }
}
