//! Dates as Chinese pages write them.
//!
//! Reads `2013.08.15`, `2013-8-15`, `2013/08/15`, `2013年8月15日`, `二○○八年一月二十九日` (with ○, 〇, Ｏ, 零), `20130815`,
//! each with or without a time of day, full-width digits and spaces in between, RFC 3339 and RFC 2822. Civil times
//! without an offset are Asia/Shanghai. Years 1900 to 2100; anything else is no date.

use jiff::civil::{Date, DateTime, Time};

use crate::model::{Timestamp, When};

/// The first date of a text.
pub(crate) fn first(text: &str) -> Option<When> {
    let trimmed = text.trim();
    if trimmed.len() >= 20
        && let Some(at) = with_offset(trimmed)
    {
        return Some(When::At(at));
    }
    let characters: Vec<char> = text.chars().map(fold).collect();
    (0..characters.len()).find_map(|start| at(&characters, start))
}

/// The day of the first date of a text.
pub(crate) fn first_day(text: &str) -> Option<Date> {
    first(text).map(When::date)
}

/// RFC 3339 and the HTTP-like forms of feeds, which name their offset.
fn with_offset(text: &str) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return plausible(at);
    }
    jiff::fmt::rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .ok()
        .and_then(|instant| plausible(Timestamp(instant.as_microsecond())))
}

fn plausible(at: Timestamp) -> Option<Timestamp> {
    (1900..=2100).contains(&at.date().year()).then_some(at)
}

/// Full width to half, every kind of space to one, every Chinese zero to one.
fn fold(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(character as u32 - 0xFEE0).unwrap_or(character),
        '\u{3000}' | '\u{00A0}' | '\t' | '\n' | '\r' => ' ',
        '○' | '〇' | '零' | '◯' => '〇',
        '–' | '—' | '‐' | '−' => '-',
        _ => character,
    }
}

fn at(characters: &[char], start: usize) -> Option<When> {
    if start > 0 && (characters[start - 1].is_ascii_digit() || chinese_digit(characters[start - 1]).is_some()) {
        return None;
    }
    let mut scan = Scan { characters, at: start };
    let date = scan.arabic().or_else(|| {
        scan.at = start;
        scan.chinese()
    });
    let date = date.or_else(|| {
        scan.at = start;
        scan.compact()
    })?;
    Some(match scan.time() {
        Some(time) => When::At(Timestamp::of_civil(DateTime::from_parts(date, time))),
        None => When::Day(date),
    })
}

struct Scan<'a> {
    characters: &'a [char],
    at: usize,
}

