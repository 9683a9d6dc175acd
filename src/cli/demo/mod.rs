//! `menhu demo` (being written)

#[cfg_attr(not(test), expect(dead_code, reason = "the command that uses them is being written"))]
pub(super) mod sites;

use super::Exit;

#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) async fn run(_args: Args) -> anyhow::Result<Exit> {
    anyhow::bail!("being written")
}
