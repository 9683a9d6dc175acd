//! Worksheets: cells with their shared strings put in.

use super::package::Part;
use crate::extract::charset;
use crate::extract::xml::{self, Node};

/// The shared strings of a workbook, in their order.
pub(super) fn shared_strings(parts: &[Part]) -> Vec<String> {
    let Some(part) = parts.iter().find(|part| part.name.eq_ignore_ascii_case("xl/sharedStrings.xml")) else {
        return Vec::new();
    };
    let decoded = charset::decode(&part.bytes, None, None);
    let (mut strings, mut current, mut phonetic) = (Vec::new(), String::new(), false);
    // What is broken in it is reported when the part is read as every other part.
    let _broken = xml::read(&decoded.text, |node| match node {
        Node::Open("rPh", _) => phonetic = true,
        Node::Close("rPh") => phonetic = false,
        Node::Text(text) if !phonetic => current.push_str(text),
        Node::Close("si") => strings.push(std::mem::take(&mut current)),
        Node::Open("si", _) => current.clear(),
        _ => {}
    });
    strings
}

/// A sheet as lines of cells set apart by tabs. Broken XML was reported before.
pub(super) fn read(text: &str, shared: &[String]) -> String {
    let (mut out, mut value, mut is_shared, mut taking) = (String::new(), String::new(), false, false);
    let _broken = xml::read(text, |node| match node {
        Node::Open("c", tag) => {
            is_shared = xml::attribute(tag, "t").as_deref() == Some("s");
            value.clear();
        }
        Node::Open("v" | "t", _) => taking = true,
        Node::Close("v" | "t") => taking = false,
        Node::Text(text) if taking => value.push_str(text),
        Node::Close("c") => {
            let index = if is_shared { value.trim().parse::<usize>().ok() } else { None };
            let cell = index.and_then(|index| shared.get(index)).unwrap_or(&value);
            if !cell.is_empty() {
                out.push_str(&cell.replace('\n', " "));
            }
            out.push('\t');
        }
        Node::Close("row") => {
            out.truncate(out.trim_end_matches('\t').len());
            out.push('\n');
        }
        _ => {}
    });
    out
}
