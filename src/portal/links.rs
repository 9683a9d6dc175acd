//! `/links`: the sites and columns of the units (网站链接), each marked as leading away.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::chrome::Chrome;
use super::visit::Visit;
use crate::model::{LinkKind, UnitId};

struct Onward {
    href: String,
    title: String,
    unit: String,
}

struct Group {
    name: &'static str,
    links: Vec<Onward>,
}

#[derive(Template)]
#[template(path = "portal/links.html")]
struct LinksPage {
    chrome: Chrome,
    steps: Vec<(String, String)>,
    groups: Vec<Group>,
}

/// Whether an address may be a link: http or https, with a host. Links are not signed, so they are checked here.
#[must_use]
pub fn safe_address(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Shows it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let words = visit.language.words();
    let columns = portal.site.columns().await?;
    let units = portal.site.units().await?;
    let names: HashMap<UnitId, String> = units.iter().map(|unit| (unit.id.clone(), unit.name.clone())).collect();
    let mut seen = HashSet::new();
    let (mut homes, mut others) = (Vec::new(), Vec::new());
    for link in portal.site.links().await? {
        if !safe_address(&link.url) || !seen.insert(link.url.clone()) {
            continue;
        }
        let unit = names.get(&link.unit).filter(|name| **name != link.title).cloned().unwrap_or_default();
        let onward = Onward { href: link.url, title: link.title, unit };
        if link.kind == LinkKind::Home { homes.push(onward) } else { others.push(onward) }
    }
    for unit in units {
        let home = unit.home.filter(|home| safe_address(home) && seen.insert(home.clone()));
        homes.extend(home.map(|href| Onward { href, title: unit.name, unit: String::new() }));
    }
    let groups = [(words.link_homes, homes), (words.link_columns, others)]
        .into_iter()
        .filter(|(_, links)| !links.is_empty())
        .map(|(name, links)| Group { name, links })
        .collect();
    let chrome = Chrome::new(&portal, &visit, words.links, &columns, None);
    answer::html(&visit, &LinksPage { chrome, steps: vec![(words.links.to_owned(), "/links".to_owned())], groups })
}

#[cfg(test)]
mod tests {
    use super::safe_address;

    #[test]
    fn only_web_addresses_are_links() {
        assert!(safe_address("https://www.qz.gov.cn/"));
        for bad in ["javascript:alert(1)", "data:text/html,x", "//x.cn", "/x", "", "http:", "java\nscript:alert(1)"] {
            assert!(!safe_address(bad), "{bad:?}");
        }
    }
}
