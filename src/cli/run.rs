//! `menhu run`: the daemon, all roles or those that are named.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use tokio_util::sync::CancellationToken;

use super::{Exit, Installation};
use crate::app::{self, Base};
use crate::config::Config;
use crate::flow::{job, rules, setup};
use crate::lifecycle::Lifecycle;
use crate::model::Clock;
use crate::store::Site;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu run --config /etc/menhu/config.toml\n  menhu run --role collector")]
pub(super) struct Args {
    /// Only this role; may be given more than once
    #[arg(long, value_enum)]
    role: Vec<Role>,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Role {
    Collector,
    Desk,
    Portal,
}

/// Jobs of the desk role.
pub(super) const DESK_JOBS: &[&str] =
    &[job::WITHDRAW, job::RESCREEN, job::PUBLISH, job::CLEAN, job::INDEX, job::APPROVE];
/// Jobs of the desk role that take long and hurry nobody: they have a worker of their own.
pub(super) const TRIAL_JOBS: &[&str] = &[job::TRIAL];
/// Jobs of the collector role.
pub(super) const COLLECTOR_JOBS: &[&str] = &[job::COLLECT];

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let roles = if args.role.is_empty() { vec![Role::Collector, Role::Desk, Role::Portal] } else { args.role };
    let life = Lifecycle::begin()?;
    let base = start(&life, config, &roles).await?;
    tracing::info!(?roles, "ready");
    life.ready(move || {
        let base = base.clone();
        async move {
            match &base {
                Some(base) => base.desk.ping().await.is_ok() && !base.screener.current().rules().is_empty(),
                None => true,
            }
        }
    });
    if life.ended().await { Ok(Exit::Done) } else { anyhow::bail!("a part of the daemon failed; the log says which") }
}

/// Starts the parts of the roles under `life`.
pub(super) async fn start(life: &Lifecycle, config: Config, roles: &[Role]) -> anyhow::Result<Option<Base>> {
    let clock = Clock::System;
    let mut base = None;
    if roles.contains(&Role::Collector) || roles.contains(&Role::Desk) {
        let opened = Base::open(config.clone(), clock.clone()).await?;
        opened.desk.clear_leases_except(&opened.owner).await?;
        base = Some(opened);
    }
    if let Some(base) = &base {
        start_staff(life, base, roles).await?;
    }
    if roles.contains(&Role::Portal) {
        let portal = app::portal(&config, clock).await?;
        serve(life, "portal", config.portal.listen, crate::portal::router(portal)).await?;
    }
    Ok(base)
}

async fn start_staff(life: &Lifecycle, base: &Base, roles: &[Role]) -> anyhow::Result<()> {
    if roles.contains(&Role::Collector) {
        let collecting = base.collecting()?;
        for _ in 0..base.config.collect.sources_at_once {
            let jobs = base.jobs(Some(collecting.clone()), None);
            life.supervise("collector", jobs.run(COLLECTOR_JOBS, life.soft()));
        }
    }
    if roles.contains(&Role::Desk) {
        let sealed = base.sealer().seal_plain().await?;
        if sealed > 0 {
            tracing::info!(sealed, "items that an older version had left in plain were sealed");
        }
        let work = base.work().await?;
        setup::mirror(&base.desk, &work.publisher.site).await?;
        for _ in 0..2 {
            life.supervise("desk", base.jobs(None, Some(work.clone())).run(DESK_JOBS, life.soft()));
        }
        life.supervise("trials", base.jobs(None, Some(work.clone())).run(TRIAL_JOBS, life.soft()));
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
            .install_recorder()
            .context("the metrics recorder cannot be installed")?;
        let (watched, site) = (base.clone(), work.publisher.site.clone());
        let console = crate::console::router(app::console(base)?).route(
            "/metrics",
            axum::routing::get(move || {
                let (metrics, base, site) = (metrics.clone(), watched.clone(), site.clone());
                async move {
                    gauges(&base, &site).await;
                    metrics.render()
                }
            }),
        );
        sweep_sessions(life, base);
        serve(life, "console", base.config.console.listen, console).await?;
    }
    reload(life, base.clone());
    Ok(())
}

/// Sessions that have ended by time are taken out of the table once an hour.
fn sweep_sessions(life: &Lifecycle, base: &Base) {
    let (base, soft) = (base.clone(), life.soft());
    life.supervise("sessions", async move {
        loop {
            if let Err(error) = base.desk.remove_idle_sessions(base.config.console.idle.0).await {
                tracing::warn!(%error, "ended sessions stay in the table for another hour");
            }
            tokio::select! {
                () = soft.cancelled() => return Ok::<(), anyhow::Error>(()),
                () = tokio::time::sleep(Duration::from_secs(3600)) => {}
            }
        }
    });
}

/// Depth and age of what waits, read when somebody looks. What cannot be read keeps its last value.
async fn gauges(base: &Base, site: &Site) {
    if let Ok(counts) = base.desk.status_counts(None).await {
        for (status, count) in counts {
            metrics::gauge!("menhu_items", "status" => status.word()).set(count as f64);
        }
    }
    if let Ok(counts) = base.desk.job_counts().await {
        for count in counts {
            for (state, value) in
                [("due", count.due), ("later", count.later), ("running", count.running), ("poison", count.poison)]
            {
                metrics::gauge!("menhu_jobs", "kind" => count.kind.clone(), "state" => state).set(value as f64);
            }
        }
    }
    if let Ok(states) = base.desk.source_states().await {
        for state in states {
            let well = if state.state == "ok" { 1.0 } else { 0.0 };
            metrics::gauge!("menhu_source_ok", "source" => state.source.to_string()).set(well);
        }
    }
    if let Ok(seq) = site.last_seq().await {
        metrics::gauge!("menhu_site_seq").set(seq as f64);
    }
}

/// SIGHUP, and twice a second a look whether another process put rules in force: it asks for a name alone.
fn reload(life: &Lifecycle, base: Base) {
    let own = life.clone();
    let soft = life.soft();
    life.supervise("rules", async move {
        loop {
            tokio::select! {
                () = soft.cancelled() => return Ok::<(), anyhow::Error>(()),
                () = own.reload_asked() => tracing::info!("reloading"),
                () = tokio::time::sleep(Duration::from_millis(500)) => {}
            }
            if let Err(error) = rules::refresh(&base.desk, &base.verifier, &base.screener).await {
                tracing::error!(%error, "the rule set in force cannot be taken; the gate keeps what it has");
            }
        }
    });
}

/// Serves a router until the soft stop, then lets requests in hand finish.
pub(super) async fn serve(
    life: &Lifecycle,
    name: &'static str,
    listen: SocketAddr,
    router: Router,
) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| {
        format!("the {name} cannot listen on {listen}; is another menhu running, or the port taken?")
    })?;
    tracing::info!(%listen, "{name} listens");
    life.supervise(name, served(listener, router, life.soft()));
    Ok(())
}

fn served(
    listener: tokio::net::TcpListener,
    router: Router,
    soft: CancellationToken,
) -> impl Future<Output = std::io::Result<()>> {
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    async move { axum::serve(listener, service).with_graceful_shutdown(soft.cancelled_owned()).await }
}
