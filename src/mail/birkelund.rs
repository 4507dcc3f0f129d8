//! An invented municipality, from which the samples of letters are made.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime};
use uuid::Uuid;

use super::facts::Facts;
use crate::config;
use crate::model::{
    Capacity, DataSensitivity, DraftKind, Fault, Finding, ItSystem, Organization, OrganizationUnit,
    Person, RoleAssignment, RoleType, Severity, Snapshot, SuggestionLine, SystemUsage,
};
use crate::notify::draft::{Draft, DraftItem, Recipient, RecipientId};
use crate::policy::Policy;
use crate::policy::rules::RuleDef;

/// Everything that letters about findings are made from.
#[derive(Debug)]
pub(super) struct Birkelund {
    snapshot: Snapshot,
    names: BTreeMap<Uuid, String>,
    suggestions: BTreeMap<Uuid, Vec<SuggestionLine>>,
    policy: Policy,
    config: config::Config,
}

/// System, responsible unit, manager, whether it holds sensitive data.
const SYSTEMS: [(&str, &str, &str, bool); 7] = [
    ("Tilsynsbasen", "HR og Løn", "Sara Frost", true),
    ("Ferieplan", "HR og Løn", "Sara Frost", false),
    ("Vagtplan", "HR og Løn", "Sara Frost", false),
    ("Læsepas", "Skole", "Sara Frost", false),
    ("Valgfag", "Skole", "Ida Kruse", false),
    ("Klasselog", "Skole", "Ida Kruse", true),
    ("Byghub", "Plan og Byg", "", false),
];

const UNITS: [(&str, Option<&str>); 5] = [
    ("Birkelund Kommune", None),
    ("Økonomi og Digitalisering", Some("Birkelund Kommune")),
    ("HR og Løn", Some("Økonomi og Digitalisering")),
    ("Skole", Some("Birkelund Kommune")),
    ("Plan og Byg", Some("Birkelund Kommune")),
];

const PEOPLE: [&str; 8] = [
    "Marianne Holst",
    "Peter Lyng",
    "Lise Kragelund",
    "Henrik Bülow",
    "Sara Frost",
    "Ida Kruse",
    "Jens Bruun",
    "Bo Kruse",
];

impl Birkelund {
    pub fn new(mail: &config::Mail) -> Self {
        let mut snapshot = Snapshot::empty(Organization {
            uuid: id("Birkelund Kommune"),
            name: "Birkelund Kommune".to_owned(),
            cvr: None,
        });
        for (name, parent) in UNITS {
            let (uuid, parent) = (id(name), parent.map(id));
            let unit = OrganizationUnit { uuid, name: name.to_owned(), parent, external: None };
            snapshot.units.insert(uuid, unit);
        }
        for name in PEOPLE {
            let person = Person {
                uuid: id(name),
                kitos_uuid: id(name),
                name: name.to_owned(),
                email: Some(address(name)),
                member: name != "Jens Bruun",
                api_access: false,
            };
            snapshot.people.insert(person.uuid, person);
        }
        let (role, owner) = ("Systemforvalter", "Systemejer");
        for name in [role, owner] {
            let role_type = RoleType { uuid: id(name), name: name.to_owned(), available: true };
            snapshot.role_types.insert(id(name), role_type);
        }
        for (name, unit, manager, is_sensitive) in SYSTEMS {
            let system = ItSystem { uuid: id(name), name: name.to_owned(), deactivated: false };
            let mut usage = SystemUsage::new(id(name), id(name));
            usage.responsible_unit = Some(id(unit));
            if !manager.is_empty() {
                usage.roles.insert(RoleAssignment { role: id(role), person: id(manager) });
            }
            if name == "Vagtplan" {
                let person = id("Marianne Holst");
                usage.roles.insert(RoleAssignment { role: id(owner), person });
            }
            if is_sensitive {
                usage.gdpr.sensitivity.insert(DataSensitivity::SensitiveData);
            }
            snapshot.systems.insert(system.uuid, system);
            snapshot.usages.insert(usage.uuid, usage);
        }
        let suggestion = |name: &str, reason: &str| SuggestionLine {
            name: name.to_owned(),
            email: address(name),
            reason: reason.to_owned(),
        };
        let reader = suggestion("Marianne Holst", "leder af HR og Løn");
        let suggestions = BTreeMap::from([
            (
                id("Tilsynsbasen"),
                vec![reader.clone(), suggestion("Peter Lyng", "leder af Lønteamet")],
            ),
            (id("Ferieplan"), vec![reader]),
        ]);
        Self {
            names: snapshot.people.values().map(|p| (p.uuid, p.name.clone())).collect(),
            snapshot,
            suggestions,
            policy: Policy {
                manager_roles: [id(role)].into(),
                owner_roles: [id(owner)].into(),
                ..Policy::default()
            },
            config: config::Config { mail: mail.clone(), ..config::Config::default() },
        }
    }

