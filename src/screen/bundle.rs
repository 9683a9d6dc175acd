//! The exact text of a rule set: what is read from disk, stored, signed and named by its hash.
//!
//! Owns the reading of the two folders and the name of a set. Limits: 256 files, 16 MiB each. A name covers every file
//! with its text and the version of the gate itself, for the same rules under other detectors are another set.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::dictionary;
use super::errors::{At, Report};
use crate::model::{Digest, RuleSetId};

/// Changes whenever folding or a detector changes what is found.
const GATE: &[u8] = b"menhu-gate-2";
const MOST_FILES: usize = 256;
const LARGEST_FILE: u64 = 16 << 20;

/// The files of a rule set, by name (`rules/markings.toml`, `dictionaries/work.csv`), decoded to UTF-8.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct RuleBundle {
    /// Name to text.
    pub files: BTreeMap<String, String>,
}

impl RuleBundle {
    /// The name of the set.
    #[must_use]
    pub fn id(&self) -> RuleSetId {
        let mut parts: Vec<&[u8]> = vec![GATE];
        for (name, text) in &self.files {
            parts.extend([name.as_bytes(), text.as_bytes()]);
        }
        RuleSetId(Digest::of_parts(&parts))
    }

    /// Reads `*.toml` of one folder, `*.csv` and `*.fingerprints` of the other.
    pub(super) fn read(rules: &Path, dictionaries: Option<&Path>, report: &mut Report) -> Self {
        let mut files = BTreeMap::new();
        read_folder(rules, "rules", "toml", report, &mut files);
        if let Some(dictionaries) = dictionaries {
            read_folder(dictionaries, "dictionaries", "csv", report, &mut files);
            read_folder(dictionaries, "dictionaries", "fingerprints", report, &mut files);
        }
        Self { files }
    }
}

fn read_folder(folder: &Path, label: &str, extension: &str, report: &mut Report, files: &mut BTreeMap<String, String>) {
    let shown = folder.display().to_string();
    let at = At { file: &shown, line: 0, cell: "" };
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let cure = format!("name the folder of the {label}, or make one with menhu init");
            return report.refuse(at, format!("cannot read the folder of the {label}: {error}"), cure);
        }
    };
    let mut paths: Vec<std::path::PathBuf> = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => report.refuse(at, format!("cannot list the folder: {error}"), "check its permissions"),
        }
    }
    let fits = |path: &Path| {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '~']));
        !hidden && path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension))
    };
    paths.retain(|path| fits(path));
    paths.sort();
    if paths.len() > MOST_FILES {
        return report.refuse(at, format!("{} files, more than {MOST_FILES}", paths.len()), "join some of them");
    }
    for path in paths {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        match read_file(&path, extension == "csv") {
            Ok(text) => drop(files.insert(format!("{label}/{name}"), text)),
            Err(what) => {
                let shown = path.display().to_string();
                let cure = "check that it is a text file that this account may read";
                report.refuse(At { file: &shown, line: 0, cell: "" }, what, cure);
            }
        }
    }
}

/// The text of one file.
fn read_file(path: &Path, gb18030: bool) -> Result<String, String> {
    let size = std::fs::metadata(path).map_err(|error| format!("cannot read it: {error}"))?.len();
    if size > LARGEST_FILE {
        return Err(format!("{size} bytes, more than {LARGEST_FILE}"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read it: {error}"))?;
    if gb18030 {
        return dictionary::decode(&bytes).ok_or_else(|| "neither UTF-8 nor GB18030".to_owned());
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").map(<[u8]>::to_vec).unwrap_or(bytes);
    String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
}
