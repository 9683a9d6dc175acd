//! The mutation run: conditions of the shipped rules, of the detectors and of the folding are dropped or turned round, one
//! at a time, and the rules' own examples and the gate's tests must notice.
//!
//! Mutants of the rules are tried in every run. For those of the sources
//! `cargo test --test it gate::mutation -- --ignored --nocapture` makes a small crate of `src/model` and `src/screen` in
//! `menhu-mutation` among the temporary files, with the gate's tests, and runs them on each mutant; the sources here are not touched. Tried are 100
//! mutants of the sources and every mutant of the rules, in a shuffled order that is always the same
//! (`MENHU_MUTANTS`, read when it is compiled, is another number). It takes half an hour on two cores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use menhu::screen::{RuleBundle, RuleSet};

use super::mutants::Random;
use super::{gate, golden};
use crate::rules::shipped;

const HERE: &str = env!("CARGO_MANIFEST_DIR");
const SOURCES: [&str; 12] = [
    "src/screen/detect/bank.rs",
    "src/screen/detect/document_number.rs",
    "src/screen/detect/identity.rs",
    "src/screen/detect/internal_note.rs",
    "src/screen/detect/lone_level.rs",
    "src/screen/detect/marking.rs",
    "src/screen/detect/passport.rs",
    "src/screen/detect/phone.rs",
    "src/screen/detect/urgency.rs",
    "src/screen/detect/uscc.rs",
    "src/screen/detect/work_secret.rs",
    "src/screen/fold.rs",
];
const TABLES: [&str; 4] =
    ["confusables.tsv", "variants.txt", "opencc-ts-characters.txt", "equivalent-unified-ideograph.txt"];
const NEEDED: [&str; 16] = [
    "serde",
    "serde_json",
    "toml",
    "csv",
    "jiff",
    "thiserror",
    "arc-swap",
    "aho-corasick",
    "unicode-normalization",
    "encoding_rs",
    "base64",
    "ring",
    "proptest",
    "siphasher",
    "regex",
    "tempfile",
];

/// One change: bytes `from..to` of a file become something else.
#[derive(Clone)]
struct Mutant {
    file: String,
    from: usize,
    to: usize,
    with: String,
    line: usize,
}

/// Every place where `find` stands in a line of code.
fn replaced(file: &str, text: &str, find: &str, with: &str, out: &mut Vec<Mutant>) {
    let mut start = 0;
    for (line, shown) in text.split_inclusive('\n').enumerate() {
        if shown.starts_with("#[cfg(test)]") {
            break;
        }
        let code = shown.trim_start();
        let spoken = code.starts_with("//") || code.contains("why") || code.contains("format!") || code.contains("fn ");
        let spoken = spoken || code.starts_with("use ") || code.contains("=>") && code.contains("Self::");
        for (at, _) in shown.match_indices(find).filter(|_| !spoken) {
            let from = start + at;
            out.push(Mutant { file: file.into(), from, to: from + find.len(), with: with.into(), line: line + 1 });
        }
        start += shown.len();
    }
}

/// The inside of every string and character of the code; a lifetime and a remark are none.
fn literals(text: &str) -> Vec<(usize, usize)> {
    let pattern = r#"(?x) //[^\n]* | '(\\u\{[0-9a-fA-F]+\}|\\.|[^'\\])' | "((?:[^"\\]|\\.)*)" "#;
    let literal = regex::Regex::new(pattern).unwrap();
    let inside = |found: regex::Captures<'_>| found.get(1).or(found.get(2)).map(|inner| (inner.start(), inner.end()));
    literal.captures_iter(text).filter_map(inside).collect()
}

fn of_source(file: &str, text: &str) -> Vec<Mutant> {
    let mut out = Vec::new();
    for (find, with) in [
        (" && ", " || "),
        (" || ", " && "),
        (" == ", " != "),
        (" != ", " == "),
        (" >= ", " < "),
        (" <= ", " > "),
        (" > ", " <= "),
        (" < ", " >= "),
        ("!c.", "c."),
        ("!boxed", "boxed"),
        ("!choice", "choice"),
        ("!holds", "holds"),
        (".is_none_or(", ".is_some_and("),
        (".all(", ".any("),
        (".any(", ".all("),
        ("certain: true", "certain: false"),
        ("true", "false"),
    ] {
        replaced(file, text, find, with, &mut out);
    }
    // a word or a character of a list, taken out by putting one in its place that no text has
    for (from, to) in literals(text) {
        let inner = &text[from..to];
        let line = text[..from].matches('\n').count() + 1;
        let shown = text.lines().nth(line - 1).unwrap_or("");
        let listed = inner.chars().count() <= 5 && inner.chars().any(|c| c as u32 >= 0x2E80);
        if listed && !shown.contains("format!") && !shown.contains("describes") {
            let stranger = if text[..from].ends_with('"') { "龘龘" } else { "龘" };
            out.push(Mutant { file: file.into(), from, to, with: stranger.into(), line });
        }
    }
    let code = text.find("#[cfg(test)]").unwrap_or(text.len());
    out.retain(|mutant| mutant.from < code);
    out
}

