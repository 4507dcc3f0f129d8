//! What happens at the demo's municipality in eight weeks: edits of the stand-in,
//! day by day, each told in one line.

use chrono::{Days, TimeDelta};
use uuid::Uuid;

use super::baseline::put_in_order;
use kitos_standin::{Departure, Membership, OWNER_ROLE, World};

/// The days of the story, counted from the Monday on which it begins.
pub const DAYS: u64 = 56;

/// People and systems that the story comes back to.
#[derive(Debug, Default)]
pub struct Story {
    leaver: Option<Uuid>,
    orphans: Vec<Uuid>,
    phased_out: Option<Uuid>,
    booking: Option<Uuid>,
}

impl Story {
    /// What was wrong already when monitoring began.
    pub fn before(&mut self, world: &mut World) {
        put_in_order(world);
        let usages: Vec<Uuid> = owned(world);
        let [stalled, left_behind, ..] = usages.as_slice() else { return };
        let (stalled, left_behind) = (*stalled, *left_behind);
        let today = world.today();
        world.set_life_cycle(stalled, Some("PhasingOut"));
        world.set_valid_to(stalled, today.checked_sub_days(Days::new(20)));
        // Far from the first ones, which have a story, with an owner who has no other.
        let alone = |usage: &&Uuid| {
            owner_of(world, **usage).is_some_and(|owner| owned_by(world, owner).len() == 1)
        };
        let stale = usages.iter().rev().find(alone).copied();
        // Not an edit: that would be today's.
        if let Some(usage) = world.usages.iter_mut().find(|usage| Some(usage.uuid) == stale) {
            usage.last_modified -= TimeDelta::days(900);
        }
        if let Some(person) = owner_of(world, left_behind) {
            world.leave(person, Departure::LeavesRoles);
        }
    }

    /// Lets the day happen. Returns what there is to tell.
    pub fn day(&mut self, day: u64, world: &mut World) -> Vec<String> {
        let mut told = Vec::new();
        match day {
            2 => {
                let owner = owned(world).last().and_then(|usage| owner_of(world, *usage));
                self.booking = Some(world.acquire("Borgerbooking", owner));
                told.push(format!(
                    "the system Borgerbooking is acquired; its owner is {}",
                    name(world, owner)
                ));
            }
            4 => {
                world.acquire("Vejbelysning Online", None);
                told.push("the system Vejbelysning Online is acquired, and nobody owns it".into());
            }
            9 => {
                self.leaver = most_owning(world);
                if let Some(leaver) = self.leaver {
                    self.orphans = owned_by(world, leaver);
                    told.push(format!(
                        "{} leaves; KITOS takes the role as owner of {} systems away in the same act",
                        name(world, self.leaver),
                        self.orphans.len()
                    ));
                    world.leave(leaver, Departure::LosesRoles);
                }
            }
            15 => {
                let successor = most_owning(world);
                if let (Some(user), Some(first)) = (successor, self.orphans.first().copied()) {
                    world.assign_owner(first, user);
                    told.push(format!(
                        "{} takes over {}; the others still lack an owner",
                        name(world, successor),
                        world.usage_name(first)
                    ));
                }
            }
            17 => {
                let usage = owned(world).into_iter().find(|usage| {
                    world.usage(*usage).is_some_and(|usage| !usage.relations.is_empty())
                });
                self.phased_out = usage;
                if let Some(usage) = usage {
                    world.set_life_cycle(usage, Some("PhasingOut"));
                    told.push(format!("{} is being phased out", world.usage_name(usage)));
                }
            }
            22 => {
                world.set_membership(Membership::LostUnnoticed);
                told.push(
                    "the API user loses its membership: KITOS answers 200 and empty lists".into(),
                );
            }
            23 => {
                world.set_membership(Membership::Member);
                told.push("the membership is back".into());
            }
            29 => {
                if let Some(role) = world.role(OWNER_ROLE) {
                    world.rename_role_type(role, "Systemejer (ansvarlig)");
                    told.push("KITOS's operators rename the role Systemejer".into());
                }
            }
            31 => {
                if let Some(usage) = self.phased_out {
                    world.set_life_cycle(usage, Some("NotInUse"));
                    told.push(format!(
                        "{} is taken out of use; contract and relations stay behind",
                        world.usage_name(usage)
                    ));
                }
            }
            36 => self.disorder(world, &mut told),
            43 => {
                if let Some(usage) = owned(world).first().copied() {
                    told.push(format!("{} is deleted in KITOS", world.usage_name(usage)));
                    world.remove_usage(usage);
                }
            }
            50 => {
                let unit = world.our_units().last().map(|unit| unit.uuid);
                if let Some(booking) = self.booking {
                    world.change(booking, |usage| {
                        usage.responsible_unit = unit;
                        usage.life_cycle = Some("Operational".to_owned());
                        usage.gdpr.sensitivity = vec!["None".to_owned()];
                    });
                    told.push("the owner of Borgerbooking fills in what was missing".into());
                }
            }
            _ => {}
        }
        told
    }

