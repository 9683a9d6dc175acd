//! `menhu quarantine`: the officers' work on what the gate held, beside the console.
//!
//! Whoever opens or decides names the own account and types the password (from the terminal without echo, or from a pipe).
//! What is opened goes to standard output and nowhere else.

use anyhow::bail;
use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{Exit, Installation, out, rule_change};
use crate::app::{self, Base};
use crate::flow::officer_key::{self, Unlocked};
use crate::flow::quarantine::false_hit::{self, Exception};
use crate::flow::quarantine::release::{self, Grounds};
use crate::flow::quarantine::{decide, free, grant, open};
use crate::flow::review::{self, Seen};
use crate::model::{Clock, ItemId, PersonId, Status};
use crate::store::{Desk, ItemRow, QueueFilter};

#[derive(ClapArgs)]
#[command(
    after_help = "Example:\n  menhu quarantine list\n  menhu quarantine open kq3v… --by baomi --reason 核对\n  menhu quarantine confirm kq3v… --by baomi --ground state-secret"
)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Subcommand)]
enum Command {
    /// What is held: ids, addresses, rules; no word of it
    List {
        /// Closed items instead of open ones
        #[arg(long)]
        closed: bool,
        /// Print JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// What is on record of an item; no word of it
    Show {
        /// Its id
        id: ItemId,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Open an item: its text and where the rules found what; goes on record first
    Open {
        /// Its id
        id: ItemId,
        #[command(flatten)]
        by: By,
        /// Why; stands in the audit
        #[arg(long)]
        reason: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Confirm as secret: close it and open an incident, whose report form the console prints
    Confirm {
        /// Its id
        id: ItemId,
        #[command(flatten)]
        by: By,
        /// state-secret or work-secret
        #[arg(long, default_value = "state-secret")]
        ground: String,
    },
    /// Screen again under the rules in force; what passes goes on to the queue
    #[command(
        after_help = "Example:\n  menhu quarantine rescreen kq3v… --by baomi\n  menhu quarantine rescreen --by baomi"
    )]
    Rescreen {
        /// Its id; without it, everything that your key opens and that was held under other rules
        id: Option<ItemId>,
        #[command(flatten)]
        by: By,
    },
    /// Ask that this one content pass although the rules stop it; another officer, who opens it too, agrees with menhu rules
    /// approve. Without --basis the same as rescreen
    #[command(
        after_help = "Example:\n  menhu quarantine open kq3v… --by baomi --reason 核对\n  menhu quarantine release kq3v… --by baomi --basis 讲解公文格式 --not-secret\n  menhu quarantine open kq3v… --by baomi2 --reason 复核\n  menhu rules approve 7 --by baomi2"
    )]
    Release {
        /// Its id; you opened it before
        id: Option<ItemId>,
        #[command(flatten)]
        by: By,
        /// Why it may pass; it becomes part of the rules, so nothing secret may stand in it
        #[arg(long)]
        basis: Option<String>,
        /// Yes, it was checked that it is no state secret; asked for where a hit is of the level 秘密 or above
        #[arg(long, requires = "basis")]
        not_secret: bool,
    },
    /// Say that a hit is false and propose the smallest exception that lets it pass; another officer approves it, then screen
    /// it again
    #[command(
        after_help = "Example:\n  menhu quarantine false-hit kq3v… --by baomi --rule GZ-0001 --phrase 拟任人选培训 --text 举办拟任人选培训"
    )]
    FalseHit {
        /// Its id
        id: ItemId,
        #[command(flatten)]
        by: By,
        /// The rule that hit; menhu quarantine open shows it
        #[arg(long)]
        rule: String,
        /// The shortest phrase with the hit in it; it becomes part of the rules
        #[arg(long)]
        phrase: String,
        /// A text that must pass from then on; without it the phrase itself
        #[arg(long, default_value = "")]
        text: String,
    },
    /// Return to the unit with one of the set answers; it stays sealed until its page changes
    Return {
        /// Its id
        id: ItemId,
        #[command(flatten)]
        by: By,
        /// self-check, unreadable or personal
        #[arg(long, default_value = "self-check")]
        answer: String,
    },
    /// Destroy a closed item: the first officer asks, the second confirms with the same command
    Destroy {
        /// Its id
        id: ItemId,
        #[command(flatten)]
        by: By,
        /// Why; for the first officer
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Give another officer access to everything that your key opens
    Grant {
        /// The other officer's account
        to: PersonId,
        #[command(flatten)]
        by: By,
    },
}

