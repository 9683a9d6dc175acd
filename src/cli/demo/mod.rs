//! `menhu demo`: the whole way on bundled sub-sites: collect, screen, review, publish, index, serve.
//!
//! Everything is the real thing: HTTP on loopback, robots.txt, the sandboxed readers, the gate with the shipped rules,
//! permits, both stores. Only the pace is off, and the sub-sites are bundled. What was planted among the texts is
//! checked item by item against a list; a difference ends the command with exit code 30.

mod outcome;
mod sites;
mod stage;
mod tell;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context;
use serde_json::json;

use super::Exit;
use super::run::{self, COLLECTOR_JOBS, DESK_JOBS, Role};
use crate::app::Base;
use crate::config::Config;
use crate::flow::{job, setup};
use crate::jobs::Jobs;
use crate::lifecycle::Lifecycle;
use crate::model::{Actor, Clock};
use sites::Sites;
use tell::Tell;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu demo\n  menhu demo --once --json --data /tmp/menhu-demo")]
pub(super) struct Args {
    /// One whole round, the summary, and end
    #[arg(long)]
    once: bool,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    /// Where the demo keeps its installation; a second start goes on with it
    #[arg(long, value_name = "DIR", default_value = "menhu-demo")]
    data: PathBuf,
    /// Listener of the portal [default: 127.0.0.1:8080, or a free port where that is taken]
    #[arg(long, value_name = "ADDR")]
    portal: Option<SocketAddr>,
    /// Listener of the console [default: 127.0.0.1:8081, or a free port where that is taken]
    #[arg(long, value_name = "ADDR")]
    console: Option<SocketAddr>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let began = Instant::now();
    std::fs::create_dir_all(&args.data).with_context(|| format!("cannot make {}", args.data.display()))?;
    let _lock = stage::lock(&args.data)?;
    let config = stage::configure(&args.data, args.portal, args.console)?;
    super::log(&config.log);
    let life = Lifecycle::begin()?;
    let mut tell = Tell::new(args.json);
    tell.line("starting the bundled sub-sites")?;
    super::init::prepare(&config).await?;
    let sites = Sites::start(&args.data).await?;
    let base = Base::open(config.clone(), Clock::System).await?;
    base.desk.clear_leases_except(&base.owner).await?;
    stage::accounts(&base, &config).await?;
    let register = setup::Register {
        units: sites.units()?,
        columns: Sites::columns()?,
        sources: sites.sources()?,
        links: sites.links()?,
    };
    setup::put(&base.desk, &register, &Actor::System("demo".into())).await?;
    let work = base.work().await?;
    setup::mirror(&base.desk, &work.publisher.site).await?;
    let jobs = base.jobs(Some(base.collecting()?), Some(work.clone()));

    round(&base, &jobs, &life, &mut tell, "first look").await?;
    sites.withdraw_now()?;
    round(&base, &jobs, &life, &mut tell, "second look, after a sub-site took a page off").await?;
    let interrupted = life.soft().is_cancelled();
    let clean = outcome::tell(&base, &work.publisher.site, &sites, &mut tell, began.elapsed()).await?;
    if interrupted {
        anyhow::bail!("stopped before the round was whole; the same command goes on with it");
    }
    if !args.once {
        drop(jobs);
        drop(work);
        stay(&life, &config, &args, &mut tell).await?;
        sites.stop().await;
        return Ok(Exit::Done);
    }
    sites.stop().await;
    work.publisher.site.close().await;
    base.desk.close().await;
    Ok(if clean { Exit::Done } else { Exit::Problems })
}

/// One look at every source, then everything that follows from it.
async fn round(base: &Base, jobs: &Jobs, life: &Lifecycle, tell: &mut Tell, name: &str) -> anyhow::Result<()> {
    tell.line(name)?;
    let mut tx = base.desk.begin().await?;
    let now = tx.now();
    for source in base.desk.sources().await? {
        tx.enqueue(job::COLLECT, source.id.as_str(), &json!({}), now).await?;
    }
    tx.commit().await?;
    let soft = life.soft();
    let at_once = base.config.collect.sources_at_once;
    let bar = tell.progress(&base.desk);
    let mut failed = None;
    jobs.drain(COLLECTOR_JOBS, at_once, &soft, |report| {
        if let Err(error) = tell.round(&report) {
            failed = Some(error);
        }
    })
    .await?;
    // What units have reviewed is decided when all sources were read, so that it does not depend on their order.
    jobs.drain(DESK_JOBS, 2, &soft, |_| {}).await?;
    drop(bar);
    failed.map_or(Ok(()), Err)
}

async fn stay(life: &Lifecycle, config: &Config, args: &Args, tell: &mut Tell) -> anyhow::Result<()> {
    let _base = run::start(life, config.clone(), &[Role::Collector, Role::Desk, Role::Portal]).await?;
    tell.addresses(config, &args.data)?;
    life.ended().await;
    Ok(())
}
