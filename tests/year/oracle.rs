//! A second opinion: what `docs/policy.md` says of what the stand-in holds, worked out
//! the slow way. It looks at the stand-in's own rows, walks back day by day where
//! the past matters, and uses nothing of the program but the names of rules.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Months, NaiveDate};
use kitos_standin::World;
use kitos_sync::model::Rule;
use kitos_sync::policy::rules::RULES;
use uuid::Uuid;

use crate::a_year::seen::{Day, Person, Seen, look, registered_anew};
use crate::a_year::settings::{
    ACQUIRED_DAYS, DOMAIN, LEVELS, PHASING_OUT_DAYS, RISK_MONTHS, STALE_MONTHS, excluded,
};

/// A line of the leaders file: address, level, unit.
pub type Leader = (String, String, String);

/// What happened: kind, usage, person or role or unit.
pub type Happened = (&'static str, Option<Uuid>, Option<Uuid>);

pub struct Oracle {
    days: Vec<Day>,
    /// Of usages that were registered anew, the uuid that they had at first.
    first: BTreeMap<Uuid, Uuid>,
    owner: Uuid,
    managers: [Uuid; 2],
    contact: Uuid,
    leaders: Vec<Leader>,
}

impl Oracle {
    pub fn new(world: &World, leaders: Vec<Leader>) -> Self {
        let role = |name: &str| world.role(name).expect("a role type");
        Self {
            days: Vec::new(),
            first: BTreeMap::new(),
            owner: role("Systemejer"),
            managers: [role("Systemforvalter"), role("Systemansvarlig")],
            contact: role("Kontaktperson"),
            leaders,
        }
    }

    /// A pull is committed: this is what it could see, on that day of the zone.
    pub fn sees(&mut self, world: &World, today: NaiveDate) {
        let mut day = look(world, today, self.days.last());
        day.rename(&self.first);
        if let Some(before) = self.days.last() {
            let pairs = registered_anew(before, &day);
            day.anew = pairs.iter().map(|(old, _)| *old).collect();
            let first: BTreeMap<Uuid, Uuid> =
                pairs.into_iter().map(|(old, new)| (new, old)).collect();
            day.rename(&first);
            self.first.extend(first);
        }
        self.days.push(day);
    }

    fn last(&self) -> &Day {
        self.days.last().expect("a day")
    }

    /// Rule and usage of all that is wrong on the last day.
    pub fn findings(&self) -> BTreeSet<(Rule, Uuid)> {
        let day = self.last();
        let covered = day.usages.iter().filter(|usage| !excluded(&usage.name));
        covered
            .flat_map(|usage| {
                let holds = |rule: &Rule| self.holds(*rule, day, usage);
                RULES.iter().map(|rule| rule.id).filter(holds).map(|rule| (rule, usage.uuid))
            })
            .collect()
    }

    fn holds(&self, rule: Rule, day: &Day, usage: &Seen) -> bool {
        let shut = state(usage, day.today) == "decommissioned";
        let assigned = people_in(usage, &[self.owner]);
        let owners: Vec<_> =
            day.people.iter().filter(|person| assigned.contains(&person.0)).collect();
        let past = |date: Option<NaiveDate>| date.is_some_and(|date| date < day.today);
        match rule.as_str() {
            "registration-contradictory" => {
                let too_early = usage.valid_from.is_some_and(|from| from > day.today);
                usage.life_cycle.as_deref() == Some("Operational")
                    && (past(usage.valid_to) || too_early)
                    || !shut && day.closed_systems.contains(&usage.system)
                    || state(usage, day.today) == "inUse" && usage.contract == "inactive"
            }
            "decommission-incomplete" => shut && self.something_is_left(day, usage),
            "phasing-out-stalled" => {
                usage.life_cycle.as_deref() == Some("PhasingOut")
                    && (past(usage.valid_to)
                        || (day.today - self.phasing_out_since(usage.uuid)).num_days()
                            > PHASING_OUT_DAYS)
            }
            _ if shut => false,
            "owner-missing" => assigned.is_empty(),
            "owner-departed" => owners.len() < assigned.len(),
            "owner-unreachable" => owners.iter().any(|owner| !reachable(owner.2.as_deref())),
            "owner-several" => owners.len() > 1,
            "owner-level" => owners.iter().any(|owner| {
                !self.leader(owner).is_some_and(|(_, level, _)| LEVELS.contains(&level.as_str()))
            }),
            "owner-outside-unit" => owners.iter().any(|owner| self.is_outside(day, usage, owner)),
            "cross-unit-owner" => is_across(day, usage),
            "registration-incomplete" => {
                matches!(usage.life_cycle.as_deref(), None | Some("Undecided"))
                    || usage.unit.is_none_or(|unit| day.unit(unit).is_none())
                    || usage.data.is_empty()
                    || usage.contract == "none"
                    || !usage.purpose
            }
            "registration-stale" => older(usage.edited, STALE_MONTHS, day.today),
            "duplicate-usage" => day.usages.iter().any(|other| {
                other.uuid != usage.uuid
                    && other.system == usage.system
                    && state(other, day.today) != "decommissioned"
                    && !excluded(&other.name)
            }),
            "gdpr-incomplete" => {
                let personal = ["PersonData", "SensitiveData", "LegalData"];
                let is_old = usage.risk_done.is_some_and(|on| older(on, RISK_MONTHS, day.today));
                let not_as_planned =
                    past(usage.risk_planned) && usage.risk_done < usage.risk_planned;
                usage.data.iter().any(|kind| personal.contains(&kind.as_str()))
                    && (usage.risk == "missing"
                        || usage.risk == "done" && is_old
                        || usage.risk != "irrelevant" && not_as_planned
                        || usage.agreement && !day.processing.contains(&usage.uuid)
                        || past(usage.review))
            }
            "manager-missing" => self.nobody_in(day, usage, &self.managers),
            "contact-missing" => self.nobody_in(day, usage, &[self.contact]),
            other => panic!("the oracle does not know {other}"),
        }
    }

    fn nobody_in(&self, day: &Day, usage: &Seen, roles: &[Uuid]) -> bool {
        let known: Vec<Uuid> = roles
            .iter()
            .copied()
            .filter(|role| day.roles.iter().any(|(uuid, ..)| uuid == role))
            .collect();
        let holders = people_in(usage, &known);
        !known.is_empty() && !day.people.iter().any(|person| holders.contains(&person.0))
    }

    /// The file's line of a person: by today's address, else by one of earlier days.
    fn leader(&self, person: &Person) -> Option<&Leader> {
        let line = |address: &str| {
            let address = address.to_lowercase();
            self.leaders.iter().find(|(email, ..)| *email == address)
        };
        let earlier = self.days.iter().rev().flat_map(|day| &day.people);
        let mut same = std::iter::once(person).chain(earlier.filter(|then| then.0 == person.0));
        same.find_map(|then| line(then.2.as_deref()?))
    }

    fn is_outside(&self, day: &Day, usage: &Seen, person: &Person) -> bool {
        let Some((_, _, unit)) = self.leader(person) else { return false };
        let Some(responsible) = usage.unit.filter(|unit| day.unit(*unit).is_some()) else {
            return false;
        };
        let named: Vec<Uuid> =
            day.units.iter().filter(|(_, name, _)| name == unit).map(|unit| unit.0).collect();
        let fits = |unit: &Uuid| {
            let above = day.above(*unit);
            day.above(responsible).contains(unit)
                || above.contains(&responsible)
                || above.iter().any(|unit| day.is_staff(*unit))
        };
        !named.is_empty() && !named.iter().any(fits)
    }

    fn something_is_left(&self, day: &Day, usage: &Seen) -> bool {
        let in_use = |uuid: &Uuid| {
            day.usages
                .iter()
                .any(|other| other.uuid == *uuid && state(other, day.today) != "decommissioned")
        };
        let from_one_in_use = day
            .usages
            .iter()
            .any(|other| other.relations.contains(&usage.uuid) && in_use(&other.uuid));
        day.contracts.iter().any(|(in_force, names)| *in_force && names.contains(&usage.uuid))
            || day.processing.contains(&usage.uuid)
            || usage.relations.iter().any(in_use)
            || from_one_in_use
            || usage.using.iter().any(|unit| day.unit(*unit).is_some())
            || usage.valid_to.is_none()
    }

    /// The usage on each day, backwards from the last, for as long as it was there
    /// without a break.
    fn life(&self, usage: Uuid) -> Vec<(&Day, &Seen)> {
        let seen = |day: &'_ Day| day.usage(usage).is_some();
        let life = self.days.iter().rev().take_while(|day| seen(day));
        life.filter_map(|day| Some((day, day.usage(usage)?))).collect()
    }

    fn phasing_out_since(&self, usage: Uuid) -> NaiveDate {
        let life = self.life(usage);
        let phasing_out =
            |(_, seen): &&(&Day, &Seen)| seen.life_cycle.as_deref() == Some("PhasingOut");
        life.iter().take_while(phasing_out).last().expect("it is").0.today
    }

    /// When a usage came, unless the first pull had it.
    fn acquired(&self, usage: Uuid) -> Option<NaiveDate> {
        let life = self.life(usage);
        (life.len() < self.days.len()).then(|| life.last().expect("it is here").0.today)
    }

    /// Whether it came within the days in which its registration matters more.
    pub fn is_new(&self, usage: Uuid) -> bool {
        self.acquired(usage)
            .is_some_and(|day| (self.last().today - day).num_days() <= ACQUIRED_DAYS)
    }

    /// The owners who are here.
    fn present(&self, day: &Day, usage: &Seen) -> BTreeSet<Uuid> {
        let users = day.people.iter().map(|person| person.0).collect();
        people_in(usage, &[self.owner]).intersection(&users).copied().collect()
    }

    /// Whether it lost its last owner, or got its first, since the pull before.
    pub fn owned_differently(&self, usage: Uuid) -> bool {
        let owned = |(day, seen): &(&Day, &Seen)| !self.present(day, seen).is_empty();
        let life = self.life(usage);
        life.get(1).is_some_and(|before| owned(before) != owned(&life[0]))
    }

    /// Since when nobody who is here is owner, and who was last.
    pub fn unowned(&self, usage: Uuid) -> (Option<NaiveDate>, Option<Uuid>) {
        let life = self.life(usage);
        for pair in life.windows(2) {
            let ((day, now), (earlier, then)) = (pair[0], pair[1]);
            let ended = &self.present(earlier, then) - &self.present(day, now);
            if let Some(last) = ended.first() {
                return (Some(day.today), Some(*last));
            }
        }
        (self.acquired(usage), None)
    }

    /// What happened between the last two pulls, sorted.
    pub fn changes(&self) -> Vec<Happened> {
        let [.., before, after] = self.days.as_slice() else { return Vec::new() };
        let mut found: Vec<Happened> = Vec::new();
        for old in &before.usages {
            if after.usage(old.uuid).is_none() {
                found.push(("removed", Some(old.uuid), None));
            }
        }
        for new in &after.usages {
            match before.usage(new.uuid) {
                None => found.push(("acquired", Some(new.uuid), None)),
                Some(old) => {
                    if after.anew.contains(&new.uuid) {
                        found.push(("reRegistered", Some(new.uuid), None));
                    }
                    self.usage_changes(before, old, after, new, &mut found);
                }
            }
        }
        for (uuid, name, address) in &after.people {
            match before.people.iter().find(|person| person.0 == *uuid) {
                None => found.push(("personJoined", None, Some(*uuid))),
                Some(old) if (&old.1, &old.2) != (name, address) => {
                    found.push(("personChanged", None, Some(*uuid)));
                }
                Some(_) => {}
            }
        }
        let is_here = |person: &Uuid| after.people.iter().any(|now| now.0 == *person);
        let left = before.people.iter().map(|person| person.0).filter(|person| !is_here(person));
        found.extend(left.map(|person| ("personLeft", None, Some(person))));
        let mut moved = |kind, before: Vec<(Uuid, String)>, after: Vec<(Uuid, String)>| {
            let either: BTreeSet<Uuid> = before.iter().chain(&after).map(|row| row.0).collect();
            for uuid in either {
                let row = |rows: &[(Uuid, String)]| rows.iter().find(|row| row.0 == uuid).cloned();
                if row(&before) != row(&after) {
                    found.push((kind, None, Some(uuid)));
                }
            }
        };
        let roles = |day: &Day| {
            day.roles.iter().map(|(uuid, name, on)| (*uuid, format!("{name} {on}"))).collect()
        };
        moved("roleTypeChanged", roles(before), roles(after));
        let units = |day: &Day| {
            day.units.iter().map(|(uuid, name, up)| (*uuid, format!("{name} {up:?}"))).collect()
        };
        moved("organizationUnitChanged", units(before), units(after));
        found.sort();
        found
    }

    fn usage_changes(
        &self,
        before: &Day,
        old: &Seen,
        after: &Day,
        new: &Seen,
        found: &mut Vec<Happened>,
    ) {
        let mut push = |kind, who| found.push((kind, Some(new.uuid), who));
        let (owned, owns) = (people_in(old, &[self.owner]), people_in(new, &[self.owner]));
        for person in owned.symmetric_difference(&owns) {
            let kind = if owns.contains(person) { "ownerAssigned" } else { "ownerRemoved" };
            push(kind, Some(*person));
        }
        for (role, person) in old.roles.symmetric_difference(&new.roles) {
            if *role != self.owner {
                let is = new.roles.contains(&(*role, *person));
                push(if is { "roleAssigned" } else { "roleRemoved" }, Some(*person));
            }
        }
        let (was, is) = (state(old, before.today), state(new, after.today));
        let moved = was != is;
        if moved {
            push(if was == "decommissioned" { "revived" } else { is }, None);
        }
        let renamed = old.name != new.name;
        if renamed {
            push("renamed", None);
        }
        if old.unit != new.unit {
            push("unitChanged", None);
        }
        let closed = |day: &Day| day.closed_systems.contains(&new.system);
        let same_system = old.system == new.system;
        if same_system && closed(before) != closed(after) {
            push("systemDeactivated", None);
        }
        let edited = !same_system
            || !renamed && old.local_name != new.local_name
            || old.valid_from != new.valid_from
            || old.using != new.using
            || old.contract != new.contract
            || old.purpose != new.purpose
            || old.relations != new.relations
            || old.data != new.data
            || old.risk != new.risk
            || old.risk_done != new.risk_done
            || old.risk_planned != new.risk_planned
            || old.agreement != new.agreement
            || old.review != new.review
            || !moved && old.life_cycle != new.life_cycle
            || !moved && old.valid_to != new.valid_to;
        if edited {
            push("registrationChanged", None);
        }
    }
}

fn state(usage: &Seen, today: NaiveDate) -> &'static str {
    match usage.life_cycle.as_deref() {
        _ if usage.valid_to.is_some_and(|end| end < today) => "decommissioned",
        Some("NotInUse") => "decommissioned",
        Some("PhasingOut") => "phasingOut",
        Some("Pilot") => "pilot",
        Some("PhasingIn") => "phasingIn",
        _ => "inUse",
    }
}

