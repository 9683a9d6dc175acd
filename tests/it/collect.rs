//! The client against a hostile site: every fault ends in time, within its bytes, as a state with a reason.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use menhu::collect::{
    Client, FetchError, Fetched, Limits, Names, Page, Permission, Request, RobotsAnswer, RobotsState, Scope,
    Validators, Wall, canonical,
};
use menhu::config::Collect;
use menhu::model::{Clock, Timestamp};

use crate::site::{PAGE, Site};

const LIMIT: u64 = 1 << 20;
const SLACK: u64 = 16 << 10;

fn client_with(limits: Limits, names: &[(&str, &str)]) -> Client {
    let table = names.iter().map(|(name, address)| ((*name).to_owned(), vec![address.parse::<IpAddr>().unwrap()]));
    let names = Names::Fixed(Arc::new(table.collect::<BTreeMap<_, _>>()));
    let clock = Clock::fake(Timestamp::parse_rfc3339("1994-11-06T08:49:07Z").unwrap());
    Client::with(&Collect::default(), clock, limits, names).unwrap()
}

fn client() -> Client {
    client_with(Limits { whole: Duration::from_millis(400), ..Limits::from(&Collect::default()) }, &[])
}

fn scope(hosts: &[String], allow: &[&str]) -> Scope {
    Scope::new(hosts, &allow.iter().map(|range| (*range).to_owned()).collect::<Vec<_>>()).unwrap()
}

fn loopback(site: &Site) -> Scope {
    scope(&[site.addr.to_string()], &["127.0.0.0/8"])
}

async fn fetch(site: &Site, path: &str) -> Result<Fetched, FetchError> {
    let (url, scope) = (site.url(path), loopback(site));
    client().fetch(&Request::new(&url, &scope, LIMIT)).await
}

async fn page(site: &Site, path: &str) -> Page {
    match fetch(site, path).await {
        Ok(Fetched::Page(page)) => page,
        other => panic!("{path}: {other:?}"),
    }
}

async fn error(site: &Site, path: &str) -> FetchError {
    let begun = Instant::now();
    let error = fetch(site, path).await.expect_err(path);
    assert!(begun.elapsed() < Duration::from_millis(1500), "{path} took {:?}", begun.elapsed());
    let text = error.to_string();
    assert!(text.len() > 10 && !text.ends_with('.'), "{text}");
    error
}

#[tokio::test]
async fn pages_come_whole_in_every_coding() {
    let site = Site::start().await;
    for path in ["/ok", "/coded/gzip", "/coded/deflate", "/coded/raw-deflate", "/coded/br", "/coded/zstd"] {
        let page = page(&site, path).await;
        assert_eq!(page.bytes, PAGE.as_bytes(), "{path}");
        assert_eq!(page.traffic.decoded, PAGE.len() as u64);
        assert_eq!(page.final_url, site.url(path));
    }
    assert_eq!(page(&site, "/ok").await.content_type.as_deref(), Some("text/html; charset=utf-8"));
    assert_eq!(page(&site, "/gbk").await.bytes, b"<p>\xcd\xa8\xd6\xaa</p>", "the charset is not touched");
    assert_eq!(page(&site, "/empty").await.bytes, b"");
    let head = site.hits()[0].head.to_ascii_lowercase();
    for header in ["user-agent: menhu/0.1", "accept-language: zh-cn", "accept-encoding: gzip, deflate, br, zstd"] {
        assert!(head.contains(header), "{head}");
    }
    assert!(!head.contains("cookie") && !head.contains("referer"));
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says() {
    let site = Site::start().await;
    for path in ["/coded/wrong", "/coded/unknown", "/coded/twice"] {
        assert!(matches!(error(&site, path).await, FetchError::Coding(_)), "{path}");
    }
    for path in ["/short", "/half", "/reset", "/garbage", "/not-a-length"] {
        let got = error(&site, path).await;
        assert!(matches!(got, FetchError::Broken(_) | FetchError::Connect(_)), "{path}: {got:?}");
    }
    assert_eq!(page(&site, "/long").await.bytes, b"this");
}

#[tokio::test]
async fn a_server_without_end_is_left_at_the_limit() {
    let site = Site::start().await;
    let got = error(&site, "/endless").await;
    let FetchError::TooLarge { limit: LIMIT, read } = got else { panic!("{got:?}") };
    assert!(read <= LIMIT + SLACK, "{read}");
    assert_eq!(error(&site, "/declared").await, FetchError::TooLarge { limit: LIMIT, read: 0 });
    for path in ["/headers/200", "/big-head", "/endless-head"] {
        let got = error(&site, path).await;
        assert!(matches!(got, FetchError::Headers(_)), "{path}: {got:?}");
    }
    for path in ["/slow", "/slow-head", "/hang"] {
        let begun = Instant::now();
        let got = error(&site, path).await;
        assert!(matches!(got, FetchError::Timeout { .. }), "{path}: {got:?}");
        assert!(begun.elapsed() < Duration::from_millis(700), "{path}");
    }
}

#[tokio::test]
async fn bombs_do_not_inflate() {
    let site = Site::start().await;
    let whole = Duration::from_secs(20);
    let by_ratio = client_with(Limits { whole, ..Limits::from(&Collect::default()) }, &[]);
    let by_size = client_with(Limits { whole, ratio: u32::MAX, ..Limits::from(&Collect::default()) }, &[]);
    let scope = loopback(&site);
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let url = site.url(&format!("/bomb/{coding}"));
        let got = by_ratio.fetch(&Request::new(&url, &scope, 128 << 20)).await.unwrap_err();
        let FetchError::Ratio { limit: 200, received, read } = got else { panic!("{coding}: {got:?}") };
        assert!(read <= (received * 200).max(64 << 10) + SLACK && read < 8 << 20, "{coding}: {received} to {read}");
        let request = Request::new(&url, &scope, LIMIT);
        let got = by_size.fetch(&request).await.unwrap_err();
        let FetchError::TooLarge { limit: LIMIT, read } = got else { panic!("{coding}: {got:?}") };
        assert!(read <= LIMIT + SLACK, "{coding}: {read}");
    }
}

