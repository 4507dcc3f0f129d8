//! The outbox on its way to the mail server: when a mail goes, and when it is tried
//! again (`docs/reliability.md` R15–R19; rows 40, 42, 43, 45 and 50 of the fault matrix).

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::TimeDelta;
use kitos_sync::jobs::{self, DeliverReport};
use kitos_sync::model::{MailKind, MailMode, MailState, MailWhy, NewMail, Person};
use kitos_sync::notify::draft::{Notification, NotificationKind};
use kitos_sync::store::{self, Access, Outcome};
use rusqlite::Connection;
use uuid::Uuid;

use crate::support::office::{Office, assert_nothing_in_clear_text, minutes, monday};
use crate::support::smtp::{Fault, Security, Server};

pub fn states(expected: &[(&str, MailState)]) -> BTreeMap<String, MailState> {
    expected.iter().map(|(name, state)| ((*name).to_owned(), *state)).collect()
}

#[tokio::test]
async fn a_due_mail_is_sent_once() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue_with("tomorrow", |mail| mail.not_before += TimeDelta::days(1));

    let report = office.deliver().await;
    assert_eq!(report, DeliverReport { sent: 1, ..DeliverReport::default() });
    office.wait(minutes(60));
    assert_eq!(office.deliver().await, DeliverReport::default());

    let messages = server.messages();
    assert_eq!(server.ids(), ["<one@test>"]);
    assert_eq!(
        (messages[0].from.as_str(), &messages[0].to[..]),
        ("it@kommune.dk", &["one@kommune.dk".to_owned()][..])
    );
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts, mail.sent_at), (MailState::Sent, 1, Some(monday())));
    assert_nothing_in_clear_text(&server);
}

#[tokio::test]
async fn a_mail_is_tried_again_after_ever_longer_pauses_and_given_up_after_four_days() {
    let server = Server::start(Security::StartTls);
    server.always(Fault::Rcpt(None, "451 4.7.1 later"));
    let mut office = Office::sending_to(&server);
    // Not to an owner, who would hear nothing at night.
    let id = office.queue_with("one", |mail| mail.kind = MailKind::Digest);

    let mut pauses = Vec::new();
    loop {
        office.deliver().await;
        let mail = office.mail(id);
        if mail.state != MailState::Queued {
            break;
        }
        // Not a moment earlier than it says.
        let pause = mail.not_before - office.context.now();
        office.wait(pause - TimeDelta::milliseconds(1));
        assert_eq!(office.deliver().await, DeliverReport::default());
        office.wait(TimeDelta::milliseconds(1));
        pauses.push(pause.num_minutes());
    }
    assert_eq!(pauses[..9], [1, 5, 15, 60, 120, 240, 360, 360, 360]);
    assert!(pauses[9..].iter().all(|pause| *pause == 360), "{pauses:?}");

    let mail = office.mail(id);
    assert_eq!(mail.state, MailState::Dead);
    let age = office.context.now() - monday();
    assert!(age >= TimeDelta::days(4) && age < TimeDelta::hours(4 * 24 + 6), "{age}");
    assert_eq!(mail.reason, Some(MailWhy::GivenUp.with("451 4.7.1 later".to_owned())));
    assert_eq!(office.incidents(), [], "the mail was wrong, not the server");
}

#[tokio::test]
async fn four_days_count_from_when_a_mail_was_due() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(None, "451 later"), 1);
    let mut office = Office::sending_to(&server);
    // Written before Easter for the first working day after it.
    let id = office.queue_with("easter", |mail| mail.not_before += TimeDelta::days(7));
    office.wait(TimeDelta::days(7));
    office.deliver().await;
    assert_eq!(office.mail(id).state, MailState::Queued);
    office.wait(minutes(1));
    office.deliver().await;
    assert_eq!(server.ids(), ["<easter@test>"]);
}

