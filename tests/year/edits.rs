//! A municipality that never rests: a day's worth of random edits of every kind.

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use kitos_standin::{Departure, OWNER_ROLE, Presence, World};
use uuid::Uuid;

use crate::a_year::settings::DOMAIN;

/// How many kinds of edit there are.
pub const KINDS: usize = 41;

/// Lets between no and five things happen. Returns which.
pub fn day(rng: &mut Rng, world: &mut World) -> Vec<usize> {
    let kinds: Vec<usize> = (0..rng.usize(0..6)).map(|_| rng.usize(0..KINDS)).collect();
    for kind in &kinds {
        edit(rng, world, *kind);
    }
    kinds
}

fn edit(rng: &mut Rng, world: &mut World, kind: usize) {
    let number = rng.u32(..);
    let usages: Vec<Uuid> = world.our_usages().map(|row| row.uuid).collect();
    let people: Vec<Uuid> = world.our_users().map(|row| row.uuid).collect();
    let units: Vec<Uuid> = world.our_units().map(|row| row.uuid).collect();
    let all_units: Vec<Uuid> = {
        let ours = world.organization;
        world.units.iter().filter(|row| row.organization == ours).map(|row| row.uuid).collect()
    };
    let systems: Vec<Uuid> = world.systems.iter().map(|row| row.uuid).collect();
    let (usage, other) = (pick(rng, &usages), pick(rng, &usages));
    let (person, second) = (pick(rng, &people), pick(rng, &people));
    let (unit, any_unit) = (pick(rng, &units), pick(rng, &all_units));
    let system = pick(rng, &systems);
    let role = any_role(rng, world);
    match kind {
        0 if people.len() < 50 => {
            let email = address(rng, number);
            world.join("Ny", &format!("Person {number}"), &email);
        }
        1 => {
            let email = address(rng, number);
            world.rename_person(person, "Omdøbt", &format!("Person {number}"), &email);
        }
        2..=4 if people.len() > 20 => {
            let departure = match kind {
                2 => Departure::LosesRoles,
                3 => Departure::LeavesRoles,
                _ if second == person => Departure::LosesRoles,
                _ => Departure::Successor(second),
            };
            world.leave(person, departure);
        }
        5 if people.len() > 20 => world.anonymise(person),
        6..=8 => world.assign(usage, owner_role(world), person),
        9 => {
            let owner = owner_role(world);
            for held in world.usage(usage).expect("it").roles.clone() {
                if held.role == owner {
                    world.unassign(usage, owner, held.user);
                }
            }
        }
        10..=12 => world.assign(usage, role, person),
        13..=14 => {
            let roles = world.usage(usage).expect("it").roles.clone();
            if let Some(held) = rng.choice(roles) {
                world.unassign(usage, held.role, held.user);
            }
        }
        15..=17 => {
            let value = life_cycle(rng);
            world.set_life_cycle(usage, value);
        }
        18 => {
            // Back and forth within a day.
            let value = world.usage(usage).expect("it").life_cycle.clone();
            world.set_life_cycle(usage, Some("PhasingOut"));
            world.set_life_cycle(usage, value.as_deref());
        }
        19..=20 => {
            let end = near(rng, world);
            world.set_valid_to(usage, end);
        }
        21 => {
            let start = near(rng, world);
            world.change(usage, |row| row.valid_from = start);
        }
        22 => world.change(usage, |row| {
            row.responsible_unit = (!number.is_multiple_of(5)).then_some(any_unit)
        }),
        23 => {
            let using = (0..rng.usize(0..4)).map(|_| pick(rng, &all_units)).collect();
            world.change(usage, |row| row.using_units = using);
        }
        24 => {
            let name = ["Fagsystem 3 B", "Vores system", "  ", "Til prøve"][number as usize % 4];
            world.change(usage, |row| {
                row.local_name = (!number.is_multiple_of(3)).then(|| name.to_owned())
            });
        }
        25 => world.change(usage, |row| {
            row.purpose = (!number.is_multiple_of(2)).then(|| "Løn".to_owned())
        }),
        26..=27 => gdpr(rng, world, usage),
        28 => {
            let contracts: Vec<Uuid> = world.contracts.iter().map(|row| row.uuid).collect();
            let contract = (!number.is_multiple_of(3)).then(|| pick(rng, &contracts));
            world.change(usage, |row| row.main_contract = contract);
        }
        29 => match number % 3 {
            0 => {
                // To a usage of another organisation.
                let ours = world.organization;
                let foreign = world.usages.iter().find(|row| row.organization != ours);
                let foreign = foreign.expect("one").uuid;
                world.relate(usage, foreign);
            }
            1 => world.change(usage, |row| row.relations.clear()),
            _ => world.relate(usage, other),
        },
        30 if usages.len() < 35 => {
            let owner = (!number.is_multiple_of(2)).then_some(person);
            match number % 3 {
                0 => world.acquire_system(system, owner),
                _ => world.acquire(&format!("Nyt system {number}"), owner),
            };
        }
        31 if usages.len() > 18 => world.remove_usage(usage),
        32..=33 => {
            let new = world.re_register(usage).expect("it was there");
            if number.is_multiple_of(3) {
                world.remove_owners(new);
            }
            if number.is_multiple_of(4) {
                world.set_life_cycle(new, Some("PhasingOut"));
            }
        }
        34 => world.migrate(usage, system),
        35 => match number % 3 {
            0 => world.deactivate_system(system),
            1 => world.rename_system(system, &format!("System {number}")),
            _ => {
                // KITOS's administrators open one again.
                if let Some(row) = world.systems.iter_mut().find(|row| row.deactivated) {
                    row.deactivated = false;
                }
            }
        },
        36 => {
            let role = if number.is_multiple_of(4) { owner_role(world) } else { role };
            match number % 5 {
                0 | 1 => world.rename_role_type(role, &format!("Rolle {number}")),
                2 => world.withdraw_role_type(role),
                3 if role != owner_role(world) => world.delete_role_type(role),
                _ => {
                    world.add_role_type(&format!("Rolle {number}"));
                }
            }
        }
        37 => {
            let parent = pick(rng, &units);
            match number % 4 {
                0 => {
                    world.add_unit(&format!("Enhed {number}"), parent);
                }
                1 => world.rename_unit(unit, &format!("Enhed {number}")),
                2 if !is_root(world, unit) && !is_above(world, unit, parent) => {
                    world.move_unit(unit, parent);
                }
                _ if !is_root(world, unit) && units.len() > 6 => world.remove_unit(unit),
                _ => {}
            }
        }
        38 => {
            world.add_contract(&format!("Aftale {number}"), "Leverandøren", &[usage]);
        }
        39 => {
            let ours = world.organization;
            let contracts = world.contracts.iter().filter(|row| row.organization == ours);
            let contracts: Vec<Uuid> = contracts.map(|row| row.uuid).collect();
            if contracts.is_empty() {
                return;
            }
            let (contract, end) = (pick(rng, &contracts), near(rng, world));
            world.change_contract(contract, |row| match number % 4 {
                0 => row.valid_to = end,
                1 => row.terminated = end,
                2 => row.usages.push(None),
                _ => row.usages = vec![Some(usage), None],
            });
        }
        40 => {
            let first = world.registrations.iter().find(|row| row.usages.contains(&usage));
            match first.map(|row| row.uuid) {
                Some(registration) => {
                    world.change_registration(registration, |row| row.usages.clear());
                }
                None => {
                    world.add_registration(&format!("Behandling {number}"), &[usage]);
                }
            }
        }
        _ => {}
    }
}