#[tokio::test]
async fn statuses_are_states() {
    let site = Site::start().await;
    for status in [404, 410] {
        let got = fetch(&site, &format!("/status/{status}")).await;
        assert!(matches!(got, Ok(Fetched::Gone { status: s, .. }) if s == status), "{got:?}");
    }
    for status in [204, 206, 304, 400, 401, 403, 405, 500, 502] {
        assert_eq!(error(&site, &format!("/status/{status}")).await, FetchError::Status(status));
    }
    let busy = |status, seconds: u64| FetchError::Busy { status, retry_after: Some(Duration::from_secs(seconds)) };
    assert_eq!(error(&site, "/status/429/17").await, busy(429, 17));
    assert_eq!(error(&site, "/status/503/Sun,_06_Nov_1994_08:49:37_GMT").await, busy(503, 30));
    assert_eq!(error(&site, "/status/503").await, FetchError::Busy { status: 503, retry_after: None });
}

#[tokio::test]
async fn walls_are_seen_and_not_climbed() {
    let site = Site::start().await;
    assert_eq!(error(&site, "/wall/jsl").await, FetchError::Challenged { status: 521, wall: Wall::Jiasule });
    assert_eq!(error(&site, "/wall/ruishu").await, FetchError::Challenged { status: 412, wall: Wall::Ruishu });
    assert_eq!(page(&site, "/wall/small").await.suspect, Some(Wall::Aliyun));
    assert_eq!(page(&site, "/wall/page").await.suspect, None);
    assert_eq!(site.hits().len(), 4);
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let site = Site::start().await;
    let first = page(&site, "/etag").await;
    assert_eq!(first.validators.etag.as_deref(), Some("\"v1\""));
    assert_eq!(first.validators.last_modified.as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
    let (url, scope) = (site.url("/etag"), loopback(&site));
    let mut request = Request { validators: first.validators, ..Request::new(&url, &scope, LIMIT) };
    request.referer = Some("http://a.cn/list");
    assert!(matches!(client().fetch(&request).await, Ok(Fetched::NotModified { .. })));
    let head = site.hits()[1].head.to_ascii_lowercase();
    assert!(
        head.contains("if-modified-since: sun, 06 nov 1994") && head.contains("referer: http://a.cn/list"),
        "{head}"
    );
    // A validator that cannot be sent costs a full answer and nothing else.
    request.validators = Validators { etag: Some("\n".to_owned()), last_modified: None };
    assert!(matches!(client().fetch(&request).await, Ok(Fetched::Page(_))));
}

#[tokio::test]
async fn redirects_are_few_and_never_in_a_circle() {
    let site = Site::start().await;
    let page = page(&site, "/chain/4").await;
    assert_eq!((page.final_url, page.traffic.requests), (site.url("/ok"), 6));
    assert_eq!(error(&site, "/chain/5").await, FetchError::RedirectLimit { limit: 5, url: site.url("/ok") });
    assert_eq!(error(&site, "/loop").await, FetchError::RedirectLoop { url: site.url("/loop") });
    assert_eq!(error(&site, "/nowhere").await, FetchError::RedirectNowhere { status: 302 });
    for to in [
        "http:%2F%2Fother.cn%2F",
        "file:%2F%2F%2Fetc%2Fpasswd",
        "gopher:%2F%2Fa%2F",
        "javascript:1",
        "ftp:%2F%2Fa.cn%2F",
    ] {
        let got = error(&site, &format!("/redirect/{to}")).await;
        assert!(matches!(got, FetchError::OutOfScope { .. }), "{to}: {got:?}");
    }
}

#[tokio::test]
async fn robots_and_gap_hold_for_every_hop() {
    let site = Site::start().await;
    let (url, scope) = (site.url("/chain/1"), loopback(&site));
    let may = |url: &url::Url| url.path() != "/ok";
    let gap = Duration::from_millis(60);
    let limits = Limits { whole: Duration::from_millis(100), ..Limits::from(&Collect::default()) };
    let request = Request { may: &may, gap, ..Request::new(&url, &scope, LIMIT) };
    let client = client_with(limits, &[]);
    assert_eq!(client.fetch(&request).await, Err(FetchError::Forbidden { url: site.url("/ok") }));
    assert_eq!(site.hits().iter().map(|hit| hit.path.as_str()).collect::<Vec<_>>(), ["/chain/1", "/chain/0"]);
    // Waiting for the pace is not the server's time.
    let request = Request { gap, ..Request::new(&url, &scope, LIMIT) };
    assert!(client.fetch(&request).await.is_ok());
    assert!(site.least_gap().unwrap() >= gap - Duration::from_millis(5), "{:?}", site.least_gap());
}

/// Every way to write the address of the listener that must not be reached.
const INNER: [&str; 20] = [
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "0x7f000001",
    "017700000001",
    "127.0.1",
    "127.0.0.1.",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::1]",
    "[::]",
    "0.0.0.0",
    "0",
    "①②⑦.0.0.1",
    "%31%32%37.0.0.1",
    "[64:ff9b::7f00:1]",
    "inner.test",
    "mapped.test",
];

