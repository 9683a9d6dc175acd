//! A file by its name and bytes: what an attachment or an upload says.
//!
//! The kind is told by content; where the name says something else the file is unreadable, though what can be read
//! of it still goes to the gate. What has no reader here is unreadable, never taken for empty.

use super::bounds::PAGE_BYTES;
use super::charset::{self, Decoded};
use super::kind::{Kind, extension};
use super::segments::Collector;
use super::{Extracted, PageInput, office, page, pdf, xml};
use crate::model::Field;

/// Extensions of files that are plain text as they stand.
const TEXTS: [&str; 12] = ["", "txt", "text", "csv", "tsv", "md", "log", "htm", "html", "shtml", "xml", "json"];
/// Deepest nesting of files in files.
pub(crate) const NESTING: usize = 3;

/// Reads a document: PDF, OOXML, OpenDocument, OFD, HTML, XML, text.
#[must_use]
pub fn document(name: &str, bytes: &[u8]) -> Extracted {
    nested(name, bytes, 0)
}

/// Reads a document that was found `depth` files deep.
pub(crate) fn nested(name: &str, bytes: &[u8], depth: usize) -> Extracted {
    let kind = Kind::of(bytes);
    let mut out = if bytes.is_empty() {
        Extracted::refused(kind, name, "is empty")
    } else if depth > NESTING {
        Extracted::refused(kind, name, format!("files nested deeper than {NESTING}"))
    } else {
        read(kind, name, bytes, depth)
    };
    if !kind.fits_name(name) {
        out.refuse(name, format!("is not what its name says but {}", kind.word()));
    }
    for segment in &mut out.segments {
        segment.field = Field::Attachment;
        segment.place = if segment.place.is_empty() { name.to_owned() } else { format!("{name}: {}", segment.place) };
    }
    let mut names = Collector::default();
    names.add(Field::FileName, name, name);
    out.segments.splice(0..0, names.finish(name, kind.text_kind(name)).0);
    out
}

fn read(kind: Kind, name: &str, bytes: &[u8], depth: usize) -> Extracted {
    match kind {
        Kind::Pdf => pdf::read(name, bytes, depth),
        Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::OpenDocument | Kind::Ofd => office::read(kind, name, bytes, depth),
        Kind::Html => page::page(&PageInput { bytes, url: "", content_type: Some("text/html"), pinned_charset: None }),
        // Mail and archived pages are text too, but what they say is encoded in it.
        Kind::Text if !TEXTS.contains(&extension(name).as_str()) => {
            let mut out = of_text(kind, name, charset::decode(bytes, None, None));
            out.refuse(name, "no reader for files of this kind");
            out
        }
        Kind::Text | Kind::Xml | Kind::Json if bytes.len() <= PAGE_BYTES => {
            of_text(kind, name, charset::decode(bytes, None, None))
        }
        Kind::Text | Kind::Xml | Kind::Json => Extracted::refused(kind, name, format!("over {} MiB", PAGE_BYTES >> 20)),
        Kind::Compound => Extracted::refused(kind, name, "an old binary office file, or one that needs a password"),
        Kind::Image => Extracted::refused(kind, name, "a picture, whose words cannot be read"),
        Kind::Zip | Kind::Packed => Extracted::refused(kind, name, "an archive"),
        Kind::Rtf | Kind::Unknown => Extracted::refused(kind, name, "no reader for files of this kind"),
    }
}

/// Plain text, XML or JSON that was decoded.
pub(crate) fn of_text(kind: Kind, place: &str, decoded: Decoded) -> Extracted {
    let mut out = Extracted::empty(kind);
    out.charset = Some(decoded.charset);
    if let Some(reason) = decoded.unreadable {
        out.refuse(place, reason);
    }
    let mut collector = Collector::default();
    collector.add(Field::Page, "", &decoded.text);
    let text = if kind == Kind::Xml { xml_text(&decoded.text, place, &mut out, &mut collector) } else { decoded.text };
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    out.html = lines.iter().map(|line| format!("<p>{}</p>", page::escape(line))).collect();
    out.text = lines.join("\n");
    let (segments, unreadable) = collector.finish(place, kind.text_kind(place));
    out.segments = segments;
    out.unreadable.extend(unreadable);
    out
}

fn xml_text(source: &str, place: &str, out: &mut Extracted, collector: &mut Collector) -> String {
    let mut text = String::new();
    let outcome = xml::read(source, |node| match node {
        xml::Node::Text(words) => text.push_str(words),
        xml::Node::Close(_) if !text.ends_with('\n') => text.push('\n'),
        _ => {}
    });
    if let Err(reason) = outcome {
        out.refuse(place, reason);
    }
    collector.add(Field::Page, "text", &text);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_lies_and_what_has_no_reader() {
        let lied = document("附件.docx", b"%PDF-1.4\n");
        assert!(
            lied.unreadable.iter().any(|one| one.reason.contains("not what its name says")),
            "{:?}",
            lied.unreadable
        );
        assert!(!document("a.doc", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").unreadable.is_empty());
        assert!(!document("a.zip", b"PK\x05\x06").unreadable.is_empty());
        assert!(!document("a.txt", b"").unreadable.is_empty());
        let text = document("通知.txt", "第一行\n第二行<b>".as_bytes());
        assert_eq!(
            (text.text.as_str(), text.html.as_str()),
            ("第一行\n第二行<b>", "<p>第一行</p><p>第二行&lt;b&gt;</p>")
        );
        assert!(text.segments.iter().any(|segment| segment.field == Field::FileName) && text.unreadable.is_empty());
    }
}
