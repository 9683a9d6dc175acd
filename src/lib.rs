//! menhu 门户: the appliance of a government information centre.
//!
//! The modules, lowest first. A file imports from lower ranks and its own folder, never upward, and folders of one
//! rank do not see each other; `tests/it/order.rs` holds this. `docs/architecture.md` walks an item through them.

// 0: what the words mean
pub mod model;
// 1: what an operator sets
pub mod config;
// 2: bytes to item; item to Cleared or Held
pub mod extract;
pub mod screen;
// 3: what is kept
pub mod blob;
pub mod index;
pub mod store;
// 4: the only door to the network
pub mod collect;
// 5: the use cases
pub mod flow;
// 6: who calls them
pub mod console;
pub mod jobs;
pub mod portal;
// 7: wiring
pub mod app;
pub mod cli;
pub mod lifecycle;
