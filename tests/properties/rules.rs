//! The rules and the history on what KITOS really says: pulled over HTTP from the
//! stand-in with its traps, and written to a real database.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use kitos_standin::{Departure, OWNER_ROLE, Standin, World};
use kitos_sync::kitos::Known;
use kitos_sync::model::{Fault, FaultArg, Finding, Rule, Snapshot};
use kitos_sync::policy::Policy;
use kitos_sync::policy::roles::match_roles;
use kitos_sync::policy::rules::{
    RULES, decommission_incomplete, owner_departed, owner_missing, owner_several,
    registration_incomplete,
};
use kitos_sync::store::{self, FindingFilter};
use uuid::Uuid;

use crate::support;
use crate::support::database::{Database, nine};
use crate::support::generate::Seen;

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 3, 2).expect("a date")
}

/// The owner role of the stand-in; every rule.
fn policy(snapshot: &Snapshot) -> Policy {
    let roles = match_roles(&[OWNER_ROLE.to_owned()], &BTreeMap::new(), snapshot).roles;
    Policy {
        owner_roles: roles,
        rules: RULES.iter().map(|rule| (rule.id, rule.default_setting())).collect(),
        ..Policy::default()
    }
}

/// A municipality, its database, and one pull a day.
struct Town {
    standin: Standin,
    database: Database,
    days: u64,
}

impl Town {
    async fn new(prepare: impl FnOnce(&mut World)) -> Self {
        let mut world = World::generate(3, 12);
        prepare(&mut world);
        let standin = Standin::start(world).await.expect("a stand-in");
        let mut town = Self { standin, database: Database::new(), days: 0 };
        town.pull().await;
        town
    }

    /// The next day's pull.
    async fn pull(&mut self) -> Snapshot {
        let known = store::current_snapshot(&self.database.connection).expect("a snapshot");
        let known = known.as_ref().map(Known::of).unwrap_or_default();
        let snapshot = support::pull(&self.standin, &known).await.expect("a pull").snapshot;
        let today = first_day() + Days::new(self.days);
        self.days += 1;
        let seen = Seen { snapshot: snapshot.clone(), today };
        self.database.pull(&seen, &policy(&snapshot))
    }

    /// What is open on a usage.
    fn open(&self, usage: Uuid) -> BTreeMap<Rule, Finding> {
        let filter = FindingFilter { usage: Some(usage), open: true, ..FindingFilter::default() };
        let found = store::select_findings(&self.database.connection, &filter).expect("findings");
        found.into_iter().map(|finding| (finding.rule, finding)).collect()
    }

    fn edit<T>(&self, edit: impl FnOnce(&mut World) -> T) -> T {
        self.standin.edit(edit)
    }
}

/// The first usage in operation with exactly one owner.
fn owned(world: &World) -> (Uuid, Uuid) {
    let owner = world.role(OWNER_ROLE).expect("the role");
    let in_use = world.our_usages().filter(|u| u.life_cycle.as_deref() == Some("Operational"));
    let mut owned = in_use.filter_map(|usage| match world.holders(usage.uuid, owner).as_slice() {
        [one] => Some((usage.uuid, *one)),
        _ => None,
    });
    owned.next().expect("a system with an owner")
}

#[tokio::test]
async fn a_deleted_user_is_no_owner_though_kitos_lists_them() {
    let mut town = Town::new(|_| {}).await;
    let (usage, person) = town.edit(|world| owned(world));
    assert!(!town.open(usage).contains_key(&owner_departed::RULE.id));
    town.edit(|world| world.anonymise(person));
    town.pull().await;
    let open = town.open(usage);
    assert_eq!(
        open[&owner_departed::RULE.id].faults,
        [Fault::new("departed-owner").with("departed", FaultArg::Person(person))]
    );
    assert!(!open.contains_key(&owner_missing::RULE.id), "never both");
    let spells = store::ownerships(&town.database.connection, store::OwnershipsOf::Usage(usage))
        .expect("ownerships");
    assert!(spells.iter().any(|spell| spell.person == person && spell.to.is_none()));
}

#[tokio::test]
async fn the_same_person_twice_in_a_role_is_one_owner() {
    let mut town = Town::new(|_| {}).await;
    let (usage, person) = town.edit(|world| owned(world));
    town.edit(|world| world.assign_owner(usage, person));
    town.pull().await;
    assert!(!town.open(usage).contains_key(&owner_several::RULE.id));
}

