//! Collecting: one round of one source, from its lists to its items.
//!
//! Every request takes a slot of its host in the store before it is sent, is asked of robots.txt, and goes through the
//! guarded client. Every acknowledgement of an address is fenced by its lease and stands in the transaction that
//! writes what was found; a round that dies anywhere is taken up by the next. A source that fails, fails alone.

mod absent;
mod detail;
mod hosts;
mod list;
mod report;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::collect::gone::{Look, Settlement, settle};
use crate::collect::{Client, Completeness, Harvest, Scope};
use crate::config;
use crate::model::{Actor, ColumnId, ItemId, Source, SourceId, Status, Timestamp, Unit};
use crate::store::{Claimed, Desk, NewUrl, UrlKind, UrlLease};

use super::intake::Intake;
use super::{FlowError, job};
use hosts::HostRules;
use report::Gaps;
pub use report::{INTERRUPTED, RoundReport};

/// Addresses of one source that are worked on at one time where its pace does not forbid it.
const AT_ONCE: usize = 4;
/// Longest time that an address is ours; a page with its attachments must be done in it.
const LEASE: Duration = Duration::from_secs(10 * 60);
/// Longest wait for a slot inside a round; a host that is blocked longer ends it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Collects sources. One for the process.
pub struct Collecting {
    desk: Desk,
    intake: Intake,
    client: Arc<Client>,
    config: config::Collect,
    owner: String,
}

/// What a round carries along.
struct Round {
    source: Source,
    unit: Unit,
    scope: Scope,
    began: Timestamp,
    state: Mutex<State>,
    /// Held while a robots.txt is fetched.
    robots: Mutex<()>,
    /// Whether pages known to be good were asked for, to learn whether the host is well; held meanwhile.
    probed: Mutex<bool>,
}

/// What a round has seen so far.
struct State {
    report: RoundReport,
    gaps: Gaps,
    rules: BTreeMap<String, Arc<HostRules>>,
    /// Lists that were read, by column.
    harvests: Vec<(Option<ColumnId>, Harvest)>,
    /// Items that the sub-site took off, and how that was seen.
    going: Vec<(ItemId, String)>,
    /// Failures that say something about the whole source: word and reason.
    trouble: Option<(String, String)>,
    /// Other rules came into force while the round ran: it ends, and the next begins under them.
    other_rules: bool,
    /// Pages that answered as they should: evidence that the host is healthy.
    healthy: u64,
}

impl Collecting {
    /// Collects through `client` into `desk`; `owner` names this process in leases.
    #[must_use]
    pub fn new(desk: Desk, intake: Intake, client: Arc<Client>, config: config::Collect, owner: String) -> Self {
        Self { desk, intake, client, config, owner }
    }

    /// One round of a source.
    ///
    /// # Errors
    /// Where the store or a file fails; what the sub-site does wrong stands in the report and on the source.
    pub async fn round(self: &Arc<Self>, id: &SourceId, soft: &CancellationToken) -> Result<RoundReport, FlowError> {
        let began = Instant::now();
        let Some(source) = self.desk.source(id).await? else { return Err(FlowError::Missing(format!("source {id}"))) };
        let Some(unit) = self.desk.unit(&source.unit).await? else {
            return Err(FlowError::Missing(format!("unit {} of source {id}", source.unit)));
        };
        let scope = Scope::of(&source).map_err(|error| FlowError::Refused(format!("source {id}: {error}")))?;
        let (number, started) = self.begin(&source).await?;
        let round = Arc::new(Round {
            unit,
            scope,
            began: started,
            state: Mutex::new(State {
                report: RoundReport::new(id.clone()),
                gaps: Gaps::default(),
                rules: BTreeMap::new(),
                harvests: Vec::new(),
                going: Vec::new(),
                trouble: None,
                other_rules: false,
                healthy: 0,
            }),
            robots: Mutex::new(()),
            probed: Mutex::new(false),
            source,
        });
        self.work_off(&round, soft).await?;
        if self.look_for_missing(&round).await? {
            self.work_off(&round, soft).await?;
        }
        let mut state = round.state.lock().await;
        self.settle(&round.source, &mut state).await?;
        let interrupted = soft.is_cancelled() || state.other_rules;
        self.finish(&round.source, number, &mut state, began.elapsed(), interrupted).await
    }