impl Scan<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek() == Some(' ') {
            self.at += 1;
        }
    }

    fn accept(&mut self, wanted: &[char]) -> Option<char> {
        let found = self.peek().filter(|character| wanted.contains(character))?;
        self.at += 1;
        Some(found)
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<i16> {
        let start = self.at;
        while self.at - start < most && self.peek().is_some_and(|character| character.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at - start < least {
            return None;
        }
        self.characters[start..self.at].iter().collect::<String>().parse().ok()
    }

    fn arabic(&mut self) -> Option<Date> {
        let year = self.digits(4, 4)?;
        self.spaces();
        let separator = self.accept(&['-', '.', '/', '年'])?;
        self.spaces();
        let month = self.digits(1, 2)?;
        self.spaces();
        self.accept(if separator == '年' { &['月'] } else { std::slice::from_ref(&separator) })?;
        self.spaces();
        let day = self.digits(1, 2)?;
        // 2013.08.151 and 1.2013.8.15.7 are version numbers or addresses, not dates.
        if self.peek().is_some_and(|character| character.is_ascii_digit()) {
            return None;
        }
        let before = self.at;
        self.spaces();
        if self.accept(&['日', '号']).is_none() {
            self.at = before;
        }
        civil(year, month, day)
    }

    fn compact(&mut self) -> Option<Date> {
        let (year, month, day) = (self.digits(4, 4)?, self.digits(2, 2)?, self.digits(2, 2)?);
        if self.peek().is_some_and(|character| character.is_ascii_alphanumeric()) {
            return None;
        }
        civil(year, month, day)
    }

    fn chinese(&mut self) -> Option<Date> {
        let mut year = 0i16;
        for _ in 0..4 {
            year = year * 10 + chinese_digit(self.peek()?)?;
            self.at += 1;
            self.spaces();
        }
        self.accept(&['年'])?;
        self.spaces();
        let month = self.chinese_number()?;
        self.accept(&['月'])?;
        self.spaces();
        let day = self.chinese_number()?;
        self.accept(&['日'])?;
        civil(year, month, day)
    }

    /// One to thirty-one: `一`, `十`, `十二`, `二十`, `二十九`, `廿九`, `三十一`.
    fn chinese_number(&mut self) -> Option<i16> {
        let (mut tens, mut ones, mut seen) = (0i16, 0i16, false);
        while let Some(character) = self.peek() {
            match character {
                '十' => {
                    tens = if ones == 0 { 1 } else { ones };
                    ones = 0;
                }
                '廿' => tens = 2,
                '卅' => tens = 3,
                ' ' => {}
                _ => match chinese_digit(character) {
                    Some(digit) => ones = digit,
                    None => break,
                },
            }
            seen = true;
            self.at += 1;
        }
        seen.then_some(tens * 10 + ones)
    }

    fn time(&mut self) -> Option<Time> {
        let before = self.at;
        let time = self.time_here();
        if time.is_none() {
            self.at = before;
        }
        time
    }

    fn time_here(&mut self) -> Option<Time> {
        self.spaces();
        if self.accept(&['T']).is_some() {
            self.spaces();
        }
        let hour = self.digits(1, 2)?;
        self.accept(&[':', '时', '点'])?;
        let minute = self.digits(1, 2)?;
        let second = match self.accept(&[':', '分']) {
            Some(_) => self.digits(1, 2).unwrap_or(0),
            None => 0,
        };
        let part = |value: i16| i8::try_from(value).ok();
        Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
    }
}

fn civil(year: i16, month: i16, day: i16) -> Option<Date> {
    if !(1900..=2100).contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn chinese_digit(character: char) -> Option<i16> {
    Some(match character {
        '〇' => 0,
        '一' | '壹' => 1,
        '二' | '贰' => 2,
        '三' | '叁' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_the_field() {
        for (text, expected) in [
            ("发布时间: 2013.08.15   来源:超级管理员", "2013-08-15"),
            ("二○○八年一月二十九日", "2008-01-29"),
            ("二〇〇八年十二月三十一日", "2008-12-31"),
            ("二零二一年四月二日", "2021-04-02"),
            ("2013年8月15日", "2013-08-15"),
            ("２０１３年８月１５日", "2013-08-15"),
            ("2021 年 4 月 2 日", "2021-04-02"),
            ("2021-04-02 09:30", "2021-04-02T09:30:00+08:00"),
            ("时间：2019年09月18日 09:30:15", "2019-09-18T09:30:15+08:00"),
            ("20130815", "2013-08-15"),
            ("Thu, 15 Aug 2013 09:30:00 +0800", "2013-08-15T09:30:00+08:00"),
            ("2013-08-15T01:30:00Z", "2013-08-15T09:30:00+08:00"),
            ("2021/4/2", "2021-04-02"),
        ] {
            assert_eq!(first(text).map(|when| when.to_string()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in ["", "2013年", "13.08.15", "2013.13.45", "0570-3086315", "33080119800101001X", "版本 1.2013.8"] {
            assert_eq!(first(text), None, "{text}");
        }
    }

    #[test]
    fn chinese_years_read_back() {
        let digits = ['○', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
        for year in 1949..2050 {
            let written: String = year.to_string().bytes().map(|byte| digits[usize::from(byte - b'0')]).collect();
            assert_eq!(first_day(&format!("{written}年十月一日")).map(|date| date.year()), Some(year));
        }
    }
}
