//! A whole municipality out of a seed: mostly in order, with the faults that a
//! real one has at its first snapshot. The same seed gives the same world, to
//! the byte.

mod usages;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use fastrand::Rng;
use uuid::Uuid;

use crate::names::{
    ADMINISTRATIONS, CVR, FIRST_NAMES, INSTITUTIONS, LAST_NAMES, MAIL_DOMAIN, MUNICIPALITY, PLACES,
    ROLE_TYPES,
};
use crate::world::{Membership, Organization, Presence, RoleType, Unit, User, World};

/// When a generated world begins unless told otherwise: a Monday, 2026-03-02,
/// 04:00 UTC.
const BEGINNING: DateTime<Utc> = match DateTime::from_timestamp(1_772_424_000, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

impl World {
    /// A municipality with `size` system usages, and people and units in
    /// proportion: 600 usages, 803 people, 120 units.
    pub fn generate(seed: u64, size: usize) -> Self {
        Self::generate_at(seed, size, BEGINNING)
    }

    /// The same, as of `now`: ages and dates are counted from there.
    pub fn generate_at(seed: u64, size: usize, now: DateTime<Utc>) -> Self {
        let namespace = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("standin {seed}").as_bytes());
        let world = Self {
            now,
            organization: Uuid::nil(),
            membership: Membership::Member,
            organizations: Vec::new(),
            users: Vec::new(),
            units: Vec::new(),
            role_types: Vec::new(),
            systems: Vec::new(),
            usages: Vec::new(),
            contracts: Vec::new(),
            registrations: Vec::new(),
            deletions: Vec::new(),
            log: Vec::new(),
            namespace,
            made: BTreeMap::new(),
        };
        let mut seeder = Seeder { rng: Rng::with_seed(seed), world, emails: BTreeSet::new() };
        seeder.role_types();
        // Before ours, so that whoever takes the first match takes the wrong one.
        let trap = seeder.organization("Birkelund Kommunes Forsyning A/S", &format!("9{CVR}"));
        let ours = seeder.organization(MUNICIPALITY, CVR);
        let neighbour = seeder.organization("Nabohøj Kommune", "29180999");
        seeder.world.organization = ours;
        for foreign in [trap, neighbour] {
            seeder.municipality(foreign, 3, 4, 7);
        }
        seeder.municipality(ours, size, size * 4 / 3 + 3, (size / 5).max(7));
        seeder.world
    }
}

struct Seeder {
    rng: Rng,
    world: World,
    /// Addresses that are taken.
    emails: BTreeSet<String>,
}

impl Seeder {
    /// True in `percent` of all cases.
    fn chance(&mut self, percent: u32) -> bool {
        self.rng.u32(0..100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        self.rng.choice(from.iter()).copied()
    }

    fn word(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).unwrap_or_default()
    }

    fn days_ago(&mut self, days: std::ops::Range<u64>) -> NaiveDate {
        let today = self.world.today();
        today.checked_sub_days(Days::new(self.rng.u64(days))).unwrap_or(today)
    }

    fn days_ahead(&mut self, days: std::ops::Range<u64>) -> NaiveDate {
        let today = self.world.today();
        today.checked_add_days(Days::new(self.rng.u64(days))).unwrap_or(today)
    }

    fn role_types(&mut self) {
        for name in ROLE_TYPES {
            let uuid = self.world.fresh("role type");
            let presence =
                if name == "Lokal tovholder" { Presence::Unavailable } else { Presence::Listed };
            self.world.role_types.push(RoleType {
                uuid,
                name: name.to_owned(),
                used_externally: false,
                presence,
            });
        }
    }

    fn organization(&mut self, name: &str, cvr: &str) -> Uuid {
        let uuid = self.world.fresh("organization");
        self.world.organizations.push(Organization {
            uuid,
            name: name.to_owned(),
            cvr: Some(cvr.to_owned()),
            disabled: false,
        });
        uuid
    }

    fn municipality(&mut self, organization: Uuid, usages: usize, people: usize, units: usize) {
        let units = self.units(organization, units);
        let people: Vec<Uuid> = (0..people).map(|_| self.person(organization)).collect();
        let mut ours = Vec::new();
        for _ in 0..usages {
            let usage = self.usage(organization, &units, &people);
            ours.push(usage);
        }
        for (position, usage) in ours.iter().copied().enumerate() {
            if self.chance(15)
                && let Some(to) = self.pick(&ours[..position])
                && let Some(row) = self.world.usages.iter_mut().find(|row| row.uuid == usage)
            {
                row.relations.push(to);
            }
        }
    }

    fn units(&mut self, organization: Uuid, count: usize) -> Vec<Uuid> {
        let name = self
            .world
            .organizations
            .iter()
            .find(|row| row.uuid == organization)
            .map_or_else(String::new, |row| row.name.clone());
        let root = self.unit(organization, name, None);
        let mut units = vec![root];
        let administrations: Vec<Uuid> = ADMINISTRATIONS
            .iter()
            .map(|(name, _)| self.unit(organization, (*name).to_owned(), Some(root)))
            .collect();
        units.extend(&administrations);
        let mut departments = Vec::new();
        let deepest = ADMINISTRATIONS.iter().map(|(_, names)| names.len()).max().unwrap_or(0);
        for row in 0..deepest {
            for ((_, names), above) in ADMINISTRATIONS.iter().zip(&administrations) {
                if units.len() < count
                    && let Some(name) = names.get(row)
                {
                    let unit = self.unit(organization, (*name).to_owned(), Some(*above));
                    departments.push(unit);
                    units.push(unit);
                }
            }
        }
        for number in 0..count.saturating_sub(units.len()) {
            let Some(above) = self.pick(&departments) else { break };
            let kind = INSTITUTIONS[number % INSTITUTIONS.len()];
            let place = PLACES[(number / INSTITUTIONS.len()) % PLACES.len()];
            let round = number / (INSTITUTIONS.len() * PLACES.len());
            let name = match round {
                0 => format!("{kind} {place}"),
                _ => format!("{kind} {place} {}", round + 1),
            };
            units.push(self.unit(organization, name, Some(above)));
        }
        units
    }

    fn unit(&mut self, organization: Uuid, name: String, parent: Option<Uuid>) -> Uuid {
        let uuid = self.world.fresh("unit");
        let presence = Presence::Listed;
        self.world.units.push(Unit { uuid, organization, name, parent, external: None, presence });
        uuid
    }

    fn person(&mut self, organization: Uuid) -> Uuid {
        let uuid = self.world.fresh("user");
        let first_name = self.word(&FIRST_NAMES).to_owned();
        let last_name = self.word(&LAST_NAMES).to_owned();
        let stem = ascii(&format!("{first_name}.{last_name}"));
        let mut email = format!("{stem}@{MAIL_DOMAIN}");
        let mut number = 2;
        while !self.emails.insert(email.clone()) {
            email = format!("{stem}{number}@{MAIL_DOMAIN}");
            number += 1;
        }
        self.world.users.push(User {
            uuid,
            organization,
            first_name,
            last_name: Some(last_name),
            email: Some(email),
            api_access: false,
            presence: Presence::Listed,
        });
        uuid
    }
}

/// A name as the local part of a municipality's mail addresses.
fn ascii(name: &str) -> String {
    let mut plain = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'æ' => plain.push_str("ae"),
            'ø' => plain.push_str("oe"),
            'å' => plain.push_str("aa"),
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
