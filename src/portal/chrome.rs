//! What stands around every page: title, labels, views, columns, footer.

use std::sync::Arc;

use super::Front;
use super::labels::Labels;
use super::style;
use super::visit::{Look, Visit};
use super::words::{Language, Words, put};
use crate::config;
use crate::model::{Column, ColumnId, ColumnMode};

/// A column in the navigation.
#[derive(Clone, Debug)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its address.
    pub href: String,
    /// Whether this page stands in it.
    pub here: bool,
}

/// Most columns in the row under the name; all of them stand on the home page and on the site map.
const ROW: usize = 8;

/// Everything of a page that is not its own matter.
#[derive(Clone, Debug)]
pub struct Chrome {
    /// The words in the visitor's language.
    pub words: &'static Words,
    /// The visitor's language.
    pub language: Language,
    /// The visitor's reading view.
    pub look: Look,
    /// Names and numbers of the site.
    pub site: Arc<config::Portal>,
    /// What stands in the title bar before the site's name; empty on the home page.
    pub title: String,
    /// The official labels.
    pub labels: Labels,
    /// Address of the page for the public, without view and language.
    pub canonical: String,
    /// The row of columns.
    pub row: Vec<Place>,
    /// Name of the style sheet.
    pub style: String,
    /// Feed of the page: address and title.
    pub feed: Option<(String, String)>,
    /// Whether the box in the head is left out, because the page has its own.
    pub own_search: bool,
    /// Whether search engines are asked to leave the page out (result pages, errors).
    pub unlisted: bool,
    /// This address in each view, and in the other language.
    pub views: Vec<(&'static str, String, bool)>,
    /// This address in the other language.
    pub other_language: String,
}

impl Chrome {
    /// Without the columns: for errors, which must not need the store.
    #[must_use]
    pub fn bare(portal: &Front, visit: &Visit, title: &str) -> Self {
        let words = visit.language.words();
        let looks =
            [(words.view_normal, Look::Normal), (words.view_large, Look::Large), (words.view_contrast, Look::Contrast)];
        Self {
            words,
            language: visit.language,
            look: visit.look,
            site: portal.config.clone(),
            title: title.to_owned(),
            labels: Labels::of_site(&portal.config),
            canonical: portal.address(&visit.path),
            row: Vec::new(),
            style: style::name(),
            feed: None,
            own_search: false,
            unlisted: true,
            views: looks.map(|(name, look)| (name, visit.with("v", look.word()), look == visit.look)).into(),
            other_language: visit.with("lang", visit.language.other().word()),
        }
    }

    /// With the columns; `here` is the one that the page stands in.
    #[must_use]
    pub fn new(portal: &Front, visit: &Visit, title: &str, columns: &[Column], here: Option<&ColumnId>) -> Self {
        let place = |column: &Column| Place {
            name: column.name.clone(),
            href: format!("/columns/{}", column.id),
            here: Some(&column.id) == here,
        };
        let kept = columns.iter().filter(|column| column.mode != ColumnMode::Link);
        Self { row: kept.map(place).take(ROW).collect(), unlisted: false, ..Self::bare(portal, visit, title) }
    }

    /// The words of the title bar.
    #[must_use]
    pub fn full_title(&self) -> String {
        if self.title.is_empty() {
            self.site.site_name.clone()
        } else {
            format!("{}_{}", self.title, self.site.site_name)
        }
    }

    /// The words of a page number for those who do not see the row.
    #[must_use]
    pub fn numbered(&self, number: &u64) -> String {
        put(self.words.page_number, &[number])
    }

    /// Whether this page is the home page or stands in no column, for the first place of the row.
    #[must_use]
    pub fn at_home(&self) -> bool {
        self.title.is_empty()
    }
}
