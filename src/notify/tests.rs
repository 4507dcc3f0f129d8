//! The plan, told as stories: what goes out on which day.

mod deadlines;
pub mod office;
mod random;
mod rounds;

use chrono::{DateTime, TimeDelta, Utc};

use self::office::{Office, morning};
use crate::model::DraftKind;
use crate::model::Severity::{High, Info, Low, Medium};
use crate::notify::directory::Away;
use crate::notify::{Why, forecast, its_tasks, next_mail_at, outlook, routes};
use crate::policy::rules::{
    duplicate_usage, manager_missing, owner_level, owner_missing, owner_outside_unit,
    owner_several, registration_incomplete, registration_stale,
};
use crate::testing::{at, day, id};

const INCOMPLETE: crate::model::Rule = registration_incomplete::RULE.id;
const STALE: crate::model::Rule = registration_stale::RULE.id;
const MISSING: crate::model::Rule = owner_missing::RULE.id;

#[track_caller]
fn story(mut office: Office, from: &str, days: i64, expected: &[&str]) {
    assert_eq!(office.walk(from, days), expected);
}

#[test]
fn a_letter_then_two_reminders_then_the_promised_escalation_then_seldom() {
    story(
        Office::new().finding(1, INCOMPLETE, High, "2026-03-02"),
        "2026-03-02",
        90,
        &[
            "2026-03-02 first-letter to bo: [1] until 2026-03-06",
            "2026-03-09 reminder to bo: [1] until 2026-03-13",
            "2026-03-16 reminder to bo: [1] until 2026-03-20, else chef on 2026-03-23",
            "2026-03-23 escalation to chef cc bo: [1] until 2026-04-10",
            "2026-04-20 reminder to bo: [1] until 2026-05-01",
            "2026-05-18 reminder to bo: [1] until 2026-05-29",
        ],
    );
}

#[test]
fn ten_medium_items_are_one_mail_in_four_weeks() {
    let office = (1..=10).fold(Office::new(), |office, number| {
        let opened = format!("2026-03-{:02}", number + 1);
        let usage = format!("System {number}");
        office.also_owns(&usage).finding_on(number, &usage, INCOMPLETE, (Medium, &opened))
    });
    let mails = office.clone().walk("2026-03-12", 84);
    assert_eq!(
        mails,
        [
            "2026-03-12 first-letter to bo: [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] until 2026-03-20",
            "2026-04-09 reminder to bo: [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] until 2026-04-17",
            "2026-05-07 reminder to bo: [1] [2] [3] [4] [5] [6] [7] [8] [9] [10] until 2026-05-15, \
             else chef on 2026-07-02",
        ]
    );
}

#[test]
fn what_is_shown_because_another_was_due_does_not_count_and_starts_again() {
    story(
        Office::new()
            .finding(1, INCOMPLETE, High, "2026-03-02")
            .finding(2, STALE, Low, "2026-03-02")
            .finding(3, manager_missing::RULE.id, Info, "2026-03-02"),
        "2026-03-02",
        60,
        &[
            "2026-03-02 first-letter to bo: [1] [2] 3 until 2026-03-06",
            "2026-03-09 reminder to bo: [1] 2 3 until 2026-03-13",
            "2026-03-16 reminder to bo: [1] 2 3 until 2026-03-20, else chef on 2026-03-23",
            "2026-03-23 escalation to chef cc bo: [1] until 2026-04-10",
            "2026-04-20 reminder to bo: [1] 2 3 until 2026-05-01",
        ],
    );
}

#[test]
fn information_never_asks_for_a_mail_and_what_is_low_is_never_passed_on() {
    story(
        Office::new().finding(1, manager_missing::RULE.id, Info, "2026-03-02"),
        "2026-03-02",
        200,
        &[],
    );
    story(
        Office::new().finding(1, STALE, Low, "2026-01-05"),
        "2026-01-05",
        500,
        &[
            "2026-01-05 first-letter to bo: [1] until 2026-01-16",
            "2026-03-02 reminder to bo: [1] until 2026-03-13",
            "2026-04-27 reminder to bo: [1] until 2026-05-08",
            "2026-08-17 reminder to bo: [1] until 2026-08-28",
            "2026-12-07 reminder to bo: [1] until 2026-12-18",
            "2027-03-30 reminder to bo: [1] until 2027-04-09",
        ],
    );
}

