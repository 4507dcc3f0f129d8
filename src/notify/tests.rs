use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Europe::Copenhagen;

use super::*;
use crate::model::{Fault, FaultArg, Language, Letter, Rule, Severity, Snapshot};
use crate::policy::rules::{
    duplicate_usage, gdpr_incomplete, owner_missing, registration_incomplete, registration_stale,
};
use crate::testing::{at, day, id, policy, randers};
use crate::time::calendar::WorkingDays;
use crate::time::schedule::CronLine;

const LEADERS: &str = "email;name;level;unit;manager_email\n\
    chef@randers.dk;Chef;leder;Skoler;boss@randers.dk\n\
    boss@randers.dk;Boss;direktør;Randers;\n\
    bo@randers.dk;bo;leder;Skoler;chef@randers.dk\n";

/// Everything that a plan is made from, to be turned from day to day.
struct Office {
    snapshot: Snapshot,
    leaders: Option<Leaders>,
    leaders_unknown: bool,
    refused: BTreeSet<String>,
    open: Vec<Finding>,
    waivers: BTreeMap<i64, DateTime<Utc>>,
    told: Told,
    cadence: Cadence,
    calendar: Calendar,
    last_good_pull: Option<DateTime<Utc>>,
}

impl Office {
    /// One system, "Aula", of "Skoler", owned by bo, managed by eva.
    fn new() -> Self {
        let snapshot = randers()
            .unit("Randers", None)
            .unit("Skoler", Some("Randers"))
            .user("bo")
            .user("eva")
            .user("chef")
            .usage("Aula")
            .edit("Aula", |usage| usage.responsible_unit = Some(id("Skoler")))
            .assign("Aula", "ejer", "bo")
            .assign("Aula", "forvalter", "eva");
        Self {
            snapshot,
            leaders: None,
            leaders_unknown: false,
            refused: BTreeSet::new(),
            open: Vec::new(),
            waivers: BTreeMap::new(),
            told: Told::default(),
            cadence: Cadence {
                grace: [(registration_incomplete::RULE.id, 14)].into(),
                remind_every: vec![0, 14, 14, 7],
                escalate_after: 3,
                max_mails_per_run: 50,
            },
            calendar: Calendar {
                working_days: WorkingDays {
                    holidays: BTreeSet::new(),
                    zone: Copenhagen,
                    not_before: chrono::NaiveTime::from_hms_opt(7, 0, 0).unwrap(),
                    business_days_only: true,
                },
                quiet_weeks: [28, 29, 30].into(),
                remind: CronLine::parse("0 8 * * Mon-Fri").unwrap(),
                digest: CronLine::parse("0 7 * * Mon").unwrap(),
            },
            last_good_pull: None,
        }
    }

    fn with_leaders(mut self) -> Self {
        self.leaders = Some(Leaders::parse(LEADERS.as_bytes()).unwrap().0);
        self
    }

    fn finding(mut self, id_: i64, rule: Rule, opened: &str) -> Self {
        let faults = match rule.as_str() {
            "owner-missing" => {
                vec![Fault::new("no-owner")]
            }
            "owner-level" => {
                vec![Fault::new("owner-level").with("person", FaultArg::Person(id("bo")))]
            }
            _ => vec![Fault::new("missing").with("field", FaultArg::Field("life-cycle".into()))],
        };
        self.open.push(Finding {
            id: id_,
            rule,
            severity: Severity::Low,
            usage: id("Aula"),
            faults,
            opened_at: morning(opened),
            resolved_at: None,
            since_baseline: false,
            by_policy_change: false,
        });
        self
    }

    fn plan_at(&self, now: DateTime<Utc>) -> Plan {
        self.with(now, plan)
    }

