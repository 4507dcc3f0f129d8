//! The life of a waiver, through the program: made, shown, replaced, withdrawn,
//! run out, and gone with its finding.

use kitos_standin::World;
use kitos_sync::store::{self, Access, Store};
use serde_json::Value;

use crate::support::{self, TestInstallation};

/// Midwinter, so that a day in Copenhagen ends at 23:00 UTC.
const MONDAY: &str = "2026-01-05T06:00:00Z";
const TUESDAY: &str = "2026-01-06T06:00:00Z";

/// One system without an owner, as the first pull sees it, and its finding.
fn installation() -> (TestInstallation, i64) {
    let installation = TestInstallation::new(World::generate(5, 12));
    installation.standin().edit(|world| _ = world.acquire("Forladt", None));
    sync(&installation, MONDAY);
    let found = findings(&installation, MONDAY, &["--rule", "owner-missing"]);
    let of_ours = |finding: &&Value| finding["systemName"] == "Forladt";
    let id = found.iter().find(of_ours).expect("the finding")["id"].as_i64().expect("its id");
    (installation, id)
}

fn sync(installation: &TestInstallation, at: &str) -> Value {
    let run = installation.run_at(at, &["--format", "json", "sync"]);
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.stdout).expect("JSON")
}

fn findings(installation: &TestInstallation, at: &str, more: &[&str]) -> Vec<Value> {
    let run = installation.run_at(at, &[&["--format", "json", "findings"], more].concat());
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.stdout).expect("a JSON array")
}

/// What the finding's state is, if it is listed.
fn state(installation: &TestInstallation, at: &str, id: i64, more: &[&str]) -> Option<String> {
    let found = findings(installation, at, &[&["--state", "all"], more].concat());
    let finding = found.iter().find(|finding| finding["id"] == id)?;
    Some(finding["state"].as_str().expect("a state").to_owned())
}

fn waive(installation: &TestInstallation, at: &str, id: i64, more: &[&str]) -> support::Run {
    let id = id.to_string();
    installation.run_at(at, &[&["--format", "json", "waive", &id], more].concat())
}

const UNTIL: [&str; 6] =
    ["--until", "2026-01-31", "--reason", "udfases til påske", "--by", "Anna Lund"];

#[test]
fn a_waived_finding_is_shown_as_what_it_is_until_its_last_day_is_over() {
    let (installation, id) = installation();
    let before = findings(&installation, MONDAY, &[]).len();
    let run = waive(&installation, MONDAY, id, &UNTIL);
    assert_eq!(run.code, 0, "{run:#?}");
    let waiver: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(waiver["findingId"], id);
    assert_eq!(waiver["until"], "2026-01-31");
    assert_eq!(waiver["endsAt"], "2026-01-31T23:00:00Z");
    assert_eq!(waiver["by"], "Anna Lund");
    assert_eq!(waiver["replaced"], Value::Null);

    // Not among the open ones, and with its reason among the waived.
    assert_eq!(findings(&installation, MONDAY, &[]).len(), before - 1);
    let waived = findings(&installation, MONDAY, &["--state", "waived"]);
    assert_eq!(waived.len(), 1);
    assert_eq!(waived[0]["id"], id);
    assert_eq!(waived[0]["waivedUntil"], "2026-01-31");
    assert_eq!(waived[0]["waivedReason"], "udfases til påske");
    let table = installation.run_at(MONDAY, &["findings", "--state", "waived"]).stdout;
    assert!(table.contains("waived until 2026-01-31"), "{table}");
    assert!(table.contains("udfases til påske"), "{table}");

    // A waived finding fails nothing.
    for (arguments, code) in [
        (["--rule", "owner-missing", "--state", "waived"], 0),
        (["--rule", "owner-missing", "--state", "open"], 3),
    ] {
        let all = [&["findings", "--fail-on", "high"], arguments.as_slice()].concat();
        assert_eq!(installation.run_at(MONDAY, &all).code, code, "{arguments:?}");
    }

    for (at, expected) in [
        ("2026-01-05T05:59:59Z", "open"),
        ("2026-01-31T22:59:59Z", "waived"),
        ("2026-01-31T23:00:00Z", "open"),
    ] {
        assert_eq!(state(&installation, at, id, &[]).as_deref(), Some(expected), "{at}");
    }
}

#[test]
fn a_past_day_is_judged_by_the_waivers_then_in_force() {
    let (installation, id) = installation();
    sync(&installation, TUESDAY);
    assert_eq!(waive(&installation, TUESDAY, id, &UNTIL).code, 0);
    let later = "2026-02-10T06:00:00Z";
    sync(&installation, later);
    // As it stood at the end of the day: the last one still counts.
    for (day, expected) in [
        ("2026-01-05", "open"),
        ("2026-01-06", "waived"),
        ("2026-01-31", "waived"),
        ("2026-02-01", "open"),
    ] {
        let as_of = ["--as-of", day];
        assert_eq!(state(&installation, later, id, &as_of).as_deref(), Some(expected), "{day}");
    }
}

