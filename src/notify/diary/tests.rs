use std::collections::BTreeSet;

use chrono::NaiveTime;
use chrono_tz::Europe::Copenhagen;

use super::*;
use crate::testing::day;
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
    let mail =
        Mailed { on: day("2026-03-02"), deadline: Some(day("2026-03-13")), is_reminder: true };
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
    let mail = Mailed { on: day("2026-03-05"), deadline: None, is_reminder: true };
    diary.note(BO, mail);
    diary.book(CHEF, &[BO], day("2026-03-06"));
    assert_eq!(diary.day_for_notice(BO, day("2026-03-05")), day("2026-03-09"));
    assert_eq!(diary.day_for_notice(IDA, day("2026-03-05")), day("2026-03-05"));
}
