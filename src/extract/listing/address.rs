//! Addresses of lists and items, by the systems that make them.

use url::Url;

use crate::extract::Entry;

/// Old sub-sites: `shtml/{column}/{article}/detail_{page}.shtml`.
pub(super) fn is_shtml(items: &[Entry], url: &str) -> bool {
    let fits = |address: &str| address.contains("/shtml/") && address.ends_with(".shtml");
    let fitting = items.iter().filter(|entry| fits(&entry.url)).count();
    fitting > 0 && (fitting * 2 >= items.len() || fits(url))
}

/// `url` with its last path segment replaced, without query.
pub(super) fn beside(url: &Url, last: &str) -> Option<String> {
    let mut joined = url.join(last).ok()?;
    joined.set_query(None);
    joined.set_fragment(None);
    Some(joined.into())
}
