//! The guard before the HTML parser: one linear pass that refuses what would make html5ever quadratic.
//!
//! html5ever takes more than a minute for 200,000 nested elements. The pass below keeps a stack of open elements by
//! name, as the tree builder does, and counts formatting elements apart, because the tree builder reopens those. It
//! is an estimate on the safe side for real pages and no proof against every trick; the time limit of the child is.
//! Source: HTML standard, 13.2.5 (tokenizer) and 13.2.6 (tree construction).

use super::bounds::HTML_DEPTH;

/// Elements that never nest or are closed by the parser itself.
const FLAT: [&str; 39] = [
    "p", "li", "dd", "dt", "option", "optgroup", "tr", "td", "th", "tbody", "thead", "tfoot", "colgroup", "rt", "rp",
    "rb", "rtc", "body", "html", "head", "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta",
    "param", "source", "track", "wbr", "frame", "keygen", "bgsound", "image", "basefont",
];
/// Elements whose content is text for the tokenizer.
const RAW: [&str; 9] = ["script", "style", "title", "textarea", "iframe", "noembed", "noframes", "xmp", "noscript"];
/// Elements that the tree builder reopens after a block was closed over them.
const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];

/// Why a text is not handed to the HTML parser, if it is not.
pub(crate) fn refusal(html: &str) -> Option<String> {
    let mut guard = Guard::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = guard.markup(&rest[start + 1..]);
        if guard.open.len() > HTML_DEPTH || guard.formatting > HTML_DEPTH {
            return Some(format!("nested deeper than {HTML_DEPTH} elements"));
        }
    }
    None
}

#[derive(Default)]
struct Guard {
    open: Vec<String>,
    formatting: usize,
}

impl Guard {
    /// Takes what follows a `<` and returns what follows the markup.
    fn markup<'a>(&mut self, rest: &'a str) -> &'a str {
        if let Some(comment) = rest.strip_prefix("!--") {
            return after_comment(comment);
        }
        match rest.bytes().next() {
            Some(b'/') => self.close(&rest[1..]),
            Some(b'!' | b'?') => rest.find('>').map_or("", |end| &rest[end + 1..]),
            Some(first) if first.is_ascii_alphabetic() => self.element(rest),
            _ => rest,
        }
    }

    fn close<'a>(&mut self, rest: &'a str) -> &'a str {
        let name = name_of(rest);
        if FORMATTING.contains(&name.as_str()) {
            self.formatting = self.formatting.saturating_sub(1);
        }
        if let Some(at) = self.open.iter().rposition(|open| *open == name) {
            self.open.truncate(at);
        }
        after_tag(&rest[name.len()..])
    }

    fn element<'a>(&mut self, rest: &'a str) -> &'a str {
        let name = name_of(rest);
        let after = after_tag(&rest[name.len()..]);
        if FLAT.contains(&name.as_str()) {
            return after;
        }
        let foreign = self.open.iter().any(|open| open == "svg" || open == "math");
        if !foreign && RAW.contains(&name.as_str()) {
            return after_raw(after, &name);
        }
        self.formatting += usize::from(FORMATTING.contains(&name.as_str()));
        self.open.push(name);
        after
    }
}

fn name_of(rest: &str) -> String {
    let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>')).unwrap_or(rest.len());
    rest[..end].to_ascii_lowercase()
}

/// Skips to after the `>` that ends a tag; a `>` inside a quoted value does not.
fn after_tag(rest: &str) -> &str {
    let bytes = rest.as_bytes();
    let (mut at, mut value) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'>' => return &rest[at + 1..],
            b'=' => value = true,
            quote @ (b'"' | b'\'') if value => {
                let Some(length) = bytes[at + 1..].iter().position(|byte| *byte == quote) else { return "" };
                at += length + 1;
                value = false;
            }
            byte if !byte.is_ascii_whitespace() => value = false,
            _ => {}
        }
        at += 1;
    }
    ""
}

fn after_comment(comment: &str) -> &str {
    if let Some(rest) = comment.strip_prefix('>').or_else(|| comment.strip_prefix("->")) {
        return rest;
    }
    let ends = [("-->", comment.find("-->")), ("--!>", comment.find("--!>"))];
    let end = ends.into_iter().filter_map(|(mark, at)| at.map(|at| at + mark.len())).min();
    end.map_or("", |end| &comment[end..])
}

/// Skips to the end tag `</name` of a text element.
fn after_raw<'a>(rest: &'a str, name: &str) -> &'a str {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(found) = rest[at..].find("</") {
        at += found + 2;
        let end = at + name.len();
        if bytes.len() >= end && bytes[at..end].eq_ignore_ascii_case(name.as_bytes()) {
            return after_tag(&rest[end..]);
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_is_refused_and_long_is_not() {
        assert!(refusal(&"<div>".repeat(600)).is_some());
        assert!(refusal(&"<div></span>".repeat(600)).is_some());
        assert!(refusal(&"<div title='></div>'>".repeat(600)).is_some());
        assert!(refusal(&"<div><b id=1></div>".repeat(600)).is_some());
        assert!(refusal(&"<div><p>文<br><b>字</b></div>".repeat(5000)).is_none());
        assert!(refusal(&"<p>文<li>字".repeat(5000)).is_none());
        assert!(refusal(&format!("<script>{}</script>", "'<div>'".repeat(600))).is_none());
        assert!(refusal(&format!("<!--{}-->", "<div>".repeat(600))).is_none());
    }
}
