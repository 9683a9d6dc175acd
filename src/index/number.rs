//! Document numbers 文号 in any dress: `衢政办发〔2008〕12号`, `衢政办发[2008]12`, `[2008]12号`, `衢政办发 2008 12`.
//!
//! A number is an issuer's sign, a year and a serial. The index keeps exact keys of a document's own number: one with the
//! whole sign, and one for each end of it, so that a part of the sign finds it too. A query makes the same keys. What is
//! no such number (`浙土告字2008-3`) has one key of its letters. Source: 党政机关公文格式 GB/T 9704-2012, 7.2.5
//! (六角括号, 不编虚位); spellings as 38,323 numbers of eleven governments have them.

use std::ops::Range;

use super::fold::{fold, is_letter};

/// Longest sign that is looked at, in characters.
const SIGN_LIMIT: usize = 20;
/// Longest serial, in digits.
const SERIAL_LIMIT: usize = 6;
const OPENING: &str = "〔[([{<【〖〈《﹙";
const CLOSING: &str = "〕])]}>】〗〉》﹚";
/// What the sign of a number without a year ends with: 国务院令第219号.
const WITHOUT_YEAR: [&str; 6] = ["令", "公告", "通告", "决定", "决议", "字"];

/// A document number that was found in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Number {
    /// The issuer's sign 机关代字; may be empty.
    pub sign: String,
    /// The year.
    pub year: Option<u16>,
    /// The serial number.
    pub serial: u32,
    /// Whether brackets, 第 or 号 say that it is a number, and not two numerals by chance.
    pub firm: bool,
    /// Which characters of the text it takes.
    pub span: Range<usize>,
}

impl Number {
    /// The first number in a text.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        let letters: Vec<char> = text.chars().map(fold).collect();
        let begins = (0..letters.len()).filter(|at| digit(&letters, *at) && (*at == 0 || !digit(&letters, at - 1)));
        begins.into_iter().find_map(|at| dated(&letters, at).or_else(|| undated(&letters, at)))
    }

    /// As it is written by GB/T 9704: `衢政办发〔2008〕12号`.
    #[must_use]
    pub fn canonical(&self) -> String {
        match self.year {
            Some(year) => format!("{}〔{year}〕{}号", self.sign, self.serial),
            None => format!("{}第{}号", self.sign, self.serial),
        }
    }

    /// The key of the whole sign.
    fn whole_key(&self) -> String {
        format!("^{}", self.key(&self.sign))
    }

    fn key(&self, sign: &str) -> String {
        format!("{sign}|{}|{}", self.year.map(|year| year.to_string()).unwrap_or_default(), self.serial)
    }

    /// The keys of every end of the sign, longest first, with the number of characters of that end.
    fn part_keys(&self) -> Vec<(usize, String)> {
        let count = self.sign.chars().count();
        let ends = self.sign.char_indices().enumerate().map(|(before, (at, _))| (count - before, &self.sign[at..]));
        let bare = (self.year.is_some()).then_some((0, ""));
        ends.chain(bare).map(|(length, end)| (length, self.key(end))).collect()
    }
}

/// The keys under which a document with this number is kept.
#[must_use]
pub fn keys_of_document(number: &str) -> Vec<String> {
    let mut keys = vec![letters_key(number)];
    if let Some(found) = Number::find(number) {
        keys.push(found.whole_key());
        keys.extend(found.part_keys().into_iter().map(|(_, key)| key));
    }
    keys
}

/// The keys that a query asks for, each with its weight: the whole sign over the longest end of it over a shorter one.
#[must_use]
pub fn keys_of_query(text: &str) -> Vec<(f32, String)> {
    let mut keys = vec![(10_000.0, letters_key(text))];
    if let Some(found) = Number::find(text) {
        keys.push((10_000.0, found.whole_key()));
        let parts = found.part_keys().into_iter().filter(|(length, _)| found.firm || *length > 0);
        keys.extend(parts.map(|(length, key)| (1_000.0 + 100.0 * length as f32, key)));
    }
    keys
}

/// Every letter of a text, folded; what a number is where it has no known form.
fn letters_key(text: &str) -> String {
    std::iter::once('=').chain(text.chars().map(fold).filter(|letter| is_letter(*letter))).collect()
}

fn digit(letters: &[char], at: usize) -> bool {
    letters.get(at).is_some_and(char::is_ascii_digit)
}

/// The digits from `at` on, and where they end.
fn digits(letters: &[char], at: usize) -> (String, usize) {
    let run: String = letters.iter().skip(at).take_while(|letter| letter.is_ascii_digit()).collect();
    let end = at + run.len();
    (run, end)
}

fn skip_spaces(letters: &[char], mut at: usize) -> usize {
    while letters.get(at).is_some_and(|letter| letter.is_whitespace()) {
        at += 1;
    }
    at
}

/// Skips spaces and one of `any`; whether it stood there.
fn skip(letters: &[char], at: usize, any: &str) -> (bool, usize) {
    let at = skip_spaces(letters, at);
    match letters.get(at) {
        Some(letter) if any.contains(*letter) => (true, skip_spaces(letters, at + 1)),
        _ => (false, at),
    }
}

