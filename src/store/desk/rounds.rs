//! Collecting rounds, and the state of each source for the sources page.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{SourceId, Timestamp};
use crate::store::StoreError;
use crate::store::bind::{read, read_json};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    SOURCE_EXISTS = "SELECT COUNT(*) FROM sources WHERE id = $1";
    INTERRUPT = "UPDATE rounds SET finished = $2, outcome = 'interrupted' WHERE source_id = $1 AND finished IS NULL";
    LAST = "SELECT COALESCE(MAX(number), 0) FROM rounds WHERE source_id = $1";
    START = "INSERT INTO rounds (source_id, number, started, outcome, stats) VALUES ($1, $2, $3, '', 'null')";
    FINISH = "UPDATE rounds SET finished = $3, outcome = $4, stats = $5
        WHERE source_id = $1 AND number = $2 AND finished IS NULL";
    LIST = "SELECT source_id, number, started, finished, outcome, stats FROM rounds ORDER BY started DESC, source_id
        LIMIT $1";
    LIST_OF_SOURCE = "SELECT source_id, number, started, finished, outcome, stats FROM rounds WHERE source_id = $1
        ORDER BY number DESC LIMIT $2";
    PUT_STATE = "INSERT INTO source_states (source_id, state, reason, since, last_ok, checked)
        VALUES ($1, $2, $3, $4, CASE WHEN CAST($2 AS TEXT) = 'ok' THEN CAST($4 AS BIGINT) END, $4)
        ON CONFLICT (source_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
        since = CASE WHEN source_states.state = excluded.state THEN source_states.since ELSE excluded.since END,
        last_ok = COALESCE(excluded.last_ok, source_states.last_ok), checked = excluded.checked";
    STATE = "SELECT source_id, state, reason, since, last_ok, checked FROM source_states WHERE source_id = $1";
    STATES = "SELECT source_id, state, reason, since, last_ok, checked FROM source_states ORDER BY source_id";
}

/// A round as the engines give it.
#[derive(sqlx::FromRow)]
struct RoundRecord {
    source_id: String,
    number: i64,
    started: i64,
    finished: Option<i64>,
    outcome: String,
    stats: String,
}

impl RoundRecord {
    fn row(self) -> Result<Round, StoreError> {
        Ok(Round {
            source: read("source of a round", &self.source_id)?,
            stats: read_json("round", &self.stats)?,
            number: self.number,
            started: Timestamp(self.started),
            finished: self.finished.map(Timestamp),
            outcome: self.outcome,
        })
    }
}

/// A state as the engines give it.
#[derive(sqlx::FromRow)]
struct StateRecord {
    source_id: String,
    state: String,
    reason: String,
    since: i64,
    last_ok: Option<i64>,
    checked: i64,
}

impl StateRecord {
    fn row(self) -> Result<SourceState, StoreError> {
        Ok(SourceState {
            source: read("source of a state", &self.source_id)?,
            state: self.state,
            reason: self.reason,
            since: Timestamp(self.since),
            last_ok: self.last_ok.map(Timestamp),
            checked: Timestamp(self.checked),
        })
    }
}

pub(super) async fn refuse_unknown(link: &mut Link<'_>, source: &SourceId) -> Result<(), StoreError> {
    let (known,) = run!(link, one SOURCE_EXISTS(source) as (i64,))?;
    if known == 1 { Ok(()) } else { Err(StoreError::Refused(format!("source {source} is not registered"))) }
}

/// How a source is.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SourceState {
    /// The source.
    pub source: SourceId,
    /// `ok`, `failing`, `challenged`, `refused`, `incomplete`, …: a word of 1 to 40 characters `a-z -`.
    pub state: String,
    /// Why, for people.
    pub reason: String,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// When it was `ok` last.
    pub last_ok: Option<Timestamp>,
    /// When it was looked at last.
    pub checked: Timestamp,
}

/// One collecting round of a source.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct Round {
    /// The source.
    pub source: SourceId,
    /// Number within the source, from 1.
    pub number: i64,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; `None` while it runs.
    pub finished: Option<Timestamp>,
    /// How it ended: `done`, `interrupted`, …; empty while it runs.
    pub outcome: String,
    /// What it counted, as JSON.
    pub stats: Value,
}

impl DeskTx {
    /// Begins a round; returns its number. A round of the source that was left open is closed as `interrupted`.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such source.
    pub async fn start_round(&mut self, source: &SourceId) -> Result<i64, StoreError> {
        let now = self.now;
        let link = &mut self.link();
        refuse_unknown(link, source).await?;
        run!(link, execute INTERRUPT(source, now))?;
        let (last,) = run!(link, one LAST(source) as (i64,))?;
        run!(link, execute START(source, last + 1, now))?;
        Ok(last + 1)
    }

    /// Ends a round.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it has ended.
    pub async fn finish_round(
        &mut self,
        source: &SourceId,
        number: i64,
        outcome: &str,
        stats: &Value,
    ) -> Result<(), StoreError> {
        let now = self.now;
        let changed = run!(&mut self.link(), execute FINISH(source, number, now, outcome, stats))?;
        if changed == 1 {
            return Ok(());
        }
        Err(StoreError::Conflict {
            subject: format!("round {number} of source {source}"),
            expected: "under way".into(),
            found: "ended, or never begun".into(),
        })
    }

    /// Notes how a source is; `since` moves only when the word changes.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such source, or the word is none.
    pub async fn put_source_state(&mut self, source: &SourceId, state: &str, reason: &str) -> Result<(), StoreError> {
        let fits = (1..=40).contains(&state.len()) && state.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        if !fits {
            return Err(StoreError::Refused(format!("{state:?} is not a word of 1 to 40 characters a-z and '-'")));
        }
        let now = self.now;
        let link = &mut self.link();
        refuse_unknown(link, source).await?;
        run!(link, execute PUT_STATE(source, state, reason, now)).map(|_| ())
    }
}

impl Desk {
    /// Rounds of a source, or of all, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rounds(&self, source: Option<&SourceId>, limit: u32) -> Result<Vec<Round>, StoreError> {
        let mut reading = self.read().await?;
        let link = &mut reading.link();
        let rows = match source {
            Some(source) => run!(link, all LIST_OF_SOURCE(source, i64::from(limit)) as RoundRecord)?,
            None => run!(link, all LIST(i64::from(limit)) as RoundRecord)?,
        };
        rows.into_iter().map(RoundRecord::row).collect()
    }

    /// How a source is; `None` before its first round.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_state(&self, source: &SourceId) -> Result<Option<SourceState>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional STATE(source) as StateRecord)?;
        found.map(StateRecord::row).transpose()
    }

    /// How every source is, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn source_states(&self) -> Result<Vec<SourceState>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all STATES() as StateRecord)?;
        rows.into_iter().map(StateRecord::row).collect()
    }
}
