//! Folding: which characters the gate takes for the same.
//!
//! Owns the table from a character to its fold: dropped (invisible), gap, weak star, one character, or several. One
//! class joins width, case, traditional and every variant form, compatibility ideographs, radicals and look-alikes,
//! transitively, so that which of several targets is right (乾: 干 or 乾) never matters.
//! Sources: NFKC (UAX #15), OpenCC's characters, Equivalent_Unified_Ideograph (UCD), UTS #39 confusables of Han,
//! Latin and digits; see `tables/NOTICE.md`. Limits: 2 MB, built in some 20 ms when a rule set is compiled.

use std::collections::{HashMap, HashSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::model::Digest;

/// The fold of every strong star; it stands in terms and is never skipped.
pub(super) const STAR: char = '★';

/// What a character is to the gate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Folded<'a> {
    /// Invisible: as if it were not there.
    Drop,
    /// Blank, punctuation or symbol: may be skipped, up to a rule's limit.
    Gap,
    /// An asterisk or its like: a star to a marking, a gap to a word.
    WeakStar,
    /// One character.
    One(char),
    /// Several characters, as NFKC writes ㈱ or ﷺ.
    Many(&'a [char]),
}

const DROP: u32 = 0x0011_0000;
const GAP: u32 = 0x0011_0001;
const WEAK: u32 = 0x0011_0002;
const MANY: u32 = 0x0012_0000;
const BLOCK: usize = 256;
const BLOCKS: usize = 0x11_0000 / BLOCK;

const OPENCC: [&str; 3] = [
    include_str!("tables/opencc-ts-characters.txt"),
    include_str!("tables/opencc-hk-variants.txt"),
    include_str!("tables/opencc-tw-variants.txt"),
];
const VARIANTS: &str = include_str!("tables/variants.txt");
const RADICALS: &str = include_str!("tables/equivalent-unified-ideograph.txt");
const CONFUSABLES: &str = include_str!("tables/confusables.tsv");

/// The table; immutable once built.
pub(super) struct FoldTable {
    pages: Vec<u16>,
    blocks: Vec<[u32; BLOCK]>,
    many: Vec<Box<[char]>>,
    lookalikes: HashSet<char>,
}

impl FoldTable {
    /// Builds the table from the files in `tables/` and NFKC.
    pub(super) fn build() -> Self {
        let classes = Classes::read();
        let mut table = Self {
            pages: Vec::with_capacity(BLOCKS),
            blocks: Vec::new(),
            many: Vec::new(),
            lookalikes: classes.lookalikes.clone(),
        };
        let mut known: HashMap<[u32; BLOCK], u16> = HashMap::new();
        for page in 0..BLOCKS {
            let mut block = [GAP; BLOCK];
            if !is_bare(page) {
                for (low, slot) in block.iter_mut().enumerate() {
                    if let Some(c) = u32::try_from(page * BLOCK + low).ok().and_then(char::from_u32) {
                        *slot = table.code(c, &classes);
                    }
                }
            }
            let next = u16::try_from(table.blocks.len()).unwrap_or(u16::MAX);
            let index = *known.entry(block).or_insert_with(|| {
                table.blocks.push(block);
                next
            });
            table.pages.push(index);
        }
        table
    }

    fn code(&mut self, c: char, classes: &Classes) -> u32 {
        if is_plain_letter(c) {
            return if c.is_alphanumeric() { classes.named(c) as u32 } else { GAP };
        }
        if is_strong_star(c) {
            return STAR as u32;
        }
        if is_weak_star(c) {
            return WEAK;
        }
        if is_invisible(c) {
            return DROP;
        }
        if is_lettered_sign(c) {
            return GAP;
        }
        let parts = classes.parts(c);
        match parts.as_slice() {
            [] => GAP,
            [one] => *one as u32,
            _ => {
                self.many.push(parts.into_boxed_slice());
                MANY + u32::try_from(self.many.len() - 1).unwrap_or(0)
            }
        }
    }

    /// What `c` is.
    pub(super) fn of(&self, c: char) -> Folded<'_> {
        self.decode(self.blocks[usize::from(self.pages[c as usize / BLOCK])][c as usize % BLOCK])
    }

    fn decode(&self, code: u32) -> Folded<'_> {
        match code {
            DROP => Folded::Drop,
            GAP => Folded::Gap,
            WEAK => Folded::WeakStar,
            code if code >= MANY => Folded::Many(&self.many[(code - MANY) as usize]),
            code => char::from_u32(code).map_or(Folded::Gap, Folded::One),
        }
    }

    /// The blocks of the table, for the denser table of a compiled set: which block each page of 256 has, and the
    /// folds in each block.
    pub(super) fn blocks(&self) -> (&[u16], impl Iterator<Item = impl Iterator<Item = Folded<'_>>>) {
        (&self.pages, self.blocks.iter().map(|block| block.iter().map(|code| self.decode(*code))))
    }

    /// Names the table by what it says of every character: another where any character is folded otherwise.
    pub(super) fn name(&self) -> u64 {
        let pages: Vec<u8> = self.pages.iter().flat_map(|page| page.to_le_bytes()).collect();
        let blocks: Vec<u8> = self.blocks.iter().flatten().flat_map(|code| code.to_le_bytes()).collect();
        let many: Vec<u8> = self.many.iter().flatten().flat_map(|part| (*part as u32).to_le_bytes()).collect();
        let digest = Digest::of_parts(&[&pages, &blocks, &many]);
        digest.as_bytes().iter().take(8).fold(0, |name, byte| name << 8 | u64::from(*byte))
    }

    /// The text as the gate reads it: invisible characters and gaps gone, weak stars too.
    pub(super) fn fold(&self, text: &str) -> Vec<char> {
        let mut out = Vec::with_capacity(text.len() / 3 + 1);
        for c in text.chars() {
            match self.of(c) {
                Folded::One(folded) => out.push(folded),
                Folded::Many(several) => out.extend_from_slice(several),
                Folded::Drop | Folded::Gap | Folded::WeakStar => {}
            }
        }
        out
    }

    /// Whether `c` got its class through the table of look-alikes.
    pub(super) fn is_lookalike(&self, c: char) -> bool {
        self.lookalikes.contains(&c)
    }
}

