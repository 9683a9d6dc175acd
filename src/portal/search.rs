//! `/search`: the box with what was asked, the hits, the filters with their counts, and help where there is nothing.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::Front;
use super::answer::{self, Trouble};
use super::asked::{Asked, Condition, Order, PAGE_LIMIT, PER_PAGE, QUERY_LIMIT};
use super::chrome::Chrome;
use super::find::{Facet, Findings, Found, Names};
use super::pager::{Pager, Step, pages_of};
use super::visit::Visit;
use super::words::{Words, put};
use crate::index::Fragment;

/// Values shown of one condition.
const VALUES: usize = 8;

struct HitRow {
    id: String,
    title: Vec<Fragment>,
    snippet: Vec<Fragment>,
    number: String,
    origin: String,
    column: String,
    day: String,
    files: usize,
}

struct Chosen {
    name: String,
    remove: String,
    href: String,
}

struct Value {
    name: String,
    href: String,
    count: u64,
}

struct Group {
    key: &'static str,
    name: &'static str,
    values: Vec<Value>,
}

/// A link out of an empty answer; it leads to something.
struct Way {
    name: String,
    href: String,
}

#[derive(Template)]
#[template(path = "portal/search.html")]
struct SearchPage {
    chrome: Chrome,
    heading: &'static str,
    query: String,
    kept: Vec<(&'static str, String)>,
    kept_without_dates: Vec<(&'static str, String)>,
    notes: Vec<String>,
    summary: String,
    chosen: Vec<Chosen>,
    without_filters: String,
    orders: Vec<(&'static str, String, bool)>,
    hits: Vec<HitRow>,
    pager: Pager,
    capped: String,
    nothing: bool,
    ways: Vec<Way>,
    call: String,
    groups: Vec<Group>,
    from: String,
    to: String,
}

/// Shows it.
pub async fn show(State(portal): State<Arc<Front>>, visit: Visit) -> Result<Response, Trouble> {
    let names = portal.names().await?;
    let asked = Asked::of(&visit, &names.columns);
    if asked.empty() {
        return answer::html(&visit, &page(&portal, &visit, &asked, &names, None, Vec::new()));
    }
    let offset = (asked.page.min(PAGE_LIMIT) - 1) * PER_PAGE;
    let found = portal.find(&asked, &names, offset, PER_PAGE).await?;
    let pages = pages_of(found.total, PER_PAGE).min(PAGE_LIMIT);
    if asked.page > pages {
        return Ok(answer::see(&asked.turned(pages)));
    }
    let ways = if found.total == 0 { ways(&portal, visit.language.words(), &asked, &names).await? } else { Vec::new() };
    answer::html(&visit, &page(&portal, &visit, &asked, &names, Some(found), ways))
}

fn page(
    portal: &Front,
    visit: &Visit,
    asked: &Asked,
    names: &Names,
    found: Option<Findings>,
    ways: Vec<Way>,
) -> SearchPage {
    let words = visit.language.words();
    let total = found.as_ref().map_or(0, |found| found.total);
    let pages = pages_of(total, PER_PAGE).min(PAGE_LIMIT);
    let title = if asked.text.is_empty() { words.search.to_owned() } else { put(words.results_for, &[&asked.text]) };
    let title = if asked.page > 1 { format!("{title} {}", put(words.page_of, &[&asked.page, &pages])) } else { title };
    let mut chrome = Chrome::new(portal, visit, &title, &names.columns, None);
    chrome.own_search = true;
    chrome.unlisted = true;
    SearchPage {
        heading: words.search_label,
        query: asked.text.clone(),
        kept: asked.kept(),
        kept_without_dates: with_query(&asked.without(Condition::Dates)),
        notes: notes(words, asked),
        summary: summary(words, asked, found.as_ref(), pages),
        chosen: chosen(words, asked, names),
        without_filters: asked.bare().href(),
        orders: orders(words, asked),
        pager: Pager::new(asked.page.min(pages), pages, |page| asked.turned(page)),
        capped: capped(words, total),
        nothing: found.is_some() && total == 0,
        ways,
        call: put(words.none_call, &[&portal.config.contact]),
        groups: found.as_ref().filter(|_| total > 0).map(|found| groups(words, asked, found)).unwrap_or_default(),
        hits: found.map(|found| found.hits.into_iter().map(|hit| row(hit, names)).collect()).unwrap_or_default(),
        from: asked.from.map(|date| date.to_string()).unwrap_or_default(),
        to: asked.to.map(|date| date.to_string()).unwrap_or_default(),
        chrome,
    }
}

fn with_query(asked: &Asked) -> Vec<(&'static str, String)> {
    let mut pairs = vec![("q", asked.text.clone())];
    pairs.extend(asked.kept());
    pairs
}

fn row(hit: Found, names: &Names) -> HitRow {
    let content = hit.shown.content();
    HitRow {
        id: hit.shown.id().to_string(),
        number: content.document_number.clone().unwrap_or_default(),
        origin: content.origin.clone(),
        column: names.column(&content.column).unwrap_or_default().to_owned(),
        day: hit.shown.published().date().to_string(),
        files: content.attachments.len(),
        title: hit.title,
        snippet: hit.snippet,
    }
}

fn notes(words: &Words, asked: &Asked) -> Vec<String> {
    let mut notes: Vec<String> = asked.bad_dates.iter().map(|date| put(words.bad_date, &[date])).collect();
    if asked.cut {
        notes.push(put(words.cut_query, &[&QUERY_LIMIT]));
    }
    notes
}

fn summary(words: &Words, asked: &Asked, found: Option<&Findings>, pages: u64) -> String {
    match found {
        None => words.ask_first.to_owned(),
        Some(found) if found.total == 0 => words.none_found.to_owned(),
        Some(found) if pages > 1 => put(words.found_pages, &[&found.total, &asked.page, &pages]),
        Some(found) => put(words.found, &[&found.total]),
    }
}

fn capped(words: &Words, total: u64) -> String {
    let shown = PAGE_LIMIT * PER_PAGE;
    if total > shown { put(words.only_first, &[&shown]) } else { String::new() }
}

fn orders(words: &Words, asked: &Asked) -> Vec<(&'static str, String, bool)> {
    [(words.sort_relevance, Order::Relevance), (words.sort_date, Order::Date)]
        .map(|(name, order)| (name, Asked { order, page: 1, ..asked.clone() }.href(), order == asked.order))
        .into()
}

/// The words of a condition that is set: its kind and its value.
fn said(words: &Words, asked: &Asked, names: &Names, condition: Condition) -> Option<(&'static str, String)> {
    let known = |name: Option<&str>, id: String| name.map_or(id, str::to_owned);
    match condition {
        Condition::Column => asked.column.as_ref().map(|id| (words.column, known(names.column(id), id.to_string()))),
        Condition::Unit => asked.unit.as_ref().map(|id| (words.unit, known(names.unit(id), id.to_string()))),
        Condition::Year => asked.year.map(|year| (words.year, year.to_string())),
        Condition::Dates => asked.has(Condition::Dates).then(|| {
            let day = |date: Option<jiff::civil::Date>| date.map(|date| date.to_string()).unwrap_or_default();
            (words.date_range, format!("{} – {}", day(asked.from), day(asked.to)))
        }),
    }
}

fn chosen(words: &Words, asked: &Asked, names: &Names) -> Vec<Chosen> {
    let set =
        Condition::ALL.into_iter().filter_map(|condition| Some((condition, said(words, asked, names, condition)?)));
    set.map(|(condition, (kind, value))| Chosen {
        remove: put(words.remove_filter, &[&put(words.chosen, &[&kind, &value])]),
        name: put(words.chosen, &[&kind, &value]),
        href: asked.without(condition).href(),
    })
    .collect()
}

/// The filters that can still be chosen, each value with what it would give.
fn groups(words: &Words, asked: &Asked, found: &Findings) -> Vec<Group> {
    let group = |key, name, facets: &[Facet], with: &dyn Fn(&Facet) -> Asked| {
        let value = |facet: &Facet| Value { name: facet.name.clone(), href: with(facet).href(), count: facet.count };
        Group { key, name, values: facets.iter().filter(|facet| facet.count > 0).take(VALUES).map(value).collect() }
    };
    let from_first = || Asked { page: 1, ..asked.clone() };
    let columns = |facet: &Facet| Asked { column: facet.value.parse().ok(), ..from_first() };
    let units = |facet: &Facet| Asked { unit: facet.value.parse().ok(), ..from_first() };
    let years = |facet: &Facet| Asked { year: facet.value.parse().ok(), ..from_first() };
    [
        (Condition::Column, group("column", words.column, &found.columns, &columns)),
        (Condition::Unit, group("unit", words.unit, &found.units, &units)),
        (Condition::Year, group("year", words.year, &found.years, &years)),
    ]
    .into_iter()
    .filter(|(condition, group)| !asked.has(*condition) && !group.values.is_empty())
    .map(|(_, group)| group)
    .collect()
}

/// What would find something where this search finds nothing.
async fn ways(portal: &Front, words: &Words, asked: &Asked, names: &Names) -> Result<Vec<Way>, Trouble> {
    let mut ways = Vec::new();
    for condition in Condition::ALL {
        let Some((kind, value)) = said(words, asked, names, condition) else { continue };
        let wider = asked.without(condition);
        let count = if wider.empty() { 0 } else { portal.count(&wider).await? };
        if count > 0 {
            let name = put(words.none_drop, &[&put(words.chosen, &[&kind, &value]), &count]);
            ways.push(Way { name, href: wider.href() });
        }
    }
    for text in broader(&asked.text) {
        let wider = Asked { text, page: 1, ..asked.bare() };
        let count = portal.count(&wider).await?;
        if count > 0 {
            ways.push(Way { name: put(words.none_broader, &[&wider.text, &count]), href: wider.href() });
            break;
        }
    }
    Ok(ways)
}

/// Shorter queries to try, at most four: the longest word, then the halves of one word.
fn broader(text: &str) -> Vec<String> {
    let mut parts: Vec<&str> = text.split_whitespace().collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.chars().count()));
    if parts.len() > 1 {
        return parts.into_iter().take(4).map(str::to_owned).collect();
    }
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < 4 {
        return Vec::new();
    }
    let (first, second) = letters.split_at(letters.len() / 2);
    vec![first.iter().collect(), second.iter().collect()]
}

#[cfg(test)]
mod tests {
    use super::broader;

    #[test]
    fn broader_queries_are_few_and_shorter() {
        assert_eq!(broader("住房公积金 提取"), ["住房公积金", "提取"]);
        assert_eq!(broader("医疗保现"), ["医疗", "保现"]);
        assert!(broader("社保").is_empty());
        assert!(broader("").is_empty());
    }
}