fn pick(rng: &mut Rng, from: &[Uuid]) -> Uuid {
    *rng.choice(from).expect("one at least")
}

/// KITOS's operators may have renamed it: it is the first of them.
fn owner_role(world: &World) -> Uuid {
    debug_assert_eq!(OWNER_ROLE, "Systemejer");
    world.role_types[0].uuid
}

/// Any but the owner role; one that is offered no longer, too.
fn any_role(rng: &mut Rng, world: &World) -> Uuid {
    let roles = world.role_types[1..].iter().filter(|role| role.presence != Presence::Gone);
    let roles: Vec<Uuid> = roles.map(|role| role.uuid).collect();
    pick(rng, &roles)
}

fn address(rng: &mut Rng, number: u32) -> String {
    match rng.u32(0..6) {
        0 => format!("p{number}@firma.example"),
        1 => "ikke en adresse".to_owned(),
        2 => String::new(),
        _ => format!("p{number}@{DOMAIN}"),
    }
}

fn life_cycle(rng: &mut Rng) -> Option<&'static str> {
    let values = [
        None,
        Some("Undecided"),
        Some("NotInUse"),
        Some("Pilot"),
        Some("PhasingIn"),
        Some("Operational"),
        Some("Operational"),
        Some("PhasingOut"),
        Some("PhasingOut"),
        Some("SomethingNew"),
    ];
    values[rng.usize(0..values.len())]
}

/// A day within three weeks before or after today, or none.
fn near(rng: &mut Rng, world: &World) -> Option<NaiveDate> {
    let day = world.today() - Days::new(21) + Days::new(rng.u64(0..43));
    rng.bool().then_some(day)
}

fn gdpr(rng: &mut Rng, world: &mut World, usage: Uuid) {
    let levels = ["None", "PersonData", "SensitiveData", "LegalData", "SomethingNew"];
    let sensitivity: Vec<String> =
        (0..rng.usize(0..3)).map(|_| levels[rng.usize(0..5)].to_owned()).collect();
    let risk = [None, Some("Yes"), Some("Yes"), Some("No"), Some("Irrelevant")][rng.usize(0..5)];
    let long_ago = world.today() - Days::new(rng.u64(0..1000));
    let (planned, review) = (near(rng, world), near(rng, world));
    let agreement = [None, Some("Yes"), Some("No"), Some("DecidedByLaw")][rng.usize(0..4)];
    let dated = rng.u32(0..4) > 0;
    world.change(usage, |row| {
        row.gdpr.sensitivity = sensitivity;
        row.gdpr.risk_assessment = risk.map(str::to_owned);
        row.gdpr.risk_assessed = dated.then_some(long_ago);
        row.gdpr.risk_planned = planned;
        row.gdpr.next_retention = review;
        row.gdpr.agreement_required = agreement.map(str::to_owned);
    });
}

fn is_root(world: &World, unit: Uuid) -> bool {
    world.unit(unit).is_some_and(|row| row.parent.is_none())
}

/// Whether `unit` is `below` or stands above it.
fn is_above(world: &World, unit: Uuid, below: Uuid) -> bool {
    let mut here = Some(below);
    while let Some(uuid) = here {
        if uuid == unit {
            return true;
        }
        here = world.unit(uuid).and_then(|row| row.parent);
    }
    false
}
