//! The sub-sites as a collector meets them: every list leads to its articles, encodings and headers are as told, and
//! a restart changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::reply::{Asked, Reply};
use super::roster::{Charset, Family};
use super::*;
use crate::extract::{self, PageInput};
use crate::model::Outcome;
use crate::screen;

fn all_running() -> Vec<Running> {
    let ports: BTreeMap<String, u16> =
        (40_000..).zip(&SUB_SITES).map(|(port, site)| (site.key.to_owned(), port)).collect();
    articles::shelves(texts::load().unwrap(), std::net::Ipv4Addr::LOCALHOST, &ports)
        .unwrap()
        .into_iter()
        .map(Running::new)
        .collect()
}

fn get(site: &Running, target: &str) -> Reply {
    site.answer(Asked { target, form: "" })
}

fn text_of(site: &Running, target: &str) -> String {
    let reply = get(site, target);
    assert_eq!(reply.status, 200, "{} {target}", site.shelf.site.key);
    let body = if target.ends_with(".gz") { unpacked(&reply.body) } else { reply.body };
    let charset = match site.shelf.site.charset {
        Charset::Gbk => encoding_rs::GBK,
        Charset::Utf8 if body.windows(6).any(|window| window == b"gb2312") => encoding_rs::GBK,
        Charset::Utf8 => encoding_rs::UTF_8,
    };
    charset.decode_without_bom_handling(&body).0.into_owned()
}

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut out).unwrap();
    out
}

/// Every page of every list of a site, as its family pages them.
fn list_pages(site: &Running) -> Vec<String> {
    let mut targets = Vec::new();
    for column in site.shelf.site.columns.iter().filter(|column| column.feeds.is_some()) {
        let first = families::list_path(site.shelf.site.family, column);
        let further =
            |form: &dyn Fn(usize) -> String| (2..).map(form).take_while(|t| get(site, t).status == 200).collect();
        let more: Vec<String> = match site.shelf.site.family {
            Family::Shtml => further(&|page| format!("/shtml/{}/index_{page}.shtml", column.key)),
            Family::Trs => further(&|page| format!("/zwgk/{}/index_{}.html", column.key, page - 1)),
            Family::Paged => further(&|page| format!("{first}&page={page}")),
            Family::Disclosure => further(&|page| format!("{first}&pageNo={page}")),
            Family::Jcms => (2..=3).map(|page| proxy(column.key, page)).collect(),
            Family::Sitemap => vec!["/sitemaps/recent.xml".to_owned(), "/sitemaps/archive.xml.gz".to_owned()],
            _ => Vec::new(),
        };
        targets.push(first);
        targets.extend(more);
    }
    targets
}

fn proxy(column: &str, page: usize) -> String {
    let (start, end) = ((page - 1) * 45 + 1, page * 45);
    format!("/module/web/jpage/dataproxy.jsp?startrecord={start}&endrecord={end}&perpage=15&columnid={column}")
}

#[test]
fn every_article_is_listed_and_answers_and_leaves_no_hole_in_its_template() {
    let mut total = 0;
    for site in all_running() {
        let lists: Vec<String> = list_pages(&site).iter().map(|target| text_of(&site, target)).collect();
        let lists = lists.join("\n");
        for article in &site.shelf.articles {
            let link = template::escape(&article.path);
            let last = link.rsplit('/').next().unwrap();
            assert!(lists.contains(last), "{} does not list {}", site.shelf.site.key, article.path);
            let page = text_of(&site, &article.path);
            assert!(
                page.contains(&template::escape(&article.title)) || article.wire == planted::Wire::Torn,
                "{}",
                article.title
            );
            assert!(!page.contains("{{") && !page.contains("}}"), "{}", article.path);
            assert!(article.files.iter().all(|file| page.contains(&template::escape(file.path))), "{}", article.path);
            assert!(article.files.iter().all(|file| get(&site, file.path).body == file.bytes));
        }
        total += site.shelf.articles.len();
        assert_eq!(get(&site, "/nowhere").status, 404);
        assert_eq!(get(&site, "/").status, 200);
        assert_eq!(get(&site, "/robots.txt").status, if site.shelf.site.robots.is_some() { 200 } else { 404 });
    }
    assert!(total >= 520, "{total} articles");
}

#[test]
fn numbers_are_unique_in_a_site() {
    for site in all_running() {
        let numbers: BTreeSet<u32> = site.shelf.articles.iter().map(|article| article.number).collect();
        assert_eq!(numbers.len(), site.shelf.articles.len(), "{}", site.shelf.site.key);
    }
}

#[test]
fn links_to_columns_lead_somewhere() {
    for site in all_running() {
        for column in site.shelf.site.columns.iter().filter(|column| column.feeds.is_some()) {
            let path = families::column_path(site.shelf.site.family, column);
            assert_eq!(get(&site, &path).status, 200, "{} {path}", site.shelf.site.key);
        }
    }
}

