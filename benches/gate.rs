//! The gate's scan beside what else would be built, all over the same text and terms in the same run:
//! Aho-Corasick alone (contiguous NFA, every overlapping match; it undoes no disguise), a table that folds with a way
//! back to the source and daachorse behind it, NFKC and Aho-Corasick (the pipeline that most would build; it has no way
//! back), and the bound of every such work, reading the characters.
//!
//! `cargo bench --bench gate -- [FOLDER]`. One thread, processor time, pieces of 16 KB. Text and terms are those of
//! `../shared/peers` where FOLDER is the one that its `setup.sh gate` filled; else laws, and terms made of them. Then how long one item of 5 KB takes with all that is read of it.

#[path = "gate/hostile.rs"]
mod hostile;
mod material;
mod measure;

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use daachorse::CharwiseDoubleArrayAhoCorasick;
use measure::{Dice, Middle, Times};
use menhu::model::{Field, Segment};
use menhu::screen::{RuleBundle, RuleSet, Screener};
use unicode_normalization::UnicodeNormalization as _;

/// Bytes of text that a round reads.
const READ: usize = 16 << 20;
const PIECE: usize = 16 << 10;
const ITEM: usize = 5 << 10;
const ROUNDS: usize = 7;

/// A set of rules to measure, and the words that the others look for.
struct Set {
    name: String,
    bundle: RuleBundle,
    terms: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let (name, text, sets) = match std::env::args().skip(1).find(|argument| !argument.starts_with('-')) {
        Some(folder) => peer_data(Path::new(&folder))?,
        None => made()?,
    };
    let pieces = pieces(&text, PIECE);
    let mut rows = Vec::new();
    for set in &sets {
        rows.extend(compare(set, &pieces)?);
    }
    let head = ["rules", "way", "MB/s", "to Aho-Corasick", "hits"];
    measure::table(&format!("{name}, {:.1} MB, {ROUNDS} rounds", text.len() as f64 / 1e6), &head, &rows);
    let mut rows = Vec::new();
    for set in &sets {
        rows.push(items(set, &text)?);
    }
    measure::table("items of 5 KB", &["rules", "median µs", "p99 µs", "set ready after"], &rows);
    let few: Vec<&Set> = sets.iter().filter(|set| set.name.contains("10,000 terms")).collect();
    let names: Vec<&str> = std::iter::once("text").chain(few.iter().map(|set| set.name.as_str())).collect();
    measure::table("texts made to be slow: MB/s, and the time to that of ordinary text", &names, &slow(&few, &text)?);
    Ok(())
}

/// Text and terms of the peers.
fn peer_data(folder: &Path) -> Result<(&'static str, String, Vec<Set>), Box<dyn Error>> {
    let mut text = std::fs::read_to_string(folder.join("text.txt"))?;
    text.truncate(text.floor_char_boundary(READ));
    let mut sets = Vec::new();
    for (name, file) in
        [("10,000 terms", "10000"), ("100,000 terms", "100000"), ("1,000 terms, a hit in 29 bytes", "hot")]
    {
        let terms = std::fs::read_to_string(folder.join(format!("terms{file}.txt")))?;
        let terms: Vec<String> = terms.lines().map(str::to_owned).collect();
        for (what, variants) in [("level 1", 1), ("level 2", 2)] {
            sets.push(Set { name: format!("{name}, {what}"), bundle: alone(&terms, variants), terms: terms.clone() });
        }
        if file == "10000" {
            sets.push(beside_shipped(terms)?);
        }
    }
    Ok(("text of the peers", text, sets))
}

/// The same without the peers' data.
fn made() -> Result<(&'static str, String, Vec<Set>), Box<dyn Error>> {
    let (name, texts) = material::texts(READ)?;
    let text = texts.concat();
    let sets = vec![
        Set { name: "10,000 terms".into(), bundle: alone(&terms(&text, 10_000), 2), terms: terms(&text, 10_000) },
        Set { name: "100,000 terms".into(), bundle: alone(&terms(&text, 100_000), 2), terms: terms(&text, 100_000) },
        beside_shipped(terms(&text, 10_000))?,
    ];
    Ok((name, text, sets))
}

