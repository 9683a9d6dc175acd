//! `rules/*.toml`: text to rules.
//!
//! Owns the keys of the file; an unknown one is refused. Every error of a file is reported with its line, not the
//! first alone, so the tables are read by hand over the parser's spans.

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::detect::Template;
use super::errors::{At, Report};
use super::fingerprint::{Named, named};
use super::rule::{HIGHEST_VARIANTS, LooksFor, Near, Rule, Same, Term, USUAL_GAP, WIDEST_GAP, WIDEST_NEAR};
use super::scope::{FIELDS, Scope};
use crate::model::{Action, Level, TextKind};

const KEYS: [&str; 22] = [
    "id",
    "name",
    "level",
    "action",
    "template",
    "terms",
    "dictionary",
    "fingerprints",
    "passage",
    "share",
    "variants",
    "gap",
    "scope",
    "near",
    "exceptions",
    "positive",
    "negative",
    "basis",
    "review_date",
    "drafted_by",
    "approved_by",
    "note",
];

/// The highest variant level of a rule with a template.
const HIGHEST_FOR_TEMPLATES: u8 = 3;

const SCOPE_KEYS: [&str; 5] = ["fields", "kinds", "sources", "units", "columns"];

/// A rule, and the dictionary or the registered documents that it names.
pub(super) struct Written {
    pub(super) rule: Rule,
    pub(super) dictionary: Option<String>,
    pub(super) fingerprints: Option<Named>,
}

/// Reads one file.
pub(super) fn read(file: &str, text: &str, report: &mut Report) -> Vec<Written> {
    let (document, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        let cure = "write it as TOML, as the examples in docs/rules.md";
        report.refuse(At { file, line, cell: "" }, error.message().replace('\n', " "), cure);
    }
    if !errors.is_empty() {
        return Vec::new();
    }
    let mut written = Vec::new();
    for (key, value) in document.get_ref() {
        let line = line_of(text, key.span().start);
        match (key.get_ref().as_ref(), value.get_ref().as_array()) {
            ("rule", Some(rules)) => {
                for rule in rules {
                    let line = line_of(text, rule.span().start);
                    match rule.get_ref().as_table() {
                        Some(table) => written.extend(Table { file, text, line, table, report, what: "a rule" }.rule()),
                        None => report.refuse(At { file, line, cell: "rule" }, "not a table", "write [[rule]]"),
                    }
                }
            }
            ("rule", None) => report.refuse(At { file, line, cell: "rule" }, "not a list", "write [[rule]], doubled"),
            (other, _) => report.refuse(At { file, line, cell: other }, "unknown key", "a rule file has [[rule]] only"),
        }
    }
    written
}

fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count() + 1
}

/// A table of the file while its keys are taken out.
pub(super) struct Table<'a, 'r> {
    file: &'a str,
    text: &'a str,
    pub(super) line: usize,
    table: &'a DeTable<'a>,
    report: &'r mut Report,
    what: &'static str,
}

