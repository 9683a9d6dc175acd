//! A list, feed or sitemap: what it names becomes known, and whether the harvest is whole is counted.
//!
//! Stop rule: the further pages of a list are asked when this page named something that was not known, or once a week
//! by themselves. A list that names nothing is never an empty success.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::collect::{Fetched, canonical_in};
use crate::extract::Listing;
use crate::flow::FlowError;
use crate::model::{ColumnId, Profile};
use crate::store::{Discovered, NewUrl, UrlKind, UrlLease, UrlOutcome};

use super::{Collecting, Round, hosts};

/// When the further pages of a list are asked although nothing new was seen.
pub(super) const NEXT_HARVEST: Duration = Duration::from_secs(7 * 24 * 3600);
/// Pages of one list in one round.
const PAGES: usize = 500;

/// What the lists of one column brought in a round, for the comparison with the totals that they declare.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// Addresses that were named.
    seen: BTreeSet<String>,
    /// Rows that lead outside the source; they count as seen.
    outside: u64,
    /// Sum of the totals; `None` once a list declared none.
    declared: Option<u64>,
    lists: u64,
}

impl Rows {
    /// Why the harvest is short, where more was declared than seen.
    pub(super) fn shortfall(&self, column: &ColumnId) -> Option<String> {
        let declared = self.declared?;
        let seen = self.seen.len() as u64 + self.outside;
        (seen < declared).then(|| format!("incomplete: the lists of {column} declare {declared} entries, {seen} were seen"))
    }
}

/// What a page of a list brought.
#[derive(Clone, Debug, Default)]
pub(super) struct Harvested {
    nothing: bool,
    further: usize,
    asked_further: bool,
}

impl Harvested {
    /// Whether everything that the list names was seen in this round.
    pub(super) fn is_whole(&self) -> bool {
        !self.nothing && (self.further == 0 || self.asked_further)
    }

    /// What is wrong with it.
    pub(super) fn fault(&self) -> Option<String> {
        self.nothing.then(|| "a list named nothing: its template may have changed".to_owned())
    }
}

impl Collecting {
    /// Visits a list.
    pub(super) async fn visit_list(&self, round: &Round, lease: &UrlLease) -> Result<(), FlowError> {
        let Some(fetched) = self.ask(round, lease, self.config.page_limit.0).await? else { return Ok(()) };
        let page = match fetched {
            Fetched::NotModified { .. } => {
                round.state.lock().await.report.not_modified += 1;
                return self.acknowledge(round, lease, UrlOutcome::NotModified, None).await;
            }
            Fetched::Gone { status, .. } => {
                self.failed(round, lease, "status", format!("the list is gone: the server answered {status}")).await?;
                return Ok(());
            }
            Fetched::Page(page) => page,
        };
        let listing = self
            .intake
            .reader
            .listing(
                page.bytes.clone(),
                &page.final_url,
                page.content_type.as_deref(),
                round.source.charset.as_deref(),
                round.source.profile,
            )
            .await;
        if listing.items.is_empty() && listing.pages.is_empty() {
            if let Some(wall) = page.suspect {
                return self.walled(round, lease, &format!("a challenge came instead of the list ({wall})")).await;
            }
            let why = listing.unreadable.first().map_or("it names nothing", |part| part.reason.as_str());
            let reason = format!("the list cannot be read: {why}");
            round.state.lock().await.harvest.insert(lease.row.url.clone(), Harvested { nothing: true, ..Harvested::default() });
            self.failed(round, lease, "list", reason).await?;
            return Ok(());
        }
        self.record_list(round, lease, &page, &listing).await
    }

    async fn record_list(
        &self,
        round: &Round,
        lease: &UrlLease,
        page: &crate::collect::Page,
        listing: &Listing,
    ) -> Result<(), FlowError> {
        let mut harvested = Harvested::default();
        let mut rows = BTreeSet::new();
        let mut outside = 0;
        let mut unseen = 0u64;
        let mut tx = self.desk.begin().await?;
        let now = tx.now();
        for entry in &listing.items {
            let Some(url) = self.inside(round, &entry.url) else {
                outside += 1;
                continue;
            };
            rows.insert(url.clone());
            let found = tx
                .discover_url(&NewUrl {
                    source: round.source.id.clone(),
                    host: hosts::host_of(&url),
                    url,
                    kind: UrlKind::Detail,
                    column: lease.row.column.clone(),
                    title: entry.title.chars().take(500).collect(),
                    published: entry.published,
                    due: now,
                })
                .await?;
            unseen += u64::from(found != Discovered::Known);
        }
        // A sitemap index has no rows of its own: its parts are always asked.
        let goes_on = unseen > 0 || listing.items.is_empty() || listing.kind == Profile::Sitemap;
        for further in listing.pages.iter().take(PAGES) {
            let Some(url) = self.inside(round, further) else { continue };
            if url == lease.row.url {
                continue;
            }
            harvested.further += 1;
            let found = tx
                .discover_url(&NewUrl {
                    source: round.source.id.clone(),
                    host: hosts::host_of(&url),
                    url: url.clone(),
                    kind: UrlKind::List,
                    column: lease.row.column.clone(),
                    title: String::new(),
                    published: None,
                    due: now,
                })
                .await?;
            let seen_in_round = round.state.lock().await.harvest.contains_key(&url);
            if found == Discovered::Known && goes_on && !seen_in_round {
                tx.set_url_due(&round.source.id, &url, now).await?;
            }
        }
        harvested.asked_further = goes_on;
        let mut done = self.done(round, UrlOutcome::Fetched, Some(page), None);
        done.next_fetch_at = Some(now.after(NEXT_HARVEST));
        tx.finish_url(lease, &done).await?;
        tx.commit().await?;
        let mut state = round.state.lock().await;
        state.healthy += 1;
        state.harvest.insert(lease.row.url.clone(), harvested);
        if let Some(column) = &lease.row.column {
            let is_root = round.source.lists.iter().any(|list| hosts::listed(&list.url).as_ref() == Some(&lease.row.url));
            let all = state.rows.entry(column.clone()).or_default();
            all.seen.append(&mut rows);
            all.outside += outside;
            if is_root {
                let before = if all.lists == 0 { Some(0) } else { all.declared };
                all.declared = before.zip(listing.total).map(|(before, total)| before + total);
                all.lists += 1;
            }
        }
        Ok(())
    }

    /// The canonical address, where it lies inside the source.
    fn inside(&self, round: &Round, url: &str) -> Option<String> {
        let parsed = canonical_in(url, &round.scope).ok()?;
        Some(parsed.into())
    }
}
