//! Other ways to write a term that the gate reads as the same: for showing an officer what a new word will catch.
//!
//! Made from the very tables of folding and splitting, so what is shown is what is caught. A few forms a term, the usual
//! ones first; never all of them.

use super::fold::{FoldTable, Folded};
use super::split;

/// Characters that are looked through for others of the same class: CJK, its extension A and compatibility forms.
const RANGES: [std::ops::RangeInclusive<u32>; 3] = [0x4E00..=0x9FFF, 0x3400..=0x4DBF, 0xF900..=0xFAFF];
/// Split forms shown.
const SPLITS: usize = 3;

/// The term in its traditional and variant forms, and with characters taken apart.
#[must_use]
pub fn other_forms(term: &str) -> (Vec<String>, Vec<String>) {
    let folds = FoldTable::build();
    let classes: Vec<Option<char>> = term.chars().map(|c| class(&folds, c)).collect();
    let mut others: Vec<Vec<char>> = vec![Vec::new(); classes.len()];
    for code in RANGES.into_iter().flatten() {
        let Some(other) = char::from_u32(code) else { continue };
        let Some(found) = class(&folds, other) else { continue };
        for ((own, c), others) in classes.iter().zip(term.chars()).zip(&mut others) {
            if *own == Some(found) && other != c {
                others.push(other);
            }
        }
    }
    let most = others.iter().map(Vec::len).max().unwrap_or(0).min(2);
    let written = |nth: usize| -> String {
        term.chars().zip(&others).map(|(c, others)| others.get(nth).or(others.first()).copied().unwrap_or(c)).collect()
    };
    let mut variants: Vec<String> = (0..most).map(written).collect();
    variants.dedup();
    let splits = split::forms(&folds.fold(term)).into_iter().take(SPLITS);
    (variants, splits.map(|form| form.into_iter().collect()).collect())
}

fn class(folds: &FoldTable, c: char) -> Option<char> {
    match folds.of(c) {
        Folded::One(class) => Some(class),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_of_the_same_class() {
        let (variants, splits) = other_forms("机密纪要");
        assert!(variants.iter().any(|form| form.contains('機')), "{variants:?}");
        let folds = FoldTable::build();
        assert!(variants.iter().all(|form| folds.fold(form) == folds.fold("机密纪要")));
        assert!(splits.iter().any(|form| form.contains("木几")), "{splits:?}");
        assert_eq!(other_forms("abc").1, Vec::<String>::new());
    }
}
