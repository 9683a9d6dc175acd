//! Document numbers whose 机关代字 holds 密: `某密发〔2024〕3号`, `市委密电第5号`.
//!
//! Source: GB/T 9704-2012 7.2.5. None of 34,123 published document numbers holds 密; 577 hold 电, so 明电 passes. Names
//! of places (密云 密山 新密 高密) and of the authority itself (国家保密局: 国保发, 保密委) are no such code.

use super::{Anchor, Seen, Sighting, Window};

/// Letters between 密 and the year.
const CODE: usize = 6;
const BACK: usize = 12;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    let goes_on = |c: Seen| c.solid && c.digit().is_none() && c.char != '第' && !is_of_code(c.char);
    if window.previous(anchor.start).is_some_and(|c| is_other_word(c.char))
        || window.next(anchor.end).is_some_and(goes_on)
    {
        return None;
    }
    let before = window.before(anchor.start, BACK);
    let after = window.after(anchor.end, 32);
    let code: String =
        after.iter().take_while(|c| c.solid && c.digit().is_none() && c.char != '第').map(|c| c.char).collect();
    let letters = code.chars().count();
    if letters > CODE || !is_code(&code) || is_place(before.first().map(|c| c.char), &code) {
        return None;
    }
    let end = number(&after[letters..])?;
    let back = before
        .iter()
        .take_while(|c| c.solid && !c.char.is_ascii() && !matches!(c.char, '以' | '据' | '于' | '和' | '的'));
    let start = back.last().map_or(anchor.start, |c| c.start);
    let plain: String = window.folds.fold(&window.text[start..end]).into_iter().collect();
    let why = format!("发文字号的机关代字含“密”:{}", &window.text[start..end]);
    Some(Sighting { start, end, certain: true, level: None, plain, why })
}

/// What may follow 密 in a code: nothing, or the kind of the document.
fn is_code(code: &str) -> bool {
    code.chars().all(is_of_code)
}

fn is_of_code(c: char) -> bool {
    "电发传字函报件办呈阅通令政委特急明厅".contains(c)
}

/// Whether 密 behind this is part of a word that is no code: 保密, 机密, 涉密.
fn is_other_word(before: char) -> bool {
    "保机秘绝涉解加定商".contains(before)
}

/// 密云, 新密市, 密政发: 密 is the name of a place.
fn is_place(before: Option<char>, code: &str) -> bool {
    match before {
        Some('新' | '高') => !code.starts_with('电'),
        _ => code.starts_with('政') || code.starts_with('委') || code.starts_with('办'),
    }
}

/// `〔2024〕3号`, `(2024)第3号`, `第5号`; gives the byte after it.
fn number(after: &[Seen]) -> Option<usize> {
    let mut rest = after.iter().filter(|c| !c.is_blank() && !c.is_line_break()).peekable();
    let mut year = 0;
    if rest.next_if(|c| c.is_opening() || matches!(c.char, '<' | '《' | '〈' | '「')).is_some() {
        while rest.next_if(|c| c.digit().is_some()).is_some() {
            year += 1;
        }
        if year != 4 || rest.next_if(|c| !c.solid).is_none() {
            return None;
        }
    }
    let ordinal = rest.next_if(|c| c.char == '第').is_some();
    if year == 0 && !ordinal {
        return None;
    }
    let mut digits = 0;
    while rest.next_if(|c| c.digit().is_some() || c.char == '十').is_some() {
        digits += 1;
    }
    let last = rest.next().filter(|c| c.char == '号')?;
    (1..=6).contains(&digits).then_some(last.end)
}
