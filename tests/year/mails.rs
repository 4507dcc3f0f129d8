//! A year of daily runs over generated findings: the cadence as properties. Never
//! twice to a person in seven days, never on a day off, never more than the brake
//! allows, each fact once; and no finding is forgotten: it is told, or there is a
//! reason and a date.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Utc};
use chrono_tz::Europe::Copenhagen;
use kitos_sync::model::{
    Fault, FaultArg, Finding, ItSystem, Language, MailKind, Organization, OrganizationUnit, Person,
    RoleAssignment, Rule, Severity, Snapshot, SystemUsage,
};
use kitos_sync::notify::lines::Lines;
use kitos_sync::notify::notices::Audience;
use kitos_sync::notify::{Cadence, Calendar, Material, Told, Why, next_mail_at, plan};
use kitos_sync::policy::Policy;
use kitos_sync::policy::leaders::Leaders;
use kitos_sync::policy::rules::{
    duplicate_usage, owner_level, owner_missing, owner_several, registration_incomplete,
    registration_stale,
};
use kitos_sync::time::calendar::{WorkingDays, is_danish_day_off};
use kitos_sync::time::civil;
use kitos_sync::time::schedule::CronLine;
use proptest::prelude::*;
use uuid::Uuid;

use crate::explore::cases;

const SYSTEMS: u128 = 24;
const PEOPLE: u128 = 9;
const OWNER: Uuid = Uuid::from_u128(1);
const MANAGER: Uuid = Uuid::from_u128(2);
const RULES: [Rule; 6] = [
    owner_missing::RULE.id,
    owner_several::RULE.id,
    owner_level::RULE.id,
    registration_incomplete::RULE.id,
    registration_stale::RULE.id,
    duplicate_usage::RULE.id,
];

/// One fault of the year: what, where, from which day, for how many days.
#[derive(Debug, Clone)]
struct Story {
    rule: Rule,
    system: u128,
    begins: i64,
    lasts: i64,
    severity: Severity,
    by_policy_change: bool,
    /// From the day of its beginning, for so many days.
    waived: Option<(i64, i64)>,
}

fn story() -> impl Strategy<Value = Story> {
    (
        prop::sample::select(RULES.to_vec()),
        0..SYSTEMS,
        -30_i64..365,
        1_i64..200,
        prop::sample::select(Severity::ALL.to_vec()),
        prop::bool::weighted(0.1),
        prop::option::weighted(0.2, (0_i64..60, 1_i64..90)),
    )
        .prop_map(|(rule, system, begins, lasts, severity, by_policy_change, waived)| Story {
            rule,
            system,
            begins,
            lasts,
            severity,
            by_policy_change,
            waived,
        })
}

fn first_day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).expect("a date")
}

fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128(kind << 64 | n)
}

/// Systems with one to two owners and a manager; the last person cannot be
/// reached.
fn snapshot() -> Snapshot {
    let organization =
        Organization { uuid: Uuid::from_u128(9), name: "Kommunen".to_owned(), cvr: None };
    let mut snapshot = Snapshot::empty(organization);
    for n in 0..PEOPLE {
        let domain = if n == PEOPLE - 1 { "firma.dk" } else { "kommune.dk" };
        let email = Some(format!("p{n}@{domain}"));
        let person = Person {
            uuid: id(1, n),
            name: format!("Person {n}"),
            email,
            member: true,
            api_access: false,
        };
        snapshot.people.insert(person.uuid, person);
    }
    let unit = OrganizationUnit {
        uuid: id(2, 0),
        name: "Skoler".to_owned(),
        parent: None,
        external: None,
    };
    snapshot.units.insert(unit.uuid, unit);
    for n in 0..SYSTEMS {
        let system = ItSystem { uuid: id(3, n), name: format!("S{n}"), deactivated: false };
        let mut usage = SystemUsage::new(id(4, n), system.uuid);
        usage.responsible_unit = (n % 3 > 0).then_some(id(2, 0));
        for (role, person) in [(OWNER, n), (OWNER, n / 2), (MANAGER, n / 3)] {
            usage.roles.insert(RoleAssignment { role, person: id(1, person % PEOPLE) });
        }
        snapshot.systems.insert(system.uuid, system);
        snapshot.usages.insert(usage.uuid, usage);
    }
    snapshot
}

