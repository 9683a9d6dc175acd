//! `config.toml`: what an operator sets, one struct a section.
//!
//! Owns every key of the file; what is not named here is refused with file, line and column. The file shipped at
//! the top of the project shows every key with its default commented out, and a test holds the two together.
//! Units stand in the values: `"30s"`, `"20MiB"`. Secrets are files, never values. Paths are taken from the
//! folder of the file.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where things are kept.
    pub data: Data,
    /// The gate.
    pub gate: Gate,
    /// The collector.
    pub collect: Collect,
    /// The console.
    pub console: Console,
    /// The portal.
    pub portal: Portal,
    /// Logs.
    pub log: Log,
}

/// `[data]`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// What is not public: queue, quarantine, accounts, audit. The portal must not be able to open it.
    pub desk: PathBuf,
    /// What is public: items, attachments, index, links.
    pub site: PathBuf,
    /// Keys of the desk; backed up apart.
    pub keys: PathBuf,
    /// Public keys that the portal trusts, one a line.
    pub permit_keys: PathBuf,
    /// Where the portal leaves alarms and feedback for the desk; it cannot read them back.
    pub inbox: PathBuf,
    /// A file that holds `postgres://…` for the desk, where it is not kept in SQLite.
    pub desk_postgres: Option<PathBuf>,
    /// The same for the site.
    pub site_postgres: Option<PathBuf>,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            desk: "data/desk".into(),
            site: "data/site".into(),
            keys: "keys".into(),
            permit_keys: "permit.pub".into(),
            inbox: "data/inbox".into(),
            desk_postgres: None,
            site_postgres: None,
        }
    }
}

/// `[gate]`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gate {
    /// Folder of `*.toml`.
    pub rules: PathBuf,
    /// Folder of `*.csv`.
    pub dictionaries: PathBuf,
    /// Longest time that one item may take; past it the item is held.
    pub time_limit: Span,
}

impl Default for Gate {
    fn default() -> Self {
        Self { rules: "rules".into(), dictionaries: "dictionaries".into(), time_limit: Span::seconds(10) }
    }
}

/// `[collect]`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Collect {
    /// How the collector names itself; the first word is its name in robots.txt.
    pub agent: String,
    /// Sources that are read at one time.
    pub sources_at_once: usize,
    /// Wall clock of one request, body and all.
    pub request_time: Span,
    /// Largest page, after decompression.
    pub page_limit: Size,
    /// Largest attachment, after decompression.
    pub attachment_limit: Size,
    /// Largest ratio of decompressed to received bytes.
    pub ratio_limit: u32,
    /// Processes that read pages and documents at one time.
    pub readers: usize,
    /// Wall clock of reading one page or document.
    pub read_time: Span,
    /// Memory of one reading process.
    pub read_memory: Size,
}

impl Default for Collect {
    fn default() -> Self {
        Self {
            agent: "menhu/0.1 (+https://example.invalid/menhu)".into(),
            sources_at_once: 8,
            request_time: Span::seconds(60),
            page_limit: Size::mebibytes(8),
            attachment_limit: Size::mebibytes(64),
            ratio_limit: 200,
            readers: 2,
            read_time: Span::seconds(20),
            read_memory: Size::mebibytes(512),
        }
    }
}

/// `[console]`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Console {
    /// Its own listener; staff addresses only.
    pub listen: SocketAddr,
    /// Whether staff reach it over https, by a proxy before it; then the cookie is `Secure` and `__Host-`.
    pub https: bool,
    /// A session ends after this time without a request.
    pub idle: Span,
    /// Failed logins of one account or address before both wait.
    pub login_failures: u32,
    /// How long they wait.
    pub login_wait: Span,
}

impl Default for Console {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8081)),
            https: false,
            idle: Span::seconds(20 * 60),
            login_failures: 5,
            login_wait: Span::seconds(15 * 60),
        }
    }
}

/// `[portal]`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Portal {
    /// Its listener.
    pub listen: SocketAddr,
    /// Address under which the public reaches it, without a final slash; for feeds and the sitemap.
    pub base_url: String,
    /// SiteName 网站名称.
    pub site_name: String,
    /// SiteDomain 网站域名.
    pub site_domain: String,
    /// SiteIDCode 网站标识码.
    pub site_id_code: String,
    /// 主办单位.
    pub owner: String,
    /// 承办单位.
    pub organiser: String,
    /// 联系方式 printed in the footer.
    pub contact: String,
    /// ICP备案编号.
    pub icp: String,
    /// 公安机关备案号.
    pub police: String,
    /// Address of the certificate of 党政机关网站标识; empty where there is none.
    pub party_badge: String,
    /// Address of 我为政府网站找错 for this site; empty where there is none.
    pub report_error: String,
    /// Address of the certificate of 适老化标识; empty where there is none.
    pub elder_badge: String,
}

