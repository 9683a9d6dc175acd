//! Bundled sub-sites: ten sites of an invented city on loopback ports, with real public texts and planted pages.
//!
//! Promises: the same pages at the same addresses at every start of one data folder; every request is recorded;
//! [`Sites::stop`] ends within half a second. Loopback only. `docs/demo.md` says what the sites are.

mod articles;
mod expect;
mod families;
mod keeping;
mod planted;
mod reply;
mod roster;
mod server;
mod template;
mod texts;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::model::{
    Column, ColumnId, ColumnMode, Link, LinkKind, ListSpec, Pace, Source, SourceId, Timestamp, Unit, UnitId, UnitReview,
};
use articles::Shelf;
pub(crate) use expect::{Expect, Planted};
use roster::{PORTAL_COLUMNS, SUB_SITES};
pub(crate) use server::Requests;
use server::Running;

const DAY_MS: u64 = 86_400_000;

/// The running sub-sites.
pub(crate) struct Sites {
    running: Vec<Arc<Running>>,
    planted: Vec<Planted>,
    data: PathBuf,
    stop: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Sites {
    /// Starts every sub-site. `data` is the folder where ports and the withdrawn page are remembered.
    ///
    /// # Errors
    /// Where a remembered port is taken, or the folder cannot be read or written.
    pub(crate) async fn start(data: &Path) -> anyhow::Result<Self> {
        let mut kept = keeping::load(data)?;
        let mut listeners = Vec::new();
        for site in &SUB_SITES {
            let listener = server::bind(site.key, kept.host, kept.ports.get(site.key).copied(), data).await?;
            kept.ports.insert(site.key.to_owned(), listener.local_addr()?.port());
            listeners.push(listener);
        }
        keeping::save(data, &kept)?;
        let shelves = articles::shelves(texts::load()?, kept.host, &kept.ports)?;
        let planted = planted(&shelves)?;
        let running: Vec<_> = shelves.into_iter().map(|shelf| Arc::new(Running::new(shelf))).collect();
        if kept.withdrawn {
            running.iter().for_each(|site| site.shelf.withdraw());
        }
        let stop = CancellationToken::new();
        let serve = |(listener, site): (_, &Arc<Running>)| {
            tokio::spawn(server::serve(listener, Arc::clone(site), stop.clone()))
        };
        let tasks = listeners.into_iter().zip(&running).map(serve).collect();
        Ok(Self { running, planted, data: data.to_owned(), stop, tasks })
    }

    /// The sources, ready to be put into the desk: pace off, looked at every ten minutes. Only the site of the page
    /// that leaves has its known pages looked at in every round.
    pub(crate) fn sources(&self) -> anyhow::Result<Vec<Source>> {
        self.running.iter().map(|site| source(&site.shelf)).collect()
    }

    /// The units that own them.
    pub(crate) fn units(&self) -> anyhow::Result<Vec<Unit>> {
        let unit = |site: &Arc<Running>| {
            let roster = site.shelf.site;
            Ok(Unit {
                id: UnitId::new(roster.key)?,
                name: roster.name.to_owned(),
                short: roster.short.to_owned(),
                class: roster.class,
                home: Some(format!("{}/", site.shelf.base)),
                aliases: if roster.key == "daj" { vec!["超级管理员".to_owned()] } else { Vec::new() },
            })
        };
        self.running.iter().map(unit).collect()
    }

    /// The columns of the portal that the sub-sites feed.
    pub(crate) fn columns() -> anyhow::Result<Vec<Column>> {
        let column = |(position, (id, name, description, keywords, kind)): (i64, &(&str, &str, &str, &str, &str))| {
            Ok(Column {
                id: ColumnId::new(*id)?,
                name: (*name).to_owned(),
                description: (*description).to_owned(),
                keywords: (*keywords).to_owned(),
                kind: (*kind).to_owned(),
                mode: ColumnMode::Joint,
                position,
                target: None,
            })
        };
        (1..).zip(&PORTAL_COLUMNS).map(column).collect()
    }

    /// The links of the portal: the home of every sub-site, and its first column.
    pub(crate) fn links(&self) -> anyhow::Result<Vec<Link>> {
        let mut links = Vec::new();
        for site in &self.running {
            let (roster, base) = (site.shelf.site, &site.shelf.base);
            let unit = UnitId::new(roster.key)?;
            let title = roster.name.to_owned();
            links.push(Link { kind: LinkKind::Home, unit: unit.clone(), title, url: format!("{base}/") });
            for column in roster.columns.iter().take(1) {
                let title = format!("{} {}", roster.short, column.name);
                let url = format!("{base}{}", families::column_path(roster.family, column));
                links.push(Link { kind: LinkKind::Column, unit: unit.clone(), title, url });
            }
        }
        Ok(links)
    }

    /// The second round begins: one page is gone from now on, also after a restart.
    ///
    /// # Errors
    /// Where that cannot be remembered; then nothing has changed.
    pub(crate) fn withdraw_now(&self) -> anyhow::Result<()> {
        let kept = keeping::load(&self.data)?;
        keeping::save(&self.data, &keeping::Kept { withdrawn: true, ..kept })?;
        self.running.iter().for_each(|site| site.shelf.withdraw());
        Ok(())
    }

    /// What the demo checks itself against.
    pub(crate) fn planted(&self) -> &[Planted] {
        &self.planted
    }

    /// How many articles a complete first round collects, by source: all that lists lead to and robots.txt allows.
    pub(crate) fn expected(&self) -> anyhow::Result<Vec<(SourceId, usize)>> {
        let count = |site: &Arc<Running>| {
            let allowed = site.shelf.articles.iter().filter(|article| article.column.feeds.is_some());
            Ok((SourceId::new(site.shelf.site.key)?, allowed.count()))
        };
        self.running.iter().map(count).collect()
    }

    /// What each sub-site was asked since this start.
    pub(crate) fn requests(&self) -> anyhow::Result<Vec<Requests>> {
        self.running.iter().map(|site| Ok(site.requests(SourceId::new(site.shelf.site.key)?))).collect()
    }

    /// Stops every sub-site.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::warn!(%error, "a bundled sub-site did not end well");
            }
        }
    }
}

