//! Opening: an officer, the own password, a reason, and a record before a word is shown.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::package::Package;
use super::{about_key, about_package};
use crate::blob::Blobs;
use crate::flow::FlowError;
use crate::flow::officer_key::envelope::{self, KEY};
use crate::flow::officer_key::{KeyError, Unlocked};
use crate::model::{Actor, ItemId, PersonId, Status};
use crate::store::{Desk, ItemRow};

/// Longest reason, in characters.
pub const LONGEST_REASON: usize = 500;

/// An item that was opened; it lives as long as the request.
#[derive(Debug)]
pub struct Opened {
    /// Its row, without a word.
    pub row: ItemRow,
    /// Everything that was read of it.
    pub package: Package,
}

/// Opens an item. That it is opened is on record before it is, so that it stays so whatever fails after.
///
/// # Errors
/// [`FlowError::Refused`] without a reason; [`FlowError::Missing`] where it is not in quarantine or was destroyed;
/// [`KeyError::Unfitting`] where this officer's key has no access, or the file was changed.
pub async fn open(
    desk: &Desk,
    blobs: &Blobs,
    officer: &PersonId,
    key: &Unlocked,
    id: &ItemId,
    reason: &str,
) -> Result<Opened, FlowError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST_REASON {
        return Err(FlowError::Refused(format!("opening asks for a reason of 1 to {LONGEST_REASON} characters")));
    }
    let missing = || FlowError::Missing(format!("sealed item {id}"));
    let row = desk.item(id).await?.ok_or_else(missing)?;
    if !matches!(row.status, Status::Quarantined | Status::Dismissed) || desk.sealed(id).await?.is_none() {
        return Err(missing());
    }
    let mut tx = desk.begin().await?;
    let detail = json!({"reason": reason, "key": key.record().id, "content": row.content_hash});
    tx.audit(&Actor::Person(officer.clone()), "quarantine.open", id.as_str(), &detail).await?;
    tx.commit().await?;
    let package = package_of(desk, blobs, key, &row).await?;
    Ok(Opened { row, package })
}

/// Unseals; the record of it is the caller's.
pub(super) async fn package_of(
    desk: &Desk,
    blobs: &Blobs,
    key: &Unlocked,
    row: &ItemRow,
) -> Result<Package, FlowError> {
    let missing = || FlowError::Missing(format!("sealed item {}", row.id));
    let (blob, _) = desk.sealed(&row.id).await?.ok_or_else(missing)?;
    let name = &key.record().id;
    let Some(wrapped) = desk.wrapped_key(&row.id, name).await? else {
        return Err(FlowError::Refused(format!(
            "the key of this officer was never given access to item {}; another officer gives it: menhu quarantine grant",
            row.id
        )));
    };
    let wrapped = STANDARD.decode(wrapped).map_err(|_| KeyError::Unfitting)?;
    let data: [u8; KEY] = key.open(&about_key(&row.id, name), &wrapped)?.try_into().map_err(|_| KeyError::Unfitting)?;
    let (sealed, about) = (blobs.get(&blob).await?, about_package(&row.id, &row.content_hash));
    let plain = tokio::task::spawn_blocking(move || envelope::open(&data, about.as_bytes(), &sealed)).await??;
    Package::read(&plain)
}
