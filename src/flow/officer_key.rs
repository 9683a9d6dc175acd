//! Officers' keys: each security officer signs rules and opens the quarantine with a key pair that only the own password
//! unlocks.
//!
//! A random seed of 32 bytes gives by HKDF-SHA256 an Ed25519 key (RFC 8032) and an X25519 key (RFC 7748). The desk keeps
//! the seed sealed under the password (Argon2id with a salt of its own, ChaCha20-Poly1305), so an officer needs no file
//! and no software, and the host alone cannot sign or open. The public record is signed by the desk's permit key: a key put into the
//! database behind the desk's back is no officer's. A key is made when the password is set by a one-time link (the key
//! before it is retired: nobody knows its password any more) or at the first login of an account that has none. A
//! retired key signs and opens nothing; its public half stays for old signatures.
//! Limits: after [`FAILURES`] wrong passwords a person waits [`WAIT`], also at the login.

pub(crate) mod envelope;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::json;
use x25519_dalek::{PublicKey, StaticSecret};

use self::envelope::KEY;
use super::FlowError;
use super::password::on_own_thread;
use crate::model::{Actor, Digest, PermitKey, PermitVerifier, PersonId, Right, Timestamp};
use crate::store::{Desk, OfficerKeyRow, StoreError};

/// Wrong passwords before a person waits.
pub const FAILURES: u32 = 5;
/// How long a person waits then.
pub const WAIT: Duration = Duration::from_secs(15 * 60);
const RECORD_DOMAIN: &str = "menhu-officer-key-1";
const SEED_SALT: &[u8] = b"menhu-officer-seed-1";

/// Why a key cannot be made or used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The password does not open the key. It counts as a failed login.
    #[error("the password is wrong")]
    WrongPassword,
    /// Too many wrong passwords.
    #[error("too many wrong passwords; wait {} minutes", .0.as_secs().div_ceil(60))]
    Wait(Duration),
    /// The person has none: no officer, closed, or the password was never set since officers have keys.
    #[error("{0} has no officer's key; a security officer gets one by setting a password or logging in")]
    NoKey(PersonId),
    /// What was sealed was not sealed with this key for this purpose, or was changed.
    #[error("the key does not fit what was sealed, or it was changed")]
    Unfitting,
    /// The record was changed behind the desk's back.
    #[error("the desk's signature of the officer's key {0} does not hold: it was changed behind the desk's back")]
    Forged(String),
    /// Randomness or a primitive fails.
    #[error("{0}")]
    Broken(&'static str),
    /// No thread could be started for the password.
    #[error("no thread for a password: {0}")]
    Thread(#[from] std::io::Error),
    /// The store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The keys of the desk itself, for what makes and checks officers' keys. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeskKeys {
    /// Signs permits, rule sets and the records of officers' keys.
    pub permit: Arc<PermitKey>,
    /// Checks what it signed, and what the keys before it signed.
    pub verifier: Arc<PermitVerifier>,
    /// Where its files lie; the escrow key of a quarantine without officers too.
    pub folder: PathBuf,
}

/// The public record of a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfficerKeys {
    /// Name of the key: 16 hexadecimal digits of the hash of both public halves.
    pub id: String,
    /// Whose; none is the escrow of an installation without officers.
    pub person: Option<PersonId>,
    /// Ed25519, public.
    pub sign_key: [u8; KEY],
    /// X25519, public.
    pub seal_key: [u8; KEY],
    /// When it was made.
    pub created: Timestamp,
    /// Since when it signs and opens nothing.
    pub retired_at: Option<Timestamp>,
    /// The desk's signature over the fields before it, but for the retirement.
    pub signature: String,
}

impl OfficerKeys {
    fn text(&self) -> String {
        let (sign, seal) = (STANDARD.encode(self.sign_key), STANDARD.encode(self.seal_key));
        let person = self.person.as_ref().map_or("", PersonId::as_str);
        format!("{}\n{person}\n{sign}\n{seal}\n{}", self.id, self.created.0)
    }

    /// Whether the desk signed this record.
    #[must_use]
    pub fn is_signed(&self, verifier: &PermitVerifier) -> bool {
        verifier.verify_text(RECORD_DOMAIN, &self.text(), &self.signature)
    }

    pub(crate) fn of_row(row: &OfficerKeyRow) -> Result<Self, KeyError> {
        let bytes = |text: &str| -> Option<[u8; KEY]> { STANDARD.decode(text).ok()?.try_into().ok() };
        let forged = || KeyError::Forged(row.id.clone());
        Ok(Self {
            id: row.id.clone(),
            person: row.person.clone(),
            sign_key: bytes(&row.sign_key).ok_or_else(forged)?,
            seal_key: bytes(&row.seal_key).ok_or_else(forged)?,
            created: row.created,
            retired_at: row.retired_at,
            signature: row.signature.clone(),
        })
    }
}