/// Who acts.
#[derive(ClapArgs)]
struct By {
    /// Your account; the password is asked for
    #[arg(long, value_name = "USER")]
    by: PersonId,
}

impl By {
    async fn unlock(&self, desk: &Desk) -> anyhow::Result<Unlocked> {
        Ok(officer_key::unlock(desk, &self.by, &rule_change::password(&self.by)?).await?)
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    if let Command::List { closed, json } = args.command {
        let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
        list(&desk, closed, json).await?;
        desk.close().await;
        return Ok(Exit::Done);
    }
    let base = Base::open(config, Clock::System).await?;
    let done = act(&base, args.command).await;
    base.desk.close().await;
    done.map(|()| Exit::Done)
}

async fn act(base: &Base, command: Command) -> anyhow::Result<()> {
    let desk = &base.desk;
    match command {
        Command::List { .. } => Ok(()),
        Command::Show { id, json } => show(desk, &id, json).await,
        Command::Open { id, by, reason, json } => {
            let key = by.unlock(desk).await?;
            print(&open::open(desk, &base.blobs, &by.by, &key, &id, &reason).await?, json)
        }
        Command::Confirm { id, by, ground } => {
            by.unlock(desk).await?;
            let seen = seen(desk, &id).await?;
            let number = decide::confirm(desk, &by.by, &id, seen, &ground).await?;
            out::line(&format!("incident {number}; its report form: /quarantine/incidents/{number} on the console"))
        }
        Command::Rescreen { id, by } | Command::Release { id, by, basis: None, .. } => {
            rescreen(base, id.as_ref(), &by).await
        }
        Command::Release { id, by, basis: Some(basis), not_secret } => {
            let Some(id) = id else { bail!("name the item that is to be released; menhu quarantine list shows them") };
            let key = by.unlock(desk).await?;
            let grounds = Grounds { basis: &basis, not_secret };
            let number = release::ask(&base.sealer(), &base.screener, &key, &id, grounds).await?;
            out::line(&format!(
                "asked for as proposal {number}; next: another officer opens it (menhu quarantine open {id} --by \
                 THEIR-ACCOUNT --reason …), then menhu rules show {number}, menhu rules approve {number} --by THEIR-ACCOUNT"
            ))
        }
        Command::FalseHit { id, by, rule, phrase, text } => {
            let key = by.unlock(desk).await?;
            let negative = if text.trim().is_empty() { &phrase } else { &text };
            let exception = Exception { rule: &rule, phrase: &phrase, negative };
            let number = false_hit::propose(desk, &base.verifier, &key, &id, exception).await?;
            out::line(&format!(
                "proposed as number {number}; next: another officer runs menhu rules show {number} and menhu rules approve \
                 {number} --by THEIR-ACCOUNT, then menhu quarantine rescreen {id} --by {}",
                by.by
            ))
        }
        Command::Return { id, by, answer } => {
            by.unlock(desk).await?;
            decide::send_back(desk, &by.by, &id, seen(desk, &id).await?, &answer).await?;
            out::line("returned; it is screened again when its page changes")
        }
        Command::Destroy { id, by, reason } => {
            let key = by.unlock(desk).await?;
            if desk.destruction(&id).await?.is_some_and(|asked| asked.confirmed.is_none()) {
                decide::confirm_destruction(desk, &key, &id).await?;
                return out::line("confirmed: the running desk destroys it now");
            }
            decide::ask_destruction(desk, &key, &id, &reason).await?;
            out::line(&format!(
                "asked for; next: another officer runs menhu quarantine destroy {id} --by THEIR-ACCOUNT"
            ))
        }
        Command::Grant { to, by } => {
            let key = by.unlock(desk).await?;
            let given = grant::grant(desk, &base.verifier, &by.by, &key, &to).await?;
            out::line(&format!("{to} now opens {given} more items"))
        }
    }
}

async fn rescreen(base: &Base, id: Option<&ItemId>, by: &By) -> anyhow::Result<()> {
    let key = by.unlock(&base.desk).await?;
    let sealer = base.sealer();
    let done = match id {
        Some(id) => free::free_one(&sealer, &base.screener, &by.by, &key, id).await?,
        None => free::free_all(&sealer, &base.screener, &by.by, &key, u64::MAX).await?,
    };
    out::line(&format!("{} screened under the rules in force, {} pass and are queued", done.screened, done.freed))
}

async fn seen(desk: &Desk, id: &ItemId) -> anyhow::Result<Seen> {
    match desk.item(id).await?.filter(|row| row.status == Status::Quarantined) {
        Some(row) => Ok(Seen { version: row.version, content: row.content_hash }),
        None => bail!("there is no open item {id} in quarantine; menhu quarantine list shows them"),
    }
}

async fn list(desk: &Desk, closed: bool, json: bool) -> anyhow::Result<()> {
    let status = if closed { Status::Dismissed } else { Status::Quarantined };
    let filter = QueueFilter { status: Some(status), ..QueueFilter::default() };
    let mut offset = 0;
    loop {
        let page = review::quarantine_page(desk, &filter, offset, 200).await?;
        if page.rows.is_empty() {
            return Ok(());
        }
        offset += page.rows.len() as u64;
        for brief in &page.rows {
            if let Some(row) = desk.item(&brief.id).await? {
                line(&row, json)?;
            }
        }
    }
}

fn line(row: &ItemRow, json: bool) -> anyhow::Result<()> {
    if json {
        return out::json(&record(row));
    }
    let rules: Vec<&str> = row.verdict.findings.iter().map(|found| found.rule.as_str()).collect();
    out::line(&format!(
        "{}  {:<5}  {}  {}  {}",
        row.id,
        row.outcome.word(),
        row.updated.minute(),
        rules.join(","),
        row.url
    ))
}

fn record(row: &ItemRow) -> serde_json::Value {
    json!({
        "id": row.id, "status": row.status, "version": row.version, "outcome": row.outcome, "source": row.source,
        "unit": row.unit, "column": row.column, "url": row.url, "rule_set": row.rule_set,
        "content_hash": row.content_hash, "reason": row.reason, "updated": row.updated.rfc3339(),
        "findings": row.verdict.findings.iter().map(|found| json!({"rule": found.rule, "level": found.level,
            "action": found.action, "field": found.field})).collect::<Vec<_>>(),
        "unreadable": row.verdict.unreadable.len(),
    })
}

async fn show(desk: &Desk, id: &ItemId, json: bool) -> anyhow::Result<()> {
    let row = desk.item(id).await?.filter(|row| matches!(row.status, Status::Quarantined | Status::Dismissed));
    let Some(row) = row else { bail!("there is no item {id} in quarantine; menhu quarantine list shows them") };
    line(&row, json)?;
    if !json {
        for incident in desk.incidents_of(id).await? {
            out::line(&format!("  incident {} of {}", incident.number, incident.opened.minute()))?;
        }
    }
    Ok(())
}

fn print(opened: &open::Opened, json: bool) -> anyhow::Result<()> {
    let content = opened.package.fields()?;
    if json {
        return out::json(&json!({"id": opened.row.id, "content": content, "verdict": opened.package.verdict}));
    }
    out::line(&format!("{}\n\n{}\n", content.title, content.text))?;
    for found in &opened.package.verdict.findings {
        let undone = if found.transforms.is_empty() {
            String::new()
        } else {
            format!(" 已还原: {}", found.transforms.join("、"))
        };
        out::line(&format!(
            "{} {} {} {}{} {}..{} 「{}」{undone} {}",
            found.rule,
            found.level.word(),
            found.action.chinese(),
            found.field.chinese(),
            if found.place.is_empty() { String::new() } else { format!(" {}", found.place) },
            found.start,
            found.end,
            found.text,
            found.why
        ))?;
    }
    for part in &opened.package.verdict.unreadable {
        out::line(&format!("未能读取 {} {}", part.place, part.reason))?;
    }
    Ok(())
}
