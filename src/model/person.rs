//! People: roles, what each may do, and decisions.
//!
//! The three administrators of 等保 (system, security, audit) are kept apart: none of them may do another's work,
//! and none may decide about content as an editor does. Source: `docs/architecture.md`, roles.

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::digest::ContentHash;
use super::ids::{PersonId, UnitId};

/// Role of a staff account; one account has one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// System administrator 系统管理员: accounts, sources, status.
    Administrator,
    /// Security officer 保密员: quarantine and rules.
    SecurityOfficer,
    /// Auditor 审计员: reads the audit.
    Auditor,
    /// Editor of the centre 中心编辑: the queue, returns.
    CentreEditor,
    /// Reviewer of the centre 中心审核: approves, withdraws.
    CentreReviewer,
    /// Editor of a unit 单位编辑.
    UnitEditor,
    /// Reviewer of a unit 单位审核.
    UnitReviewer,
    /// Supervisor 督查: reads all, changes nothing.
    Supervisor,
}

/// Something that a role may or may not do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Right {
    /// See the queue.
    SeeQueue,
    /// Approve and return.
    Decide,
    /// Take an item off the site.
    Withdraw,
    /// See and close quarantined items.
    Quarantine,
    /// Propose and approve rules.
    ChangeRules,
    /// See sources and their state.
    SeeSources,
    /// Enable, disable and run sources.
    ChangeSources,
    /// Make and disable accounts.
    ManagePeople,
    /// Read the audit.
    ReadAudit,
    /// Read the state of the system.
    SeeStatus,
    /// See what became of the own unit's items.
    SeeOwnUnit,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Administrator,
        Self::SecurityOfficer,
        Self::Auditor,
        Self::CentreEditor,
        Self::CentreReviewer,
        Self::UnitEditor,
        Self::UnitReviewer,
        Self::Supervisor,
    ];

    /// The word in the database, on the command line and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::SecurityOfficer => "security-officer",
            Self::Auditor => "auditor",
            Self::CentreEditor => "centre-editor",
            Self::CentreReviewer => "centre-reviewer",
            Self::UnitEditor => "unit-editor",
            Self::UnitReviewer => "unit-reviewer",
            Self::Supervisor => "supervisor",
        }
    }

    /// The word on screen.
    #[must_use]
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Administrator => "系统管理员",
            Self::SecurityOfficer => "保密员",
            Self::Auditor => "审计员",
            Self::CentreEditor => "中心编辑",
            Self::CentreReviewer => "中心审核",
            Self::UnitEditor => "单位编辑",
            Self::UnitReviewer => "单位审核",
            Self::Supervisor => "督查",
        }
    }

    /// Reads [`Role::word`].
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }

    /// Whether the role has the right. The matrix is the whole truth; the console asks nothing else.
    #[must_use]
    pub fn may(self, right: Right) -> bool {
        use Right::{
            ChangeRules, ChangeSources, Decide, ManagePeople, Quarantine, ReadAudit, SeeOwnUnit, SeeQueue, SeeSources,
            SeeStatus, Withdraw,
        };
        match self {
            Self::Administrator => matches!(right, SeeSources | ChangeSources | ManagePeople | SeeStatus),
            Self::SecurityOfficer => matches!(right, Quarantine | ChangeRules | SeeStatus),
            Self::Auditor => matches!(right, ReadAudit | SeeStatus),
            Self::CentreEditor => matches!(right, SeeQueue | SeeSources | SeeStatus),
            Self::CentreReviewer => matches!(right, SeeQueue | Decide | Withdraw | SeeSources | SeeStatus),
            Self::UnitEditor | Self::UnitReviewer => matches!(right, SeeOwnUnit),
            Self::Supervisor => matches!(right, SeeQueue | SeeSources | SeeStatus),
        }
    }
}

/// Who did something, as the audit names it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// A person with an account.
    Person(PersonId),
    /// A part of the system: `collector`, `publisher`, `demo`, `command line`.
    System(String),
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person:{person}"),
            Self::System(part) => write!(f, "system:{part}"),
        }
    }
}

/// What a decision stands on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A reviewer read it.
    Person {
        /// Who.
        person: PersonId,
    },
    /// The unit that owns the source reviewed it before it published, and that review is on record.
    UnitReview {
        /// The unit.
        unit: UnitId,
        /// The record, for people: who signed for the source, and when.
        record: String,
    },
}

/// A recorded approval of exact content. Only this and a `Cleared` together make a permit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// What it stands on.
    pub basis: Basis,
    /// The content that was approved.
    pub content: ContentHash,
    /// When.
    pub at: Timestamp,
    /// Words of the reviewer; may be empty.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_do_not_decide_about_content() {
        for role in [Role::Administrator, Role::SecurityOfficer, Role::Auditor, Role::Supervisor] {
            assert!(!role.may(Right::Decide), "{role:?}");
        }
        assert!(Role::ALL.iter().filter(|role| role.may(Right::Quarantine)).eq([&Role::SecurityOfficer]));
        assert!(Role::ALL.iter().filter(|role| role.may(Right::ReadAudit)).eq([&Role::Auditor]));
    }
}
