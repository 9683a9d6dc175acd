//! What stands around a hit: the text before and after it as the gate reads it, and its line.
//!
//! Owns the looks that detectors take at the original text. Each look is bounded in characters that count (invisible
//! ones do not), so a text is read at most that many times over and the gate stays linear.

use super::fold::{FoldTable, Folded, STAR};

/// A character of the text as the gate reads it; invisible ones are left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    /// The fold of a letter or star; a gap as it stands, weak stars too.
    pub(super) char: char,
    /// Whether it is a letter, a digit or a star.
    pub(super) solid: bool,
    /// First byte.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
}

impl Seen {
    /// A strong star or one of its look-alikes.
    pub(super) fn is_strong_star(self) -> bool {
        self.solid && self.char == STAR
    }

    /// A blank inside a line.
    pub(super) fn is_blank(self) -> bool {
        !self.solid && self.char.is_whitespace() && !self.is_line_break()
    }

    /// The end of a line.
    pub(super) fn is_line_break(self) -> bool {
        matches!(self.char, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
    }

    /// An opening bracket that encloses a remark.
    pub(super) fn is_opening(self) -> bool {
        matches!(self.char, '(' | '（' | '[' | '［' | '【' | '〔' | '﹝' | '〖' | '{' | '｛')
    }

    /// A closing one.
    pub(super) fn is_closing(self) -> bool {
        matches!(self.char, ')' | '）' | ']' | '］' | '】' | '〕' | '﹞' | '〗' | '}' | '｝')
    }

    /// The value of a digit in any script that a Chinese document uses.
    pub(super) fn digit(self) -> Option<u8> {
        if self.solid { digit_of(self.char) } else { None }
    }
}

/// The value of a folded digit: 0 to 9, 零 to 九 and the forms for cheques (GB/T 15835).
pub(super) fn digit_of(fold: char) -> Option<u8> {
    let value = match fold {
        '0'..='9' => (fold as u32 - '0' as u32) as u8,
        '零' | '〇' => 0,
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
    };
    Some(value)
}

/// A text with the table that reads it.
#[derive(Clone, Copy)]
pub(super) struct Window<'a> {
    pub(super) text: &'a str,
    pub(super) folds: &'a FoldTable,
}

impl Window<'_> {
    /// At most `limit` characters from byte `at` on.
    pub(super) fn after(&self, at: usize, limit: usize) -> Vec<Seen> {
        let mut seen = Vec::with_capacity(limit);
        for (offset, c) in self.text[at..].char_indices() {
            if seen.len() >= limit {
                break;
            }
            self.push(&mut seen, c, at + offset);
        }
        seen
    }

    /// At most `limit` characters before byte `at`, the nearest first.
    pub(super) fn before(&self, at: usize, limit: usize) -> Vec<Seen> {
        let mut seen = Vec::with_capacity(limit);
        for (offset, c) in self.text[..at].char_indices().rev() {
            if seen.len() >= limit {
                break;
            }
            let first = seen.len();
            self.push(&mut seen, c, offset);
            seen[first..].reverse();
        }
        seen
    }

    /// The first character from byte `at` on: for a look that nearly always says no.
    pub(super) fn next(&self, at: usize) -> Option<Seen> {
        self.text[at..].char_indices().find_map(|(offset, c)| self.first(c, at + offset))
    }

    /// The last character before byte `at`, of a ligature its first letter.
    pub(super) fn previous(&self, at: usize) -> Option<Seen> {
        self.text[..at].char_indices().rev().find_map(|(offset, c)| self.first(c, offset))
    }

    /// The round zero is a digit here, though words take it for the letter O that it looks like.
    fn seen(&self, c: char) -> Folded<'_> {
        if c == '〇' { Folded::One(c) } else { self.folds.of(c) }
    }

    fn first(&self, c: char, start: usize) -> Option<Seen> {
        let (char, solid) = match self.seen(c) {
            Folded::Drop => return None,
            Folded::Gap | Folded::WeakStar => (c, false),
            Folded::One(fold) => (fold, true),
            Folded::Many(several) => (*several.first()?, true),
        };
        Some(Seen { char, solid, start, end: start + c.len_utf8() })
    }

    fn push(&self, seen: &mut Vec<Seen>, c: char, start: usize) {
        let mut one = |char, solid| seen.push(Seen { char, solid, start, end: start + c.len_utf8() });
        match self.seen(c) {
            Folded::Drop => {}
            Folded::Gap | Folded::WeakStar => one(c, false),
            Folded::One(fold) => one(fold, true),
            Folded::Many(several) => several.iter().for_each(|fold| one(*fold, true)),
        }
    }

    /// The letters among the last `limit` characters before `at`, in reading order.
    pub(super) fn letters_before(&self, at: usize, limit: usize) -> String {
        let mut letters: Vec<char> = self.before(at, limit).iter().filter(|c| c.solid).map(|c| c.char).collect();
        letters.reverse();
        letters.into_iter().collect()
    }

    /// The rest of the line on both sides of a hit, or nothing where a side is longer than `limit` characters.
    /// Before: nearest first.
    pub(super) fn line(&self, start: usize, end: usize, limit: usize) -> Option<(Vec<Seen>, Vec<Seen>)> {
        let cut = |mut seen: Vec<Seen>| match seen.iter().position(|c| c.is_line_break()) {
            Some(at) => {
                seen.truncate(at);
                Some(seen)
            }
            None => (seen.len() <= limit).then_some(seen),
        };
        Some((cut(self.before(start, limit + 1))?, cut(self.after(end, limit + 1))?))
    }
}
