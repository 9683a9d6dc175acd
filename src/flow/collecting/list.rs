//! A list, feed or sitemap: walked page by page, what it names becomes known, and the harvest is compared with the
//! total that it declares.
//!
//! An ordinary round ends at the first page with nothing unseen; once a week the list is read whole. A reading that broke
//! off (a page failed, the process died) would hide what stands on the further pages behind a first page that is known
//! by then, so the list is read whole soon after it. A list that names nothing is never an empty success.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::collect::{Bounds, Fetched, Found, Page, Validators, Walk};
use crate::extract::Listing;
use crate::flow::FlowError;
use crate::model::{Field, Outcome, Segment, Timestamp, When};
use crate::store::{NewUrl, UrlDone, UrlKind, UrlLease, UrlOutcome, sealed_title};

use super::{Collecting, LEASE, Round, hosts};

/// How often a list is read whole.
const WHOLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How soon a list is read whole after a page of it failed.
const TORN: Duration = Duration::from_secs(3600);
/// Setting that keeps when the list was read whole last; the list's address follows.
const WHOLE_AT: &str = "list-whole-at:";

impl Collecting {
    /// Visits a list: its first page, and the further ones as far as the walk goes.
    pub(super) async fn visit_list(&self, round: &Round, lease: &UrlLease) -> Result<(), FlowError> {
        let Some(fetched) = self.ask(round, lease, self.config.page_limit.0).await? else { return Ok(()) };
        let first = match fetched {
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
        let listing = self.read_list(round, &first).await;
        if listing.items.is_empty() && listing.pages.is_empty() {
            if let Some(wall) = first.suspect {
                return self.walled(round, lease, &format!("a challenge came instead of the list ({wall})")).await;
            }
            let why = listing.unreadable.first().map_or("it names nothing", |part| part.reason.as_str());
            self.failed(round, lease, "list", format!("the list cannot be read: {why}")).await?;
            return Ok(());
        }
        self.walk(round, lease, &first, &listing).await
    }

    async fn read_list(&self, round: &Round, page: &Page) -> Listing {
        let (charset, profile) = (round.source.charset.as_deref(), round.source.profile);
        let reader = &self.intake.reader;
        reader.listing(page.bytes.clone(), &page.final_url, page.content_type.as_deref(), charset, profile).await
    }

    async fn walk(&self, round: &Round, lease: &UrlLease, first: &Page, listing: &Listing) -> Result<(), FlowError> {
        let mut lease = lease.clone();
        let whole_at = self.whole_at(&lease.row.url).await?;
        let whole = self.whole_is_due(&lease.row.url).await?;
        let mut torn = false;
        let mut walk = match Walk::new(&lease.row.url, round.scope.clone(), Bounds::default(), !whole) {
            Ok(walk) => walk,
            Err(error) => {
                self.failed(round, &lease, "list", format!("the list cannot be asked: {error}")).await?;
                return Ok(());
            }
        };
        // The first page is here already.
        walk.next_page();
        self.take(round, &lease, &mut walk, &lease.row.url.clone(), listing).await?;
        while let Some(address) = walk.next_page() {
            self.desk.renew_url(&mut lease, LEASE).await?;
            match self.ask_page(round, &address).await? {
                Ok(page) => {
                    let listing = self.read_list(round, &page).await;
                    if let Some(part) = listing.unreadable.first() {
                        walk.failed(&address, &part.reason);
                        torn = true;
                    }
                    self.take(round, &lease, &mut walk, &address, &listing).await?;
                }
                Err(reason) => {
                    walk.failed(&address, &reason);
                    torn = true;
                }
            }
        }
        let harvest = walk.finish();
        let mut tx = self.desk.begin().await?;
        let done = UrlDone {
            next_fetch_at: Some(tx.now().after(WHOLE)),
            ..self.done(round, UrlOutcome::Fetched, Some(first), None)
        };
        tx.finish_url(&lease, &done).await?;
        let whole_at = match (torn, whole) {
            (true, _) => Some(Timestamp(tx.now().after(TORN).0 - Timestamp(0).after(WHOLE).0)),
            (false, true) => Some(tx.now()),
            (false, false) => whole_at,
        };
        if let Some(at) = whole_at {
            tx.put_setting(&format!("{WHOLE_AT}{}", lease.row.url), &at.0.into()).await?;
        }
        tx.commit().await?;
        let mut state = round.state.lock().await;
        state.healthy += 1;
        state.harvests.push((lease.row.column.clone(), harvest));
        Ok(())
    }

    /// Makes known what a page of the list names, in one transaction.
    async fn take(
        &self,
        round: &Round,
        lease: &UrlLease,
        walk: &mut Walk,
        address: &str,
        listing: &Listing,
    ) -> Result<(), FlowError> {
        let rows: Vec<(String, String, Option<When>)> =
            listing.items.iter().map(|entry| (entry.url.clone(), entry.title.clone(), entry.published)).collect();
        let mut known = BTreeSet::new();
        for (url, ..) in &rows {
            if let Some(url) = hosts::listed(url)
                && self.desk.url(&round.source.id, &url).await?.is_some()
            {
                known.insert(url);
            }
        }
        let named: Vec<Found> = rows
            .iter()
            .filter_map(|(url, title, published)| {
                let url = hosts::listed(url).filter(|url| known.contains(url))?;
                Some(Found { url, title: title.clone(), published: *published })
            })
            .collect();
        let found = walk.take(address, &rows, &listing.pages, listing.total, |url| known.contains(url));
        let mut tx = self.desk.begin().await?;
        let due = tx.now();
        if walk.goes_on() {
            // Until the walk has come to its end.
            tx.put_setting(&format!("{WHOLE_AT}{}", lease.row.url), &0.into()).await?;
        }
        for entry in named.into_iter().chain(found) {
            tx.discover_url(&NewUrl {
                source: round.source.id.clone(),
                host: hosts::host_of(&entry.url),
                url: entry.url,
                kind: UrlKind::Detail,
                column: lease.row.column.clone(),
                title: self.may_be_kept(entry.title.chars().take(500).collect()),
                published: entry.published,
                due,
            })
            .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What a list calls a page, or its stand-in where the gate does not let the words pass: it is written down before the page
    /// is screened.
    fn may_be_kept(&self, title: String) -> String {
        let segment = Segment::new(Field::Title, "", title);
        let passes = self.intake.screener.scan(std::slice::from_ref(&segment), &[]).outcome == Outcome::Pass;
        if passes { segment.text } else { sealed_title(&segment.text) }
    }

    /// A further page of a list, or why it did not come.
    async fn ask_page(&self, round: &Round, url: &str) -> Result<Result<Page, String>, FlowError> {
        let limit = self.config.page_limit.0;
        Ok(match self.ask_beside(round, url, limit, None, Validators::default()).await? {
            Ok(Fetched::Page(page)) => Ok(page),
            Ok(Fetched::Gone { status, .. }) => Err(format!("the server answered {status}")),
            Ok(Fetched::NotModified { .. }) => Err("the server answered 304 to a request without validators".into()),
            Err(reason) => Err(reason),
        })
    }

    /// Whether the list is to be read whole now.
    pub(super) async fn whole_is_due(&self, list: &str) -> Result<bool, FlowError> {
        let last = self.whole_at(list).await?;
        Ok(last.is_none_or(|at| self.desk.clock().now().since(at) >= WHOLE))
    }

    async fn whole_at(&self, list: &str) -> Result<Option<Timestamp>, FlowError> {
        Ok(self.desk.setting(&format!("{WHOLE_AT}{list}")).await?.and_then(|at| at.as_i64()).map(Timestamp))
    }
}
