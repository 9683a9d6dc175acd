//! The two engines behind one enum, and the macro that runs one statement on either.
//!
//! SQLite: one writer connection (`BEGIN IMMEDIATE`) and a pool of readers that are opened read-only; WAL; `synchronous`
//! FULL, so a commit survives a power cut; deleted bytes are overwritten (`secure_delete`). PostgreSQL: one pool, the
//! tables in a schema of their own, and time limits so that a node that hangs cannot hold up the others for ever.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction};

use super::{Place, StoreError};

/// Waiting for the writer, for a row lock, for a free connection.
const PATIENCE: Duration = Duration::from_secs(30);
/// Connections to PostgreSQL of one process and store.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Readers of one SQLite file in one process.
const SQLITE_READERS: u32 = 8;

/// An engine with its connections.
#[derive(Clone, Debug)]
pub(super) enum Db {
    Sqlite { write: Option<SqlitePool>, read: SqlitePool, path: PathBuf },
    Postgres { pool: PgPool, writes: bool },
}

/// A connection for reading; goes back to its pool when dropped.
pub(super) enum Reading {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction; rolled back when dropped.
#[derive(Debug)]
pub(super) enum Tx {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What statements run on: a reader or a transaction, borrowed.
pub(super) enum Link<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Reading {
    pub(super) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(connection) => Link::Sqlite(connection),
            Self::Postgres(connection) => Link::Postgres(connection),
        }
    }
}

impl Tx {
    pub(super) fn link(&mut self) -> Link<'_> {
        match self {
            Self::Sqlite(transaction) => Link::Sqlite(transaction),
            Self::Postgres(transaction) => Link::Postgres(transaction),
        }
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(transaction) => transaction.commit().await,
            Self::Postgres(transaction) => transaction.commit().await,
        }
        .map_err(|error| StoreError::of_engine("COMMIT", error))
    }
}

impl Db {
    /// Opens `store` (`desk` or `site`) at `place` to write.
    pub(super) async fn open(place: &Place, store: &'static str) -> Result<Self, StoreError> {
        match place {
            Place::Sqlite(folder) => Self::open_sqlite(folder, store).await,
            Place::Postgres(url) => Self::open_postgres(url, store, true).await,
        }
    }

    /// Opens `store` at `place`; the engine refuses every write.
    pub(super) async fn open_read_only(place: &Place, store: &'static str) -> Result<Self, StoreError> {
        match place {
            Place::Sqlite(folder) => Self::open_sqlite_read_only(folder, store).await,
            Place::Postgres(url) => Self::open_postgres(url, store, false).await,
        }
    }

    async fn open_sqlite(folder: &Path, store: &str) -> Result<Self, StoreError> {
        let path = folder.join(format!("{store}.sqlite"));
        let shown = path.display().to_string();
        std::fs::create_dir_all(folder)
            .map_err(|error| StoreError::Open { place: shown.clone(), reason: format!("{error}; check the folder") })?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("secure_delete", "ON")
            .pragma("journal_size_limit", "67108864");
        let write = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.disable_statement_logging())
            .await
            .map_err(|error| StoreError::Open {
                place: shown.clone(),
                reason: format!("{error}; the folder and the files in it must be writable for this user"),
            })?;
        let read = sqlite_readers(&path).await?;
        Ok(Self::Sqlite { write: Some(write), read, path })
    }

    async fn open_sqlite_read_only(folder: &Path, store: &str) -> Result<Self, StoreError> {
        let path = folder.join(format!("{store}.sqlite"));
        let read = sqlite_readers(&path).await?;
        Ok(Self::Sqlite { write: None, read, path })
    }

    async fn open_postgres(url: &str, store: &'static str, writes: bool) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Open {
            // The text may hold a password: it is not shown.
            place: "postgres".into(),
            reason: "the address is not of the form postgres://user:password@host:port/database".into(),
        })?;
        let shown = format!(
            "postgres://{}@{}:{}/{} schema {store}",
            options.get_username(),
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or_default()
        );
        let patience = PATIENCE.as_millis().to_string();
        let options = options.application_name(&format!("menhu {store}")).disable_statement_logging().options([
            ("search_path", store),
            ("lock_timeout", &patience),
            ("statement_timeout", "120000"),
            ("idle_in_transaction_session_timeout", "60000"),
            ("default_transaction_read_only", if writes { "off" } else { "on" }),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .connect_with(options)
            .await
            .map_err(|error| StoreError::Open {
                place: shown,
                reason: format!("{error}; is the server up, and may this user log in to this database?"),
            })?;
        Ok(Self::Postgres { pool, writes })
    }

    /// Where it is, without a password.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Sqlite { path, .. } => path.display().to_string(),
            Self::Postgres { pool, .. } => {
                let options = pool.connect_options();
                format!(
                    "postgres://{}:{}/{}",
                    options.get_host(),
                    options.get_port(),
                    options.get_database().unwrap_or_default()
                )
            }
        }
    }

    /// A connection for reading what is committed.
    pub(super) async fn read(&self) -> Result<Reading, StoreError> {
        match self {
            Self::Sqlite { read, .. } => read.acquire().await.map(Reading::Sqlite),
            Self::Postgres { pool, .. } => pool.acquire().await.map(Reading::Postgres),
        }
        .map_err(|error| StoreError::of_engine("ACQUIRE", error))
    }

    /// A transaction for writing; on SQLite it waits for the one before it.
    pub(super) async fn begin(&self) -> Result<Tx, StoreError> {
        match self {
            Self::Sqlite { write: Some(write), .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Tx::Sqlite),
            Self::Postgres { pool, writes: true } => pool.begin().await.map(Tx::Postgres),
            Self::Sqlite { write: None, .. } | Self::Postgres { writes: false, .. } => {
                return Err(StoreError::Refused("the store was opened to read only".into()));
            }
        }
        .map_err(|error| StoreError::of_engine("BEGIN", error))
    }

    /// Takes what was deleted out of the files: the write-ahead log on SQLite, dead rows on PostgreSQL.
    pub(super) async fn scrub(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite { write: Some(write), .. } => {
                sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await.map(|_| ())
            }
            Self::Postgres { pool, .. } => sqlx::raw_sql("VACUUM").execute(pool).await.map(|_| ()),
            Self::Sqlite { write: None, .. } => Ok(()),
        }
        .map_err(|error| StoreError::of_engine("SCRUB", error))
    }

    /// Closes the writer before the readers. SQLite removes `-wal` and `-shm` when its last connection closes, and a
    /// reader who may not write into the folder (the portal) could not make them again; a read-only connection that
    /// closes last cannot remove them, so they stay.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite { write, read, .. } => {
                let keeper = read.acquire().await;
                if let Some(write) = write {
                    write.close().await;
                }
                drop(keeper);
                read.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

