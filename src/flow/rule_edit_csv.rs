//! Changes in the text of `dictionaries/*.csv`: a row more or less, cells of rows.
//!
//! Promises: rows that are not asked for stay as they are to the byte, with their quotes and line ends; a new row has
//! the columns of the file's own header, in its order, with its separator. The header may be Chinese or English.

use jiff::civil::Date;

use super::rule_edit::wrong;
use crate::model::{Action, Level};
use crate::screen::RuleErrors;

const COLUMNS: [(&str, &str); 7] = [
    ("term", "词"),
    ("level", "级别"),
    ("action", "处置"),
    ("variants", "变体"),
    ("review_date", "复核日期"),
    ("source", "来源"),
    ("note", "备注"),
];

/// Cells of a row; nothing leaves a cell as it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    pub(super) term: Option<String>,
    pub(super) level: Option<Level>,
    pub(super) action: Option<Action>,
    pub(super) variants: Option<u8>,
    pub(super) review_date: Option<Date>,
    pub(super) source: Option<String>,
    pub(super) note: Option<String>,
}

impl Row {
    fn cells(&self) -> [Option<String>; 7] {
        [
            self.term.clone(),
            self.level.map(|level| level.word().to_owned()),
            self.action.map(|action| action.chinese().to_owned()),
            self.variants.map(|level| level.to_string()),
            self.review_date.map(|date| date.to_string()),
            self.source.clone(),
            self.note.clone(),
        ]
    }
}

/// A row of the file and the bytes that it takes, line end included.
struct Found {
    record: csv::StringRecord,
    span: std::ops::Range<usize>,
}

struct Sheet<'a> {
    file: &'a str,
    text: &'a str,
    separator: u8,
    /// Which column of the file holds each of [`COLUMNS`].
    columns: [Option<usize>; 7],
    width: usize,
    rows: Vec<Found>,
}

impl<'a> Sheet<'a> {
    fn read(file: &'a str, text: &'a str) -> Result<Self, RuleErrors> {
        let first = text.lines().next().unwrap_or_default();
        let separator = match first {
            first if first.contains(',') => b',',
            first if first.contains('\t') => b'\t',
            first if first.contains(';') => b';',
            _ => b',',
        };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .from_reader(text.as_bytes());
        let mut records = Vec::new();
        for record in reader.records() {
            let broken = |_| wrong(file, "", "not a row of CSV", "save the sheet again as CSV UTF-8");
            let record = record.map_err(broken)?;
            let start = record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(text.len()));
            // behind CR LF the parser counts from the line feed
            let start = start.min(text.len());
            let skipped = text.as_bytes()[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            records.push((record, start + skipped));
        }
        let mut columns = [None; 7];
        let header = records.first().map(|(record, _)| record.clone()).unwrap_or_default();
        for (index, cell) in header.iter().enumerate() {
            let cell = cell.trim().trim_start_matches('\u{FEFF}');
            let known = |(english, chinese): &(&str, &str)| cell.eq_ignore_ascii_case(english) || cell == *chinese;
            if let Some(column) = COLUMNS.iter().position(known) {
                columns[column] = Some(index);
            }
        }
        if columns[0].is_none() {
            return Err(wrong(file, "词", "no column of words", "name the first column 词 or term"));
        }
        let ends: Vec<usize> = records.iter().skip(1).map(|(_, start)| *start).chain([text.len()]).collect();
        let rows = records.into_iter().zip(ends).skip(1);
        let rows = rows.map(|((record, start), end)| Found { record, span: start..end }).collect();
        Ok(Self { file, text, separator, columns, width: header.len(), rows })
    }

