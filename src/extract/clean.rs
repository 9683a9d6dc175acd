//! The allow-list: body HTML as it may be published, and its plain text.
//!
//! Keeps headings, paragraphs, lists, tables, emphasis, links and images; drops scripts, styles, frames, forms,
//! handlers, classes, ids and every address that is not http, https, mailto or tel. Relative addresses become
//! absolute. An image keeps its address only where the page's own host serves it; else its alternative text
//! stands, so that a reader's browser asks no third party. `clean(clean(x)) == clean(x)`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use scraper::Html;
use url::Url;

use super::tree;

const TAGS: [&str; 53] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "ins",
    "li",
    "mark",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "section",
    "small",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
];
/// Elements that go with all they hold.
const GONE: [&str; 10] =
    ["script", "style", "noscript", "template", "iframe", "object", "select", "textarea", "title", "noframes"];

/// Rounds after which a text that still changes is dropped to its plain words; real pages need two.
const ROUNDS: usize = 6;

/// Sanitises a body. `base` is the address of the page.
#[must_use]
pub fn clean(html: &str, base: Option<&Url>) -> String {
    let mut cleaned = once(html, base);
    // Taking an element out can leave others where a parser would not put them: only a fixed point means the same
    // to every reader.
    for _ in 0..ROUNDS {
        let again = once(&cleaned, base);
        if again == cleaned {
            return cleaned;
        }
        cleaned = again;
    }
    super::page::escape(&plain_text(&cleaned))
}

fn once(html: &str, base: Option<&Url>) -> String {
    let host = base.and_then(|base| base.host_str().map(str::to_owned));
    let attributes: HashMap<&str, HashSet<&str>> = [
        ("a", HashSet::from(["href", "title"])),
        ("img", HashSet::from(["src", "alt", "title", "width", "height"])),
        ("td", HashSet::from(["colspan", "rowspan"])),
        ("th", HashSet::from(["colspan", "rowspan", "scope"])),
        ("col", HashSet::from(["span"])),
        ("colgroup", HashSet::from(["span"])),
        ("ol", HashSet::from(["start", "type"])),
        ("li", HashSet::from(["value"])),
    ]
    .into();
    let sides = || HashMap::from([("align", HashSet::from(["left", "center", "right", "justify"]))]);
    let aligned = ["p", "div", "td", "th", "tr", "h1", "h2", "h3", "h4", "h5", "h6"].map(|tag| (tag, sides()));
    Builder::empty()
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(GONE))
        .tag_attributes(attributes)
        .tag_attribute_values(HashMap::from(aligned))
        .generic_attributes(HashSet::new())
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(base.map_or(UrlRelative::PassThrough, |base| UrlRelative::RewriteWithBase(base.clone())))
        .link_rel(Some("noopener noreferrer"))
        .strip_comments(true)
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            ("img", "src") => is_own(value, host.as_deref()).then_some(Cow::Borrowed(value)),
            (_, "href" | "src") if value.chars().any(char::is_control) => None,
            _ => Some(Cow::Borrowed(value)),
        })
        .clean(html)
        .to_string()
}

/// Whether an image's address is on the page's own host. Ammonia asks before it makes the address absolute.
fn is_own(address: &str, host: Option<&str>) -> bool {
    if address.chars().any(char::is_control) {
        return false;
    }
    match Url::parse(address) {
        Ok(url) => matches!(url.scheme(), "http" | "https") && (host.is_none() || url.host_str() == host),
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            !address.trim_start().starts_with(['/', '\\']) || !is_protocol_relative(address)
        }
        Err(_) => false,
    }
}

fn is_protocol_relative(address: &str) -> bool {
    let mut start = address.trim_start().chars();
    matches!((start.next(), start.next()), (Some('/' | '\\'), Some('/' | '\\')))
}

/// The plain text of body HTML: a paragraph a line, cells set apart by a tab.
#[must_use]
pub fn plain_text(html: &str) -> String {
    let tree = Html::parse_fragment(html);
    tree::lines([tree.tree.root()], |_| false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Url {
        Url::parse("http://www.qz.gov.cn/art/2021/1.html").unwrap()
    }

    #[test]
    fn what_runs_goes_and_what_says_something_stays() {
        let dirty = r#"<div onclick=x() style="position:fixed"><h2 align="center">标题</h2><script>alert(1)</script>
            <p style="color:red">正文<a href="javascript:alert(1)">一</a><a href="/a.pdf">附件</a></p>
            <img src="b.png" alt="图"><img src="http://evil.example/c.png" alt="外"><img src="data:image/png;base64,AA" alt="数">
            <table><tr><td colspan=2>格</td></tr></table><iframe src=x></iframe><form><input value=1>留</form></div>"#;
        let cleaned = clean(dirty, Some(&base()));
        for gone in ["script", "onclick", "style", "javascript", "iframe", "form", "input", "evil.example", "data:"] {
            assert!(!cleaned.contains(gone), "{gone} in {cleaned}");
        }
        for kept in [
            "<h2 align=\"center\">",
            "http://www.qz.gov.cn/a.pdf",
            "http://www.qz.gov.cn/art/2021/b.png",
            "alt=\"外\"",
            "colspan=\"2\"",
            "留",
        ] {
            assert!(cleaned.contains(kept), "{kept} not in {cleaned}");
        }
        assert_eq!(clean(&cleaned, Some(&base())), cleaned);
    }

    #[test]
    fn text_is_a_paragraph_a_line() {
        assert_eq!(
            plain_text("<p>一<b>二</b></p><p>三<br>四</p><table><tr><td>五</td><td>六</td></tr></table>"),
            "一二\n三\n四\n五\t六"
        );
    }
}
