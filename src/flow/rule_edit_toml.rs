//! Changes in the text of `rules/*.toml`, by the parser's spans: a value replaced, an entry of a list more or less.
//!
//! Promises: what is not asked for stays as it is to the byte, comments too; after each change the text is parsed
//! again and must be the old document with that change and no other, else the change is refused.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::rule_edit::{Settings, wrong};
use crate::model::{Action, Level};
use crate::screen::{RuleBundle, RuleErrors};

type Span = std::ops::Range<usize>;

/// The file in which a rule stands, and its text.
pub(super) fn file_of<'a>(bundle: &'a RuleBundle, rule: &str) -> Option<(&'a str, &'a str)> {
    let files = bundle.files.iter().filter(|(name, _)| name.starts_with("rules/"));
    files.map(|(name, text)| (name.as_str(), text.as_str())).find(|(_, text)| with_rule(text, rule, |_| ()).is_some())
}

/// Hands out the table of a rule.
fn with_rule<T>(text: &str, rule: &str, then: impl FnOnce(&DeTable<'_>) -> T) -> Option<T> {
    let document = DeTable::parse(text).ok()?;
    let rules = document.get_ref().get("rule")?.get_ref().as_array()?;
    let table = rules
        .iter()
        .filter_map(|value| value.get_ref().as_table())
        .find(|table| table.get("id").and_then(|id| id.get_ref().as_str()).is_some_and(|id| id.trim() == rule))?;
    Some(then(table))
}

/// A text of a rule.
pub(super) fn text_of(text: &str, rule: &str, key: &str) -> Option<String> {
    with_rule(text, rule, |table| table.get(key)?.get_ref().as_str().map(str::to_owned))?
}

/// A list of texts of a rule; empty where there is none.
pub(super) fn list_of(text: &str, rule: &str, key: &str) -> Vec<String> {
    let entries = |value: &Spanned<DeValue<'_>>| {
        let values = value.get_ref().as_array().map(|values| values.iter()).into_iter().flatten();
        values.filter_map(|value| value.get_ref().as_str().map(str::to_owned)).collect()
    };
    with_rule(text, rule, |table| table.get(key).map(entries)).flatten().unwrap_or_default()
}

/// Where a value stands, and where its entries do.
struct Place {
    whole: Span,
    entries: Vec<Span>,
}

fn place_of(text: &str, rule: &str, key: &str) -> Option<Place> {
    with_rule(text, rule, |table| {
        let value = table.get(key)?;
        let entries = value.get_ref().as_array().map(|values| values.iter().map(Spanned::span).collect());
        Some(Place { whole: value.span(), entries: entries.unwrap_or_default() })
    })?
}

/// Adds an entry at the end of a list; makes the list where there is none.
pub(super) fn add_to_list(file: &str, text: &str, rule: &str, key: &str, entry: &str) -> Result<String, RuleErrors> {
    if entry.is_empty() {
        return Err(wrong(file, key, "an empty text", "write what is to stand there"));
    }
    let mut wanted = list_of(text, rule, key);
    if wanted.iter().any(|known| known == entry) {
        return Err(wrong(file, key, format!("{entry:?} stands in rule {rule} already"), "nothing is to be done"));
    }
    let quoted = quote(entry);
    let candidates = match place_of(text, rule, key) {
        None => vec![below_id(text, rule, &format!("{key} = [{quoted}]"))],
        Some(place) => match place.entries.last() {
            None => vec![spliced(text, place.whole.start + 1..place.whole.start + 1, &quoted)],
            Some(last) => vec![
                on_a_line(text, last, place.whole.end, &quoted),
                Some(spliced(text, last.end..last.end, &format!(", {quoted}"))),
            ]
            .into_iter()
            .flatten()
            .collect(),
        },
    };
    wanted.push(entry.to_owned());
    let values = wanted.into_iter().map(toml::Value::String).collect();
    first_right(file, text, rule, key, &toml::Value::Array(values), candidates)
}

/// An entry on a line of its own, where the last entry has one.
fn on_a_line(text: &str, last: &Span, end: usize, quoted: &str) -> Option<String> {
    let line = text[..last.start].rfind('\n')? + 1;
    let indent = &text[line..last.start];
    if !indent.chars().all(|c| c == ' ' || c == '\t') {
        return None;
    }
    let rest = &text[last.end..end];
    let below = rest.find('\n')? + 1;
    let comma = if rest.trim_start_matches([' ', '\t']).starts_with(',') { "" } else { "," };
    let (before, after) = (&text[..last.end], &text[last.end + below..]);
    let return_mark = if rest[..below].ends_with("\r\n") { "\r" } else { "" };
    Some(format!("{before}{comma}{}{indent}{quoted},{return_mark}\n{after}", &rest[..below]))
}

