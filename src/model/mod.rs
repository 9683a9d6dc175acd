//! What the words mean: ids, time, units, columns, sources, items and their legal moves, verdicts, permits, people.
//!
//! Owns the vocabulary that every other module speaks (the names of `docs/architecture.md`).
//! Promises: no I/O, no async, no global state; every value that exists is well formed.
//! Units: times are microseconds since the Unix epoch, UTC; civil dates are Asia/Shanghai (UTC+8);
//! text offsets are UTF-8 bytes.

mod clock;
mod column;
mod digest;
mod ids;
mod item;
mod permit;
mod person;
mod source;
mod verdict;

pub use clock::{Clock, Timestamp, When};
pub use column::{Column, ColumnMode, Link, LinkKind, Unit, UnitClass};
pub use digest::{BlobId, ContentHash, Digest, RuleSetId};
pub use ids::{BadId, ColumnId, ItemId, JobId, PersonId, SourceId, UnitId, random_token};
pub use item::{Attachment, Content, IllegalMove, Status};
pub use permit::{Permit, PermitError, PermitKey, PermitVerifier};
pub use person::{Actor, Basis, Decision, Right, Role};
pub use source::{ListSpec, Pace, Profile, Source, UnitReview};
pub use verdict::{Action, Draft, Field, Finding, Level, Outcome, Segment, TextKind, Unreadable, Verdict};
