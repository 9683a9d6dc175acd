//! Publishing: a `Cleared` for exactly these bytes, under the rule set in force, and a `Decision` make a permit.
//!
//! The job may run twice, and may die between any two steps: the site's write is keyed by item and content, and the
//! desk says `published` only after the site has the item. An item whose content no longer passes goes to
//! quarantine instead, whatever was decided about it; and so does one whose page does not, for the markup that leaves
//! is made first and screened as well.

use std::sync::Arc;

use serde_json::json;

use crate::blob::{BlobError, Blobs};
use crate::model::{
    Actor, Content, Decision, Draft, Field, ItemId, Outcome, Permit, PermitKey, Segment, Status, Timestamp, Unreadable,
    Verdict,
};
use crate::screen::{Cleared, Screened, Screener};
use crate::store::{Change, Desk, ItemRow, Screening, Site};

use super::FlowError;
use super::intake::Evidence;
use super::job;
use super::quarantine::Sealer;

/// The place of what is found in the markup that leaves.
const PAGE: &str = "page";

/// Makes the markup of an item as the public will read it; the portal's, handed in, for it stands above.
pub type Render = Arc<dyn Fn(&ItemId, &Content, Timestamp) -> Result<String, String> + Send + Sync>;

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
    /// Seals what the gate holds.
    pub sealer: Sealer,
    /// The desk's key.
    pub key: Arc<PermitKey>,
    /// What leaves.
    pub render: Render,
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
        let now = self.desk.clock().now();
        let page = self.screen_page(&row, &cleared, now).await?;
        if page.outcome != Outcome::Pass {
            self.hold(&row, page).await?;
            return Ok(Published::Held);
        }
        for file in &cleared.content().attachments {
            for blob in std::iter::once(&file.blob).chain(&file.text) {
                if !self.site_blobs.contains(blob).await? {
                    self.site_blobs.put(self.desk_blobs.get(blob).await?).await?;
                }
            }
        }
        let permit = permit(&self.key, id, &cleared, &decision, now)?;
        let moved_on = || FlowError::Refused(format!("the rules changed while item {id} was being published"));
        let mut tx = self.desk.begin().await?;
        if tx.rules_in_force().await? != Some(cleared.rule_set()) {
            // The rules moved between screening and here: the job runs again under the new ones.
            return Err(moved_on());
        }
        // Within the desk's turn: nothing comes onto the site under rules that are in force no more, even if this is the
        // last that the process does.
        let seq = self.site.publish(id, cleared.bytes(), &permit).await?;
        if tx.rules_in_force().await? != Some(cleared.rule_set()) {
            // Only where the desk lets others write meanwhile (PostgreSQL).
            drop(tx);
            self.site.withdraw(id).await?;
            return Err(moved_on());
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

    /// Screens the markup that leaves.
    async fn screen_page(&self, row: &ItemRow, cleared: &Cleared, now: Timestamp) -> Result<Verdict, FlowError> {
        let text = (self.render)(&row.id, cleared.content(), now)
            .map_err(|reason| FlowError::Refused(format!("the page of item {} cannot be made: {reason}", row.id)))?;
        let page = Segment::new(Field::Body, PAGE, text);
        let (screener, content, source) = (self.screener.clone(), cleared.content().clone(), row.source.clone());
        let screen = move || screener.screen_page(&content, source.as_ref(), &page);
        let verdict = tokio::task::spawn_blocking(screen).await?;
        if verdict.rule_set == cleared.rule_set() {
            Ok(verdict)
        } else {
            Err(FlowError::Refused(format!("the rules changed while item {} was being published", row.id)))
        }
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

    async fn hold(&self, row: &ItemRow, verdict: Verdict) -> Result<(), FlowError> {
        if row.on_site.is_none() {
            // A publisher that died between site and desk may have left it there while it still passed.
            self.site.withdraw(&row.id).await?;
        }
        let sealed = self.sealer.seal_row(row, &verdict).await?;
        let mut tx = self.desk.begin().await?;
        let detail = json!({"outcome": verdict.outcome, "rule_set": verdict.rule_set, "rules": rules_of(&verdict)});
        let screening = Screening { sealed: Some(sealed), ..screening_of(row, verdict) };
        tx.rescreen_item(&row.id, row.status, row.version, &screening).await?;
        tx.enqueue(job::CLEAN, "all", &json!({}), tx.now()).await?;
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
pub(super) fn rules_of(verdict: &Verdict) -> Vec<&str> {
    let mut rules: Vec<&str> = verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

/// The row's content with a new verdict.
pub(super) fn screening_of(row: &ItemRow, verdict: Verdict) -> Screening {
    Screening {
        content: row.content.clone(),
        verdict,
        segments: row.segments,
        raw: row.raw,
        text_hash: row.text_hash,
        duplicate_of: row.duplicate_of.clone(),
        flags: row.flags.clone(),
        sealed: None,
    }
}

/// A stored item with everything that was read with it. Texts that are gone or damaged make it unreadable, so that it does
/// not pass: nobody can say any more what was in them.
///
/// # Errors
/// Where the content is not JSON, or a file cannot be read for a reason that may pass.
pub(super) async fn draft_of(blobs: &Blobs, row: &ItemRow) -> Result<Draft, FlowError> {
    let content: Content = serde_json::from_str(&row.content)?;
    let read = match &row.segments {
        None => Err("there are none on record".to_owned()),
        Some(blob) => match blobs.get(blob).await {
            Ok(bytes) => serde_json::from_slice::<Evidence>(&bytes).map_err(|error| error.to_string()),
            Err(error @ (BlobError::Missing(_) | BlobError::Damaged { .. })) => Err(error.to_string()),
            Err(error) => return Err(error.into()),
        },
    };
    let Evidence { segments, unreadable } = read.unwrap_or_else(|reason| Evidence {
        segments: Vec::new(),
        unreadable: vec![Unreadable { place: String::new(), reason: format!("the texts read with it: {reason}") }],
    });
    Ok(Draft { content, source: row.source.clone(), segments, unreadable })
}

/// Screens a stored item again, with everything that was read with it, under the rules in force.
///
/// # Errors
/// As for reading it: then it is not screened, and must not pass.
pub async fn screen_again(blobs: &Blobs, screener: &Arc<Screener>, row: &ItemRow) -> Result<Screened, FlowError> {
    let (draft, screener) = (draft_of(blobs, row).await?, screener.clone());
    Ok(tokio::task::spawn_blocking(move || screener.screen(draft)).await?)
}
