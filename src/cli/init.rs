//! `menhu init`: makes an installation: configuration, rules, dictionaries, folders, keys, the shipped rule set in
//! force, and the first administrator's one-time link. It overwrites nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{Exit, files, out, shipped};
use crate::app;
use crate::config::Config;
use crate::flow::{people::People, rules};
use crate::model::{Actor, Clock, PermitKey};
use crate::screen::RuleSet;
use crate::store::{Desk, Site};

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu init /etc/menhu")]
pub(super) struct Args {
    /// Where; made where it is missing
    #[arg(default_value = ".")]
    dir: PathBuf,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    fs::create_dir_all(&args.dir).with_context(|| format!("cannot make {}", args.dir.display()))?;
    let file = args.dir.join("config.toml");
    write_new(&file, shipped::CONFIG)?;
    for (name, text) in shipped::RULES.iter().chain(shipped::DICTIONARIES) {
        write_new(&args.dir.join(name), text)?;
    }
    let config = Config::load(&file)?;
    out::line(&format!("configuration: {}", file.display()))?;
    let link = prepare(&config).await?;
    match link {
        Some(path) => out::line(&format!(
            "first administrator: account \"admin\", set a password at http://{}{path} (once, within a day, while menhu runs)",
            config.console.listen
        ))?,
        None => out::line("there are accounts already; menhu user reset makes a new one-time link")?,
    }
    out::line(&format!("next: menhu check --config {0}; menhu run --config {0}", file.display()))?;
    Ok(Exit::Done)
}

/// Folders, keys, stores, and the shipped rules in force: everything that `menhu run` wants. Returns the path of the
/// one-time link where there was no account yet.
pub(super) async fn prepare(config: &Config) -> anyhow::Result<Option<String>> {
    let data = &config.data;
    for (folder, mode) in [(&data.desk, 0o770), (&data.site, 0o755), (&data.keys, 0o700), (&data.inbox, 0o733)] {
        make_folder(folder, mode)?;
    }
    make_keys(config)?;
    let clock = Clock::System;
    let desk = Desk::open(&app::desk_place(config)?, clock.clone()).await?;
    let site = Site::open(&app::site_place(config)?, clock).await?;
    if desk.rules_in_force().await?.is_none() {
        let set = RuleSet::load(&config.gate.rules, &config.gate.dictionaries)?;
        let number = rules::propose(&desk, &set, &Actor::System("release".into()), "shipped with the program").await?;
        rules::approve(&desk, number, &Actor::System("init".into()), &*app::signing_key(config)?).await?;
    }
    let people = People::new(desk.clone(), &config.console, app::desk_keys(config)?)?;
    let link = people.first_administrator(&Actor::System("init".into())).await?;
    drop(app::open_index(config)?);
    desk.close().await;
    site.close().await;
    Ok(link.map(|link| link.path()))
}

fn make_folder(folder: &Path, mode: u32) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(mode))?;
    }
    Ok(())
}

fn make_keys(config: &Config) -> anyhow::Result<()> {
    let file = config.data.keys.join(app::KEY_FILE);
    if !file.exists() {
        files::write_new(&file, &PermitKey::generate()?, files::PRIVATE)?;
    }
    let public = &config.data.permit_keys;
    if !public.exists() {
        let text = format!(
            "# public keys whose permits the portal trusts, the newest first\n{}\n",
            app::signing_key(config)?.public_text()
        );
        files::write_new(public, text.as_bytes(), files::SHARED)?;
    }
    Ok(())
}

fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    if !files::write_new(path, text.as_bytes(), files::SHARED)? {
        out::line(&format!("kept: {}", path.display()))?;
    }
    Ok(())
}
