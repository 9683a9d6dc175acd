//! Proposing a change: edits or whole files, made from the set in force, tried, and signed by the officer who proposes.

use serde_json::json;

use super::{PERSON, in_force, load, lost_update, new_releases, open_proposal, person_of, persons_text, refuse, sizes};
use crate::flow::officer_key::Unlocked;
use crate::flow::quarantine::release;
use crate::flow::rule_edit::Edit;
use crate::flow::{FlowError, job, rule_diff};
use crate::model::{Actor, PermitVerifier, PersonId, RuleSetId, random_token};
use crate::screen::RuleSet;
use crate::store::{Desk, DeskTx, Signed, SignedProposal};

/// A change that an officer proposes.
#[derive(Clone, Copy, Debug)]
pub struct Proposal<'a> {
    /// The changed set.
    pub set: &'a RuleSet,
    /// The set in force that it was made from.
    pub base: RuleSetId,
    /// The edits that made it; none where it was made of files.
    pub edits: Option<&'a [Edit]>,
    /// Why, for the second officer.
    pub note: &'a str,
}

/// Proposes a change, signed with the officer's key; asks for its trial over everything published. Returns its number.
///
/// # Errors
/// [`FlowError::Refused`] where nothing changes, or where it was made from a set that is no longer in force.
pub async fn propose_signed(
    desk: &Desk,
    verifier: &PermitVerifier,
    officer: &Unlocked,
    proposal: Proposal<'_>,
) -> Result<i64, FlowError> {
    let Proposal { set, base, edits, note } = proposal;
    let person = person_of(officer)?;
    let now = in_force(desk, verifier).await?;
    if now.id() != base {
        return Err(lost_update(&base, &now.id()));
    }
    if now.id() == set.id() {
        return Err(FlowError::Refused("nothing is changed: this set is in force already".into()));
    }
    let releases = new_releases(&now, set);
    release::check(desk, officer, &releases).await?;
    let by = Actor::Person(person);
    let note = note.split_whitespace().collect::<Vec<_>>().join(" ");
    let changes = serde_json::to_string(&rule_diff::changes(&now, set))?;
    let (sizes, smaller) = (sizes(&now, set), rule_diff::is_smaller(&now, set));
    let text = persons_text(set.id(), base, &by.to_string(), sizes, smaller, &note);
    let signed = Signed { key: officer.record().id.clone(), signature: officer.sign(PERSON, &text) };
    let bundle = serde_json::to_string(set.bundle())?;
    let edits = edits.map(serde_json::to_string).transpose()?;
    let trial = new_token()?;
    let mut tx = desk.begin().await?;
    if tx.rules_in_force().await? != Some(base) {
        return Err(FlowError::Refused("another rule set came into force at this moment; look again".into()));
    }
    let number = tx.propose_rules(&set.id(), &bundle, &by, &note).await?;
    let bears = SignedProposal { base, edits: edits.as_deref(), changes: &changes, sizes, smaller, by: signed };
    tx.sign_proposal(number, &bears).await?;
    let detail = json!({"number": number, "base": base, "note": note, "smaller": smaller, "key": officer.record().id});
    tx.audit(&by, "rules.propose", &set.id().to_string(), &detail).await?;
    release::sign(&mut tx, officer, "quarantine.release-ask", &releases, &set.id(), number).await?;
    ask_trial(&mut tx, &trial, Some(number), None, &base, &by).await?;
    tx.commit().await?;
    Ok(number)
}

/// Proposes edits of the set in force.
///
/// # Errors
/// [`FlowError::Rules`] where an edit cannot be made or the result does not load; as [`propose_signed`].
pub async fn propose_edits(
    desk: &Desk,
    verifier: &PermitVerifier,
    officer: &Unlocked,
    edits: &[Edit],
    note: &str,
) -> Result<i64, FlowError> {
    let now = in_force(desk, verifier).await?;
    let set = edited(&now, edits).await?;
    propose_signed(desk, verifier, officer, Proposal { set: &set, base: now.id(), edits: Some(edits), note }).await
}

/// A set with edits made on it, one after another; loaded once.
///
/// # Errors
/// [`FlowError::Rules`].
pub async fn edited(set: &RuleSet, edits: &[Edit]) -> Result<RuleSet, FlowError> {
    let mut bundle = set.bundle().clone();
    for edit in edits {
        bundle = edit.change(&bundle)?;
    }
    load(bundle).await
}

/// Asks for a trial of edits of the set in force; returns its id.
///
/// # Errors
/// [`FlowError::Rules`] where an edit cannot be made or the result does not load.
pub async fn try_edits(
    desk: &Desk,
    verifier: &PermitVerifier,
    person: &PersonId,
    edits: &[Edit],
) -> Result<String, FlowError> {
    let now = in_force(desk, verifier).await?;
    edited(&now, edits).await?;
    let (trial, kept) = (new_token()?, serde_json::to_string(edits)?);
    let mut tx = desk.begin().await?;
    ask_trial(&mut tx, &trial, None, Some(&kept), &now.id(), &Actor::Person(person.clone())).await?;
    tx.commit().await?;
    Ok(trial)
}

async fn ask_trial(
    tx: &mut DeskTx,
    id: &str,
    proposal: Option<i64>,
    edits: Option<&str>,
    base: &RuleSetId,
    by: &Actor,
) -> Result<(), FlowError> {
    tx.add_rule_trial(id, proposal, edits, base, &by.to_string()).await?;
    tx.enqueue(job::TRIAL, id, &json!({}), tx.now()).await?;
    Ok(())
}

fn new_token() -> Result<String, FlowError> {
    random_token().map_err(|error| FlowError::Refused(format!("no random token: {error}")))
}

/// Makes the edits of a proposal again on the set in force, as a new proposal by this officer; the old one is closed.
///
/// # Errors
/// [`FlowError::Refused`] where it was made of files; [`FlowError::Rules`] where an edit no longer fits.
pub async fn rebase(desk: &Desk, verifier: &PermitVerifier, officer: &Unlocked, number: i64) -> Result<i64, FlowError> {
    let row = open_proposal(desk, number).await?;
    let Some(edits) = row.edits.as_deref() else {
        return Err(FlowError::Refused(format!(
            "proposal {number} was made of files: menhu rules export, make the change there, propose again"
        )));
    };
    let edits: Vec<Edit> = serde_json::from_str(edits)?;
    let new = propose_edits(desk, verifier, officer, &edits, &row.note).await?;
    refuse(desk, number, &Actor::Person(person_of(officer)?), &format!("已按现行规则重新提出，见第 {new} 号")).await?;
    Ok(new)
}