#[test]
fn the_notice_stands_first_on_its_old_site_in_gbk() {
    let sites = all_running();
    let site = sites.iter().find(|site| site.shelf.site.key == "daj").unwrap();
    let list = text_of(site, "/shtml/10108/index.shtml");
    assert!(list.find("detail_1.shtml").unwrap() >= list.find("/shtml/10108/462491/").unwrap());
    let reply = get(site, "/shtml/10108/462491/detail_1.shtml");
    assert_eq!(reply.content_type, "text/html");
    assert!(std::str::from_utf8(&reply.body).is_err());
    let (page, _, broken) = encoding_rs::GBK.decode(&reply.body);
    assert!(!broken && page.contains("charset=gb2312") && page.contains("衢政办发〔2008〕12号"));
    assert!(page.contains("发布时间: 2013.08.15&nbsp;&nbsp;&nbsp;来源:超级管理员"));
    assert!(page.contains(">下一页</a>") && !page.contains(">上一页</a>"));
}

#[test]
fn a_group_of_the_dataproxy_begins_with_the_last_row_of_the_group_before() {
    let sites = all_running();
    let site = sites.iter().find(|site| site.shelf.site.family == Family::Jcms).unwrap();
    let rows = |page| -> Vec<String> {
        let text = text_of(site, &proxy("1229037077", page));
        text.split("<record>").skip(1).map(|row| row.split("</record>").next().unwrap().to_owned()).collect()
    };
    let (first, second, third) = (rows(1), rows(2), rows(3));
    assert_eq!((first.len(), second.len()), (45, 46));
    assert_eq!((first.last(), second.last()), (second.first(), third.first()));
    let total = site.shelf.listed(site.shelf.column("1229037077").unwrap()).len();
    assert_eq!(first.len() + second.len() + third.len(), total + 2);
    let by_form = site.answer(Asked {
        target: "/module/web/jpage/dataproxy.jsp?startrecord=46&endrecord=90&perpage=15",
        form: "col=1&columnid=1229037077&unitid=4455577",
    });
    assert_eq!(by_form, get(site, &proxy("1229037077", 2)));
    assert_eq!(get(site, "/module/web/jpage/dataproxy.jsp?page=2&columnid=1229037077"), by_form);
}

#[test]
fn the_wrong_charset_and_the_torn_page_are_what_they_are_planted_for() {
    let sites = all_running();
    let site = sites.iter().find(|site| site.shelf.site.key == "scjg").unwrap();
    let of = |number| get(site, &site.shelf.numbered(number).unwrap().path.clone());
    let lying = of(1101);
    assert!(lying.content_type.contains("utf-8") && std::str::from_utf8(&lying.body).is_err());
    let (page, _, broken) = encoding_rs::GBK.decode(&lying.body);
    assert!(!broken && page.contains("charset=utf-8") && page.contains("明码标价"));
    assert!(encoding_rs::GB18030.decode(&of(1103).body).2);
}

#[test]
fn a_withdrawn_page_is_gone_from_site_and_list() {
    let sites = all_running();
    let site = sites.iter().find(|site| site.shelf.site.key == "zrzy").unwrap();
    let path = site.shelf.numbered(2_732_001).unwrap().path.clone();
    let list = get(site, "/zwgk/tzgg/index.html");
    assert_eq!(get(site, &path).status, 200);
    site.shelf.withdraw();
    assert_eq!(get(site, &path).status, 404);
    let after = get(site, "/zwgk/tzgg/index.html");
    assert!(after.modified > list.modified && !String::from_utf8(after.body).unwrap().contains("2732001"));
}

#[test]
fn the_planted_list_names_pages_that_exist_and_rosters_that_fit() {
    let sites = all_running();
    let shelves: Vec<_> = sites.into_iter().map(|site| site.shelf).collect();
    let list = planted(&shelves).unwrap();
    let addresses: BTreeSet<&str> = list.iter().map(|planted| planted.url.as_str()).collect();
    assert_eq!(addresses.len(), list.len());
    for planted in &list {
        let shelf = shelves.iter().find(|shelf| shelf.site.key == planted.source.as_str()).unwrap();
        let path = planted.url.strip_prefix(&shelf.base).unwrap();
        let article = shelf.at(path).unwrap();
        let feeds = article.column.feeds.is_some();
        assert_eq!(planted.expect == Expect::NeverAsked, !feeds, "{}", planted.what);
        if let Expect::Queued = planted.expect {
            assert!(!shelf.site.reviewed);
        } else if let Expect::Published | Expect::PublishedWithTitle { .. } | Expect::Withdrawn = planted.expect {
            assert!(shelf.site.reviewed);
        }
    }
    let known: BTreeSet<&str> = PORTAL_COLUMNS.iter().map(|column| column.0).collect();
    let fed: BTreeSet<&str> =
        SUB_SITES.iter().flat_map(|site| site.columns).filter_map(|column| column.feeds).collect();
    assert_eq!(known, fed);
}

