//! Rule sets: proposed by one person, approved by another, signed by both and by the desk, in force for everybody.
//!
//! The daemon uses the stored, signed text alone. What persons sign (each with the key that only the own password
//! unlocks): the set, the set in force that it was made from, the proposer, the sizes of both, the word `smaller` where a
//! fifth or more of what stops something would be gone, and the note. The desk signs that, both signatures and the whole
//! text. A set that came with the program bears the desk's signature alone, and is good only as long as no set by persons
//! was ever in force. A set whose signatures do not hold, or that no longer loads, is not used, and without one in force
//! nothing passes.

mod decide;
mod propose;

use std::sync::Arc;

use serde_json::json;

pub use self::decide::{approve_signed, open_proposal, refuse};
pub use self::propose::{Proposal, edited, propose_edits, propose_signed, rebase, try_edits};
use super::officer_key::{self, OfficerKeys, Unlocked};
use super::rule_diff::{self, RuleChange};
use super::{FlowError, job};
use crate::model::{Actor, PermitKey, PermitVerifier, PersonId, RuleSetId};
use crate::screen::{Release, RuleBundle, RuleError, RuleSet, Screener};
use crate::store::{Desk, RuleSetRow, Signed};

/// The desk's signature alone.
const ALONE: &str = "menhu-rules-1";
/// The desk's signature over what persons signed.
const WITH_PERSONS: &str = "menhu-rules-2";
/// A person's signature.
const PERSON: &str = "menhu-rules-person-1";

fn signed_alone(proposed_by: &str, approved_by: &str, bundle: &str) -> String {
    format!("{proposed_by}\n{approved_by}\n{bundle}")
}

/// What proposer and approver sign, both the same.
fn persons_text(set: RuleSetId, base: RuleSetId, by: &str, sizes: (i64, i64), smaller: bool, note: &str) -> String {
    let smaller = if smaller { "smaller" } else { "-" };
    format!("set {set}\nbase {base}\nby {by}\nsizes {} {}\n{smaller}\nnote {note}", sizes.0, sizes.1)
}

fn persons_text_of(row: &RuleSetRow) -> Option<String> {
    let (base, sizes) = (row.base?, row.sizes?);
    Some(persons_text(row.id, base, &row.proposed_by, sizes, row.smaller, &row.note))
}

fn signed_with_persons(text: &str, proposer: &Signed, approved_by: &str, approver: &Signed, bundle: &str) -> String {
    let line = |by: &Signed| format!("{} {}", by.key, by.signature);
    format!("{text}\n{}\n{approved_by} {}\n{bundle}", line(proposer), line(approver))
}

/// Loads the set in force, after its signatures.
///
/// # Errors
/// Where there is none, a signature does not hold, the text does not load, or an older set with good signatures was put
/// back: then nothing may pass.
pub async fn in_force(desk: &Desk, verifier: &PermitVerifier) -> Result<RuleSet, FlowError> {
    let row = row_in_force(desk).await?;
    verify(desk, &row, verifier).await?;
    load_row(&row).await
}

/// The row of the set in force, which must be the one that was approved last by the audit. Where the two differ they are
/// read once more: a set may have come into force between the two looks.
async fn row_in_force(desk: &Desk) -> Result<RuleSetRow, FlowError> {
    let mut tries = 0;
    loop {
        let approved = desk.last_approved_rules().await?;
        let Some(row) = desk.rules_in_force().await? else {
            return Err(FlowError::Refused(
                "no rule set is in force; menhu init, or menhu rules propose and approve".into(),
            ));
        };
        if approved == Some(row.id) {
            return Ok(row);
        }
        tries += 1;
        if tries == 3 {
            return Err(FlowError::Refused(format!(
                "rule set {} is in force, but by the audit another was approved last: an older set was put back behind the \
                 desk's back; restore the desk from the backup",
                row.id
            )));
        }
    }
}

/// The set of a row, compiled away from the async threads. What is wrong with its text is named by place alone: this error
/// may be logged, and words of the rules may not.
pub(super) async fn load_row(row: &RuleSetRow) -> Result<RuleSet, FlowError> {
    let bundle: RuleBundle = serde_json::from_str(&row.bundle)?;
    let set = match load(bundle).await {
        Ok(set) => set,
        Err(FlowError::Rules(errors)) => {
            let place = |error: &RuleError| {
                let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
                let cell = error.cell.as_ref().map(|cell| format!(" [{cell}]")).unwrap_or_default();
                format!("{}{line}{cell}", error.file)
            };
            let places: Vec<String> = errors.0.iter().take(5).map(place).collect();
            let (number, places) = (row.number, places.join(", "));
            return Err(FlowError::Refused(format!(
                "rule set {number} does not load, see {places}; menhu rules check"
            )));
        }
        Err(error) => return Err(error),
    };
    if set.id() != row.id {
        return Err(FlowError::Refused(format!("rule set {} has the text of {}", row.id, set.id())));
    }
    Ok(set)
}

/// Compiles a set away from the async threads.
///
/// # Errors
/// [`FlowError::Rules`] with everything that is wrong.
pub async fn load(bundle: RuleBundle) -> Result<RuleSet, FlowError> {
    Ok(tokio::task::spawn_blocking(move || RuleSet::from_bundle(&bundle)).await??)
}

