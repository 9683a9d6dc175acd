//! The index follows the site: the feed after the `seq` in the last commit is applied, in order, whoever asks.
//!
//! Derived and disposable: deleted, it is rebuilt from the site. An item whose permit does not hold is not indexed.

use std::sync::{Arc, Mutex, PoisonError};

use crate::blob::Blobs;
use crate::index::{IndexDoc, IndexWriter};
use crate::model::{Content, ItemId, PermitVerifier};
use crate::store::{FeedOp, Site, SiteItem};

use super::FlowError;

/// Feed entries in one commit.
const BATCH: u32 = 500;

/// Where the index is written.
#[derive(Clone)]
pub struct Indexing {
    /// What is public.
    pub site: Site,
    /// The site's files.
    pub blobs: Blobs,
    /// Checks permits.
    pub verifier: Arc<PermitVerifier>,
    /// The one writer.
    pub writer: Arc<Mutex<IndexWriter>>,
}

impl Indexing {
    /// Applies what the feed has after the last commit; returns how many entries.
    ///
    /// # Errors
    /// [`FlowError`]; nothing of the batch is in the index then, and the next call begins with it.
    pub async fn apply(&self) -> Result<u64, FlowError> {
        let mut applied = 0;
        loop {
            let after = self.with_writer(|writer| Ok(writer.applied_seq())).await?;
            let events = self.site.feed_after(i64::try_from(after).unwrap_or(i64::MAX), BATCH).await?;
            let Some(last) = events.last().map(|event| event.seq) else { return Ok(applied) };
            applied += events.len() as u64;
            let mut adds = Vec::new();
            let mut removes = Vec::new();
            for event in &events {
                // Only the last entry of an item counts, so the item itself is asked, not the entry.
                match self.site.item(&event.item).await? {
                    Some(item) if event.op == FeedOp::Publish => match self.document(&item).await {
                        Ok(document) => adds.push(document),
                        Err(error) => {
                            tracing::error!(item = %item.id, %error, "an item of the site is not indexed");
                            removes.push(item.id);
                        }
                    },
                    Some(_) => {}
                    None => removes.push(event.item.clone()),
                }
            }
            self.with_writer(move |writer| {
                for id in &removes {
                    writer.remove(id);
                }
                for document in &adds {
                    writer.add(document)?;
                }
                writer.commit(u64::try_from(last).unwrap_or(0))
            })
            .await?;
        }
    }

    /// Takes an item out of the index's files, not only out of its answers.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn erase(&self, id: &ItemId) -> Result<(), FlowError> {
        let id = id.clone();
        self.with_writer(move |writer| writer.erase(&[id]).map(drop)).await
    }

    /// Takes the words of several items out of the index's files, in one pass.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn erase_all(&self, ids: Vec<ItemId>) -> Result<(), FlowError> {
        self.with_writer(move |writer| writer.erase(&ids).map(drop)).await
    }

    /// The document of an item, once its permit was verified.
    ///
    /// # Errors
    /// Where the permit does not hold, or a file of it is missing.
    pub async fn document(&self, item: &SiteItem) -> Result<IndexDoc, FlowError> {
        document(&self.site, &self.blobs, &self.verifier, item).await
    }

    async fn with_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut IndexWriter) -> Result<T, crate::index::IndexError> + Send + 'static,
    ) -> Result<T, FlowError> {
        let writer = self.writer.clone();
        let done =
            tokio::task::spawn_blocking(move || work(&mut writer.lock().unwrap_or_else(PoisonError::into_inner)))
                .await?;
        Ok(done?)
    }
}

/// The document of an item, once its permit was verified.
///
/// # Errors
/// Where the permit does not hold, or a file of it is missing.
pub async fn document(
    site: &Site,
    blobs: &Blobs,
    verifier: &PermitVerifier,
    item: &SiteItem,
) -> Result<IndexDoc, FlowError> {
    verifier.verify(&item.permit()?, &item.id, &item.content)?;
    let content: Content = serde_json::from_str(&item.content)?;
    let mut attachments = Vec::new();
    for text in content.attachments.iter().filter_map(|file| file.text.as_ref()) {
        attachments.push(String::from_utf8_lossy(&blobs.get(text).await?).into_owned());
    }
    let unit_name = site.unit(&content.unit).await?.map_or_else(String::new, |unit| unit.name);
    Ok(IndexDoc {
        id: item.id.clone(),
        seq: u64::try_from(item.seq).unwrap_or(0),
        title: content.title,
        text: content.text,
        attachments,
        column: content.column,
        unit: content.unit,
        unit_name,
        published: item.published,
        document_number: content.document_number,
        origin: content.origin,
    })
}

/// Puts every item of the site into a writer that begins empty; returns how many.
///
/// # Errors
/// [`FlowError`].
pub async fn fill(
    site: &Site,
    blobs: &Blobs,
    verifier: &PermitVerifier,
    writer: &mut IndexWriter,
) -> Result<u64, FlowError> {
    let seq = u64::try_from(site.last_seq().await?).unwrap_or(0);
    let mut after: Option<ItemId> = None;
    let mut count = 0;
    loop {
        let items = site.items_after(after.as_ref(), BATCH).await?;
        let Some(last) = items.last() else { break };
        after = Some(last.id.clone());
        for item in &items {
            match document(site, blobs, verifier, item).await {
                Ok(document) => {
                    writer.add(&document)?;
                    count += 1;
                }
                Err(error) => tracing::error!(item = %item.id, %error, "an item of the site is not indexed"),
            }
        }
    }
    // The items were read after `seq`: what changed meanwhile is applied again, which is harmless.
    writer.commit(seq)?;
    Ok(count)
}
