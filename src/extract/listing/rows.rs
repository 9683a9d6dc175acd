//! The rows of a list page: links that stand alike, with dates beside them.
//!
//! A row is the nearest list item, table row or block around a link. Rows under one parent path (tags and classes) form
//! a group; the group with the most words of titles wins, dated groups before others. No profile of the site is needed.

use std::collections::HashMap;

use ego_tree::NodeId;
use scraper::{ElementRef, Html, Node};
use url::Url;

use crate::extract::dates;
use crate::extract::{Entry, links, tree};

/// Fewest characters of a title.
const TITLE: usize = 5;

#[derive(Default)]
struct Group {
    rows: Vec<Entry>,
    dated: usize,
    words: usize,
}

/// The entries of a list page, in order.
pub(super) fn read(html: &Html, base: Option<&Url>) -> Vec<Entry> {
    let mut groups: Vec<(String, Group)> = Vec::new();
    let mut at: HashMap<String, usize> = HashMap::new();
    let mut taken: HashMap<NodeId, (usize, usize)> = HashMap::new();
    for link in tree::elements(html).filter(|element| element.value().name() == "a") {
        let Some(entry) = entry(link, link, base) else { continue };
        let Some(row) = row_of(link) else { continue };
        let key = path_of(row);
        let index = *at.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Group::default()));
            groups.len() - 1
        });
        let entry = Entry { published: date_of(row, link), ..entry };
        let group = &mut groups[index].1;
        let length = tree::ink(&entry.title);
        // Of several links in a row (picture, column, title) the longest words are the title.
        if let Some((_, place)) = taken.get(&row.id()).filter(|(owner, _)| *owner == index) {
            if tree::ink(&group.rows[*place].title) < length
                && (group.rows[*place].published.is_none() || entry.published.is_some())
            {
                group.rows[*place] = entry;
            }
            continue;
        }
        taken.insert(row.id(), (index, group.rows.len()));
        group.dated += usize::from(entry.published.is_some());
        group.words += length.min(60);
        group.rows.push(entry);
    }
    best(groups)
}

fn best(groups: Vec<(String, Group)>) -> Vec<Entry> {
    let value = |group: &Group| {
        let dated = if group.dated * 2 >= group.rows.len() { 4 } else { 1 };
        group.words * dated
    };
    let chosen = groups.into_iter().map(|(_, group)| group).filter(|group| !group.rows.is_empty()).max_by_key(value);
    chosen.map_or_else(Vec::new, |group| {
        // In a group that has dates a row without one is a heading or a picture link.
        let needs_date = group.dated * 10 >= group.rows.len() * 7;
        group.rows.into_iter().filter(|entry| !needs_date || entry.published.is_some()).collect()
    })
}

/// The first titled link of a record and the date in it.
pub(super) fn entry_of(record: ElementRef<'_>, base: Option<&Url>) -> Option<Entry> {
    let links = record.descendent_elements().filter(|element| element.value().name() == "a");
    let best = links
        .filter_map(|link| entry(link, link, base).map(|found| (found, link)))
        .max_by_key(|(found, _)| tree::ink(&found.title).min(60));
    best.map(|(found, link)| Entry { published: date_of(record, link), ..found })
}

fn entry(link: ElementRef<'_>, titled: ElementRef<'_>, base: Option<&Url>) -> Option<Entry> {
    let url = links::absolute(link.attr("href")?, base)?;
    let words = tree::one_line(titled);
    let attribute =
        titled.attr("title").map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default();
    let is_cut = words.ends_with("...") || words.ends_with('…');
    let title = if tree::ink(&attribute) > tree::ink(&words)
        && (is_cut || (!words.is_empty() && attribute.contains(words.as_str())))
    {
        attribute
    } else {
        words
    };
    let title = without_date(&title);
    (tree::ink(&title) >= TITLE).then_some(Entry { url, title, published: None })
}