/// The terms, and one rule of its own, for there is no set without.
fn alone(terms: &[String], variants: u8) -> RuleBundle {
    let rule = "[[rule]]\nid = \"B-1\"\nname = \"一\"\nlevel = \"内部\"\naction = \"提示\"\nterms = [\"本件不得外传\"]\n\
        variants = 1\nbasis = \"x\"\nreview_date = 2099-06-30\n\
        positive = [\"本件不得外传\", \"甲本件不得外传\", \"本件不得外传乙\"]\nnegative = [\"甲\", \"乙\", \"丙\"]\n";
    let mut bundle = RuleBundle::default();
    bundle.files.insert("rules/one.toml".into(), rule.into());
    bundle.files.insert("dictionaries/made.csv".into(), dictionary(terms, variants));
    bundle
}

fn beside_shipped(terms: Vec<String>) -> Result<Set, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shipped = RuleSet::load(&root.join("rules"), &root.join("dictionaries"))?;
    let mut bundle = shipped.bundle().clone();
    bundle.files.insert("dictionaries/made.csv".into(), dictionary(&terms, 2));
    Ok(Set { name: "the rules that come with menhu, and 10,000 terms".into(), bundle, terms })
}

fn dictionary(terms: &[String], variants: u8) -> String {
    let rows = terms.iter().map(|term| format!("{term},内部,提示,{variants}\n"));
    std::iter::once("词,级别,处置,变体\n".to_owned()).chain(rows).collect()
}

/// Terms of four characters that look like the text: two pairs from two places. Some stand in it.
fn terms(text: &str, count: usize) -> Vec<String> {
    let letters: Vec<char> = text.chars().filter(|c| ('一'..='龥').contains(c)).collect();
    let mut dice = Dice::new(11);
    let mut terms = BTreeSet::new();
    while terms.len() < count {
        let (one, two) = (dice.below(letters.len() - 1), dice.below(letters.len() - 1));
        let term: String = [letters[one], letters[one + 1], letters[two], letters[two + 1]].iter().collect();
        terms.insert(term);
    }
    terms.into_iter().collect()
}

fn pieces(text: &str, size: usize) -> Vec<Segment> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(size));
        pieces.push(Segment::new(Field::Body, "", piece));
        rest = after;
    }
    pieces
}

/// The ways over one set of rules, as rows.
fn compare(set: &Set, pieces: &[Segment]) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let gate = Screener::new(RuleSet::from_bundle(&set.bundle)?, Duration::from_secs(60));
    let plain = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(&set.terms)?;
    let charwise = CharwiseDoubleArrayAhoCorasick::<u32>::new(&set.terms).map_err(|error| error.to_string())?;
    let table = FoldTable::new();
    let (mut folded, mut back) = (String::new(), Vec::new());
    let mut hits = [0; 5];
    let [read_hits, plain_hits, nfkc_hits, charwise_hits, gate_hits] = &mut hits;
    let texts = || pieces.iter().map(|piece| piece.text.as_str());
    let mut read = || *read_hits = black_box(texts().flat_map(str::chars).map(u64::from).sum::<u64>() & 1) as usize;
    let mut raw = || *plain_hits = texts().map(|text| plain.find_overlapping_iter(text).count()).sum();
    let mut nfkc = || {
        let found = texts().map(|text| plain.find_overlapping_iter(&text.nfkc().collect::<String>()).count());
        *nfkc_hits = found.sum();
    };
    let mut fold = || {
        let found = texts().map(|text| {
            table.fold(text, &mut folded, &mut back);
            charwise.find_overlapping_iter(&folded).count()
        });
        *charwise_hits = found.sum();
    };
    let mut scan = || {
        let found = pieces.iter().map(|piece| gate.scan(std::slice::from_ref(piece), &[]).findings.len());
        *gate_hits = found.sum();
    };
    let seconds = measure::in_turn(ROUNDS, &mut [&mut read, &mut raw, &mut nfkc, &mut fold, &mut scan]);
    let size = pieces.iter().map(|piece| piece.text.len()).sum::<usize>() as f64 / 1e6;
    let base = Middle::of(seconds[1].clone()).median;
    let ways =
        ["characters alone (bound)", "Aho-Corasick, no folding", "NFKC, Aho-Corasick", "fold, daachorse", "menhu"];
    let rows = ways.iter().zip(seconds).zip(hits).map(|((way, seconds), hits)| {
        let speed = Middle::of(seconds.iter().map(|seconds| size / seconds).collect());
        let ratio = format!("{:.2}×", base / Middle::of(seconds).median);
        vec![set.name.clone(), (*way).to_owned(), speed.shown(0), ratio, hits.to_string()]
    });
    Ok(rows.collect())
}

