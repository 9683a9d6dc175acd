//! The two engines behind one enum, and the macro that runs one statement on either.
//!
//! SQLite: one writer connection (`BEGIN IMMEDIATE`) and a pool of readers that are opened read-only; WAL; `synchronous`
//! FULL, so a commit survives a power cut; deleted bytes are overwritten (`secure_delete`). PostgreSQL: one pool, the
//! tables in a schema of their own, and time limits so that a node that hangs cannot hold up the others for ever.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::error::ErrorKind;
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
pub(super) struct Tx {
    on: Begun,
    /// The engine refused a statement: PostgreSQL would answer COMMIT with a silent rollback, SQLite with half a change.
    failed: Option<&'static str>,
}

#[derive(Debug)]
enum Begun {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// What statements run on: a reader or a transaction, borrowed.
pub(super) struct Link<'a> {
    pub(super) on: Engine<'a>,
    failed: Option<&'a mut Option<&'static str>>,
}

/// The connection of a link.
pub(super) enum Engine<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl Reading {
    pub(super) fn link(&mut self) -> Link<'_> {
        let on = match self {
            Self::Sqlite(connection) => Engine::Sqlite(connection),
            Self::Postgres(connection) => Engine::Postgres(connection),
        };
        Link { on, failed: None }
    }
}

impl Link<'_> {
    pub(super) fn is_postgres(&self) -> bool {
        matches!(self.on, Engine::Postgres(_))
    }

    /// Sorts an engine's error, and notes it so that the transaction is not committed.
    pub(super) fn failed(&mut self, statement: &'static str, error: sqlx::Error) -> StoreError {
        if let Some(failed) = &mut self.failed {
            **failed = Some(statement);
        }
        StoreError::of_engine(statement, error)
    }
}

impl Tx {
    pub(super) fn link(&mut self) -> Link<'_> {
        let on = match &mut self.on {
            Begun::Sqlite(transaction) => Engine::Sqlite(transaction),
            Begun::Postgres(transaction) => Engine::Postgres(transaction),
        };
        Link { on, failed: Some(&mut self.failed) }
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        if let Some(statement) = self.failed {
            return Err(StoreError::Refused(format!("{statement} failed in this change, so nothing of it is kept")));
        }
        match self.on {
            Begun::Sqlite(transaction) => transaction.commit().await,
            Begun::Postgres(transaction) => transaction.commit().await,
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
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.disable_statement_logging())
            .await
            .map_err(|error| StoreError::Open {
                place: shown.clone(),
                reason: format!("{error}; the folder and the files in it must be writable for this user"),
            })?;
        let read = sqlite_readers(&path).await?;
        // SQLite removes `-wal` and `-shm` when its last connection closes, and a reader who may not write into the
        // folder (the portal) could not make them again. A read-only connection that is never closed keeps them: until
        // `close`, or the end of the process, which closes nothing.
        std::mem::forget(read.clone());
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
            Self::Sqlite { write: Some(write), .. } => write.begin_with("BEGIN IMMEDIATE").await.map(Begun::Sqlite),
            Self::Postgres { pool, writes: true } => pool.begin().await.map(Begun::Postgres),
            Self::Sqlite { write: None, .. } | Self::Postgres { writes: false, .. } => {
                return Err(StoreError::Refused("the store was opened to read only".into()));
            }
        }
        .map(|on| Tx { on, failed: None })
        .map_err(|error| StoreError::of_engine("BEGIN", error))
    }

    /// Takes what was deleted out of the files: the write-ahead log on SQLite, dead rows on PostgreSQL.
    pub(super) async fn scrub(&self) -> Result<(), StoreError> {
        let failed = |error| StoreError::of_engine("SCRUB", error);
        match self {
            Self::Sqlite { write: Some(write), .. } => {
                let checkpoint = sqlx::query_as::<_, (i64, i64, i64)>("PRAGMA wal_checkpoint(TRUNCATE)");
                match checkpoint.fetch_one(write).await.map_err(failed)? {
                    (0, ..) => Ok(()),
                    _ => Err(StoreError::Busy("SCRUB: readers hold on to the log".into())),
                }
            }
            Self::Postgres { pool, .. } => sqlx::raw_sql("VACUUM").execute(pool).await.map(|_| ()).map_err(failed),
            Self::Sqlite { write: None, .. } => Ok(()),
        }
    }

    /// Closes the writer before the readers: a read-only connection that closes last cannot remove `-wal` and `-shm`, so
    /// they stay for readers who could not make them.
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
        .test_before_acquire(false)
        .max_lifetime(None)
        // A connection opens the write-ahead log, and holds on to it, from its first read.
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::query("SELECT COUNT(*) FROM sqlite_schema").execute(connection).await.map(|_| ()) })
        })
        .connect_with(options.disable_statement_logging())
        .await
        .map_err(|error| StoreError::Open {
            place: path.display().to_string(),
            reason: format!(
                "{error}; the desk makes it: start the desk once, and let this user read the file and the -wal and -shm beside it"
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
        let said = || format!("{statement}: {}", database.message());
        let code = database.code().unwrap_or_default();
        // PostgreSQL's codes have five characters. SQLite's are numbers; their low byte is the kind.
        let sqlite = if code.len() < 5 { code.parse().unwrap_or(0) & 0xff } else { 0 };
        match (sqlite, code.as_ref()) {
            // BUSY, LOCKED; serialization, deadlock, lock timeout.
            (5 | 6, _) | (_, "40001" | "40P01" | "55P03") => Self::Busy(said()),
            // READONLY, CONSTRAINT (RAISE in a trigger too); RAISE EXCEPTION, read-only transaction.
            (8 | 19, _) | (_, "P0001" | "25006") => Self::Refused(said()),
            _ if !matches!(database.kind(), ErrorKind::Other) => Self::Refused(said()),
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
        run!(@both $link, $sql, on => sqlx::query($sql.text())
            $(.bind($crate::store::bind::Bind::value($argument)))*
            .execute(&mut **on).await.map(|done| done.rows_affected()))
    };
    ($link:expr, optional $sql:ident($($argument:expr),* $(,)?) as $row:ty) => {
        run!(@both $link, $sql, on => sqlx::query_as::<_, $row>($sql.text())
            $(.bind($crate::store::bind::Bind::value($argument)))*
            .fetch_optional(&mut **on).await)
    };
    ($link:expr, one $sql:ident($($argument:expr),* $(,)?) as $row:ty) => {
        run!(@both $link, $sql, on => sqlx::query_as::<_, $row>($sql.text())
            $(.bind($crate::store::bind::Bind::value($argument)))*
            .fetch_one(&mut **on).await)
    };
    ($link:expr, all $sql:ident($($argument:expr),* $(,)?) as $row:ty) => {
        run!(@both $link, $sql, on => sqlx::query_as::<_, $row>($sql.text())
            $(.bind($crate::store::bind::Bind::value($argument)))*
            .fetch_all(&mut **on).await)
    };
    // The call is written once and stands in both arms: each is compiled for its engine.
    (@both $link:expr, $sql:ident, $on:ident => $call:expr) => {
        match &mut *$link {
            link => match &mut link.on {
                $crate::store::db::Engine::Sqlite($on) => $call,
                $crate::store::db::Engine::Postgres($on) => $call,
            }
            .map_err(|error| link.failed($sql.name(), error)),
        }
    };
}
pub(super) use run;
