//! What the sub-sites keep from one start to the next: their ports and whether the planted page is withdrawn.
//!
//! Addresses carry the port and item ids are made of addresses, so a second start on other ports would collect
//! everything anew. The file is `sites.json` in the demo's data folder, replaced whole.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::cli::files;

/// The content of the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// Loopback address that the sites listen on. One of its own (`127.77.0.1`), written before the first start, keeps
    /// their ports from everybody who listens on the usual one.
    #[serde(default = "usual")]
    pub host: Ipv4Addr,
    /// Port by key of the site.
    #[serde(default)]
    pub ports: BTreeMap<String, u16>,
    /// Whether the second round has begun.
    #[serde(default)]
    pub withdrawn: bool,
}

const fn usual() -> Ipv4Addr {
    Ipv4Addr::LOCALHOST
}

impl Default for Kept {
    fn default() -> Self {
        Self { host: usual(), ports: BTreeMap::new(), withdrawn: false }
    }
}

/// The file.
pub(super) fn path(data: &Path) -> PathBuf {
    data.join("sites.json")
}

/// Reads what an earlier start kept; nothing where there was none.
///
/// # Errors
/// Where the file is there and cannot be read or understood.
pub(super) fn load(data: &Path) -> anyhow::Result<Kept> {
    let path = path(data);
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            let kept: Kept = serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged; start the demo with another --data folder, or remove this one", path.display())
            })?;
            if !kept.host.is_loopback() {
                bail!("{}: {} is no loopback address; the demo listens on 127.0.0.0/8 only", path.display(), kept.host);
            }
            Ok(kept)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Kept::default()),
        Err(error) => bail!("cannot read {}: {error}", path.display()),
    }
}

/// Keeps it: written beside, synced, renamed.
///
/// # Errors
/// Where the folder cannot be made or written.
pub(super) fn save(data: &Path, kept: &Kept) -> anyhow::Result<()> {
    files::replace(&path(data), serde_json::to_string_pretty(kept)?.as_bytes(), files::SHARED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_things_come_back_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(folder.path()).unwrap(), Kept::default());
        let host = Ipv4Addr::new(127, 77, 0, 1);
        let kept = Kept { host, ports: [("daj".to_owned(), 4711)].into(), withdrawn: true };
        save(folder.path(), &kept).unwrap();
        assert_eq!(load(folder.path()).unwrap(), kept);
        std::fs::write(path(folder.path()), "{").unwrap();
        assert!(format!("{:#}", load(folder.path()).unwrap_err()).contains("--data"));
        std::fs::write(path(folder.path()), r#"{"host":"192.0.2.1"}"#).unwrap();
        assert!(format!("{:#}", load(folder.path()).unwrap_err()).contains("192.0.2.1"));
    }
}
