//! Every text of a source page, for the gate.
//!
//! Visibility is not modelled: text nodes (hidden ones too), attribute values, comments, meta, scripts and styles all
//! count. The page goes in twice, with a line break between blocks and with all tags simply removed, so that
//! `机<b>密</b>` and `<div>机</div><div>密</div>` are both seen. JSON escapes in scripts are undone in a second view.
//! Bounded by [`SEGMENTS`] and [`SEGMENT_BYTES`]: over it the page is unreadable, never cut.

use std::collections::HashSet;

use scraper::{Html, Node};

use super::bounds::{SEGMENT_BYTES, SEGMENTS};
use super::tree::{self, Step};
use crate::model::{Field, Segment, TextKind, Unreadable};

/// Attributes whose ASCII values are layout and say nothing.
const LAYOUT: [&str; 22] = [
    "class",
    "style",
    "width",
    "height",
    "align",
    "valign",
    "border",
    "cellpadding",
    "cellspacing",
    "bgcolor",
    "color",
    "face",
    "size",
    "target",
    "rel",
    "type",
    "method",
    "lang",
    "dir",
    "colspan",
    "rowspan",
    "charset",
];

/// Collects segments under the bounds, each text of a field once.
#[derive(Default)]
pub(crate) struct Collector {
    segments: Vec<Segment>,
    seen: HashSet<(Field, String)>,
    bytes: usize,
    over: bool,
}

impl Collector {
    /// Adds a text; empty ones and repeated ones are left out.
    pub(crate) fn add(&mut self, field: Field, place: &str, text: &str) {
        let text = text.trim();
        if text.is_empty() || self.over {
            return;
        }
        if text.len() <= 4096 && !self.seen.insert((field, text.to_owned())) {
            return;
        }
        if self.segments.len() >= SEGMENTS || self.bytes + text.len() > SEGMENT_BYTES {
            self.over = true;
            return;
        }
        self.bytes += text.len();
        self.segments.push(Segment::new(field, place, text));
    }

    /// The texts so far.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().map(|segment| segment.text.as_str())
    }

    /// The segments, which were read from a `kind`, and why they are not all.
    pub(crate) fn finish(mut self, place: &str, kind: TextKind) -> (Vec<Segment>, Option<Unreadable>) {
        self.segments.iter_mut().for_each(|segment| segment.kind = kind);
        let unreadable = self.over.then(|| Unreadable {
            place: place.to_owned(),
            reason: format!("over {} MiB of text or {SEGMENTS} pieces", SEGMENT_BYTES >> 20),
        });
        (self.segments, unreadable)
    }
}

/// Adds every text of an HTML document.
pub(crate) fn of_html(html: &Html, out: &mut Collector) {
    let root = html.tree.root();
    let page = tree::lines([root], |node| node.value().as_element().is_some_and(|element| is_code(element.name())));
    out.add(Field::Page, "", &page);
    let mut bare = String::new();
    tree::walk(root, |step| {
        let Step::Open(node) = step else { return true };
        match node.value() {
            Node::Element(element) if is_code(element.name()) => {
                of_attributes(element, out);
                let code: String =
                    node.children().filter_map(|child| child.value().as_text().map(|text| text.to_string())).collect();
                of_code(element.name(), &code, out);
                return false;
            }
            Node::Element(element) => of_attributes(element, out),
            Node::Text(text) => bare.push_str(text.trim()),
            Node::Comment(comment) => of_code("", comment, out),
            Node::ProcessingInstruction(instruction) => out.add(Field::Comment, &instruction.target, &instruction.data),
            _ => {}
        }
        true
    });
    out.add(Field::Page, "without tags", &bare);
}

/// Adds the body as it would be published, with tags removed without a joiner.
pub(crate) fn of_body(cleaned: &str, out: &mut Collector) {
    let fragment = Html::parse_fragment(cleaned);
    let bare: String = fragment.root_element().text().map(str::trim).collect();
    out.add(Field::Body, "without tags", &bare);
}

/// Elements whose content the parser hands over as raw text.
fn is_code(name: &str) -> bool {
    matches!(name, "script" | "style" | "noscript" | "iframe" | "noembed" | "noframes" | "xmp" | "textarea")
}