/// Takes an entry from a list; the list goes with its last one.
pub(super) fn take_from_list(file: &str, text: &str, rule: &str, key: &str, entry: &str) -> Result<String, RuleErrors> {
    let mut wanted = list_of(text, rule, key);
    let found = wanted.iter().position(|known| known == entry).zip(place_of(text, rule, key));
    let Some((index, place)) = found else {
        let cure = "write it as it stands there";
        return Err(wrong(file, key, format!("{entry:?} does not stand in rule {rule}"), cure));
    };
    let at = place.entries[index].clone();
    let after = &text[at.end..place.whole.end];
    let skipped = after.len() - after.trim_start_matches([' ', '\t']).len();
    let comma = after[skipped..].starts_with(',');
    // with the comma behind it and, on a line of its own, with the line; the last one with the comma before it
    let end = at.end + if comma { skipped + 1 } else { 0 };
    let line = text[..at.start].rfind('\n').map_or(0, |found| found + 1);
    let blank = text[end..].len() - text[end..].trim_start_matches([' ', '\t', '\r']).len();
    let alone = text[line..at.start].trim().is_empty() && text[end + blank..].starts_with('\n');
    let before = text[..at.start].trim_end().len();
    let mut candidates = vec![
        if alone && comma {
            spliced(text, line..end + blank + 1, "")
        } else {
            spliced(text, at.start..end + blank, "")
        },
        spliced(text, at.start..at.end, ""),
    ];
    if text[..before].ends_with(',') && !comma {
        candidates.insert(0, spliced(text, before - 1..at.end, ""));
    }
    wanted.remove(index);
    let values = wanted.into_iter().map(toml::Value::String).collect();
    first_right(file, text, rule, key, &toml::Value::Array(values), candidates)
}

/// Sets level, action, variants and date.
pub(super) fn set(file: &str, text: &str, rule: &str, to: &Settings) -> Result<String, RuleErrors> {
    let mut text = text.to_owned();
    let word = |word: &str| toml::Value::String(word.to_owned());
    let values = [
        ("level", to.level.map(|level: Level| (quote(level.word()), word(level.word())))),
        ("action", to.action.map(|action: Action| (quote(action.chinese()), word(action.chinese())))),
        ("variants", to.variants.map(|level| (level.to_string(), toml::Value::Integer(level.into())))),
        (
            "review_date",
            match to.review_date {
                None => None,
                Some(date) => {
                    let value = date
                        .to_string()
                        .parse()
                        .map_err(|_| wrong(file, "review_date", "not a date", "write 2027-06-30"))?;
                    Some((date.to_string(), toml::Value::Datetime(value)))
                }
            },
        ),
    ];
    for (key, value) in values {
        let Some((literal, value)) = value else { continue };
        let changed = match place_of(&text, rule, key) {
            Some(place) => spliced(&text, place.whole, &literal),
            None => below_id(&text, rule, &format!("{key} = {literal}")),
        };
        text = first_right(file, &text, rule, key, &value, vec![changed])?;
    }
    Ok(text)
}

fn spliced(text: &str, span: Span, new: &str) -> String {
    format!("{}{new}{}", &text[..span.start], &text[span.end..])
}

/// A line more, below the rule's id.
fn below_id(text: &str, rule: &str, line: &str) -> String {
    let Some(place) = place_of(text, rule, "id") else { return text.to_owned() };
    let end = text[place.whole.end..].find('\n').map(|found| place.whole.end + found + 1);
    match end {
        Some(end) => {
            let ending = if text[..end].ends_with("\r\n") { "\r\n" } else { "\n" };
            spliced(text, end..end, &format!("{line}{ending}"))
        }
        None => format!("{text}\n{line}\n"),
    }
}

/// The first text that is the old document with this one value changed.
fn first_right(
    file: &str,
    old: &str,
    rule: &str,
    key: &str,
    value: &toml::Value,
    candidates: Vec<String>,
) -> Result<String, RuleErrors> {
    let mut wanted: toml::Table = old
        .parse()
        .map_err(|error: toml::de::Error| wrong(file, "", error.message().replace('\n', " "), "mend the file first"))?;
    let rules = wanted.get_mut("rule").and_then(toml::Value::as_array_mut).into_iter().flatten();
    let id = |table: &toml::Table| table.get("id").and_then(|id| id.as_str()).map(|id| id.trim().to_owned());
    for table in rules.filter_map(toml::Value::as_table_mut).filter(|table| id(table).as_deref() == Some(rule)) {
        table.insert(key.to_owned(), value.clone());
    }
    let right = |text: &String| text.parse::<toml::Table>().is_ok_and(|found| found == wanted);
    candidates.into_iter().find(right).ok_or_else(|| {
        let cure = "write the rule as [[rule]] with a key a line, as the examples in docs/rules.md, or change the file";
        wrong(file, key, format!("rule {rule} is written in a way that cannot be changed by itself"), cure)
    })
}

/// A text as TOML writes it, with what nobody sees spelt out.
fn quote(text: &str) -> String {
    use std::fmt::Write;
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() || unseen(c) => drop(write!(quoted, "\\U{:08X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn unseen(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}

/// A rule that a change makes.
pub(super) struct NewRule {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) level: Level,
    pub(super) action: Action,
    pub(super) dictionary: String,
    pub(super) exceptions: Vec<String>,
    pub(super) positive: Vec<String>,
    pub(super) negative: Vec<String>,
    pub(super) basis: String,
    pub(super) review_date: jiff::civil::Date,
    pub(super) variants: u8,
}

impl NewRule {
    /// As it stands in a file.
    pub(super) fn text(&self) -> String {
        let list = |texts: &[String]| texts.iter().map(|text| quote(text)).collect::<Vec<_>>().join(", ");
        format!(
            "[[rule]]\nid = {}\nname = {}\nlevel = {}\naction = {}\ndictionary = {}\nvariants = {}\nexceptions = [{}]\n\
             basis = {}\nreview_date = {}\npositive = [{}]\nnegative = [{}]\n",
            quote(&self.id),
            quote(&self.name),
            quote(self.level.word()),
            quote(self.action.chinese()),
            quote(&self.dictionary),
            self.variants,
            list(&self.exceptions),
            quote(&self.basis),
            self.review_date,
            list(&self.positive),
            list(&self.negative),
        )
    }
}
