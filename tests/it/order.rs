//! The order of the modules is the architecture: no file imports from a higher rank, and folders of one rank do
//! not see each other. Comments and `#[cfg(test)]` modules are not read.

use std::fs;
use std::path::{Path, PathBuf};

/// Module, rank: the table of `docs/architecture.md`, lowest first.
const RANKS: [(&str, u8); 15] = [
    ("model", 0),
    ("config", 1),
    ("extract", 2),
    ("screen", 2),
    ("store", 3),
    ("blob", 3),
    ("index", 3),
    ("collect", 4),
    ("flow", 5),
    ("jobs", 6),
    ("console", 6),
    ("portal", 6),
    ("app", 7),
    ("lifecycle", 7),
    ("cli", 7),
];

fn rank(module: &str) -> Option<u8> {
    RANKS.iter().find(|(name, _)| *name == module).map(|(_, rank)| *rank)
}

/// What is wrong with one file, a line each: `src/a.rs:3: model (rank 0) imports flow (rank 5)`.
fn faults(path: &str, text: &str) -> Vec<String> {
    let Some(own) = path.strip_prefix("src/").and_then(|rest| rest.split(['/', '.']).next()) else { return Vec::new() };
    let Some(own_rank) = rank(own) else { return Vec::new() };
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        let code = line.split("//").next().unwrap_or("");
        for (at, _) in code.match_indices("crate::") {
            let name: String = code[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let Some(other_rank) = rank(&name) else { continue };
            // Rank 7 is wiring: its three parts may see each other.
            let allowed = name == own || other_rank < own_rank || (own_rank == 7 && other_rank == 7);
            if !allowed {
                let place = number + 1;
                found.push(format!("{path}:{place}: {own} (rank {own_rank}) imports {name} (rank {other_rank})"));
            }
        }
    }
    found
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn no_module_imports_upward() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    assert!(files.len() > 40, "only {} files were found", files.len());
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let shown = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            faults(&shown, &fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(found.is_empty(), "imports against the order:\n{}", found.join("\n"));
}

#[test]
fn an_upward_import_is_seen() {
    let upward = faults("src/model/item.rs", "use std::fmt;\nuse crate::flow::publish;\n");
    assert_eq!(upward, ["src/model/item.rs:2: model (rank 0) imports flow (rank 5)"]);
    assert_eq!(faults("src/portal/home.rs", "let x = crate::console::router();").len(), 1);
    assert!(faults("src/flow/publish.rs", "use crate::{}; // crate::cli\nuse crate::store::Site;").is_empty());
}

#[test]
fn every_module_has_a_rank() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: Vec<&str> = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let mut last = 0;
    for module in &declared {
        let rank = rank(module).unwrap_or_else(|| panic!("{module} has no rank"));
        assert!(rank >= last, "src/lib.rs lists {module} (rank {rank}) after rank {last}");
        last = rank;
    }
    assert_eq!(declared.len(), RANKS.len());
}

#[test]
fn sql_is_written_in_the_store_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    for file in files {
        let shown = file.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        if shown.starts_with("src/store") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("sqlx::"), "{shown} uses sqlx; SQL lives only in src/store");
    }
}
