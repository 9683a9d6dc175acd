//! Rule sets: proposed by one, approved by another, exactly one in force, never edited.

use super::{Desk, DeskTx};
use crate::model::{Actor, RuleSetId, Timestamp};
use crate::store::StoreError;
use crate::store::bind::{read, read_some, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    LAST = "SELECT COALESCE(MAX(number), 0) FROM rule_sets";
    PROPOSE = "INSERT INTO rule_sets (number, id, bundle, state, proposed_by, proposed_at, note)
        VALUES ($1, $2, $3, 'proposed', $4, $5, $6)";
    PROPOSE_SIGNED = "UPDATE rule_sets SET base = $2, edits = $3, changes = $4, size_before = $5, size_after = $6,
        proposer_key = $7, proposer_signature = $8, smaller = $9 WHERE number = $1";
    APPROVE_SIGNED = "UPDATE rule_sets SET approver_key = $2, approver_signature = $3 WHERE number = $1";
    SUPERSEDE = "UPDATE rule_sets SET state = 'superseded' WHERE state = 'in-force'";
    APPROVE = "UPDATE rule_sets SET state = 'in-force', decided_by = $2, decided_at = $3, signature = $4
        WHERE number = $1 AND state = 'proposed'";
    REFUSE = "UPDATE rule_sets SET state = 'refused', decided_by = $2, decided_at = $3, refusal = $4
        WHERE number = $1 AND state = 'proposed'";
    FIND = "SELECT number, id, bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature, base,
        edits, changes, size_before, size_after, smaller, proposer_key, proposer_signature, approver_key,
        approver_signature, refusal
        FROM rule_sets WHERE number = $1";
    IN_FORCE = "SELECT number, id, bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature, base,
        edits, changes, size_before, size_after, smaller, proposer_key, proposer_signature, approver_key,
        approver_signature, refusal
        FROM rule_sets WHERE state = 'in-force'";
    ID_IN_FORCE = "SELECT id FROM rule_sets WHERE state = 'in-force'";
    /// By the audit, which nobody can change unseen.
    LAST_APPROVED = "SELECT subject FROM audit WHERE action = 'rules.approve' ORDER BY seq DESC LIMIT 1";
    /// Without the texts, which may be large.
    LIST = "SELECT number, id, '' AS bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature, base,
        edits, changes, size_before, size_after, smaller, proposer_key, proposer_signature, approver_key,
        approver_signature, refusal
        FROM rule_sets ORDER BY number DESC LIMIT $1";
    COUNT_OF_PERSONS = "SELECT COUNT(*) FROM rule_sets
        WHERE approver_signature IS NOT NULL AND state IN ('in-force', 'superseded')";
    BY_ID = "SELECT number, id, bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature, base,
        edits, changes, size_before, size_after, smaller, proposer_key, proposer_signature, approver_key,
        approver_signature, refusal
        FROM rule_sets WHERE id = $1 AND state IN ('in-force', 'superseded') ORDER BY number DESC LIMIT 1";
}

/// A rule set as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    number: i64,
    id: String,
    bundle: String,
    state: String,
    proposed_by: String,
    proposed_at: i64,
    note: String,
    decided_by: Option<String>,
    decided_at: Option<i64>,
    signature: Option<String>,
    base: Option<String>,
    edits: Option<String>,
    changes: Option<String>,
    size_before: Option<i64>,
    size_after: Option<i64>,
    smaller: Option<i64>,
    proposer_key: Option<String>,
    proposer_signature: Option<String>,
    approver_key: Option<String>,
    approver_signature: Option<String>,
    refusal: Option<String>,
}

impl RuleSetState {
    /// The word in the database.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::InForce => "in-force",
            Self::Superseded => "superseded",
            Self::Refused => "refused",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Proposed, Self::InForce, Self::Superseded, Self::Refused].into_iter().find(|state| state.word() == word)
    }
}

