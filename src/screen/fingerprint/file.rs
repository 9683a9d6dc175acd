//! `dictionaries/NAME.fingerprints`: registered documents as a text file, written by `menhu rules fingerprint`.
//!
//! Owns its format. A header of `word value` lines, the documents, and the sum of all of it as last line, so that a file
//! that was cut, joined or changed is refused whole and never read in part:
//!
//! ```text
//! menhu-fingerprints 1
//! name 2026 年第 7 号登记件
//! made 2026-11-25
//! key 32 hexadecimal digits
//! folding 16 hexadecimal digits: the table of characters that it was made by
//! self-check 天地人和… 00112233 …
//! documents 1
//! document 289
//! 8 hexadecimal digits a fingerprint, 8 fingerprints a line, ascending
//! sum 64 hexadecimal digits: SHA-256 of the lines before, each ended by LF
//! ```
//!
//! The self-check stands for the examples of other rules, which would be the text that is not to be kept: everyday
//! characters drawn by lot, and what they must give. It proves at every load that this gate still makes of a text what
//! was made of it on the day of the registration.

use super::shingles::{Key, walk};
use crate::model::Digest;
use crate::screen::fold::FoldTable;

const MAGIC: &str = "menhu-fingerprints 1";
/// Fingerprints on a line.
const A_LINE: usize = 8;
/// The most letters of a name.
const LONGEST_NAME: usize = 60;

/// The content of a file: registered documents by their fingerprints.
#[derive(Clone, PartialEq, Eq)]
pub struct Registered {
    /// The neutral name under which the documents are registered; nothing of their text.
    pub name: String,
    /// The day of the registration, as it was written.
    pub made: String,
    pub(super) key: Key,
    /// The name of the table of characters at that time.
    pub(super) folding: u64,
    pub(super) self_check: SelfCheck,
    /// The fingerprints of each document, ascending, each once.
    pub(super) documents: Vec<Vec<u32>>,
}

/// Characters that say nothing, and the fingerprints that they must give.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct SelfCheck {
    pub(super) passage: String,
    pub(super) prints: Vec<u32>,
}

impl SelfCheck {
    /// Whether a gate that folds so makes the same of the passage.
    pub(super) fn holds(&self, key: Key, folds: &FoldTable) -> bool {
        prints(&self.passage, key, folds) == self.prints
    }
}

/// The fingerprints of a text, in its order.
pub(super) fn prints(text: &str, key: Key, folds: &FoldTable) -> Vec<u32> {
    let mut found = Vec::new();
    walk(folds, text, |shingle| {
        found.push(key.print(&shingle.letters));
        true
    });
    found
}

impl std::fmt::Debug for Registered {
    /// Not the fingerprints: they are many and say nothing to anybody.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Registered({:?}, {} documents, {} fingerprints)", self.name, self.documents.len(), self.prints())
    }
}

impl Registered {
    /// Fingerprints of each document, in the order of their numbers from 1 on.
    #[must_use]
    pub fn counts(&self) -> Vec<usize> {
        self.documents.iter().map(Vec::len).collect()
    }

    /// All fingerprints together.
    #[must_use]
    pub fn prints(&self) -> usize {
        self.documents.iter().map(Vec::len).sum()
    }

    /// How many of these documents stand in another registration too, as they are here.
    #[must_use]
    pub fn shared(&self, other: &Self) -> usize {
        if self.key != other.key {
            return 0;
        }
        let others: std::collections::HashSet<&Vec<u32>> = other.documents.iter().collect();
        self.documents.iter().filter(|document| others.contains(document)).count()
    }

    /// Reads the text of a file. Whether its self-check holds is the loader's question.
    ///
    /// # Errors
    /// The line at which it is not what it must be, and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        Parser { lines: text.lines().map(str::trim_end).collect(), at: 0 }.registered()
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let SelfCheck { passage, prints } = &self.self_check;
        let check: String = prints.iter().map(|print| format!(" {print:08x}")).collect();
        let Key(high, low) = self.key;
        let mut text = format!("{MAGIC}\nname {}\nmade {}\nkey {high:016x}{low:016x}\n", self.name, self.made);
        text.push_str(&format!("folding {:016x}\nself-check {passage}{check}\n", self.folding));
        text.push_str(&format!("documents {}\n", self.documents.len()));
        for document in &self.documents {
            text.push_str(&format!("document {}\n", document.len()));
            for prints in document.chunks(A_LINE) {
                let prints: Vec<String> = prints.iter().map(|print| format!("{print:08x}")).collect();
                text.push_str(&format!("{}\n", prints.join(" ")));
            }
        }
        let sum = Digest::of(text.as_bytes());
        format!("{text}sum {sum}\n")
    }
}

