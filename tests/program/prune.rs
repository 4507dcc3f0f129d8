//! Retention over real files: what is old goes, what holds stays, and nobody who
//! is forgotten is left in any byte.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use kitos_standin::{Departure, World};
use rusqlite::Connection;
use serde_json::Value;

use crate::support::{TestInstallation, files};

/// Nobody else in the stand-in's municipality is called so.
const NAME: &str = "Kirstine Zachariasen-Ørum";
const EMAIL: &str = "kirstine.zachariasen@kommune.example";

fn installation(more: &str) -> TestInstallation {
    let installation = TestInstallation::new(World::generate(11, 25));
    installation.configure(more);
    installation
}

fn once(installation: &TestInstallation, at: &str) {
    let run = installation.run_at(at, &["run", "--once"]);
    assert_eq!(run.code, 0, "at {at}: {run:#?}");
}

fn prune(installation: &TestInstallation, at: &str) -> Value {
    let run = installation.run_at(at, &["--format", "json", "prune"]);
    assert_eq!(run.code, 0, "at {at}: {run:#?}");
    serde_json::from_str(&run.stdout).unwrap()
}

fn count(installation: &TestInstallation, sql: &str) -> i64 {
    let connection = Connection::open(installation.database()).unwrap();
    connection.query_row(sql, [], |row| row.get(0)).unwrap()
}

fn bytes_hold(path: &Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The files of the installation that hold the name or the address.
fn files_that_know(installation: &TestInstallation) -> BTreeSet<PathBuf> {
    let state = files(&installation.path("state")).into_iter();
    state
        .chain(files(&installation.previews()))
        .filter(|path| path.is_file())
        .filter(|path| {
            bytes_hold(path, "Zachariasen")
                || bytes_hold(path, "zachariasen")
                || bytes_hold(path, "Zachariasen".to_uppercase().as_str())
        })
        .collect()
}

#[test]
fn a_forgotten_person_is_in_no_byte_of_any_file() {
    let installation = installation(
        "[retention]\npeople = '60d'\nmail_bodies = '10y'\nbackups = 3\n\
         [policy]\nowner_roles = ['Systemejer']\n",
    );
    once(&installation, "2026-03-02T09:00:00+01:00");
    // Someone owns systems, is written to, and leaves.
    let person = installation.standin().edit(|world| {
        let person = world.join("Kirstine", "Zachariasen-Ørum", EMAIL);
        for usage in world.our_usages().map(|usage| usage.uuid).take(3).collect::<Vec<_>>() {
            world.remove_owners(usage);
            world.assign_owner(usage, person);
        }
        world.acquire("Nyt system", Some(person));
        person
    });
    once(&installation, "2026-03-03T09:00:00+01:00");
    once(&installation, "2026-03-09T09:00:00+01:00");
    installation.standin().edit(|world| world.leave(person, Departure::LosesRoles));
    once(&installation, "2026-03-10T09:00:00+01:00");
    once(&installation, "2026-03-16T09:00:00+01:00");
    // What an error may have quoted.
    Connection::open(installation.database())
        .unwrap()
        .execute_batch(&format!(
            "UPDATE job_run SET did = json_object('did', 'failed',
                                    'why', 'refused <{EMAIL}> of {NAME}') WHERE id = 1;
             UPDATE outbox SET reason = json_object('why', 'reply', 'reply', '550 <{EMAIL}>')
                WHERE kind = 'digest';"
        ))
        .unwrap();
    let known = files_that_know(&installation);
    assert!(known.contains(&installation.database()), "{known:#?}");
    for other in [".eml", ".backup-daily-2026-03-10"] {
        let knows = known.iter().any(|path| path.to_string_lossy().ends_with(other));
        assert!(knows, "{other} knows her too: {known:#?}");
    }

    // The last day on which she is remembered.
    for day in ["05-06", "05-07", "05-08"] {
        once(&installation, &format!("2026-{day}T09:00:00+02:00"));
    }
    prune(&installation, "2026-05-08T10:00:00+02:00");
    assert!(files_that_know(&installation).contains(&installation.database()));

    // The day after. A reader keeps the log from going by itself when the last
    // connection closes, so that emptying it is put to the test.
    let reader = Connection::open(installation.database()).unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM person", [], |row| row.get(0)).unwrap();
    let report = prune(&installation, "2026-05-10T10:00:00+02:00");
    assert_eq!(report["people"], 1, "{report:#}");
    assert_eq!(report["logNotEmptied"], false);
    let backups_alone = files_that_know(&installation);
    assert!(
        backups_alone
            .iter()
            .all(|path| path.to_string_lossy().contains("kitos-sync.db.backup-daily-")),
        "{backups_alone:#?}"
    );
    // Rotation takes those with her in as many days as backups are kept.
    for day in ["11", "12", "13"] {
        once(&installation, &format!("2026-05-{day}T09:00:00+02:00"));
    }
    assert_eq!(files_that_know(&installation), BTreeSet::new());
    drop(reader);

    // What she did is still known, of nobody.
    let uuid = person.to_string();
    let shown = installation.ok(&["--format", "json", "changes"]);
    assert!(shown.contains(&uuid) || shown.contains("Tidligere bruger"), "{shown}");
    assert_eq!(
        count(
            &installation,
            &format!(
                "SELECT count(*) FROM person WHERE uuid = '{uuid}' AND email IS NULL AND name = 'Tidligere bruger {}'",
                &uuid[..4]
            )
        ),
        1
    );
}