#[test]
fn a_system_without_owner_is_the_leaders_and_a_manager_hears_once_why() {
    story(
        Office::new().edit(|snapshot| snapshot.unassign("Aula", "ejer", "bo")).finding(
            1,
            MISSING,
            High,
            "2026-03-02",
        ),
        "2026-03-02",
        60,
        &[
            "2026-03-02 reminder to chef: [1] until 2026-03-06",
            "2026-03-02 reminder to eva: 1",
            "2026-03-09 reminder to chef: [1] until 2026-03-13",
            "2026-03-16 reminder to chef: [1] until 2026-03-20, else boss on 2026-03-23",
            "2026-03-23 escalation to boss cc chef: [1] until 2026-04-10",
            "2026-04-20 reminder to chef: [1] until 2026-05-01",
        ],
    );
}

#[test]
fn two_owners_get_the_same_mail() {
    story(
        Office::new().edit(|snapshot| snapshot.assign("Aula", "ejer", "ida")).finding(
            1,
            owner_several::RULE.id,
            Medium,
            "2026-03-02",
        ),
        "2026-03-02",
        130,
        &[
            "2026-03-02 first-letter to bo: [1] until 2026-03-13",
            "2026-03-02 first-letter to ida: [1] until 2026-03-13",
            "2026-03-30 reminder to bo+ida: [1] until 2026-04-10",
            "2026-04-27 reminder to bo+ida: [1] until 2026-05-08, else chef on 2026-06-22",
            "2026-06-22 escalation to chef cc bo+ida: [1] until 2026-07-03",
        ],
    );
}

#[test]
fn an_owner_whose_first_letter_waits_for_the_brake_gets_it_on_the_next_day() {
    let mut office = Office::new().edit(|snapshot| snapshot.assign("Aula", "ejer", "ida")).finding(
        1,
        owner_several::RULE.id,
        Medium,
        "2026-03-02",
    );
    office.pace.max_mails_per_run = 1;
    let held = office.plan(morning("2026-03-02")).held;
    let of_ida = held.iter().filter(|held| held.reader.as_deref() == Some("ida"));
    let of_ida: Vec<(Why, Option<DateTime<Utc>>)> = of_ida.map(|h| (h.why, h.next)).collect();
    assert_eq!(of_ida, [(Why::Brake, Some(morning("2026-03-03")))]);
    story(
        office,
        "2026-03-02",
        130,
        &[
            "2026-03-02 first-letter to bo: [1] until 2026-03-13",
            "2026-03-03 first-letter to ida: [1] until 2026-03-13",
            "2026-03-31 reminder to bo+ida: [1] until 2026-04-10",
            "2026-04-28 reminder to bo+ida: [1] until 2026-05-08, else chef on 2026-06-23",
            "2026-06-23 escalation to chef cc bo+ida: [1] until 2026-07-03",
        ],
    );
}

#[test]
fn at_the_end_of_the_chain_the_promise_is_its_digest() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-04");
    office.policy.leaders = None;
    let expected = [
        "2026-03-04 first-letter to bo: [1] until 2026-03-13",
        "2026-03-16 reminder to bo: [1] until 2026-03-20",
        "2026-03-23 reminder to bo: [1] until 2026-03-27, else IT on 2026-03-30",
        "2026-03-30 IT: 1",
        "2026-04-20 reminder to bo: [1] until 2026-05-01",
    ];
    assert_eq!(office.clone().walk("2026-03-04", 50), expected);
    // The digest of the promised day has it, though it comes before that day's run.
    let tasks_on = |office: &mut Office, day: &str| {
        office.with(at(&format!("{day}T05:00:00Z")), |s| its_tasks(s, &routes(s)).len())
    };
    office.walk("2026-03-04", 26);
    assert_eq!(tasks_on(&mut office, "2026-03-29"), 0);
    assert_eq!(tasks_on(&mut office, "2026-03-30"), 1);
    office.walk("2026-03-30", 1);
    assert_eq!(tasks_on(&mut office, "2026-04-06"), 1, "until it is put right");
}

