//! Jobs: the only road upward. One row per kind and subject, claimed by lease.
//!
//! A job may run twice (a lease that ran out), so running one twice must be harmless; the result of the run that lost
//! its lease is refused by the token that each claim makes anew. A job that is asked for again while it runs, runs again after it. A failed job
//! waits 10 s · 2^n up to 1 h; after [`JobLease::LIMIT`] attempts it is `poison` and waits for a person.

use std::time::Duration;

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{JobId, Timestamp, random_token};
use crate::store::StoreError;
use crate::store::bind::{count, read, read_json, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

/// First wait after a failure; it doubles.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Longest wait after a failure.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// How often a claim tries anew where others took the row it had seen.
const CLAIM_TRIES: usize = 64;

statements! {
    ADD = "INSERT INTO jobs (id, kind, subject, payload, state, due, attempts, asked, last_error, created)
        VALUES ($1, $2, $3, $4, 'waiting', $5, 0, 1, '', $6)
        ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, asked = jobs.asked + 1,
        due = CASE WHEN jobs.state = 'waiting' AND jobs.due < excluded.due THEN jobs.due ELSE excluded.due END,
        attempts = CASE WHEN jobs.state = 'poison' THEN 0 ELSE jobs.attempts END, state = 'waiting'";
    CLAIM = "UPDATE jobs SET lease_owner = $3, lease_token = $4, lease_until = $5, attempts = attempts + 1
        WHERE id = (SELECT due_first.id FROM jobs AS due_first WHERE due_first.kind = $1
            AND due_first.state = 'waiting' AND due_first.due <= $2
            AND (due_first.lease_until IS NULL OR due_first.lease_until <= $2)
            ORDER BY due_first.due, due_first.id LIMIT 1)
        AND state = 'waiting' AND due <= $2 AND (lease_until IS NULL OR lease_until <= $2)
        RETURNING id, subject, payload, attempts, asked";
    IS_DUE = "SELECT COUNT(*) FROM (SELECT id FROM jobs WHERE kind = $1 AND state = 'waiting' AND due <= $2
        AND (lease_until IS NULL OR lease_until <= $2) LIMIT 1) AS first_due";
    /// A job that was claimed so often without a word back kills who runs it.
    POISON_CLAIMED = "UPDATE jobs SET state = 'poison', lease_owner = NULL, lease_token = NULL, lease_until = NULL,
        last_error = CASE WHEN last_error = '' THEN 'its runs ended without a word' ELSE last_error END
        WHERE id = $1 AND lease_token = $2";
    FINISH = "DELETE FROM jobs WHERE id = $1 AND lease_token = $2 AND lease_until > $3 AND asked = $4";
    FINISH_ASKED_AGAIN = "UPDATE jobs SET lease_owner = NULL, lease_token = NULL, lease_until = NULL, attempts = 0,
        last_error = '' WHERE id = $1 AND lease_token = $2 AND lease_until > $3";
    REPEAT = "UPDATE jobs SET lease_owner = NULL, lease_token = NULL, lease_until = NULL, attempts = 0,
        last_error = '', due = CASE WHEN asked = $4 THEN $5 ELSE due END
        WHERE id = $1 AND lease_token = $2 AND lease_until > $3";
    FAIL = "UPDATE jobs SET lease_owner = NULL, lease_token = NULL, lease_until = NULL, state = $4, due = $5,
        last_error = $6 WHERE id = $1 AND lease_token = $2 AND lease_until > $3";
    RETRY = "UPDATE jobs SET state = 'waiting', attempts = 0, due = $2 WHERE id = $1 AND state = 'poison'";
    DROP = "DELETE FROM jobs WHERE id = $1";
    RENEW = "UPDATE jobs SET lease_until = $3 WHERE id = $1 AND lease_token = $2 AND lease_until > $4";
    RELEASE = "UPDATE jobs SET lease_owner = NULL, lease_token = NULL, lease_until = NULL, attempts = attempts - 1
        WHERE id = $1 AND lease_token = $2";
    FIND = "SELECT id, kind, subject, payload, state, due, attempts, lease_until, last_error, created FROM jobs
        WHERE id = $1";
    LIST = "SELECT id, kind, subject, payload, state, due, attempts, lease_until, last_error, created FROM jobs
        WHERE CAST($1 AS TEXT) IS NULL OR kind = $1 ORDER BY state, due, id LIMIT $2";
    COUNTS = "SELECT kind, CAST(COALESCE(SUM(CASE WHEN state = 'waiting' AND due <= $1
            AND (lease_until IS NULL OR lease_until <= $1) THEN 1 ELSE 0 END), 0) AS BIGINT),
        CAST(COALESCE(SUM(CASE WHEN state = 'waiting' AND due > $1
            AND (lease_until IS NULL OR lease_until <= $1) THEN 1 ELSE 0 END), 0) AS BIGINT),
        CAST(COALESCE(SUM(CASE WHEN state = 'waiting' AND lease_until > $1 THEN 1 ELSE 0 END), 0) AS BIGINT),
        CAST(COALESCE(SUM(CASE WHEN state = 'poison' THEN 1 ELSE 0 END), 0) AS BIGINT)
        FROM jobs GROUP BY kind ORDER BY kind";
    NEXT_DUE = "SELECT MIN(due) FROM jobs WHERE kind = $1 AND state = 'waiting'
        AND (lease_until IS NULL OR lease_until <= $2)";
    CLEAR = "UPDATE jobs SET lease_owner = NULL, lease_token = NULL, lease_until = NULL
        WHERE lease_owner IS NOT NULL AND lease_owner <> $1
        AND substr(lease_owner, 1, length(CAST($2 AS TEXT))) = CAST($2 AS TEXT)";
}

