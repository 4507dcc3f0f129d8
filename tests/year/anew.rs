//! Two municipalities to which the same happens, and in one of which KITOS deletes
//! registrations and people and makes them anew, day by day: what is known of both,
//! decided on both and told of both is the same (`docs/policy.md`, "Changes").

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, Utc};
use fastrand::Rng;
use kitos_standin::{Standin, World};
use kitos_sync::decisions::{release, waive};
use kitos_sync::jobs::{self, Clock, Context, Deliver, Remind, Sync, SyncOutcome};
use kitos_sync::model::Snapshot;
use kitos_sync::policy::waivers::Request;
use kitos_sync::store::{Access, current_snapshot, open_findings, settled_uuids};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::a_year::edits;
use crate::a_year::registers::{install, leaders, pulled_at};

const SEED: u64 = 11;
const SYSTEMS: usize = 25;
const DAYS: u64 = 30;

struct Town {
    standin: Standin,
    context: Context,
    connection: Connection,
    /// Decides what happens …
    edits: Rng,
    /// … and what is made anew, if anything is.
    anew: Option<Rng>,
    _folder: TempDir,
}

impl Town {
    async fn new(start: DateTime<Utc>, anew: bool) -> Self {
        let mut edits = crate::support::explore::rng(SEED);
        let world = World::generate_at(edits.get_seed(), SYSTEMS, start);
        let leaders = leaders(&world);
        let excluded = world.our_usages().last().expect("a usage").uuid;
        let standin = Standin::start(world).await.expect("a stand-in");
        let (folder, mut context) = install(&standin, &leaders);
        Arc::get_mut(&mut context.config).expect("alone").policy.exclude.uuids.push(excluded);
        let connection = context.store.open(Access::Create).expect("a database");
        let anew = anew.then(|| edits.fork());
        edits.seed(SEED);
        Self { standin, context, connection, edits, anew, _folder: folder }
    }

    async fn live(&mut self, today: NaiveDate, now: DateTime<Utc>, is_first: bool) {
        let (edits, anew) = (&mut self.edits, &mut self.anew);
        self.standin.edit(|world| {
            world.now = now;
            if !is_first {
                let before = settled(world);
                edits::day(edits, world);
                if let Some(rng) = anew {
                    make_anew(rng, world, &before);
                }
            }
        });
        self.context.clock = Clock::At(now);
        let report = jobs::run(&self.context, Sync::default()).await.expect("a pull");
        if report.outcome == SyncOutcome::Quarantined {
            release(&self.context, None, "Ida".to_owned()).await.expect("a release");
        }
        let open = open_findings(&self.connection).expect("findings");
        if today.to_string().ends_with('5') {
            let request = Request {
                until: today + Days::new(20),
                reason: "Aftalt".to_owned(),
                by: "Ida".to_owned(),
            };
            waive(&self.context, open[open.len() / 2].id, request).await.expect("a waiver");
        }
        jobs::run(&self.context, Remind { send: true }).await.expect("reminders");
        jobs::run(&self.context, Deliver::default()).await.expect("a delivery");
    }

    /// What is known now, under whatever uuids KITOS has it.
    fn register(&self) -> Snapshot {
        let mut snapshot = current_snapshot(&self.connection).expect("a snapshot").expect("one");
        snapshot.usages.values_mut().for_each(|usage| usage.kitos_uuid = usage.uuid);
        snapshot.people.values_mut().for_each(|person| person.kitos_uuid = person.uuid);
        snapshot
    }

    fn rows(&self, sql: &str) -> Vec<Vec<Value>> {
        let mut statement = self.connection.prepare(sql).expect("a query");
        let columns = statement.column_count();
        let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
        let rows = statement.query_map([], read).expect("rows");
        rows.collect::<Result<_, _>>().expect("its rows")
    }
}

/// What can be made anew without being something else: usages that are the only one of
/// their shared system, and people whose address is nobody else's.
fn settled(world: &World) -> BTreeMap<Uuid, String> {
    let mut of_system: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for usage in world.our_usages() {
        of_system.entry(usage.system).or_default().push(usage.uuid);
    }
    let usages = of_system.into_iter().filter(|(_, usages)| usages.len() == 1);
    let usages = usages.map(|(system, usages)| (usages[0], system.to_string()));
    let mut of_address: BTreeMap<String, Vec<(Uuid, String)>> = BTreeMap::new();
    for user in world.our_users() {
        let address = user.email.clone().unwrap_or_default();
        of_address
            .entry(address.trim().to_lowercase())
            .or_default()
            .push((user.uuid, format!("{} {address}", user.name())));
    }
    let people = of_address.into_iter().filter(|(address, people)| {
        address.contains('@') && !address.contains("deleted_user") && people.len() == 1
    });
    usages.chain(people.map(|(_, mut people)| people.remove(0))).collect()
}

/// Makes a fifth anew of what is as it was `before`.
fn make_anew(rng: &mut Rng, world: &mut World, before: &BTreeMap<Uuid, String>) {
    for (uuid, is) in settled(world) {
        if before.get(&uuid) == Some(&is) && rng.u8(0..5) == 0 {
            rename(world, uuid, Uuid::from_u128(rng.u128(..)));
        }
    }
}

fn rename(world: &mut World, old: Uuid, new: Uuid) {
    let rename = |uuid: &mut Uuid| {
        if *uuid == old {
            *uuid = new;
        }
    };
    for usage in &mut world.usages {
        rename(&mut usage.uuid);
        usage.relations.iter_mut().for_each(rename);
        usage.roles.iter_mut().for_each(|held| rename(&mut held.user));
    }
    world.users.iter_mut().for_each(|user| rename(&mut user.uuid));
    world.contracts.iter_mut().flat_map(|row| row.usages.iter_mut().flatten()).for_each(rename);
    world.registrations.iter_mut().flat_map(|row| &mut row.usages).for_each(rename);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_anew_is_known_decided_and_told_as_if_it_had_stayed() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    let mut calm = Town::new(pulled_at(start, 0), false).await;
    let mut restless = Town::new(pulled_at(start, 0), true).await;
    for number in 0..DAYS {
        let (today, now) = (start + Days::new(number), pulled_at(start, number));
        for town in [&mut calm, &mut restless] {
            town.live(today, now, number == 0).await;
        }
        assert_eq!(restless.register(), calm.register(), "the register on day {number}");
        for (what, sql) in [
            ("roles", "SELECT * FROM role_assignment"),
            ("members", "SELECT * FROM membership"),
            ("people", "SELECT uuid, name, email, api_access FROM person"),
            (
                "changes",
                "SELECT snapshot, change FROM change WHERE kind <> 'reRegistered' ORDER BY id",
            ),
            ("findings", "SELECT * FROM finding"),
            ("waivers", "SELECT * FROM waiver"),
            ("mails", "SELECT key, kind, recipients, copies, subject, state FROM outbox"),
            ("what was told", "SELECT * FROM notification"),
            ("held pulls", "SELECT reasons FROM quarantine"),
        ] {
            assert_eq!(restless.rows(sql), calm.rows(sql), "{what} on day {number}");
        }
    }
    let anew = settled_uuids(&restless.connection).expect("identities");
    assert!(anew.len() > 100, "{} were made anew", anew.len());
    let told = "SELECT DISTINCT kind FROM notification";
    assert!(!calm.rows(told).is_empty() && calm.rows("SELECT * FROM waiver").len() > 2);
}
