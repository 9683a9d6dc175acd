//! Dates, source, numbers and author of a page: metas first, then marked parts, then labels, then the look of it.
//!
//! Three dates are told apart: 发布日期 is when the source published, 成文日期 is the document's own and is never taken
//! as published (on gov.cn both stand side by side and differ), and the portal's own date is not here. A date in an
//! address is never used: sites were migrated, and it equals the publication date in half of all cases only.
//! Source of the meta names: 国办发〔2017〕47号, annex; of the labels: what the systems in the field write.

use std::collections::HashMap;

use jiff::civil::Date;
use scraper::Html;

use super::markers::Marked;
use super::{dates, document_number, tree};
use crate::model::When;

const PUBLISHED: [&str; 14] = [
    "发布日期",
    "发布时间",
    "信息显示时间",
    "公开日期",
    "公开时间",
    "上载日期",
    "发表时间",
    "发表日期",
    "发稿时间",
    "上传时间",
    "公布日期",
    "更新时间",
    "时间",
    "日期",
];
const WRITTEN: [&str; 6] = ["成文日期", "成文时间", "发文日期", "生成日期", "制发日期", "印发日期"];
const ORIGIN: [&str; 11] = [
    "来源",
    "信息来源",
    "文章来源",
    "稿件来源",
    "新闻来源",
    "发布机构",
    "发布单位",
    "公开主体",
    "发文机关",
    "发文单位",
    "发布机关",
];
const AUTHOR: [&str; 2] = ["作者", "文章作者"];
const NUMBER: [&str; 6] = ["发文字号", "文号", "文件编号", "发文文号", "文件号", "发文号"];
const INDEX: [&str; 3] = ["索引号", "信息索引号", "索引"];
/// Where a value ends although the line goes on.
const OTHER: [&str; 22] = [
    "责任编辑",
    "编辑",
    "浏览次数",
    "浏览量",
    "浏览",
    "阅读次数",
    "阅读量",
    "阅读",
    "点击数",
    "点击",
    "访问量",
    "字体",
    "字号",
    "打印",
    "分享",
    "主题分类",
    "主题词",
    "有效性",
    "收藏",
    "关闭",
    "审核",
    "记者",
];

/// The meta tags of a page, by name in lower case.
pub(crate) struct Metas {
    values: HashMap<String, String>,
    linked: Option<String>,
}

impl Metas {
    /// Reads `<meta>` and the JSON-LD date.
    pub(crate) fn read(html: &Html) -> Self {
        let mut values = HashMap::new();
        let mut linked = None;
        for element in tree::elements(html) {
            match element.value().name() {
                "meta" => {
                    let name =
                        ["name", "property", "itemprop"].into_iter().find_map(|attribute| element.attr(attribute));
                    if let (Some(name), Some(content)) = (name, element.attr("content"))
                        && !content.trim().is_empty()
                    {
                        values.entry(name.trim().to_ascii_lowercase()).or_insert_with(|| content.trim().to_owned());
                    }
                }
                "script" if linked.is_none() => linked = json_date(&tree::raw_text(element)),
                "time" if element.attr("datetime").is_some() => {
                    if let Some(datetime) = element.attr("datetime") {
                        values.entry("time".to_owned()).or_insert_with(|| datetime.to_owned());
                    }
                }
                _ => {}
            }
        }
        Self { values, linked }
    }

    /// The first of these that is there.
    pub(crate) fn first(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| self.values.get(*name)).cloned()
    }
}

/// `"datePublished": "2019-09-07T16:28:35+08:00"` of JSON-LD and of the state that scripts carry.
fn json_date(code: &str) -> Option<String> {
    ["\"datePublished\"", "\"pubDate\"", "\"publishDate\""].iter().find_map(|key| {
        let after = code.split_once(key)?.1.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        after.split('"').next().map(str::to_owned)
    })
}

/// The labelled values of a page: first of its frame, then of the head of its body.
pub(crate) struct Labels {
    frame: Vec<char>,
    head: Vec<char>,
}

impl Labels {
    /// Takes the lines outside the body and the first lines of the body.
    pub(crate) fn new(frame: &str, body: &str) -> Self {
        let head: String = body.lines().take(12).flat_map(|line| line.chars().take(200).chain(['\n'])).collect();
        Self { frame: frame.chars().collect(), head: head.chars().collect() }
    }

    /// The value of the first of these labels that has one.
    pub(crate) fn value(&self, labels: &[&str]) -> Option<String> {
        labels.iter().find_map(|label| self.values(label).next())
    }

    /// Every value of a label.
    fn values<'a>(&'a self, label: &str) -> impl Iterator<Item = String> + use<'a> {
        let label: Vec<char> = label.chars().collect();
        [&self.frame, &self.head].into_iter().flat_map(move |text| {
            let label = label.clone();
            (0..text.len()).filter_map(move |at| value_at(text, at, &label))
        })
    }
}

