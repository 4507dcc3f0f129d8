//! `check` as a doctor: each fault on the line where it belongs, with the way out.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use kitos_standin::{Effect, Fault, Membership, OWNER_ROLE, World};
use serde_json::Value;

use crate::support::{self, TestInstallation};

fn installation() -> TestInstallation {
    TestInstallation::new(World::generate(3, 5))
}

/// What `check` says: exit code and lines.
fn check(installation: &TestInstallation) -> (i32, Vec<(String, String, String)>) {
    let run = installation.run(&["--format", "json", "check"]);
    let lines: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    let text = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
    let lines = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| (text(line, "what"), text(line, "verdict"), text(line, "detail")))
        .collect();
    (run.code, lines)
}

fn line(lines: &[(String, String, String)], what: &str) -> (String, String) {
    let found: Vec<_> = lines.iter().filter(|line| line.0 == what).collect();
    assert_eq!(found.len(), 1, "{what}: {lines:#?}");
    (found[0].1.clone(), found[0].2.clone())
}

#[test]
fn a_good_installation_has_no_fault_and_changes_nothing() {
    let installation = installation();
    let (code, lines) = check(&installation);
    assert_eq!(code, 0, "{lines:#?}");
    for (what, verdict) in [
        ("configuration", "ok"),
        ("kitos password", "ok"),
        ("kitos", "ok"),
        ("kitos tls", "note"),
        ("kitos login", "ok"),
        ("organisation", "ok"),
        ("membership", "ok"),
        ("clock", "ok"),
        ("owner roles", "ok"),
        // Nothing listens there, and in preview nothing needs to.
        ("mail server", "note"),
        ("mail mode", "note"),
        ("database", "note"),
        ("leaders file", "ok"),
        ("templates", "ok"),
        ("time zone", "ok"),
        ("sync", "ok"),
        ("remind", "ok"),
        ("digest", "ok"),
        ("prune", "ok"),
    ] {
        assert_eq!(line(&lines, what).0, verdict, "{what}: {lines:#?}");
    }
    assert!(!installation.database().exists(), "asking makes no database");

    installation.ok(&["sync"]);
    let (code, lines) = check(&installation);
    assert_eq!(code, 0, "{lines:#?}");
    for what in ["database", "permissions"] {
        assert_eq!(line(&lines, what).0, "ok", "{what}: {lines:#?}");
    }
}

#[test]
fn the_next_three_times_are_those_of_the_crontab_lines_in_the_zone() {
    let installation = installation();
    // The night of the spring gap: half past two does not exist.
    installation.configure("[schedule]\nsync = '30 2 * * *'\njitter = '0s'\n");
    let run = installation.run_at("2026-03-28T12:00:00+01:00", &["check"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let sync = run.stdout.lines().find(|line| line.contains(" sync ")).unwrap();
    assert!(sync.ends_with("Sun 29 Mar 03:00, Mon 30 Mar 02:30, Tue 31 Mar 02:30"), "{sync}");
}

#[test]
fn what_kitos_knows_of_owner_roles_and_owners_is_told() {
    let installation = installation();
    let (_, lines) = check(&installation);
    let (verdict, detail) = line(&lines, "role in use");
    assert_eq!(verdict, "ok");
    assert!(detail.contains("mark \"Systemejer\" as \"Bruges eksternt\""), "{detail}");

    // A role that was matched before is the same role under any name.
    installation.ok(&["sync"]);
    installation.standin().edit(|world| {
        let role = world.role(OWNER_ROLE).unwrap();
        world.rename_role_type(role, "Systemansvarlig leder");
        world.role_types.iter_mut().find(|row| row.uuid == role).unwrap().used_externally = true;
        let owner = world.our_users().find(|user| !world.held_by(user.uuid, role).is_empty());
        let owner = owner.unwrap().uuid;
        world.users.iter_mut().find(|row| row.uuid == owner).unwrap().api_access = true;
    });
    installation.ok(&["sync"]);
    let (code, lines) = check(&installation);
    assert_eq!(code, 0, "{lines:#?}");
    assert_eq!(line(&lines, "owner roles").0, "ok");
    let (verdict, detail) = line(&lines, "role renamed");
    assert_eq!(verdict, "note");
    assert!(detail.contains("Systemansvarlig leder"), "{detail}");
    assert!(!lines.iter().any(|line| line.0 == "role in use"), "{lines:#?}");
    let told = lines.iter().find(|line| line.2.contains("API users cannot log in"));
    assert_eq!(told.unwrap().1, "note");
}

/// What is broken, how, the line that tells, and words that are in it.
type Case<'a> = (&'a str, &'a dyn Fn(&TestInstallation), &'a str, &'a [&'a str]);

