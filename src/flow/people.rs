//! People: accounts, logins, sessions, one-time links; each change with its audit row in one transaction.
//!
//! Promises: a password never passes through an administrator or a command line, only through a one-time link; an
//! unknown account and a wrong password cost the same time, count the same and are answered with the same words;
//! of session and link tokens only the SHA-256 is kept. Limits: links live [`LINK_LIFE`], sessions [`SESSION_LIFE`]
//! at most and end sooner when idle.

use std::time::Duration;

use serde_json::json;

use super::officer_key::{self, DeskKeys, KeyError};
use super::password::{self, PasswordError, Passwords, WeakPassword};
use super::quarantine::escrow;
use crate::config;
use crate::model::{Actor, Digest, PersonId, Right, Role, Timestamp, UnitId, random_token};
use crate::store::{Account, Desk, DeskTx, NewAccount, NewSession, OfficerKeyRow, Session, StoreError};

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

    /// Gives an officer who has none a key: an account from before officers had keys.
    async fn complete_key(&self, person: &PersonId, password: &str) -> Result<(), PeopleError> {
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
    async fn hand_over(&self) {
        if let Err(error) = escrow::settle(&self.desk, &self.keys).await {
            tracing::error!(%error, "the escrow key was not handed over to the officers yet");
        }
    }

    /// The key that goes with a new password of an officer; nobody else has one.
    async fn new_key(
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

    async fn wait_of(&self, person: &PersonId, address: &str) -> Result<Option<Duration>, PeopleError> {
        let until = self.desk.login_wait(person, address).await?;
        Ok(until.map(|until| until.since(self.desk.clock().now())).filter(|wait| !wait.is_zero()))
    }

    async fn begin_session(&self, person: PersonId, address: &str, old: Option<&str>) -> Result<Login, PeopleError> {
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

    async fn note_failure(&self, person: &PersonId, known: bool, address: &str) -> Result<Login, PeopleError> {
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

    /// Makes a new link for an account; older links and, once it is used, all sessions end.
    ///
    /// # Errors
    /// [`PeopleError::NoSuchAccount`] also where it is closed.
    pub async fn reset(&self, by: &Actor, person: &PersonId) -> Result<OneTimeLink, PeopleError> {
        let mut tx = self.desk.begin().await?;
        let account = self.desk.account(person).await?.filter(|account| account.disabled_at.is_none());
        account.ok_or_else(|| PeopleError::NoSuchAccount(person.clone()))?;
        let link = put_link(&mut tx, person).await?;
        tx.audit(by, "person.reset", person.as_str(), &json!({})).await?;
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

/// The account that a login form names; [`NOBODY`] where the text can be none.
fn named(account: &str) -> Result<PersonId, PeopleError> {
    PersonId::new(account.trim().to_ascii_lowercase())
        .or_else(|_| PersonId::new(NOBODY))
        .map_err(|_| PeopleError::BadAccount(NOBODY.into()))
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
