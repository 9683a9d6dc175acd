//! Screening again after a change of rules: no cursor, restartable, ends by itself.
//!
//! It works through the items that were screened last under other rules than those in force, the newest first, many at a
//! time from their kept texts (`sweep`), the rest from their rows and files. What no longer passes is taken off the site
//! before its row goes to quarantine, sealed. What is in quarantine already is not screened here: the host cannot open it.
//! Last come the items of which the site shows an earlier version than the desk works on: what the public sees is
//! screened as it stands on the site.

use std::collections::HashSet;

use serde_json::json;

use crate::model::{Actor, Content, Draft, Field, ItemId, Segment, SourceId, Status, Unreadable};
use crate::screen::Screened;
use crate::store::{ItemBrief, ItemRow, Screening, SiteItem};

use super::kept_text::pack;
use super::publish::{Publisher, draft_of, rules_of, screening_of};
use super::withdraw::Withdrawal;
use super::{FlowError, job, sweep};

/// Items that are looked up at a time, of those that are read from their rows.
const LEFT: u32 = 100;

/// What a run found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rescreened {
    /// Items screened.
    pub screened: u64,
    /// Items that no longer pass.
    pub held: u64,
}

impl std::ops::AddAssign for Rescreened {
    fn add_assign(&mut self, other: Self) {
        self.screened += other.screened;
        self.held += other.held;
    }
}

/// Screens everything that was screened under other rules than those in force; `first` before all else, which a trial of
/// the change has named.
///
/// # Errors
/// [`FlowError`]; the rest waits for the next run.
pub async fn rescreen(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    first: &[ItemId],
) -> Result<Rescreened, FlowError> {
    let mut done = Rescreened::default();
    let mut course;
    loop {
        let current = publisher.screener.current().id();
        course = sweep::begin(publisher).await?;
        for id in first {
            sweep::hold(publisher, withdrawal, id, &mut done).await?;
        }
        sweep::reclear(publisher, withdrawal, &mut done).await?;
        if publisher.screener.current().id() == current {
            break;
        }
        // Other rules came into force meanwhile: everything once more, under those.
    }
    let failed = rescreen_left(publisher, withdrawal, &mut done).await?;
    rescreen_earlier(publisher, &mut done).await?;
    if let Some(error) = failed {
        return Err(error);
    }
    sweep::end(publisher, course).await?;
    Ok(done)
}

/// Screens from their rows and files what no kept text let pass. One that cannot be screened does not stop the others; the
/// first such error is returned when all were tried.
async fn rescreen_left(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    done: &mut Rescreened,
) -> Result<Option<FlowError>, FlowError> {
    let mut stuck: HashSet<ItemId> = HashSet::new();
    let mut first = None;
    loop {
        let current = publisher.screener.current().id();
        let most = LEFT.saturating_add(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
        let mut rows = publisher.desk.items_of_older_rules(&current, most).await?;
        rows.retain(|row| !stuck.contains(&row.id));
        if rows.is_empty() {
            return Ok(first);
        }
        for brief in &rows {
            if let Err(error) = rescreen_brief(publisher, withdrawal, brief, done).await {
                tracing::error!(item = %brief.id, %error, "an item cannot be screened again");
                stuck.insert(brief.id.clone());
                first.get_or_insert(error);
            }
        }
    }
}

/// Of items of which the site shows an earlier version than the desk works on, what the site shows.
async fn rescreen_earlier(publisher: &Publisher, done: &mut Rescreened) -> Result<(), FlowError> {
    let mut after: Option<ItemId> = None;
    loop {
        let rows = publisher.desk.on_site_before(after.as_ref(), 100).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.item.clone());
        for row in &rows {
            rescreen_shown(publisher, &row.item, done).await?;
        }
    }
}

