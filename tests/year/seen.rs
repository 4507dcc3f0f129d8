//! What a pull could see of the stand-in, taken from its own rows: what KITOS
//! would answer, without asking it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kitos_standin::{Presence, World};
use uuid::Uuid;

use crate::a_year::settings::STAFF_UNIT;

/// A user: uuid, name, address.
pub type Person = (Uuid, String, Option<String>);

/// What a pull could see of a usage.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub uuid: Uuid,
    pub system: Uuid,
    pub name: String,
    pub local_name: Option<String>,
    pub life_cycle: Option<String>,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub edited: NaiveDate,
    pub contract: &'static str,
    pub purpose: bool,
    pub unit: Option<Uuid>,
    pub using: BTreeSet<Uuid>,
    pub roles: BTreeSet<(Uuid, Uuid)>,
    pub relations: BTreeSet<Uuid>,
    pub data: BTreeSet<String>,
    pub risk: &'static str,
    pub risk_done: Option<NaiveDate>,
    pub risk_planned: Option<NaiveDate>,
    pub agreement: bool,
    pub review: Option<NaiveDate>,
}

/// What a pull could see of everything.
#[derive(Debug, Clone)]
pub struct Day {
    pub today: NaiveDate,
    pub usages: Vec<Seen>,
    pub people: Vec<Person>,
    /// uuid, name, parent
    pub units: Vec<(Uuid, String, Option<Uuid>)>,
    /// uuid, name, offered
    pub roles: Vec<(Uuid, String, bool)>,
    /// whether it is in force, and what it names
    pub contracts: Vec<(bool, Vec<Uuid>)>,
    pub processing: Vec<Uuid>,
    pub closed_systems: Vec<Uuid>,
    /// Usages that were registered anew since the day before.
    pub anew: BTreeSet<Uuid>,
}

impl Day {
    pub fn usage(&self, uuid: Uuid) -> Option<&Seen> {
        self.usages.iter().find(|usage| usage.uuid == uuid)
    }

    /// Calls usages by the uuids that they had at first.
    pub fn rename(&mut self, first: &BTreeMap<Uuid, Uuid>) {
        let rename = |uuid: &Uuid| first.get(uuid).copied().unwrap_or(*uuid);
        for usage in &mut self.usages {
            usage.uuid = rename(&usage.uuid);
            usage.relations = usage.relations.iter().map(rename).collect();
        }
        for (_, names) in &mut self.contracts {
            *names = names.iter().map(rename).collect();
        }
        self.processing = self.processing.iter().map(rename).collect();
    }

    pub fn unit(&self, uuid: Uuid) -> Option<&(Uuid, String, Option<Uuid>)> {
        self.units.iter().find(|unit| unit.0 == uuid)
    }

    /// The unit and all above it, the root last.
    pub fn above(&self, unit: Uuid) -> Vec<Uuid> {
        let mut line = vec![unit];
        let mut here = self.unit(unit);
        while let Some(up) = here.and_then(|unit| unit.2) {
            line.push(up);
            here = self.unit(up);
        }
        line
    }

    pub fn is_staff(&self, unit: Uuid) -> bool {
        self.unit(unit).is_some_and(|(_, name, _)| name == STAFF_UNIT)
    }
}

