//! Why a pull is held back (`docs/reliability.md` R8).

use std::collections::BTreeMap;
use std::mem::discriminant;

use serde::{Deserialize, Serialize};

use super::mail::MailKind;
use super::spelled::spelled;

spelled! {
    "camelCase",
    /// The lists of a pull that must not become empty.
    pub enum HeldList {
        Usages,
        People,
        Units,
        RoleTypes,
        Systems,
        Contracts,
        DataProcessing,
    }
}

/// One reason of the guard, with its counts and up to five names as samples. Its words stand
/// under its name in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
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
    /// A rule would report too many usages that it does not report now.
    NewlyFaulty {
        /// The rule's id.
        rule: String,
        faulty: usize,
        before: usize,
        /// Where mail to their owners would go to a domain that is not allowed.
        domain: Option<String>,
        samples: Vec<String>,
    },
    /// A field would lose its value on too many of the rows that have one.
    Blanked {
        list: HeldList,
        /// As the keys of its words have it.
        field: String,
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

impl HoldReason {
    /// Whether it says the same of another pull; counts and samples may differ.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Emptied { list: a, .. }, Self::Emptied { list: b, .. })
            | (Self::Removed { list: a, .. }, Self::Removed { list: b, .. }) => a == b,
            (Self::NewlyFaulty { rule: a, .. }, Self::NewlyFaulty { rule: b, .. }) => a == b,
            (
                Self::Blanked { list: a, field: a_field, .. },
                Self::Blanked { list: b, field: b_field, .. },
            ) => (a, a_field) == (b, b_field),
            _ => discriminant(self) == discriminant(other),
        }
    }
}

/// One thing in KITOS that explains why many usages would be judged otherwise.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum HoldCause {
    /// One owner is a user no more.
    Leaver { person: String },
    /// The addresses of owners lie in another domain now.
    Domain { before: String, now: String, allowed: bool },
    /// A unit has another name.
    UnitRenamed { before: String, now: String },
    /// The people of one role type have another one now.
    RoleReplaced { before: String, now: String },
}

spelled! {
    "lowercase",
    /// What became of a pull that was held.
    pub enum HeldEnd {
        /// A person let it in.
        Released,
        /// A person threw it away.
        Discarded,
        /// A later pull was in order.
        Cleared,
        /// A later pull is held instead.
        Superseded,
    }
}

/// What would follow if a person released the pull.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HoldOutlook {
    /// The cause that explains most, of each kind.
    pub causes: Vec<Explained>,
    /// How many findings each rule (by id) would open.
    pub rules: BTreeMap<String, usize>,
    /// How many mails of each kind would go out, with the reminders of the next run.
    pub mails: BTreeMap<MailKind, usize>,
    /// Why it could not be released at all, if so.
    pub refused: Option<String>,
}

/// How much a cause explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explained {
    #[serde(flatten)]
    pub cause: HoldCause,
    /// So many of …
    pub systems: usize,
    /// … the systems that would be judged otherwise.
    pub of: usize,
}
