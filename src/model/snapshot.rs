//! What KITOS says at one moment, translated: no JSON, no SQL, no clock.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::fault::Missing;
use super::few::Few;
use super::registration::{Contract, DataProcessing, Gdpr, MainContract};
use super::spelled::{as_kitos_spells_it, spelled};

/// The municipality as KITOS knows it (`/organizations/{uuid}`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    pub uuid: Uuid,
    pub name: String,
    /// The whole CVR number; KITOS leaves it empty for a few organisations.
    pub cvr: Option<String>,
}

/// A kind of role that a person can have on a system usage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleType {
    pub uuid: Uuid,
    /// The global name. KITOS's administrators can change it: match by `uuid`
    /// after the first time.
    pub name: String,
    /// Whether KITOS offers it for new assignments. An existing assignment can
    /// carry a type that is no longer offered.
    pub available: bool,
}

/// A unit of the organisation. The units form a tree by `parent`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationUnit {
    pub uuid: Uuid,
    pub name: String,
    /// `None` for the root, which is the municipality itself.
    pub parent: Option<Uuid>,
    /// FK-Organisation's own uuid of the unit (`externalOriginUuid`), where it comes
    /// from there.
    pub external: Option<Uuid>,
}

/// Someone who is a user of the organisation in KITOS, or whom a role
/// assignment still names after leaving.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Who it is: the uuid under which the person was seen first.
    pub uuid: Uuid,
    /// KITOS's own uuid, which is another when the person was made anew.
    pub kitos_uuid: Uuid,
    pub name: String,
    /// As typed in KITOS, unchecked. `None` when KITOS has none, and for a
    /// person who is known from an assignment only.
    pub email: Option<String>,
    /// Whether the person is among the organisation's users. `false` means
    /// departed: named by an assignment, but no user (any more).
    pub member: bool,
    /// An API user, who cannot log in to KITOS's web pages.
    pub api_access: bool,
}

/// The shared master record of a system, common to all municipalities.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItSystem {
    pub uuid: Uuid,
    pub name: String,
    /// KITOS's administrators have closed it for new use.
    pub deactivated: bool,
}

/// KITOS's `lifeCycleStatus`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LifeCycle {
    Undecided,
    /// "Ikke i drift"
    NotInUse,
    /// "Under afprøvning"
    Pilot,
    /// "Under indfasning"
    PhasingIn,
    /// "I drift"
    Operational,
    /// "Under udfasning"
    PhasingOut,
    /// A value that this program does not know; kept as KITOS wrote it and
    /// treated as in use.
    Other(String),
}

as_kitos_spells_it!(LifeCycle);

impl LifeCycle {
    /// The value for KITOS's own spelling; never fails.
    pub fn from_kitos(value: &str) -> Self {
        match value {
            "Undecided" => Self::Undecided,
            "NotInUse" => Self::NotInUse,
            "Pilot" => Self::Pilot,
            "PhasingIn" => Self::PhasingIn,
            "Operational" => Self::Operational,
            "PhasingOut" => Self::PhasingOut,
            other => Self::Other(other.to_owned()),
        }
    }

    /// KITOS's own spelling.
    pub fn as_kitos(&self) -> &str {
        match self {
            Self::Undecided => "Undecided",
            Self::NotInUse => "NotInUse",
            Self::Pilot => "Pilot",
            Self::PhasingIn => "PhasingIn",
            Self::Operational => "Operational",
            Self::PhasingOut => "PhasingOut",
            Self::Other(value) => value,
        }
    }
}

spelled! {
    "camelCase",
    /// How the municipality uses a system, derived from life cycle and validity; in the
    /// order of a system's life.
    pub enum StateOfUse {
        Pilot,
        PhasingIn,
        InUse,
        PhasingOut,
        Decommissioned,
    }
}

/// One person in one role on one system usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RoleAssignment {
    pub role: Uuid,
    pub person: Uuid,
}

