//! What became of everything: counts, every item, and the planted list item by item.

use std::time::Duration;

use anyhow::Context;
use serde_json::json;

use super::sites::{Expect, Planted, Sites};
use super::stage::ACCOUNTS;
use super::tell::Tell;
use crate::app::Base;
use crate::flow::officer_key::{self, Unlocked};
use crate::flow::quarantine::open;
use crate::model::{Field, ItemId, Outcome, PersonId, Role, Status};
use crate::store::{ItemRow, Site};

/// What was seen of one planted page.
struct Seen {
    agrees: bool,
    got: String,
}

/// Tells it, and returns whether everything is as planted.
pub(super) async fn tell(
    base: &Base,
    site: &Site,
    sites: &Sites,
    tell: &mut Tell,
    took: Duration,
) -> anyhow::Result<bool> {
    let mut clean = true;
    items(base, tell).await?;
    let officer = Officer::unlock(base).await?;
    tell.line("\nplanted, and what became of it")?;
    for planted in sites.planted() {
        let seen = look(base, site, sites, planted, &officer).await?;
        clean &= seen.agrees;
        let mark = if seen.agrees { "as planted" } else { "NOT AS PLANTED" };
        tell.line(&format!("  {mark:<15} {}\n                  {}", planted.what, seen.got))?;
        tell.event(
            "planted",
            json!({"what": planted.what, "source": planted.source, "url": planted.url,
                "expect": format!("{:?}", planted.expect), "got": seen.got, "agrees": seen.agrees}),
        )?;
    }
    for (source, expected) in sites.expected()? {
        let known: u64 = base.desk.status_counts(Some(&source)).await?.iter().map(|(_, count)| count).sum();
        let complete = known == expected as u64;
        clean &= complete;
        if !complete {
            tell.line(&format!("  NOT COMPLETE: {source} publishes {expected} items, {known} were collected"))?;
        }
        tell.event(
            "complete",
            json!({"source": source, "published_there": expected, "collected": known, "agrees": complete}),
        )?;
    }
    let mut counts = serde_json::Map::new();
    let mut words = Vec::new();
    for (status, count) in base.desk.status_counts(None).await? {
        counts.insert(status.word().into(), count.into());
        if count > 0 {
            words.push(format!("{count} {}", status.word()));
        }
    }
    let memory = peak_memory();
    let summary = json!({"sites": sites.sources()?.len(), "items": counts, "on_site": site.count(None).await?,
        "as_planted": clean, "seconds": took.as_secs_f64(), "peak_memory_mib": memory});
    tell.event("summary", summary)?;
    tell.line(&format!(
        "\n{} sub-sites; {}; {:.1} s, {memory} MiB of memory at most",
        sites.sources()?.len(),
        words.join(", "),
        took.as_secs_f64()
    ))?;
    tell.line(if clean { "everything is as planted" } else { "NOT everything is as planted: see above" })?;
    Ok(clean)
}

/// The demo's security officer, who opens what the gate held to compare it with what was planted. Each opening is on record.
struct Officer {
    person: PersonId,
    key: Unlocked,
}

impl Officer {
    async fn unlock(base: &Base) -> anyhow::Result<Self> {
        let (account, _, _, password) = ACCOUNTS
            .iter()
            .find(|(_, _, role, _)| *role == Role::SecurityOfficer)
            .context("the demo has an officer")?;
        let person = PersonId::new(*account)?;
        let key = officer_key::unlock(&base.desk, &person, password).await.context("the quarantine stays shut")?;
        Ok(Self { person, key })
    }

    /// The row with what the gate said in full, where it is sealed.
    async fn opened(&self, base: &Base, row: ItemRow) -> anyhow::Result<ItemRow> {
        if row.status != Status::Quarantined {
            return Ok(row);
        }
        let reason = "演示：与预置情况核对";
        let opened = open::open(&base.desk, &base.blobs, &self.person, &self.key, &row.id, reason).await?;
        Ok(ItemRow { verdict: opened.package.verdict, ..row })
    }
}