/// The value that follows `label` at `at`: after a colon, in the next cell, or on the next line where the label has
/// a line of its own. Spaces inside the label do not count: `索 引 号：`.
fn value_at(text: &[char], at: usize, label: &[char]) -> Option<String> {
    if text[at] != label[0] || (at > 0 && is_word(text[at - 1])) {
        return None;
    }
    let mut end = at;
    for wanted in label {
        while text.get(end).is_some_and(|c| is_space(*c)) && end > at {
            end += 1;
        }
        if text.get(end) != Some(wanted) {
            return None;
        }
        end += 1;
    }
    while text.get(end).is_some_and(|c| is_space(*c) || matches!(c, '】' | ']')) {
        end += 1;
    }
    let alone = at == 0 || matches!(text[at - 1], '\n' | '\t');
    match text.get(end)? {
        ':' | '：' | '︰' => end += 1,
        '\t' if alone => {}
        '\n' if alone && (at == 0 || text[at - 1] == '\n') => {}
        _ => return None,
    }
    while text.get(end).is_some_and(|c| is_space(*c) || matches!(c, '\t' | ':' | '：')) {
        end += 1;
    }
    if text.get(end) == Some(&'\n') {
        end += 1;
    }
    let rest: String = text[end..].iter().take_while(|c| !matches!(c, '\n' | '\t')).take(300).collect();
    let value = before_label(&rest).trim().trim_matches(['　', '|', '【', '[', '丨', ';', '；']).trim().to_owned();
    (!value.is_empty() && value.chars().any(|c| c.is_alphanumeric())).then_some(value)
}

