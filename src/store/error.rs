//! Why the store refuses or fails. Callers tell apart what they can act on; the rest is [`StoreError::Database`].

use crate::model::IllegalMove;

/// Why something could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The store cannot be opened.
    #[error("cannot open the store {place}: {reason}")]
    Open {
        /// The file, or the server without its password.
        place: String,
        /// What is wrong and what to do.
        reason: String,
    },
    /// A newer program has written it.
    #[error(
        "the store {place} has schema {found}, this program knows up to {known}; run the newer menhu, or restore the backup made before the upgrade"
    )]
    Newer {
        /// The file, or the server without its password.
        place: String,
        /// Schema in the store.
        found: i64,
        /// Newest schema that this program knows.
        known: i64,
    },
    /// Somebody else changed the row first; read it again and decide anew.
    #[error("{subject} is not as it was read: expected {expected}, found {found}")]
    Conflict {
        /// `item …`, `job …`.
        subject: String,
        /// What the caller had read.
        expected: String,
        /// What is there.
        found: String,
    },
    /// The lease has run out or is another's; what was done under it must be thrown away.
    #[error("the lease on {0} is no longer ours; nothing was kept")]
    Stale(String),
    /// The table of legal moves does not know the move.
    #[error("{item}: {source}")]
    IllegalMove {
        /// The item.
        item: String,
        /// The move.
        source: IllegalMove,
    },
    /// A constraint of the store, or a check before it, says no.
    #[error("refused: {0}")]
    Refused(String),
    /// There is no such row.
    #[error("there is no {0}")]
    Missing(String),
    /// What is stored cannot be read: somebody changed it behind the program's back.
    #[error("the stored {what} cannot be read: {reason}")]
    Corrupt {
        /// Which row.
        what: String,
        /// Why.
        reason: String,
    },
    /// Others held the store too long, or two transactions waited for each other; the same call may be made again.
    #[error("the store is busy ({0}); try again")]
    Busy(String),
    /// The engine failed: connection, disk, permission.
    #[error("the store failed at {statement}: {source}")]
    Database {
        /// The statement's name in the sources.
        statement: &'static str,
        /// What the engine says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
