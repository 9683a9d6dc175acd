//! Decisions in the name of units: what a unit publishes on its own sub-site it has reviewed (二(二) of the 2008
//! notice), and where that review is on record for the source, a queued item of it is approved on that basis.
//!
//! Not covered, so a person decides: items that the gate has noted something about, items with the same text as
//! another, items that came back changed after a person took them off, and sources without a recorded review. Of items with the same text, the one that was published first at its
//! source (then the smaller id) is covered; the choice does not depend on the order of arrival.

use serde_json::json;

use crate::model::{Actor, Basis, Decision, ItemId, Source, Status};
use crate::store::{Change, Desk, ItemBrief, ItemRow, QueueFilter};

use super::{FlowError, job};

/// What a run decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Approved {
    /// Items approved in the name of their unit.
    pub approved: u64,
    /// Items left to a person because another has the same text.
    pub duplicates: u64,
}

/// Approves what recorded reviews of units cover.
///
/// # Errors
/// [`FlowError`]; what was decided stays decided.
pub async fn approve_covered(desk: &Desk) -> Result<Approved, FlowError> {
    let mut done = Approved::default();
    for source in desk.sources().await?.into_iter().filter(|source| source.enabled) {
        let filter =
            QueueFilter { status: Some(Status::Queued), source: Some(source.id.clone()), ..QueueFilter::default() };
        let mut offset = 0;
        loop {
            let page = desk.queue(&filter, offset, 100).await?;
            if page.rows.is_empty() {
                break;
            }
            for brief in &page.rows {
                match consider(desk, &source, brief).await {
                    Ok(Considered::Approved) => done.approved += 1,
                    Ok(Considered::Duplicate) => {
                        done.duplicates += 1;
                        offset += 1;
                    }
                    Ok(Considered::Left) => offset += 1,
                    Err(error) if error.is_race() => offset += 1,
                    Err(error) => return Err(error),
                }
            }
        }
    }
    Ok(done)
}

enum Considered {
    Approved,
    Duplicate,
    Left,
}

async fn consider(desk: &Desk, source: &Source, brief: &ItemBrief) -> Result<Considered, FlowError> {
    let Some(row) = desk.item(&brief.id).await? else { return Ok(Considered::Left) };
    if row.status != Status::Queued || row.version != brief.version {
        return Ok(Considered::Left);
    }
    if let Some(first) = first_with_same_text(desk, &row).await? {
        if row.duplicate_of.as_ref() != Some(&first) {
            let mut tx = desk.begin().await?;
            tx.put_flags(&row.id, &row.flags, Some(&first)).await?;
            let detail = json!({"same_text_as": first});
            tx.audit(&Actor::System("approver".into()), "item.duplicate", row.id.as_str(), &detail).await?;
            tx.commit().await?;
        }
        return Ok(Considered::Duplicate);
    }
    let is_clean = row.verdict.findings.is_empty() && row.flags.get("back_after").is_none();
    let (Some(review), true) = (&source.review, is_clean) else { return Ok(Considered::Left) };
    let mut tx = desk.begin().await?;
    let decision = Decision {
        basis: Basis::UnitReview {
            unit: row.unit.clone(),
            record: format!("{} {} {}", review.by, review.at.date(), review.record),
        },
        content: row.content_hash,
        at: tx.now(),
        note: String::new(),
    };
    let detail = json!({"content": row.content_hash, "basis": decision.basis});
    tx.move_item(&row.id, Status::Queued, row.version, &Change::Approve(decision)).await?;
    tx.audit(&Actor::System("approver".into()), "item.approve", row.id.as_str(), &detail).await?;
    tx.enqueue(job::PUBLISH, row.id.as_str(), &json!({}), tx.now()).await?;
    tx.commit().await?;
    Ok(Considered::Approved)
}

/// The item whose text came first, where that is not this one.
async fn first_with_same_text(desk: &Desk, row: &ItemRow) -> Result<Option<ItemId>, FlowError> {
    let Some(hash) = &row.text_hash else { return Ok(None) };
    let rank = |published: Option<crate::model::Timestamp>, id: &ItemId| (published.is_none(), published, id.clone());
    let own = rank(row.published, &row.id);
    let others = desk.same_text(hash, &row.id).await?;
    Ok(others
        .iter()
        .filter(|other| {
            !matches!(other.status, Status::Withdrawn | Status::Returned | Status::Dismissed | Status::Quarantined)
        })
        .filter(|other| other.status == Status::Published || rank(other.published, &other.id) < own)
        .min_by_key(|other| (other.status != Status::Published, rank(other.published, &other.id)))
        .map(|other| other.id.clone()))
}
