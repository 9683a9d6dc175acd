//! Screening many stored items at a time: read a batch, screen it on every core, write its verdicts in one change.
//!
//! While one batch is screened, the one before it is written and the one after it read. For each item a row
//! and its evidence file are read and a row is written; `benches/rescreen.rs` measures it. An item that
//! somebody moves meanwhile loses its place by its version and is found by the next look. What no longer passes does not
//! wait for its batch: it leaves the site first.

use std::sync::Arc;

use super::FlowError;
use super::intake::Evidence;
use super::publish::Publisher;
use super::rescreen::{Rescreened, rescreen_kept};
use super::withdraw::Withdrawal;
use crate::blob::Blobs;
use crate::model::{Content, Draft, ItemId, RuleSetId, Status};
use crate::screen::{Screened, Screener};
use crate::store::{Desk, Recleared, StoreError, SweptItem};

/// Items of a batch: of 5 KB each, about 3 MB with what was read beside them.
const BATCH: u32 = 256;

/// Notes that a screening after a change of rules begins; nothing where nothing is to be done.
pub(super) async fn begin(publisher: &Publisher) -> Result<Option<RuleSetId>, FlowError> {
    let current = publisher.screener.current().id();
    let total = publisher.desk.count_of_older_rules(&current).await?;
    if total == 0 {
        return Ok(None);
    }
    let mut tx = publisher.desk.begin().await?;
    tx.begin_rescreen(&current, total).await?;
    tx.commit().await?;
    Ok(Some(current))
}

/// Notes that it is through.
pub(super) async fn end(publisher: &Publisher, course: Option<RuleSetId>) -> Result<(), FlowError> {
    let Some(rule_set) = course else { return Ok(()) };
    let mut tx = publisher.desk.begin().await?;
    tx.end_rescreen(&rule_set).await?;
    Ok(tx.commit().await?)
}

/// What is walked: published items, the newest first, then what waits.
enum Walk {
    Published(i64),
    Waiting(Status, Option<ItemId>),
    Through,
}

impl Walk {
    /// The next batch; the walk goes on behind it.
    async fn next(&mut self, desk: &Desk) -> Result<Option<Vec<SweptItem>>, StoreError> {
        loop {
            match self {
                Self::Published(below) => {
                    let items = desk.published_below(*below, BATCH).await?;
                    match items.iter().filter_map(|item| item.seq).min() {
                        Some(least) => {
                            *below = least;
                            return Ok(Some(items));
                        }
                        None => *self = Self::Waiting(Status::Approved, None),
                    }
                }
                Self::Waiting(status, after) => {
                    let items = desk.swept_after(*status, after.as_ref(), BATCH).await?;
                    match items.last() {
                        Some(last) => {
                            *after = Some(last.id.clone());
                            return Ok(Some(items));
                        }
                        None if *status == Status::Approved => *self = Self::Waiting(Status::Queued, None),
                        None => *self = Self::Through,
                    }
                }
                Self::Through => return Ok(None),
            }
        }
    }
}

/// Walks published and waiting items in the order in which they matter.
pub(super) struct Walker {
    walk: Walk,
}

impl Walker {
    pub(super) fn new() -> Self {
        Self { walk: Walk::Published(i64::MAX) }
    }

    pub(super) async fn next(&mut self, desk: &Desk) -> Result<Option<Vec<SweptItem>>, StoreError> {
        self.walk.next(desk).await
    }
}

/// Screens again what is public or waits and was screened under other rules. What cannot be screened is left where it is:
/// the slow look after this one says why.
pub(super) async fn reclear(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let current = publisher.screener.current().id();
    let mut walker = Walker::new();
    let mut batch = walker.next(&publisher.desk).await?;
    let mut ready: Vec<Recleared> = Vec::new();
    while let Some(items) = batch {
        let items: Vec<SweptItem> = items.into_iter().filter(|item| item.rule_set != current).collect();
        let (screened, next, written) = tokio::join!(
            screen(&publisher.desk_blobs, &publisher.screener, items),
            walker.next(&publisher.desk),
            write(publisher, &current, std::mem::take(&mut ready)),
        );
        done.screened += written?;
        for (item, outcome) in screened? {
            match outcome {
                Ok(Screened::Cleared(cleared)) => ready.push(Recleared {
                    id: item.id,
                    status: item.status,
                    version: item.version,
                    verdict: cleared.verdict().clone(),
                }),
                Ok(Screened::Held(_)) => hold(publisher, withdrawal, &item.id, done).await?,
                Err(_) => {}
            }
        }
        batch = next?;
        if publisher.screener.current().id() != current {
            // Other rules came into force: the caller begins anew.
            break;
        }
    }
    done.screened += write(publisher, &current, ready).await?;
    Ok(())
}

/// Takes one item off that no longer passes, by itself and at once, and notes it in the progress.
pub(super) async fn hold(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    id: &ItemId,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let current = publisher.screener.current().id();
    let Some(row) = publisher.desk.item(id).await?.filter(|row| row.rule_set != current) else { return Ok(()) };
    let (public, before) = (row.on_site.is_some(), done.held);
    rescreen_kept(publisher, withdrawal, row, done).await?;
    let mut tx = publisher.desk.begin().await?;
    tx.note_rescreen(&current, 1, u64::from(public && done.held > before)).await?;
    Ok(tx.commit().await?)
}

/// Writes a batch of verdicts; those under other rules than `current` are dropped.
async fn write(publisher: &Publisher, current: &RuleSetId, mut ready: Vec<Recleared>) -> Result<u64, FlowError> {
    ready.retain(|one| one.verdict.rule_set == *current);
    if ready.is_empty() {
        return Ok(0);
    }
    let mut tx = publisher.desk.begin().await?;
    if tx.rules_in_force().await? != Some(*current) {
        return Ok(0);
    }
    let changed = tx.reclear_items(&ready).await?;
    tx.note_rescreen(current, changed, 0).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Screens items on every core, in their order.
pub(super) async fn screen(
    blobs: &Blobs,
    screener: &Arc<Screener>,
    mut items: Vec<SweptItem>,
) -> Result<Vec<(SweptItem, Result<Screened, FlowError>)>, FlowError> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = items.len().div_ceil(cores).max(1);
    let mut running = Vec::new();
    while !items.is_empty() {
        let rest = items.split_off(size.min(items.len()));
        let (part, blobs, screener) = (std::mem::replace(&mut items, rest), blobs.clone(), screener.clone());
        running.push(tokio::task::spawn_blocking(move || {
            let screened = |item: SweptItem| {
                let outcome = screen_here(&blobs, &screener, &item);
                (item, outcome)
            };
            part.into_iter().map(screened).collect::<Vec<_>>()
        }));
    }
    let mut all = Vec::new();
    for part in running {
        all.extend(part.await?);
    }
    Ok(all)
}

/// Screens one item with everything that was read with it, on this thread.
fn screen_here(blobs: &Blobs, screener: &Screener, item: &SweptItem) -> Result<Screened, FlowError> {
    if !item.is_whole() {
        return Err(FlowError::Refused(format!("the content of item {} does not have its hash", item.id)));
    }
    let content: Content = serde_json::from_str(&item.content)?;
    let evidence: Evidence = match &item.segments {
        Some(blob) => serde_json::from_slice(&blobs.get_here(blob)?)?,
        None => return Err(FlowError::Missing(format!("evidence of item {}", item.id))),
    };
    let Evidence { segments, unreadable } = evidence;
    Ok(screener.screen(Draft { content, source: item.source.clone(), segments, unreadable }))
}
