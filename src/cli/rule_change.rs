//! The two-person change of rules: one officer proposes the folders as they are, another puts them in force.
//!
//! Whoever changes rules logs in: the account needs the right, and its password is read from the terminal without echo,
//! or from a pipe. Passwords never stand on the command line.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use clap::Args;

use super::{Exit, Installation, out};
use crate::app::{self, Base};
use crate::flow::people::{Login, People};
use crate::flow::rules;
use crate::model::{Actor, Clock, PersonId, Right};
use crate::screen::RuleSet;
use crate::store::{Desk, RuleSetState};

/// `menhu rules propose`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules propose --by baomi1 --note 增加干部词条")]
pub(super) struct ProposeArgs {
    /// Your account
    #[arg(long, value_name = "USER")]
    by: PersonId,
    /// Why, for the second officer
    #[arg(long, default_value = "")]
    note: String,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules approve`
#[derive(Args)]
#[command(after_help = "Example:\n  menhu rules approve 3 --by baomi2")]
pub(super) struct ApproveArgs {
    /// Number of the proposal; menhu rules history shows it
    number: i64,
    /// Your account; another than the proposer's
    #[arg(long, value_name = "USER")]
    by: PersonId,
    #[command(flatten)]
    installation: Installation,
}

/// `menhu rules history`
#[derive(Args)]
pub(super) struct HistoryArgs {
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

pub(super) async fn propose(args: ProposeArgs) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let set = RuleSet::load(&config.gate.rules, &config.gate.dictionaries)?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    let actor = officer(&desk, &config, args.by).await?;
    let number = rules::propose(&desk, &set, &actor, &args.note).await?;
    out::line(&format!("proposed as number {number}: rule set {}", set.id()))?;
    out::line(&format!("next: another officer runs menhu rules approve {number} --by THEIR-ACCOUNT"))?;
    desk.close().await;
    Ok(Exit::Done)
}

pub(super) async fn approve(args: ApproveArgs) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let base = Base::open(config, Clock::System).await?;
    let actor = officer(&base.desk, &base.config, args.by).await?;
    let key = app::signing_key(&base.config)?;
    let id = rules::approve(&base.desk, args.number, &actor, &key).await?;
    out::line(&format!(
        "in force: rule set {id}; a running daemon takes it within seconds and screens everything again"
    ))?;
    base.desk.close().await;
    Ok(Exit::Done)
}

pub(super) async fn history(args: HistoryArgs) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    for row in desk.rule_sets(200).await? {
        if args.json {
            out::json(&serde_json::json!({
                "number": row.number, "id": row.id, "state": row.state, "proposed_by": row.proposed_by,
                "proposed_at": row.proposed_at.rfc3339(), "note": row.note, "decided_by": row.decided_by,
                "decided_at": row.decided_at.map(|at| at.rfc3339()),
            }))?;
            continue;
        }
        let state = match row.state {
            RuleSetState::Proposed => "proposed",
            RuleSetState::InForce => "in force",
            RuleSetState::Superseded => "superseded",
            RuleSetState::Refused => "refused",
        };
        let decided = row.decided_by.as_deref().unwrap_or("-");
        out::line(&format!(
            "{:>4}  {state:<10}  {}  proposed by {} at {}, decided by {decided}  {}",
            row.number,
            row.id.to_string().chars().take(12).collect::<String>(),
            row.proposed_by,
            row.proposed_at.rfc3339(),
            row.note
        ))?;
    }
    desk.close().await;
    Ok(Exit::Done)
}

/// Logs the officer in and checks the right.
async fn officer(desk: &Desk, config: &crate::config::Config, by: PersonId) -> anyhow::Result<Actor> {
    let account = desk.account(&by).await?.filter(|account| account.disabled_at.is_none());
    if !account.is_some_and(|account| account.role.may(Right::ChangeRules)) {
        bail!("{by} is no account that may change rules; menhu user list shows the security officers");
    }
    let password = password(&by)?;
    let people = People::new(desk.clone(), &config.console, app::desk_keys(config)?)?;
    match people.log_in(by.as_str(), password, "command line", None).await? {
        Login::Welcome { token } => {
            people.log_out(&by, &token).await?;
            Ok(Actor::Person(by))
        }
        _ => bail!("the password of {by} is wrong, or the account has to wait"),
    }
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
