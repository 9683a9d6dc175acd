//! The store: everything that is kept in a database, and the only folder with SQL in it.
//!
//! Two stores (promise 3): [`Desk`] holds what is not public, [`Site`] only what is. Each runs on SQLite (one machine,
//! the default) or PostgreSQL 14 or later (several), with **one SQL text**. Neither sqlx nor the engine leaves here.
//!
//! The common SQL: placeholders `$1`; ids are TEXT made by the application; times are BIGINT microseconds that come
//! from [`Clock`](crate::model::Clock), never from the database; no BOOLEAN (a nullable time, or TEXT with a CHECK);
//! no LIKE (the engines differ about case); no `= ANY`; `CAST(COALESCE(SUM(x), 0) AS BIGINT)`; JSON is TEXT and read
//! in Rust; text is bound without NUL. Every statement is declared with `statements!`, and a test prepares each one
//! on both engines.
//!
//! Transactions: a [`DeskTx`] is the only way to change what is on record, and there is one at a time on either
//! engine, so what it read is still true when it writes. Claims of leases run beside it in transactions of their own.
//! A transaction that is dropped without [`DeskTx::commit`] is rolled back.

mod bind;
mod db;
mod desk;
mod error;
mod schema;
mod site;
mod sql;

use std::path::PathBuf;

pub use desk::*;
pub use error::StoreError;
pub use site::{ColumnStat, FeedEvent, FeedOp, Neighbours, Site, SiteAttachment, SiteItem};

/// Where a store lies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// A folder; the files are `desk.sqlite` and `site.sqlite` in it. The folder is made where it is missing.
    Sqlite(PathBuf),
    /// `postgres://user:password@host/database`; the tables lie in the schemas `desk` and `site` of it.
    Postgres(String),
}

/// A page of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    /// The rows asked for.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: u64,
}

/// Every statement of the desk by name: for the test that prepares them on both engines.
#[must_use]
pub fn desk_statements() -> Vec<(&'static str, &'static str)> {
    [schema::STATEMENTS].into_iter().chain(desk::ALL_STATEMENTS.iter().copied()).flatten().copied().collect()
}

/// Every statement of the site by name.
#[must_use]
pub fn site_statements() -> Vec<(&'static str, &'static str)> {
    [schema::STATEMENTS].into_iter().chain(site::ALL_STATEMENTS.iter().copied()).flatten().copied().collect()
}