/// The municipality's use of a shared system ("IT-system i anvendelse").
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
// A version of a usage from before a field was pulled has nothing in it.
#[serde(default)]
pub struct SystemUsage {
    /// The uuid under which the registration was first seen. Everything else refers to it by
    /// this one.
    pub uuid: Uuid,
    /// KITOS's own uuid, which is another when the usage was registered anew: for links
    /// into KITOS, and for asking it.
    pub kitos_uuid: Uuid,
    /// The shared system that is used. KITOS can migrate a usage to another.
    pub system: Uuid,
    /// "Systemnavn (lokalt)", where the municipality has given one.
    pub local_name: Option<String>,
    pub life_cycle: Option<LifeCycle>,
    /// "Ibrugtagningsdato"; a date without zone.
    pub valid_from: Option<NaiveDate>,
    /// "Slutdato for anvendelse": the last day of use; a date without zone.
    pub valid_to: Option<NaiveDate>,
    /// "Ansvarlig organisationsenhed".
    pub responsible_unit: Option<Uuid>,
    /// "Relevante organisationsenheder".
    pub using_units: Few<Uuid>,
    pub main_contract: MainContract,
    /// Whether "Systemets overordnede formål" is filled in.
    pub has_purpose: bool,
    /// The day (UTC) of the last edit in KITOS, roles included.
    pub last_modified: Option<NaiveDate>,
    /// Usages that this one has a relation to; of other organisations, too.
    pub relations: Few<Uuid>,
    pub gdpr: Gdpr,
    /// KITOS has no rule against the same person twice in a role; a set here.
    pub roles: Few<RoleAssignment>,
}

impl SystemUsage {
    /// A usage of which nothing is filled in.
    pub fn new(uuid: Uuid, system: Uuid) -> Self {
        Self { uuid, kitos_uuid: uuid, system, ..Self::default() }
    }

    /// The name that the municipality gave it, if it did.
    pub fn given_name(&self) -> Option<&str> {
        self.local_name.as_deref().map(str::trim).filter(|name| !name.is_empty())
    }

    /// The state of use on `today` (Policy: "Words").
    pub fn state(&self, today: NaiveDate) -> StateOfUse {
        if self.valid_to.is_some_and(|end| end < today) {
            return StateOfUse::Decommissioned;
        }
        match self.life_cycle {
            Some(LifeCycle::NotInUse) => StateOfUse::Decommissioned,
            Some(LifeCycle::PhasingOut) => StateOfUse::PhasingOut,
            Some(LifeCycle::Pilot) => StateOfUse::Pilot,
            Some(LifeCycle::PhasingIn) => StateOfUse::PhasingIn,
            Some(LifeCycle::Operational | LifeCycle::Undecided | LifeCycle::Other(_)) | None => {
                StateOfUse::InUse
            }
        }
    }

    /// The people whom an assignment of one of `roles` names, each once.
    pub fn holders<'a>(&'a self, roles: &'a BTreeSet<Uuid>) -> BTreeSet<Uuid> {
        self.roles.iter().filter(|a| roles.contains(&a.role)).map(|a| a.person).collect()
    }
}

/// The whole state that one pull saw. Every reference inside it resolves:
/// the pull adds the people, role types and systems that only a usage names.
///
/// Entities are keyed by uuid, so two snapshots are equal whatever the order
/// in which KITOS listed their rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub organization: Organization,
    pub role_types: BTreeMap<Uuid, RoleType>,
    pub units: BTreeMap<Uuid, OrganizationUnit>,
    pub people: BTreeMap<Uuid, Person>,
    pub systems: BTreeMap<Uuid, ItSystem>,
    pub usages: BTreeMap<Uuid, SystemUsage>,
    pub contracts: BTreeMap<Uuid, Contract>,
    pub data_processing: BTreeMap<Uuid, DataProcessing>,
    /// Fields that no row of the list of usages had, as in a KITOS older than the field.
    /// Whether they are filled in is unknown, so no rule asks for them.
    pub unknown: BTreeSet<Missing>,
}

