//! A round of confirmation, told as stories.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::office::{Office, morning};
use crate::model::Severity::{High, Medium};
use crate::notify::Round;
use crate::notify::draft::Recipient;
use crate::policy::rules::registration_incomplete;
use crate::testing::{at, day, id};

/// Nobody has answered for these systems.
fn round(due: &str, systems: &[&str]) -> Option<Round> {
    Some(Round {
        due: day(due),
        started_at: at("2026-03-02T06:00:00Z"),
        waiting: systems.iter().map(|name| id(name)).collect(),
    })
}

fn ferie(office: Office, owner: &str) -> Office {
    office.edit(|s| s.usage("Ferie").assign("Ferie", "ejer", owner))
}

#[test]
fn an_owner_is_asked_and_asked_again_and_then_their_leader() {
    let mut office = Office::new().also_owns("Bus");
    office.round = round("2026-04-10", &["Aula", "Bus"]);
    let asked = [
        "2026-03-02 review to bo:  until 2026-04-10, else chef on 2026-04-13",
        "2026-03-30 review to bo:  until 2026-04-10, else chef on 2026-04-13",
        "2026-04-13 review-call to chef cc bo:  until 2026-04-24",
    ];
    assert_eq!(office.clone().walk("2026-03-02", 90), asked, "and then no more");

    // Whoever has answered for some is asked about the others; for all, about none.
    office.walk("2026-03-02", 1);
    office.round = round("2026-04-10", &["Bus"]);
    assert_eq!(office.clone().walk("2026-03-03", 90), asked[1..]);
    office.round = round("2026-04-10", &[]);
    assert_eq!(office.clone().walk("2026-03-03", 90), [""; 0]);
    office.round = None;
    assert_eq!(office.walk("2026-03-03", 90), [""; 0], "it is closed");
}

#[test]
fn a_leader_is_asked_once_about_all_and_has_no_copy_beside_their_own_mail() {
    // chef has not answered either.
    let mut office = ferie(Office::new().edit(|s| s.assign("Aula", "ejer", "ida")), "chef");
    office.round = round("2026-03-20", &["Aula", "Ferie"]);
    let mut calls = office.walk("2026-03-02", 60);
    calls.retain(|mail| mail.contains("review-call"));
    assert_eq!(
        calls,
        [
            "2026-03-23 review-call to chef cc bo+ida:  until 2026-04-10",
            "2026-03-23 review-call to boss:  until 2026-04-10",
        ]
    );
}

#[test]
fn a_leader_hears_of_those_alone_who_were_asked_and_of_what_they_were_asked() {
    // chef owns Aula, too, and bo has got Bus since the letters were written.
    let mut office = Office::new().edit(|s| s.assign("Aula", "ejer", "chef"));
    office.round = round("2026-03-20", &["Aula"]);
    office.walk("2026-03-02", 19);
    office = office.also_owns("Bus");
    office.round = round("2026-03-20", &["Aula", "Bus"]);
    let plan = office.plan(morning("2026-03-23"));
    let calls: Vec<_> = plan.drafts.iter().map(|d| (d.to[0].name.as_str(), &d.awaited)).collect();
    let names = |(leader, awaited): (&str, &BTreeMap<Uuid, Vec<Recipient>>)| {
        let names = |all: &Vec<Recipient>| all.iter().map(|one| one.name.clone()).collect();
        let awaited = awaited.iter().map(|(usage, all)| (*usage, names(all)));
        (leader.to_owned(), awaited.collect::<Vec<(Uuid, Vec<String>)>>())
    };
    assert_eq!(
        calls.into_iter().map(names).collect::<Vec<_>>(),
        [("boss".to_owned(), vec![(id("Aula"), vec!["bo".to_owned(), "chef".to_owned()])])],
        "chef has not answered for it either"
    );
    for draft in &plan.drafts {
        let named = draft.notifications.iter().filter(|told| told.recipient == draft.to[0].id);
        let named: Vec<_> = named.map(|told| told.usage).collect();
        assert_eq!(named, [Some(id("Aula"))], "the leader's own page shows it");
    }
}