/// The classes while they are joined: union-find over characters.
struct Classes {
    parent: HashMap<char, char>,
    lookalikes: HashSet<char>,
    /// How often OpenCC gives a character as the simplified form.
    simplified: HashMap<char, usize>,
    /// The name of a class, by its root: the member that is simplified most often.
    names: HashMap<char, char>,
}

impl Classes {
    fn read() -> Self {
        let mut classes = Self {
            parent: HashMap::new(),
            lookalikes: HashSet::new(),
            simplified: HashMap::new(),
            names: HashMap::new(),
        };
        for line in OPENCC[0].lines().filter(|line| is_data(line)) {
            let (from, targets) = line.split_once('\t').unwrap_or_default();
            let others = targets.split(' ').filter(|target| *target != from).filter_map(single);
            others.for_each(|c| *classes.simplified.entry(c).or_default() += 1);
        }
        for line in OPENCC.iter().flat_map(|file| file.lines()).chain(VARIANTS.lines()).filter(|line| is_data(line)) {
            if let Some((from, targets)) = line.split_once('\t') {
                for target in targets.split(' ') {
                    if let (Some(from), Some(target)) = (single(from), single(target)) {
                        classes.join(from, target);
                    }
                }
            }
        }
        for line in RADICALS.lines().filter(|line| is_data(line)) {
            classes.read_radical(line);
        }
        for line in CONFUSABLES.lines().filter(|line| is_data(line)) {
            if let Some((Some(from), Some(target))) = line.split_once('\t').map(|(a, b)| (single(a), single(b))) {
                // a character that has a class keeps it: ƽ is like 5 and like s, which must not become one
                if !classes.parent.contains_key(&from) {
                    classes.lookalikes.insert(from);
                    classes.parent.insert(from, classes.root(target.to_ascii_lowercase()));
                }
            }
        }
        classes.name();
        classes
    }