impl Default for Portal {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: "http://127.0.0.1:8080".into(),
            site_name: "政府门户网站".into(),
            site_domain: "127.0.0.1".into(),
            site_id_code: "0000000000".into(),
            owner: "市人民政府".into(),
            organiser: "市人民政府办公室".into(),
            contact: "0000-0000000".into(),
            icp: String::new(),
            police: String::new(),
            party_badge: String::new(),
            report_error: String::new(),
            elder_badge: String::new(),
        }
    }
}

/// `[log]`
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `error`, `warn`, `info`, `debug`, or a filter such as `menhu=debug`.
    pub level: String,
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Default for Log {
    fn default() -> Self {
        Self { level: "info".into(), json: false }
    }
}

/// A time span; text form a number with `ms`, `s`, `min`, `h` or `d`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span(pub Duration);

impl Span {
    const UNITS: [(&str, u64); 5] = [("ms", 1), ("min", 60_000), ("s", 1_000), ("h", 3_600_000), ("d", 86_400_000)];

    /// So many seconds.
    #[must_use]
    pub const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }
}

impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is not a time span; write a whole number and ms, s, min, h or d, as in \"30s\"");
        let (unit, factor) = Self::UNITS.into_iter().find(|(unit, _)| text.ends_with(unit)).ok_or_else(wrong)?;
        let number: u64 = text[..text.len() - unit.len()].trim().parse().map_err(|_| wrong())?;
        number.checked_mul(factor).map(|ms| Self(Duration::from_millis(ms))).ok_or_else(wrong)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ms = self.0.as_millis();
        for (unit, factor) in [("d", 86_400_000u128), ("h", 3_600_000), ("min", 60_000), ("s", 1_000)] {
            if ms >= factor && ms.is_multiple_of(factor) {
                return write!(f, "{}{unit}", ms / factor);
            }
        }
        write!(f, "{ms}ms")
    }
}

/// A number of bytes; text form a number with `B`, `KiB`, `MiB` or `GiB`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Size(pub u64);

impl Size {
    const UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

    /// So many MiB.
    #[must_use]
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }
}

impl TryFrom<String> for Size {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a size; write a whole number and B, KiB, MiB or GiB, as in \"20MiB\"");
        let (unit, factor) = Self::UNITS.into_iter().find(|(unit, _)| text.ends_with(unit)).ok_or_else(wrong)?;
        let number: u64 = text[..text.len() - unit.len()].trim().parse().map_err(|_| wrong())?;
        number.checked_mul(factor).map(Self).ok_or_else(wrong)
    }
}

impl From<Size> for String {
    fn from(size: Size) -> String {
        size.to_string()
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, factor) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
            if self.0 >= factor && self.0.is_multiple_of(factor) {
                return write!(f, "{}{unit}", self.0 / factor);
            }
        }
        write!(f, "{}B", self.0)
    }
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "cannot read the configuration {path}: {source}; name another with --config FILE, or make one with menhu init"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is none.
    #[error(
        "no configuration: neither ./config.toml nor /etc/menhu/config.toml exists; name one with --config FILE, or make one with menhu init"
    )]
    None,
    /// It says something that is not understood; the message names line and column.
    #[error("{path}: {message}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What, where.
        message: String,
    },
}

impl Config {
    /// Finds and loads: `named`, else `./config.toml`, else `/etc/menhu/config.toml`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn find(named: Option<&Path>) -> Result<(Self, PathBuf), ConfigError> {
        if let Some(path) = named {
            return Self::load(path).map(|config| (config, path.to_owned()));
        }
        for path in [Path::new("config.toml"), Path::new("/etc/menhu/config.toml")] {
            if path.exists() {
                return Self::load(path).map(|config| (config, path.to_owned()));
            }
        }
        Err(ConfigError::None)
    }

    /// Loads one file; relative paths in it are taken from its folder.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let mut config = Self::parse(&text).map_err(|message| ConfigError::Parse { path: path.to_owned(), message })?;
        config.anchor(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// The message names line and column, and for an unknown key the keys that exist.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    fn anchor(&mut self, folder: &Path) {
        let Data { desk, site, keys, permit_keys, inbox, desk_postgres, site_postgres } = &mut self.data;
        let places = [desk, site, keys, permit_keys, inbox, &mut self.gate.rules, &mut self.gate.dictionaries];
        for place in places.into_iter().chain(desk_postgres.as_mut()).chain(site_postgres.as_mut()) {
            if place.is_relative() {
                *place = folder.join(&place);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_refused_with_its_place() {
        let error = Config::parse("[portal]\nsite_nam = \"x\"\n").unwrap_err();
        assert!(error.contains("line 2") && error.contains("site_nam") && error.contains("site_name"), "{error}");
    }

    #[test]
    fn spans_and_sizes_have_units() {
        for text in ["1500ms", "30s", "20min", "2h", "7d"] {
            assert_eq!(Span::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["512B", "64KiB", "20MiB", "2GiB"] {
            assert_eq!(Size::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        assert!(Span::try_from("30".to_owned()).is_err());
        assert!(Size::try_from("-1MiB".to_owned()).is_err());
    }
}