/// What is wrong with a name; nothing where it may be taken.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    let long = name.chars().count() > LONGEST_NAME;
    if name.trim().is_empty() {
        Some("no name")
    } else if long {
        Some("a name of more than 60 characters")
    } else if name.trim() != name || name.chars().any(char::is_control) {
        Some("a name with blanks at its ends or line breaks")
    } else {
        None
    }
}

/// Reads the lines from the first to the last.
struct Parser<'a> {
    lines: Vec<&'a str>,
    at: usize,
}

type Read<T> = Result<T, (usize, String)>;

impl<'a> Parser<'a> {
    fn wrong<T>(&self, what: impl Into<String>) -> Read<T> {
        Err((self.at.max(1), what.into()))
    }

    fn line(&mut self) -> Read<&'a str> {
        self.at += 1;
        match self.lines.get(self.at - 1) {
            Some(line) => Ok(line),
            None => self.wrong("a file of fingerprints that ends too early: a part of it is missing"),
        }
    }

    fn value(&mut self, word: &str) -> Read<&'a str> {
        match self.line()?.strip_prefix(word).and_then(|rest| rest.strip_prefix(' ')) {
            Some(value) => Ok(value),
            None => self.wrong(format!("no line {word:?} where a file of fingerprints has one")),
        }
    }

    fn number(&mut self, word: &str) -> Read<usize> {
        match self.value(word)?.parse() {
            // a fingerprint takes nine bytes: what exceeds the lines cannot be true, and nothing is set aside for it
            Ok(number) if number <= self.lines.len() * A_LINE => Ok(number),
            Ok(_) => self.wrong("a file of fingerprints that ends too early: a part of it is missing"),
            Err(_) => self.wrong(format!("no number after {word:?} in a file of fingerprints")),
        }
    }

    fn hex(&self, text: Option<&str>) -> Read<u64> {
        let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.map(|digits| u64::from_str_radix(digits, 16)) {
            Some(Ok(value)) => Ok(value),
            _ => self.wrong("something that is no fingerprint in a file of fingerprints"),
        }
    }

    fn print(&self, word: &str) -> Read<u32> {
        let value = self.hex(Some(word))?;
        u32::try_from(value).or_else(|_| self.wrong("something that is no fingerprint in a file of fingerprints"))
    }

    fn registered(mut self) -> Read<Registered> {
        if self.line()? != MAGIC {
            return self.wrong("not a file of fingerprints, or one of a newer menhu");
        }
        let name = self.value("name")?.to_owned();
        if let Some(fault) = name_fault(&name) {
            return self.wrong(format!("{fault} in a file of fingerprints"));
        }
        let made = self.value("made")?.to_owned();
        let key = self.value("key")?;
        let key = match (key.len(), key.get(..16), key.get(16..)) {
            (32, Some(high), low) => Key(self.hex(Some(high))?, self.hex(low)?),
            _ => return self.wrong("no key in a file of fingerprints"),
        };
        let folding = self.value("folding")?;
        let folding = self.hex(Some(folding))?;
        let mut words = self.value("self-check")?.split(' ');
        let passage = words.next().unwrap_or_default().to_owned();
        let prints = words.map(|word| self.print(word)).collect::<Read<Vec<u32>>>()?;
        if prints.is_empty() {
            return self.wrong("no self-check in a file of fingerprints");
        }
        let count = self.number("documents")?;
        let mut documents = Vec::new();
        for _ in 0..count {
            documents.push(self.document()?);
        }
        self.sum()?;
        if documents.is_empty() {
            return self.wrong("a file of fingerprints without a document");
        }
        Ok(Registered { name, made, key, folding, self_check: SelfCheck { passage, prints }, documents })
    }

    fn document(&mut self) -> Read<Vec<u32>> {
        let count = self.number("document")?;
        let mut prints: Vec<u32> = Vec::with_capacity(count);
        while prints.len() < count {
            let line = self.line()?;
            let before = prints.len();
            for word in line.split(' ') {
                prints.push(self.print(word)?);
            }
            if prints.len() - before > A_LINE || prints.len() > count {
                return self.wrong("more fingerprints than the file says that there are");
            }
        }
        if prints.is_empty() || !prints.is_sorted_by(|one, next| one < next) {
            return self.wrong("a document without fingerprints, or with fingerprints out of order");
        }
        Ok(prints)
    }

    fn sum(&mut self) -> Read<()> {
        let said = self.value("sum")?;
        let before: String = self.lines[..self.at - 1].iter().flat_map(|line| [line, "\n"]).collect();
        if Digest::of(before.as_bytes()).to_string() != said {
            return self
                .wrong("the sum at the end of the file of fingerprints is another one: it was changed or damaged");
        }
        if self.lines.len() > self.at {
            self.at += 1;
            return self.wrong("something after the end of a file of fingerprints");
        }
        Ok(())
    }
}
