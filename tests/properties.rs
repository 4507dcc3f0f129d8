//! What holds for any register and any sequence of pulls (`design.md`,
//! "Invariants"), shown on generated ones.

#[path = "support/database.rs"]
mod database;
#[path = "support/generate.rs"]
mod generate;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveTime;
use chrono_tz::Europe::Copenhagen;
use kitos_sync::core::calendar::WorkingDays;
use kitos_sync::core::changes::{Dated, changes};
use kitos_sync::core::diff::{apply, diff, from_nothing};
use kitos_sync::core::history::History;
use kitos_sync::core::notices::{Audience, Occasion, PlannedMail, notices};
use kitos_sync::core::policy::{Policy, Setting, judge};
use kitos_sync::model::{Finding, MailMode, Missing, NewMail, Rule, Severity, Snapshot};
use kitos_sync::store::{self, KeptPull};
use proptest::prelude::*;
use rusqlite::types::Value;
use uuid::Uuid;

use database::{Database, Past, dated, nine};
use generate::{Kind, id, owner_roles, sequence, snapshot};

fn policy() -> Policy {
    Policy {
        owner_roles: owner_roles(),
        excluded_uuids: [id(Kind::Usage, 5)].into(),
        excluded_names: vec!["test*".to_owned()],
        rules: Rule::ALL.into_iter().map(|rule| (rule, setting())).collect(),
        ..Policy::default()
    }
}

fn setting() -> Setting {
    Setting {
        severity: Severity::High,
        levels: ["leder".to_owned()].into(),
        require: Missing::REQUIRABLE.into(),
        days: 3,
        months: 1,
    }
}

fn working_days() -> WorkingDays {
    WorkingDays {
        holidays: BTreeSet::new(),
        zone: Copenhagen,
        not_before: NaiveTime::from_hms_opt(7, 0, 0).expect("a time"),
        business_days_only: true,
    }
}

fn audience() -> Audience {
    Audience {
        it: ["it@randers.dk", "IT@randers.dk", "vagt@randers.dk"].map(str::to_owned).to_vec(),
        allowed_domains: ["randers.dk".to_owned()].into(),
    }
}

