//! `menhu rules export`: the set in force as files, and the note beside them of which set they are.
//!
//! The note (`.base` in the folder of the rules) lets `propose` see whether a change was made from the set in force, or
//! from one that another change has overtaken. Dictionaries are written with a byte order mark, for WPS and Excel.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{Exit, Installation, files, out};
use crate::app::Base;
use crate::flow::rules;
use crate::model::{Clock, RuleSetId};
use crate::screen::{FINGERPRINTS, RuleSet};

/// The note in the folder of the rules; readers of rules pass over hidden files.
const NOTE: &str = ".base";

/// `menhu rules export`
#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu rules export rules-in-force\n  menhu rules export --replace")]
pub(super) struct Args {
    /// Folder in which rules/ and dictionaries/ are written; without it the folders of the configuration
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Write over files that are there, and remove those that the set does not have
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    installation: Installation,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    let base = Base::open(config.clone(), Clock::System).await?;
    let set = rules::in_force(&base.desk, &base.verifier).await?;
    base.desk.close().await;
    let (rules, dictionaries) = match args.folder {
        Some(folder) => (folder.join("rules"), folder.join("dictionaries")),
        None => (config.gate.rules, config.gate.dictionaries),
    };
    clear(&set, &rules, "rules/", "toml", args.replace)?;
    clear(&set, &dictionaries, "dictionaries/", "csv", args.replace)?;
    clear(&set, &dictionaries, "dictionaries/", "fingerprints", args.replace)?;
    for (name, text) in &set.bundle().files {
        let (folder, short, text) = match name.strip_prefix("dictionaries/") {
            // the mark is for the programs that open a sheet
            Some(short) if short.ends_with(FINGERPRINTS) => (&dictionaries, short, text.clone()),
            Some(short) => (&dictionaries, short, format!("\u{FEFF}{text}")),
            None => (&rules, name.strip_prefix("rules/").unwrap_or(name), text.clone()),
        };
        files::replace(&folder.join(short), text.as_bytes(), files::SHARED)?;
    }
    note(&rules, &[set.id()])?;
    out::line(&format!("written: {} files of rule set {}", set.bundle().files.len(), set.id()))?;
    out::line("next: change them, menhu rules check, menhu rules backtest --published, menhu rules propose")?;
    Ok(Exit::Done)
}

/// Refuses to write over what differs, or with `replace` removes what the set does not have.
fn clear(set: &RuleSet, folder: &Path, prefix: &str, extension: &str, replace: bool) -> anyhow::Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        let fits = path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
        if !fits || name.starts_with(['.', '~']) {
            continue;
        }
        let kept = set.bundle().files.get(&format!("{prefix}{name}"));
        let found = fs::read_to_string(&path).unwrap_or_default();
        if kept.is_some_and(|kept| kept == found.trim_start_matches('\u{FEFF}')) {
            continue;
        }
        if !replace {
            bail!(
                "{} is there and is not what is in force: export into another folder, or write over it with --replace",
                path.display()
            );
        }
        if kept.is_none() {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Writes which sets the folder was made from or is.
pub(super) fn note(rules: &Path, sets: &[RuleSetId]) -> anyhow::Result<()> {
    let lines: String = sets.iter().map(|set| format!("{set}\n")).collect();
    files::replace(&rules.join(NOTE), lines.as_bytes(), files::SHARED)
}

/// Reads it; nothing where there is none.
pub(super) fn noted(rules: &Path) -> Option<Vec<RuleSetId>> {
    let text = fs::read_to_string(rules.join(NOTE)).ok()?;
    Some(text.lines().filter_map(|line| line.trim().parse().ok()).collect())
}
