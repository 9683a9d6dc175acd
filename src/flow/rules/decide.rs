//! Deciding about a proposal: a second officer signs it and it comes into force, or it is closed with a reason.

use serde_json::json;

use super::{
    PERSON, WITH_PERSONS, in_force, load_row, lost_update, new_releases, person_of, person_signed, persons_text_of,
};
use super::{signed_with_persons, sizes};
use crate::flow::officer_key::{DeskKeys, Unlocked};
use crate::flow::quarantine::release;
use crate::flow::rule_edit::Edit;
use crate::flow::{FlowError, job, rule_diff};
use crate::model::{Actor, RuleSetId};
use crate::store::{Desk, RuleEvent, RuleSetRow, RuleSetState, Signed};

/// Puts a proposal in force, signed by a second officer and by the desk, and asks for everything to be screened again.
/// `smaller` says that this officer knows that a fifth or more of what stops something would be gone.
///
/// # Errors
/// [`FlowError::Refused`] where the same person proposed it, it is not open any more, is not signed or wrongly, was made
/// from another set than the one in force, shrinks without a word about it, or does not load. The old set stays.
pub async fn approve_signed(
    desk: &Desk,
    keys: &DeskKeys,
    officer: &Unlocked,
    number: i64,
    smaller: bool,
) -> Result<RuleSetId, FlowError> {
    let person = person_of(officer)?;
    let by = Actor::Person(person);
    let row = open_proposal(desk, number).await?;
    let refused = |why: &str| Err(FlowError::Refused(format!("proposal {number} {why}")));
    if row.proposed_by == by.to_string() {
        return refused("was made by the same person: another officer must approve it");
    }
    let (Some(proposer), Some(text), Some(base)) = (&row.proposer, persons_text_of(&row), row.base) else {
        return refused("bears no officer's signature; it cannot come into force");
    };
    if !person_signed(desk, &keys.verifier, &row.proposed_by, proposer, &text).await? {
        return refused("bears a signature that does not hold: it was changed after it was signed; refuse it");
    }
    let now = in_force(desk, &keys.verifier).await?;
    if now.id() != base {
        return Err(lost_update(&base, &now.id()));
    }
    let set = load_row(&row).await?;
    let is_smaller = rule_diff::is_smaller(&now, &set);
    if is_smaller != row.smaller || Some(sizes(&now, &set)) != row.sizes {
        return refused("says other sizes than it has; refuse it");
    }
    if is_smaller && !smaller {
        return refused(
            "would take away a fifth or more of what is stopped now; confirm that this is meant, in so many words",
        );
    }
    let releases = new_releases(&now, &set);
    release::check(desk, officer, &releases).await?;
    let approver = Signed { key: officer.record().id.clone(), signature: officer.sign(PERSON, &text) };
    let whole = signed_with_persons(&text, proposer, &by.to_string(), &approver, &row.bundle);
    let signature = keys.permit.sign_text(WITH_PERSONS, &whole);
    let mut tx = desk.begin().await?;
    if tx.rules_in_force().await? != Some(base) {
        return refused("was overtaken by another at this moment; look again");
    }
    tx.approve_rules(number, &by, &signature).await?;
    tx.sign_approval(number, &approver).await?;
    let detail = json!({"number": number, "proposed_by": row.proposed_by, "smaller": is_smaller, "key": approver.key});
    tx.audit(&by, "rules.approve", &row.id.to_string(), &detail).await?;
    release::sign(&mut tx, officer, "quarantine.release", &releases, &row.id, number).await?;
    let excused = excused_rules(&row)?;
    tx.count_rules(&excused.iter().map(String::as_str).collect::<Vec<_>>(), RuleEvent::FalseHit).await?;
    tx.enqueue(job::RESCREEN, "all", &json!({"rule_set": row.id, "proposal": number}), tx.now()).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// The rules that a proposal gives an exception, or whose hit it releases: each is a hit that two officers agree was none.
fn excused_rules(row: &RuleSetRow) -> Result<Vec<String>, FlowError> {
    let edits: Vec<Edit> = row.edits.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    let excused = |edit: Edit| match edit {
        Edit::AddException { rule, .. } => vec![rule],
        Edit::Release(release) => release.rules,
        _ => Vec::new(),
    };
    Ok(edits.into_iter().flat_map(excused).collect())
}

/// A proposal that waits for a second officer.
///
/// # Errors
/// [`FlowError::Missing`]; [`FlowError::Refused`] where it was decided.
pub async fn open_proposal(desk: &Desk, number: i64) -> Result<RuleSetRow, FlowError> {
    let Some(row) = desk.rule_set(number).await? else {
        return Err(FlowError::Missing(format!("proposal {number}; menhu rules history lists them")));
    };
    if row.state == RuleSetState::Proposed {
        return Ok(row);
    }
    Err(FlowError::Refused(format!("proposal {number} is {} already", row.state.word())))
}

/// Closes a proposal with a reason; its proposer may take it back so.
///
/// # Errors
/// [`FlowError::Refused`] where it was decided already, or there is no reason.
pub async fn refuse(desk: &Desk, number: i64, by: &Actor, reason: &str) -> Result<(), FlowError> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(FlowError::Refused("a refusal needs a reason".into()));
    }
    let row = open_proposal(desk, number).await?;
    let mut tx = desk.begin().await?;
    tx.refuse_rules(number, by, reason).await?;
    tx.audit(by, "rules.refuse", &row.id.to_string(), &json!({"number": number, "reason": reason})).await?;
    Ok(tx.commit().await?)
}
