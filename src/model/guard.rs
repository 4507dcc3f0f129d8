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
    /// A role type that the policy counts as owner is gone.
    OwnerRoleGone { name: String },
    /// More rows are absent than the pull could ask for one by one.
    Unconfirmed { count: usize },
}
