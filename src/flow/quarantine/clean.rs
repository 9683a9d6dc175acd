//! Cleaning: what was sealed, freed or destroyed leaves the plain files, the index and the pages of the databases.
//!
//! What is to go is noted in the transaction that sealed it, so a crash leaves it noted. A file goes where no item names it
//! (any more), in the desk and on the site. Repeatable.

use std::time::Duration;

use serde_json::json;

use crate::flow::withdraw::Withdrawal;
use crate::flow::{FlowError, job};
use crate::model::{BlobId, ItemId, Timestamp};
use crate::store::StoreError;

/// Between two scrubs of the databases for titles alone.
const SPAN: Duration = Duration::from_secs(10 * 60);
/// When a store that was busy is asked again.
const SOON: Duration = Duration::from_secs(15);
/// Setting: when the databases were scrubbed last.
const CLEANED_AT: &str = "quarantine cleaned at";

/// Takes out what is noted; returns how many entries.
///
/// # Errors
/// [`FlowError`]; the rest stays noted.
pub async fn clean(work: &Withdrawal) -> Result<u64, FlowError> {
    let mut done = 0;
    loop {
        let noted = work.desk.to_clean(200).await?;
        if noted.is_empty() {
            break;
        }
        let mut items = Vec::new();
        for (kind, name) in &noted {
            let unnamed = |_| FlowError::Refused(format!("the cleaning is told of {kind} {name:?}, which is none"));
            match kind.as_str() {
                "blob" => remove(work, &name.parse::<BlobId>().map_err(|error| unnamed(error.to_string()))?).await?,
                _ => items.push(ItemId::new(name.clone()).map_err(|error| unnamed(error.to_string()))?),
            }
        }
        forget(work, items).await?;
        let mut tx = work.desk.begin().await?;
        for (kind, name) in &noted {
            tx.cleaned(kind, name).await?;
        }
        tx.commit().await?;
        done += noted.len() as u64;
    }
    scrub(work, done > 0).await?;
    Ok(done)
}

/// Takes what was overwritten out of the databases' logs and pages: at once where something left the plain, else (a title
/// that a list had named) at most every [`SPAN`]. A busy store is asked again.
async fn scrub(work: &Withdrawal, now: bool) -> Result<(), FlowError> {
    let at = work.desk.clock().now();
    let last = work.desk.setting(CLEANED_AT).await?.and_then(|at| at.as_i64()).map(Timestamp);
    let due = last.map_or(at, |last| last.after(SPAN));
    let again = if now || due <= at {
        let scrubbed = async {
            work.site.scrub().await?;
            work.desk.scrub().await
        };
        match scrubbed.await {
            Ok(()) => None,
            Err(StoreError::Busy(_)) => Some(at.after(SOON)),
            Err(error) => return Err(error.into()),
        }
    } else {
        Some(due)
    };
    let mut tx = work.desk.begin().await?;
    match again {
        Some(due) => drop(tx.enqueue(job::CLEAN, "all", &json!({}), due).await?),
        None => tx.put_setting(CLEANED_AT, &at.0.into()).await?,
    }
    Ok(tx.commit().await?)
}

/// Takes the words of items that the site shows no more out of the index's files.
async fn forget(work: &Withdrawal, items: Vec<ItemId>) -> Result<(), FlowError> {
    let Some(indexing) = &work.indexing else { return Ok(()) };
    let mut gone = Vec::new();
    for item in items {
        if work.site.item(&item).await?.is_none() {
            gone.push(item);
        }
    }
    if !gone.is_empty() {
        indexing.apply().await?;
        indexing.erase_all(gone).await?;
    }
    Ok(())
}

async fn remove(work: &Withdrawal, blob: &BlobId) -> Result<(), FlowError> {
    if work.desk.items_with_blob(blob).await?.is_empty() {
        work.desk_blobs.remove(blob).await?;
    }
    if work.site.items_with_blob(blob).await?.is_empty() {
        work.site_blobs.remove(blob).await?;
    }
    Ok(())
}