/// A link may hold its own date: `<a>题<span>2021-04-02</span></a>`.
fn without_date(title: &str) -> String {
    let words: Vec<&str> = title.split(' ').filter(|word| !word.is_empty()).collect();
    let is_date = |word: &&str| word.len() <= 24 && dates::first(word).is_some() && tree::ink(word) <= 12;
    let start = usize::from(words.len() > 1 && words.first().is_some_and(is_date));
    let end = words.len() - usize::from(words.len() > 1 + start && words.last().is_some_and(is_date));
    words[start..end].join(" ").trim_matches(['·', '•', '>', '[', ']', ' ']).to_owned()
}

/// The nearest item around a link that is a row by its name, else the highest block in which it is the only titled link.
fn row_of(link: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let mut chosen = None;
    for above in link.ancestors().filter_map(ElementRef::wrap).take(6) {
        let name = above.value().name();
        if matches!(name, "li" | "tr" | "dl" | "article") {
            return Some(above);
        }
        if matches!(name, "body" | "html" | "ul" | "ol" | "table" | "tbody") {
            break;
        }
        if has_two_titles(above) {
            break;
        }
        chosen = Some(above);
    }
    chosen.or_else(|| ElementRef::wrap(*link))
}

/// Whether titled links in an element lead to two addresses; stops at the second, for lists are long.
fn has_two_titles(element: ElementRef<'_>) -> bool {
    let mut first = None;
    let links = element.descendent_elements().filter(|inner| inner.value().name() == "a");
    for link in links.filter(|link| tree::ink(&tree::one_line(*link)) >= TITLE) {
        let Some(address) = link.attr("href") else { continue };
        match first {
            None => first = Some(address),
            Some(known) if known != address => return true,
            Some(_) => {}
        }
    }
    false
}

fn date_of(row: ElementRef<'_>, link: ElementRef<'_>) -> Option<crate::model::When> {
    let outside: Vec<String> = row
        .descendants()
        .filter(|node| matches!(node.value(), Node::Text(_)) && !node.ancestors().any(|above| above.id() == link.id()))
        .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
        .collect();
    // Day and month may stand in elements of their own: `<b>02</b><i>2021-04</i>`.
    let beside = outside.iter().find_map(|text| dates::first(text)).or_else(|| split_date(&outside));
    let beside = beside.or_else(|| {
        let next = link
            .next_siblings()
            .take(4)
            .filter_map(|node| node.value().as_text().map(|text| text.to_string()))
            .find_map(|text| dates::first(&text));
        next.or_else(|| {
            row.next_siblings().take(2).filter_map(ElementRef::wrap).find_map(|sibling| {
                dates::first(&tree::one_line(sibling)).filter(|_| tree::ink(&tree::one_line(sibling)) <= 20)
            })
        })
    });
    beside.or_else(|| dates::first(&tree::one_line(link)))
}

fn split_date(texts: &[String]) -> Option<crate::model::When> {
    let words: Vec<&str> = texts.iter().map(|text| text.trim()).filter(|text| !text.is_empty()).collect();
    words.windows(2).find_map(|pair| {
        let [first, second] = [pair[0], pair[1]];
        let is_day = |text: &str| (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_month = |text: &str| (6..=8).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_digit());
        let joined = if is_day(first) && is_month(second) {
            format!("{second}-{first}")
        } else if is_month(first) && is_day(second) {
            format!("{first}-{second}")
        } else {
            return None;
        };
        dates::first(&joined.replace(['.', '/', '年'], "-").replace(['月', '日'], ""))
    })
}

/// Tags and first classes from the root to the row.
fn path_of(row: ElementRef<'_>) -> String {
    let mut parts: Vec<String> = std::iter::once(*row)
        .chain(row.ancestors())
        .filter_map(ElementRef::wrap)
        .map(|element| {
            let value = element.value();
            // Rows are told apart by odd and even, first and last; only what is around them has to agree.
            let class = if element.id() == row.id() { "" } else { value.classes().next().unwrap_or("") };
            format!("{}.{class}", value.name())
        })
        .collect();
    parts.reverse();
    // One list may be broken into several <ul> of five rows: the parent's own place among its siblings does not count.
    parts.join(">")
}
