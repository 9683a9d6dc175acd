//! Detectors: structures that a list of words cannot tell, one a file, each naming its standard.
//!
//! Owns the templates that a rule may name. A detector is shown a place (one of its anchor words, or a number) and
//! looks at the original text around it, a bounded number of characters. It says what it saw, or nothing.

mod bank;
mod document_number;
mod identity;
mod internal_note;
mod lone_level;
mod marking;
mod passport;
mod phone;
mod urgency;
mod uscc;
mod work_secret;

use super::numbers::Number;
use super::window::{Seen, Window};
use crate::model::{Field, Level};

/// A structure that a rule may look for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Template {
    /// 密级 with ★ or a period.
    Marking,
    /// 密级 alone in a line or in brackets.
    LoneLevel,
    /// 紧急程度 beside 份号 or 密级.
    Urgency,
    /// 文号 whose 机关代字 holds 密.
    DocumentNumber,
    /// Remarks such as 此件不公开.
    InternalNote,
    /// Resident identity number.
    Identity,
    /// Mobile number.
    Mobile,
    /// Bank card number.
    BankCard,
    /// 工作秘密 with ★, alone in a line or in brackets.
    WorkSecret,
    /// Passport number.
    Passport,
    /// Social credit code.
    CreditCode,
}

/// What a detector saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Sighting {
    /// First byte.
    pub(super) start: usize,
    /// Byte after the last.
    pub(super) end: usize,
    /// Whether the structure is whole; else a rule that blocks only holds.
    pub(super) certain: bool,
    /// The level that the text itself names.
    pub(super) level: Option<Level>,
    /// How it would be written without disguise.
    pub(super) plain: String,
    /// Why, in Chinese.
    pub(super) why: String,
}

/// An anchor word that was found, with the level or word that it stands for.
#[derive(Clone, Copy)]
pub(super) struct Anchor<'a> {
    pub(super) word: &'a str,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) field: Field,
}

impl Template {
    /// Every template.
    pub const ALL: [Self; 11] = [
        Self::Marking,
        Self::LoneLevel,
        Self::Urgency,
        Self::DocumentNumber,
        Self::InternalNote,
        Self::Identity,
        Self::Mobile,
        Self::BankCard,
        Self::WorkSecret,
        Self::Passport,
        Self::CreditCode,
    ];

    /// The word in `template` of a rule.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Marking => "公文密级标志",
            Self::LoneLevel => "密级独行",
            Self::Urgency => "份号与紧急程度",
            Self::DocumentNumber => "密级文号",
            Self::InternalNote => "内部附注",
            Self::Identity => "身份证号",
            Self::Mobile => "手机号",
            Self::BankCard => "银行卡号",
            Self::WorkSecret => "工作秘密标志",
            Self::Passport => "护照号",
            Self::CreditCode => "统一社会信用代码",
        }
    }

    /// Reads [`Template::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|template| template.word() == word)
    }

    /// What it catches, in Chinese, for officers.
    #[must_use]
    pub fn describes(self) -> &'static str {
        match self {
            Self::Marking => {
                "绝密、机密、秘密之后跟★(或形近星号)的标志,以及密级紧跟保密期限的写法(GB/T 9704-2012 7.2.2,兼容1999版)"
            }
            Self::LoneLevel => "单独成行、置于括号内或“密级:”栏中的绝密、机密、秘密(GB/T 9704-2012 7.2.2)",
            Self::Urgency => "单独成行的特急、加急、特提、平急,且邻近有份号或密级(GB/T 9704-2012 7.2.1至7.2.3)",
            Self::DocumentNumber => {
                "机关代字中含“密”的发文字号,如“某密发〔2024〕3号”(GB/T 9704-2012 7.2.5);明电不在此列"
            }
            Self::InternalNote => "“(此件不公开)”“内部资料 注意保存”等附注,单独成行或置于括号内(GB/T 9704-2012 7.3.7)",
            Self::Identity => "公民身份号码,校验出生日期和校验码(GB 11643-1999);15位旧号须邻近“身份证”等字样",
            Self::Mobile => "个人手机号码(11位);邻近“联系电话”“咨询”等公务联系字样的不提示",
            Self::BankCard => "银行卡号(16至19位,校验码符合GB/T 17552),须邻近“银行卡”“账号”等字样",
            Self::WorkSecret => "工作秘密之后跟★,或单独成行、置于括号内、填在“密级”栏中(《保守国家秘密法》第六十四条)",
            Self::Passport => "护照和港澳台通行证号码,须紧跟在“护照”“通行证”等字样之后(ICAO 9303)",
            Self::CreditCode => {
                "统一社会信用代码,校验码相符(GB 32100-2015),须在“信用代码”等字样之后;企业代码一般是公开的,宜只用提示"
            }
        }
    }

    /// The words at which it looks.
    pub(super) fn anchors(self) -> &'static [&'static str] {
        match self {
            Self::Marking | Self::LoneLevel => &LEVELS,
            Self::Urgency => &urgency::WORDS,
            Self::DocumentNumber => &["密"],
            Self::InternalNote => &internal_note::WORDS,
            Self::WorkSecret => &work_secret::WORDS,
            Self::Passport => &passport::WORDS,
            Self::CreditCode => &uscc::WORDS,
            Self::Identity | Self::Mobile | Self::BankCard => &[],
        }
    }

    /// Whether it is shown numbers.
    pub(super) fn reads_numbers(self) -> bool {
        matches!(self, Self::Identity | Self::Mobile | Self::BankCard)
    }

    /// Looks at an anchor.
    pub(super) fn at_anchor(self, window: Window<'_>, anchor: Anchor<'_>) -> Option<Sighting> {
        match self {
            Self::Marking => marking::look(window, anchor),
            Self::LoneLevel => lone_level::look(window, anchor),
            Self::Urgency => urgency::look(window, anchor),
            Self::DocumentNumber => document_number::look(window, anchor),
            Self::InternalNote => internal_note::look(window, anchor),
            Self::WorkSecret => work_secret::look(window, anchor),
            Self::Passport => passport::look(window, anchor),
            Self::CreditCode => uscc::look(window, anchor),
            Self::Identity | Self::Mobile | Self::BankCard => None,
        }
    }

    /// Looks at a number.
    pub(super) fn at_number(self, window: Window<'_>, number: &Number) -> Option<Sighting> {
        match self {
            Self::Identity => identity::look(window, number),
            Self::Mobile => phone::look(window, number),
            Self::BankCard => bank::look(window, number),
            _ => None,
        }
    }
}

/// The three levels of 保守国家秘密法 第十四条.
const LEVELS: [&str; 3] = ["绝密", "机密", "秘密"];

/// Digits of a number as text, X last.
fn written(number: &Number) -> String {
    number.digits.iter().map(|digit| if *digit == 10 { 'X' } else { char::from(b'0' + digit) }).collect()
}

/// Whether letters that stand together begin with `word`.
fn begins_with(seen: &[Seen], word: &str) -> bool {
    let mut chars = seen.iter();
    word.chars().all(|c| chars.next().is_some_and(|seen| seen.solid && seen.char == c))
}

#[cfg(test)]
mod tests;
