//! What the configuration's names and uuids were found to mean: they follow what they
//! mean through a new name, and through being made anew (`docs/policy.md`, "The right
//! person").

use uuid::Uuid;

use super::roles::RecordedRoles;
use crate::register::lineage::{Identities, identity};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bindings {
    pub roles: RecordedRoles,
    pub identities: Identities,
}

impl Bindings {
    /// The usage that a uuid of KITOS's means, today's or an earlier one.
    pub fn usage(&self, kitos_uuid: Uuid) -> Uuid {
        identity(&self.identities, kitos_uuid)
    }
}