async fn sqlite_readers(path: &Path) -> Result<SqlitePool, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).foreign_keys(true).busy_timeout(PATIENCE);
    SqlitePoolOptions::new()
        .max_connections(SQLITE_READERS)
        .min_connections(1)
        .acquire_timeout(PATIENCE)
        .max_lifetime(None)
        .connect_with(options.disable_statement_logging())
        .await
        .map_err(|error| StoreError::Open {
            place: path.display().to_string(),
            reason: format!(
                "{error}; it is made by the desk, and stays readable for others when the desk has been stopped in order: start the desk once, and let this user read the file and the -wal and -shm beside it"
            ),
        })
}

impl StoreError {
    /// Sorts what an engine says into what a caller can act on.
    pub(super) fn of_engine(statement: &'static str, error: sqlx::Error) -> Self {
        if let sqlx::Error::PoolTimedOut = error {
            return Self::Busy(format!("{statement}: no connection came free in {} s", PATIENCE.as_secs()));
        }
        let Some(database) = error.as_database_error() else {
            return Self::Database { statement, source: Box::new(error) };
        };
        let code = database.code().unwrap_or_default().into_owned();
        match code.as_str() {
            // SQLite: BUSY, LOCKED, BUSY_SNAPSHOT, BUSY_RECOVERY. PostgreSQL: serialization, deadlock, lock timeout.
            "5" | "6" | "517" | "261" | "40001" | "40P01" | "55P03" => {
                Self::Busy(format!("{statement}: {}", database.message()))
            }
            // SQLite: a trigger said no, read-only. PostgreSQL: RAISE EXCEPTION, read-only transaction.
            "1811" | "8" | "P0001" | "25006" => Self::Refused(format!("{statement}: {}", database.message())),
            _ if database.is_unique_violation()
                || database.is_check_violation()
                || database.is_foreign_key_violation() =>
            {
                Self::Refused(format!("{statement}: {}", database.message()))
            }
            _ => Self::Database { statement, source: Box::new(error) },
        }
    }
}

/// Runs one statement on either engine, binding each argument through [`Bind`](super::bind::Bind):
///
/// `run!(link, execute ADD(id, title))` → rows changed, `run!(link, optional FIND(id) as Record)`,
/// `run!(link, one COUNT() as (i64,))`, `run!(link, all LIST(limit) as Record)`; the link is a `&mut Link`.
macro_rules! run {
    ($link:expr, execute $sql:ident($($argument:expr),* $(,)?)) => {
        match $link {
            $crate::store::db::Link::Sqlite(on) => sqlx::query($sql.text())
                $(.bind($crate::store::bind::Bind::value($argument)))*
                .execute(&mut **on).await.map(|done| done.rows_affected()),
            $crate::store::db::Link::Postgres(on) => sqlx::query($sql.text())
                $(.bind($crate::store::bind::Bind::value($argument)))*
                .execute(&mut **on).await.map(|done| done.rows_affected()),
        }
        .map_err(|error| $crate::store::StoreError::of_engine($sql.name(), error))
    };
    ($link:expr, optional $sql:ident($($argument:expr),* $(,)?) as $row:ty) => {
        run!(@fetch $link, fetch_optional $sql($($argument),*) as $row)
    };
    ($link:expr, one $sql:ident($($argument:expr),* $(,)?) as $row:ty) => {
        run!(@fetch $link, fetch_one $sql($($argument),*) as $row)
    };
    ($link:expr, all $sql:ident($($argument:expr),* $(,)?) as $row:ty) => {
        run!(@fetch $link, fetch_all $sql($($argument),*) as $row)
    };
    (@fetch $link:expr, $how:ident $sql:ident($($argument:expr),*) as $row:ty) => {
        match $link {
            $crate::store::db::Link::Sqlite(on) => sqlx::query_as::<_, $row>($sql.text())
                $(.bind($crate::store::bind::Bind::value($argument)))*
                .$how(&mut **on).await,
            $crate::store::db::Link::Postgres(on) => sqlx::query_as::<_, $row>($sql.text())
                $(.bind($crate::store::bind::Bind::value($argument)))*
                .$how(&mut **on).await,
        }
        .map_err(|error| $crate::store::StoreError::of_engine($sql.name(), error))
    };
}
pub(super) use run;
