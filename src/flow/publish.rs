//! Publishing: a `Cleared` for exactly these bytes, under the rule set in force, and a `Decision` make a permit.
//!
//! The job may run twice, and may die between any two steps: the site's write is keyed by item and content hash, and
//! the desk says `published` only after the site has the item. An item whose content no longer passes goes to
//! quarantine instead, whatever was decided about it.

use std::sync::Arc;

use crate::blob::Blobs;
use crate::model::{Actor, Content, Decision, Draft, ItemId, Permit, PermitKey, Status, Timestamp};
use crate::screen::{Cleared, Screened, Screener};
use crate::store::{Desk, ItemRow, Site};

use super::FlowError;
use super::intake::Evidence;

/// Where the publisher works.
#[derive(Clone)]
pub struct Publisher {
    /// What is not public.
    pub desk: Desk,
    /// The desk's files.
    pub desk_blobs: Blobs,
    /// What is public.
    pub site: Site,
    /// The site's files.
    pub site_blobs: Blobs,
    /// The gate.
    pub screener: Arc<Screener>,
    /// The desk's key.
    pub key: Arc<PermitKey>,
}

/// What became of a publishing job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Published {
    /// It is on the site with this `seq`.
    OnSite(i64),
    /// The gate no longer lets it pass.
    Held,
    /// It was not approved (any more); nothing was done.
    NotApproved,
}

/// Makes the permit. The one place where a key signs for content; the two proofs are taken by value and by name.
fn permit(key: &PermitKey, item: &ItemId, cleared: &Cleared, decision: &Decision, now: Timestamp) -> Result<Permit, FlowError> {
    if decision.content != cleared.hash() {
        return Err(FlowError::OtherContent(item.clone()));
    }
    Ok(key.sign(item.clone(), cleared.hash(), cleared.rule_set(), decision.clone(), now)?)
}