    /// Names each class. Detectors compare with everyday characters, so the everyday member must be the name.
    fn name(&mut self) {
        let members: HashSet<char> = self.parent.iter().flat_map(|(from, to)| [*from, *to]).collect();
        // a radical sign is no letter: it must not name the class of the component that it shows
        let score = |c: &char| {
            let simplified = self.simplified.get(c).copied().unwrap_or(0);
            (c.is_alphanumeric(), simplified, everyday(*c), std::cmp::Reverse(*c as u32))
        };
        let mut names: HashMap<char, char> = HashMap::new();
        for member in members {
            let root = self.root(member);
            let name = names.entry(root).or_insert(root);
            if score(&member) > score(name) {
                *name = member;
            }
        }
        self.names = names;
    }

    /// The name of the class of `c`.
    fn named(&self, c: char) -> char {
        let root = self.root(c);
        self.names.get(&root).copied().unwrap_or(root)
    }

    /// `2E8C..2E8D  ; 5C0F  # …`
    fn read_radical(&mut self, line: &str) {
        let mut fields = line.split(['#', ';']).map(str::trim);
        let (Some(range), Some(target)) = (fields.next(), fields.next()) else { return };
        let (first, last) = range.split_once("..").unwrap_or((range, range));
        let number = |text| u32::from_str_radix(text, 16).ok();
        if let (Some(first), Some(last), Some(target)) = (number(first), number(last), number(target)) {
            for from in first..=last {
                if let (Some(from), Some(target)) = (char::from_u32(from), char::from_u32(target)) {
                    self.join(from, target);
                }
            }
        }
    }

    fn root(&self, c: char) -> char {
        let mut at = c;
        while let Some(parent) = self.parent.get(&at) {
            at = *parent;
        }
        at
    }

    /// Joins the classes of two characters under lower case.
    fn join(&mut self, from: char, target: char) {
        let lower = |c: char| c.to_lowercase().next().unwrap_or(c);
        let (from, target) = (self.root(lower(from)), self.root(lower(target)));
        if from != target {
            self.parent.insert(from, target);
        }
    }

    /// The fold of one character: what is left of its NFKC form in lower case, each part named by its class.
    fn parts(&self, c: char) -> Vec<char> {
        let stars_and_parts = |part: char| if is_strong_star(part) { STAR } else { self.named(part) };
        if !has_compatibility_form(c) {
            return if c.is_alphanumeric() { c.to_lowercase().map(stars_and_parts).collect() } else { Vec::new() };
        }
        let joined = if self.parent.contains_key(&c) { self.named(c) } else { c };
        let parts = std::iter::once(joined).nfkc().flat_map(char::to_lowercase);
        parts.filter(|part| part.is_alphanumeric() && !is_invisible(*part)).map(stars_and_parts).collect()
    }
}

/// ASCII before GB 2312 before all else.
fn everyday(c: char) -> u8 {
    let text = c.to_string();
    let (bytes, _, unmappable) = encoding_rs::GBK.encode(&text);
    match *bytes {
        [_] if !unmappable => 2,
        [lead, trail] if lead >= 0xB0 && trail >= 0xA1 && !unmappable => 1,
        _ => 0,
    }
}

