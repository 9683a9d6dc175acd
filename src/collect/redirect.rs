//! Redirects, followed by hand: at most a handful, never twice to one address.
//!
//! Owns the reading of Location (RFC 9110 10.2.2: a reference, resolved against the address that sent it) and the
//! memory of one chain. Every new address goes through the guard like the first one; this file knows nothing of it.
//! A meta refresh is text and is never followed.

use url::Url;

use super::fault::FetchError;

/// Longest Location that is read, in bytes.
const LOCATION_LIMIT: usize = 4096;

/// The addresses of one chain of redirects.
pub(super) struct Redirects {
    seen: Vec<Url>,
    limit: usize,
}

impl Redirects {
    /// A chain that begins at `start` and may go on `limit` times.
    pub(super) fn new(start: &Url, limit: usize) -> Self {
        Self { seen: vec![start.clone()], limit }
    }

    /// Whether `status` is a redirect that is followed.
    pub(super) fn is(status: u16) -> bool {
        matches!(status, 301 | 302 | 303 | 307 | 308)
    }

    /// Where `location` leads from the last address.
    pub(super) fn follow(&mut self, status: u16, location: Option<&[u8]>) -> Result<Url, FetchError> {
        let nowhere = || FetchError::RedirectNowhere { status };
        let location = location.filter(|bytes| !bytes.is_empty() && bytes.len() <= LOCATION_LIMIT);
        let last = self.seen.last().ok_or_else(nowhere)?;
        let mut next = last.join(&ascii(location.ok_or_else(nowhere)?)).map_err(|_| nowhere())?;
        next.set_fragment(None);
        if self.seen.contains(&next) {
            return Err(FetchError::RedirectLoop { url: next.into() });
        }
        if self.seen.len() > self.limit {
            return Err(FetchError::RedirectLimit { limit: self.limit, url: next.into() });
        }
        self.seen.push(next.clone());
        Ok(next)
    }

    /// Requests that the chain has made.
    pub(super) fn requests(&self) -> u32 {
        u32::try_from(self.seen.len()).unwrap_or(u32::MAX)
    }
}

/// Bytes beyond ASCII as escapes: the server gets back the bytes that it sent, whatever their charset.
fn ascii(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for byte in location {
        if byte.is_ascii() {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_ends_at_its_limit_and_at_its_own_tail() {
        let start = Url::parse("http://a.cn/0#top").unwrap();
        let mut chain = Redirects::new(&start, 5);
        for hop in 1..=5 {
            assert_eq!(chain.follow(302, Some(format!("/{hop}").as_bytes())).unwrap().path(), format!("/{hop}"));
        }
        assert!(matches!(chain.follow(302, Some(b"/6")), Err(FetchError::RedirectLimit { limit: 5, .. })));
        assert!(matches!(chain.follow(302, Some(b"/3#again")), Err(FetchError::RedirectLoop { .. })));
    }

    #[test]
    fn locations() {
        let start = Url::parse("http://a.cn/x/y").unwrap();
        for (location, to) in [
            (&b"z"[..], Some("http://a.cn/x/z")),
            (b"//b.cn/", Some("http://b.cn/")),
            (b"?q=\xd6\xd0", Some("http://a.cn/x/y?q=%D6%D0")),
            (b"\xe4\xb8\xad", Some("http://a.cn/x/%E4%B8%AD")),
            (b"http://", None),
            (b"", None),
        ] {
            let got = Redirects::new(&start, 5).follow(301, Some(location)).ok();
            assert_eq!(got.as_ref().map(Url::as_str), to, "{location:?}");
        }
        assert!(Redirects::new(&start, 5).follow(301, None).is_err());
    }
}
