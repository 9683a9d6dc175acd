//! What the gate is given and what it says: segments in, a verdict out.
//!
//! There is no verdict "unknown": what could not be read is listed in [`Verdict::unreadable`] and makes the
//! outcome at least [`Outcome::Hold`]. Offsets are UTF-8 bytes into the segment's text as it was given.

use serde::{Deserialize, Serialize};

use super::digest::RuleSetId;
use super::ids::SourceId;
use super::item::Content;

/// Level of secrecy or sensitivity that a rule guards.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Level {
    /// Personal information 个人信息.
    #[serde(rename = "个人信息")]
    Personal,
    /// Internal 内部.
    #[serde(rename = "内部")]
    Internal,
    /// Work secret 工作秘密 (保密法 第六十四条).
    #[serde(rename = "工作秘密")]
    WorkSecret,
    /// Secret 秘密.
    #[serde(rename = "秘密")]
    Secret,
    /// Confidential 机密.
    #[serde(rename = "机密")]
    Confidential,
    /// Top secret 绝密.
    #[serde(rename = "绝密")]
    TopSecret,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 6] =
        [Self::Personal, Self::Internal, Self::WorkSecret, Self::Secret, Self::Confidential, Self::TopSecret];

    /// The word in rules, in JSON and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Personal => "个人信息",
            Self::Internal => "内部",
            Self::WorkSecret => "工作秘密",
            Self::Secret => "秘密",
            Self::Confidential => "机密",
            Self::TopSecret => "绝密",
        }
    }

    /// Reads [`Level::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }
}

/// What a rule asks for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Show it to the reviewer 提示.
    Note,
    /// A security officer decides 保密审查.
    Hold,
    /// It stays out 阻断.
    Block,
}

impl Action {
    /// The word on screen.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Note => "提示",
            Self::Hold => "保密审查",
            Self::Block => "阻断",
        }
    }

    /// Reads the English or the Chinese word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        match word {
            "note" | "提示" => Some(Self::Note),
            "hold" | "保密审查" => Some(Self::Hold),
            "block" | "阻断" => Some(Self::Block),
            _ => None,
        }
    }
}

/// The gate's answer; the worst finding decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It may be queued.
    Pass,
    /// A security officer looks first.
    Hold,
    /// It must not be published.
    Block,
}

impl Outcome {
    /// The word in the database and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Hold => "hold",
            Self::Block => "block",
        }
    }

    /// Reads [`Outcome::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Pass, Self::Hold, Self::Block].into_iter().find(|outcome| outcome.word() == word)
    }
}

/// Which part of an item a text is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Title 标题.
    Title,
    /// Body 正文.
    Body,
    /// Text of the source page outside the body, hidden text among it.
    Page,
    /// An attribute of the source HTML: alt, title, aria, data, meta.
    Attribute,
    /// A comment of the source HTML.
    Comment,
    /// Metadata 元数据: source, author, document number, address, properties of a file.
    Metadata,
    /// Name of an attachment 文件名.
    FileName,
    /// Text of an attachment 附件.
    Attachment,
    /// Title and body as one text, for what is split over them.
    Joined,
}

impl Field {
    /// The word on screen and in `scope` of a rule.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Title => "标题",
            Self::Body => "正文",
            Self::Page => "网页",
            Self::Attribute => "属性",
            Self::Comment => "注释",
            Self::Metadata => "元数据",
            Self::FileName => "文件名",
            Self::Attachment => "附件",
            Self::Joined => "合并",
        }
    }
}

/// What a text was read from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextKind {
    /// A web page 网页, and the title and body that came of it.
    Web,
    /// PDF.
    Pdf,
    /// A word processor's document.
    Word,
    /// A spreadsheet.
    Excel,
    /// Slides.
    Slides,
    /// OFD, GB/T 33190-2016.
    Ofd,
    /// Plain text 文本.
    Plain,
    /// An archive 压缩包: names and remarks in it; the files in it have their own kind.
    Archive,
    /// A picture 图片.
    Picture,
    /// Not known: every rule reads it.
    #[default]
    Unknown,
}

impl TextKind {
    /// Every kind, the unknown one last.
    pub const ALL: [Self; 10] = [
        Self::Web,
        Self::Pdf,
        Self::Word,
        Self::Excel,
        Self::Slides,
        Self::Ofd,
        Self::Plain,
        Self::Archive,
        Self::Picture,
        Self::Unknown,
    ];

    /// The word on screen and in `scope` of a rule.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Web => "网页",
            Self::Pdf => "PDF",
            Self::Word => "Word",
            Self::Excel => "Excel",
            Self::Slides => "PPT",
            Self::Ofd => "OFD",
            Self::Plain => "文本",
            Self::Archive => "压缩包",
            Self::Picture => "图片",
            Self::Unknown => "未知",
        }
    }

    /// Reads [`TextKind::word`] of a kind that is known.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind != Self::Unknown && kind.word().eq_ignore_ascii_case(word))
    }
}

/// A piece of text for the gate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Segment {
    /// What it is.
    pub field: Field,
    /// Where in the item, for people: an attachment's name, an attribute's, a part of a package; may be empty.
    pub place: String,
    /// The text as it was read. Replacement characters stay in it.
    pub text: String,
    /// What it was read from.
    #[serde(default)]
    pub kind: TextKind,
}

impl Segment {
    /// A text of which nobody says what it was read from.
    #[must_use]
    pub fn new(field: Field, place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { field, place: place.into(), text: text.into(), kind: TextKind::Unknown }
    }
}

/// Something that could not be read whole, so that the item is held.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Unreadable {
    /// What: an attachment's name, or empty for the page itself.
    pub place: String,
    /// Why, for people: `needs a password`, `no text layer`, `over 64 MiB`, `the reader crashed`.
    pub reason: String,
}

/// What a rule found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// Level that the rule guards.
    pub level: Level,
    /// What the rule asks for.
    pub action: Action,
    /// Which part.
    pub field: Field,
    /// Where in the item, as [`Segment::place`].
    #[serde(default)]
    pub place: String,
    /// First byte in the segment.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
    /// `text[start..end]` as it was given.
    pub text: String,
    /// What was undone to see it: `width`, `traditional`, `invisible`, `gap`, …
    pub transforms: Vec<String>,
    /// Why this is a finding, in Chinese, for the officer.
    pub why: String,
}

/// The gate's answer for one item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// The rules it was screened under.
    pub rule_set: RuleSetId,
    /// The worst of the findings and of what could not be read.
    pub outcome: Outcome,
    /// Findings, by field and offset.
    pub findings: Vec<Finding>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}

/// What goes to the gate: the content as it would be published, everything else that was read with it, and what
/// could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// What would be published.
    pub content: Content,
    /// The source site it was collected from, where one is known; rules may be limited to some.
    #[serde(default)]
    pub source: Option<SourceId>,
    /// Texts beyond title, body and metadata of `content`: the source page's, the attachments'.
    pub segments: Vec<Segment>,
    /// What could not be read.
    pub unreadable: Vec<Unreadable>,
}
