//! What had to be undone to see a hit, and the least variant level that allows it.
//!
//! Owns the words in `transforms` of a finding and the contract of the levels 0 to 4 (`docs/rules.md`).

use unicode_normalization::UnicodeNormalization;

use super::fold::{FoldTable, Folded, STAR};

/// One way in which a text differs from the term that it stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Transform {
    Width,
    Case,
    Traditional,
    Compatibility,
    Radical,
    Invisible,
    Gap,
    Star,
    LookAlike,
    Numeral,
    Tags,
    Entity,
    Percent,
    Escape,
    Base64,
    Reversed,
    Split,
    StarLeftOut,
    Joined,
    Misread,
    Sound,
    Shape,
}

impl Transform {
    /// The word in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Case => "case",
            Self::Traditional => "traditional",
            Self::Compatibility => "compatibility",
            Self::Radical => "radical",
            Self::Invisible => "invisible",
            Self::Gap => "gap",
            Self::Star => "star",
            Self::LookAlike => "look-alike",
            Self::Numeral => "numeral",
            Self::Tags => "tags",
            Self::Entity => "entity",
            Self::Percent => "percent",
            Self::Escape => "escape",
            Self::Base64 => "base64",
            Self::Reversed => "reversed",
            Self::Split => "split",
            Self::StarLeftOut => "star-left-out",
            Self::Joined => "joined",
            Self::Misread => "misread",
            Self::Sound => "pinyin",
            Self::Shape => "similar-shape",
        }
    }

    /// The words for an officer.
    pub(super) fn chinese(self) -> &'static str {
        match self {
            Self::Width => "全角半角",
            Self::Case => "大小写",
            Self::Traditional => "繁体或异体字",
            Self::Compatibility => "兼容字符",
            Self::Radical => "部首字符",
            Self::Invisible => "不可见字符",
            Self::Gap => "夹杂空格或符号",
            Self::Star => "变形星号",
            Self::LookAlike => "形似字符",
            Self::Numeral => "中文或带圈数字",
            Self::Tags => "夹杂网页标签",
            Self::Entity => "网页实体编码",
            Self::Percent => "百分号编码",
            Self::Escape => "转义编码",
            Self::Base64 => "Base64编码",
            Self::Reversed => "反向显示",
            Self::Split => "拆字",
            Self::StarLeftOut => "省略星号",
            Self::Joined => "拆分在标题和正文中",
            Self::Misread => "编码错读(乱码)",
            Self::Sound => "谐音或拼音",
            Self::Shape => "形近字",
        }
    }

    /// The least `variants` at which it is undone.
    pub(super) fn level(self) -> u8 {
        match self {
            Self::Width | Self::Case | Self::Traditional | Self::Compatibility | Self::Radical | Self::Invisible => 1,
            Self::Gap | Self::Star | Self::LookAlike | Self::Numeral | Self::Tags | Self::Entity => 2,
            Self::Percent
            | Self::Escape
            | Self::Base64
            | Self::Reversed
            | Self::Split
            | Self::StarLeftOut
            | Self::Joined
            | Self::Misread => 3,
            Self::Sound | Self::Shape => 4,
        }
    }
}

/// A set of transforms, in the order of their declaration.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Transforms(Vec<Transform>);

impl Transforms {
    /// Adds one.
    pub(super) fn add(&mut self, transform: Transform) {
        if let Err(at) = self.0.binary_search(&transform) {
            self.0.insert(at, transform);
        }
    }

    /// Adds all of another set.
    pub(super) fn add_all(&mut self, other: &Self) {
        other.0.iter().for_each(|transform| self.add(*transform));
    }

    /// The least `variants` that allows all of them.
    pub(super) fn level(&self) -> u8 {
        self.0.iter().map(|transform| transform.level()).max().unwrap_or(0)
    }

    /// The words in JSON.
    pub(super) fn words(&self) -> Vec<String> {
        self.0.iter().map(|transform| transform.word().to_owned()).collect()
    }

    /// The words for an officer, or nothing.
    pub(super) fn chinese(&self) -> String {
        let words: Vec<&str> = self.0.iter().map(|transform| transform.chinese()).collect();
        words.join("、")
    }
}

/// What differs between `text` and the characters of a term that it folds to.
///
/// `term` holds the characters as the term's author wrote them, gaps and all. Gaps of the text that stand where the
/// term has the same ones are no difference.
pub(super) fn between(text: &str, term: impl Iterator<Item = char> + Clone, folds: &FoldTable) -> Transforms {
    let mut found = Transforms::default();
    if text.chars().eq(term.clone()) {
        return found;
    }
    let mut rest = term.peekable();
    for c in text.chars() {
        if rest.peek() == Some(&c) {
            rest.next();
            continue;
        }
        match folds.of(c) {
            Folded::Drop => found.add(Transform::Invisible),
            Folded::Gap | Folded::WeakStar => match rest.peek() {
                Some(own) if same_gap(*own, c) => {
                    rest.next();
                    found.add(Transform::Width);
                }
                Some(own) if folds.of(*own) == Folded::One(STAR) => {
                    rest.next();
                    found.add(Transform::Star);
                }
                _ => found.add(Transform::Gap),
            },
            Folded::One(fold) => note(c, next_letter(&mut rest, fold, folds, &mut found), folds, &mut found),
            Folded::Many(several) => {
                for fold in several {
                    next_letter(&mut rest, *fold, folds, &mut found);
                }
                found.add(Transform::Compatibility);
            }
        }
    }
    found
}

/// The same punctuation, or its full-width twin.
fn same_gap(own: char, c: char) -> bool {
    own == c || std::iter::once(own).nfkc().eq(std::iter::once(c).nfkc())
}

/// The next letter of the term, for a letter of the text that folds to `fold`. Gaps and stars of the term that the
/// text left out are passed over and noted.
fn next_letter(
    rest: &mut std::iter::Peekable<impl Iterator<Item = char>>,
    fold: char,
    folds: &FoldTable,
    found: &mut Transforms,
) -> Option<char> {
    loop {
        let c = rest.next()?;
        match folds.of(c) {
            Folded::One(STAR) if fold != STAR => found.add(Transform::StarLeftOut),
            Folded::One(_) | Folded::Many(_) => return Some(c),
            Folded::Drop => {}
            Folded::Gap | Folded::WeakStar => found.add(Transform::Gap),
        }
    }
}

/// Notes how `c` differs from the `own` character of the term.
fn note(c: char, own: Option<char>, folds: &FoldTable, found: &mut Transforms) {
    let Some(own) = own else { return };
    if c == own {
        return;
    }
    if folds.of(c) == Folded::One(STAR) {
        return found.add(Transform::Star);
    }
    let lower = |c: char| c.to_lowercase().collect::<String>();
    let plain = std::iter::once(c).nfkc().collect::<String>();
    found.add(match c {
        _ if folds.is_lookalike(c) && !matches!(c, '\u{2E80}'..='\u{2FDF}') && lower(c) != lower(own) => {
            if is_han(own) && is_han(c) { Transform::Traditional } else { Transform::LookAlike }
        }
        _ if lower(c) == lower(own) => Transform::Case,
        '\u{2E80}'..='\u{2FDF}' => Transform::Radical,
        '\u{FF00}'..='\u{FFEF}' => Transform::Width,
        _ if plain.chars().ne([c]) => Transform::Compatibility,
        _ if own.is_ascii_digit() => Transform::Numeral,
        _ => Transform::Traditional,
    });
}

fn is_han(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x9FFF | 0x2_0000..=0x3_FFFF)
}
