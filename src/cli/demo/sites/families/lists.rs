//! Lists that are pages of rows: old shtml sites, TRS, ASP.NET, disclosure tables, and one long list.

use super::{anchor, article_values, column_values, fill, list_modified, list_path};
use crate::cli::demo::sites::articles::{Article, Shelf};
use crate::cli::demo::sites::planted::Wire;
use crate::cli::demo::sites::reply::{Asked, Reply};
use crate::cli::demo::sites::roster::{Family, SiteColumn};
use crate::cli::demo::sites::template::escape;

/// A list page, where `asked` names one.
pub(super) fn answer(shelf: &Shelf, asked: Asked<'_>) -> Option<Reply> {
    let (column, page) =
        shelf.site.columns.iter().find_map(|column| Some((column, page_asked(shelf, column, asked)?)))?;
    let articles = rows_of(shelf, column);
    let size = page_size(shelf.site.family);
    let pages = articles.len().div_ceil(size).max(1);
    let on_page = articles.get((page - 1) * size..articles.len().min(page * size)).unwrap_or_default();
    if page > pages {
        return None;
    }
    let rows: String = on_page.iter().map(|article| row(shelf, article)).collect();
    let values = column_values(shelf, column, Wire::AsTheSite)
        .with("rows", rows)
        .with("total", articles.len().to_string())
        .with("page", page.to_string())
        .with("page_from_0", (page - 1).to_string())
        .with("pages", pages.to_string())
        .with("side", side(shelf))
        .with("pager", pager(shelf, column, page, pages));
    Some(Reply::page(shelf.site, &fill(template(shelf.site.family), &values), list_modified(shelf, &articles)))
}

/// The gazette's list shows the forbidden column's articles among its own, as a careless editor leaves them.
fn rows_of<'a>(shelf: &'a Shelf, column: &SiteColumn) -> Vec<&'a Article> {
    if shelf.site.family == Family::Gazette { shelf.all() } else { shelf.listed(column) }
}

fn page_size(family: Family) -> usize {
    match family {
        Family::Plain | Family::Gazette => 1_000,
        Family::Shtml => 18,
        Family::Trs => 20,
        _ => 15,
    }
}

/// Which page of `column` is asked for, from 1.
fn page_asked(shelf: &Shelf, column: &SiteColumn, asked: Asked<'_>) -> Option<usize> {
    let path = list_path(shelf.site.family, column);
    if asked.target == path {
        return Some(1);
    }
    match shelf.site.family {
        Family::Shtml => numbered(asked.path(), &format!("/shtml/{}/index_", column.key), ".shtml"),
        Family::Trs => Some(numbered(asked.path(), &format!("/zwgk/{}/index_", column.key), ".html")? + 1),
        Family::Paged => by_query(&path, asked, "cid", column.key, "page"),
        Family::Disclosure => by_query(&path, asked, "typeid", column.key, "pageNo"),
        _ => None,
    }
}

/// The number between `before` and `after`, from 1.
fn numbered(path: &str, before: &str, after: &str) -> Option<usize> {
    path.strip_prefix(before)?.strip_suffix(after)?.parse().ok().filter(|number| *number > 0)
}

fn by_query(path: &str, asked: Asked<'_>, name: &str, key: &str, page: &str) -> Option<usize> {
    let fits = path.split_once('?').is_some_and(|(path, _)| path == asked.path());
    (fits && asked.parameter(name)? == key).then(|| asked.number(page).unwrap_or(1).max(1))
}

fn template(family: Family) -> &'static str {
    match family {
        Family::Shtml => include_str!("../templates/shtml_list.html"),
        Family::Trs => include_str!("../templates/trs_list.html"),
        Family::Paged => include_str!("../templates/paged_list.html"),
        Family::Disclosure => include_str!("../templates/disclosure_list.html"),
        Family::Gazette => include_str!("../templates/gazette_list.html"),
        _ => include_str!("../templates/plain_list.html"),
    }
}

fn row(shelf: &Shelf, article: &Article) -> String {
    let (path, title, date) = (escape(&article.path), escape(&article.title), article.date);
    let template = match shelf.site.family {
        Family::Shtml => {
            "<TR><TD width=\"20\">·</TD><TD><A href=\"{{path}}\" target=\"_blank\">{{title}}</A></TD>\
             <TD width=\"110\">[{{dot_date}}]</TD></TR>\n"
        }
        Family::Trs => {
            let folder = format!("/zwgk/{}/", article.column.key);
            let relative = article.path.strip_prefix(&folder).unwrap_or(&article.path);
            return format!(
                "<li><span class=\"date\">{date}</span><a href=\"./{}\" target=\"_blank\" title=\"{title}\">{title}</a></li>\n",
                escape(relative)
            );
        }
        Family::Paged => {
            return format!("<li><span>[{date}]</span><a href=\"{}\">{title}</a></li>\n", path.trim_start_matches('/'));
        }
        Family::Disclosure => {
            "<tr><td>{{index_number}}</td><td><a href=\"{{path}}\">{{title}}</a></td><td>{{document_number}}</td>\
             <td>{{written}}</td><td>{{date}}</td></tr>\n"
        }
        Family::Gazette => "<li><h4><a href=\"{{path}}\">{{title}}</a><span class=\"date\">{{date}}</span></h4></li>\n",
        _ => "<tr><td>◇ <a href=\"{{path}}\">{{title}}</a></td><td align=\"right\">{{cn_date}}</td></tr>\n",
    };
    fill(template, &article_values(shelf, article).with("path", article.path.clone()))
}

fn side(shelf: &Shelf) -> String {
    let entry =
        |column: &SiteColumn| format!("<li>{}</li>", anchor(&list_path(shelf.site.family, column), column.name));
    shelf.site.columns.iter().map(entry).collect()
}

/// 首页 上一页 1 2 3 下一页 尾页, as far as the kind of site has it in markup; TRS writes its pager by script.
fn pager(shelf: &Shelf, column: &SiteColumn, page: usize, pages: usize) -> String {
    let first = list_path(shelf.site.family, column);
    let address = |page: usize| match shelf.site.family {
        Family::Shtml if page == 1 => first.clone(),
        Family::Shtml => format!("/shtml/{}/index_{page}.shtml", column.key),
        Family::Paged => format!("list.aspx?cid={}&page={page}", column.key),
        _ => format!("/xxgk/list.jsp?typeid={}&pageNo={page}", column.key),
    };
    if matches!(shelf.site.family, Family::Trs | Family::Plain | Family::Gazette) {
        return String::new();
    }
    let numbers: String = (1..=pages)
        .filter(|number| shelf.site.family != Family::Shtml && number.abs_diff(page) <= 3)
        .map(|number| anchor(&address(number), &number.to_string()) + " ")
        .collect();
    let (previous, next) = (page.saturating_sub(1).max(1), (page + 1).min(pages));
    [("首页", 1), ("上一页", previous)].map(|(word, page)| anchor(&address(page), word)).join(" ")
        + " "
        + &numbers
        + &[("下一页", next), ("尾页", pages)].map(|(word, page)| anchor(&address(page), word)).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_paths_count_from_one() {
        assert_eq!(numbered("/a/index_2.html", "/a/index_", ".html"), Some(2));
        assert_eq!(numbered("/a/index_0.html", "/a/index_", ".html"), None);
        assert_eq!(numbered("/a/index_x.html", "/a/index_", ".html"), None);
    }
}