#[test]
fn each_fault_of_kitos_is_on_its_own_line() {
    let refuse = Effect::status(401);
    let cases: [Case<'_>; 12] = [
        (
            "a wrong password",
            &|i| i.standin().fault(Fault::new("/api/authorize/GetToken", refuse.clone())),
            "kitos login",
            &["no API user", "info@kitos.dk", "kitos-sync check"],
        ),
        (
            "no organisation of that number",
            &|i| {
                let file = i.path("config.toml");
                let text = fs::read_to_string(&file).unwrap();
                let cvr = kitos_standin::CVR;
                fs::write(&file, text.replace(cvr, "87654321")).unwrap();
            },
            "organisation",
            &["kitos.organization"],
        ),
        (
            "no membership",
            &|i| i.standin().edit(|world| world.set_membership(Membership::Lost)),
            "membership",
            &["add the user to the organisation", "info@kitos.dk"],
        ),
        (
            "a list that the API user may not read",
            &|i| {
                i.standin().fault(Fault::new("/api/v2/it-contracts", Effect::status(403)).always())
            },
            "kitos lists",
            &["it-contracts"],
        ),
        (
            "a database of another organisation",
            &|i| {
                i.ok(&["sync"]);
                let other = "DELETE FROM register_now;
                    UPDATE version SET data = json_set(data, '$.uuid', '00000000-0000-0000-0000-000000000009')
                     WHERE kind = 'organization'";
                i.open().execute_batch(other).unwrap();
            },
            "organisation",
            &["this database holds", "database.path"],
        ),
        (
            "a database of a newer version",
            &|i| {
                i.ok(&["sync"]);
                i.open().pragma_update(None, "user_version", 99).unwrap();
            },
            "database",
            &["a newer version has used it"],
        ),
        (
            "no folder for the page's socket",
            &|i| i.configure("[web]\nlisten = '/nowhere/page.sock'\n"),
            "page",
            &["web.listen", "/nowhere"],
        ),
        (
            "no owner role",
            &|i| i.configure("[policy]\nowner_roles = ['Systemejre']\n"),
            "owner roles",
            &["Systemejer", "policy.owner_roles"],
        ),
        (
            "every system is left out",
            &|i| {
                i.ok(&["sync"]);
                i.configure("[policy.exclude]\nnames = ['*']\n");
            },
            "policy",
            &["leaves out every system"],
        ),
        (
            "a link to a page that is not served",
            &|i| i.configure("[web]\npublic_url = 'https://s.kommune.example'\n"),
            "web",
            &["Set web.listen"],
        ),
        (
            "an incident",
            &|i| {
                i.ok(&["sync"]);
                let opened = "INSERT INTO incident (kind, opened_at, seen_at, facts) VALUES ('configuration', unixepoch() * 1000, unixepoch() * 1000, '[{\"fact\":\"error\",\"value\":\"no.\"}]')";
                i.open().execute(opened, []).unwrap();
            },
            "incidents",
            &["systemctl reload kitos-sync"],
        ),
        (
            "nobody answers",
            &|i| {
                let file = i.path("config.toml");
                let text = fs::read_to_string(&file).unwrap();
                fs::write(&file, text.replace(&i.standin().url(), "http://127.0.0.1:1")).unwrap();
            },
            "kitos",
            &["cannot reach 127.0.0.1"],
        ),
    ];
    for (what, break_it, at, words) in cases {
        let installation = installation();
        break_it(&installation);
        let (code, lines) = check(&installation);
        assert_eq!(code, 3, "{what}: {lines:#?}");
        let faults: Vec<_> = lines.iter().filter(|line| line.1 == "fault").collect();
        assert_eq!(faults.len(), 1, "{what}: {lines:#?}");
        assert_eq!(faults[0].0, at, "{what}");
        for word in words {
            assert!(faults[0].2.contains(word), "{what}: {word} is not in {}", faults[0].2);
        }
    }
}

#[test]
fn a_role_that_kitos_does_not_have_is_told_once() {
    let installation = installation();
    installation.ok(&["sync"]);
    installation.configure("[policy]\nmanager_roles = ['Systemforvaltr']\n");
    let (_, lines) = check(&installation);
    let told = lines.iter().filter(|line| line.2.contains("Systemforvaltr")).count();
    assert_eq!(told, 1, "{lines:#?}");
}

#[test]
fn a_mail_server_that_is_down_is_a_fault_once_mail_is_to_be_sent() {
    let installation = installation();
    installation.configure("mode = 'send'\n[mail.smtp]\nport = 1\nsecurity = 'none'\n");
    let (code, lines) = check(&installation);
    assert_eq!(code, 3);
    let (verdict, words) = line(&lines, "mail server");
    assert_eq!(verdict, "fault");
    assert!(words.contains("mail.smtp.host"), "{words}");
}

#[test]
fn files_that_others_can_read_and_leaders_that_are_no_file_are_faults() {
    let installation = installation();
    installation.ok(&["sync"]);
    fs::set_permissions(installation.database(), fs::Permissions::from_mode(0o644)).unwrap();
    let leaders = installation.path("leaders.csv");
    fs::write(
        &leaders,
        "email;name;level;unit;manager_email\nno-address;;;;\na@kommune.example;Anna;leder;Borgerservice;\n",
    )
    .unwrap();
    installation.configure(&format!("[policy]\nleaders_file = '{}'\n", leaders.display()));
    let (code, lines) = check(&installation);
    assert_eq!(code, 3);
    let (verdict, words) = line(&lines, "permissions");
    assert!(verdict == "fault" && words.contains("chmod 600"), "{words}");
    let (verdict, words) = line(&lines, "leaders file");
    assert!(verdict == "note" && words.contains("line 2"), "{verdict} {words}");
    let told = |part: &str| lines.iter().filter(|line| line.2.contains(part)).count();
    assert_eq!(told("no-address"), 1, "once: {lines:#?}");

    fs::remove_file(&leaders).unwrap();
    assert_eq!(line(&check(&installation).1, "leaders file").0, "fault");
}

