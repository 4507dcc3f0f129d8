//! A small register for the tests of this layer, written in names: the uuid of
//! a thing is made from its name.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use crate::model::{
    Fault, ItSystem, LifeCycle, Organization, OrganizationUnit, Person, RoleAssignment, RoleType,
    Snapshot, SystemUsage,
};
use crate::policy::leaders::{LeaderList, Leaders};
use crate::policy::rules::{RuleDef, owner_departed, owner_missing};
use crate::policy::{Policy, judge};
use crate::register::changes::Dated;
use crate::register::history::History;

pub fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// The tests' today.
pub const TODAY: &str = "2026-11-10";

/// Two owner roles, "ejer" and "chef"; the rules on who is owner.
pub fn policy() -> Policy {
    with([&owner_missing::RULE, &owner_departed::RULE])
}

/// The same with `rule` alone.
pub fn only(rule: &RuleDef) -> Policy {
    with([rule])
}

/// The same with these rules.
pub fn with<const N: usize>(rules: [&RuleDef; N]) -> Policy {
    let rules = rules.map(|rule| (rule.id, rule.default_setting())).into();
    Policy { owner_roles: [id("ejer"), id("chef")].into(), rules, ..Policy::default() }
}

/// What one rule says of "løn", with its defaults and an empty past.
pub fn said(rule: &RuleDef, snapshot: &Snapshot) -> Vec<Fault> {
    said_by(&only(rule), &History::default(), snapshot)
}

/// What the policy's rules say of "løn".
pub fn said_by(policy: &Policy, history: &History, snapshot: &Snapshot) -> Vec<Fault> {
    let seen = judge(snapshot, history, policy, day(TODAY));
    let of_løn = seen.into_iter().filter(|o| o.usage == id("løn"));
    of_løn.flat_map(|o| o.faults).collect()
}

/// Faults in the order in which an observation has them.
pub fn sorted(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort();
    faults
}

/// A rule that asks for somebody in the role "forvalter", as `policy` sets it, says
/// `fault` of each "løn" that has nobody there.
pub fn misses_whoever_has_the_role(rule: &RuleDef, policy: &Policy, fault: Fault) {
    let in_role = |person| løn().assign("løn", "forvalter", person);
    for (why, snapshot, missing) in [
        ("nobody", løn(), true),
        ("somebody", in_role("bo"), false),
        ("somebody who left", in_role("bo").left("bo"), true),
        ("the owner is not", bo_owns(), true),
        ("the owner is, too", bo_owns().assign("løn", "forvalter", "bo"), false),
    ] {
        let expected = if missing { vec![fault.clone()] } else { vec![] };
        let seen = said_by(policy, &History::default(), &snapshot);
        assert_eq!(seen, expected, "{why}");
    }
    assert_eq!(said(rule, &løn()), [], "KITOS has no such role");
}

/// "løn", which every rule but that on the owner is content with.
pub fn løn() -> Snapshot {
    randers().user("bo").user("ida").unit("randers", None).unit("it", Some("randers")).usage("løn")
}

/// The same with an owner.
pub fn bo_owns() -> Snapshot {
    løn().assign("løn", "ejer", "bo")
}

/// The same in a unit of Randers: HR with Lønkontor, Skole with Skole A, IT, or the
/// root.
pub fn responsible(unit: &str) -> Snapshot {
    bo_owns()
        .unit("hr", Some("randers"))
        .unit("lønkontor", Some("hr"))
        .unit("skole", Some("randers"))
        .unit("skole a", Some("skole"))
        .edit("løn", |usage| usage.responsible_unit = Some(id(unit)))
}

/// A leaders file of these lines, placed in a register.
pub fn leaders(lines: &str, snapshot: &Snapshot) -> Leaders {
    let file = format!("email;name;level;unit;manager_email\n{lines}");
    let (list, _) = LeaderList::parse(file.as_bytes()).expect("a leaders file");
    Leaders::place(list, snapshot)
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
            kitos_uuid: id(name),
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
                kitos_uuid: id(name),
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
