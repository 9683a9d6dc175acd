//! People: accounts, logins, sessions, one-time links; each change with its audit row in one transaction.
//!
//! Promises: a password never passes through an administrator or a command line, only through a one-time link; an
//! unknown account and a wrong password cost the same time, count the same and are answered with the same words;
//! of session and link tokens only the SHA-256 is kept. Limits: links live [`LINK_LIFE`], sessions [`SESSION_LIFE`]
//! at most and end sooner when idle.

mod login;
mod passwords;

use std::time::Duration;

use serde_json::json;

use super::officer_key::{DeskKeys, KeyError};
use super::password::{self, PasswordError, Passwords, WeakPassword};
use crate::config;
use crate::model::{Actor, Digest, PersonId, Role, Timestamp, UnitId, random_token};
use crate::store::{Account, Desk, DeskTx, NewAccount, OfficerKeyRow, StoreError};

/// How long a one-time link may be used.
pub const LINK_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Longest life of a session, however busy.
pub const SESSION_LIFE: Duration = Duration::from_secs(12 * 3600);
/// Under this name failed logins with a text that can be no account are counted. No account may bear it.
const NOBODY: &str = "nobody";
/// Longest name that is shown, in characters.
const LONGEST_NAME: usize = 40;

/// Why something about people is not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// There is none.
    #[error("there is no account {0}; menhu user list shows them")]
    NoSuchAccount(PersonId),
    /// There is one.
    #[error("the account {0} exists already; choose another name, or reset its password")]
    Taken(PersonId),
    /// It is not an account name.
    #[error("{0:?} cannot be an account; use a-z, 0-9, '-', '_' and '.', at most 64, beginning with a letter")]
    BadAccount(String),
    /// The shown name is missing or too long.
    #[error("a name of 1 to {LONGEST_NAME} characters is needed")]
    NoName,
    /// The password is too weak.
    #[error(transparent)]
    Weak(#[from] WeakPassword),
    /// The link was used, replaced or is too old.
    #[error("this one-time link no longer works; ask for a new one")]
    LinkUsed,
    /// Nobody closes their own account.
    #[error("nobody disables their own account")]
    Oneself,
    /// Somebody must be able to manage accounts.
    #[error("the only administrator cannot be disabled; add another first")]
    LastAdministrator,
    /// Sealed items would be opened by nobody any more.
    #[error(
        "{items} sealed items are opened by {person} alone, and a reset ends that key: they would be lost for good. Where \
         the password is still known, let another officer be given access first (menhu quarantine grant OTHER --by \
         {person}) or change it on the console; to reset all the same: menhu user reset {person} --lose-quarantine"
    )]
    LosesQuarantine {
        /// Whose account.
        person: PersonId,
        /// How many.
        items: u64,
    },
    /// The hash function failed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// An officer's key cannot be made or used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No randomness.
    #[error("no random token: {0}")]
    Random(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How a login ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// It succeeded; the token is for the cookie and stands nowhere else.
    Welcome {
        /// 256 random bits as text.
        token: String,
    },
    /// Account or password is wrong, or the account is closed: one answer for all.
    Refused,
    /// Too many failures; no password is looked at before the time is up.
    Wait(Duration),
}

/// A one-time link; whoever opens it sets the password of the account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OneTimeLink {
    /// Whose.
    pub person: PersonId,
    /// The secret part of the address.
    pub token: String,
    /// It works until then.
    pub until: Timestamp,
}

impl OneTimeLink {
    /// Its path on the console.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/welcome/{}", self.token)
    }
}

/// The accounts of an installation. Cheap to clone.
#[derive(Clone, Debug)]
pub struct People {
    desk: Desk,
    passwords: Passwords,
    keys: DeskKeys,
    idle: Duration,
    failures: u32,
    wait: Duration,
}

