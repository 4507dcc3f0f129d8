//! What happens in a municipality, as edits of the [`World`]: each does what
//! KITOS does in that case, moves `lastModified` where KITOS moves it, and is
//! written to the log.

mod people;
mod register;
mod usages;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::world::{Membership, Usage, World};

/// An edit and when it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedEdit {
    pub at: DateTime<Utc>,
    pub edit: Edit,
}

/// What was done.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Acquired { usage: Uuid },
    RoleAssigned { usage: Uuid, role: Uuid, user: Uuid },
    RoleRemoved { usage: Uuid, role: Uuid, user: Uuid },
    PersonJoined { user: Uuid },
    PersonRenamed { user: Uuid },
    PersonLeft { user: Uuid, departure: Departure },
    PersonAnonymised { user: Uuid },
    LifeCycleSet { usage: Uuid, life_cycle: Option<String> },
    ValidToSet { usage: Uuid, valid_to: Option<NaiveDate> },
    Changed { usage: Uuid },
    UsageRemoved { usage: Uuid },
    ReRegistered { before: Uuid, after: Uuid },
    Migrated { usage: Uuid, system: Uuid },
    SystemRenamed { system: Uuid },
    SystemDeactivated { system: Uuid },
    RoleTypeAdded { role: Uuid },
    RoleTypeRenamed { role: Uuid },
    RoleTypeUnavailable { role: Uuid },
    RoleTypeDeleted { role: Uuid },
    UnitAdded { unit: Uuid },
    UnitRenamed { unit: Uuid },
    UnitMoved { unit: Uuid, parent: Uuid },
    UnitRemoved { unit: Uuid },
    MembershipSet { membership: Membership },
    OrganizationDisabled { disabled: bool },
    RelationAdded { from: Uuid, to: Uuid },
    ContractAdded { contract: Uuid },
    ContractChanged { contract: Uuid },
    RegistrationAdded { registration: Uuid },
    RegistrationChanged { registration: Uuid },
}

/// What becomes of the roles of someone who leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// KITOS's usual way: every role goes in the same act.
    LosesRoles,
    /// The assignments stay behind, and point to nobody.
    LeavesRoles,
    /// Every role goes to this person.
    Successor(Uuid),
}

impl World {
    fn note(&mut self, edit: Edit) {
        self.log.push(LoggedEdit { at: self.now, edit });
    }

    /// Edits one usage and moves its `lastModified`.
    fn touch(&mut self, uuid: Uuid, edit: impl FnOnce(&mut Usage)) {
        let now = self.now;
        let usage = self.usages.iter_mut().find(|row| row.uuid == uuid);
        debug_assert!(usage.is_some(), "there is no usage {uuid}");
        if let Some(usage) = usage {
            edit(usage);
            usage.last_modified = now;
        }
    }
}