/// One entry of a list, or one condition, of a rule file, but not of its examples.
fn of_rules(file: &str, text: &str) -> Vec<Mutant> {
    let mut out = Vec::new();
    let (mut start, mut examples) = (0, false);
    for (line, shown) in text.split_inclusive('\n').enumerate() {
        let key = shown.split(" = ").next().unwrap_or("");
        examples = match key {
            "positive" | "negative" => true,
            _ if shown.contains(" = ") => false,
            _ => examples,
        };
        let mut add = |from: usize, to: usize, with: &str| {
            out.push(Mutant { file: file.into(), from, to, with: with.into(), line: line + 1 });
        };
        match key {
            "terms" | "exceptions" | "near" if !examples => {
                let quotes: Vec<usize> = shown.match_indices('"').map(|(at, _)| start + at).collect();
                for pair in quotes.chunks(2).filter(|pair| pair.len() == 2 && pair[1] - pair[0] > 4) {
                    add(pair[0] + 1, pair[1], "龘龘龘龘龘龘");
                }
                if let Some(at) = shown.find("within = 40") {
                    add(start + at, start + at + 11, "within = 4");
                    add(start + at, start + at + 11, "within = 400");
                }
                if let Some(at) = shown.find(", same = \"段\"") {
                    add(start + at, start + at + ", same = \"段\"".len(), "");
                }
            }
            "variants" => {
                let level = shown.trim_end().chars().last().unwrap_or('2');
                add(start, start + shown.len(), if level == '3' { "variants = 2\n" } else { "variants = 1\n" });
            }
            "scope" | "gap" => add(start, start + shown.len(), ""),
            "action" => add(start, start + shown.len(), "action = \"提示\"\n"),
            _ if !examples && shown.trim_start().starts_with('"') => {
                let trimmed = shown.trim().trim_matches(['"', ',']);
                let from = start + shown.find(trimmed).unwrap_or(0);
                add(from, from + trimmed.len(), "龘龘龘龘龘龘");
            }
            _ => {}
        }
        start += shown.len();
    }
    out
}

/// One line of a table.
fn of_table(file: &str, text: &str, random: &mut Random, count: usize) -> Vec<Mutant> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut out = Vec::new();
    while out.len() < count {
        let line = random.below(lines.len());
        let from: usize = lines[..line].iter().map(|line| line.len()).sum();
        // Kangxi radicals are joined by NFKC as well
        if !lines[line].starts_with(['#', '\n']) && !lines[line].starts_with("2F") && lines[line].len() > 3 {
            out.push(Mutant {
                file: file.into(),
                from,
                to: from + lines[line].len(),
                with: String::new(),
                line: line + 1,
            });
        }
    }
    out
}

fn shuffle<T>(list: &mut [T], random: &mut Random) {
    for at in (1..list.len()).rev() {
        list.swap(at, random.below(at + 1));
    }
}

/// The small crate.
struct Bench(PathBuf);

impl Bench {
    fn make(folder: &Path) -> Self {
        let root = folder.join("menhu");
        for part in ["src", "rules", "dictionaries", "tests"] {
            drop(fs::remove_dir_all(root.join(part)));
        }
        let here = Path::new(HERE);
        copy(&here.join("src/model"), &root.join("src/model"));
        copy(&here.join("src/screen"), &root.join("src/screen"));
        copy(&here.join("rules"), &root.join("rules"));
        copy(&here.join("dictionaries"), &root.join("dictionaries"));
        copy(&here.join("tests/it/gate"), &root.join("tests/gate"));
        fs::copy(here.join("tests/it/rules.rs"), root.join("tests/rules.rs")).unwrap();
        fs::copy(here.join("Cargo.lock"), root.join("Cargo.lock")).unwrap();
        fs::write(root.join("src/lib.rs"), "#![allow(dead_code, unused)]\npub mod model;\npub mod screen;\n").unwrap();
        let manifest = fs::read_to_string(here.join("Cargo.toml")).unwrap();
        let needed = |line: &&str| NEEDED.iter().any(|name| line.starts_with(&format!("{name} = ")));
        let dependencies: Vec<&str> = manifest.lines().filter(needed).collect();
        let head = "[package]\nname = \"menhu\"\nversion = \"0.1.0\"\nedition = \"2024\"\nautotests = false\n\
            [profile.dev]\ndebug = false\n[profile.dev.package.\"*\"]\nopt-level = 1\n\
            [[test]]\nname = \"gate\"\npath = \"tests/main.rs\"\n[dependencies]\n";
        fs::write(root.join("Cargo.toml"), format!("{head}{}\n[workspace]\n", dependencies.join("\n"))).unwrap();
        let main = fs::read_to_string(here.join("tests/it/gate/mutation_main.rs")).unwrap();
        fs::write(root.join("tests/main.rs"), main).unwrap();
        let mutants = fs::read_to_string(root.join("tests/gate/mutants.rs")).unwrap();
        fs::write(root.join("tests/gate/mutants.rs"), mutants.replace("mod files;\n", "")).unwrap();
        let shared = here.join("../shared");
        if shared.exists() && !folder.join("shared").exists() {
            std::os::unix::fs::symlink(fs::canonicalize(shared).unwrap(), folder.join("shared")).unwrap();
        }
        Self(root)
    }

