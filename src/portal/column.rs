//! `/columns/{id}?page=N`: a column 栏目, the newest first.
//!
//! A page past the end leads to the last one. Rows that do not hold are left out of a page, so a page may be short.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::chrome::Chrome;
use super::labels::Labels;
use super::links::safe_address;
use super::pager::{Pager, Step, pages_of};
use super::rows::Row;
use super::visit::Visit;
use super::words::put;
use crate::model::{Column, ColumnId, ColumnMode};

/// Rows on a page.
const PER_PAGE: u32 = 20;

#[derive(Template)]
#[template(path = "portal/column.html")]
struct ColumnPage {
    chrome: Chrome,
    steps: Vec<(String, String)>,
    name: String,
    description: String,
    count: String,
    updated: String,
    target: Option<String>,
    rows: Vec<Row>,
    pager: Pager,
    feed: String,
}

impl Front {
    /// The column under an id as it came in an address.
    ///
    /// # Errors
    /// [`Trouble::Missing`], [`Trouble::Store`].
    pub async fn column(&self, id: &str) -> Result<Column, Trouble> {
        let id = ColumnId::new(id).map_err(|_| Trouble::Missing)?;
        self.site.column(&id).await?.ok_or(Trouble::Missing)
    }
}

/// Shows it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit, Path(id): Path<String>) -> Result<Response, Trouble> {
    let column = portal.column(&id).await?;
    let words = visit.language.words();
    let total = portal.site.count(Some(&column.id)).await?;
    let pages = pages_of(total, u64::from(PER_PAGE));
    let href = |page: u64| if page == 1 { format!("/columns/{id}") } else { format!("/columns/{id}?page={page}") };
    let page = visit.page();
    if page > pages {
        return Ok(answer::see(&href(pages)));
    }
    let offset = (page - 1).saturating_mul(u64::from(PER_PAGE));
    let rows = portal.site.column_page(&column.id, offset, PER_PAGE).await?;
    let shown = portal.prove_all(rows).await;
    let newest = if page == 1 { shown.first().cloned() } else { portal.newest(Some(&column.id), 1).await?.pop() };
    let columns = portal.site.columns().await?;
    let title = match page {
        1 => column.name.clone(),
        _ => format!("{} {}", column.name, put(words.page_of, &[&page, &pages])),
    };
    let mut chrome = Chrome::new(&portal, &visit, &title, &columns, Some(&column.id));
    let feed = format!("/columns/{id}/feed.atom");
    chrome.labels = Labels::of_column(&portal.config, &column);
    chrome.canonical = portal.address(&href(page));
    chrome.feed = Some((feed.clone(), column.name.clone()));
    answer::html(
        &visit,
        &ColumnPage {
            chrome,
            steps: vec![(column.name.clone(), href(1))],
            name: column.name.clone(),
            description: column.description.clone(),
            count: put(words.count_items, &[&total]),
            updated: newest.map_or_else(String::new, |shown| put(words.updated, &[&shown.published().date()])),
            target: column.target.filter(|target| column.mode == ColumnMode::Link && safe_address(target)),
            rows: shown.iter().map(Row::of).collect(),
            pager: Pager::new(page, pages, href),
            feed,
        },
    )
}
