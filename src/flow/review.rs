//! Review 审核: what people decide about an item, each decision one transaction.
//!
//! Owns the queue's and the quarantine's decisions: approve, return, ask for withdrawal, dismiss. What officers decide
//! beyond that: `quarantine::decide`.
//! Promises: a decision is bound to the exact bytes that the reviewer saw and is refused as [`ReviewError::Moved`]
//! where content, version or status changed meanwhile; status, audit row and follow-up job are kept together or not
//! at all (promise 5). What is quarantined is only ever shown and decided through the functions named so.
//! Limits: reasons of 1 to [`LONGEST_REASON`] characters.

use serde_json::{Value, json};

use super::job;
use crate::model::{Actor, Basis, ContentHash, Decision, ItemId, PersonId, Status};
use crate::store::{AuditRow, Change, Desk, DeskTx, ItemBrief, ItemRow, Page, QueueFilter, StoreError};

/// Longest reason or note, in characters.
pub const LONGEST_REASON: usize = 500;

/// Statuses that the queue shows. What was never let through the gate is not among them.
pub const QUEUE: [Status; 5] =
    [Status::Queued, Status::Approved, Status::Published, Status::Returned, Status::Withdrawn];

/// Statuses that the quarantine shows.
pub const QUARANTINE: [Status; 2] = [Status::Quarantined, Status::Dismissed];

/// Why a decision is not kept.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// There is none, or not in this list.
    #[error("there is no item {0} in this list")]
    NoSuchItem(ItemId),
    /// It is not as the reviewer saw it.
    #[error("item {item} changed since it was read; read it again and decide anew")]
    Moved {
        /// The item.
        item: ItemId,
        /// Whether it is the quarantine's.
        quarantine: bool,
    },
    /// A reason is asked for.
    #[error("a reason is needed")]
    NoReason,
    /// The reason is too long.
    #[error("a reason has at most {LONGEST_REASON} characters")]
    LongReason,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the reviewer had before the eyes when deciding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Version of the row.
    pub version: i64,
    /// Hash of the content.
    pub content: ContentHash,
}

/// An item as a page of the queue or the quarantine shows it.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The item.
    pub item: ItemRow,
    /// Others with the same text, of the same list only.
    pub same: Vec<ItemBrief>,
    /// What was done with it, oldest first.
    pub history: Vec<AuditRow>,
}

/// A page of the queue.
///
/// # Errors
/// [`StoreError`]; [`ReviewError::NoSuchItem`] is not among them: a status of another list is an empty page.
pub async fn queue_page(
    desk: &Desk,
    filter: &QueueFilter,
    offset: u64,
    limit: u32,
) -> Result<Page<ItemBrief>, StoreError> {
    list(desk, filter, &QUEUE, offset, limit).await
}

/// A page of the quarantine, for security officers only.
///
/// # Errors
/// [`StoreError`].
pub async fn quarantine_page(
    desk: &Desk,
    filter: &QueueFilter,
    offset: u64,
    limit: u32,
) -> Result<Page<ItemBrief>, StoreError> {
    list(desk, filter, &QUARANTINE, offset, limit).await
}

async fn list(
    desk: &Desk,
    filter: &QueueFilter,
    shown: &[Status],
    offset: u64,
    limit: u32,
) -> Result<Page<ItemBrief>, StoreError> {
    match filter.status {
        Some(status) if shown.contains(&status) => desk.queue(filter, offset, limit).await,
        _ => Ok(Page { rows: Vec::new(), total: 0 }),
    }
}

/// An item of the queue.
///
/// # Errors
/// [`ReviewError::NoSuchItem`] also where it is in quarantine: to the queue it does not exist.
pub async fn queued(desk: &Desk, id: &ItemId) -> Result<Detail, ReviewError> {
    detail(desk, id, &QUEUE).await
}

/// What the row of an item of the quarantine says: not a word of it, for it is sealed. Looking is put on record first.
///
/// # Errors
/// [`ReviewError::NoSuchItem`] also where it is not in quarantine.
pub async fn quarantined(desk: &Desk, id: &ItemId, officer: &PersonId) -> Result<Detail, ReviewError> {
    let detail = detail(desk, id, &QUARANTINE).await?;
    let mut tx = desk.begin().await?;
    tx.audit(&Actor::Person(officer.clone()), "quarantine.look", id.as_str(), &json!({})).await?;
    tx.commit().await?;
    Ok(detail)
}

async fn detail(desk: &Desk, id: &ItemId, shown: &[Status]) -> Result<Detail, ReviewError> {
    let item = desk.item(id).await?.filter(|item| shown.contains(&item.status));
    let item = item.ok_or_else(|| ReviewError::NoSuchItem(id.clone()))?;
    let mut same = match &item.text_hash {
        Some(hash) => desk.same_text(hash, id).await?,
        None => Vec::new(),
    };
    same.retain(|other| shown.contains(&other.status));
    let history = desk.audit_of(id.as_str()).await?;
    Ok(Detail { item, same, history })
}