fn single(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

fn is_data(line: &str) -> bool {
    !line.is_empty() && !line.starts_with('#')
}

/// Planes without an assigned letter or sign that could carry text.
fn is_bare(page: usize) -> bool {
    matches!(page >> 8, 4..=13 | 15..=16)
}

/// Where NFKC changes anything (Unicode 17); elsewhere the lookup would be wasted.
fn has_compatibility_form(c: char) -> bool {
    matches!(c as u32, 0..=0x33FF | 0xA000..=0xABFF | 0xF900..=0xFFFF | 0x1_0780..=0x1_07BF | 0x1_C000..=0x1_FFFF
        | 0x2_F800..=0x2_FA1F)
}

/// Blocks of ideographs and Hangul: no case, no compatibility form, no sign among them.
fn is_plain_letter(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x9FFF | 0xAC00..=0xD7A3 | 0x2_0000..=0x2_F7FF | 0x3_0000..=0x3_FFFF)
}

/// Stars that only a marking would use.
fn is_strong_star(c: char) -> bool {
    matches!(c, '★' | '☆' | '⭐' | '🌟' | '⋆' | '✡' | '✦' | '✧' | '⚝' | '⍟' | '⭑' | '⭒' | '🟉' | '🟊')
        || matches!(c, '\u{2729}'..='\u{2730}' | '\u{1F7C0}'..='\u{1F7D8}')
}

/// Asterisks and reference marks, which stand for stars and for much else.
fn is_weak_star(c: char) -> bool {
    matches!(c, '*' | '＊' | '﹡' | '※' | '∗' | '⁎' | '⁑' | '⁕' | '٭' | '\u{2731}'..='\u{2749}')
}

/// Signs that stand between words as punctuation does, though NFKC spells them with letters.
fn is_lettered_sign(c: char) -> bool {
    matches!(c, '№' | '™' | '℠' | '℡' | '℻')
}

/// Format characters (Cf), variation selectors, blank jamo, the blank of Braille, controls, combining marks.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c,
        '\0'..='\u{8}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{84}' | '\u{86}'..='\u{9F}' | '\u{AD}' | '\u{34F}'
        | '\u{600}'..='\u{605}' | '\u{61C}' | '\u{6DD}' | '\u{70F}' | '\u{890}'..='\u{891}' | '\u{8E2}'
        | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{110BD}' | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
        || is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_for_every_form() {
        let table = FoldTable::build();
        let classes = [
            ["机密", "機密", "机宻"],
            ["绝密", "絕密", "絶密"],
            ["秘密", "祕密", "㊙密"],
            ["身份证", "⾝份證", "身份証"],
            ["后发干面", "後發幹麵", "后髮乾麪"],
            ["abc123", "ＡＢＣ１２３", "𝐀𝓑𝖈①²𝟛"],
            ["内部使用", "內部使⽤", "内\u{FE00}部\u{200B}使\u{AD}用"],
        ];
        for forms in classes {
            for form in forms {
                assert_eq!(table.fold(form), table.fold(forms[0]), "{form}");
            }
        }
    }

    #[test]
    fn what_is_dropped_what_is_a_gap_what_is_a_star() {
        let table = FoldTable::build();
        for c in ['\u{200B}', '\u{2060}', '\u{FEFF}', '\u{180E}', '\u{20DD}', '\u{E0041}', '\u{3164}', '\u{FE0F}'] {
            assert_eq!(table.of(c), Folded::Drop, "{:x}", c as u32);
        }
        for c in
            [' ', '\u{3000}', '\u{A0}', '·', '№', '™', '。', '-', '_', '/', '🔒', '\u{FFFD}', '\n', '●', '\u{E000}']
        {
            assert_eq!(table.of(c), Folded::Gap, "{:x}", c as u32);
        }
        assert_eq!(table.of('☆'), Folded::One(STAR));
        assert_eq!(table.of('*'), Folded::WeakStar);
        assert_eq!(table.of('㏂'), Folded::Many(&['a', 'm']));
    }

    #[test]
    fn everyday_characters_stay_apart() {
        let table = FoldTable::build();
        for pair in ["土士", "已己", "未末", "0o", "1l", "日曰", "干千"] {
            let mut folds = pair.chars().map(|c| table.of(c));
            assert_ne!(folds.next(), folds.next(), "{pair}");
        }
    }
}
