//! Why a pull is held back (`reliability.md` R8).

use serde::{Deserialize, Serialize};

/// The lists of a pull that must not become empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HeldList {
    Usages,
    People,
    Units,
    RoleTypes,
    Systems,
    Contracts,
    DataProcessing,
}

/// The fields that must not lose their values on many rows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum HeldField {
    LifeCycle,
    StartDate,
    EndDate,
    ResponsibleUnit,
    MainContract,
    Purpose,
    DataSensitivity,
    RiskAssessment,
    /// Of people.
    Email,
    /// Of units.
    ParentUnit,
}

impl HeldField {
    pub const ALL: [Self; 10] = [
        Self::LifeCycle,
        Self::StartDate,
        Self::EndDate,
        Self::ResponsibleUnit,
        Self::MainContract,
        Self::Purpose,
        Self::DataSensitivity,
        Self::RiskAssessment,
        Self::Email,
        Self::ParentUnit,
    ];

    /// The list whose rows have it.
    pub fn list(self) -> HeldList {
        match self {
            Self::Email => HeldList::People,
            Self::ParentUnit => HeldList::Units,
            _ => HeldList::Usages,
        }
    }
}

/// One reason of the guard, with its counts and up to five names as samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum HoldReason {
    /// It was read from another machine than the last one.
    OtherKitos { before: String, now: String },
    /// A list that had rows has none.
    Emptied { list: HeldList, before: usize },
    /// Too many rows of a list would go.
    Removed { list: HeldList, removed: usize, before: usize, samples: Vec<String> },
    /// Too many usages would lose their last owner.
    Stripped { stripped: usize, before: usize, samples: Vec<String> },
    /// Too many usages would change in what the policy looks at.
    Changed { changed: usize, before: usize, samples: Vec<String> },
    /// A field would lose its value on too many of the rows that have one.
    Blanked {
        list: HeldList,
        field: HeldField,
        blanked: usize,
        before: usize,
        samples: Vec<String>,
    },
    /// Too many usages would be shut down, phased out or revived: each a mail to
    /// its owner.
    Moved { moved: usize, before: usize, samples: Vec<String> },
    /// Too many people would be welcomed as owners.
    Assigned { assigned: usize, before: usize },
    /// A role type that the policy counts as owner is gone.
    OwnerRoleGone { name: String },
    /// More rows are absent than the pull could ask for one by one.
    Unconfirmed { count: usize },
}
