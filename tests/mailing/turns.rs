//! Who is told of something every day, and is to be reminded, too: by the real program
//! and a real mail server, whatever becomes of that. One mail a day; no reminder that
//! waits for ever; no news lost or told twice; promises kept; and what arrives gives
//! time still (`docs/policy.md`, "The right amount").

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use rusqlite::Connection;
use uuid::Uuid;

use crate::support::smtp::{Fault, HOST, Security, Server};
use crate::support::{TestInstallation, without_systems};

const OWNER: &str = "anna@kommune.example";
const LEADER: &str = "chef@kommune.example";
const DAYS: u64 = 45;

/// What goes wrong on some of the days.
struct Case {
    what: &'static str,
    wrong: std::ops::Range<u64>,
    fault: Fault,
    /// So many reminders go out at least, and so many promises are kept.
    expected: (usize, usize),
}

/// Anna owns a system that says too little, and many of which one goes each day.
fn installation(server: &Server) -> (TestInstallation, Vec<Uuid>) {
    let mut world = without_systems("2026-01-05T03:00:00Z");
    let anna = world.join("Anna", "Æbelø", OWNER);
    let weather = world.acquire("Vejrstation", Some(anna));
    world.set_life_cycle(weather, None);
    let others = (0..DAYS).map(|number| {
        let usage = world.acquire(&format!("System {number:02}"), Some(anna));
        world.set_life_cycle(usage, Some("Operational"));
        usage
    });
    let others = others.collect();
    let installation = TestInstallation::new(world);
    let leaders = installation.path("leaders.csv");
    let lines = format!(
        "email;name;level;unit;manager_email\n{OWNER};Anna Æbelø;leder;x;{LEADER}\n\
         {LEADER};Chef;direktør;y;\n"
    );
    std::fs::write(&leaders, lines).expect("a file");
    installation.configure(&format!(
        "mode = 'send'\n\
         [mail.smtp]\nhost = '{HOST}'\nport = {}\nsecurity = 'none'\n\
         [schedule]\njitter = '0s'\n\
         [guard]\nmax_removed = '100%'\nmax_changed = '100%'\n\
         [policy]\nleaders_file = '{}'\n\
         [policy.rules.registration-incomplete]\ngrace = 0\nseverity = 'high'\n\
         [policy.rules.owner-level]\nenabled = false\n\
         [policy.rules.decommission-incomplete]\nenabled = false\n",
        server.port,
        leaders.display()
    ));
    (installation, others)
}

fn rows(connection: &Connection, sql: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(sql).expect("a query");
    let columns = statement.column_count();
    let read = |row: &rusqlite::Row<'_>| {
        (0..columns)
            .map(|at| row.get::<_, Option<String>>(at).map(Option::unwrap_or_default))
            .collect()
    };
    let rows = statement.query_map([], read).expect("rows");
    rows.collect::<Result<_, _>>().expect("their values")
}

/// Lives through the days. Readers of what the mail server took, day by day.
fn live(
    case: &Case,
    server: &Server,
    installation: &TestInstallation,
    others: &[Uuid],
) -> BTreeMap<NaiveDate, Vec<String>> {
    let first = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a Monday");
    let mut received = BTreeMap::new();
    let mut seen = 0;
    let run = |at: &str| {
        let run = installation.run_at(at, &["run", "--once"]);
        // The mail server may be away.
        assert!(matches!(run.code, 0 | 1), "{run:#?}");
    };
    for number in 0..DAYS {
        let day = first + Days::new(number);
        server.heal();
        if case.wrong.contains(&number) {
            server.always(case.fault.clone());
        }
        if number > 0 {
            // Not at the end, so that all of it can be told.
            let usage = others[number as usize];
            let is_news = number + 7 < DAYS;
            installation.standin().edit(|world| {
                world.now = format!("{day}T03:30:00Z").parse().expect("an instant");
                if is_news {
                    world.set_life_cycle(usage, Some("NotInUse"));
                }
            });
        }
        // KITOS is read late, in one pass with the reminders; and once more where a mail
        // may wait for the server.
        run(&format!("{day}T07:05:00Z"));
        if (case.wrong.start..case.wrong.end + 2).contains(&number) {
            run(&format!("{day}T15:00:00Z"));
        }
        let taken = server.received().into_iter().skip(seen).filter(|mail| mail.acknowledged);
        let to = taken.flat_map(|mail| mail.to).collect::<Vec<_>>();
        seen = server.received().len();
        received.insert(day, to);
    }
    received
}