impl People {
    /// Takes one hash's time.
    ///
    /// # Errors
    /// [`PeopleError::Password`].
    pub fn new(desk: Desk, config: &config::Console, keys: DeskKeys) -> Result<Self, PeopleError> {
        Ok(Self {
            desk,
            keys,
            passwords: Passwords::new()?,
            idle: config.idle.0,
            failures: config.login_failures,
            wait: config.login_wait.0,
        })
    }

    /// Makes an account and the link with which its owner sets a password.
    ///
    /// # Errors
    /// [`PeopleError::Taken`], [`PeopleError::BadAccount`], [`PeopleError::NoName`].
    pub async fn add(&self, by: &Actor, account: &NewAccount) -> Result<OneTimeLink, PeopleError> {
        let mut tx = self.desk.begin().await?;
        self.put_new(&mut tx, by, account).await?;
        let link = put_link(&mut tx, &account.id).await?;
        tx.commit().await?;
        Ok(link)
    }

    /// Makes an account with a password, for the demo; where it exists, only sets the password.
    ///
    /// # Errors
    /// [`PeopleError::Weak`], [`PeopleError::BadAccount`].
    pub async fn add_with_password(&self, by: &Actor, account: &NewAccount, password: &str) -> Result<(), PeopleError> {
        password::check(account.id.as_str(), password)?;
        let hash = self.passwords.hash(password.to_owned()).await?;
        let key = self.new_key(&account.id, account.role, password).await?;
        let mut tx = self.desk.begin().await?;
        if self.desk.account(&account.id).await?.is_none() {
            self.put_new(&mut tx, by, account).await?;
        }
        tx.set_password(&account.id, &hash).await?;
        tx.audit(by, "person.password", account.id.as_str(), &json!({})).await?;
        let made = key.is_some();
        put_key(&mut tx, by, key).await?;
        tx.commit().await?;
        if made {
            self.hand_over().await;
        }
        Ok(())
    }

    async fn put_new(&self, tx: &mut DeskTx, by: &Actor, account: &NewAccount) -> Result<(), PeopleError> {
        check_account(account)?;
        if self.desk.account(&account.id).await?.is_some() {
            return Err(PeopleError::Taken(account.id.clone()));
        }
        tx.put_account(account).await?;
        let detail = json!({ "name": account.name, "role": account.role, "unit": account.unit });
        tx.audit(by, "person.add", account.id.as_str(), &detail).await?;
        Ok(())
    }

    /// Makes a new link for an account; older links and, once it is used, all sessions end. An officer's key ends with it:
    /// `lose` says that whoever asks knows that sealed items may then be opened by nobody.
    ///
    /// # Errors
    /// [`PeopleError::NoSuchAccount`] also where it is closed; [`PeopleError::LosesQuarantine`].
    pub async fn reset(&self, by: &Actor, person: &PersonId, lose: bool) -> Result<OneTimeLink, PeopleError> {
        let items = self.opened_by_nobody_else(person).await?;
        if items > 0 && !lose {
            return Err(PeopleError::LosesQuarantine { person: person.clone(), items });
        }
        let mut tx = self.desk.begin().await?;
        let account = self.desk.account(person).await?.filter(|account| account.disabled_at.is_none());
        account.ok_or_else(|| PeopleError::NoSuchAccount(person.clone()))?;
        let link = put_link(&mut tx, person).await?;
        let detail = if items > 0 { json!({"sealed_items_lost": items}) } else { json!({}) };
        tx.audit(by, "person.reset", person.as_str(), &detail).await?;
        tx.commit().await?;
        Ok(link)
    }

