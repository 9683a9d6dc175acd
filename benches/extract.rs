//! Reading a page whole (charset, title, dates, body, links, every segment for the gate) beside the bound of whoever
//! builds a tree: decoding and `scraper`'s parse alone.
//!
//! `cargo bench --bench extract`. One thread; processor time. Real pages of `../shared/data` where it is, and pages made
//! of the demo's texts.

mod material;
mod measure;

use std::error::Error;
use std::hint::black_box;

use measure::Middle;
use menhu::extract::{PageInput, page};
use scraper::Html;

const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let real = material::real_pages()?;
    if real.is_empty() {
        measure::print("skipped: ../shared/data/gov-html is not here; the pages made of the demo's texts remain");
    }
    let mut made = material::made_pages()?;
    made.truncate(200);
    let mut rows = Vec::new();
    for (what, pages) in [("real pages", real), ("made pages", made)] {
        if !pages.is_empty() {
            rows.extend(compare(what, &pages));
        }
    }
    let head = ["pages", "way", "MB/s", "pages/s", "ms a page", "to the parse"];
    measure::table(&format!("Extraction, {ROUNDS} rounds"), &head, &rows);
    Ok(())
}

fn compare(what: &str, pages: &[Vec<u8>]) -> Vec<Vec<String>> {
    let size = pages.iter().map(Vec::len).sum::<usize>() as f64;
    let count = pages.len() as f64;
    let mut parse = || {
        for bytes in pages {
            black_box(Html::parse_document(&String::from_utf8_lossy(bytes)));
        }
    };
    let mut extract = || {
        for bytes in pages {
            let url = "http://daj.example.gov.cn/art/2024/5/6/art_1_2.html";
            black_box(page(&PageInput { bytes, url, content_type: Some("text/html"), pinned_charset: None }));
        }
    };
    let seconds = measure::in_turn(ROUNDS, &mut [&mut parse, &mut extract]);
    let base = Middle::of(seconds[0].clone()).median;
    let shown = format!("{what}: {count} of {:.1} KB", size / count / 1e3);
    let rows = ["scraper's parse alone (bound)", "menhu"].iter().zip(seconds).map(|(way, seconds)| {
        let speed = Middle::of(seconds.iter().map(|seconds| size / 1e6 / seconds).collect());
        let median = Middle::of(seconds).median;
        vec![
            shown.clone(),
            (*way).to_owned(),
            speed.shown(0),
            format!("{:.0}", count / median),
            format!("{:.2}", median / count * 1000.0),
            format!("{:.2}×", median / base),
        ]
    });
    rows.collect()
}
