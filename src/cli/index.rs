//! `menhu index`: rebuilds the index beside the live one and swaps it, verifies it, measures it.

use clap::Subcommand;

use super::{Exit, Installation, check, out};
use crate::app;
use crate::blob::Blobs;
use crate::flow::health::{self, Problem};
use crate::flow::indexing;
use crate::index::{IndexReader, IndexWriter, Words};
use crate::model::Clock;
use crate::store::{Desk, Site};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu index verify\n  menhu index rebuild")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Subcommand)]
enum Command {
    /// Build a new index from the site beside the live one, then put it in its place
    Rebuild,
    /// Check its files, and its items against the site
    Verify {
        /// Print JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Documents, segments and bytes
    Stats,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let folder = app::index_folder(&config);
    match args.command {
        Command::Rebuild => {
            let site = Site::open(&app::site_place(&config)?, Clock::System).await?;
            let blobs = Blobs::open_read_only(&config.data.site.join("blobs"));
            let verifier = app::verifier(&config)?;
            let mut writer = IndexWriter::create_beside(&folder, &Words::load())?;
            let count = indexing::fill(&site, &blobs, &verifier, &mut writer).await?;
            writer.swap()?;
            out::line(&format!("rebuilt: {count} items"))?;
            Ok(Exit::Done)
        }
        Command::Verify { json } => {
            let clock = Clock::System;
            let desk = Desk::open(&app::desk_place(&config)?, clock.clone()).await?;
            let site = Site::open(&app::site_place(&config)?, clock).await?;
            let blobs = Blobs::open_read_only(&config.data.site.join("blobs"));
            let verifier = app::verifier(&config)?;
            let mut found = Vec::new();
            let good = health::site(&desk, &site, &blobs, &verifier, &mut found).await?;
            let reader = IndexReader::open_read_only(&folder, &Words::load())?;
            for file in reader.damaged_files()? {
                let what = "its bytes do not have their checksum";
                found.push(Problem::new("index", file.display().to_string(), what, "menhu index rebuild"));
            }
            health::index(&site, &reader, &good, &mut found).await?;
            check::report(&found, json)
        }
        Command::Stats => {
            let reader = IndexReader::open_read_only(&folder, &Words::load())?;
            out::json(&reader.stats()?)?;
            Ok(Exit::Done)
        }
    }
}
