//! The database as an operator relies on it: private, never overwritten, whole
//! or not at all, readable while it is written to. Real files, real processes.

mod backups;
mod child;
mod files;
mod locks;

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use kitos_sync::model::{
    Did, HeldEnd, HeldList, HoldOutlook, HoldReason, IncidentKind, ItSystem, JobKind, JobOutcome,
    JobRun, LifeCycle, MailKind, MailMode, MailWhy, NewMail, Organization, Person, RoleAssignment,
    RoleType, Snapshot, SystemUsage,
};
use kitos_sync::policy::assess::Figures;
use kitos_sync::register::diff::{diff, from_nothing};
use kitos_sync::store::{self, Access, Error, KeptPull, NewSnapshot, Store};
use rusqlite::Connection;
use tempfile::TempDir;
use uuid::Uuid;

use crate::support::tables;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

const ROLE: u128 = 1;
const BO: u128 = 2;
const SYSTEM: u128 = 3;
const USAGE: u128 = 4;

/// One system, owned by Bo.
fn register() -> Snapshot {
    let usage = SystemUsage {
        local_name: Some("Løn \"2\"\r\n".to_owned()),
        life_cycle: Some(LifeCycle::Other("Fremtid".to_owned())),
        valid_to: Some("2027-12-31".parse().expect("a date")),
        roles: [RoleAssignment { role: id(ROLE), person: id(BO) }].into(),
        ..SystemUsage::new(id(USAGE), id(SYSTEM))
    };
    let bo = Person {
        uuid: id(BO),
        kitos_uuid: id(BO),
        name: "Bo".to_owned(),
        email: None,
        member: true,
        api_access: false,
    };
    let role = RoleType { uuid: id(ROLE), name: "Systemejer".to_owned(), available: true };
    let system = ItSystem { uuid: id(SYSTEM), name: "KMD Løn".to_owned(), deactivated: false };
    let organization = Organization { uuid: id(9), name: "Randers".to_owned(), cvr: None };
    Snapshot {
        role_types: [(role.uuid, role)].into(),
        people: [(bo.uuid, bo)].into(),
        systems: [(system.uuid, system)].into(),
        usages: [(usage.uuid, usage)].into(),
        ..Snapshot::empty(organization)
    }
}

fn new_snapshot(connection: &Connection, day: u32) -> Result<i64, Error> {
    let taken_at = at(&format!("2026-11-{day:02}T05:00:00Z"));
    let local_date = taken_at.date_naive();
    let figures = Figures::default();
    store::insert_snapshot(
        connection,
        &NewSnapshot {
            taken_at,
            committed_at: taken_at,
            local_date,
            duration_ms: 1,
            requests: 1,
            bytes: 1,
            figures,
        },
    )
}

fn first_pull(connection: &mut Connection, snapshot: &Snapshot) {
    let tx = store::immediate(connection).expect("a transaction");
    let id = new_snapshot(&tx, 2).expect("a row");
    store::write_delta(&tx, id, &from_nothing(snapshot)).expect("the delta");
    tx.commit().expect("a commit");
}

fn mail(key: &str) -> NewMail {
    NewMail {
        link: None,
        key: key.to_owned(),
        kind: MailKind::Notice,
        mode: MailMode::Send,
        person: None,
        to: vec!["it@randers.dk".to_owned()],
        cc: Vec::new(),
        subject: "Nyt".to_owned(),
        message_id: "<1@randers.dk>".to_owned(),
        mime: b"Subject: Nyt\r\n\r\n".to_vec(),
        not_before: at("2026-11-02T06:00:00Z"),
    }
}

#[test]
fn a_transaction_that_fails_in_the_middle_leaves_everything_as_it_was() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    let mut connection = store.open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    let before = tables(&connection);

    let mut changed = register();
    changed.people.get_mut(&id(BO)).expect("Bo").name = "Bo Ny".to_owned();
    changed.role_types.clear();
    // The pull adds whom an assignment names; a bug that forgot would show here.
    let stranger = RoleAssignment { role: id(ROLE), person: id(77) };
    changed.usages.get_mut(&id(USAGE)).expect("the usage").roles.insert(stranger);
    let tx = store::immediate(&mut connection).expect("a transaction");
    let snapshot = new_snapshot(&tx, 2).expect("a row");
    let error = store::write_delta(&tx, snapshot, &diff(&register(), &changed))
        .expect_err("nobody has that uuid");
    assert!(error.to_string().contains("Nothing of this step was written"), "{error}");
    drop(tx);
    assert_eq!(tables(&connection), before);

    // Nor can two versions of one thing hold at once.
    let tx = store::immediate(&mut connection).expect("a transaction");
    let snapshot = new_snapshot(&tx, 2).expect("a row");
    store::write_delta(&tx, snapshot, &from_nothing(&register())).expect_err("it is there");
    drop(tx);
    assert_eq!(tables(&connection), before);
}

