//! A small register for the tests of this layer, written in names: the uuid of
//! a thing is made from its name.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::{
    ItSystem, LifeCycle, Missing, Organization, OrganizationUnit, Person, RoleAssignment, RoleType,
    Rule, Severity, Snapshot, SystemUsage,
};
use crate::policy::{Policy, Setting};
use crate::register::changes::Dated;

pub fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A rule as the tests set it: high, and 90 days or 36 months where it counts.
pub fn setting() -> Setting {
    Setting {
        severity: Severity::High,
        levels: ["leder".to_owned()].into(),
        require: [Missing::LifeCycle, Missing::ResponsibleUnit, Missing::DataSensitivity].into(),
        days: 90,
        months: 36,
    }
}

/// Two owner roles, "ejer" and "chef"; the rules on the owner.
pub fn policy() -> Policy {
    Policy {
        owner_roles: [id("ejer"), id("chef")].into(),
        rules: [(Rule::OwnerMissing, setting()), (Rule::OwnerDeparted, setting())].into(),
        ..Policy::default()
    }
}

/// An empty register of Randers with the role types "ejer", "chef" and
/// "forvalter".
pub fn randers() -> Snapshot {
    let role = |name: &str, shown: &str| {
        let uuid = id(name);
        (uuid, RoleType { uuid, name: shown.to_owned(), available: true })
    };
    let organization = Organization {
        uuid: id("randers"),
        name: "Randers Kommune".to_owned(),
        cvr: Some("29189668".to_owned()),
    };
    Snapshot {
        role_types: [
            role("ejer", "Systemejer"),
            role("chef", "Forretningsejer"),
            role("forvalter", "Systemforvalter"),
        ]
        .into(),
        ..Snapshot::empty(organization)
    }
}

/// How the tests write a register: each step takes it and gives it back.
impl Snapshot {
    pub(crate) fn user(mut self, name: &str) -> Self {
        let email = Some(format!("{name}@randers.dk"));
        let person = Person {
            uuid: id(name),
            name: name.to_owned(),
            email,
            member: true,
            api_access: false,
        };
        self.people.insert(person.uuid, person);
        self
    }

    /// The person is no user any more; whoever an assignment names stays so.
    pub(crate) fn left(mut self, name: &str) -> Self {
        let named = self.usages.values().any(|u| u.roles.iter().any(|a| a.person == id(name)));
        self.people.remove(&id(name));
        if named {
            let person = Person {
                uuid: id(name),
                name: name.to_owned(),
                email: None,
                member: false,
                api_access: false,
            };
            self.people.insert(person.uuid, person);
        }
        self
    }

    pub(crate) fn unit(mut self, name: &str, parent: Option<&str>) -> Self {
        let unit = OrganizationUnit {
            uuid: id(name),
            name: name.to_owned(),
            parent: parent.map(id),
            external: None,
        };
        self.units.insert(unit.uuid, unit);
        self
    }

    /// A system in use, of a shared system of the same name.
    pub(crate) fn usage(mut self, name: &str) -> Self {
        let system = ItSystem {
            uuid: id(&format!("{name}/system")),
            name: name.to_owned(),
            deactivated: false,
        };
        let usage = SystemUsage {
            life_cycle: Some(LifeCycle::Operational),
            ..SystemUsage::new(id(name), system.uuid)
        };
        self.systems.insert(system.uuid, system);
        self.usages.insert(usage.uuid, usage);
        self
    }

    pub(crate) fn edit(mut self, usage: &str, change: impl FnOnce(&mut SystemUsage)) -> Self {
        change(self.usages.get_mut(&id(usage)).expect("the usage"));
        self
    }

    pub(crate) fn assign(self, usage: &str, role: &str, person: &str) -> Self {
        let assignment = RoleAssignment { role: id(role), person: id(person) };
        self.edit(usage, |usage| {
            usage.roles.insert(assignment);
        })
    }

    pub(crate) fn unassign(self, usage: &str, role: &str, person: &str) -> Self {
        let assignment = RoleAssignment { role: id(role), person: id(person) };
        self.edit(usage, |usage| {
            usage.roles.remove(&assignment);
        })
    }

    pub(crate) fn removed(mut self, usage: &str) -> Self {
        self.usages.remove(&id(usage));
        self
    }

    pub(crate) fn on(&self, today: &str) -> Dated<'_> {
        Dated { snapshot: self, today: day(today) }
    }
}
