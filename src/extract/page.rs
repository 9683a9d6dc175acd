//! One HTML page to [`Extracted`].

use scraper::{ElementRef, Html, Node};
use url::Url;

use super::bounds::PAGE_BYTES;
use super::kind::Kind;
use super::metadata::{self, Labels, Metas};
use super::segments::{self, Collector};
use super::{Extracted, PageInput, body, charset, clean, depth, document, links, markers, title, tree};
use crate::model::TextKind;

/// Longest page that can say that something is gone, in characters.
const GONE_CHARACTERS: usize = 2_000;
/// What such pages say.
const GONE_WORDS: [&str; 10] = [
    "页面不存在",
    "找不到",
    "无法找到",
    "错误页面",
    "已删除",
    "已被删除",
    "页面已失效",
    "不存在或已",
    "404 Not Found",
    "页面未找到",
];

/// Reads a page; what is not HTML by content is handed to [`document()`].
#[must_use]
pub fn page(input: &PageInput<'_>) -> Extracted {
    let kind = Kind::of(input.bytes);
    if !matches!(kind, Kind::Html | Kind::Text | Kind::Xml | Kind::Json) {
        return document::document(&name_of(input.url), input.bytes);
    }
    if input.bytes.len() > PAGE_BYTES {
        return Extracted::refused(kind, "", format!("over {} MiB", PAGE_BYTES >> 20));
    }
    let decoded = charset::decode(input.bytes, input.content_type, input.pinned_charset);
    // XHTML says <?xml; what the server calls HTML is read as HTML.
    let is_html = kind == Kind::Html || input.content_type.is_some_and(|value| value.contains("html"));
    if !is_html {
        return document::of_text(kind, "", decoded);
    }
    of_html(decoded, input.url)
}

/// The last part of an address's path.
pub(crate) fn name_of(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or("");
    let last = path.rsplit('/').next().unwrap_or("");
    segments::percent_decoded(last).unwrap_or_else(|| last.to_owned())
}

fn of_html(decoded: charset::Decoded, url: &str) -> Extracted {
    let mut out = Extracted::empty(Kind::Html);
    out.charset = Some(decoded.charset);
    if let Some(reason) = decoded.unreadable {
        out.refuse("", reason);
    }
    if let Some(reason) = depth::refusal(&decoded.text) {
        out.refuse("", reason);
        return out;
    }
    let mut html = Html::parse_document(&decoded.text);
    let mut collector = Collector::default();
    segments::of_html(&html, &mut collector);
    let base = links::base_of(&html, url);
    let leads = links::leads(&html, base.as_ref());
    if leads.over {
        out.refuse("", "more links than are kept");
    }
    (out.links, out.attachments, out.next, out.prev) = (leads.links, leads.attachments, leads.next, leads.prev);
    let body_raw = read_fields(&html, &mut out);
    read_body(&mut html, &body_raw, base.as_ref(), &mut out);
    segments::of_body(&out.html, &mut collector);
    let (collected, unreadable) = collector.finish("", TextKind::Web);
    out.segments = collected;
    out.unreadable.extend(unreadable);
    out
}

/// Reads everything but the body and returns where the body is.
fn read_fields(html: &Html, out: &mut Extracted) -> Vec<ego_tree::NodeId> {
    let (metas, marked) = (Metas::read(html), markers::read(html));
    let found = body::find(html, &marked);
    let body_text = tree::visible_lines(found.iter().filter_map(|id| html.tree.get(*id)));
    let frame = tree::lines([html.tree.root()], |node| {
        found.contains(&node.id()) || node.value().as_element().is_some_and(|element| tree::is_silent(element.name()))
    });
    let labels = Labels::new(&frame, &body_text);
    let lines = tree::visible_lines([html.tree.root()]);
    out.title = title::find(html, &metas, &marked, &labels);
    out.published = metadata::published(html, &metas, &marked, &labels, &lines, &out.title);
    out.written = metadata::written(&labels, &body_text);
    out.origin = metadata::origin(&metas, &marked, &labels);
    out.author = metadata::author(&metas, &marked, &labels);
    out.document_number = metadata::number(&marked, &labels, &body_text);
    out.index_number = metadata::index_number(&marked, &labels);
    out.gone = is_gone(&frame, &body_text, out);
    found
}

