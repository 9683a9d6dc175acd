//! 误报: the smallest exception that lets an item pass, proposed by an officer as a change of the rules. It is in force when
//! another officer approves it, and the item is screened again after that.

use serde_json::json;

use crate::flow::FlowError;
use crate::flow::officer_key::Unlocked;
use crate::flow::rule_edit::Edit;
use crate::flow::rules;
use crate::model::{Actor, ItemId, PermitVerifier};
use crate::store::Desk;

/// Longest phrase and example, in characters.
pub const LONGEST: usize = 500;

/// An exception of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Exception<'a> {
    /// The rule.
    pub rule: &'a str,
    /// The phrase with the hit in it.
    pub phrase: &'a str,
    /// A text that the rule must let pass from then on.
    pub negative: &'a str,
}

/// Signs and proposes it; returns the proposal's number.
///
/// # Errors
/// [`FlowError::Missing`] where the item is not in quarantine; [`FlowError::Refused`] on a text that is too long;
/// [`FlowError::Rules`] where the rule takes none (a marking) or the exception does not work.
pub async fn propose(
    desk: &Desk,
    verifier: &PermitVerifier,
    officer: &Unlocked,
    id: &ItemId,
    exception: Exception<'_>,
) -> Result<i64, FlowError> {
    let Exception { rule, phrase, negative } = exception;
    desk.held_under(id).await?.ok_or_else(|| FlowError::Missing(format!("quarantined item {id}")))?;
    if phrase.chars().count() > LONGEST || negative.chars().count() > LONGEST {
        return Err(FlowError::Refused(format!("a phrase and its example have at most {LONGEST} characters each")));
    }
    let person = rules::person_of(officer)?;
    let (phrase, negative) = (phrase.trim().to_owned(), negative.trim().to_owned());
    let edit = Edit::AddException { rule: rule.to_owned(), phrase, negative };
    let number = rules::propose_edits(desk, verifier, officer, &[edit], &format!("误报：信息 {id}")).await?;
    let mut tx = desk.begin().await?;
    let detail = json!({"rule": rule, "proposal": number});
    tx.audit(&Actor::Person(person), "quarantine.false", id.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(number)
}
