//! PDF: the text of its pages, and every string around them.
//!
//! Pages are read by pdf_oxide; beside them go the strings of all objects (bookmarks, annotations, form values,
//! properties), XMP, and files inside. Empty is not clean: a page that draws something but has no text is "no text
//! layer"; glyphs that have no Unicode value (U+FFFD, private use), fonts without a readable map to Unicode and letters
//! that look like wrongly decoded Chinese make the file unreadable, because what a person sees there is not what the
//! gate would read. Runs in the sandboxed child only: the parser can overflow its stack.
//! Source: ISO 32000-1.

mod fonts;
mod objects;

use pdf_oxide::PdfDocument;
use pdf_oxide::extractors::warnings::WarningCategory;

use super::bounds::PDF_PAGES;
use super::kind::Kind;
use super::segments::Collector;
use super::{Extracted, document, page};
use crate::model::{Field, TextKind};

/// Fewest characters of a page that is taken to have a text layer.
const LEAST: usize = 4;
/// Bullets of the Symbol and Wingdings fonts, which sit in the private use area in nearly every Word export.
const BULLETS: std::ops::RangeInclusive<char> = '\u{F020}'..='\u{F0FF}';

/// Reads a PDF.
pub(crate) fn read(name: &str, bytes: &[u8], depth: usize) -> Extracted {
    let mut out = Extracted::empty(Kind::Pdf);
    let document = match PdfDocument::from_bytes(bytes.to_vec()) {
        Ok(document) => document,
        Err(error) => {
            out.refuse(name, format!("the PDF is damaged: {error}"));
            return out;
        }
    };
    if !document.is_authenticated() {
        out.refuse(name, "needs a password");
        return out;
    }
    let mut collector = Collector::default();
    read_pages(&document, name, &mut collector, &mut out);
    objects::read(&document, name, &mut collector, &mut out);
    let (segments, unreadable) = collector.finish(name, TextKind::Pdf);
    out.segments = segments;
    out.unreadable.extend(unreadable);
    read_files(&document, name, depth, &mut out);
    out
}

fn read_pages(document: &PdfDocument, name: &str, collector: &mut Collector, out: &mut Extracted) {
    let pages = match document.page_count() {
        Ok(0) => return out.refuse(name, "has no pages"),
        Ok(pages) if pages > PDF_PAGES => return out.refuse(name, format!("over {PDF_PAGES} pages")),
        Ok(pages) => pages,
        Err(error) => return out.refuse(name, format!("the PDF is damaged: {error}")),
    };
    let mut texts = Vec::with_capacity(pages);
    for number in 0..pages {
        let text = match document.extract_text(number) {
            Ok(text) => text,
            Err(error) => {
                out.refuse(name, format!("page {} is damaged: {error}", number + 1));
                continue;
            }
        };
        // The assembled text leaves out what looks like running heads; the spans do not.
        let spans: String = document
            .extract_spans(number)
            .map(|spans| spans.into_iter().map(|span| span.text).collect())
            .unwrap_or_default();
        let place = format!("page {}", number + 1);
        collector.add(Field::Body, &place, &text);
        collector.add(Field::Page, &place, &spans);
        if is_mojibake(&spans) {
            out.refuse(name, format!("page {}: letters that look like wrongly decoded Chinese", number + 1));
            collector.add(Field::Page, &place, &as_gb18030(&spans));
        }
        if let Some(reason) = doubt(document, number, &text, &spans) {
            out.refuse(name, format!("page {}: {reason}", number + 1));
        }
        texts.push(text);
    }
    let lines: Vec<&str> =
        texts.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty()).collect();
    out.html = lines.iter().map(|line| format!("<p>{}</p>", page::escape(line))).collect();
    out.text = lines.join("\n");
    if document
        .structured_warnings()
        .iter()
        .any(|warning| matches!(warning.category, WarningCategory::OperatorCapExceeded))
    {
        out.refuse(name, "a page has more operators than are read");
    }
    if out.text.is_empty() && out.unreadable.is_empty() {
        out.refuse(name, "no text layer");
    }
}

/// Why what was read of a page may not be what a person sees.
fn doubt(document: &PdfDocument, number: usize, text: &str, spans: &str) -> Option<String> {
    let unmapped = |c: &char| {
        *c == '\u{FFFD}' || (matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFD}') && !BULLETS.contains(c))
    };
    let unmapped = text.chars().chain(spans.chars()).filter(unmapped).count();
    if unmapped > 0 {
        return Some(format!("{unmapped} glyphs have no Unicode value"));
    }
    let ink = super::tree::ink(text).max(super::tree::ink(spans));
    if ink >= LEAST {
        return None;
    }
    let draws = document.get_page_content_data(number).map_or(true, |content| draws(&content));
    draws.then(|| "no text layer".to_owned())
}

/// Chinese in one-byte fonts comes out as Latin letters with marks: `ȫ ÊÀ ½ç` for 全世界. More of these among the
/// letters than any European language has is a sign of it.
fn is_mojibake(text: &str) -> bool {
    let marked = text
        .chars()
        .filter(|c| {
            matches!(c, '\u{0080}'..='\u{024F}')
                && !matches!(c, '\u{00A0}' | '·' | '°' | '×' | '÷' | '±' | '§' | '®' | '©' | '«' | '»')
        })
        .count();
    marked >= 4 && marked * 4 > super::tree::ink(text)
}

/// What the bytes of such letters say as GB18030, for the gate.
fn as_gb18030(text: &str) -> String {
    let bytes: Vec<u8> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
    encoding_rs::GB18030.decode_without_bom_handling(&bytes).0.into_owned()
}

/// Whether a content stream paints anything: images, forms, paths, shadings, text (ISO 32000-1, annex A).
fn draws(content: &[u8]) -> bool {
    let operators: [&[u8]; 17] = [
        b"Do", b"BI", b"EI", b"S", b"s", b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*", b"sh", b"Tj", b"TJ", b"'", b"\"",
    ];
    content
        .split(|byte| byte.is_ascii_whitespace() || matches!(byte, b')' | b']' | b'>' | b'/'))
        .any(|token| operators.contains(&token))
}

fn read_files(document: &PdfDocument, name: &str, depth: usize, out: &mut Extracted) {
    match document.extract_embedded_files() {
        Ok(files) => {
            for (inner, bytes) in files {
                let read = document::nested(&inner, &bytes, depth + 1);
                out.segments.extend(read.segments);
                out.unreadable.extend(read.unreadable);
            }
        }
        Err(error) => out.refuse(name, format!("its embedded files cannot be read: {error}")),
    }
}
