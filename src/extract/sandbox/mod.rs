//! Hostile bytes are parsed in a child process that can do nothing else.
//!
//! [`Reader`] is the parent's side: it starts `program read` children, hands them one task at a time over a pipe and
//! waits under a clock. The child ([`serve_child`]) gives up memory, files, network and the means to start anything
//! before it reads the first hostile byte. A crash, a limit or an answer that makes no sense is an outcome
//! (`unreadable`), never an error that loses the item.
//!
//! - `frame`: what goes over the pipe, with its limits.
//! - `limits`: what the child gives up (rlimits, Landlock, seccomp).
//! - `child`: the loop of the child.
//! - `parent`: the pool.

mod child;
mod frame;
mod limits;
mod parent;

pub use child::serve_child;
pub use frame::{Probe, ProbeReport};
pub use parent::{ReadLimits, Reader, this_program};
