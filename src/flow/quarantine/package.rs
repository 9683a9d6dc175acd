//! What a sealed file holds: the content, the full verdict, the texts that were screened, the page and its files.
//!
//! Form before sealing: `length of the head (4 bytes, big-endian) ‖ head (JSON) ‖ the files one after another`.

use serde::{Deserialize, Serialize};

use crate::blob::{BlobError, Blobs};
use crate::flow::FlowError;
use crate::flow::intake::Evidence;
use crate::flow::publish::draft_of;
use crate::model::{BlobId, Content, ContentHash, Digest, Draft, Segment, Unreadable, Verdict};
use crate::store::ItemRow;

/// Everything that was read of an item.
#[derive(Clone)]
pub struct Package {
    /// The exact bytes of the content.
    pub content: String,
    /// What the gate said, with words and places.
    pub verdict: Verdict,
    /// The texts that were screened beside the content, and what could not be read.
    pub evidence: Evidence,
    /// Hash of the letters of title and body.
    pub text_hash: Option<Digest>,
    /// The page as it was fetched, if it was.
    pub raw: Option<BlobId>,
    /// The files: the page, the attachments, their texts.
    pub files: Vec<(BlobId, Vec<u8>)>,
}

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not a word of it in a log.
        write!(f, "Package({})", self.content_hash())
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    content: String,
    verdict: Verdict,
    segments: Vec<Segment>,
    unreadable: Vec<Unreadable>,
    text_hash: Option<Digest>,
    raw: Option<BlobId>,
    files: Vec<(BlobId, u64)>,
}

fn damaged() -> FlowError {
    FlowError::Refused("what was sealed is not a package of this program".into())
}

impl Package {
    /// The hash that the row keeps.
    #[must_use]
    pub fn content_hash(&self) -> ContentHash {
        Content::hash_of(&self.content)
    }

    /// The content as fields.
    ///
    /// # Errors
    /// Where it is not what [`Content::bytes`] makes.
    pub fn fields(&self) -> Result<Content, FlowError> {
        Ok(serde_json::from_str(&self.content)?)
    }

    /// The bytes of a file.
    #[must_use]
    pub fn file(&self, blob: &BlobId) -> Option<&[u8]> {
        self.files.iter().find(|(id, _)| id == blob).map(|(_, bytes)| bytes.as_slice())
    }

    /// What is sealed.
    ///
    /// # Errors
    /// Never for a value made by this program; the signature is serde's.
    pub fn bytes(&self) -> Result<Vec<u8>, FlowError> {
        let head = serde_json::to_vec(&Head {
            content: self.content.clone(),
            verdict: self.verdict.clone(),
            segments: self.evidence.segments.clone(),
            unreadable: self.evidence.unreadable.clone(),
            text_hash: self.text_hash,
            raw: self.raw,
            files: self.files.iter().map(|(id, bytes)| (*id, bytes.len() as u64)).collect(),
        })?;
        let length = u32::try_from(head.len()).map_err(|_| damaged())?;
        let size = head.len() + self.files.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        let mut out = Vec::with_capacity(size + 64);
        out.extend_from_slice(&length.to_be_bytes());
        out.extend_from_slice(&head);
        for (_, bytes) in &self.files {
            out.extend_from_slice(bytes);
        }
        Ok(out)
    }

    /// Reads [`Package::bytes`].
    ///
    /// # Errors
    /// Where they are not a package; what was authenticated is one.
    pub fn read(bytes: &[u8]) -> Result<Self, FlowError> {
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| damaged())?;
        let (head, mut rest) = rest.split_at_checked(length).ok_or_else(damaged)?;
        let head: Head = serde_json::from_slice(head)?;
        let mut files = Vec::with_capacity(head.files.len());
        for (id, size) in head.files {
            let size = usize::try_from(size).map_err(|_| damaged())?;
            let (file, after) = rest.split_at_checked(size).ok_or_else(damaged)?;
            files.push((id, file.to_vec()));
            rest = after;
        }
        Ok(Self {
            content: head.content,
            verdict: head.verdict,
            evidence: Evidence { segments: head.segments, unreadable: head.unreadable },
            text_hash: head.text_hash,
            raw: head.raw,
            files,
        })
    }

    /// What the desk has of an item in plain, under a new verdict.
    ///
    /// # Errors
    /// Where its content or its evidence is missing or damaged. A file that is gone is left out.
    pub async fn of_row(blobs: &Blobs, row: &ItemRow, verdict: &Verdict) -> Result<Self, FlowError> {
        let Draft { content, segments, unreadable, .. } = draft_of(blobs, row).await?;
        let evidence = Evidence { segments, unreadable };
        let attached = content.attachments.iter().flat_map(|file| [Some(file.blob), file.text]);
        let named: Vec<BlobId> = [row.raw].into_iter().chain(attached).flatten().collect();
        let mut files: Vec<(BlobId, Vec<u8>)> = Vec::new();
        for blob in named {
            if files.iter().any(|(known, _)| *known == blob) {
                continue;
            }
            match blobs.get(&blob).await {
                Ok(bytes) => files.push((blob, bytes)),
                // What is gone cannot be sealed, and is no reason to leave the rest in plain.
                Err(BlobError::Missing(_) | BlobError::Damaged { .. }) => {
                    tracing::warn!(item = %row.id, %blob, "a file of an item that is being sealed is not there");
                }
                Err(error) => return Err(error.into()),
            }
        }
        let (content, verdict) = (row.content.clone(), verdict.clone());
        Ok(Self { content, verdict, evidence, text_hash: row.text_hash, raw: row.raw, files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, RuleSetId};

    #[test]
    fn a_package_comes_back_whole_and_a_cut_one_does_not() {
        let file = |text: &str| (BlobId(Digest::of(text.as_bytes())), text.as_bytes().to_vec());
        let package = Package {
            content: "{\"title\":\"甲\"}".into(),
            verdict: Verdict {
                rule_set: RuleSetId(Digest::of(b"rules")),
                outcome: Outcome::Block,
                findings: Vec::new(),
                unreadable: Vec::new(),
            },
            evidence: Evidence { segments: Vec::new(), unreadable: Vec::new() },
            text_hash: None,
            raw: None,
            files: vec![file("一"), file(""), file("三三")],
        };
        let bytes = package.bytes().unwrap();
        let back = Package::read(&bytes).unwrap();
        assert_eq!((back.content, back.verdict, back.files), (package.content, package.verdict, package.files));
        for cut in [0, 3, 4, 20, bytes.len() - 1] {
            assert!(Package::read(&bytes[..cut]).is_err(), "cut at {cut}");
        }
    }
}