/// A key that its owner's password unlocked. It lives as long as the request that asked for it.
pub struct Unlocked {
    record: OfficerKeys,
    sign: Ed25519KeyPair,
    seal: StaticSecret,
}

impl std::fmt::Debug for Unlocked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Unlocked({})", self.record.id)
    }
}

impl Unlocked {
    /// The public record.
    #[must_use]
    pub fn record(&self) -> &OfficerKeys {
        &self.record
    }

    /// Signs `text` under `domain`; base64, for [`verify`].
    #[must_use]
    pub fn sign(&self, domain: &str, text: &str) -> String {
        STANDARD.encode(self.sign.sign(message(domain, text).as_bytes()).as_ref())
    }

    /// Opens what was sealed to this key about `about`.
    ///
    /// # Errors
    /// [`KeyError::Unfitting`].
    pub fn open(&self, about: &str, sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
        envelope::open_from(&self.seal, about.as_bytes(), sealed)
    }

    /// The escrow key of a seed that was kept in a file.
    pub(crate) fn of_escrow(record: OfficerKeys, seed: &[u8; KEY]) -> Result<Self, KeyError> {
        Self::of_seed(record, seed)
    }

    fn of_seed(record: OfficerKeys, seed: &[u8; KEY]) -> Result<Self, KeyError> {
        let (sign, seal) = halves(seed)?;
        let same = record.sign_key.as_slice() == sign.public_key().as_ref()
            && record.seal_key == *PublicKey::from(&seal).as_bytes();
        if same { Ok(Self { record, sign, seal }) } else { Err(KeyError::Forged(record.id)) }
    }
}

fn message(domain: &str, text: &str) -> String {
    format!("{domain}\n{text}")
}

/// Whether `signature` is of the key of `record` over `text` under `domain`. It says nothing of the record:
/// [`OfficerKeys::is_signed`] does.
#[must_use]
pub fn verify(record: &OfficerKeys, domain: &str, text: &str, signature: &str) -> bool {
    STANDARD.decode(signature).is_ok_and(|signature| {
        UnparsedPublicKey::new(&ED25519, record.sign_key).verify(message(domain, text).as_bytes(), &signature).is_ok()
    })
}

fn halves(seed: &[u8; KEY]) -> Result<(Ed25519KeyPair, StaticSecret), KeyError> {
    let sign = Ed25519KeyPair::from_seed_unchecked(&envelope::derive(SEED_SALT, seed, "sign")?)
        .map_err(|_| KeyError::Broken("a signing key cannot be derived"))?;
    Ok((sign, StaticSecret::from(envelope::derive(SEED_SALT, seed, "seal")?)))
}

/// Makes a record of a fresh seed, signed by the desk; without the sealed seed.
fn new_record(
    desk_key: &PermitKey,
    person: Option<&PersonId>,
    created: Timestamp,
) -> Result<(OfficerKeys, [u8; KEY]), KeyError> {
    let seed = envelope::random::<KEY>()?;
    let (sign, seal) = halves(&seed)?;
    let seal_key = PublicKey::from(&seal).to_bytes();
    let sign_key: [u8; KEY] =
        sign.public_key().as_ref().try_into().map_err(|_| KeyError::Broken("a public key has the wrong length"))?;
    let id = Digest::of_parts(&[b"menhu-officer-key-1", &sign_key, &seal_key]).to_string().chars().take(16).collect();
    let mut record = OfficerKeys {
        id,
        person: person.cloned(),
        sign_key,
        seal_key,
        created,
        retired_at: None,
        signature: String::new(),
    };
    record.signature = desk_key.sign_text(RECORD_DOMAIN, &record.text());
    Ok((record, seed))
}

fn row_of(record: &OfficerKeys, sealed: Option<(String, String)>) -> OfficerKeyRow {
    OfficerKeyRow {
        id: record.id.clone(),
        person: record.person.clone(),
        sign_key: STANDARD.encode(record.sign_key),
        seal_key: STANDARD.encode(record.seal_key),
        sealed,
        created: record.created,
        retired_at: record.retired_at,
        signature: record.signature.clone(),
    }
}

fn about_seed(id: &str) -> String {
    format!("menhu-seed-1\n{id}")
}

