//! `/`: the search box first, then what is newest, the columns as blocks, and the sites of the units.

use std::collections::HashSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::chrome::Chrome;
use super::links::safe_address;
use super::proof::Shown;
use super::rows::Row;
use super::visit::Visit;
use super::words::{Words, put};
use crate::model::{Column, ColumnMode, LinkKind};

/// Rows in the block of a column.
const ROWS: u32 = 6;
/// Rows in the block of the newest.
const NEWEST: u32 = 8;
/// Columns that have a block, by position; all of them stand on `/map`.
const BLOCKS: usize = 12;
/// Sites of units on this page; all of them stand on `/links`.
const UNITS: usize = 24;

struct Block {
    id: String,
    name: String,
    updated: String,
    more: String,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "portal/home.html")]
struct HomePage {
    chrome: Chrome,
    newest: Vec<Row>,
    blocks: Vec<Block>,
    more_columns: Option<String>,
    units: Vec<(String, String)>,
    more_units: String,
}

/// Shows it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let words = visit.language.words();
    let columns = portal.site.columns().await?;
    let newest = portal.newest(None, NEWEST).await?;
    let mut blocks = Vec::new();
    for column in columns.iter().filter(|column| column.mode != ColumnMode::Link).take(BLOCKS) {
        blocks.push(block(words, column, &portal.newest(Some(&column.id), ROWS).await?));
    }
    let name = |shown: &Shown| columns.iter().find(|column| column.id == shown.content().column);
    let newest = newest.iter().map(|shown| Row::in_column(shown, name(shown).map_or("", |column| &column.name)));
    let newest = newest.collect();
    let more_columns = (columns.len() > blocks.len()).then(|| put(words.more_of, &[&words.columns]));
    let mut chrome = Chrome::new(&portal, &visit, "", &columns, None);
    chrome.own_search = true;
    let page = HomePage {
        chrome,
        newest,
        blocks,
        more_columns,
        units: units(&portal).await?,
        more_units: put(words.more_of, &[&words.links]),
    };
    answer::html(&visit, &page)
}

fn block(words: &Words, column: &Column, shown: &[Shown]) -> Block {
    let newest = shown.iter().map(Shown::published).max();
    Block {
        id: column.id.to_string(),
        name: column.name.clone(),
        updated: newest.map_or(words.never_updated.to_owned(), |at| put(words.updated, &[&at.date()])),
        more: put(words.more_of, &[&column.name]),
        rows: shown.iter().map(Row::of).collect(),
    }
}

/// Home pages of units: the links that say so, then the register's, each address once.
async fn units(portal: &Front) -> Result<Vec<(String, String)>, Trouble> {
    let links = portal.site.links().await?;
    let homes = links.into_iter().filter(|link| link.kind == LinkKind::Home).map(|link| (link.title, link.url));
    let units = portal.site.units().await?;
    let registered = units.into_iter().filter_map(|unit| unit.home.map(|home| (unit.name, home)));
    let mut seen = HashSet::new();
    let kept = homes.chain(registered).filter(|(_, url)| safe_address(url) && seen.insert(url.clone()));
    Ok(kept.take(UNITS).collect())
}
