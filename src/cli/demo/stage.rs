//! The demo's installation: its folder, configuration, rules, and accounts.

use std::fs::{File, TryLockError};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::app::{self, Base};
use crate::cli::{files, shipped};
use crate::config::Config;
use crate::flow::people::{People, new_account};
use crate::model::{Actor, Role};

/// Account, name, role and password of everybody in the demo. They are printed; no installation made by `menhu init`
/// has them.
pub(super) const ACCOUNTS: [(&str, &str, Role, &str); 6] = [
    ("shenhe", "审核（演示）", Role::CentreReviewer, "Xinan-demo-2008"),
    ("bianji", "编辑（演示）", Role::CentreEditor, "Xinan-demo-2009"),
    ("baomi", "保密员（演示）", Role::SecurityOfficer, "Xinan-demo-2010"),
    ("guanli", "系统管理员（演示）", Role::Administrator, "Xinan-demo-2011"),
    ("baomi2", "保密员乙（演示）", Role::SecurityOfficer, "Xinan-demo-2013"),
    ("shenji", "审计员（演示）", Role::Auditor, "Xinan-demo-2012"),
];

/// One demo a folder. A child that a killed demo was just starting holds its lock until it runs the program, so the
/// lock is asked for again for a second.
pub(super) fn lock(data: &Path) -> anyhow::Result<File> {
    let path = data.join("demo.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if began.elapsed() < Duration::from_secs(1) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::WouldBlock) => {
                bail!("another demo runs in {}; stop it, or name another folder with --data", data.display())
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}

/// Writes the configuration, rules and dictionaries that are not there yet, and loads the configuration.
pub(super) fn configure(
    data: &Path,
    portal: Option<SocketAddr>,
    console: Option<SocketAddr>,
) -> anyhow::Result<Config> {
    for (name, text) in shipped::RULES.iter().chain(shipped::DICTIONARIES) {
        files::write_new(&data.join(name), text.as_bytes(), files::SHARED)?;
    }
    let defaults = Config::default();
    let portal = portal.unwrap_or(free(defaults.portal.listen)?);
    let console = console.unwrap_or(free(defaults.console.listen)?);
    let path = data.join("config.toml");
    let text = format!(
        r#"# Written by menhu demo at every start. Its commands work on it: menhu doctor --config {shown}
[collect]
agent = "menhu/0.1 (demo on loopback)"

[console]
listen = "{console}"

[portal]
listen = "{portal}"
base_url = "http://{portal}"
site_name = "信安市人民政府门户网站（演示）"
site_domain = "{domain}"
site_id_code = "0000000000"
owner = "信安市人民政府（演示）"
organiser = "信安市人民政府办公室（演示）"
contact = "0000-0000000"

[log]
level = "warn"
"#,
        shown = path.display(),
        domain = portal.ip(),
    );
    files::replace(&path, text.as_bytes(), files::SHARED)?;
    Ok(Config::load(&path)?)
}

/// The wanted listener, or a free port beside it where it is taken.
fn free(wanted: SocketAddr) -> anyhow::Result<SocketAddr> {
    if TcpListener::bind(wanted).is_ok() {
        return Ok(wanted);
    }
    let listener = TcpListener::bind((wanted.ip(), 0)).context("no free port on loopback")?;
    Ok(listener.local_addr()?)
}

/// Makes the demo's accounts where they are not there yet.
pub(super) async fn accounts(base: &Base, config: &Config) -> anyhow::Result<()> {
    let people = People::new(base.desk.clone(), &config.console, app::desk_keys(config)?)?;
    let known = base.desk.accounts().await?;
    for (id, name, role, password) in ACCOUNTS {
        if !known.iter().any(|account| account.id.as_str() == id) {
            let account = new_account(id, name, role, None)?;
            people.add_with_password(&Actor::System("demo".into()), &account, password).await?;
        }
    }
    Ok(())
}
