//! Jobs: leases, retries and schedules over the job table. Calls `flow`; holds no rule of its own.
//!
//! A worker claims one job at a time by lease, keeps the lease alive while it works, and ends the job in a transaction
//! that is refused when the lease was lost. A job may run twice; every use case it calls bears that. A panic is a
//! failure of its job, not of the worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::flow::collecting::{Collecting, INTERRUPTED, RoundReport};
use crate::flow::indexing::Indexing;
use crate::flow::publish::Publisher;
use crate::flow::quarantine::clean;
use crate::flow::withdraw::Withdrawal;
use crate::flow::{FlowError, approve, job, rescreen, rule_trial, rules};
use crate::model::{Actor, ItemId, PermitVerifier, PersonId, SourceId};
use crate::screen::Screener;
use crate::store::{Desk, JobLease, JobState, StoreError};

/// How long a lease lasts without being renewed.
const LEASE: Duration = Duration::from_secs(60);

/// Longest wait between two looks at an empty table.
const IDLE: Duration = Duration::from_secs(1);

/// What the desk role works with.
#[derive(Clone)]
pub struct DeskWork {
    /// Publishes.
    pub publisher: Publisher,
    /// Withdraws.
    pub withdrawal: Withdrawal,
    /// Follows the site.
    pub indexing: Indexing,
}

/// Carries out jobs.
#[derive(Clone)]
pub struct Jobs {
    /// Where the jobs are.
    pub desk: Desk,
    /// The gate; refreshed before each job.
    pub screener: Arc<Screener>,
    /// Checks the signature of rule sets.
    pub verifier: Arc<PermitVerifier>,
    /// Names this process in leases.
    pub owner: String,
    /// For the collector role.
    pub collecting: Option<Arc<Collecting>>,
    /// For the desk role.
    pub work: Option<DeskWork>,
}

/// What a job did, where somebody wants to know.
#[derive(Debug)]
pub enum Done {
    /// A collecting round.
    Round(RoundReport),
    /// Anything else.
    Other,
}