#[test]
fn an_owner_agrees_with_who_would_be_asked_of_the_unit() {
    let rule = owner_outside_unit::RULE.id;
    let office = || {
        let mut office = Office::new().finding(1, rule, High, "2026-03-02");
        office.pull();
        office
    };
    let mut unknown = office();
    unknown.leaders_unknown = true;
    let chef_owns =
        office().edit(|s| s.unassign("Aula", "ejer", "bo").assign("Aula", "ejer", "chef"));
    for (mut office, expected, why) in [
        (office(), Some("chef"), "the leader of the unit"),
        (office().left("chef"), Some("boss"), "who left is not asked"),
        (office().left("chef").left("boss"), None, "nobody can be asked"),
        (unknown, None, "nobody is known today"),
        (chef_owns, None, "nobody agrees with themselves"),
    ] {
        let drafts = office.plan(morning("2026-03-02")).drafts;
        let leader = drafts.first().and_then(|draft| draft.items[0].unit_leader.as_deref());
        assert_eq!(leader, expected, "{why}");
    }
}

#[test]
fn a_mail_is_the_last_only_where_a_leader_is_asked_next() {
    let office = || Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    let mut alone = office();
    alone.policy.leaders = None;
    let with_low = office().finding(2, STALE, Low, "2026-03-02");
    let mut unknown = office();
    unknown.leaders_unknown = true;
    let behind = office().finding(2, INCOMPLETE, High, "2026-03-09");
    for (mut office, expected, why) in [
        (office(), [(1, true, false), (2, true, false), (3, true, true)], "chef is asked"),
        (alone, [(1, false, false), (2, false, false), (3, false, false)], "nobody is known"),
        (unknown, [(1, false, false), (2, false, false), (3, false, false)], "not today"),
        (with_low, [(1, false, false), (2, false, false), (3, false, false)], "what is low"),
        (behind, [(1, false, false), (2, false, false), (3, false, false)], "told less often"),
    ] {
        let seen = ["2026-03-02", "2026-03-09", "2026-03-16"].map(|day| {
            let plan = office.plan(morning(day));
            office.note(&plan, morning(day));
            let draft = plan.drafts.iter().find(|draft| draft.cc.is_empty());
            draft.map(|draft| (draft.number, draft.of.is_some(), draft.is_last()))
        });
        assert_eq!(seen, expected.map(Some), "{why}");
    }
}

#[test]
fn grace_and_a_changed_policy_hold_back() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02").finding(
        2,
        STALE,
        High,
        "2026-03-02",
    );
    office.pace.grace = [(INCOMPLETE, 14)].into();
    office.open[1].by_policy_change = true;
    let held = office.plan(morning("2026-03-02")).held;
    let why: Vec<_> = held.iter().map(|held| (held.finding, held.why)).collect();
    assert_eq!(why, [(1, Why::Grace), (2, Why::PolicyChange)]);
    story(
        office,
        "2026-03-02",
        20,
        &[
            // A first letter says how things stand: what is in its grace, too.
            "2026-03-09 first-letter to bo: 1 [2] until 2026-03-13",
            "2026-03-16 reminder to bo: [1] [2] until 2026-03-20",
        ],
    );
}

#[test]
fn nobody_hears_on_days_off_in_quiet_weeks_or_from_old_facts() {
    let office = || Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    for (now, expected) in
        [("2026-03-07", Why::DayOff), ("2026-04-06", Why::DayOff), ("2026-07-06", Why::QuietWeek)]
    {
        let plan = office().plan(morning(now));
        assert_eq!((plan.drafts.len(), plan.held[0].why), (0, expected), "{now}");
    }
    let mut stale = office();
    stale.last_good_pull = Some(morning("2026-03-02"));
    assert_eq!(stale.plan(morning("2026-03-09")).drafts.len(), 1);
    assert_eq!(stale.plan(morning("2026-03-10")).held[0].why, Why::StaleData);
}

