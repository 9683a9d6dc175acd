//! Collecting to publishing through the real parts: the promises by property and by fault.

mod changes;
mod faults;
mod files;
mod manners;
mod origin;
mod promises;
mod rule_sets;
mod tampering;