#[test]
fn a_second_waiver_replaces_the_first_and_unwaive_ends_it() {
    let (installation, id) = installation();
    assert_eq!(waive(&installation, MONDAY, id, &UNTIL).code, 0);
    let longer = ["--until", "2026-03-31", "--reason", "forsinket", "--by", "Bo"];
    let run = waive(&installation, TUESDAY, id, &longer);
    let waiver: Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(waiver["replaced"]["reason"], "udfases til påske");
    assert_eq!(waiver["replaced"]["until"], "2026-01-31");

    let wednesday = "2026-01-07T06:00:00Z";
    let id_text = id.to_string();
    let unwaive = ["unwaive", id_text.as_str(), "--by", "Carl"];
    let run = installation.run_at(wednesday, &unwaive);
    assert_eq!(run.code, 0, "{run:#?}");
    assert!(run.stdout.contains("is open again"), "{}", run.stdout);
    for (at, expected) in [(TUESDAY, "waived"), (wednesday, "open")] {
        assert_eq!(state(&installation, at, id, &[]).as_deref(), Some(expected), "{at}");
    }
    let run = installation.run_at(wednesday, &unwaive);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("is not waived"), "{}", run.stderr);

    // The auditor finds both, with how each ended.
    let run = installation.run_at(wednesday, &["--format", "json", "system", "Forladt"]);
    let life: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let ended: Vec<String> = life["waivers"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|w| format!("{} {}", w["ended"]["how"], w["ended"]["by"]))
        .collect();
    assert_eq!(ended, [r#""replaced" "Bo""#, r#""withdrawn" "Carl""#]);
}

#[test]
fn a_fault_that_comes_back_is_a_finding_without_a_waiver() {
    let (installation, id) = installation();
    assert_eq!(waive(&installation, MONDAY, id, &UNTIL).code, 0);
    let usage = installation.standin().edit(|world| {
        let usage = world.usages.last().expect("a usage").uuid;
        let owner = world.our_users().next().expect("a user").uuid;
        world.assign_owner(usage, owner);
        usage
    });
    sync(&installation, TUESDAY);
    assert_eq!(state(&installation, TUESDAY, id, &[]).as_deref(), Some("resolved"));
    let run = waive(&installation, TUESDAY, id, &UNTIL);
    assert_eq!(run.code, 2, "{run:#?}");
    assert!(run.stderr.contains("was resolved on 2026-01-06"), "{}", run.stderr);

    let wednesday = "2026-01-07T06:00:00Z";
    installation.standin().edit(|world| world.remove_owners(usage));
    sync(&installation, wednesday);
    let back: Vec<Value> = findings(&installation, wednesday, &["--rule", "owner-missing"])
        .into_iter()
        .filter(|finding| finding["systemName"] == "Forladt")
        .collect();
    assert_eq!(back.len(), 1, "{back:#?}");
    assert_ne!(back[0]["id"], id);
    assert_eq!(back[0]["state"], "open");
}

#[test]
fn what_cannot_be_waived_is_told_with_the_way_out() {
    let (installation, id) = installation();
    let run_with = |id: i64, until: &str, reason: &str, by: &str| {
        waive(&installation, MONDAY, id, &["--until", until, "--reason", reason, "--by", by])
    };
    for (run, told) in [
        (run_with(4711, "2026-01-31", "x", "Anna"), "there is no finding 4711"),
        (run_with(id, "2026-01-04", "x", "Anna"), "that day is over (today is 2026-01-05)"),
        (run_with(id, "2026-01-31", " \n ", "Anna"), "without a reason"),
        (run_with(id, "2026-01-31", "x", " "), "by nobody"),
        (run_with(id, "31/1 2026", "x", "Anna"), "write a day as YYYY-MM-DD"),
        (run_with(id, "+12026-01-31", "x", "Anna"), "write a day as YYYY-MM-DD"),
    ] {
        assert_eq!(run.code, 2, "{run:#?}");
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
        assert_eq!(run.stdout, "");
    }
    assert_eq!(findings(&installation, MONDAY, &["--state", "waived"]), Vec::<Value>::new());
    // Today itself is not over.
    assert_eq!(run_with(id, "2026-01-05", "x", "Anna").code, 0);
}

#[test]
fn whoever_runs_it_has_decided_it_unless_a_name_is_given() {
    let (installation, id) = installation();
    let id = id.to_string();
    let account = std::process::Command::new("id").arg("-un").output().expect("id");
    let account = String::from_utf8(account.stdout).expect("UTF-8");
    for (sudo_user, user, by) in [
        (Some("anna"), Some("root"), "anna"),
        (None, Some("bo"), "bo"),
        (Some(""), Some("bo"), "bo"),
        (None, None, account.trim()),
    ] {
        let mut command = installation.command();
        command.env_remove("SUDO_USER").env_remove("USER");
        command.envs(sudo_user.map(|name| ("SUDO_USER", name)));
        command.envs(user.map(|name| ("USER", name)));
        command.args(["--at", MONDAY, "--format", "json", "waive", &id]);
        command.args(["--until", "2026-01-31", "--reason", "x"]);
        let run = support::Run::from(command.output().expect("the program"));
        assert_eq!(run.code, 0, "{run:#?}");
        let waiver: Value = serde_json::from_str(&run.stdout).expect("JSON");
        assert_eq!(waiver["by"], by);
    }
}

#[test]
fn counts_leave_waived_findings_out() {
    let (installation, id) = installation();
    let high = |at: &str| {
        let run = installation.run_at(at, &["--format", "json", "status"]);
        let status: Value = serde_json::from_str(&run.stdout).expect("JSON");
        let open = status["openFindings"]["owner-missing"]["high"].as_u64().unwrap_or(0);
        (open, status["waivedFindings"].as_u64().expect("a number"))
    };
    let (open, waived) = high(MONDAY);
    assert_eq!(waived, 0);
    assert_eq!(waive(&installation, MONDAY, id, &UNTIL).code, 0);
    assert_eq!(high(MONDAY), (open - 1, 1));
    // The row of the next snapshot, too, and that after the waiver's end.
    for (at, expected) in [(TUESDAY, 1), ("2026-02-01T06:00:00Z", 0)] {
        sync(&installation, at);
        let connection =
            Store::new(installation.database()).open(Access::Existing).expect("a database");
        let (in_row, ever): (i64, i64) = connection
            .query_row(
                "SELECT open_high,
                        (SELECT count(*) FROM finding
                         WHERE severity = 'high' AND resolved_at IS NULL)
                 FROM snapshot ORDER BY id DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .expect("the row");
        assert_eq!(ever - in_row, expected, "{at}");
    }
}

#[test]
fn the_digest_can_tell_which_end_soon_and_which_have_ended() {
    let (installation, id) = installation();
    assert_eq!(waive(&installation, MONDAY, id, &UNTIL).code, 0);
    let connection =
        Store::new(installation.database()).open(Access::Existing).expect("a database");
    let at = |text: &str| text.parse().expect("an instant");
    let ending = |now: &str, until: &str| {
        let ending = store::waivers_ending(&connection, at(now), at(until)).expect("waivers");
        ending.into_iter().map(|(waiver, finding)| (waiver.reason, finding.id)).collect::<Vec<_>>()
    };
    let ours = || vec![("udfases til påske".to_owned(), id)];
    assert_eq!(ending("2026-01-18T06:00:00Z", "2026-01-31T22:59:59Z"), []);
    assert_eq!(ending("2026-01-18T06:00:00Z", "2026-01-31T23:00:00Z"), ours());
    assert_eq!(ending("2026-01-31T23:00:00Z", "2026-02-14T23:00:00Z"), [], "it is over");

    let expired = |since: &str, now: &str| {
        let expired =
            store::waivers_expired_since(&connection, at(since), at(now)).expect("waivers");
        expired.into_iter().map(|(waiver, finding)| (waiver.reason, finding.id)).collect::<Vec<_>>()
    };
    assert_eq!(expired("2026-01-26T06:00:00Z", "2026-01-31T22:59:59Z"), []);
    assert_eq!(expired("2026-01-26T06:00:00Z", "2026-02-02T06:00:00Z"), ours());
    assert_eq!(expired("2026-01-31T23:00:00Z", "2026-02-02T06:00:00Z"), [], "told before");

    // Prolonged after it ran out: nothing to be told of.
    let again = ["--until", "2026-06-30", "--reason", "endnu en gang", "--by", "Bo"];
    assert_eq!(waive(&installation, "2026-02-01T08:00:00Z", id, &again).code, 0);
    assert_eq!(expired("2026-01-26T06:00:00Z", "2026-02-02T06:00:00Z"), []);
}

#[test]
fn a_waiver_is_made_while_a_job_is_at_work() {
    let (installation, id) = installation();
    let _job = store::Lock::job(&installation.database(), "sync", std::time::Duration::ZERO)
        .expect("the job lock");
    assert_eq!(waive(&installation, MONDAY, id, &UNTIL).code, 0);
}
