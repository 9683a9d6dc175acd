//! The only door to the network: what may be asked, how it is asked, how fast, and what an answer means.
//!
//! Owns robots.txt ([`Robots`], [`RobotsState`]), the one HTTP client ([`Client`]) with its guard on addresses, its
//! caps and its redirects, the pace inside a worker ([`Gap`]) and the arithmetic of slots and back-off, and three
//! pure machines: from a list to what is asked next ([`Walk`]), from an address to its canonical form
//! ([`canonical`]), and from looks at a page to its withdrawal ([`gone`]).
//!
//! Promises: no byte from outside is read without a limit on size and time; no address outside a source's scope and
//! no private address is connected to unless the source allows it; every failure is a named state with its reason.

mod address;
mod answer;
mod body;
mod client;
mod discover;
mod fault;
mod gap;
pub mod gone;
mod guard;
pub mod pace;
mod pattern;
mod redirect;
mod resolve;
mod robots;
mod standing;
mod wall;

pub use address::{AddressRefused, URL_LIMIT, canonical, canonical_in, host_key};
pub use answer::{Fetched, Page, Request, Traffic, Validators};
pub use client::{Client, ClientError, Limits};
pub use discover::{Bounds, Completeness, Found, Harvest, Walk};
pub use fault::FetchError;
pub use gap::Gap;
pub use guard::{BadRange, Ranges, Scope, ScopeError, private_reason};
pub use resolve::Names;
pub use robots::{Robots, agent_name};
pub use standing::{Permission, RobotsAnswer, RobotsState, robots_url};
pub use wall::Wall;
