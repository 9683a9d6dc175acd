//! RSS 0.9x, 1.0, 2.0, Atom 1.0 and JSON Feed.

use scraper::Html;
use url::Url;

use crate::extract::xml::{self, Node};
use crate::extract::{Entry, Listing, dates, links, tree};
use crate::model::Profile;

/// Whether a text is a feed by its root.
pub(super) fn is_feed(text: &str) -> bool {
    let head: String = text.chars().take(4096).collect();
    let root = ["<rss", "<feed", "<rdf:RDF", "<RDF"].iter().any(|root| head.contains(root)) && !head.contains("<html");
    root || head.contains("https://jsonfeed.org/version") || head.contains("jsonfeed.org\\/version")
}

/// Reads a feed.
pub(super) fn read(text: &str, url: &str) -> Listing {
    let base = Url::parse(url).ok();
    if text.trim_start_matches('\u{FEFF}').trim_start().starts_with('{') {
        return of_json(text, base.as_ref());
    }
    let mut listing = Listing::empty(Profile::Feed);
    let mut reading = Reading::default();
    let outcome = xml::read(text, |node| reading.take(node));
    for draft in reading.entries {
        let address = draft.link.or(draft.guid);
        let address = address.and_then(|address| links::absolute(&address, base.as_ref()));
        listing.items.extend(address.map(|url| Entry {
            url,
            title: plain(&draft.title),
            published: draft.date.as_deref().and_then(dates::first),
        }));
    }
    // A feed that breaks after its entries is still read: the next round sees the rest.
    if let Err(reason) = outcome
        && listing.items.is_empty()
    {
        return Listing::refused(Profile::Feed, reason);
    }
    listing
}

#[derive(Default)]
struct Draft {
    title: String,
    link: Option<String>,
    guid: Option<String>,
    date: Option<String>,
}

#[derive(Default)]
struct Reading {
    entries: Vec<Draft>,
    current: Option<Draft>,
    open: Vec<String>,
    text: String,
}

impl Reading {
    fn take(&mut self, node: Node<'_>) {
        match node {
            Node::Open(name @ ("item" | "entry"), _) => {
                self.current = Some(Draft::default());
                self.open.push(name.to_owned());
            }
            Node::Open(name, tag) => {
                if name == "link"
                    && self.depth() == 1
                    && let (Some(draft), Some(href)) = (self.current.as_mut(), xml::attribute(tag, "href"))
                {
                    let is_own = xml::attribute(tag, "rel").is_none_or(|rel| rel == "alternate");
                    if is_own && draft.link.is_none() {
                        draft.link = Some(href);
                    }
                }
                self.open.push(name.to_owned());
                if self.depth() == 2 {
                    self.text.clear();
                }
            }
            Node::Text(text) => self.text.push_str(text),
            Node::Close(name) => self.close(name),
            Node::Comment(_) => {}
        }
    }

    /// Elements open since the entry, itself counted.
    fn depth(&self) -> usize {
        self.open.iter().rposition(|name| name == "item" || name == "entry").map_or(0, |at| self.open.len() - at)
    }

    fn close(&mut self, name: &str) {
        if matches!(name, "item" | "entry") {
            self.entries.extend(self.current.take());
        } else if self.depth() == 2
            && let Some(draft) = self.current.as_mut()
        {
            let text = self.text.trim().to_owned();
            let set = |slot: &mut Option<String>| {
                if slot.is_none() && !text.is_empty() {
                    *slot = Some(text.clone());
                }
            };
            match name {
                "title" if draft.title.is_empty() => draft.title.clone_from(&text),
                "link" => set(&mut draft.link),
                "guid" | "id" => set(&mut draft.guid),
                "pubDate" | "published" | "date" | "issued" => draft.date = Some(text),
                "updated" | "modified" | "created" => set(&mut draft.date),
                _ => {}
            }
        }
        if let Some(at) = self.open.iter().rposition(|open| open == name) {
            self.open.truncate(at);
        }
    }
}

/// Titles may carry escaped HTML.
fn plain(title: &str) -> String {
    let text = if title.contains(['<', '&']) {
        tree::visible_lines([Html::parse_fragment(title).tree.root()])
    } else {
        title.to_owned()
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_json(text: &str, base: Option<&Url>) -> Listing {
    let value: serde_json::Value = match serde_json::from_str(text.trim_start_matches('\u{FEFF}')) {
        Ok(value) => value,
        Err(error) => return Listing::refused(Profile::Feed, format!("the JSON feed is broken: {error}")),
    };
    let mut listing = Listing::empty(Profile::Feed);
    for item in value.get("items").and_then(serde_json::Value::as_array).into_iter().flatten() {
        let field = |name: &str| item.get(name).and_then(serde_json::Value::as_str);
        let address = field("url").or_else(|| field("external_url")).or_else(|| field("id"));
        listing.items.extend(address.and_then(|address| links::absolute(address, base)).map(|url| Entry {
            url,
            title: plain(field("title").unwrap_or("")),
            published: field("date_published").or_else(|| field("date_modified")).and_then(dates::first),
        }));
    }
    listing
        .pages
        .extend(value.get("next_url").and_then(serde_json::Value::as_str).and_then(|next| links::absolute(next, base)));
    listing
}
