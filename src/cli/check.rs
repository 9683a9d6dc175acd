//! `menhu check`: configuration, rules, dictionaries, folders, permissions, keys; every finding with its cure.

use std::path::Path;

use super::{Exit, Installation, out};
use crate::app;
use crate::config::Config;
use crate::flow::health::Problem;
use crate::flow::quarantine::escrow;
use crate::screen::RuleSet;

#[derive(clap::Args)]
#[command(after_help = "Example:\n  menhu check --config /etc/menhu/config.toml")]
pub(super) struct Args {
    /// Print JSON Lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    installation: Installation,
}

pub(super) async fn run(args: Args) -> anyhow::Result<Exit> {
    let config = args.installation.load()?;
    report(&problems(&config), args.json)
}

/// Prints findings; the exit code says whether there are any.
pub(super) fn report(found: &[Problem], json: bool) -> anyhow::Result<Exit> {
    for problem in found {
        if json {
            out::json(problem)?;
        } else {
            out::line(&format!("{}: {}: {}\n    cure: {}", problem.check, problem.place, problem.what, problem.cure))?;
        }
    }
    if found.is_empty() {
        if !json {
            out::line("nothing found")?;
        }
        return Ok(Exit::Done);
    }
    Ok(Exit::Problems)
}

/// What can be found without opening the stores.
pub(super) fn problems(config: &Config) -> Vec<Problem> {
    let mut found = Vec::new();
    if let Err(errors) = RuleSet::load(&config.gate.rules, &config.gate.dictionaries) {
        for line in errors.to_string().lines() {
            found.push(Problem::new(
                "rules",
                config.gate.rules.display().to_string(),
                line,
                "menhu rules check explains it",
            ));
        }
    }
    folder(&config.data.desk, "data.desk", &mut found);
    folder(&config.data.site, "data.site", &mut found);
    folder(&config.data.inbox, "data.inbox", &mut found);
    apart(config, &mut found);
    keys(config, &mut found);
    if config.collect.agent.contains("example.invalid") {
        found.push(Problem::new(
            "configuration",
            "collect.agent",
            "it still names no contact address",
            "put the centre's address into it, so that the sub-sites' operators know whom to call",
        ));
    }
    found
}

fn folder(path: &Path, key: &str, found: &mut Vec<Problem>) {
    if !path.is_dir() {
        let cure = "menhu init makes it, or mkdir -p";
        found.push(Problem::new("folder", path.display().to_string(), format!("{key} is not a folder"), cure));
        return;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let Ok(data) = std::fs::metadata(path) else { return };
        if key == "data.desk" && data.permissions().mode() & 0o007 != 0 {
            found.push(Problem::new(
                "permissions",
                path.display().to_string(),
                "everybody may enter the desk",
                "chmod o-rwx",
            ));
        }
    }
}

/// Promise 3: nothing of the desk inside what the portal may read, and the other way round.
fn apart(config: &Config, found: &mut Vec<Problem>) {
    let data = &config.data;
    for (inner, outer) in [(&data.desk, &data.site), (&data.site, &data.desk), (&data.keys, &data.site)] {
        if inner.starts_with(outer) {
            found.push(Problem::new(
                "folder",
                inner.display().to_string(),
                format!("it lies inside {}", outer.display()),
                "keep desk, site and keys in folders of their own",
            ));
        }
    }
    if config.console.listen == config.portal.listen {
        found.push(Problem::new(
            "configuration",
            config.console.listen.to_string(),
            "console and portal have the same listener",
            "give the console an address that only staff can reach",
        ));
    }
}

fn keys(config: &Config, found: &mut Vec<Problem>) {
    let escrow = config.data.keys.join(escrow::FILE);
    if escrow.exists() {
        found.push(Problem::new(
            "quarantine",
            escrow.display().to_string(),
            "no security officer has a key yet, so this host can open the quarantine with this file",
            "menhu user add NAME --role security-officer; when the officer has set a password, the file is destroyed",
        ));
    }
    let file = config.data.keys.join(app::KEY_FILE);
    match app::signing_key(config) {
        Err(error) => found.push(Problem::new("keys", file.display().to_string(), format!("{error:#}"), "menhu init")),
        Ok(key) => match app::verifier(config) {
            Err(error) => found.push(Problem::new("keys", "data.permit_keys", format!("{error:#}"), "menhu init")),
            Ok(verifier) => {
                if !verifier.verify_text("check", "check", &key.sign_text("check", "check")) {
                    found.push(Problem::new(
                        "keys",
                        config.data.permit_keys.display().to_string(),
                        "it does not name the desk's key",
                        format!("add the line {}", key.public_text()),
                    ));
                }
            }
        },
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(data) = std::fs::metadata(&file)
            && data.permissions().mode() & 0o077 != 0
        {
            found.push(Problem::new(
                "permissions",
                file.display().to_string(),
                "others may read the desk's key",
                "chmod 600",
            ));
        }
    }
}
