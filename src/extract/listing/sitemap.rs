//! Sitemaps and sitemap indexes as XML, and lists of addresses as text.
//!
//! Source: sitemaps.org protocol 0.9. `lastmod` is when the page changed, not when it was published: it is given as the
//! entry's date because there is no other, and the page's own date is better.

use url::Url;

use crate::extract::xml::{self, Node};
use crate::extract::{Entry, Listing, dates, links};
use crate::model::Profile;

/// Whether a text is a sitemap by its root, or a list of addresses.
pub(super) fn is_sitemap(text: &str) -> bool {
    let head: String = text.chars().take(4096).collect();
    let is_xml = ["<urlset", "<sitemapindex", ":urlset", ":sitemapindex"].iter().any(|root| head.contains(root))
        && !head.contains("<html");
    is_xml || is_text(&head)
}

fn is_text(text: &str) -> bool {
    let mut lines =
        text.lines().map(|line| line.trim().trim_start_matches('\u{FEFF}')).filter(|line| !line.is_empty()).peekable();
    lines.peek().is_some()
        && lines
            .take(5)
            .all(|line| (line.starts_with("http://") || line.starts_with("https://")) && !line.contains(' '))
}

/// Reads a sitemap; the sitemaps of an index are in `pages`.
pub(super) fn read(text: &str, url: &str) -> Listing {
    let base = Url::parse(url).ok();
    let mut listing = Listing::empty(Profile::Sitemap);
    if is_text(text) {
        let lines = text.lines().map(|line| line.trim().trim_start_matches('\u{FEFF}'));
        listing.items.extend(lines.filter_map(|line| links::absolute(line, base.as_ref())).map(|url| Entry {
            url,
            title: String::new(),
            published: None,
        }));
        return listing;
    }
    let (mut open, mut text_of, mut location, mut modified) = (Vec::<String>::new(), String::new(), None, None);
    let outcome = xml::read(text, |node| match node {
        Node::Open(name, _) => {
            open.push(name.to_owned());
            text_of.clear();
        }
        Node::Text(words) => text_of.push_str(words),
        Node::Close(name) => {
            let parent = open.iter().rev().nth(1).map_or("", String::as_str);
            // Some write the address without <loc>.
            if matches!(name, "url" | "sitemap") && location.is_none() && text_of.trim().starts_with("http") {
                location = links::absolute(&text_of, base.as_ref());
            }
            match name {
                "loc" if matches!(parent, "url" | "sitemap") => location = links::absolute(&text_of, base.as_ref()),
                "lastmod" => modified = dates::first(&text_of),
                "url" => listing.items.extend(location.take().map(|url| Entry {
                    url,
                    title: String::new(),
                    published: modified.take(),
                })),
                "sitemap" => listing.pages.extend(location.take()),
                _ => {}
            }
            text_of.clear();
            if let Some(at) = open.iter().rposition(|above| above == name) {
                open.truncate(at);
            }
        }
        Node::Comment(_) => {}
    });
    if let Err(reason) = outcome {
        listing.unreadable.push(crate::model::Unreadable { place: String::new(), reason });
    }
    listing
}
