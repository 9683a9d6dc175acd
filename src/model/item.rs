//! An item 信息: what is published of it, and the moves that its status may make.
//!
//! Promise 1 begins here: the only way to [`Status::Published`] leads through [`Status::Queued`] and
//! [`Status::Approved`], and the table below is the only table. The database repeats it as a CHECK.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::clock::When;
use super::digest::{BlobId, ContentHash, Digest};
use super::ids::{ColumnId, UnitId};

/// A file that is published with an item.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// File name as shown and as in `/items/{id}/files/{name}`; no path, at most 200 bytes.
    pub name: String,
    /// Media type by content, not by name.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// The file.
    pub blob: BlobId,
    /// Its text as it was screened, for the index (a blob of UTF-8).
    pub text: Option<BlobId>,
    /// Where it was collected.
    pub url: String,
}

/// What is published of an item: everything a reader can see, and nothing else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Content {
    /// ArticleTitle.
    pub title: String,
    /// Body as the allow-list sanitiser wrote it.
    pub html: String,
    /// The same body as plain text, a paragraph a line.
    pub text: String,
    /// When the source published it 源发布时间.
    pub published: Option<When>,
    /// The date of the document itself 成文日期.
    pub written: Option<Date>,
    /// ContentSource 来源: the unit's name, never an account name.
    pub origin: String,
    /// Author as the page names one.
    pub author: Option<String>,
    /// 文号, normalised: `衢政办发〔2008〕12号`.
    pub document_number: Option<String>,
    /// 索引号 of information disclosure.
    pub index_number: Option<String>,
    /// Where it was published first; empty for a submission.
    pub source_url: String,
    /// The unit that answers for it.
    pub unit: UnitId,
    /// The column it stands in.
    pub column: ColumnId,
    /// Files published with it.
    pub attachments: Vec<Attachment>,
}

impl Content {
    /// The exact bytes that are stored, hashed, signed and served from: JSON with the fields in the order of
    /// the declaration. A change of this form is a new permit version.
    ///
    /// # Errors
    /// Never for a value made by this program; the signature is serde's.
    pub fn bytes(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The hash of stored content bytes.
    #[must_use]
    pub fn hash_of(bytes: &str) -> ContentHash {
        ContentHash(Digest::of_parts(&[b"menhu-content-1", bytes.as_bytes()]))
    }
}

/// Where an item stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The gate did not let it pass 隔离: seen by security officers only.
    Quarantined,
    /// The gate let it pass; a person decides next 待审.
    Queued,
    /// Decided; the publisher is next.
    Approved,
    /// On the site 已发布.
    Published,
    /// Sent back with a reason 退回.
    Returned,
    /// Taken off the site 撤稿.
    Withdrawn,
    /// Closed in quarantine: it stays out for good.
    Dismissed,
}

impl Status {
    /// Every status, in the order of an item's way.
    pub const ALL: [Self; 7] = [
        Self::Quarantined,
        Self::Queued,
        Self::Approved,
        Self::Published,
        Self::Returned,
        Self::Withdrawn,
        Self::Dismissed,
    ];

    /// The word in the database and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Queued => "queued",
            Self::Approved => "approved",
            Self::Published => "published",
            Self::Returned => "returned",
            Self::Withdrawn => "withdrawn",
            Self::Dismissed => "dismissed",
        }
    }

    /// The word on screen.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Quarantined => "隔离",
            Self::Queued => "待审",
            Self::Approved => "待发布",
            Self::Published => "已发布",
            Self::Returned => "退回",
            Self::Withdrawn => "已撤稿",
            Self::Dismissed => "不予发布",
        }
    }

    /// Reads the word of [`Status::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.word() == word)
    }

    /// Whether an item may go from here to `to`. `Queued` and `Quarantined` are reached by screening alone,
    /// `Published` by the publisher alone.
    #[must_use]
    pub fn may_become(self, to: Self) -> bool {
        use Status::{Approved, Dismissed, Published, Quarantined, Queued, Returned, Withdrawn};
        match self {
            Quarantined => matches!(to, Queued | Quarantined | Dismissed),
            Queued => matches!(to, Approved | Returned | Quarantined | Queued | Withdrawn),
            Approved => matches!(to, Published | Queued | Quarantined | Withdrawn | Returned),
            Published => matches!(to, Withdrawn | Queued | Quarantined),
            Returned | Withdrawn => matches!(to, Queued | Quarantined),
            Dismissed => matches!(to, Quarantined),
        }
    }

    /// Checks a move.
    ///
    /// # Errors
    /// [`IllegalMove`] where the table does not know it.
    pub fn check_move(self, to: Self) -> Result<(), IllegalMove> {
        if self.may_become(to) { Ok(()) } else { Err(IllegalMove { from: self, to }) }
    }
}

/// A move that the table of [`Status::may_become`] does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an item that is {} cannot become {}", from.word(), to.word())]
pub struct IllegalMove {
    /// Where the item stands.
    pub from: Status,
    /// Where it was to go.
    pub to: Status,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_approved_items_are_published() {
        for status in Status::ALL {
            assert_eq!(status.may_become(Status::Published), status == Status::Approved, "{status:?}");
            assert_eq!(Status::of_word(status.word()), Some(status));
        }
    }

    #[test]
    fn quarantine_has_no_short_way_out() {
        assert!(!Status::Quarantined.may_become(Status::Approved));
        assert!(!Status::Quarantined.may_become(Status::Published));
    }
}