#[test]
fn a_round_whose_last_day_is_over_keeps_no_day_from_those_it_never_asked() {
    let mut office = ferie(Office::new(), "ida").finding_on(
        1,
        "Ferie",
        registration_incomplete::RULE.id,
        (High, "2026-03-24"),
    );
    office.round = round("2026-03-20", &["Ferie"]);
    let story = office.walk("2026-03-24", 21);
    assert_eq!(
        story,
        [
            "2026-03-24 first-letter to ida: [1] until 2026-03-27",
            "2026-03-31 reminder to ida: [1] until 2026-04-10",
            "2026-04-13 reminder to ida: [1] until 2026-04-17, else IT on 2026-04-20",
        ]
    );
}

#[test]
fn it_keeps_to_the_days_on_which_people_hear_from_us() {
    let mut office = Office::new().finding(1, registration_incomplete::RULE.id, High, "2026-03-02");
    office.round = round("2026-04-10", &["Aula"]);
    assert_eq!(
        office.clone().walk("2026-03-02", 60),
        [
            "2026-03-02 review to bo:  until 2026-04-10, else chef on 2026-04-13",
            "2026-03-09 first-letter to bo: [1] until 2026-03-13",
            "2026-03-16 reminder to bo: [1] until 2026-03-20",
            "2026-03-30 reminder to bo: [1] until 2026-04-10, else chef on 2026-04-27",
            "2026-04-13 review-call to chef cc bo:  until 2026-04-24",
            "2026-04-27 escalation to chef cc bo: [1] until 2026-05-08",
        ]
    );
    // Not in the weeks without reminders, nor when hardly a day is left.
    for (due, from, days) in [("2026-07-24", "2026-07-06", 14), ("2026-03-12", "2026-03-10", 3)] {
        office.open.clear();
        office.round = round(due, &["Aula"]);
        assert_eq!(office.walk(from, days), [""; 0], "{due}");
    }
}

#[test]
fn a_review_letter_neither_takes_nor_moves_the_day_that_a_reminder_was_named_for() {
    let mut office =
        Office::new().finding(1, registration_incomplete::RULE.id, Medium, "2026-03-02");
    office.walk("2026-03-02", 7);
    // The first letter named the 30th.
    for (from, expected) in [
        (
            "2026-03-24",
            [
                "2026-03-24 review to bo:  until 2026-05-22, else chef on 2026-05-26",
                "2026-03-30 reminder to bo: [1] until 2026-04-10",
                "2026-04-21 review to bo:  until 2026-05-22, else chef on 2026-05-26",
            ],
        ),
        (
            "2026-03-30",
            [
                "2026-03-30 reminder to bo: [1] until 2026-04-10",
                "2026-04-13 review to bo:  until 2026-05-22, else chef on 2026-05-26",
                "2026-04-27 reminder to bo: [1] until 2026-05-08, else chef on 2026-06-22",
            ],
        ),
    ] {
        let mut office = office.clone();
        office.round = round("2026-05-22", &["Aula"]);
        assert_eq!(office.walk(from, 30)[..3], expected, "from {from}");
    }
}

#[test]
fn the_brake_is_the_same_for_all_mail() {
    let people = ["a", "b", "c"];
    let mut office = people.iter().fold(Office::new(), |office, name| {
        office.edit(|s| s.user(name).usage(name).assign(name, "ejer", name))
    });
    office.pace.max_mails_per_run = 2;
    office.round = round("2026-04-10", &["a", "b", "c", "Aula"]);
    let mails = office.walk("2026-03-02", 2);
    let days: Vec<&str> = mails.iter().map(|mail| &mail[..10]).collect();
    assert_eq!(days, ["2026-03-02", "2026-03-02", "2026-03-03", "2026-03-03"]);
    let readers: BTreeSet<&str> = mails.iter().map(|mail| &mail[11..24]).collect();
    assert_eq!(readers.len(), 4);
}