#[test]
fn a_waiver_holds_until_its_end() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    office.waivers = [(1, at("2026-03-11T23:00:00Z"))].into();
    let held = office.plan(morning("2026-03-02")).held;
    assert_eq!((held[0].why, held[0].next), (Why::Waived, Some(morning("2026-03-12"))));
    story(office, "2026-03-02", 14, &["2026-03-12 first-letter to bo: [1] until 2026-03-20"]);
}

#[test]
fn the_brake_lets_the_most_severe_and_oldest_go_first() {
    let people = ["a", "b", "c", "d"];
    let mut office = people.iter().zip(1..).fold(Office::new(), |office, (name, number)| {
        let severity = if *name == "d" { High } else { Medium };
        office.edit(|s| s.user(name).usage(name).assign(name, "ejer", name)).finding_on(
            number,
            name,
            INCOMPLETE,
            (severity, "2026-03-02"),
        )
    });
    office.pace.max_mails_per_run = 2;
    let held = office.plan(morning("2026-03-02")).held;
    assert_eq!(held.iter().filter(|held| held.why == Why::Brake).count(), 2);
    assert_eq!(held[0].next, Some(morning("2026-03-03")));
    let again = office.clone().walk("2026-03-02", 1);
    assert_eq!(again.len(), 2);
    let mails = office.walk("2026-03-02", 3);
    let to: Vec<&str> = mails.iter().map(|mail| &mail[..36]).collect();
    assert_eq!(
        to,
        [
            "2026-03-02 first-letter to d: [4] un",
            "2026-03-02 first-letter to a: [1] un",
            "2026-03-03 first-letter to b: [2] un",
            "2026-03-03 first-letter to c: [3] un",
        ]
    );
}

#[test]
fn two_runs_on_a_day_tell_nothing_twice() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    assert_eq!(office.walk("2026-03-02", 1).len(), 1);
    let plan = office.plan(morning("2026-03-02") + TimeDelta::hours(1));
    assert_eq!(plan.drafts, []);
    assert_eq!(plan.held[0].why, Why::NotDue);
    assert_eq!(plan.held[0].next, Some(morning("2026-03-09")));
}

#[test]
fn what_was_told_follows_a_person_who_is_made_anew() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    office.walk("2026-03-02", 1);
    let mut bo = office.snapshot.people.remove(&id("bo")).expect("bo");
    bo.uuid = id("another");
    office.snapshot.people.insert(bo.uuid, bo);
    let mut office = office
        .edit(|snapshot| snapshot.unassign("Aula", "ejer", "bo").assign("Aula", "ejer", "another"));
    assert_eq!(
        office.walk("2026-03-03", 10),
        ["2026-03-09 reminder to bo: [1] until 2026-03-13"],
        "the second, not the first again"
    );
}

#[test]
fn while_somebody_is_away_their_substitute_gets_it() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    let to = Some("eva@randers.dk".to_owned());
    office.away.insert("bo@randers.dk".to_owned(), Away { until: day("2026-03-15"), to });
    assert_eq!(
        office.walk("2026-03-02", 20),
        [
            "2026-03-02 reminder to eva for bo: [1] until 2026-03-06",
            "2026-03-09 reminder to eva for bo: [1] until 2026-03-13",
            "2026-03-16 first-letter to bo: [1] until 2026-03-20",
        ]
    );
}

#[test]
fn who_was_only_informed_as_a_manager_gets_the_first_letter_as_an_owner() {
    let mut office = Office::new()
        .edit(|s| s.unassign("Aula", "ejer", "bo").usage("Nexus").assign("Nexus", "ejer", "eva"))
        .finding(1, MISSING, High, "2026-03-02");
    assert_eq!(
        office.walk("2026-03-02", 1),
        ["2026-03-02 reminder to chef: [1] until 2026-03-06", "2026-03-02 reminder to eva: 1"]
    );
    let mut office = office.finding_on(2, "Nexus", INCOMPLETE, (High, "2026-03-03"));
    assert_eq!(
        office.walk("2026-03-03", 7),
        [
            "2026-03-09 reminder to chef: [1] until 2026-03-13",
            "2026-03-09 first-letter to eva: [2] until 2026-03-13",
        ]
    );
}

