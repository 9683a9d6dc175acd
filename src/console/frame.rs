//! What every page has around it: language, who is logged in, where one can go, and the pager of lists.

use askama::Template;
use axum::extract::FromRequestParts;
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};

use super::session::Staff;
use super::trouble::Trouble;
use super::words::{Tongue, Words};
use crate::model::{Right, Role};

/// A place of the navigation.
pub(super) struct Place {
    pub(super) href: &'static str,
    pub(super) name: &'static str,
    pub(super) here: bool,
}

/// Every place, the right that opens it, in the order of the work.
fn places(say: &'static Words) -> [(&'static str, &'static str, Right); 8] {
    [
        ("/queue", say.queue, Right::SeeQueue),
        ("/quarantine", say.quarantine, Right::Quarantine),
        ("/rules", say.rules, Right::ChangeRules),
        ("/sources", say.sources, Right::SeeSources),
        ("/audit", say.audit, Right::ReadAudit),
        ("/people", say.people, Right::ManagePeople),
        ("/status", say.system, Right::SeeStatus),
        ("/mine", say.mine, Right::SeeOwnUnit),
    ]
}

/// The first place of a role: what `/` leads to. None where the role has no page.
pub(super) fn first_place(role: Role) -> Option<&'static str> {
    places(Tongue::default().say()).into_iter().find(|(_, _, right)| role.may(*right)).map(|(href, _, _)| href)
}

/// What stands around a page.
pub(super) struct Frame {
    pub(super) say: &'static Words,
    pub(super) tongue: Tongue,
    pub(super) staff: Option<Staff>,
    pub(super) places: Vec<Place>,
    pub(super) csrf: String,
    pub(super) other_tongue: String,
    pub(super) narrow: bool,
}

impl Frame {
    /// For a page that needs no login.
    pub(super) fn public(tongue: Tongue) -> Self {
        let mut frame = Self::around(tongue, None, "");
        frame.narrow = true;
        frame
    }

    /// For a page of staff; `here` is the place it belongs to.
    pub(super) fn staff(tongue: Tongue, staff: &Staff, here: &str) -> Self {
        Self::around(tongue, Some(staff.clone()), here)
    }

    fn around(tongue: Tongue, staff: Option<Staff>, here: &str) -> Self {
        let say = tongue.say();
        let role = staff.as_ref().map(|staff| staff.role);
        let places = places(say)
            .into_iter()
            .filter(|(_, _, right)| role.is_some_and(|role| role.may(*right)))
            .map(|(href, name, _)| Place { href, name, here: href == here })
            .collect();
        let csrf = staff.as_ref().map(|staff| staff.csrf.clone()).unwrap_or_default();
        let mut frame = Self { say, tongue, staff, places, csrf, other_tongue: String::new(), narrow: false };
        frame.other_tongue = format!("?lang={}", frame.other().word());
        frame
    }

    /// The language that the page is not in.
    pub(super) fn other(&self) -> Tongue {
        match self.tongue {
            Tongue::Chinese => Tongue::English,
            Tongue::English => Tongue::Chinese,
        }
    }
}

/// The language of a request: `?lang=`, else the cookie, else Chinese.
pub(super) fn tongue_of(query: Option<&str>, cookies: impl Iterator<Item = String>) -> Tongue {
    asked_tongue(query)
        .or_else(|| cookies.into_iter().find_map(|cookie| Tongue::of_word(cookie.trim().strip_prefix("lang=")?)))
        .unwrap_or_default()
}

/// The language that the address itself asks for.
pub(super) fn asked_tongue(query: Option<&str>) -> Option<Tongue> {
    query?.split('&').find_map(|pair| Tongue::of_word(pair.strip_prefix("lang=")?))
}

/// Every cookie of a request.
pub(super) fn cookies(headers: &axum::http::HeaderMap) -> impl Iterator<Item = String> + '_ {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .map(|cookie| cookie.trim().to_owned())
}

impl<S: Sync> FromRequestParts<S> for Tongue {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(tongue_of(parts.uri.query(), cookies(&parts.headers)))
    }
}

/// Writes a page.
pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => Trouble::internal(&error).into_response(),
    }
}

/// Where one stands in a list.
pub(super) struct Pager {
    pub(super) total: u64,
    pub(super) page: u64,
    pub(super) pages: u64,
    pub(super) earlier: Option<String>,
    pub(super) next: Option<String>,
}

impl Pager {
    /// `address` ends in `?` or `&`; pages count from 1.
    pub(super) fn new(total: u64, size: u64, page: u64, address: &str) -> Self {
        let pages = total.div_ceil(size).max(1);
        let page = page.clamp(1, pages);
        let link = |to: u64| format!("{address}page={to}");
        Self {
            total,
            page,
            pages,
            earlier: (page > 1).then(|| link(page - 1)),
            next: (page < pages).then(|| link(page + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_wins_over_the_cookie() {
        let cookie = || std::iter::once("lang=en".to_owned());
        assert_eq!(tongue_of(None, std::iter::empty()), Tongue::Chinese);
        assert_eq!(tongue_of(None, cookie()), Tongue::English);
        assert_eq!(tongue_of(Some("page=2&lang=zh"), cookie()), Tongue::Chinese);
        assert_eq!(tongue_of(Some("lang=xx"), cookie()), Tongue::English);
    }

    #[test]
    fn every_role_with_a_page_has_a_first_place() {
        for role in Role::ALL {
            assert!(first_place(role).is_some(), "{role:?}");
        }
        assert_eq!(first_place(Role::SecurityOfficer), Some("/quarantine"));
        assert_eq!(first_place(Role::UnitEditor), Some("/mine"));
        assert_eq!(first_place(Role::Auditor), Some("/audit"));
    }

    #[test]
    fn pagers_stop_at_both_ends() {
        let pager = Pager::new(101, 50, 9, "/queue?");
        assert_eq!((pager.page, pager.pages, pager.next), (3, 3, None));
        assert_eq!(pager.earlier.as_deref(), Some("/queue?page=2"));
        assert_eq!(Pager::new(0, 50, 0, "/queue?").pages, 1);
    }
}