async fn verify(desk: &Desk, row: &RuleSetRow, verifier: &PermitVerifier) -> Result<(), FlowError> {
    let holds = match (&row.signature, &row.decided_by, &row.proposer, &row.approver) {
        (Some(signature), Some(approved_by), Some(proposer), Some(approver)) => {
            let Some(text) = persons_text_of(row) else { return Err(broken(row)) };
            let whole = signed_with_persons(&text, proposer, approved_by, approver, &row.bundle);
            row.proposed_by != *approved_by
                && verifier.verify_text(WITH_PERSONS, &whole, signature)
                && person_signed(desk, verifier, &row.proposed_by, proposer, &text).await?
                && person_signed(desk, verifier, approved_by, approver, &text).await?
        }
        (Some(signature), Some(approved_by), None, None) => {
            if desk.rule_sets_of_persons().await? > 0 {
                return Err(FlowError::Refused(format!(
                    "rule set {} bears no officers' signatures, and sets by officers were in force before it: it was \
                     put there behind the desk's back; restore it from the backup",
                    row.id
                )));
            }
            verifier.verify_text(ALONE, &signed_alone(&row.proposed_by, approved_by, &row.bundle), signature)
        }
        _ => false,
    };
    if holds { Ok(()) } else { Err(broken(row)) }
}

fn broken(row: &RuleSetRow) -> FlowError {
    FlowError::Refused(format!(
        "the signature of rule set {} does not hold: it was changed behind the desk's back; restore it from the backup",
        row.id
    ))
}

/// Whether a key that this person has or had, on record by the desk, made this signature.
async fn person_signed(
    desk: &Desk,
    verifier: &PermitVerifier,
    actor: &str,
    by: &Signed,
    text: &str,
) -> Result<bool, FlowError> {
    let Some(person) = actor.strip_prefix("person:").and_then(|person| PersonId::new(person).ok()) else {
        return Ok(false);
    };
    let records: Vec<OfficerKeys> = officer_key::records_of(desk, &person).await?;
    let own = records.iter().find(|record| record.id == by.key && record.person.as_ref() == Some(&person));
    Ok(own.is_some_and(|own| own.is_signed(verifier) && officer_key::verify(own, PERSON, text, &by.signature)))
}

pub(super) fn person_of(officer: &Unlocked) -> Result<PersonId, FlowError> {
    officer.record().person.clone().ok_or_else(|| FlowError::Refused("this key belongs to no person".into()))
}

/// The releases that a set has and the one before it has not.
fn new_releases<'a>(old: &RuleSet, new: &'a RuleSet) -> Vec<&'a Release> {
    new.releases().iter().filter(|release| !old.releases().contains(release)).collect()
}

fn sizes(old: &RuleSet, new: &RuleSet) -> (i64, i64) {
    let size = |set| i64::try_from(rule_diff::strength(set).1).unwrap_or(i64::MAX);
    (size(old), size(new))
}

fn lost_update(base: &RuleSetId, now: &RuleSetId) -> FlowError {
    let short = |id: &RuleSetId| id.to_string().chars().take(12).collect::<String>();
    FlowError::Refused(format!(
        "it was made from rule set {}, but {} is in force now: what was changed meanwhile would be lost; make the change \
         again on the set in force (on the desk: 按现行规则重新提出; with files: menhu rules export, then change those)",
        short(base),
        short(now)
    ))
}

/// What a proposal changes against the set that it was made from, worked out from the two texts and not from what was
/// noted.
///
/// # Errors
/// [`FlowError`] where either text is missing or does not load.
pub async fn changes_of(desk: &Desk, row: &RuleSetRow) -> Result<Vec<RuleChange>, FlowError> {
    let set = load_row(row).await?;
    let Some(base) = row.base else { return Ok(Vec::new()) };
    let Some(base) = desk.rule_set_named(&base).await? else {
        return Err(FlowError::Missing(format!("rule set {base}")));
    };
    Ok(rule_diff::changes(&load_row(&base).await?, &set))
}

/// Proposes a set that comes with the program; returns the number of the proposal.
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

/// Puts a set that comes with the program in force, signed by the desk alone, and asks for everything to be screened
/// again.
///
/// # Errors
/// Where a set by persons was ever in force, the same person proposed it, it is not open any more, or does not load.
pub async fn approve(desk: &Desk, number: i64, by: &Actor, key: &PermitKey) -> Result<RuleSetId, FlowError> {
    let row = open_proposal(desk, number).await?;
    if !load_row(&row).await?.releases().is_empty() {
        return Err(FlowError::Refused("a set that releases items needs the signatures of two officers".into()));
    }
    let signature = key.sign_text(ALONE, &signed_alone(&row.proposed_by, &by.to_string(), &row.bundle));
    let mut tx = desk.begin().await?;
    if tx.rule_sets_of_persons().await? > 0 {
        return Err(FlowError::Refused(
            "officers' own sets were in force: from then on a set needs the signatures of two officers".into(),
        ));
    }
    tx.approve_rules(number, by, &signature).await?;
    tx.audit(by, "rules.approve", &row.id.to_string(), &json!({"number": number, "proposed_by": row.proposed_by}))
        .await?;
    tx.enqueue(job::RESCREEN, "all", &json!({"rule_set": row.id}), tx.now()).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// Takes the set in force where it is not the one that the gate has; returns whether it changed. Asks for a name alone
/// where nothing changed, so it may be called several times a second.
///
/// # Errors
/// [`FlowError`]; the gate keeps the set that it has, and a transaction of the desk refuses to queue under it.
pub async fn refresh(desk: &Desk, verifier: &PermitVerifier, screener: &Arc<Screener>) -> Result<bool, FlowError> {
    let Some(id) = desk.rules_id_in_force().await? else { return Err(FlowError::Missing("rule set in force".into())) };
    if id == screener.current().id() {
        return Ok(false);
    }
    let set = in_force(desk, verifier).await?;
    tracing::info!(rule_set = %set.id(), "another rule set is in force");
    screener.swap(set);
    Ok(true)
}
