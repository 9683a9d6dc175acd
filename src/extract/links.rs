//! Links, attachments and neighbours of a page, from its whole tree.
//!
//! Attachments hide in links, frames, embedded objects, `onclick="window.open('….pdf')"` and viewers such as
//! `viewer.html?file=….pdf`; readability-style bodies drop them, so every element is looked at.

use std::collections::HashSet;

use scraper::{ElementRef, Html};
use url::Url;

use super::bounds::LINKS;
use super::kind::extension;
use super::segments::percent_decoded;
use super::{AttachmentLink, Link, tree};

const FILES: [&str; 22] = [
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "wps", "et", "dps", "ofd", "rtf", "odt", "ods", "zip", "rar",
    "7z", "csv", "txt", "docm", "xlsm", "pptm",
];

/// What a page leads to.
#[derive(Default)]
pub(crate) struct Leads {
    pub(crate) links: Vec<Link>,
    pub(crate) attachments: Vec<AttachmentLink>,
    pub(crate) next: Option<String>,
    pub(crate) prev: Option<String>,
    /// There are more links than are kept.
    pub(crate) over: bool,
}

/// The address against which a page's relative addresses are read: `<base href>`, else the page's own.
pub(crate) fn base_of(html: &Html, url: &str) -> Option<Url> {
    let own = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let declared =
        tree::elements(html).find(|element| element.value().name() == "base").and_then(|element| element.attr("href"));
    match (declared, &own) {
        (Some(href), Some(own)) => own
            .join(href.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .or_else(|| Some(own.clone())),
        (Some(href), None) => Url::parse(href.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https")),
        (None, _) => own,
    }
}

/// An address made absolute; without a base, as it stands. Only http and https, without a fragment.
pub(crate) fn absolute(href: &str, base: Option<&Url>) -> Option<String> {
    let href: String = href.trim().chars().filter(|c| !matches!(c, '\n' | '\r' | '\t')).collect();
    if href.is_empty() || href.starts_with('#') {
        return None;
    }
    let joined = match base {
        Some(base) => base.join(&href).ok()?,
        None => match Url::parse(&href) {
            Ok(url) => url,
            Err(url::ParseError::RelativeUrlWithoutBase) => return Some(href),
            Err(_) => return None,
        },
    };
    if !matches!(joined.scheme(), "http" | "https") {
        return None;
    }
    let mut joined = joined;
    joined.set_fragment(None);
    Some(joined.into())
}

/// Reads all links of a page.
pub(crate) fn leads(html: &Html, base: Option<&Url>) -> Leads {
    let mut leads = Leads::default();
    let (mut seen, mut files) = (HashSet::new(), HashSet::new());
    for element in tree::elements(html) {
        if element.value().name() == "a"
            && let Some(url) = element.attr("href").and_then(|href| absolute(href, base))
        {
            let text = tree::one_line(element);
            neighbour(&mut leads, &url, &text, &words_before(element));
            if seen.insert(url.clone()) {
                leads.links.push(Link { url, text });
            }
        }
        for (address, name) in files_of(element, base) {
            if files.insert(address.clone()) {
                leads.attachments.push(AttachmentLink { url: address, name });
            }
        }
        if leads.links.len() > LINKS || leads.attachments.len() > LINKS {
            leads.over = true;
            break;
        }
    }
    leads
}

/// The text right before a link: `下一篇：<a>…</a>`.
fn words_before(element: ElementRef<'_>) -> String {
    let mut text = String::new();
    for sibling in element.prev_siblings().take(3) {
        match sibling.value() {
            scraper::Node::Text(words) => text.insert_str(0, words),
            scraper::Node::Element(element) if matches!(element.name(), "br" | "a") => break,
            scraper::Node::Element(_) => {
                if let Some(sibling) = ElementRef::wrap(sibling) {
                    text.insert_str(0, &tree::one_line(sibling));
                }
            }
            _ => {}
        }
    }
    text.split_whitespace().collect()
}

fn neighbour(leads: &mut Leads, url: &str, text: &str, before: &str) {
    let squeezed: String = text.split_whitespace().collect();
    let begins =
        |words: &[&str]| words.iter().any(|word| squeezed.trim_start_matches(['<', '«', '[', '【']).starts_with(word));
    let led = |words: &[&str]| words.iter().any(|word| before.trim_end_matches(['：', ':', '】', ']']).ends_with(word));
    if leads.next.is_none() && (begins(&["下一篇", "下一页", "下一条", "后一篇"]) || led(&["下一篇", "下一条"]))
    {
        leads.next = Some(url.to_owned());
    }
    if leads.prev.is_none() && (begins(&["上一篇", "上一页", "上一条", "前一篇"]) || led(&["上一篇", "上一条"]))
    {
        leads.prev = Some(url.to_owned());
    }
}

fn files_of(element: ElementRef<'_>, base: Option<&Url>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let value = element.value();
    let words = || if value.name() == "a" { tree::one_line(element) } else { String::new() };
    for attribute in ["href", "src", "data", "data-src", "data-href", "data-url"] {
        let Some(address) = value.attr(attribute) else { continue };
        found.extend(file(address, base, element, &words()));
    }
    for attribute in ["onclick", "ondblclick"] {
        for address in value.attr(attribute).into_iter().flat_map(quoted) {
            found.extend(file(address, base, element, &words()));
        }
    }
    if value.name() == "a"
        && let Some(code) =
            value.attr("href").filter(|href| href.trim_start().to_ascii_lowercase().starts_with("javascript:"))
    {
        for address in quoted(code) {
            found.extend(file(address, base, element, &words()));
        }
    }
    found
}

/// The quoted strings of a piece of script.
fn quoted(code: &str) -> impl Iterator<Item = &str> {
    code.split(['"', '\'']).skip(1).step_by(2)
}

/// The file that an address leads to, directly or through a viewer or download page.
fn file(address: &str, base: Option<&Url>, element: ElementRef<'_>, words: &str) -> Option<(String, String)> {
    let absolute_address = absolute(address, base)?;
    let url = Url::parse(&absolute_address).ok();
    let path = url.as_ref().map_or(absolute_address.as_str(), |url| url.path());
    let last = path.split(['?', '#']).next().unwrap_or("").rsplit('/').next().unwrap_or("");
    if is_file(last) {
        return Some((absolute_address.clone(), name(words, element.attr("title"), last)));
    }
    for (key, parameter) in url.as_ref()?.query_pairs() {
        let target = parameter.split('?').next().unwrap_or("").rsplit('/').next().unwrap_or("").to_owned();
        if !is_file(&target) {
            continue;
        }
        // viewer.html?file=/a/b.pdf shows another address; download.jsp?filename=b.pdf is the address itself.
        let is_address = parameter.contains('/')
            && matches!(key.to_ascii_lowercase().as_str(), "file" | "url" | "src" | "path" | "pdf");
        let address = if is_address { absolute(&parameter, url.as_ref())? } else { absolute_address.clone() };
        return Some((address, name(words, element.attr("title"), &target)));
    }
    None
}

fn is_file(name: &str) -> bool {
    FILES.contains(&extension(name).as_str())
}

/// The words of the link where they are a file name, its title, the words with the extension, else the last part of
/// the address.
fn name(words: &str, title: Option<&str>, last: &str) -> String {
    let last = percent_decoded(last).unwrap_or_else(|| last.replace("%20", " "));
    let extension = extension(&last);
    let words = words.trim();
    let title = title.map(str::trim).filter(|title| is_file(title));
    let name = if is_file(words) {
        words.to_owned()
    } else if let Some(title) = title {
        title.to_owned()
    } else if (2..=80).contains(&words.chars().count()) && !["点击下载", "下载", "附件下载", "查看"].contains(&words)
    {
        format!("{words}.{extension}")
    } else {
        last
    };
    safe_name(&name)
}

/// No path, no control characters, at most 200 bytes with the extension kept.
fn safe_name(name: &str) -> String {
    let clean: String =
        name.chars()
            .map(|c| {
                if c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|') {
                    '_'
                } else {
                    c
                }
            })
            .collect();
    if clean.len() <= 200 {
        return clean;
    }
    let tail = format!(".{}", extension(&clean));
    let mut end = 200 - tail.len();
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{tail}", &clean[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attachments_are_found_where_they_hide() {
        let html = Html::parse_document(
            r#"<a href="/a/P1.pdf">附件1：名单</a><iframe src="/js/viewer.html?file=/b/P2.pdf"></iframe><embed src="c.ofd">
            <a href="javascript:void(0)" onclick="window.open('/d/P3.docx')">表.docx</a><a href="/module/download.jsp?filename=x.xls">下载</a>
            <a href="/e.html">页</a>下一篇：<a href="/f.html">题</a>"#,
        );
        let base = Url::parse("http://www.qz.gov.cn/art/1.html").unwrap();
        let leads = leads(&html, Some(&base));
        let found: Vec<_> = leads.attachments.iter().map(|file| (file.url.as_str(), file.name.as_str())).collect();
        assert_eq!(
            found,
            [
                ("http://www.qz.gov.cn/a/P1.pdf", "附件1：名单.pdf"),
                ("http://www.qz.gov.cn/b/P2.pdf", "P2.pdf"),
                ("http://www.qz.gov.cn/art/c.ofd", "c.ofd"),
                ("http://www.qz.gov.cn/d/P3.docx", "表.docx"),
                ("http://www.qz.gov.cn/module/download.jsp?filename=x.xls", "x.xls"),
            ]
        );
        assert_eq!(leads.next.as_deref(), Some("http://www.qz.gov.cn/f.html"));
    }
}
