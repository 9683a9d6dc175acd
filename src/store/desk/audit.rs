//! The audit: what was done, by whom, to what. Append-only and hash-chained (promise 5).
//!
//! Hash of a record: `Digest::of_parts(prev, seq, at, actor, action, subject, detail)`, numbers as decimal text. The row
//! `audit` of table `counter` holds the last number and hash, so a chain that was cut short is seen.

use serde_json::Value;

use super::{Desk, DeskTx};
use crate::model::{Actor, Digest, Timestamp};
use crate::store::StoreError;
use crate::store::bind::{count, json, read};
use crate::store::db::{Link, run};
use crate::store::sql::statements;

/// Longest subject, for its index.
const LONGEST_SUBJECT: usize = 500;
/// Records that [`Desk::verify_audit`] reads at a time.
const VERIFY_PAGE: i64 = 1_000;

statements! {
    LAST = "SELECT seq, hash FROM counter WHERE name = 'audit'";
    ADVANCE = "UPDATE counter SET seq = $1, hash = $2 WHERE name = 'audit'";
    ADD = "INSERT INTO audit (seq, at, actor, action, subject, detail, prev, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    NEWEST = "SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit
        WHERE seq < $1 ORDER BY seq DESC LIMIT $2";
    OF_SUBJECT = "SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit
        WHERE subject = $1 ORDER BY seq LIMIT 1000";
    AFTER = "SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit
        WHERE seq > $1 AND at >= $2 AND at < $3 ORDER BY seq LIMIT $4";
}

/// A record as the engines give it.
#[derive(sqlx::FromRow)]
struct Record {
    seq: i64,
    at: i64,
    actor: String,
    action: String,
    subject: String,
    detail: String,
    prev: String,
    hash: String,
}

impl Record {
    fn row(self) -> Result<AuditRow, StoreError> {
        let what = format!("audit record {}", self.seq);
        Ok(AuditRow {
            prev: read(&what, &self.prev)?,
            hash: read(&what, &self.hash)?,
            seq: self.seq,
            at: Timestamp(self.at),
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            detail: self.detail,
        })
    }
}

/// A record.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct AuditRow {
    /// Number, from 1, without gaps.
    pub seq: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `person:zhang` or `system:publisher`.
    pub actor: String,
    /// What: `item.approve`, `rules.propose`, …
    pub action: String,
    /// To what: an id.
    pub subject: String,
    /// More, as JSON text.
    pub detail: String,
    /// Hash of the record before.
    pub prev: Digest,
    /// Hash of this record.
    pub hash: Digest,
}

/// The first record that does not fit.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct BrokenRecord {
    /// Its number, or the number that is missing.
    pub seq: i64,
    /// What is wrong, for people.
    pub why: String,
}

/// What [`Desk::verify_audit`] found.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct AuditCheck {
    /// Records that fit, counted from the first.
    pub good: u64,
    /// The first that does not; `None` where the whole chain fits.
    pub broken: Option<BrokenRecord>,
}

impl DeskTx {
    /// Adds a record; returns its number.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for a subject over 500 bytes; [`StoreError::Database`].
    pub async fn audit(
        &mut self,
        actor: &Actor,
        action: &str,
        subject: &str,
        detail: &Value,
    ) -> Result<i64, StoreError> {
        if subject.len() > LONGEST_SUBJECT {
            return Err(StoreError::Refused(format!("a subject of {} bytes in the audit", subject.len())));
        }
        let (last, prev) = run!(&mut self.link(), one LAST() as (i64, String))?;
        // What the engines would not keep must not be hashed either.
        let clean = |text: &str| text.replace('\0', "");
        let mut row = AuditRow {
            seq: last + 1,
            at: self.now,
            actor: clean(&actor.to_string()),
            action: clean(action),
            subject: clean(subject),
            detail: json(detail)?,
            prev: read("last hash of the audit", &prev)?,
            hash: Digest::zero(),
        };
        row.hash = row.digest();
        let AuditRow { seq, at, actor, action, subject, detail, prev, hash } = &row;
        let link = &mut self.link();
        run!(link, execute ADD(*seq, *at, actor, action, subject, detail, prev, hash))?;
        run!(link, execute ADVANCE(*seq, hash))?;
        Ok(*seq)
    }
}

