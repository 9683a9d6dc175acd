//! The escrow key: what the quarantine is sealed to while an installation has no security officer.
//!
//! Its seed lies in the keys folder, so until an officer is there the host can open the quarantine, and `doctor` says
//! so. The first officer's key takes everything over; then the file is overwritten and removed, and the key retired. Every step may be
//! repeated after a crash.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{about_key, wrap};
use crate::flow::FlowError;
use crate::flow::officer_key::envelope::KEY;
use crate::flow::officer_key::{self, DeskKeys, KeyError, OfficerKeys, Unlocked};
use crate::model::Actor;
use crate::store::Desk;

/// The file, in the keys folder.
pub const FILE: &str = "quarantine-escrow.key";

fn file(keys: &DeskKeys) -> PathBuf {
    keys.folder.join(FILE)
}

/// Makes the escrow key where no officer and no escrow is there, and lets the officers take over where both are.
///
/// # Errors
/// [`FlowError`]; the same call goes on with it.
pub async fn settle(desk: &Desk, keys: &DeskKeys) -> Result<(), FlowError> {
    let officers = desk.active_officer_keys().await?.iter().any(|row| signed(row, keys));
    match (officers, desk.escrow_key().await?) {
        (false, None) => make(desk, keys).await,
        (true, Some(row)) => take_over(desk, keys, &OfficerKeys::of_row(&row)?).await,
        (true, None) => destroy(&file(keys)),
        (false, Some(_)) => Ok(()),
    }
}

fn signed(row: &crate::store::OfficerKeyRow, keys: &DeskKeys) -> bool {
    OfficerKeys::of_row(row).is_ok_and(|key| key.is_signed(&keys.verifier))
}

async fn make(desk: &Desk, keys: &DeskKeys) -> Result<(), FlowError> {
    let (row, seed) = officer_key::make_escrow(&keys.permit, desk.clock().now())?;
    write(&file(keys), &seed)?;
    let mut tx = desk.begin().await?;
    if desk.escrow_key().await?.is_some() {
        // Another process was faster, and its seed lies in the file or is about to.
        return Err(FlowError::Refused("another process makes the escrow key; start again".into()));
    }
    tx.put_officer_key(&row).await?;
    let detail = json!({"key": row.id, "seal": row.seal_key});
    tx.audit(&Actor::System("desk".into()), "key.escrow", "escrow", &detail).await?;
    Ok(tx.commit().await?)
}

/// Wraps everything for the officers, and destroys the escrow.
async fn take_over(desk: &Desk, keys: &DeskKeys, escrow: &OfficerKeys) -> Result<(), FlowError> {
    let path = file(keys);
    let officers: Vec<OfficerKeys> = desk
        .active_officer_keys()
        .await?
        .iter()
        .filter(|row| signed(row, keys))
        .map(OfficerKeys::of_row)
        .collect::<Result<_, _>>()?;
    let mut key = None;
    let mut moved = 0u64;
    loop {
        let rows = desk.opened_by(&escrow.id, None, 100).await?;
        if rows.is_empty() {
            let mut tx = desk.begin().await?;
            // Sealed to it between the look and here: once more.
            if tx.count_opened_by(&escrow.id).await? > 0 {
                continue;
            }
            tx.retire_escrow_key().await?;
            let detail = json!({"key": escrow.id, "items": moved});
            tx.audit(&Actor::System("desk".into()), "key.escrow-gone", "escrow", &detail).await?;
            tx.commit().await?;
            return destroy(&path);
        }
        let opener = match &key {
            Some(opener) => opener,
            None => key.insert(Unlocked::of_escrow(escrow.clone(), &read(&path)?)?),
        };
        let mut tx = desk.begin().await?;
        for (id, wrapped) in &rows {
            let sealed = STANDARD.decode(wrapped).map_err(|_| KeyError::Unfitting)?;
            let data = opener.open(&about_key(id, &escrow.id), &sealed)?;
            for officer in &officers {
                tx.add_sealed_key(id, &officer.id, &wrap(id, officer, &data)?).await?;
            }
            tx.drop_sealed_key(id, &escrow.id).await?;
            moved += 1;
        }
        tx.commit().await?;
    }
}

fn write(path: &Path, seed: &[u8; KEY]) -> Result<(), KeyError> {
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(seed)?;
    Ok(file.sync_all()?)
}

fn read(path: &Path) -> Result<[u8; KEY], KeyError> {
    std::fs::read(path)?.try_into().map_err(|_| KeyError::Broken("the escrow key's file does not hold 32 bytes"))
}

/// Overwrites and removes the file; one that is not there is as good. What the disk itself keeps of it is beyond this program.
fn destroy(path: &Path) -> Result<(), FlowError> {
    match write_over(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(KeyError::Thread(error).into()),
        _ => Ok(()),
    }
}

fn write_over(path: &Path) -> Result<(), std::io::Error> {
    let mut file = std::fs::OpenOptions::new().write(true).open(path)?;
    file.write_all(&[0; KEY])?;
    file.sync_all()?;
    std::fs::remove_file(path)
}