#[test]
fn a_database_that_went_missing_beside_its_backups_is_told_of() {
    let installation = installation();
    assert_eq!(installation.run(&["run", "--once"]).code, 0);
    let told = |what: &str| {
        let (_, lines) = check(&installation);
        let status: Value =
            serde_json::from_str(&installation.run(&["--format", "json", "status"]).stdout)
                .unwrap();
        let text = installation.run(&["status"]).stdout;
        let left = status["leftBehind"].as_str().map(str::to_owned);
        assert_eq!(text.contains("ANOTHER DATABASE"), left.is_some(), "{what}: {text}");
        let (verdict, detail) = line(&lines, "database");
        assert_eq!(verdict == "note" && detail.contains("backup-daily-"), left.is_some(), "{what}");
        left
    };
    assert_eq!(told("the backup is its own"), None);

    let backups = || {
        let folder = installation.path("state");
        let files = support::files(&folder).into_iter();
        files.filter(|path| path.to_string_lossy().contains("backup-daily-")).collect::<Vec<_>>()
    };
    let [backup] = &backups()[..] else { panic!("one backup: {:?}", backups()) };
    for emptied in [false, true] {
        for ending in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{}{ending}", installation.database().display()));
        }
        match emptied {
            true => fs::write(installation.database(), "").unwrap(),
            false => fs::remove_file(installation.database()).unwrap(),
        }
        let run = installation.run(&["sync"]);
        assert_eq!(run.code, 0, "{run:#?}");
        assert!(run.stderr.contains(&*backup.to_string_lossy()), "{run:#?}");
        assert_eq!(told("anew").as_deref(), backup.to_str(), "emptied: {emptied}");
        let run = installation.run(&["sync"]);
        assert!(!run.stderr.contains("backup"), "the log says it once: {run:#?}");
    }

    fs::copy(backup, installation.database()).unwrap();
    for ending in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{ending}", installation.database().display()));
    }
    assert_eq!(told("put back"), None);
}

#[test]
fn a_leaders_file_that_cannot_be_one_is_not_read() {
    let installation = installation();
    let path = installation.path("leaders.csv");
    let config = fs::read_to_string(installation.path("config.toml")).unwrap();
    let policy = format!("{config}[policy]\nleaders_file = '{}'\n", path.display());
    fs::write(installation.path("config.toml"), policy).unwrap();
    // Takes no room: one long hole.
    fs::File::create(&path).unwrap().set_len((16 << 20) + 1).unwrap();
    let (_, lines) = check(&installation);
    let (verdict, detail) = line(&lines, "leaders file");
    assert!(verdict == "fault" && detail.contains("larger than 16 MiB"), "{detail}");

    fs::remove_file(&path).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let (_, lines) = check(&installation);
    let (verdict, detail) = line(&lines, "leaders file");
    assert!(verdict == "fault" && detail.contains("not a regular file"), "{detail}");
}

#[test]
fn a_service_that_has_not_worked_for_days_is_a_fault() {
    let installation = installation();
    assert_eq!(installation.run_at("2026-03-02T09:00:00+01:00", &["run", "--once"]).code, 0);
    let at = |at: &str| {
        let run = installation.run_at(at, &["check"]);
        let line = run.stdout.lines().find(|line| line.contains("last pull")).map(str::to_owned);
        (run.code, line.unwrap_or_else(|| panic!("{run:#?}")))
    };
    let (code, line) = at("2026-03-03T20:00:00+01:00");
    assert!(code == 0 && line.starts_with("ok"), "{line}");
    let (code, line) = at("2026-03-09T09:00:00+01:00");
    assert!(code == 3 && line.starts_with("FAULT"), "{line}");
    assert!(line.contains("168 h ago") && line.contains("systemctl status"), "{line}");
}

#[test]
fn an_open_incident_is_a_fault_until_it_is_over() {
    let installation = TestInstallation::new(World::generate(7, 30));
    installation.ok(&["sync"]);
    installation.standin().edit(|world| world.set_membership(Membership::LostUnnoticed));
    assert_eq!(installation.run(&["sync"]).code, 4);
    installation.standin().edit(|world| world.set_membership(Membership::Member));
    let (code, lines) = check(&installation);
    let (verdict, detail) = line(&lines, "incidents");
    assert_eq!((code, verdict.as_str()), (3, "fault"), "{lines:#?}");
    assert!(detail.contains("quarantine since"), "{detail}");
    installation.ok(&["sync"]);
    let (code, lines) = check(&installation);
    assert_eq!((code, line(&lines, "incidents").0.as_str()), (0, "ok"), "{lines:#?}");
}
