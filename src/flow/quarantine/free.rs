//! Screening again what is sealed: an officer opens it in memory, the gate decides under the rules in force, and what passes
//! goes on to the queue in plain. What does not is sealed anew under the new verdict.

use serde_json::json;

use super::Sealer;
use super::open::package_of;
use super::package::Package;
use crate::flow::intake::Evidence;
use crate::flow::kept_text::pack;
use crate::flow::officer_key::{KeyError, Unlocked};
use crate::flow::publish::rules_of;
use crate::flow::{FlowError, job};
use crate::model::{Actor, Draft, ItemId, PersonId, Status};
use crate::screen::{Screened, Screener};
use crate::store::{ItemRow, Screening};

use std::sync::Arc;

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Freed {
    /// Items screened.
    pub screened: u64,
    /// Items that pass now and are in the queue.
    pub freed: u64,
}

/// Screens one item again.
///
/// # Errors
/// [`FlowError::Missing`] where it is not in quarantine; [`FlowError::Refused`] where the rules move meanwhile.
pub async fn free_one(
    sealer: &Sealer,
    screener: &Arc<Screener>,
    officer: &PersonId,
    key: &Unlocked,
    id: &ItemId,
) -> Result<Freed, FlowError> {
    let row = sealer.desk.item(id).await?.filter(|row| row.status == Status::Quarantined);
    let row = row.ok_or_else(|| FlowError::Missing(format!("quarantined item {id}")))?;
    let actor = Actor::Person(officer.clone());
    let mut tx = sealer.desk.begin().await?;
    let detail = json!({"key": key.record().id, "rule_set": screener.current().id()});
    tx.audit(&actor, "quarantine.rescreen", id.as_str(), &detail).await?;
    tx.commit().await?;
    let package = package_of(&sealer.desk, &sealer.blobs, key, &row).await?;
    let draft = draft_of(&package, &row)?;
    let gate = screener.clone();
    let screened = tokio::task::spawn_blocking(move || gate.screen(draft)).await?;
    let freed = put(sealer, &actor, &row, package, screened).await?;
    Ok(Freed { screened: 1, freed: u64::from(freed) })
}

/// What is screened of an opened item: everything that was read of it.
pub(super) fn draft_of(package: &Package, row: &ItemRow) -> Result<Draft, FlowError> {
    Ok(Draft {
        content: package.fields()?,
        source: row.source.clone(),
        segments: package.evidence.segments.clone(),
        unreadable: package.evidence.unreadable.clone(),
    })
}

async fn put(
    sealer: &Sealer,
    actor: &Actor,
    row: &ItemRow,
    package: Package,
    screened: Screened,
) -> Result<bool, FlowError> {
    let mut screening = Screening {
        content: package.content.clone(),
        verdict: package.verdict.clone(),
        segments: None,
        raw: None,
        text_hash: row.text_hash,
        duplicate_of: row.duplicate_of.clone(),
        flags: row.flags.clone(),
        sealed: None,
    };
    let mut kept_text = None;
    let freed = match screened {
        Screened::Cleared(cleared) => {
            let Evidence { segments, unreadable } = package.evidence.clone();
            let draft = Draft { content: cleared.content().clone(), source: row.source.clone(), segments, unreadable };
            kept_text = pack(&draft);
            screening.verdict = cleared.verdict().clone();
            screening.segments = Some(sealer.blobs.put(serde_json::to_vec(&package.evidence)?).await?);
            screening.raw = package.raw;
            for (_, bytes) in package.files {
                sealer.blobs.put(bytes).await?;
            }
            true
        }
        Screened::Held(held) => {
            screening.verdict = held.verdict().clone();
            let again = Package { verdict: held.verdict().clone(), ..package };
            screening.sealed = Some(sealer.seal(&row.id, &again).await?);
            false
        }
    };
    let mut tx = sealer.desk.begin().await?;
    if tx.rules_in_force().await? != Some(screening.verdict.rule_set) {
        return Err(FlowError::Refused("the rules changed meanwhile; ask again in a moment".into()));
    }
    tx.rescreen_item(&row.id, row.status, row.version, &screening).await?;
    if let Some(text) = kept_text {
        tx.keep_text(&row.id, &text).await?;
    }
    let detail = json!({"rule_set": screening.verdict.rule_set, "outcome": screening.verdict.outcome, "rules": rules_of(&screening.verdict)});
    tx.audit(actor, if freed { "item.queue" } else { "item.hold" }, row.id.as_str(), &detail).await?;
    tx.enqueue(job::CLEAN, "all", &json!({}), tx.now()).await?;
    tx.enqueue(job::APPROVE, "all", &json!({}), tx.now()).await?;
    tx.commit().await?;
    Ok(freed)
}

/// Screens everything again that this officer's key opens and that was held under other rules than those in force, at most
/// `most` items.
///
/// # Errors
/// As [`free_one`]; what was done stays done.
pub async fn free_all(
    sealer: &Sealer,
    screener: &Arc<Screener>,
    officer: &PersonId,
    key: &Unlocked,
    most: u64,
) -> Result<Freed, FlowError> {
    let mut done = Freed::default();
    let mut after: Option<ItemId> = None;
    loop {
        let rows = sealer.desk.opened_by(&key.record().id, after.as_ref(), 100).await?;
        let Some((last, _)) = rows.last() else { return Ok(done) };
        after = Some(last.clone());
        for (id, _) in &rows {
            if done.screened >= most {
                return Ok(done);
            }
            let now = screener.current().id();
            if sealer.desk.held_under(id).await?.is_none_or(|rules| rules == now) {
                continue;
            }
            match free_one(sealer, screener, officer, key, id).await {
                Ok(one) => {
                    done.screened += one.screened;
                    done.freed += one.freed;
                }
                Err(error) if error.is_race() => {}
                Err(FlowError::Missing(_) | FlowError::Key(KeyError::Unfitting)) => {}
                Err(error) => return Err(error),
            }
        }
    }
}
