//! A level where only a marking would stand: alone in its line, in brackets at the edge of a line, in a field 密级.
//!
//! Source: GB/T 9704-2012 7.2.2; 国家保密局令第3号 (1990): a paragraph may carry its level in front. In 3,504 published
//! laws a lone line occurs in none. A text node of a page is not a line, so a rule should read 标题, 正文 and 附件 only.

use super::marking::is_weak_star;
use super::{Anchor, LEVELS, Seen, Sighting, Window, begins_with};
use crate::model::{Field, Level};

const LINE: usize = 60;
/// Letters from the beginning of a text within which a header stands.
const HEADER: usize = 200;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    // none of the three has another letter right behind the level
    let goes_on = |c: Seen| c.solid && !c.is_strong_star() && !matches!(c.char, '级' | '特' | '加' | '平');
    if window.next(anchor.end).is_some_and(goes_on) {
        return None;
    }
    let before = window.before(anchor.start, LINE + 1);
    let after = window.after(anchor.end, LINE + 1);
    let (certain, what) = if alone(&before, &after) {
        (anchor.field == Field::Title || heads(window, anchor), "密级单独成行")
    } else if in_field(&before, &after) {
        (false, "填在“密级”栏中")
    } else if in_brackets(&before, &after) {
        (false, "密级置于括号内")
    } else {
        return None;
    };
    Some(Sighting {
        start: anchor.start,
        end: anchor.end,
        certain,
        level: Level::of_word(anchor.word),
        plain: anchor.word.to_owned(),
        why: format!("疑似国家秘密标志“{}”:{what}", anchor.word),
    })
}

/// The part of a line up to its end; nothing where the end is not in sight.
fn line(seen: &[Seen]) -> Option<&[Seen]> {
    match seen.iter().position(|c| c.is_line_break()) {
        Some(at) => Some(&seen[..at]),
        None => (seen.len() <= LINE).then_some(seen),
    }
}

/// Nothing in the line but the level, perhaps with 级, a 份号 before it (the 1999 layout has both in one line, set
/// apart), or an urgency after it.
fn alone(before: &[Seen], after: &[Seen]) -> bool {
    let (Some(before), Some(after)) = (line(before), line(after)) else { return false };
    let plain = |c: &&Seen| c.solid && !c.is_strong_star();
    let letters = |seen: &[Seen]| seen.iter().filter(plain).map(|c| c.char).collect::<String>();
    let mut ahead = before.to_vec();
    ahead.reverse();
    let ahead = letters(&ahead);
    let number = ["no", "份号", "编号"].iter().find_map(|word| ahead.strip_prefix(word)).unwrap_or(&ahead);
    let copy = number.chars().all(|c| c.is_ascii_digit()) && (ahead.is_empty() || (5..=7).contains(&number.len()));
    copy && matches!(letters(after).as_str(), "" | "级" | "特急" | "加急" | "特提" | "平急")
}

/// Whether the place is near the beginning of its text.
fn heads(window: Window<'_>, anchor: Anchor<'_>) -> bool {
    window.before(anchor.start, HEADER + 1).len() <= HEADER
}

/// `（机密）` at the beginning or the end of a line; a star or what stands for one, `（机密*）`, changes nothing.
fn in_brackets(before: &[Seen], after: &[Seen]) -> bool {
    let blank = |c: &&Seen| !c.is_blank();
    let opening = before.iter().find(blank).is_some_and(|c| c.is_opening());
    let mut behind = after.iter().skip(usize::from(begins_with(after, "级"))).filter(blank).peekable();
    while behind.next_if(|c| c.is_strong_star() || is_weak_star(c.char)).is_some() {}
    if !opening || !behind.next().is_some_and(|c| c.is_closing()) {
        return false;
    }
    let edge = |next: Option<&Seen>| next.is_none_or(|c| c.is_line_break());
    edge(behind.next()) || edge(before.iter().filter(blank).nth(1))
}

/// `密级：机密`, but not a choice such as `密级：绝密 机密 秘密`.
fn in_field(before: &[Seen], after: &[Seen]) -> bool {
    let gap = before.iter().take(6).take_while(|c| !c.solid).count();
    let named = before.get(gap).is_some_and(|c| c.char == '级') && before.get(gap + 1).is_some_and(|c| c.char == '密');
    let boxed = before[..gap].iter().any(|c| matches!(c.char, '□' | '☐' | '○'));
    let colon = before[..gap].iter().any(|c| matches!(c.char, ':' | '：' | '|' | '\t' | '\n' | '】' | ']'));
    let rest = &after[usize::from(begins_with(after, "级"))..];
    let next = rest.iter().take(6).skip_while(|c| !c.solid).count();
    let choice = LEVELS.iter().any(|level| begins_with(&rest[rest.len().min(6) - next..], level));
    named && colon && !boxed && !choice && rest.first().is_none_or(|c| !c.solid && !matches!(c.char, '、' | '/'))
}