/// Seals a seed under a password: salt and sealed seed, base64.
fn lock(id: &str, seed: &[u8; KEY], password: &str) -> Result<(String, String), KeyError> {
    let salt = envelope::random::<16>()?;
    let sealed = envelope::seal(&envelope::stretch(password, &salt)?, about_seed(id).as_bytes(), seed)?;
    Ok((STANDARD.encode(salt), STANDARD.encode(sealed)))
}

fn unlock_seed(id: &str, salt: &str, sealed: &str, password: &str) -> Result<[u8; KEY], KeyError> {
    let forged = || KeyError::Forged(id.to_owned());
    let salt = STANDARD.decode(salt).map_err(|_| forged())?;
    let sealed = STANDARD.decode(sealed).map_err(|_| forged())?;
    let seed = envelope::open(&envelope::stretch(password, &salt)?, about_seed(id).as_bytes(), &sealed)
        .map_err(|_| KeyError::WrongPassword)?;
    seed.try_into().map_err(|_| forged())
}

/// Makes a key for a person under a password; the caller puts it on record. Takes one password hash's time.
///
/// # Errors
/// [`KeyError::Broken`], [`KeyError::Thread`].
pub async fn make(
    desk_key: &PermitKey,
    person: &PersonId,
    password: &str,
    now: Timestamp,
) -> Result<OfficerKeyRow, KeyError> {
    let (record, seed) = new_record(desk_key, Some(person), now)?;
    let (id, password) = (record.id.clone(), password.to_owned());
    let sealed = on_own_thread(move || lock(&id, &seed, &password)).await??;
    Ok(row_of(&record, Some(sealed)))
}

/// Makes an escrow key, whose seed the caller keeps.
pub(crate) fn make_escrow(desk_key: &PermitKey, now: Timestamp) -> Result<(OfficerKeyRow, [u8; KEY]), KeyError> {
    let (record, seed) = new_record(desk_key, None, now)?;
    Ok((row_of(&record, None), seed))
}

/// The living key of a person, if the person has one.
///
/// # Errors
/// [`KeyError`].
pub async fn record_of(desk: &Desk, person: &PersonId) -> Result<Option<OfficerKeys>, FlowError> {
    Ok(desk.officer_key(person).await?.as_ref().map(OfficerKeys::of_row).transpose()?)
}

/// Every key that a person ever had, the newest first: for signatures made before a new password.
///
/// # Errors
/// [`KeyError`].
pub async fn records_of(desk: &Desk, person: &PersonId) -> Result<Vec<OfficerKeys>, FlowError> {
    let rows = desk.officer_keys_of(person).await?;
    Ok(rows.iter().map(OfficerKeys::of_row).collect::<Result<_, _>>()?)
}

/// Unlocks the key of an officer whose account is open. A wrong password is counted, and is in the audit.
///
/// # Errors
/// [`FlowError::Key`] with [`KeyError::WrongPassword`], [`KeyError::Wait`] (then no password was looked at) or
/// [`KeyError::NoKey`].
pub async fn unlock(desk: &Desk, person: &PersonId, password: &str) -> Result<Unlocked, FlowError> {
    let row = living(desk, person).await?;
    let (Some((salt, sealed)), record) = (row.sealed.clone(), OfficerKeys::of_row(&row)?) else {
        return Err(KeyError::NoKey(person.clone()).into());
    };
    wait_of(desk, person).await?;
    let (id, typed) = (record.id.clone(), password.to_owned());
    let seed = match on_own_thread(move || unlock_seed(&id, &salt, &sealed, &typed)).await.map_err(KeyError::from)? {
        Ok(seed) => seed,
        Err(KeyError::WrongPassword) => {
            note_failure(desk, person).await?;
            return Err(KeyError::WrongPassword.into());
        }
        Err(error) => return Err(error.into()),
    };
    // Again, because guesses sent side by side all passed the first look.
    wait_of(desk, person).await?;
    Ok(Unlocked::of_seed(record, &seed)?)
}

async fn living(desk: &Desk, person: &PersonId) -> Result<OfficerKeyRow, FlowError> {
    let none = || FlowError::Key(KeyError::NoKey(person.clone()));
    let account = desk.account(person).await?.ok_or_else(none)?;
    if account.disabled_at.is_some() || !account.role.may(Right::Quarantine) {
        return Err(none());
    }
    desk.officer_key(person).await?.ok_or_else(none)
}

/// Where failures of a key are counted beside those of the account.
fn counted_at(person: &PersonId) -> String {
    format!("officer key of {person}")
}

