//! The portal beside peers of the same process: axum's greeting, and a page of 20 KB from memory.
//!
//! `cargo bench --bench portal`. The real router over a site of 500 items with permits and an index, on loopback, one
//! server thread each; 16 keep-alive connections from one client thread, uncompressed. Requests per second of the
//! server's processor time: of every thread but the client's, the database's among them. p50 and p99 are at
//! saturation, with the client on the other core.

#[path = "portal/client.rs"]
mod client;
mod material;
mod measure;
#[path = "portal/site.rs"]
mod site;

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use client::Asked;
use measure::{Middle, Times};
use tokio::runtime::{Builder, Runtime};

const ROUNDS: usize = 5;
/// How long each way is asked in one round.
const TIME: Duration = Duration::from_millis(800);
const CLIENT: &str = "client";
const QUERIES: [&str; 5] = ["管理", "人民政府", "通知", "行政处罚", "医疗保险"];

/// A way to be asked: its server, and the paths that are asked one after the other.
struct Way {
    name: &'static str,
    server: SocketAddr,
    paths: Vec<String>,
}

/// What was found of it.
#[derive(Default)]
struct Found {
    per_processor_second: Vec<f64>,
    per_second: Vec<f64>,
    times: Times,
    bytes: usize,
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (peers, portal, client) = (runtime("peers")?, runtime("portal")?, runtime(CLIENT)?);
    let texts = material::bundled().map_err(|error| error.to_string())?;
    let site = portal.block_on(site::build(&texts)).map_err(|error| error.to_string())?;
    let hello = peers.block_on(serve(Router::new().route("/", get(async || "hello"))))?;
    let page = "政".repeat(20_480 / 3);
    let page = move || {
        let page = page.clone();
        async move { ([(CONTENT_TYPE, "text/html; charset=utf-8")], page) }
    };
    let still = peers.block_on(serve(Router::new().route("/", get(page))))?;
    let server = portal.block_on(serve(site.router))?;
    let way = |name, server, paths| Way { name, server, paths };
    let queries = QUERIES.iter().map(|query| format!("/search?q={}", encoded(query))).collect();
    let ways = [
        way("axum, greeting", hello, vec!["/".into()]),
        way("axum, 20 KB from memory (peer)", still, vec!["/".into()]),
        way("menhu, home", server, vec!["/".into()]),
        way("menhu, column", server, vec!["/columns/zwdt".into()]),
        way("menhu, item", server, site.items.iter().map(|id| format!("/items/{id}")).collect()),
        way("menhu, search", server, queries),
    ];
    let mut found: Vec<Found> = ways.iter().map(|_| Found::default()).collect();
    for round in 0..=ROUNDS {
        for (way, found) in ways.iter().zip(&mut found) {
            let asked = ask(&client, way)?;
            if round > 0 {
                found.keep(asked);
            }
        }
    }
    show(&ways, found);
    Ok(())
}

fn runtime(name: &str) -> std::io::Result<Runtime> {
    Builder::new_multi_thread().worker_threads(1).thread_name(name).enable_all().build()
}

async fn serve(app: Router) -> std::io::Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// One way for one round: what came back, and the processor seconds of the servers.
fn ask(client: &Runtime, way: &Way) -> Result<(Asked, f64), Box<dyn Error + Send + Sync>> {
    let servers = || measure::processor(|name| !name.starts_with(CLIENT));
    let before = servers();
    // On a thread of the client's runtime, so that its work has the client's name.
    let asked = client.block_on(client.spawn(client::ask(way.server, way.paths.clone(), TIME)))??;
    std::thread::sleep(Duration::from_millis(20)); // the kernel writes the time of a thread down when it rests
    Ok((asked, servers() - before))
}

impl Found {
    fn keep(&mut self, (asked, processor): (Asked, f64)) {
        let count = asked.times.len() as f64;
        self.per_processor_second.push(count / processor);
        self.per_second.push(count / TIME.as_secs_f64());
        self.bytes = asked.bytes / asked.times.len().max(1);
        self.times.extend(asked.times);
    }
}

fn show(ways: &[Way], found: Vec<Found>) {
    let base = Middle::of(found[1].per_processor_second.clone()).median;
    let rows = ways.iter().zip(found).map(|(way, mut found)| {
        let rate = Middle::of(found.per_processor_second);
        vec![
            way.name.to_owned(),
            format!("{:.1}", found.bytes as f64 / 1e3),
            rate.shown(0),
            format!("{:.3}", rate.median / base),
            Middle::of(found.per_second).shown(0),
            format!("{:.2}", found.times.percentile(0.5)),
            format!("{:.2}", found.times.percentile(0.99)),
        ]
    });
    let head = ["way", "KB", "requests per processor-s", "to 20 KB from memory", "requests/s", "p50 ms", "p99 ms"];
    measure::table(&format!("16 connections, {ROUNDS} rounds"), &head, &rows.collect::<Vec<_>>());
}
