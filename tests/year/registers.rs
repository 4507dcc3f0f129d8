//! A year of daily pulls: random edits of the stand-in, read by the real client,
//! committed by the real job, and held against a second opinion day by day.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use kitos_standin::{CVR, EMAIL, Membership, PASSWORD, Standin, World};
use kitos_sync::config::{Environment, load};
use kitos_sync::decisions::release;
use kitos_sync::jobs::{self, Clock, Context, Sync, SyncOutcome};
use kitos_sync::model::{FaultArg, Finding, Rule, Severity};
use kitos_sync::policy::rules::RULES;
use kitos_sync::store::{Access, ChangeFilter, list_changes, open_findings};
use tempfile::TempDir;
use uuid::Uuid;

use super::{edits, settings};
use crate::a_year::oracle::{Happened, Leader, Oracle};
use crate::support::folder;

const SEED: u64 = 4;
const SYSTEMS: usize = 25;
const DAYS: u64 = 365;
/// Days on which KITOS answers 200 and empty lists: no good pull.
const LOST: [u64; 3] = [40, 41, 200];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_of_pulls_agrees_with_a_second_opinion() {
    let start = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a date");
    let mut rng = crate::support::explore::rng(SEED);
    let seed = rng.get_seed();
    let world = World::generate_at(seed, SYSTEMS, pulled_at(start, 0));
    let leaders = leaders(&world);
    let mut oracle = Oracle::new(&world, leaders.clone());
    let standin = Standin::start(world).await.expect("a stand-in");
    let (folder, mut context) = install(&standin, &leaders);
    let connection = context.store.open(Access::Create).expect("a database");

    let mut known: BTreeMap<(Rule, Uuid), i64> = BTreeMap::new();
    let (mut rules_seen, mut kinds_seen) = (BTreeSet::new(), BTreeSet::new());
    let mut edits_seen = BTreeSet::new();
    for number in 0..=DAYS {
        let (today, now) = (start + Days::new(number), pulled_at(start, number));
        let lost = LOST.contains(&number);
        standin.edit(|world| {
            world.now = now;
            if number > 0 {
                edits_seen.extend(edits::day(&mut rng, world));
            }
            let membership = if lost { Membership::LostUnnoticed } else { Membership::Member };
            if world.membership != membership {
                world.set_membership(membership);
            }
        });
        context.clock = Clock::At(now);
        let report = jobs::run(&context, Sync::default()).await;
        if lost {
            // A few are asked for one by one, and still there; many are the guard's.
            let committed = report.is_ok_and(|r| r.outcome != SyncOutcome::Quarantined);
            assert!(!committed, "day {number}");
            continue;
        }
        let report = report.unwrap_or_else(|error| panic!("day {number}: {error}"));
        if report.outcome == SyncOutcome::Quarantined {
            release(&context, None, "Ida".to_owned()).await.expect("a release");
        }
        oracle.sees(&standin.world(), today);

        let open = open_findings(&connection).expect("findings");
        let filter = ChangeFilter { since: Some(today), until: Some(today), ..Default::default() };
        let changes = list_changes(&connection, &filter).expect("changes");
        let mut happened: Vec<Happened> = changes
            .iter()
            .map(|row| (row.change.kind().as_str(), row.change.usage(), row.change.subject()))
            .collect();
        happened.sort();
        let found: BTreeSet<_> = open.iter().map(|f| (f.rule, f.usage)).collect();
        assert_same(number, &standin, "findings", &found, &oracle.findings());
        let changes: Vec<Happened> = oracle.changes();
        assert_same(number, &standin, "changes", &happened, &changes);
        for finding in &open {
            check_detail(number, finding, &oracle);
        }

        // What is open still is the same finding: one on a departed owner until the system
        // loses its last owner or gets one.
        let before = known;
        known = open.iter().map(|f| ((f.rule, f.usage), f.id)).collect();
        for (key, id) in &known {
            let then = before.get(key);
            let (rule, usage) = *key;
            let is_anew = rule.as_str() == "owner-departed" && oracle.owned_differently(usage);
            let is_right = |then: &i64| (then != id) == is_anew;
            assert!(then.is_none_or(is_right), "day {number}: {key:?} opened anew, or did not");
        }

        rules_seen.extend(found.iter().map(|(rule, _)| *rule));
        kinds_seen.extend(happened.iter().map(|(kind, ..)| *kind));
    }
    assert_eq!(
        rules_seen,
        RULES.iter().map(|rule| rule.id).collect(),
        "every rule had something to say"
    );
    let kinds = kitos_sync::model::ChangeKind::ALL
        .iter()
        .map(|kind| kind.as_str())
        .collect::<BTreeSet<_>>();
    assert_eq!(kinds_seen, kinds, "every kind of change was there");
    assert_eq!(edits_seen, (0..edits::KINDS).collect(), "every kind of edit was made");
    drop(folder);
}