fn planted(shelves: &[Shelf]) -> anyhow::Result<Vec<Planted>> {
    planted::list(|site, number| {
        let shelf = shelves.iter().find(|shelf| shelf.site.key == site)?;
        let article = shelf.numbered(number)?;
        Some((format!("{}{}", shelf.base, article.path), article.title.clone()))
    })
}

fn source(shelf: &Shelf) -> anyhow::Result<Source> {
    let site = shelf.site;
    let mut lists = Vec::new();
    for column in site.columns {
        if let Some(feeds) = column.feeds {
            let url = format!("{}{}", shelf.base, families::list_path(site.family, column));
            lists.push(ListSpec { url, column: ColumnId::new(feeds)? });
        }
    }
    let looks_again = shelf.articles.iter().any(|article| article.leaves);
    let review = || UnitReview {
        by: format!("{}办公室（演示）", site.short),
        at: Timestamp::of_date(jiff::civil::date(2024, 1, 2)),
        record: format!("{}信息发布审核登记表2024年第1号（演示）", site.short),
    };
    Ok(Source {
        id: SourceId::new(site.key)?,
        name: site.name.to_owned(),
        unit: UnitId::new(site.key)?,
        profile: site.profile,
        lists,
        hosts: vec![shelf.base.trim_start_matches("http://").to_owned()],
        allow: vec!["127.0.0.0/8".to_owned()],
        charset: None,
        pace: Pace { gap_ms: 0, round_limit: 2_000 },
        every_ms: DAY_MS / 144,
        recheck_ms: if looks_again { 0 } else { 30 * DAY_MS },
        gone_after_ms: 0,
        enabled: true,
        review: site.reviewed.then(review),
    })
}

#[cfg(test)]
mod tests;
