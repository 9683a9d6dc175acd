//! The quarantine 隔离: what the gate held, sealed so that the host alone cannot open it.
//!
//! Everything that was read of an item goes into one package, sealed under a random key of its own; that key is wrapped for
//! the X25519 key of every active officer (`officer_key`). Nothing of it is written in plain first: intake keeps a page
//! in memory until the gate has spoken. What was published before a change of rules is sealed when the gate holds it,
//! and its plain files, its rows' words and its words in the index are taken out by the job `clean`.
//! While an installation has no officer, an escrow key in the keys folder stands in (`escrow`); the first officer takes over.
//! Limits: a package is held in memory whole, so it is as large as one page with its attachments may be.

pub mod clean;
pub mod decide;
pub mod escrow;
pub mod false_hit;
pub mod free;
pub mod grant;
pub mod open;
pub mod package;
pub mod release;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use self::package::Package;
use super::FlowError;
use super::officer_key::envelope::{self, KEY};
use super::officer_key::{KeyError, OfficerKeys};
use crate::blob::Blobs;
use crate::model::{ContentHash, ItemId, PermitVerifier, Verdict};
use crate::store::{Desk, ItemRow, Sealed};

/// Seals what the gate held. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Sealer {
    /// Where the officers' keys are.
    pub desk: Desk,
    /// Where the sealed files go.
    pub blobs: Blobs,
    /// Checks the officers' keys.
    pub verifier: Arc<PermitVerifier>,
}

/// What a package is bound to.
fn about_package(id: &ItemId, content: &ContentHash) -> String {
    format!("menhu-sealed-1\n{id}\n{content}")
}

/// What a wrapped key is bound to.
fn about_key(id: &ItemId, key: &str) -> String {
    format!("menhu-item-key-1\n{id}\n{key}")
}

/// A file's key for one officer.
fn wrap(id: &ItemId, to: &OfficerKeys, key: &[u8]) -> Result<String, KeyError> {
    Ok(STANDARD.encode(envelope::seal_to(&to.seal_key, about_key(id, &to.id).as_bytes(), key)?))
}

impl Sealer {
    /// Whose keys open what is sealed now: every active officer's, or the escrow's while there is none. A key whose
    /// record the desk did not sign gets nothing.
    ///
    /// # Errors
    /// Where there is no key at all: then nothing can be held, and nothing is taken in.
    pub async fn recipients(&self) -> Result<Vec<OfficerKeys>, FlowError> {
        let mut rows = self.desk.active_officer_keys().await?;
        let mut keys = self.signed(&rows);
        if keys.is_empty() {
            rows = self.desk.escrow_key().await?.into_iter().collect();
            keys = self.signed(&rows);
        }
        if keys.is_empty() {
            return Err(FlowError::Refused(
                "nobody's key is there to seal the quarantine to; start the desk once, which makes an escrow key, and let a security officer log in".into(),
            ));
        }
        Ok(keys)
    }

    fn signed(&self, rows: &[crate::store::OfficerKeyRow]) -> Vec<OfficerKeys> {
        let mut keys = Vec::new();
        for row in rows {
            match OfficerKeys::of_row(row) {
                Ok(key) if key.is_signed(&self.verifier) => keys.push(key),
                _ => {
                    tracing::error!(key = row.id, "an officer's key is not signed by the desk: nothing is sealed to it")
                }
            }
        }
        keys
    }

    /// Seals a package; the file is on the disk when this returns, and the caller puts it on record.
    ///
    /// # Errors
    /// [`FlowError`]; nothing was written in plain.
    pub async fn seal(&self, id: &ItemId, package: &Package) -> Result<Sealed, FlowError> {
        let recipients = self.recipients().await?;
        let data_key = envelope::random::<KEY>()?;
        let (bytes, about) = (package.bytes()?, about_package(id, &package.content_hash()));
        let sealed =
            tokio::task::spawn_blocking(move || envelope::seal_owned(&data_key, about.as_bytes(), bytes)).await??;
        let mut keys = Vec::with_capacity(recipients.len());
        for to in &recipients {
            keys.push((to.id.clone(), wrap(id, to, &data_key)?));
        }
        Ok(Sealed { package: self.blobs.put(sealed).await?, keys })
    }

    /// Seals an item that stands in the desk in plain, under a new verdict.
    ///
    /// # Errors
    /// Where one of its files is missing, or as [`Sealer::seal`].
    pub async fn seal_row(&self, row: &ItemRow, verdict: &Verdict) -> Result<Sealed, FlowError> {
        self.seal(&row.id, &Package::of_row(&self.blobs, row, verdict).await?).await
    }

    /// Seals what stands in quarantine in plain: items from before it was sealed. Returns how many.
    ///
    /// # Errors
    /// [`FlowError`]; the rest stays for the next start.
    pub async fn seal_plain(&self) -> Result<u64, FlowError> {
        let mut done = 0;
        loop {
            let ids = self.desk.plain_in_quarantine(100).await?;
            if ids.is_empty() {
                return Ok(done);
            }
            for id in &ids {
                let Some(row) = self.desk.item(id).await? else { continue };
                let sealed = self.seal_row(&row, &row.verdict).await?;
                let mut tx = self.desk.begin().await?;
                tx.seal_item(id, row.version, &row.verdict, &sealed).await?;
                tx.enqueue(super::job::CLEAN, "all", &serde_json::json!({}), tx.now()).await?;
                tx.commit().await?;
                done += 1;
            }
        }
    }
}
