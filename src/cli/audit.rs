//! `menhu audit`: checks the chain and exports it.

use clap::Subcommand;

use super::{Exit, Installation, out};
use crate::app;
use crate::model::{Clock, Timestamp, When};
use crate::store::Desk;

/// Records in one page of an export.
const PAGE: u32 = 1_000;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu audit verify\n  menhu audit export --from 2026-11-01 > november.jsonl")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Subcommand)]
enum Command {
    /// Check the whole chain and say the first broken record
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the records as JSON Lines, oldest first
    Export {
        /// Only from this day or time on
        #[arg(long, value_name = "D")]
        from: Option<When>,
        /// Only before this day or time
        #[arg(long, value_name = "D")]
        to: Option<When>,
    },
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    let exit = match args.command {
        Command::Verify { json } => verify(&desk, json).await?,
        Command::Export { from, to } => export(&desk, from.map(When::instant), to.map(When::instant)).await?,
    };
    desk.close().await;
    Ok(exit)
}

async fn verify(desk: &Desk, json: bool) -> anyhow::Result<Exit> {
    let check = desk.verify_audit().await?;
    if json {
        out::json(&check)?;
    } else {
        match &check.broken {
            None => out::line(&format!("the audit is whole: {} records", check.good))?,
            Some(broken) => out::line(&format!(
                "record {} is broken: {} ({} records before it are whole); compare with the last export",
                broken.seq, broken.why, check.good
            ))?,
        }
    }
    Ok(if check.broken.is_none() { Exit::Done } else { Exit::Problems })
}

async fn export(desk: &Desk, from: Option<Timestamp>, to: Option<Timestamp>) -> anyhow::Result<Exit> {
    let mut after = 0;
    loop {
        let rows = desk.audit_after(after, from, to, PAGE).await?;
        let Some(last) = rows.last() else { return Ok(Exit::Done) };
        after = last.seq;
        for row in &rows {
            out::json(row)?;
        }
    }
}