/// A value ends where the next label begins.
fn before_label(rest: &str) -> &str {
    let labels =
        PUBLISHED.iter().chain(&WRITTEN).chain(&ORIGIN).chain(&AUTHOR).chain(&NUMBER).chain(&INDEX).chain(&OTHER);
    let cut = labels.filter_map(|label| {
        rest.match_indices(label).map(|(at, _)| at).find(|at| {
            let before = rest[..*at].chars().next_back();
            let after = rest[at + label.len()..].chars().find(|c| !is_space(*c));
            let apart = before.is_none_or(|c| !is_word(c));
            apart && matches!(after, None | Some(':' | '：' | '】' | ']'))
                || (*at == 0 && matches!(after, Some(':' | '：')))
        })
    });
    let brackets = rest.find(['【', '|', '丨', '┃']);
    match cut.chain(brackets).min() {
        Some(at) => &rest[..at],
        None => rest,
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() && !character.is_ascii_digit()
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{3000}' | '\u{00A0}')
}

/// When the source published the page.
pub(crate) fn published(
    html: &Html,
    metas: &Metas,
    marked: &Marked,
    labels: &Labels,
    lines: &str,
    title: &str,
) -> Option<When> {
    let names = [
        "pubdate",
        "publishdate",
        "article:published_time",
        "og:published_time",
        "og:release_date",
        "datepublished",
        "publish_time",
        "weibo:article:create_at",
        "weibo: article:create_at",
        "publish-date",
        "release_date",
        "apub:time",
        "firstpublishedtime",
        "dc.date.issued",
        "dc.date",
        "publication_date",
        "_pubtime",
        "publishtime",
        "article:create_at",
        "og:time",
        "dateupdate",
    ];
    let meta = names.iter().find_map(|name| dates::first(&metas.first(&[name])?));
    let meta =
        meta.or_else(|| marked.text(&["信息显示时间", "发布时间", "发布日期", "信息时间"]).and_then(dates::first));
    let labelled = || {
        PUBLISHED.iter().find_map(|label| {
            labels.values(label).find_map(|value| dates::first(&value.chars().take(40).collect::<String>()))
        })
    };
    meta.or_else(labelled)
        .or_else(|| metas.linked.as_deref().and_then(dates::first))
        .or_else(|| near_title(lines, title, 3))
        .or_else(|| by_look(html))
        .or_else(|| metas.first(&["time"]).as_deref().and_then(dates::first))
        .or_else(|| near_title(lines, title, 8))
}

/// An element whose name says that it holds the time.
fn by_look(html: &Html) -> Option<When> {
    const NAMES: [&str; 16] = [
        "pubtime",
        "pub_time",
        "pub-time",
        "publish-time",
        "publish_time",
        "publishtime",
        "post_time",
        "post-time",
        "posttime",
        "news-time",
        "article-time",
        "pub-date",
        "pubdate",
        "time-source",
        "date-source",
        "article-info",
    ];
    let mut weaker = None;
    for element in tree::elements(html) {
        let names = tree::names_of(element.value());
        if names.len() <= 1 {
            continue;
        }
        let strong = NAMES.iter().any(|name| names.contains(name));
        let weak = weaker.is_none()
            && names.split_whitespace().any(|name| {
                matches!(name, "info" | "year" | "fl" | "source" | "ly" | "sj" | "ago" | "published")
                    || ["time", "date"].iter().any(|word| name.starts_with(word) || name.ends_with(word))
            });
        if !strong && !weak {
            continue;
        }
        let text = tree::one_line(element);
        if text.chars().count() > 200 {
            continue;
        }
        let found = dates::first(&text).or_else(|| element.attr("title").and_then(dates::first));
        if strong && found.is_some() {
            return found;
        }
        weaker = weaker.or(found);
    }
    weaker
}

/// The first date on the lines after a line that is the title, at most `reach` of them, or right before it.
fn near_title(lines: &str, title: &str, reach: usize) -> Option<When> {
    let wanted: String = title.split_whitespace().collect();
    if wanted.is_empty() {
        return None;
    }
    let lines: Vec<&str> = lines.lines().collect();
    let places = (0..lines.len()).filter(|at| lines[*at].split_whitespace().collect::<String>().contains(&wanted));
    places.take(20).find_map(|at| {
        let rest = lines[at].split_once(title).map_or("", |(_, rest)| rest);
        let after = std::iter::once(rest).chain(lines.iter().skip(at + 1).take(reach).copied());
        let before = lines[..at].iter().rev().take(2).copied().filter(|line| line.chars().count() <= 40);
        after.filter(|line| line.chars().count() <= 120).chain(before).find_map(dates::first)
    })
}

/// The document's own date: labelled, or the date under the signature, which stands alone on one of the last lines.
pub(crate) fn written(labels: &Labels, body: &str) -> Option<Date> {
    WRITTEN.iter().find_map(|label| labels.values(label).find_map(|value| dates::first_day(&value))).or_else(|| {
        let lines: Vec<&str> = body.lines().collect();
        lines.iter().rev().take(25).find_map(|line| {
            let bare = line.trim().trim_matches(['(', ')', '（', '）']);
            (bare.chars().count() <= 16 && bare.ends_with('日')).then(|| dates::first_day(bare)).flatten()
        })
    })
}

/// 来源 as the page says it.
pub(crate) fn origin(metas: &Metas, marked: &Marked, labels: &Labels) -> Option<String> {
    metas
        .first(&["contentsource"])
        .or_else(|| marked.text(&["信息来源", "来源", "文章来源"]).map(str::to_owned))
        .or_else(|| labels.value(&ORIGIN))
        .map(|value| {
            let value = value.trim();
            let value = ORIGIN
                .iter()
                .find_map(|label| value.strip_prefix(label))
                .map_or(value, |rest| rest.trim_start_matches([':', '：', ' ']));
            name_of(value)
        })
        .filter(|value| !value.is_empty())
}

/// 作者.
pub(crate) fn author(metas: &Metas, marked: &Marked, labels: &Labels) -> Option<String> {
    metas
        .first(&["author"])
        .or_else(|| marked.text(&["作者"]).map(str::to_owned))
        .or_else(|| labels.value(&AUTHOR))
        .map(|value| name_of(&value))
        .filter(|value| !value.is_empty())
}

/// A name ends at a date or after forty characters.
fn name_of(value: &str) -> String {
    let mut end = value.len();
    for (at, _) in value.match_indices(' ') {
        let rest = value[at..].trim_start();
        if rest.starts_with(|c: char| c.is_ascii_digit()) || rest.starts_with("http") {
            end = at;
            break;
        }
    }
    value[..end].trim().chars().take(60).collect()
}

/// 文号: labelled, or alone on one of the body's first lines.
pub(crate) fn number(marked: &Marked, labels: &Labels, body: &str) -> Option<String> {
    let marked = marked.text(&["文号", "发文字号"]).and_then(document_number::of_label);
    marked
        .or_else(|| {
            NUMBER.iter().find_map(|label| labels.values(label).find_map(|value| document_number::of_label(&value)))
        })
        .or_else(|| document_number::of_lines(body))
}

/// 索引号.
pub(crate) fn index_number(marked: &Marked, labels: &Labels) -> Option<String> {
    let value = marked.text(&["索引号"]).map(str::to_owned).or_else(|| labels.value(&INDEX))?;
    let first = value.split_whitespace().next()?.to_owned();
    let fits = (4..=64).contains(&first.len()) && first.chars().any(|c| c.is_ascii_digit()) && first.is_ascii();
    fits.then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_with_spaces_cells_and_neighbours() {
        let frame = "索 引 号：\t000014349/2018-00211\t主题分类：\t科技\n成文日期：\t2018年11月23日\n发布时间: 2013.08.15 来源:超级管理员 浏览次数：12";
        let labels = Labels::new(frame, "");
        assert_eq!(labels.value(&["索引号"]).as_deref(), Some("000014349/2018-00211"));
        assert_eq!(labels.value(&ORIGIN).as_deref(), Some("超级管理员"));
        assert_eq!(labels.value(&["发布时间"]).as_deref(), Some("2013.08.15"));
        assert_eq!(labels.value(&["文号"]), None);
    }
}
