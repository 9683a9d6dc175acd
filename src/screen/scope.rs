//! What a rule is limited to: parts of an item, kinds of file, source sites, units, columns.
//!
//! Promises: a scope only ever narrows; where it is not known what a text was read from, or whose item it is, a rule
//! that is limited by that applies all the same. Which rules read a part is worked out once when a set is made, which
//! of them read an item once an item.

use super::fold::FoldTable;
use super::misread::Misreadings;
use super::rule::{LooksFor, Rule};
use super::sounds::{self, Sounds};
use super::transforms::Transform;
use crate::model::{ColumnId, Field, SourceId, TextKind, UnitId};

/// Limits of a rule; an empty list limits nothing.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Scope {
    /// The parts of an item that it reads.
    pub fields: Vec<Field>,
    /// The kinds of file that it reads.
    pub kinds: Vec<TextKind>,
    /// Ids of source sites; `*` at the end stands for the rest of an id. So do those of units and columns.
    pub sources: Vec<String>,
    /// Ids of units.
    pub units: Vec<String>,
    /// Ids of columns.
    pub columns: Vec<String>,
}

/// Whose item a text belongs to, as far as that is known.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Owner<'a> {
    pub(super) source: Option<&'a SourceId>,
    pub(super) unit: Option<&'a UnitId>,
    pub(super) column: Option<&'a ColumnId>,
}

/// The fields of `scope`, by their words on screen.
pub(super) const FIELDS: [Field; 9] = [
    Field::Title,
    Field::Body,
    Field::Page,
    Field::Attribute,
    Field::Comment,
    Field::Metadata,
    Field::FileName,
    Field::Attachment,
    Field::Joined,
];

impl Scope {
    /// Whether it lets a rule read this part of an item. What is joined belongs to title and body.
    #[must_use]
    pub fn reads(&self, field: Field, kind: TextKind) -> bool {
        let part = self.fields.is_empty()
            || self.fields.contains(&field)
            || (field == Field::Joined && (self.fields.contains(&Field::Title) || self.fields.contains(&Field::Body)));
        part && (self.kinds.is_empty() || kind == TextKind::Unknown || self.kinds.contains(&kind))
    }

    /// Whether it lets a rule read an item of this owner.
    pub(super) fn covers(&self, owner: Owner<'_>) -> bool {
        covers(&self.sources, owner.source.map(SourceId::as_str))
            && covers(&self.units, owner.unit.map(UnitId::as_str))
            && covers(&self.columns, owner.column.map(ColumnId::as_str))
    }

    /// Whether whose item it is decides.
    fn asks_owner(&self) -> bool {
        !(self.sources.is_empty() && self.units.is_empty() && self.columns.is_empty())
    }

    /// A field and a kind that it reads, for examples.
    #[must_use]
    pub fn example(&self) -> (Field, TextKind) {
        (self.fields.first().copied().unwrap_or(Field::Body), self.kinds.first().copied().unwrap_or_default())
    }

    /// The limits in Chinese, for officers.
    #[must_use]
    pub fn describes(&self) -> String {
        let fields: Vec<&str> = self.fields.iter().map(|field| field.chinese()).collect();
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.word()).collect();
        let lists: [(&str, Vec<&str>); 5] = [
            ("部位", fields),
            ("文件类型", kinds),
            ("来源站点", self.sources.iter().map(String::as_str).collect()),
            ("单位", self.units.iter().map(String::as_str).collect()),
            ("栏目", self.columns.iter().map(String::as_str).collect()),
        ];
        let said: Vec<String> = lists
            .iter()
            .filter(|(_, list)| !list.is_empty())
            .map(|(name, list)| format!("{name}:{}", list.join("、")))
            .collect();
        if said.is_empty() { "全部".to_owned() } else { said.join(";") }
    }
}

