//! Looks at pages as a table, and the false deletions of other crawlers as cases.

use std::collections::{BTreeMap, BTreeSet};

use super::super::answer::{Page, Traffic, Validators};
use super::super::wall::Wall;
use super::*;

const START: Timestamp = Timestamp(1_790_000_000_000_000);
const HALF_HOUR: Duration = Duration::from_secs(1800);
const URL: &str = "http://a.cn/art/1.html";

fn page(final_url: &str, suspect: Option<Wall>) -> Result<Fetched, FetchError> {
    Ok(Fetched::Page(Page {
        bytes: Vec::new(),
        content_type: None,
        final_url: final_url.to_owned(),
        validators: Validators::default(),
        status: 200,
        suspect,
        traffic: Traffic::default(),
    }))
}

fn gone(status: u16) -> Result<Fetched, FetchError> {
    Ok(Fetched::Gone { status, final_url: URL.to_owned(), traffic: Traffic::default() })
}

/// Looks half an hour apart, the host well.
fn walk(looks: &[Look]) -> Standing {
    let step = |(standing, at): (Standing, Timestamp), look: &Look| {
        (standing.after(*look, true, at, HALF_HOUR), at.after(HALF_HOUR))
    };
    looks.iter().fold((Standing::Live, START), step).0
}

