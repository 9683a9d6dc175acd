//! The one style sheet, under a name that changes with its bytes.
//!
//! At most 15 kB; no fonts, pictures or scripts are fetched by any page, from here or from elsewhere.

use axum::extract::Path;
use axum::response::Response;

use super::answer::{self, Trouble};
use super::cache::Cache;
use super::visit::Visit;
use crate::model::Digest;

const SHEET: &str = include_str!("style/portal.css");

/// `portal.{12 hexadecimal digits}.css`.
#[must_use]
pub fn name() -> String {
    let digest = Digest::of(SHEET.as_bytes()).to_string();
    format!("portal.{}.css", digest.get(..12).unwrap_or_default())
}

/// `/style/{name}`.
pub async fn show(visit: Visit, Path(asked): Path<String>) -> Result<Response, Trouble> {
    if asked != name() {
        return Err(Trouble::Missing);
    }
    Ok(answer::text(&visit, "text/css; charset=utf-8", SHEET.to_owned(), Cache::Forever))
}
