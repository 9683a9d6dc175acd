//! `/items/{id}`: an item 信息 with its 要素, its body as it was screened and signed, its files, and its neighbours.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::article::{self, Told};
use super::chrome::Chrome;
use super::labels::Labels;
use super::proof::Shown;
use super::rows::{self, Row};
use super::visit::Visit;
use crate::model::{Column, ColumnMode};
use crate::store::SiteItem;

#[derive(Template)]
#[template(path = "portal/item.html")]
struct ItemPage {
    chrome: Chrome,
    steps: Vec<(String, String)>,
    article: String,
    newer: Option<Row>,
    older: Option<Row>,
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
    let told = Told { language: visit.language, unit, issued: shown.issued(), canonical: &chrome.canonical };
    let article =
        article::render(shown.id(), shown.content(), told).map_err(|error| Trouble::Page(error.to_string()))?;
    let steps = vec![(column.name.clone(), format!("/columns/{}", column.id))];
    answer::html(&visit, &ItemPage { chrome, steps, article, newer, older })
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
