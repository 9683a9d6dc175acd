//! Sites whose columns are announced by a feed: RSS 2.0 as such sites write it, and Atom (RFC 4287).
//!
//! The first column's RSS is GBK and says so in its XML declaration alone.

use super::{Values, escape, fill, list_modified, list_path};
use crate::cli::demo::sites::articles::{Article, Body, Shelf};
use crate::cli::demo::sites::reply::{Asked, Reply};
use crate::cli::demo::sites::roster::SiteColumn;

fn column_asked(shelf: &Shelf, asked: Asked<'_>) -> Option<&'static SiteColumn> {
    shelf.site.columns.iter().find(|column| list_path(shelf.site.family, column) == asked.target)
}

/// The RSS of a column.
pub(super) fn rss(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    let column = column_asked(shelf, asked)?;
    let articles = shelf.listed(column);
    let gbk = shelf.site.columns.first() == Some(column);
    let items: String = articles.iter().map(|article| rss_item(shelf, article)).collect();
    let values = Values::default()
        .with("encoding", if gbk { "gb2312" } else { "utf-8" })
        .with("title", format!("{}-{}", shelf.site.name, column.name))
        .with("base", &shelf.base)
        .with("items", items);
    let xml = fill(
        "<?xml version=\"1.0\" encoding=\"{{encoding}}\"?>\n<rss version=\"2.0\">\n<channel>\n<title><![CDATA[{{!title}}]]></title>\n\
         <link>{{base}}/</link>\n<description>{{title}}</description>\n<language>zh-cn</language>\n<ttl>60</ttl>\n{{!items}}\
         </channel>\n</rss>\n",
        &values,
    );
    let bytes = if gbk { encoding_rs::GBK.encode(&xml).0.into_owned() } else { xml.into_bytes() };
    Some(Reply::of_type("text/xml", bytes, list_modified(shelf, &articles)))
}

fn rss_item(shelf: &Shelf, article: &Article) -> String {
    let (hour, minute) = article.clock();
    let day = article.date.strftime("%a, %d %b %Y");
    format!(
        "<item>\n<title><![CDATA[{}]]></title>\n<link>{}{}</link>\n<author>{}</author>\n<pubDate>{day} {hour:02}:{minute:02}:00 +0800</pubDate>\n\
         <description><![CDATA[{}]]></description>\n</item>\n",
        article.title,
        shelf.base,
        escape(&article.path),
        escape(&article.issuer),
        summary(article),
    )
}

/// The Atom feed of a column.
pub(super) fn atom(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    let column = column_asked(shelf, asked)?;
    let articles = shelf.listed(column);
    let stamp = |article: &Article| {
        let (hour, minute) = article.clock();
        format!("{}T{hour:02}:{minute:02}:00+08:00", article.date)
    };
    let entry = |article: &&Article| {
        format!(
            "<entry><title>{}</title><link rel=\"alternate\" href=\"{}\"/><id>{}{}</id><published>{}</published>\
             <updated>{}</updated><summary>{}</summary></entry>\n",
            escape(&article.title),
            escape(&article.path),
            shelf.base,
            escape(&article.path),
            stamp(article),
            stamp(article),
            escape(&summary(article)),
        )
    };
    let values = Values::default()
        .with("title", format!("{} {}", shelf.site.name, column.name))
        .with("base", &shelf.base)
        .with("self", asked.target)
        .with("updated", articles.first().map(|article| stamp(article)).unwrap_or_default())
        .with("entries", articles.iter().map(entry).collect::<String>());
    let xml = fill(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"{{base}}/\">\n\
         <title>{{title}}</title>\n<id>{{base}}{{self}}</id>\n<updated>{{updated}}</updated>\n<link rel=\"self\" href=\"{{self}}\"/>\n\
         <author><name>{{title}}</name></author>\n{{!entries}}</feed>\n",
        &values,
    );
    Some(Reply::of_type("application/atom+xml; charset=utf-8", xml.into_bytes(), list_modified(shelf, &articles)))
}

/// The first words of an article.
fn summary(article: &Article) -> String {
    match &article.body {
        Body::Paragraphs(paragraphs) => paragraphs.concat().chars().take(80).collect(),
        Body::Markup(_) => article.title.clone(),
    }
}