/// Texts that are made to be slow, under each set.
fn slow(sets: &[&Set], text: &str) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let Some(first) = sets.first() else { return Ok(Vec::new()) };
    let texts = hostile::texts(text, &first.terms);
    let mut rows: Vec<Vec<String>> = texts.iter().map(|(name, _)| vec![(*name).to_owned()]).collect();
    for set in sets {
        let gate = Screener::new(RuleSet::from_bundle(&set.bundle)?, Duration::from_secs(60));
        let mut ordinary = None;
        for ((_, pieces), row) in texts.iter().zip(&mut rows) {
            let mut scan = || {
                for piece in pieces {
                    black_box(gate.scan(std::slice::from_ref(piece), &[]));
                }
            };
            let seconds = Middle::of(measure::in_turn(ROUNDS, &mut [&mut scan]).swap_remove(0)).median;
            let size = pieces.iter().map(|piece| piece.text.len()).sum::<usize>() as f64 / 1e6;
            let each = seconds / size;
            row.push(format!("{:.0} ({:.1}×)", size / seconds, each / *ordinary.get_or_insert(each)));
        }
    }
    Ok(rows)
}

/// Items of 5 KB, each with a title and a source page that says the same as the body.
fn items(set: &Set, text: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let begun = Instant::now();
    let gate = Screener::new(RuleSet::from_bundle(&set.bundle)?, Duration::from_secs(60));
    let ready = begun.elapsed();
    let mut times = Times::default();
    for piece in pieces(text, ITEM).iter().take(3000) {
        times.of(|| black_box(gate.scan(std::slice::from_ref(piece), &[])));
    }
    let micro = |time: f64| format!("{:.0}", time * 1000.0);
    let (median, p99) = (times.percentile(0.5), times.percentile(0.99));
    Ok(vec![set.name.clone(), micro(median), micro(p99), format!("{:.0} ms", ready.as_secs_f64() * 1000.0)])
}

/// Width, case and traditional characters to one form, with a way back to the source: what a careful team would put
/// before daachorse.
struct FoldTable(Vec<char>);

impl FoldTable {
    fn new() -> Self {
        let one = |c: char| {
            let mut forms = std::iter::once(c).nfkc().flat_map(char::to_lowercase);
            forms.next().filter(|_| forms.next().is_none()).unwrap_or(c)
        };
        let mut table: Vec<char> = (0..0x1_0000).map(|c| one(char::from_u32(c).unwrap_or('\u{FFFD}'))).collect();
        for line in include_str!("../src/screen/tables/opencc-ts-characters.txt").lines() {
            if let Some((from, to)) = line.split_once('\t')
                && let (Some(from), Some(to)) = (from.chars().next(), to.chars().next())
                && let Some(slot) = table.get_mut(from as usize)
            {
                *slot = to;
            }
        }
        for dropped in ['\u{200B}', '\u{200C}', '\u{200D}', '\u{FEFF}', '\u{AD}'] {
            table[dropped as usize] = '\0';
        }
        Self(table)
    }

    /// Folds `text` to `out`; `back` says, where a length changes, which byte of the text a byte of `out` comes from.
    fn fold(&self, text: &str, out: &mut String, back: &mut Vec<(usize, usize)>) {
        out.clear();
        back.clear();
        let mut plain = 0;
        for (at, c) in text.char_indices() {
            let folded = self.0.get(c as usize).copied().unwrap_or(c);
            if folded == c {
                continue;
            }
            out.push_str(&text[plain..at]);
            if folded != '\0' {
                out.push(folded);
            }
            plain = at + c.len_utf8();
            if back.last().is_none_or(|(to, from)| out.len().wrapping_sub(*to) != plain - from) {
                back.push((out.len(), plain));
            }
        }
        out.push_str(&text[plain..]);
    }
}