#[test]
fn what_a_substitute_holds_for_another_is_told_from_their_own() {
    let mut office = Office::new()
        .edit(|s| s.usage("Nexus").assign("Nexus", "ejer", "eva"))
        .finding(1, INCOMPLETE, High, "2026-03-02")
        .finding_on(2, "Nexus", INCOMPLETE, (High, "2026-03-02"));
    let to = Some("eva@randers.dk".to_owned());
    office.away.insert("bo@randers.dk".to_owned(), Away { until: day("2026-03-15"), to });
    let drafts = office.plan(morning("2026-03-02")).drafts;
    let [draft] = drafts.as_slice() else { panic!("{drafts:?}") };
    let behalf = |of: i64| {
        let item = draft.items.iter().find(|item| item.finding.id == of);
        item.and_then(|item| item.on_behalf_of.as_deref())
    };
    assert_eq!((behalf(1), behalf(2)), (Some("bo"), None));
    assert_eq!(draft.to[0].on_behalf_of, None, "not all of it");
}

#[test]
fn a_leader_who_left_is_passed_over_and_the_promise_goes_to_the_next() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    office.walk("2026-03-02", 16);
    let mut office = office.left("chef");
    assert_eq!(
        office.walk("2026-03-18", 10),
        ["2026-03-23 escalation to boss cc bo: [1] until 2026-04-10"]
    );
}

#[test]
fn nobody_is_asked_for_help_while_the_leaders_cannot_be_known() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    office.walk("2026-03-02", 16);
    let leaders = office.policy.leaders.take();
    office.leaders_unknown = true;
    assert_eq!(office.walk("2026-03-18", 7), Vec::<String>::new());
    let held = office.plan(morning("2026-03-25")).held;
    assert!(held.iter().any(|held| held.why == Why::LeadersUnknown), "{held:?}");
    office.policy.leaders = leaders;
    office.leaders_unknown = false;
    assert_eq!(
        office.walk("2026-03-25", 2),
        ["2026-03-25 escalation to chef cc bo: [1] until 2026-04-10"],
        "as soon as it is known"
    );
}

#[test]
fn a_promise_that_could_not_be_kept_for_a_week_is_made_again() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02");
    office.walk("2026-03-02", 16);
    office.waivers = [(1, at("2026-05-03T22:00:00Z"))].into();
    assert_eq!(office.walk("2026-03-18", 40), Vec::<String>::new());
    assert_eq!(
        office.walk("2026-05-04", 30),
        [
            "2026-05-04 reminder to bo: [1] until 2026-05-15, else chef on 2026-06-01",
            "2026-06-01 escalation to chef cc bo: [1] until 2026-06-12",
        ]
    );
}

#[test]
fn a_leaders_own_reminders_leave_room_for_what_is_promised() {
    let office = Office::new()
        .edit(|s| s.usage("Ferie").assign("Ferie", "ejer", "chef"))
        .finding(1, INCOMPLETE, High, "2026-03-02")
        .finding_on(2, "Ferie", INCOMPLETE, (High, "2026-03-17"));
    story(
        office,
        "2026-03-02",
        45,
        &[
            "2026-03-02 first-letter to bo: [1] until 2026-03-06",
            "2026-03-09 reminder to bo: [1] until 2026-03-13",
            "2026-03-16 reminder to bo: [1] until 2026-03-20, else chef on 2026-03-23",
            "2026-03-17 first-letter to chef: [2] until 2026-03-20",
            "2026-03-23 escalation to chef cc bo: [1] until 2026-04-10",
            "2026-04-13 reminder to chef: [2] until 2026-04-17",
        ],
    );
}

#[test]
fn its_own_rules_are_told_by_the_digest() {
    let mut office = Office::new().finding(1, duplicate_usage::RULE.id, Low, "2026-03-02").finding(
        2,
        owner_level::RULE.id,
        Medium,
        "2026-03-02",
    );
    office.policy.leaders = None;
    let plan = office.plan(morning("2026-03-02"));
    assert_eq!(plan.drafts, []);
    let mondays = plan.held.iter().map(|held| held.next);
    assert!(mondays.eq([Some(at("2026-03-09T06:00:00Z")); 2]), "{:?}", plan.held);
    assert_eq!(office.with(morning("2026-03-02"), |s| its_tasks(s, &routes(s)).len()), 2);
}