    fn cargo(&self, args: &[&str]) -> bool {
        let mut command = Command::new(env!("CARGO"));
        command.args(args).args(["--offline", "-q"]).current_dir(&self.0);
        command.env("CARGO_TARGET_DIR", self.0.join("target")).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().unwrap().success()
    }

    /// Whether the tests notice; nothing where the mutant is no program.
    fn notices(&self, mutant: &Mutant) -> Option<bool> {
        let path = self.0.join(&mutant.file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{}{}{}", &text[..mutant.from], mutant.with, &text[mutant.to..])).unwrap();
        let built = !mutant.file.ends_with(".rs") || self.cargo(&["build", "--lib"]);
        // the quick ones first
        let noticed = built.then(|| {
            !self.cargo(&["test", "--test", "gate", "golden"])
                || !self.cargo(&["test", "--lib", "screen"])
                || !self.cargo(&["test", "--test", "gate"])
        });
        fs::write(&path, text).unwrap();
        noticed
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// Whether the set is refused, by its own examples among others, or judges a text of `golden.tsv` otherwise.
fn is_noticed(bundle: &RuleBundle) -> bool {
    let Ok(set) = RuleSet::from_bundle(bundle) else { return true };
    !golden::wrong(&gate(set)).is_empty()
}

#[test]
fn dropping_any_part_of_a_rule_is_noticed() {
    let bundle = shipped().bundle().clone();
    assert!(!is_noticed(&bundle));
    let (mut tried, mut missed) = (0, Vec::new());
    for (file, text) in bundle.files.iter().filter(|(file, _)| file.starts_with("rules/")) {
        for mutant in of_rules(file, text) {
            let mut changed = bundle.clone();
            let other = format!("{}{}{}", &text[..mutant.from], mutant.with, &text[mutant.to..]);
            changed.files.insert(file.clone(), other);
            tried += 1;
            if !is_noticed(&changed) {
                missed.push(format!(
                    "{file}:{} {:?} for {:?}",
                    mutant.line,
                    mutant.with,
                    &text[mutant.from..mutant.to]
                ));
            }
        }
    }
    println!("{} of {tried} mutants of the rules are noticed; not: {missed:#?}", tried - missed.len());
    assert!(missed.len() * 20 <= tried, "{missed:#?}");
}

#[test]
#[ignore = "half an hour: builds the gate again for each mutant"]
fn dropping_any_condition_of_the_sources_is_noticed() {
    let wanted: usize = std::option_env!("MENHU_MUTANTS").and_then(|text| text.parse().ok()).unwrap_or(100);
    let bench = Bench::make(&std::env::temp_dir().join("menhu-mutation"));
    assert!(bench.cargo(&["test", "--lib", "--test", "gate"]), "the tests fail before anything is changed");
    let mut random = Random(0x6D75_7461_6E74);
    let read = |file: &str| fs::read_to_string(bench.0.join(file)).unwrap();
    let mut sources: Vec<Mutant> = SOURCES.iter().flat_map(|file| of_source(file, &read(file))).collect();
    for table in TABLES {
        let file = format!("src/screen/tables/{table}");
        sources.extend(of_table(&file, &read(&file), &mut random, 20));
    }
    println!("{} mutants of sources and tables, {wanted} of them tried", sources.len());
    shuffle(&mut sources, &mut random);
    sources.truncate(wanted);
    let (mut caught, mut missed, mut none) = (0, Vec::new(), 0);
    for mutant in &sources {
        let told = format!(
            "{}:{} {:?} for {:?}",
            mutant.file,
            mutant.line,
            mutant.with,
            &read(&mutant.file)[mutant.from..mutant.to]
        );
        match bench.notices(mutant) {
            None => none += 1, // no program
            Some(true) => {
                println!("noticed: {told}");
                caught += 1;
            }
            Some(false) => {
                println!("not noticed: {told}");
                missed.push(told);
            }
        }
    }
    println!("{caught} noticed, {} not, {none} were no programs", missed.len());
    assert!(missed.len() * 20 <= caught + missed.len(), "{missed:#?}");
}
