//! Staff accounts, failed logins, one-time links. Passwords are kept as argon2 hashes that the caller makes.

use std::time::Duration;

use super::hosts::micros;
use super::{Desk, DeskTx};
use crate::model::{Digest, PersonId, Role, Timestamp, UnitId};
use crate::store::StoreError;
use crate::store::bind::{read, read_some, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    PUT = "INSERT INTO accounts (id, name, role, unit_id, created) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, unit_id = excluded.unit_id";
    ROLE = "SELECT role FROM accounts WHERE id = $1";
    SET_PASSWORD = "UPDATE accounts SET password = $2 WHERE id = $1";
    DISABLE = "UPDATE accounts SET disabled_at = COALESCE(disabled_at, $2) WHERE id = $1";
    ENABLE = "UPDATE accounts SET disabled_at = NULL WHERE id = $1";
    LOGGED_IN = "UPDATE accounts SET last_login = $2 WHERE id = $1";
    /// Failures that lie further back than the wait no longer count.
    COUNT_FAILURE = "INSERT INTO login_failures (subject, failures, updated, locked_until)
        VALUES ($1, 1, $2, CASE WHEN CAST($3 AS BIGINT) <= 1 THEN CAST($2 AS BIGINT) + CAST($4 AS BIGINT) END)
        ON CONFLICT (subject) DO UPDATE SET updated = excluded.updated,
        failures = CASE WHEN login_failures.updated + CAST($4 AS BIGINT) <= $2 THEN 1 ELSE login_failures.failures + 1 END,
        locked_until = CASE WHEN login_failures.updated + CAST($4 AS BIGINT) > $2 AND login_failures.failures + 1 >= $3
            THEN CAST($2 AS BIGINT) + CAST($4 AS BIGINT) ELSE excluded.locked_until END";
    FORGET_FAILURES = "DELETE FROM login_failures WHERE subject = $1 OR subject = $2";
    WAIT = "SELECT MAX(locked_until) FROM login_failures WHERE subject = $1 OR subject = $2";
    FIND = "SELECT accounts.id, accounts.name, accounts.role, accounts.unit_id,
        CASE WHEN accounts.password IS NULL THEN CAST(0 AS BIGINT) ELSE 1 END AS has_password, accounts.disabled_at,
        COALESCE(login_failures.failures, 0) AS failures, login_failures.locked_until, accounts.created,
        accounts.last_login
        FROM accounts LEFT JOIN login_failures ON login_failures.subject = 'name ' || accounts.id WHERE accounts.id = $1";
    LIST = "SELECT accounts.id, accounts.name, accounts.role, accounts.unit_id,
        CASE WHEN accounts.password IS NULL THEN CAST(0 AS BIGINT) ELSE 1 END AS has_password, accounts.disabled_at,
        COALESCE(login_failures.failures, 0) AS failures, login_failures.locked_until, accounts.created,
        accounts.last_login
        FROM accounts LEFT JOIN login_failures ON login_failures.subject = 'name ' || accounts.id ORDER BY accounts.id";
    PASSWORD = "SELECT password FROM accounts WHERE id = $1";
    DROP_LINK_OF = "DELETE FROM one_time_links WHERE person_id = $1";
    ADD_LINK = "INSERT INTO one_time_links (token, person_id, until) VALUES ($1, $2, $3)";
    TAKE_LINK = "DELETE FROM one_time_links WHERE token = $1 AND until > $2
        AND person_id IN (SELECT id FROM accounts WHERE disabled_at IS NULL) RETURNING person_id";
    LINK = "SELECT person_id FROM one_time_links WHERE token = $1 AND until > $2
        AND person_id IN (SELECT id FROM accounts WHERE disabled_at IS NULL)";
}

/// An account as the engines give it.
#[derive(sqlx::FromRow)]
pub(super) struct Record {
    id: String,
    name: String,
    role: String,
    unit_id: Option<String>,
    has_password: i64,
    disabled_at: Option<i64>,
    failures: i64,
    locked_until: Option<i64>,
    created: i64,
    last_login: Option<i64>,
}

impl Record {
    pub(super) fn account(self) -> Result<Account, StoreError> {
        let what = format!("account {}", self.id);
        Ok(Account {
            id: read(&what, &self.id)?,
            role: read_word(&what, &self.role, Role::of_word)?,
            unit: read_some(&what, self.unit_id.as_deref())?,
            name: self.name,
            has_password: self.has_password == 1,
            disabled_at: self.disabled_at.map(Timestamp),
            failures: self.failures,
            locked_until: self.locked_until.map(Timestamp),
            created: Timestamp(self.created),
            last_login: self.last_login.map(Timestamp),
        })
    }
}

fn by_name(person: &PersonId) -> String {
    format!("name {person}")
}

fn by_address(address: &str) -> String {
    format!("address {address}")
}

fn found(person: &PersonId, changed: u64) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Missing(format!("account {person}"))) }
}

async fn drop_link(link: &mut Link<'_>, person: &PersonId) -> Result<(), StoreError> {
    run!(link, execute DROP_LINK_OF(person)).map(|_| ())
}

/// What an account is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAccount {
    /// Login name.
    pub id: PersonId,
    /// Name as it is shown.
    pub name: String,
    /// Its one role.
    pub role: Role,
    /// The unit, for people of a unit.
    pub unit: Option<UnitId>,
}

