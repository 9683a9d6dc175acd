//! Sessions of staff. The token itself is never stored, only its SHA-256.

use std::time::Duration;

use super::hosts::micros;
use super::{Account, Desk, DeskTx, people};
use crate::model::{Digest, PersonId, Timestamp};
use crate::store::StoreError;
use crate::store::db::run;
use crate::store::sql::statements;

/// `last_seen` is written at most this often.
const TOUCH_EVERY: Duration = Duration::from_secs(60);
/// Failed logins are forgotten after this time at the latest.
const FAILURES_KEPT: Duration = Duration::from_secs(24 * 3600);

statements! {
    OPEN_ACCOUNT = "SELECT COUNT(*) FROM accounts WHERE id = $1 AND disabled_at IS NULL";
    ADD = "INSERT INTO sessions (token, person_id, csrf, address, created, last_seen)
        VALUES ($1, $2, $3, $4, $5, $5)";
    DROP = "DELETE FROM sessions WHERE token = $1";
    DROP_OF = "DELETE FROM sessions WHERE person_id = $1";
    FIND = "SELECT accounts.id, accounts.name, accounts.role, accounts.unit_id,
        CASE WHEN accounts.password IS NULL THEN CAST(0 AS BIGINT) ELSE 1 END AS has_password, accounts.disabled_at,
        COALESCE(login_failures.failures, 0) AS failures, login_failures.locked_until, accounts.created,
        accounts.last_login, sessions.csrf,
        sessions.created AS begun, sessions.last_seen, sessions.address
        FROM sessions JOIN accounts ON accounts.id = sessions.person_id
        LEFT JOIN login_failures ON login_failures.subject = 'name ' || accounts.id
        WHERE sessions.token = $1 AND sessions.last_seen > $2 AND accounts.disabled_at IS NULL";
    LIST = "SELECT accounts.id, accounts.name, accounts.role, accounts.unit_id,
        CASE WHEN accounts.password IS NULL THEN CAST(0 AS BIGINT) ELSE 1 END AS has_password, accounts.disabled_at,
        COALESCE(login_failures.failures, 0) AS failures, login_failures.locked_until, accounts.created,
        accounts.last_login, sessions.csrf,
        sessions.created AS begun, sessions.last_seen, sessions.address
        FROM sessions JOIN accounts ON accounts.id = sessions.person_id
        LEFT JOIN login_failures ON login_failures.subject = 'name ' || accounts.id
        ORDER BY sessions.last_seen DESC, sessions.token LIMIT 1000";
    LAST_SEEN = "SELECT last_seen FROM sessions WHERE token = $1";
    TOUCH = "UPDATE sessions SET last_seen = $2 WHERE token = $1 AND last_seen < $2";
    DROP_IDLE = "DELETE FROM sessions WHERE last_seen <= $1";
    DROP_LINKS = "DELETE FROM one_time_links WHERE until <= $1";
    DROP_FAILURES = "DELETE FROM login_failures WHERE updated <= $1";
}

/// A session as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    #[sqlx(flatten)]
    account: people::Record,
    csrf: String,
    begun: i64,
    last_seen: i64,
    address: String,
}

impl Record {
    fn session(self) -> Result<Session, StoreError> {
        Ok(Session {
            account: self.account.account()?,
            csrf: self.csrf,
            created: Timestamp(self.begun),
            last_seen: Timestamp(self.last_seen),
            address: self.address,
        })
    }
}

/// `span` before `at`.
fn before(at: Timestamp, span: Duration) -> Timestamp {
    Timestamp(at.0.saturating_sub(micros(span)))
}

/// A session to begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSession {
    /// SHA-256 of the token in the cookie.
    pub token: Digest,
    /// The token that forms carry.
    pub csrf: String,
    /// Whose.
    pub person: PersonId,
    /// From where.
    pub address: String,
}

/// A session, with the account as it is now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Whose.
    pub account: Account,
    /// The token that forms carry.
    pub csrf: String,
    /// When it began.
    pub created: Timestamp,
    /// Its last request.
    pub last_seen: Timestamp,
    /// From where it began.
    pub address: String,
}

impl DeskTx {
    /// Begins a session.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such account, or it is closed.
    pub async fn create_session(&mut self, session: &NewSession) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        let (open,) = run!(link, one OPEN_ACCOUNT(&session.person) as (i64,))?;
        if open == 0 {
            return Err(StoreError::Refused(format!("account {} is closed, or there is none", session.person)));
        }
        let NewSession { token, csrf, person, address } = session;
        run!(link, execute ADD(token, person, csrf, address, now)).map(|_| ())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_session(&mut self, token: &Digest) -> Result<(), StoreError> {
        run!(&mut self.link(), execute DROP(token)).map(|_| ())
    }

    /// Ends every session of an account; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_sessions_of(&mut self, person: &PersonId) -> Result<u64, StoreError> {
        run!(&mut self.link(), execute DROP_OF(person))
    }
}

impl Desk {
    /// The session, where it was used within `idle` and its account is open.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn session(&self, token: &Digest, idle: Duration) -> Result<Option<Session>, StoreError> {
        let since = before(self.clock.now(), idle);
        let found = run!(&mut self.read().await?.link(), optional FIND(token, since) as Record)?;
        found.map(Record::session).transpose()
    }

    /// Notes a request; writes at most once a minute for a session.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn touch_session(&self, token: &Digest) -> Result<(), StoreError> {
        let now = self.clock.now();
        let found = run!(&mut self.read().await?.link(), optional LAST_SEEN(token) as (i64,))?;
        if found.is_none_or(|(last,)| now.since(Timestamp(last)) < TOUCH_EVERY) {
            return Ok(());
        }
        let mut tx = self.db.begin().await?;
        run!(&mut tx.link(), execute TOUCH(token, now))?;
        tx.commit().await
    }

    /// Removes sessions that were not used within `idle`, and links whose time is up; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn remove_idle_sessions(&self, idle: Duration) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        let link = &mut tx.link();
        let dropped = run!(link, execute DROP_IDLE(before(now, idle)))?;
        run!(link, execute DROP_LINKS(now))?;
        run!(link, execute DROP_FAILURES(before(now, FAILURES_KEPT)))?;
        tx.commit().await?;
        Ok(dropped)
    }

    /// Sessions that are open, those used last first, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST() as Record)?;
        rows.into_iter().map(Record::session).collect()
    }
}