#[tokio::test]
async fn nothing_reaches_an_address_that_is_not_allowed() {
    let outer = Site::listen("127.0.0.2:0", "/ok").await;
    let inner = Site::start().await;
    let port = inner.addr.port();
    let names = [("inner.test", "127.0.0.1"), ("mapped.test", "::ffff:127.0.0.1"), ("outer.test", "127.0.0.2")];
    let client = client_with(Limits { whole: Duration::from_secs(5), ..Limits::from(&Collect::default()) }, &names);
    for host in INNER {
        // In scope, so only the address can be what refuses it.
        let hosts = [outer.addr.to_string(), format!("{host}:{port}")];
        let scope = scope(&hosts, &["127.0.0.2/32"]);
        let direct = format!("http://{host}:{port}/ok");
        let escaped: String = direct.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for url in [direct, outer.url(&format!("/redirect/{escaped}"))] {
            let got = client.fetch(&Request::new(&url, &scope, LIMIT)).await;
            assert!(matches!(got, Err(FetchError::Refused { .. })), "{url}: {got:?}");
        }
    }
    assert_eq!(inner.connections(), 0);
    assert_eq!(outer.hits().len(), INNER.len());
    // The allowed one is reached by its name and by its number, and the sets of ranges do not mix.
    let hosts = [outer.addr.to_string(), format!("outer.test:{}", outer.addr.port())];
    for url in [outer.url("/ok"), format!("http://outer.test:{}/ok", outer.addr.port())] {
        let open = scope(&hosts, &["127.0.0.2/32"]);
        assert!(client.fetch(&Request::new(&url, &open, LIMIT)).await.is_ok(), "{url}");
        let shut = scope(&hosts, &["127.0.0.3/32"]);
        let got = client.fetch(&Request::new(&url, &shut, LIMIT)).await;
        assert!(matches!(got, Err(FetchError::Refused { .. })), "{url}: {got:?}");
    }
}

