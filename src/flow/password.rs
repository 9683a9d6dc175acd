//! Passwords: what is asked of one, and Argon2id hashes made and checked off the async threads.
//!
//! Source: RFC 9106; parameters of the `argon2` crate's default (19 MiB, 2 passes, 1 lane), the OWASP minimum.
//! Promises: a check costs the same whether or not the account exists; at most [`AT_ONCE`] run at one time, so
//! that logins can take neither all memory nor both cores. Limits: passwords of 10 to 256 bytes of text.

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, oneshot};

/// Hashes at one time, 19 MiB each.
const AT_ONCE: usize = 2;
/// Shortest password of three kinds of characters.
const SHORTEST: usize = 10;
/// From this length on no kinds are asked for.
const PHRASE: usize = 16;
/// Longest password, in bytes.
const LONGEST: usize = 256;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a password has at least 10 characters of three kinds (upper case, lower case, digits, others) or at least 16 \
     characters, at most 256 bytes, and does not contain the account"
)]
pub struct WeakPassword;

/// Checks what is asked of a new password of `account`.
///
/// # Errors
/// [`WeakPassword`] says the whole rule.
pub fn check(account: &str, password: &str) -> Result<(), WeakPassword> {
    let length = password.chars().count();
    let kinds = [
        password.chars().any(char::is_uppercase),
        password.chars().any(char::is_lowercase),
        password.chars().any(char::is_numeric),
        password.chars().any(|c| !c.is_uppercase() && !c.is_lowercase() && !c.is_numeric()),
    ];
    let kinds = kinds.into_iter().filter(|kind| *kind).count();
    let varied = password.chars().collect::<std::collections::BTreeSet<_>>().len() >= 5;
    let strong = length >= PHRASE || (length >= SHORTEST && kinds >= 3);
    let named = password.to_lowercase().contains(account);
    if strong && varied && !named && password.len() <= LONGEST { Ok(()) } else { Err(WeakPassword) }
}

/// Why no hash could be made or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash function failed, or a stored hash is not one.
    #[error("the password hash function failed: {0}")]
    Hash(argon2::password_hash::Error),
    /// No thread could be started, or it ended without an answer.
    #[error("no thread for a password: {0}")]
    Thread(#[from] std::io::Error),
    /// The process is ending.
    #[error("passwords are no longer checked: the process is ending")]
    Ending,
}

/// Makes and checks hashes; cheap to clone, one for a process.
#[derive(Clone, Debug)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    /// The hash of a password nobody knows, checked where there is no account.
    stand_in: Arc<str>,
}

impl Passwords {
    /// Makes the stand-in; takes as long as one hash.
    ///
    /// # Errors
    /// Where the operating system has no randomness to give.
    pub fn new() -> Result<Self, PasswordError> {
        let nobody =
            crate::model::random_token().map_err(|_| PasswordError::Hash(argon2::password_hash::Error::Crypto))?;
        Ok(Self { turns: Arc::new(Semaphore::new(AT_ONCE)), stand_in: hash_now(&nobody)?.into() })
    }

    /// Hashes a password, as a PHC string.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: String) -> Result<String, PasswordError> {
        self.apart(move || hash_now(&password)).await
    }

    /// Whether `password` fits `hash`; without a hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// [`PasswordError`]; a stored hash that cannot be read is an error, never a yes.
    pub async fn fits(&self, password: String, hash: Option<String>) -> Result<bool, PasswordError> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.stand_in.to_string());
        let answer = self.apart(move || {
            if password.len() > LONGEST {
                return Ok(false);
            }
            let parsed = PasswordHash::new(&hash).map_err(PasswordError::from_phc)?;
            match Argon2::default().verify_password(password.as_bytes(), &parsed) {
                Ok(()) => Ok(true),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
                Err(error) => Err(PasswordError::Hash(error)),
            }
        });
        Ok(answer.await? && known)
    }

    /// The turn ends with the work, not with who waits for it, so that nobody gets round [`AT_ONCE`] by hanging up.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| PasswordError::Ending)?;
        on_own_thread(move || {
            let done = work();
            drop(turn);
            done
        })
        .await?
    }
}

/// Works on a thread that ends with the work. Each of the runtime's threads would keep the 19 MiB of a hash on its own
/// heap (glibc never gives them back); the heap of a thread that ended goes to the next.
pub(super) async fn on_own_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, std::io::Error> {
    let (answer, waiting) = oneshot::channel();
    std::thread::Builder::new().name("password".into()).spawn(move || {
        // An error only says that nobody waits any more.
        answer.send(work()).ok();
    })?;
    waiting.await.map_err(|_| std::io::Error::other("the password worker ended"))
}

impl PasswordError {
    fn from_phc<E: Into<argon2::password_hash::Error>>(error: E) -> Self {
        Self::Hash(error.into())
    }
}

fn hash_now(password: &str) -> Result<String, PasswordError> {
    let hash: PasswordHash = Argon2::default().hash_password(password.as_bytes()).map_err(PasswordError::Hash)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_passwords() {
        for good in ["Xk7-mnopqr", "一二三四五六七八九十-Aa", "correct horse battery"] {
            assert_eq!(check("shenhe", good), Ok(()), "{good}");
        }
        for bad in ["", "short-A1", "onlylowercase", "aaaaaaaaaaaaaaaaaaaaaa", "Shenhe-2026-x", &"x1-A".repeat(65)] {
            assert_eq!(check("shenhe", bad), Err(WeakPassword), "{bad}");
        }
    }

    #[tokio::test]
    async fn a_hash_fits_its_password_alone() {
        let passwords = Passwords::new().unwrap();
        let hash = passwords.hash("Xk7-mnopqr".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.fits("Xk7-mnopqr".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.fits("Xk7-mnopqs".into(), Some(hash)).await.unwrap());
        assert!(!passwords.fits("Xk7-mnopqr".into(), None).await.unwrap());
        assert!(passwords.fits("x".into(), Some("not a hash".into())).await.is_err());
    }
}