/// Sends one request and reads the whole answer.
async fn ask(site: &Running, target: &str, headers: &str) -> (String, Vec<u8>) {
    let address = site.shelf.base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
    (String::from_utf8(answer[..end].to_vec()).unwrap(), answer[end + 4..].to_vec())
}

fn header(head: &str, name: &str) -> Option<String> {
    head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ").map(str::to_owned))
}

#[tokio::test]
async fn a_restart_keeps_ports_and_the_withdrawn_page_and_requests_are_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let sites = Sites::start(folder.path()).await.unwrap();
    let hosts: Vec<_> = sites.sources().unwrap().into_iter().map(|source| source.hosts).collect();
    sites.withdraw_now().unwrap();
    let trs = sites.running.iter().find(|site| site.shelf.site.family == Family::Trs).unwrap();
    assert_eq!(ask(trs, "/robots.txt", "").await.0.lines().next(), Some("HTTP/1.1 200 OK"));
    let requests = sites.requests().unwrap();
    let asked = requests.iter().find(|requests| requests.source.as_str() == "zrzy").unwrap();
    assert_eq!((asked.count, asked.paths.get("/robots.txt")), (1, Some(&1)));
    let idle = tokio::net::TcpStream::connect(trs.shelf.base.strip_prefix("http://").unwrap()).await.unwrap();
    let begun = std::time::Instant::now();
    sites.stop().await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(1), "{:?}", begun.elapsed());
    drop(idle);

    let sites = Sites::start(folder.path()).await.unwrap();
    assert_eq!(hosts, sites.sources().unwrap().into_iter().map(|source| source.hosts).collect::<Vec<_>>());
    let gone = sites.planted().iter().find(|planted| planted.expect == Expect::Withdrawn).unwrap();
    let trs = sites.running.iter().find(|site| site.shelf.site.family == Family::Trs).unwrap();
    let target = gone.url.strip_prefix(&trs.shelf.base).unwrap();
    assert!(ask(trs, target, "").await.0.starts_with("HTTP/1.1 404"));
    let taken = Sites::start(folder.path()).await.err().unwrap();
    assert!(format!("{taken:#}").contains("--data"), "{taken:#}");
    sites.stop().await;
}

#[tokio::test]
async fn servers_answer_conditional_requests_as_their_kind_does() {
    let folder = tempfile::tempdir().unwrap();
    let sites = Sites::start(folder.path()).await.unwrap();
    for site in &sites.running {
        let target = site.shelf.articles[0].path.clone();
        let (head, body) = ask(site, &target, "").await;
        let (etag, modified) = (header(&head, "etag"), header(&head, "last-modified"));
        let kind = site.shelf.site.validators;
        assert_eq!(etag.is_some(), kind == roster::Validators::Both, "{head}");
        assert_eq!(modified.is_some(), kind != roster::Validators::None, "{head}");
        for condition in [
            etag.map(|etag| format!("If-None-Match: {etag}\r\n")),
            modified.map(|at| format!("If-Modified-Since: {at}\r\n")),
        ] {
            let Some(condition) = condition else { continue };
            let (head, body) = ask(site, &target, &condition).await;
            assert!(head.starts_with("HTTP/1.1 304") && body.is_empty(), "{head}");
        }
        if site.shelf.site.family == Family::Jcms {
            let (head, packed) = ask(site, &target, "Accept-Encoding: gzip\r\n").await;
            assert_eq!(header(&head, "content-encoding").as_deref(), Some("gzip"));
            assert_eq!(unpacked(&packed), body);
        }
    }
    sites.stop().await;
}

#[test]
fn the_attachments_can_be_read_and_say_what_they_are_planted_for() {
    let file =
        |name: &str| planted::PLANTS.iter().flat_map(|plant| plant.files).find(|file| file.name == name).unwrap().bytes;
    for (name, words) in [("演练点位安排表.pdf", "机密★3年"), ("城乡公交班次调整一览表.pdf", "橘海公园")]
    {
        let document = pdf_oxide::PdfDocument::from_bytes(file(name).to_vec()).unwrap();
        let text = document.extract_text(0).unwrap();
        assert!(text.contains(words), "{name}: {text}");
    }
    for (name, words) in
        [("补充耕地核查样本说明.docx", "<w:t xml:space=\"preserve\">★</w:t>"), ("申报表填报说明.docx", "碾米机组")]
    {
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(file(name))).unwrap();
        let mut xml = String::new();
        std::io::Read::read_to_string(&mut archive.by_name("word/document.xml").unwrap(), &mut xml).unwrap();
        assert!(xml.contains(words), "{name}");
    }
    assert!(file("校园安全自查表.docx").starts_with(b"\x89PNG"));
}