/// Approves exactly the content that was seen; the publisher is asked in the same transaction.
///
/// # Errors
/// [`ReviewError::Moved`], [`ReviewError::LongReason`].
pub async fn approve(desk: &Desk, reviewer: &PersonId, id: &ItemId, seen: Seen, note: &str) -> Result<(), ReviewError> {
    let note = trimmed(note)?;
    let mut tx = desk.begin().await?;
    let basis = Basis::Person { person: reviewer.clone() };
    let decision = Decision { basis, content: seen.content, at: tx.now(), note: note.to_owned() };
    move_as_seen(&mut tx, id, seen, Status::Queued, &Change::Approve(decision)).await?;
    let detail = json!({ "content": seen.content, "version": seen.version, "note": note });
    record(&mut tx, reviewer, "item.approve", id, &detail).await?;
    let now = tx.now();
    tx.enqueue(job::PUBLISH, id.as_str(), &json!({}), now).await?;
    Ok(tx.commit().await?)
}

/// Sends an item back, with a reason. It is not published.
///
/// # Errors
/// [`ReviewError::Moved`], [`ReviewError::NoReason`], [`ReviewError::LongReason`].
pub async fn send_back(
    desk: &Desk,
    reviewer: &PersonId,
    id: &ItemId,
    seen: Seen,
    reason: &str,
) -> Result<(), ReviewError> {
    let reason = needed(reason)?;
    let mut tx = desk.begin().await?;
    move_as_seen(&mut tx, id, seen, Status::Queued, &Change::Return(reason.to_owned())).await?;
    let detail = json!({ "content": seen.content, "version": seen.version, "reason": reason });
    record(&mut tx, reviewer, "item.return", id, &detail).await?;
    Ok(tx.commit().await?)
}

/// Asks for an item to be taken off the site; the job takes it off and then moves the status, so that the emergency
/// path is the same for everybody.
///
/// # Errors
/// [`ReviewError::Moved`] where the site does not show it (any more), [`ReviewError::NoReason`].
pub async fn request_withdrawal(
    desk: &Desk,
    reviewer: &PersonId,
    id: &ItemId,
    version: i64,
    reason: &str,
) -> Result<(), ReviewError> {
    let reason = needed(reason)?;
    let mut tx = desk.begin().await?;
    let item = tx.item(id).await?.filter(|item| QUEUE.contains(&item.status));
    let item = item.ok_or_else(|| ReviewError::NoSuchItem(id.clone()))?;
    if item.version != version || !may_be_withdrawn(&item) {
        return Err(ReviewError::Moved { item: id.clone(), quarantine: false });
    }
    let detail = json!({ "content": item.content_hash, "version": version, "reason": reason });
    record(&mut tx, reviewer, "item.withdraw-request", id, &detail).await?;
    let now = tx.now();
    let payload = json!({ "reason": reason, "erase": false, "person": reviewer });
    tx.enqueue(job::WITHDRAW, id.as_str(), &payload, now).await?;
    Ok(tx.commit().await?)
}

/// Whether there is something to withdraw: the site shows it, or is about to.
#[must_use]
pub fn may_be_withdrawn(item: &ItemRow) -> bool {
    matches!(item.status, Status::Approved | Status::Published) || item.on_site.is_some()
}

/// Closes a quarantined item for good. `ground` is a word of a fixed choice: the audit must not repeat the text.
///
/// # Errors
/// [`ReviewError::Moved`], [`ReviewError::NoReason`].
pub async fn dismiss(
    desk: &Desk,
    officer: &PersonId,
    id: &ItemId,
    seen: Seen,
    ground: &str,
) -> Result<(), ReviewError> {
    let ground = needed(ground)?;
    let mut tx = desk.begin().await?;
    move_as_seen(&mut tx, id, seen, Status::Quarantined, &Change::Dismiss(ground.to_owned())).await?;
    let detail = json!({ "content": seen.content, "version": seen.version, "ground": ground });
    record(&mut tx, officer, "item.dismiss", id, &detail).await?;
    Ok(tx.commit().await?)
}

/// Moves an item that stands, inside this transaction, where and as the reviewer saw it.
async fn move_as_seen(
    tx: &mut DeskTx,
    id: &ItemId,
    seen: Seen,
    from: Status,
    change: &Change,
) -> Result<(), ReviewError> {
    let moved = || ReviewError::Moved { item: id.clone(), quarantine: QUARANTINE.contains(&from) };
    let item = tx.item(id).await?.ok_or_else(|| ReviewError::NoSuchItem(id.clone()))?;
    if item.status != from || item.version != seen.version || item.content_hash != seen.content {
        return Err(moved());
    }
    match tx.move_item(id, from, seen.version, change).await {
        Ok(_) => Ok(()),
        // A compare-and-set that lost is a conflict to show, not a failure.
        Err(StoreError::Conflict { .. } | StoreError::IllegalMove { .. }) => Err(moved()),
        Err(error) => Err(error.into()),
    }
}

async fn record(
    tx: &mut DeskTx,
    person: &PersonId,
    action: &str,
    id: &ItemId,
    detail: &Value,
) -> Result<(), StoreError> {
    tx.audit(&Actor::Person(person.clone()), action, id.as_str(), detail).await.map(|_| ())
}

fn trimmed(text: &str) -> Result<&str, ReviewError> {
    let text = text.trim();
    if text.chars().count() > LONGEST_REASON { Err(ReviewError::LongReason) } else { Ok(text) }
}

fn needed(text: &str) -> Result<&str, ReviewError> {
    let text = trimmed(text)?;
    if text.is_empty() { Err(ReviewError::NoReason) } else { Ok(text) }
}