#[tokio::test]
async fn contracts_with_holes_and_relations_abroad_do_no_harm() {
    let mut town = Town::new(|_| {}).await;
    let (usage, _) = town.edit(|world| owned(world));
    town.edit(|world| {
        let ours = world.organization;
        let foreign = world.usages.iter().find(|row| row.organization != ours).expect("one").uuid;
        world.change(usage, |row| {
            row.life_cycle = Some("NotInUse".to_owned());
            row.valid_to = Some(first_day());
            row.using_units.clear();
            row.relations = vec![foreign];
            row.main_contract = None;
        });
        for row in &mut world.usages {
            row.relations.retain(|to| *to != usage);
        }
        for row in &mut world.contracts {
            row.usages = vec![None, None];
        }
        for row in &mut world.registrations {
            row.usages.clear();
        }
    });
    town.pull().await;
    assert!(!town.open(usage).contains_key(&decommission_incomplete::RULE.id));
    town.edit(|world| {
        let contract = world.contracts.iter().find(|row| row.organization == world.organization);
        let contract = contract.expect("a contract").uuid;
        world.change_contract(contract, |row| {
            row.valid_to = None;
            row.usages = vec![None, Some(usage), None];
        });
    });
    town.pull().await;
    let faults = town.open(usage).remove(&decommission_incomplete::RULE.id).expect("it").faults;
    assert!(
        matches!(faults.as_slice(), [fault] if fault.kind() == "active-contract"),
        "{faults:?}"
    );
}

#[tokio::test]
async fn a_system_that_is_registered_anew_twice_is_one_life() {
    let mut town = Town::new(|_| {}).await;
    let (first, person) = town.edit(|world| owned(world));
    town.edit(|world| world.set_life_cycle(first, Some("PhasingOut")));
    town.pull().await;
    // Something to carry over.
    town.edit(|world| world.change(first, |row| row.responsible_unit = None));
    town.pull().await;
    let before = town.open(first);
    let incomplete = before[&registration_incomplete::RULE.id].id;

    let second = town.edit(|world| world.re_register(first)).expect("it was there");
    town.pull().await;
    let third = town.edit(|world| world.re_register(second)).expect("it was there");
    town.pull().await;
    let connection = &town.database.connection;
    let identities = store::settled_uuids(connection).expect("identities");
    assert_eq!(identities, [(second, first), (third, first)].into());

    let now = town.open(first);
    assert_eq!(now[&registration_incomplete::RULE.id].id, incomplete, "the same finding");
    assert_eq!(now.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    let spells =
        store::ownerships(connection, store::OwnershipsOf::Usage(first)).expect("ownerships");
    let owner: Vec<_> = spells.iter().filter(|spell| spell.person == person).collect();
    assert!(owner.len() == 1 && owner[0].since_baseline);
    assert!(owner.iter().all(|spell| spell.from == nine(first_day()) && spell.to.is_none()));

    // The owner leaves it now, and the history knows who it was.
    town.edit(|world| world.leave(person, Departure::LosesRoles));
    let snapshot = town.pull().await;
    let roles = policy(&snapshot).owner_roles;
    let history = store::load_history(&town.database.connection, &roles).expect("a history");
    assert_eq!(history.last_owner[&first].person, person);
    assert_eq!(history.phasing_out_since[&first], first_day() + Days::new(1));
    let spells = store::ownerships(&town.database.connection, store::OwnershipsOf::Usage(first))
        .expect("ownerships");
    let ended = first_day() + Days::new(5);
    let spell = spells.iter().find(|spell| spell.person == person).expect("the spell");
    assert_eq!(
        (spell.from, spell.to, spell.departed),
        (nine(first_day()), Some(nine(ended)), true)
    );

    // All that happened is told of the one that is there now.
    let filter = store::ChangeFilter { usage: Some(first), ..store::ChangeFilter::default() };
    let changes = store::list_changes(&town.database.connection, &filter).expect("changes");
    let kinds: Vec<&str> = changes.iter().map(|row| row.change.kind().as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "reRegistered").count(), 2, "{kinds:?}");
    assert!(kinds.contains(&"phasingOut") && !kinds.contains(&"acquired"), "{kinds:?}");
    assert!(!kinds.contains(&"removed"), "{kinds:?}");
}

#[tokio::test]
async fn a_date_that_passes_is_told_once_though_nothing_was_edited() {
    let end = first_day() + Days::new(1);
    let mut usage = Uuid::nil();
    let mut town = Town::new(|world| {
        usage = owned(world).0;
        world.set_valid_to(usage, Some(end));
    })
    .await;
    let mut told = Vec::new();
    for _ in 0..4 {
        town.pull().await;
        let filter = store::ChangeFilter { usage: Some(usage), ..store::ChangeFilter::default() };
        let changes = store::list_changes(&town.database.connection, &filter).expect("changes");
        told.push(changes.iter().map(|row| row.change.kind().as_str()).collect::<Vec<_>>());
    }
    // The last day of use is a day of use.
    let (nothing, once) = (Vec::<&str>::new(), vec!["decommissioned"]);
    assert_eq!(told, [nothing, once.clone(), once.clone(), once]);
}
