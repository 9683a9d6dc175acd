//! `menhu user`: staff accounts. No password is typed or printed here: a one-time link is, for its owner to open.

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Installation, out};
use crate::app;
use crate::config::Config;
use crate::flow::people::{OneTimeLink, People, new_account};
use crate::model::{Actor, Clock, PersonId, Role, UnitId};
use crate::store::{Account, Desk};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu user add zhang --name 张三 --role centre-reviewer\n  menhu user reset zhang")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    installation: Installation,
}

#[derive(Subcommand)]
enum Command {
    /// Make an account and print the one-time link with which its owner sets a password
    Add {
        /// Login name: a-z, 0-9, '-', '_', '.', beginning with a letter
        id: String,
        /// Name as it is shown
        #[arg(long)]
        name: String,
        /// Its one role
        #[arg(long, value_parser = role)]
        role: Role,
        /// The unit, for people of a unit
        #[arg(long)]
        unit: Option<UnitId>,
    },
    /// Show every account
    List {
        /// Print JSON Lines
        #[arg(long)]
        json: bool,
    },
    /// Close an account; its sessions and links end at once
    Disable {
        /// Login name
        id: PersonId,
    },
    /// Print a new one-time link; with it the owner sets another password
    Reset {
        /// Login name
        id: PersonId,
        /// Yes, sealed items that no other officer opens are to be lost for good
        #[arg(long)]
        lose_quarantine: bool,
    },
}

fn role(word: &str) -> Result<Role, String> {
    let known = Role::ALL.map(Role::word).join(", ");
    Role::of_word(word).ok_or_else(|| format!("there is no role {word:?}; the roles are {known}"))
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let desk = Desk::open(&app::desk_place(&config)?, Clock::System).await?;
    let actor = Actor::System("command line".into());
    let people = People::new(desk.clone(), &config.console, app::desk_keys(&config)?)?;
    match args.command {
        Command::Add { id, name, role, unit } => {
            let account = new_account(&id, &name, role, unit)?;
            tell(&config, &people.add(&actor, &account).await?)?;
        }
        Command::List { json } => {
            for account in desk.accounts().await? {
                list(&account, json)?;
            }
        }
        Command::Disable { id } => {
            people.disable(&actor, &id).await?;
            out::line(&format!("{id} is disabled"))?;
        }
        Command::Reset { id, lose_quarantine } => {
            tell(&config, &people.reset(&actor, &id, lose_quarantine).await?)?;
        }
    }
    desk.close().await;
    Ok(Exit::Done)
}

fn tell(config: &Config, link: &OneTimeLink) -> anyhow::Result<()> {
    let scheme = if config.console.https { "https" } else { "http" };
    let address = format!("{scheme}://{}{}", config.console.listen, link.path());
    out::line(&format!("{}: set a password at {address} (once, until {})", link.person, link.until.minute()))
}

fn list(account: &Account, json: bool) -> anyhow::Result<()> {
    let state = match (account.disabled_at, account.has_password) {
        (Some(_), _) => "disabled",
        (None, false) => "invited",
        (None, true) => "active",
    };
    if json {
        return out::json(&json!({
            "id": account.id,
            "name": account.name,
            "role": account.role,
            "unit": account.unit,
            "state": state,
            "last_login": account.last_login.map(|at| at.rfc3339()),
        }));
    }
    let last = account.last_login.map_or_else(|| "never".to_owned(), |at| at.minute());
    out::line(&format!(
        "{:<20} {:<18} {:<9} {:<17} {}",
        account.id.as_str(),
        account.role.word(),
        state,
        last,
        account.name
    ))
}
