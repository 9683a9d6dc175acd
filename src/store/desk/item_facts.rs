//! What a row of an item says of its screening: read from content and verdict, so that it cannot differ from them; of what
//! is held, no word (promise 2).

use super::items::Screening;
use super::sealed::bare;
use crate::model::{BlobId, Content, ContentHash, Outcome, RuleSetId, Status, Timestamp, Verdict, When};
use crate::store::StoreError;

/// What the row says beside the content itself, read from content and verdict so that it cannot differ from them.
pub(super) struct Facts {
    pub(super) content: Content,
    pub(super) hash: ContentHash,
    pub(super) published: Option<Timestamp>,
    pub(super) status: Status,
    pub(super) cleared_hash: Option<ContentHash>,
    pub(super) cleared_rule_set: Option<RuleSetId>,
}

impl Facts {
    pub(super) fn of(screening: &Screening) -> Result<Self, StoreError> {
        let refused = |why: String| StoreError::Refused(format!("the content is not what Content::bytes makes: {why}"));
        let content: Content = serde_json::from_str(&screening.content).map_err(|error| refused(error.to_string()))?;
        if content.bytes().map_err(|error| refused(error.to_string()))? != screening.content {
            return Err(refused("written again it has other bytes".into()));
        }
        let hash = Content::hash_of(&screening.content);
        let passed = screening.verdict.outcome == Outcome::Pass;
        Ok(Self {
            published: content.published.map(When::instant),
            content,
            hash,
            status: if passed { Status::Queued } else { Status::Quarantined },
            cleared_hash: passed.then_some(hash),
            cleared_rule_set: passed.then_some(screening.verdict.rule_set),
        })
    }
}

/// What the row keeps of a screening: of what is held, no word.
pub(super) struct Kept<'a> {
    pub(super) content: &'a str,
    pub(super) title: &'a str,
    pub(super) segments: Option<&'a BlobId>,
    pub(super) raw: Option<&'a BlobId>,
    pub(super) verdict: Verdict,
}

impl<'a> Kept<'a> {
    pub(super) fn of(facts: &'a Facts, screening: &'a Screening) -> Result<Self, StoreError> {
        match (facts.status, &screening.sealed) {
            (Status::Quarantined, Some(_)) => {
                Ok(Self { content: "", title: "", segments: None, raw: None, verdict: bare(&screening.verdict) })
            }
            (Status::Quarantined, None) => {
                Err(StoreError::Refused("what the gate held is kept sealed, or not at all".into()))
            }
            (_, Some(_)) => Err(StoreError::Refused("what the gate let pass is not sealed".into())),
            (_, None) => Ok(Self {
                content: &screening.content,
                title: &facts.content.title,
                segments: screening.segments.as_ref(),
                raw: screening.raw.as_ref(),
                verdict: screening.verdict.clone(),
            }),
        }
    }
}