/// By turns early in the morning in Denmark, when it is still yesterday in UTC, and
/// later, when it is the same day.
pub fn pulled_at(start: NaiveDate, number: u64) -> DateTime<Utc> {
    let day = start + Days::new(number);
    let time = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).expect("a time");
    match number % 2 {
        0 => day.and_time(time(4, 0)).and_utc(),
        _ => (day - Days::new(1)).and_time(time(23, 30)).and_utc(),
    }
}

/// Every second person is in the leaders file.
pub fn leaders(world: &World) -> Vec<Leader> {
    let units: Vec<String> = world.our_units().map(|unit| unit.name.clone()).collect();
    let levels = ["direktør", "stabschef", "leder", "leder", "konsulent"];
    let people = world.our_users().enumerate().filter(|(n, _)| n % 2 == 0);
    people
        .filter_map(|(n, user)| {
            let unit = units[n / 2 % units.len()].clone();
            Some((user.email.clone()?, levels[n / 2 % levels.len()].to_owned(), unit))
        })
        .collect()
}

pub fn install(standin: &Standin, leaders: &[Leader]) -> (TempDir, Context) {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let mut file = "email;name;level;unit;manager_email\n".to_owned();
    for (email, level, unit) in leaders {
        file.push_str(&format!("{email};Leder;{level};{unit};\n"));
    }
    fs::write(path("leaders.csv"), file).expect("a file");
    fs::write(path("password"), PASSWORD).expect("a file");
    fs::set_permissions(path("password"), fs::Permissions::from_mode(0o600)).expect("its mode");
    let text = format!(
        "[kitos]
         url = '{}'
         email = '{EMAIL}'
         password_file = '{}'
         organization = '{CVR}'
         [database]
         path = '{}'
         [mail]
         from = 'IT <it@{domain}>'
         it = ['it@{domain}']
         allowed_domains = ['{domain}']
         preview_dir = '{}'
         {}",
        standin.url(),
        path("password").display(),
        path("kitos-sync.db").display(),
        path("mails").display(),
        settings::policy(&path("leaders.csv").display().to_string()),
        domain = settings::DOMAIN,
    );
    fs::write(path("config.toml"), text).expect("a file");
    let environment = Environment::default();
    let config = load(&path("config.toml"), &environment).unwrap_or_else(|e| panic!("{e}"));
    let context = Context::new(config, path("config.toml"), environment);
    (folder, context)
}

fn check_detail(number: u64, finding: &Finding, oracle: &Oracle) {
    let usage = finding.usage;
    match finding.rule.as_str() {
        "owner-missing" => {
            let [fault] = finding.faults.as_slice() else { panic!("day {number}: {finding:?}") };
            let since = fault.args().find_map(|(name, value)| match value {
                FaultArg::Date(day) if name == "since" => Some(*day),
                _ => None,
            });
            let last_owner = fault.person("person").or(fault.person("departed"));
            assert_eq!((since, last_owner), oracle.unowned(usage), "day {number}: {usage}");
        }
        "registration-incomplete" => {
            let new = oracle.is_new(usage);
            assert_eq!(finding.severity == Severity::Medium, new, "day {number}: {usage}");
        }
        _ => {}
    }
}

/// Says on what the two disagree, and what was done since the pull before.
fn assert_same<T: Ord + std::fmt::Debug>(
    number: u64,
    standin: &Standin,
    what: &str,
    program: &(impl Clone + IntoIterator<Item = T>),
    opinion: &(impl Clone + IntoIterator<Item = T>),
) {
    let program: Vec<T> = program.clone().into_iter().collect();
    let opinion: Vec<T> = opinion.clone().into_iter().collect();
    if program == opinion {
        return;
    }
    let only = |these: &[T], those: &[T]| -> Vec<String> {
        these.iter().filter(|t| !those.contains(t)).map(|t| format!("{t:?}")).collect()
    };
    let world = standin.world();
    let since = world.now - chrono::TimeDelta::days(3);
    let log: Vec<_> = world.log.iter().filter(|edit| edit.at > since).collect();
    panic!(
        "day {number}, {what}: the program alone says {:#?}, the second opinion alone {:#?}, \
         after {log:#?}",
        only(&program, &opinion),
        only(&opinion, &program)
    );
}
