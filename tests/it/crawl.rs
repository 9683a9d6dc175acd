//! Collecting to publishing through the real parts: the promises by property and by fault.

mod changes;
mod faults;
mod files;
mod manners;
pub(crate) mod origin;
mod promises;
pub(crate) mod rule_sets;
mod tampering;