/// The server was away on the evening before Easter, and for a moment on the day after it.
#[tokio::test]
async fn a_holiday_does_not_count_towards_the_four_days() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    // Wednesday the first of April, at four in the afternoon.
    office.wait(TimeDelta::days(30) + TimeDelta::hours(6));
    let ids = ["held", "greylisted"].map(|name| office.queue(name));
    server.fault(Fault::Rcpt(None, "451 later"), 2);
    office.deliver().await;
    server.fault(Fault::Greeting("421 busy"), 1);
    office.wait(minutes(1));
    assert!(office.deliver().await.server_error.is_some());
    // The night, and then the holidays.
    for hours in [9, 12] {
        office.wait(TimeDelta::hours(hours));
        office.deliver().await;
    }
    let tuesday = office.mail(ids[0]).not_before;
    assert_eq!(tuesday.to_rfc3339(), "2026-04-07T05:00:00+00:00");
    office.wait(tuesday - office.context.now());
    server.fault(Fault::Greeting("421 busy"), 1);
    office.deliver().await;
    let states = ids.map(|id| office.mail(id).state);
    assert_eq!(states, [MailState::Queued; 2], "{:?}", ids.map(|id| office.mail(id)));
    office.wait(minutes(1));
    assert_eq!(office.deliver().await.sent, 2);
}

/// Row 42.
#[tokio::test]
async fn a_mail_refused_twice_for_now_goes_at_the_third_try() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(Some("one@kommune.dk"), "451 later"), 2);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue("two");

    assert_eq!(
        office.deliver().await,
        DeliverReport { sent: 1, later: 1, ..DeliverReport::default() }
    );
    assert_eq!(server.ids(), ["<two@test>"], "the others go");
    office.wait(minutes(1));
    office.deliver().await;
    office.wait(minutes(5));
    office.deliver().await;
    assert_eq!(server.ids(), ["<two@test>", "<one@test>"]);
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts, mail.reason), (MailState::Sent, 3, None));
}

/// Row 43.
#[tokio::test]
async fn a_mail_refused_for_good_is_dead_at_once_and_the_others_go() {
    for fault in [
        Fault::Rcpt(Some("one@kommune.dk"), "550 5.1.1 no such user"),
        Fault::Message("552 5.3.4 too big"),
    ] {
        let server = Server::start(Security::StartTls);
        server.fault(fault.clone(), 1);
        let mut office = Office::sending_to(&server);
        let id = office.queue("one");
        office.queue("two");
        let report = office.deliver().await;
        assert_eq!(report, DeliverReport { sent: 1, dead: 1, ..DeliverReport::default() });
        let mail = office.mail(id);
        assert_eq!((mail.state, mail.attempts), (MailState::Dead, 1), "{fault:?}");
        let reason = mail.reason.expect("a reason");
        assert!(reason.reply.is_some_and(|reply| reply.starts_with("55")), "{fault:?}");
        office.wait(TimeDelta::days(1));
        office.deliver().await;
        assert_eq!(server.ids(), ["<two@test>"], "{fault:?}");
        assert_eq!(office.incidents(), [], "{fault:?}");
    }
}

/// Rows 40 and 45.
#[tokio::test]
async fn a_lost_connection_after_data_sends_the_same_message_again() {
    for fault in [Fault::DropBeforeReply, Fault::HangInData] {
        let server = Server::start(Security::StartTls);
        server.fault(fault.clone(), 1);
        let mut office = Office::sending_to(&server);
        office.context.smtp.data = Duration::from_millis(500);
        let id = office.queue("one");
        office.queue("two");

        let report = office.deliver().await;
        assert_eq!(report, DeliverReport { sent: 1, later: 1, ..DeliverReport::default() });
        let mail = office.mail(id);
        assert_eq!((mail.state, mail.attempts), (MailState::Queued, 1), "{fault:?}");
        assert_eq!(mail.not_before, monday() + minutes(1), "{fault:?}");
        office.context.smtp.data = Duration::from_secs(60);
        office.wait(minutes(1));
        office.deliver().await;

        // The server may have kept the first copy: the reader's mail system
        // knows the second one by its Message-ID.
        let copies: Vec<_> =
            server.received().into_iter().filter(|m| m.id == "<one@test>").collect();
        assert_eq!(copies.len(), 2, "{fault:?}");
        assert_eq!(copies[0].content, copies[1].content, "{fault:?}");
        assert_eq!(office.mail(id).state, MailState::Sent, "{fault:?}");
        assert_eq!(office.incidents(), [], "{fault:?}");
    }
}

/// Row 50: accepted, and then we died before we could note it.
#[tokio::test]
async fn a_mail_left_in_sending_goes_again_under_the_same_message_id() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    office.queue("before");
    let id = office.queue("one");
    office.store(|c| store::mark_sending(c, id));

    assert_eq!(office.deliver().await.sent, 2);
    assert_eq!(server.ids(), ["<one@test>", "<before@test>"], "first what was under way");
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts), (MailState::Sent, 2));
}

