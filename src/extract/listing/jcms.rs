//! Hanweb JCMS: lists from `dataproxy.jsp`.
//!
//! The list page embeds its first group as XML and the parameters as a script; further groups come from the data
//! address, 45 records each (three pages of 15). Titles in the records may be cut: the page's own is better. Groups
//! may overlap by one record, which the single address in [`super::finish`] and the known addresses of the collector absorb.

use scraper::Html;
use url::Url;

use super::rows;
use crate::extract::bounds::LIST_PAGES;
use crate::extract::{Entry, Listing, links};
use crate::model::Profile;

/// Records of one group: three pages, as the system's own script asks.
const PAGES_A_GROUP: u64 = 3;
/// Parameters of the data address, in the order of the system's script.
const PARAMETERS: [&str; 9] =
    ["col", "appid", "webid", "path", "columnid", "sourceContentType", "unitid", "webname", "permissiontype"];

/// Reads a data answer or a page that embeds one; nothing where it is neither.
pub(super) fn read(text: &str, base: Option<&Url>) -> Option<Listing> {
    let is_answer = text.contains("<datastore") || text.contains("<recordset");
    let parameters = parameters(text);
    if !is_answer && parameters.is_none() {
        return None;
    }
    let mut listing = Listing::empty(Profile::Jcms);
    for record in between(text, "<record>", "</record>") {
        listing.items.extend(entry(uncovered(record), base));
    }
    listing.total = between(text, "<totalrecord>", "</totalrecord>")
        .next()
        .and_then(|total| total.trim().parse().ok())
        .or_else(|| number_after(text, "totalRecord"));
    if let Some(next) = between(text, "<nextgroup>", "</nextgroup>").next().and_then(|group| href(uncovered(group))) {
        listing.pages.extend(links::absolute(&next, base));
    } else if let Some(parameters) = parameters {
        listing.pages = groups(&parameters, listing.total, number_after(text, "perPage").unwrap_or(15), base);
    }
    Some(listing)
}

/// The data addresses of all groups, the first one too: its records are whole where the page may hold fewer.
fn groups(parameters: &[(String, String)], total: Option<u64>, per_page: u64, base: Option<&Url>) -> Vec<String> {
    let Some(mut address) = base.and_then(|base| base.join("/module/web/jpage/dataproxy.jsp").ok()) else {
        return Vec::new();
    };
    let group = per_page.clamp(1, 100) * PAGES_A_GROUP;
    let count = total.map_or(1, |total| total.div_ceil(group)).min(LIST_PAGES);
    let mut out = Vec::new();
    for number in 0..count {
        let last = ((number + 1) * group).min(total.map_or(u64::MAX, |total| total.max(group)));
        address.set_query(None);
        let mut query = address.query_pairs_mut();
        query.append_pair("startrecord", &(number * group + 1).to_string());
        query.append_pair("endrecord", &last.to_string());
        query.append_pair("perpage", &per_page.to_string());
        for (name, value) in parameters {
            query.append_pair(name, value);
        }
        drop(query);
        out.push(address.to_string());
    }
    out
}

/// `var param_5455 = {col:1,…}` or an address of `dataproxy.jsp` in the script.
fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let start = text.find("param_").filter(|_| text.contains("columnid"))?;
    let object = text[start..].split_once('{')?.1.split_once('}')?.0;
    let mut found = Vec::new();
    for name in PARAMETERS {
        let value = object.split(',').find_map(|pair| {
            let (key, value) = pair.split_once(':')?;
            let bare = |text: &str| text.trim().trim_matches(['"', '\'']).to_owned();
            (bare(key) == name).then(|| bare(value))
        });
        found.extend(value.map(|value| (name.to_owned(), value)));
    }
    found.iter().any(|(name, _)| name == "columnid").then_some(found)
}

fn number_after(text: &str, name: &str) -> Option<u64> {
    let after = &text[text.find(name)? + name.len()..];
    let after = after.trim_start_matches(['"', '\'', ' ']).strip_prefix([':', '='])?;
    let digits: String = after.trim_start_matches([' ', '"', '\'']).chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).filter_map(move |rest| rest.split_once(close).map(|(inner, _)| inner))
}

fn uncovered(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix("<![CDATA[").map_or(text, |rest| rest.strip_suffix("]]>").unwrap_or(rest))
}

fn href(fragment: &str) -> Option<String> {
    let html = Html::parse_fragment(fragment);
    html.root_element().descendent_elements().find_map(|element| element.attr("href").map(str::to_owned))
}

fn entry(record: &str, base: Option<&Url>) -> Option<Entry> {
    let html = Html::parse_fragment(record);
    rows::entry_of(html.root_element(), base)
}