fn finished(planned: &PlannedMail) -> NewMail {
    NewMail {
        key: planned.key.clone(),
        kind: planned.kind,
        mode: MailMode::Send,
        person: planned.person,
        to: planned.to.clone(),
        subject: String::new(),
        message_id: format!("<{}@test>", planned.key),
        mime: Vec::new(),
        not_before: planned.not_before,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_difference_carried_out_gives_the_later_snapshot(a in snapshot(), b in snapshot()) {
        prop_assert_eq!(apply(&diff(&a, &b), a.clone()), b.clone());
        let nothing = Snapshot::empty(a.organization);
        prop_assert_eq!(apply(&from_nothing(&b), nothing), b);
    }

    #[test]
    fn nothing_differs_from_itself(a in snapshot()) {
        prop_assert!(diff(&a, &a).is_empty());
        let at = Dated { snapshot: &a, today: generate::first_day() };
        prop_assert_eq!(changes(at, at, &diff(&a, &a), &owner_roles()), vec![]);
    }

    #[test]
    fn a_held_pull_survives_its_json(snapshot in snapshot()) {
        let kept = KeptPull { snapshot, requests: 7, bytes: u64::MAX, duration_ms: -1 };
        let json = serde_json::to_string(&kept).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<KeptPull>(&json).expect("a pull"), kept);
    }

    #[test]
    fn judging_does_not_depend_on_the_order_of_rows(a in snapshot()) {
        let shuffled = Snapshot {
            usages: a.usages.clone().into_iter().rev().collect(),
            people: a.people.clone().into_iter().rev().collect(),
            ..a.clone()
        };
        let backwards = Policy { rules: policy().rules.into_iter().rev().collect(), ..policy() };
        let sorted = |snapshot: &Snapshot, policy: &Policy| {
            let mut seen = judge(snapshot, &History::default(), policy, generate::first_day());
            seen.sort_by_key(|o| (o.usage, o.rule));
            seen
        };
        let seen = sorted(&a, &policy());
        prop_assert_eq!(&seen, &sorted(&shuffled, &backwards));
        prop_assert!(seen.iter().all(|o| !o.faults.is_empty()));
        // Invariant: the two owner rules never speak of one usage at once.
        let of = |rule| seen.iter().filter(move |o| o.rule == rule).map(|o| o.usage);
        let missing: BTreeSet<_> = of(Rule::OwnerMissing).collect();
        prop_assert!(of(Rule::OwnerDeparted).all(|usage| !missing.contains(&usage)));
    }

    #[test]
    fn no_mail_is_planned_twice(pulls in sequence()) {
        let mut keys = BTreeSet::new();
        for (pair, snapshot_id) in pulls.windows(2).zip(2i64..) {
            let (before, after) = (dated(&pair[0]), dated(&pair[1]));
            let delta = diff(before.snapshot, after.snapshot);
            let changes = changes(before, after, &delta, &owner_roles());
            let occasion =
                Occasion {
                    snapshot_id,
                    before,
                    after,
                    changes: &changes,
                    suggestions: &BTreeMap::new(),
                    now: nine(after.today),
                };
            let planned =
                notices(&occasion, &policy(), &audience(), &working_days(), "https://kitos.dk");
            for mail in &planned {
                prop_assert!(keys.insert(mail.key.clone()), "{} twice", mail.key);
                prop_assert_eq!(mail.to.len(), 1);
                prop_assert!(mail.not_before >= occasion.now);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_gives_back_what_it_was_given(pulls in sequence()) {
        let mut database = Database::new();
        let mut history = History::default();
        let mut ids = Vec::new();
        for (n, seen) in pulls.iter().enumerate() {
            let (snapshot_id, assessment) = database.commit(seen, &policy());
            ids.push(snapshot_id);
            prop_assert!(n > 0 || assessment.changes.is_empty(), "the first pull is a baseline");
            let read = store::current_snapshot(&database.connection).expect("a snapshot");
            prop_assert_eq!(read.as_ref(), Some(&seen.snapshot));
            if n == 0 {
                history.begin(&seen.snapshot, seen.today);
            } else {
                history.advance(
                    &pulls[n - 1].snapshot, &seen.snapshot, &owner_roles(), seen.today,
                );
            }
            let loaded = store::load_history(&database.connection, &owner_roles());
            prop_assert_eq!(&loaded.expect("a history"), &history);
        }
        for (seen, snapshot_id) in pulls.iter().zip(ids) {
            prop_assert_eq!(
                Past::as_of(&database.connection, snapshot_id), Past::of(&seen.snapshot)
            );
        }
    }

    #[test]
    fn an_unchanged_pull_writes_one_row(pulls in sequence()) {
        let mut database = Database::new();
        for seen in &pulls {
            database.commit(seen, &policy());
        }
        let last = pulls.last().expect("a pull");
        let mut before = database.dump();
        let (_, assessment) = database.commit(last, &policy());
        prop_assert!(assessment.delta.is_empty() && assessment.changes.is_empty());
        let mut after = database.dump();
        let rows = |dump: &mut BTreeMap<String, Vec<Vec<Value>>>| {
            dump.remove("snapshot").expect("the table")
        };
        let (rows_before, rows_after) = (rows(&mut before), rows(&mut after));
        prop_assert_eq!(rows_after.len(), rows_before.len() + 1);
        prop_assert_eq!(&rows_after[..rows_before.len()], &rows_before[..]);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn a_finding_opens_once_resolves_once_and_reopens_as_another(pulls in sequence()) {
        let mut database = Database::new();
        let mut ever: BTreeMap<i64, Finding> = BTreeMap::new();
        for seen in &pulls {
            let (_, assessment) = database.commit(seen, &policy());
            let open = store::open_findings(&database.connection).expect("findings");
            let resolved: Vec<Finding> = store::select_findings(
                &database.connection,
                &store::FindingFilter { resolved: true, ..Default::default() },
            )
            .expect("findings");
            prop_assert!(open.iter().all(|f| f.resolved_at.is_none()));
            prop_assert!(resolved.iter().all(|f| f.resolved_at >= Some(f.opened_at)));
            let of_open: BTreeSet<_> = open.iter().map(|f| (f.rule, f.usage)).collect();
            prop_assert_eq!(of_open.len(), open.len(), "open twice");
            let observed: BTreeSet<_> =
                judge(&seen.snapshot, &History::default(), &policy(), seen.today)
                    .into_iter()
                    .map(|o| (o.rule, o.usage))
                    .collect();
            // One rule counts days from a past that the last pull does not know.
            let ageless = |keys: &BTreeSet<(Rule, Uuid)>| -> BTreeSet<(Rule, Uuid)> {
                keys.iter().filter(|(rule, _)| *rule != Rule::PhasingOutStalled).copied().collect()
            };
            prop_assert_eq!(ageless(&of_open), ageless(&observed), "as judged on the last pull alone");

            let before: BTreeSet<i64> = ever.keys().copied().collect();
            let now: BTreeMap<i64, Finding> =
                open.into_iter().chain(resolved).map(|f| (f.id, f)).collect();
            for (id, then) in &ever {
                let finding = &now[id];
                prop_assert_eq!(
                    (finding.rule, finding.usage, finding.opened_at),
                    (then.rule, then.usage, then.opened_at)
                );
                prop_assert!(
                    then.resolved_at.is_none() || finding == then,
                    "a resolved finding is history"
                );
            }
            prop_assert_eq!(
                now.keys().filter(|id| !before.contains(id)).count(),
                assessment.findings.opened.len()
            );
            ever = now;
        }
    }

    #[test]
    fn the_same_plan_queues_nothing_twice(pulls in sequence()) {
        let mut database = Database::new();
        for (n, seen) in pulls.iter().enumerate() {
            let (snapshot_id, assessment) = database.commit(seen, &policy());
            let Some(before) = n.checked_sub(1).map(|n| dated(&pulls[n])) else { continue };
            let occasion = Occasion {
                snapshot_id,
                before,
                after: dated(seen),
                changes: &assessment.changes,
                suggestions: &BTreeMap::new(),
                now: nine(seen.today),
            };
            let plan = || {
                notices(&occasion, &policy(), &audience(), &working_days(), "https://kitos.dk")
            };
            let mut queue = || {
                let tx = store::immediate(&mut database.connection).expect("a transaction");
                let queued = plan()
                    .iter()
                    .filter_map(|m| store::enqueue(&tx, &finished(m), occasion.now).expect("a row"))
                    .count();
                tx.commit().expect("a commit");
                queued
            };
            prop_assert_eq!(queue(), plan().len());
            prop_assert_eq!(queue(), 0);
        }
    }
}
