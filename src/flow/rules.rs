//! Rule sets: proposed by one person, approved by another, signed by the desk, in force for everybody.
//!
//! The daemon uses the stored, signed text alone. Signed text: the line `menhu-rules-1`, then proposer, approver and
//! bundle, a line each. A set whose signature does not hold, or that no longer loads, is not used, and without one in
//! force nothing passes.

use std::sync::Arc;

use serde_json::json;

use crate::model::{Actor, PermitKey, PermitVerifier, RuleSetId};
use crate::screen::{RuleBundle, RuleSet, Screener};
use crate::store::{Desk, RuleSetRow};

use super::{FlowError, job};

const DOMAIN: &str = "menhu-rules-1";

fn signed_text(proposed_by: &str, approved_by: &str, bundle: &str) -> String {
    format!("{proposed_by}\n{approved_by}\n{bundle}")
}

/// Loads the set in force, after its signature.
///
/// # Errors
/// Where there is none, the signature does not hold, or the text does not load: then nothing may pass.
pub async fn in_force(desk: &Desk, verifier: &PermitVerifier) -> Result<RuleSet, FlowError> {
    let Some(row) = desk.rules_in_force().await? else {
        return Err(FlowError::Refused(
            "no rule set is in force; menhu init, or menhu rules propose and approve".into(),
        ));
    };
    verify(&row, verifier)?;
    let bundle: RuleBundle = serde_json::from_str(&row.bundle)?;
    let set = RuleSet::from_bundle(&bundle)
        .map_err(|errors| FlowError::Refused(format!("the rule set in force does not load: {errors}")))?;
    if set.id() != row.id {
        return Err(FlowError::Refused(format!("rule set {} in force has the text of {}", row.id, set.id())));
    }
    Ok(set)
}

fn verify(row: &RuleSetRow, verifier: &PermitVerifier) -> Result<(), FlowError> {
    let holds = match (&row.signature, &row.decided_by) {
        (Some(signature), Some(approver)) => {
            verifier.verify_text(DOMAIN, &signed_text(&row.proposed_by, approver, &row.bundle), signature)
        }
        _ => false,
    };
    if holds {
        Ok(())
    } else {
        Err(FlowError::Refused(format!(
            "the signature of rule set {} does not hold: it was changed behind the desk's back; restore it from the backup",
            row.id
        )))
    }
}

/// Proposes a set that loads; returns the number of the proposal.
///
/// # Errors
/// [`FlowError`].
pub async fn propose(desk: &Desk, set: &RuleSet, by: &Actor, note: &str) -> Result<i64, FlowError> {
    let bundle = serde_json::to_string(set.bundle())?;
    let mut tx = desk.begin().await?;
    let number = tx.propose_rules(&set.id(), &bundle, by, note).await?;
    tx.audit(by, "rules.propose", &set.id().to_string(), &json!({"number": number, "note": note})).await?;
    tx.commit().await?;
    Ok(number)
}

/// Puts a proposal in force, signed, and asks for everything to be screened again.
///
/// # Errors
/// Where the same person proposed it, it is not open any more, or its text does not load here.
pub async fn approve(desk: &Desk, number: i64, by: &Actor, key: &PermitKey) -> Result<RuleSetId, FlowError> {
    let Some(row) = desk.rule_set(number).await? else {
        return Err(FlowError::Missing(format!("proposal {number}; menhu rules history lists them")));
    };
    let bundle: RuleBundle = serde_json::from_str(&row.bundle)?;
    RuleSet::from_bundle(&bundle)
        .map_err(|errors| FlowError::Refused(format!("proposal {number} does not load: {errors}")))?;
    let signature = key.sign_text(DOMAIN, &signed_text(&row.proposed_by, &by.to_string(), &row.bundle));
    let mut tx = desk.begin().await?;
    tx.approve_rules(number, by, &signature).await?;
    tx.audit(by, "rules.approve", &row.id.to_string(), &json!({"number": number, "proposed_by": row.proposed_by}))
        .await?;
    tx.enqueue(job::RESCREEN, "all", &json!({"rule_set": row.id}), tx.now()).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// Takes the set in force where it is not the one that the gate has; returns whether it changed.
///
/// # Errors
/// [`FlowError`]; the gate keeps the set that it has, and a transaction of the desk refuses to queue under it.
pub async fn refresh(desk: &Desk, verifier: &PermitVerifier, screener: &Arc<Screener>) -> Result<bool, FlowError> {
    let Some(row) = desk.rules_in_force().await? else { return Err(FlowError::Missing("rule set in force".into())) };
    if row.id == screener.current().id() {
        return Ok(false);
    }
    let set = in_force(desk, verifier).await?;
    tracing::info!(rule_set = %set.id(), "another rule set is in force");
    screener.swap(set);
    Ok(true)
}