impl Record {
    fn row(self) -> Result<RuleSetRow, StoreError> {
        let what = format!("rule set {}", self.number);
        Ok(RuleSetRow {
            id: read(&what, &self.id)?,
            state: read_word(&what, &self.state, RuleSetState::of_word)?,
            number: self.number,
            bundle: self.bundle,
            proposed_by: self.proposed_by,
            proposed_at: Timestamp(self.proposed_at),
            note: self.note,
            decided_by: self.decided_by,
            decided_at: self.decided_at.map(Timestamp),
            signature: self.signature,
            base: read_some(&what, self.base.as_deref())?,
            edits: self.edits,
            changes: self.changes,
            sizes: self.size_before.zip(self.size_after),
            smaller: self.smaller == Some(1),
            proposer: self.proposer_key.zip(self.proposer_signature).map(Signed::of),
            approver: self.approver_key.zip(self.approver_signature).map(Signed::of),
            refusal: self.refusal.unwrap_or_default(),
        })
    }
}

async fn find(link: &mut Link<'_>, number: i64) -> Result<Option<RuleSetRow>, StoreError> {
    run!(link, optional FIND(number) as Record)?.map(Record::row).transpose()
}

/// The proposal, where it still is one.
async fn proposal(link: &mut Link<'_>, number: i64) -> Result<RuleSetRow, StoreError> {
    let row = find(link, number).await?.ok_or_else(|| StoreError::Missing(format!("rule set {number}")))?;
    if row.state == RuleSetState::Proposed {
        return Ok(row);
    }
    Err(StoreError::Conflict {
        subject: format!("rule set {number}"),
        expected: RuleSetState::Proposed.word().into(),
        found: row.state.word().into(),
    })
}

/// Where a rule set stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleSetState {
    /// It waits for a second person.
    Proposed,
    /// The gate uses it.
    InForce,
    /// Another took its place.
    Superseded,
    /// The second person said no.
    Refused,
}

/// A rule set. The same text may be proposed again later: the number tells the two apart.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct RuleSetRow {
    /// Number of the proposal, from 1.
    pub number: i64,
    /// Hash of its text.
    pub id: RuleSetId,
    /// Its text: the JSON of the bundle of files.
    pub bundle: String,
    /// Where it stands.
    pub state: RuleSetState,
    /// Who proposed it: `person:…` or `system:…`.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// Why.
    pub note: String,
    /// Who approved or refused it.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// The desk's signature, where it was approved.
    pub signature: Option<String>,
    /// The set that it was made from; none in a set that came with the program.
    pub base: Option<RuleSetId>,
    /// The edits that made it of `base`, as JSON; none where it was made of files.
    pub edits: Option<String>,
    /// What it changes, in words, as JSON.
    pub changes: Option<String>,
    /// Rules and terms of `base` and of this set that block or hold.
    pub sizes: Option<(i64, i64)>,
    /// Whether so many of them are gone that both must say they know.
    pub smaller: bool,
    /// The proposer's own signature.
    pub proposer: Option<Signed>,
    /// The approver's own signature.
    pub approver: Option<Signed>,
    /// Why it was refused.
    pub refusal: String,
}

/// A person's signature.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Signed {
    /// Name of the officer's key.
    pub key: String,
    /// Base64.
    pub signature: String,
}

impl Signed {
    fn of((key, signature): (String, String)) -> Self {
        Self { key, signature }
    }
}

/// What a proposal by a person bears beside its text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedProposal<'a> {
    /// The set that it was made from.
    pub base: RuleSetId,
    /// The edits, as JSON.
    pub edits: Option<&'a str>,
    /// What it changes, as JSON.
    pub changes: &'a str,
    /// Rules and terms that block or hold, before and after.
    pub sizes: (i64, i64),
    /// Whether so many of them are gone that both must say they know.
    pub smaller: bool,
    /// The proposer's signature.
    pub by: Signed,
}

