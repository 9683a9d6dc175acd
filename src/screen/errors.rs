//! Why a rule set is refused, and what about it deserves a second look.
//!
//! Owns the messages: each names file, line, cell or key, what is wrong, and the cure. A set is refused with all its
//! errors at once.

use std::fmt;

/// One thing that is wrong with a rule set.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleError {
    /// File, as in the bundle: `rules/markings.toml`; a folder where the folder itself is at fault.
    pub file: String,
    /// Line in the file, from 1.
    pub line: Option<usize>,
    /// Key of the rule or column of the dictionary.
    pub cell: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub cure: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(cell) = &self.cell {
            write!(f, " [{cell}]")?;
        }
        write!(f, ": {}; {}", self.what, self.cure)
    }
}

/// Everything that is wrong with a rule set; never empty.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct RuleErrors(pub Vec<RuleError>);

fn lines(errors: &[RuleError]) -> String {
    let lines: Vec<String> = errors.iter().map(RuleError::to_string).collect();
    lines.join("\n")
}

/// Something that does not refuse a set but that an officer should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lint(pub RuleError);

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Collects errors and lints while files are read.
#[derive(Default)]
pub(super) struct Report {
    pub(super) errors: Vec<RuleError>,
    pub(super) lints: Vec<Lint>,
}

/// Where in a file something stands.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) file: &'a str,
    pub(super) line: usize,
    pub(super) cell: &'a str,
}

impl At<'_> {
    fn error(self, what: impl Into<String>, cure: impl Into<String>) -> RuleError {
        RuleError {
            file: self.file.to_owned(),
            line: (self.line > 0).then_some(self.line),
            cell: (!self.cell.is_empty()).then(|| self.cell.to_owned()),
            what: what.into(),
            cure: cure.into(),
        }
    }
}

impl Report {
    /// The set is refused.
    pub(super) fn refuse(&mut self, at: At<'_>, what: impl Into<String>, cure: impl Into<String>) {
        self.errors.push(at.error(what, cure));
    }

    /// The set is taken, with a word about this.
    pub(super) fn remark(&mut self, at: At<'_>, what: impl Into<String>, cure: impl Into<String>) {
        self.lints.push(Lint(at.error(what, cure)));
    }
}
