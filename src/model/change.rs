//! What happened between two snapshots, each kind with what it carries. People are
//! named by uuid only, so that forgetting someone needs no rewriting of history.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use strum::{EnumDiscriminants, EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use super::field::FieldChange;
use super::snapshot::{LifeCycle, StateOfUse};
use super::spelled::spelled;

/// One thing that happened. The variants are the kinds of `docs/contract.md`, in its
/// order and spelling: [`ChangeKind`] is made from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, EnumDiscriminants)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[strum_discriminants(
    name(ChangeKind),
    doc = "The kinds of change that `docs/contract.md` names.",
    derive(PartialOrd, Ord, Hash, Serialize, IntoStaticStr, EnumString, VariantArray),
    serde(rename_all = "camelCase"),
    strum(serialize_all = "camelCase")
)]
pub enum Change {
    /// A usage that the baseline did not have.
    Acquired {
        usage: Uuid,
        after: UsageFacts,
    },
    Removed {
        usage: Uuid,
        before: UsageFacts,
    },
    /// Deleted in KITOS and registered anew, under another uuid.
    ReRegistered {
        usage: Uuid,
        before: Uuid,
        after: Uuid,
    },
    InUse(Transition),
    Pilot(Transition),
    PhasingIn(Transition),
    PhasingOut(Transition),
    Decommissioned(Transition),
    Revived(Transition),
    Renamed {
        usage: Uuid,
        before: String,
        after: String,
    },
    OwnerAssigned {
        usage: Uuid,
        person: Uuid,
    },
    OwnerRemoved {
        usage: Uuid,
        person: Uuid,
        departed: bool,
    },
    RoleAssigned {
        usage: Uuid,
        role: Uuid,
        person: Uuid,
    },
    RoleRemoved {
        usage: Uuid,
        role: Uuid,
        person: Uuid,
        departed: bool,
    },
    UnitChanged {
        usage: Uuid,
        before: Option<Uuid>,
        after: Option<Uuid>,
    },
    RegistrationChanged {
        usage: Uuid,
        fields: Vec<FieldChange>,
    },
    /// The shared system was deactivated in KITOS (`after`), or is no longer (`before`).
    SystemDeactivated {
        usage: Uuid,
        before: Option<Uuid>,
        after: Option<Uuid>,
    },
    PersonJoined {
        person: Uuid,
    },
    /// With all that the person had to do with systems: the whole of the story.
    PersonLeft {
        person: Uuid,
        owned: BTreeSet<Uuid>,
        /// Other roles, by usage.
        roles: Vec<HeldRole>,
    },
    PersonChanged {
        person: Uuid,
        fields: Vec<PersonField>,
    },
    RoleTypeChanged {
        role: Uuid,
        before: Option<RoleTypeFacts>,
        after: Option<RoleTypeFacts>,
    },
    OrganizationUnitChanged {
        unit: Uuid,
        before: Option<UnitFacts>,
        after: Option<UnitFacts>,
    },
}

/// A usage that goes from one state of use to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transition {
    pub usage: Uuid,
    pub before: Standing,
    pub after: Standing,
}

impl Transition {
    /// Whether its end date made the difference, and not its life cycle.
    pub fn is_by_date_alone(&self) -> bool {
        self.before.life_cycle == self.after.life_cycle
    }
}

/// A state of use and what it was derived from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    pub state: StateOfUse,
    pub life_cycle: Option<LifeCycle>,
    pub valid_to: Option<NaiveDate>,
}

/// What is worth remembering of a usage that came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageFacts {
    pub name: String,
    pub state: StateOfUse,
    pub owners: BTreeSet<Uuid>,
    pub responsible_unit: Option<Uuid>,
}

/// A role on a usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct HeldRole {
    #[serde(rename = "systemUsageUuid")]
    pub usage: Uuid,
    pub role: Uuid,
}

/// What can change of a person who stays. The values themselves are in `person`
/// alone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, IntoStaticStr,
)]
#[serde(rename_all = "camelCase")]
#[strum(serialize_all = "camelCase")]
pub enum PersonField {
    Name,
    Email,
}

/// What people see of a role type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleTypeFacts {
    pub name: String,
    pub available: bool,
}

/// What people see of a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFacts {
    pub name: String,
    pub parent: Option<Uuid>,
}

spelled!(ChangeKind);

impl ChangeKind {
    /// Whether it is still so of a system that is in this state today (`None`: KITOS no longer
    /// has it). What does not speak of a system's coming and going stays as it is.
    pub fn is_still_so(self, state: Option<StateOfUse>) -> bool {
        use StateOfUse::{Decommissioned, PhasingOut};
        match self {
            Self::Acquired | Self::Revived => state.is_some_and(|state| state != Decommissioned),
            // To be shut down is where that leads.
            Self::PhasingOut => matches!(state, Some(PhasingOut | Decommissioned)),
            Self::Decommissioned => state.is_none_or(|state| state == Decommissioned),
            Self::Removed => state.is_none(),
            _ => true,
        }
    }
}

/// The pattern of the changes that move a usage from one state of use to another.
macro_rules! transition {
    ($transition:pat) => {
        $crate::model::Change::InUse($transition)
            | $crate::model::Change::Pilot($transition)
            | $crate::model::Change::PhasingIn($transition)
            | $crate::model::Change::PhasingOut($transition)
            | $crate::model::Change::Decommissioned($transition)
            | $crate::model::Change::Revived($transition)
    };
}

pub(crate) use transition;

impl Change {
    pub fn kind(&self) -> ChangeKind {
        self.into()
    }

    /// The usage it is about; `None` for people, role types and units.
    pub fn usage(&self) -> Option<Uuid> {
        match self {
            transition!(t) => Some(t.usage),
            Self::Acquired { usage, .. }
            | Self::Removed { usage, .. }
            | Self::ReRegistered { usage, .. }
            | Self::Renamed { usage, .. }
            | Self::OwnerAssigned { usage, .. }
            | Self::OwnerRemoved { usage, .. }
            | Self::RoleAssigned { usage, .. }
            | Self::RoleRemoved { usage, .. }
            | Self::UnitChanged { usage, .. }
            | Self::RegistrationChanged { usage, .. }
            | Self::SystemDeactivated { usage, .. } => Some(*usage),
            Self::PersonJoined { .. }
            | Self::PersonLeft { .. }
            | Self::PersonChanged { .. }
            | Self::RoleTypeChanged { .. }
            | Self::OrganizationUnitChanged { .. } => None,
        }
    }

    /// The person, role type or unit it is about, where it is about one.
    pub fn subject(&self) -> Option<Uuid> {
        match self {
            Self::OwnerAssigned { person, .. }
            | Self::OwnerRemoved { person, .. }
            | Self::RoleAssigned { person, .. }
            | Self::RoleRemoved { person, .. }
            | Self::PersonJoined { person }
            | Self::PersonLeft { person, .. }
            | Self::PersonChanged { person, .. } => Some(*person),
            Self::RoleTypeChanged { role, .. } => Some(*role),
            Self::OrganizationUnitChanged { unit, .. } => Some(*unit),
            _ => None,
        }
    }

    /// How a usage went from one state of use to another, for those that say so.
    pub fn transition(&self) -> Option<&Transition> {
        match self {
            transition!(t) => Some(t),
            _ => None,
        }
    }
}
