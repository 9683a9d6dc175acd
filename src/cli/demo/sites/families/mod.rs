//! What sub-sites are built with: where each kind of site puts its lists and articles, and what its pages look like.
//!
//! The forms follow sites that exist: old shtml sites, Hanweb JCMS, TRS WCM, ASP.NET lists, disclosure tables,
//! gov.cn documents, feeds and sitemaps.

mod feeds;
mod jcms;
mod lists;
mod sitemap;

use jiff::civil::{Date, DateTime};

use super::articles::{Article, Body, Shelf};
use super::planted::Wire;
use super::reply::{Asked, Reply};
use super::roster::{Charset, Family, SiteColumn};
use super::template::{Values, escape, fill};

/// Path and query of an article.
pub(super) fn article_path(family: Family, column: &SiteColumn, number: u32, date: Date) -> String {
    let (key, year, month, day) = (column.key, date.year(), date.month(), date.day());
    match family {
        Family::Shtml => format!("/shtml/{key}/{number}/detail_1.shtml"),
        Family::Jcms => format!("/art/{year}/{month}/{day}/art_{key}_{number}.html"),
        Family::Trs => format!("/zwgk/{key}/{year}{month:02}/t{year}{month:02}{day:02}_{number}.html"),
        Family::Rss => format!("/content/{key}/{number}.jhtml"),
        Family::Atom => format!("/gkmlpt/content/0/{}/post_{number}.html", number / 1000),
        Family::Sitemap => format!("/content/{year}/{month:02}/{day:02}/{number}.html"),
        Family::Paged => format!("/show.aspx?cid={key}&id={number}"),
        Family::Plain => format!("/{key}/{year}/{number}.html"),
        Family::Disclosure => format!("/xxgk/show.jsp?typeid={key}&id={number}"),
        Family::Gazette if column.feeds.is_none() => format!("/{key}/content_{number}.htm"),
        Family::Gazette => format!("/zhengce/{key}/{year}-{month:02}/{day:02}/content_{number}.htm"),
    }
}

/// Path and query of what a source reads of a column: its list, feed or sitemap.
pub(super) fn list_path(family: Family, column: &SiteColumn) -> String {
    let key = column.key;
    match family {
        Family::Shtml => format!("/shtml/{key}/index.shtml"),
        Family::Jcms => format!("/col/col{key}/index.html"),
        Family::Trs => format!("/zwgk/{key}/index.html"),
        Family::Rss => format!("/rss/{key}.xml"),
        Family::Atom => format!("/feed/{key}.atom"),
        Family::Sitemap => "/sitemap.xml".to_owned(),
        Family::Paged => format!("/list.aspx?cid={key}"),
        Family::Plain => format!("/{key}/index.html"),
        Family::Disclosure => format!("/xxgk/list.jsp?typeid={key}"),
        Family::Gazette => format!("/zhengce/{key}/index.htm"),
    }
}

/// Path of a column for readers: the list, or a page of its own where the list is a feed or a sitemap.
pub(super) fn column_path(family: Family, column: &SiteColumn) -> String {
    match family {
        Family::Rss | Family::Atom | Family::Sitemap => format!("/lm/{}/", column.key),
        _ => list_path(family, column),
    }
}

/// The article at its address.
pub(super) fn article(shelf: &Shelf, article: &Article) -> Reply {
    let template = match shelf.site.family {
        Family::Shtml => include_str!("../templates/shtml_article.html"),
        Family::Jcms => include_str!("../templates/jcms_article.html"),
        Family::Trs => include_str!("../templates/trs_article.html"),
        Family::Rss => include_str!("../templates/rss_article.html"),
        Family::Atom => include_str!("../templates/atom_article.html"),
        Family::Sitemap => include_str!("../templates/sitemap_article.html"),
        Family::Paged => include_str!("../templates/paged_article.html"),
        Family::Plain => include_str!("../templates/plain_article.html"),
        Family::Disclosure => include_str!("../templates/disclosure_article.html"),
        Family::Gazette => include_str!("../templates/gazette_article.html"),
    };
    let (hour, minute) = article.clock();
    let modified = article.date.at(i8::try_from(hour).unwrap_or(8), i8::try_from(minute).unwrap_or(0), 0, 0);
    Reply::wired(shelf.site, &fill(template, &article_values(shelf, article)), article.wire, Some(modified))
}