impl DeskTx {
    /// Proposes a rule set; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn propose_rules(
        &mut self,
        id: &RuleSetId,
        bundle: &str,
        by: &Actor,
        note: &str,
    ) -> Result<i64, StoreError> {
        if bundle.contains('\0') {
            return Err(StoreError::Refused("the text of a rule set must not hold NUL".into()));
        }
        let now = self.now;
        let link = &mut self.link();
        let (last,) = run!(link, one LAST() as (i64,))?;
        run!(link, execute PROPOSE(last + 1, id, bundle, by.to_string(), now, note))?;
        Ok(last + 1)
    }

    /// Puts a proposal in force; the set that was is superseded.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where `by` proposed it; [`StoreError::Conflict`] where it is not proposed any more.
    pub async fn approve_rules(&mut self, number: i64, by: &Actor, signature: &str) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        let by = by.to_string();
        if proposal(link, number).await?.proposed_by == by {
            return Err(StoreError::Refused(format!(
                "rule set {number} was proposed by {by}: another person must approve it"
            )));
        }
        run!(link, execute SUPERSEDE())?;
        run!(link, execute APPROVE(number, by, now, signature)).map(|_| ())
    }

    /// Notes what a person's proposal bears; in the change that proposed it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sign_proposal(&mut self, number: i64, signed: &SignedProposal<'_>) -> Result<(), StoreError> {
        let ((before, after), by) = (signed.sizes, &signed.by);
        run!(&mut self.link(), execute PROPOSE_SIGNED(
            number, &signed.base, signed.edits, signed.changes, before, after, &by.key, &by.signature,
            i64::from(signed.smaller)
        ))
        .map(|_| ())
    }

    /// Notes the approver's signature; in the change that approved it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn sign_approval(&mut self, number: i64, by: &Signed) -> Result<(), StoreError> {
        run!(&mut self.link(), execute APPROVE_SIGNED(number, &by.key, &by.signature)).map(|_| ())
    }

    /// How many sets that persons signed were ever in force, as this change sees it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_sets_of_persons(&mut self) -> Result<i64, StoreError> {
        run!(&mut self.link(), one COUNT_OF_PERSONS() as (i64,)).map(|(count,)| count)
    }

    /// Closes a proposal; its proposer may do so too.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not proposed any more.
    pub async fn refuse_rules(&mut self, number: i64, by: &Actor, reason: &str) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        proposal(link, number).await?;
        run!(link, execute REFUSE(number, by.to_string(), now, reason)).map(|_| ())
    }

    /// The rule set in force as this change sees it; compare it with the one that cleared before queueing.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rules_in_force(&mut self) -> Result<Option<RuleSetId>, StoreError> {
        let found = run!(&mut self.link(), optional ID_IN_FORCE() as (String,))?;
        found.map(|(id,)| read("rule set in force", &id)).transpose()
    }
}

impl Desk {
    /// The rule set in force; `None` before the first was approved.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rules_in_force(&self) -> Result<Option<RuleSetRow>, StoreError> {
        run!(&mut self.read().await?.link(), optional IN_FORCE() as Record)?.map(Record::row).transpose()
    }

    /// The name of the rule set in force alone: cheap enough to ask several times a second.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rules_id_in_force(&self) -> Result<Option<RuleSetId>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional ID_IN_FORCE() as (String,))?;
        found.map(|(id,)| read("rule set in force", &id)).transpose()
    }

    /// The set that was approved last, as the audit has it.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn last_approved_rules(&self) -> Result<Option<RuleSetId>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional LAST_APPROVED() as (String,))?;
        found.map(|(id,)| read("rule set approved last", &id)).transpose()
    }

    /// The newest set of this name that is or was in force.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_set_named(&self, id: &RuleSetId) -> Result<Option<RuleSetRow>, StoreError> {
        run!(&mut self.read().await?.link(), optional BY_ID(id) as Record)?.map(Record::row).transpose()
    }

    /// How many sets that persons signed were ever in force.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_sets_of_persons(&self) -> Result<i64, StoreError> {
        run!(&mut self.read().await?.link(), one COUNT_OF_PERSONS() as (i64,)).map(|(count,)| count)
    }

    /// A rule set by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_set(&self, number: i64) -> Result<Option<RuleSetRow>, StoreError> {
        find(&mut self.read().await?.link(), number).await
    }

    /// The newest rule sets first, without their texts.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_sets(&self, limit: u32) -> Result<Vec<RuleSetRow>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST(i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::row).collect()
    }
}
