//! Where the body of a page is.
//!
//! First the markers of the content system, then the containers that the systems in the field use, then a score
//! over the tree: paragraphs give their parents points for length and commas, links take points away (the idea of
//! Arc90's Readability). Around the result, parts that are no text (sharing, fonts, printing, recommendations) are
//! taken out.

use std::collections::HashMap;

use ego_tree::{NodeId, NodeRef};
use scraper::{ElementRef, Html, Node};

use super::markers::Marked;
use super::tree;

/// Ids and classes of body containers, most trusted first.
const CONTAINERS: [&str; 26] = [
    ".trs_editor",
    ".trs_ueditor",
    "#ucap-content",
    "#zoom",
    "#ivs_content",
    ".article-content",
    ".wzzw-article",
    "#ccontent",
    ".pages_content",
    "#fontzoom",
    "#articlecontent",
    "#js_content",
    "td.detail",
    "#artibody",
    "#content",
    ".view",
    "div.text",
    "#zoomcon",
    "#textbody",
    ".article-body",
    ".post_body",
    ".article_content",
    "#article",
    "article",
    ".article",
    ".content",
];
/// Fewest characters of a container that is taken without looking further.
const ENOUGH: usize = 30;

/// The top nodes of the body.
pub(crate) fn find(html: &Html, marked: &Marked) -> Vec<NodeId> {
    if !marked.body().is_empty() {
        return marked.body().to_vec();
    }
    let scored = scored(html);
    let scored_ink = scored.and_then(|id| html.tree.get(id)).map_or(0, weight);
    for (rank, container) in CONTAINERS.into_iter().enumerate() {
        let found =
            tree::elements(html).filter(|element| is(container, element)).map(|element| (weight(*element), *element));
        let Some((characters, node)) = found.max_by_key(|(characters, _)| *characters) else { continue };
        let links = link_share(node);
        // The later names are used for other things too: they must hold most of what the score would choose.
        let is_body =
            if rank < 13 { characters >= ENOUGH || has_file(node) } else { characters >= ENOUGH && links < 0.4 };
        if is_body && characters * 10 >= scored_ink * if rank < 3 { 3 } else { 6 } {
            return vec![node.id()];
        }
    }
    scored.into_iter().collect()
}

/// Parts within a body that are no text of it.
pub(crate) fn clutter(html: &Html, body: &[NodeId]) -> Vec<NodeId> {
    let mut found = Vec::new();
    for top in body.iter().filter_map(|id| html.tree.get(*id)) {
        let total = weight(top).max(1);
        for node in top.descendants().skip(1) {
            let Some(element) = ElementRef::wrap(node) else { continue };
            if is_clutter(element, total) {
                found.push(node.id());
            }
        }
    }
    found
}

fn is_clutter(element: ElementRef<'_>, total: usize) -> bool {
    let name = element.value().name();
    if matches!(name, "script" | "style" | "nav" | "form" | "button" | "iframe" | "aside" | "footer") {
        return name != "form" || weight(*element) * 2 < total;
    }
    let names = tree::names_of(element.value());
    const WORDS: [&str; 26] = [
        "share",
        "bdshare",
        "related",
        "recommend",
        "qrcode",
        "qr_container",
        "erweima",
        "print",
        "fontsize",
        "font-size",
        "pagebreak",
        "page-break",
        "copyright",
        "comment",
        "footer",
        "breadcrumb",
        "toolbar",
        "statement",
        "disclaimer",
        "post_next",
        "post_top_tie",
        "relnews",
        "bread",
        "div_div",
        "ep-source",
        "editor-info",
    ];
    let named = !matches!(name, "p" | "span" | "table" | "td" | "tr" | "tbody")
        && WORDS
            .iter()
            .any(|word| names.split([' ', '\t', '\n']).any(|part| part.starts_with(word) || part.ends_with(word)));
    if named {
        return weight(*element) * 3 < total;
    }
    let hidden =
        element.attr("style").is_some_and(|style| style.replace(' ', "").to_ascii_lowercase().contains("display:none"));
    hidden || (matches!(name, "ul" | "ol" | "div") && is_link_list(element, total))
}

/// A block of links inside a body: neighbours, recommendations. Links to files are attachments and stay.
fn is_link_list(element: ElementRef<'_>, total: usize) -> bool {
    let links = element.descendent_elements().filter(|inner| inner.value().name() == "a").count();
    links >= 3 && weight(*element) * 3 < total && link_share(*element) > 0.75 && !has_file(*element)
}

fn is(container: &str, element: &ElementRef<'_>) -> bool {
    let value = element.value();
    let (name, rest) = match container.find(['.', '#']) {
        Some(0) => ("", container),
        Some(at) => container.split_at(at),
        None => return value.name() == container,
    };
    if !name.is_empty() && value.name() != name {
        return false;
    }
    match rest.split_at(1) {
        (".", class) => value.classes().any(|own| own.eq_ignore_ascii_case(class)),
        (_, id) => value.attr("id").is_some_and(|own| own.trim().eq_ignore_ascii_case(id)),
    }
}

