//! What a file is: by its first bytes, and whether its name says the same.

use serde::{Deserialize, Serialize};

use crate::model::TextKind;

/// What a page or document is, by content.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// HTML.
    Html,
    /// Other XML: feeds, sitemaps.
    Xml,
    /// JSON.
    Json,
    /// Plain text.
    Text,
    /// PDF.
    Pdf,
    /// Word, OOXML.
    Docx,
    /// Excel, OOXML.
    Xlsx,
    /// PowerPoint, OOXML.
    Pptx,
    /// OpenDocument: odt, ods, odp.
    OpenDocument,
    /// OFD, the layout format of GB/T 33190-2016.
    Ofd,
    /// Any other zip.
    Zip,
    /// Compound file: doc, xls, ppt, wps, and encrypted OOXML.
    Compound,
    /// Rich text.
    Rtf,
    /// A picture.
    Image,
    /// gzip, rar, 7z and other packed files.
    Packed,
    /// Anything else.
    Unknown,
}

impl Kind {
    /// The word in JSON and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Xml => "xml",
            Self::Json => "json",
            Self::Text => "text",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Pptx => "pptx",
            Self::OpenDocument => "opendocument",
            Self::Ofd => "ofd",
            Self::Zip => "zip",
            Self::Compound => "compound",
            Self::Rtf => "rtf",
            Self::Image => "image",
            Self::Packed => "packed",
            Self::Unknown => "unknown",
        }
    }

    /// Media type for serving a file of this kind.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Xml => "application/xml",
            Self::Json => "application/json",
            Self::Text => "text/plain",
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
            Self::Ofd => "application/ofd",
            Self::Zip => "application/zip",
            Self::Rtf => "application/rtf",
            Self::OpenDocument | Self::Compound | Self::Image | Self::Packed | Self::Unknown => {
                "application/octet-stream"
            }
        }
    }

    /// The kind by content.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let magic: [(&[u8], Self); 16] = [
            (b"PK\x03\x04", Self::Zip),
            (b"PK\x05\x06", Self::Zip),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", Self::Compound),
            (b"{\\rtf", Self::Rtf),
            (b"\x89PNG", Self::Image),
            (b"\xFF\xD8\xFF", Self::Image),
            (b"GIF8", Self::Image),
            (b"BM", Self::Image),
            (b"II*\0", Self::Image),
            (b"MM\0*", Self::Image),
            (b"RIFF", Self::Image),
            (b"\x1F\x8B", Self::Packed),
            (b"Rar!", Self::Packed),
            (b"7z\xBC\xAF\x27\x1C", Self::Packed),
            (b"BZh", Self::Packed),
            (b"\xFD7zXZ", Self::Packed),
        ];
        // Readers accept a PDF header within the first 1,024 bytes (ISO 32000-1, implementation note 13).
        if let Some(at) = find(&bytes[..bytes.len().min(1029)], b"%PDF-")
            && (at == 0 || !looks_like_markup(&bytes[..at]))
        {
            return Self::Pdf;
        }
        if let Some((_, kind)) =
            magic.into_iter().find(|(magic, kind)| bytes.starts_with(magic) && is_really(*kind, magic, bytes))
        {
            return if kind == Self::Zip { package(bytes) } else { kind };
        }
        text(bytes)
    }

    /// What a rule's scope calls it; where that cannot be told, the kind that every rule reads.
    #[must_use]
    pub fn text_kind(self, name: &str) -> TextKind {
        match self {
            Self::Html => TextKind::Web,
            Self::Xml | Self::Json | Self::Text => TextKind::Plain,
            Self::Pdf => TextKind::Pdf,
            Self::Docx | Self::Rtf => TextKind::Word,
            Self::Xlsx => TextKind::Excel,
            Self::Pptx => TextKind::Slides,
            Self::Ofd => TextKind::Ofd,
            Self::Zip | Self::Packed => TextKind::Archive,
            Self::Image => TextKind::Picture,
            Self::OpenDocument | Self::Compound => match extension(name).as_str() {
                "odt" | "doc" | "dot" | "wps" => TextKind::Word,
                "ods" | "xls" | "et" => TextKind::Excel,
                "odp" | "ppt" | "dps" => TextKind::Slides,
                _ => TextKind::Unknown,
            },
            Self::Unknown => TextKind::Unknown,
        }
    }

    /// Whether a file name's extension fits; a name without a known extension fits anything.
    #[must_use]
    pub fn fits_name(self, name: &str) -> bool {
        let expected: &[Self] = match extension(name).as_str() {
            "pdf" => &[Self::Pdf],
            "docx" | "docm" | "dotx" => &[Self::Docx],
            "xlsx" | "xlsm" | "xltx" => &[Self::Xlsx],
            "pptx" | "pptm" | "ppsx" => &[Self::Pptx],
            "doc" | "dot" | "xls" | "ppt" | "et" | "dps" => &[Self::Compound],
            "wps" => &[Self::Compound, Self::Docx],
            "rtf" => &[Self::Rtf],
            "htm" | "html" | "shtml" | "jhtml" | "jsp" | "php" | "asp" | "aspx" => {
                &[Self::Html, Self::Text, Self::Xml, Self::Json]
            }
            "txt" | "csv" | "md" | "text" => &[Self::Text, Self::Json],
            "xml" | "rss" | "atom" => &[Self::Xml, Self::Html],
            "json" => &[Self::Json],
            "png" | "jpg" | "jpeg" | "gif" | "bmp" | "tif" | "tiff" | "webp" => &[Self::Image],
            "ofd" => &[Self::Ofd],
            "odt" | "ods" | "odp" => &[Self::OpenDocument],
            "zip" => &[Self::Zip],
            "gz" | "rar" | "7z" | "bz2" | "xz" => &[Self::Packed],
            _ => return true,
        };
        expected.contains(&self)
    }
}

