//! Makes and upgrades tables: the numbered files of `schema/desk` and `schema/site`, each once, in one transaction.
//!
//! One text serves both engines. For SQLite the runner writes INTEGER for BIGINT and BLOB for BYTEA and closes each
//! table with STRICT, without which SQLite keeps text in a number column; so a CREATE TABLE ends with `);` on a line of
//! its own, and nothing else does. What differs (triggers, how a column is stored) is a few lines in
//! `NNNN_*.sqlite.sql` and `NNNN_*.postgres.sql`. A database newer than this program is refused.

use sqlx::AssertSqlSafe;

use super::StoreError;
use super::db::{Db, Engine, Link, run};
use super::sql::statements;
use crate::model::Timestamp;

/// One numbered step of a schema.
pub(super) struct Step {
    /// From 1, without gaps.
    pub(super) number: i64,
    /// The common text.
    pub(super) text: &'static str,
    /// What only SQLite reads.
    pub(super) sqlite: &'static str,
    /// What only PostgreSQL reads.
    pub(super) postgres: &'static str,
}

/// The tables of the desk.
pub(super) const DESK: &[Step] = &[
    Step {
        number: 1,
        text: include_str!("schema/desk/0001_desk.sql"),
        sqlite: include_str!("schema/desk/0001_audit.sqlite.sql"),
        postgres: include_str!("schema/desk/0001_audit.postgres.sql"),
    },
    Step { number: 2, text: include_str!("schema/desk/0002_officers.sql"), sqlite: "", postgres: "" },
    Step { number: 3, text: include_str!("schema/desk/0003_rules.sql"), sqlite: "", postgres: "" },
    Step {
        number: 4,
        text: include_str!("schema/desk/0004_screened.sql"),
        sqlite: "",
        postgres: include_str!("schema/desk/0004_screened.postgres.sql"),
    },
];

/// The tables of the site.
pub(super) const SITE: &[Step] =
    &[Step { number: 1, text: include_str!("schema/site/0001_site.sql"), sqlite: "", postgres: "" }];

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_version (
    number BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
";

statements! {
    NEWEST = "SELECT COALESCE(MAX(number), 0) FROM schema_version";
    NOTE = "INSERT INTO schema_version (number, at) VALUES ($1, $2)";
}

/// The text as SQLite reads it.
fn for_sqlite(text: &str) -> String {
    text.replace("BIGINT", "INTEGER").replace("BYTEA", "BLOB").replace("\n);\n", "\n) STRICT;\n")
}

/// Runs the steps that the database has not seen.
pub(super) async fn upgrade(db: &Db, store: &'static str, steps: &[Step], now: Timestamp) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let mut link = tx.link();
    prepare(&mut link, store).await?;
    let found = newest(&mut link).await?;
    refuse_newer(db, steps, found)?;
    for step in steps.iter().filter(|step| step.number > found) {
        for text in [step.text, if link.is_postgres() { step.postgres } else { step.sqlite }] {
            many(&mut link, text).await?;
        }
        run!(&mut link, execute NOTE(step.number, now))?;
    }
    tx.commit().await
}

/// Checks, without writing, that the database has exactly the tables that this program knows.
pub(super) async fn check(db: &Db, steps: &[Step]) -> Result<(), StoreError> {
    let mut reading = db.read().await?;
    let missing = |reason: String| StoreError::Open { place: db.shown(), reason };
    let found = newest(&mut reading.link())
        .await
        .map_err(|error| missing(format!("it has no tables yet ({error}); start the desk once")))?;
    refuse_newer(db, steps, found)?;
    if found < known(steps) {
        return Err(missing(format!("it has schema {found}, not {}; start the new desk once", known(steps))));
    }
    Ok(())
}

fn known(steps: &[Step]) -> i64 {
    steps.last().map_or(0, |step| step.number)
}

fn refuse_newer(db: &Db, steps: &[Step], found: i64) -> Result<(), StoreError> {
    let known = known(steps);
    if found > known { Err(StoreError::Newer { place: db.shown(), found, known }) } else { Ok(()) }
}

async fn newest(link: &mut Link<'_>) -> Result<i64, StoreError> {
    run!(link, one NEWEST() as (i64,)).map(|(number,)| number)
}

/// The table of versions, and on PostgreSQL the schema around it; two programs that start together take turns.
async fn prepare(link: &mut Link<'_>, store: &'static str) -> Result<(), StoreError> {
    if link.is_postgres() {
        many(link, "SELECT pg_advisory_xact_lock(7235419)").await?;
        let make =
            if store == "desk" { "CREATE SCHEMA IF NOT EXISTS desk" } else { "CREATE SCHEMA IF NOT EXISTS site" };
        many(link, make).await?;
    }
    many(link, VERSIONS).await
}

/// Runs a text of several statements.
async fn many(link: &mut Link<'_>, text: &'static str) -> Result<(), StoreError> {
    match &mut link.on {
        Engine::Sqlite(on) => sqlx::raw_sql(AssertSqlSafe(for_sqlite(text))).execute(&mut **on).await.map(|_| ()),
        Engine::Postgres(on) => sqlx::raw_sql(text).execute(&mut **on).await.map(|_| ()),
    }
    .map_err(|error| link.failed("SCHEMA", error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_of_sqlite_is_strict() {
        for step in DESK.iter().chain(SITE) {
            let text = for_sqlite(step.text);
            assert_eq!(text.matches("CREATE TABLE").count(), text.matches(") STRICT;").count());
            assert!(!text.contains("BIGINT") && !text.contains("BYTEA"));
        }
        for steps in [DESK, SITE] {
            assert!(steps.iter().map(|step| step.number).eq(1..=known(steps)), "numbered without gaps");
        }
    }
}