impl Snapshot {
    /// A snapshot of `organization` with nothing in it.
    pub fn empty(organization: Organization) -> Self {
        Self {
            organization,
            role_types: BTreeMap::new(),
            units: BTreeMap::new(),
            people: BTreeMap::new(),
            systems: BTreeMap::new(),
            usages: BTreeMap::new(),
            contracts: BTreeMap::new(),
            data_processing: BTreeMap::new(),
            unknown: BTreeSet::new(),
        }
    }

    /// Those who are users of the organisation, and not only named by an assignment.
    pub fn members(&self) -> impl Iterator<Item = &Person> {
        self.people.values().filter(|person| person.member)
    }

    /// Whether the person is a user of the organisation.
    pub fn is_member(&self, person: Uuid) -> bool {
        self.people.get(&person).is_some_and(|person| person.member)
    }

    /// KITOS's present uuid of a usage, for links; `usage` itself if this snapshot does not
    /// have it.
    pub fn kitos_uuid(&self, usage: Uuid) -> Uuid {
        self.usages.get(&usage).map_or(usage, |usage| usage.kitos_uuid)
    }

    /// The name that people know a usage by: the local one, else the shared.
    pub fn usage_name<'a>(&'a self, usage: &'a SystemUsage) -> &'a str {
        let shared = || self.systems.get(&usage.system).map_or("", |system| system.name.as_str());
        usage.given_name().unwrap_or_else(shared)
    }

    /// Whether KITOS tells this of no system: an older one lacks the field, and nobody can
    /// fill it in. It is named as in [`Missing`], or as a field.
    pub fn is_unknown(&self, field: &str) -> bool {
        self.unknown.iter().any(|unknown| unknown.as_str() == field)
    }

    /// The present owners: holders of an owner role who are still users
    /// (Policy, "Words": Owner).
    pub fn owners<'a>(
        &'a self,
        usage: &SystemUsage,
        owner_roles: &BTreeSet<Uuid>,
    ) -> Vec<&'a Person> {
        let held = usage.roles.iter().filter(|held| owner_roles.contains(&held.role));
        let people = held.filter_map(|held| self.people.get(&held.person));
        let mut owners: Vec<_> = people.filter(|person| person.member).collect();
        owners.sort_unstable_by_key(|person| person.uuid);
        owners.dedup_by_key(|person| person.uuid);
        owners
    }

    /// Whether the usage has a present owner ([`owners`](Self::owners)).
    pub fn has_owner(&self, usage: &SystemUsage, owner_roles: &BTreeSet<Uuid>) -> bool {
        let mut held = usage.roles.iter().filter(|held| owner_roles.contains(&held.role));
        held.any(|held| self.is_member(held.person))
    }

    /// Usage and role of each assignment, by the person whom it names.
    pub fn roles_by_person(&self) -> BTreeMap<Uuid, Vec<(&SystemUsage, Uuid)>> {
        let mut by_person: BTreeMap<Uuid, Vec<(&SystemUsage, Uuid)>> = BTreeMap::new();
        for usage in self.usages.values() {
            for held in &usage.roles {
                by_person.entry(held.person).or_default().push((usage, held.role));
            }
        }
        by_person
    }

    /// The unit and those above it, from the nearest to the root; a circle ends where it
    /// would begin again.
    pub fn way_up(&self, unit: Uuid) -> impl Iterator<Item = Uuid> {
        let mut seen = BTreeSet::new();
        let above = |unit: &Uuid| self.units.get(unit)?.parent;
        std::iter::successors(Some(unit), above).take_while(move |unit| seen.insert(*unit))
    }

    /// The unit and all above it.
    pub fn unit_line(&self, unit: Uuid) -> BTreeSet<Uuid> {
        self.way_up(unit).collect()
    }

    /// The administration (forvaltning) of a unit: the child of the root under
    /// which it lies, or the unit itself when it is the root or has no root.
    pub fn administration(&self, unit: Uuid) -> Option<&OrganizationUnit> {
        let line = self.way_up(unit).filter_map(|unit| self.units.get(&unit));
        line.filter(|unit| unit.parent.is_some()).last().or_else(|| self.units.get(&unit))
    }
}

#[cfg(test)]
mod tests;