#[test]
fn an_ownership_that_ended_says_whether_the_person_was_here_still() {
    let with = |owner: bool, member: bool| {
        let mut pull = register();
        pull.people.get_mut(&id(BO)).expect("Bo").member = member;
        if !owner {
            pull.usages.get_mut(&id(USAGE)).expect("the usage").roles.clear();
            pull.people.retain(|_, person| person.member);
        }
        pull
    };
    for (why, pulls, expected) in [
        ("still owner", vec![with(true, true)], (None, false)),
        ("still named, and gone", vec![with(true, false)], (None, false)),
        ("the role went", vec![with(false, true)], (Some(3), false)),
        ("role and person went", vec![with(false, false)], (Some(3), true)),
        ("the person first", vec![with(true, false), with(false, false)], (Some(4), true)),
        ("the role first", vec![with(false, true), with(false, false)], (Some(3), false)),
    ] {
        let folder = folder();
        let mut connection =
            Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
        first_pull(&mut connection, &register());
        let mut last = register();
        for (pull, day) in pulls.into_iter().zip(3..) {
            let tx = store::immediate(&mut connection).expect("a transaction");
            let snapshot = new_snapshot(&tx, day).expect("a row");
            store::write_delta(&tx, snapshot, &diff(&last, &pull)).expect("the delta");
            tx.commit().expect("a commit");
            last = pull;
        }
        let history = store::ownerships(&connection, store::OwnershipsOf::Usage(id(USAGE)))
            .expect("the history");
        let [ownership] = &history[..] else { panic!("{history:?}") };
        assert!(ownership.since_baseline && ownership.from.day() == 2, "{why}");
        let ended = ownership.to.map(|day| day.day());
        assert_eq!((ended, ownership.departed), expected, "{why}");
    }
}

#[test]
fn quarantine_keeps_exactly_the_pull_until_it_is_decided_on() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let (first, second) = (at("2026-11-02T05:00:00Z"), at("2026-11-02T06:00:00.123Z"));
    let pull = |requests| KeptPull {
        snapshot: register(),
        host: "kitos.dk".to_owned(),
        requests,
        bytes: u64::MAX,
        duration_ms: 4321,
    };
    let reasons = [
        HoldReason::Emptied { list: HeldList::Units, before: 12 },
        HoldReason::OwnerRoleGone { name: "Systemejer \"x\"".to_owned() },
    ];
    assert_eq!(store::quarantined_pull(&connection).expect("none"), None);
    let outlook = HoldOutlook::default();
    store::hold_pull(&connection, &pull(1), (&reasons[..1], &outlook), first).expect("held");
    let id = store::hold_pull(&connection, &pull(2), (&reasons, &outlook), second).expect("held");
    let held = store::quarantined_pull(&connection).expect("a pull").expect("a held pull");
    assert_eq!((held.id, held.taken_at), (id, second));
    assert_eq!(held.reasons, reasons);
    assert_eq!(held.pull, pull(2));

    assert!(
        store::decide_quarantine(&connection, HeldEnd::Discarded, Some("Ida"), second)
            .expect("decided")
    );
    assert!(
        !store::decide_quarantine(&connection, HeldEnd::Released, None, second)
            .expect("nothing left")
    );
    assert_eq!(store::quarantined_pull(&connection).expect("none"), None);
    let kept: Vec<(String, bool, bool)> = connection
        .prepare("SELECT state, pull IS NULL, reasons LIKE '%emptied%' FROM quarantine ORDER BY id")
        .expect("a statement")
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .and_then(Iterator::collect)
        .expect("rows");
    let row = |state: &str| (state.to_owned(), true, true);
    assert_eq!(kept, [row("superseded"), row("discarded")], "the reasons stay, the pull goes");
}

#[test]
fn a_mail_is_queued_once_by_key() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let now = at("2026-11-02T05:00:00Z");
    let queue = |key: &str| store::enqueue(&connection, &mail(key), now).expect("a row");
    let first = queue("notice/1/bo").expect("queued");
    assert_eq!(queue("notice/1/bo"), None);
    assert!(queue("notice/2/bo").is_some());
    // Not even when the first is done with.
    store::cancel_mail(&connection, first, MailWhy::Done).expect("cancelled");
    assert_eq!(queue("notice/1/bo"), None);
}

