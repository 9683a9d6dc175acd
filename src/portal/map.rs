//! `/map`: 网站地图 for people, one of the nine things that a footer must lead to.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::chrome::Chrome;
use super::visit::Visit;
use crate::model::Column;

#[derive(Template)]
#[template(path = "portal/map.html")]
struct MapPage {
    chrome: Chrome,
    steps: Vec<(String, String)>,
    columns: Vec<Column>,
}

/// Shows it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let words = visit.language.words();
    let columns = portal.site.columns().await?;
    let chrome = Chrome::new(&portal, &visit, words.map, &columns, None);
    answer::html(&visit, &MapPage { chrome, steps: vec![(words.map.to_owned(), "/map".to_owned())], columns })
}
