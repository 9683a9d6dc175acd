//! Hosts: robots.txt once a day, a slot for every request, pauses that a host asked for; and the two ways to ask.

use std::sync::Arc;
use std::time::Duration;

use url::Url;

use crate::collect::pace;
use crate::collect::{
    FetchError, Fetched, Page, Permission, Request, RobotsAnswer, RobotsState, Validators, agent_name, canonical,
    host_key, robots_url,
};
use crate::flow::FlowError;
use crate::model::{ItemId, Timestamp};
use crate::store::{RobotsRecord, Slot, UrlDone, UrlKind, UrlLease, UrlOutcome};

use super::{Collecting, Round};

/// Largest robots.txt that is read (RFC 9309 2.5 asks for at least 500 KiB).
const ROBOTS_LIMIT: u64 = 512 << 10;
/// When pages are due by themselves that every round makes due.
const EVERY_ROUND: Duration = Duration::from_secs(24 * 3600);
/// First pause after a failure; doubles up to a day.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What robots.txt says of one host, for one round.
pub(super) struct HostRules {
    state: RobotsState,
}

/// The canonical form of an address that an operator set.
pub(super) fn listed(url: &str) -> Option<String> {
    canonical(url).ok()
}

/// `host` or `host:port`.
pub(super) fn host_of(url: &str) -> String {
    Url::parse(url).ok().map(|url| host_key(&url)).unwrap_or_default()
}

impl Collecting {
    /// Asks for a leased address. `None` where the answer was a failure that has been recorded already.
    pub(super) async fn ask(&self, round: &Round, lease: &UrlLease, limit: u64) -> Result<Option<Fetched>, FlowError> {
        let row = &lease.row;
        match self.permission(round, &row.url).await? {
            Permission::Allowed => {}
            Permission::Forbidden => {
                round.state.lock().await.report.forbidden += 1;
                return self.refused(round, lease, "robots", "robots.txt forbids it".into()).await;
            }
            Permission::Unknown => return self.failed(round, lease, "robots", "robots.txt is not known".into()).await,
            Permission::Unreachable(why) => return self.failed(round, lease, "robots", why).await,
        }
        let known = row.body.is_some()
            && match row.kind {
                // A list that is to be read whole is asked for whole: its first page alone says nothing of the others.
                UrlKind::List => !self.whole_is_due(&row.url).await?,
                UrlKind::Detail | UrlKind::Attachment => row.item.is_some() && !self.held_under_others(lease).await?,
            };
        let validators = if known {
            Validators { etag: row.etag.clone(), last_modified: row.last_modified.clone() }
        } else {
            Validators::default()
        };
        match self.send(round, &row.url, validators, limit, None).await {
            Ok(fetched) => Ok(Some(fetched)),
            Err(error) => self.refused_or_failed(round, lease, error).await,
        }
    }

    /// Asks for an address without a lease of its own (a further page of a list, a file of a page); the reason where it
    /// cannot be had.
    pub(super) async fn ask_beside(
        &self,
        round: &Round,
        url: &str,
        limit: u64,
        page: Option<&str>,
        validators: Validators,
    ) -> Result<Result<Fetched, String>, FlowError> {
        match self.permission(round, url).await? {
            Permission::Allowed => {}
            Permission::Forbidden => return Ok(Err("robots.txt forbids it".into())),
            Permission::Unknown => return Ok(Err("it is outside the source".into())),
            Permission::Unreachable(why) => return Ok(Err(why)),
        }
        if let Err(reason) = self.slot(round, &host_of(url)).await? {
            return Ok(Err(reason));
        }
        Ok(self.send(round, url, validators, limit, page).await.map_err(|error| error.to_string()))
    }

    /// One request, with what it cost noted.
    async fn send(
        &self,
        round: &Round,
        url: &str,
        validators: Validators,
        limit: u64,
        referer: Option<&str>,
    ) -> Result<Fetched, FetchError> {
        let agent = agent_name(&self.config.agent).to_owned();
        let (known, now) = (round.state.lock().await.rules.clone(), self.desk.clock().now());
        let delay = known.get(&host_of(url)).and_then(|rules| rules.state.crawl_delay(&agent));
        let gap = pace::gap(&round.source.pace, delay);
        // Boxed, so that the future that holds it is `Send` for the compiler too.
        let may: Box<dyn Fn(&Url) -> bool + Send + Sync> = Box::new(move |hop| {
            known
                .get(&host_key(hop))
                .is_some_and(|rules| rules.state.permission(&agent, hop.as_str(), now) == Permission::Allowed)
        });
        let request = Request { url, scope: &round.scope, validators, limit, referer, gap, may: &*may };
        round.state.lock().await.gaps.sent(&host_of(url));
        let answer = self.client.fetch(&request).await;
        let mut state = round.state.lock().await;
        match &answer {
            Ok(fetched) => {
                let traffic = fetched.traffic();
                state.report.requests += u64::from(traffic.requests);
                state.report.bytes += traffic.decoded;
                if matches!(fetched, Fetched::Page(_)) {
                    state.report.fetched += 1;
                }
            }
            Err(_) => state.report.requests += 1,
        }
        answer
    }

