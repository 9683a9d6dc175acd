//! Precision: what is public passes. Laws, government pages, document numbers and sentences that speak of secrets without
//! being any, under the shipped rules. What is held nevertheless is printed; `docs/gate-proof.md` explains every one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;

use menhu::extract::{PageInput, page};
use menhu::model::{Field, Finding, Outcome, Verdict};
use menhu::screen::Screener;

use super::corpus::{data, json_lines};
use super::{gate, scan, segment};
use crate::rules::shipped;

/// What was blocked and held, each with the worst that was found.
#[derive(Default)]
struct Tally {
    all: usize,
    blocked: Vec<String>,
    held: Vec<String>,
    noted: BTreeMap<String, usize>,
}

impl Tally {
    fn count(&mut self, what: &str, verdict: Verdict) {
        self.all += 1;
        for finding in &verdict.findings {
            *self.noted.entry(finding.rule.clone()).or_default() += 1;
        }
        let told = |finding: Finding| format!("{what}: {} {:?} {}", finding.rule, finding.text, finding.why);
        let unreadable = || format!("{what}: {:?}", verdict.unreadable);
        let worst = verdict.findings.into_iter().max_by_key(|finding| finding.action).map(told);
        match verdict.outcome {
            Outcome::Pass => {}
            Outcome::Hold => self.held.push(worst.unwrap_or_else(unreadable)),
            Outcome::Block => self.blocked.extend(worst),
        }
    }

    /// At most `one_in` of `all` blocked and held together.
    fn judge(&self, name: &str, one_in: usize) {
        println!("{name}: {} blocked and {} held of {}", self.blocked.len(), self.held.len(), self.all);
        println!("{:#?} {:#?} findings by rule {:?}", self.blocked, self.held, self.noted);
        assert!((self.blocked.len() + self.held.len()) * one_in <= self.all, "{name}");
    }
}

#[test]
fn hard_negatives_pass() {
    let Some(folder) = data("gate") else { return };
    let gate = gate(shipped());
    let mut tally = Tally::default();
    for case in json_lines(&folder.join("hard_negatives.jsonl")) {
        let text = case["text"].as_str().unwrap();
        tally.count(text, scan(&gate, text));
        // the same as a title, and as a line among others
        tally.count(text, gate.scan(&[segment(Field::Title, text)], &[]));
        tally.count(text, scan(&gate, &format!("各单位：\n{text}\n特此通知。")));
    }
    assert!(tally.blocked.is_empty(), "{:#?}", tally.blocked);
    tally.judge("hard negatives", 50);
}

/// 2,517 laws, 41 MB.
#[test]
fn laws_pass() {
    let Some(folder) = data("gov-corpus") else { return };
    let gate = gate(shipped());
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "gz"));
    paths.sort();
    let of_path = |path: &std::path::PathBuf| {
        let mut text = String::new();
        flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        let mut tally = Tally::default();
        for line in text.lines() {
            let document: serde_json::Value = serde_json::from_str(line).unwrap();
            let part = |field, key: &str| segment(field, document[key].as_str().unwrap_or(""));
            let segments = [part(Field::Title, "title"), part(Field::Body, "body")];
            tally.count(document["title"].as_str().unwrap_or(""), gate.scan(&segments, &[]));
        }
        tally
    };
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let half = paths.len() / 2;
        let (first, second) = paths.split_at(half);
        let other = scope.spawn(move || second.iter().map(of_path).collect::<Vec<_>>());
        let tallies: Vec<Tally> = first.iter().map(of_path).chain(other.join().unwrap()).collect();
        for tally in tallies {
            all.all += tally.all;
            all.blocked.extend(tally.blocked);
            all.held.extend(tally.held);
            tally.noted.into_iter().for_each(|(rule, count)| *all.noted.entry(rule).or_default() += count);
        }
    });
    all.judge("laws", 1_000);
}

/// 26,050 documents of eleven official sites: number, title and address; none is held.
#[test]
fn published_document_numbers_pass() {
    let Some(file) = data("gov-html/tables/gov_documents.tsv") else { return };
    let gate: Screener = gate(shipped());
    let mut tally = Tally::default();
    for line in fs::read_to_string(file).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let (url, title, number) = (cells[0], cells[2], cells.get(6).copied().unwrap_or(""));
        let segments = [
            segment(Field::Title, title),
            segment(Field::Body, &format!("{number}\n{title}\n各市、县（区）人民政府：\n发文字号：{number}")),
            segment(Field::Metadata, number),
            segment(Field::Metadata, url),
            segment(Field::FileName, &format!("{title}.pdf")),
        ];
        tally.count(&format!("{number} {title}"), gate.scan(&segments, &[]));
    }
    let numbers = tally.noted.get("BM-0004").copied().unwrap_or(0);
    assert_eq!(numbers, 0, "document numbers: {:#?} {:#?}", tally.blocked, tally.held);
    tally.judge("published documents", 1_000);
}

/// Whole pages of government sites, as they are collected: source, hidden text and all.
#[test]
fn government_pages_pass() {
    let Some(folder) = data("gov-html/articles") else { return };
    let gate = gate(shipped());
    let mut tally = Tally::default();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains(".htm") {
            continue;
        }
        let bytes = crate::extract::file(&path);
        let input =
            PageInput { bytes: &bytes, url: "http://www.gov.cn/a.html", content_type: None, pinned_charset: None };
        let read = page(&input);
        tally.count(&name, gate.scan(&read.segments, &read.unreadable));
    }
    assert!(tally.all > 20);
    tally.judge("government pages", 20);
}
