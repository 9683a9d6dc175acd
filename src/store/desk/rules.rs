//! Rule sets: proposed by one, approved by another, exactly one in force, never edited.

use super::{Desk, DeskTx};
use crate::model::{Actor, RuleSetId, Timestamp};
use crate::store::StoreError;
use crate::store::bind::{read, read_word};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

statements! {
    LAST = "SELECT COALESCE(MAX(number), 0) FROM rule_sets";
    PROPOSE = "INSERT INTO rule_sets (number, id, bundle, state, proposed_by, proposed_at, note)
        VALUES ($1, $2, $3, 'proposed', $4, $5, $6)";
    SUPERSEDE = "UPDATE rule_sets SET state = 'superseded' WHERE state = 'in-force'";
    APPROVE = "UPDATE rule_sets SET state = 'in-force', decided_by = $2, decided_at = $3, signature = $4
        WHERE number = $1 AND state = 'proposed'";
    REFUSE = "UPDATE rule_sets SET state = 'refused', decided_by = $2, decided_at = $3
        WHERE number = $1 AND state = 'proposed'";
    FIND = "SELECT number, id, bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature
        FROM rule_sets WHERE number = $1";
    IN_FORCE = "SELECT number, id, bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature
        FROM rule_sets WHERE state = 'in-force'";
    ID_IN_FORCE = "SELECT id FROM rule_sets WHERE state = 'in-force'";
    LIST = "SELECT number, id, bundle, state, proposed_by, proposed_at, note, decided_by, decided_at, signature
        FROM rule_sets ORDER BY number DESC LIMIT $1";
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
    /// The desk's signature over the bundle, where it was approved.
    pub signature: Option<String>,
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

    /// Closes a proposal; its proposer may do so too.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it is not proposed any more.
    pub async fn refuse_rules(&mut self, number: i64, by: &Actor) -> Result<(), StoreError> {
        let now = self.now;
        let link = &mut self.link();
        proposal(link, number).await?;
        run!(link, execute REFUSE(number, by.to_string(), now)).map(|_| ())
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

    /// A rule set by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_set(&self, number: i64) -> Result<Option<RuleSetRow>, StoreError> {
        find(&mut self.read().await?.link(), number).await
    }

    /// The newest rule sets first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn rule_sets(&self, limit: u32) -> Result<Vec<RuleSetRow>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST(i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::row).collect()
    }
}
