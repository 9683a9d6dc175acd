//! The body of an item, set for a page of this site.
//!
//! What is shown is the signed, sanitised HTML; three things are fitted to the page around it. Headings start
//! below the page's own and skip no level (WCAG 1.3.1). A picture lies on the source's server, and a visitor's
//! browser is sent nowhere unasked, so it becomes a link with its alternative text. A link without words goes.
//! Depth of nesting is no matter: the tree is walked, not recursed into.

use ego_tree::NodeRef;
use ego_tree::iter::Edge;
use scraper::node::Element;
use scraper::{Html, Node};

/// Elements without an end tag (HTML Living Standard 13.1.2).
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "param"];

/// Sets sanitised HTML; `text` stands in where there is none.
#[must_use]
pub fn set(html: &str, text: &str) -> String {
    if html.trim().is_empty() {
        return paragraphs(text);
    }
    let tree = Html::parse_fragment(html);
    let mut writer = Writer { out: String::with_capacity(html.len() + html.len() / 8), level: 1, ends: Vec::new() };
    for edge in tree.root_element().traverse() {
        match edge {
            Edge::Open(node) => writer.open(node),
            Edge::Close(node) => writer.close(node),
        }
    }
    writer.out
}

fn paragraphs(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| format!("<p>{}</p>\n", escaped(line))).collect()
}

struct Writer {
    out: String,
    /// Level of the last heading; the page's own is 1.
    level: u8,
    /// End tags still to write, for the elements that are open.
    ends: Vec<String>,
}

impl Writer {
    fn open(&mut self, node: NodeRef<'_, Node>) {
        match node.value() {
            Node::Text(text) => self.out.push_str(&escaped(text)),
            Node::Element(element) => {
                let end = self.element(element, node);
                self.ends.push(end);
            }
            _ => {}
        }
    }

    fn close(&mut self, node: NodeRef<'_, Node>) {
        if node.value().is_element()
            && let Some(end) = self.ends.pop()
        {
            self.out.push_str(&end);
        }
    }

    /// Writes the start of an element and returns its end.
    fn element(&mut self, element: &Element, node: NodeRef<'_, Node>) -> String {
        let name = element.name();
        match name {
            "html" => String::new(),
            "img" => {
                self.picture(element, node);
                String::new()
            }
            "a" if wordless(node) => String::new(),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                let asked = name.as_bytes().get(1).map_or(2, |digit| digit.saturating_sub(b'0'));
                self.level = asked.clamp(2, 6).min(self.level + 1);
                self.start(&format!("h{}", self.level), element)
            }
            _ => self.start(name, element),
        }
    }

    fn start(&mut self, name: &str, element: &Element) -> String {
        self.out.push('<');
        self.out.push_str(name);
        for (attribute, value) in element.attrs() {
            self.out.push_str(&format!(" {attribute}=\"{}\"", escaped(value)));
        }
        self.out.push('>');
        if VOID.contains(&name) { String::new() } else { format!("</{name}>") }
    }

    fn picture(&mut self, element: &Element, node: NodeRef<'_, Node>) {
        let words = element.attr("alt").or_else(|| element.attr("title")).unwrap_or_default().trim();
        let words = if words.is_empty() { "图片".to_owned() } else { format!("图片：{}", escaped(words)) };
        let in_link = node.ancestors().any(|above| above.value().as_element().is_some_and(|e| e.name() == "a"));
        match element.attr("src").filter(|address| super::links::safe_address(address)) {
            Some(address) if !in_link => {
                self.out
                    .push_str(&format!("<a href=\"{}\" rel=\"noopener noreferrer\">[{words}]</a>", escaped(address)));
            }
            _ => self.out.push_str(&format!("[{words}]")),
        }
    }
}

/// Whether a link has nothing that can be read out.
fn wordless(node: NodeRef<'_, Node>) -> bool {
    node.descendants().all(|below| match below.value() {
        Node::Text(text) => text.trim().is_empty(),
        Node::Element(element) => element.name() != "img",
        _ => true,
    })
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_go_down_one_by_one_from_the_page_s_own() {
        assert_eq!(
            set("<h1>一</h1><h4>二</h4><h6>三</h6><h2>四</h2>", ""),
            "<h2>一</h2><h3>二</h3><h4>三</h4><h2>四</h2>"
        );
    }

    #[test]
    fn pictures_are_links_and_links_have_words() {
        let set = set(
            r#"<p><img src="http://a.cn/1.png" alt='甲"乙'><img src="javascript:x"><a href="http://a.cn/"> </a></p>"#,
            "",
        );
        assert_eq!(
            set,
            r#"<p><a href="http://a.cn/1.png" rel="noopener noreferrer">[图片：甲&quot;乙]</a>[图片] </p>"#
        );
    }

    #[test]
    fn text_stands_in_and_is_escaped() {
        assert_eq!(set("", "一<b>\n\n二&"), "<p>一&lt;b&gt;</p>\n<p>二&amp;</p>\n");
        assert_eq!(set("<p>甲&lt;b&gt;<br>乙</p>", ""), "<p>甲&lt;b&gt;<br>乙</p>");
    }

    #[test]
    fn depth_is_no_matter() {
        let deep = format!("{}字{}", "<div>".repeat(2_000), "</div>".repeat(2_000));
        assert!(set(&deep, "").contains('字'));
    }
}
