//! `dictionaries/*.csv`: the lists that officers keep in WPS or Excel.
//!
//! Owns both headers of contract.md, `term,level,action,variants,review_date,source,note` and
//! `词,级别,处置,变体,复核日期,来源,备注`; columns may stand in any order, and all but the term may be missing or empty
//! (机密, block, 2). Text is UTF-8 with or without BOM, or GB18030. A cell error names file, line and cell.

use jiff::civil::Date;

use super::errors::{At, Report};
use super::rule::{HIGHEST_VARIANTS, Term};
use crate::model::{Action, Level};

const COLUMNS: [(&str, &str); 7] = [
    ("term", "词"),
    ("level", "级别"),
    ("action", "处置"),
    ("variants", "变体"),
    ("review_date", "复核日期"),
    ("source", "来源"),
    ("note", "备注"),
];

/// Decodes a dictionary's bytes; nothing where they are neither UTF-8 nor GB18030.
pub(super) fn decode(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    let (text, malformed) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
    (!malformed).then(|| text.into_owned())
}

/// Reads one file.
pub(super) fn read(file: &str, text: &str, report: &mut Report) -> Vec<Term> {
    if is_marked(file) {
        refuse_marked(At { file, line: 0, cell: "" }, report);
    }
    let separator = separator_of(text);
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        Some(Ok(header)) => header,
        Some(Err(_)) | None => {
            let cure = "write the header 词,级别,处置,变体,复核日期,来源,备注 and a word a line";
            report.refuse(At { file, line: 1, cell: "" }, "an empty dictionary", cure);
            return Vec::new();
        }
    };
    let Some(columns) = columns_of(file, &header, report) else { return Vec::new() };
    let mut terms = Vec::new();
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    for record in records {
        match record {
            Ok(record) => {
                let line = lines.line_at(record.position());
                terms.extend(Row { file, line, record: &record, columns: &columns, report }.term());
            }
            Err(error) => {
                let line = lines.line_at(error.position());
                report.refuse(At { file, line, cell: "" }, "not a row of CSV", "save the sheet again as CSV UTF-8");
            }
        }
    }
    if terms.is_empty() && report.errors.is_empty() {
        let cure = "add a word, or remove the file";
        report.refuse(At { file, line: 1, cell: "" }, "a dictionary without a word", cure);
    }
    terms
}

/// Whether a remark, a heading or a name marks the list itself as a state secret. A word of the list may well be a
/// marking: it is what the list looks for.
pub(super) fn is_marked(text: &str) -> bool {
    let shown =
        |c: &char| !c.is_whitespace() && !matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}');
    let plain: String = text.chars().filter(shown).collect();
    let ended_by_star = |rest: &str| match rest.chars().next() {
        Some('★' | '☆' | '⭐' | '✩' | '✪' | '✭' | '✮' | '✯' | '✰' | '⋆') => true,
        Some(weak @ ('*' | '＊' | '﹡' | '※')) => {
            let period = &rest[weak.len_utf8()..];
            period.starts_with(|c: char| c.is_numeric() || "一二三四五六七八九十".contains(c))
                || period.starts_with("长期")
        }
        _ => false,
    };
    ["绝密", "絕密", "机密", "機密", "秘密", "祕密"]
        .iter()
        .any(|level| plain.match_indices(level).any(|(at, level)| ended_by_star(&plain[at + level.len()..])))
}

pub(super) fn refuse_marked(at: At<'_>, report: &mut Report) {
    let what = "the list itself is marked as a state secret; 保守国家秘密法 第三十一条 forbids to store or process one on a \
                machine that faces the internet";
    let cure = "take the file off this machine now and tell the security officer; a list that may be kept here holds no \
                secret and bears no marking";
    report.refuse(at, what, cure);
}