/// A job as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    id: String,
    kind: String,
    subject: String,
    payload: String,
    state: String,
    due: i64,
    attempts: i64,
    lease_until: Option<i64>,
    last_error: String,
    created: i64,
}

impl JobState {
    fn of_word(word: &str) -> Option<Self> {
        match word {
            "waiting" => Some(Self::Waiting),
            "poison" => Some(Self::Poison),
            _ => None,
        }
    }
}

impl Record {
    fn row(self) -> Result<JobRow, StoreError> {
        let what = format!("job {} {}", self.kind, self.subject);
        Ok(JobRow {
            id: read(&what, &self.id)?,
            payload: read_json(&what, &self.payload)?,
            state: read_word(&what, &self.state, JobState::of_word)?,
            kind: self.kind,
            subject: self.subject,
            due: Timestamp(self.due),
            attempts: self.attempts,
            lease_until: self.lease_until.map(Timestamp),
            last_error: self.last_error,
            created: Timestamp(self.created),
        })
    }
}

/// What a claim returns.
type ClaimedRow = (String, String, String, i64, i64);

fn stale(lease: &JobLease) -> StoreError {
    StoreError::Stale(format!("job {} {}", lease.kind, lease.subject))
}

/// Ends the leases of every owner whose name begins with `part`, but one.
pub(super) async fn clear_leases_except(link: &mut Link<'_>, owner: &str, part: &str) -> Result<u64, StoreError> {
    run!(link, execute CLEAR(owner, part))
}

/// A job that is ours until a time.
#[derive(Clone, PartialEq, Debug)]
pub struct JobLease {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// How.
    pub payload: Value,
    /// This attempt, from 1.
    pub attempt: i64,
    /// Ours until then.
    pub until: Timestamp,
    /// Names this claim alone, so that a later claim of a job of the same name is told from it.
    token: String,
    asked: i64,
}