fn covers(patterns: &[String], id: Option<&str>) -> bool {
    let Some(id) = id else { return true };
    let fits = |pattern: &String| match pattern.strip_suffix('*') {
        Some(beginning) => id.starts_with(beginning),
        None => id == pattern,
    };
    patterns.is_empty() || patterns.iter().any(fits)
}

/// Which rules of a set read what.
pub(super) struct Readers {
    /// For each field and kind, whether each rule reads it.
    parts: Vec<Box<[bool]>>,
    /// For each field and kind, whether any rule does.
    any: Vec<bool>,
    /// Whether any rule asks whose item it is.
    ask_owner: bool,
    /// The rules that are shown numbers.
    pub(super) numbers: Box<[usize]>,
    /// The highest variant level that any word asks for.
    pub(super) deepest: u8,
    /// Wrong charsets, where any word asks for them.
    pub(super) misreadings: Option<Misreadings>,
    /// Words by sound and shape, where any asks for it.
    pub(super) sounds: Option<Sounds>,
}

impl Readers {
    pub(super) fn of(rules: &[Rule], folds: &FoldTable) -> Self {
        let parts: Vec<Box<[bool]>> = FIELDS
            .into_iter()
            .flat_map(|field| TextKind::ALL.map(|kind| (field, kind)))
            .map(|(field, kind)| rules.iter().map(|rule| rule.scope.reads(field, kind)).collect())
            .collect();
        let numbers = |(index, rule): (usize, &Rule)| match rule.looks_for {
            LooksFor::Template(template) if template.reads_numbers() => Some(index),
            _ => None,
        };
        let deepest = rules.iter().map(Rule::highest_variants).max().unwrap_or(0);
        Self {
            any: parts.iter().map(|part| part.contains(&true)).collect(),
            parts,
            ask_owner: rules.iter().any(|rule| rule.scope.asks_owner()),
            numbers: rules.iter().enumerate().filter_map(numbers).collect(),
            deepest,
            misreadings: (deepest >= Transform::Misread.level()).then(Misreadings::build),
            sounds: (deepest >= sounds::LEVEL).then(|| Sounds::of(rules, folds)).flatten(),
        }
    }

    /// The rules that may read an item of this owner.
    pub(super) fn item(&self, rules: &[Rule], owner: Owner<'_>) -> ItemReaders<'_> {
        let covered = self.ask_owner.then(|| rules.iter().map(|rule| rule.scope.covers(owner)).collect());
        ItemReaders { readers: self, covered }
    }
}

/// Which rules of a set read the parts of one item.
pub(super) struct ItemReaders<'a> {
    readers: &'a Readers,
    covered: Option<Box<[bool]>>,
}

impl ItemReaders<'_> {
    /// The rules that read a part; nothing where none does.
    pub(super) fn part(&self, field: Field, kind: TextKind) -> Option<PartReaders<'_>> {
        let field = FIELDS.iter().position(|other| *other == field)?;
        let kind = TextKind::ALL.iter().position(|other| *other == kind)?;
        let index = field * TextKind::ALL.len() + kind;
        self.readers.any[index]
            .then(|| PartReaders { part: &self.readers.parts[index], covered: self.covered.as_deref() })
    }
}

/// Which rules read one part.
#[derive(Clone, Copy)]
pub(super) struct PartReaders<'a> {
    part: &'a [bool],
    covered: Option<&'a [bool]>,
}

