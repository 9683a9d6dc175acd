//! What programs read: `/robots.txt`, `/sitemap.xml`, `/opensearch.xml`, `/crest.svg`, `/healthz`, `/readyz`.
//!
//! The sitemap names addresses, and no words of items, so it takes them from the store without their permits;
//! an item that does not hold answers 404 there. Up to 40 000 addresses stand in one file, above that in parts of
//! as many, each beginning after the id in `?after=` (sitemaps.org 0.9 allows 50 000).

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::asked::Asked;
use super::cache::Cache;
use super::feed::xml;
use super::visit::Visit;
use crate::model::{ItemId, Timestamp};

const PART: u32 = 40_000;

const CREST: &str = include_str!("style/crest.svg");

#[derive(Template)]
#[template(path = "portal/sitemap.xml")]
struct SitemapFile {
    parts: Vec<String>,
    addresses: Vec<(String, String)>,
}

/// `/sitemap.xml`
pub async fn sitemap(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let file = match visit.asked("after") {
        Some(after) => SitemapFile { parts: Vec::new(), addresses: items(&portal, ItemId::new(after).ok()).await? },
        None if portal.site.count(None).await? > u64::from(PART) => sitemap_parts(&portal).await?,
        None => {
            let mut addresses = pages(&portal).await?;
            addresses.extend(items(&portal, None).await?);
            SitemapFile { parts: Vec::new(), addresses }
        }
    };
    let text = file.render().map_err(|error| Trouble::Page(error.to_string()))?;
    Ok(answer::text(&visit, "application/xml; charset=utf-8", text, Cache::Ask))
}

/// The pages that are not items.
async fn pages(portal: &Front) -> Result<Vec<(String, String)>, Trouble> {
    let stats = portal.site.column_stats().await?;
    let day = |at: Timestamp| at.date().to_string();
    let newest = stats.iter().map(|stat| stat.updated).max().map(day).unwrap_or_default();
    let mut pages = vec![(portal.address("/"), newest), (portal.address("/links"), String::new())];
    for column in portal.site.columns().await? {
        let changed = stats.iter().find(|stat| stat.column == column.id).map(|stat| day(stat.updated));
        pages.push((portal.address(&format!("/columns/{}", column.id)), changed.unwrap_or_default()));
    }
    Ok(pages)
}

async fn items(portal: &Front, after: Option<ItemId>) -> Result<Vec<(String, String)>, Trouble> {
    let rows = portal.site.sitemap_after(after.as_ref(), PART).await?;
    let address = |(id, at): (ItemId, Timestamp)| (portal.address(&format!("/items/{id}")), at.date().to_string());
    Ok(rows.into_iter().map(address).collect())
}

/// The index of the parts: one walk over the ids.
async fn sitemap_parts(portal: &Front) -> Result<SitemapFile, Trouble> {
    let _turn = portal.turn().await?;
    let mut parts = vec![portal.address("/sitemap.xml?after=")];
    let mut after: Option<ItemId> = None;
    loop {
        let rows = portal.site.sitemap_after(after.as_ref(), PART).await?;
        let Some((last, _)) = rows.last().filter(|_| rows.len() == PART as usize) else { break };
        parts.push(portal.address(&format!("/sitemap.xml?after={last}")));
        after = Some(last.clone());
    }
    Ok(SitemapFile { parts, addresses: Vec::new() })
}

/// `/robots.txt`
pub async fn robots(State(portal): State<Arc<Front>>, visit: Visit) -> Response {
    let text = format!(
        "User-agent: *\nDisallow: /search\nDisallow: /api/v1/search\nDisallow: /api/v1/suggest\nAllow: /\n\nSitemap: {}\n",
        portal.address("/sitemap.xml")
    );
    answer::text(&visit, "text/plain; charset=utf-8", text, Cache::Hour)
}

#[derive(Template)]
#[template(path = "portal/opensearch.xml")]
struct OpenSearch {
    name: String,
    description: String,
    template: String,
    icon: String,
}

/// `/opensearch.xml` (OpenSearch 1.1 draft 6; a short name has at most 16 characters)
pub async fn opensearch(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let description = OpenSearch {
        name: xml(&portal.config.site_name).chars().take(16).collect(),
        description: xml(&format!("{} 站内搜索", portal.config.site_name)),
        template: portal.address("/search?q={searchTerms}"),
        icon: portal.address("/crest.svg"),
    };
    let text = description.render().map_err(|error| Trouble::Page(error.to_string()))?;
    Ok(answer::text(&visit, "application/opensearchdescription+xml; charset=utf-8", text, Cache::Hour))
}

/// `/crest.svg`
pub async fn crest(visit: Visit) -> Response {
    answer::text(&visit, "image/svg+xml", CREST.to_owned(), Cache::Hour)
}

/// `/healthz`: the process answers.
pub async fn alive(visit: Visit) -> Response {
    answer::text(&visit, "text/plain; charset=utf-8", "ok\n".to_owned(), Cache::Never)
}

/// `/readyz`: store and index answer too.
pub async fn ready(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    portal.site.ping().await?;
    portal.count(&Asked::of(&visit, &[])).await?;
    Ok(answer::text(&visit, "text/plain; charset=utf-8", "ready\n".to_owned(), Cache::Never))
}