/// Short, says so, and has nothing that an item has.
fn is_gone(frame: &str, body: &str, out: &Extracted) -> bool {
    let characters = tree::ink(frame) + tree::ink(body);
    let says = |text: &str| GONE_WORDS.iter().any(|word| text.contains(word));
    characters < GONE_CHARACTERS
        && (says(frame) || says(body) || says(&out.title))
        && out.document_number.is_none()
        && out.index_number.is_none()
        && out.published.is_none()
}

fn read_body(html: &mut Html, found: &[ego_tree::NodeId], base: Option<&Url>, out: &mut Extracted) {
    for id in body::clutter(html, found) {
        if let Some(mut node) = html.tree.get_mut(id) {
            node.detach();
        }
    }
    let mut source = String::new();
    for node in found.iter().filter_map(|id| html.tree.get(*id)) {
        match node.value() {
            Node::Text(text) => source.push_str(&escape(text)),
            Node::Element(element) if element.name() == "body" => {
                source.extend(ElementRef::wrap(node).map(|element| element.inner_html()));
            }
            // A cell or row outside its table would lose its words to the parser's rules: take what is in it.
            Node::Element(element) if matches!(element.name(), "td" | "th" | "li" | "dd") => {
                source.extend(ElementRef::wrap(node).map(|element| format!("<div>{}</div>", element.inner_html())));
            }
            Node::Element(_) => source.extend(ElementRef::wrap(node).map(|element| element.html())),
            _ => {}
        }
    }
    out.html = clean::clean(&source, base).trim().to_owned();
    out.text = clean::plain_text(&out.html);
}

/// Text as it must stand in HTML.
pub(crate) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(html: &str) -> Extracted {
        page(&PageInput {
            bytes: html.as_bytes(),
            url: "http://daj.qz.gov.cn/shtml/00001/000012/detail_1.shtml",
            content_type: Some("text/html; charset=utf-8"),
            pinned_charset: None,
        })
    }

    #[test]
    fn the_notice_of_2008() {
        let body = "贯彻落实《意见》(国办发〔2006〕104号)精神,进一步丰富“中国衢州”政府门户网站内容,提高信息的权威性、时效性和全局性,经市政府同意,现就有关事项通知如下:";
        let out = read(&format!(
            "<title>关于加强市政府门户网站内容保障工作的通知-衢州档案</title><table><tr><td><h3>关于加强市政府门户网站内容保障工作的通知</h3></td></tr>
            <tr><td>发布时间: 2013.08.15&nbsp;&nbsp; 来源:超级管理员</td></tr><tr><td class=detail><p>衢政办发[2008]12号</p><p>{body}</p><p>{body}</p>
            <p>二○○八年一月二十九日</p></td></tr></table><a href='../000011/detail_1.shtml'>上一页</a> <a href='../000013/detail_1.shtml'>下一页</a>"
        ));
        assert_eq!(out.title, "关于加强市政府门户网站内容保障工作的通知");
        assert_eq!(out.published.unwrap().to_string(), "2013-08-15");
        assert_eq!(out.written.unwrap().to_string(), "2008-01-29");
        assert_eq!(out.document_number.as_deref(), Some("衢政办发〔2008〕12号"));
        assert_eq!(out.origin.as_deref(), Some("超级管理员"));
        assert_eq!(out.next.as_deref(), Some("http://daj.qz.gov.cn/shtml/00001/000013/detail_1.shtml"));
        assert!(out.text.starts_with("衢政办发[2008]12号\n贯彻"), "{}", out.text);
        assert!(out.unreadable.is_empty() && !out.gone);
    }

    #[test]
    fn a_page_that_is_gone() {
        assert!(read("<title>错误页面</title><div>您访问的页面不存在</div>").gone);
        assert!(!read("<h1>关于清理已删除档案的通知</h1><p>发布日期：2021-04-02</p><div id=zoom>各单位：请于月底前清理已删除的档案，并报送清单。特此通知，望遵照执行。</div>").gone);
    }

    #[test]
    fn deep_is_refused() {
        assert!(!read(&"<div>".repeat(100_000)).unreadable.is_empty());
    }
}
