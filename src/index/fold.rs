//! Folding for search: width, case, traditional to simplified, one character to one character.
//!
//! Promises: the same fold on the side of the index and on the side of the query; the number of characters never
//! changes, so character `n` of the folded text is character `n` of the text, and highlighting needs no map. The gate's
//! folding is wider and serves another end. Source: Unicode (Halfwidth and Fullwidth Forms, simple case folding), OpenCC
//! (`traditional.txt`).

use unicode_normalization::char::decompose_compatible;

/// Han characters that `traditional.txt` knows: U+3400..=U+9FFF.
const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;
const SIZE: usize = (LAST - FIRST + 1) as usize;

/// For each Han character of the range the one that it folds to, made when the program is compiled.
static SIMPLIFIED: [u16; SIZE] = simplified(include_bytes!("traditional.txt"));

const fn simplified(pairs: &[u8]) -> [u16; SIZE] {
    let mut table = [0u16; SIZE];
    let mut slot = 0;
    while slot < SIZE {
        table[slot] = (FIRST as usize + slot) as u16;
        slot += 1;
    }
    let mut at = 0;
    while at < pairs.len() {
        match pairs[at] {
            b'#' => {
                while at < pairs.len() && pairs[at] != b'\n' {
                    at += 1;
                }
            }
            b'\n' => at += 1,
            _ => {
                table[(han(pairs, at) - FIRST) as usize] = han(pairs, at + 3) as u16;
                at += 6;
            }
        }
    }
    table
}

/// The three-byte UTF-8 character at `at`.
const fn han(text: &[u8], at: usize) -> u32 {
    ((text[at] as u32 & 0x0F) << 12) | ((text[at + 1] as u32 & 0x3F) << 6) | (text[at + 2] as u32 & 0x3F)
}

/// Folds one character.
#[must_use]
pub fn fold(character: char) -> char {
    match character {
        '\0'..='\u{7F}' => character.to_ascii_lowercase(),
        '\u{3000}' => ' ',
        '\u{3001}'..='\u{33FF}' => rare(character),
        '\u{3400}'..='\u{9FFF}' => simple(character),
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(character) - 0xFEE0).map_or(character, |narrow| narrow.to_ascii_lowercase())
        }
        _ => rare(character),
    }
}

fn simple(character: char) -> char {
    let slot = (u32::from(character).wrapping_sub(FIRST)) as usize;
    SIMPLIFIED.get(slot).and_then(|folded| char::from_u32(u32::from(*folded))).unwrap_or(character)
}

/// Compatibility forms (NFKC) and letters with case, where one character comes of one.
fn rare(character: char) -> char {
    let mut parts = [None; 2];
    let mut count = 0;
    decompose_compatible(character, |part| {
        if let Some(slot) = parts.get_mut(count) {
            *slot = Some(part);
        }
        count += 1;
    });
    let base = match (count, parts[0]) {
        (1, Some(part)) => part,
        _ => character,
    };
    let mut lower = base.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(small), None) => simple(small),
        _ => simple(base),
    }
}

/// Folds a text; as many characters come out as went in.
#[must_use]
pub fn fold_text(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// Whether a folded character is a letter or digit of any script. What is none, is a gap between words.
#[must_use]
pub fn is_letter(folded: char) -> bool {
    match folded {
        '\0'..='\u{7F}' => folded.is_ascii_alphanumeric(),
        '\u{4E00}'..='\u{9FFF}' => true,
        _ => folded.is_alphanumeric(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_case_and_traditional_fold_to_one_form() {
        assert_eq!(fold_text("衢政辦發〔２００８〕１２號　ＡＢc"), "衢政办发〔2008〕12号 abc");
        assert_eq!(fold_text("乾著瞭後裡號"), "干着了后里号");
        assert_eq!(fold_text("İß㈠①Éﾊ"), "İß㈠1éハ");
    }

    #[test]
    fn folding_is_stable_and_keeps_the_count() {
        for code in 0..=0x10_FFFFu32 {
            let Some(character) = char::from_u32(code) else { continue };
            assert_eq!(fold(fold(character)), fold(character), "U+{code:04X}");
        }
    }

    #[test]
    fn letters_and_gaps() {
        for letter in ['府', '〇', '7', 'й', 'か', '𠀀'] {
            assert!(is_letter(letter), "{letter:?}");
        }
        for gap in ['，', ' ', '〔', '\0', '😀', '\u{200B}', '_'] {
            assert!(!is_letter(gap), "{gap:?}");
        }
    }
}
