//! `menhu doctor`: what `check` finds, and the live checks: stores, index against site, permits, audit, jobs, clock.

use std::time::Duration;

use super::{Exit, Installation, check};
use crate::app;
use crate::blob::Blobs;
use crate::flow::health::{self, Problem};
use crate::index::{IndexReader, Words};
use crate::model::Clock;
use crate::store::{Desk, Site};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu doctor --config /etc/menhu/config.toml")]
pub(super) struct Args {
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let mut found = check::problems(&config);
    let clock = Clock::System;
    let verifier = app::verifier(&config)?;
    let desk = Desk::open(&app::desk_place(&config)?, clock.clone()).await?;
    let site = Site::open(&app::site_place(&config)?, clock.clone()).await?;
    let blobs = Blobs::open_read_only(&config.data.site.join("blobs"));
    found.extend(health::audit(&desk).await?);
    found.extend(health::jobs(&desk).await?);
    found.extend(health::quarantine(&desk, &verifier).await?);
    if let Err(error) = crate::flow::rules::in_force(&desk, &verifier).await {
        found.push(Problem::new(
            "rules",
            "in force",
            error.to_string(),
            "menhu rules propose, then menhu rules approve",
        ));
    }
    let good = health::site(&desk, &site, &blobs, &verifier, &mut found).await?;
    health::desk(&desk, &site, &mut found).await?;
    match IndexReader::open_read_only(&app::index_folder(&config), &Words::load()) {
        Ok(reader) => health::index(&site, &reader, &good, &mut found).await?,
        Err(error) => found.push(Problem::new("index", "index", error.to_string(), "menhu index rebuild")),
    }
    if let Some(last) = desk.audit_page(None, 1).await?.first()
        && last.at > clock.now().after(Duration::from_secs(5))
    {
        let what = format!("the last audit record is of {}, which is later than now", last.at.rfc3339());
        found.push(Problem::new("clock", "machine", what, "set the clock; see to NTP"));
    }
    desk.close().await;
    site.close().await;
    check::report(&found, args.json)
}
