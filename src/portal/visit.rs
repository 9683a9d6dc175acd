//! What a visitor asked for: language, reading view, address, and what the browser has already.
//!
//! Language and view come from `?lang=` and `?v=`, then from cookies of the same names. Both are words of a fixed
//! list; everything else is ignored. A cookie holds that word and nothing of the person.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use url::form_urlencoded;

use super::words::Language;

/// How large and how contrasted a page is set (GB/T 37668-2019, 适老化).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// 18 px.
    Normal,
    /// 24 px, wide targets.
    Large,
    /// Yellow and white on black.
    Contrast,
}

impl Look {
    /// The value of `v`, and the end of the class of the page.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Large => "large",
            Self::Contrast => "contrast",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        [Self::Normal, Self::Large, Self::Contrast].into_iter().find(|look| look.word() == word)
    }
}

/// One request, as far as pages care.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Path, as it was sent.
    pub path: String,
    /// Query as pairs, decoded; at most 40, the rest is ignored.
    pub query: Vec<(String, String)>,
    /// Language of the chrome.
    pub language: Language,
    /// Reading view.
    pub look: Look,
    /// What is to be remembered because the address asked for it.
    pub cookies: Vec<HeaderValue>,
    known: Vec<String>,
}

const YEAR: &str = "Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly";

impl Visit {
    /// Reads a request; never fails.
    #[must_use]
    pub fn of(uri: &Uri, headers: &HeaderMap) -> Self {
        let query: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().take(40).collect();
        let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let (asked_look, asked_language) =
            (asked("v").and_then(Look::of_word), asked("lang").and_then(Language::of_word));
        let mut cookies = Vec::new();
        if let Some(look) = asked_look {
            cookies.extend(HeaderValue::try_from(format!("v={}; {YEAR}", look.word())).ok());
        }
        if let Some(language) = asked_language {
            cookies.extend(HeaderValue::try_from(format!("lang={}; {YEAR}", language.word())).ok());
        }
        let look = asked_look.or_else(|| cookie(headers, "v").and_then(Look::of_word)).unwrap_or(Look::Normal);
        let language =
            asked_language.or_else(|| cookie(headers, "lang").and_then(Language::of_word)).unwrap_or(Language::Chinese);
        let known = headers
            .get_all(header::IF_NONE_MATCH)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(',').map(|tag| tag.trim().trim_start_matches("W/").to_owned()))
            .take(20)
            .collect();
        Self { path: uri.path().to_owned(), query, language, look, cookies, known }
    }

    /// The first value of a query parameter.
    #[must_use]
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the browser has the answer of this tag (RFC 9110 13.1.2, weak comparison).
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        let tag = tag.trim_start_matches("W/");
        self.known.iter().any(|known| known == tag || known == "*")
    }

    /// This address with one parameter set.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let kept = self.query.iter().filter(|(key, _)| key != name && key != "v" && key != "lang");
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(kept);
        query.append_pair(name, value);
        format!("{}?{}", self.path, query.finish())
    }

    /// Whether a program asks, and wants JSON.
    #[must_use]
    pub fn wants_json(&self) -> bool {
        self.path.starts_with("/api/")
    }

    /// The page number asked for: 1 where there is none or it is no number, and never 0.
    #[must_use]
    pub fn page(&self) -> u64 {
        match self.asked("page").map(str::trim) {
            Some(text) if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
                text.parse().unwrap_or(u64::MAX).max(1)
            }
            _ => 1,
        }
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

impl<S: Send + Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.uri, &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(address: &str, cookies: &str) -> Visit {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, cookies.parse().unwrap());
        Visit::of(&address.parse().unwrap(), &headers)
    }

    #[test]
    fn the_address_wins_over_the_cookie_and_is_remembered() {
        let visit = visit("/search?q=a&v=large&lang=xx", "v=contrast; lang=en");
        assert_eq!((visit.look, visit.language), (Look::Large, Language::English));
        assert_eq!(visit.cookies.len(), 1);
        assert_eq!(visit.with("v", "normal"), "/search?q=a&v=normal");
    }

    #[test]
    fn absurd_pages_are_numbers_all_the_same() {
        for (text, page) in [("0", 1), ("-3", 1), ("x", 1), ("7", 7), ("99999999999999999999999", u64::MAX)] {
            assert_eq!(visit(&format!("/?page={text}"), "").page(), page, "{text}");
        }
    }
}