    fn with<T>(&self, now: DateTime<Utc>, work: impl FnOnce(&Material<'_>) -> T) -> T {
        let mut policy = policy();
        policy.manager_roles = [id("forvalter")].into();
        let nothing = BTreeMap::new();
        let names: BTreeMap<Uuid, String> =
            self.snapshot.people.values().map(|p| (p.uuid, p.name.clone())).collect();
        work(&Material {
            lines: Lines {
                snapshot: &self.snapshot,
                former_names: &nothing,
                names: &names,
                kitos_url: "https://kitos.dk",
                language: Language::Da,
                zone: Copenhagen,
                suggestions: &BTreeMap::new(),
                told: &self.told,
            },
            policy: &policy,
            leaders: self.leaders.as_ref(),
            leaders_unknown: self.leaders_unknown,
            audience: &Audience {
                it: vec!["it@randers.dk".to_owned()],
                allowed_domains: ["randers.dk".to_owned()].into(),
            },
            refused: &self.refused,
            last_owners: &BTreeMap::new(),
            open: &self.open,
            waivers: &self.waivers,
            told: &self.told,
            cadence: &self.cadence,
            calendar: &self.calendar,
            last_good_pull: self.last_good_pull.unwrap_or(now),
            now,
        })
    }

    /// Plans at eight on that day and notes what was told.
    fn run(&mut self, date: &str) -> Plan {
        let now = eight(date);
        let plan = self.plan_at(now);
        for fact in plan.mails.iter().flat_map(|planned| &planned.facts) {
            self.told.note(fact, now, false);
        }
        plan
    }
}

/// When pulls are made.
fn morning(date: &str) -> DateTime<Utc> {
    at(&format!("{date}T05:00:00+01:00"))
}

/// When reminders are.
fn eight(date: &str) -> DateTime<Utc> {
    let time = day(date).and_hms_opt(8, 0, 0).unwrap();
    crate::time::civil::instant(time, Copenhagen)
}

/// Kind, address and findings of each mail.
fn told(plan: &Plan) -> Vec<(MailKind, &str, Vec<i64>)> {
    let findings = |planned: &Planned| planned.facts.iter().map(|fact| fact.finding).collect();
    plan.mails.iter().map(|p| (p.mail.kind, p.mail.to[0].as_str(), findings(p))).collect()
}

fn reasons(plan: &Plan) -> Vec<(i64, Why, String)> {
    let next = |held: &Held| held.next.map_or_else(String::new, |at| at.to_rfc3339());
    plan.held.iter().map(|held| (held.finding, held.why, next(held))).collect()
}

const BO: &str = "bo@randers.dk";

#[test]
fn reminders_come_after_the_grace_and_then_by_the_pauses_until_the_leader_hears() {
    let mut office =
        Office::new().with_leaders().finding(1, registration_incomplete::RULE.id, "2026-03-02");
    let mut days = Vec::new();
    for date in day("2026-03-02").iter_days().take(80) {
        let plan = office.run(&date.to_string());
        days.extend(
            told(&plan).into_iter().map(|(kind, to, _)| (date.to_string(), kind, to == BO)),
        );
    }
    let reminder = |date: &str| (date.to_owned(), MailKind::Reminder, true);
    assert_eq!(
        days,
        [
            reminder("2026-03-16"), // 14 days of grace
            reminder("2026-03-30"),
            reminder("2026-04-13"),
            reminder("2026-04-20"),
            ("2026-04-20".to_owned(), MailKind::Escalation, false),
            reminder("2026-04-27"),
            reminder("2026-05-04"),
            reminder("2026-05-11"),
            reminder("2026-05-18"),
        ]
    );
}

#[test]
fn what_is_held_says_why_and_until_when() {
    let quiet = "2026-07-06"; // ISO week 28
    for (what, opened, now, expected, next) in [
        ("the grace", "2026-03-02", "2026-03-13", Why::Grace, "2026-03-16T07:00:00+00:00"),
        ("a Saturday", "2026-02-20", "2026-03-07", Why::DayOff, "2026-03-09T07:00:00+00:00"),
        ("Easter", "2026-03-01", "2026-04-03", Why::DayOff, "2026-04-07T06:00:00+00:00"),
        ("summer", "2026-06-01", quiet, Why::QuietWeek, "2026-07-27T06:00:00+00:00"),
    ] {
        let office = Office::new().finding(1, registration_incomplete::RULE.id, opened);
        let plan = office.plan_at(eight(now));
        assert_eq!(told(&plan), [], "{what}");
        assert_eq!(reasons(&plan), [(1, expected, next.to_owned())], "{what}");
    }
}

#[test]
fn one_mail_holds_everything_that_is_ripe_and_counts_for_all_of_it() {
    let mut office = Office::new()
        .finding(1, registration_incomplete::RULE.id, "2026-02-16")
        .finding(2, registration_stale::RULE.id, "2026-03-02")
        .finding(3, registration_incomplete::RULE.id, "2026-03-02");
    assert_eq!(told(&office.run("2026-03-02")), [(MailKind::Reminder, BO, vec![1, 2])]);
    // 4 is new and without grace, but bo has heard within seven days.
    office = office.finding(4, gdpr_incomplete::RULE.id, "2026-03-04");
    let plan = office.run("2026-03-04");
    assert_eq!(told(&plan), []);
    let next = |at: &str| at.to_owned();
    assert_eq!(
        reasons(&plan),
        [
            (1, Why::NotDue, next("2026-03-09T07:00:00+00:00")),
            (2, Why::NotDue, next("2026-03-09T07:00:00+00:00")),
            (3, Why::Grace, next("2026-03-16T07:00:00+00:00")),
            (4, Why::ToldRecently, next("2026-03-09T07:00:00+00:00")),
        ]
    );
    assert_eq!(told(&office.run("2026-03-09")), [(MailKind::Reminder, BO, vec![1, 2, 4])]);
    // The third waits a week for the next mail, and takes the others with it.
    assert_eq!(told(&office.run("2026-03-16")), [(MailKind::Reminder, BO, vec![1, 2, 3, 4])]);
}

#[test]
fn two_runs_on_a_day_tell_nothing_twice() {
    let mut office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    assert_eq!(office.run("2026-03-02").mails.len(), 1);
    assert_eq!(office.run("2026-03-02").mails.len(), 0);
}

#[test]
fn a_fault_that_is_gone_within_its_grace_is_never_mailed() {
    let mut office = Office::new().finding(1, registration_incomplete::RULE.id, "2026-03-02");
    for date in ["2026-03-02", "2026-03-09", "2026-03-13"] {
        assert_eq!(told(&office.run(date)), []);
    }
    office.open.clear();
    assert_eq!(office.run("2026-03-16"), Plan::default());
}

#[test]
fn a_system_without_an_owner_is_the_leader_s_and_a_manager_hears_once_why() {
    let mut office = Office::new().with_leaders().finding(1, owner_missing::RULE.id, "2026-03-02");
    office.snapshot = office.snapshot.unassign("Aula", "ejer", "bo");
    let plan = office.run("2026-03-02");
    let readers = [
        (MailKind::Reminder, "chef@randers.dk", vec![1]),
        (MailKind::Reminder, "eva@randers.dk", vec![1]),
    ];
    let mut sorted = told(&plan);
    sorted.sort();
    assert_eq!(sorted, readers);
    for planned in &plan.mails {
        let Letter::Reminder(letter) = &planned.mail.letter else { panic!("a reminder") };
        assert_eq!(letter.before.is_none(), letter.lines[0].capacity == Capacity::Manager);
    }
    assert_eq!(told(&office.run("2026-03-16")), readers[..1]);

    // Without a leaders file nobody is guessed: IT has it in the digest.
    office.leaders = None;
    let plan = office.plan_at(eight("2026-03-31"));
    assert_eq!(told(&plan), []);
    let digest = Why::Digest { because: OnlyIt::NoLeader };
    assert_eq!(reasons(&plan), [(1, digest, "2026-04-06T05:00:00+00:00".to_owned())]);
}

#[test]
fn nobody_hears_who_left_or_is_out_of_reach() {
    let incomplete = || Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    let mut left = incomplete();
    left.snapshot = left.snapshot.left("bo");
    let mut foreign = incomplete();
    foreign.snapshot.people.get_mut(&id("bo")).unwrap().email = Some("bo@firma.dk".to_owned());
    let mut refused = incomplete();
    refused.refused.insert(BO.to_owned());
    for (office, because) in [
        (left, OnlyIt::NoOwner),
        (foreign, OnlyIt::Unreachable(Unreachable::ForeignDomain)),
        (refused, OnlyIt::Unreachable(Unreachable::Refused)),
        (Office::new().finding(1, duplicate_usage::RULE.id, "2026-03-02"), OnlyIt::ItsRule),
    ] {
        let plan = office.plan_at(eight("2026-03-03"));
        assert_eq!(told(&plan), []);
        assert_eq!(plan.held[0].why, Why::Digest { because });
        assert!(plan.held[0].next.is_some());
    }
}

#[test]
fn a_waiver_holds_until_its_end() {
    let mut office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    office.waivers.insert(1, at("2026-04-01T00:00:00+02:00"));
    let plan = office.plan_at(eight("2026-03-31"));
    assert_eq!(reasons(&plan), [(1, Why::Waived, "2026-04-01T06:00:00+00:00".to_owned())]);
    assert_eq!(told(&office.plan_at(eight("2026-04-01"))), [(MailKind::Reminder, BO, vec![1])]);
}

#[test]
fn old_facts_are_told_to_no_owner() {
    let mut office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    office.last_good_pull = Some(morning("2026-03-02"));
    assert_eq!(office.plan_at(morning("2026-03-09")).mails.len(), 1);
    let plan = office.plan_at(eight("2026-03-09"));
    assert_eq!(reasons(&plan), [(1, Why::StaleData, "2026-03-10T07:00:00+00:00".to_owned())]);
}

#[test]
fn what_the_policy_opened_waits_a_week() {
    let mut office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    office.open[0].by_policy_change = true;
    let plan = office.run("2026-03-06");
    assert_eq!(reasons(&plan), [(1, Why::PolicyChange, "2026-03-09T07:00:00+00:00".to_owned())]);
    assert_eq!(office.run("2026-03-09").mails.len(), 1);
}

/// Systems `0..count`, each with its own owner and one finding that is due.
fn many(count: i64) -> Office {
    let mut office = Office::new();
    office.cadence.max_mails_per_run = 2;
    for number in 0..count {
        let (system, owner) = (format!("s{number}"), format!("p{number}"));
        office.snapshot =
            office.snapshot.user(&owner).usage(&system).assign(&system, "ejer", &owner);
        office = office.finding(number, registration_stale::RULE.id, "2026-02-02");
        office.open.last_mut().unwrap().usage = id(&system);
    }
    office.open[3].severity = Severity::High;
    office.open[4].opened_at = morning("2026-01-05");
    office
}

#[test]
fn the_brake_lets_the_most_severe_and_oldest_go_first() {
    let mut office = many(6);
    let findings = |plan: &Plan| plan.mails.iter().map(|p| p.facts[0].finding).collect::<Vec<_>>();
    let plan = office.run("2026-03-06"); // a Friday
    assert_eq!(findings(&plan), [3, 4]);
    let next: Vec<_> = plan.held.iter().map(|held| (held.why, held.next.unwrap())).collect();
    let (monday, tuesday) = (eight("2026-03-09"), eight("2026-03-10"));
    let brake = [monday, monday, tuesday, tuesday].map(|at| (Why::Brake, at));
    assert_eq!(next, brake);
    // By hand on the same day: what the day may bring is used up.
    assert_eq!(office.plan_at(at("2026-03-06T15:00:00+01:00")).mails.len(), 0);
    assert_eq!(findings(&office.run("2026-03-09")).len(), 2);
    assert_eq!(findings(&office.run("2026-03-10")).len(), 2);
    assert_eq!(findings(&office.run("2026-03-11")).len(), 0);
}

#[test]
fn the_forecast_is_what_the_days_then_bring() {
    let mut office = many(6);
    let now = eight("2026-03-05");
    let outlook: Vec<_> = office
        .with(now, |material| forecast(material, 7))
        .iter()
        .map(|run| (run.at, run.mails.iter().map(|p| p.mail.key.clone()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(outlook.len(), 3);
    for (at, keys) in outlook {
        let plan = office.run(&local_date(at, Copenhagen).to_string());
        let then: Vec<_> = plan.mails.into_iter().map(|p| p.mail.key).collect();
        assert_eq!(then, keys);
    }
}

#[test]
fn an_escalation_goes_to_the_leader_or_to_it_and_waits_while_nobody_knows() {
    let mut office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    for date in ["2026-03-02", "2026-03-16", "2026-03-30"] {
        office.run(date);
    }
    let escalations = |plan: &Plan| -> Vec<String> {
        let escalations = plan.mails.iter().filter(|p| p.mail.kind == MailKind::Escalation);
        escalations.map(|p| p.mail.to[0].clone()).collect()
    };
    // The third reminder has its time before it counts as without effect.
    assert_eq!(escalations(&office.plan_at(eight("2026-04-01"))), [""; 0]);
    assert_eq!(escalations(&office.plan_at(eight("2026-04-07"))), ["it@randers.dk"]);
    office.leaders_unknown = true;
    let plan = office.plan_at(eight("2026-04-07"));
    assert_eq!(escalations(&plan), [""; 0]);
    assert!(plan.held.iter().any(|h| h.why == Why::LeadersUnknown && h.next.is_some()));
    office.leaders_unknown = false;
    let mut office = office.with_leaders();
    assert_eq!(escalations(&office.run("2026-04-07")), ["chef@randers.dk"]);
    assert_eq!(escalations(&office.run("2026-04-14")), [""; 0]);
    assert_eq!(office.told.escalated_at(1), Some(eight("2026-04-07")));
}

#[test]
fn a_mail_in_vain_is_made_again_under_another_key() {
    let mut office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02");
    let first = office.plan_at(eight("2026-03-02")).mails.remove(0);
    office.told.note(&first.facts[0], eight("2026-03-02"), true);
    let second = office.plan_at(eight("2026-03-03")).mails.remove(0);
    assert_eq!((first.facts[0].number, second.facts[0].number), (1, 2));
    assert_ne!(first.mail.key, second.mail.key);
    // For its reader it is the first.
    let Letter::Reminder(letter) = second.mail.letter else { panic!("a reminder") };
    assert_eq!(letter.lines[0].number, 1);
}

#[test]
fn next_mail_at_is_the_earliest_of_all() {
    let office = Office::new().finding(1, registration_stale::RULE.id, "2026-03-02").finding(
        2,
        registration_incomplete::RULE.id,
        "2026-03-02",
    );
    let next = next_mail_at(&office.plan_at(at("2026-03-02T06:00:00+01:00")));
    assert_eq!(next[&1], at("2026-03-02T07:00:00+01:00"));
    assert_eq!(next[&2], eight("2026-03-16"));
}
