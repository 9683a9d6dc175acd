//! One address for one page: the canonical form under which a page is known, asked and remembered.
//!
//! Owns [`canonical`]. On top of the WHATWG URL standard (lower-case host in ASCII, default port gone, dot segments
//! resolved) it drops the fragment, user and password, the final dot of a host, session ids (`;jsessionid=` in the
//! path; PHPSESSID and its like in the query), and an empty query; escapes are in upper case, needless ones undone in
//! the path, missing ones added. It keeps what can mean another page: order of the query, doubled slashes, http
//! against https, `index.html`. Addresses longer than 2048 bytes are refused.

use url::Url;

/// Longest address, in bytes.
pub const URL_LIMIT: usize = 2048;
/// Most segments of a path.
const DEPTH: usize = 20;
/// Most times that one segment may come in a path.
const REPEATS: usize = 3;

/// Why an address is not asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
pub enum AddressRefused {
    /// It is no URL.
    #[error("not an address")]
    Unreadable,
    /// Neither http nor https.
    #[error("neither http nor https")]
    Scheme,
    /// Longer than [`URL_LIMIT`].
    #[error("longer than 2048 bytes")]
    Long,
    /// A path that grows by itself: too deep, or one segment again and again.
    #[error("a path that repeats itself")]
    Trap,
    /// Host or port is not of the source.
    #[error("outside the source")]
    OutOfScope,
}

/// The canonical form of an absolute address.
///
/// # Errors
/// [`AddressRefused`], where it can be no page.
pub fn canonical(address: &str) -> Result<String, AddressRefused> {
    if address.len() > 4 * URL_LIMIT {
        return Err(AddressRefused::Long);
    }
    Url::parse(address).map_err(|_| AddressRefused::Unreadable).and_then(settle)
}

/// The canonical form of a reference on the page `base`.
///
/// # Errors
/// [`AddressRefused`], where it can be no page.
pub fn canonical_in(base: &Url, reference: &str) -> Result<String, AddressRefused> {
    if reference.len() > 4 * URL_LIMIT {
        return Err(AddressRefused::Long);
    }
    base.join(reference).map_err(|_| AddressRefused::Unreadable).and_then(settle)
}

/// The host, with its port where that is not the usual one: what is paced, blocked and has one robots.txt.
#[must_use]
pub fn host_key(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

fn settle(mut url: Url) -> Result<String, AddressRefused> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(AddressRefused::Scheme);
    }
    let unreadable = |()| AddressRefused::Unreadable;
    url.set_fragment(None);
    url.set_username("").map_err(unreadable)?;
    url.set_password(None).map_err(unreadable)?;
    let host = url.host_str().unwrap_or_default();
    if let Some(bare) = host.strip_suffix('.').map(str::to_owned) {
        url.set_host(Some(&bare)).map_err(|_| AddressRefused::Unreadable)?;
    }
    let path = path(url.path());
    url.set_path(&path);
    let query = url.query().map(query).filter(|query| !query.is_empty());
    url.set_query(query.as_deref());
    if url.as_str().len() > URL_LIMIT { Err(AddressRefused::Long) } else { Ok(url.into()) }
}

fn path(path: &str) -> String {
    let segments = path.split('/').map(|segment| {
        // `;jsessionid=…` ends with the segment or with the next parameter.
        let lower = segment.to_ascii_lowercase();
        let Some(from) = lower.find(";jsessionid=") else { return escapes(segment, true) };
        let to = lower[from + 1..].find(';').map_or(segment.len(), |next| from + 1 + next);
        escapes(&segment[..from], true) + &escapes(&segment[to..], true)
    });
    segments.collect::<Vec<_>>().join("/")
}

fn query(query: &str) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty() && !session(pair));
    pairs.map(|pair| escapes(pair, false)).collect::<Vec<_>>().join("&")
}

/// Whether a pair of the query only names the session.
fn session(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = name.to_ascii_lowercase();
    let token = value.len() >= 16 && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match name.as_str() {
        "phpsessid" | "jsessionid" | "asp.net_sessionid" => true,
        "sessionid" | "session_id" | "sid" => token,
        name => name.starts_with("aspsessionid"),
    }
}

/// Escapes in upper case, those of unreserved characters undone where `undo`, and missing ones added (RFC 3986 6.2.2).
fn escapes(text: &str, undo: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = (*byte == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match hex.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())).map(|hex| u8::from_str_radix(hex, 16)) {
            Some(Ok(value)) => {
                let unreserved = value.is_ascii_alphanumeric() || matches!(value, b'-' | b'.' | b'_' | b'~');
                if undo && unreserved {
                    out.push(char::from(value));
                } else {
                    out.push_str(&format!("%{value:02X}"));
                }
                at += 3;
            }
            _ if needs_escape(*byte) => {
                out.push_str(&format!("%{byte:02X}"));
                at += 1;
            }
            _ => {
                out.push(char::from(*byte));
                at += 1;
            }
        }
    }
    out
}