    /// Takes a slot of a host for a request without a lease of its own.
    async fn slot(&self, round: &Round, host: &str) -> Result<Result<(), String>, FlowError> {
        let gap = Duration::from_millis(round.source.pace.gap_ms);
        loop {
            match self.desk.reserve_slot(host, gap).await? {
                Slot::Now => return Ok(Ok(())),
                Slot::Wait(until) => {
                    let pause = until.since(self.desk.clock().now());
                    if pause > super::PATIENCE {
                        return Ok(Err(format!("the host is to be left alone for another {} s", pause.as_secs())));
                    }
                    tokio::time::sleep(pause.max(Duration::from_millis(1))).await;
                }
            }
        }
    }

    /// What robots.txt of the address's host says; asked for where it is not known or older than a day.
    async fn permission(&self, round: &Round, url: &str) -> Result<Permission, FlowError> {
        let Ok(parsed) = Url::parse(url) else { return Ok(Permission::Unknown) };
        if !round.scope.holds(&parsed) {
            return Ok(Permission::Unknown);
        }
        let name = host_key(&parsed);
        let now = self.desk.clock().now();
        let agent = agent_name(&self.config.agent).to_owned();
        // One at a time, so that robots.txt is fetched once.
        let _turn = round.robots.lock().await;
        if let Some(rules) = round.state.lock().await.rules.get(&name) {
            return Ok(rules.state.permission(&agent, url, now));
        }
        let kept = self.desk.host_state(&name).await?.and_then(|host| host.robots);
        let mut robots: RobotsState =
            kept.and_then(|record| serde_json::from_slice(&record.body).ok()).unwrap_or_default();
        if robots.due(now) {
            robots = self.fetch_robots(round, &parsed, &name, robots, &agent).await?;
            // The slot of the request that waited for this is over: it takes another.
            if let Err(reason) = self.slot(round, &name).await? {
                return Ok(Permission::Unreachable(reason));
            }
        }
        let permission = robots.permission(&agent, url, now);
        round.state.lock().await.rules.insert(name, Arc::new(HostRules { state: robots }));
        Ok(permission)
    }

    async fn fetch_robots(
        &self,
        round: &Round,
        url: &Url,
        host: &str,
        before: RobotsState,
        agent: &str,
    ) -> Result<RobotsState, FlowError> {
        // What the scope of this source refuses says nothing of the host, which other sources may ask.
        let mut of_host = true;
        let answer = match self.slot(round, host).await? {
            Ok(()) => {
                let address = robots_url(url);
                let request = Request::new(&address, &round.scope, ROBOTS_LIMIT);
                round.state.lock().await.gaps.sent(host);
                let fetched = self.client.fetch(&request).await;
                round.state.lock().await.report.requests += 1;
                of_host = fetched.as_ref().err().is_none_or(FetchError::passes);
                RobotsAnswer::of(fetched)
            }
            Err(reason) => RobotsAnswer::Unreachable(reason),
        };
        let mut tx = self.desk.begin().await?;
        let after = before.after(answer, tx.now());
        if !of_host {
            return Ok(after);
        }
        let record = RobotsRecord {
            state: after.word().to_owned(),
            body: serde_json::to_vec(&after)?,
            fetched_at: tx.now(),
            crawl_delay: after.crawl_delay(agent),
        };
        tx.put_robots(host, &record).await?;
        tx.commit().await?;
        Ok(after)
    }

    async fn refused_or_failed(
        &self,
        round: &Round,
        lease: &UrlLease,
        error: FetchError,
    ) -> Result<Option<Fetched>, FlowError> {
        match &error {
            FetchError::OutOfScope { .. }
            | FetchError::Forbidden { .. }
            | FetchError::Address { .. }
            | FetchError::Refused { .. } => {
                round.state.lock().await.report.fail(error.to_string());
                self.refused(round, lease, error.word(), error.to_string()).await
            }
            FetchError::Busy { retry_after, .. } => {
                let until = retry_after.map(|pause| self.desk.clock().now().after(pause));
                let mut tx = self.desk.begin().await?;
                tx.block_host(&lease.row.host, until, &error.to_string()).await?;
                tx.commit().await?;
                self.failed(round, lease, error.word(), error.to_string()).await
            }
            FetchError::Challenged { .. } => {
                self.walled(round, lease, &error.to_string()).await?;
                Ok(None)
            }
            _ => self.failed(round, lease, error.word(), error.to_string()).await,
        }
    }

