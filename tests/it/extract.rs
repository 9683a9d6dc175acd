//! Extraction measured on real pages, feeds and files, with floors a little under what is reached.
//!
//! The data lies beside the project and is not a part of it; where it is missing a test says so and passes.

mod articles;
mod charsets;
mod cleaning;
mod files;
mod lists;

use std::collections::HashMap;
use std::io::Read;
use std::path::PathBuf;

use serde_json::Value;

/// The folder of a set; nothing where the data is not here.
fn data(set: &str) -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data")).join(set);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: ../shared/data is not here");
    None
}

fn labels(folder: &std::path::Path, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join(name)).unwrap()).unwrap()
}

/// A file, unpacked where it is gzip.
pub(crate) fn file(path: &std::path::Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|extension| extension == "gz") && bytes.starts_with(b"\x1F\x8B") {
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut out).unwrap();
        return out;
    }
    bytes
}

fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str)
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{3000}').collect()
}

/// F1 over shingles of four.
fn f1<T: std::hash::Hash + Eq>(got: &[T], wanted: &[T]) -> f64 {
    fn shingles<T: std::hash::Hash + Eq>(items: &[T]) -> HashMap<&[T], usize> {
        let mut out = HashMap::new();
        for window in items.windows(4.min(items.len().max(1))) {
            *out.entry(window).or_insert(0) += 1;
        }
        out
    }
    let (got, wanted) = (shingles(got), shingles(wanted));
    let common: usize =
        got.iter().map(|(shingle, count)| (*count).min(wanted.get(shingle).copied().unwrap_or(0))).sum();
    let total = |shingles: &HashMap<&[T], usize>| shingles.values().sum::<usize>().max(1) as f64;
    let (precision, recall) = (common as f64 / total(&got), common as f64 / total(&wanted));
    if common == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
}

fn characters(text: &str) -> Vec<char> {
    squeeze(text).chars().collect()
}