/// Visible characters.
pub(crate) fn weight(node: NodeRef<'_, Node>) -> usize {
    let mut count = 0;
    tree::walk(node, |step| {
        if let tree::Step::Open(node) = step {
            match node.value() {
                Node::Element(element) if tree::is_silent(element.name()) => return false,
                Node::Text(text) => count += tree::ink(text),
                _ => {}
            }
        }
        true
    });
    count
}

/// The share of visible characters that stand in links.
pub(crate) fn link_share(node: NodeRef<'_, Node>) -> f64 {
    let in_links: usize = node
        .descendants()
        .filter(|inner| inner.value().as_element().is_some_and(|element| element.name() == "a"))
        .map(weight)
        .sum();
    in_links as f64 / weight(node).max(1) as f64
}

fn has_file(node: NodeRef<'_, Node>) -> bool {
    node.descendants().filter_map(ElementRef::wrap).any(|element| {
        let href = element.attr("href").or_else(|| element.attr("src")).unwrap_or("");
        let path = href.split(['?', '#']).next().unwrap_or("");
        matches!(
            super::kind::extension(path).as_str(),
            "pdf" | "doc" | "docx" | "xls" | "xlsx" | "wps" | "ofd" | "zip" | "rar" | "ppt" | "pptx"
        )
    })
}

/// The element with the most points.
fn scored(html: &Html) -> Option<NodeId> {
    let mut points: HashMap<NodeId, f64> = HashMap::new();
    for node in html.tree.root().descendants() {
        let Some(parent) = text_owner(node) else { continue };
        let text = own_text(node);
        let length = tree::ink(&text);
        if length < 15 {
            continue;
        }
        let commas = text.chars().filter(|c| matches!(c, ',' | '，' | '、' | '；' | '。' | ';')).count();
        let value = 1.0 + (commas as f64).min(20.0) + (length as f64 / 50.0).min(4.0);
        for (step, above) in std::iter::once(parent).chain(parent.ancestors()).take(3).enumerate() {
            *points.entry(above.id()).or_default() += value / [1.0, 2.0, 5.0][step];
        }
    }
    let best = points.iter().filter_map(|(id, value)| {
        let node = html.tree.get(*id)?;
        let element = node.value().as_element()?;
        (element.name() != "html").then(|| (*id, (value + name_bonus(element)) * (1.0 - link_share(node))))
    });
    // Ties go to the outermost, which is the smaller id: the result must not hang on the order of a map.
    let (best, score) = best.max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
    Some(widen(html, best, score, &points))
}

/// Where the paragraphs are spread over siblings, the parent is the body.
fn widen(html: &Html, best: NodeId, score: f64, points: &HashMap<NodeId, f64>) -> NodeId {
    let Some(parent) = html.tree.get(best).and_then(|node| node.parent()) else { return best };
    let rich = parent
        .children()
        .filter(|child| child.id() != best && points.get(&child.id()).is_some_and(|value| *value > score * 0.25));
    if rich.count() >= 1
        && parent.value().as_element().is_some_and(|element| element.name() != "body" && element.name() != "html")
    {
        parent.id()
    } else {
        best
    }
}

/// The element that gets the points of a text: of a paragraph its parent, of bare text its block.
fn text_owner<'a>(node: NodeRef<'a, Node>) -> Option<NodeRef<'a, Node>> {
    match node.value() {
        Node::Element(element) if matches!(element.name(), "p" | "pre" | "blockquote" | "section") => node.parent(),
        Node::Text(text) if tree::ink(text) >= 15 => {
            let block = node.ancestors().find(|above| {
                above.value().as_element().is_some_and(|element| {
                    tree::is_block(element.name())
                        || matches!(element.name(), "td" | "script" | "style" | "textarea" | "a")
                })
            })?;
            let name = block.value().as_element()?.name();
            matches!(name, "div" | "td" | "article" | "center" | "main").then_some(block)
        }
        _ => None,
    }
}

fn own_text(node: NodeRef<'_, Node>) -> String {
    match node.value() {
        Node::Text(text) => text.to_string(),
        _ => tree::visible_lines(node.children().filter(|child| {
            !child.value().as_element().is_some_and(|element| matches!(element.name(), "p" | "div" | "table"))
        })),
    }
}

fn name_bonus(element: &scraper::node::Element) -> f64 {
    let names = tree::names_of(element);
    let has = |words: &[&str]| words.iter().any(|word| names.contains(word));
    let mut bonus = 0.0;
    if has(&["article", "content", "body", "entry", "main", "text", "detail", "zoom", "post", "story", "editor"]) {
        bonus += 5.0;
    }
    if has(&[
        "comment",
        "foot",
        "sidebar",
        "nav",
        "menu",
        "related",
        "recommend",
        "share",
        "copyright",
        "hot",
        "rank",
        "banner",
    ]) {
        bonus -= 8.0;
    }
    bonus
}
