//! Registered documents on the laws of `gov-corpus`: how much rewriting they are recognised through, and what else is taken
//! for them. Laws are the hardest there is: they quote, follow and repeat one another, and local ones are written after
//! national ones.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use menhu::model::{Field, Finding, Segment};
use menhu::screen::{Registrar, RuleBundle, RuleSet, Screener};

use super::corpus::data;
use super::gate;

/// Documents that stand for secret ones.
const REGISTERED: usize = 120;
/// Their least length, in letters.
const SHORTEST: usize = 300;
/// Rewritings of each.
const SEEDS: u64 = 3;

/// A rule that never matters, without variants, so that the walk for fingerprints is what is measured.
const CARRIER: &str = "[[rule]]\nid = \"T-1\"\nname = \"试\"\nlevel = \"内部\"\naction = \"提示\"\nterms = [\"魑魅魍魉甲乙\"]\nvariants = \
                       0\nreview_date = 2027-01-01\nbasis = \"试\"\npositive = [\"魑魅魍魉甲乙\", \"x魑魅魍魉甲乙\", \"魑魅魍魉甲乙。\"]\nnegative = \
                       [\"甲\", \"乙\", \"丙\"]\n";

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}

/// Title and body of every law, in an order drawn by lot.
fn laws() -> Option<Vec<String>> {
    let folder = data("gov-corpus")?;
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "gz"));
    paths.sort();
    let mut laws = Vec::new();
    for path in paths {
        let mut text = String::new();
        flate2::read::GzDecoder::new(fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
        for line in text.lines() {
            let law: serde_json::Value = serde_json::from_str(line).unwrap();
            laws.push(format!("{}\n{}", law["title"].as_str().unwrap_or(""), law["body"].as_str().unwrap_or("")));
        }
    }
    let mut dice = Dice(20_261_125);
    for last in (1..laws.len()).rev() {
        laws.swap(last, dice.below(last + 1));
    }
    Some(laws)
}

/// A registered document: its number in the file, and whether a third of it at least is its own and not public.
#[derive(Clone, Copy)]
struct Known {
    number: usize,
    own: bool,
}

/// A gate that has `secret` registered but for what stands in `public`, and which of them it took.
fn register(secret: &[&String], public: &[&String]) -> (Screener, HashMap<usize, Known>) {
    let mut registrar = Registrar::begin("第七号登记件", "2026-11-25".into(), None).unwrap();
    public.iter().for_each(|text| registrar.leave_out(text));
    let mut numbers = HashMap::new();
    for (index, text) in secret.iter().enumerate() {
        if let Ok(added) = registrar.add([text.as_str()]) {
            let own = 3 * added.prints >= added.prints + added.public;
            numbers.insert(index, Known { number: added.number, own });
        }
    }
    let registered = registrar.finish();
    println!("{registered:?}");
    let files = [("rules/a.toml", CARRIER.to_owned()), ("dictionaries/d.fingerprints", registered.text())];
    let files = files.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
    (gate(RuleSet::from_bundle(&RuleBundle { files }).unwrap_or_else(|errors| panic!("{errors}"))), numbers)
}

/// The registered documents that are recognised in a text.
fn recognised(gate: &Screener, text: &str) -> Vec<Finding> {
    let findings = gate.scan(&[Segment::new(Field::Body, "", text)], &[]).findings;
    findings.iter().for_each(|finding| assert_eq!(&text[finding.start..finding.end], finding.text));
    findings
}

fn is_recognised(gate: &Screener, text: &str, number: usize) -> bool {
    recognised(gate, text).iter().any(|finding| finding.why.contains(&format!("”之{number}的")))
}

/// Letters replaced, dropped and put in, alone or up to `run` in a row, until `percent` of the text are others; and, where
/// `sentences`, half of these by sentences in another order.
fn rewritten(text: &str, percent: usize, run: usize, sentences: bool, dice: &mut Dice) -> String {
    let letters: Vec<char> = text.chars().collect();
    let goal = letters.len() * percent / if sentences { 200 } else { 100 };
    // so often that on average the goal is met: a change takes (1 + run) / 2 letters
    let (mut out, mut at, odds) = (String::new(), 0, letters.len() * (1 + run) / 2);
    while at < letters.len() {
        let taken = 1 + dice.below(run);
        if dice.below(odds) >= goal {
            out.push(letters[at]);
            at += 1;
            continue;
        }
        let kind = dice.below(3);
        if kind != 1 {
            out.extend((0..taken).map(|_| letters[dice.below(letters.len())]));
        }
        if kind == 2 {
            out.push(letters[at]);
        }
        at += if kind == 2 { 1 } else { taken };
    }
    if sentences {
        let mut parts: Vec<&str> = out.split_inclusive('。').collect();
        for _ in 0..parts.len() * percent / 200 {
            let (from, to) = (dice.below(parts.len()), dice.below(parts.len()));
            let part = parts.remove(from);
            parts.insert(to, part);
        }
        out = parts.concat();
    }
    out
}

