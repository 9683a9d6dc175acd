//! Release 放行 of one item by two officers: each opened it, each signs for exactly this content, and the gate then passes
//! it because the release is part of the rules in force.
//!
//! It is a change of rules like any other (`rules`), so promise 1 needs no second door: what is queued has a `Cleared`
//! under a set that two officers signed. Beside the set, each signs a text of this release alone, kept in the audit: item,
//! content, rules, what they found, the set. Refused: who has not opened exactly this content with a key that has access,
//! what the officer was not shown, what could not be read, a level of state secrets without the word that it is none.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Sealer;
use super::free::{self, Freed, draft_of};
use super::open::package_of;
use super::package::Package;
use crate::flow::FlowError;
use crate::flow::officer_key::Unlocked;
use crate::flow::rule_edit::Edit;
use crate::flow::rules;
use crate::model::{Action, Actor, Finding, ItemId, PersonId, RuleSetId, Status, Verdict};
use crate::screen::{Release, RuleSet, Screened, Screener};
use crate::store::{Desk, DeskTx, ItemRow, RuleSetRow};

/// An officer's signature under one release.
pub const DOMAIN: &str = "menhu-release-1";
/// Longest basis, in characters.
pub const LONGEST_BASIS: usize = 500;

/// What the first officer says.
#[derive(Clone, Copy, Debug)]
pub struct Grounds<'a> {
    /// Why it may pass.
    pub basis: &'a str,
    /// 经核实不属于国家秘密.
    pub not_secret: bool,
}

fn refused<T>(why: &str) -> Result<T, FlowError> {
    Err(FlowError::Refused(why.to_owned()))
}

/// What both officers sign beside the set.
#[must_use]
pub fn signed_text(release: &Release, set: &RuleSetId) -> String {
    let found: Vec<String> = release.found.iter().map(ToString::to_string).collect();
    format!(
        "item {}\ncontent {}\nrules {}\nfound {}\nnot-secret {}\nset {set}",
        release.item,
        release.content,
        release.rules.join(","),
        found.join(","),
        release.not_secret
    )
}

/// Asks for the release of an item: a signed proposal that another officer approves. Returns its number.
///
/// # Errors
/// [`FlowError::Missing`] where it is not in quarantine; [`FlowError::Refused`] for all that the head of this file names, and
/// where it passes anyhow.
pub async fn ask(
    sealer: &Sealer,
    screener: &Arc<Screener>,
    officer: &Unlocked,
    id: &ItemId,
    grounds: Grounds<'_>,
) -> Result<i64, FlowError> {
    let basis = grounds.basis.split_whitespace().collect::<Vec<_>>().join(" ");
    if basis.is_empty() || basis.chars().count() > LONGEST_BASIS {
        return Err(FlowError::Refused(format!("a release asks for a basis of 1 to {LONGEST_BASIS} characters")));
    }
    let row = sealer.desk.item(id).await?.filter(|row| row.status == Status::Quarantined);
    let row = row.ok_or_else(|| FlowError::Missing(format!("quarantined item {id}")))?;
    let person = rules::person_of(officer)?;
    opened(&sealer.desk, officer, &row).await?;
    let package = package_of(&sealer.desk, &sealer.blobs, officer, &row).await?;
    let (set, verdict) = screened(screener, &package, &row).await?;
    let (rules, found) = looked_at(&set, &row, &verdict, &package.verdict, grounds.not_secret)?;
    let date = sealer.desk.clock().now().date();
    let release = Release {
        item: id.clone(),
        content: row.content_hash,
        rules,
        found,
        not_secret: grounds.not_secret,
        basis,
        asked_by: person,
        date,
    };
    let edits = [Edit::Release(release)];
    rules::propose_edits(&sealer.desk, &sealer.verifier, officer, &edits, &format!("逐条放行：信息 {id}")).await
}

/// What the gate says now, under the set that is in force.
async fn screened(
    screener: &Arc<Screener>,
    package: &Package,
    row: &ItemRow,
) -> Result<(Arc<RuleSet>, Verdict), FlowError> {
    let (draft, gate) = (draft_of(package, row)?, screener.clone());
    let set = screener.current();
    match tokio::task::spawn_blocking(move || gate.screen(draft)).await? {
        Screened::Cleared(_) => refused("it passes under the rules in force: screen it again instead"),
        Screened::Held(held) if held.hash() != row.content_hash => refused("the sealed content is not the item's"),
        Screened::Held(held) if held.rule_set() != set.id() => {
            refused("the rules changed meanwhile; ask again in a moment")
        }
        Screened::Held(held) => Ok((set, held.verdict().clone())),
    }
}

