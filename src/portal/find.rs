//! Search, for the page and for programs: the index finds ids, the site says what may be shown of them.
//!
//! The index is derived and may lag by a second; a hit that the site no longer has, or whose permit does not hold,
//! is left out and the total is lowered by it. Searching runs off the async threads, a bounded number at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Front;
use super::answer::Trouble;
use super::asked::{Asked, Order};
use super::proof::Shown;
use super::rows;
use crate::index::{Fragment, Highlighter, Hits, IndexError, Query, Sort};
use crate::model::{Column, ColumnId, ItemId, UnitId};

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

/// The columns and units of the site, for names.
#[derive(Clone, Debug)]
pub struct Names {
    /// Columns, by position.
    pub columns: Vec<Column>,
    /// Names of units.
    pub units: HashMap<UnitId, String>,
}

impl Names {
    /// The name of a column.
    #[must_use]
    pub fn column(&self, id: &ColumnId) -> Option<&str> {
        self.columns.iter().find(|column| column.id == *id).map(|column| column.name.as_str())
    }

    /// The name of a unit.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> Option<&str> {
        self.units.get(id).map(String::as_str)
    }
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

impl Front {
    /// Names for facets and hits.
    ///
    /// # Errors
    /// [`Trouble::Store`].
    pub async fn names(&self) -> Result<Names, Trouble> {
        let columns = self.site.columns().await?;
        let units = self.site.units().await?.into_iter().map(|unit| (unit.id, unit.name)).collect();
        Ok(Names { columns, units })
    }

    /// Asks the index, after it has followed its writer. An index that cannot follow answers with what it had.
    async fn ask(&self, query: Query) -> Result<Hits, Trouble> {
        let index = Arc::clone(&self.index);
        let search = move || {
            if let Err(error) = index.reload() {
                tracing::warn!(%error, "the index cannot follow its writer");
            }
            index.search(&query)
        };
        Ok(tokio::task::spawn_blocking(search).await.map_err(stopped)??)
    }

    /// How many hits there are, as the index says.
    ///
    /// # Errors
    /// [`Trouble::Index`].
    pub async fn count(&self, asked: &Asked) -> Result<u64, Trouble> {
        Ok(self.ask(query(asked, 0, 1)).await?.total)
    }

    /// Items whose titles go on from what is typed, verified; their titles come from the site, not from the index.
    ///
    /// # Errors
    /// [`Trouble::Busy`], [`Trouble::Index`], [`Trouble::Store`].
    pub async fn suggest(&self, typed: String, limit: usize) -> Result<Vec<Shown>, Trouble> {
        let _turn = self.turn().await?;
        let index = Arc::clone(&self.index);
        let found = tokio::task::spawn_blocking(move || index.suggest(&typed, limit)).await.map_err(stopped)??;
        let ids: Vec<ItemId> = found.into_iter().map(|suggestion| suggestion.id).collect();
        Ok(self.prove_all(self.site.items(&ids).await?).await)
    }

    /// Searches: `limit` hits from `offset` on.
    ///
    /// # Errors
    /// [`Trouble::Busy`], [`Trouble::Index`], [`Trouble::Store`].
    pub async fn find(&self, asked: &Asked, names: &Names, offset: u64, limit: u64) -> Result<Findings, Trouble> {
        let _turn = self.turn().await?;
        let begun = Instant::now();
        let answer = self.ask(query(asked, offset, limit)).await?;
        let searched = begun.elapsed();
        let ids: Vec<ItemId> = answer.hits.iter().map(|hit| hit.id.clone()).collect();
        let shown = self.prove_all(self.site.items(&ids).await?).await;
        let missing = (ids.len() - shown.len()) as u64;
        let begun = Instant::now();
        let highlighter = self.index.highlighter(&asked.text);
        let mark = move || shown.into_iter().map(|shown| mark(&highlighter, shown)).collect();
        let hits: Vec<Found> = tokio::task::spawn_blocking(mark).await.map_err(stopped)?;
        let year = |(year, count): (i16, u64)| Facet { value: year.to_string(), name: year.to_string(), count };
        Ok(Findings {
            total: answer.total.saturating_sub(missing),
            hits,
            columns: facets(answer.facets.columns, |id| names.column(id)),
            units: facets(answer.facets.units, |id| names.unit(id)),
            years: answer.facets.years.into_iter().map(year).collect(),
            took: searched + begun.elapsed(),
        })
    }
}

/// Values that have a name on this site, in the order given.
fn facets<'a, K: std::fmt::Display>(counted: Vec<(K, u64)>, name: impl Fn(&K) -> Option<&'a str>) -> Vec<Facet> {
    let named =
        |(value, count): (K, u64)| Some(Facet { name: name(&value)?.to_owned(), value: value.to_string(), count });
    counted.into_iter().filter_map(named).collect()
}

fn mark(highlighter: &Highlighter, shown: Shown) -> Found {
    let title = highlighter.mark(&rows::title(&shown));
    let snippet = highlighter.snippet(&shown.content().text);
    Found { title, snippet, shown }
}