#[tokio::test]
async fn a_mail_left_in_sending_without_its_body_is_dead() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    let id = office.queue("one");
    office.queue("two");
    office.store(|c| {
        store::mark_sending(c, id)?;
        c.execute("UPDATE outbox SET mime = NULL WHERE id = ?1", [id])?;
        Ok(())
    });
    assert_eq!(
        office.deliver().await,
        DeliverReport { sent: 1, dead: 1, ..DeliverReport::default() }
    );
    assert_eq!(office.mail(id).reason, Some(MailWhy::NoBody.into()));
    assert_eq!(server.ids(), ["<two@test>"]);
}

#[tokio::test]
async fn no_more_mails_go_in_a_minute_than_the_server_wants() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::new("send", server.port, "per_minute = 3");
    let names: Vec<String> = (1..=7).map(|n| format!("m{n}")).collect();
    for name in &names {
        office.queue(name);
    }
    let mut sent = Vec::new();
    for pause in [30, 30, 30, 30, 0] {
        sent.push(office.deliver().await.sent);
        office.wait(TimeDelta::seconds(pause));
    }
    assert_eq!(sent, [3, 0, 3, 0, 1]);
    let expected: Vec<String> = names.iter().map(|name| format!("<{name}@test>")).collect();
    assert_eq!(server.ids(), expected, "in their order");
    let attempts = (1..=7).map(|id| office.mail(id).attempts);
    assert!(attempts.into_iter().all(|attempts| attempts == 1));
}

#[tokio::test]
async fn what_must_wait_for_the_next_minute_is_due_then() {
    let server = Server::start(Security::StartTls);
    let office = Office::new("send", server.port, "per_minute = 1");
    office.queue("one");
    let id = office.queue("two");
    let report = office.deliver().await;
    assert_eq!((report.sent, report.later), (1, 1));
    let next = office.store(|c| store::next_mail_at(c, MailMode::Send));
    assert_eq!(next, Some(monday() + minutes(1)), "the daemon wakes for it, and not before");
    let why = office.mail(id).reason.expect("a reason").why;
    assert!(matches!(why, MailWhy::PerMinute { .. }), "{why:?}");
}

#[tokio::test]
async fn a_program_that_is_to_stop_finishes_its_mail_and_begins_no_other() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    office.queue("one");
    office.queue("two");
    let cancel = office.context.cancel.clone();
    server.on_message(move || cancel.cancel());
    assert_eq!(office.deliver().await, DeliverReport { sent: 1, ..DeliverReport::default() });
    let expected = [("one", MailState::Sent), ("two", MailState::Queued)];
    assert_eq!(office.states(), states(&expected));
    assert_eq!(office.mail(2).attempts, 0);
}

#[tokio::test]
async fn a_digest_that_reaches_some_is_sent_and_says_whom_not() {
    let server = Server::start(Security::StartTls);
    server.fault(Fault::Rcpt(Some("eva@kommune.dk"), "550 no such user"), 1);
    let office = Office::sending_to(&server);
    let id = office.queue_with("digest", |mail| {
        mail.to = vec!["bo@kommune.dk".into(), "eva@kommune.dk".into()];
    });
    let expected = DeliverReport { sent: 1, dead: 1, ..DeliverReport::default() };
    assert_eq!(office.deliver().await, expected);
    let note = MailWhy::NotToAll.with("eva@kommune.dk: 550 no such user".to_owned());
    assert_eq!(office.mail(id).reason, Some(note));
    assert!(office.store(store::refused_addresses).contains("eva@kommune.dk"));
}

/// The digest that did not arrive told nobody anything, and what died meanwhile was
/// made before it, or after.
#[tokio::test]
async fn the_digest_after_one_that_died_tells_of_both_weeks_and_of_every_dead_mail() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    office.people(&[]);
    jobs::run(&office.context, jobs::Digest { send: true }).await.expect("a digest");
    assert_eq!(office.deliver().await.sent, 1);

    // On Friday one is refused for now, and given up on Tuesday.
    office.wait(TimeDelta::days(4));
    office.queue("late");
    server.always(Fault::Rcpt(Some("late@kommune.dk"), "451 later"));
    office.deliver().await;
    office.wait(TimeDelta::days(3));
    server.fault(Fault::Message("552 5.3.4 too big"), 1);
    jobs::run(&office.context, jobs::Digest { send: true }).await.expect("a digest");
    assert_eq!(office.deliver().await.dead, 1, "the digest");
    office.wait(TimeDelta::days(2));
    office.deliver().await;
    assert_eq!(office.states()["late"], MailState::Dead);

    office.wait(TimeDelta::days(5));
    let text =
        jobs::run(&office.context, jobs::Digest { send: false }).await.expect("a digest").text;
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("SIDEN MANDAG DEN 2. MARTS"), "{text}");
    assert!(words.contains("2 kom ikke frem"), "{text}");
}

