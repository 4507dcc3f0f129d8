//! Two installations of one municipality. One knows an unchanged KITOS by its replies;
//! the other has to read every pull. Whatever happens, both come to know the same.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, Days, NaiveDate, Utc};
use fastrand::Rng;
use kitos_standin::{Effect, Fault, Membership, Standin, World};
use kitos_sync::decisions::{discard, release};
use kitos_sync::jobs::{self, Clock, Context, Prune, Sync, SyncOutcome};
use kitos_sync::store::Access;
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::a_year::edits;
use crate::a_year::registers::{install, leaders, pulled_at};

const SEED: u64 = 23;
const SYSTEMS: usize = 25;
const DAYS: u64 = 90;
/// How many rows the pull under way has read.
static ROWS: AtomicUsize = AtomicUsize::new(0);

const USAGES: &str = "/api/v2/it-system-usages";

/// What a pull leaves that is of KITOS, and not of the run.
const KNOWN: [&str; 12] = [
    "SELECT id, taken_at, committed_at, usages, people, in_scope, with_owner, open_info, \
     open_low, open_medium, open_high FROM snapshot",
    "SELECT * FROM version",
    "SELECT * FROM person",
    "SELECT * FROM membership",
    "SELECT * FROM role_assignment",
    "SELECT * FROM lineage",
    "SELECT * FROM change",
    "SELECT * FROM finding",
    "SELECT * FROM policy_role",
    "SELECT * FROM owner_roles",
    "SELECT reasons, state FROM quarantine",
    "SELECT key, state FROM outbox ORDER BY key",
];

struct Town {
    context: Context,
    connection: Connection,
    departures: PathBuf,
    /// Must read every pull.
    forgets: bool,
    _folder: TempDir,
}

/// What happens on a day beside what happens in KITOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    DryRun,
    Fails,
    LosesEverything {
        released: bool,
    },
    /// From now on some usages stand without their roles, or none any more.
    Phantoms {
        some: bool,
    },
    SmallerPages,
    /// Someone leaves, as the municipality knows and KITOS does not.
    Departs,
    NobodyDeparts,
    Forgotten,
}

impl Town {
    fn new(standin: &Standin, leaders: &[crate::a_year::oracle::Leader], forgets: bool) -> Self {
        let (folder, mut context) = install(standin, leaders);
        let departures = folder.path().join("departures.csv");
        context.progress = jobs::Progress(|progress| ROWS.store(progress.rows, Ordering::Relaxed));
        let config = Arc::get_mut(&mut context.config).expect("alone");
        config.policy.departures_file = Some(departures.clone());
        let connection = context.store.open(Access::Create).expect("a database");
        let this = Self { context, connection, departures, forgets, _folder: folder };
        this.depart(None);
        this
    }

    fn depart(&self, who: Option<&str>) {
        let rows = who.map(|who| format!("{who},2026-01-01\n")).unwrap_or_default();
        std::fs::write(&self.departures, format!("email,last_day\n{rows}")).expect("a file");
    }

    async fn day(&mut self, now: DateTime<Utc>, event: Event) -> Option<SyncOutcome> {
        self.context.clock = Clock::At(now);
        if self.forgets {
            self.connection
                .execute_batch("DELETE FROM kitos_answers; DELETE FROM register_now")
                .expect("nothing is known");
        }
        if event == Event::SmallerPages {
            Arc::get_mut(&mut self.context.config).expect("alone").kitos.page_size = 10;
        }
        if event == Event::Forgotten {
            let config = Arc::get_mut(&mut self.context.config).expect("alone");
            config.retention.people = std::time::Duration::from_secs(24 * 60 * 60);
            jobs::run(&self.context, Prune).await.expect("pruned");
        }
        let sync = Sync { dry_run: event == Event::DryRun, ..Sync::default() };
        let report = jobs::run(&self.context, sync).await.ok()?;
        match event {
            _ if report.outcome != SyncOutcome::Quarantined => {}
            Event::LosesEverything { released: true } => {
                release(&self.context, None, "Ida".to_owned()).await.expect("a release");
            }
            _ => drop(discard(&self.context, None, "Ida".to_owned()).await.expect("it is held")),
        }
        Some(report.outcome)
    }

