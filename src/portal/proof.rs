//! Promise 4 at the point of use: nothing of an item is shown whose permit does not hold for exactly its bytes.
//!
//! [`Shown`] is the proof: its fields are private and [`Front::prove`] alone makes one, so a page that takes a
//! `Shown` cannot show anything else. Every page, row, hit, feed entry and file goes through here, on every request:
//! a row changed behind the desk's back is offline at the next request. Times, column and unit come from the signed
//! content, never from the columns of the row.

use super::Front;
use super::alarm::{self, Breach};
use super::answer::Trouble;
use crate::model::{ColumnId, Content, ContentHash, ItemId, Timestamp};
use crate::store::{SiteItem, StoreError};

/// An item whose permit holds for what is in here.
#[derive(Clone, Debug)]
pub struct Shown {
    id: ItemId,
    content: Content,
    hash: ContentHash,
    key: String,
    issued: Timestamp,
}

impl Shown {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &ItemId {
        &self.id
    }

    /// What is published of it.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Hash of the exact bytes that were signed.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// Name of the key that signed.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// When the desk signed.
    #[must_use]
    pub fn issued(&self) -> Timestamp {
        self.issued
    }

    /// 发布时间: when the source published it, or else when this site did.
    #[must_use]
    pub fn published(&self) -> Timestamp {
        self.content.published.map_or(self.issued, crate::model::When::instant)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy(_) => Self::Busy,
            other => Self::Store(other.to_string()),
        }
    }
}

impl Front {
    /// Verifies a row. `None` where it does not hold: the alarm is raised, and the row must be left out.
    async fn prove(&self, row: SiteItem) -> Option<Shown> {
        match self.check(&row) {
            Ok(shown) => Some(shown),
            Err((breach, reason)) => {
                alarm::raise(&self.inbox, breach, &row.id, &reason, self.clock.now()).await;
                None
            }
        }
    }

    fn check(&self, row: &SiteItem) -> Result<Shown, (Breach, String)> {
        let permit = row.permit().map_err(|_| (Breach::Permit, "the stored permit is not one".to_owned()))?;
        self.verifier.verify(&permit, &row.id, &row.content).map_err(|error| (Breach::Permit, error.to_string()))?;
        let content: Content = serde_json::from_str(&row.content)
            .map_err(|_| (Breach::Permit, "the content has a permit but not the form of content".to_owned()))?;
        if content.column != row.column || content.unit != row.unit {
            return Err((
                Breach::Place,
                format!("the row stands in {}, its content in {}", row.column, content.column),
            ));
        }
        Ok(Shown { id: row.id.clone(), content, hash: permit.content, key: permit.key, issued: permit.issued })
    }

    /// Verifies rows in their order; what does not hold is left out.
    pub async fn prove_all(&self, rows: Vec<SiteItem>) -> Vec<Shown> {
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            shown.extend(self.prove(row).await);
        }
        shown
    }

    /// The item under an id as it came in an address.
    ///
    /// # Errors
    /// [`Trouble::Missing`], [`Trouble::Unavailable`], [`Trouble::Store`].
    pub async fn shown(&self, id: &str) -> Result<Shown, Trouble> {
        let id = ItemId::new(id).map_err(|_| Trouble::Missing)?;
        let row = self.site.item(&id).await?.ok_or(Trouble::Missing)?;
        if row.id != id {
            alarm::raise(&self.inbox, Breach::Place, &id, "the store gave another item", self.clock.now()).await;
            return Err(Trouble::Unavailable(id));
        }
        self.prove(row).await.ok_or(Trouble::Unavailable(id))
    }

    /// The newest of a column or of all, verified.
    ///
    /// # Errors
    /// [`Trouble::Store`].
    pub async fn newest(&self, column: Option<&ColumnId>, limit: u32) -> Result<Vec<Shown>, Trouble> {
        let rows = self.site.newest(column, limit).await?;
        Ok(self.prove_all(rows).await)
    }
}
