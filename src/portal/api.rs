//! `/api/v1/`: the same search, columns and items for programs, as JSON (RFC 8259).
//!
//! Same parameters, same limits and same proofs as the pages. Offsets are UTF-8 bytes; times are RFC 3339, or a
//! date where only the day is known. Described in `/api/v1/openapi.json`. Of a permit only what anybody may check
//! is told: the hash, the key, the time; not who decided.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;

use super::Front;
use super::answer::{self, Trouble};
use super::asked::{Asked, PAGE_LIMIT, PER_PAGE, QUERY_LIMIT};
use super::cache::Cache;
use super::feed::xml;
use super::file;
use super::find::{Facet, Found, Names};
use super::proof::Shown;
use super::rows;
use super::visit::Visit;
use crate::index::Fragment;
use crate::model::{ColumnId, Content, When};

const DESCRIPTION: &str = include_str!("openapi.json");
/// Suggestions in an answer.
const SUGGESTIONS: usize = 8;

#[derive(Serialize)]
struct SearchAnswer {
    total: u64,
    took_us: u64,
    page: u64,
    hits: Vec<Hit>,
    facets: Facets,
}

#[derive(Serialize)]
struct Facets {
    column: Vec<Value>,
    unit: Vec<Value>,
    year: Vec<Value>,
}

#[derive(Serialize)]
struct Value {
    value: String,
    name: String,
    count: u64,
}

#[derive(Serialize)]
struct Hit {
    id: String,
    title: String,
    url: String,
    published: String,
    source: String,
    column: Named,
    document_number: Option<String>,
    snippet: String,
    marks: Vec<(usize, usize)>,
}

#[derive(Serialize)]
struct Named {
    id: String,
    name: String,
}

/// `/api/v1/search`
pub async fn search(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let names = portal.names().await?;
    let asked = Asked::of(&visit, &names.columns);
    let page = asked.page.min(PAGE_LIMIT);
    let found = portal.find(&asked, &names, (page - 1) * PER_PAGE, PER_PAGE).await?;
    let values = |facets: Vec<Facet>| {
        facets.into_iter().map(|facet| Value { value: facet.value, name: facet.name, count: facet.count }).collect()
    };
    let answer = SearchAnswer {
        total: found.total,
        took_us: u64::try_from(found.took.as_micros()).unwrap_or(u64::MAX),
        page,
        hits: found.hits.iter().map(|found| hit(&portal, &names, found)).collect(),
        facets: Facets { column: values(found.columns), unit: values(found.units), year: values(found.years) },
    };
    answer::json(&visit, &answer, Cache::Never)
}

fn hit(portal: &Front, names: &Names, found: &Found) -> Hit {
    let content = found.shown.content();
    let (snippet, marks) = marked(&found.snippet);
    Hit {
        id: found.shown.id().to_string(),
        title: rows::title(&found.shown),
        url: portal.address(&format!("/items/{}", found.shown.id())),
        published: published(&found.shown),
        source: content.origin.clone(),
        column: named(names, &content.column),
        document_number: content.document_number.clone(),
        snippet,
        marks,
    }
}

/// The text of fragments, and where the marks lie in it.
fn marked(fragments: &[Fragment]) -> (String, Vec<(usize, usize)>) {
    let (mut text, mut marks) = (String::new(), Vec::new());
    for fragment in fragments {
        let start = text.len();
        text.push_str(&fragment.text);
        if fragment.marked {
            marks.push((start, text.len()));
        }
    }
    (text, marks)
}

fn named(names: &Names, column: &ColumnId) -> Named {
    Named { id: column.to_string(), name: names.column(column).unwrap_or_default().to_owned() }
}

fn published(shown: &Shown) -> String {
    shown.content().published.unwrap_or(When::At(shown.issued())).to_string()
}

/// `/api/v1/suggest?q=`
pub async fn suggest(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let typed: String = visit.asked("q").unwrap_or_default().chars().take(QUERY_LIMIT).collect();
    let shown = portal.suggest(typed.clone(), SUGGESTIONS).await?;
    let suggestions: Vec<_> = shown
        .iter()
        .map(|shown| {
            serde_json::json!({
                "title": rows::title(shown), "url": portal.address(&format!("/items/{}", shown.id())),
            })
        })
        .collect();
    answer::json(&visit, &serde_json::json!({ "query": xml(&typed), "suggestions": suggestions }), Cache::Ask)
}

