//! Walks over lists as the field has them, and over hostile ones.

use super::*;

type Entry = (String, String, Option<When>);

fn scope() -> Scope {
    Scope::new(&["a.cn".to_owned(), "files.a.cn:8080".to_owned()], &[]).unwrap()
}

fn walk(newest_first: bool) -> Walk {
    Walk::new("http://a.cn/list", scope(), Bounds::default(), newest_first).unwrap()
}

/// Entries `from..to`, newest (highest) first.
fn rows(from: u32, to: u32) -> Vec<Entry> {
    let entry = |n: u32| {
        (format!("/art/{n}.html"), format!("通知{n}"), Some(format!("2026-01-{:02}", n % 28 + 1).parse().unwrap()))
    };
    (from..to).rev().map(entry).collect()
}

fn pages(list: &[&str]) -> Vec<String> {
    list.iter().map(|page| (*page).to_owned()).collect()
}

fn reason(harvest: &Harvest) -> &str {
    match &harvest.completeness {
        Completeness::Incomplete { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// A site of `count` entries, `size` a page with `overlap` rows of the page before, all pages named on the first.
fn read_all(count: u32, size: u32, overlap: u32, declared: impl Fn(u32) -> Option<u64>) -> Harvest {
    let mut walk = walk(false);
    let last = count.div_ceil(size);
    while let Some(page) = walk.next_page() {
        let number: u32 = page.split_once("p=").map_or(1, |(_, number)| number.parse().unwrap());
        let to = count - (number - 1) * size + if number > 1 { overlap } else { 0 };
        let from = (count - (number - 1) * size).saturating_sub(size);
        let further: Vec<String> = (2..=last).map(|number| format!("?p={number}")).collect();
        walk.take(&page, &rows(from, to.min(count)), &further, declared(number), |_| false);
    }
    walk.finish()
}

#[test]
fn a_whole_list_is_complete_only_if_the_total_agrees() {
    let harvest = read_all(120, 45, 0, |_| Some(120));
    assert_eq!((harvest.pages, harvest.new, &harvest.completeness), (3, 120, &Completeness::Complete));
    assert_eq!(harvest.oldest.unwrap().to_string(), "2026-01-01");
    let overlap = read_all(120, 45, 1, |_| Some(120));
    assert_eq!((overlap.new, overlap.completeness), (120, Completeness::Complete), "the look-ahead row of JCMS");
    assert_eq!(reason(&read_all(120, 45, 0, |_| Some(121))), "the list declares 121 entries and 120 were found");
    assert_eq!(reason(&read_all(120, 45, 0, |_| Some(100))), "the list declares 100 entries and 120 were found");
    assert!(reason(&read_all(120, 45, 0, |page| Some(120 + u64::from(page / 3)))).contains("changed from 120 to 121"));
    assert_eq!(read_all(120, 45, 0, |_| None).completeness, Completeness::Unknown);
}

#[test]
fn an_empty_list_is_no_success() {
    let mut empty = walk(true);
    let page = empty.next_page().unwrap();
    assert!(empty.take(&page, &[], &[], None, |_| false).is_empty());
    assert!(reason(&empty.finish()).contains("maintenance"));
    let mut zero = walk(true);
    let page = zero.next_page().unwrap();
    zero.take(&page, &[], &[], Some(0), |_| false);
    assert_eq!(zero.finish().completeness, Completeness::Complete);
    assert_eq!(reason(&walk(true).finish()), "nothing was read");
}

#[test]
fn newest_first_ends_at_what_is_known() {
    let mut walk = walk(true);
    let known = |url: &str| url.split(['/', '.']).rev().nth(1).unwrap().parse::<u32>().unwrap() < 95;
    let mut asked = Vec::new();
    while let Some(page) = walk.next_page() {
        let number = asked.len() as u32;
        let found = walk.take(
            &page,
            &rows(80 - number * 20, 100 - number * 20),
            &[format!("/list?p={}", number + 2)],
            Some(100),
            known,
        );
        asked.push(found.len());
    }
    assert_eq!(asked, [5, 0]);
    let harvest = walk.finish();
    assert_eq!((harvest.new, harvest.completeness), (5, Completeness::Unknown));
}

#[test]
fn an_index_of_sitemaps_does_not_end_the_walk() {
    let mut walk = walk(true);
    let index = walk.next_page().unwrap();
    walk.take(&index, &[], &pages(&["/s1.xml", "/s2.xml.gz"]), None, |_| true);
    assert_eq!(walk.next_page().as_deref(), Some("http://a.cn/s1.xml"));
}

#[test]
fn pages_that_repeat_or_never_end() {
    // A server that answers every page number with the last page.
    let mut walk = walk(false);
    let mut asked = 0;
    while let Some(page) = walk.next_page() {
        asked += 1;
        walk.take(&page, &rows(0, 10), &[format!("/list?p={}", asked + 1)], Some(40), |_| false);
    }
    assert_eq!(asked, 2);
    assert_eq!(reason(&walk.finish()), "the list declares 40 entries and 10 were found");
    // A calendar that always has another month.
    let bounds = Bounds { pages: 50, ..Bounds::default() };
    let mut endless = Walk::new("http://a.cn/c", scope(), bounds, true).unwrap();
    let mut asked = 0;
    while let Some(page) = endless.next_page() {
        endless.take(&page, &rows(asked * 10, asked * 10 + 10), &[format!("/c?m={asked}")], None, |_| false);
        asked += 1;
    }
    assert_eq!(asked, 50);
    assert!(reason(&endless.finish()).contains("more than 50 pages"));
    // A list that is longer than any list.
    let bounds = Bounds { entries: 25, ..Bounds::default() };
    let mut long = Walk::new("http://a.cn/l", scope(), bounds, true).unwrap();
    let page = long.next_page().unwrap();
    assert_eq!(long.take(&page, &rows(0, 100), &pages(&["/l?2"]), None, |_| false).len(), 25);
    assert_eq!(long.next_page(), None);
    assert!(reason(&long.finish()).contains("more than 25 entries"));
}

#[test]
fn what_is_outside_counts_and_is_not_asked() {
    let mut walk = walk(false);
    let page = walk.next_page().unwrap();
    let entry = |url: &str| (url.to_owned(), String::new(), None);
    let items = [
        entry("http://files.a.cn:8080/x.pdf"),
        entry("http://other.cn/x"),
        entry("http://127.0.0.1/admin"),
        entry("javascript:open()"),
        entry("/a/a/a/a/a"),
        entry("/1.html;jsessionid=12"),
        entry("http://A.CN:80/1.html#x"),
    ];
    let found = walk.take(&page, &items, &pages(&["http://other.cn/p2", "/list#2"]), Some(6), |_| false);
    assert_eq!(
        found.iter().map(|f| f.url.as_str()).collect::<Vec<_>>(),
        ["http://files.a.cn:8080/x.pdf", "http://a.cn/1.html"]
    );
    assert_eq!(walk.next_page(), None);
    let harvest = walk.finish();
    assert_eq!(harvest.refused["http://other.cn/x"], AddressRefused::OutOfScope);
    assert_eq!(harvest.refused["http://127.0.0.1/admin"], AddressRefused::OutOfScope);
    assert_eq!(harvest.refused["javascript:open()"], AddressRefused::Scheme);
    assert_eq!(harvest.refused["/a/a/a/a/a"], AddressRefused::Trap);
    assert_eq!(reason(&harvest), "http://other.cn/p2: outside the source", "a list page that is not read");
}

#[test]
fn a_page_that_failed_is_named() {
    let mut walk = walk(false);
    let page = walk.next_page().unwrap();
    walk.take(&page, &rows(10, 20), &pages(&["?p=2"]), Some(20), |_| false);
    let page = walk.next_page().unwrap();
    walk.failed(&page, "the server answered 500");
    assert_eq!(reason(&walk.finish()), "http://a.cn/list?p=2: the server answered 500");
}

#[test]
fn a_walk_that_is_cut_says_so() {
    let mut walk = walk(false);
    let page = walk.next_page().unwrap();
    walk.take(&page, &rows(10, 20), &pages(&["?p=2", "?p=3"]), Some(30), |_| false);
    assert_eq!(reason(&walk.finish()), "2 pages are not read yet");
}
