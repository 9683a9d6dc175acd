//! A detail page: fetched, compared, read with its attachments, screened, recorded; or found gone.

use std::time::Duration;

use serde_json::json;

use crate::collect::gone::{Evidence, Look};
use crate::collect::{Fetched, Validators};
use crate::extract::AttachmentLink;
use crate::flow::intake::{File, Kept, Page, Taken};
use crate::flow::publish::rules_of;
use crate::flow::{FlowError, job};
use crate::model::{Actor, ColumnId, Content, Digest, ItemId, Status};
use crate::screen::Screened;
use crate::store::{DeskTx, NewItem, Screening, UrlDone, UrlLease, UrlOutcome, is_sealed_title};

use super::{Collecting, LEASE, Round};

/// Attachments of one page; with more it is held, never published without them.
const FILES: usize = 40;

/// When a page is looked at again whose attachments could not be fetched.
const SOON: Duration = Duration::from_secs(3600);

impl Collecting {
    /// Visits a page.
    pub(super) async fn visit_detail(&self, round: &Round, lease: &UrlLease) -> Result<(), FlowError> {
        let Some(fetched) = self.ask(round, lease, self.config.page_limit.0).await? else { return Ok(()) };
        match fetched {
            Fetched::NotModified { .. } => {
                round.state.lock().await.report.not_modified += 1;
                self.acknowledge(round, lease, UrlOutcome::NotModified, None).await
            }
            Fetched::Gone { status, .. } => {
                let evidence = if status == 410 { Evidence::Gone } else { Evidence::NotFound };
                self.missing(round, lease, Look::Strong(evidence), &format!("the server answered {status}")).await
            }
            Fetched::Page(page) => {
                let body = Digest::of(&page.bytes);
                if lease.row.body == Some(body) && lease.row.item.is_some() && !self.held_under_others(lease).await? {
                    round.state.lock().await.report.not_modified += 1;
                    return self.acknowledge(round, lease, UrlOutcome::Fetched, Some(&page)).await;
                }
                self.take_page(round, lease, page).await
            }
        }
    }

    async fn take_page(&self, round: &Round, lease: &UrlLease, fetched: crate::collect::Page) -> Result<(), FlowError> {
        let page = Page {
            bytes: fetched.bytes.clone(),
            url: lease.row.url.clone(),
            content_type: fetched.content_type.clone(),
            listed_title: if is_sealed_title(&lease.row.title) { String::new() } else { lease.row.title.clone() },
            listed_date: lease.row.published,
        };
        let read = self.intake.read(&page, &round.source).await;
        if read.without_reader {
            let why = read.unreadable.first().map_or("", |part| part.reason.as_str());
            self.failed(round, lease, "reader", format!("the page could not be read: {why}")).await?;
            return Ok(());
        }
        if read.gone {
            let look = Look::Strong(Evidence::SaysSo);
            return self.missing(round, lease, look, "the page says that it is no longer there").await;
        }
        if let (Some(wall), true) = (fetched.suspect, read.text.trim().is_empty()) {
            return self.walled(round, lease, &format!("a challenge came instead of the page ({wall})")).await;
        }
        let mut lease = lease.clone();
        let mut files = Vec::new();
        let mut passing = false;
        for link in read.attachments.iter().take(FILES) {
            self.desk.renew_url(&mut lease, LEASE).await?;
            let (file, may_pass) = self.file(round, link, &page.url).await?;
            files.push(file);
            passing |= may_pass;
        }
        if let Some(link) = read.attachments.get(FILES) {
            let reason = format!("the page has {} attachments, the limit is {FILES}", read.attachments.len());
            files.push(File { url: link.url.clone(), name: link.name.clone(), bytes: Err(reason) });
        }
        let Some(column) =
            lease.row.column.clone().or_else(|| round.source.lists.first().map(|list| list.column.clone()))
        else {
            return Err(FlowError::Refused(format!("source {} has no column", round.source.id)));
        };
        let taken = self.intake.take(&page, read, files, &round.source, &round.unit, &column).await?;
        let mut done = self.done(round, UrlOutcome::Fetched, Some(&fetched), None);
        if passing || taken.without_reader {
            // Without validators and body, so that the next look reads it anew.
            let soon = self.desk.clock().now().after(SOON);
            done = UrlDone { next_fetch_at: Some(soon), ..self.done(round, UrlOutcome::Fetched, None, None) };
        }
        self.record(round, &lease, done, taken, &column).await
    }

    /// Fetches an attachment; every reason why it cannot be had becomes a reason to hold the item. Says whether the
    /// reason may pass, so that the page is looked at again soon.
    async fn file(&self, round: &Round, link: &AttachmentLink, page: &str) -> Result<(File, bool), FlowError> {
        let limit = self.config.attachment_limit.0;
        let answer = self.ask_beside(round, &link.url, limit, Some(page), Validators::default()).await?;
        let passing = answer.is_err();
        let bytes = match answer {
            Ok(Fetched::Page(fetched)) => Ok(fetched.bytes),
            Ok(Fetched::Gone { status, .. }) => Err(format!("the attachment is gone: the server answered {status}")),
            Ok(Fetched::NotModified { .. }) => Err("the server answered 304 to a request without validators".into()),
            Err(reason) => Err(format!("the attachment could not be fetched: {reason}")),
        };
        Ok((File { url: link.url.clone(), name: link.name.clone(), bytes }, passing))
    }