/// Name, outcome, whether the page says that it is gone, whether an article was found, the look.
type Case = (&'static str, Result<Fetched, FetchError>, bool, bool, Look);

/// Every fault of a page, and what follows from it.
fn outcomes() -> Vec<Case> {
    let strong = Look::Strong;
    let timeout = FetchError::Timeout { after: HALF_HOUR };
    vec![
        ("article", page(URL, None), false, true, Look::Present),
        ("304", Ok(Fetched::NotModified { traffic: Traffic::default() }), false, false, Look::Present),
        ("404", gone(404), false, false, strong(Evidence::NotFound)),
        ("410", gone(410), false, false, strong(Evidence::Gone)),
        ("soft 404", page(URL, None), true, false, strong(Evidence::SaysSo)),
        ("redirect to the home page", page("http://a.cn/index.html", None), false, true, strong(Evidence::SaysSo)),
        ("redesign", page(URL, None), false, false, Look::Nothing),
        ("challenge with 200", page(URL, Some(Wall::Ruishu)), false, false, Look::Nothing),
        ("article beside a wall's script", page(URL, Some(Wall::Ruishu)), false, true, Look::Present),
        ("500", Err(FetchError::Status(500)), false, false, Look::Nothing),
        ("403", Err(FetchError::Status(403)), false, false, Look::Nothing),
        ("412", Err(FetchError::Challenged { status: 412, wall: Wall::Ruishu }), false, false, Look::Nothing),
        ("521", Err(FetchError::Challenged { status: 521, wall: Wall::Jiasule }), false, false, Look::Nothing),
        ("503", Err(FetchError::Busy { status: 503, retry_after: None }), false, false, Look::Nothing),
        ("timeout", Err(timeout), false, false, Look::Nothing),
        ("DNS", Err(FetchError::Dns(String::new())), false, false, Look::Nothing),
        ("TLS", Err(FetchError::Tls(String::new())), false, false, Look::Nothing),
        ("robots", Err(FetchError::Forbidden { url: URL.to_owned() }), false, false, Look::Nothing),
        ("redirect loop", Err(FetchError::RedirectLoop { url: URL.to_owned() }), false, false, Look::Nothing),
        ("redirect outside", Err(FetchError::OutOfScope { url: URL.to_owned() }), false, false, Look::Nothing),
    ]
}

#[test]
fn only_strong_looks_withdraw_and_only_twice() {
    for (name, outcome, says_gone, matched, expected) in outcomes() {
        let look = Look::at_page(URL, &outcome, says_gone, matched);
        assert_eq!(look, expected, "{name}");
        let withdrawn = matches!(walk(&[look, look]), Standing::Withdrawn { .. });
        assert_eq!(withdrawn, matches!(look, Look::Strong(_)), "{name} twice");
        assert!(!matches!(walk(&[look]), Standing::Withdrawn { .. }), "{name} once");
        // A strong look and then this one.
        let after = walk(&[Look::Strong(Evidence::NotFound), look]);
        match look {
            Look::Present => assert_eq!(after, Standing::Live, "{name}"),
            Look::Nothing => assert!(matches!(after, Standing::Suspect { .. }), "{name}"),
            _ => {}
        }
    }
}

#[test]
fn a_thousand_faults_withdraw_nothing() {
    let faults: Vec<Look> = outcomes()
        .into_iter()
        .map(|(_, outcome, says_gone, matched, _)| Look::at_page(URL, &outcome, says_gone, matched))
        .filter(|look| !matches!(look, Look::Strong(_)))
        .chain([Look::Absent])
        .cycle()
        .take(1000)
        .collect();
    assert!(matches!(walk(&faults), Standing::Missing { .. } | Standing::Live));
}

#[test]
fn the_two_looks_stand_apart() {
    let strong = Look::Strong(Evidence::NotFound);
    let first = Standing::Live.after(strong, true, START, HALF_HOUR);
    let soon = first.after(strong, true, START.after(HALF_HOUR / 2), HALF_HOUR);
    assert_eq!(soon, first, "the second look came too soon and does not count");
    assert_eq!(first.look_again(HALF_HOUR), Some(START.after(HALF_HOUR)));
    let later = soon.after(strong, true, START.after(HALF_HOUR), HALF_HOUR);
    assert!(matches!(later, Standing::Withdrawn { .. }));
    assert_eq!(
        later.after(Look::Present, true, START.after(HALF_HOUR * 3), HALF_HOUR),
        later,
        "a person brings it back"
    );
}

#[test]
fn a_host_that_is_ill_proves_nothing() {
    let strong = Look::Strong(Evidence::NotFound);
    let first = Standing::Live.after(strong, true, START, HALF_HOUR);
    assert_eq!(Standing::Live.after(strong, false, START, HALF_HOUR), Standing::Live);
    assert_eq!(first.after(strong, false, START.after(HALF_HOUR * 2), HALF_HOUR), first);
    for (well, known, healthy) in [
        (0, 0, false),
        (0, 5, false),
        (2, 5, false),
        (3, 5, true),
        (1, 1, true),
        (1, 2, false),
        (2, 2, true),
        (3, 900, true),
    ] {
        assert_eq!(Health { well, known }.is_well(), healthy, "{well} of {known}");
    }
}

#[test]
fn too_many_at_once_freeze_the_source() {
    for (going, live, frozen) in [
        (5, 5, false),
        (6, 6, true),
        (5, 100, false),
        (6, 100, true),
        (20, 1000, false),
        (21, 1000, true),
        (0, 0, false),
    ] {
        assert_eq!(matches!(settle(going, live), Settlement::Freeze { .. }), frozen, "{going} of {live}");
    }
}

fn harvest(entries: &[&str], completeness: Completeness) -> Harvest {
    Harvest {
        pages: 1,
        entries: entries.iter().map(|url| (*url).to_owned()).collect::<BTreeSet<_>>(),
        new: 0,
        oldest: Some("2026-01-01".parse().unwrap()),
        declared: None,
        completeness,
        refused: BTreeMap::new(),
    }
}

#[test]
fn absence_counts_only_from_a_whole_list_that_reaches_back() {
    let published = |day: &str| Some(day.parse().unwrap());
    let incomplete = || Completeness::Incomplete { reason: String::new() };
    for (entries, completeness, day, look) in [
        (&[][..], Completeness::Complete, "2026-02-01", Look::Absent),
        (&[URL], Completeness::Complete, "2026-02-01", Look::Nothing),
        (&[], incomplete(), "2026-02-01", Look::Nothing),
        (&[], Completeness::Unknown, "2026-02-01", Look::Nothing),
        (&[], Completeness::Complete, "2025-12-31", Look::Nothing),
    ] {
        assert_eq!(Look::at_list(URL, published(day), &harvest(entries, completeness)), look, "{entries:?} {day}");
    }
    assert_eq!(Look::at_list(URL, None, &harvest(&[], Completeness::Complete)), Look::Nothing);
    assert!(matches!(walk(&[Look::Absent; 20]), Standing::Missing { .. }), "absence alone never withdraws");
}

/// Norconex/crawler #126, #278, #792, #1121 (good documents deleted) and #390 (a dead one never).
#[test]
fn the_false_deletions_of_others() {
    let day = Some("2026-02-01".parse().unwrap());
    let incomplete = |reason: &str| harvest(&[], Completeness::Incomplete { reason: reason.to_owned() });
    // 126: the list timed out, so the pages that only it names were orphans.
    assert_eq!(Look::at_list(URL, day, &incomplete("http://a.cn/list: no complete answer")), Look::Nothing);
    // 278: the start page was skipped because it was not due yet, and everything was deleted.
    assert_eq!(Look::at_list(URL, day, &incomplete("nothing was read")), Look::Nothing);
    // 1121: the page that redirects was not due, so its target was an orphan; here a list that is not read anew
    // says nothing, and an item is known by the address on the list.
    assert_eq!(Look::at_list(URL, day, &harvest(&[], Completeness::Unknown)), Look::Nothing);
    // 792: the document was unavailable for a while.
    let unavailable = Err(FetchError::Connect("refused".to_owned()));
    assert_eq!(walk(&[Look::at_page(URL, &unavailable, false, false); 50]), Standing::Live);
    // 390: gone from list and site, and never looked at because its old date said that it was not due.
    let missing = Standing::Live.after(Look::Absent, true, START, HALF_HOUR);
    assert_eq!(missing.look_again(HALF_HOUR), Some(START), "now, whatever its ordinary time");
    let look = Look::at_page(URL, &gone(404), false, false);
    let suspect = missing.after(look, true, START, HALF_HOUR);
    let again = suspect.look_again(HALF_HOUR).unwrap();
    assert!(matches!(suspect.after(look, true, again, HALF_HOUR), Standing::Withdrawn { .. }));
}

#[test]
fn a_host_that_answers_404_everywhere_loses_nothing() {
    let strong = Look::Strong(Evidence::NotFound);
    let ill = Health { well: 0, known: 900 }.is_well();
    let after = (0..10)
        .fold(Standing::Live, |standing, round| standing.after(strong, ill, START.after(HALF_HOUR * round), HALF_HOUR));
    assert_eq!(after, Standing::Live);
    // And where its lists still seemed well, the number that would go stops it.
    assert_eq!(settle(900, 900), Settlement::Freeze { going: 900, limit: 18 });
}