#[test]
fn a_person_who_returns_or_is_still_named_keeps_the_name() {
    let installation = installation("[retention]\npeople = '60d'\n");
    once(&installation, "2026-03-02T09:00:00+01:00");
    let (stays_named, returns) = installation.standin().edit(|world| {
        let named = world.join("Bodil", "Bliver-Nævnt", "bodil@kommune.example");
        let returns = world.join("Torben", "Tilbage-Igen", "torben@kommune.example");
        let usage = world.our_usages().next().unwrap().uuid;
        world.assign_owner(usage, named);
        (named, returns)
    });
    once(&installation, "2026-03-03T09:00:00+01:00");
    installation.standin().edit(|world| {
        world.leave(stays_named, Departure::LeavesRoles);
        world.leave(returns, Departure::LosesRoles);
    });
    once(&installation, "2026-03-04T09:00:00+01:00");
    let name = |person: uuid::Uuid| {
        let sql = format!("SELECT name FROM person WHERE uuid = '{person}'");
        Connection::open(installation.database())
            .unwrap()
            .query_row(&sql, [], |row| row.get::<_, String>(0))
            .unwrap()
    };
    prune(&installation, "2026-06-01T09:00:00+02:00");
    assert_eq!(name(stays_named), "Bodil Bliver-Nævnt", "an assignment still names her");
    assert!(name(returns).starts_with("Tidligere bruger "), "{}", name(returns));

    installation.standin().edit(|world| {
        let row = world.users.iter_mut().find(|user| user.uuid == returns).unwrap();
        row.presence = kitos_standin::Presence::Listed;
    });
    once(&installation, "2026-06-02T09:00:00+02:00");
    assert_eq!(name(returns), "Torben Tilbage-Igen");
}