/// An account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Login name.
    pub id: PersonId,
    /// Name as it is shown.
    pub name: String,
    /// Its one role.
    pub role: Role,
    /// The unit, for people of a unit.
    pub unit: Option<UnitId>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Since when it is closed.
    pub disabled_at: Option<Timestamp>,
    /// Failed logins since the last good one.
    pub failures: i64,
    /// No login before this time.
    pub locked_until: Option<Timestamp>,
    /// When it was made.
    pub created: Timestamp,
    /// When it logged in last.
    pub last_login: Option<Timestamp>,
}

impl DeskTx {
    /// Makes an account, or changes name, role and unit of one; a change of role ends its sessions.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn put_account(&mut self, account: &NewAccount) -> Result<(), StoreError> {
        let now = self.now;
        let before = run!(&mut self.link(), optional ROLE(&account.id) as (String,))?;
        let NewAccount { id, name, role, unit } = account;
        run!(&mut self.link(), execute PUT(id, name, role, unit.as_ref(), now))?;
        if before.is_some_and(|(before,)| before != role.word()) {
            self.remove_sessions_of(id).await?;
        }
        Ok(())
    }

    /// Sets the password hash (PHC string), forgets failures and ends the account's sessions.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_password(&mut self, person: &PersonId, hash: &str) -> Result<(), StoreError> {
        found(person, run!(&mut self.link(), execute SET_PASSWORD(person, hash))?)?;
        run!(&mut self.link(), execute FORGET_FAILURES(by_name(person), by_name(person)))?;
        self.remove_sessions_of(person).await.map(|_| ())
    }

    /// Closes an account and ends its sessions and links.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn disable_account(&mut self, person: &PersonId) -> Result<(), StoreError> {
        let now = self.now;
        found(person, run!(&mut self.link(), execute DISABLE(person, now))?)?;
        drop_link(&mut self.link(), person).await?;
        self.remove_sessions_of(person).await.map(|_| ())
    }

    /// Opens a closed account.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn enable_account(&mut self, person: &PersonId) -> Result<(), StoreError> {
        found(person, run!(&mut self.link(), execute ENABLE(person))?)
    }

    /// Counts a failed login of an account (known or not) and of an address; from `limit` on, both wait `wait`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn note_login_failure(
        &mut self,
        person: &PersonId,
        address: &str,
        limit: u32,
        wait: Duration,
    ) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        for subject in [by_name(person), by_address(address)] {
            run!(link, execute COUNT_FAILURE(subject, now, i64::from(limit), micros(wait)))?;
        }
        Ok(())
    }

    /// A login succeeded: forgets the failures of the account and the address.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn note_login(&mut self, person: &PersonId, address: &str) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        found(person, run!(link, execute LOGGED_IN(person, now))?)?;
        run!(link, execute FORGET_FAILURES(by_name(person), by_address(address))).map(|_| ())
    }

    /// Makes a one-time link; `token` is the SHA-256 of what is in the link. An older link of the account goes.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where there is no such account.
    pub async fn put_one_time_link(
        &mut self,
        token: &Digest,
        person: &PersonId,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let link = &mut self.link();
        if run!(link, optional ROLE(person) as (String,))?.is_none() {
            return found(person, 0);
        }
        drop_link(link, person).await?;
        run!(link, execute ADD_LINK(token, person, until)).map(|_| ())
    }

    /// Takes a one-time link: whose it is, once, before its time is up and while the account is open.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take_one_time_link(&mut self, token: &Digest) -> Result<Option<PersonId>, StoreError> {
        let now = self.now;
        let taken = run!(&mut self.link(), optional TAKE_LINK(token, now) as (String,))?;
        taken.map(|(person,)| read("one-time link", &person)).transpose()
    }
}

impl Desk {
    /// The account.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn account(&self, person: &PersonId) -> Result<Option<Account>, StoreError> {
        run!(&mut self.read().await?.link(), optional FIND(person) as Record)?.map(Record::account).transpose()
    }

    /// Every account, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST() as Record)?;
        rows.into_iter().map(Record::account).collect()
    }

    /// The password hash (PHC string) of an account, where one is set.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn password_hash(&self, person: &PersonId) -> Result<Option<String>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional PASSWORD(person) as (Option<String>,))?;
        Ok(found.and_then(|(hash,)| hash))
    }

    /// Until when a login of this account from this address must wait: the later of the two, where one is in the future.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn login_wait(&self, person: &PersonId, address: &str) -> Result<Option<Timestamp>, StoreError> {
        let (until,) = run!(
            &mut self.read().await?.link(),
            one WAIT(by_name(person), by_address(address)) as (Option<i64>,)
        )?;
        Ok(until.map(Timestamp).filter(|until| *until > self.clock.now()))
    }

    /// Whose a one-time link is, without taking it: to show the page.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn one_time_link(&self, token: &Digest) -> Result<Option<PersonId>, StoreError> {
        let now = self.clock.now();
        let found = run!(&mut self.read().await?.link(), optional LINK(token, now) as (String,))?;
        found.map(|(person,)| read("one-time link", &person)).transpose()
    }
}
