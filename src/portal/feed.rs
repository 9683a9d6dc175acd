//! `/columns/{id}/feed.atom`: the newest 50 of a column (RFC 4287). Each entry was verified for this answer.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::cache::Cache;
use super::proof::Shown;
use super::rows;
use super::visit::Visit;
use crate::model::Timestamp;

const ENTRIES: u32 = 50;

struct Entry {
    url: String,
    title: String,
    published: String,
    updated: String,
    origin: String,
    summary: String,
}

#[derive(Template)]
#[template(path = "portal/feed.xml")]
struct Feed {
    id: String,
    page: String,
    title: String,
    subtitle: String,
    author: String,
    updated: String,
    entries: Vec<Entry>,
}

/// Writes it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let column = portal.column(&id).await?;
    let shown = portal.newest(Some(&column.id), ENTRIES).await?;
    let updated = shown.iter().map(Shown::issued).max().unwrap_or(Timestamp(0));
    let feed = Feed {
        id: portal.address(&format!("/columns/{id}/feed.atom")),
        page: portal.address(&format!("/columns/{id}")),
        title: xml(&format!("{} - {}", column.name, portal.config.site_name)),
        subtitle: xml(&column.description),
        author: xml(&portal.config.owner),
        updated: updated.rfc3339(),
        entries: shown.iter().map(|shown| entry(&portal, shown)).collect(),
    };
    let text = feed.render().map_err(|error| Trouble::Page(error.to_string()))?;
    Ok(answer::text(&visit, "application/atom+xml; charset=utf-8", text, Cache::Ask))
}

fn entry(portal: &Front, shown: &Shown) -> Entry {
    let summary: String = shown.content().text.split_whitespace().collect::<Vec<_>>().join(" ");
    Entry {
        url: portal.address(&format!("/items/{}", shown.id())),
        title: xml(&rows::title(shown)),
        published: shown.published().rfc3339(),
        updated: shown.issued().rfc3339(),
        origin: xml(&shown.content().origin),
        summary: xml(&summary.chars().take(200).collect::<String>()),
    }
}

/// Text without the characters that XML 1.0 (2.2) does not allow.
#[must_use]
pub fn xml(text: &str) -> String {
    let allowed = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..) && !matches!(c, '\u{7f}'..='\u{9f}')
    };
    text.chars().filter(|c| allowed(*c)).collect()
}

#[cfg(test)]
mod tests {
    use super::xml;

    #[test]
    fn control_characters_stay_out_of_xml() {
        assert_eq!(xml("a\u{0}\u{b}\u{1f}\u{ffff}\n中😀"), "a\n中😀");
    }
}