/// The rules that stop it and what they found, where all of it was shown to the officer.
fn looked_at(
    set: &RuleSet,
    row: &ItemRow,
    now: &Verdict,
    shown: &Verdict,
    not_secret: bool,
) -> Result<(Vec<String>, Vec<crate::model::Digest>), FlowError> {
    if !now.unreadable.is_empty() {
        return refused("a part of it could not be read, and what nobody read is not released");
    }
    let stopping: Vec<&Finding> = now.findings.iter().filter(|finding| finding.action > Action::Note).collect();
    if !not_secret && stopping.iter().any(|finding| Release::is_vouched(finding.level)) {
        return refused("a hit of a level of state secrets is released only with the word that it is no state secret");
    }
    let Some(found) = set.traces(&row.content_hash, &stopping) else {
        return refused("not every hit is shown with its text, so it cannot be released");
    };
    let seen: Vec<&Finding> = shown.findings.iter().filter(|finding| !finding.text.is_empty()).collect();
    let seen = set.traces(&row.content_hash, &seen).unwrap_or_default();
    if found.iter().any(|trace| !seen.contains(trace)) {
        return refused("the rules find more in it than was shown: screen it again, open it, then ask");
    }
    let mut rules: Vec<String> = stopping.iter().map(|finding| finding.rule.clone()).collect();
    rules.sort_unstable();
    rules.dedup();
    Ok((rules, found))
}

/// Refuses an officer who has not opened exactly this content, or whose key has no access to it.
async fn opened(desk: &Desk, officer: &Unlocked, row: &ItemRow) -> Result<(), FlowError> {
    let person = Actor::Person(rules::person_of(officer)?).to_string();
    let of_this = |detail: &str| {
        let detail: Value = serde_json::from_str(detail).unwrap_or_default();
        detail["content"] == json!(row.content_hash) && detail["key"] == json!(officer.record().id)
    };
    let looked = desk.audit_of(row.id.as_str()).await?;
    let looked =
        looked.iter().any(|step| step.action == "quarantine.open" && step.actor == person && of_this(&step.detail));
    if !looked || desk.wrapped_key(&row.id, &officer.record().id).await?.is_none() {
        return Err(FlowError::Refused(format!(
            "open item {} first: a release is signed by officers who have both read it",
            row.id
        )));
    }
    Ok(())
}

/// Checks releases that a change would bring, for the officer who is about to sign it.
pub(in crate::flow) async fn check(desk: &Desk, officer: &Unlocked, news: &[&Release]) -> Result<(), FlowError> {
    for release in news {
        let row = desk.item(&release.item).await?;
        let row = row.filter(|row| row.status == Status::Quarantined && row.content_hash == release.content);
        let Some(row) = row else {
            return Err(FlowError::Refused(format!(
                "item {} is not in quarantine with the content that is to be released; refuse the proposal",
                release.item
            )));
        };
        opened(desk, officer, &row).await?;
    }
    Ok(())
}

/// Puts an officer's signature under each release on record, in the transaction that signs the set.
pub(in crate::flow) async fn sign(
    tx: &mut DeskTx,
    officer: &Unlocked,
    action: &str,
    news: &[&Release],
    set: &RuleSetId,
    number: i64,
) -> Result<(), FlowError> {
    let by = Actor::Person(rules::person_of(officer)?);
    for release in news {
        let signature = officer.sign(DOMAIN, &signed_text(release, set));
        let detail = json!({"proposal": number, "content": release.content, "rules": release.rules, "set": set,
            "not_secret": release.not_secret, "asked_by": release.asked_by, "key": officer.record().id,
            "signature": signature});
        tx.audit(&by, action, release.item.as_str(), &detail).await?;
    }
    Ok(())
}

/// The releases that a proposal was made for.
///
/// # Errors
/// [`FlowError::Json`].
pub fn of_proposal(row: &RuleSetRow) -> Result<Vec<Release>, FlowError> {
    let edits: Vec<Edit> = row.edits.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
    let release = |edit| match edit {
        Edit::Release(release) => Some(release),
        _ => None,
    };
    Ok(edits.into_iter().filter_map(release).collect())
}

/// Whether this person opened exactly this content; for the page that asks for the second signature.
///
/// # Errors
/// [`FlowError::Store`].
pub async fn was_opened_by(desk: &Desk, person: &PersonId, release: &Release) -> Result<bool, FlowError> {
    let person = Actor::Person(person.clone()).to_string();
    let content = release.content.to_string();
    let history = desk.audit_of(release.item.as_str()).await?;
    Ok(history
        .iter()
        .any(|step| step.action == "quarantine.open" && step.actor == person && step.detail.contains(&content)))
}

/// Lets the items of an approved proposal go on to the queue, with the key of the officer who approved it. The gate decides
/// once more; what it holds stays sealed.
///
/// # Errors
/// As [`free::free_one`].
pub async fn carry_out(
    sealer: &Sealer,
    screener: &Arc<Screener>,
    officer: &Unlocked,
    number: i64,
) -> Result<Freed, FlowError> {
    let Some(row) = sealer.desk.rule_set(number).await? else { return Ok(Freed::default()) };
    let person = rules::person_of(officer)?;
    let mut done = Freed::default();
    for release in of_proposal(&row)? {
        let one = free::free_one(sealer, screener, &person, officer, &release.item).await?;
        done.screened += one.screened;
        done.freed += one.freed;
    }
    Ok(done)
}