impl<'a> Table<'a, '_> {
    pub(super) fn refuse(&mut self, key: &str, line: usize, what: impl Into<String>, cure: impl Into<String>) {
        self.report.refuse(At { file: self.file, line, cell: key }, what, cure);
    }

    pub(super) fn get(&self, key: &str) -> Option<(usize, &'a DeValue<'a>)> {
        let (_, value) = self.table.iter().find(|(name, _)| name.get_ref() == key)?;
        Some((line_of(self.text, value.span().start), value.get_ref()))
    }

    pub(super) fn text(&mut self, key: &str) -> Option<(usize, String)> {
        let (line, value) = self.get(key)?;
        match value.as_str() {
            Some(text) => Some((line, text.trim().to_owned())),
            None => {
                self.refuse(key, line, format!("a {} where text is due", value.type_str()), "put it in quotes");
                None
            }
        }
    }

    fn required(&mut self, key: &str, example: &str) -> Option<(usize, String)> {
        let found = self.text(key);
        if found.as_ref().is_none_or(|(_, text)| text.is_empty()) && (found.is_some() || self.get(key).is_none()) {
            let what = format!("{} without {key}", self.what);
            self.refuse(key, self.line, what, format!("add a line such as {key} = {example}"));
            return None;
        }
        found
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let Some((line, value)) = self.get(key) else { return Vec::new() };
        let Some(values) = value.as_array() else {
            self.refuse(key, line, "not a list", format!("write {key} = [\"…\", \"…\"]"));
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in values {
            let line = line_of(self.text, value.span().start);
            match value.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => texts.push(text.to_owned()),
                Some(_) => self.refuse(key, line, "an empty text in the list", "remove it"),
                None => self.refuse(key, line, "something that is not text in the list", "put it in quotes"),
            }
        }
        texts
    }

    pub(super) fn number(&mut self, key: &str, most: u32, usual: u32) -> u32 {
        let Some((line, value)) = self.get(key) else { return usual };
        let number = value.as_integer().and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        match number {
            Some(number) if number <= most => number,
            _ => {
                self.refuse(
                    key,
                    line,
                    format!("not a whole number from 0 to {most}"),
                    format!("write {key} = {usual}"),
                );
                usual
            }
        }
    }

    fn date(&mut self, key: &str) -> Option<Date> {
        let (line, value) = self.get(key)?;
        let text = match value {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            _ => String::new(),
        };
        let date = text.parse::<Date>().ok();
        if date.is_none() {
            self.refuse(key, line, "not a date", format!("write {key} = 2027-06-30"));
        }
        date
    }

    fn known_keys(&mut self, keys: &[&str]) {
        let unknown: Vec<(usize, String)> = self
            .table
            .keys()
            .filter(|key| !keys.contains(&key.get_ref().as_ref()))
            .map(|key: &Spanned<_>| (line_of(self.text, key.span().start), key.get_ref().to_string()))
            .collect();
        for (line, key) in unknown {
            self.refuse(&key, line, "unknown key", format!("{} has the keys {}", self.what, keys.join(", ")));
        }
    }

    fn word<T>(&mut self, key: &str, example: &str, read: impl Fn(&str) -> Option<T>, words: &str) -> Option<T> {
        let (line, word) = self.required(key, example)?;
        let value = read(&word);
        if value.is_none() {
            self.refuse(key, line, format!("{word:?} is not known"), format!("it is one of {words}"));
        }
        value
    }

    /// The table of a rule; nothing where something is wrong, which is then in the report.
    fn rule(mut self) -> Option<Written> {
        let before = self.report.errors.len();
        self.known_keys(&KEYS);
        let id = self.id();
        let name = self.required("name", "\"密级标志\"");
        let level = self.word("level", "\"机密\"", Level::of_word, "绝密 机密 秘密 工作秘密 内部 个人信息");
        let action = self.word("action", "\"阻断\"", Action::of_word, "阻断 保密审查 提示 (block hold note)");
        let variants = self.variants();
        let fingerprints = named(&mut self);
        let (terms, dictionary, template) = self.looks_for();
        let (scope, near) = (self.scope(), self.near());
        let exceptions = self.exceptions(template.is_some());
        let gap = self.number("gap", WIDEST_GAP, USUAL_GAP);
        let (positive, negative) = (self.texts("positive"), self.texts("negative"));
        let review_date = self.review_date();
        let mut text = |key| self.text(key).map(|(_, text)| text);
        let (basis, drafted_by, approved_by, note) =
            (text("basis"), text("drafted_by"), text("approved_by"), text("note"));
        let (id, (_, name), level, action) = (id?, name?, level?, action?);
        if self.report.errors.len() > before {
            return None;
        }
        let blank = String::new;
        let term =
            |(line, text)| Term { text, level, action, variants, review_date, source: blank(), note: blank(), line };
        let looks_for = match template {
            Some(template) => LooksFor::Template(template),
            None => LooksFor::Terms(terms.into_iter().map(term).collect()),
        };
        let (file, line) = (self.file.to_owned(), self.line);
        let (basis, note) = (basis.unwrap_or_default(), note.unwrap_or_default());
        #[rustfmt::skip] // one key a line would take the page
        let rule = Rule {
            id, name, level, action, looks_for, variants, gap, scope, near, exceptions, positive, negative, basis,
            review_date, drafted_by, approved_by, note, file, line,
        };
        Some(Written { rule, dictionary, fingerprints })
    }

    fn id(&mut self) -> Option<String> {
        let (line, id) = self.required("id", "\"BM-0012\"")?;
        let fits = id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !fits {
            self.refuse("id", line, format!("{id:?} is not an id"), "use letters, digits, '-', '_' and '.'");
        }
        Some(id)
    }

    fn exceptions(&mut self, template: bool) -> Vec<String> {
        let exceptions = self.texts("exceptions");
        if template && !exceptions.is_empty() {
            let cure = "remove them; an article about markings is released by a person, item by item";
            self.refuse("exceptions", self.line, "a rule with a template takes no exceptions", cure);
        }
        exceptions
    }

    fn review_date(&mut self) -> Option<Date> {
        let date = self.date("review_date");
        if date.is_none() && self.get("review_date").is_none() {
            self.refuse("review_date", self.line, "a rule without review_date", "add review_date = 2027-06-30");
        }
        date
    }

    fn variants(&mut self) -> u8 {
        let line = self.get("variants").map_or(self.line, |(line, _)| line);
        let variants = u8::try_from(self.number("variants", u32::from(HIGHEST_VARIANTS), 2)).unwrap_or(2);
        if variants > HIGHEST_FOR_TEMPLATES && self.get("template").is_some() {
            let what = "variants 4 (pinyin and look-alike words) of a template, which looks for no words";
            self.refuse("variants", line, what, "write variants = 3");
        }
        variants
    }

    /// Terms, dictionary and template, exactly one kind of which a rule has.
    fn looks_for(&mut self) -> (Vec<(usize, String)>, Option<String>, Option<Template>) {
        let line = self.get("terms").map_or(self.line, |(line, _)| line);
        let terms: Vec<(usize, String)> = self.texts("terms").into_iter().map(|text| (line, text)).collect();
        let dictionary = self.text("dictionary").map(|(_, file)| file);
        let template = self.text("template").and_then(|(line, word)| {
            let found = Template::of_word(&word);
            if found.is_none() {
                let words: Vec<&str> = Template::ALL.iter().map(|template| template.word()).collect();
                let cure = format!("the templates are {}", words.join(", "));
                self.refuse("template", line, format!("unknown template {word:?}"), cure);
            }
            found
        });
        let has = |key| self.get(key).is_some();
        let (structure, words, documents) = (has("template"), has("terms") || has("dictionary"), has("fingerprints"));
        if structure && words {
            let cure = "make two rules of it";
            self.refuse("template", self.line, "a rule with both a template and terms", cure);
        }
        if !structure && dictionary.is_none() && terms.is_empty() && !documents {
            let cure = "add terms = [\"…\"], dictionary = \"NAME.csv\", template = \"…\" or fingerprints = \"NAME.fingerprints\"";
            self.refuse("terms", self.line, "a rule that looks for nothing", cure);
        }
        (terms, dictionary, template)
    }

    fn scope(&mut self) -> Scope {
        let Some((line, value)) = self.get("scope") else { return Scope::default() };
        let Some(table) = value.as_table() else {
            self.refuse("scope", line, "not a table", "write scope = { fields = [\"标题\", \"正文\"] }");
            return Scope::default();
        };
        let mut inner = Table { file: self.file, text: self.text, line, table, report: self.report, what: "scope" };
        inner.known_keys(&SCOPE_KEYS);
        if table.is_empty() {
            inner.refuse("scope", line, "a scope without limits", "name fields, or remove scope to read everything");
        }
        let empty: Vec<&str> = SCOPE_KEYS.into_iter().filter(|key| inner.is_empty_list(key)).collect();
        for key in empty {
            let cure = "name some, or remove the key to read everything";
            inner.refuse(&format!("scope.{key}"), line, "an empty list would read nothing", cure);
        }
        let field = |word: &str| FIELDS.into_iter().find(|field| field.chinese() == word);
        Scope {
            fields: inner.words("fields", field, &FIELDS.map(|field| field.chinese())),
            kinds: inner.words("kinds", TextKind::of_word, &TextKind::ALL.map(|kind| kind.word())[..9]),
            sources: inner.patterns("sources"),
            units: inner.patterns("units"),
            columns: inner.patterns("columns"),
        }
    }

    fn is_empty_list(&self, key: &str) -> bool {
        self.get(key).and_then(|(_, value)| value.as_array()).is_some_and(|list| list.is_empty())
    }

    /// A list of words out of a few.
    fn words<T>(&mut self, key: &str, read: impl Fn(&str) -> Option<T>, known: &[&str]) -> Vec<T> {
        let line = self.get(key).map_or(self.line, |(line, _)| line);
        let mut values = Vec::new();
        for word in self.texts(key) {
            match read(word.trim()) {
                Some(value) => values.push(value),
                None => {
                    let cure = format!("the {key} are {}", known.join(", "));
                    self.refuse(&format!("{}.{key}", self.what), line, format!("{word:?} is not known"), cure);
                }
            }
        }
        values
    }

    /// A list of ids, each perhaps with `*` at its end.
    fn patterns(&mut self, key: &str) -> Vec<String> {
        let line = self.get(key).map_or(self.line, |(line, _)| line);
        let patterns: Vec<String> = self.texts(key).iter().map(|text| text.trim().to_owned()).collect();
        let fits = |pattern: &str| {
            let id = pattern.strip_suffix('*').unwrap_or(pattern);
            id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.'))
        };
        for pattern in patterns.iter().filter(|pattern| !fits(pattern)) {
            let cure = "write the id that the console shows; * at its end stands for the rest";
            self.refuse(&format!("scope.{key}"), line, format!("{pattern:?} is not an id"), cure);
        }
        patterns
    }

    fn near(&mut self) -> Option<Near> {
        let (line, value) = self.get("near")?;
        let Some(table) = value.as_table() else {
            self.refuse("near", line, "not a table", "write near = { any = [\"…\"], within = 40 }");
            return None;
        };
        let mut inner = Table { file: self.file, text: self.text, line, table, report: self.report, what: "near" };
        inner.known_keys(&["any", "all", "at_least", "within", "same"]);
        let (any, all) = (inner.texts("any"), inner.texts("all"));
        let at_least = inner.number("at_least", 50, 1) as usize;
        let within = inner.number("within", WIDEST_NEAR, 40);
        let same = match inner.text("same") {
            None => Some(Same::Text),
            Some((line, word)) => {
                let same = Same::of_word(&word);
                if same.is_none() {
                    inner.refuse(
                        "near.same",
                        line,
                        format!("{word:?} is not known"),
                        "write 段 or 句, or leave it out",
                    );
                }
                same
            }
        };
        let (words, at_least) = if all.is_empty() { (any, at_least) } else { (all.clone(), all.len()) };
        if words.is_empty() || at_least == 0 || at_least > words.len() {
            inner.refuse("near", line, "nearness that can never or always hold", "name any = [\"…\"] or all = [\"…\"]");
        }
        Some(Near { words, at_least, within, same: same? })
    }
}