/// The same to the left of `at`.
fn skip_back(letters: &[char], mut at: usize, any: &str) -> (bool, usize) {
    let before_spaces = |mut at: usize| {
        while at > 0 && letters[at - 1].is_whitespace() {
            at -= 1;
        }
        at
    };
    at = before_spaces(at);
    if at > 0 && any.contains(letters[at - 1]) { (true, before_spaces(at - 1)) } else { (false, at) }
}

/// The Han letters that end at `end`, and where they begin.
fn sign_before(letters: &[char], end: usize) -> (String, usize) {
    let mut start = end;
    while start > 0 && end - start < SIGN_LIMIT && is_letter(letters[start - 1]) && !letters[start - 1].is_ascii() {
        start -= 1;
    }
    let mut sign = &letters[start..end];
    // 发文字号衢政办发…: the label is no part of the sign
    for label in ["发文字号", "文号"] {
        let label: Vec<char> = label.chars().collect();
        if let Some(rest) = sign.strip_prefix(label.as_slice()) {
            sign = rest;
        }
    }
    (sign.iter().collect(), end - sign.len())
}

/// A number with a year, whose year begins at `at`.
fn dated(letters: &[char], at: usize) -> Option<Number> {
    let (run, after) = digits(letters, at);
    let year: u16 = run.get(..4)?.parse().ok()?;
    if !(1949..=2099).contains(&year) {
        return None;
    }
    let (opened, before) = skip_back(letters, at, OPENING);
    let (sign, start) = sign_before(letters, before);
    if run.len() > 4 {
        // 衢政办发200812号: nothing parts the two
        let (numbered, end) = skip(letters, after, "号");
        let serial = run[4..].parse().ok().filter(|_| run.len() <= 4 + SERIAL_LIMIT)?;
        let certain = numbered && !sign.is_empty();
        return certain.then_some(Number { sign, year: Some(year), serial, firm: false, span: start..end });
    }
    let (closed, at) = skip(letters, after, CLOSING);
    let (civil, at) = skip(letters, at, "年");
    let (ordinal, at) = skip(letters, at, "第");
    let (serial, after) = digits(letters, at);
    if serial.len() > SERIAL_LIMIT || at == after {
        return None;
    }
    let (numbered, end) = skip(letters, after, "号");
    if civil && !ordinal && !numbered {
        return None; // 2008年12月
    }
    let firm = opened || closed || ordinal || (numbered && !civil);
    let number = Number { sign, year: Some(year), serial: serial.parse().ok()?, firm, span: start..end };
    (firm || !number.sign.is_empty()).then_some(number)
}

/// A number without a year, whose serial begins at `at`: 国务院令第219号.
fn undated(letters: &[char], at: usize) -> Option<Number> {
    let (serial, after) = digits(letters, at);
    let (numbered, end) = skip(letters, after, "号");
    let (_, before) = skip_back(letters, at, "第");
    let (sign, start) = sign_before(letters, before);
    let known = WITHOUT_YEAR.iter().any(|word| sign.ends_with(word));
    if !numbered || !known || serial.len() > SERIAL_LIMIT {
        return None;
    }
    Some(Number { sign, year: None, serial: serial.parse().ok()?, firm: true, span: start..end })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_any_dress_is_the_same_number() {
        let dresses = [
            "衢政办发〔2008〕12号",
            "衢政办发[2008]12号",
            "衢政办发（２００８）１２號",
            "衢政辦發【2008】12号",
            "衢政办发2008 12",
            "衢政办发 2008 12",
            "衢政办发〔2008〕第012号",
            "衢政办发 〔 2008 〕 12 号",
            "发文字号：衢政办发(2008〕12号",
            "文号衢政办发2008年第12号",
            "衢政办发200812号",
        ];
        for dress in dresses {
            let found = Number::find(dress).unwrap_or_else(|| panic!("{dress}"));
            assert_eq!(found.canonical(), "衢政办发〔2008〕12号", "{dress}");
        }
    }

    #[test]
    fn parts_and_numbers_without_a_year() {
        assert_eq!(Number::find("[2008]12号").unwrap().canonical(), "〔2008〕12号");
        assert_eq!(
            Number::find("中华人民共和国国务院令第219号公布").unwrap().canonical(),
            "中华人民共和国国务院令第219号"
        );
        let found = Number::find("关于印发 衢政办发〔2008〕12号 的通知").unwrap();
        assert_eq!((found.sign.as_str(), found.span), ("衢政办发", 5..19));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["2008年12月1日", "建国路12号", "2008 12", "电话05703012345", "第3季度", "", "号〔〕", "2008", "〔2008〕"]
        {
            assert_eq!(Number::find(text), None, "{text}");
        }
    }

    #[test]
    fn query_and_document_meet_in_a_key() {
        let document = keys_of_document("衢政办发〔2008〕12号");
        let meets = |query: &str| keys_of_query(query).iter().any(|(_, key)| document.contains(key));
        for query in ["衢政办发〔2008〕12号", "[2008]12号", "政办发2008 12", "浙江省政府 衢政办发2008 12"]
        {
            assert!(meets(query), "{query}");
        }
        for query in ["衢政办发〔2009〕12号", "衢政办发〔2008〕1号", "衢政办发〔2008〕112号"] {
            assert!(!meets(query), "{query}");
        }
        assert!(keys_of_document("浙土告字2008-3").contains(&keys_of_query("浙土告字（2008-3）")[0].1));
    }
}
