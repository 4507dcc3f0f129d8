//! By when people are asked to act, and what is promised until then, told as stories.

use chrono::{DateTime, NaiveDate, Utc};

use super::office::{Office, morning};
use crate::model::AnswerKind;
use crate::model::Severity::{High, Low, Medium};
use crate::policy::answers::OpenAnswer;
use crate::policy::rules::{
    gdpr_incomplete, manager_missing, owner_several, registration_incomplete,
};
use crate::testing::day;

#[test]
fn what_presses_less_has_a_deadline_of_its_own() {
    let mut office = Office::new()
        .finding(1, registration_incomplete::RULE.id, High, "2026-03-02")
        .finding(2, manager_missing::RULE.id, Low, "2026-03-02");
    office.pace.grace.insert(gdpr_incomplete::RULE.id, 30);
    office = office.finding(3, gdpr_incomplete::RULE.id, Low, "2026-03-02");
    let plan = office.plan(morning("2026-03-02"));
    let [letter] = plan.drafts.as_slice() else { panic!("{plan:?}") };
    let deadlines: Vec<_> = letter.items.iter().map(|i| (i.finding.id, i.deadline)).collect();
    let by = |text| Some(day(text));
    assert_eq!(letter.deadline, by("2026-03-06"), "before the next mail about what presses");
    assert_eq!(
        deadlines,
        [(1, by("2026-03-06")), (2, by("2026-03-13")), (3, by("2026-04-10"))],
        "the last has its grace before it"
    );
    office.note(&plan, morning("2026-03-02"));
    // The next mail comes when the first is over, and moves none of the others.
    let plan = office.plan(morning("2026-03-09"));
    let deadlines: Vec<_> =
        plan.drafts[0].items.iter().map(|i| (i.finding.id, i.deadline)).collect();
    assert_eq!(deadlines, [(1, by("2026-03-13")), (2, by("2026-03-13"))]);
}

#[test]
fn a_promise_stands_in_each_mail_until_it_is_kept() {
    let finding = registration_incomplete::RULE.id;
    let mut office = Office::new().finding(1, finding, Medium, "2026-03-02");
    office.walk("2026-03-02", 57);
    office = office.finding(2, manager_missing::RULE.id, Low, "2026-05-11");
    assert_eq!(
        office.walk("2026-05-11", 45),
        [
            "2026-05-11 reminder to bo: 1 [2] until 2026-05-22, else chef on 2026-06-22",
            "2026-06-22 escalation to chef cc bo: [1] until 2026-07-03",
        ]
    );
}

#[test]
fn a_mail_to_several_comes_before_the_next_to_one_of_them() {
    let both = owner_several::RULE.id;
    let mut office = Office::new().edit(|s| s.assign("Aula", "ejer", "ida"));
    office = office.also_owns("Bus").finding(1, both, Medium, "2026-03-02");
    office.walk("2026-03-02", 20);
    let own = registration_incomplete::RULE.id;
    office = office.finding_on(2, "Bus", own, (Medium, "2026-03-20"));
    assert_eq!(
        office.walk("2026-03-22", 60),
        [
            "2026-03-23 reminder to bo: [2] until 2026-04-10",
            "2026-04-13 reminder to bo+ida: [1] until 2026-04-24",
            "2026-04-27 reminder to bo: [2] until 2026-05-08",
            "2026-05-11 reminder to bo+ida: [1] until 2026-05-22, else chef on 2026-07-27",
        ]
    );
}

#[test]
fn a_mail_to_several_does_not_wait_for_ever_for_what_is_more_severe() {
    let mut office = Office::new().edit(|s| s.assign("Aula", "ejer", "ida"));
    office = office.also_owns("Bus").finding(1, owner_several::RULE.id, Medium, "2026-03-02");
    office.walk("2026-03-02", 7);
    // One thing after another that presses, each for bo alone.
    for (number, opened) in (2..).zip(["2026-03-09", "2026-03-30", "2026-04-20", "2026-05-11"]) {
        let rule = registration_incomplete::RULE.id;
        office = office.finding_on(number, "Bus", rule, (High, opened));
    }
    assert_eq!(
        office.walk("2026-03-09", 70)[3..],
        [
            "2026-04-13 escalation to chef cc bo: [2] until 2026-04-24",
            "2026-04-27 reminder to bo+ida: [1] until 2026-05-08",
            "2026-05-11 reminder to bo: [2] [3] [4] [5] until 2026-05-15",
        ]
    );
}

fn not_used(on: NaiveDate, paused_until: DateTime<Utc>) -> OpenAnswer {
    OpenAnswer { by: "bo".to_owned(), on, kind: AnswerKind::NotUsed, owner: None, paused_until }
}

#[test]
fn what_somebody_answered_goes_no_further_up_while_it_waits_for_it() {
    let mut office =
        Office::new().finding(1, registration_incomplete::RULE.id, Medium, "2026-03-02");
    let on = day("2026-03-04");
    let paused_until = morning("2026-04-01");
    office.answered.insert(1, not_used(on, paused_until));
    let mut story = office.clone().walk("2026-03-02", 180);
    story.retain(|mail| mail.contains("chef"));
    assert_eq!(story, [""; 0]);
    let plan = office.plan(paused_until);
    assert_eq!(plan.drafts[0].items[0].answered, Some(not_used(on, paused_until)));
}

#[test]
fn an_answer_holds_a_promise_that_was_made_before_it() {
    let mut office = Office::new().finding(1, registration_incomplete::RULE.id, High, "2026-03-02");
    office.walk("2026-03-02", 15);
    let on = day("2026-03-17");
    let paused_until = morning("2026-03-20");
    office.answered.insert(1, not_used(on, paused_until));
    let mut story = office.walk("2026-03-17", 60);
    story.retain(|mail| mail.contains("chef"));
    assert_eq!(story, [""; 0], "chef was promised for the 23rd");
}

#[test]
fn the_day_of_the_next_mail_counts_what_is_still_in_its_grace() {
    let mut office = Office::new().also_owns("Bus");
    office = office.finding(1, registration_incomplete::RULE.id, Medium, "2026-02-02");
    office.walk("2026-02-02", 1);
    office.pace.grace.insert(owner_several::RULE.id, 14);
    // Its grace ends before the four weeks between two mails about the other.
    office = office.finding_on(2, "Bus", owner_several::RULE.id, (Medium, "2026-02-25"));
    let plan = office.plan(morning("2026-03-02"));
    let next = plan.drafts[0].next.expect("a next mail");
    assert!(next < day("2026-03-30"), "{next}");
}
