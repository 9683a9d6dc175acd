//! The register file of `menhu source put`: units, columns, sources and links as a person writes them.
//!
//! TOML; spans such as `"4h"`, days such as `"2024-01-02"`; an unknown key is refused with its line. What may be left
//! out has the careful value. `docs/register.toml` shows every key and is held to this by a test. Limit: 4 MiB.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

use crate::collect::Scope;
use crate::config::{ConfigError, Span};
use crate::flow::setup::Register;
use crate::model::{
    Column, Link, LinkKind, ListSpec, Pace, Profile, Source, SourceId, Timestamp, Unit, UnitId, UnitReview,
};

/// Longest file that is read.
const LIMIT: u64 = 4 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    unit: Vec<Unit>,
    #[serde(default)]
    column: Vec<Column>,
    #[serde(default)]
    source: Vec<WrittenSource>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSource {
    id: SourceId,
    name: String,
    unit: UnitId,
    #[serde(default = "auto")]
    profile: Profile,
    lists: Vec<ListSpec>,
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    allow: Vec<String>,
    charset: Option<String>,
    #[serde(default = "gap")]
    gap: Span,
    #[serde(default = "round_limit")]
    round_limit: u32,
    #[serde(default = "every")]
    every: Span,
    #[serde(default = "recheck")]
    recheck: Span,
    #[serde(default = "gone_after")]
    gone_after: Span,
    #[serde(default = "enabled")]
    enabled: bool,
    review: Option<WrittenReview>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenReview {
    by: String,
    on: jiff::civil::Date,
    record: String,
}

const fn auto() -> Profile {
    Profile::Auto
}
const fn gap() -> Span {
    Span::seconds(3)
}
const fn round_limit() -> u32 {
    500
}
const fn every() -> Span {
    Span::seconds(4 * 3_600)
}
const fn recheck() -> Span {
    Span::seconds(7 * 86_400)
}
const fn gone_after() -> Span {
    Span::seconds(86_400)
}
const fn enabled() -> bool {
    true
}

/// Reads a register file.
///
/// # Errors
/// [`ConfigError`]: what, in which line.
pub(super) fn load(path: &Path) -> Result<Register, ConfigError> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LIMIT + 1).read_to_string(&mut text));
    read.map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
    let wrong = |message: String| ConfigError::Parse { path: path.to_owned(), message };
    if text.len() as u64 > LIMIT {
        return Err(wrong(format!("it is longer than {} MiB; cut it into several", LIMIT >> 20)));
    }
    let written: Written = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
    addresses(&written).map_err(wrong)?;
    let mut ids = BTreeSet::new();
    if let Some(twice) = written.source.iter().find(|source| !ids.insert(&source.id)) {
        return Err(wrong(format!("source {} is there twice; give each its own id", twice.id)));
    }
    let sources = written.source.into_iter().map(source).collect::<Result<_, _>>().map_err(wrong)?;
    Ok(Register { units: written.unit, columns: written.column, sources, links: written.link })
}

/// What the portal will link to must be an address of the web: another scheme would run in the reader's browser.
fn addresses(written: &Written) -> Result<(), String> {
    let homes = written.unit.iter().filter_map(|unit| Some((format!("unit {}", unit.id), unit.home.as_ref()?)));
    let targets =
        written.column.iter().filter_map(|column| Some((format!("column {}", column.id), column.target.as_ref()?)));
    let links = written.link.iter().map(|link| (format!("link {:?}", link.title), &link.url));
    for (what, url) in homes.chain(targets).chain(links) {
        host(url).map_err(|why| format!("{what}: {url:?} {why}"))?;
    }
    Ok(())
}

fn source(written: WrittenSource) -> Result<Source, String> {
    let mut hosts = written.hosts;
    if written.lists.is_empty() {
        return Err(format!("source {}: lists is empty; name at least one list, feed or sitemap", written.id));
    }
    for ListSpec { url, .. } in &written.lists {
        let host = host(url).map_err(|why| format!("source {}: {url:?} {why}", written.id))?;
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    Scope::new(&hosts, &written.allow).map_err(|why| format!("source {}: {why}", written.id))?;
    Ok(Source {
        id: written.id,
        name: written.name,
        unit: written.unit,
        profile: written.profile,
        lists: written.lists,
        hosts,
        allow: written.allow,
        charset: written.charset,
        pace: Pace { gap_ms: ms(written.gap.0), round_limit: written.round_limit },
        every_ms: ms(written.every.0),
        recheck_ms: ms(written.recheck.0),
        gone_after_ms: ms(written.gone_after.0),
        enabled: written.enabled,
        review: written.review.map(|review| UnitReview {
            by: review.by,
            at: Timestamp::of_date(review.on),
            record: review.record,
        }),
    })
}

/// `host`, or `host:port` where the port is not the scheme's own.
fn host(url: &str) -> Result<String, &'static str> {
    let url = url::Url::parse(url).map_err(|_| "is no address; write it whole, with http:// or https://")?;
    let host = url.host_str().filter(|_| matches!(url.scheme(), "http" | "https"));
    let host = host.ok_or("is no address of the web; write it with http:// or https://")?;
    Ok(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The links that are on record and those of the file: an address is there once, with the file's words, and a unit has
/// one home.
pub(super) fn merged(mut links: Vec<Link>, register: &Register) -> Vec<Link> {
    let homes = register.units.iter().filter_map(|unit| {
        let url = unit.home.clone()?;
        Some(Link { kind: LinkKind::Home, unit: unit.id.clone(), title: unit.name.clone(), url })
    });
    for link in homes.chain(register.links.iter().cloned()) {
        let home = |known: &Link| (known.kind, &known.unit) == (LinkKind::Home, &link.unit);
        links.retain(|known| known.url != link.url && !(link.kind == LinkKind::Home && home(known)));
        links.push(link);
    }
    links
}