impl Jobs {
    /// Works until `soft` is cancelled.
    ///
    /// # Errors
    /// Where the job table fails for longer than a passing moment.
    pub async fn run(self, kinds: &'static [&'static str], soft: CancellationToken) -> Result<(), StoreError> {
        let mut failures = 0u32;
        while !soft.is_cancelled() {
            match self.step(kinds, &soft).await {
                Ok(Some(_)) => failures = 0,
                Ok(None) => {
                    failures = 0;
                    pause(&soft, IDLE).await;
                }
                Err(error) if failures < 10 => {
                    failures += 1;
                    tracing::warn!(%error, failures, "the job table failed; trying again");
                    pause(&soft, Duration::from_secs(u64::from(failures))).await;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Works until no job of `kinds` is due, with so many workers at one time; hands over the rounds as they end.
    ///
    /// # Errors
    /// Where the job table fails.
    pub async fn drain(
        &self,
        kinds: &'static [&'static str],
        workers: usize,
        soft: &CancellationToken,
        mut report: impl FnMut(RoundReport),
    ) -> Result<(), StoreError> {
        let (send, mut rounds) = tokio::sync::mpsc::unbounded_channel();
        let busy = Arc::new(AtomicUsize::new(0));
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..workers.max(1) {
            let (jobs, soft, busy, send) = (self.clone(), soft.clone(), busy.clone(), send.clone());
            running.spawn(async move {
                while !soft.is_cancelled() {
                    busy.fetch_add(1, Ordering::SeqCst);
                    let done = jobs.step(kinds, &soft).await;
                    let others = busy.fetch_sub(1, Ordering::SeqCst) - 1;
                    match done? {
                        // The receiver outlives the workers.
                        Some(Done::Round(round)) => drop(send.send(round)),
                        Some(Done::Other) => {}
                        // Who still works may ask for more: end only when all are idle.
                        None if others == 0 => break,
                        None => pause(&soft, Duration::from_millis(20)).await,
                    }
                }
                Ok::<(), StoreError>(())
            });
        }
        drop(send);
        while let Some(round) = rounds.recv().await {
            report(round);
        }
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok(done) => done?,
                Err(panic) => tracing::error!(%panic, "a worker ended"),
            }
        }
        Ok(())
    }

    /// Claims one job and carries it out.
    async fn step(&self, kinds: &[&str], soft: &CancellationToken) -> Result<Option<Done>, StoreError> {
        let Some(lease) = self.desk.claim_job(kinds, &self.owner, LEASE).await? else { return Ok(None) };
        let began = Instant::now();
        let outcome = self.carry_out(&lease, soft).await;
        let ended = if outcome.is_ok() { "done" } else { "failed" };
        metrics::counter!("menhu_jobs_total", "kind" => lease.kind.clone(), "outcome" => ended).increment(1);
        metrics::histogram!("menhu_job_seconds", "kind" => lease.kind.clone()).record(began.elapsed().as_secs_f64());
        self.end(&lease, outcome).await.map(Some)
    }

    async fn carry_out(&self, lease: &JobLease, soft: &CancellationToken) -> Result<Done, FlowError> {
        rules::refresh(&self.desk, &self.verifier, &self.screener).await?;
        let (jobs, job, soft) = (self.clone(), lease.clone(), soft.clone());
        let mut work = tokio::spawn(jobs.dispatch(job, soft));
        let mut kept = lease.clone();
        let mut tick = tokio::time::interval(LEASE / 3);
        tick.tick().await;
        loop {
            tokio::select! {
                ended = &mut work => return ended?,
                _ = tick.tick() => if let Err(error) = self.desk.renew_job(&mut kept, LEASE).await {
                    tracing::warn!(job = %lease.id, %error, "the lease could not be renewed: the work is dropped");
                    work.abort();
                    return Err(error.into());
                },
            }
        }
    }

    /// Boxed: the compiler cannot see through the nested futures that it is `Send`.
    fn dispatch(self, lease: JobLease, soft: CancellationToken) -> BoxFuture<'static, Result<Done, FlowError>> {
        Box::pin(async move { self.call(&lease, &soft).await })
    }

    async fn call(&self, lease: &JobLease, soft: &CancellationToken) -> Result<Done, FlowError> {
        let item =
            || ItemId::new(lease.subject.clone()).map_err(|bad| FlowError::Refused(format!("job {}: {bad}", lease.id)));
        match (lease.kind.as_str(), &self.collecting, &self.work) {
            (job::COLLECT, Some(collecting), _) => {
                let source = SourceId::new(lease.subject.clone()).map_err(|bad| FlowError::Refused(bad.to_string()))?;
                return Ok(Done::Round(collecting.round(&source, soft).await?));
            }
            (job::APPROVE, _, Some(_)) => {
                approve::approve_covered(&self.desk).await?;
            }
            (job::PUBLISH, _, Some(work)) => {
                work.publisher.publish(&item()?).await?;
            }
            (job::WITHDRAW, _, Some(work)) => {
                let reason = lease.payload.get("reason").and_then(Value::as_str).unwrap_or("withdrawn");
                let erase = lease.payload.get("erase").and_then(Value::as_bool).unwrap_or(false);
                let person = lease.payload.get("person").and_then(Value::as_str);
                let actor = match person.and_then(|person| PersonId::new(person).ok()) {
                    Some(person) => Actor::Person(person),
                    None => Actor::System("withdrawal".into()),
                };
                // What was sealed since it was asked for has no words in plain; its destruction takes two officers.
                let erase = erase && work.withdrawal.may_erase(&item()?).await?;
                work.withdrawal.withdraw(&item()?, &actor, reason, erase).await?;
            }
            (job::INDEX, _, Some(work)) => {
                work.indexing.apply().await?;
            }
            (job::CLEAN, _, Some(work)) => {
                clean::clean(&work.withdrawal).await?;
            }
            (job::RESCREEN, _, Some(work)) if lease.subject == "all" => {
                let proposal = lease.payload.get("proposal").and_then(Value::as_i64);
                let first = rule_trial::named(&self.desk, proposal).await?;
                rescreen::rescreen(&work.publisher, &work.withdrawal, &first).await?;
            }
            (job::TRIAL, _, Some(work)) => {
                rule_trial::run(&work.publisher, &self.verifier, &lease.subject).await?;
            }
            (job::RESCREEN, _, Some(work)) => {
                rescreen::rescreen_one(&work.publisher, &work.withdrawal, &item()?).await?;
            }
            (kind, _, _) => {
                return Err(FlowError::Refused(format!("this process does not carry out jobs of kind {kind:?}")));
            }
        }
        Ok(Done::Other)
    }

    /// Ends the job in the table.
    async fn end(&self, lease: &JobLease, outcome: Result<Done, FlowError>) -> Result<Done, StoreError> {
        let mut tx = self.desk.begin().await?;
        let ended = match &outcome {
            Ok(Done::Round(report)) if report.harvest == INTERRUPTED => tx.repeat_job(lease, tx.now()).await,
            Ok(Done::Round(_)) => {
                let every = match SourceId::new(lease.subject.clone()) {
                    Ok(source) => tx.source(&source).await?.map_or(3_600_000, |source| source.every_ms),
                    Err(_) => 3_600_000,
                };
                let due = tx.now();
                tx.enqueue(job::APPROVE, "all", &json!({}), due).await?;
                tx.repeat_job(lease, due.after(Duration::from_millis(every.max(1_000)))).await
            }
            Ok(Done::Other) => tx.finish_job(lease).await,
            Err(error) => {
                tracing::warn!(job = %lease.id, kind = lease.kind, %error, attempt = lease.attempt, "a job failed");
                tx.fail_job(lease, &error.to_string()).await.map(|state| {
                    if state == JobState::Poison {
                        tracing::error!(job = %lease.id, kind = lease.kind, "a job was given up; see the status page");
                    }
                })
            }
        };
        match ended {
            Ok(()) => tx.commit().await?,
            Err(StoreError::Stale(what)) => tracing::warn!(%what, "the lease was lost; another runs the job"),
            Err(error) => return Err(error),
        }
        Ok(outcome.unwrap_or(Done::Other))
    }
}

async fn pause(soft: &CancellationToken, span: Duration) {
    tokio::select! {
        () = soft.cancelled() => {}
        () = tokio::time::sleep(span) => {}
    }
}
