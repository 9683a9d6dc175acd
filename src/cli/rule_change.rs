//! The two-person change of rules by command: one officer proposes the folders as they are, or an edit, and another puts
//! it in force.
//!
//! Whoever changes rules needs the right; the password, read from the terminal without echo or from a pipe, unlocks the
//! officer's own key, which signs. Passwords never stand on the command line.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use clap::Args;

use super::{Exit, Installation, out, rule_export};
use crate::app::{self, Base};
use crate::flow::officer_key::{self, Unlocked};
use crate::flow::quarantine::release;
use crate::flow::rule_diff::RuleChange;
use crate::flow::rule_edit::Edit;
use crate::flow::rules::{self, Proposal};
use crate::model::{Actor, Clock, PersonId, Right, RuleSetId};
use crate::screen::RuleSet;
use crate::store::{Desk, RuleSetRow, RuleSetState};

/// Who proposes, and why.
#[derive(Args)]
pub(super) struct Proposer {
    /// Your account
    #[arg(long, value_name = "USER")]
    by: PersonId,
    /// Why, for the second officer
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules propose`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules propose --by baomi1 --note 增加干部词条")]
pub(super) struct ProposeArgs {
    #[command(flatten)]
    proposer: Proposer,
}

/// `menhu rules show`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules show 3")]
pub(super) struct ShowArgs {
    /// Number of the proposal; menhu rules history shows it
    number: i64,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules approve`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules show 3\n  menhu rules approve 3 --by baomi2")]
pub(super) struct ApproveArgs {
    /// Number of the proposal; menhu rules history shows it
    number: i64,
    /// Your account; another than the proposer's
    #[arg(long, value_name = "USER")]
    by: PersonId,
    /// Yes, a fifth or more of what stops something is meant to go
    #[arg(long)]
    smaller: bool,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules refuse`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules refuse 3 --by baomi2 --reason 放宽过多")]
pub(super) struct RefuseArgs {
    /// Number of the proposal; menhu rules history shows it
    number: i64,
    /// Your account
    #[arg(long, value_name = "USER")]
    by: PersonId,
    /// Why
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules rebase`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules rebase 3 --by baomi1")]
pub(super) struct RebaseArgs {
    /// Number of the proposal; menhu rules history shows it
    number: i64,
    /// Your account; you become its proposer
    #[arg(long, value_name = "USER")]
    by: PersonId,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules history`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules history\n  menhu rules history GZ-0001")]
pub(super) struct HistoryArgs {
    /// Only what changed this rule
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

pub(super) async fn propose(args: ProposeArgs) -> anyhow::Result<Exit> {
    let config = args.proposer.installation.load()?;
    let set = RuleSet::load(&config.gate.rules, &config.gate.dictionaries)?;
    let base = Base::open(config, Clock::System).await?;
    let folder = &base.config.gate.rules;
    let (from, known) = base_of(&base, folder).await?;
    let officer = officer(&base.desk, &args.proposer.by).await?;
    let proposal = Proposal { set: &set, base: from, edits: None, note: &args.proposer.note };
    let number = rules::propose_signed(&base.desk, &base.verifier, &officer, proposal).await?;
    let notes: Vec<RuleSetId> = known.into_iter().chain([set.id()]).collect();
    if let Err(error) = rule_export::note(folder, &notes) {
        tracing::warn!(%error, "the folder of the rules does not say which set it is; export before the next change");
    }
    proposed(&base, number).await
}

/// The set in force, where the folder was made from it or is it.
async fn base_of(base: &Base, folder: &std::path::Path) -> anyhow::Result<(RuleSetId, Vec<RuleSetId>)> {
    let now = base.screener.current().id();
    let Some(known) = rule_export::noted(folder) else {
        // A folder that was never exported is the one that the program came with.
        let decided = |row: &RuleSetRow| matches!(row.state, RuleSetState::InForce | RuleSetState::Superseded);
        let sets = base.desk.rule_sets(1_000).await?.iter().filter(|row| decided(row)).count();
        if sets <= 1 {
            return Ok((now, vec![now]));
        }
        bail!(
            "{} does not say which rule set it was made from, and others were in force since: menhu rules export, make \
             your change there, propose again",
            folder.display()
        );
    };
    if known.contains(&now) {
        return Ok((now, known));
    }
    bail!(
        "{} was made from another rule set than the one in force: what was changed meanwhile would be lost; keep your \
         change aside, menhu rules export --replace, make it again, propose again",
        folder.display()
    );
}

/// Proposes edits of the set in force.
pub(super) async fn propose_edits(proposer: Proposer, edits: &[Edit]) -> anyhow::Result<Exit> {
    let base = Base::open(proposer.installation.load()?, Clock::System).await?;
    // What is wrong is said before a password is asked for.
    rules::edited(&base.screener.current(), edits).await?;
    let officer = officer(&base.desk, &proposer.by).await?;
    let number = rules::propose_edits(&base.desk, &base.verifier, &officer, edits, &proposer.note).await?;
    proposed(&base, number).await
}

async fn proposed(base: &Base, number: i64) -> anyhow::Result<Exit> {
    let row = base.desk.rule_set(number).await?.context("the proposal is gone")?;
    out::line(&format!("proposed as number {number}: rule set {}", row.id))?;
    changes(&rules::changes_of(&base.desk, &row).await?)?;
    if row.smaller {
        out::line("mind: a fifth or more of what stops something would be gone; the second officer must confirm it")?;
    }
    out::line(&format!(
        "next: another officer runs menhu rules show {number}, then menhu rules approve {number} --by THEIR-ACCOUNT"
    ))?;
    base.desk.close().await;
    Ok(Exit::Done)
}

fn changes(changes: &[RuleChange]) -> anyhow::Result<()> {
    for change in changes {
        let weaker = if change.weaker { "（放宽）" } else { "" };
        // Whole, for it is what is signed; but nothing in it that a terminal would obey.
        let words: String = change.words.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
        out::line(&format!("  {} {}  {words}{weaker}", change.rule, change.name))?;
    }
    Ok(())
}

pub(super) async fn show(args: ShowArgs) -> anyhow::Result<Exit> {
    let base = Base::open(args.installation.load()?, Clock::System).await?;
    let Some(row) = base.desk.rule_set(args.number).await? else {
        bail!("there is no proposal {}; menhu rules history lists them", args.number);
    };
    line(&row)?;
    changes(&rules::changes_of(&base.desk, &row).await?)?;
    if let Some((before, after)) = row.sizes {
        let mind = if row.smaller { ", a fifth or more is gone" } else { "" };
        out::line(&format!("  rules and terms that stop something: {before} before, {after} after{mind}"))?;
    }
    match base.desk.rule_trial_of(args.number).await?.map(|trial| trial.course) {
        None => out::line("  it was not tried; menhu rules backtest --published tries the folders")?,
        Some(course) => out::line(&format!(
            "  trial {:?}: {} of {} items, {} published ones would be taken off 会撤下 {} 条, {} waiting ones held",
            course.state, course.seen, course.total, course.withdrawn, course.withdrawn, course.waiting_hits
        ))?,
    }
    base.desk.close().await;
    Ok(Exit::Done)
}

pub(super) async fn approve(args: ApproveArgs) -> anyhow::Result<Exit> {
    let base = Base::open(args.installation.load()?, Clock::System).await?;
    let row = rules::open_proposal(&base.desk, args.number).await?;
    changes(&rules::changes_of(&base.desk, &row).await?)?;
    let officer = officer(&base.desk, &args.by).await?;
    let keys = app::desk_keys(&base.config)?;
    let id = rules::approve_signed(&base.desk, &keys, &officer, args.number, args.smaller).await?;
    out::line(&format!(
        "in force: rule set {id}; a running daemon takes it within a second and screens everything again"
    ))?;
    if !release::of_proposal(&row)?.is_empty() {
        rules::refresh(&base.desk, &base.verifier, &base.screener).await?;
        let done = release::carry_out(&base.sealer(), &base.screener, &officer, args.number).await?;
        out::line(&format!("released: {} of {} items go on to the queue", done.freed, done.screened))?;
    }
    base.desk.close().await;
    Ok(Exit::Done)
}

pub(super) async fn refuse(args: RefuseArgs) -> anyhow::Result<Exit> {
    let desk = Desk::open(&app::desk_place(&args.installation.load()?)?, Clock::System).await?;
    officer(&desk, &args.by).await?;
    rules::refuse(&desk, args.number, &Actor::Person(args.by), &args.reason).await?;
    out::line(&format!("refused: proposal {}; the rules in force stay", args.number))?;
    desk.close().await;
    Ok(Exit::Done)
}

pub(super) async fn rebase(args: RebaseArgs) -> anyhow::Result<Exit> {
    let base = Base::open(args.installation.load()?, Clock::System).await?;
    let officer = officer(&base.desk, &args.by).await?;
    let number = rules::rebase(&base.desk, &base.verifier, &officer, args.number).await?;
    proposed(&base, number).await
}

pub(super) async fn history(args: HistoryArgs) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    for row in desk.rule_sets(1_000).await? {
        let mut told: Vec<RuleChange> =
            row.changes.as_deref().map(serde_json::from_str).transpose()?.unwrap_or_default();
        if let Some(rule) = &args.rule {
            told.retain(|change| change.rule == *rule);
            if told.is_empty() {
                continue;
            }
        }
        if args.json {
            out::json(&serde_json::json!({
                "number": row.number, "id": row.id, "state": row.state, "proposed_by": row.proposed_by,
                "proposed_at": row.proposed_at.rfc3339(), "note": row.note, "decided_by": row.decided_by,
                "decided_at": row.decided_at.map(|at| at.rfc3339()), "refusal": row.refusal, "changes": told,
            }))?;
            continue;
        }
        line(&row)?;
        changes(&told)?;
    }
    desk.close().await;
    Ok(Exit::Done)
}

fn line(row: &RuleSetRow) -> anyhow::Result<()> {
    let state = match row.state {
        RuleSetState::Proposed => "proposed",
        RuleSetState::InForce => "in force",
        RuleSetState::Superseded => "superseded",
        RuleSetState::Refused => "refused",
    };
    let decided = row.decided_by.as_deref().unwrap_or("-");
    let refusal = if row.refusal.is_empty() { String::new() } else { format!("  refused: {}", row.refusal) };
    out::line(&format!(
        "{:>4}  {state:<10}  {}  proposed by {} at {}, decided by {decided}  {}{refusal}",
        row.number,
        row.id.to_string().chars().take(12).collect::<String>(),
        row.proposed_by,
        row.proposed_at.rfc3339(),
        row.note
    ))
}

/// Unlocks the officer's own key.
async fn officer(desk: &Desk, by: &PersonId) -> anyhow::Result<Unlocked> {
    let account = desk.account(by).await?.filter(|account| account.disabled_at.is_none());
    if !account.is_some_and(|account| account.role.may(Right::ChangeRules)) {
        bail!("{by} is no account that may change rules; menhu user list shows the security officers");
    }
    let password = password(by)?;
    Ok(officer_key::unlock(desk, by, &password).await?)
}

/// A line of standard input; without echo on a terminal.
pub(super) fn password(of: &PersonId) -> anyhow::Result<String> {
    let stdin = std::io::stdin();
    let mut shown = None;
    if stdin.is_terminal() {
        write!(std::io::stderr(), "password of {of}: ").context("cannot write to the terminal")?;
        let before = rustix::termios::tcgetattr(&stdin).context("cannot read the terminal's settings")?;
        let mut silent = before.clone();
        silent.local_modes.remove(rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(&stdin, rustix::termios::OptionalActions::Now, &silent)
            .context("cannot turn the terminal's echo off")?;
        shown = Some(before);
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(before) = shown {
        rustix::termios::tcsetattr(&stdin, rustix::termios::OptionalActions::Now, &before)
            .context("cannot turn the terminal's echo on again")?;
        writeln!(std::io::stderr()).context("cannot write to the terminal")?;
    }
    read.context("cannot read the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
