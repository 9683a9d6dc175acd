//! `/items/{id}`: an item 信息 with its 要素, its body as it was screened and signed, its files, and its neighbours.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::body;
use super::chrome::Chrome;
use super::file;
use super::labels::Labels;
use super::links::safe_address;
use super::proof::Shown;
use super::rows::{self, Row};
use super::visit::Visit;
use super::words::{Words, put};
use crate::model::{Attachment, Column, ColumnMode};
use crate::store::SiteItem;

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

struct ItemView {
    title: String,
    facts: Vec<Fact>,
    body: String,
    files: Vec<FileRow>,
    source: Option<String>,
    permit: String,
    newer: Option<Row>,
    older: Option<Row>,
}

#[derive(Template)]
#[template(path = "portal/item.html")]
struct ItemPage {
    chrome: Chrome,
    steps: Vec<(String, String)>,
    item: ItemView,
}

/// Shows it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let shown = portal.shown(&id).await?;
    let columns = portal.site.columns().await?;
    let column = columns.iter().find(|column| column.id == shown.content().column).cloned();
    let column = column.unwrap_or_else(|| nameless(&shown));
    let unit = portal.site.unit(&shown.content().unit).await?.map(|unit| unit.name);
    let neighbours = portal.site.neighbours(shown.id()).await?;
    let newer = row(&portal, neighbours.newer).await;
    let older = row(&portal, neighbours.older).await;
    let title = rows::title(&shown);
    let mut chrome = Chrome::new(&portal, &visit, &title, &columns, Some(&column.id));
    chrome.canonical = portal.address(&format!("/items/{}", shown.id()));
    chrome.labels = Labels::of_item(&portal.config, &column, shown.content(), shown.published(), &chrome.canonical);
    let item = view(visit.language.words(), &shown, unit, newer, older);
    let steps = vec![(column.name.clone(), format!("/columns/{}", column.id))];
    answer::html(&visit, &ItemPage { chrome, steps, item })
}

/// A neighbour, where it holds.
async fn row(portal: &Front, neighbour: Option<SiteItem>) -> Option<Row> {
    portal.prove_all(neighbour.into_iter().collect()).await.first().map(Row::of)
}

/// Stands in where a column was taken away under its items.
fn nameless(shown: &Shown) -> Column {
    let id = shown.content().column.clone();
    Column {
        name: id.to_string(),
        id,
        description: String::new(),
        keywords: String::new(),
        kind: String::new(),
        mode: ColumnMode::Centre,
        position: 0,
        target: None,
    }
}

fn view(words: &Words, shown: &Shown, unit: Option<String>, newer: Option<Row>, older: Option<Row>) -> ItemView {
    let content = shown.content();
    ItemView {
        title: rows::title(shown),
        facts: facts(words, shown, unit),
        body: body::set(&content.html, &content.text),
        files: content.attachments.iter().map(|attachment| file_row(shown, attachment)).collect(),
        source: Some(content.source_url.clone()).filter(|address| safe_address(address)),
        permit: put(words.permit, &[&shown.issued().minute()]),
        newer,
        older,
    }
}

/// What a reader must know of a document, in the order of official pages; what is not known is left out.
fn facts(words: &Words, shown: &Shown, unit: Option<String>) -> Vec<Fact> {
    let content = shown.content();
    let published = match content.published {
        Some(crate::model::When::Day(day)) => day.to_string(),
        _ => shown.published().minute(),
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

fn file_row(shown: &Shown, attachment: &Attachment) -> FileRow {
    FileRow {
        href: file::address(shown.id(), &attachment.name),
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