    /// A challenge: the host is left alone, and the source says so.
    pub(super) async fn walled(&self, round: &Round, lease: &UrlLease, reason: &str) -> Result<(), FlowError> {
        let blocks = self.desk.host_state(&lease.row.host).await?.map_or(0, |host| host.blocks);
        let pause = pace::challenge_back_off(u32::try_from(blocks).unwrap_or(u32::MAX));
        let mut tx = self.desk.begin().await?;
        tx.block_host(&lease.row.host, Some(tx.now().after(pause)), reason).await?;
        tx.commit().await?;
        round.state.lock().await.trouble.get_or_insert(("challenged".into(), reason.to_owned()));
        self.failed(round, lease, "challenged", reason.to_owned()).await?;
        Ok(())
    }

    /// What must not be asked; a list of which that holds is trouble of the source.
    async fn refused(
        &self,
        round: &Round,
        lease: &UrlLease,
        word: &str,
        reason: String,
    ) -> Result<Option<Fetched>, FlowError> {
        if lease.row.kind == UrlKind::List {
            let mut state = round.state.lock().await;
            state.trouble.get_or_insert((source_word(word).to_owned(), reason.clone()));
        }
        self.acknowledge(round, lease, UrlOutcome::Refused(reason), None).await?;
        Ok(None)
    }

    /// A failure: counted, kept on the address, tried again later; a list that fails is trouble of the source.
    pub(super) async fn failed(
        &self,
        round: &Round,
        lease: &UrlLease,
        word: &str,
        reason: String,
    ) -> Result<Option<Fetched>, FlowError> {
        {
            let mut state = round.state.lock().await;
            state.report.fail(format!("{}: {reason}", lease.row.url));
            if lease.row.kind == UrlKind::List || word == "robots" {
                state.trouble.get_or_insert((source_word(word).to_owned(), reason.clone()));
            }
        }
        self.acknowledge(round, lease, UrlOutcome::Failed(reason), None).await?;
        Ok(None)
    }

    /// Gives an address back with what became of it, in a transaction of its own.
    pub(super) async fn acknowledge(
        &self,
        round: &Round,
        lease: &UrlLease,
        outcome: UrlOutcome,
        page: Option<&Page>,
    ) -> Result<(), FlowError> {
        if matches!(outcome, UrlOutcome::Fetched | UrlOutcome::NotModified) {
            round.state.lock().await.healthy += 1;
        }
        let done = match outcome {
            UrlOutcome::Failed(_) => {
                let failures = u32::try_from(lease.row.failures).unwrap_or(u32::MAX).min(16);
                let pause = AFTER_FAILURE.saturating_mul(1 << failures.min(10)).min(pace::LONGEST_BACK_OFF);
                UrlDone {
                    next_fetch_at: Some(self.desk.clock().now().after(pause)),
                    ..self.done(round, outcome, None, None)
                }
            }
            other => self.done(round, other, page, None),
        };
        let mut tx = self.desk.begin().await?;
        tx.finish_url(lease, &done).await?;
        tx.commit().await?;
        Ok(())
    }

    /// What is kept after a fetch.
    pub(super) fn done(
        &self,
        round: &Round,
        outcome: UrlOutcome,
        page: Option<&Page>,
        item: Option<ItemId>,
    ) -> UrlDone {
        UrlDone {
            outcome,
            next_fetch_at: Some(self.next_look(round)),
            etag: page.and_then(|page| page.validators.etag.clone()),
            last_modified: page.and_then(|page| page.validators.last_modified.clone()),
            body: page.map(|page| crate::model::Digest::of(&page.bytes)),
            item,
        }
    }

    /// When a page that is known is looked at again: never within the round that has just seen it. A source that wants
    /// its pages looked at in every round (`recheck_ms` 0) makes them due when the round begins.
    fn next_look(&self, round: &Round) -> Timestamp {
        let again = match round.source.recheck_ms {
            0 => EVERY_ROUND,
            ms => Duration::from_millis(ms).max(Duration::from_secs(60)),
        };
        self.desk.clock().now().after(again)
    }
}

/// The word on the source for a failure of one of its lists.
fn source_word(word: &str) -> &str {
    match word {
        "robots" | "refused" | "out-of-scope" | "challenged" => word,
        _ => "failing",
    }
}
