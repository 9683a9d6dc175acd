//! Sessions of staff. The token itself is never stored, only its SHA-256.

use std::time::Duration;

use super::{Account, Desk, DeskTx};
use crate::model::{Digest, PersonId, Timestamp};
use crate::store::StoreError;

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
        todo!()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_session(&mut self, token: &Digest) -> Result<(), StoreError> {
        todo!()
    }

    /// Ends every session of an account; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn remove_sessions_of(&mut self, person: &PersonId) -> Result<u64, StoreError> {
        todo!()
    }
}

impl Desk {
    /// The session, where it was used within `idle` and its account is open.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn session(&self, token: &Digest, idle: Duration) -> Result<Option<Session>, StoreError> {
        todo!()
    }

    /// Notes a request; writes at most once a minute for a session.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn touch_session(&self, token: &Digest) -> Result<(), StoreError> {
        todo!()
    }

    /// Removes sessions that were not used within `idle`, and links whose time is up; returns how many.
    ///
    /// # Errors
    /// [`StoreError::Busy`], [`StoreError::Database`].
    pub async fn remove_idle_sessions(&self, idle: Duration) -> Result<u64, StoreError> {
        todo!()
    }

    /// Sessions that are open, those used last first, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sessions(&self) -> Result<Vec<Session>, StoreError> {
        todo!()
    }
}
