//! The bundled texts: real public documents, one JSON object a line, gzip (`data/texts.jsonl.gz`).
//!
//! `data/SOURCE.md` names where they come from. Limits: 16 MiB unpacked, 2,000 texts; more is refused.

use std::io::Read as _;

use anyhow::{Context as _, ensure};
use jiff::civil::Date;
use serde::Deserialize;

const PACKED: &[u8] = include_bytes!("data/texts.jsonl.gz");
const UNPACKED_LIMIT: u64 = 16 << 20;
const COUNT_LIMIT: usize = 2_000;

/// One document and where the demo shows it.
#[derive(Clone, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Text {
    /// Key of the sub-site.
    pub site: String,
    /// Key of the column there.
    pub column: String,
    /// Its number in addresses there; unique in the site.
    pub number: u32,
    /// Title.
    pub title: String,
    /// The day that the sub-site shows as its publication.
    pub date: Date,
    /// The body that issued it, as the page names it.
    pub issuer: String,
    /// 文号.
    pub document_number: Option<String>,
    /// 索引号.
    pub index_number: Option<String>,
    /// 成文日期.
    pub written: Option<Date>,
    /// The whole text, a paragraph each.
    pub paragraphs: Vec<String>,
    /// Where the text was taken from.
    pub source: String,
}

/// All bundled texts, in the order of the file.
///
/// # Errors
/// Where the file is not what this module's head promises; that is a fault of the build, not of the machine.
pub(super) fn load() -> anyhow::Result<Vec<Text>> {
    let mut unpacked = String::new();
    flate2::read::GzDecoder::new(PACKED)
        .take(UNPACKED_LIMIT + 1)
        .read_to_string(&mut unpacked)
        .context("the bundled texts do not unpack")?;
    ensure!(unpacked.len() as u64 <= UNPACKED_LIMIT, "the bundled texts are over {UNPACKED_LIMIT} bytes unpacked");
    let texts = unpacked
        .lines()
        .enumerate()
        .map(|(line, text)| {
            serde_json::from_str(text).with_context(|| format!("line {} of the bundled texts is not a text", line + 1))
        })
        .collect::<anyhow::Result<Vec<Text>>>()?;
    let nameless = texts.iter().find(|text| text.source.is_empty());
    ensure!(nameless.is_none(), "a bundled text does not name its source: {:?}", nameless.map(|text| &text.title));
    ensure!(texts.len() <= COUNT_LIMIT, "more than {COUNT_LIMIT} bundled texts");
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn at_least_520_whole_texts_with_a_named_source() {
        let texts = load().unwrap();
        assert!(texts.len() >= 520, "{}", texts.len());
        assert!(PACKED.len() < 2_500_000);
        let mut places = HashSet::new();
        for text in &texts {
            assert!(places.insert((&text.site, text.number)), "{} {} stands twice", text.site, text.number);
            assert!(!text.source.is_empty() && !text.paragraphs.is_empty() && !text.issuer.is_empty(), "{text:?}");
            assert!(!text.paragraphs.iter().any(|paragraph| paragraph.contains('\u{fffd}')), "{}", text.title);
        }
    }
}
