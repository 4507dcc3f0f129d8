use std::collections::BTreeSet;

use chrono::NaiveTime;
use chrono_tz::Europe::Copenhagen;

use super::*;
use crate::notify::draft::{Notification, NotificationKind};
use crate::notify::ledger::Fate;
use crate::testing::{at, day};
use crate::time::calendar::WorkingDays;
use crate::time::schedule::CronLine;

const BO: RecipientId = RecipientId(1);
const IDA: RecipientId = RecipientId(2);
const CHEF: RecipientId = RecipientId(3);
const BOSS: RecipientId = RecipientId(4);

fn calendar() -> Calendar {
    Calendar {
        working_days: WorkingDays {
            holidays: BTreeSet::new(),
            zone: Copenhagen,
            not_before: NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
            business_days_only: true,
        },
        quiet_weeks: BTreeSet::new(),
        remind: CronLine::parse("0 8 * * Mon-Fri").unwrap(),
        digest: CronLine::parse("0 7 * * Mon").unwrap(),
    }
}

#[test]
fn promises_to_one_leader_on_one_day_are_one_mail_and_others_keep_clear_of_it() {
    let (ledger, calendar) = (Ledger::default(), calendar());
    let mut diary = Diary::new(&ledger, &calendar, day("2026-03-02"));
    let from = day("2026-03-09");
    assert_eq!(diary.book(CHEF, &[BO], from), Some(day("2026-03-09")));
    // Its mail is over on Friday the 20th.
    assert_eq!(diary.booked_until(&[CHEF], day("2026-03-09")), Some(day("2026-03-20")));
    assert_eq!(diary.book(CHEF, &[IDA], from), Some(day("2026-03-09")), "together");
    assert_eq!(diary.book(BOSS, &[BO], from), Some(day("2026-03-23")), "bo has a copy then");
    assert_eq!(diary.book(CHEF, &[IDA], day("2026-03-10")), Some(day("2026-03-23")));
    assert_eq!(diary.book(BOSS, &[CHEF], day("2026-03-10")), Some(day("2026-04-13")));
}

#[test]
fn a_promise_waits_for_the_deadline_of_its_leaders_own_mail() {
    let (ledger, calendar) = (Ledger::default(), calendar());
    let mut diary = Diary::new(&ledger, &calendar, day("2026-03-02"));
    let mail = Mailed {
        on: day("2026-03-02"),
        deadline: Some(day("2026-03-13")),
        is_reminder: true,
        yields: false,
    };
    diary.note(CHEF, mail);
    assert_eq!(diary.book(CHEF, &[BO], day("2026-03-09")), Some(day("2026-03-16")));
}

#[test]
fn a_deadline_is_over_before_a_promised_day_or_there_is_none() {
    let (ledger, calendar) = (Ledger::default(), calendar());
    let mut diary = Diary::new(&ledger, &calendar, day("2026-03-02"));
    diary.book(CHEF, &[BO], day("2026-03-09"));
    assert_eq!(diary.deadline(&[CHEF], day("2026-03-02"), None), Some(day("2026-03-06")));
    assert_eq!(diary.deadline(&[BO], day("2026-03-04"), None), None);
    assert_eq!(diary.deadline(&[IDA], day("2026-03-04"), None), Some(day("2026-03-13")));
}

#[test]
fn a_notice_takes_the_first_day_without_another_mail() {
    let (ledger, calendar) = (Ledger::default(), calendar());
    let mut diary = Diary::new(&ledger, &calendar, day("2026-03-05"));
    let mail = Mailed { on: day("2026-03-05"), deadline: None, is_reminder: true, yields: false };
    diary.note(BO, mail);
    diary.book(CHEF, &[BO], day("2026-03-06"));
    assert_eq!(diary.day_for_notice(BO, day("2026-03-05")), day("2026-03-09"));
    assert_eq!(diary.day_for_notice(IDA, day("2026-03-05")), day("2026-03-05"));
}

#[test]
fn a_day_that_was_named_stays_whatever_other_mail_came_since() {
    let calendar = calendar();
    let (today, named_by) = (day("2026-03-30"), day("2026-03-02"));
    for (kind, on, deadline, expected, why) in [
        (NotificationKind::Notice, "2026-03-25", "2026-04-03", "2026-03-30", "a notice"),
        (NotificationKind::Review, "2026-03-26", "2026-03-27", "2026-03-30", "a review letter"),
        (NotificationKind::Escalation, "2026-03-25", "2026-04-03", "2026-04-04", "as promised"),
        (NotificationKind::Reminder, "2026-03-25", "2026-04-03", "2026-04-04", "one of its kind"),
        (NotificationKind::Notice, "2026-02-27", "2026-04-03", "2026-04-04", "known to who named"),
        (NotificationKind::Notice, "2026-03-30", "2026-04-03", "2026-03-31", "one mail a day"),
    ] {
        let told = Notification {
            finding: Some(1),
            due: true,
            deadline: Some(day(deadline)),
            ..Notification::new(BO, kind, day(on))
        };
        let mut ledger = Ledger::default();
        ledger.note(told, at("2026-02-20T08:00:00Z"), Fate::Delivered);
        let mut diary = Diary::new(&ledger, &calendar, today);
        diary.name(&[BO], today, named_by);
        assert_eq!(diary.free_for(&[BO]).0, day(expected), "{why}");
    }
}

#[test]
fn other_mail_does_not_take_a_day_that_was_named() {
    let (ledger, calendar) = (Ledger::default(), calendar());
    let mut diary = Diary::new(&ledger, &calendar, day("2026-03-05"));
    // A Saturday: the reminder comes on the Monday.
    diary.name(&[CHEF], day("2026-03-07"), day("2026-02-02"));
    assert_eq!(diary.day_for_notice(CHEF, day("2026-03-09")), day("2026-03-10"));
    assert_eq!(diary.book(CHEF, &[BO], day("2026-03-09")), Some(day("2026-03-10")));
    assert_eq!(diary.named_after(&[BO, CHEF], day("2026-03-05")), Some(day("2026-03-07")));
    let reminder =
        Mailed { on: day("2026-03-05"), deadline: None, is_reminder: true, yields: false };
    diary.note(CHEF, reminder);
    assert_eq!(diary.named_after(&[CHEF], day("2026-03-05")), None, "it names the next itself");
}
