//! Snapshots as KITOS could give them, for property tests: few entities, so
//! that they meet, with strings that have broken other programs, shared and
//! dangling references as far as the model allows, and empty lists.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate};
use kitos_sync::model::{
    Contract, DataProcessing, DataSensitivity, Gdpr, ItSystem, LifeCycle, MainContract, Missing,
    Organization, OrganizationUnit, Person, RiskAssessment, RoleAssignment, RoleType, Snapshot,
    SystemUsage,
};
use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use uuid::Uuid;

/// What a uuid is for; keeps those of different entities apart.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    Organization = 1,
    Role,
    Unit,
    Person,
    System,
    Usage,
    Contract,
    DataProcessing,
    External,
}

/// The `n`th uuid of a kind.
pub fn id(kind: Kind, n: u8) -> Uuid {
    Uuid::from_u128((kind as u128) << 64 | u128::from(n))
}

/// The role types that the tests' policy counts as owner.
pub fn owner_roles() -> BTreeSet<Uuid> {
    [id(Kind::Role, 0), id(Kind::Role, 1)].into()
}

/// The day on which sequences begin; generated dates lie around it.
pub fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 2).expect("a date")
}

/// Text as people type it, and as they should not.
pub fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[A-ZÆØÅ][a-zæøå]{1,8}( [0-9])?",
        1 => prop_oneof![
            Just(String::new()),
            Just(" \t ".to_owned()),
            Just("'; DROP TABLE person; --".to_owned()),
            Just("<script>alert(\"æ\")</script>".to_owned()),
            Just("Bo\r\nBcc: x@example.org".to_owned()),
            Just("=cmd|' /C calc'!A0".to_owned()),
            Just("{{ 7 * 7 }} \\ % _ *".to_owned()),
            Just("\u{202e}txet\u{0}\u{1b}[31m".to_owned()),
            Just("👩‍💻".repeat(300)),
        ],
        1 => any::<String>(),
    ]
}

fn email() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        2 => "[a-z]{1,4}@randers\\.dk".prop_map(Some),
        2 => "[a-f]@randers\\.dk".prop_map(Some),
        1 => Just(None),
        1 => Just(Some("bo@example.org".to_owned())),
        1 => text().prop_map(Some),
    ]
}

fn life_cycle() -> impl Strategy<Value = Option<LifeCycle>> {
    option::of(prop_oneof![
        Just("Undecided"),
        Just("NotInUse"),
        Just("Pilot"),
        Just("PhasingIn"),
        Just("Operational"),
        Just("Operational"),
        Just("PhasingOut"),
        Just("SomethingNew"),
        Just(""),
    ])
    .prop_map(|value| value.map(LifeCycle::from_kitos))
}

fn date() -> impl Strategy<Value = Option<NaiveDate>> {
    option::weighted(0.3, (0u64..12).prop_map(|days| first_day() - Days::new(3) + Days::new(days)))
}

fn usage() -> impl Strategy<Value = SystemUsage> {
    let assignment = (0u8..4, 0u8..6).prop_map(|(role, person)| RoleAssignment {
        role: id(Kind::Role, role),
        person: id(Kind::Person, person),
    });
    (
        0u8..4,
        option::of(text()),
        life_cycle(),
        (date(), date()),
        option::of(0u8..5),
        btree_set(assignment, 0..4),
        registration(),
    )
        .prop_map(
            |(system, local_name, life_cycle, (valid_from, valid_to), unit, roles, more)| {
                SystemUsage {
                    // Set by the map that it goes into.
                    uuid: Uuid::nil(),
                    system: id(Kind::System, system),
                    local_name,
                    life_cycle,
                    valid_from,
                    valid_to,
                    responsible_unit: unit.map(|n| id(Kind::Unit, n)),
                    roles: roles.into_iter().collect(),
                    ..more
                }
            },
        )
}

/// The fields of a usage that the rules on registration look at; the others are
/// nothing.
fn registration() -> impl Strategy<Value = SystemUsage> {
    let ids = |kind| btree_set((0u8..7).prop_map(move |n| id(kind, n)), 0..3);
    let sensitivity = prop_oneof![
        Just("None"),
        Just("PersonData"),
        Just("SensitiveData"),
        Just("LegalData"),
        Just("SomethingNew"),
    ]
    .prop_map(DataSensitivity::from_kitos);
    let gdpr = (btree_set(sensitivity, 0..3), 0usize..4, (date(), date(), date()), any::<bool>())
        .prop_map(|(sensitivity, risk, (done, planned, review), agreement_required)| Gdpr {
            sensitivity: sensitivity.into_iter().collect(),
            risk_assessment: RiskAssessment::ALL[risk],
            risk_assessed: done,
            risk_assessment_planned: planned,
            agreement_required,
            retention_review: review,
        });
    (ids(Kind::Unit), 0usize..4, any::<bool>(), date(), ids(Kind::Usage), gdpr).prop_map(
        |(using_units, contract, has_purpose, last_modified, relations, gdpr)| SystemUsage {
            using_units: using_units.into_iter().collect(),
            main_contract: MainContract::ALL[contract],
            has_purpose,
            last_modified,
            relations: relations.into_iter().collect(),
            gdpr,
            ..SystemUsage::new(Uuid::nil(), Uuid::nil())
        },
    )
}

