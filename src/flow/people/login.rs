//! Logging in and out: failures are counted and answered alike, sessions are kept by the hash of their token.

use std::time::Duration;

use serde_json::json;

use super::{Login, NOBODY, People, PeopleError, SESSION_LIFE, token_digest};
use crate::model::{Actor, PersonId, random_token};
use crate::store::{NewSession, Session, StoreError};

impl People {
    /// Tries to log in. `old` is the session token that the browser sent along; it ends, so that no token from
    /// before a login is good after it.
    ///
    /// # Errors
    /// [`PeopleError::Password`], [`PeopleError::Store`]; then nobody is logged in.
    pub async fn log_in(
        &self,
        account: &str,
        password: String,
        address: &str,
        old: Option<&str>,
    ) -> Result<Login, PeopleError> {
        let named = named(account)?;
        if let Some(wait) = self.wait_of(&named, address).await? {
            return Ok(Login::Wait(wait));
        }
        let open = self.desk.account(&named).await?.is_some_and(|account| account.disabled_at.is_none());
        let hash = if open { self.desk.password_hash(&named).await? } else { None };
        if !self.passwords.fits(password.clone(), hash).await? {
            return self.note_failure(&named, open, address).await;
        }
        // Again, because guesses sent side by side all passed the first look.
        if let Some(wait) = self.wait_of(&named, address).await? {
            return Ok(Login::Wait(wait));
        }
        self.complete_key(&named, &password).await?;
        self.begin_session(named, address, old).await
    }

    pub(super) async fn wait_of(&self, person: &PersonId, address: &str) -> Result<Option<Duration>, PeopleError> {
        let until = self.desk.login_wait(person, address).await?;
        Ok(until.map(|until| until.since(self.desk.clock().now())).filter(|wait| !wait.is_zero()))
    }

    pub(super) async fn begin_session(
        &self,
        person: PersonId,
        address: &str,
        old: Option<&str>,
    ) -> Result<Login, PeopleError> {
        let (token, csrf) = (random_token()?, random_token()?);
        let mut tx = self.desk.begin().await?;
        if let Some(old) = old {
            tx.remove_session(&token_digest(old)).await?;
        }
        tx.note_login(&person, address).await?;
        let session =
            NewSession { token: token_digest(&token), csrf, person: person.clone(), address: address.to_owned() };
        match tx.create_session(&session).await {
            Ok(()) => {}
            // Closed between the look and the transaction.
            Err(StoreError::Refused(_)) => return Ok(Login::Refused),
            Err(error) => return Err(error.into()),
        }
        let detail = json!({ "address": address });
        tx.audit(&Actor::Person(person.clone()), "login", person.as_str(), &detail).await?;
        tx.commit().await?;
        Ok(Login::Welcome { token })
    }

    pub(super) async fn note_failure(
        &self,
        person: &PersonId,
        known: bool,
        address: &str,
    ) -> Result<Login, PeopleError> {
        let mut tx = self.desk.begin().await?;
        tx.note_login_failure(person, address, self.failures, self.wait).await?;
        // People type passwords into the wrong box: a name that is no account is not written down.
        let subject = if known { person.as_str() } else { "unknown" };
        let console = Actor::System("console".into());
        tx.audit(&console, "login.failed", subject, &json!({ "address": address })).await?;
        tx.commit().await?;
        Ok(Login::Refused)
    }

    /// The session of a token, where it lives.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub async fn session(&self, token: &str) -> Result<Option<Session>, PeopleError> {
        let digest = token_digest(token);
        let session = self.desk.session(&digest, self.idle).await?;
        let now = self.desk.clock().now();
        let Some(session) = session.filter(|session| now.since(session.created) < SESSION_LIFE) else {
            return Ok(None);
        };
        self.desk.touch_session(&digest).await?;
        Ok(Some(session))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub async fn log_out(&self, person: &PersonId, token: &str) -> Result<(), PeopleError> {
        let mut tx = self.desk.begin().await?;
        tx.remove_session(&token_digest(token)).await?;
        tx.audit(&Actor::Person(person.clone()), "logout", person.as_str(), &json!({})).await?;
        Ok(tx.commit().await?)
    }
}

/// The account that a login form names; [`NOBODY`] where the text can be none.
fn named(account: &str) -> Result<PersonId, PeopleError> {
    PersonId::new(account.trim().to_ascii_lowercase())
        .or_else(|_| PersonId::new(NOBODY))
        .map_err(|_| PeopleError::BadAccount(NOBODY.into()))
}