/// Recall of every kind of rewriting; gives the lowest of all documents, and of those that are their own.
fn recall(what: &str, gate: &Screener, secret: &[&String], known: &HashMap<usize, Known>) -> (f64, f64) {
    let mut lowest = (1.0f64, 1.0f64);
    for (kind, run, sentences) in [("single letters", 1, false), ("words", 4, false), ("words and sentences", 4, true)]
    {
        let count = |half: usize| {
            let (mut caught, mut own) = (0, 0);
            for seed in 0..SEEDS {
                for (index, known) in known.iter().filter(|(index, _)| *index % 2 == half) {
                    let mut dice = Dice(seed << 32 | *index as u64);
                    let text = rewritten(secret[*index], 30, run, sentences, &mut dice);
                    let found = is_recognised(gate, &text, known.number);
                    caught += usize::from(found);
                    own += usize::from(found && known.own);
                }
            }
            (caught, own)
        };
        let (caught, own) = std::thread::scope(|scope| {
            let other = scope.spawn(|| count(1));
            let (first, second) = (count(0), other.join().unwrap());
            (first.0 + second.0, first.1 + second.1)
        });
        let (all, of_own) =
            (known.len() * SEEDS as usize, known.values().filter(|one| one.own).count() * SEEDS as usize);
        println!(
            "{what}: 30 % rewritten by {kind}: {caught} of {all} recognised; a third is their own: {own} of {of_own}"
        );
        lowest.0 = lowest.0.min(caught as f64 / all as f64);
        lowest.1 = lowest.1.min(own as f64 / of_own as f64);
    }
    lowest
}

/// The texts in which something is recognised.
fn hits(gate: &Screener, texts: &[&String]) -> Vec<(String, Vec<Finding>)> {
    let of = |texts: &[&String]| {
        let found = texts.iter().map(|text| (text.lines().next().unwrap_or("").to_owned(), recognised(gate, text)));
        found.filter(|(_, found)| !found.is_empty()).collect::<Vec<_>>()
    };
    let (first, second) = texts.split_at(texts.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| of(second));
        [of(first), other.join().unwrap()].concat()
    })
}

#[test]
fn registered_laws_are_recognised_and_no_others() {
    let Some(laws) = laws() else { return };
    let long = |law: &&String| law.chars().filter(|c| c.is_alphanumeric()).count() >= SHORTEST;
    let secret: Vec<&String> = laws.iter().filter(long).take(REGISTERED).collect();
    let chosen: std::collections::HashSet<&String> = secret.iter().copied().collect();
    let others: Vec<&String> = laws.iter().filter(|law| !chosen.contains(law)).collect();
    let (shown, unseen) = others.split_at(others.len() / 2);

    // everything else is public, as on a desk that has published it
    let (gate, numbers) = register(&secret, &others);
    let false_hits = hits(&gate, &others);
    println!(
        "all {} others known as public: {} registered, {} others hit",
        others.len(),
        numbers.len(),
        false_hits.len()
    );
    assert!(false_hits.is_empty(), "{false_hits:#?}");
    assert!(numbers.len() >= 100, "{}", numbers.len());
    let (all, own) = recall("others known as public", &gate, &secret, &numbers);
    assert!(all >= 0.85 && own >= 0.9, "{all} {own}");

    // half of it was never seen: what follows a registered law or quotes it is hit, and rightly
    let (gate, numbers) = register(&secret, shown);
    let found = hits(&gate, unseen);
    println!("{} unseen laws: {} hit ({} registered)", unseen.len(), found.len(), numbers.len());
    for (title, findings) in found.iter().take(12) {
        let worst = findings.iter().max_by_key(|finding| finding.text.len()).unwrap();
        println!("  {title}: {} {:?}", worst.why, worst.text.chars().take(40).collect::<String>());
    }
    assert!(found.len() * 6 <= unseen.len());
}

