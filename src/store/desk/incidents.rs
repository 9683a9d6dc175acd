//! Incidents (涉密 confirmed) and destructions: what officers did with an item beyond its status.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{ItemId, PersonId, Timestamp};
use crate::store::StoreError;
use crate::store::bind::{read, read_json, read_some};
use crate::store::db::run;
use crate::store::sql::statements;

statements! {
    LAST = "SELECT COUNT(*) FROM incidents WHERE opened >= $1";
    ADD = "INSERT INTO incidents (number, item_id, opened, person_id, body) VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT number, item_id, opened, person_id, body FROM incidents WHERE number = $1";
    OF_ITEM = "SELECT number, item_id, opened, person_id, body FROM incidents WHERE item_id = $1 ORDER BY number";
    LIST = "SELECT number, item_id, opened, person_id, body FROM incidents ORDER BY opened DESC, number DESC LIMIT $1";
    NOTE = "UPDATE items SET reason = $3, version = version + 1, updated = $4
        WHERE id = $1 AND version = $2 AND status = 'quarantined'";
    ASK = "INSERT INTO destructions (item_id, asked_by, asked_at, reason) VALUES ($1, $2, $3, $4)
        ON CONFLICT (item_id) DO NOTHING";
    CONFIRM = "UPDATE destructions SET confirmed_by = $2, confirmed_at = $3
        WHERE item_id = $1 AND confirmed_by IS NULL AND asked_by <> $2";
    ASKED = "SELECT asked_by, asked_at, reason, confirmed_by, confirmed_at FROM destructions WHERE item_id = $1";
}

/// An incident as it is on record.
#[derive(Clone, PartialEq, Debug)]
pub struct Incident {
    /// `BM-2026-0001`.
    pub number: String,
    /// The item.
    pub item: ItemId,
    /// When it was confirmed.
    pub opened: Timestamp,
    /// By which officer.
    pub person: PersonId,
    /// What the report form says, as JSON; no word of the text.
    pub body: Value,
}

/// A destruction that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Destruction {
    /// Who asked.
    pub asked_by: PersonId,
    /// When.
    pub asked_at: Timestamp,
    /// Why.
    pub reason: String,
    /// The second officer, and when; none while it waits.
    pub confirmed: Option<(PersonId, Timestamp)>,
}

#[derive(sqlx::FromRow)]
struct Record {
    number: String,
    item_id: String,
    opened: i64,
    person_id: String,
    body: String,
}

impl Record {
    fn incident(self) -> Result<Incident, StoreError> {
        let what = format!("incident {}", self.number);
        Ok(Incident {
            item: read(&what, &self.item_id)?,
            opened: Timestamp(self.opened),
            person: read(&what, &self.person_id)?,
            body: read_json(&what, &self.body)?,
            number: self.number,
        })
    }
}

#[derive(sqlx::FromRow)]
struct DestructionRecord {
    asked_by: String,
    asked_at: i64,
    reason: String,
    confirmed_by: Option<String>,
    confirmed_at: Option<i64>,
}

impl DeskTx {
    /// Puts an incident on record; `year` begins at `since` in the installation's time. Returns its number.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such item or person.
    pub async fn add_incident(
        &mut self,
        year: i16,
        since: Timestamp,
        item: &ItemId,
        person: &PersonId,
        body: &Value,
    ) -> Result<String, StoreError> {
        let now = self.now;
        let link = &mut self.link();
        // There is one change at a time, so the count is not another's too.
        let (last,) = run!(link, one LAST(since) as (i64,))?;
        let number = format!("BM-{year}-{:04}", last + 1);
        run!(link, execute ADD(&number, item, now, person, body))?;
        Ok(number)
    }

    /// Notes an answer at an item that stays in quarantine.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] where it moved meanwhile.
    pub async fn note_answer(&mut self, id: &ItemId, version: i64, answer: &str) -> Result<(), StoreError> {
        let now = self.now;
        match run!(&mut self.link(), execute NOTE(id, version, answer, now))? {
            0 => Err(StoreError::Conflict {
                subject: format!("item {id}"),
                expected: format!("quarantined in version {version}"),
                found: "another".into(),
            }),
            _ => Ok(()),
        }
    }

    /// Asks for the destruction of an item; whether it was not asked for before.
    ///
    /// # Errors
    /// [`StoreError::Refused`] where there is no such item or person.
    pub async fn ask_destruction(&mut self, id: &ItemId, person: &PersonId, reason: &str) -> Result<bool, StoreError> {
        let now = self.now;
        Ok(run!(&mut self.link(), execute ASK(id, person, now, reason))? == 1)
    }

    /// Confirms a destruction; whether it waited, and for another than `person`.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn confirm_destruction(&mut self, id: &ItemId, person: &PersonId) -> Result<bool, StoreError> {
        let now = self.now;
        Ok(run!(&mut self.link(), execute CONFIRM(id, person, now))? == 1)
    }
}

impl Desk {
    /// An incident by its number.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn incident(&self, number: &str) -> Result<Option<Incident>, StoreError> {
        run!(&mut self.read().await?.link(), optional FIND(number) as Record)?.map(Record::incident).transpose()
    }

    /// The incidents of an item.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn incidents_of(&self, id: &ItemId) -> Result<Vec<Incident>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all OF_ITEM(id) as Record)?;
        rows.into_iter().map(Record::incident).collect()
    }

    /// The newest incidents.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn incidents(&self, limit: u32) -> Result<Vec<Incident>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all LIST(i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::incident).collect()
    }

    /// The destruction of an item, where it was asked for.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn destruction(&self, id: &ItemId) -> Result<Option<Destruction>, StoreError> {
        let found = run!(&mut self.read().await?.link(), optional ASKED(id) as DestructionRecord)?;
        let what = format!("destruction of item {id}");
        let Some(found) = found else { return Ok(None) };
        let confirmed: Option<PersonId> = read_some(&what, found.confirmed_by.as_deref())?;
        Ok(Some(Destruction {
            asked_by: read(&what, &found.asked_by)?,
            asked_at: Timestamp(found.asked_at),
            reason: found.reason,
            confirmed: confirmed.zip(found.confirmed_at.map(Timestamp)),
        }))
    }
}
