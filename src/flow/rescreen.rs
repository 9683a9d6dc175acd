//! Screening again after a change of rules: no cursor, restartable, ends by itself.
//!
//! It works through the items whose last verdict names other rules than those in force, published ones first. What no
//! longer passes is taken off the site before its row goes to quarantine.

use serde_json::json;

use crate::model::{Actor, ItemId, Status};
use crate::screen::Screened;
use crate::store::{ItemBrief, ItemRow};

use super::publish::{Publisher, rules_of, screen_again, screening_of};
use super::withdraw::Withdrawal;
use super::{FlowError, job};

/// What a run found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rescreened {
    /// Items screened.
    pub screened: u64,
    /// Items that no longer pass.
    pub held: u64,
    /// Items that pass now and were in quarantine.
    pub freed: u64,
}

/// Screens everything that was screened under other rules than those in force.
///
/// # Errors
/// [`FlowError`]; the rest waits for the next run.
pub async fn rescreen(publisher: &Publisher, withdrawal: &Withdrawal) -> Result<Rescreened, FlowError> {
    let mut done = Rescreened::default();
    loop {
        let current = publisher.screener.current().id();
        let rows = publisher.desk.items_of_older_rules(&current, 100).await?;
        if rows.is_empty() {
            return Ok(done);
        }
        for brief in &rows {
            rescreen_brief(publisher, withdrawal, brief, &mut done).await?;
        }
    }
}

/// Screens one item again, whatever its rules.
///
/// # Errors
/// [`FlowError`].
pub async fn rescreen_one(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    id: &ItemId,
) -> Result<Rescreened, FlowError> {
    let mut done = Rescreened::default();
    let Some(row) = publisher.desk.item(id).await? else { return Err(FlowError::Missing(format!("item {id}"))) };
    rescreen_row(publisher, withdrawal, row, &mut done).await?;
    Ok(done)
}

async fn rescreen_brief(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    brief: &ItemBrief,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let Some(row) = publisher.desk.item(&brief.id).await? else { return Ok(()) };
    match rescreen_row(publisher, withdrawal, row, done).await {
        Err(error) if error.is_race() => Ok(()),
        other => other,
    }
}

async fn rescreen_row(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    row: ItemRow,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let actor = Actor::System("rescreen".into());
    done.screened += 1;
    match screen_again(&publisher.desk_blobs, &publisher.screener, &row).await? {
        Screened::Cleared(cleared) => {
            let mut tx = publisher.desk.begin().await?;
            if row.status == Status::Quarantined {
                tx.rescreen_item(&row.id, row.status, row.version, &screening_of(&row, cleared.verdict().clone()))
                    .await?;
                let detail = json!({"rule_set": cleared.rule_set()});
                tx.audit(&actor, "item.queue", row.id.as_str(), &detail).await?;
                done.freed += 1;
            } else {
                tx.reclear_item(&row.id, row.status, row.version, cleared.verdict()).await?;
            }
            tx.commit().await?;
        }
        Screened::Held(held) => {
            let verdict = held.verdict().clone();
            if row.on_site.is_some() {
                withdrawal.site.withdraw(&row.id).await?;
            }
            let mut tx = publisher.desk.begin().await?;
            let detail = json!({"outcome": verdict.outcome, "rule_set": verdict.rule_set, "rules": rules_of(&verdict), "was": row.status});
            let newly = row.status != Status::Quarantined;
            tx.rescreen_item(&row.id, row.status, row.version, &screening_of(&row, verdict)).await?;
            if row.on_site.is_some() {
                tx.note_off_site(&row.id).await?;
                tx.enqueue(job::INDEX, "site", &json!({}), tx.now()).await?;
            }
            if newly {
                tx.audit(&actor, "item.hold", row.id.as_str(), &detail).await?;
                done.held += 1;
            }
            tx.commit().await?;
        }
    }
    Ok(())
}