/// Fields that KITOS tells of no system: none, nearly always.
fn unknown() -> impl Strategy<Value = BTreeSet<Missing>> {
    let some = btree_set(proptest::sample::select(Missing::ALL.to_vec()), 0..3);
    prop_oneof![4 => Just(BTreeSet::new()), 1 => some]
}

/// A whole snapshot. Units and their parents may dangle; people, role types and
/// systems that a usage names are there, as the model promises.
pub fn snapshot() -> impl Strategy<Value = Snapshot> {
    (
        (text(), option::of("[0-9]{8}")),
        btree_map(0u8..4, (text(), any::<bool>()), 0..5),
        btree_map(0u8..5, (text(), option::of(0u8..6), any::<bool>()), 0..5),
        btree_map(0u8..6, (text(), email(), any::<bool>()), 0..7),
        vec((text(), any::<bool>()), 4),
        btree_map(0u8..6, usage(), 0..7),
        btree_map(0u8..3, (text(), any::<bool>(), btree_set(0u8..7, 0..4)), 0..3),
        unknown(),
    )
        .prop_map(
            |((name, cvr), roles, units, users, system_names, usages, papers, unknown)| {
                let mut snapshot =
                    Snapshot::empty(Organization { uuid: id(Kind::Organization, 0), name, cvr });
                for (n, (name, available)) in roles {
                    let uuid = id(Kind::Role, n);
                    snapshot.role_types.insert(uuid, RoleType { uuid, name, available });
                }
                for (n, (name, parent, from_fk)) in units {
                    let uuid = id(Kind::Unit, n);
                    let parent = parent.map(|n| id(Kind::Unit, n));
                    snapshot.units.insert(
                        uuid,
                        OrganizationUnit {
                            uuid,
                            name,
                            parent,
                            external: from_fk.then(|| id(Kind::External, n)),
                        },
                    );
                }
                for (n, (name, email, api_access)) in users {
                    let uuid = id(Kind::Person, n);
                    snapshot.people.insert(
                        uuid,
                        Person { uuid, kitos_uuid: uuid, name, email, member: true, api_access },
                    );
                }
                for (n, usage) in usages {
                    let uuid = id(Kind::Usage, n);
                    snapshot.usages.insert(uuid, SystemUsage { uuid, kitos_uuid: uuid, ..usage });
                }
                for (n, (name, deactivated)) in (0u8..).zip(system_names) {
                    let uuid = id(Kind::System, n);
                    snapshot.systems.insert(uuid, ItSystem { uuid, name, deactivated });
                }
                // A usage that a contract or a registration names may be gone.
                for (n, (name, active, usages)) in papers {
                    let usages: BTreeSet<Uuid> =
                        usages.into_iter().map(|n| id(Kind::Usage, n)).collect();
                    let uuid = id(Kind::Contract, n);
                    let contract = Contract {
                        uuid,
                        name: name.clone(),
                        active,
                        supplier: None,
                        usages: usages.iter().copied().collect(),
                    };
                    snapshot.contracts.insert(uuid, contract);
                    let uuid = id(Kind::DataProcessing, n);
                    snapshot.data_processing.insert(
                        uuid,
                        DataProcessing {
                            uuid,
                            name,
                            in_force: active,
                            usages: usages.into_iter().collect(),
                        },
                    );
                }
                snapshot.unknown = unknown;
                close(snapshot)
            },
        )
}

/// Adds what a usage names and no list has, and drops what nothing names: what
/// `kitos::translate` does.
fn close(mut snapshot: Snapshot) -> Snapshot {
    snapshot.people.retain(|_, person| person.member);
    let used: BTreeSet<Uuid> = snapshot.usages.values().map(|usage| usage.system).collect();
    snapshot.systems.retain(|uuid, _| used.contains(uuid));
    for uuid in used {
        snapshot.systems.entry(uuid).or_insert_with(|| ItSystem {
            uuid,
            name: String::new(),
            deactivated: false,
        });
    }
    for assignment in snapshot.usages.values().flat_map(|usage| &usage.roles) {
        let RoleAssignment { role: uuid, person } = *assignment;
        snapshot.role_types.entry(uuid).or_insert_with(|| RoleType {
            uuid,
            name: "Gammel rolle".to_owned(),
            available: false,
        });
        snapshot.people.entry(person).or_insert_with(|| Person {
            uuid: person,
            kitos_uuid: person,
            name: "Fhv. Medarbejder".to_owned(),
            email: None,
            member: false,
            api_access: false,
        });
    }
    snapshot
}

/// A snapshot with the day on which it was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    pub snapshot: Snapshot,
    pub today: NaiveDate,
}

/// Consecutive pulls: some unchanged, some in which only usages or only people
/// moved, some in which everything did; on the same day or some days later.
pub fn sequence() -> impl Strategy<Value = Vec<Seen>> {
    vec((snapshot(), 0u8..5, 0u64..3), 1..8).prop_map(|steps| {
        let mut seen: Vec<Seen> = Vec::new();
        for (new, how, days) in steps {
            let next = match seen.last() {
                None => Seen { snapshot: new, today: first_day() },
                Some(Seen { snapshot: last, today }) => Seen {
                    snapshot: match how {
                        0 => last.clone(),
                        1 => close(Snapshot { usages: new.usages, ..last.clone() }),
                        2 => close(Snapshot { people: new.people, ..last.clone() }),
                        _ => new,
                    },
                    today: *today + Days::new(days),
                },
            };
            seen.push(next);
        }
        seen
    })
}
