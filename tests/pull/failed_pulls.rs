//! Pulls that fail, end to end: what each leaves behind, who hears of it, and
//! when it is tried again (`docs/reliability.md` R5, R7).

use kitos_standin::{CVR, Effect, Fault, Membership, PASSWORD, World};
use serde_json::json;

use crate::support::{self, TestInstallation, set_changed};

/// A Monday; each test begins here. Summer time is far.
const FIRST: &str = "2026-03-02T04:00:00Z";
const USAGES: &str = "/api/v2/it-system-usages";

/// An installation after its first pull.
fn installed() -> TestInstallation {
    let installation = TestInstallation::new(World::generate(7, 30));
    assert_eq!(installation.sync_at(FIRST)["outcome"], "committed");
    installation
}

fn number(installation: &TestInstallation, sql: &str) -> i64 {
    installation.open().query_row(sql, [], |row| row.get(0)).unwrap()
}

/// A way for a pull to fail, and what its message must hold.
struct Failure {
    name: &'static str,
    breaks: fn(&TestInstallation),
    mends: fn(&TestInstallation),
    message: &'static str,
    /// Whether operators hear of it at once.
    alerts: bool,
}

fn heal(installation: &TestInstallation) {
    installation.standin().heal();
}

const FAILURES: [Failure; 7] = [
    Failure {
        name: "wrong password",
        breaks: |i| i.set_password("wrong"),
        mends: |i| i.set_password(PASSWORD),
        message: "refused the login",
        alerts: true,
    },
    Failure {
        name: "not a member",
        breaks: |i| i.standin().edit(|w| w.set_membership(Membership::Lost)),
        mends: |i| i.standin().edit(|w| w.set_membership(Membership::Member)),
        message: "not a member of Birkelund Kommune",
        alerts: true,
    },
    Failure {
        name: "organisation disabled",
        breaks: |i| i.standin().edit(|w| w.disable_organization(true)),
        mends: |i| i.standin().edit(|w| w.disable_organization(false)),
        message: "is disabled in KITOS",
        alerts: true,
    },
    Failure {
        name: "unknown organisation",
        breaks: |i| i.standin().edit(|w| w.organizations.iter_mut().for_each(|o| o.cvr = None)),
        mends: |i| {
            let cvr = Some(CVR.to_owned());
            i.standin().edit(|w| {
                let ours = w.organization;
                w.organizations
                    .iter_mut()
                    .filter(|o| o.uuid == ours)
                    .for_each(|o| o.cvr = cvr.clone());
            });
        },
        message: "no organisation with CVR 29180042",
        alerts: false,
    },
    Failure {
        name: "broken reply",
        breaks: |i| i.standin().fault(Fault::new(USAGES, Effect::Html).always()),
        mends: heal,
        message: "not what KITOS documents",
        alerts: false,
    },
    Failure {
        name: "API access lost",
        breaks: |i| i.standin().fault(Fault::new(USAGES, Effect::status(403)).always()),
        mends: heal,
        message: "403",
        alerts: false,
    },
    Failure {
        name: "KITOS down",
        breaks: |i| i.standin().fault(Fault::new("/", Effect::retry_after(503, "0")).always()),
        mends: heal,
        message: "503",
        alerts: false,
    },
];