fn people_in(usage: &Seen, roles: &[Uuid]) -> BTreeSet<Uuid> {
    usage.roles.iter().filter(|(role, _)| roles.contains(role)).map(|(_, person)| *person).collect()
}

/// The addresses that the edits make are good, foreign, nonsense or none.
fn reachable(address: Option<&str>) -> bool {
    address.is_some_and(|text| !text.contains(' ') && text.ends_with(&format!("@{DOMAIN}")))
}

fn is_across(day: &Day, usage: &Seen) -> bool {
    let Some(responsible) = usage.unit.filter(|unit| day.unit(*unit).is_some()) else {
        return false;
    };
    let there_are_staff_units = day.units.iter().any(|(uuid, ..)| day.is_staff(*uuid));
    let root = day.units.iter().find(|unit| unit.2.is_none()).expect("a root").0;
    let mut administrations = BTreeSet::new();
    for unit in usage.using.iter().filter(|unit| day.unit(**unit).is_some()) {
        if *unit == root {
            administrations.extend(day.units.iter().filter(|u| u.2 == Some(root)).map(|u| u.0));
        } else {
            let line = day.above(*unit);
            administrations.insert(line[line.len() - 2]);
        }
    }
    there_are_staff_units
        && administrations.len() > 1
        && !day.above(responsible).iter().any(|unit| day.is_staff(*unit))
}

fn older(day: NaiveDate, months: u32, today: NaiveDate) -> bool {
    day + Months::new(months) < today
}
