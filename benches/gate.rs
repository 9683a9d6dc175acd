//! The gate's scan beside the pipeline that most would build (NFKC, then Aho-Corasick over the same terms; it undoes no
//! other disguise and knows no place in the original), and beside the bound of every such work, reading the characters.
//!
//! `cargo bench --bench gate`. One thread; processor time; the rules that come with menhu, and the same with a
//! dictionary of 10,000 terms beside them.

mod material;
mod measure;

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use aho_corasick::AhoCorasick;
use measure::{Dice, Middle};
use menhu::model::{Field, Segment};
use menhu::screen::{LooksFor, RuleBundle, RuleSet, Screener};
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of text that a round reads.
const READ: usize = 6 << 20;
const ROUNDS: usize = 7;
const TERMS: usize = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let (name, texts) = material::texts(READ)?;
    let size = texts.iter().map(String::len).sum::<usize>() as f64;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = RuleSet::load(&root.join("rules"), &root.join("dictionaries"))?;
    let mut larger = shipped.bundle().clone();
    larger.files.insert("dictionaries/made.csv".into(), dictionary(&texts));
    let mut rows = Vec::new();
    for (what, bundle) in [("shipped rules", shipped.bundle()), ("and 10,000 terms", &larger)] {
        rows.extend(compare(what, bundle, &texts, size)?);
    }
    let head = ["rules", "way", "MB/s", "µs for 8 KB", "to the peer", "hits per MB", "ready after"];
    measure::table(&format!("{name}, {} texts, {:.1} MB, {ROUNDS} rounds", texts.len(), size / 1e6), &head, &rows);
    Ok(())
}

/// Terms of four characters that look like the texts: two pairs from two places. Some stand in the texts.
fn dictionary(texts: &[String]) -> String {
    let letters: Vec<char> = texts.iter().flat_map(|text| text.chars()).filter(|c| ('一'..='龥').contains(c)).collect();
    let mut dice = Dice::new(11);
    let mut terms = BTreeSet::new();
    while terms.len() < TERMS {
        let (one, two) = (dice.below(letters.len() - 1), dice.below(letters.len() - 1));
        let term: String = [letters[one], letters[one + 1], letters[two], letters[two + 1]].iter().collect();
        terms.insert(term);
    }
    let rows = terms.iter().map(|term| format!("{term},内部,提示\n"));
    std::iter::once("词,级别,处置\n".to_owned()).chain(rows).collect()
}

/// The three ways over one set of rules, as rows.
fn compare(what: &str, bundle: &RuleBundle, texts: &[String], size: f64) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let begun = Instant::now();
    let rules = RuleSet::from_bundle(bundle)?;
    let gate_ready = begun.elapsed();
    let terms: Vec<String> = rules.rules().iter().flat_map(|rule| terms_of(&rule.looks_for)).collect();
    let begun = Instant::now();
    let plain = AhoCorasick::new(&terms)?;
    let plain_ready = begun.elapsed();
    let gate = Screener::new(rules, Duration::from_secs(60));
    let segments: Vec<Segment> = texts.iter().map(|text| Segment::new(Field::Body, "", text.clone())).collect();
    let (mut plain_hits, mut gate_hits) = (0, 0);
    let mut read = || {
        black_box(texts.iter().flat_map(|text| text.chars()).map(u64::from).sum::<u64>());
    };
    let mut peer = || {
        let found = texts.iter().map(|text| plain.find_iter(&text.nfkc().collect::<String>()).count());
        plain_hits = found.sum();
    };
    let mut scan = || {
        let found = segments.iter().map(|segment| gate.scan(std::slice::from_ref(segment), &[]).findings.len());
        gate_hits = found.sum();
    };
    let seconds = measure::in_turn(ROUNDS, &mut [&mut read, &mut peer, &mut scan]);
    let base = Middle::of(seconds[1].clone()).median;
    let ways = ["characters alone (bound)", "NFKC + Aho-Corasick (peer)", "menhu"];
    let notes = [(0, Duration::ZERO), (plain_hits, plain_ready), (gate_hits, gate_ready)];
    let rows = ways.iter().zip(seconds).zip(notes).map(|((way, seconds), (hits, ready))| {
        let speed = Middle::of(seconds.iter().map(|seconds| size / 1e6 / seconds).collect());
        vec![
            what.to_owned(),
            (*way).to_owned(),
            speed.shown(0),
            format!("{:.0}", 8192.0 / speed.median),
            format!("{:.2}×", base / Middle::of(seconds).median),
            format!("{:.1}", hits as f64 / (size / 1e6)),
            format!("{:.0} ms", ready.as_secs_f64() * 1000.0),
        ]
    });
    Ok(rows.collect())
}

fn terms_of(looks_for: &LooksFor) -> Vec<String> {
    match looks_for {
        LooksFor::Terms(terms) => terms.iter().map(|term| term.text.clone()).collect(),
        LooksFor::Template(_) => Vec::new(),
    }
}