/// What `url` leaves as it is and RFC 3986 does not allow; everything beyond ASCII is escaped by then.
fn needs_escape(byte: u8) -> bool {
    !byte.is_ascii_graphic()
        || matches!(byte, b'%' | b'"' | b'<' | b'>' | b'[' | b']' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
}

/// Whether the path grows by itself, as calendars and broken relative links make it.
pub(super) fn is_trap(url: &Url) -> bool {
    let segments: Vec<&str> = url.path().split('/').filter(|segment| !segment.is_empty()).collect();
    let often = |segment: &&str| segments.iter().filter(|other| other == &segment).count() > REPEATS;
    segments.len() > DEPTH || segments.iter().any(often)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_one_page() {
        for (address, form) in [
            ("HTTP://Daj.QZ.gov.cn:80/a/./b/../c#top", "http://daj.qz.gov.cn/a/c"),
            ("https://a.cn:443", "https://a.cn/"),
            ("http://a.cn./x", "http://a.cn/x"),
            ("http://a.cn/x;jsessionid=AB12?y=1", "http://a.cn/x?y=1"),
            ("http://a.cn/x;JSESSIONID=AB12;v=2/z", "http://a.cn/x;v=2/z"),
            ("http://a.cn/x?", "http://a.cn/x"),
            ("http://a.cn/x?&b=1&&a=2&", "http://a.cn/x?b=1&a=2"),
            ("http://a.cn/x?PHPSESSID=1&a=1", "http://a.cn/x?a=1"),
            ("http://a.cn/x?sid=12", "http://a.cn/x?sid=12"),
            ("http://a.cn/x?sid=0123456789abcdef0123456789abcdef", "http://a.cn/x"),
            ("http://a.cn/%7Eu/%e4%b8%ad/%2f", "http://a.cn/~u/%E4%B8%AD/%2F"),
            ("http://a.cn/中?k=%d6%d0", "http://a.cn/%E4%B8%AD?k=%D6%D0"),
            ("http://u:p@a.cn/", "http://a.cn/"),
            ("http://a.cn/art/2026//9", "http://a.cn/art/2026//9"),
            ("http://2130706433/", "http://127.0.0.1/"),
        ] {
            assert_eq!(canonical(address).as_deref(), Ok(form), "{address}");
            assert_eq!(canonical(form).as_deref(), Ok(form), "again {address}");
        }
        for (address, why) in [
            ("javascript:void(0)", AddressRefused::Scheme),
            ("mailto:a@b.cn", AddressRefused::Scheme),
            ("file:///etc/passwd", AddressRefused::Scheme),
            ("/relative", AddressRefused::Unreadable),
            ("http://", AddressRefused::Unreadable),
        ] {
            assert_eq!(canonical(address), Err(why), "{address}");
        }
        assert_eq!(canonical(&format!("http://a.cn/{}", "x".repeat(2048))), Err(AddressRefused::Long));
    }

    #[test]
    fn references_of_a_page() {
        let base = Url::parse("http://a.cn/col/index.html").unwrap();
        assert_eq!(canonical_in(&base, " ./1.html\n").as_deref(), Ok("http://a.cn/col/1.html"));
        assert_eq!(canonical_in(&base, "//b.cn").as_deref(), Ok("http://b.cn/"));
        assert_eq!(canonical_in(&base, "?page=2").as_deref(), Ok("http://a.cn/col/index.html?page=2"));
    }

    #[test]
    fn traps() {
        let trap = |path: &str| is_trap(&Url::parse(&format!("http://a.cn{path}")).unwrap());
        assert!(trap("/a/b/a/b/a/b/a/b"));
        assert!(trap(&"/x/y/z/w/v/u/t/s/r/q".repeat(3)));
        assert!(!trap("/art/2026/9/10/art_1_2.html"));
        assert!(!trap("/1/1/1/"));
    }

    proptest::proptest! {
        #[test]
        fn the_form_is_its_own_form(rest in "[a-zA-Z0-9/.;?&=%#中 \\[\\]~_-]{0,40}") {
            if let Ok(form) = canonical(&format!("http://a.cn/{rest}")) {
                proptest::prop_assert_eq!(canonical(&form), Ok(form.clone()));
            }
        }
    }
}
