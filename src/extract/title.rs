//! The title of a page.
//!
//! Metas and labels are asked first; of headings and `<title>` the one that both agree on wins, because `<title>`
//! carries the site's name and a heading may be the site's banner.

use scraper::{ElementRef, Html};

use super::markers::Marked;
use super::metadata::{Labels, Metas};
use super::tree;

/// Words that stand where a title should and are none.
const NO_TITLE: [&str; 8] = ["正文", "文章内容", "详细内容", "信息内容", "首页", "详情", "无标题文档", "内容页"];

/// Finds the title; empty where there is none.
pub(crate) fn find(html: &Html, metas: &Metas, marked: &Marked, labels: &Labels) -> String {
    let stated = metas.first(&["articletitle"]).or_else(|| marked.text(&["标题", "标题名称"]).map(str::to_owned));
    if let Some(stated) = stated.map(|title| tidy(&title)).filter(|title| fits(title)) {
        return stated;
    }
    if let Some(labelled) = labels
        .value(&["标题", "名称", "信息名称", "文件名称"])
        .map(|title| tidy(&title))
        .filter(|title| fits(title) && title.chars().count() >= 6)
    {
        return labelled;
    }
    let page = tree::elements(html)
        .find(|element| element.value().name() == "title" && !in_svg(*element))
        .map(|element| tidy(&tree::raw_text(element)))
        .unwrap_or_default();
    let headings: Vec<String> = headings(html);
    let open_graph = metas.first(&["og:title", "twitter:title"]).map(|title| tidy(&title)).filter(|title| fits(title));
    // A heading that <title> begins with or holds, the longest.
    let agreed = headings
        .iter()
        .filter(|heading| heading.chars().count() >= 4 && agree(&page, heading))
        .max_by_key(|heading| heading.chars().count());
    if let Some(agreed) = agreed {
        return first_segment(agreed);
    }
    if let Some(open_graph) = open_graph {
        return without_site(&open_graph, &page);
    }
    let segment = first_segment(&page);
    let lone = headings.iter().find(|heading| heading.chars().count() >= 8);
    match (fits(&segment), lone) {
        (true, Some(heading)) if holds(heading, &segment) && segment.chars().count() >= 8 => segment,
        (_, Some(heading)) if is_site(&segment) => heading.clone(),
        (true, Some(heading)) if shares_most(heading, &segment) => heading.clone(),
        (true, _) if segment.chars().count() >= 6 => segment,
        (_, Some(heading)) => heading.clone(),
        _ => segment,
    }
}

fn in_svg(element: ElementRef<'_>) -> bool {
    element.ancestors().any(|above| above.value().as_element().is_some_and(|element| element.name() == "svg"))
}

/// Headings and elements that are named as titles, in order of trust.
fn headings(html: &Html) -> Vec<String> {
    let mut found: Vec<(u8, String)> = Vec::new();
    for element in tree::elements(html) {
        let name = element.value().name();
        let names = tree::names_of(element.value());
        let rank = match name {
            "h1" => 0,
            "h2" => 1,
            "h3" => 2,
            "h4" | "h5" => 4,
            "div" | "td" | "p" | "span" | "strong"
                if names.contains("title") || names.contains("biaoti") || names.contains("headline") =>
            {
                3
            }
            _ => continue,
        };
        let text = tidy(&tree::one_line(element));
        if fits(&text) {
            found.push((rank, text));
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, text)| text).collect()
}

fn fits(title: &str) -> bool {
    let is_frame =
        ["首页", "当前位置", "您的位置", "您现在的位置", "友情链接"].iter().any(|start| title.starts_with(start));
    (2..=200).contains(&title.chars().count()) && !NO_TITLE.contains(&title) && !is_frame
}

fn tidy(title: &str) -> String {
    title
        .split(|c: char| c.is_whitespace() || c == '\u{3000}')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn holds(page: &str, heading: &str) -> bool {
    squeeze(page).contains(&squeeze(heading))
}

/// A heading that `<title>` holds; where `<title>` ends in the site's name only one that it begins with.
fn agree(page: &str, heading: &str) -> bool {
    holds(page, heading) && (!is_site(page) || squeeze(page).starts_with(&squeeze(heading)))
}

/// Whether two titles differ in little: one is cut, or quotes differ.
fn shares_most(a: &str, b: &str) -> bool {
    let (a, b) = (squeeze(a), squeeze(b));
    let common = b.chars().filter(|c| a.contains(*c)).count();
    common * 10 >= b.chars().count() * 8 && common * 10 >= a.chars().count() * 6
}

/// `<title>` without the names of column and site behind it.
fn first_segment(page: &str) -> String {
    let cut = ["_", " - ", " | ", "|", " – ", " — ", "--", "－", "-"]
        .into_iter()
        .filter_map(|mark| page.find(mark).filter(|at| page[..*at].chars().count() >= 6))
        .min();
    tidy(cut.map_or(page, |at| &page[..at]))
}

/// The name of a site or column and not of an item.
fn is_site(title: &str) -> bool {
    ["网", "网站", "官网", "门户", "首页", "频道", "人民政府", "公司"].iter().any(|end| title.ends_with(end))
}

/// og:title sometimes carries the site's name as well.
fn without_site(open_graph: &str, page: &str) -> String {
    let segment = first_segment(page);
    if fits(&segment) && segment.chars().count() >= 6 && open_graph.starts_with(&segment) {
        segment
    } else {
        open_graph.to_owned()
    }
}