/// Every item, for programs.
async fn items(base: &Base, tell: &Tell) -> anyhow::Result<()> {
    let mut after: Option<ItemId> = None;
    loop {
        let rows = base.desk.items_after(after.as_ref(), 200).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id.clone());
        for row in &rows {
            tell.event(
                "item",
                json!({"id": row.id, "source": row.source, "url": row.url, "status": row.status, "outcome": row.outcome,
                    "content": row.content_hash}),
            )?;
        }
    }
}

async fn look(base: &Base, site: &Site, sites: &Sites, planted: &Planted, officer: &Officer) -> anyhow::Result<Seen> {
    let id = ItemId::of_page(&planted.source, &planted.url);
    let row = match base.desk.item(&id).await? {
        Some(row) => Some(officer.opened(base, row).await?),
        None => None,
    };
    let public = site.item(&id).await?.is_some();
    let asked = asked(sites, planted)?;
    let status = row.as_ref().map(|row| row.status);
    let agrees = match &planted.expect {
        Expect::Published => public && status == Some(Status::Published),
        Expect::PublishedWithTitle { title } => public && row.as_ref().is_some_and(|row| row.title == *title),
        Expect::Queued => !public && status == Some(Status::Queued),
        Expect::Held { rule, field } => !public && found(row.as_ref(), Outcome::Hold, rule, *field),
        Expect::Blocked { rule, field } => !public && found(row.as_ref(), Outcome::Block, rule, *field),
        Expect::NeverAsked => row.is_none() && !asked,
        Expect::Withdrawn => !public && status == Some(Status::Withdrawn),
        Expect::DuplicateOf { url } => {
            let other = base.desk.item(&ItemId::of_page(&other_source(sites, url, planted)?, url)).await?;
            let known = |row: &Option<ItemRow>| row.as_ref().is_some_and(|row| row.duplicate_of.is_some());
            known(&row) || known(&other)
        }
        Expect::Unreadable { place } => {
            !public
                && row.as_ref().is_some_and(|row| {
                    row.status == Status::Quarantined
                        && row.verdict.unreadable.iter().any(|part| part.place.trim_start().starts_with(place.trim()))
                })
        }
    };
    Ok(Seen { agrees, got: describe(row.as_ref(), public, asked) })
}

/// Whether the sub-site was asked for the page since this start.
fn asked(sites: &Sites, planted: &Planted) -> anyhow::Result<bool> {
    let path = planted.url.splitn(4, '/').nth(3).map(|rest| format!("/{rest}")).unwrap_or_default();
    Ok(sites.requests()?.iter().any(|site| site.source == planted.source && site.paths.contains_key(&path)))
}

fn other_source(sites: &Sites, url: &str, planted: &Planted) -> anyhow::Result<crate::model::SourceId> {
    let owner =
        sites.sources()?.into_iter().find(|source| source.hosts.iter().any(|host| url.contains(&format!("//{host}/"))));
    Ok(owner.map_or_else(|| planted.source.clone(), |source| source.id))
}

fn found(row: Option<&ItemRow>, outcome: Outcome, rule: &str, field: Field) -> bool {
    row.is_some_and(|row| {
        row.status == Status::Quarantined
            && row.outcome == outcome
            && row.verdict.findings.iter().any(|finding| finding.rule == rule && finding.field == field)
    })
}

fn describe(row: Option<&ItemRow>, public: bool, asked: bool) -> String {
    let Some(row) = row else {
        return if asked { "asked for, but no item".into() } else { "never asked for".into() };
    };
    let mut text = row.status.word().to_owned();
    if public {
        text.push_str(", on the site");
    }
    if let Some(other) = &row.duplicate_of {
        text.push_str(&format!(", the same text as {other}"));
    }
    if let Some(finding) = row.verdict.findings.iter().max_by_key(|finding| finding.action) {
        text.push_str(&format!(
            ", {} by {} in {:?}{}{} at {}..{}",
            row.outcome.word(),
            finding.rule,
            finding.field,
            if finding.place.is_empty() { "" } else { " " },
            finding.place,
            finding.start,
            finding.end
        ));
    }
    for part in &row.verdict.unreadable {
        text.push_str(&format!(", unreadable {}: {}", part.place, part.reason));
    }
    text
}

/// Peak resident memory of this process, MiB; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib / 1024)
}