#[test]
fn readers_see_the_last_commit_while_a_writer_is_at_work() {
    let folder = folder();
    let store = Store::new(folder.path().join("k.db"));
    let mut writer = store.open(Access::Create).expect("a database");
    first_pull(&mut writer, &register());
    let tx = store::immediate(&mut writer).expect("a transaction");
    let mut changed = register();
    changed.usages.clear();
    changed.systems.clear();
    let snapshot = new_snapshot(&tx, 2).expect("a row");
    store::write_delta(&tx, snapshot, &diff(&register(), &changed)).expect("the delta");
    store::enqueue(&tx, &mail("a"), at("2026-11-02T05:00:00Z")).expect("a row");

    // Opening for a job must not need the write lock either.
    for access in [Access::Existing, Access::Create] {
        let reader = store.open(access).expect("a reader");
        assert_eq!(store::current_snapshot(&reader).expect("a snapshot"), Some(register()));
        assert_eq!(store::last_snapshot(&reader).expect("a row").map(|row| row.id), Some(1));
        assert!(store::list_mails(&reader, None).expect("mails").is_empty());
        store::backup(&reader, &folder.path().join(format!("{access:?}.db"))).expect("a backup");
    }
    tx.commit().expect("a commit");
    let reader = store.open(Access::Existing).expect("a reader");
    assert_eq!(store::current_snapshot(&reader).expect("a snapshot"), Some(changed));
}

/// The queries in a source file that ask for what holds now.
fn queries_of_the_present(source: &str) -> Vec<String> {
    let (assignments, versions) =
        ("role_assignment INDEXED BY role_assignment_now", "version INDEXED BY version_now");
    let source = source.replace("{in_force}", "to_snapshot IS NULL");
    source
        .replace("{assignments}", assignments)
        .replace("{versions}", versions)
        .split('"')
        .filter(|text| text.starts_with("SELECT ") || text.starts_with("UPDATE "))
        .filter(|text| text.contains("to_snapshot IS NULL") && !text.contains("from_snapshot"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_present_is_read_without_passing_over_history() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let queries: Vec<String> =
        [include_str!("../../src/store/register.rs"), include_str!("../../src/store/versions.rs")]
            .into_iter()
            .flat_map(queries_of_the_present)
            .collect();
    assert!(queries.len() >= 6, "{queries:#?}");
    for query in queries {
        let mut statement =
            connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).expect("a query");
        for n in 1..=statement.parameter_count() {
            statement.raw_bind_parameter(n, "x").expect("a parameter");
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().expect("a row") {
            let step: String = row.get("detail").expect("a step");
            let passes_over_all = step.starts_with("SCAN ") && !step.contains("_now");
            // People are kept once, not in versions.
            assert!(!passes_over_all || step == "SCAN person", "{step}\nin {query}");
        }
    }
}

#[test]
fn failures_in_a_row_are_counted_until_a_run_does_not_fail() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let run = |job, minute: &str, outcome| {
        let started_at = at(&format!("2026-11-02T05:{minute}:00Z"));
        let run = JobRun {
            job,
            scheduled_for: Some(at("2026-11-02T05:00:00Z")),
            started_at,
            duration_ms: 30_000,
            outcome,
            did: Did::HeldBack,
        };
        store::insert_run(&connection, &run).expect("a row");
    };
    let past = || {
        let past =
            store::past(&connection, JobKind::Sync, chrono::DateTime::<chrono::Utc>::MAX_UTC)
                .expect("the past");
        (past.latest, past.failures, past.failed_at)
    };
    assert_eq!(past(), (None, 0, None));
    run(JobKind::Sync, "01", JobOutcome::Failed);
    run(JobKind::Digest, "02", JobOutcome::Done);
    run(JobKind::Sync, "03", JobOutcome::Failed);
    let failed = Some(at("2026-11-02T05:03:30Z"));
    assert_eq!(past(), (Some(at("2026-11-02T05:03:00Z")), 2, failed));
    run(JobKind::Sync, "04", JobOutcome::Held);
    assert_eq!(past(), (Some(at("2026-11-02T05:04:00Z")), 0, None));
}

#[test]
fn an_incident_opens_once_and_closes_once() {
    let folder = folder();
    let connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    let now = at("2026-11-02T05:00:00Z");
    let open = |kind| store::open_incident(&connection, kind, now, Vec::new()).expect("a row");
    let close = |kind| store::close_incident(&connection, kind, now).expect("a row");
    assert!(close(IncidentKind::StaleData).is_none());
    let first = open(IncidentKind::StaleData).expect("opened");
    assert!(open(IncidentKind::StaleData).is_none(), "open already");
    assert!(open(IncidentKind::MailDown).is_some(), "another kind");
    assert_eq!(close(IncidentKind::StaleData).map(|incident| incident.id), Some(first.id));
    assert!(close(IncidentKind::StaleData).is_none(), "closed already");
    assert!(open(IncidentKind::StaleData).is_some_and(|second| second.id != first.id));
}

#[test]
fn the_first_match_of_a_role_name_stays() {
    let folder = folder();
    let mut connection =
        Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
    first_pull(&mut connection, &register());
    let matched = |role| BTreeMap::from([("Systemejer".to_owned(), id(role))]);
    store::record_roles(&connection, 1, &matched(ROLE)).expect("recorded");
    store::record_roles(&connection, 1, &matched(5)).expect("ignored");
    assert_eq!(store::bindings(&connection).expect("roles").roles, matched(ROLE));
}