    /// A day of small disorders, one of each kind.
    fn disorder(&self, world: &mut World, told: &mut Vec<String>) {
        let usages = owned(world);
        let [two_owners, no_address, twice, closed, ..] = usages.as_slice() else { return };
        let (two_owners, no_address, twice, closed) = (*two_owners, *no_address, *twice, *closed);
        if let Some(second) = most_owning(world)
            && owner_of(world, two_owners) != Some(second)
            && let Some(role) = owner_role(world)
        {
            world.assign(two_owners, role, second);
            told.push(format!("{} gets a second owner", world.usage_name(two_owners)));
        }
        if let Some(person) = owner_of(world, no_address) {
            if let Some(row) = world.users.iter_mut().find(|user| user.uuid == person) {
                row.email = Some("privat@firma.example".to_owned());
            }
            told.push(format!("{} gets a private mail address", name(world, Some(person))));
        }
        let system = world.usage(twice).map(|usage| usage.system);
        if let Some(system) = system {
            world.acquire_system(system, owner_of(world, twice));
            told.push(format!("{} is registered a second time", world.usage_name(twice)));
        }
        if let Some(system) = world.usage(closed).map(|usage| usage.system) {
            world.deactivate_system(system);
            told.push(format!("{} is closed in KITOS's shared list", world.usage_name(closed)));
        }
    }
}

/// IT makes somebody the owner of a system in KITOS.
pub fn enter(world: &mut World, usage: Uuid, owner: Uuid) -> String {
    if let Some(role) = owner_role(world) {
        world.assign(usage, role, owner);
    }
    let (owner, system) = (name(world, Some(owner)), world.usage_name(usage));
    format!("IT enters {owner} as the owner of {system}, as was answered")
}

fn owner_role(world: &World) -> Option<Uuid> {
    let named = |name: &str| world.role_types.iter().find(|role| role.name.starts_with(name));
    named(OWNER_ROLE).map(|role| role.uuid)
}

fn owner_of(world: &World, usage: Uuid) -> Option<Uuid> {
    world.holders(usage, owner_role(world)?).first().copied()
}

fn owned_by(world: &World, user: Uuid) -> Vec<Uuid> {
    owner_role(world).map(|role| world.held_by(user, role)).unwrap_or_default()
}

/// Our systems in operation that have an owner.
fn owned(world: &World) -> Vec<Uuid> {
    world
        .our_usages()
        .filter(|usage| usage.life_cycle.as_deref() == Some("Operational"))
        .map(|usage| usage.uuid)
        .filter(|usage| owner_of(world, *usage).is_some())
        .collect()
}

/// The user who owns most systems.
fn most_owning(world: &World) -> Option<Uuid> {
    world.our_users().map(|user| user.uuid).max_by_key(|user| owned_by(world, *user).len())
}

fn name(world: &World, user: Option<Uuid>) -> String {
    user.and_then(|user| world.user(user)).map_or_else(|| "nobody".to_owned(), |user| user.name())
}

/// The leaders file of this municipality: the owner of a system leads the unit that is
/// responsible for it. The last owner is no leader and the one before works elsewhere, so that
/// the rules on owners find something.
pub fn leaders_file(world: &World) -> String {
    let mut file = "email;name;level;unit;manager_email\n".to_owned();
    let owners: Vec<_> = world
        .our_users()
        .filter_map(|user| {
            let usage = owned_by(world, user.uuid).into_iter().find_map(|usage| {
                world.usage(usage)?.responsible_unit.and_then(|unit| world.unit(unit))
            })?;
            Some((user, usage.name.clone()))
        })
        .collect();
    let count = owners.len();
    for (position, (user, unit)) in owners.into_iter().enumerate() {
        let level = if position + 1 == count { "konsulent" } else { "leder" };
        let unit = if position + 2 == count { "Tandplejen".to_owned() } else { unit };
        let email = user.email.clone().unwrap_or_default();
        file.push_str(&format!("{email};{};{level};{unit};\n", user.name()));
    }
    file
}