    /// Closes an account; its sessions and links end at once.
    ///
    /// # Errors
    /// [`PeopleError::Oneself`], [`PeopleError::LastAdministrator`], [`PeopleError::NoSuchAccount`].
    pub async fn disable(&self, by: &Actor, person: &PersonId) -> Result<(), PeopleError> {
        if *by == Actor::Person(person.clone()) {
            return Err(PeopleError::Oneself);
        }
        // There is one change at a time, so what is read after `begin` holds until `commit`.
        let mut tx = self.desk.begin().await?;
        let accounts = self.desk.accounts().await?;
        let open = |account: &&Account| account.disabled_at.is_none();
        let account = accounts.iter().filter(open).find(|account| account.id == *person);
        let account = account.ok_or_else(|| PeopleError::NoSuchAccount(person.clone()))?;
        let administrators = accounts.iter().filter(open).filter(|other| other.role == Role::Administrator).count();
        if account.role == Role::Administrator && administrators < 2 {
            return Err(PeopleError::LastAdministrator);
        }
        tx.disable_account(person).await?;
        tx.audit(by, "person.disable", person.as_str(), &json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// Opens a closed account.
    ///
    /// # Errors
    /// [`PeopleError::NoSuchAccount`].
    pub async fn enable(&self, by: &Actor, person: &PersonId) -> Result<(), PeopleError> {
        let mut tx = self.desk.begin().await?;
        self.desk.account(person).await?.ok_or_else(|| PeopleError::NoSuchAccount(person.clone()))?;
        tx.enable_account(person).await?;
        tx.audit(by, "person.enable", person.as_str(), &json!({})).await?;
        Ok(tx.commit().await?)
    }

    /// On an installation without accounts, makes the first administrator; else nothing.
    ///
    /// # Errors
    /// [`PeopleError::Store`].
    pub async fn first_administrator(&self, by: &Actor) -> Result<Option<OneTimeLink>, PeopleError> {
        if !self.desk.accounts().await?.is_empty() {
            return Ok(None);
        }
        let id = PersonId::new("admin").map_err(|bad| PeopleError::BadAccount(bad.to_string()))?;
        let account =
            NewAccount { id, name: Role::Administrator.chinese().into(), role: Role::Administrator, unit: None };
        match self.add(by, &account).await {
            Err(PeopleError::Taken(_)) => Ok(None),
            answer => answer.map(Some),
        }
    }
}

/// What a form or a command line says of a new account.
///
/// # Errors
/// [`PeopleError::BadAccount`], [`PeopleError::NoName`].
pub fn new_account(id: &str, name: &str, role: Role, unit: Option<UnitId>) -> Result<NewAccount, PeopleError> {
    let id = PersonId::new(id.trim()).map_err(|_| PeopleError::BadAccount(id.chars().take(64).collect()))?;
    let account = NewAccount { id, name: name.trim().to_owned(), role, unit };
    check_account(&account)?;
    Ok(account)
}

fn check_account(account: &NewAccount) -> Result<(), PeopleError> {
    let id = account.id.as_str();
    if id == NOBODY || id == "unknown" || !id.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err(PeopleError::BadAccount(id.to_owned()));
    }
    let length = account.name.chars().count();
    let written = !account.name.chars().any(char::is_control);
    if (1..=LONGEST_NAME).contains(&length) && written { Ok(()) } else { Err(PeopleError::NoName) }
}

fn token_digest(token: &str) -> Digest {
    Digest::of_parts(&[b"menhu-token-1", token.as_bytes()])
}

/// Puts a new key of an officer on record; the one before it is retired.
async fn put_key(tx: &mut DeskTx, by: &Actor, key: Option<OfficerKeyRow>) -> Result<(), PeopleError> {
    let Some(key) = key else { return Ok(()) };
    tx.put_officer_key(&key).await?;
    let detail = json!({"key": key.id, "sign": key.sign_key, "seal": key.seal_key});
    tx.audit(by, "key.made", key.person.as_ref().map_or("escrow", PersonId::as_str), &detail).await?;
    Ok(())
}

async fn put_link(tx: &mut DeskTx, person: &PersonId) -> Result<OneTimeLink, PeopleError> {
    let token = random_token()?;
    let until = tx.now().after(LINK_LIFE);
    tx.put_one_time_link(&token_digest(&token), person, until).await?;
    Ok(OneTimeLink { person: person.clone(), token, until })
}
