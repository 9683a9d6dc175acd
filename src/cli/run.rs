//! `menhu run` (being written)

use super::Exit;

#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_args: Args) -> anyhow::Result<Exit> {
    anyhow::bail!("being written")
}
