//! The permit 发布许可: what a published item carries so that the portal will serve it.
//!
//! Signed with Ed25519 (RFC 8032) by the desk. Signed bytes: the line `menhu-permit-1`, then the JSON of every
//! field but the signature, in the order of the declaration. The private key is PKCS #8 (RFC 8410) in a file of
//! the desk; the portal holds the public key alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::digest::{ContentHash, Digest, RuleSetId};
use super::ids::ItemId;
use super::person::Decision;
use super::verdict::Outcome;

/// A signed permission to serve exact content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Permit {
    /// The item.
    pub item: ItemId,
    /// The content.
    pub content: ContentHash,
    /// The rules it was screened under.
    pub rule_set: RuleSetId,
    /// What the gate said; always [`Outcome::Pass`].
    pub outcome: Outcome,
    /// Who approved, and on what basis.
    pub decision: Decision,
    /// When the desk signed.
    pub issued: Timestamp,
    /// First 16 hexadecimal digits of the SHA-256 of the public key.
    pub key: String,
    /// Ed25519, base64.
    pub signature: String,
}

/// Why a permit does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PermitError {
    /// The key is not one that the portal trusts.
    #[error("the permit of item {item} is signed by key {key}, which is not trusted here")]
    UnknownKey {
        /// The item.
        item: ItemId,
        /// The key named.
        key: String,
    },
    /// The signature does not fit.
    #[error("the signature of the permit of item {0} does not fit")]
    BadSignature(ItemId),
    /// The permit is for other content, or for another item.
    #[error("the permit of item {0} is for other content than is stored")]
    OtherContent(ItemId),
    /// A key file cannot be used.
    #[error("the permit key cannot be used: {0}")]
    BadKey(String),
}

fn signed_bytes(permit: &Permit) -> Result<Vec<u8>, PermitError> {
    #[derive(Serialize)]
    struct Signed<'a> {
        item: &'a ItemId,
        content: &'a ContentHash,
        rule_set: &'a RuleSetId,
        outcome: Outcome,
        decision: &'a Decision,
        issued: Timestamp,
        key: &'a str,
    }
    let fields = Signed {
        item: &permit.item,
        content: &permit.content,
        rule_set: &permit.rule_set,
        outcome: permit.outcome,
        decision: &permit.decision,
        issued: permit.issued,
        key: &permit.key,
    };
    let json = serde_json::to_vec(&fields).map_err(|e| PermitError::BadKey(e.to_string()))?;
    Ok([b"menhu-permit-1\n".as_slice(), &json].concat())
}

fn key_name(public: &[u8]) -> String {
    Digest::of(public).to_string().chars().take(16).collect()
}

/// The desk's signing key.
pub struct PermitKey {
    pair: Ed25519KeyPair,
}

impl std::fmt::Debug for PermitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PermitKey({})", key_name(self.pair.public_key().as_ref()))
    }
}

impl PermitKey {
    /// Makes a new key; the bytes are PKCS #8, for a file that only the desk can read.
    ///
    /// # Errors
    /// Where the operating system has no randomness to give.
    pub fn generate() -> Result<Vec<u8>, PermitError> {
        Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new())
            .map(|document| document.as_ref().to_vec())
            .map_err(|_| PermitError::BadKey("the operating system gave no random bytes".into()))
    }

    /// Reads PKCS #8.
    ///
    /// # Errors
    /// Where the bytes are not an Ed25519 key.
    pub fn from_pkcs8(bytes: &[u8]) -> Result<Self, PermitError> {
        let pair = Ed25519KeyPair::from_pkcs8(bytes).map_err(|e| PermitError::BadKey(e.to_string()))?;
        Ok(Self { pair })
    }

    /// The public key as the text of `permit.pub`: base64 of 32 bytes.
    #[must_use]
    pub fn public_text(&self) -> String {
        STANDARD.encode(self.pair.public_key().as_ref())
    }

    /// Signs. Only `flow::publish` calls it, with what a `Cleared` and a `Decision` say.
    ///
    /// # Errors
    /// Where the fields cannot be written as JSON.
    pub fn sign(
        &self,
        item: ItemId,
        content: ContentHash,
        rule_set: RuleSetId,
        decision: Decision,
        issued: Timestamp,
    ) -> Result<Permit, PermitError> {
        let mut permit = Permit {
            item,
            content,
            rule_set,
            outcome: Outcome::Pass,
            decision,
            issued,
            key: key_name(self.pair.public_key().as_ref()),
            signature: String::new(),
        };
        permit.signature = STANDARD.encode(self.pair.sign(&signed_bytes(&permit)?).as_ref());
        Ok(permit)
    }

    /// Signs other bytes of the desk (a rule set), under a domain of their own.
    #[must_use]
    pub fn sign_text(&self, domain: &str, text: &str) -> String {
        STANDARD.encode(self.pair.sign(format!("{domain}\n{text}").as_bytes()).as_ref())
    }
}