/// Screens what the site shows of an item of which the desk works on another version.
async fn rescreen_shown(publisher: &Publisher, id: &ItemId, done: &mut Rescreened) -> Result<(), FlowError> {
    let shown = publisher.site.item(id).await?;
    if let Some(shown) = &shown {
        done.screened += 1;
        let source = publisher.desk.item(id).await?.and_then(|row| row.source);
        // What cannot be read any more does not pass.
        if let Some(draft) = draft_shown(publisher, shown, source).await {
            let screener = publisher.screener.clone();
            if let Screened::Cleared(_) = tokio::task::spawn_blocking(move || screener.screen(draft)).await? {
                return Ok(());
            }
        }
    }
    // Under the desk's turn: nobody moves the item meanwhile, and a publisher under way loses its race by the version.
    let mut tx = publisher.desk.begin().await?;
    let hash = shown.as_ref().map(|shown| shown.content_hash);
    let Some(row) = tx.item(id).await? else { return Ok(()) };
    if row.status == Status::Published || publisher.site.item(id).await?.map(|now| now.content_hash) != hash {
        return Ok(());
    }
    publisher.site.withdraw(id).await?;
    tx.note_off_site(id).await?;
    if let Some(hash) = hash {
        let reason = "the version on the site no longer passes";
        let detail = json!({"content": hash, "reason": reason, "was": row.status, "public": true});
        tx.audit(&Actor::System("rescreen".into()), "item.off-site", id.as_str(), &detail).await?;
        tx.enqueue(job::INDEX, "site", &json!({}), tx.now()).await?;
        done.held += 1;
    }
    tx.commit().await?;
    Ok(())
}

/// A draft of exactly what the public sees.
async fn draft_shown(publisher: &Publisher, shown: &SiteItem, source: Option<SourceId>) -> Option<Draft> {
    let content: Content = serde_json::from_str(&shown.content).ok()?;
    let (mut segments, mut unreadable) = (Vec::new(), Vec::new());
    for file in &content.attachments {
        let Some(blob) = &file.text else { continue };
        match publisher.site_blobs.get(blob).await {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                segments.push(Segment::new(Field::Attachment, file.name.as_str(), text));
            }
            Err(error) => unreadable.push(Unreadable { place: file.name.clone(), reason: error.to_string() }),
        }
    }
    Some(Draft { content, source, segments, unreadable })
}

/// Screens one item again, whatever its rules.
///
/// # Errors
/// [`FlowError`].
pub async fn rescreen_one(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    id: &ItemId,
) -> Result<Rescreened, FlowError> {
    let mut done = Rescreened::default();
    let Some(row) = publisher.desk.item(id).await? else { return Err(FlowError::Missing(format!("item {id}"))) };
    rescreen_row(publisher, withdrawal, row, &mut done).await?;
    Ok(done)
}

async fn rescreen_brief(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    brief: &ItemBrief,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let Some(row) = publisher.desk.item(&brief.id).await? else { return Ok(()) };
    rescreen_kept(publisher, withdrawal, row, done).await
}

/// Screens one item again; who moves it meanwhile was faster, and the next look finds it.
pub(super) async fn rescreen_kept(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    row: ItemRow,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    match rescreen_row(publisher, withdrawal, row, done).await {
        Err(error) if error.is_race() => Ok(()),
        other => other,
    }
}

async fn rescreen_row(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    row: ItemRow,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let actor = Actor::System("rescreen".into());
    if matches!(row.status, Status::Quarantined | Status::Dismissed) {
        // Sealed: an officer opens it and screens it again (`quarantine::free`), or its address is collected again.
        return Ok(());
    }
    done.screened += 1;
    let draft = draft_of(&publisher.desk_blobs, &row).await?;
    let screener = publisher.screener.clone();
    let screen = move || (pack(&draft), screener.screen(draft));
    let (packed, screened) = tokio::task::spawn_blocking(screen).await?;
    match screened {
        Screened::Cleared(cleared) => {
            let mut tx = publisher.desk.begin().await?;
            tx.reclear_item(&row.id, row.status, row.version, cleared.verdict()).await?;
            if let Some(packed) = packed {
                tx.keep_text(&row.id, &packed).await?;
            }
            tx.commit().await?;
        }
        Screened::Held(held) => {
            let verdict = held.verdict().clone();
            if row.on_site.is_some() {
                withdrawal.site.withdraw(&row.id).await?;
            }
            let sealed = publisher.sealer.seal_row(&row, &verdict).await?;
            let mut tx = publisher.desk.begin().await?;
            let detail = json!({"outcome": verdict.outcome, "rule_set": verdict.rule_set, "rules": rules_of(&verdict), "was": row.status});
            let newly = row.status != Status::Quarantined;
            let screening = Screening { sealed: Some(sealed), ..screening_of(&row, verdict) };
            tx.rescreen_item(&row.id, row.status, row.version, &screening).await?;
            tx.enqueue(job::CLEAN, "all", &json!({}), tx.now()).await?;
            if row.on_site.is_some() {
                tx.note_off_site(&row.id).await?;
                tx.enqueue(job::INDEX, "site", &json!({}), tx.now()).await?;
            }
            if newly {
                tx.audit(&actor, "item.hold", row.id.as_str(), &detail).await?;
                done.held += 1;
            }
            tx.commit().await?;
        }
    }
    Ok(())
}
