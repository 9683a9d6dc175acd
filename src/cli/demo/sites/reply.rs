//! What a sub-site answers with, before HTTP: status, type, bytes, and the day it last changed.

use jiff::civil::DateTime;

use super::planted::Wire;
use super::roster::{Charset, SubSite};

/// A request, as far as a sub-site looks at it.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Path and query as they were sent.
    pub target: &'a str,
    /// The form of a POST; empty for a GET.
    pub form: &'a str,
}

impl<'a> Asked<'a> {
    /// The path without the query.
    pub(super) fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    /// A parameter of the query, else of the form, as a number.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name)?.parse().ok()
    }

    /// A parameter of the query, else of the form.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        [query, self.form].into_iter().find_map(|pairs| {
            url::form_urlencoded::parse(pairs.as_bytes())
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.into_owned())
        })
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`, word for word.
    pub content_type: &'static str,
    /// The bytes.
    pub body: Vec<u8>,
    /// When it last changed, for sites that say so.
    pub modified: Option<DateTime>,
}

impl Reply {
    /// A page of `site`, in the site's charset and under the site's `Content-Type`.
    pub(super) fn page(site: &SubSite, html: &str, modified: Option<DateTime>) -> Self {
        Self::wired(site, html, Wire::AsTheSite, modified)
    }

    /// The same with bytes as `wire` says.
    pub(super) fn wired(site: &SubSite, html: &str, wire: Wire, modified: Option<DateTime>) -> Self {
        let bytes = match site.charset {
            Charset::Utf8 => html.as_bytes().to_vec(),
            Charset::Gbk => encoding_rs::GBK.encode(html).0.into_owned(),
        };
        let body = if wire == Wire::Torn { tear(&bytes) } else { bytes };
        Self { status: 200, content_type: site.content_type, body, modified }
    }

    /// Bytes of another type.
    pub(super) fn of_type(content_type: &'static str, body: Vec<u8>, modified: Option<DateTime>) -> Self {
        Self { status: 200, content_type, body, modified }
    }
}

/// Puts a byte that no Chinese encoding knows after every sixteenth byte of text; markup stays whole.
fn tear(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    let mut text = 0usize;
    for byte in bytes {
        out.push(*byte);
        if !byte.is_ascii() {
            text += 1;
            if text.is_multiple_of(16) {
                out.push(0xff);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_come_from_query_and_form() {
        let asked = Asked { target: "/a?page=2&x=%E4%B8%AD", form: "endrecord=90" };
        assert_eq!((asked.path(), asked.number("page"), asked.number("endrecord")), ("/a", Some(2), Some(90)));
        assert_eq!(asked.parameter("x").as_deref(), Some("中"));
    }

    #[test]
    fn torn_bytes_decode_in_no_chinese_charset() {
        let torn = tear(&encoding_rs::GBK.encode(&"集贸市场计量器具".repeat(20)).0);
        for encoding in [encoding_rs::GBK, encoding_rs::GB18030, encoding_rs::UTF_8, encoding_rs::BIG5] {
            assert!(encoding.decode_without_bom_handling(&torn).1, "{}", encoding.name());
        }
    }
}
