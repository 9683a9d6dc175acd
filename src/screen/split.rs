//! Split characters 拆字: a character written as its parts side by side, 木几 for 机.
//!
//! Owns the forms of a term in which characters are split. Expansion is on the side of the term, so it is exact, and
//! bounded by [`MOST`] forms a term. The table (`tables/split-characters.txt`) has the 6,245 characters of GB 2312 that
//! are made of two or three whole parts; only forms that a reader would take for the character.

/// Forms of one term, at most.
pub(super) const MOST: usize = 64;

/// `character<TAB>parts parts`, a line each, in the order of their code points.
const TABLE: &str = include_str!("tables/split-characters.txt");

/// The ways to write `c` as its parts, the usual one first.
fn parts_of(c: char) -> impl Iterator<Item = &'static str> {
    let (mut from, mut to) = (0, TABLE.len());
    let mut found = "";
    while from < to {
        let middle = TABLE.as_bytes()[from..from + (to - from) / 2].iter().rposition(|byte| *byte == b'\n');
        let start = middle.map_or(from, |at| from + at + 1);
        let end = TABLE.as_bytes()[start..to].iter().position(|byte| *byte == b'\n').map_or(to, |at| start + at + 1);
        let (whole, parts) = TABLE[start..end].trim_end().split_once('\t').unwrap_or_default();
        // the first lines are remarks, before every character
        match whole.chars().next().unwrap_or('\0').cmp(&c) {
            std::cmp::Ordering::Less => from = end,
            std::cmp::Ordering::Greater => to = start,
            std::cmp::Ordering::Equal => {
                found = parts;
                break;
            }
        }
    }
    found.split(' ').filter(|parts| !parts.is_empty())
}

/// The forms of `term` with at least one character split; `term` in folded letters. Each character split alone in every
/// way comes first, then all of them together, then the other combinations as long as there is room.
pub(super) fn forms(term: &[char]) -> Vec<Vec<char>> {
    let parts: Vec<Vec<&str>> = term.iter().map(|c| parts_of(*c).collect()).collect();
    let combinations =
        |most: usize| parts.iter().fold(1usize, |product, ways| product.saturating_mul(1 + ways.len().min(most)));
    let ways = (1..=4).rev().find(|most| combinations(*most) <= MOST + 1).unwrap_or(1);
    let mut forms = Forms { term, parts: &parts, found: Vec::new() };
    for (at, alone) in parts.iter().enumerate() {
        (0..alone.len()).for_each(|way| forms.add(|other| (other == at).then_some(way)));
    }
    let longest = parts.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).for_each(|turn| forms.add(|at| Some(turn.min(parts[at].len().saturating_sub(1)))));
    let mut choice = vec![0; term.len()];
    while forms.found.len() < MOST && next(&mut choice, |at| parts[at].len().min(ways)) {
        forms.add(|at| choice[at].checked_sub(1));
    }
    forms.found
}

/// The forms of a term while they are collected.
struct Forms<'a> {
    term: &'a [char],
    parts: &'a [Vec<&'static str>],
    found: Vec<Vec<char>>,
}

impl Forms<'_> {
    /// Adds the form in which the character at each place is split in the chosen way, or stays whole.
    fn add(&mut self, way: impl Fn(usize) -> Option<usize>) {
        let mut form = Vec::new();
        for (at, c) in self.term.iter().enumerate() {
            match way(at).and_then(|way| self.parts[at].get(way)) {
                Some(parts) => form.extend(parts.chars()),
                None => form.push(*c),
            }
        }
        if form != self.term && self.found.len() < MOST && !self.found.contains(&form) {
            self.found.push(form);
        }
    }
}

/// Counts on: each digit up to its own limit. False when all have been.
fn next(digits: &mut [usize], limit: impl Fn(usize) -> usize) -> bool {
    for (at, digit) in digits.iter_mut().enumerate() {
        if *digit < limit(at) {
            *digit += 1;
            return true;
        }
        *digit = 0;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_split_alone_and_together() {
        let term: Vec<char> = "机密".chars().collect();
        let forms: Vec<String> = forms(&term).into_iter().map(|form| form.into_iter().collect()).collect();
        for form in ["木几密", "机宀必山", "木几宀必山", "机宓山"] {
            assert!(forms.iter().any(|found| found == form), "{form}");
        }
        assert!(!forms.iter().any(|form| form == "机密"));
    }

    #[test]
    fn the_table_is_in_order_and_every_line_is_found() {
        let mut last = '\0';
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let (whole, parts) = line.split_once('\t').unwrap();
            let c = whole.chars().next().unwrap();
            assert!(c > last, "{line}");
            assert_eq!(parts_of(c).collect::<Vec<_>>(), parts.split(' ').collect::<Vec<_>>());
            last = c;
        }
        assert_eq!(parts_of('一').count() + parts_of('A').count() + parts_of('\u{10FFFF}').count(), 0);
    }

    #[test]
    fn in_a_long_term_every_character_is_still_split_alone() {
        let term: Vec<char> = "应急指挥部通讯录调整方案请示稿".chars().collect();
        let forms = forms(&term);
        assert_eq!(forms.len(), MOST);
        for (at, c) in term.iter().enumerate() {
            for parts in parts_of(*c) {
                let form: Vec<char> = [&term[..at], &parts.chars().collect::<Vec<_>>(), &term[at + 1..]].concat();
                assert!(forms.contains(&form), "{parts}");
            }
        }
    }
}