fn nobody_waits_for_ever_and_nobody_has_two_mails_a_day(case: &Case) {
    let what = case.what;
    let server = Server::start(Security::Clear);
    let (installation, others) = installation(&server);
    let received = live(case, &server, &installation, &others);
    for (day, to) in &received {
        for reader in [OWNER, LEADER] {
            let mails = to.iter().filter(|to| *to == reader).count();
            assert!(mails <= 1, "{what}: {mails} mails to {reader} on {day}");
        }
    }
    let connection = installation.open();
    let waiting = rows(
        &connection,
        "SELECT subject FROM outbox WHERE state IN ('queued', 'sending', 'dead')
         AND kind NOT IN ('digest', 'alert')",
    );
    assert_eq!(waiting, Vec::<Vec<String>>::new(), "{what}: all of it went out");
    let given_up = "SELECT subject FROM outbox WHERE reason ->> '$.why' = 'given-up'
                    AND kind NOT IN ('digest', 'alert')";
    assert_eq!(rows(&connection, given_up), Vec::<Vec<String>>::new(), "{what}");

    // Each system that went is told once.
    let told = rows(
        &connection,
        "SELECT item.value ->> '$.system' FROM outbox, json_each(outbox.news) AS item
         WHERE outbox.state = 'sent' AND recipients LIKE '%anna%' ORDER BY 1",
    );
    let gone = (1..DAYS - 7).map(|number| vec![format!("System {number:02}")]);
    assert_eq!(told, gone.collect::<Vec<_>>(), "{what}: what she was told of");

    let reminders = "SELECT date(sent_at / 1000, 'unixepoch') FROM outbox
                     WHERE state = 'sent' AND kind IN ('letter', 'reminder') ORDER BY sent_at";
    let reminders = rows(&connection, reminders);
    assert!(reminders.len() >= case.expected.0, "{what}: {reminders:?}");
    let late = "SELECT subject, deadline, date(sent_at / 1000, 'unixepoch')
                FROM notification JOIN outbox ON outbox.id = mail
                WHERE state = 'sent' AND deadline <= date(sent_at / 1000, 'unixepoch')";
    assert_eq!(rows(&connection, late), Vec::<Vec<String>>::new(), "{what}: no time is left");

    // What was promised in a mail that arrived is done on that day.
    let promised = "SELECT DISTINCT promised_on FROM notification JOIN outbox ON outbox.id = mail
                    WHERE state = 'sent' AND promised_on < '2026-02-18' ORDER BY 1";
    let kept = "SELECT DISTINCT date(sent_at / 1000, 'unixepoch') FROM outbox
                WHERE state = 'sent' AND kind = 'escalation' ORDER BY 1";
    let promised = rows(&connection, promised);
    assert_eq!(rows(&connection, kept), promised, "{what}: reminders on {reminders:?}");
    assert!(promised.len() >= case.expected.1, "{what}: {promised:?}, {reminders:?}");
}

#[test]
fn where_nothing_goes_wrong() {
    nobody_waits_for_ever_and_nobody_has_two_mails_a_day(&Case {
        what: "nothing goes wrong",
        wrong: 0..0,
        fault: Fault::Fine,
        expected: (3, 1),
    });
}

#[test]
fn where_the_mail_server_is_away_for_a_week() {
    nobody_waits_for_ever_and_nobody_has_two_mails_a_day(&Case {
        what: "the mail server is away for a week",
        wrong: 14..21,
        fault: Fault::Greeting("421 busy"),
        expected: (2, 0),
    });
}

#[test]
fn where_she_is_refused_for_now_for_two_days() {
    nobody_waits_for_ever_and_nobody_has_two_mails_a_day(&Case {
        what: "she is refused for now for two days",
        wrong: 14..16,
        fault: Fault::Rcpt(Some(OWNER), "451 later"),
        expected: (2, 0),
    });
}