#[test]
fn each_finding_has_one_date_on_which_it_is_told_or_looked_at() {
    let mut office = Office::new()
        .finding(1, INCOMPLETE, High, "2026-03-02")
        .finding(2, STALE, Low, "2026-03-02")
        .finding(3, manager_missing::RULE.id, Info, "2026-03-02");
    let next = |office: &mut Office, on: &str| next_mail_at(&office.plan(morning(on)));
    assert_eq!(
        next(&mut office, "2026-03-02"),
        [1, 2, 3].map(|n| (n, morning("2026-03-02"))).into()
    );
    office.walk("2026-03-02", 1);
    let monday = at("2026-03-09T07:00:00Z");
    let all = next(&mut office, "2026-03-03");
    assert_eq!((all.get(&1), all.get(&2)), (Some(&monday), Some(&monday)));
}

#[test]
fn the_forecast_is_what_the_days_then_bring() {
    let mut office = Office::new().finding(1, INCOMPLETE, High, "2026-03-02").finding(
        2,
        STALE,
        Medium,
        "2026-03-11",
    );
    let now = morning("2026-03-02") - TimeDelta::hours(1);
    let ahead = office.with(now, |situation| outlook(situation, 7 * 12));
    let drafts: Vec<_> = ahead.iter().flat_map(|run| &run.drafts).cloned().collect();
    let mut walked = Vec::new();
    for offset in 0..7 * 12 {
        let now = morning("2026-03-02") + TimeDelta::days(offset);
        let plan = office.plan(now);
        office.note(&plan, now);
        walked.extend(plan.drafts);
    }
    let days = |drafts: &[crate::notify::draft::Draft]| {
        drafts.iter().map(|d| (d.date, d.kind, d.items.len())).collect::<Vec<_>>()
    };
    // Summer time moves an hour, and no day.
    assert_eq!(days(&drafts), days(&walked));
    let figures = forecast(&ahead);
    let mails = |kind| drafts.iter().filter(|draft| draft.kind == kind).count();
    assert_eq!(
        figures.weeks.iter().map(|w| w.mails.reminders).sum::<usize>(),
        mails(DraftKind::Reminder)
    );
    assert_eq!((figures.readers, figures.crowded), (2, 0));
    assert_eq!(figures.escalations[0].name, "chef");
}

#[test]
fn the_forecast_names_those_whom_the_pace_would_write_to_too_often() {
    let mut office = Office::new().finding(1, INCOMPLETE, Low, "2026-03-02");
    office.pace.days.insert(Low, vec![0, 1]);
    let ahead = office.with(morning("2026-03-01"), |s| outlook(s, 60));
    assert_eq!(forecast(&ahead).crowded, 1);
    let mut days: Vec<_> = ahead.iter().flat_map(|run| &run.drafts).map(|d| d.date).collect();
    days.truncate(4);
    assert_eq!(
        days,
        ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-30"].map(day),
        "three in four weeks"
    );
}

#[test]
fn who_leaves_hands_over_four_weeks_before_with_their_leader() {
    let mut office = Office::new();
    office.departures = [("bo@randers.dk".to_owned(), day("2026-04-24"))].into();
    let letter = "2026-03-27 hand-over to bo+chef:  until 2026-04-10";
    story(office.clone(), "2026-03-20", 60, &[letter]);
    let mails = office.plan(morning("2026-03-27")).drafts;
    assert_eq!((mails[0].systems.len(), mails[0].last_day), (1, Some(day("2026-04-24"))));

    // A mail whose deadline runs is waited for, while there is time.
    let busy = office.finding(1, INCOMPLETE, High, "2026-03-26");
    let expected = [
        "2026-03-26 first-letter to bo: [1] until 2026-04-10",
        "2026-04-13 hand-over to bo+chef:  until 2026-04-24",
    ];
    assert_eq!(busy.clone().walk("2026-03-20", 30)[..2], expected);
}
