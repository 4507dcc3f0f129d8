//! A whole municipality out of a seed: mostly in order, with the faults that a
//! real one has at its first snapshot. The same seed gives the same world, to
//! the byte.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, NaiveDate, Utc};
use fastrand::Rng;
use uuid::Uuid;

use super::names::{
    ADMINISTRATIONS, CVR, FIRST_NAMES, INSTITUTIONS, LAST_NAMES, MAIL_DOMAIN, MUNICIPALITY, PLACES,
    PURPOSES, ROLE_TYPES, SUPPLIERS, SYSTEM_ENDS, SYSTEM_STEMS,
};
use super::world::{
    Assignment, Contract, Gdpr, Membership, Organization, Presence, Registration, RoleType, System,
    Unit, Usage, User, World,
};

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
            self.world.role_types.push(RoleType { uuid, name: name.to_owned(), presence });
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
        self.world.units.push(Unit { uuid, organization, name, parent, presence });
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
            presence: Presence::Listed,
        });
        uuid
    }

    fn system(&mut self) -> Uuid {
        let uuid = self.world.fresh("system");
        let number = self.world.systems.len();
        // 7 shares no factor with the 1,152 combinations: each comes once a round.
        let combinations = SYSTEM_STEMS.len() * SYSTEM_ENDS.len();
        let chosen = number * 7 % combinations;
        let (stem, end) =
            (SYSTEM_STEMS[chosen % SYSTEM_STEMS.len()], SYSTEM_ENDS[chosen / SYSTEM_STEMS.len()]);
        let gap = if end.starts_with(char::is_uppercase) { " " } else { "" };
        let name = match number / combinations {
            0 => format!("{stem}{gap}{end}"),
            round => format!("{stem}{gap}{end} {}", round + 1),
        };
        let deactivated = self.chance(1);
        self.world.systems.push(System { uuid, name, former_name: None, deactivated });
        uuid
    }

    fn usage(&mut self, organization: Uuid, units: &[Uuid], people: &[Uuid]) -> Uuid {
        let uuid = self.world.fresh("usage");
        let system = self.system();
        let (life_cycle, valid_to) = self.stage();
        let valid_from = self.chance(80).then(|| self.days_ago(200..3500));
        // The root owns nothing; departments lie close to the front.
        let place = self.rng.usize(1..units.len().max(2));
        let responsible = units.get(place).copied().filter(|_| self.chance(96));
        let mut using: Vec<Uuid> = responsible.into_iter().collect();
        if self.chance(25) {
            using.extend(self.pick(units).filter(|unit| Some(*unit) != responsible));
        }
        let modified = self.days_ago(1..500);
        let (local_name, local_number) = (self.chance(12), self.rng.u32(1..10));
        self.world.usages.push(Usage {
            uuid,
            organization,
            system,
            last_modified: modified.and_time(chrono::NaiveTime::MIN).and_utc(),
            local_name: local_name.then(|| format!("Fagsystem {local_number} (lokalt)")),
            life_cycle,
            valid_from,
            valid_to,
            purpose: None,
            business_critical: None,
            main_contract: None,
            responsible_unit: responsible,
            using_units: using,
            roles: Vec::new(),
            relations: Vec::new(),
            gdpr: Gdpr::default(),
        });
        let purpose = self.chance(85).then(|| self.word(&PURPOSES).to_owned());
        let critical =
            self.chance(50).then(|| self.word(&["Yes", "No", "No", "DontKnow"]).to_owned());
        let roles = self.roles(place, people);
        let gdpr = self.gdpr();
        let needs_agreement = gdpr.agreement_required.as_deref() == Some("Yes");
        let contract = self.chance(70).then(|| self.contract(organization, uuid));
        if needs_agreement && self.chance(85) {
            self.registration(organization, uuid, responsible);
        }
        if let Some(row) = self.world.usages.last_mut() {
            row.purpose = purpose;
            row.business_critical = critical;
            row.roles = roles;
            row.gdpr = gdpr;
            row.main_contract = contract;
        }
        uuid
    }

    /// Life cycle and last day of use.
    fn stage(&mut self) -> (Option<String>, Option<NaiveDate>) {
        let (stage, valid_to) = match self.rng.u32(0..100) {
            0..86 => ("Operational", None),
            86..90 => ("PhasingIn", None),
            90..92 => ("Pilot", None),
            92..95 => ("PhasingOut", Some(self.days_ahead(20..400))),
            95..97 => ("NotInUse", Some(self.days_ago(10..700))),
            97..98 => ("Undecided", None),
            _ => return (None, None),
        };
        (Some(stage.to_owned()), valid_to)
    }

    /// Owners are leaders, of whom there is about one to each unit; others come
    /// from all the people.
    fn roles(&mut self, place: usize, people: &[Uuid]) -> Vec<Assignment> {
        let role = |name: &str| self.world.role(name);
        let (owner, manager, contact, user) = (
            role(super::OWNER_ROLE),
            role("Systemforvalter"),
            role("Kontaktperson"),
            role("Superbruger"),
        );
        let mut roles = Vec::new();
        let leader = people.get(place % people.len().max(1)).copied();
        if let (true, Some(role), Some(user)) = (self.chance(92), owner, leader) {
            roles.push(Assignment { user, role });
            if let (true, Some(second)) = (self.chance(3), self.pick(people)) {
                roles.push(Assignment { user: second, role });
            }
        }
        for (role, percent) in [(manager, 60), (contact, 35), (user, 20)] {
            if let (true, Some(role), Some(user)) = (self.chance(percent), role, self.pick(people))
            {
                roles.push(Assignment { user, role });
            }
        }
        roles
    }

    fn gdpr(&mut self) -> Gdpr {
        let mut gdpr = Gdpr::default();
        let levels: &[&str] = match self.rng.u32(0..100) {
            0..40 => &["None"],
            40..75 => &["PersonData"],
            75..92 => &["PersonData", "SensitiveData"],
            92..95 => &["PersonData", "SensitiveData", "LegalData"],
            _ => &[],
        };
        gdpr.sensitivity = levels.iter().map(|level| (*level).to_owned()).collect();
        if !levels.contains(&"PersonData") {
            return gdpr;
        }
        let yes = || Some("Yes".to_owned());
        gdpr.purpose = self.chance(90).then(|| self.word(&PURPOSES).to_owned());
        if self.chance(90) {
            gdpr.risk_assessment = yes();
            gdpr.risk_assessed = Some(self.days_ago(30..1200));
            gdpr.risk_result = Some(self.word(&["Low", "Medium", "High"]).to_owned());
            gdpr.risk_planned = self.chance(50).then(|| self.days_ahead(30..700));
        } else {
            gdpr.risk_assessment = Some(self.word(&["No", "Undecided"]).to_owned());
        }
        if levels.contains(&"SensitiveData") && self.chance(80) {
            gdpr.dpia = yes();
            gdpr.dpia_date = Some(self.days_ago(30..1000));
        }
        if self.chance(70) {
            gdpr.retention = yes();
            gdpr.next_retention = Some(self.days_ahead(10..900));
        }
        gdpr.agreement_required = Some(self.word(&["Yes", "Yes", "No"]).to_owned());
        gdpr
    }

    fn contract(&mut self, organization: Uuid, usage: Uuid) -> Uuid {
        let uuid = self.world.fresh("contract");
        let number = self.world.contracts.len() + 1;
        let mut usages = vec![Some(usage)];
        if self.chance(3) {
            usages.push(None);
        }
        let supplier = self.word(&SUPPLIERS);
        let ended = self.chance(3);
        let contract = Contract {
            uuid,
            organization,
            name: format!("Aftale {number} med {supplier}"),
            usages,
            supplier: Some(supplier.to_owned()),
            valid_from: Some(self.days_ago(100..2000)),
            valid_to: ended.then(|| self.days_ago(1..90)),
            terminated: None,
        };
        self.world.contracts.push(contract);
        uuid
    }

    fn registration(&mut self, organization: Uuid, usage: Uuid, responsible: Option<Uuid>) {
        let uuid = self.world.fresh("registration");
        let number = self.world.registrations.len() + 1;
        let processor = Some(self.word(&SUPPLIERS).to_owned());
        self.world.registrations.push(Registration {
            uuid,
            organization,
            name: format!("Databehandling {number}"),
            usages: vec![usage],
            processor,
            responsible_unit: responsible,
            valid: true,
        });
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