fn instant(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    civil::instant(day.and_time(NaiveTime::from_hms_opt(hour, 0, 0).expect("a time")), Copenhagen)
}

fn finding(id_: usize, story: &Story) -> Finding {
    let person = id(1, story.system % PEOPLE);
    let fault = match story.rule.as_str() {
        "owner-missing" => Fault::new("no-owner"),
        "owner-level" => Fault::new("owner-level").with("person", FaultArg::Person(person)),
        _ => Fault::new("missing"),
    };
    Finding {
        id: i64::try_from(id_).expect("few"),
        rule: story.rule,
        severity: story.severity,
        usage: id(4, story.system),
        faults: vec![fault],
        opened_at: instant(first_day() + TimeDelta::days(story.begins), 5),
        resolved_at: None,
        since_baseline: false,
        by_policy_change: story.by_policy_change,
    }
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn a_year_of_runs_keeps_its_promises(
        stories in prop::collection::vec(story(), 1..60),
        most in 1_usize..6,
        outages in prop::collection::btree_set(0_i64..365, 0..40),
    ) {
        let snapshot = snapshot();
        let leaders = "email;name;level;unit;manager_email\n\
            p0@kommune.dk;Person 0;leder;Skoler;p1@kommune.dk\n\
            p1@kommune.dk;Person 1;chef;Kommunen;\n\
            p2@kommune.dk;Person 2;leder;Andre;p0@kommune.dk\n";
        let leaders = Leaders::parse(leaders.as_bytes()).expect("leaders").0;
        let policy = Policy {
            owner_roles: [OWNER].into(),
            manager_roles: [MANAGER].into(),
            ..Policy::default()
        };
        let cadence = Cadence {
            grace: [(registration_incomplete::RULE.id, 14), (owner_several::RULE.id, 30)].into(),
            remind_every: vec![0, 14, 14, 7],
            escalate_after: 3,
            max_mails_per_run: most,
        };
        let calendar = Calendar {
            working_days: WorkingDays {
                holidays: BTreeSet::new(),
                zone: Copenhagen,
                not_before: NaiveTime::from_hms_opt(7, 0, 0).expect("a time"),
                business_days_only: true,
            },
            quiet_weeks: [28, 29, 30].into(),
            remind: CronLine::parse("0 8 * * *").expect("a line"),
            digest: CronLine::parse("0 7 * * Mon").expect("a line"),
        };
        let (audience, nobody, nothing) = (
            Audience {
                it: vec!["it@kommune.dk".to_owned()],
                allowed_domains: ["kommune.dk".to_owned()].into(),
            },
            BTreeSet::new(),
            BTreeMap::new(),
        );
        let mut told = Told::default();
        let mut facts = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let mut last_to: BTreeMap<String, NaiveDate> = BTreeMap::new();
        let mut escalated = BTreeSet::new();
        let mut last_pull = instant(first_day(), 5);

        for number in 0..365 {
            let today = first_day() + TimeDelta::days(number);
            let now = instant(today, 8);
            // A pull that fails leaves everything as it was.
            if !outages.contains(&number) {
                last_pull = instant(today, 5);
            }
            let open: Vec<Finding> = stories
                .iter()
                .enumerate()
                .filter(|(_, s)| s.begins <= number && number < s.begins + s.lasts)
                .map(|(n, story)| finding(n, story))
                .collect();
            let waivers: BTreeMap<i64, DateTime<Utc>> = stories
                .iter()
                .enumerate()
                .filter_map(|(n, s)| {
                    let (from, days) = s.waived?;
                    let end = s.begins + from + days;
                    let in_force = s.begins + from <= number && number < end;
                    let end = instant(first_day() + TimeDelta::days(end), 0);
                    in_force.then_some((i64::try_from(n).ok()?, end))
                })
                .collect();
            let material = Material {
                lines: Lines {
                    snapshot: &snapshot,
                    former_names: &nothing,
                    names: &nothing,
                    kitos_url: "https://kitos.dk",
                    language: Language::Da,
                    zone: Copenhagen,
                    suggestions: &BTreeMap::new(),
                    told: &told,
                },
                policy: &policy,
                leaders: Some(&leaders),
                leaders_unknown: false,
                audience: &audience,
                refused: &nobody,
                last_owners: &BTreeMap::new(),
                open: &open,
                waivers: &waivers,
                told: &told,
                cadence: &cadence,
                calendar: &calendar,
                last_good_pull: last_pull,
                now,
            };
            let plan = plan(&material);
            let again = kitos_sync::notify::plan(&material);
            prop_assert_eq!(&plan, &again);

            // Days off, quiet weeks and old facts.
            let off = today.weekday().number_from_monday() > 5 || is_danish_day_off(today);
            let quiet = (28..=30).contains(&today.iso_week().week());
            if off || quiet || now - last_pull > TimeDelta::days(7) {
                prop_assert!(plan.mails.is_empty(), "a mail on {}", today);
            }
            // The brake.
            let of_kind = |kind| plan.mails.iter().filter(move |p| p.mail.kind == kind);
            prop_assert!(of_kind(MailKind::Reminder).count() <= most);

            for planned in &plan.mails {
                let to = &planned.mail.to[0];
                prop_assert!(to.ends_with("@kommune.dk"), "{}", to);
                prop_assert!(keys.insert(planned.mail.key.clone()), "a key twice");
                prop_assert!(planned.mail.not_before >= now);
                prop_assert!(!planned.facts.is_empty());
                if planned.mail.kind == MailKind::Reminder
                    && let Some(last) = last_to.insert(to.clone(), today)
                {
                    prop_assert!(today - last >= TimeDelta::days(7), "{} twice: {}", to, today);
                }
                for fact in &planned.facts {
                    prop_assert!(facts.insert(fact.clone()), "a fact twice");
                    let story = &stories[usize::try_from(fact.finding).expect("an id")];
                    prop_assert!(!waivers.contains_key(&fact.finding), "waived");
                    let age = number - story.begins;
                    let grace = match story.rule.as_str() {
                        "registration-incomplete" => 14,
                        "owner-several" => 30,
                        _ if story.by_policy_change => 7,
                        _ => 0,
                    };
                    prop_assert!(age >= grace, "within its grace");
                    if planned.mail.kind == MailKind::Escalation {
                        prop_assert!(escalated.insert(fact.finding), "escalated twice");
                    }
                    told_before(&told, fact.finding, planned.mail.kind)?;
                }
            }

            // None is forgotten: each is told now, or there is a reason and a date.
            let next = next_mail_at(&plan);
            for finding in &open {
                let at = next.get(&finding.id);
                prop_assert!(at.is_some(), "{} is forgotten on {}", finding.id, today);
                prop_assert!(at.is_some_and(|at| *at >= now));
            }
            for held in &plan.held {
                let at = held.next.expect("a schedule that runs");
                prop_assert!(at > now, "{:?}", held);
                let local = civil::local(at, Copenhagen).date();
                if !matches!(held.why, Why::Digest { .. }) {
                    prop_assert_eq!(calendar.off(local), None, "{:?}", held);
                }
            }
            let new: Vec<_> = plan.mails.into_iter().flat_map(|planned| planned.facts).collect();
            for fact in &new {
                told.note(fact, now, false);
            }
        }
    }
}

/// An escalation tells of three reminders at least.
fn told_before(told: &Told, finding: i64, kind: MailKind) -> Result<(), TestCaseError> {
    if kind == MailKind::Escalation {
        prop_assert!(told.of_finding(finding).0 >= 3);
    }
    Ok(())
}
