//! Publishing: a `Cleared` for exactly these bytes, under the rule set in force, and a `Decision` make a permit.
//!
//! The job may run twice, and may die between any two steps: the site's write is keyed by item and content, and the
//! desk says `published` only after the site has the item. An item whose content no longer passes goes to
//! quarantine instead, whatever was decided about it.

use std::sync::Arc;

use serde_json::json;

use crate::blob::Blobs;
use crate::model::{Actor, Content, Decision, Draft, ItemId, Permit, PermitKey, Status, Timestamp};
use crate::screen::{Cleared, Screened, Screener};
use crate::store::{Change, Desk, ItemRow, Screening, Site};

use super::FlowError;
use super::intake::Evidence;
use super::job;

/// Where the publisher works.
#[derive(Clone)]
pub struct Publisher {
    /// What is not public.
    pub desk: Desk,
    /// The desk's files.
    pub desk_blobs: Blobs,
    /// What is public.
    pub site: Site,
    /// The site's files.
    pub site_blobs: Blobs,
    /// The gate.
    pub screener: Arc<Screener>,
    /// The desk's key.
    pub key: Arc<PermitKey>,
}

/// What became of a publishing job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Published {
    /// It is on the site under this `seq`.
    OnSite(i64),
    /// The gate no longer lets it pass.
    Held,
    /// It is not approved (any more); nothing was done.
    NotApproved,
}

/// Makes the permit. The one place where a key signs for content.
fn permit(
    key: &PermitKey,
    item: &ItemId,
    cleared: &Cleared,
    decision: &Decision,
    now: Timestamp,
) -> Result<Permit, FlowError> {
    if decision.content != cleared.hash() {
        return Err(FlowError::OtherContent(item.clone()));
    }
    Ok(key.sign(item.clone(), cleared.hash(), cleared.rule_set(), decision.clone(), now)?)
}

impl Publisher {
    /// Puts an approved item on the site.
    ///
    /// # Errors
    /// [`FlowError`]; the item stays approved and the job is tried again.
    pub async fn publish(&self, id: &ItemId) -> Result<Published, FlowError> {
        let Some(row) = self.desk.item(id).await? else { return Err(FlowError::Missing(format!("item {id}"))) };
        if row.status != Status::Approved {
            // A publisher that died between site and desk may have left it there before somebody decided otherwise.
            if row.on_site.is_none() && self.site.withdraw(id).await?.is_some() {
                let mut tx = self.desk.begin().await?;
                tx.enqueue(job::INDEX, "site", &json!({}), tx.now()).await?;
                tx.commit().await?;
            }
            return Ok(Published::NotApproved);
        }
        let Some(decision) = row.decision.clone() else { return Ok(Published::NotApproved) };
        let cleared = match screen_again(&self.desk_blobs, &self.screener, &row).await? {
            Screened::Cleared(cleared) => cleared,
            Screened::Held(held) => {
                self.hold(&row, held.verdict().clone()).await?;
                return Ok(Published::Held);
            }
        };
        for file in &cleared.content().attachments {
            for blob in std::iter::once(&file.blob).chain(&file.text) {
                if !self.site_blobs.contains(blob).await? {
                    self.site_blobs.put(self.desk_blobs.get(blob).await?).await?;
                }
            }
        }
        let permit = permit(&self.key, id, &cleared, &decision, self.desk.clock().now())?;
        let seq = self.site.publish(id, cleared.bytes(), &permit).await?;
        let mut tx = self.desk.begin().await?;
        if tx.rules_in_force().await? != Some(cleared.rule_set()) {
            // The rules moved between screening and here: off the site again, and the job runs under the new ones.
            drop(tx);
            self.site.withdraw(id).await?;
            return Err(FlowError::Refused(format!("the rules changed while item {id} was being published")));
        }
        let moved = tx.move_item(id, Status::Approved, row.version, &Change::Publish { seq }).await;
        if let Err(error) = moved {
            drop(tx);
            return self.settle_lost_race(id, error.into()).await;
        }
        let detail = json!({"seq": seq, "content": cleared.hash(), "rule_set": cleared.rule_set()});
        tx.audit(&Actor::System("publisher".into()), "item.publish", id.as_str(), &detail).await?;
        tx.enqueue(job::INDEX, "site", &json!({}), tx.now()).await?;
        tx.commit().await?;
        Ok(Published::OnSite(seq))
    }

    /// Somebody moved the item while it went to the site: unless another publisher did the same, it leaves again.
    async fn settle_lost_race(&self, id: &ItemId, error: FlowError) -> Result<Published, FlowError> {
        let now = self.desk.item(id).await?;
        match now.and_then(|row| row.on_site.filter(|_| row.status == Status::Published)) {
            Some((seq, _)) => Ok(Published::OnSite(seq)),
            None => {
                self.site.withdraw(id).await?;
                Err(error)
            }
        }
    }

    async fn hold(&self, row: &ItemRow, verdict: crate::model::Verdict) -> Result<(), FlowError> {
        let mut tx = self.desk.begin().await?;
        let detail = json!({"outcome": verdict.outcome, "rule_set": verdict.rule_set, "rules": rules_of(&verdict)});
        tx.rescreen_item(&row.id, row.status, row.version, &screening_of(row, verdict)).await?;
        tx.audit(&Actor::System("publisher".into()), "item.hold", row.id.as_str(), &detail).await?;
        if row.on_site.is_some() {
            let payload = json!({"reason": "the version that was to replace it was held by the gate"});
            tx.enqueue(job::WITHDRAW, row.id.as_str(), &payload, tx.now()).await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

/// Ids of the rules that found something, each once: what the audit may say of a verdict.
pub(super) fn rules_of(verdict: &crate::model::Verdict) -> Vec<&str> {
    let mut rules: Vec<&str> = verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// The row's content with a new verdict.
pub(super) fn screening_of(row: &ItemRow, verdict: crate::model::Verdict) -> Screening {
    Screening {
        content: row.content.clone(),
        verdict,
        segments: row.segments,
        raw: row.raw,
        text_hash: row.text_hash,
        duplicate_of: row.duplicate_of.clone(),
        flags: row.flags.clone(),
    }
}

/// Screens a stored item again, with everything that was read with it, under the rules in force.
///
/// # Errors
/// Where the evidence is missing or damaged: then it is not screened, and must not pass.
pub async fn screen_again(blobs: &Blobs, screener: &Arc<Screener>, row: &ItemRow) -> Result<Screened, FlowError> {
    let content: Content = serde_json::from_str(&row.content)?;
    let evidence: Evidence = match &row.segments {
        Some(blob) => serde_json::from_slice(&blobs.get(blob).await?)?,
        None => return Err(FlowError::Missing(format!("evidence of item {}", row.id))),
    };
    let draft =
        Draft { content, source: row.source.clone(), segments: evidence.segments, unreadable: evidence.unreadable };
    let screener = screener.clone();
    Ok(tokio::task::spawn_blocking(move || screener.screen(draft)).await?)
}