#[derive(Serialize)]
struct ColumnRow {
    id: String,
    name: String,
    description: String,
    r#type: String,
    url: String,
    feed: String,
    count: u64,
    updated: Option<String>,
}

/// `/api/v1/columns`
pub async fn columns(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let stats = portal.site.column_stats().await?;
    let row = |column: crate::model::Column| {
        let stat = stats.iter().find(|stat| stat.column == column.id);
        ColumnRow {
            url: portal.address(&format!("/columns/{}", column.id)),
            feed: portal.address(&format!("/columns/{}/feed.atom", column.id)),
            id: column.id.to_string(),
            name: column.name,
            description: column.description,
            r#type: column.kind,
            count: stat.map_or(0, |stat| stat.count),
            updated: stat.map(|stat| stat.updated.rfc3339()),
        }
    };
    let columns: Vec<_> = portal.site.columns().await?.into_iter().map(row).collect();
    answer::json(&visit, &serde_json::json!({ "columns": columns }), Cache::Ask)
}

#[derive(Serialize)]
struct ItemAnswer<'a> {
    id: String,
    url: String,
    title: &'a str,
    published: String,
    written: Option<String>,
    source: &'a str,
    author: Option<&'a str>,
    document_number: Option<&'a str>,
    index_number: Option<&'a str>,
    source_url: &'a str,
    unit: String,
    column: Named,
    text: &'a str,
    html: &'a str,
    attachments: Vec<FileAnswer<'a>>,
    permit: PermitAnswer,
}

#[derive(Serialize)]
struct FileAnswer<'a> {
    name: &'a str,
    media_type: &'a str,
    size: u64,
    sha256: String,
    url: String,
}

#[derive(Serialize)]
struct PermitAnswer {
    content: String,
    key: String,
    issued: String,
}

/// `/api/v1/items/{id}`
pub async fn item(State(portal): State<Arc<Front>>, visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let shown = portal.shown(&id).await?;
    let names = portal.names().await?;
    answer::json(&visit, &item_answer(&portal, &names, &shown), Cache::Ask)
}

fn item_answer<'a>(portal: &Front, names: &Names, shown: &'a Shown) -> ItemAnswer<'a> {
    let content: &Content = shown.content();
    let file = |attachment: &'a crate::model::Attachment| FileAnswer {
        name: &attachment.name,
        media_type: &attachment.media_type,
        size: attachment.size,
        sha256: attachment.blob.to_string(),
        url: portal.address(&file::address(shown.id(), &attachment.name)),
    };
    ItemAnswer {
        id: shown.id().to_string(),
        url: portal.address(&format!("/items/{}", shown.id())),
        title: &content.title,
        published: published(shown),
        written: content.written.map(|date| date.to_string()),
        source: &content.origin,
        author: content.author.as_deref(),
        document_number: content.document_number.as_deref(),
        index_number: content.index_number.as_deref(),
        source_url: &content.source_url,
        unit: content.unit.to_string(),
        column: named(names, &content.column),
        text: &content.text,
        html: &content.html,
        attachments: content.attachments.iter().map(file).collect(),
        permit: PermitAnswer {
            content: shown.hash().to_string(),
            key: shown.key().to_owned(),
            issued: shown.issued().rfc3339(),
        },
    }
}

/// `/api/v1/openapi.json`
pub async fn description(visit: Visit) -> Response {
    answer::text(&visit, "application/json; charset=utf-8", DESCRIPTION.to_owned(), Cache::Hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_bytes_of_the_snippet() {
        let fragment = |text: &str, marked| Fragment { text: text.into(), marked };
        let (text, marks) = marked(&[fragment("…甲", false), fragment("乙", true), fragment("丙", false)]);
        assert_eq!((text.get(6..9), marks), (Some("乙"), vec![(6, 9)]));
    }

    #[test]
    fn the_description_is_json_and_names_every_address() {
        let description: serde_json::Value = serde_json::from_str(DESCRIPTION).unwrap();
        for path in ["/search", "/suggest", "/columns", "/items/{id}"] {
            assert!(description["paths"][format!("/api/v1{path}")]["get"].is_object(), "{path}");
        }
    }
}
