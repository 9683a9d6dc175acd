//! `menhu source`: registers, lists, enables and disables sources.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Installation, out, register};
use crate::app;
use crate::config::Config;
use crate::flow::setup;
use crate::model::{Actor, Clock, SourceId};
use crate::store::{Desk, Site};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu source put register.toml\n  menhu source list\n  menhu source disable daj")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Subcommand)]
enum Command {
    /// Show every source and how it is
    List {
        /// Print JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Collect a source from now on
    Enable {
        /// Its id
        id: SourceId,
    },
    /// Collect a source no longer
    Disable {
        /// Its id
        id: SourceId,
    },
    /// Register or replace the units, columns, sources and links of a TOML file (docs/register.toml)
    Put {
        /// The file
        file: PathBuf,
    },
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    let actor = Actor::System("command line".into());
    match args.command {
        Command::List { json } => list(&desk, json).await?,
        Command::Enable { id } => setup::enable(&desk, &id, true, &actor).await?,
        Command::Disable { id } => setup::enable(&desk, &id, false, &actor).await?,
        Command::Put { file } => put(&desk, &config, &file, &actor).await?,
    }
    desk.close().await;
    Ok(Exit::Done)
}

async fn put(desk: &Desk, config: &Config, file: &Path, actor: &Actor) -> anyhow::Result<()> {
    let read = register::load(file)?;
    let links = register::merged(desk.links().await?, &read);
    let read = setup::Register { links, ..read };
    setup::put(desk, &read, actor).await?;
    let site = Site::open(&app::site_place(config)?, Clock::System).await?;
    setup::mirror(desk, &site).await?;
    site.close().await;
    out::line(&format!(
        "on record: {} units, {} columns, {} sources of {}; {} links in all",
        read.units.len(),
        read.columns.len(),
        read.sources.len(),
        file.display(),
        read.links.len()
    ))
}

async fn list(desk: &Desk, json: bool) -> anyhow::Result<()> {
    let sources = desk.sources().await?;
    if sources.is_empty() && !json {
        return out::line("no source is on record yet: menhu source put FILE, as docs/register.toml shows");
    }
    for source in sources {
        let state = desk.source_state(&source.id).await?;
        let round = desk.rounds(Some(&source.id), 1).await?.into_iter().next();
        if json {
            out::json(&json!({"source": source, "state": state, "round": round}))?;
            continue;
        }
        let word = match (&state, source.enabled) {
            (_, false) => "disabled",
            (None, true) => "not collected yet",
            (Some(state), true) => state.state.as_str(),
        };
        let reason = state.as_ref().map_or("", |state| state.reason.as_str());
        out::line(&format!("{:<16} {:<18} {}  {}", source.id.as_str(), word, source.name, reason))?;
    }
    Ok(())
}
