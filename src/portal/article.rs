//! An item as the public reads it: title, 要素, body, files, where it came from.
//!
//! Owns the part of a page that is made of an item's content. The portal sets it into its page, and the desk has it made
//! before it publishes, so that the gate reads the very markup that leaves.

use askama::Template;

use super::body;
use super::file;
use super::links::safe_address;
use super::rows;
use super::words::{Language, Words, put};
use crate::model::{Attachment, Content, ItemId, Timestamp, When};

struct Fact {
    name: &'static str,
    value: String,
}

struct FileRow {
    href: String,
    name: String,
    kind: String,
    size: String,
}

#[derive(Template)]
#[template(path = "portal/article.html")]
struct Article<'a> {
    words: &'static Words,
    title: String,
    facts: Vec<Fact>,
    body: String,
    files: Vec<FileRow>,
    source: Option<String>,
    permit: String,
    canonical: &'a str,
}

/// What is told of an item beside its content.
pub struct Told<'a> {
    /// The visitor's language.
    pub language: Language,
    /// The name of its unit, where it is known.
    pub unit: Option<String>,
    /// When the desk signed.
    pub issued: Timestamp,
    /// Address of the page for the public; may be empty.
    pub canonical: &'a str,
}

/// The markup of an item.
///
/// # Errors
/// Where the template cannot be filled.
pub fn render(id: &ItemId, content: &Content, told: Told<'_>) -> Result<String, askama::Error> {
    let words = told.language.words();
    let article = Article {
        words,
        title: rows::title_of(id, content),
        facts: facts(words, content, told.unit, told.issued),
        body: body::set(&content.html, &content.text),
        files: content.attachments.iter().map(|attachment| file_row(id, attachment)).collect(),
        source: Some(content.source_url.clone()).filter(|address| safe_address(address)),
        permit: put(words.permit, &[&told.issued.minute()]),
        canonical: told.canonical,
    };
    article.render()
}

/// What a reader must know of a document, in the order of official pages; what is not known is left out.
fn facts(words: &'static Words, content: &Content, unit: Option<String>, issued: Timestamp) -> Vec<Fact> {
    let published = match content.published {
        Some(When::Day(day)) => day.to_string(),
        published => published.map_or(issued, When::instant).minute(),
    };
    let unit = unit.filter(|name| *name != content.origin);
    [
        (words.published, Some(published)),
        (words.origin, Some(content.origin.clone())),
        (words.unit, unit),
        (words.document_number, content.document_number.clone()),
        (words.written, content.written.map(|date| date.to_string())),
        (words.index_number, content.index_number.clone()),
        (words.author, content.author.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| value.filter(|value| !value.trim().is_empty()).map(|value| Fact { name, value }))
    .collect()
}

fn file_row(id: &ItemId, attachment: &Attachment) -> FileRow {
    FileRow {
        href: file::address(id, &attachment.name),
        name: attachment.name.clone(),
        kind: kind(attachment),
        size: size(attachment.size),
    }
}

/// The media type in the word that people use: the ending of the name where it is short, else the type.
fn kind(attachment: &Attachment) -> String {
    let ending = attachment.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_uppercase());
    ending
        .filter(|ending| (1..=5).contains(&ending.len()) && ending.bytes().all(|b| b.is_ascii_alphanumeric()))
        .unwrap_or_else(|| attachment.media_type.clone())
}

/// Bytes for people: `980 B`, `12 KB`, `3.4 MB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}
