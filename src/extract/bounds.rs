//! The limits of reading, in one place. Over a limit is `unreadable`, never a cut.

/// Largest page that is parsed as HTML, XML or text, in bytes.
pub(crate) const PAGE_BYTES: usize = 32 << 20;
/// Deepest nesting of HTML elements that is handed to the parser.
pub(crate) const HTML_DEPTH: usize = 512;
/// Deepest nesting of XML elements.
pub(crate) const XML_DEPTH: usize = 512;
/// Most text that is handed to the gate for one page or document, in bytes.
pub(crate) const SEGMENT_BYTES: usize = 32 << 20;
/// Most segments of one page or document.
pub(crate) const SEGMENTS: usize = 200_000;
/// Largest share of U+FFFD among the characters of a text, in thousandths.
pub(crate) const REPLACED_PER_MILLE: usize = 1;
/// Most parts of an office package.
pub(crate) const PACKAGE_PARTS: usize = 4_000;
/// Most bytes that the parts of an office package may have when unpacked.
pub(crate) const PACKAGE_BYTES: u64 = 128 << 20;
/// Largest ratio of unpacked to packed bytes of one part; small parts are exempt.
pub(crate) const PACKAGE_RATIO: u64 = 400;
/// A part of at most this many bytes may have any ratio.
pub(crate) const PACKAGE_SMALL: u64 = 4 << 20;
/// Most pages of a PDF.
pub(crate) const PDF_PAGES: usize = 3_000;
/// Most objects of a PDF whose strings are read.
pub(crate) const PDF_OBJECTS: usize = 200_000;
/// Most links and attachments that are kept of one page.
pub(crate) const LINKS: usize = 20_000;
/// Most entries of one list, feed or sitemap (sitemaps.org allows 50,000).
pub(crate) const ENTRIES: usize = 50_000;
/// Most further pages that one list may name.
pub(crate) const LIST_PAGES: u64 = 2_000;
/// Largest sitemap after gzip (sitemaps.org allows 50 MiB).
pub(crate) const SITEMAP_BYTES: u64 = 52_428_800;