impl JobLease {
    /// Attempts before a job is poison.
    pub const LIMIT: i64 = 8;
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobState {
    /// It waits, or is being run.
    Waiting,
    /// It failed too often.
    Poison,
}

/// A job as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// To what.
    pub subject: String,
    /// How.
    pub payload: Value,
    /// Where it stands.
    pub state: JobState,
    /// When it may run.
    pub due: Timestamp,
    /// Attempts so far.
    pub attempts: i64,
    /// Whose it is, while it runs.
    pub lease_until: Option<Timestamp>,
    /// What went wrong last; empty where nothing did.
    pub last_error: String,
    /// When it was asked for first.
    pub created: Timestamp,
}

/// How many jobs of a kind there are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JobCount {
    /// The kind.
    pub kind: String,
    /// Due and not being run.
    pub due: u64,
    /// Due later.
    pub later: u64,
    /// Being run.
    pub running: u64,
    /// Given up.
    pub poison: u64,
}

impl DeskTx {
    /// Asks for a job. Where one waits for the same kind and subject, it gets this payload and the earlier of the two
    /// times; a poisoned one is made whole.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn enqueue(
        &mut self,
        kind: &str,
        subject: &str,
        payload: &Value,
        due: Timestamp,
    ) -> Result<JobId, StoreError> {
        let id = JobId::of(kind, subject);
        let now = self.now;
        run!(&mut self.link(), execute ADD(&id, kind, subject, payload, due, now))?;
        Ok(id)
    }

    /// The job is done: the row goes, unless it was asked for again meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Stale`]; roll back then.
    pub async fn finish_job(&mut self, lease: &JobLease) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        if run!(link, execute FINISH(&lease.id, &lease.token, now, lease.asked))? == 1
            || run!(link, execute FINISH_ASKED_AGAIN(&lease.id, &lease.token, now))? == 1
        {
            return Ok(());
        }
        Err(stale(lease))
    }

    /// The job is done for now and due again at `due`: schedules.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn repeat_job(&mut self, lease: &JobLease, due: Timestamp) -> Result<(), StoreError> {
        let now = self.now;
        let changed = run!(&mut self.link(), execute REPEAT(&lease.id, &lease.token, now, lease.asked, due))?;
        if changed == 1 { Ok(()) } else { Err(stale(lease)) }
    }

    /// The job failed: it waits longer, or is poison.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn fail_job(&mut self, lease: &JobLease, error: &str) -> Result<JobState, StoreError> {
        let poison = lease.attempt >= JobLease::LIMIT;
        let doubled = FIRST_WAIT.saturating_mul(1 << (lease.attempt - 1).clamp(0, 16)).min(LONGEST_WAIT);
        let (state, word) = if poison { (JobState::Poison, "poison") } else { (JobState::Waiting, "waiting") };
        let (now, due) = (self.now, self.now.after(doubled));
        let changed = run!(&mut self.link(), execute FAIL(&lease.id, &lease.token, now, word, due, error))?;
        if changed == 1 { Ok(state) } else { Err(stale(lease)) }
    }

    /// A person wants a poisoned job tried again.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn retry_job(&mut self, id: &JobId) -> Result<(), StoreError> {
        let now = self.now;
        let changed = run!(&mut self.link(), execute RETRY(id, now))?;
        if changed == 1 { Ok(()) } else { Err(StoreError::Missing(format!("poisoned job {id}"))) }
    }

    /// Takes a job away, whether it waits, runs or is poison; a run that is under way is refused at its end.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn drop_job(&mut self, id: &JobId) -> Result<bool, StoreError> {
        run!(&mut self.link(), execute DROP(id)).map(|rows| rows == 1)
    }
}

