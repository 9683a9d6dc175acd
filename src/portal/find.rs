//! Search, for the page and for programs: the index finds ids, the site says what may be shown of them.
//!
//! The index is derived and may lag by a second; a hit that the site no longer has, or whose permit does not hold,
//! is left out and the total is lowered by it. Searching runs off the async threads, a bounded number at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Portal;
use super::answer::Trouble;
use super::asked::{Asked, Order};
use super::proof::Shown;
use super::rows;
use crate::index::{Fragment, IndexError, Query, Sort};
use crate::model::{ColumnId, ItemId, UnitId};

/// A hit that may be shown.
#[derive(Clone, Debug)]
pub struct Found {
    /// The item.
    pub shown: Shown,
    /// Its title, with what was found marked.
    pub title: Vec<Fragment>,
    /// The place in its text that answers best.
    pub snippet: Vec<Fragment>,
}

/// How many hits a value of a condition would give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facet {
    /// The value, as in the address.
    pub value: String,
    /// Its words.
    pub name: String,
    /// Hits.
    pub count: u64,
}

/// The answer to a search.
#[derive(Clone, Debug)]
pub struct Findings {
    /// Hits in all.
    pub total: u64,
    /// Those of this page.
    pub hits: Vec<Found>,
    /// By column, the most first.
    pub columns: Vec<Facet>,
    /// By unit, the most first.
    pub units: Vec<Facet>,
    /// By year, the newest first.
    pub years: Vec<Facet>,
    /// Time of the index and of the snippets.
    pub took: Duration,
}

/// Names of columns and units by id.
#[derive(Clone, Debug)]
pub struct Names {
    /// Columns.
    pub columns: HashMap<ColumnId, String>,
    /// Units.
    pub units: HashMap<UnitId, String>,
}

impl From<IndexError> for Trouble {
    fn from(error: IndexError) -> Self {
        Self::Index(error.to_string())
    }
}

fn stopped(error: tokio::task::JoinError) -> Trouble {
    Trouble::Index(error.to_string())
}

fn query(asked: &Asked, offset: u64, limit: u64) -> Query {
    let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Query {
        text: asked.text.clone(),
        column: asked.column.clone(),
        unit: asked.unit.clone(),
        from: asked.from,
        to: asked.to,
        year: asked.year,
        sort: if asked.order == Order::Date { Sort::Date } else { Sort::Relevance },
        offset: small(offset),
        limit: small(limit),
    }
}

impl Portal {
    /// Names for facets and hits.
    ///
    /// # Errors
    /// [`Trouble::Store`].
    pub async fn names(&self) -> Result<Names, Trouble> {
        let columns = self.site.columns().await?.into_iter().map(|column| (column.id, column.name)).collect();
        let units = self.site.units().await?.into_iter().map(|unit| (unit.id, unit.name)).collect();
        Ok(Names { columns, units })
    }

    /// How many hits there are, as the index says.
    ///
    /// # Errors
    /// [`Trouble::Index`].
    pub async fn count(&self, asked: &Asked) -> Result<u64, Trouble> {
        let (index, query) = (Arc::clone(&self.index), query(asked, 0, 1));
        Ok(tokio::task::spawn_blocking(move || index.search(&query)).await.map_err(stopped)??.total)
    }

    /// Searches: `limit` hits from `offset` on.
    ///
    /// # Errors
    /// [`Trouble::Busy`], [`Trouble::Index`], [`Trouble::Store`].
    pub async fn find(&self, asked: &Asked, names: &Names, offset: u64, limit: u64) -> Result<Findings, Trouble> {
        let _turn = self.turn().await?;
        let begun = Instant::now();
        let (index, query) = (Arc::clone(&self.index), query(asked, offset, limit));
        let answer = tokio::task::spawn_blocking(move || index.search(&query)).await.map_err(stopped)??;
        let searched = begun.elapsed();
        let ids: Vec<ItemId> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
        let shown = self.prove_all(self.site.items(&ids).await?).await;
        let missing = (ids.len() - shown.len()) as u64;
        let begun = Instant::now();
        let (index, text) = (Arc::clone(&self.index), asked.text.clone());
        let mark = move || shown.into_iter().map(|shown| mark(&index, &text, shown)).collect();
        let hits: Vec<Found> = tokio::task::spawn_blocking(mark).await.map_err(stopped)?;
        let mut years: Vec<Facet> = answer
            .facets
            .years
            .iter()
            .map(|(year, count)| Facet { value: year.to_string(), name: year.to_string(), count: *count })
            .collect();
        years.sort_by(|a, b| b.value.cmp(&a.value));
        Ok(Findings {
            total: answer.total.saturating_sub(missing),
            hits,
            columns: facets(answer.facets.columns, &names.columns),
            units: facets(answer.facets.units, &names.units),
            years,
            took: searched + begun.elapsed(),
        })
    }
}

/// Values that have a name on this site, the most first.
fn facets<I, K>(counted: I, names: &HashMap<K, String>) -> Vec<Facet>
where
    I: IntoIterator<Item = (K, u64)>,
    K: std::hash::Hash + Eq + std::fmt::Display,
{
    let named = |(value, count): (K, u64)| {
        names.get(&value).map(|name| Facet { value: value.to_string(), name: name.clone(), count })
    };
    let mut facets: Vec<Facet> = counted.into_iter().filter_map(named).collect();
    facets.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.value.cmp(&b.value)));
    facets
}

fn mark(index: &crate::index::IndexReader, text: &str, shown: Shown) -> Found {
    let title = index.snippet(text, &rows::title(&shown));
    let snippet = index.snippet(text, &shown.content().text);
    Found { title, snippet, shown }
}