impl Desk {
    /// The newest records before number `before` (or of all), newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_page(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows = run!(
            &mut self.read().await?.link(),
            all NEWEST(before.unwrap_or(i64::MAX), i64::from(limit)) as Record
        )?;
        rows.into_iter().map(Record::row).collect()
    }

    /// Records about one subject, oldest first, at most 1 000.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_of(&self, subject: &str) -> Result<Vec<AuditRow>, StoreError> {
        let rows = run!(&mut self.read().await?.link(), all OF_SUBJECT(subject) as Record)?;
        rows.into_iter().map(Record::row).collect()
    }

    /// Records after number `after` with `from <= at < to`, oldest first: for the export, page by page.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn audit_after(
        &self,
        after: i64,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        limit: u32,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let from = from.unwrap_or(Timestamp(i64::MIN));
        let to = to.unwrap_or(Timestamp(i64::MAX));
        let rows = run!(&mut self.read().await?.link(), all AFTER(after, from, to, i64::from(limit)) as Record)?;
        rows.into_iter().map(Record::row).collect()
    }

    /// Checks the whole chain in pages, against the counter row at the end.
    ///
    /// # Errors
    /// [`StoreError::Database`]; a broken chain is no error but [`AuditCheck::broken`].
    pub async fn verify_audit(&self) -> Result<AuditCheck, StoreError> {
        // The counter is read first: records added meanwhile lie after it and are left to the next check.
        let mut reading = self.read().await?;
        let (last, last_hash) = run!(&mut reading.link(), one LAST() as (i64, String))?;
        let mut chain = Chain { next: 1, prev: Digest::zero() };
        loop {
            let page = page_after(&mut reading.link(), chain.next - 1).await?;
            let length = page.len();
            for record in page {
                if record.seq > last {
                    break;
                }
                if let Err(broken) = chain.take(record) {
                    return Ok(AuditCheck { good: count(chain.next - 1), broken: Some(broken) });
                }
            }
            if chain.next > last || length == 0 {
                break;
            }
        }
        let good = count(chain.next - 1);
        let broken = if chain.next <= last {
            Some(BrokenRecord {
                seq: chain.next,
                why: format!("missing: the audit ends before it, but {last} records were written"),
            })
        } else if chain.prev.to_string() != last_hash {
            Some(BrokenRecord { seq: last, why: "its hash is not the one that was noted when it was written".into() })
        } else {
            self.beyond(last).await?
        };
        Ok(AuditCheck { good, broken })
    }
}

impl AuditRow {
    /// The hash that this record must have.
    fn digest(&self) -> Digest {
        let (seq, at) = (self.seq.to_string(), self.at.0.to_string());
        Digest::of_parts(&[
            self.prev.as_bytes(),
            seq.as_bytes(),
            at.as_bytes(),
            self.actor.as_bytes(),
            self.action.as_bytes(),
            self.subject.as_bytes(),
            self.detail.as_bytes(),
        ])
    }
}

/// A check under way: the number that must come next, and the hash it must stand on.
struct Chain {
    next: i64,
    prev: Digest,
}

impl Chain {
    fn take(&mut self, record: Record) -> Result<(), BrokenRecord> {
        if record.seq != self.next {
            return Err(BrokenRecord {
                seq: self.next,
                why: format!("missing: the next record that is there is {}", record.seq),
            });
        }
        let seq = record.seq;
        let row = record.row().map_err(|error| BrokenRecord { seq, why: error.to_string() })?;
        if row.hash != row.digest() {
            return Err(BrokenRecord { seq, why: "changed: its hash does not fit its words".into() });
        }
        if row.prev != self.prev {
            let why = "changed or moved: it does not stand on the record before it".into();
            return Err(BrokenRecord { seq, why });
        }
        self.next = seq + 1;
        self.prev = row.hash;
        Ok(())
    }
}

async fn page_after(link: &mut Link<'_>, after: i64) -> Result<Vec<Record>, StoreError> {
    run!(link, all AFTER(after, i64::MIN, i64::MAX, VERIFY_PAGE) as Record)
}

impl Desk {
    /// A record past the counter that the counter, read again, still does not know was not written by this program.
    async fn beyond(&self, last: i64) -> Result<Option<BrokenRecord>, StoreError> {
        let mut reading = self.read().await?;
        let Some(newest) = run!(&mut reading.link(), optional NEWEST(i64::MAX, 1) as Record)? else {
            return Ok(None);
        };
        let (noted, _) = run!(&mut reading.link(), one LAST() as (i64, String))?;
        let added = newest.seq > last && newest.seq > noted;
        Ok(added.then(|| BrokenRecord {
            seq: noted + 1,
            why: format!("added: {noted} records were written by this program, but {} are there", newest.seq),
        }))
    }
}
