//! The command line: the clap structs, one file a command, and exit codes.
//!
//! Exit codes (contract.md): 0 done and clean, 1 failed, 2 wrong usage or invalid configuration, 10 held, 20
//! blocked, 30 found problems. JSON Lines go to stdout and nothing else does; progress and logs go to stderr.

mod audit;
mod check;
mod crawl;
mod demo;
mod discover;
mod doctor;
mod extract;
mod files;
mod index;
mod init;
mod item;
mod out;
mod quarantine;
mod read;
mod register;
mod robots;
mod rule_backtest;
mod rule_change;
mod rule_edit;
mod rule_export;
mod rule_fingerprint;
mod rules;
mod run;
mod scan;
mod search;
mod shipped;
mod source;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError};

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Exit {
    /// Done and clean.
    Done,
    /// Wrong usage or invalid configuration.
    Usage,
    /// The gate holds something for review.
    Held,
    /// The gate blocks something.
    Blocked,
    /// A check found problems.
    Problems,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Usage => 2,
            Exit::Held => 10,
            Exit::Blocked => 20,
            Exit::Problems => 30,
        })
    }
}

/// Which configuration a command reads.
#[derive(clap::Args)]
pub(crate) struct Installation {
    /// The configuration; without it ./config.toml, then /etc/menhu/config.toml
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

impl Installation {
    /// Loads it, and begins to log as it says.
    fn load(&self) -> Result<Config, ConfigError> {
        let (config, path) = Config::find(self.config.as_deref())?;
        log(&config.log);
        tracing::debug!(config = %path.display(), "configuration loaded");
        Ok(config)
    }
}

/// Logs go to stderr; a filter that is none is said and replaced by `info`.
fn log(config: &crate::config::Log) {
    let filter = tracing_subscriber::EnvFilter::try_new(&config.level).unwrap_or_else(|error| {
        eprintln!("menhu: log.level {:?} is no filter ({error}); using \"info\"", config.level);
        tracing_subscriber::EnvFilter::new("info")
    });
    let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colours).with_writer(std::io::stderr);
    // A second call (the demo after a load) keeps the first subscriber.
    let begun = if config.json { builder.json().try_init() } else { builder.try_init() };
    drop(begun);
}

/// The exit code of a command that failed: 2 for configuration and rules, else 1.
#[must_use]
pub fn failure(error: &anyhow::Error) -> ExitCode {
    let is_usage = error.chain().any(|cause| cause.is::<ConfigError>() || cause.is::<crate::screen::RuleErrors>());
    ExitCode::from(if is_usage { 2 } else { 1 })
}

/// menhu 门户: collects, screens, reviews, publishes and searches what a government's sub-sites publish.
#[derive(Parser)]
#[command(name = "menhu", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Verify and export the audit log.
    Audit(audit::Args),
    /// Validate configuration, rules, data folder and keys.
    Check(check::Args),
    /// Run a collecting round.
    Crawl(crawl::Args),
    /// Show the whole way on bundled sub-sites.
    Demo(demo::Args),
    /// Show what list pages, feeds and sitemaps lead to.
    Discover(discover::Args),
    /// Check a running installation: store, index, permits, audit.
    Doctor(doctor::Args),
    /// Show what is read from pages and documents.
    Extract(extract::Args),
    /// Rebuild, verify and measure the search index.
    Index(index::Args),
    /// Write a configuration, rules, dictionaries and keys.
    Init(init::Args),
    /// Show, withdraw and trace an item.
    Item(item::Args),
    /// Open, decide and destroy what the gate held.
    Quarantine(quarantine::Args),
    /// Reads pages and documents for the process that started it.
    #[command(name = "read", hide = true)]
    Read(read::Args),
    /// Answer questions about a robots.txt.
    Robots(robots::Args),
    /// Check, explain, try and change the rules of the gate.
    Rules(rules::Args),
    /// Run the daemon.
    Run(run::Args),
    /// Put files or text through the gate.
    Scan(scan::Args),
    /// Search the local index.
    Search(search::Args),
    /// Register, list, enable and disable sources.
    Source(source::Args),
    /// Manage staff accounts.
    User(user::Args),
}

/// Where this process was started as the reading child (`menhu read`): reads until its parent goes away.
#[must_use]
pub fn reading_child() -> Option<anyhow::Result<Exit>> {
    let mut arguments = std::env::args().skip(1);
    let alone = arguments.next().is_some_and(|first| first == "read") && arguments.next().is_none();
    alone.then(read::serve)
}

/// Runs the command that was typed.
///
/// # Errors
/// What, where and what to do; `main` prints it and exits 1.
pub async fn run() -> anyhow::Result<Exit> {
    match Cli::parse().command {
        Command::Audit(args) => audit::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Crawl(args) => crawl::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::Discover(args) => discover::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Extract(args) => extract::run(args).await,
        Command::Index(args) => index::run(args).await,
        Command::Init(args) => init::run(args).await,
        Command::Item(args) => item::run(args).await,
        Command::Quarantine(args) => quarantine::run(args).await,
        Command::Read(args) => read::run(args).await,
        Command::Robots(args) => robots::run(args).await,
        Command::Rules(args) => rules::run(args).await,
        Command::Run(args) => run::run(args).await,
        Command::Scan(args) => scan::run(args).await,
        Command::Search(args) => search::run(args).await,
        Command::Source(args) => source::run(args).await,
        Command::User(args) => user::run(args).await,
    }
}