/// A comment (`name` empty) or the raw text of an element: as it stands, with tags removed, with escapes undone.
fn of_code(name: &str, code: &str, out: &mut Collector) {
    let field = if name.is_empty() { Field::Comment } else { Field::Page };
    out.add(field, name, code);
    if code.contains('<') {
        out.add(field, name, &without_tags(code));
    }
    if code.contains('\\') {
        out.add(field, name, &unescape(code));
    }
}

fn of_attributes(element: &scraper::node::Element, out: &mut Collector) {
    for (name, value) in element.attrs() {
        let says_nothing = value.is_ascii() && (LAYOUT.contains(&name) || value.len() < 2);
        if says_nothing {
            continue;
        }
        out.add(Field::Attribute, name, value);
        if value.contains('%')
            && let Some(decoded) = percent_decoded(value)
        {
            out.add(Field::Attribute, name, &decoded);
        }
        if value.contains('<') {
            out.add(Field::Attribute, name, &without_tags(value));
        }
    }
}

/// `text` without anything between `<` and `>`.
pub(crate) fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for character in text.chars() {
        match character {
            '<' => inside = true,
            '>' if inside => inside = false,
            _ if !inside => out.push(character),
            _ => {}
        }
    }
    out
}

/// `%E6%9C%BA` decoded, as UTF-8 where it is, else as GB18030; nothing where it stays ASCII.
pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail
            .get(..2)
            .and_then(|pair| std::str::from_utf8(pair).ok())
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, pair) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    let decoded = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => encoding_rs::GB18030.decode_without_bom_handling(error.as_bytes()).0.into_owned(),
    };
    (!decoded.is_ascii()).then_some(decoded)
}

/// `\u673A`, `\x41`, `\n` and `\/` undone.
fn unescape(code: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(code.len());
    let mut rest = code;
    let mut buffer = [0u16; 2];
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        let escape = if character == '\\' { rest.chars().next() } else { None };
        let length = match escape {
            Some('u') => 4,
            Some('x') => 2,
            _ => 0,
        };
        let hexadecimal = (length > 0)
            .then(|| rest.get(1..=length))
            .flatten()
            .and_then(|digits| u16::from_str_radix(digits, 16).ok());
        match (escape, hexadecimal) {
            (_, Some(unit)) => {
                units.push(unit);
                rest = &rest[1 + length..];
            }
            (Some('n' | 'r' | 't'), _) => {
                units.push(u16::from(b'\n'));
                rest = &rest[1..];
            }
            (Some('\\' | '/' | '"' | '\''), _) => {}
            _ => units.extend_from_slice(character.encode_utf16(&mut buffer)),
        }
    }
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(html: &str) -> Vec<String> {
        let mut out = Collector::default();
        of_html(&Html::parse_document(html), &mut out);
        out.finish("", TextKind::Web).0.into_iter().map(|segment| segment.text).collect()
    }

    #[test]
    fn nothing_of_a_page_is_hidden_from_the_gate() {
        let all = texts(
            r#"<title>甲</title><meta name=x content="乙乙"><p style="display:none">丙</p><img alt="丁丁"><!-- 戊<b>己</b> -->
            <script>var a="\u5E9A";</script><style>p::before{content:"辛"}</style><noscript><p>壬<i>癸</i></p></noscript>
            <p>机<b>密</b></p><div>绝</div><div>密</div><template><p>子</p></template><svg><text>丑</text></svg>
            <a href="/%E5%AF%85.html">卯</a><textarea>辰</textarea><iframe srcdoc="<p>巳</p>"></iframe>"#,
        )
        .join("\u{1}");
        for text in
            ["甲", "乙乙", "丙", "丁丁", "戊己", "庚", "辛", "壬癸", "机密", "绝密", "子", "丑", "寅", "卯", "辰", "巳"]
        {
            assert!(all.contains(text), "{text} not in {all}");
        }
    }

    #[test]
    fn over_the_bound_is_unreadable() {
        let mut out = Collector::default();
        for number in 0..=SEGMENTS {
            out.add(Field::Page, "", &number.to_string());
        }
        assert!(out.finish("", TextKind::Web).1.is_some());
    }
}
