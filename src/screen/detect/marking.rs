//! Markings of state secrets: a level, a star, a period, a time or a condition.
//!
//! Source: GB/T 9704-2012 7.2.2 (`秘密★1年`, top left, second line) and the 1999 layout (top right, one blank between
//! the two characters, 密级★ without a period for the longest one); 国家秘密定密管理暂行规定 (2014): `密级★保密期限`,
//! `密级★解密时间`, `密级★解密条件`. Seen in the wild: `绝密*30年`, `机密·10年`, `绝密★(30年)`.
//! In 3,504 published laws a level beside a star occurs in none, so a star decides. Without one, only a period that
//! ends there counts, and a person decides.

use super::{Anchor, Seen, Sighting, Window, begins_with};
use crate::model::Level;

/// Characters that are looked at after the level.
const AHEAD: usize = 32;
/// Gap characters between level and star.
const GAP: usize = 8;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    if window.next(anchor.end).is_some_and(|c| c.solid && !c.is_strong_star() && !begins_period(&c)) {
        return None;
    }
    let ahead = window.after(anchor.end, AHEAD);
    let level = Level::of_word(anchor.word);
    let joint = joint(&ahead);
    match joint.star {
        Star::Strong => {
            let period = period(&ahead[joint.next..]);
            // a star that begins the next line is a bullet, unless a period follows and nothing ended the sentence
            let apart = usize::from(joint.broken) + joint.marks;
            if apart > 1 || (apart == 1 && period.is_none()) {
                return None;
            }
            let end = period.as_ref().map_or(joint.end, |period| period.end);
            let plain = format!("{}★{}", anchor.word, period.as_ref().map_or("", |period| period.plain.as_str()));
            let why = format!("国家秘密标志“{plain}”:密级后有★{}", period.map_or("", |_| "和保密期限"));
            Some(Sighting { start: anchor.start, end, certain: true, level, plain, why })
        }
        Star::Weak => {
            let period = period(&ahead[joint.next..])?;
            let plain = format!("{}★{}", anchor.word, period.plain);
            let why = format!("国家秘密标志“{plain}”:星号以形近符号代替");
            Some(Sighting { start: anchor.start, end: period.end, certain: true, level, plain, why })
        }
        Star::None => {
            let period = period(&ahead[joint.next..]).filter(|period| period.bare)?;
            let plain = format!("{}{}", anchor.word, period.plain);
            let why = format!("疑似国家秘密标志“{plain}”:密级后紧跟保密期限而无★");
            let alone = window
                .line(anchor.start, period.end, AHEAD)
                .is_some_and(|(before, after)| before.iter().chain(&after).all(|c| !c.solid));
            Some(Sighting { start: anchor.start, end: period.end, certain: alone, level, plain, why })
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Star {
    Strong,
    Weak,
    None,
}

/// What joins level and period.
struct Joint {
    star: Star,
    /// Index of what follows.
    next: usize,
    /// Byte after the star.
    end: usize,
    /// A line ended on the way.
    broken: bool,
    /// Punctuation stood on the way.
    marks: usize,
}

fn joint(ahead: &[Seen]) -> Joint {
    let mut joint = Joint { star: Star::None, next: 0, end: 0, broken: false, marks: 0 };
    for (index, c) in ahead.iter().take(GAP + 1).enumerate() {
        if c.is_strong_star() {
            return Joint { star: Star::Strong, next: index + 1, end: c.end, ..joint };
        }
        if c.solid {
            break;
        }
        if is_weak_star(c.char) {
            return Joint { star: Star::Weak, next: index + 1, end: c.end, ..joint };
        }
        match c {
            c if c.is_line_break() => joint.broken = true,
            c if c.is_blank() || c.is_opening() || c.is_closing() || is_quote(c.char) => {}
            _ if joint.marks == 0 => joint.marks = 1,
            _ => break,
        }
    }
    joint
}

/// What has been seen in place of a star; a period must follow.
pub(super) fn is_weak_star(c: char) -> bool {
    matches!(
        c,
        '*' | '＊' | '﹡' | '※' | '∗' | '⁎' | '⁑' | '⁕' | '٭' | '\u{2731}'
            ..='\u{2749}' | '·' | '•' | '●' | '◆' | '◇' | '■' | '▲' | '#' | '＃' | '☀' | '✕' | '×'
    )
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '”' | '‘' | '’' | '「' | '」' | '『' | '』')
}

/// A period, a time or a condition of declassification.
struct Period {
    plain: String,
    end: usize,
    /// Some digits and a unit, or 长期, that nothing continues: what stands in a marking without a star.
    bare: bool,
}

fn period(ahead: &[Seen]) -> Option<Period> {
    let skip = ahead.iter().take(GAP).take_while(|c| !c.solid).count();
    let ahead = &ahead[skip..];
    fixed(ahead).or_else(|| counted(ahead)).or_else(|| condition(ahead))
}

/// Whether a period without a star before it may begin so.
fn begins_period(c: &Seen) -> bool {
    is_number(c) || matches!(c.char, '长' | '永')
}

fn is_number(c: &Seen) -> bool {
    c.digit().is_some() || matches!(c.char, '十' | '百' | '半')
}

/// 长期, 永久.
fn fixed(ahead: &[Seen]) -> Option<Period> {
    let word = ["长期", "永久", "长久"].into_iter().find(|word| begins_with(ahead, word))?;
    Some(Period { plain: word.to_owned(), end: ahead.get(1)?.end, bare: ends(&ahead[2..]) })
}

/// `1年`, `十年`, `6个月`, `2026年3月1日`, `20260301`.
fn counted(ahead: &[Seen]) -> Option<Period> {
    let digits = ahead.iter().take_while(|c| c.solid && is_number(c)).count();
    if digits == 0 {
        return None;
    }
    let rest = &ahead[digits..];
    let gap = rest.iter().take(2).take_while(|c| !c.solid && !c.is_line_break()).count();
    let unit = ["年", "个月", "月", "日", "天", "周"].into_iter().find(|unit| begins_with(&rest[gap..], unit));
    let plain: String = ahead[..digits].iter().map(|c| c.char).collect();
    let Some(unit) = unit else {
        // a date without units, or with - / . between its parts
        let parted = rest.first().is_some_and(|c| matches!(c.char, '-' | '/' | '.')) && digits == 4;
        let end = ahead[digits - 1].end;
        return (digits >= 6 || parted).then_some(Period { plain, end, bare: false });
    };
    let last = digits + gap + unit.chars().count();
    let bare = digits <= 3 && !matches!(unit, "日" | "天") && ends(&ahead[last..]);
    Some(Period { plain: format!("{plain}{unit}"), end: ahead[last - 1].end, bare })
}

/// `会议开始前`, `公布后`: some letters that end with 前, 后, 时 or 止 before anything else stands there.
fn condition(ahead: &[Seen]) -> Option<Period> {
    let letters: Vec<&Seen> = ahead.iter().take(16).take_while(|c| c.solid).collect();
    let last = letters.iter().rposition(|c| matches!(c.char, '前' | '后' | '时' | '止'))?;
    let plain = letters[..=last].iter().map(|c| c.char).collect();
    (last >= 1).then(|| Period { plain, end: letters[last].end, bare: false })
}

/// Whether a marking may end before this.
fn ends(rest: &[Seen]) -> bool {
    rest.first().is_none_or(|c| !c.solid)
}