    /// Opens the round and makes the lists due.
    async fn begin(&self, source: &Source) -> Result<(i64, Timestamp), FlowError> {
        let mut tx = self.desk.begin().await?;
        let number = tx.start_round(&source.id).await?;
        let now = tx.now();
        for list in &source.lists {
            let Some(url) = hosts::listed(&list.url) else { continue };
            tx.discover_url(&NewUrl {
                source: source.id.clone(),
                host: hosts::host_of(&url),
                url: url.clone(),
                kind: UrlKind::List,
                column: Some(list.column.clone()),
                title: String::new(),
                published: None,
                due: now,
            })
            .await?;
            tx.set_url_due(&source.id, &url, now).await?;
        }
        if source.recheck_ms == 0 {
            tx.set_kind_due(&source.id, UrlKind::Detail, now).await?;
        }
        tx.commit().await?;
        Ok((number, now))
    }

    /// Works until nothing is due, the limit of the round is reached, or the process stops.
    async fn work_off(self: &Arc<Self>, round: &Arc<Round>, soft: &CancellationToken) -> Result<(), FlowError> {
        let width = if round.source.pace.gap_ms < 50 { AT_ONCE } else { 1 };
        let gap = Duration::from_millis(round.source.pace.gap_ms);
        // Tasks, not futures of this one: each may hold the one change of the desk while this one waits to claim.
        let mut running = JoinSet::new();
        let mut patience = PATIENCE;
        loop {
            let mut wait = None;
            while running.len() < width && !soft.is_cancelled() && !self.spent(round).await {
                match self.desk.claim_url(&round.source.id, &self.owner, LEASE, gap).await? {
                    Claimed::Url(lease) => {
                        running.spawn(self.clone().visit(round.clone(), *lease));
                    }
                    Claimed::Wait(until) => {
                        wait = Some(until);
                        break;
                    }
                    Claimed::Nothing => break,
                }
            }
            let pause = wait.map(|until| until.since(self.desk.clock().now()).max(Duration::from_millis(1)));
            match (running.is_empty(), pause) {
                (true, None) => return Ok(()),
                (true, Some(pause)) if pause > patience => {
                    let reason = format!("the host is to be left alone for another {} s", pause.as_secs());
                    round.state.lock().await.trouble.get_or_insert(("waiting".into(), reason));
                    return Ok(());
                }
                (true, Some(pause)) => {
                    patience = patience.saturating_sub(pause);
                    tokio::select! {
                        () = soft.cancelled() => return Ok(()),
                        () = tokio::time::sleep(pause) => {}
                    }
                }
                (false, _) => {
                    if let Some(visited) = running.join_next().await {
                        patience = PATIENCE;
                        visited??;
                    }
                }
            }
        }
    }

    /// Whether the round has made its requests, or must end.
    async fn spent(&self, round: &Round) -> bool {
        let state = round.state.lock().await;
        state.other_rules || state.report.requests >= u64::from(round.source.pace.round_limit)
    }

    async fn visit(self: Arc<Self>, round: Arc<Round>, lease: UrlLease) -> Result<(), FlowError> {
        let visited = match lease.row.kind {
            UrlKind::List => self.visit_list(&round, &lease).await,
            UrlKind::Detail | UrlKind::Attachment => self.visit_detail(&round, &lease).await,
        };
        match visited {
            Err(error) if error.is_race() => {
                tracing::warn!(source = %round.source.id, %error, "nothing was kept; the address stays due");
                // Where the lease is another's by now there is nothing to give back.
                Ok(self.desk.release_url(&lease).await?)
            }
            other => other,
        }
    }

