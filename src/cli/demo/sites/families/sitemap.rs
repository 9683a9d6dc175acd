//! A site whose articles are announced by a sitemap index (sitemaps.org 0.9): one part plain, the older part `.gz`.

use std::io::Write as _;

use super::{escape, list_modified};
use crate::cli::demo::sites::articles::{Article, Shelf};
use crate::cli::demo::sites::reply::{Asked, Reply};

/// The year from which articles stand in the plain part.
const RECENT: i16 = 2016;

/// The index or a part of it, where `asked` names one.
pub(super) fn answer(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    let articles = shelf.all();
    let modified = list_modified(shelf, &articles);
    let part = |recent: bool| -> String {
        let chosen = articles.iter().filter(|article| (article.date.year() >= RECENT) == recent);
        urlset(shelf, chosen)
    };
    match asked.target {
        "/sitemap.xml" => Some(Reply::of_type("text/xml; charset=utf-8", index(shelf).into_bytes(), modified)),
        "/sitemaps/recent.xml" => Some(Reply::of_type("application/xml", part(true).into_bytes(), modified)),
        "/sitemaps/archive.xml.gz" => {
            Some(Reply::of_type("application/x-gzip", packed(part(false).as_bytes())?, modified))
        }
        _ => None,
    }
}

fn index(shelf: &Shelf) -> String {
    let base = &shelf.base;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n\
         <sitemap><loc>{base}/sitemaps/recent.xml</loc></sitemap>\n<sitemap><loc>{base}/sitemaps/archive.xml.gz</loc></sitemap>\n\
         </sitemapindex>\n"
    )
}

fn urlset<'a>(shelf: &Shelf, articles: impl Iterator<Item = &'a &'a Article>) -> String {
    let entry = |article: &&Article| {
        format!("<url><loc>{}{}</loc><lastmod>{}</lastmod></url>\n", shelf.base, escape(&article.path), article.date)
    };
    let entries: String = articles.map(entry).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n{entries}</urlset>\n"
    )
}

fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}