    fn word<'r>(&self, row: &'r Found) -> &'r str {
        self.columns[0].and_then(|index| row.record.get(index)).unwrap_or_default().trim()
    }

    /// A row as the file would have it, with a line end as its first line has.
    fn line(&self, before: Option<&csv::StringRecord>, row: &Row) -> Result<String, RuleErrors> {
        let mut cells: Vec<String> =
            before.map(|record| record.iter().map(str::to_owned).collect()).unwrap_or_default();
        cells.resize(cells.len().max(self.width), String::new());
        for ((new, column), (_, name)) in row.cells().into_iter().zip(self.columns).zip(COLUMNS) {
            match (new, column) {
                (Some(new), Some(index)) => cells[index] = new,
                (Some(new), None) if !new.is_empty() => {
                    let cure = format!("add the column {name} to its first line");
                    return Err(wrong(self.file, name, format!("the dictionary has no column {name}"), cure));
                }
                _ => {}
            }
        }
        let ending = if self.text.lines().next().is_some_and(|first| self.text[first.len()..].starts_with("\r\n")) {
            csv::Terminator::CRLF
        } else {
            csv::Terminator::Any(b'\n')
        };
        let failed = |error: String| wrong(self.file, "", format!("the row cannot be written: {error}"), "try again");
        let mut writer = csv::WriterBuilder::new()
            .delimiter(self.separator)
            .terminator(ending)
            .flexible(true)
            .from_writer(Vec::new());
        writer.write_record(&cells).map_err(|error| failed(error.to_string()))?;
        let bytes = writer.into_inner().map_err(|error| failed(error.to_string()))?;
        String::from_utf8(bytes).map_err(|error| failed(error.to_string()))
    }

    fn missing(&self, term: &str) -> RuleErrors {
        wrong(self.file, "词", format!("{term:?} does not stand there"), "write it as it stands in the dictionary")
    }
}

/// The words of a dictionary, in its order.
pub(super) fn words(text: &str) -> Vec<String> {
    let Ok(sheet) = Sheet::read("", text) else { return Vec::new() };
    sheet.rows.iter().map(|row| sheet.word(row).to_owned()).filter(|word| !word.is_empty()).collect()
}

/// Whether no word is left.
pub(super) fn is_empty(text: &str) -> bool {
    words(text).is_empty()
}

/// A row more, at the end.
pub(super) fn add(file: &str, text: &str, row: &Row) -> Result<String, RuleErrors> {
    let sheet = Sheet::read(file, text)?;
    let term = row.term.as_deref().unwrap_or_default();
    if sheet.rows.iter().any(|known| sheet.word(known) == term) {
        return Err(wrong(
            file,
            "词",
            format!("{term:?} stands there already"),
            "change its row, or choose another word",
        ));
    }
    let line = sheet.line(None, row)?;
    let gap = if text.ends_with('\n') { "" } else { "\n" };
    Ok(format!("{text}{gap}{line}"))
}

/// Without the rows of a word.
pub(super) fn remove(file: &str, text: &str, term: &str) -> Result<String, RuleErrors> {
    let sheet = Sheet::read(file, text)?;
    if !sheet.rows.iter().any(|row| sheet.word(row) == term) {
        return Err(sheet.missing(term));
    }
    let mut left = text.to_owned();
    for row in sheet.rows.iter().rev().filter(|row| sheet.word(row) == term) {
        left.replace_range(row.span.clone(), "");
    }
    Ok(left)
}

/// With cells of one word, or of all, changed.
pub(super) fn set(file: &str, text: &str, term: Option<&str>, to: &Row) -> Result<String, RuleErrors> {
    let sheet = Sheet::read(file, text)?;
    let asked = |row: &&Found| {
        let word = sheet.word(row);
        !word.is_empty() && term.is_none_or(|term| term == word)
    };
    if !sheet.rows.iter().any(|row| asked(&row)) {
        return Err(sheet.missing(term.unwrap_or_default()));
    }
    let mut changed = text.to_owned();
    for row in sheet.rows.iter().rev().filter(asked) {
        changed.replace_range(row.span.clone(), &sheet.line(Some(&row.record), to)?);
    }
    Ok(changed)
}