pub fn look(world: &World, today: NaiveDate, before: Option<&Day>) -> Day {
    let usages: Vec<Seen> = world
        .our_usages()
        .map(|usage| {
            let contract = usage.main_contract.and_then(|uuid| world.contract(uuid));
            let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
            Seen {
                uuid: usage.uuid,
                system: usage.system,
                name: match text(&usage.local_name) {
                    Some(name) => name,
                    None => world.system(usage.system).expect("a system").name.clone(),
                },
                local_name: text(&usage.local_name),
                life_cycle: usage.life_cycle.clone(),
                valid_from: usage.valid_from,
                valid_to: usage.valid_to,
                edited: usage.last_modified.date_naive(),
                contract: match contract {
                    None => "none",
                    // KITOS judges by its own day, that of UTC.
                    Some(contract) if contract.is_valid(world.today()) => "active",
                    Some(_) => "inactive",
                },
                purpose: text(&usage.purpose).is_some(),
                unit: usage.responsible_unit,
                using: usage.using_units.iter().copied().collect(),
                roles: usage.roles.iter().map(|held| (held.role, held.user)).collect(),
                relations: usage.relations.iter().copied().collect(),
                data: usage.gdpr.sensitivity.iter().cloned().collect(),
                risk: match usage.gdpr.risk_assessment.as_deref() {
                    Some("Yes") => "done",
                    Some("Irrelevant") => "irrelevant",
                    _ => "missing",
                },
                risk_done: usage.gdpr.risk_assessed,
                risk_planned: usage.gdpr.risk_planned,
                agreement: matches!(
                    usage.gdpr.agreement_required.as_deref(),
                    Some("Yes" | "DecidedByLaw")
                ),
                review: usage.gdpr.next_retention,
            }
        })
        .collect();
    let deleted = |email: &Option<String>| {
        email.as_deref().is_some_and(|email| email.ends_with("_deleted_user@kitos.dk"))
    };
    let people = world
        .our_users()
        .filter(|user| !deleted(&user.email))
        .map(|user| {
            let email = user.email.clone().filter(|email| !email.is_empty());
            (user.uuid, user.name(), email)
        })
        .collect();
    // A role type that is offered no longer is known as long as KITOS tells it, if
    // we knew it or an assignment carries it.
    let carried = |role: Uuid| usages.iter().any(|usage| usage.roles.iter().any(|r| r.0 == role));
    let knew = |role: Uuid| before.is_some_and(|day| day.roles.iter().any(|r| r.0 == role));
    let roles = world
        .role_types
        .iter()
        .filter(|role| match role.presence {
            Presence::Listed => true,
            Presence::Unavailable => carried(role.uuid) || knew(role.uuid),
            Presence::Gone => false,
        })
        .map(|role| (role.uuid, role.name.clone(), role.presence == Presence::Listed))
        .collect();
    let ours = world.organization;
    Day {
        today,
        people,
        units: world.our_units().map(|row| (row.uuid, row.name.clone(), row.parent)).collect(),
        roles,
        contracts: world
            .contracts
            .iter()
            .filter(|row| row.organization == ours)
            .map(|row| {
                (row.is_valid(world.today()), row.usages.iter().flatten().copied().collect())
            })
            .collect(),
        processing: world
            .registrations
            .iter()
            .filter(|row| row.organization == ours)
            .flat_map(|row| row.usages.iter().copied())
            .collect(),
        closed_systems: world
            .systems
            .iter()
            .filter(|row| row.deactivated)
            .map(|row| row.uuid)
            .collect(),
        usages,
        anew: BTreeSet::new(),
    }
}

/// Usages that went and came between two pulls for the same shared system; those
/// of the same local name first, else by uuid.
pub fn registered_anew(before: &Day, after: &Day) -> Vec<(Uuid, Uuid)> {
    let mut pairs: Vec<(Uuid, Uuid)> = Vec::new();
    for same_name in [true, false] {
        let mut olds: Vec<&Seen> = before.usages.iter().collect();
        let mut news: Vec<&Seen> = after.usages.iter().collect();
        olds.sort_by_key(|usage| usage.uuid);
        news.sort_by_key(|usage| usage.uuid);
        for old in olds {
            for new in &news {
                let taken = pairs.iter().any(|(o, n)| *o == old.uuid || *n == new.uuid);
                let fits = old.system == new.system
                    && (!same_name || old.local_name == new.local_name)
                    && after.usage(old.uuid).is_none()
                    && before.usage(new.uuid).is_none();
                if fits && !taken {
                    pairs.push((old.uuid, new.uuid));
                }
            }
        }
    }
    pairs
}
