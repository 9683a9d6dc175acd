//! TRS WCM: static pages numbered by a call in the script.
//!
//! `createPageHTML(25, 0, "index", "html")` is (pages, current, prefix, extension), the second page is `index_1.html`. With a
//! container first, `createPageHTML('paging', 25, 1, 'index', 'html', 500)`, it is `index_2.html`. A number after the extension,
//! if not a page size, is the count of rows. Source: notes of public collectors on TRS sites.

use url::Url;

use super::address::beside;
use crate::extract::bounds::LIST_PAGES;

/// Further pages of a TRS list.
pub(super) struct Pages {
    pub(super) pages: Vec<String>,
    pub(super) total: Option<u64>,
}

/// Reads the call; nothing where there is none.
pub(super) fn read(text: &str, url: Option<&Url>) -> Option<Pages> {
    for (name, is_control) in [("createPageHTML", false), ("pageControl", true)] {
        for (at, _) in text.match_indices(name) {
            let Some(arguments) = arguments(&text[at + name.len()..]) else { continue };
            if let Some(pages) = of_arguments(&arguments, is_control, url) {
                return Some(pages);
            }
        }
    }
    None
}

/// The literal arguments of a call; nothing for the function's own declaration.
fn arguments(after: &str) -> Option<Vec<String>> {
    let inner = after.trim_start().strip_prefix('(')?;
    let inner = &inner[..inner.find(')')?];
    (inner.len() <= 300)
        .then(|| inner.split(',').map(|argument| argument.trim().trim_matches(['"', '\'']).to_owned()).collect())
}

fn of_arguments(arguments: &[String], is_control: bool, url: Option<&Url>) -> Option<Pages> {
    let has_container = arguments.first()?.parse::<u64>().is_err();
    let rest = if has_container { arguments.get(1..)? } else { arguments };
    let [count, _current, prefix, extension, more @ ..] = rest else { return None };
    let count = count.parse::<u64>().ok().filter(|count| (1..=LIST_PAGES).contains(count))?;
    let is_name =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !is_name(prefix) || !is_name(extension) {
        return None;
    }
    let total = if is_control { None } else { more.iter().find_map(|argument| argument.parse::<u64>().ok()) };
    // With a container the pages count from one, the first of them without a number.
    let numbers = if has_container { 2..=count } else { 1..=count.saturating_sub(1) };
    let pages = numbers.filter_map(|number| beside(url?, &format!("{prefix}_{number}.{extension}"))).collect();
    Some(Pages { pages, total })
}