#[test]
fn a_pull_that_fails_leaves_the_register_and_the_next_one_works() {
    let installation = installed();
    for (number, failure) in FAILURES.iter().enumerate() {
        let Failure { name, breaks, mends, message, alerts } = failure;
        let day = 2 * number + 3;
        let (broken, again) =
            (format!("2026-03-{day:02}T04:00:00Z"), format!("2026-03-{day:02}T06:00:00Z"));
        let good = format!("2026-03-{:02}T04:00:00Z", day + 1);
        let (register, told) = (installation.register(), installation.alerts(&broken).len());
        breaks(&installation);
        installation.standin().edit(|world| world.acquire("Nyt system", None));
        for at in [&broken, &again] {
            let run = installation.run_at(at, &["sync"]);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{name}: {run:#?}");
            assert!(run.stderr.contains(message), "{name}: {run:#?}");
        }
        assert!(installation.register() == register, "{name}: the register has changed");
        let status = installation.json_at(&again, &["status"]);
        let last = &status["jobs"]["sync"]["lastRun"];
        assert_eq!(
            (&last["outcome"], &last["startedAt"]),
            (&json!("failed"), &json!(again)),
            "{name}"
        );
        assert!(last["detail"].as_str().unwrap().contains(message), "{name}: {last}");
        let expected = told + usize::from(*alerts);
        assert_eq!(installation.alerts(&again).len(), expected, "{name}: one alert, not two");

        mends(&installation);
        let report = installation.sync_at(&good);
        assert_eq!(report["changes"]["acquired"], 1, "{name}: {report}");
        let expected = expected + usize::from(*alerts);
        assert_eq!(installation.alerts(&good).len(), expected, "{name}: and one that it is over");
    }
}

#[test]
fn nobody_listening_is_told_with_the_address() {
    let installation = installed();
    let register = installation.register();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = installation.command();
    command.env("KITOS_SYNC_KITOS__URL", format!("http://{closed}")).arg("sync");
    let run = support::Run::from(command.output().unwrap());
    assert_eq!(run.code, 1, "{run:#?}");
    assert!(run.stderr.contains(&format!("cannot reach {closed}")), "{run:#?}");
    assert!(installation.register() == register);
}

#[test]
fn a_refused_login_is_tried_once_and_again_after_twelve_hours() {
    let installation = installed();
    installation.set_password("wrong");
    let logins = || installation.standin().logins();
    let before = logins();
    for (at, tried) in [
        ("2026-03-03T04:00:00Z", 1),
        ("2026-03-03T04:15:00Z", 1),
        ("2026-03-03T05:30:00Z", 1),
        ("2026-03-03T15:59:00Z", 1),
        ("2026-03-03T16:01:00Z", 2),
        ("2026-03-04T04:00:00Z", 2),
        ("2026-03-04T04:02:00Z", 3),
    ] {
        installation.once_at(at);
        assert_eq!(logins() - before, tried, "at {at}");
    }
    assert_eq!(installation.alerts("2026-03-04T04:02:00Z").len(), 1);
    // Stale data is the same story.
    installation.once_at("2026-03-04T10:00:00Z");
    assert_eq!(installation.alerts("2026-03-04T10:00:00Z").len(), 1);

    // A person acted: no pause holds the next try back.
    installation.set_password(PASSWORD);
    set_changed(&installation.path("password"), "2026-03-04T10:01:00Z");
    // Not only after a quarter of an hour, as after any other failure.
    installation.set_password("wrong again");
    set_changed(&installation.path("password"), "2026-03-04T10:01:00Z");
    for (at, tried) in [("2026-03-04T10:01:10Z", 4), ("2026-03-04T10:01:20Z", 4)] {
        installation.once_at(at);
        assert_eq!(logins() - before, tried, "at {at}");
    }
    installation.set_password(PASSWORD);
    set_changed(&installation.path("password"), "2026-03-04T10:01:30Z");
    let runs = installation.once_at("2026-03-04T10:02:00Z");
    assert_eq!(runs["sync"]["outcome"], "done");
    assert_eq!(installation.alerts("2026-03-04T10:02:00Z").len(), 2, "and that it is over");
}

#[test]
fn what_fails_once_the_login_is_taken_ends_the_pause_of_the_login() {
    let installation = installed();
    installation.set_password("wrong");
    set_changed(&installation.path("password"), "2026-03-01T00:00:00Z");
    let ran = |at: &str| installation.once_at(at).remove("sync").is_some();
    let next = |at: &str| {
        let status = installation.json_at(at, &["status"]);
        status["jobs"]["sync"]["nextRun"].as_str().unwrap().to_owned()
    };
    assert!(ran("2026-03-03T04:00:00Z"));
    // Neither the next try nor the next morning come earlier than that.
    assert_eq!(next("2026-03-03T04:05:00Z")[..16], *"2026-03-03T16:00");
    installation.set_password(PASSWORD);
    set_changed(&installation.path("password"), "2026-03-01T00:00:00Z");
    installation.standin().fault(Fault::new(USAGES, Effect::status(403)).always());
    for (at, runs) in [
        ("2026-03-03T15:59:00Z", false),
        ("2026-03-03T16:01:00Z", true),
        ("2026-03-03T16:15:00Z", false),
        ("2026-03-03T16:17:00Z", true),
        ("2026-03-03T17:18:00Z", true),
        ("2026-03-04T04:00:00Z", true),
    ] {
        assert_eq!(ran(at), runs, "at {at}");
        if runs {
            let status = installation.json_at(at, &["status"]);
            assert!(!status["incidents"].to_string().contains("login-refused"), "{status}");
        }
    }
    let alerts = installation.alerts("2026-03-03T17:18:00Z");
    let of_login = alerts.iter().filter(|subject| subject.contains("login"));
    assert_eq!(of_login.count(), 2, "one that it is refused, one that it is over: {alerts:?}");
}

#[test]
fn a_failed_pull_is_tried_again_and_then_on_schedule_where_it_is_tried_again_too() {
    let installation = installed();
    installation.standin().fault(Fault::new(USAGES, Effect::Html).always());
    let ran = |at: &str| installation.once_at(at).remove("sync");
    for (at, runs) in [
        ("2026-03-03T03:59:00Z", false),
        ("2026-03-03T04:00:00Z", true),
        ("2026-03-03T04:14:00Z", false),
        ("2026-03-03T04:16:00Z", true),
        ("2026-03-03T05:15:00Z", false),
        ("2026-03-03T05:17:00Z", true),
        ("2026-03-03T09:16:00Z", false),
        ("2026-03-03T09:18:00Z", true),
        // From here on schedule.
        ("2026-03-03T23:00:00Z", false),
        ("2026-03-04T03:59:00Z", false),
        ("2026-03-04T04:00:00Z", true),
        ("2026-03-04T04:14:00Z", false),
        ("2026-03-04T04:16:00Z", true),
        ("2026-03-04T05:17:00Z", true),
        ("2026-03-04T09:18:00Z", true),
        ("2026-03-04T20:00:00Z", false),
    ] {
        let run = ran(at);
        assert_eq!(run.is_some(), runs, "at {at}: {run:?}");
        assert!(run.is_none_or(|run| run["outcome"] == "failed"));
    }
    installation.standin().heal();
    assert_eq!(ran("2026-03-05T04:00:00Z").unwrap()["outcome"], "done");
    assert!(ran("2026-03-05T04:20:00Z").is_none());
    assert_eq!(number(&installation, "SELECT count(*) FROM job_run WHERE outcome = 'failed'"), 8);
}

#[test]
fn an_installation_that_never_read_kitos_is_stale_36_hours_after_it_was_made() {
    let installation = TestInstallation::new(World::generate(3, 20));
    installation.standin().fault(Fault::new(USAGES, Effect::Html).always());
    for (at, alerts, verdict) in [
        ("2026-03-02T05:00:00Z", 0, "note"),
        ("2026-03-03T16:59:00Z", 0, "note"),
        ("2026-03-03T17:01:00Z", 1, "fault"),
        ("2026-03-04T05:00:00Z", 1, "fault"),
    ] {
        installation.once_at(at);
        assert_eq!(installation.alerts(at).len(), alerts, "at {at}");
        let lines = installation.json_at(at, &["check"]);
        let last = lines.as_array().unwrap().iter().find(|line| line["what"] == "last pull");
        assert_eq!(last.unwrap()["verdict"], verdict, "at {at}");
    }
    let incidents = installation.json_at("2026-03-04T05:00:00Z", &["incidents"]);
    assert!(incidents[0]["detail"].as_str().unwrap().contains("since the program was set up"));
    installation.standin().heal();
    let at = "2026-03-05T05:00:00Z";
    installation.once_at(at);
    assert_eq!(installation.alerts(at).len(), 2, "and that it is over");
}

#[test]
fn stale_data_is_an_alert_from_36_hours_on_and_an_all_clear() {
    let installation = installed();
    installation.standin().fault(Fault::new(USAGES, Effect::Html).always());
    for (at, alerts) in [
        ("2026-03-03T04:00:00Z", 0),
        ("2026-03-03T15:59:00Z", 0),
        ("2026-03-03T16:01:00Z", 1),
        ("2026-03-04T04:00:00Z", 1),
    ] {
        installation.once_at(at);
        assert_eq!(installation.alerts(at).len(), alerts, "at {at}");
    }
    installation.standin().heal();
    let at = "2026-03-05T04:00:00Z";
    installation.once_at(at);
    assert_eq!(installation.alerts(at).len(), 2);
}
