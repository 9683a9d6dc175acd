//! The head of an official document: an urgency line beside a copy number or a level.
//!
//! Source: GB/T 9704-2012 7.2.1 份号 (six digits, first line; only classified documents must carry it, 条例 第九条),
//! 7.2.3 紧急程度 (特急 加急; telegrams 特提 特急 加急 平急). An urgency alone is public practice and passes.

use super::{Anchor, LEVELS, Seen, Sighting, Window, begins_with};

pub(super) const WORDS: [&str; 4] = ["特急", "加急", "特提", "平急"];
const LINE: usize = 12;
/// Characters before and after in which the other line is sought: three short lines.
const AROUND: usize = 60;

pub(super) fn look(window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
    let (before, after) = window.line(anchor.start, anchor.end, LINE)?;
    if before.iter().chain(&after).any(|c| c.solid) {
        return None;
    }
    let mut above = window.before(anchor.start, AROUND);
    above.reverse();
    let below = window.after(anchor.end, AROUND);
    let beside = lines(&above).chain(lines(&below)).find_map(|line| beside(&line))?;
    Some(Sighting {
        start: anchor.start,
        end: anchor.end,
        certain: true,
        level: None,
        plain: anchor.word.to_owned(),
        why: format!("公文版头:紧急程度“{}”单独成行,邻近有{beside}", anchor.word),
    })
}

/// The solid characters of each line.
fn lines(seen: &[Seen]) -> impl Iterator<Item = Vec<Seen>> {
    seen.split(|c| c.is_line_break()).map(|line| line.iter().filter(|c| c.solid).copied().collect())
}

/// What a line is that stands in the head of a classified document.
fn beside(line: &[Seen]) -> Option<&'static str> {
    if line.len() == 6 && line.iter().all(|c| c.char.is_ascii_digit()) {
        return Some("份号");
    }
    let level = LEVELS.iter().any(|level| begins_with(line, level));
    (level && line.len() <= 8).then_some("密级")
}