    fn known(&self) -> Vec<Vec<Vec<Value>>> {
        let read = |sql: &&str| {
            let mut statement = self.connection.prepare(sql).expect("a query");
            let columns = statement.column_count();
            let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
            let rows = statement.query_map([], row).expect("rows");
            rows.collect::<Result<_, _>>().expect("its rows")
        };
        KNOWN.iter().map(read).collect()
    }
}

fn event(rng: &mut Rng) -> Event {
    match rng.u8(0..24) {
        0 | 1 => Event::DryRun,
        2 => Event::Fails,
        3 => Event::LosesEverything { released: false },
        4 => Event::LosesEverything { released: true },
        5 => Event::Phantoms { some: true },
        6 => Event::Phantoms { some: false },
        7 => Event::SmallerPages,
        8 | 9 => Event::Departs,
        10 | 11 => Event::NobodyDeparts,
        12 => Event::Forgotten,
        _ => Event::Nothing,
    }
}

/// Some usages that will stand in their pages without their roles.
fn some(world: &World, rng: &mut Rng) -> Vec<String> {
    let some = world.our_usages().filter(|_| rng.u8(0..4) == 0);
    some.map(|usage| usage.uuid.to_string()).collect()
}

fn phantoms(some: Vec<String>) -> Fault {
    let bare = Effect::rewrite(move |rows| {
        for row in rows.as_array_mut().into_iter().flatten() {
            if some.iter().any(|uuid| row["uuid"] == **uuid) {
                row["roles"] = serde_json::json!([]);
            }
        }
    });
    Fault::new(USAGES, bare).when("page=").always()
}

fn owner_address(world: &World, rng: &mut Rng) -> String {
    let held: Vec<Uuid> =
        world.our_usages().flat_map(|usage| usage.roles.iter().map(|held| held.user)).collect();
    let owner = rng.choice(held).expect("somebody");
    let row = world.our_users().find(|user| user.uuid == owner);
    row.and_then(|row| row.email.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_by_its_replies_is_what_reading_them_comes_to() {
    let mut rng = crate::support::explore::rng(SEED);
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    let world = World::generate_at(rng.get_seed(), SYSTEMS, pulled_at(start, 0));
    let leaders = leaders(&world);
    let standin = Standin::start(world).await.expect("a stand-in");
    let mut towns = [false, true].map(|forgets| Town::new(&standin, &leaders, forgets));
    let (mut unread, mut bare, mut seen) = (0, Vec::new(), Vec::new());
    for number in 0..DAYS {
        let now = pulled_at(start + Days::new(number), number);
        let event = if number < 2 { Event::Nothing } else { event(&mut rng) };
        let membership = match event {
            Event::LosesEverything { .. } => Membership::LostUnnoticed,
            _ => Membership::Member,
        };
        standin.edit(|world| {
            world.now = now;
            if number > 0 && rng.u8(0..3) == 0 {
                edits::day(&mut rng, world);
            }
            if world.membership != membership {
                world.set_membership(membership);
            }
        });
        if let Event::Phantoms { some: any } = event {
            bare = if any { some(&standin.world(), &mut rng) } else { Vec::new() };
        }
        if !bare.is_empty() {
            standin.fault(phantoms(bare.clone()));
        }
        if event == Event::Fails {
            let refused = Fault::new("/api/v2/it-contracts", Effect::status(403));
            standin.fault(refused.always());
        }
        let departing = owner_address(&standin.world(), &mut rng);
        let mut outcomes = Vec::new();
        for town in &mut towns {
            match event {
                Event::Departs => town.depart(Some(&departing)),
                Event::NobodyDeparts => town.depart(None),
                _ => {}
            }
            ROWS.store(0, Ordering::Relaxed);
            outcomes.push(town.day(now, event).await);
            let is_read = ROWS.load(Ordering::Relaxed) > 0;
            assert!(is_read || !town.forgets || event == Event::Fails);
            unread += usize::from(!is_read && outcomes.iter().all(Option::is_some));
        }
        standin.heal();
        standin.forget_faults();
        assert_eq!(outcomes[0], outcomes[1], "day {number}: {event:?}");
        let [one, other] = towns.each_ref().map(Town::known);
        for (table, sql) in KNOWN.iter().enumerate() {
            assert!(one[table] == other[table], "day {number}, {event:?}, {sql}");
        }
        seen.push(event);
    }
    assert!(unread > 10, "{unread} pulls were not read");
    assert!(seen.contains(&Event::Phantoms { some: true }) && seen.contains(&Event::Departs));
}
