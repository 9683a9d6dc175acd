//! Granting: an officer gives another access to everything that the own key opens.
//!
//! A new officer opens only what was sealed since; so does one whose password was reset.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{about_key, wrap};
use crate::flow::FlowError;
use crate::flow::officer_key::{KeyError, OfficerKeys, Unlocked};
use crate::model::{Actor, ItemId, PermitVerifier, PersonId};
use crate::store::Desk;

/// Wraps the key of everything that `key` opens for `to` as well; returns for how many items.
///
/// # Errors
/// Where `to` is no active officer or the record of its key was not signed by the desk.
pub async fn grant(
    desk: &Desk,
    verifier: &PermitVerifier,
    by: &PersonId,
    key: &Unlocked,
    to: &PersonId,
) -> Result<u64, FlowError> {
    let rows = desk.active_officer_keys().await?;
    let row = rows.iter().find(|row| row.person.as_ref() == Some(to));
    let other = OfficerKeys::of_row(row.ok_or_else(|| KeyError::NoKey(to.clone()))?)?;
    if !other.is_signed(verifier) {
        return Err(KeyError::Forged(other.id).into());
    }
    let own = key.record().id.clone();
    let mut given = 0;
    let mut after: Option<ItemId> = None;
    loop {
        let rows = desk.lacking(&own, &other.id, after.as_ref(), 200).await?;
        let Some((last, _)) = rows.last() else { break };
        after = Some(last.clone());
        let mut tx = desk.begin().await?;
        for (id, wrapped) in &rows {
            let wrapped = STANDARD.decode(wrapped).map_err(|_| KeyError::Unfitting)?;
            let data = key.open(&about_key(id, &own), &wrapped)?;
            given += u64::from(tx.add_sealed_key(id, &other.id, &wrap(id, &other, &data)?).await?);
        }
        tx.commit().await?;
    }
    let mut tx = desk.begin().await?;
    let detail = json!({"to": to, "key": other.id, "items": given});
    tx.audit(&Actor::Person(by.clone()), "quarantine.grant", to.as_str(), &detail).await?;
    tx.commit().await?;
    Ok(given)
}