/// The extension of a file name, lower case, without the dot.
pub(crate) fn extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((_, extension)) if extension.len() <= 6 => extension.to_ascii_lowercase(),
        _ => String::new(),
    }
}

pub(crate) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Two-letter magics are too weak alone: a text may begin with `BM`.
fn is_really(kind: Kind, magic: &[u8], bytes: &[u8]) -> bool {
    kind != Kind::Image || magic != b"BM" || bytes.get(2..64).is_some_and(|head| head.contains(&0))
}

/// Tells office packages apart by the names of their parts, which stand in the clear in the directory.
fn package(bytes: &[u8]) -> Kind {
    let directory = find(bytes, b"PK\x01\x02").map_or(bytes, |at| &bytes[at..]);
    let holds = |name: &[u8]| find(directory, name).is_some();
    if holds(b"[Content_Types].xml") {
        let roots: [(&[u8], Kind); 3] =
            [(b"word/document", Kind::Docx), (b"xl/workbook", Kind::Xlsx), (b"ppt/presentation", Kind::Pptx)];
        return roots.into_iter().find(|(root, _)| holds(root)).map_or(Kind::Zip, |(_, kind)| kind);
    }
    if holds(b"OFD.xml") {
        return Kind::Ofd;
    }
    if find(&bytes[..bytes.len().min(256)], b"application/vnd.oasis.opendocument").is_some() {
        Kind::OpenDocument
    } else {
        Kind::Zip
    }
}

fn looks_like_markup(head: &[u8]) -> bool {
    let head = head.to_ascii_lowercase();
    [b"<html".as_slice(), b"<!doctype", b"<body", b"<div", b"<p>"].iter().any(|mark| find(&head, mark).is_some())
}

fn text(bytes: &[u8]) -> Kind {
    let head: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).take(4096).collect();
    let zeros = bytes.iter().take(4096).filter(|byte| **byte == 0).count();
    let wide = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    let controls = head.iter().filter(|byte| **byte < 9 || (14..27).contains(*byte)).count();
    if controls * 20 > head.len() || (zeros * 3 > head.len() * 2 + 8 && !wide && zeros * 2 > bytes.len().min(4096) + 8)
    {
        return Kind::Unknown;
    }
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let start = text.trim_start_matches(['\u{FEFF}', '\u{FFFD}']).trim_start();
    if start.starts_with("<?xml") && !text.contains("<html") {
        return Kind::Xml;
    }
    if ["<rss", "<feed", "<urlset", "<sitemapindex", "<datastore", "<rdf:rdf"]
        .iter()
        .any(|root| start.starts_with(root))
    {
        return Kind::Xml;
    }
    if start.starts_with('{') || (start.starts_with('[') && start.contains('"')) {
        return Kind::Json;
    }
    let tags = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<div",
        "<p>",
        "<p ",
        "<table",
        "<meta",
        "<script",
        "<title",
        "<br",
        "<span",
        "<a ",
        "<td",
        "<ul",
        "<h1",
        "<!--",
    ];
    if tags.iter().any(|tag| text.contains(tag)) { Kind::Html } else { Kind::Text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_content_and_by_name() {
        assert_eq!(Kind::of(b"%PDF-1.4\n"), Kind::Pdf);
        assert_eq!(Kind::of(b"<!DOCTYPE html><p>x"), Kind::Html);
        assert_eq!(Kind::of("衢州".as_bytes()), Kind::Text);
        assert_eq!(Kind::of(b"<?xml version='1.0'?><rss/>"), Kind::Xml);
        assert!(!Kind::Html.fits_name("a.doc"));
        assert!(Kind::Pdf.fits_name("附件.PDF") && Kind::Pdf.fits_name("download"));
    }
}
