//! The comments with which a content system marks the parts of its pages.
//!
//! Hanweb JCMS writes `<!--<$[标题]>begin-->…<!--<$[标题]>end-->` and `<!--ZJEG_RSS.content.begin-->…`; others
//! `<!--ContentStart-->…<!--ContentEnd-->`. Begin may stand inside begin; the innermost pair counts.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{Html, Node};

use super::tree::{self, Step};

/// What the markers of a page enclose.
#[derive(Default)]
pub(crate) struct Marked {
    /// Text by the name of the part: `标题`, `信息来源`, `信息显示时间`, …
    texts: HashMap<String, String>,
    /// Top nodes of the marked body.
    body: Vec<NodeId>,
}

impl Marked {
    /// The text of the first of these parts that is marked and not empty.
    pub(crate) fn text(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.texts.get(*name)).map(String::as_str)
    }

    /// Top nodes of the body, empty where none is marked.
    pub(crate) fn body(&self) -> &[NodeId] {
        &self.body
    }
}

/// Reads the markers of a page.
pub(crate) fn read(html: &Html) -> Marked {
    let mut marked = Marked::default();
    let mut open: HashMap<String, String> = HashMap::new();
    tree::walk(html.tree.root(), |step| {
        let Step::Open(node) = step else { return true };
        match node.value() {
            Node::Text(text) => open.values_mut().for_each(|buffer| buffer.push_str(text)),
            Node::Comment(comment) => match part(comment) {
                Some((name, true)) => {
                    open.insert(name, String::new());
                }
                Some((name, false)) => {
                    if let Some(text) = open.remove(&name).filter(|text| !text.trim().is_empty()) {
                        marked
                            .texts
                            .entry(name)
                            .or_insert_with(|| text.split_whitespace().collect::<Vec<_>>().join(" "));
                    }
                }
                None => {}
            },
            _ => {}
        }
        true
    });
    marked.body = body(html);
    marked
}

/// `<$[标题]>begin` names a part and says whether it begins.
fn part(comment: &str) -> Option<(String, bool)> {
    let inner = comment.trim().strip_prefix("<$[")?;
    let (name, edge) = inner.split_once("]>")?;
    match edge.trim() {
        "begin" => Some((name.trim().to_owned(), true)),
        "end" => Some((name.trim().to_owned(), false)),
        _ => None,
    }
}

fn body(html: &Html) -> Vec<NodeId> {
    let mut begin = None;
    for node in html.tree.root().descendants() {
        let Some(comment) = node.value().as_comment() else { continue };
        let word: String = comment.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        match word.as_str() {
            "zjeg_rss.content.begin" | "<$[信息内容]>begin" | "contentstart" | "content_begin" | "enpcontent" => {
                begin = Some(node)
            }
            "zjeg_rss.content.end" | "<$[信息内容]>end" | "contentend" | "content_end" | "/enpcontent" => {
                let Some(start) = begin.take() else { continue };
                let nodes: Vec<_> = start.next_siblings().take_while(|sibling| sibling.id() != node.id()).collect();
                let closes = start.parent().map(|parent| parent.id()) == node.parent().map(|parent| parent.id());
                let characters: usize = nodes.iter().map(|top| tree::ink(&tree::visible_lines([*top]))).sum();
                if closes && characters > 0 {
                    return nodes.into_iter().map(|top| top.id()).collect();
                }
            }
            _ => {}
        }
    }
    Vec::new()
}