    /// Pages that a whole harvest no longer names are looked at now: absence from a list is a reason to look, never
    /// evidence by itself. Returns whether there is something to look at.
    async fn look_for_missing(&self, round: &Round) -> Result<bool, FlowError> {
        let harvests = std::mem::take(&mut round.state.lock().await.harvests);
        let unlisted = self.desk.urls_unlisted_since(&round.source.id, round.began, 1_000).await?;
        let absent: Vec<_> = unlisted
            .into_iter()
            .filter(|row| row.kind == UrlKind::Detail && row.item.is_some())
            .filter(|row| {
                harvests.iter().any(|(column, harvest)| {
                    *column == row.column && Look::at_list(&row.url, row.published, harvest) == Look::Absent
                })
            })
            .collect();
        round.state.lock().await.harvests = harvests;
        if absent.is_empty() {
            return Ok(false);
        }
        let mut tx = self.desk.begin().await?;
        let now = tx.now();
        for row in &absent {
            tx.set_url_due(&round.source.id, &row.url, now).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// What the sub-site took off is withdrawn, unless it is too much at once.
    async fn settle(&self, source: &Source, state: &mut State) -> Result<(), FlowError> {
        let mut going = Vec::new();
        for (item, reason) in std::mem::take(&mut state.going) {
            // What is off already (by a person, or by an earlier round) does not go again.
            let row = self.desk.item(&item).await?;
            if row.is_some_and(|row| row.status.may_become(Status::Withdrawn)) {
                going.push((item, reason));
            }
        }
        state.going = going;
        if state.going.is_empty() {
            return Ok(());
        }
        let live: u64 = self.desk.url_counts(&source.id).await?.iter().map(|count| count.count).sum();
        match settle(state.going.len(), usize::try_from(live).unwrap_or(usize::MAX)) {
            Settlement::Freeze { going, limit } => {
                let reason = format!("{going} items would go at once, the limit is {limit}: a person decides");
                state.trouble = Some(("frozen".into(), reason));
            }
            Settlement::Withdraw => {
                let actor = Actor::System("collector".into());
                let mut tx = self.desk.begin().await?;
                for (item, reason) in &state.going {
                    tx.audit(&actor, "item.gone", item.as_str(), &json!({"reason": reason})).await?;
                    let payload = json!({"reason": format!("the sub-site took it off: {reason}")});
                    tx.enqueue(job::WITHDRAW, item.as_str(), &payload, tx.now()).await?;
                }
                tx.commit().await?;
                state.report.gone += state.going.len() as u64;
            }
        }
        Ok(())
    }

    async fn finish(
        &self,
        source: &Source,
        number: i64,
        state: &mut State,
        took: Duration,
        interrupted: bool,
    ) -> Result<RoundReport, FlowError> {
        let mut report = state.report.clone();
        report.seconds = took.as_secs_f64();
        state.gaps.write(&mut report);
        let short: Vec<String> = state
            .harvests
            .iter()
            .filter_map(|(_, harvest)| match &harvest.completeness {
                Completeness::Incomplete { reason } => Some(reason.clone()),
                Completeness::Complete | Completeness::Unknown => None,
            })
            .collect();
        report.harvest = match (interrupted, &state.trouble, short.first()) {
            (true, _, _) => INTERRUPTED.into(),
            (_, Some((word, reason)), _) => format!("{word}: {reason}"),
            (_, _, Some(short)) => format!("incomplete: {short}"),
            _ if state.harvests.is_empty() => "unchanged".into(),
            _ if state.harvests.iter().all(|(_, harvest)| harvest.completeness == Completeness::Complete) => {
                "complete".into()
            }
            _ => "read".into(),
        };
        let (word, reason) = match (&state.trouble, short.first()) {
            (Some((word, reason)), _) => (word.clone(), reason.clone()),
            (None, Some(short)) => ("incomplete".into(), short.clone()),
            (None, None) if report.failed > 0 => {
                ("failing".into(), format!("{} requests failed: {}", report.failed, report.reasons.join("; ")))
            }
            (None, None) => ("ok".into(), String::new()),
        };
        metrics::counter!("menhu_requests_total", "source" => source.id.to_string()).increment(report.requests);
        metrics::counter!("menhu_items_new_total", "source" => source.id.to_string()).increment(report.new);
        metrics::counter!("menhu_items_held_total", "source" => source.id.to_string()).increment(report.held);
        let mut tx = self.desk.begin().await?;
        let outcome = if interrupted { INTERRUPTED } else { "done" };
        tx.finish_round(&source.id, number, outcome, &serde_json::to_value(&report)?).await?;
        tx.put_source_state(&source.id, &word, &reason).await?;
        tx.commit().await?;
        Ok(report)
    }
}
