//! `menhu read`, hidden: the confined child that `extract::Reader` starts.

use anyhow::Context;

use super::Exit;

/// Reads pages and documents for the process that started it.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  This command is started by menhu itself; it speaks frames over standard input and output."
)]
pub(super) struct Args {}

pub(super) async fn run(_args: Args) -> anyhow::Result<Exit> {
    serve()
}

/// Reads until the parent goes away. Called before there is a runtime, so that the process that confines itself has
/// one thread.
pub(super) fn serve() -> anyhow::Result<Exit> {
    crate::extract::serve_child().context("the reading process stopped")?;
    Ok(Exit::Done)
}