#[test]
fn a_paragraph_of_a_registered_law_is_recognised() {
    let Some(laws) = laws() else { return };
    let secret: Vec<&String> = laws.iter().filter(|law| law.chars().count() >= SHORTEST).take(REGISTERED).collect();
    let (gate, numbers) = register(&secret, &[]);
    let (all, _) = recall("nothing left out", &gate, &secret, &numbers);
    assert!(all >= 0.9, "{all}");
    let (mut caught, mut all, mut dice) = (0, 0, Dice(7));
    let in_order: std::collections::BTreeSet<&usize> = numbers.keys().collect();
    for index in in_order {
        let letters: Vec<char> = secret[*index].chars().filter(|c| c.is_alphanumeric()).collect();
        for _ in 0..4 {
            let from = dice.below(letters.len().saturating_sub(120).max(1));
            let excerpt: String = letters[from..].iter().take(120).collect();
            let around: String = "今天天气晴朗，气温适宜，适合出行。".repeat(200);
            caught += usize::from(!recognised(&gate, &format!("{around}{excerpt}{around}")).is_empty());
            all += 1;
        }
    }
    println!("excerpts of 120 letters in 6,400 others: {caught} of {all} recognised");
    assert!(caught * 100 >= all * 98, "{caught} of {all}");
}

/// The command, its exit code and all that it said.
fn menhu(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_menhu")).current_dir(folder).args(words).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    (done.status.code(), said)
}

#[test]
fn documents_are_registered_by_command() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let text = |first: char| -> String { (first..).take(500).collect() };
    fs::create_dir_all(at.join("in/deep")).unwrap();
    fs::create_dir_all(at.join("dictionaries")).unwrap();
    fs::create_dir_all(at.join("rules")).unwrap();
    fs::write(at.join("rules/a.toml"), CARRIER).unwrap();
    fs::write(at.join("in/a.txt"), text('\u{5000}')).unwrap();
    fs::write(at.join("in/deep/b.html"), format!("<html><body><p>{}</p></body></html>", text('\u{6000}'))).unwrap();
    fs::write(at.join("c.txt"), format!("{}{}", text('\u{5000}'), text('\u{7000}'))).unwrap();
    fs::write(at.join("empty.txt"), "").unwrap();
    let out = "dictionaries/register.fingerprints";
    let first = ["rules", "fingerprint", "in", "--out", out, "--name", "第七号登记件"];
    let (code, said) = menhu(at, &first);
    assert!(code == Some(0) && said.contains("2 documents") && said.contains("fingerprints = \"register"), "{said}");
    let kept = fs::read_to_string(at.join(out)).unwrap();
    assert!(!kept.contains("a.txt") && !kept.chars().any(|c| ('\u{5000}'..'\u{5010}').contains(&c)), "{kept}");

    // what is refused writes nothing
    for (words, part) in [
        (vec!["c.txt", "--out", out, "--name", "x"], "there already"),
        (vec!["c.txt", "--out", "dictionaries/register", "--name", "x"], "NAME.fingerprints"),
        (vec!["d.txt", "--out", out, "--add"], "cannot read d.txt"),
        (vec!["c.txt", "--out", "other.fingerprints", "--name", "秘密★一年件"], "marking"),
        (vec!["c.txt", "empty.txt", "--out", out, "--add"], "it has 0 letters"),
        (vec!["c.txt", "--out", "nowhere.fingerprints", "--add"], "cannot read nowhere"),
    ] {
        let (code, said) = menhu(at, &[&["rules", "fingerprint"], words.as_slice()].concat());
        assert!(code.is_some_and(|code| code != 0) && said.contains(part), "{words:?}: {code:?} {said}");
        assert!(!said.contains("panicked"), "{said}");
        assert_eq!(fs::read_to_string(at.join(out)).unwrap(), kept);
    }

    // more, without what is public; the same twice is no error
    let more = ["rules", "fingerprint", "c.txt", "in/deep", "--out", out, "--add", "--public", "in/a.txt"];
    let (code, said) = menhu(at, &more);
    assert!(code == Some(0) && said.contains("left out as public") && said.contains("3 documents"), "{said}");
    let (_, said) = menhu(at, &["rules", "check", "--rules", "rules", "--dictionaries", "dictionaries"]);
    assert!(said.contains("The set is good: 2 rules"), "{said}");
    let (code, said) =
        menhu(at, &["scan", "--rules", "rules", "--dictionaries", "dictionaries", "--text", &text('\u{6000}')]);
    assert!(code == Some(20) && said.contains("“第七号登记件”之2"), "{said}");

    // a file that was cut stops the set, and says where
    fs::write(at.join(out), &kept[..kept.len() / 2]).unwrap();
    let check = ["rules", "check", "--rules", "rules", "--dictionaries", "dictionaries", "--lang", "zh"];
    let (code, said) = menhu(at, &check);
    assert!(code == Some(30) && said.contains("register.fingerprints 第") && said.contains("指纹文件不完整"), "{said}");
    let (code, said) = menhu(at, &more);
    assert!(code == Some(1) && said.contains("ends too early"), "{said}");
}