/// The public keys that are trusted; what the portal holds.
#[derive(Clone, Debug)]
pub struct PermitVerifier {
    keys: Vec<(String, Vec<u8>)>,
}

impl PermitVerifier {
    /// Reads the text of `permit.pub`: one base64 key a line, old keys after the new; `#` begins a comment.
    ///
    /// # Errors
    /// Where there is no key, or a line is not one.
    pub fn from_text(text: &str) -> Result<Self, PermitError> {
        let mut keys = Vec::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let bytes = STANDARD.decode(line).map_err(|e| PermitError::BadKey(e.to_string()))?;
            if bytes.len() != 32 {
                return Err(PermitError::BadKey(format!("a public key has 32 bytes, this line has {}", bytes.len())));
            }
            keys.push((key_name(&bytes), bytes));
        }
        if keys.is_empty() {
            return Err(PermitError::BadKey("the file holds no public key".into()));
        }
        Ok(Self { keys })
    }

    /// Checks that `permit` lets `content_bytes` be served as `item`.
    ///
    /// # Errors
    /// Says which part does not fit.
    pub fn verify(&self, permit: &Permit, item: &ItemId, content_bytes: &str) -> Result<(), PermitError> {
        if permit.item != *item
            || permit.content != super::item::Content::hash_of(content_bytes)
            || permit.decision.content != permit.content
            || permit.outcome != Outcome::Pass
        {
            return Err(PermitError::OtherContent(item.clone()));
        }
        let key = self
            .key(&permit.key)
            .ok_or_else(|| PermitError::UnknownKey { item: item.clone(), key: permit.key.clone() })?;
        let signature = STANDARD.decode(&permit.signature).map_err(|_| PermitError::BadSignature(item.clone()))?;
        UnparsedPublicKey::new(&ED25519, key)
            .verify(&signed_bytes(permit)?, &signature)
            .map_err(|_| PermitError::BadSignature(item.clone()))
    }

    /// Checks what [`PermitKey::sign_text`] signed.
    #[must_use]
    pub fn verify_text(&self, domain: &str, text: &str, signature: &str) -> bool {
        let Ok(signature) = STANDARD.decode(signature) else { return false };
        let message = format!("{domain}\n{text}");
        self.keys
            .iter()
            .any(|(_, key)| UnparsedPublicKey::new(&ED25519, key).verify(message.as_bytes(), &signature).is_ok())
    }

    fn key(&self, name: &str) -> Option<&[u8]> {
        self.keys.iter().find(|(known, _)| known == name).map(|(_, key)| key.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::PersonId;
    use super::super::item::Content;
    use super::super::person::Basis;
    use super::*;

    fn permit(content: &str) -> (Permit, PermitVerifier) {
        let key = PermitKey::from_pkcs8(&PermitKey::generate().unwrap()).unwrap();
        let verifier = PermitVerifier::from_text(&key.public_text()).unwrap();
        let hash = Content::hash_of(content);
        let decision = Decision {
            basis: Basis::Person { person: PersonId::new("shenhe").unwrap() },
            content: hash,
            at: Timestamp(1),
            note: String::new(),
        };
        let permit =
            key.sign(ItemId::new("a").unwrap(), hash, RuleSetId(Digest::of(b"rules")), decision, Timestamp(2)).unwrap();
        (permit, verifier)
    }

    #[test]
    fn one_changed_byte_anywhere_is_seen() {
        let (permit, verifier) = permit("正文");
        let item = ItemId::new("a").unwrap();
        assert_eq!(verifier.verify(&permit, &item, "正文"), Ok(()));
        assert_eq!(verifier.verify(&permit, &item, "正 文"), Err(PermitError::OtherContent(item.clone())));
        let later = Permit { issued: Timestamp(3), ..permit.clone() };
        assert_eq!(verifier.verify(&later, &item, "正文"), Err(PermitError::BadSignature(item.clone())));
        let other = ItemId::new("b").unwrap();
        assert_eq!(verifier.verify(&permit, &other, "正文"), Err(PermitError::OtherContent(other)));
    }

    #[test]
    fn a_key_of_another_desk_is_not_trusted() {
        let (permit, _) = permit("正文");
        let (_, stranger) = self::permit("正文");
        let item = ItemId::new("a").unwrap();
        assert!(matches!(stranger.verify(&permit, &item, "正文"), Err(PermitError::UnknownKey { .. })));
    }
}
