//! Hanweb JCMS: a list page that carries its first group, and `dataproxy.jsp` for the groups after it.
//!
//! A group is 45 rows (3 pages of 15). From the second group on, a group begins with the last row of the one before.

use super::{column_values, fill, list_modified, list_path};
use crate::cli::demo::sites::articles::{Article, Shelf};
use crate::cli::demo::sites::planted::Wire;
use crate::cli::demo::sites::reply::{Asked, Reply};
use crate::cli::demo::sites::roster::SiteColumn;
use crate::cli::demo::sites::template::escape;

const GROUP: usize = 45;
const PROXY: &str = "/module/web/jpage/dataproxy.jsp";
const TITLE_WIDTH: usize = 32;

/// A list page or a group, where `asked` names one.
pub(super) fn answer(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    if asked.path() == PROXY {
        return group(shelf, asked);
    }
    let column = shelf.site.columns.iter().find(|column| list_path(shelf.site.family, column) == asked.path())?;
    let articles = shelf.listed(column);
    let values = column_values(shelf, column, Wire::AsTheSite)
        .with("unit", unit(column))
        .with("total", articles.len().to_string())
        .with("next_group", next_group(shelf, column, 1, articles.len()))
        .with("records", records(&articles, 1));
    let page = fill(include_str!("../templates/jcms_list.html"), &values);
    Some(Reply::page(shelf.site, &page, list_modified(shelf, &articles)))
}

/// Id of the list's element, which the real ones carry in `unitid`.
fn unit(column: &SiteColumn) -> String {
    format!("44555{}", &column.key[column.key.len() - 2..])
}

/// A group by `startrecord` and `endrecord`, or by `page`, both from 1.
fn group(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    let column = shelf.column(&asked.parameter("columnid")?)?;
    let number = match asked.number("startrecord") {
        Some(start) => start.saturating_sub(1) / GROUP + 1,
        None => asked.number("page").unwrap_or(1).max(1),
    };
    let articles = shelf.listed(column);
    let xml = format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<datastore>\n<nextgroup><![CDATA[{}]]></nextgroup>\n<recordset>\n{}\
         </recordset>\n<totalrecord>{}</totalrecord>\n<totalpage>{}</totalpage>\n</datastore>\n",
        next_group(shelf, column, number, articles.len()),
        records(&articles, number),
        articles.len(),
        articles.len().div_ceil(15),
    );
    Some(Reply::of_type("text/xml;charset=UTF-8", xml.into_bytes(), None))
}

/// The link to the group after `number`; empty at the end.
fn next_group(shelf: &Shelf, column: &SiteColumn, number: usize, total: usize) -> String {
    if number * GROUP >= total {
        return String::new();
    }
    let name: String = url::form_urlencoded::byte_serialize(shelf.site.name.as_bytes()).collect();
    format!(
        "<a href=\"{PROXY}?page={}&appid=1&webid=3408&path=/&columnid={}&unitid={}&webname={name}&permissiontype=0\"></a>",
        number + 1,
        column.key,
        unit(column),
    )
}

fn records(articles: &[&Article], number: usize) -> String {
    let start = (number - 1) * GROUP;
    let first = start.saturating_sub(usize::from(number > 1));
    let rows = articles.get(first..articles.len().min(start + GROUP)).unwrap_or_default();
    rows.iter().map(|article| format!("<record><![CDATA[{}]]></record>\n", row(article))).collect()
}

/// A row; its words are cut where they are long, and then the title is whole in the attribute only.
fn row(article: &Article) -> String {
    let cut: String = article.title.chars().take(TITLE_WIDTH).collect();
    let words = if cut.len() < article.title.len() { cut + "..." } else { cut };
    format!(
        "<li><a href=\"{}\" title=\"{}\" target=\"_blank\">{}</a><span>{}</span></li>",
        escape(&article.path),
        escape(&article.title),
        escape(&words),
        article.date
    )
}
