//! A row of a list: the least of an item that leads to it.

use super::proof::Shown;
use crate::model::{Content, ItemId};

/// An item in a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// Its title; never empty.
    pub title: String,
    /// The day it was published, `2024-01-31`.
    pub day: String,
    /// Name of its column; empty where the list is of one column.
    pub column: String,
}

impl Row {
    /// Of an item in a list of its column.
    #[must_use]
    pub fn of(shown: &Shown) -> Self {
        Self {
            id: shown.id().to_string(),
            title: title(shown),
            day: shown.published().date().to_string(),
            column: String::new(),
        }
    }

    /// Of an item in a list of several columns.
    #[must_use]
    pub fn in_column(shown: &Shown, column: &str) -> Self {
        Self { column: column.to_owned(), ..Self::of(shown) }
    }
}

/// The title, or the item's id where a title is blank: a link must have words.
#[must_use]
pub fn title(shown: &Shown) -> String {
    title_of(shown.id(), shown.content())
}

/// The same of content that has no permit yet.
#[must_use]
pub fn title_of(id: &ItemId, content: &Content) -> String {
    let title = content.title.trim();
    if title.is_empty() { id.to_string() } else { title.to_owned() }
}