#[tokio::test]
async fn what_was_sent_under_a_clock_that_was_ahead_does_not_count_for_the_minute() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::new("send", server.port, "per_minute = 1");
    office.wait(TimeDelta::days(7));
    office.queue("ahead");
    assert_eq!(office.deliver().await.sent, 1);
    office.wait(-TimeDelta::days(7));
    office.queue("now");
    assert_eq!(office.deliver().await.sent, 1);
}

#[tokio::test]
async fn mails_held_under_a_clock_a_year_ahead_go_once_it_is_mended() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    office.wait(TimeDelta::days(365));
    office.queue("held");
    server.fault(Fault::Greeting("421 busy"), 1);
    assert!(office.deliver().await.server_error.is_some());
    office.wait(-TimeDelta::days(365));
    office.queue("now");
    assert_eq!(office.deliver().await.sent, 2);
    assert_eq!(office.incidents(), []);
}

#[tokio::test]
async fn owners_hear_nothing_on_a_sunday_night_because_the_server_is_back_then() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    // Friday afternoon.
    office.wait(TimeDelta::days(4) + TimeDelta::hours(7));
    let id = office.queue("owner");
    office.queue_with("digest", |mail| {
        mail.kind = MailKind::Digest;
        mail.to = vec!["it@kommune.dk".to_owned()];
    });
    server.fault(Fault::Greeting("421 busy"), 1);
    office.deliver().await;
    office.wait(TimeDelta::hours(36));
    let report = office.deliver().await;
    assert_eq!((report.sent, report.later), (1, 1), "the digest goes");
    let mail = office.mail(id);
    assert_eq!((mail.state, mail.attempts), (MailState::Queued, 0));
    // Monday at seven in Denmark.
    assert_eq!(mail.not_before, monday() + TimeDelta::days(7) - TimeDelta::hours(2));
    office.wait(mail.not_before - office.context.now());
    office.deliver().await;
    assert_eq!(office.mail(id).state, MailState::Sent);
}

#[tokio::test]
async fn a_mail_cancelled_while_it_is_handed_over_is_not_tried_again() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    let id = office.queue("one");
    let store = office.context.store.clone();
    server.on_message(move || {
        let connection = store.open(Access::Existing).expect("the database");
        let why = MailWhy::Cancelled { by: "Ida".to_owned() };
        store::cancel_mail(&connection, id, why).expect("cancelled");
    });
    server.fault(Fault::Message("451 later"), 1);
    office.deliver().await;
    assert_eq!(office.mail(id).state, MailState::Cancelled);
    office.wait(TimeDelta::hours(1));
    assert_eq!(office.deliver().await, DeliverReport::default());
    assert_eq!(server.ids(), [""; 0]);
}

/// What a pass notes of a mail that somebody cancelled since the pass began.
#[tokio::test]
async fn a_cancelled_mail_stays_cancelled_whatever_a_pass_notes_of_it() {
    let server = Server::start(Security::StartTls);
    let office = Office::sending_to(&server);
    let at = office.context.now();
    let note = |name: &str, noted: &dyn Fn(&Connection, i64) -> Result<(), store::Error>| {
        let id = office.queue(name);
        let why = || MailWhy::Cancelled { by: "Ida".to_owned() };
        assert!(office.store(|c| store::cancel_mail(c, id, why())), "{name}");
        office.store(|c| noted(c, id));
        let mail = office.mail(id);
        assert_eq!((mail.state, mail.reason), (MailState::Cancelled, Some(why().into())), "{name}");
    };
    note("postponed", &|c, id| store::postpone(c, id, at, MailWhy::OneADay));
    for outcome in [
        Outcome::Previewed,
        Outcome::Later { at, why: MailWhy::Reply.into() },
        Outcome::NotTried,
        Outcome::Dead { why: MailWhy::NoBody.into(), refused: false },
    ] {
        note(&format!("{outcome:?}"), &|c, id| store::record_verdict(c, id, &outcome, at));
    }
}

