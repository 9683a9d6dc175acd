//! The cryptography under officers' keys: derivation, sealing under a password, sealing to a public key, sealing bytes.
//!
//! HKDF-SHA256 (RFC 5869) and ChaCha20-Poly1305 (RFC 8439) of ring, X25519 (RFC 7748) of x25519-dalek, Argon2id
//! (RFC 9106; 19 MiB, two passes: the library's default, as for password hashes). Every sealed text is
//! `nonce (12) ‖ ciphertext ‖ tag (16)` with a random nonce and a key used for little else, and says by its associated data
//! what it is for, so that one cannot stand in for another.

use argon2::Argon2;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom, SystemRandom};
use x25519_dalek::{PublicKey, StaticSecret};

use super::KeyError;

/// Length of a seed, a data key and a public key, in bytes.
pub(crate) const KEY: usize = 32;

/// Random bytes of the operating system.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], KeyError> {
    let mut bytes = [0u8; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| KeyError::Broken("the operating system gave no random bytes"))?;
    Ok(bytes)
}

/// HKDF-SHA256 of `secret`.
pub(super) fn derive(salt: &[u8], secret: &[u8], purpose: &str) -> Result<[u8; KEY], KeyError> {
    let failed = |_| KeyError::Broken("a key cannot be derived");
    let mut out = [0u8; KEY];
    let info = [purpose.as_bytes()];
    let key = Salt::new(HKDF_SHA256, salt).extract(secret);
    key.expand(&info, HKDF_SHA256).map_err(failed)?.fill(&mut out).map_err(failed)?;
    Ok(out)
}

/// Argon2id of a password.
pub(super) fn stretch(password: &str, salt: &[u8]) -> Result<[u8; KEY], KeyError> {
    let mut out = [0u8; KEY];
    Argon2::default()
        .hash_password_into(password.as_bytes(), salt, &mut out)
        .map_err(|_| KeyError::Broken("the password cannot be stretched"))?;
    Ok(out)
}

fn cipher(key: &[u8; KEY]) -> Result<LessSafeKey, KeyError> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| KeyError::Broken("a key has the wrong length"))?;
    Ok(LessSafeKey::new(key))
}

/// Seals `plain`; it grows by 28 bytes.
pub(crate) fn seal(key: &[u8; KEY], about: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    seal_owned(key, about, plain.to_vec())
}

/// Seals `plain` where it lies, so that a large one is not held twice.
pub(crate) fn seal_owned(key: &[u8; KEY], about: &[u8], mut plain: Vec<u8>) -> Result<Vec<u8>, KeyError> {
    let nonce = random::<NONCE_LEN>()?;
    cipher(key)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(about), &mut plain)
        .map_err(|_| KeyError::Broken("it is too long to be sealed in one piece"))?;
    plain.splice(0..0, nonce);
    Ok(plain)
}

/// Opens what [`seal`] made with the same key and `about`.
pub(crate) fn open(key: &[u8; KEY], about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(KeyError::Unfitting)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeyError::Unfitting)?;
    let mut text = text.to_vec();
    let length = cipher(key)?.open_in_place(nonce, Aad::from(about), &mut text).map_err(|_| KeyError::Unfitting)?.len();
    text.truncate(length);
    Ok(text)
}

fn shared(ephemeral: &PublicKey, to: &PublicKey, secret: &[u8], purpose: &str) -> Result<[u8; KEY], KeyError> {
    derive(&[ephemeral.as_bytes().as_slice(), to.as_bytes()].concat(), secret, purpose)
}

const WRAP: &str = "menhu-wrap-1";

/// Seals `plain` to a public key: `ephemeral public key (32) ‖ sealed`.
pub(crate) fn seal_to(public: &[u8; KEY], about: &[u8], plain: &[u8]) -> Result<Vec<u8>, KeyError> {
    let secret = StaticSecret::from(random::<KEY>()?);
    let (ephemeral, to) = (PublicKey::from(&secret), PublicKey::from(*public));
    let agreed = secret.diffie_hellman(&to);
    // A public key of small order gives a secret that everybody knows (RFC 7748, 6.1).
    if !agreed.was_contributory() {
        return Err(KeyError::Broken("a public key on record is none"));
    }
    let key = shared(&ephemeral, &to, agreed.as_bytes(), WRAP)?;
    Ok([ephemeral.as_bytes().as_slice(), &seal(&key, about, plain)?].concat())
}

/// Opens what [`seal_to`] made.
pub(crate) fn open_from(secret: &StaticSecret, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, KeyError> {
    let (ephemeral, sealed) = sealed.split_first_chunk::<KEY>().ok_or(KeyError::Unfitting)?;
    let ephemeral = PublicKey::from(*ephemeral);
    let agreed = secret.diffie_hellman(&ephemeral);
    if !agreed.was_contributory() {
        return Err(KeyError::Unfitting);
    }
    let key = shared(&ephemeral, &PublicKey::from(secret), agreed.as_bytes(), WRAP)?;
    open(&key, about, sealed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_and_purpose_open() {
        let key = random::<KEY>().unwrap();
        let sealed = seal(&key, b"a", b"text").unwrap();
        assert_eq!(open(&key, b"a", &sealed).unwrap(), b"text");
        assert!(open(&key, b"b", &sealed).is_err());
        assert!(open(&random().unwrap(), b"a", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open(&key, b"a", &changed).is_err(), "byte {at}");
            assert!(open(&key, b"a", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn what_is_sealed_to_one_opens_for_that_one() {
        let (one, other) = (StaticSecret::from([7; 32]), StaticSecret::from([8; 32]));
        let sealed = seal_to(PublicKey::from(&one).as_bytes(), b"item", b"key").unwrap();
        assert_eq!(open_from(&one, b"item", &sealed).unwrap(), b"key");
        assert!(open_from(&other, b"item", &sealed).is_err());
        assert!(open_from(&one, b"other item", &sealed).is_err());
        assert!(seal_to(&[0; 32], b"item", b"key").is_err(), "a point of small order");
    }
}
