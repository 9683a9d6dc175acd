//! Staff accounts, failed logins, one-time links. Passwords are kept as argon2 hashes that the caller makes.

use std::time::Duration;

use super::{Desk, DeskTx};
use crate::model::{Digest, PersonId, Role, Timestamp, UnitId};
use crate::store::StoreError;

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
        todo!()
    }

    /// Sets the password hash (PHC string), forgets failures and ends the account's sessions.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn set_password(&mut self, person: &PersonId, hash: &str) -> Result<(), StoreError> {
        todo!()
    }

    /// Closes an account and ends its sessions and links.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn disable_account(&mut self, person: &PersonId) -> Result<(), StoreError> {
        todo!()
    }

    /// Opens a closed account.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn enable_account(&mut self, person: &PersonId) -> Result<(), StoreError> {
        todo!()
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
        todo!()
    }

    /// A login succeeded: forgets the failures of the account and the address.
    ///
    /// # Errors
    /// [`StoreError::Missing`].
    pub async fn note_login(&mut self, person: &PersonId, address: &str) -> Result<(), StoreError> {
        todo!()
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
        todo!()
    }

    /// Takes a one-time link: whose it is, once, before its time is up and while the account is open.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn take_one_time_link(&mut self, token: &Digest) -> Result<Option<PersonId>, StoreError> {
        todo!()
    }
}

impl Desk {
    /// The account.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn account(&self, person: &PersonId) -> Result<Option<Account>, StoreError> {
        todo!()
    }

    /// Every account, by id.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        todo!()
    }

    /// The password hash (PHC string) of an account, where one is set.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn password_hash(&self, person: &PersonId) -> Result<Option<String>, StoreError> {
        todo!()
    }

    /// Until when a login of this account from this address must wait: the later of the two, where one is in the future.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn login_wait(&self, person: &PersonId, address: &str) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }

    /// Whose a one-time link is, without taking it: to show the page.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn one_time_link(&self, token: &Digest) -> Result<Option<PersonId>, StoreError> {
        todo!()
    }
}
