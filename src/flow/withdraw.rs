//! Withdrawal 撤稿: the emergency path. The item leaves the site first, the index after, the audit row with it.
//!
//! Repeatable at every step. With `erase` the words go too: from the desk's row, from the files that no other item
//! names, from the index's segments and from the databases' free pages.

use serde_json::json;

use crate::blob::Blobs;
use crate::model::{Actor, BlobId, ItemId, Status};
use crate::store::{Change, Desk, Site};

use super::indexing::Indexing;
use super::{FlowError, job};

/// Where withdrawals are carried out.
#[derive(Clone)]
pub struct Withdrawal {
    /// What is not public.
    pub desk: Desk,
    /// The desk's files.
    pub desk_blobs: Blobs,
    /// What is public.
    pub site: Site,
    /// The site's files.
    pub site_blobs: Blobs,
    /// The index, where this process writes it; else its writer follows the feed.
    pub indexing: Option<Indexing>,
}

impl Withdrawal {
    /// Whether one person may take this item's words out: not while it is sealed, for that is destruction, which takes two
    /// officers.
    ///
    /// # Errors
    /// [`FlowError::Store`].
    pub async fn may_erase(&self, id: &ItemId) -> Result<bool, FlowError> {
        let Some(row) = self.desk.item(id).await? else { return Ok(true) };
        let held = matches!(row.status, Status::Quarantined | Status::Dismissed);
        if !held || self.desk.sealed(id).await?.is_none() {
            return Ok(true);
        }
        Ok(self.desk.destruction(id).await?.is_some_and(|asked| asked.confirmed.is_some()))
    }

    /// Takes an item off the site, and with `erase` its words out of everything. Returns whether it was public.
    ///
    /// # Errors
    /// [`FlowError::Refused`] on `erase` of what is sealed in quarantine, before anything is done; other [`FlowError`]s: what
    /// was done stays done, and the call may be repeated.
    pub async fn withdraw(&self, id: &ItemId, actor: &Actor, reason: &str, erase: bool) -> Result<bool, FlowError> {
        let Some(row) = self.desk.item(id).await? else { return Err(FlowError::Missing(format!("item {id}"))) };
        if erase && !self.may_erase(id).await? {
            return Err(FlowError::Refused(format!(
                "item {id} is sealed in quarantine, and what is sealed is destroyed by two officers: menhu quarantine confirm \
                 or the console closes it, then menhu quarantine destroy {id}; without --erase it only leaves the site"
            )));
        }
        let files = if erase { self.desk.blobs_of(id).await? } else { Vec::new() };
        let was_public = self.site.withdraw(id).await?.is_some();
        if let Some(indexing) = &self.indexing {
            indexing.apply().await?;
        }
        let mut tx = self.desk.begin().await?;
        let Some(now) = tx.item(id).await? else { return Err(FlowError::Missing(format!("item {id}"))) };
        if now.status.may_become(Status::Withdrawn) {
            tx.move_item(id, now.status, now.version, &Change::Withdraw(reason.to_owned())).await?;
        }
        tx.note_off_site(id).await?;
        if was_public || now.status != Status::Withdrawn {
            let detail = json!({"reason": reason, "was": row.status, "public": was_public});
            tx.audit(actor, "item.withdraw", id.as_str(), &detail).await?;
        }
        tx.enqueue(job::INDEX, "site", &json!({}), tx.now()).await?;
        if erase && self.indexing.is_none() {
            // The index is another process's: it takes the words out of its files.
            tx.enqueue(job::WITHDRAW, id.as_str(), &json!({"reason": reason, "erase": true}), tx.now()).await?;
        }
        tx.commit().await?;
        // A publisher that was under way may have come between the site and the desk: its move is refused from now on.
        if self.site.withdraw(id).await?.is_some()
            && let Some(indexing) = &self.indexing
        {
            indexing.apply().await?;
        }
        if erase {
            self.erase(id, actor, &files).await?;
        }
        Ok(was_public)
    }

    /// Takes the words out. The files go before the rows that name them, so that a crash between leaves nothing behind
    /// that the next run does not find.
    async fn erase(&self, id: &ItemId, actor: &Actor, named: &[BlobId]) -> Result<(), FlowError> {
        for blob in named {
            if self.desk.items_with_blob(blob).await?.iter().all(|owner| owner == id) {
                self.desk_blobs.remove(blob).await?;
            }
            if self.site.items_with_blob(blob).await?.is_empty() {
                self.site_blobs.remove(blob).await?;
            }
        }
        if let Some(indexing) = &self.indexing {
            indexing.erase(id).await?;
        }
        let mut tx = self.desk.begin().await?;
        let unused = tx.erase_item(id).await?;
        tx.audit(actor, "item.erase", id.as_str(), &json!({"files": unused.len()})).await?;
        tx.commit().await?;
        self.site.scrub().await?;
        self.desk.scrub().await?;
        Ok(())
    }
}
