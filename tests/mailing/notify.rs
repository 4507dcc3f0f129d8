//! Reminders by the real program on a real database, day by day: what goes out,
//! what is held back, and what becomes of a mail whose reason goes.

use serde_json::Value;
use uuid::Uuid;

use crate::support::smtp::{Fault, HOST, Security, Server};
use crate::support::{TestInstallation, without_systems};

const OWNER: &str = "anna@kommune.example";
/// A Monday.
const MONDAY: &str = "2026-03-02";

/// A municipality with one system, which says nothing about its life cycle, and
/// its owner.
fn installation() -> (TestInstallation, Uuid) {
    let mut world = without_systems(&format!("{MONDAY}T04:00:00Z"));
    let anna = world.join("Anna", "Æbelø", OWNER);
    let usage = world.acquire("Vejrstation", Some(anna));
    world.set_life_cycle(usage, None);
    let installation = TestInstallation::new(world);
    installation.configure("[policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'");
    installation.run_at(&at(MONDAY, "05:00"), &["sync"]);
    (installation, usage)
}

fn at(day: &str, time: &str) -> String {
    format!("{day}T{time}:00+01:00")
}

fn json(installation: &TestInstallation, at: &str, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--format", "json"]].concat();
    let run = installation.run_at(at, &arguments);
    assert_eq!(run.code, 0, "{run:#?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// Kind, reader and state of every mail, oldest first.
fn mails(installation: &TestInstallation) -> Vec<(String, String, String)> {
    let list = json(installation, &at("2026-03-30", "12:00"), &["mail", "list", "--all"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |mail: &Value| (text(&mail["kind"]), text(&mail["to"][0]), text(&mail["state"]));
    list.as_array().unwrap().iter().rev().map(row).collect()
}

/// The first mail to an owner is the letter that introduces.
fn letter(state: &str) -> (String, String, String) {
    ("letter".to_owned(), OWNER.to_owned(), state.to_owned())
}

#[test]
fn a_reminder_is_planned_without_send_and_queued_once_with_it() {
    let (installation, _) = installation();
    let monday = at(MONDAY, "08:00");
    let planned = json(&installation, &monday, &["remind"]);
    assert_eq!(planned["mails"][0]["to"][0], OWNER);
    assert_eq!(planned["mails"][0]["mailId"], Value::Null);
    assert_eq!(mails(&installation), []);

    let queued = json(&installation, &monday, &["remind", "--send"]);
    assert!(queued["mails"][0]["mailId"].is_i64());
    let again = json(&installation, &monday, &["remind", "--send"]);
    assert_eq!(again["mails"], Value::Array(Vec::new()));
    assert_eq!(again["held"][0]["why"], "notDue");
    assert_eq!(again["held"][0]["next"], "2026-03-09T07:00:00Z");
    assert_eq!(mails(&installation), [letter("queued")]);

    installation.run_at(&monday, &["deliver"]);
    assert_eq!(mails(&installation), [letter("previewed")]);
    let index = std::fs::read_to_string(installation.previews().join("index.html")).unwrap();
    assert!(index.contains(OWNER) && index.contains("-letter.html"), "{index}");
}

#[test]
fn the_scheduled_job_runs_by_the_calendar() {
    let (installation, _) = installation();
    let ran = |day: &str, time: &str| {
        let run = installation.run_at(&at(day, time), &["run", "--once", "--format", "json"]);
        let jobs = run.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let remind = jobs.filter(|job| job["job"] == "remind").count();
        assert_eq!(run.code, 0, "{run:#?}");
        remind
    };
    assert_eq!(ran(MONDAY, "07:59"), 0);
    assert_eq!(ran(MONDAY, "08:00"), 1);
    assert_eq!(ran(MONDAY, "08:01"), 0);
    assert_eq!(mails(&installation).iter().filter(|mail| mail.0 == "letter").count(), 1);
}

#[test]
fn a_mail_whose_reason_has_gone_is_cancelled_at_delivery() {
    let (installation, usage) = installation();
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    installation.standin().edit(|world| {
        world.set_life_cycle(usage, Some("Operational"));
        let unit = world.our_units().next().unwrap().uuid;
        world.change(usage, |usage| {
            usage.responsible_unit = Some(unit);
            usage.gdpr.sensitivity = vec!["None".to_owned()];
        });
    });
    installation.run_at(&at(MONDAY, "09:00"), &["sync"]);
    installation.run_at(&at(MONDAY, "09:05"), &["deliver"]);
    assert_eq!(mails(&installation), [letter("cancelled")]);
    let list = json(&installation, &at(MONDAY, "10:00"), &["mail", "list"]);
    assert_eq!(list[0]["lastError"], "everything that it asks for is done");
}

#[test]
fn a_mail_is_cancelled_by_hand_and_made_anew_on_the_next_day() {
    let (installation, _) = installation();
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    let cancelled = json(&installation, &at(MONDAY, "08:01"), &["mail", "cancel", "1"]);
    assert_eq!(cancelled["state"], "cancelled");
    for command in ["cancel", "retry"] {
        assert_eq!(installation.run_at(&at(MONDAY, "08:02"), &["mail", command, "1"]).code, 2);
        assert_eq!(installation.run_at(&at(MONDAY, "08:02"), &["mail", command, "99"]).code, 2);
    }
    // What was cancelled told nobody anything.
    installation.run_at(&at("2026-03-03", "08:00"), &["remind", "--send"]);
    assert_eq!(mails(&installation), [letter("cancelled"), letter("queued")]);
    let retried = json(&installation, &at("2026-03-03", "08:01"), &["mail", "retry", "2"]);
    assert_eq!(retried["state"], "queued");
}

#[test]
fn a_dead_mail_whose_deadline_is_over_is_not_retried() {
    for (day, code, expected) in [("2026-03-04", 0, "previewed"), ("2026-03-20", 2, "dead")] {
        let (installation, _) = installation();
        installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
        let dead = "UPDATE outbox SET state = 'dead', attempts = 3, died_at = created_at";
        installation.open().execute(dead, []).unwrap();
        let run = installation.run_at(&at(day, "09:00"), &["mail", "retry", "1"]);
        assert_eq!(run.code, code, "{run:#?}");
        installation.run_at(&at(day, "09:01"), &["deliver"]);
        assert_eq!(mails(&installation), [letter(expected)], "{day}");
    }
}

#[test]
fn each_mail_mode_keeps_its_own_account_and_check_says_what_send_would_bring() {
    let (installation, _) = installation();
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    let tuesday = at("2026-03-03", "07:00");
    let planned = json(&installation, &tuesday, &["remind"]);
    let ahead = planned["nextWeek"].as_array().unwrap();
    assert_eq!((ahead.len(), &ahead[0]["at"]), (1, &Value::from("2026-03-09T07:00:00Z")));
    let check = installation.run_at(&tuesday, &["check"]).stdout;
    assert!(check.contains("If it were send: in the next 7 days"), "{check}");
    assert!(check.contains("1 letter, 0 reminders, 0 escalations"), "{check}");

    installation.configure(
        "mode = 'redirect'\nredirect_to = 'trial@kommune.example'\n\
         [policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'",
    );
    let planned = json(&installation, &tuesday, &["remind"]);
    assert_eq!(planned["mails"][0]["to"][0], OWNER);
}

#[test]
fn the_forecast_says_how_much_mail_the_time_to_come_would_bring() {
    let (installation, _) = installation();
    let monday = at(MONDAY, "07:00");
    let forecast = json(&installation, &monday, &["remind", "--forecast", "26w"]);
    let letter = serde_json::json!(
        { "from": "2026-03-02", "letters": 1, "reminders": 0, "escalations": 0 }
    );
    assert_eq!(forecast["weeks"][0], letter);
    assert_eq!((&forecast["readers"], &forecast["crowded"]), (&1.into(), &0.into()));
    assert_eq!(mails(&installation), [], "nothing is queued");
    let shown = installation.run_at(&monday, &["remind", "--forecast", "26w"]).stdout;
    assert!(shown.contains("the next 26 weeks bring") && shown.contains("to 1 person"), "{shown}");
    let wrong = installation.run_at(&monday, &["remind", "--forecast", "26"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("e.g. 26w, 90d or 1y"), "{wrong:#?}");
    assert!(!installation.run_at(&monday, &["check"]).stdout.contains("notify.pace"));

    // Each asks for a mail as soon as it may, and for the next a day after.
    installation.configure(
        "[policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'\n\
         [notify]\nescalate_after = 9\n[notify.pace]\nhigh = [0, 1]",
    );
    let check = installation.run_at(&monday, &["check"]).stdout;
    assert!(check.contains("more than three reminders in 28 days to one person"), "{check}");
}

#[test]
fn a_preview_of_each_kind_is_made_of_real_data() {
    let (installation, _) = installation();
    let leaders = installation.path("leaders.csv");
    let lines = format!(
        "email;name;level;unit;manager_email\n{OWNER};Anna;leder;x;chef@kommune.example\n\
         chef@kommune.example;Chef;chef;y;\n"
    );
    std::fs::write(&leaders, lines).unwrap();
    installation.configure(&format!(
        "[policy]\nleaders_file = '{}'\n\
         [policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'",
        leaders.display()
    ));
    let monday = at(MONDAY, "08:00");
    for (kind, word) in [("reminder", "Vejrstation"), ("escalation", "Anna Æbelø")] {
        let shown = installation.run_at(&monday, &["mail", "preview", kind]);
        assert!(shown.stdout.contains(word), "{shown:#?}");
    }
    assert_eq!(mails(&installation), []);
}

#[test]
fn a_clock_that_was_months_ahead_does_not_silence_the_program_until_then() {
    let (installation, _) = installation();
    for arguments in [&["sync"][..], &["remind", "--send"], &["deliver"]] {
        installation.run_at(&at("2026-09-07", "08:00"), arguments);
    }
    assert_eq!(mails(&installation), [letter("previewed")]);
    let monday = at(MONDAY, "08:00");
    let queued = json(&installation, &monday, &["remind", "--send"]);
    assert_eq!(queued["mails"][0]["to"][0], OWNER);
    let again = json(&installation, &monday, &["remind", "--send"]);
    assert_eq!(again["held"][0]["next"], "2026-03-09T07:00:00Z");
}

/// The `sqlite3` program leaves foreign keys off.
#[test]
fn mails_deleted_by_hand_were_told_and_keep_no_reminder_from_being_made() {
    let (installation, _) = installation();
    let monday = at(MONDAY, "08:00");
    json(&installation, &monday, &["remind", "--send"]);
    installation.run_at(&monday, &["deliver"]);
    let connection = installation.open();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute("DELETE FROM outbox", []).unwrap();

    let again = json(&installation, &at("2026-03-03", "08:00"), &["remind", "--send"]);
    assert_eq!(again["held"][0]["why"], "notDue");
    installation.run_at(&at("2026-03-16", "05:00"), &["sync"]);
    let later = json(&installation, &at("2026-03-16", "08:00"), &["remind", "--send"]);
    assert_eq!(later["mails"][0]["to"][0], OWNER);
}

/// What `remind` made, with state and reason.
fn fates(installation: &TestInstallation) -> Vec<(String, String, String)> {
    let list = json(installation, &at("2026-06-01", "12:00"), &["mail", "list", "--all"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_made = |mail: &&Value| mail["kind"] == "letter" || mail["kind"] == "reminder";
    let mails = list.as_array().unwrap().iter().rev().filter(is_made);
    mails
        .map(|mail| (text(&mail["to"][0]), text(&mail["state"]), text(&mail["lastError"])))
        .collect()
}

fn fate(to: &str, state: &str, why: &str) -> (String, String, String) {
    (to.to_owned(), state.to_owned(), why.to_owned())
}

/// The service was off, or the mail server away, while KITOS changed.
#[test]
fn a_reminder_that_waits_goes_to_nobody_who_is_no_longer_asked() {
    let (installation, usage) = installation();
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    let new = "bo@kommune.example";
    installation.standin().edit(|world| {
        let bo = world.join("Bo", "Berg", new);
        world.remove_owners(usage);
        world.assign_owner(usage, bo);
    });
    installation.run_at(&at(MONDAY, "08:30"), &["sync"]);
    installation.run_at(&at(MONDAY, "08:31"), &["deliver"]);
    let gone = "its reader is no longer asked for all of it; it is told anew";
    assert_eq!(fates(&installation), [fate(OWNER, "cancelled", gone)]);

    installation.run_at(&at("2026-03-03", "08:00"), &["remind", "--send"]);
    installation.run_at(&at("2026-03-03", "08:00"), &["deliver"]);
    // The notice that welcomed the new owner was the first reminder.
    assert_eq!(fates(&installation)[1..], []);
}

#[test]
fn a_reminder_that_waits_follows_its_reader_to_a_new_address() {
    let (installation, _) = installation();
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    let new = "anna.ny@kommune.example";
    installation.standin().edit(|world| {
        let anna = world.users.iter().find(|user| user.email.as_deref() == Some(OWNER));
        let anna = anna.expect("Anna").uuid;
        world.rename_person(anna, "Anna", "Ny", new);
    });
    installation.run_at(&at(MONDAY, "08:30"), &["sync"]);
    let report = json(&installation, &at("2026-03-03", "08:00"), &["remind", "--send"]);
    let detail = report["detail"].as_str().unwrap();
    assert!(detail.contains("1 that waited no longer hold"), "{detail}");
    installation.run_at(&at("2026-03-03", "08:00"), &["deliver"]);
    let moved = "its reader has another address now; it is told anew";
    assert_eq!(fates(&installation), [fate(OWNER, "cancelled", moved), fate(new, "previewed", "")]);
}

#[test]
fn after_a_month_off_a_reader_gets_one_reminder_and_it_is_of_today() {
    let (installation, _) = installation();
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    let run = installation.run_at("2026-04-07T09:00:00+02:00", &["run", "--once"]);
    assert_eq!(run.code, 0, "{run:#?}");
    let late = "it has waited longer than mail.give_up_after; it is told anew";
    assert_eq!(
        fates(&installation),
        [fate(OWNER, "cancelled", late), fate(OWNER, "previewed", "")]
    );
}

#[test]
fn a_mailbox_that_takes_nothing_for_days_is_given_up_and_it_is_told() {
    let (installation, _) = installation();
    let server = Server::start(Security::Clear);
    server.always(Fault::Rcpt(None, "452 4.2.2 mailbox full"));
    installation.configure(&format!(
        "mode = 'send'\n[mail.smtp]\nhost = '{HOST}'\nport = {}\nsecurity = 'none'\n\
         [policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'",
        server.port
    ));
    installation.run_at(&at(MONDAY, "08:00"), &["remind", "--send"]);
    for day in 2..9 {
        for hour in ["09:00", "15:00"] {
            installation.run_at(&at(&format!("2026-03-{day:02}"), hour), &["deliver"]);
        }
    }
    let [(reader, state, why)] = &fates(&installation)[..] else { panic!("one mail") };
    assert_eq!((reader.as_str(), state.as_str()), (OWNER, "dead"), "{why}");
    assert!(why.contains("mailbox full"), "{why}");
}

#[test]
fn a_reminder_that_waits_asks_for_nothing_that_is_done() {
    let (installation, _) = installation();
    let another = installation.standin().edit(|world| {
        let anna = world.users.iter().find(|user| user.email.as_deref() == Some(OWNER));
        let anna = anna.expect("Anna").uuid;
        let usage = world.acquire("Regnmåler", Some(anna));
        world.set_life_cycle(usage, None);
        usage
    });
    installation.run_at(&at(MONDAY, "07:30"), &["sync"]);
    // The notice of the new system has the day, and its deadline the time after it.
    let monday = "2026-03-16";
    installation.run_at(&at(monday, "07:30"), &["sync"]);
    installation.run_at(&at(monday, "08:00"), &["remind", "--send"]);
    installation.standin().edit(|world| world.remove_usage(another));
    installation.run_at(&at(monday, "08:30"), &["sync"]);
    installation.run_at(&at(monday, "08:31"), &["deliver"]);
    let part = "some of what it asks for is done or waived; the rest is told anew";
    assert_eq!(fates(&installation), [fate(OWNER, "cancelled", part)]);
    let next = json(&installation, &at("2026-03-17", "08:00"), &["remind", "--send"]);
    assert_eq!(next["mails"][0]["findings"].as_array().map(Vec::len), Some(1));
}

#[test]
fn to_cancel_a_mail_under_way_promises_nothing() {
    let (installation, _) = installation();
    let monday = at(MONDAY, "08:00");
    installation.run_at(&monday, &["remind", "--send"]);
    installation.open().execute("UPDATE outbox SET state = 'sending'", []).unwrap();
    let run = installation.run_at(&monday, &["mail", "cancel", "1"]);
    assert!(run.code == 0 && run.stdout.contains("may arrive all the same"), "{run:#?}");
}

/// It can be right for the samples that `check` tries, and wrong for one reader.
#[test]
fn a_template_that_fails_puts_no_reader_into_the_log() {
    let (installation, _) = installation();
    let folder = installation.path("templates");
    std::fs::create_dir_all(folder.join("letter")).unwrap();
    let template = "{{ greeting }} {{ letter.sections[99].what }}";
    std::fs::write(folder.join("letter/text.j2"), template).unwrap();
    installation.configure(&format!(
        "templates = '{}'\n[policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'",
        folder.display()
    ));
    let run = installation.run_at(&at(MONDAY, "08:00"), &["-vv", "remind", "--send"]);
    assert!(run.code == 0 && run.stderr.contains("a template in mail.templates fails"), "{run:#?}");
    assert!(run.stderr.contains("letter/text.j2:1"), "{run:#?}");
    assert!(!run.stderr.contains("Anna"), "{run:#?}");
}