#[test]
fn history_past_its_time_goes_and_what_holds_stays() {
    let installation = installation("[retention]\nhistory = '1y'\npeople = '10y'\n");
    once(&installation, "2026-03-02T09:00:00+01:00");
    let usage = installation.standin().edit(|world| {
        let usage = world.our_usages().next().unwrap().uuid;
        world.remove_owners(usage);
        usage
    });
    once(&installation, "2026-03-03T09:00:00+01:00");
    installation.standin().edit(|world| {
        let owner = world.our_users().next().unwrap().uuid;
        world.assign_owner(usage, owner);
    });
    once(&installation, "2026-03-04T09:00:00+01:00");
    let snapshot = installation.ok(&["--format", "json", "systems"]);
    let ended = "SELECT count(*) FROM role_assignment WHERE to_snapshot IS NOT NULL";
    let resolved = "SELECT count(*) FROM finding WHERE resolved_at IS NOT NULL";
    let changes = "SELECT count(*) FROM change";
    for sql in [ended, resolved, changes] {
        assert!(count(&installation, sql) > 0, "{sql}");
    }

    let report = prune(&installation, "2027-03-03T08:00:00+01:00");
    assert_eq!((&report["versions"], &report["changes"]), (&0.into(), &0.into()), "{report:#}");
    let report = prune(&installation, "2027-03-06T09:00:00+01:00");
    assert!(report["versions"].as_u64() > Some(0), "{report:#}");
    for sql in [ended, resolved, changes] {
        assert_eq!(count(&installation, sql), 0, "{sql}");
    }
    assert_eq!(count(&installation, "SELECT count(*) FROM snapshot"), 3, "trends stay");
    assert_eq!(installation.ok(&["--format", "json", "systems"]), snapshot);
    assert_eq!(count(&installation, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let again = prune(&installation, "2027-03-06T09:01:00+01:00");
    assert_eq!(again["versions"], 0, "{again:#}");
}

#[test]
fn bodies_and_previews_of_old_mails_go_and_their_rows_stay() {
    let installation = installation("[retention]\nmail_bodies = '30d'\n");
    once(&installation, "2026-03-02T09:00:00+01:00");
    once(&installation, "2026-03-09T09:00:00+01:00");
    once(&installation, "2026-04-06T09:00:00+02:00");
    let mails = count(&installation, "SELECT count(*) FROM outbox");
    let previews = files(&installation.previews()).len();
    assert!(previews >= 2);
    let report = prune(&installation, "2026-04-09T09:00:00+02:00");
    let gone = report["mailBodies"].as_u64().unwrap();
    assert!(gone > 0 && gone < previews as u64, "{report:#}");
    // Each is a mail and a page.
    assert_eq!(files(&installation.previews()).len(), previews - 2 * gone as usize);
    assert_eq!(count(&installation, "SELECT count(*) FROM outbox"), mails);
    assert_eq!(
        count(&installation, "SELECT count(*) FROM outbox WHERE mime IS NULL"),
        i64::try_from(gone).unwrap()
    );
}

#[test]
fn one_backup_a_day_is_made_verified_and_kept_as_long_as_it_should_be() {
    let installation = installation("[retention]\nbackups = 2\n");
    let old_schema = installation.path("state/kitos-sync.db.backup-schema-0");
    let own = installation.path("state/kitos-sync.db.backup-daily-before-the-move");
    once(&installation, "2026-03-02T09:00:00+01:00");
    fs::write(&old_schema, "from before an upgrade").unwrap();
    fs::write(&own, "an operator's").unwrap();
    for at in [
        "2026-03-02T10:00:00+01:00",
        "2026-03-03T09:00:00+01:00",
        "2026-03-03T23:00:00+01:00",
        "2026-03-05T00:30:00+01:00",
    ] {
        once(&installation, at);
    }
    let backups: Vec<String> = files(&installation.path("state"))
        .into_iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .filter_map(|name| name.strip_prefix("kitos-sync.db.backup-").map(str::to_owned))
        .collect();
    assert_eq!(
        backups,
        ["daily-2026-03-03", "daily-2026-03-05", "daily-before-the-move", "schema-0"],
        "the operator's own stays, and so does one from before an upgrade that is young"
    );
    let copy = installation.path("state/kitos-sync.db.backup-daily-2026-03-05");
    let snapshots: i64 = Connection::open(copy)
        .unwrap()
        .query_row("SELECT count(*) FROM snapshot", [], |row| row.get(0))
        .unwrap();
    assert_eq!(snapshots, 3);
    // Far ahead of the file's own time.
    once(&installation, "2099-01-05T09:00:00+01:00");
    assert!(!old_schema.exists() && own.exists());
}

#[test]
fn a_backup_that_cannot_be_made_is_an_incident_until_it_can() {
    let installation = installation("[retention]\nbackups = 1\n");
    // A folder stands where the copy would.
    fs::create_dir_all(installation.path("state")).unwrap();
    let blocked = installation.path("state/kitos-sync.db.backup-daily-2026-03-02");
    fs::create_dir(&blocked).unwrap();
    let open = "SELECT count(*) FROM incident WHERE kind = 'backup' AND closed_at IS NULL";
    let told = "SELECT count(*) FROM outbox WHERE kind = 'alert'";
    once(&installation, "2026-03-02T09:00:00+01:00");
    once(&installation, "2026-03-02T09:01:00+01:00");
    assert_eq!((count(&installation, open), count(&installation, told)), (1, 1));
    // And then for another reason: an old one cannot be deleted.
    let names = |day| format!("SELECT count(*) FROM incident WHERE facts LIKE '%daily-{day}%'");
    assert_eq!(count(&installation, &names("2026-03-02")), 1);
    fs::remove_dir(&blocked).unwrap();
    let blocked = installation.path("state/kitos-sync.db.backup-daily-2026-03-01");
    fs::create_dir(&blocked).unwrap();
    once(&installation, "2026-03-02T09:01:30+01:00");
    assert_eq!(count(&installation, &names("2026-03-01")), 1, "the reason that holds now");
    assert_eq!((count(&installation, open), count(&installation, told)), (1, 1));
    fs::remove_dir(&blocked).unwrap();
    once(&installation, "2026-03-02T09:02:00+01:00");
    assert_eq!((count(&installation, open), count(&installation, told)), (0, 2));
}

#[test]
fn forgetting_someone_takes_nothing_from_another_whose_name_or_address_holds_theirs() {
    let installation = installation(
        "mode = 'send'\n[mail.smtp]\nhost = '127.0.0.1'\nport = 1\nsecurity = 'none'\n\
         [retention]\npeople = '60d'\n",
    );
    let (an, jan) = installation.standin().edit(|world| {
        let an = world.join("Anna", "Berg", "an@kommune.example");
        let jan = world.join("Anna", "Bergmann", "jan@kommune.example");
        let usages: Vec<_> = world.our_usages().map(|usage| usage.uuid).take(2).collect();
        for (usage, owner) in usages.into_iter().zip([an, jan]) {
            world.remove_owners(usage);
            world.assign_owner(usage, owner);
            world.set_life_cycle(usage, None);
        }
        (an, jan)
    });
    installation.sync_at("2026-03-02T05:00:00+01:00");
    installation.standin().edit(|world| world.leave(an, Departure::LosesRoles));
    installation.sync_at("2026-03-03T05:00:00+01:00");
    let now = "2026-05-12T05:00:00+02:00";
    installation.sync_at(now);
    // Jan's reminder waits when An is forgotten.
    installation.json_at(now, &["remind", "--send"]);
    let waiver = ["waive", "1", "--until", "2026-06-01", "--reason"];
    let said = "aftalt med Anna Bergmann og Anna Berg (jan@kommune.example, an@kommune.example)";
    let waived =
        installation.run_at(now, &[&waiver[..], &[said, "--by", "Anna Bergmann"]].concat());
    assert_eq!(waived.code, 0, "{waived:#?}");
    let mails_to_jan = || -> Vec<Value> {
        let mails = installation.mails(now).into_iter();
        mails.filter(|mail| mail["to"][0] == "jan@kommune.example").collect()
    };
    let before = mails_to_jan();
    assert!(before.iter().any(|mail| mail["state"] == "queued"), "{before:#?}");

    assert_eq!(prune(&installation, now)["people"], 1);
    assert_eq!(mails_to_jan(), before);
    let (reason, by): (String, String) = installation
        .open()
        .query_row("SELECT reason, by FROM waiver", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let pseudonym = format!("Tidligere bruger {}", &an.to_string()[..4]);
    assert_eq!(
        reason,
        format!("aftalt med Anna Bergmann og {pseudonym} (jan@kommune.example, {an})")
    );
    assert_eq!(by, "Anna Bergmann");
    let known: String = installation
        .open()
        .query_row("SELECT name FROM person WHERE uuid = ?1", [jan.to_string()], |row| row.get(0))
        .unwrap();
    assert_eq!(known, "Anna Bergmann");

    // Nor from a mail that is done, when a user goes who never had a name.
    let nameless = installation.standin().edit(|world| world.join("", "", "nn@kommune.example"));
    installation.sync_at("2026-05-13T05:00:00+02:00");
    installation.standin().edit(|world| world.leave(nameless, Departure::LosesRoles));
    installation.sync_at("2026-05-14T05:00:00+02:00");
    let later = "2026-07-16T05:00:00+02:00";
    installation.sync_at(later);
    // Jan's reminder went out late.
    let sent = "UPDATE outbox SET state = 'sent', sent_at = unixepoch('2026-07-01') * 1000
                WHERE state = 'queued'";
    installation.open().execute(sent, []).unwrap();
    let bodies = "SELECT count(*) FROM outbox WHERE mime IS NOT NULL";
    let before = count(&installation, bodies);
    assert!(before > 0);
    assert_eq!(prune(&installation, later)["people"], 1);
    assert_eq!(count(&installation, bodies), before);
}

#[test]
fn a_pull_made_while_the_clock_was_years_behind_costs_no_history() {
    let installation = installation("");
    installation.sync_at("2026-03-02T05:00:00+01:00");
    installation.standin().edit(|world| {
        let usage = world.our_usages().next().expect("a usage").uuid;
        world.remove_owners(usage);
        world.set_life_cycle(usage, Some("PhasingOut"));
    });
    installation.sync_at("2026-03-03T05:00:00+01:00");
    installation.sync_at("2016-01-01T05:00:00+01:00");
    installation.sync_at("2026-03-05T05:00:00+01:00");
    let report = prune(&installation, "2026-03-06T05:00:00+01:00");
    assert_eq!((&report["versions"], &report["changes"]), (&0.into(), &0.into()), "{report:#}");
}
