//! Collecting beside its bound: the same client that only fetches; then fetching, reading and screening in this process;
//! then the same with the reading in the sandboxed children, as the product does it.
//!
//! `cargo bench --bench collect`. A site on loopback serves pages made of the demo's texts; its threads do not count.
//! Processor time of the collector's threads and of its children for 1,000 pages; 8 pages at one time.

mod material;
mod measure;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use measure::Middle;
use menhu::collect::{Client, Fetched, Request, Scope};
use menhu::config::Collect;
use menhu::extract::{Extracted, PageInput, ReadLimits, Reader, page};
use menhu::model::{Clock, ColumnId, Content, Draft, UnitId};
use menhu::screen::{RuleSet, Screened, Screener};
use tokio::runtime::{Builder, Runtime};

/// Pages of one round, and pages at one time.
const PAGES: usize = 1_000;
const AT_ONCE: usize = 8;
const ROUNDS: usize = 5;
const PAGE_LIMIT: u64 = 8 << 20;
const COLLECTOR: &str = "collector";

/// What is done with a page that was fetched.
enum Then {
    Nothing,
    ReadHere,
    ReadInChildren(Reader),
}

struct Work {
    client: Client,
    scope: Scope,
    gate: Screener,
    site: String,
}

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let pages = material::made_pages().map_err(|error| error.to_string())?;
    let size = pages.iter().map(Vec::len).sum::<usize>() as f64 / pages.len() as f64;
    let (site_runtime, collector) = (runtime("site", 1)?, runtime(COLLECTOR, 2)?);
    let site = site_runtime.block_on(serve(pages))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = RuleSet::load(&root.join("rules"), &root.join("dictionaries"))?;
    let work = Arc::new(Work {
        client: Client::new(&Collect::default(), Clock::System)?,
        scope: Scope::new(std::slice::from_ref(&site), &["127.0.0.1/32".to_owned()])?,
        gate: Screener::new(rules, Duration::from_secs(20)),
        site,
    });
    let limits = ReadLimits { at_once: 2, time: Duration::from_secs(20), memory: 512 << 20 };
    let reader = Reader::new(PathBuf::from(env!("CARGO_BIN_EXE_menhu")), limits);
    let ways = [
        ("fetch alone (bound)", Arc::new(Then::Nothing)),
        ("fetch, read and screen, one process", Arc::new(Then::ReadHere)),
        ("the same, read in sandboxed children", Arc::new(Then::ReadInChildren(reader))),
    ];
    let mut found: Vec<(Vec<f64>, Vec<f64>, usize)> = vec![Default::default(); ways.len()];
    for round in 0..=ROUNDS {
        for ((_, then), found) in ways.iter().zip(&mut found) {
            let (processor, wall, held) = collector.block_on(measured(work.clone(), then.clone()))?;
            if round > 0 {
                found.0.push(processor);
                found.1.push(PAGES as f64 / wall);
                found.2 = held;
            }
        }
    }
    let base = Middle::of(found[0].0.clone()).median;
    let rows = ways.iter().zip(found).map(|((name, _), (processor, speed, held))| {
        let ratio = Middle::of(processor.clone()).median / base;
        let (processor, speed) = (Middle::of(processor).shown(3), Middle::of(speed).shown(0));
        vec![(*name).to_owned(), processor, format!("{ratio:.1}×"), speed, held.to_string()]
    });
    let head = ["way", "processor-s for 1,000 pages", "to fetching", "pages/s wall", "held"];
    let title = format!("{PAGES} pages of {:.1} KB a round, {ROUNDS} rounds", size / 1e3);
    measure::table(&title, &head, &rows.collect::<Vec<_>>());
    Ok(())
}

fn runtime(name: &str, threads: usize) -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(threads).thread_name(name).enable_all().build()
}

/// Serves the pages at `/0`, `/1` …, again from the first after the last; gives `host:port`.
async fn serve(pages: Vec<Vec<u8>>) -> Outcome<String> {
    let pages = Arc::new(pages.into_iter().map(bytes::Bytes::from).collect::<Vec<_>>());
    let answer = move |axum::extract::Path(number): axum::extract::Path<usize>| {
        let body = pages[number % pages.len()].clone();
        async move { ([("content-type", "text/html; charset=utf-8")], body) }
    };
    let app = axum::Router::new().route("/{number}", axum::routing::get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address.to_string())
}

/// One round: processor seconds of collector and children, wall seconds, items held.
async fn measured(work: Arc<Work>, then: Arc<Then>) -> Outcome<(f64, f64, usize)> {
    let processor = || measure::processor(|name| name.starts_with(COLLECTOR)) + measure::processor_of_children();
    let (begun, before) = (Instant::now(), processor());
    let tasks = futures_util::stream::iter(0..PAGES).map(|number| {
        let task = tokio::spawn(take(work.clone(), then.clone(), number));
        async move { task.await? }
    });
    let held = tasks.buffer_unordered(AT_ONCE).try_fold(0, |held, was| async move { Ok(held + usize::from(was)) });
    let held = held.await?;
    let wall = begun.elapsed().as_secs_f64();
    // The kernel writes the time of a thread down when it rests.
    tokio::time::sleep(Duration::from_millis(20)).await;
    Ok((processor() - before, wall, held))
}

/// One page; whether the gate holds it.
async fn take(work: Arc<Work>, then: Arc<Then>, number: usize) -> Outcome<bool> {
    let url = format!("http://{}/{number}", work.site);
    let Fetched::Page(got) = work.client.fetch(&Request::new(&url, &work.scope, PAGE_LIMIT)).await? else {
        return Err(format!("{url} is not there").into());
    };
    let content_type = got.content_type.as_deref();
    let read = match &*then {
        Then::Nothing => return Ok(false),
        Then::ReadHere => page(&PageInput { bytes: &got.bytes, url: &url, content_type, pinned_charset: None }),
        Then::ReadInChildren(reader) => reader.page(got.bytes, &url, content_type, None).await,
    };
    Ok(matches!(work.gate.screen(draft(read, url)?), Screened::Held(_)))
}

fn draft(read: Extracted, url: String) -> Outcome<Draft> {
    let content = Content {
        title: read.title,
        html: read.html,
        text: read.text,
        published: read.published,
        written: read.written,
        origin: read.origin.unwrap_or_default(),
        author: read.author,
        document_number: read.document_number,
        index_number: read.index_number,
        source_url: url,
        unit: UnitId::new("daj")?,
        column: ColumnId::new("zwdt")?,
        attachments: Vec::new(),
    };
    Ok(Draft { content, source: None, segments: read.segments, unreadable: read.unreadable })
}
