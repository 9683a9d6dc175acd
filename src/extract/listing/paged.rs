//! Lists paged by a number in the address: `?page=N`, `index_N.html`, `list_N.shtml`.
//!
//! The last page is known from 尾页 or the highest number that is linked; the addresses between are made by the same
//! pattern. Where the pattern is not clear only the pages that are linked are named.

use scraper::Html;
use url::Url;

use crate::extract::bounds::LIST_PAGES;
use crate::extract::segments::without_tags;
use crate::extract::{links, tree};

const NAMES: [&str; 9] = ["page", "pageindex", "pageno", "pagenum", "currpage", "pn", "p", "currentpage", "cpage"];

/// Further pages of a list.
pub(super) fn read(html: &Html, text: &str, own: Option<&Url>, base: Option<&Url>) -> Vec<String> {
    let (mut linked, mut next): (Vec<Turn>, _) = (Vec::new(), None);
    for element in tree::elements(html).filter(|element| element.value().name() == "a") {
        let words: String = tree::one_line(element).split_whitespace().collect();
        let is_turn =
            ["下一页", "下页", "尾页", "末页", "最后一页", "后页", ">", ">>", "»", "›"].contains(&words.as_str());
        let shown = words.parse().ok().filter(|_| (1..=4).contains(&words.len()));
        if !is_turn && shown.is_none() {
            continue;
        }
        let address = element.attr("href").and_then(|href| links::absolute(href, base));
        let Some(url) = address.and_then(|address| Url::parse(&address).ok()) else { continue };
        if is_turn && next.is_none() {
            next = Some(url.to_string());
        }
        let numbered =
            number_of(&url).filter(|number| shown.is_none_or(|shown: u64| shown == *number || shown == *number + 1));
        linked.extend(numbered.map(|number| Turn { url, number, shown }));
    }
    let Some(last) = linked.iter().max_by_key(|turn| turn.number) else {
        return next.into_iter().filter(|next| own.is_none_or(|own| own.as_str() != next)).collect();
    };
    // Where the link 2 leads to index_1 the pages count from zero, and the first has no number.
    let from_zero = linked.iter().any(|turn| turn.shown == Some(turn.number + 1))
        && !linked.iter().any(|turn| turn.shown == Some(turn.number));
    let first = if from_zero { 1 } else { 2 };
    let counted = count_in_script(text).map_or(0, |count| if from_zero { count - 1 } else { count });
    let end = counted.max(last.number).min(LIST_PAGES);
    (first..=end)
        .filter_map(|number| with_number(&last.url, number))
        .filter(|url| own.is_none_or(|own| own.as_str() != url))
        .collect()
}

/// A link that turns the page.
struct Turn {
    url: Url,
    /// The number in its address.
    number: u64,
    /// The number that a reader sees.
    shown: Option<u64>,
}

/// What a list says of its own length: `共 621 条`.
pub(super) fn total(text: &str) -> Option<u64> {
    text.split('共').skip(1).find_map(|rest| {
        let near: String = rest.chars().take(80).collect();
        let words: String = without_tags(&near).chars().filter(|c| !c.is_whitespace()).collect();
        let digits: String = words.chars().take_while(char::is_ascii_digit).collect();
        if words[digits.len()..].starts_with(['条', '篇']) { digits.parse().ok() } else { None }
    })
}

fn count_in_script(text: &str) -> Option<u64> {
    for name in ["pageCount", "totalPage", "pagecount", "totalpage"] {
        for (at, _) in text.match_indices(name) {
            let rest = text[at + name.len()..].trim_start_matches(['"', '\'', ' ']);
            let Some(rest) = rest.strip_prefix([':', '=']) else { continue };
            let digits: String =
                rest.trim_start_matches([' ', '"', '\'']).chars().take_while(char::is_ascii_digit).collect();
            if let Some(count) = digits.parse().ok().filter(|count| (2..=LIST_PAGES).contains(count)) {
                return Some(count);
            }
        }
    }
    None
}

fn number_of(url: &Url) -> Option<u64> {
    let in_query = url
        .query_pairs()
        .find(|(name, _)| NAMES.contains(&name.to_ascii_lowercase().as_str()))
        .and_then(|(_, value)| value.parse().ok());
    in_query.or_else(|| {
        let (stem, _) = url.path().rsplit('/').next()?.rsplit_once('.')?;
        let (_, number) = stem.rsplit_once(['_', '-'])?;
        (number.len() <= 4).then(|| number.parse().ok()).flatten()
    })
}

fn with_number(pattern: &Url, number: u64) -> Option<String> {
    let mut url = pattern.clone();
    let names: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if names.iter().any(|(name, _)| NAMES.contains(&name.to_ascii_lowercase().as_str())) {
        let mut query = url.query_pairs_mut();
        query.clear();
        for (name, value) in &names {
            let is_number = NAMES.contains(&name.to_ascii_lowercase().as_str());
            query.append_pair(name, if is_number { number.to_string() } else { value.clone() }.as_str());
        }
        drop(query);
        return Some(url.into());
    }
    let path = url.path().to_owned();
    let (folder, last) = path.rsplit_once('/')?;
    let (stem, extension) = last.rsplit_once('.')?;
    let at = stem.rfind(['_', '-'])?;
    url.set_path(&format!("{folder}/{}{number}.{extension}", &stem[..=at]));
    Some(url.into())
}
