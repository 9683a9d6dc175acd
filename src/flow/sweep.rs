//! Screening many stored items at a time: read a batch of kept texts, screen it on every core, stamp what passes.
//!
//! While one batch is screened, the one before it is written, what it caught leaves the site, and the one after it is read.
//! For each item one row is read, and one narrow row written, together with its neighbours; `benches/rescreen.rs`
//! measures it. A place that lost its bytes meanwhile is not written.

use std::sync::Arc;

use super::FlowError;
use super::kept_text::unpack;
use super::publish::Publisher;
use super::rescreen::{Rescreened, rescreen_kept};
use super::withdraw::Withdrawal;
use crate::model::{Content, ItemId, Outcome, RuleSetId, Verdict};
use crate::screen::Screener;
use crate::store::{Desk, KeptText, StoreError};

/// Items of a batch: of 5 KB each, about 5 MB; at most [`KEPT_LIMIT`](crate::store::KEPT_LIMIT) each.
const BATCH: u32 = 1024;

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

/// Walks public and waiting items, the newest first: all, or those that were screened last under other rules.
pub(super) struct Walker {
    below: i64,
    but: Option<RuleSetId>,
}

impl Walker {
    pub(super) fn new(but: Option<RuleSetId>) -> Self {
        Self { below: i64::MAX, but }
    }

    /// The next batch; empty where there is none.
    pub(super) async fn next(&mut self, desk: &Desk) -> Result<Vec<KeptText>, StoreError> {
        let texts = desk.texts_below(self.below, self.but.as_ref(), BATCH).await?;
        if let Some(last) = texts.last() {
            self.below = last.place;
        }
        Ok(texts)
    }
}

/// What the gate says of a kept text.
pub(super) struct Looked {
    /// Stands for these bytes of this item.
    pub(super) place: i64,
    /// The item.
    pub(super) item: ItemId,
    /// Its last verdict has findings.
    noted: bool,
    /// The verdict, and the content where something was found; nothing where no text was kept or it is damaged.
    pub(super) found: Option<(Verdict, Option<Content>)>,
}

impl Looked {
    /// It no longer passes.
    fn is_caught(&self) -> bool {
        self.found.as_ref().is_some_and(|(verdict, _)| verdict.outcome != Outcome::Pass)
    }

    /// Nothing was found, neither now nor before.
    fn is_plain(&self) -> bool {
        let passes = |verdict: &Verdict| verdict.outcome == Outcome::Pass && verdict.findings.is_empty();
        !self.noted && self.found.as_ref().is_some_and(|(verdict, _)| passes(verdict))
    }
}

/// Screens again what is public or waits and was screened under other rules. What cannot be screened here is left: the slow
/// look after this one reads its row and its files.
pub(super) async fn reclear(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    done: &mut Rescreened,
) -> Result<(), FlowError> {
    let current = publisher.screener.current().id();
    let mut walker = Walker::new(Some(current));
    let mut batch = walker.next(&publisher.desk).await?;
    let (mut ready, mut caught): (Vec<Looked>, Vec<ItemId>) = (Vec::new(), Vec::new());
    while !batch.is_empty() {
        let (looked, next, written, held) = tokio::join!(
            look(&publisher.screener, batch),
            walker.next(&publisher.desk),
            write(publisher, &current, std::mem::take(&mut ready)),
            hold_all(publisher, withdrawal, std::mem::take(&mut caught)),
        );
        done.screened += written?;
        *done += held?;
        ready = looked?;
        caught = ready.iter().filter(|one| one.is_caught()).map(|one| one.item.clone()).collect();
        batch = next?;
        if publisher.screener.current().id() != current {
            // Other rules came into force: the caller begins anew.
            break;
        }
    }
    *done += hold_all(publisher, withdrawal, caught).await?;
    done.screened += write(publisher, &current, ready).await?;
    Ok(())
}

async fn hold_all(
    publisher: &Publisher,
    withdrawal: &Withdrawal,
    caught: Vec<ItemId>,
) -> Result<Rescreened, FlowError> {
    let mut done = Rescreened::default();
    for id in &caught {
        hold(publisher, withdrawal, id, &mut done).await?;
    }
    Ok(done)
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

/// Writes what passed of a batch; verdicts under other rules than `current` are dropped.
async fn write(publisher: &Publisher, current: &RuleSetId, mut ready: Vec<Looked>) -> Result<u64, FlowError> {
    for one in &mut ready {
        one.found.take_if(|(verdict, _)| verdict.rule_set != *current || verdict.outcome != Outcome::Pass);
    }
    if ready.iter().all(|one| one.found.is_none()) {
        return Ok(0);
    }
    let mut tx = publisher.desk.begin().await?;
    if tx.rules_in_force().await? != Some(*current) {
        return Ok(0);
    }
    let mut changed = 0;
    for run in ready.chunk_by(|one, next| one.is_plain() && next.is_plain()) {
        let (Some(newest), Some(oldest)) = (run.first(), run.last()) else { continue };
        if newest.is_plain() {
            // Places between these that were not read were stamped already.
            changed += tx.stamp(oldest.place, newest.place, current).await?;
        } else if let Some((verdict, _)) = &newest.found {
            changed += u64::from(tx.stamp_noted(newest.place, &newest.item, verdict).await?);
        }
    }
    tx.note_rescreen(current, changed, 0).await?;
    tx.commit().await?;
    Ok(changed)
}

/// Screens kept texts on every core, in their order.
pub(super) async fn look(screener: &Arc<Screener>, mut texts: Vec<KeptText>) -> Result<Vec<Looked>, FlowError> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let size = texts.len().div_ceil(cores).max(1);
    let mut running = Vec::new();
    while !texts.is_empty() {
        let rest = texts.split_off(size.min(texts.len()));
        let (part, screener) = (std::mem::replace(&mut texts, rest), screener.clone());
        running.push(tokio::task::spawn_blocking(move || {
            part.into_iter().map(|text| look_here(&screener, text)).collect::<Vec<_>>()
        }));
    }
    let mut all = Vec::new();
    for part in running {
        all.extend(part.await?);
    }
    Ok(all)
}

/// Screens one on this thread.
fn look_here(screener: &Screener, text: KeptText) -> Looked {
    let KeptText { place, item, noted, packed } = text;
    let found = packed.and_then(|packed| unpack(&packed)).map(|draft| {
        let verdict = screener.judge(&draft);
        let content = (verdict.outcome != Outcome::Pass || !verdict.findings.is_empty()).then_some(draft.content);
        (verdict, content)
    });
    Looked { place, item, noted, found }
}