/// What the real reader finds from the lists that the sources register.
fn discovered(site: &Running) -> BTreeSet<String> {
    let mut items = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut next: Vec<String> = source(&site.shelf).unwrap().lists.into_iter().map(|list| list.url).collect();
    while let Some(url) = next.pop() {
        if !seen.insert(url.clone()) {
            continue;
        }
        let reply = get(site, url.strip_prefix(&site.shelf.base).unwrap());
        assert_eq!(reply.status, 200, "{url}");
        let input =
            PageInput { bytes: &reply.body, url: &url, content_type: Some(reply.content_type), pinned_charset: None };
        let listing = extract::listing(&input, site.shelf.site.profile);
        assert!(listing.unreadable.is_empty(), "{url}: {:?}", listing.unreadable);
        items.extend(listing.items.into_iter().map(|item| item.url));
        next.extend(listing.pages);
    }
    items
}

#[test]
fn the_reader_discovers_every_article_and_nothing_else() {
    for site in all_running() {
        let address = |article: &articles::Article| format!("{}{}", site.shelf.base, article.path);
        let expected: BTreeSet<String> = site.shelf.articles.iter().map(address).collect();
        assert_eq!(discovered(&site), expected, "{}", site.shelf.site.key);
    }
}

#[test]
fn the_reader_reads_what_the_pages_say() {
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    for site in all_running() {
        for article in site.shelf.articles.iter().filter(|article| article.wire != planted::Wire::Torn) {
            let (url, read) = read(&site, article);
            assert_eq!(squeezed(&read.title), squeezed(&article.title), "{url}");
            assert_eq!(read.published.map(crate::model::When::date), Some(article.date), "{url}");
            assert_eq!(read.origin.as_deref(), Some(article.issuer.as_str()), "{url}");
            assert_eq!(read.attachments.len(), article.files.len(), "{url}");
            assert_eq!(read.unreadable, [], "{url}");
            if let articles::Body::Paragraphs(paragraphs) = &article.body {
                assert_eq!(squeezed(&read.text), squeezed(&paragraphs.concat()), "{url}");
            }
        }
    }
}

#[test]
fn the_shipped_rules_stop_the_plants_and_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = screen::RuleSet::load(&root.join("rules"), &root.join("dictionaries")).unwrap();
    let gate = screen::Screener::new(rules, std::time::Duration::from_secs(60));
    let sites = all_running();
    for site in &sites {
        for article in site.shelf.articles.iter().filter(|article| article.wire != planted::Wire::Torn) {
            let (url, read) = read(site, article);
            let files = article.files.iter().map(|file| extract::document(file.name, file.bytes));
            let (mut segments, mut unreadable) = (read.segments, read.unreadable);
            for file in files {
                segments.extend(file.segments);
                unreadable.extend(file.unreadable);
            }
            let verdict = gate.scan(&segments, &unreadable);
            let wanted = match expected(&sites, &url) {
                Some(Expect::Blocked { rule, .. }) => {
                    assert!(verdict.findings.iter().any(|finding| finding.rule == rule), "{url}");
                    Outcome::Block
                }
                Some(Expect::Held { rule, .. }) => {
                    assert!(verdict.findings.iter().any(|finding| finding.rule == rule), "{url}");
                    Outcome::Hold
                }
                Some(Expect::Unreadable { .. }) => Outcome::Hold,
                _ => Outcome::Pass,
            };
            assert_eq!(verdict.outcome, wanted, "{url}: {:?} {:?}", verdict.findings, verdict.unreadable);
        }
    }
}

/// What the planted list wants of the page at `url`.
fn expected(sites: &[Running], url: &str) -> Option<Expect> {
    let page = |site: &str, number: u32| {
        let shelf = &sites.iter().find(|running| running.shelf.site.key == site)?.shelf;
        let article = shelf.numbered(number)?;
        Some((format!("{}{}", shelf.base, article.path), article.title.clone()))
    };
    planted::list(page).unwrap().into_iter().find(|planted| planted.url == url).map(|planted| planted.expect)
}

/// Address and reading of an article.
fn read(site: &Running, article: &articles::Article) -> (String, extract::Extracted) {
    let reply = get(site, &article.path);
    let url = format!("{}{}", site.shelf.base, article.path);
    let content_type = Some(reply.content_type);
    let read = extract::page(&PageInput { bytes: &reply.body, url: &url, content_type, pinned_charset: None });
    (url, read)
}
