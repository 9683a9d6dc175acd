//! What people type, read without ever failing: words, "exact phrases", -without, a document number.
//!
//! Flat and total: no operators, no brackets, no depth; every text has a meaning, and the work is bounded by
//! [`TEXT_LIMIT`] and [`TERM_LIMIT`]. User text never reaches tantivy's own query parser, which can be made to overflow the
//! stack. Quotes are `"…"` and `“…”` around whole terms; a minus counts at the beginning of a term.

use jiff::civil::Date;

use super::fold::{fold, is_letter};
use super::gather::Sort;
use super::number::Number;
use crate::model::{ColumnId, UnitId};

/// Characters of a query that are read; the rest is left off, and the answer says so.
pub const TEXT_LIMIT: usize = 100;
/// Terms that are read.
pub const TERM_LIMIT: usize = 32;
/// How deep one can page: results beyond are not given. Fifty pages of twenty.
pub const WINDOW: usize = 1000;

/// A search.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Query {
    /// What was typed. Empty: everything that the filters let through, newest first.
    pub text: String,
    /// Only this column.
    pub column: Option<ColumnId>,
    /// Only this unit.
    pub unit: Option<UnitId>,
    /// Only what was published on or after this day.
    pub from: Option<Date>,
    /// Only what was published on or before this day.
    pub to: Option<Date>,
    /// Only what was published in this year.
    pub year: Option<i16>,
    /// The order.
    pub sort: Sort,
    /// Results to pass over; with `limit` at most [`WINDOW`].
    pub offset: usize,
    /// Results to give.
    pub limit: usize,
}

/// One word or phrase of a query, folded; at least one letter in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Term {
    pub text: String,
    /// Whether it was quoted.
    pub exact: bool,
}

/// A query as it was understood.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Asked {
    /// What was read of the text, as it was typed.
    pub text: String,
    pub terms: Vec<Term>,
    pub without: Vec<Term>,
    pub number: Option<Number>,
    /// Whether some of it was left off.
    pub shortened: bool,
}

impl Asked {
    /// Reads a text.
    pub fn read(text: &str) -> Self {
        let text = text.trim();
        let read: String = text.chars().take(TEXT_LIMIT).collect();
        let mut asked = Self { shortened: read.len() < text.len(), ..Self::default() };
        asked.number = Number::find(&read);
        for piece in pieces(&read) {
            if asked.terms.len() + asked.without.len() == TERM_LIMIT {
                asked.shortened = true;
                break;
            }
            let term = Term { text: piece.letters, exact: piece.quoted };
            if piece.excluded { asked.without.push(term) } else { asked.terms.push(term) }
        }
        if asked.terms.is_empty() {
            // only -words: a minus that stands alone excludes from nothing
            asked.terms = std::mem::take(&mut asked.without);
        }
        asked.text = read;
        asked
    }

    /// Whether it asks for one single character: half of everything holds it, so the newest comes first.
    pub fn is_one_letter(&self) -> bool {
        let mut letters = self.terms.iter().flat_map(|term| term.text.chars());
        letters.next().is_some() && letters.next().is_none()
    }
}

struct Piece {
    letters: String,
    quoted: bool,
    excluded: bool,
}

/// The terms of a text, in order; a term without letters is none.
fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let excluded = matches!(first, '-' | '－') && rest.chars().nth(1).is_some_and(|next| !next.is_whitespace());
        let body = if excluded { &rest[first.len_utf8()..] } else { rest };
        let (term, quoted, after) = quoted(body).unwrap_or_else(|| bare(body));
        let letters: String = term.chars().map(fold).collect();
        let letters = letters.trim_matches(|letter| !is_letter(letter)).to_owned();
        if !letters.is_empty() {
            out.push(Piece { letters, quoted, excluded });
        }
        rest = after.trim_start();
    }
    out
}

/// A quoted term at the beginning of `text` that ends where a term may end.
fn quoted(text: &str) -> Option<(&str, bool, &str)> {
    let first = text.chars().next()?;
    let closing = match first {
        '"' | '＂' => ['"', '＂'],
        '“' | '”' => ['”', '“'],
        _ => return None,
    };
    let inner = &text[first.len_utf8()..];
    let end = inner.find(closing)?;
    let after = inner[end..].chars().next().map_or("", |quote| &inner[end + quote.len_utf8()..]);
    after.chars().next().is_none_or(char::is_whitespace).then_some((&inner[..end], true, after))
}

/// The term up to the next space.
fn bare(text: &str) -> (&str, bool, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (&text[..end], false, &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> (Vec<String>, Vec<String>) {
        let asked = Asked::read(text);
        let shown = |terms: &[Term]| {
            terms.iter().map(|term| if term.exact { format!("[{}]", term.text) } else { term.text.clone() }).collect()
        };
        (shown(&asked.terms), shown(&asked.without))
    }

    #[test]
    fn words_phrases_and_minus() {
        assert_eq!(terms("公積金　提取"), (vec!["公积金".into(), "提取".into()], vec![]));
        assert_eq!(terms("“公积金 提取” -贷款"), (vec!["[公积金 提取]".into()], vec!["贷款".into()]));
        assert_eq!(terms("关于“放管服”改革的通知").0, ["关于“放管服”改革的通知"]);
        assert_eq!(terms("-贷款"), (vec!["贷款".into()], vec![]));
        assert_eq!(terms("\"没有结尾 《档案法》"), (vec!["没有结尾".into(), "档案法".into()], vec![]));
    }

    #[test]
    fn nothing_that_is_typed_fails_and_the_work_is_bounded() {
        for hostile in ["(".repeat(10_000), "NOT ".repeat(5_000), "字".repeat(100_000), "\0\u{202E}😀\"".repeat(99)]
        {
            let asked = Asked::read(&hostile);
            assert!(asked.terms.len() + asked.without.len() <= TERM_LIMIT);
            assert!(asked.terms.iter().map(|term| term.text.chars().count()).sum::<usize>() <= TEXT_LIMIT);
            assert!(asked.shortened);
        }
        assert_eq!(Asked::read("\" - “”"), Asked { text: "\" - “”".into(), ..Asked::default() });
    }

    #[test]
    fn one_letter() {
        assert!(Asked::read(" 水。").is_one_letter());
        assert!(!Asked::read("水库").is_one_letter());
        assert!(!Asked::read("").is_one_letter());
    }
}