    /// The one transaction of intake: item, verdict, audit, job, and the fenced acknowledgement of the address.
    async fn record(
        &self,
        round: &Round,
        lease: &UrlLease,
        done: UrlDone,
        taken: Taken,
        column: &ColumnId,
    ) -> Result<(), FlowError> {
        let id = ItemId::of_page(&round.source.id, &lease.row.url);
        let (content, verdict) = match &taken.screened {
            Screened::Cleared(cleared) => (cleared.bytes().to_owned(), cleared.verdict().clone()),
            Screened::Held(held) => (held.bytes().to_owned(), held.verdict().clone()),
        };
        let held = matches!(taken.screened, Screened::Held(_));
        let mut screening = Screening {
            content,
            verdict,
            segments: None,
            raw: None,
            text_hash: Some(taken.text_hash),
            duplicate_of: None,
            flags: json!({}),
            sealed: None,
        };
        match &taken.kept {
            Kept::Plain { raw, evidence } => (screening.raw, screening.segments) = (Some(*raw), Some(*evidence)),
            Kept::Package(package) => screening.sealed = Some(self.intake.sealer.seal(&id, package).await?),
        }
        let content_hash = Content::hash_of(&screening.content);
        let package = screening.sealed.as_ref().map(|sealed| sealed.package);
        let mut tx = self.desk.begin().await?;
        if tx.rules_in_force().await? != Some(screening.verdict.rule_set) {
            // Screened under rules that are no longer in force: the address stays due, and the round ends so that the next
            // one begins under the new rules.
            drop(tx);
            self.desk.release_url(lease).await?;
            round.state.lock().await.other_rules = true;
            return Ok(());
        }
        let change = match tx.item(&id).await? {
            None => {
                let item = NewItem {
                    id: id.clone(),
                    source: Some(round.source.id.clone()),
                    url: lease.row.url.clone(),
                    screening,
                };
                tx.insert_item(&item).await?;
                self.note(&mut tx, &id, &item.screening, "item.collect", round, column).await?;
                Recorded::New
            }
            Some(row)
                if row.content_hash == content_hash
                    && row.outcome == screening.verdict.outcome
                    && (!held || row.rule_set == screening.verdict.rule_set) =>
            {
                Recorded::Same
            }
            Some(row) if row.status == Status::Dismissed => Recorded::Same,
            Some(row) => {
                if matches!(row.status, Status::Withdrawn | Status::Returned) {
                    // It comes back changed after a person took it off: a person decides again.
                    screening.flags = json!({"back_after": row.status});
                }
                tx.rescreen_item(&id, row.status, row.version, &screening).await?;
                self.note(&mut tx, &id, &screening, "item.change", round, column).await?;
                if held && row.on_site.is_some() {
                    let payload = json!({"reason": "a changed version was held by the gate"});
                    tx.enqueue(job::WITHDRAW, id.as_str(), &payload, tx.now()).await?;
                }
                Recorded::Changed
            }
        };
        if let Some(text) = taken.kept_text.filter(|_| !matches!(change, Recorded::Same)) {
            tx.keep_text(&id, &text).await?;
        }
        if let Some(package) = &package {
            if matches!(change, Recorded::Same) {
                tx.clean_blob(package).await?;
            }
            tx.seal_listed_title(&round.source.id, &lease.row.url).await?;
            tx.enqueue(job::CLEAN, "all", &json!({}), tx.now()).await?;
        }
        tx.finish_url(lease, &UrlDone { item: Some(id), ..done }).await?;
        tx.commit().await?;
        let mut state = round.state.lock().await;
        state.healthy += 1;
        match change {
            Recorded::New => state.report.new += 1,
            Recorded::Changed => state.report.changed += 1,
            Recorded::Same => {}
        }
        if held && !matches!(change, Recorded::Same) {
            state.report.held += 1;
        }
        Ok(())
    }

    /// Whether the page is an item that is held under other rules than those in force: then it is read whole, so that
    /// what passes now is freed. The host cannot screen again what is sealed.
    pub(super) async fn held_under_others(&self, lease: &UrlLease) -> Result<bool, FlowError> {
        let Some(item) = &lease.row.item else { return Ok(false) };
        Ok(self.desk.held_under(item).await?.is_some_and(|rules| rules != self.intake.screener.current().id()))
    }

    async fn note(
        &self,
        tx: &mut DeskTx,
        id: &ItemId,
        screening: &Screening,
        action: &str,
        round: &Round,
        column: &ColumnId,
    ) -> Result<(), FlowError> {
        let detail = json!({
            "source": round.source.id, "column": column, "raw": screening.raw, "outcome": screening.verdict.outcome,
            "rule_set": screening.verdict.rule_set, "rules": rules_of(&screening.verdict),
            "unreadable": screening.verdict.unreadable.len(),
        });
        tx.audit(&Actor::System("collector".into()), action, id.as_str(), &detail).await?;
        Ok(())
    }
}

enum Recorded {
    New,
    Changed,
    Same,
}
