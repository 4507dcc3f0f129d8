//! What happened between two snapshots, in the field's own words.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The kinds of change that `contract.md` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeKind {
    Acquired,
    Removed,
    ReRegistered,
    InUse,
    Pilot,
    PhasingIn,
    PhasingOut,
    Decommissioned,
    Revived,
    Renamed,
    OwnerAssigned,
    OwnerRemoved,
    RoleAssigned,
    RoleRemoved,
    UnitChanged,
    RegistrationChanged,
    SystemDeactivated,
    PersonJoined,
    PersonLeft,
    PersonChanged,
    RoleTypeChanged,
    OrganizationUnitChanged,
}

impl ChangeKind {
    pub const ALL: [Self; 22] = [
        Self::Acquired,
        Self::Removed,
        Self::ReRegistered,
        Self::InUse,
        Self::Pilot,
        Self::PhasingIn,
        Self::PhasingOut,
        Self::Decommissioned,
        Self::Revived,
        Self::Renamed,
        Self::OwnerAssigned,
        Self::OwnerRemoved,
        Self::RoleAssigned,
        Self::RoleRemoved,
        Self::UnitChanged,
        Self::RegistrationChanged,
        Self::SystemDeactivated,
        Self::PersonJoined,
        Self::PersonLeft,
        Self::PersonChanged,
        Self::RoleTypeChanged,
        Self::OrganizationUnitChanged,
    ];

    /// The spelling in JSON, in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acquired => "acquired",
            Self::Removed => "removed",
            Self::ReRegistered => "reRegistered",
            Self::InUse => "inUse",
            Self::Pilot => "pilot",
            Self::PhasingIn => "phasingIn",
            Self::PhasingOut => "phasingOut",
            Self::Decommissioned => "decommissioned",
            Self::Revived => "revived",
            Self::Renamed => "renamed",
            Self::OwnerAssigned => "ownerAssigned",
            Self::OwnerRemoved => "ownerRemoved",
            Self::RoleAssigned => "roleAssigned",
            Self::RoleRemoved => "roleRemoved",
            Self::UnitChanged => "unitChanged",
            Self::RegistrationChanged => "registrationChanged",
            Self::SystemDeactivated => "systemDeactivated",
            Self::PersonJoined => "personJoined",
            Self::PersonLeft => "personLeft",
            Self::PersonChanged => "personChanged",
            Self::RoleTypeChanged => "roleTypeChanged",
            Self::OrganizationUnitChanged => "organizationUnitChanged",
        }
    }

    /// The inverse of [`as_str`](Self::as_str).
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One thing that happened. People appear in `before` and `after` by uuid only,
/// so that forgetting someone needs no rewriting of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub kind: ChangeKind,
    /// The usage it is about; `None` for people, role types and units.
    pub usage: Option<Uuid>,
    /// The person, role type or unit it is about, where it is about one.
    pub subject: Option<Uuid>,
    /// What held before, in the change kind's own shape; `Null` where nothing did.
    pub before: Value,
    /// What holds now; `Null` where nothing does.
    pub after: Value,
}
