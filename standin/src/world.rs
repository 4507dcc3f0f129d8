//! What the stand-in holds: KITOS's entities with the fields that some rule or
//! change looks at. Lists stand in the order of creation, which is the order
//! of KITOS's pages. Nothing is ever taken out of people, role types and units,
//! only marked, because an assignment can still name what is gone.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::edits::LoggedEdit;

/// The name of the default owner role.
pub const OWNER_ROLE: &str = "Systemejer";

/// All of KITOS: our municipality and, as traps, some others.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// What time it is in KITOS: edits are stamped with it, and validity is
    /// judged by it. Tokens live on the machine's clock.
    pub now: DateTime<Utc>,
    /// Our municipality.
    pub organization: Uuid,
    pub membership: Membership,
    pub organizations: Vec<Organization>,
    pub users: Vec<User>,
    pub units: Vec<Unit>,
    pub role_types: Vec<RoleType>,
    pub systems: Vec<System>,
    pub usages: Vec<Usage>,
    pub contracts: Vec<Contract>,
    pub registrations: Vec<Registration>,
    /// The delta feed: hard deletions, oldest first.
    pub deletions: Vec<Deletion>,
    /// Every edit since the beginning, oldest first.
    pub log: Vec<LoggedEdit>,
    /// What uuids are derived from, and how many were.
    pub(crate) namespace: Uuid,
    pub(crate) made: BTreeMap<&'static str, u32>,
}

/// Whether the API user belongs to our municipality.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    Member,
    /// Not any more, and the membership query says so; lists are empty.
    Lost,
    /// Not any more, but the membership query still says yes: only the empty
    /// lists show it.
    LostUnnoticed,
}

/// Whether something is there, as far as KITOS tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Listed,
    /// Role types only: kept on assignments and told when asked for by uuid,
    /// but no longer offered.
    Unavailable,
    /// Not listed, 404 by uuid; an assignment can still name it.
    Gone,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Organization {
    pub uuid: Uuid,
    pub name: String,
    pub cvr: Option<String>,
    pub disabled: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct User {
    pub uuid: Uuid,
    pub organization: Uuid,
    pub first_name: String,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub api_access: bool,
    pub presence: Presence,
}

impl User {
    pub fn name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    pub uuid: Uuid,
    pub organization: Uuid,
    pub name: String,
    /// `None` for the root.
    pub parent: Option<Uuid>,
    /// FK-Organisation's own uuid.
    pub external: Option<Uuid>,
    pub presence: Presence,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RoleType {
    pub uuid: Uuid,
    pub name: String,
    /// "Bruges eksternt"
    pub used_externally: bool,
    pub presence: Presence,
}

/// The shared master record of a system.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    pub uuid: Uuid,
    pub name: String,
    pub former_name: Option<String>,
    pub deactivated: bool,
}

/// An organisation's use of a shared system.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    pub uuid: Uuid,
    pub organization: Uuid,
    pub system: Uuid,
    pub last_modified: DateTime<Utc>,
    pub local_name: Option<String>,
    /// KITOS's own spelling; also one that nobody knows.
    pub life_cycle: Option<String>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub purpose: Option<String>,
    pub business_critical: Option<String>,
    pub main_contract: Option<Uuid>,
    pub responsible_unit: Option<Uuid>,
    pub using_units: Vec<Uuid>,
    pub roles: Vec<Assignment>,
    pub relations: Vec<Uuid>,
    pub gdpr: Gdpr,
}

/// One person in one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    pub user: Uuid,
    pub role: Uuid,
}

/// Values are in KITOS's own spelling.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gdpr {
    pub purpose: Option<String>,
    pub sensitivity: Vec<String>,
    pub risk_assessment: Option<String>,
    pub risk_assessed: Option<NaiveDate>,
    pub risk_result: Option<String>,
    pub risk_planned: Option<NaiveDate>,
    pub dpia: Option<String>,
    pub dpia_date: Option<NaiveDate>,
    pub retention: Option<String>,
    pub next_retention: Option<NaiveDate>,
    pub agreement_required: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Contract {
    pub uuid: Uuid,
    pub organization: Uuid,
    pub name: String,
    /// KITOS's list can hold nulls.
    pub usages: Vec<Option<Uuid>>,
    pub supplier: Option<String>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub terminated: Option<NaiveDate>,
}

