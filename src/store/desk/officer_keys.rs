//! Officers' keys: one living pair a person; retired ones keep their public half. What they mean: `flow::officer_key`.

use super::{Desk, DeskTx};
use crate::model::{PersonId, Timestamp};
use crate::store::StoreError;
use crate::store::bind::read_some;
use crate::store::db::run;
use crate::store::sql::statements;

statements! {
    ADD = "INSERT INTO officer_keys (id, person_id, sign_key, seal_key, salt, sealed_seed, created, retired_at, signature)
        VALUES ($1, $2, $3, $4, $5, $6, $7, NULL, $8)";
    RETIRE = "UPDATE officer_keys SET retired_at = $2, salt = NULL, sealed_seed = NULL
        WHERE person_id = $1 AND retired_at IS NULL";
    RETIRE_ESCROW = "UPDATE officer_keys SET retired_at = $1 WHERE person_id IS NULL AND retired_at IS NULL";
    RESEAL = "UPDATE officer_keys SET salt = $2, sealed_seed = $3 WHERE id = $1 AND retired_at IS NULL";
    LIVING = "SELECT id, person_id, sign_key, seal_key, salt, sealed_seed, created, retired_at, signature
        FROM officer_keys WHERE person_id = $1 AND retired_at IS NULL";
    OF_PERSON = "SELECT id, person_id, sign_key, seal_key, salt, sealed_seed, created, retired_at, signature
        FROM officer_keys WHERE person_id = $1 ORDER BY created DESC, id";
    ESCROW = "SELECT id, person_id, sign_key, seal_key, salt, sealed_seed, created, retired_at, signature
        FROM officer_keys WHERE person_id IS NULL AND retired_at IS NULL ORDER BY created DESC, id";
    /// Who can open what is sealed now: open accounts with the role, and their living keys.
    ACTIVE = "SELECT officer_keys.id, person_id, sign_key, seal_key, salt, sealed_seed, officer_keys.created, retired_at,
        signature FROM officer_keys JOIN accounts ON accounts.id = officer_keys.person_id
        WHERE retired_at IS NULL AND accounts.disabled_at IS NULL AND accounts.role = 'security-officer'
        ORDER BY person_id";
}

/// A key as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    id: String,
    person_id: Option<String>,
    sign_key: String,
    seal_key: String,
    salt: Option<String>,
    sealed_seed: Option<String>,
    created: i64,
    retired_at: Option<i64>,
    signature: String,
}

impl Record {
    fn row(self) -> Result<OfficerKeyRow, StoreError> {
        let what = format!("officer key {}", self.id);
        Ok(OfficerKeyRow {
            person: read_some(&what, self.person_id.as_deref())?,
            id: self.id,
            sign_key: self.sign_key,
            seal_key: self.seal_key,
            sealed: self.salt.zip(self.sealed_seed),
            created: Timestamp(self.created),
            retired_at: self.retired_at.map(Timestamp),
            signature: self.signature,
        })
    }
}

fn rows(records: Vec<Record>) -> Result<Vec<OfficerKeyRow>, StoreError> {
    records.into_iter().map(Record::row).collect()
}

/// A key pair on record. Everything binary is base64.
#[derive(Clone, PartialEq, Eq)]
pub struct OfficerKeyRow {
    /// Name of the key: 16 hexadecimal digits.
    pub id: String,
    /// Whose; none is the escrow.
    pub person: Option<PersonId>,
    /// Ed25519, public.
    pub sign_key: String,
    /// X25519, public.
    pub seal_key: String,
    /// Salt and sealed seed; none in the escrow, whose seed is a file, and in retired keys.
    pub sealed: Option<(String, String)>,
    /// When it was made.
    pub created: Timestamp,
    /// Since when it opens and signs nothing.
    pub retired_at: Option<Timestamp>,
    /// The desk's signature over the public part.
    pub signature: String,
}

impl std::fmt::Debug for OfficerKeyRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OfficerKeyRow({}, {:?})", self.id, self.person)
    }
}

impl DeskTx {
    /// Puts a key on record; the living key of the same person is retired first.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such account, or the key is known.
    pub async fn put_officer_key(&mut self, key: &OfficerKeyRow) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        if let Some(person) = &key.person {
            run!(link, execute RETIRE(person, now))?;
        }
        let (salt, seed) = key.sealed.as_ref().map_or((None, None), |(salt, seed)| (Some(salt), Some(seed)));
        let OfficerKeyRow { id, person, sign_key, seal_key, created, signature, .. } = key;
        run!(link, execute ADD(id, person.as_ref(), sign_key, seal_key, salt, seed, *created, signature)).map(|_| ())
    }

    /// Retires the escrow key; whether there was one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn retire_escrow_key(&mut self) -> Result<bool, StoreError> {
        let now = self.now;
        Ok(run!(&mut self.link(), execute RETIRE_ESCROW(now))? > 0)
    }

    /// Puts the same seed under another password.
    ///
    /// # Errors
    /// [`StoreError::Missing`] where the key was retired meanwhile.
    pub async fn reseal_officer_key(&mut self, id: &str, salt: &str, sealed: &str) -> Result<(), StoreError> {
        match run!(&mut self.link(), execute RESEAL(id, salt, sealed))? {
            0 => Err(StoreError::Missing(format!("living officer key {id}"))),
            _ => Ok(()),
        }
    }
}

impl Desk {
    /// The living key of a person.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn officer_key(&self, person: &PersonId) -> Result<Option<OfficerKeyRow>, StoreError> {
        run!(&mut self.read().await?.link(), optional LIVING(person) as Record)?.map(Record::row).transpose()
    }

    /// Every key that a person ever had, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn officer_keys_of(&self, person: &PersonId) -> Result<Vec<OfficerKeyRow>, StoreError> {
        rows(run!(&mut self.read().await?.link(), all OF_PERSON(person) as Record)?)
    }

    /// The living keys of the security officers whose accounts are open, by account.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn active_officer_keys(&self) -> Result<Vec<OfficerKeyRow>, StoreError> {
        rows(run!(&mut self.read().await?.link(), all ACTIVE() as Record)?)
    }

    /// The escrow key, while there is one.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn escrow_key(&self) -> Result<Option<OfficerKeyRow>, StoreError> {
        let found = rows(run!(&mut self.read().await?.link(), all ESCROW() as Record)?)?;
        Ok(found.into_iter().next())
    }
}