    pub fn facts(&self) -> Facts<'_> {
        static NO_NAMES: BTreeMap<Uuid, String> = BTreeMap::new();
        Facts {
            snapshot: &self.snapshot,
            former_names: &NO_NAMES,
            names: &self.names,
            suggestions: &self.suggestions,
            policy: &self.policy,
            config: &self.config,
        }
    }
}

/// Things are called by their names.
pub(super) fn id(name: &str) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes())
}

/// As the municipality forms its addresses: the first name.
fn address(name: &str) -> String {
    let first = name.split(' ').next().unwrap_or_default();
    format!("{}@birkelund.example", first.to_lowercase().replace('ø', "oe"))
}

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

pub(super) fn recipient(name: &str) -> Recipient {
    Recipient {
        id: RecipientId(0),
        person: Some(id(name)),
        name: name.to_owned(),
        address: address(name),
        on_behalf_of: None,
    }
}

/// What comes to a reader in place of Anne Bang, who is away.
pub(super) fn for_anne(item: DraftItem) -> DraftItem {
    DraftItem { on_behalf_of: Some("Anne Bang".to_owned()), ..item }
}

/// What is open at a system.
pub(super) fn item(rule: &RuleDef, system: &str, faults: Vec<Fault>) -> DraftItem {
    DraftItem {
        finding: Finding {
            id: 0,
            rule: rule.id,
            severity: Severity::High,
            usage: id(system),
            faults,
            opened_at: DateTime::from_naive_utc_and_offset(
                day(2026, 1, 5).and_time(NaiveTime::MIN),
                chrono::Utc,
            ),
            resolved_at: None,
            ending: None,
            since_baseline: false,
            by_policy_change: false,
        },
        capacity: Capacity::Owner,
        unit: None,
        on_behalf_of: None,
        number: 2,
        due: true,
        for_information: false,
        answered: None,
        deadline: None,
        first_deadline: None,
        told_on: vec![day(2026, 1, 19), day(2026, 2, 2), day(2026, 2, 16)],
        asked: Vec::new(),
        reader_told_on: Vec::new(),
        passed_over: Vec::new(),
        unit_leader: None,
        help: None,
    }
}

/// A letter with these items, the second of three.
pub(super) fn draft(kind: DraftKind, to: &str, items: Vec<DraftItem>) -> Draft {
    Draft {
        kind,
        key: String::new(),
        to: vec![recipient(to)],
        cc: Vec::new(),
        date: day(2026, 2, 2),
        items,
        systems: Vec::new(),
        awaited: BTreeMap::new(),
        deadline: Some(day(2026, 2, 13)),
        promises: Vec::new(),
        next: Some(day(2026, 2, 16)),
        number: 2,
        of: Some(3),
        leader: None,
        last_day: None,
        not_before: DateTime::UNIX_EPOCH,
        notifications: Vec::new(),
    }
}