/// Counts lines once while the file is read; the parser's own count is one short where lines end with CR LF.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl Lines<'_> {
    fn line_at(&mut self, position: Option<&csv::Position>) -> usize {
        let mut to = position.map_or(0, |at| usize::try_from(at.byte()).unwrap_or(usize::MAX)).min(self.text.len());
        to += self.text[to..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        if to > self.at {
            self.line += self.text[self.at..to].iter().filter(|byte| **byte == b'\n').count();
            self.at = to;
        }
        self.line
    }
}

/// A comma, or what some spreadsheets write in its place: a tab or a semicolon in the header.
fn separator_of(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or("");
    if !header.contains(',') && header.contains('\t') {
        b'\t'
    } else if !header.contains(',') && header.contains(';') {
        b';'
    } else {
        b','
    }
}

/// Which column of the file holds each of [`COLUMNS`].
fn columns_of(file: &str, header: &csv::StringRecord, report: &mut Report) -> Option<[Option<usize>; 7]> {
    let before = report.errors.len();
    let mut columns = [None; 7];
    for (index, cell) in header.iter().enumerate() {
        let cell = cell.trim();
        let at = At { file, line: 1, cell };
        if is_marked(cell) {
            refuse_marked(at, report);
            continue;
        }
        match COLUMNS.iter().position(|(english, chinese)| cell.eq_ignore_ascii_case(english) || cell == *chinese) {
            Some(column) if columns[column].is_none() => columns[column] = Some(index),
            Some(_) => report.refuse(at, "a column that stands there twice", "remove one"),
            None if cell.is_empty() => {}
            None => report.refuse(
                at,
                "unknown column",
                "the columns are 词,级别,处置,变体,复核日期,来源,备注 in the first line",
            ),
        }
    }
    if columns[0].is_none() {
        report.refuse(At { file, line: 1, cell: "词" }, "no column of words", "name the first column 词 or term");
    }
    (report.errors.len() == before).then_some(columns)
}

struct Row<'a, 'r> {
    file: &'a str,
    line: usize,
    record: &'a csv::StringRecord,
    columns: &'a [Option<usize>; 7],
    report: &'r mut Report,
}

impl<'a> Row<'a, '_> {
    fn cell(&self, column: usize) -> &'a str {
        self.columns[column].and_then(|index| self.record.get(index)).unwrap_or("").trim()
    }

    fn refuse(&mut self, column: usize, what: impl Into<String>, cure: &str) {
        let cell = COLUMNS[column].1;
        self.report.refuse(At { file: self.file, line: self.line, cell }, what, cure);
    }

    /// The value of a cell, or `usual` where it is empty.
    fn value<T>(&mut self, column: usize, usual: T, read: impl Fn(&str) -> Option<T>, cure: &str) -> T {
        let cell = self.cell(column);
        if cell.is_empty() {
            return usual;
        }
        read(cell).unwrap_or_else(|| {
            self.refuse(column, format!("{cell:?} is not known"), cure);
            usual
        })
    }

    fn term(mut self) -> Option<Term> {
        if self.record.iter().all(|cell| cell.trim().is_empty()) {
            return None;
        }
        let text = self.cell(0).to_owned();
        let term = self.columns[0];
        let remark = |(index, cell): (usize, &str)| {
            (Some(index) != term || cell.trim_start().starts_with('#')) && is_marked(cell)
        };
        if self.record.iter().enumerate().any(remark) {
            refuse_marked(At { file: self.file, line: self.line, cell: "" }, self.report);
            return None;
        }
        if text.is_empty() {
            self.refuse(0, "a row without a word", "fill in the word, or remove the row");
            return None;
        }
        let level =
            self.value(1, Level::Confidential, Level::of_word, "write 绝密 机密 秘密 工作秘密 内部 or 个人信息");
        let action = self.value(2, Action::Block, Action::of_word, "write 阻断 保密审查 or 提示 (block hold note)");
        let digit = |cell: &str| cell.parse::<u8>().ok().filter(|variants| *variants <= HIGHEST_VARIANTS);
        let variants = self.value(3, 2, digit, "write 0, 1, 2, 3 or 4");
        let review_date = self.value(4, None, |cell| date(cell).map(Some), "write a date such as 2027-06-30");
        let (source, note) = (self.cell(5).to_owned(), self.cell(6).to_owned());
        Some(Term { text, level, action, variants, review_date, source, note, line: self.line })
    }
}