#[tokio::test]
async fn down_is_told_from_unknown_and_from_insecure() {
    let site = Site::start().await;
    let gone = Site::start().await;
    let hosts = [site.addr.to_string(), gone.addr.to_string(), "nowhere.test".to_owned()];
    let scope = scope(&hosts, &["127.0.0.0/8"]);
    let closed = gone.url("/ok");
    drop(gone);
    tokio::task::yield_now().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let client = client();
    let get = async |url: &str| client.fetch(&Request::new(url, &scope, LIMIT)).await.unwrap_err();
    assert!(matches!(get(&closed).await, FetchError::Connect(_)));
    assert!(matches!(get("http://nowhere.test/").await, FetchError::Dns(_)));
    let secure = get(&format!("https://{}/ok", site.addr)).await;
    assert!(matches!(secure, FetchError::Tls(_)), "{secure:?}");
    assert!(matches!(get("http://").await, FetchError::Address { .. }));
    assert!(matches!(get(&format!("http://u:p@{}/", site.addr)).await, FetchError::Address { .. }));
}

#[tokio::test]
async fn a_sick_site_does_not_hold_up_a_well_one() {
    let (sick, well) = (Site::start().await, Site::start().await);
    let client = client();
    let (sick_url, sick_scope) = (sick.url("/hang"), loopback(&sick));
    let (well_url, well_scope) = (well.url("/ok"), loopback(&well));
    let sick_request = Request::new(&sick_url, &sick_scope, LIMIT);
    let well_request = Request::new(&well_url, &well_scope, LIMIT);
    let begun = Instant::now();
    let (hung, ()) = tokio::join!(client.fetch(&sick_request), async {
        for _ in 0..20 {
            assert!(client.fetch(&well_request).await.is_ok());
        }
        assert!(begun.elapsed() < Duration::from_millis(390), "{:?}", begun.elapsed());
    });
    assert!(matches!(hung, Err(FetchError::Timeout { .. })));
}

/// The 14 outcomes through the client: what may be asked after each, with nothing known before.
#[tokio::test]
async fn robots_in_fourteen_outcomes() {
    let allowed = |permission: &Permission| matches!(permission, Permission::Allowed);
    for (name, path, may) in [
        ("200", "/rules", [false, true]),
        ("200 HTML", "/ok", [true, true]),
        ("301 x5", "/chain/4", [true, true]),
        ("301 x6", "/chain/5", [true, true]),
        ("401", "/status/401", [true, true]),
        ("403", "/status/403", [true, true]),
        ("404", "/status/404", [true, true]),
        ("410", "/status/410", [true, true]),
        ("429", "/status/429/9", [false, false]),
        ("500", "/status/500", [false, false]),
        ("503", "/status/503/9", [false, false]),
        ("timeout", "/hang", [false, false]),
        ("DNS", "dns", [false, false]),
        ("TLS", "tls", [false, false]),
    ] {
        let site = Site::robots_as(path).await;
        let hosts = [site.addr.to_string(), "nowhere.test".to_owned()];
        let scope = scope(&hosts, &["127.0.0.0/8"]);
        let url = match path {
            "dns" => "http://nowhere.test/robots.txt".to_owned(),
            "tls" => format!("https://{}/robots.txt", site.addr),
            _ => site.url("/robots.txt"),
        };
        let outcome = client().fetch(&Request::new(&url, &scope, 512 << 10)).await;
        let now = Timestamp(0);
        let state = RobotsState::new().after(RobotsAnswer::of(outcome), now);
        let got = ["/new", "/free"].map(|path| allowed(&state.permission("menhu", &site.url(path), now)));
        assert_eq!(got, may, "{name}");
    }
}

#[test]
fn addresses_as_others_settle_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/urls");
    let Ok(text) = std::fs::read_to_string(folder.join("basic_normalizer.json")) else {
        println!("skipped: ../shared/data is not here");
        return;
    };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    let (mut same, mut other) = (0, Vec::new());
    for case in &cases {
        let (input, expected) = (case["input"].as_str().unwrap(), case["expected"].as_str().unwrap());
        match canonical(input) {
            Ok(form) if form == expected => same += 1,
            got => other.push(format!("{input} -> {got:?}, they: {expected}")),
        }
    }
    println!("{same} of {} as crawler-commons and Nutch; other: {other:#?}", cases.len());
    assert!(same >= 44, "{other:#?}");
}
