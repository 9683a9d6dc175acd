//! Passwords set and changed, and the officer's key that goes with each.

use serde_json::json;

use super::{Login, People, PeopleError, put_key, token_digest};
use crate::flow::officer_key::{self, KeyError};
use crate::flow::password;
use crate::flow::quarantine::escrow;
use crate::model::{Actor, PersonId, Right, Role};
use crate::store::OfficerKeyRow;

impl People {
    /// Gives an officer who has none a key: an account from before officers had keys.
    pub(super) async fn complete_key(&self, person: &PersonId, password: &str) -> Result<(), PeopleError> {
        let Some(account) = self.desk.account(person).await? else { return Ok(()) };
        if !account.role.may(Right::Quarantine) || self.desk.officer_key(person).await?.is_some() {
            return Ok(());
        }
        let key = self.new_key(person, account.role, password).await?;
        let mut tx = self.desk.begin().await?;
        if self.desk.officer_key(person).await?.is_none() {
            put_key(&mut tx, &Actor::Person(person.clone()), key).await?;
        }
        tx.commit().await?;
        self.hand_over().await;
        Ok(())
    }

    /// Lets a first officer take the quarantine over from the escrow. Where it fails, the next start of the desk does it.
    pub(super) async fn hand_over(&self) {
        if let Err(error) = escrow::settle(&self.desk, &self.keys).await {
            tracing::error!(%error, "the escrow key was not handed over to the officers yet");
        }
    }

    /// The key that goes with a new password of an officer; nobody else has one.
    pub(super) async fn new_key(
        &self,
        person: &PersonId,
        role: Role,
        password: &str,
    ) -> Result<Option<OfficerKeyRow>, PeopleError> {
        if !role.may(Right::Quarantine) {
            return Ok(None);
        }
        let now = self.desk.clock().now();
        Ok(Some(officer_key::make(&self.keys.permit, person, password, now).await?))
    }

    /// Whose a link is, where it still works; it is not used up.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub async fn link_owner(&self, token: &str) -> Result<Option<PersonId>, PeopleError> {
        Ok(self.desk.one_time_link(&token_digest(token)).await?)
    }

    /// Uses a link up and sets the password. An officer gets a new key: the one before was under a password that
    /// this person did not have to know.
    ///
    /// # Errors
    /// [`PeopleError::Weak`] (the link stays good), [`PeopleError::LinkUsed`].
    pub async fn set_password(&self, token: &str, password: String) -> Result<PersonId, PeopleError> {
        let owner = self.link_owner(token).await?.ok_or(PeopleError::LinkUsed)?;
        password::check(owner.as_str(), &password)?;
        let role = self.desk.account(&owner).await?.ok_or(PeopleError::LinkUsed)?.role;
        let key = self.new_key(&owner, role, &password).await?;
        let hash = self.passwords.hash(password).await?;
        let mut tx = self.desk.begin().await?;
        let person = tx.take_one_time_link(&token_digest(token)).await?.ok_or(PeopleError::LinkUsed)?;
        tx.set_password(&person, &hash).await?;
        let by = Actor::Person(person.clone());
        tx.audit(&by, "person.password", person.as_str(), &json!({})).await?;
        let made = key.is_some();
        put_key(&mut tx, &by, key).await?;
        tx.commit().await?;
        if made {
            self.hand_over().await;
        }
        Ok(person)
    }

    /// Sets another password of somebody who knows the present one; an officer's key stays and is sealed anew.
    ///
    /// # Errors
    /// [`PeopleError::Weak`], [`PeopleError::Key`] where `old` is not the password (it counts as a failed login) or
    /// the person has to wait.
    pub async fn change_password(&self, person: &PersonId, old: String, new: String) -> Result<(), PeopleError> {
        password::check(person.as_str(), &new)?;
        let place = format!("password of {person}");
        if let Some(wait) = self.wait_of(person, &place).await? {
            return Err(KeyError::Wait(wait).into());
        }
        let hash = self.desk.password_hash(person).await?;
        if !self.passwords.fits(old.clone(), hash).await? {
            self.note_failure(person, true, &place).await?;
            return Err(KeyError::WrongPassword.into());
        }
        let key = self.desk.officer_key(person).await?;
        let sealed = match &key {
            Some(key) => Some((key.id.clone(), officer_key::relock(key, &old, &new).await?)),
            None => None,
        };
        let hash = self.passwords.hash(new).await?;
        let mut tx = self.desk.begin().await?;
        tx.set_password(person, &hash).await?;
        if let Some((id, (salt, seed))) = sealed {
            tx.reseal_officer_key(&id, &salt, &seed).await?;
        }
        tx.audit(&Actor::Person(person.clone()), "person.password", person.as_str(), &json!({"own": true})).await?;
        Ok(tx.commit().await?)
    }

    /// Sets another password as [`People::change_password`] and begins a new session; every other session ends. Returns the
    /// token for the cookie.
    ///
    /// # Errors
    /// As [`People::change_password`]; [`PeopleError::NoSuchAccount`] where the account was closed meanwhile.
    pub async fn change_own_password(
        &self,
        person: &PersonId,
        old: String,
        new: String,
        address: &str,
    ) -> Result<String, PeopleError> {
        self.change_password(person, old, new).await?;
        match self.begin_session(person.clone(), address, None).await? {
            Login::Welcome { token } => Ok(token),
            Login::Refused | Login::Wait(_) => Err(PeopleError::NoSuchAccount(person.clone())),
        }
    }

    /// How many sealed items this person's key opens and no other officer's.
    pub(super) async fn opened_by_nobody_else(&self, person: &PersonId) -> Result<u64, PeopleError> {
        let keys = self.desk.active_officer_keys().await?;
        let (own, others): (Vec<_>, Vec<_>) = keys.iter().partition(|key| key.person.as_ref() == Some(person));
        let Some(own) = own.first() else { return Ok(0) };
        let (mut alone, mut after) = (0, None);
        loop {
            let rows = self.desk.opened_by(&own.id, after.as_ref(), 500).await?;
            let Some((last, _)) = rows.last() else { return Ok(alone) };
            after = Some(last.clone());
            for (item, _) in &rows {
                let mut shared = false;
                for other in &others {
                    shared = shared || self.desk.wrapped_key(item, &other.id).await?.is_some();
                }
                alone += u64::from(!shared);
            }
        }
    }
}