/// `2027-06-30`, and what Excel makes of it: `2027/6/30`, `2027年6月30日`.
fn date(cell: &str) -> Option<Date> {
    let plain = cell.replace(['/', '年', '月', '.'], "-").replace('日', "");
    let mut parts = plain.split('-').map(str::trim);
    let (year, month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    if parts.next().is_some() { None } else { Date::new(year, month, day).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> (Vec<Term>, Vec<String>) {
        let mut report = Report::default();
        let terms = read("dictionaries/a.csv", text, &mut report);
        (terms, report.errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn both_headers_and_empty_cells() {
        for text in [
            "term,level,action,variants,review_date,source,note\n拟任人选,工作秘密,hold,1,2027-06-30,a,b\n机密件,,,,,,\n",
            "词,级别,处置,变体,复核日期,来源,备注\r\n拟任人选,工作秘密,保密审查,1,2027/6/30,a,b\r\n机密件\r\n",
        ] {
            let (terms, errors) = terms(text);
            assert!(errors.is_empty(), "{errors:?}");
            assert_eq!(terms[0].action, Action::Hold);
            assert_eq!(terms[0].review_date, Some(jiff::civil::date(2027, 6, 30)));
            assert_eq!((terms[1].level, terms[1].action, terms[1].variants), (Level::Confidential, Action::Block, 2));
            assert_eq!(terms[1].line, 3);
        }
    }

    #[test]
    fn every_bad_cell_is_named() {
        let (_, errors) = terms("词,级别,处置,变体\n甲乙,极密,删除,9\n,机密,,\n丙丁,,,5\n");
        let said = errors.join("\n");
        for part in ["a.csv:2 [级别]", "a.csv:2 [处置]", "a.csv:2 [变体]", "a.csv:3 [词]", "a.csv:4 [变体]"] {
            assert!(said.contains(part), "{part} in {said}");
        }
        assert!(terms("单词,级别\n甲乙,\n").1[0].contains("unknown column"));
        assert!(terms("词\n").1[0].contains("without a word"));
    }

    #[test]
    fn a_list_that_is_itself_marked_is_refused() {
        for text in [
            "词,备注\n甲乙,\n丙丁,摘自 机　密★1年 文件\n",
            "机密★1年\n词,备注\n甲乙,\n",
            "词,備註:祕密*5年\n甲乙,\n",
            "词\n# 绝密★长期\n甲乙\n",
        ] {
            let (gbk, _, lost) = encoding_rs::GB18030.encode(text);
            assert!(!lost);
            let said = terms(&decode(&gbk).unwrap()).1.join("\n");
            assert!(said.contains("第三十一条"), "{text}: {said}");
        }
        let mut report = Report::default();
        read("dictionaries/名单(秘密★3年).csv", "词\n甲乙\n", &mut report);
        assert_eq!(report.errors.len(), 1);
        assert!(terms("词,备注\n机密★,标志\n秘密*1年,国家秘密的标志\n").1.is_empty());
    }

    #[test]
    fn gb18030_and_bom() {
        let (gbk, _, _) = encoding_rs::GB18030.encode("词,级别\n机密件,机密\n");
        assert_eq!(decode(&gbk).unwrap(), "词,级别\n机密件,机密\n");
        assert_eq!(decode("\u{FEFF}词\n甲\n".as_bytes()).unwrap(), "词\n甲\n");
        assert!(decode(&[0x81, 0xFF, 0xFF]).is_none());
    }
}