impl PartReaders<'_> {
    /// Whether the rule with this index does.
    #[inline]
    pub(super) fn has(self, rule: usize) -> bool {
        self.part[rule] && self.covered.is_none_or(|covered| covered[rule])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Draft;
    use crate::screen::{RuleBundle, RuleSet, Screened, Screener};

    fn rule(scope: &str) -> String {
        format!(
            "[[rule]]\nid = \"A\"\nname = \"a\"\nlevel = \"机密\"\naction = \"阻断\"\nterms = [\"甲乙丙\"]\n{scope}\nreview_date = \
             2027-01-01\npositive = [\"甲乙丙\", \"甲 乙丙\", \"x甲乙丙\"]\nnegative = [\"甲\", \"乙\", \"丙\"]\n"
        )
    }

    fn set(scope: &str) -> Result<RuleSet, String> {
        let files = [("rules/a.toml".to_owned(), rule(scope))].into_iter().collect();
        RuleSet::from_bundle(&RuleBundle { files }).map_err(|errors| errors.to_string())
    }

    fn draft(source: Option<&str>, unit: &str, column: &str) -> Draft {
        let content = serde_json::json!({"title": "题", "html": "", "text": "见甲乙丙。", "published": null, "written": null,
            "origin": "", "author": null, "document_number": null, "index_number": null, "source_url": "",
            "unit": unit, "column": column, "attachments": []});
        let content = serde_json::from_value(content).unwrap();
        let source = source.map(|id| SourceId::new(id).unwrap());
        Draft { content, source, segments: Vec::new(), unreadable: Vec::new() }
    }

    /// Every choice of limits, owners and kinds: what a limited rule finds, the unlimited one finds, and each limit
    /// decides by itself.
    #[test]
    fn a_scope_only_ever_narrows() {
        let time = std::time::Duration::from_secs(10);
        let found = |gate: &Screener, draft| matches!(gate.screen(draft), Screened::Held(_));
        for sources in ["", "sources = [\"east\"]", "sources = [\"ea*\", \"west\"]"] {
            for units in ["", "units = [\"office\"]"] {
                for columns in ["", "columns = [\"news-*\"]"] {
                    let limits: Vec<&str> = [sources, units, columns].into_iter().filter(|l| !l.is_empty()).collect();
                    let scope =
                        if limits.is_empty() { String::new() } else { format!("scope = {{ {} }}", limits.join(", ")) };
                    let gate = Screener::new(set(&scope).unwrap(), time);
                    for source in [None, Some("east"), Some("west"), Some("north")] {
                        for unit in ["office", "other"] {
                            for column in ["news-1", "laws"] {
                                let wanted = (source.is_none()
                                    || sources.is_empty()
                                    || source == Some("east")
                                    || source == Some("west") && sources.contains("west"))
                                    && (units.is_empty() || unit == "office")
                                    && (columns.is_empty() || column == "news-1");
                                assert_eq!(
                                    found(&gate, draft(source, unit, column)),
                                    wanted,
                                    "{scope} {source:?} {unit}"
                                );
                            }
                        }
                    }
                    // whose text it is, is not known: it applies
                    let text = crate::model::Segment::new(Field::Body, "", "甲乙丙");
                    assert_eq!(gate.scan(&[text], &[]).findings.len(), 1);
                }
            }
        }
    }

    #[test]
    fn kinds_limit_what_is_known() {
        let gate = Screener::new(
            set("scope = { kinds = [\"PDF\", \"excel\"], fields = [\"附件\"] }").unwrap(),
            std::time::Duration::from_secs(10),
        );
        for (kind, wanted) in
            [(TextKind::Pdf, 1), (TextKind::Excel, 1), (TextKind::Unknown, 1), (TextKind::Web, 0), (TextKind::Word, 0)]
        {
            let text = crate::model::Segment { kind, ..crate::model::Segment::new(Field::Attachment, "", "甲乙丙") };
            assert_eq!(gate.scan(&[text], &[]).findings.len(), wanted, "{kind:?}");
        }
    }

    #[test]
    fn what_would_read_nothing_is_refused() {
        for (scope, said) in [
            ("scope = {}", "without limits"),
            ("scope = { units = [] }", "would read nothing"),
            ("scope = { kinds = [\"磁带\"] }", "the kinds are"),
            ("scope = { sources = [\"东站\"] }", "not an id"),
            ("scope = { site = [\"a\"] }", "unknown key"),
        ] {
            assert!(set(scope).unwrap_err().contains(said), "{scope}");
        }
    }
}