impl Desk {
    /// Claims the due job of the first of `kinds` that has one, for `ttl`. Its own transaction.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn claim_job(&self, kinds: &[&str], owner: &str, ttl: Duration) -> Result<Option<JobLease>, StoreError> {
        for kind in kinds {
            for _ in 0..CLAIM_TRIES {
                match self.try_claim_job(kind, owner, ttl).await? {
                    Tried::Ours(lease) => return Ok(Some(lease)),
                    Tried::Nothing => break,
                    Tried::Again => {}
                }
            }
        }
        Ok(None)
    }

    /// Keeps a job for `ttl` from now.
    ///
    /// # Errors
    /// [`StoreError::Stale`].
    pub async fn renew_job(&self, lease: &mut JobLease, ttl: Duration) -> Result<(), StoreError> {
        let now = self.clock.now();
        let until = now.after(ttl);
        let mut tx = self.db.begin().await?;
        let changed = run!(&mut tx.link(), execute RENEW(&lease.id, &lease.token, until, now))?;
        tx.commit().await?;
        if changed == 0 {
            return Err(stale(lease));
        }
        lease.until = until;
        Ok(())
    }

    /// Gives a job back untried: at shutdown. A lease that is no longer ours is nothing to give back.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn release_job(&self, lease: &JobLease) -> Result<(), StoreError> {
        let mut tx = self.db.begin().await?;
        run!(&mut tx.link(), execute RELEASE(&lease.id, &lease.token))?;
        tx.commit().await
    }

    /// The job of that kind and subject.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job(&self, kind: &str, subject: &str) -> Result<Option<JobRow>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional FIND(&JobId::of(kind, subject)) as Record)?;
        found.map(Record::row).transpose()
    }

    /// Jobs by time, of one kind or all, poisoned ones first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn jobs(&self, kind: Option<&str>, limit: u32) -> Result<Vec<JobRow>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST(kind, i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::row).collect()
    }

    /// How many jobs of each kind there are.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn job_counts(&self) -> Result<Vec<JobCount>, StoreError> {
        let now = self.clock.now();
        let rows = run!(&mut self.read().await?.link(), all COUNTS(now) as (String, i64, i64, i64, i64))?;
        Ok(rows
            .into_iter()
            .map(|(kind, due, later, running, poison)| JobCount {
                kind,
                due: count(due),
                later: count(later),
                running: count(running),
                poison: count(poison),
            })
            .collect())
    }

    /// When the next job of a kind may run; in the past where one is due, `None` where there is none.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_job_due(&self, kind: &str) -> Result<Option<Timestamp>, StoreError> {
        let now = self.clock.now();
        let (due,) = run!(&mut self.read().await?.link(), one NEXT_DUE(kind, now) as (Option<i64>,))?;
        Ok(due.map(Timestamp))
    }
}

/// How one try at a claim ended.
enum Tried {
    Ours(JobLease),
    Nothing,
    /// Others took the row that was seen, or it was poison: there may be more.
    Again,
}

impl Desk {
    async fn try_claim_job(&self, kind: &str, owner: &str, ttl: Duration) -> Result<Tried, StoreError> {
        // Seen without the writer first: an idle desk writes nothing, and waits for nobody.
        let (due,) = run!(&mut self.read().await?.link(), one IS_DUE(kind, self.clock.now()) as (i64,))?;
        if due == 0 {
            return Ok(Tried::Nothing);
        }
        let token =
            random_token().map_err(|error| StoreError::Database { statement: "CLAIM", source: Box::new(error) })?;
        let mut tx = self.db.begin().await?;
        let now = self.clock.now();
        let until = now.after(ttl);
        let link = &mut tx.link();
        let claimed = run!(link, optional CLAIM(kind, now, owner, &token, until) as ClaimedRow)?;
        let Some((id, subject, payload, attempt, asked)) = claimed else { return Ok(Tried::Again) };
        let id: JobId = read("id of a job", &id)?;
        if attempt > JobLease::LIMIT {
            run!(link, execute POISON_CLAIMED(&id, &token))?;
            tx.commit().await?;
            return Ok(Tried::Again);
        }
        let payload = read_json("payload of a job", &payload)?;
        tx.commit().await?;
        Ok(Tried::Ours(JobLease { id, kind: kind.to_owned(), subject, payload, attempt, until, token, asked }))
    }
}
