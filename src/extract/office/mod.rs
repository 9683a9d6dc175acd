//! Office packages: docx, xlsx, pptx, OpenDocument and OFD.
//!
//! Every XML part is read: headers, footers, comments, notes, properties, custom XML, tracked deletions, hidden sheets
//! and slides. What a person reads is [`Extracted::text`]; everything goes to the gate. Macros, OLE objects, encrypted
//! parts and parts of unknown kinds make the file unreadable; files inside are read as files. Limits: [`package`].
//! Source: ECMA-376 (OOXML), OASIS OpenDocument 1.2, GB/T 33190-2016 (OFD).

mod package;
mod sheets;
mod words;

use super::charset;
use super::document;
use super::kind::Kind;
use super::segments::Collector;
use super::{Extracted, page};
use crate::model::Field;
use package::Part;

/// Reads a package.
pub(crate) fn read(kind: Kind, name: &str, bytes: &[u8], depth: usize) -> Extracted {
    let mut out = Extracted::empty(kind);
    let parts = match package::open(bytes) {
        Ok(parts) => parts,
        Err(reason) => {
            out.refuse(name, reason);
            return out;
        }
    };
    let mut collector = Collector::default();
    let mut inner = Vec::new();
    let shared = sheets::shared_strings(&parts);
    let mut texts: Vec<(u32, String, String)> = Vec::new();
    for part in &parts {
        if kind == Kind::OpenDocument && (part.name.starts_with("Basic/") || part.name.starts_with("Scripts/")) {
            out.refuse(name, "holds macros");
        }
        if package::is_picture(&part.name) {
            continue;
        }
        if is_xml(part) {
            read_part(kind, part, &shared, &mut texts, &mut collector, &mut out);
        } else if let Some(file) = file_in(part) {
            inner.push(document::nested(&file, &part.bytes, depth + 1));
        } else {
            out.refuse(name, format!("holds {}, which is not read", part.name));
        }
    }
    texts.sort();
    let text: Vec<String> = texts.into_iter().map(|(.., text)| text).collect();
    let lines: Vec<&str> =
        text.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty()).collect();
    out.html = lines.iter().map(|line| format!("<p>{}</p>", page::escape(line))).collect();
    out.text = lines.join("\n");
    let (segments, unreadable) = collector.finish(name, kind.text_kind(name));
    out.segments = segments;
    out.unreadable.extend(unreadable);
    for file in inner {
        out.segments.extend(file.segments);
        out.unreadable.extend(file.unreadable);
    }
    if kind == Kind::Ofd && out.text.is_empty() {
        out.refuse(name, "no text layer");
    }
    out
}

fn read_part(
    kind: Kind,
    part: &Part,
    shared: &[String],
    texts: &mut Vec<(u32, String, String)>,
    collector: &mut Collector,
    out: &mut Extracted,
) {
    let decoded = charset::decode(&part.bytes, None, None);
    if let Some(reason) = decoded.unreadable {
        out.refuse(&part.name, reason);
    }
    let read = match words::read(&decoded.text) {
        Ok(read) => read,
        Err(reason) => {
            out.refuse(&part.name, reason);
            return;
        }
    };
    collector.add(Field::Page, &part.name, &read.all);
    for (attribute, value) in &read.attributes {
        collector.add(Field::Attribute, &format!("{} {attribute}", part.name), value);
    }
    for comment in &read.comments {
        collector.add(Field::Comment, &part.name, comment);
    }
    if part.name == "docProps/core.xml" || part.name == "meta.xml" {
        out.title = read.title;
        out.author = (!read.creator.is_empty()).then_some(read.creator);
    }
    let Some(order) = order(kind, &part.name) else { return };
    let text = if kind == Kind::Xlsx { sheets::read(&decoded.text, shared) } else { read.shown };
    collector.add(Field::Body, &part.name, &text);
    texts.push((order, part.name.clone(), text));
}

/// Where a part's text stands in what a person reads; nothing for the others.
fn order(kind: Kind, name: &str) -> Option<u32> {
    let number = || name.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0);
    match kind {
        Kind::Docx if name.starts_with("word/document") => Some(0),
        Kind::Docx if name == "word/footnotes.xml" || name == "word/endnotes.xml" => Some(1),
        Kind::Xlsx if name.starts_with("xl/worksheets/sheet") => Some(number()),
        Kind::Pptx if name.starts_with("ppt/slides/slide") => Some(number()),
        Kind::OpenDocument if name == "content.xml" => Some(0),
        Kind::Ofd if name.ends_with(".xml") => Some(number()),
        _ => None,
    }
}

fn is_xml(part: &Part) -> bool {
    let extension = super::kind::extension(&part.name);
    matches!(extension.as_str(), "xml" | "rels" | "vml" | "rdf" | "svg")
        || (extension.is_empty() && part.bytes.starts_with(b"<?xml"))
}

/// Files that stand in a package as they are.
fn file_in(part: &Part) -> Option<String> {
    let last = part.name.rsplit('/').next().unwrap_or(&part.name);
    let known = ["docx", "xlsx", "pptx", "pdf", "txt", "htm", "html", "ofd", "odt", "ods"];
    known.contains(&super::kind::extension(last).as_str()).then(|| part.name.clone())
}
