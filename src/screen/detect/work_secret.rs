//! Markings of work secrets 工作秘密.
//!
//! Source: 保守国家秘密法 (2024) 第六十四条 leaves their marking to the offices; in use are `工作秘密★`, `工作秘密` with a
//! period, alone in a line, in brackets, or in a field. The words in a sentence are about work secrets, and pass.

use super::{Anchor, Seen, Sighting, Window, begins_with};
use crate::model::{Field, Level};

pub(super) const WORDS: [&str; 2] = ["工作秘密", "工作密级"];
const LINE: usize = 60;
/// Gap characters between the word and a star.
const GAP: usize = 4;
/// Letters from the beginning of a text within which a header stands.
const HEADER: usize = 200;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    let (before, after) = (window.before(anchor.start, LINE + 1), window.after(anchor.end, LINE + 1));
    let star = after.iter().take(GAP + 1).take_while(|c| !c.is_line_break()).find(|c| c.solid || is_weak_star(c.char));
    if let Some(star) = star.filter(|c| c.is_strong_star() || is_weak_star(c.char)) {
        let weak = !star.is_strong_star();
        let rest = &after[after.iter().position(|c| c.start == star.start)? + 1..];
        if weak && !starts_with_period(rest) {
            return None;
        }
        return Some(seen(anchor, star.end, format!("{}★", anchor.word), !weak, "后有★"));
    }
    let heads = anchor.field == Field::Title || window.before(anchor.start, HEADER + 1).len() <= HEADER;
    let plain = anchor.word.to_owned();
    if alone(&before, &after) {
        return Some(seen(anchor, anchor.end, plain, heads, "单独成行"));
    }
    in_brackets(&before, &after).then(|| seen(anchor, anchor.end, plain, false, "置于括号内或“密级”栏中"))
}

fn seen(anchor: Anchor<'_>, end: usize, plain: String, certain: bool, what: &str) -> Sighting {
    let why = format!("工作秘密标志“{plain}”:{what}(保守国家秘密法第六十四条)");
    Sighting { start: anchor.start, end, certain, level: Some(Level::WorkSecret), plain, why }
}

fn is_weak_star(c: char) -> bool {
    matches!(c, '*' | '＊' | '﹡' | '※' | '∗' | '·' | '•' | '●' | '◆' | '#' | '＃')
}

/// `1年`, `长期`: what follows a star.
fn starts_with_period(rest: &[Seen]) -> bool {
    let rest = &rest[rest.iter().take(GAP).take_while(|c| !c.solid && !c.is_line_break()).count()..];
    rest.first().is_some_and(|c| c.digit().is_some() || c.char == '十' || c.char == '半') || begins_with(rest, "长期")
}

fn line(seen: &[Seen]) -> Option<Vec<char>> {
    let end = match seen.iter().position(|c| c.is_line_break()) {
        Some(end) => end,
        None if seen.len() <= LINE => seen.len(),
        None => return None,
    };
    Some(seen[..end].iter().filter(|c| c.solid).map(|c| c.char).collect())
}

/// Nothing in the line beside it but a copy number before and a period after.
fn alone(before: &[Seen], after: &[Seen]) -> bool {
    let (Some(before), Some(after)) = (line(before), line(after)) else { return false };
    let number = before.is_empty() || (5..=7).contains(&before.len()) && before.iter().all(char::is_ascii_digit);
    let after: String = after.into_iter().collect();
    let period = after.is_empty()
        || matches!(after.as_str(), "长期" | "事项" | "件" | "文件")
        || after
            .strip_suffix('年')
            .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    number && period
}

/// `（工作秘密）` at the edge of a line, `密级：工作秘密`.
fn in_brackets(before: &[Seen], after: &[Seen]) -> bool {
    let filled = |c: &&Seen| !c.is_blank();
    let mut ahead = before.iter().filter(filled);
    let mut behind = after.iter().filter(filled);
    let (left, right) = (ahead.next(), behind.next());
    let edge = |next: Option<&Seen>| next.is_none_or(|c| c.is_line_break());
    let bracketed = left.is_some_and(|c| c.is_opening()) && right.is_some_and(|c| c.is_closing());
    if bracketed && (edge(ahead.next()) || edge(behind.next())) {
        return true;
    }
    let colon = left.is_some_and(|c| matches!(c.char, ':' | '：'));
    let mut name: Vec<char> = before.iter().filter(|c| c.solid).take(2).map(|c| c.char).collect();
    name.reverse();
    let named = matches!(name.as_slice(), ['密', '级'] | ['标', '识'] | ['标', '志'] | ['等', '级']);
    // a choice of levels is a form to fill in
    let choice = behind.next().is_some_and(|c| c.solid) && right.is_some_and(|c| matches!(c.char, '、' | '/'));
    colon && named && right.is_none_or(|c| !c.solid) && !choice
}
