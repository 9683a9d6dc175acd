//! Walking an HTML tree without recursion, and reading it as lines.
//!
//! Lines are what a person sees as lines: a block element or `<br>` ends one, table cells are set apart by a tab.

use ego_tree::NodeRef;
use scraper::{ElementRef, Html, Node};

/// A step of [`walk`].
pub(crate) enum Step<'a> {
    /// A node begins; the answer of the visitor says whether its children are walked.
    Open(NodeRef<'a, Node>),
    /// An element ends.
    Close(NodeRef<'a, Node>),
}

/// Walks a tree in document order.
pub(crate) fn walk<'a>(root: NodeRef<'a, Node>, mut visit: impl FnMut(Step<'a>) -> bool) {
    let mut node = root;
    loop {
        if visit(Step::Open(node))
            && let Some(child) = node.first_child()
        {
            node = child;
            continue;
        }
        loop {
            visit(Step::Close(node));
            if node.id() == root.id() {
                return;
            }
            if let Some(sibling) = node.next_sibling() {
                node = sibling;
                break;
            }
            let Some(parent) = node.parent() else { return };
            node = parent;
        }
    }
}

/// The elements of a document, in order.
pub(crate) fn elements(html: &Html) -> impl Iterator<Item = ElementRef<'_>> {
    html.root_element().descendent_elements()
}

/// Whether an element begins and ends a line.
pub(crate) fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "hr"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "thead"
            | "tfoot"
            | "tr"
            | "ul"
            | "caption"
            | "option"
            | "select"
            | "title"
            | "html"
            | "head"
    )
}

/// Whether an element's text is never on screen as text.
pub(crate) fn is_silent(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "noscript"
            | "template"
            | "head"
            | "iframe"
            | "noembed"
            | "noframes"
            | "textarea"
            | "select"
    )
}

/// The text of some nodes as lines; subtrees for which `skip` says so are left out.
pub(crate) fn lines<'a>(
    roots: impl IntoIterator<Item = NodeRef<'a, Node>>,
    skip: impl Fn(NodeRef<'a, Node>) -> bool,
) -> String {
    let mut raw = String::new();
    for root in roots {
        walk(root, |step| {
            match step {
                Step::Open(node) if skip(node) => return false,
                Step::Open(node) => match node.value() {
                    Node::Text(text) => push_text(&mut raw, text),
                    Node::Element(element) if element.name() == "br" || is_block(element.name()) => raw.push('\n'),
                    _ => {}
                },
                Step::Close(node) if skip(node) => {}
                Step::Close(node) => match node.value().as_element().map(scraper::node::Element::name) {
                    Some("td" | "th") => raw.push('\t'),
                    Some(name) if is_block(name) => raw.push('\n'),
                    _ => {}
                },
            }
            true
        });
    }
    tidy(&raw)
}

/// What a reader sees of a document, as lines.
pub(crate) fn visible_lines<'a>(roots: impl IntoIterator<Item = NodeRef<'a, Node>>) -> String {
    lines(roots, |node| node.value().as_element().is_some_and(|element| is_silent(element.name())))
}

/// In a text node line breaks are spaces.
fn push_text(raw: &mut String, text: &str) {
    raw.extend(text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t' | '\u{000C}' | '\u{00A0}') { ' ' } else { c }));
}

/// Runs of spaces to one, no spaces at the ends of a line or cell, no empty lines.
fn tidy(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for line in raw.lines() {
        let line = line.trim_matches(|c: char| c.is_whitespace() || c == '\u{3000}');
        if line.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let mut space = false;
        for character in line.chars() {
            let is_space = character == ' ';
            if !(is_space && (space || out.ends_with('\t'))) {
                if character == '\t' && out.ends_with(' ') {
                    out.pop();
                }
                out.push(character);
            }
            space = is_space;
        }
    }
    out
}

/// The text of an element on one line.
pub(crate) fn one_line(element: ElementRef<'_>) -> String {
    visible_lines([*element]).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All text of an element as it stands.
pub(crate) fn raw_text(element: ElementRef<'_>) -> String {
    element.text().collect()
}

/// Characters of a text that are not white space.
pub(crate) fn ink(text: &str) -> usize {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{3000}').count()
}

/// `class` and `id` of an element, lower case, for matching words in them.
pub(crate) fn names_of(element: &scraper::node::Element) -> String {
    let mut names = element.attr("class").unwrap_or("").to_ascii_lowercase();
    names.push(' ');
    names.push_str(&element.attr("id").unwrap_or("").to_ascii_lowercase());
    names
}