/// What else a site has: lists, feeds, sitemaps, the home page.
pub(super) fn other(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    if asked.path() == "/" {
        return Some(home(shelf, &shelf.all()));
    }
    let of_family = match shelf.site.family {
        Family::Jcms => jcms::answer(shelf, asked),
        Family::Rss => feeds::rss(shelf, asked),
        Family::Atom => feeds::atom(shelf, asked),
        Family::Sitemap => sitemap::answer(shelf, asked),
        _ => lists::answer(shelf, asked),
    };
    of_family.or_else(|| {
        let column = shelf.site.columns.iter().find(|column| column_path(shelf.site.family, column) == asked.target)?;
        Some(home(shelf, &shelf.listed(column)))
    })
}

/// The page of an address that leads nowhere.
pub(super) fn gone(shelf: &Shelf) -> Reply {
    let values = Values::default().with("charset", charset_word(shelf, Wire::AsTheSite));
    let page = Reply::page(shelf.site, &fill(include_str!("../templates/gone.html"), &values), None);
    Reply { status: 404, ..page }
}

fn home(shelf: &Shelf, articles: &[&Article]) -> Reply {
    let feeds: String = match shelf.site.family {
        Family::Rss | Family::Atom => shelf
            .site
            .columns
            .iter()
            .map(|column| {
                let kind = if shelf.site.family == Family::Rss { "rss" } else { "atom" };
                let (name, path) = (column.name, list_path(shelf.site.family, column));
                format!("<link rel=\"alternate\" type=\"application/{kind}+xml\" title=\"{name}\" href=\"{path}\">\n")
            })
            .collect(),
        _ => String::new(),
    };
    let newest: String = articles.iter().take(10).map(|article| item(article)).collect();
    let values = site_values(shelf, Wire::AsTheSite).with("newest", newest).with("feeds", feeds);
    Reply::page(shelf.site, &fill(include_str!("../templates/home.html"), &values), None)
}

/// When a list last changed: with its newest article, and once more when a page was withdrawn.
fn list_modified(shelf: &Shelf, articles: &[&Article]) -> Option<DateTime> {
    let newest = articles.first()?.date;
    let day = if shelf.withdrew() { newest.tomorrow().unwrap_or(newest) } else { newest };
    Some(day.at(18, 0, 0, 0))
}

fn charset_word(shelf: &Shelf, wire: Wire) -> &'static str {
    match (shelf.site.charset, wire) {
        (Charset::Gbk, Wire::AsTheSite | Wire::Torn) => "gb2312",
        _ => "utf-8",
    }
}

/// What every page of a site shows.
fn site_values(shelf: &Shelf, wire: Wire) -> Values {
    let entry = |column: &SiteColumn| {
        let path = column_path(shelf.site.family, column);
        match shelf.site.family {
            Family::Jcms => format!("<li><a href=\"{path}\">{}</a></li>", column.name),
            _ => format!("<a href=\"{}\">{}</a> ", escape(&path), column.name),
        }
    };
    let nav: String = shelf.site.columns.iter().filter(|column| column.feeds.is_some()).map(entry).collect();
    Values::default().with("site", shelf.site.name).with("charset", charset_word(shelf, wire)).with("nav", nav)
}

/// What every page of a column shows.
fn column_values(shelf: &Shelf, column: &SiteColumn, wire: Wire) -> Values {
    site_values(shelf, wire)
        .with("column", column.name)
        .with("column_key", column.key)
        .with("list", column_path(shelf.site.family, column))
}

