//! Lists: what leads to items.
//!
//! A list is a page with rows, a feed, a sitemap, or the XML that a content system answers with. [`Profile::Auto`] finds out
//! which: feeds and sitemaps by their root, then Hanweb JCMS, TRS, numbered pages, plain. A broken list is
//! `unreadable`, never a list without entries: an empty round must not look like a withdrawal.

mod address;
mod feed;
mod jcms;
mod paged;
mod rows;
mod sitemap;
mod trs;

use std::collections::HashSet;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use scraper::Html;
use url::Url;

use super::bounds::{ENTRIES, PAGE_BYTES, SITEMAP_BYTES};
use super::{Entry, Listing, PageInput, charset, depth, links};
use crate::model::{Profile, Unreadable};

/// Reads a list under a profile.
#[must_use]
pub fn listing(input: &PageInput<'_>, profile: Profile) -> Listing {
    let unpacked;
    let bytes = if input.bytes.starts_with(b"\x1F\x8B") {
        match unpack(input.bytes) {
            Ok(bytes) => unpacked = bytes,
            Err(reason) => return Listing::refused(profile, reason),
        }
        &unpacked
    } else {
        input.bytes
    };
    if bytes.len() > PAGE_BYTES.max(usize::try_from(SITEMAP_BYTES).unwrap_or(usize::MAX)) {
        return Listing::refused(profile, format!("over {} MiB", PAGE_BYTES >> 20));
    }
    let decoded = charset::decode(bytes, input.content_type, input.pinned_charset);
    let mut listing = read(&decoded.text, input.url, profile);
    listing.charset = Some(decoded.charset);
    if let Some(reason) = decoded.unreadable {
        listing.unreadable.push(Unreadable { place: String::new(), reason });
    }
    finish(listing, input.url)
}

fn unpack(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes)
        .take(SITEMAP_BYTES + 1)
        .read_to_end(&mut out)
        .map_err(|error| format!("the gzip is damaged: {error}"))?;
    if out.len() as u64 > SITEMAP_BYTES {
        Err(format!("unpacks to more than {} MiB", SITEMAP_BYTES >> 20))
    } else {
        Ok(out)
    }
}

fn read(text: &str, url: &str, profile: Profile) -> Listing {
    match profile {
        Profile::Feed => feed::read(text, url),
        Profile::Sitemap => sitemap::read(text, url),
        Profile::Auto => {
            if let Some(found) = feed::is_feed(text)
                .then(|| feed::read(text, url))
                .or_else(|| sitemap::is_sitemap(text).then(|| sitemap::read(text, url)))
            {
                return found;
            }
            of_page(text, url, None)
        }
        other => of_page(text, url, Some(other)),
    }
}

/// A list page, or the answer of a JCMS data address.
fn of_page(text: &str, url: &str, profile: Option<Profile>) -> Listing {
    let wanted = profile.unwrap_or(Profile::Plain);
    if let Some(reason) = depth::refusal(text) {
        return Listing::refused(wanted, reason);
    }
    let html = Html::parse_document(text);
    let base = links::base_of(&html, url);
    let is_wanted = |candidate: Profile| profile.is_none_or(|profile| profile == candidate);
    if is_wanted(Profile::Jcms)
        && let Some(found) = jcms::read(text, base.as_ref())
    {
        return found;
    }
    let mut listing = Listing::empty(wanted);
    listing.items = rows::read(&html, base.as_ref());
    let own = Url::parse(url).ok();
    if is_wanted(Profile::Trs)
        && let Some(pages) = trs::read(text, own.as_ref())
    {
        listing.kind = Profile::Trs;
        (listing.pages, listing.total) = (pages.pages, pages.total);
        return listing;
    }
    listing.pages = paged::read(&html, text, own.as_ref(), base.as_ref());
    listing.total = paged::total(text);
    if profile.is_none() {
        listing.kind = if address::is_shtml(&listing.items, url) {
            Profile::Shtml
        } else if listing.pages.is_empty() {
            Profile::Plain
        } else {
            Profile::Paged
        };
    }
    listing
}

