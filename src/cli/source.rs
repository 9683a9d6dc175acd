//! `menhu source`: lists, enables and disables sources.

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Installation, out};
use crate::app;
use crate::flow::setup;
use crate::model::{Actor, Clock, SourceId};
use crate::store::Desk;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu source list\n  menhu source disable daj")]
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
    /// Register or replace the sources of a TOML file (`[[source]]` tables; docs/operating.md)
    Put {
        /// The file
        file: std::path::PathBuf,
    },
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SourcesFile {
    #[serde(default)]
    unit: Vec<crate::model::Unit>,
    #[serde(default)]
    column: Vec<crate::model::Column>,
    #[serde(default)]
    source: Vec<crate::model::Source>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    let actor = Actor::System("command line".into());
    match args.command {
        Command::List { json } => list(&desk, json).await?,
        Command::Enable { id } => setup::enable(&desk, &id, true, &actor).await?,
        Command::Disable { id } => setup::enable(&desk, &id, false, &actor).await?,
        Command::Put { file } => put(&desk, &file, &actor).await?,
    }
    desk.close().await;
    Ok(Exit::Done)
}

async fn put(desk: &Desk, file: &std::path::Path, actor: &Actor) -> anyhow::Result<()> {
    use anyhow::Context;
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let read: SourcesFile = toml::from_str(&text).with_context(|| format!("{}", file.display()))?;
    let links = desk.links().await?;
    let register = setup::Register { units: read.unit, columns: read.column, sources: read.source, links };
    setup::put(desk, &register, actor).await?;
    Ok(())
}

async fn list(desk: &Desk, json: bool) -> anyhow::Result<()> {
    for source in desk.sources().await? {
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
