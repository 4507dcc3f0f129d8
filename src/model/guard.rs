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
    /// A list that had rows has none.
    Emptied { list: HeldList, before: usize },
    /// Too many rows of a list would go.
    Removed { list: HeldList, removed: usize, before: usize, samples: Vec<String> },
    /// Too many usages would lose their last owner.
    Stripped { stripped: usize, before: usize, samples: Vec<String> },
    /// Too many usages would change in what the policy looks at.
    Changed { changed: usize, before: usize, samples: Vec<String> },
    /// Too many usages would be shut down, phased out or revived: each a mail to
    /// its owner.
    Moved { moved: usize, before: usize, samples: Vec<String> },
    /// Too many people would be welcomed as owners.
    Assigned { assigned: usize, before: usize },
    /// Too many people would lose their address, and with it every mail to them.
    Addresses { lost: usize, before: usize },
    /// A role type that the policy counts as owner is gone.
    OwnerRoleGone { name: String },
    /// More rows are absent than the pull could ask for one by one.
    Unconfirmed { count: usize },
}