fn article_values(shelf: &Shelf, article: &Article) -> Values {
    let listed = shelf.listed(article.column);
    let place = listed.iter().position(|other| other.number == article.number).unwrap_or(0);
    let newer = place.checked_sub(1).map(|place| listed[place]);
    let older = listed.get(place + 1).copied();
    let titled =
        |other: Option<&Article>| other.map_or("没有了".to_owned(), |other| anchor(&other.path, &other.title));
    let worded = |other: Option<&Article>, word: &str| other.map_or(String::new(), |other| anchor(&other.path, word));
    let newest: String = listed
        .iter()
        .take(6)
        .map(|article| match shelf.site.family {
            Family::Shtml => format!("<TR><TD>·{}</TD></TR>\n", anchor(&article.path, &article.title)),
            _ => item(article),
        })
        .collect();
    let values = column_values(shelf, article.column, article.wire)
        .with("title", &article.title)
        .with("issuer", &article.issuer)
        .with("number", article.number.to_string())
        .with("document_number", article.document_number.as_deref().unwrap_or_default())
        .with("index_number", index_number(shelf, article))
        .with("body", body(shelf.site.family, &article.body))
        .with("files", files(article))
        .with("prev", titled(newer))
        .with("next", titled(older))
        .with("prev_page", worded(newer, "上一页"))
        .with("next_page", worded(older, "下一页"))
        .with("newest", newest);
    dated(values, article)
}

/// The dates of an article in every form that the templates use.
fn dated(values: Values, article: &Article) -> Values {
    let ((hour, minute), date) = (article.clock(), article.date);
    let (year, month, day) = (date.year(), date.month(), date.day());
    let written = article.written.unwrap_or(date);
    values
        .with("year", year.to_string())
        .with("date", date.to_string())
        .with("dot_date", format!("{year}.{month:02}.{day:02}"))
        .with("short_date", format!("{year}/{month}/{day}"))
        .with("cn_date", chinese_date(date))
        .with("clock", format!("{hour}:{minute:02}:00"))
        .with("minute", format!("{date} {hour:02}:{minute:02}"))
        .with("time", format!("{date} {hour:02}:{minute:02}:00"))
        .with("written", written.to_string())
        .with("cn_written", chinese_date(written))
}

fn chinese_date(date: Date) -> String {
    format!("{}年{:02}月{:02}日", date.year(), date.month(), date.day())
}

/// 索引号: the document's own, else one in the form of such numbers.
fn index_number(shelf: &Shelf, article: &Article) -> String {
    article
        .index_number
        .clone()
        .unwrap_or_else(|| format!("11330800{}/{}-{:05}", shelf.site.key.len(), article.date.year(), article.number))
}

fn anchor(path: &str, words: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escape(path), escape(words))
}

fn item(article: &Article) -> String {
    format!("<li>{}</li>\n", anchor(&article.path, &article.title))
}

/// The body with the paragraphs that editors of such sites make.
fn body(family: Family, body: &Body) -> String {
    let paragraphs = match body {
        Body::Markup(markup) => return (*markup).to_owned(),
        Body::Paragraphs(paragraphs) => paragraphs,
    };
    let (before, after) = match family {
        Family::Shtml => ("<P>&nbsp;&nbsp;&nbsp;&nbsp;", "</P>\n"),
        Family::Jcms => (
            "<p style=\"text-indent: 2em; line-height: 1.75em;\"><span style=\"font-size: 16px; font-family: 宋体;\">",
            "</span></p>",
        ),
        Family::Trs => ("<p align=\"justify\">　　", "</p>\n"),
        Family::Paged => (
            "<p class=\"MsoNormal\" style=\"TEXT-INDENT: 32pt; LINE-HEIGHT: 150%\"><span style=\"FONT-SIZE: 16pt; \
             FONT-FAMILY: 仿宋_GB2312\">",
            "<span lang=\"EN-US\"><o:p></o:p></span></span></p>\n",
        ),
        Family::Plain => ("　　", "<br>\n"),
        Family::Gazette | Family::Atom => ("<p style=\"text-indent: 2em;\">", "</p>\n"),
        Family::Rss | Family::Sitemap | Family::Disclosure => ("<p>", "</p>\n"),
    };
    paragraphs.iter().map(|paragraph| format!("{before}{}{after}", escape(paragraph))).collect()
}

fn files(article: &Article) -> String {
    article.files.iter().map(|file| format!("<p>附件：{}</p>\n", anchor(file.path, file.name))).collect()
}
