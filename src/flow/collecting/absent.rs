//! A page that is gone: what the look means, and whether the host is well enough for it to mean anything.
//!
//! A round may ask for little beside its lists, so pages that are known to be good are asked for where the round has
//! not seen enough of the host by itself: at most three, once a round, with their validators.

use std::time::Duration;

use crate::collect::gone::{Evidence, Health, Look, Standing};
use crate::collect::{Fetched, Validators};
use crate::flow::FlowError;
use crate::model::Digest;
use crate::store::{UrlKind, UrlLease, UrlOutcome, UrlRow};

use super::{Collecting, Round};

/// Pages that are asked for to learn whether a host is well.
const PROBES: usize = 3;
/// Pages among which they are looked for.
const CANDIDATES: u32 = 50;

impl Collecting {
    /// A page that is gone. The first look makes it suspect; a second one, long enough after it and on a host that is
    /// well, confirms it. What goes is settled when the round ends.
    pub(super) async fn missing(
        &self,
        round: &Round,
        lease: &UrlLease,
        look: Look,
        reason: &str,
    ) -> Result<(), FlowError> {
        let row = &lease.row;
        let wait = Duration::from_millis(round.source.gone_after_ms);
        let now = self.desk.clock().now();
        let healthy = self.is_well(round, &row.url).await?;
        let before = match row.missing_since.filter(|_| row.missing_count > 0) {
            Some(since) => Standing::Suspect { since, evidence: Evidence::NotFound },
            None => Standing::Live,
        };
        let after = before.after(look, healthy, now, wait);
        let outcome = match after {
            Standing::Live | Standing::Missing { .. } => {
                UrlOutcome::Failed(format!("{reason}, but the host is not well"))
            }
            Standing::Suspect { .. } | Standing::Withdrawn { .. } => UrlOutcome::Missing,
        };
        let mut done = self.done(round, outcome, None, None);
        if let Some(again) = after.look_again(wait) {
            done.next_fetch_at = Some(again.max(now.after(Duration::from_millis(1))));
        }
        let mut tx = self.desk.begin().await?;
        tx.finish_url(lease, &done).await?;
        tx.commit().await?;
        if let (Standing::Withdrawn { .. }, Some(item)) = (after, &row.item) {
            round.state.lock().await.going.push((item.clone(), reason.to_owned()));
        }
        Ok(())
    }

    /// Whether the host answers as it should in this round, so that the absence of `absent` on it counts.
    async fn is_well(&self, round: &Round, absent: &str) -> Result<bool, FlowError> {
        let mut good = self.desk.urls(&round.source.id, Some(UrlKind::Detail), None, CANDIDATES).await?;
        good.retain(|row| row.state == "ok" && row.item.is_some() && row.url != absent);
        let known = u32::try_from(round.source.lists.len() + good.len()).unwrap_or(u32::MAX);
        if self.has_been_well(round, known).await {
            return Ok(true);
        }
        let mut probed = round.probed.lock().await;
        if !*probed {
            *probed = true;
            for row in good.iter().take(PROBES) {
                if self.is_there(round, row).await? {
                    round.state.lock().await.healthy += 1;
                }
            }
        }
        Ok(self.has_been_well(round, known).await)
    }

    async fn has_been_well(&self, round: &Round, known: u32) -> bool {
        let well = u32::try_from(round.state.lock().await.healthy).unwrap_or(u32::MAX);
        Health { well, known }.is_well()
    }

    /// Whether a page that is known still answers with an article.
    async fn is_there(&self, round: &Round, row: &UrlRow) -> Result<bool, FlowError> {
        let validators = Validators { etag: row.etag.clone(), last_modified: row.last_modified.clone() };
        let page = match self.ask_beside(round, &row.url, self.config.page_limit.0, None, validators).await? {
            Ok(Fetched::NotModified { .. }) => return Ok(true),
            Ok(Fetched::Page(page)) if row.body == Some(Digest::of(&page.bytes)) => return Ok(true),
            Ok(Fetched::Page(page)) => page,
            Ok(Fetched::Gone { .. }) | Err(_) => return Ok(false),
        };
        let charset = round.source.charset.as_deref();
        let read = self.intake.reader.page(page.bytes, &row.url, page.content_type.as_deref(), charset).await;
        Ok(!read.gone && !read.text.trim().is_empty())
    }
}