impl Contract {
    pub fn is_valid(&self, today: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= today)
            && self.valid_to.is_none_or(|to| today <= to)
            && self.terminated.is_none_or(|end| today <= end)
    }
}

/// A data-processing registration ("Databehandling").
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub uuid: Uuid,
    pub organization: Uuid,
    pub name: String,
    pub usages: Vec<Uuid>,
    pub processor: Option<String>,
    pub responsible_unit: Option<Uuid>,
    /// `isAgreementConcluded`, in KITOS's own spelling.
    pub concluded: Option<String>,
    pub valid: bool,
}

/// A row of the delta feed.
#[derive(Debug, Clone, PartialEq)]
pub struct Deletion {
    pub entity: Uuid,
    /// KITOS's `entityType`.
    pub kind: &'static str,
    pub at: DateTime<Utc>,
}

impl World {
    /// Today in KITOS, which judges validity by the UTC date.
    pub fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    /// A new uuid, the same in every world of the same seed and story.
    pub(crate) fn fresh(&mut self, kind: &'static str) -> Uuid {
        let count = self.made.entry(kind).or_default();
        *count += 1;
        Uuid::new_v5(&self.namespace, format!("{kind} {count}").as_bytes())
    }

    /// The organisation of a supplier, which the world knows by name only.
    pub fn supplier(&self, name: &str) -> Uuid {
        Uuid::new_v5(&self.namespace, name.as_bytes())
    }

    /// Our municipality's own row.
    pub fn our_organization(&self) -> Option<&Organization> {
        self.organizations.iter().find(|row| row.uuid == self.organization)
    }

    pub fn our_usages(&self) -> impl Iterator<Item = &Usage> {
        self.usages.iter().filter(|row| row.organization == self.organization)
    }

    /// The users whom KITOS lists for our municipality, anonymised ones too.
    pub fn our_users(&self) -> impl Iterator<Item = &User> {
        self.users
            .iter()
            .filter(|row| row.organization == self.organization)
            .filter(|row| row.presence == Presence::Listed)
    }

    pub fn our_units(&self) -> impl Iterator<Item = &Unit> {
        self.units
            .iter()
            .filter(|row| row.organization == self.organization)
            .filter(|row| row.presence == Presence::Listed)
    }

    pub fn usage(&self, uuid: Uuid) -> Option<&Usage> {
        self.usages.iter().find(|row| row.uuid == uuid)
    }

    pub fn user(&self, uuid: Uuid) -> Option<&User> {
        self.users.iter().find(|row| row.uuid == uuid)
    }

    pub fn unit(&self, uuid: Uuid) -> Option<&Unit> {
        self.units.iter().find(|row| row.uuid == uuid)
    }

    pub fn system(&self, uuid: Uuid) -> Option<&System> {
        self.systems.iter().find(|row| row.uuid == uuid)
    }

    pub fn contract(&self, uuid: Uuid) -> Option<&Contract> {
        self.contracts.iter().find(|row| row.uuid == uuid)
    }

    /// The role type of that name.
    pub fn role(&self, name: &str) -> Option<Uuid> {
        self.role_types.iter().find(|row| row.name == name).map(|row| row.uuid)
    }

    /// What people call a usage: its local name, else that of the system.
    pub fn usage_name(&self, usage: Uuid) -> &str {
        let Some(usage) = self.usage(usage) else { return "" };
        match &usage.local_name {
            Some(name) => name,
            None => self.system(usage.system).map_or("", |system| &system.name),
        }
    }

    /// Who holds `role` on `usage`.
    pub fn holders(&self, usage: Uuid, role: Uuid) -> Vec<Uuid> {
        let roles = self.usage(usage).map_or(&[][..], |usage| &usage.roles);
        roles.iter().filter(|held| held.role == role).map(|held| held.user).collect()
    }

    /// Our usages that `user` holds `role` on.
    pub fn held_by(&self, user: Uuid, role: Uuid) -> Vec<Uuid> {
        self.our_usages()
            .filter(|usage| usage.roles.contains(&Assignment { user, role }))
            .map(|usage| usage.uuid)
            .collect()
    }
}
