//! Collecting to publishing through the real parts: the promises by property and by fault.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod changes;
mod faults;
mod files;
mod manners;
mod origin;
mod promises;
mod rule_sets;
mod tampering;