/// Every address once, none of them the list itself, under the bounds.
fn finish(mut listing: Listing, url: &str) -> Listing {
    let mut seen = HashSet::new();
    listing.items.retain(|entry: &Entry| !entry.url.is_empty() && seen.insert(entry.url.clone()));
    // A page under maintenance or in a new dress has no rows either: that must be seen, not taken for an empty list.
    let is_page = !matches!(listing.kind, Profile::Feed | Profile::Sitemap);
    if is_page
        && listing.items.is_empty()
        && listing.pages.is_empty()
        && listing.total != Some(0)
        && listing.unreadable.is_empty()
    {
        listing.unreadable.push(Unreadable { place: String::new(), reason: "no entries were found".to_owned() });
    }
    let mut pages = HashSet::from([url.to_owned()]);
    listing.pages.retain(|page| pages.insert(page.clone()));
    if listing.items.len() > ENTRIES {
        listing.unreadable.push(Unreadable { place: String::new(), reason: format!("over {ENTRIES} entries") });
        listing.items.truncate(ENTRIES);
    }
    listing
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_at(text: &str, url: &str) -> Listing {
        listing(&PageInput { bytes: text.as_bytes(), url, content_type: None, pinned_charset: None }, Profile::Auto)
    }

    fn rows_of(path: &str) -> String {
        (1..=5).map(|n| format!("<li><a href='{path}{n}.html' title='关于开展第{n}次检查的通知'>关于开展第{n}次…</a><span>2021-04-0{n}</span></li>")).collect()
    }

    #[test]
    fn trs_pages() {
        for (call, first, count, total) in [
            ("createPageHTML(25, 0, \"index\", \"html\")", "index_1.html", 24, None),
            ("createPageHTML(89,1,\"index\",\"shtml\",\"black2\",621)", "index_1.shtml", 88, Some(621)),
            ("createPageHTML('paging',25,1,'index','html',500)", "index_2.html", 24, Some(500)),
            ("pageControl(4,2,\"index\",\"shtml\",10,'pages-nav')", "index_1.shtml", 3, None),
        ] {
            let page = format!("<ul>{}</ul><script>{call};</script>", rows_of("t2021_"));
            let found = read_at(&page, "http://a.gov.cn/x/");
            assert_eq!((found.kind, found.items.len()), (Profile::Trs, 5), "{call}");
            assert_eq!(
                (found.pages.first().map(String::as_str), found.pages.len()),
                (Some(format!("http://a.gov.cn/x/{first}").as_str()), count),
                "{call}"
            );
            assert_eq!(found.total, total, "{call}");
            assert_eq!(found.items[0].title, "关于开展第1次检查的通知");
        }
    }

    #[test]
    fn jcms_answer_and_page() {
        let record = "<record><![CDATA[<li><a href=\"/art/2021/4/2/art_1_2.html\" title=\"关于开展检查的通知\">关于开展...</a><span>2021-04-02</span></li>]]></record>";
        let answer = format!(
            "<datastore><nextgroup><![CDATA[<a href=\"/module/web/jpage/dataproxy.jsp?page=2&amp;columnid=1\">]]></nextgroup><recordset>{record}</recordset><totalrecord>45</totalrecord></datastore>"
        );
        let found = read_at(&answer, "http://a.gov.cn/module/web/jpage/dataproxy.jsp?page=1&columnid=1");
        assert_eq!((found.kind, found.total), (Profile::Jcms, Some(45)));
        assert_eq!(found.items[0].url, "http://a.gov.cn/art/2021/4/2/art_1_2.html");
        assert_eq!(found.items[0].title, "关于开展检查的通知");
        assert_eq!(found.pages, ["http://a.gov.cn/module/web/jpage/dataproxy.jsp?page=2&columnid=1"]);
        let page = format!(
            "<div id=5455><script type='text/xml'><datastore><recordset>{record}</recordset></datastore></script></div><script>var param_5455 = {{col:1,appid:1,webid:39,path:'/',columnid:61490,sourceContentType:1,unitid:'247686',webname:'市政府',permissiontype:0}}; jpage({{totalRecord:40,perPage:15}});</script>"
        );
        let found = read_at(&page, "http://a.gov.cn/col/col61490/index.html");
        assert_eq!((found.kind, found.items.len(), found.total), (Profile::Jcms, 1, Some(40)));
        assert!(
            found.pages[0].starts_with(
                "http://a.gov.cn/module/web/jpage/dataproxy.jsp?startrecord=1&endrecord=45&perpage=15&col=1"
            ),
            "{:?}",
            found.pages
        );
    }

    #[test]
    fn numbered_pages_shtml_and_plain() {
        let rows = rows_of("/a/");
        let found = read_at(
            &format!("<ul>{rows}</ul><a href='?page=2'>2</a><a href='?page=2'>下一页</a><a href='?page=7'>尾页</a>"),
            "http://a.gov.cn/list?page=1",
        );
        assert_eq!((found.kind, found.pages.len()), (Profile::Paged, 6));
        assert_eq!(found.pages[5], "http://a.gov.cn/list?page=7");
        let shtml = rows.replace("/a/", "/shtml/00012/00034").replace(".html", "/detail_1.shtml");
        assert_eq!(
            read_at(&format!("<ul>{shtml}</ul>"), "http://daj.qz.gov.cn/shtml/00012/index.shtml").kind,
            Profile::Shtml
        );
        assert_eq!(read_at(&format!("<ul>{rows}</ul>"), "http://a.gov.cn/").kind, Profile::Plain);
    }

    #[test]
    fn no_rows_is_not_an_empty_list() {
        assert!(!read_at("<h1>系统维护中</h1><p>请稍后再来</p>", "http://a.gov.cn/col/1/").unreadable.is_empty());
        assert!(
            read_at("<datastore><recordset></recordset><totalrecord>0</totalrecord></datastore>", "http://a.gov.cn/x")
                .unreadable
                .is_empty()
        );
    }

    #[test]
    fn feeds_and_sitemaps() {
        let rss = "<?xml version='1.0'?><rss><channel><title>动态</title><item><title>甲&amp;乙</title><link>http://a.gov.cn/1.html</link><pubDate>Thu, 15 Aug 2013 09:30:00 +0800</pubDate></item></channel></rss>";
        let found = read_at(rss, "http://a.gov.cn/rss.xml");
        assert_eq!((found.kind, found.items[0].title.as_str()), (Profile::Feed, "甲&乙"));
        assert_eq!(found.items[0].published.unwrap().to_string(), "2013-08-15T09:30:00+08:00");
        let index = "<sitemapindex><sitemap><loc>http://a.gov.cn/s1.xml.gz</loc></sitemap></sitemapindex>";
        assert_eq!(read_at(index, "http://a.gov.cn/sitemap.xml").pages, ["http://a.gov.cn/s1.xml.gz"]);
        let map = "<urlset><url><loc>http://a.gov.cn/1.html</loc><lastmod>2021-04-02</lastmod></url></urlset>";
        assert_eq!(read_at(map, "http://a.gov.cn/sitemap.xml").items.len(), 1);
    }
}