/// Each pass sends one mail at least.
#[tokio::test]
async fn a_server_that_takes_its_time_does_not_keep_the_other_jobs_waiting() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    office.context.smtp.pass = Duration::ZERO;
    for name in ["one", "two", "three"] {
        office.queue(name);
    }
    for sent in 1..=3 {
        assert_eq!(office.deliver().await.sent, 1);
        assert_eq!(server.ids().len(), sent);
    }
    assert_eq!(office.deliver().await, DeliverReport::default());
    assert_eq!(server.ids(), ["<one@test>", "<two@test>", "<three@test>"]);
}

/// One of two owners of a system is put off, or hung up at: from then on theirs is a mail as any
/// other.
#[tokio::test]
async fn a_reader_who_is_set_apart_takes_along_what_the_mail_is_to_them() {
    for fault in [
        Fault::Rcpt(Some("Bo@kommune.dk"), "451 4.7.1 greylisted"),
        Fault::DropAtRcpt("Bo@kommune.dk"),
    ] {
        let server = Server::start(Security::StartTls);
        server.fault(fault.clone(), 1);
        let mut office = Office::sending_to(&server);
        let people = [(10, "anna"), (11, "bo")].map(|(uuid, name)| Person {
            uuid: Uuid::from_u128(uuid),
            kitos_uuid: Uuid::from_u128(uuid),
            name: name.to_owned(),
            email: Some(format!("{name}@kommune.dk")),
            member: true,
            api_access: false,
        });
        office.people(&people);
        let system = Uuid::from_u128(20);
        let id = office.queue_with("both", |mail| {
            mail.person = Some(people[0].uuid);
            mail.to = vec!["anna@kommune.dk".to_owned(), "Bo@kommune.dk".to_owned()];
        });
        let today = office.context.now();
        office.store(|c| {
            let known = store::identities_with(c, &people)?;
            store::record_identities(c, &known)?;
            let noted = people.each_ref().map(|person| Notification {
                usage: Some(system),
                ..Notification::new(
                    known.of_person(person.uuid).expect("a recipient"),
                    NotificationKind::Reminder,
                    today.date_naive(),
                )
            });
            store::record_notifications(c, Some(id), &noted, MailMode::Send, today)?;
            store::name_systems(c, id, &[system].into())
        });

        for _ in 0..2 {
            office.deliver().await;
            office.wait(minutes(1));
        }
        assert_eq!(server.ids(), ["<both@test>"; 2], "{fault:?}: on the same day");
        let mails = office.store(|c| store::mails_about(c, system));
        let told: Vec<_> = mails.iter().map(|mail| (mail.to.join(" "), mail.person)).collect();
        let bo = ("Bo@kommune.dk".to_owned(), Some(people[1].uuid));
        let anna = ("anna@kommune.dk".to_owned(), Some(people[0].uuid));
        assert_eq!(told, [bo, anna], "{fault:?}");
        for mail in mails {
            let noted: i64 = office.store(|c| {
                let count = "SELECT count(*) FROM notification WHERE mail = ?1";
                Ok(c.query_row(count, [mail.id], |row| row.get(0))?)
            });
            assert_eq!(noted, 1, "{fault:?}: {}", mail.to.join(" "));
        }
    }
}

#[tokio::test]
async fn a_mail_that_waited_through_an_outage_does_not_meet_another_of_its_day() {
    let server = Server::start(Security::StartTls);
    let mut office = Office::sending_to(&server);
    let to_bo = |mail: &mut NewMail| mail.to = vec!["bo@kommune.dk".to_owned()];
    let first = office.queue_with("waited", to_bo);
    server.fault(Fault::Greeting("421 busy"), 1);
    assert!(office.deliver().await.server_error.is_some());
    office.wait(TimeDelta::days(1));
    let second = office.queue_with("new", |mail| {
        mail.to = vec!["BO@kommune.dk".to_owned()];
    });
    let report = office.deliver().await;
    assert_eq!((office.mail(first).state, report.later), (MailState::Sent, 1));
    let waits = office.mail(second);
    assert_eq!(waits.state, MailState::Queued);
    assert_eq!(waits.reason, Some(MailWhy::OneADay.into()));
    // Wednesday at seven in Denmark.
    office.wait(waits.not_before - office.context.now());
    office.deliver().await;
    assert_eq!(office.mail(second).state, MailState::Sent);
}