async fn wait_of(desk: &Desk, person: &PersonId) -> Result<(), FlowError> {
    match desk.login_wait(person, &counted_at(person)).await? {
        Some(until) => Err(KeyError::Wait(until.since(desk.clock().now())).into()),
        None => Ok(()),
    }
}

async fn note_failure(desk: &Desk, person: &PersonId) -> Result<(), FlowError> {
    let mut tx = desk.begin().await?;
    tx.note_login_failure(person, &counted_at(person), FAILURES, WAIT).await?;
    tx.audit(&Actor::Person(person.clone()), "key.wrong-password", person.as_str(), &json!({})).await?;
    Ok(tx.commit().await?)
}

/// Puts the seed of an unlocked key's person under another password: salt and sealed seed for the store.
///
/// # Errors
/// [`KeyError::WrongPassword`] where `old` is not the password.
pub async fn relock(row: &OfficerKeyRow, old: &str, new: &str) -> Result<(String, String), KeyError> {
    let Some((salt, sealed)) = row.sealed.clone() else { return Err(KeyError::Unfitting) };
    let (id, old, new) = (row.id.clone(), old.to_owned(), new.to_owned());
    on_own_thread(move || {
        let seed = unlock_seed(&id, &salt, &sealed, &old)?;
        lock(&id, &seed, &new)
    })
    .await?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk_key() -> (PermitKey, PermitVerifier) {
        let key = PermitKey::from_pkcs8(&PermitKey::generate().unwrap()).unwrap();
        let verifier = PermitVerifier::from_text(&key.public_text()).unwrap();
        (key, verifier)
    }

    #[tokio::test]
    async fn the_password_alone_unlocks_and_another_takes_its_place() {
        let (key, verifier) = desk_key();
        let person = PersonId::new("baomi").unwrap();
        let mut row = make(&key, &person, "Xk7-mnopqr", Timestamp(5)).await.unwrap();
        let record = OfficerKeys::of_row(&row).unwrap();
        assert!(record.is_signed(&verifier));
        let (salt, sealed) = row.sealed.clone().unwrap();
        assert!(matches!(unlock_seed(&row.id, &salt, &sealed, "Xk7-mnopqs"), Err(KeyError::WrongPassword)));
        let seed = unlock_seed(&row.id, &salt, &sealed, "Xk7-mnopqr").unwrap();
        let unlocked = Unlocked::of_seed(record.clone(), &seed).unwrap();
        let sealed = envelope::seal_to(&record.seal_key, b"item 1", b"data key").unwrap();
        assert_eq!(unlocked.open("item 1", &sealed).unwrap(), b"data key");
        assert!(unlocked.open("item 2", &sealed).is_err());

        row.sealed = Some(relock(&row, "Xk7-mnopqr", "another-Passw0rd").await.unwrap());
        let (salt, sealed) = row.sealed.clone().unwrap();
        assert_eq!(unlock_seed(&row.id, &salt, &sealed, "another-Passw0rd").unwrap(), seed, "the same key");
        assert!(unlock_seed(&row.id, &salt, &sealed, "Xk7-mnopqr").is_err());
    }

    #[tokio::test]
    async fn signatures_hold_for_their_text_domain_and_key() {
        let (key, _) = desk_key();
        let of = |person: &str| new_record(&key, Some(&PersonId::new(person).unwrap()), Timestamp(1)).unwrap();
        let ((one, seed), (other, _)) = (of("a"), of("b"));
        let signature = Unlocked::of_seed(one.clone(), &seed).unwrap().sign("rules", "text");
        assert!(verify(&one, "rules", "text", &signature));
        assert!(!verify(&one, "rules", "texts", &signature));
        assert!(!verify(&one, "permit", "text", &signature));
        assert!(!verify(&other, "rules", "text", &signature));
        assert!(!verify(&one, "rules", "text", "not base64!"));
    }

    #[test]
    fn a_key_put_there_behind_the_desks_back_is_seen() {
        let ((key, verifier), (stranger, _)) = (desk_key(), desk_key());
        let person = PersonId::new("baomi").unwrap();
        let (record, _) = new_record(&key, Some(&person), Timestamp(1)).unwrap();
        let (forged, seed) = new_record(&stranger, Some(&person), Timestamp(1)).unwrap();
        assert!(record.is_signed(&verifier) && !forged.is_signed(&verifier));
        let borrowed = OfficerKeys { seal_key: forged.seal_key, ..record.clone() };
        assert!(!borrowed.is_signed(&verifier));
        assert!(Unlocked::of_seed(record, &seed).is_err(), "another seed than the record's");
    }
}
