//! What the doctor looks at: the audit, every permit, the desk against the site, the site against the index, files.
//!
//! Reads only. Each finding says what, where and what to do.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::blob::Blobs;
use crate::index::IndexReader;
use crate::model::{Content, ItemId, PermitVerifier, Status};
use crate::store::{Desk, Site};

use super::FlowError;
use super::officer_key::OfficerKeys;

/// Rows read at one time.
const PAGE: u32 = 500;

/// A finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Problem {
    /// Which check found it.
    pub check: &'static str,
    /// Where: an item, a file, a record.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl Problem {
    /// A finding.
    #[must_use]
    pub fn new(
        check: &'static str,
        place: impl Into<String>,
        what: impl Into<String>,
        cure: impl Into<String>,
    ) -> Self {
        Self { check, place: place.into(), what: what.into(), cure: cure.into() }
    }
}

/// Checks the audit chain.
///
/// # Errors
/// Where the desk fails.
pub async fn audit(desk: &Desk) -> Result<Vec<Problem>, FlowError> {
    let check = desk.verify_audit().await?;
    Ok(check
        .broken
        .into_iter()
        .map(|broken| {
            Problem::new(
                "audit",
                format!("record {}", broken.seq),
                broken.why,
                "somebody changed the audit behind the program's back: keep the files, compare with the last export",
            )
        })
        .collect())
}

/// Checks every item of the site: permit, files, and that the desk knows it. Returns the ids that hold.
///
/// # Errors
/// Where a store fails.
pub async fn site(
    desk: &Desk,
    site: &Site,
    blobs: &Blobs,
    verifier: &PermitVerifier,
    found: &mut Vec<Problem>,
) -> Result<BTreeSet<ItemId>, FlowError> {
    let mut good = BTreeSet::new();
    let mut after: Option<ItemId> = None;
    loop {
        let items = site.items_after(after.as_ref(), PAGE).await?;
        let Some(last) = items.last() else { break };
        after = Some(last.id.clone());
        for item in &items {
            let place = format!("item {}", item.id);
            let permit = item.permit().map_err(FlowError::from);
            let holds = permit.and_then(|permit| Ok(verifier.verify(&permit, &item.id, &item.content)?));
            if let Err(error) = holds {
                found.push(Problem::new(
                    "permit",
                    place,
                    error.to_string(),
                    "it was changed behind the desk's back and is not served: menhu item withdraw it, and look for the intruder",
                ));
                continue;
            }
            let content: Content = serde_json::from_str(&item.content)?;
            for file in &content.attachments {
                for blob in std::iter::once(&file.blob).chain(&file.text) {
                    if let Err(error) = blobs.get(blob).await {
                        found.push(Problem::new(
                            "file",
                            place.clone(),
                            error.to_string(),
                            "restore it from the backup",
                        ));
                    }
                }
            }
            match desk.item(&item.id).await? {
                Some(row) if row.on_site.is_some_and(|(_, hash)| hash == item.content_hash) => {}
                // The publisher has put it there and has not said so yet: its job is still on the table.
                Some(row) if row.status == Status::Approved => {}
                _ => found.push(Problem::new(
                    "site",
                    place,
                    "the site shows it, the desk does not know that",
                    "menhu item withdraw it",
                )),
            }
            good.insert(item.id.clone());
        }
    }
    Ok(good)
}

/// Checks that the site has what the desk says it shows.
///
/// # Errors
/// Where a store fails.
pub async fn desk(desk: &Desk, site: &Site, found: &mut Vec<Problem>) -> Result<(), FlowError> {
    let mut after: Option<ItemId> = None;
    loop {
        let rows = desk.on_site(None, None, after.as_ref(), PAGE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.item.clone());
        for row in &rows {
            let shown = site.item(&row.item).await?;
            if shown.is_none_or(|item| item.content_hash != row.content_hash) {
                found.push(Problem::new(
                    "site",
                    format!("item {}", row.item),
                    "the desk says that it is published, the site does not show these bytes",
                    "restore the site from the backup",
                ));
            }
        }
    }
}

/// Checks the index against the site.
///
/// # Errors
/// Where a store or the index fails.
pub async fn index(
    site: &Site,
    reader: &IndexReader,
    good: &BTreeSet<ItemId>,
    found: &mut Vec<Problem>,
) -> Result<(), FlowError> {
    let cure = "menhu index rebuild";
    let last = u64::try_from(site.last_seq().await?).unwrap_or(0);
    let applied = reader.stats()?.applied_seq;
    if applied < last {
        found.push(Problem::new("index", "seq", format!("it has applied {applied} of {last}"), cure));
    }
    let mut indexed = BTreeSet::new();
    reader.each(&mut |id, _| {
        indexed.insert(id);
    })?;
    for id in good.difference(&indexed).take(20) {
        found.push(Problem::new("index", format!("item {id}"), "it is on the site and not in the index", cure));
    }
    for id in indexed.difference(good).take(20) {
        found.push(Problem::new("index", format!("item {id}"), "it is in the index and not on the site", cure));
    }
    Ok(())
}

/// Checks who can open the quarantine.
///
/// # Errors
/// Where the desk fails.
pub async fn quarantine(desk: &Desk, verifier: &PermitVerifier) -> Result<Vec<Problem>, FlowError> {
    let mut found = Vec::new();
    let check = "quarantine";
    if let Some(escrow) = desk.escrow_key().await? {
        let (items, _) = desk.sealed_counts(&escrow.id).await?;
        found.push(Problem::new(
            check,
            "escrow key",
            format!("no security officer has a key yet: {items} items are sealed to a key in the keys folder, which this host can open"),
            "menhu user add NAME --role security-officer; when the officer has set a password, the key takes over and the escrow is destroyed",
        ));
    }
    for row in desk.active_officer_keys().await? {
        let place = format!("officer {}", row.person.as_ref().map_or("?", crate::model::PersonId::as_str));
        let (all, opened) = desk.sealed_counts(&row.id).await?;
        if !OfficerKeys::of_row(&row).is_ok_and(|key| key.is_signed(verifier)) {
            found.push(Problem::new(
                check,
                place,
                "the desk's signature of this officer's key does not hold: nothing is sealed to it",
                "it was changed behind the desk's back: reset the officer's password, and look for the intruder",
            ));
        } else if opened < all {
            found.push(Problem::new(
                check,
                place,
                format!("cannot open {} of {all} sealed items", all - opened),
                "another officer gives access: menhu quarantine grant, or the quarantine page of the console",
            ));
        }
    }
    let plain = desk.plain_in_quarantine(1_000).await?.len();
    if plain > 0 {
        let cure = "start the desk: it seals them";
        found.push(Problem::new(check, "items", format!("{plain} items stand in quarantine in plain"), cure));
    }
    Ok(found)
}

/// Checks for jobs that were given up.
///
/// # Errors
/// Where the desk fails.
pub async fn jobs(desk: &Desk) -> Result<Vec<Problem>, FlowError> {
    Ok(desk
        .job_counts()
        .await?
        .into_iter()
        .filter(|count| count.poison > 0)
        .map(|count| {
            Problem::new(
                "jobs",
                count.kind,
                format!("{} were given up after too many failures", count.poison),
                "the status page of the console shows the reasons",
            )
        })
        .collect())
}
