//! What holds for any sequence of pulls (`docs/architecture.md`, "Invariants"), shown on
//! generated ones: what the database keeps of them, and who is told.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Europe::Copenhagen;
use kitos_sync::model::{
    Ending, Fault, Finding, Language, MailKind, MailMode, NewMail, Rule, Severity, SystemUsage,
};
use kitos_sync::notify::digest::data::Health;
use kitos_sync::notify::digest::{Material, digest};
use kitos_sync::notify::directory::{Directory, Sources};
use kitos_sync::notify::identity::Identities;
use kitos_sync::notify::ledger::Ledger;
use kitos_sync::notify::lines::Lines;
use kitos_sync::notify::notices::{PlannedNotice, PullEvent, notices};
use kitos_sync::notify::{Calendar, Pace, Situation};
use kitos_sync::policy::judge;
use kitos_sync::policy::leaders::Leaders;
use kitos_sync::policy::rules::owner_missing::nobody_owns;
use kitos_sync::policy::rules::{owner_missing, phasing_out_stalled};
use kitos_sync::register::changes::{Dated, OwnerRoles, changes};
use kitos_sync::register::diff::diff;
use kitos_sync::register::history::History;
use kitos_sync::store::{self};
use kitos_sync::time::calendar::WorkingDays;
use kitos_sync::time::schedule::CronLine;
use proptest::prelude::*;
use rusqlite::types::Value;
use uuid::Uuid;

use super::policy::policy;
use crate::support::database::{Database, Past, dated, nine};
use crate::support::explore::cases;
use crate::support::generate::{owner_roles, sequence};

fn working_days() -> WorkingDays {
    WorkingDays {
        holidays: BTreeSet::new(),
        zone: Copenhagen,
        not_before: NaiveTime::from_hms_opt(7, 0, 0).expect("a time"),
        business_days_only: true,
    }
}

/// The notices of an event, to people of whom nothing is known but what the
/// registers say.
fn told(event: &PullEvent<'_>) -> Vec<PlannedNotice> {
    let it = ["it@randers.dk", "IT@randers.dk", "vagt@randers.dk"].map(str::to_owned);
    in_situation(event.after, event.now, &[], |situation| {
        notices(event, situation, &it, "https://kitos.dk")
    })
}

/// What `work` makes of these open findings, of a register, and of nothing told.
fn in_situation<T>(
    seen: Dated<'_>,
    now: DateTime<Utc>,
    open: &[Finding],
    work: impl FnOnce(&Situation<'_>) -> T,
) -> T {
    let (policy, snapshot) = (policy(), seen.snapshot);
    let mut identities = Identities::default();
    identities.take_in(snapshot.people.values());
    for leader in policy.leaders.iter().flat_map(Leaders::iter) {
        identities.take_in_address(&leader.email);
    }
    let daily = || CronLine::parse("0 8 * * *").expect("a crontab line");
    let calendar = Calendar {
        working_days: working_days(),
        quiet_weeks: BTreeSet::new(),
        remind: daily(),
        digest: daily(),
    };
    let pace = Pace {
        grace: BTreeMap::new(),
        days: BTreeMap::new(),
        escalate_after: 3,
        escalate_from: Severity::Medium,
        max_mails_per_run: 50,
    };
    let (domains, nobody) = (BTreeSet::from(["randers.dk".to_owned()]), BTreeSet::new());
    let (last_owners, away, departures) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    let directory = Directory::new(Sources {
        snapshot,
        policy: &policy,
        leaders: policy.leaders.as_ref(),
        identities: &identities,
        allowed_domains: &domains,
        refused: &nobody,
        last_owners: &last_owners,
        away: &away,
        departures: &departures,
        today: seen.today,
    });
    work(&Situation {
        directory: &directory,
        leaders_unknown: false,
        open,
        waivers: &BTreeMap::new(),
        answered: &BTreeMap::new(),
        ledger: &Ledger::default(),
        pace: &pace,
        calendar: &calendar,
        round: None,
        last_good_pull: now,
        now,
    })
}

fn finished(planned: &PlannedNotice) -> NewMail {
    NewMail {
        link: None,
        key: planned.key.clone(),
        kind: MailKind::Notice,
        mode: MailMode::Send,
        person: planned.person,
        to: vec![planned.to.clone()],
        cc: Vec::new(),
        subject: String::new(),
        message_id: format!("<{}@test>", planned.key),
        mime: Vec::new(),
        not_before: planned.not_before,
    }
}

/// What is not a matter of age: two rules tell since when.
fn ageless<'a>(
    seen: impl IntoIterator<Item = (Rule, Uuid, &'a [Fault])>,
) -> BTreeMap<(Rule, Uuid), Vec<Fault>> {
    seen.into_iter()
        .filter(|(rule, ..)| *rule != phasing_out_stalled::RULE.id)
        .map(|(rule, usage, faults)| {
            let faults = if rule == owner_missing::RULE.id { Vec::new() } else { faults.to_vec() };
            ((rule, usage), faults)
        })
        .collect()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn no_mail_is_planned_twice(pulls in sequence()) {
        let mut keys = BTreeSet::new();
        for (pair, snapshot_id) in pulls.windows(2).zip(2i64..) {
            let (before, after) = (dated(&pair[0]), dated(&pair[1]));
            let delta = diff(before.snapshot, after.snapshot);
            let changes = changes(before, after, &delta, OwnerRoles::unchanged(&owner_roles()));
            let event =
                PullEvent {
                    snapshot_id,
                    before,
                    after,
                    changes: &changes,
                    earlier: &[],
                    withdrawn: &BTreeSet::new(),
                    waiting: &BTreeMap::new(),
                    suggestions: &BTreeMap::new(),
                    now: nine(after.today),
                };
            let planned = told(&event);
            for mail in &planned {
                prop_assert!(keys.insert(mail.key.clone()), "{} twice", mail.key);
                prop_assert!(mail.not_before >= event.now);
            }
        }
    }
}

proptest! {
    #![proptest_config(cases(96))]

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
            // The same from its versions as from what is kept of it.
            let read = store::snapshot_at(&database.connection, nine(seen.today));
            prop_assert_eq!(read.expect("a snapshot"), Some(seen.snapshot.clone()));
            if n == 0 {
                history.begin(&seen.snapshot, seen.today);
            } else {
                history.advance(
                    &pulls[n - 1].snapshot, &seen.snapshot, &owner_roles(), seen.today,
                );
            }
            let past = || {
                let connection = &database.connection;
                (
                    store::load_history(connection, &owner_roles()).expect("a history"),
                    store::former_usages(connection).expect("usages"),
                    store::former_names(connection).expect("names"),
                )
            };
            let kept = past();
            prop_assert_eq!(&kept.0, &history);
            database.connection.execute_batch("DELETE FROM register_now").expect("nothing kept");
            prop_assert_eq!(past(), kept);
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
            let lapses = assessment.findings.resolved.values().any(|how| *how == Ending::Lapsed);
            prop_assert!(!lapses, "the rules are the same");
            let open = store::open_findings(&database.connection).expect("findings");
            let resolved: Vec<Finding> = store::select_findings(
                &database.connection,
                &store::FindingFilter { resolved: true, ..Default::default() },
            )
            .expect("findings");
            prop_assert!(open.iter().all(|f| f.resolved_at.is_none()));
            prop_assert!(resolved.iter().all(|f| f.resolved_at >= Some(f.opened_at)));
            prop_assert!(resolved.iter().all(|f| f.ending.is_some()));
            let of_open: BTreeSet<_> = open.iter().map(|f| (f.rule, f.usage)).collect();
            prop_assert_eq!(of_open.len(), open.len(), "open twice");
            let observed = judge(&seen.snapshot, &History::default(), &policy(), seen.today);
            prop_assert_eq!(
                ageless(open.iter().map(|f| (f.rule, f.usage, f.faults.as_slice()))),
                ageless(observed.iter().map(|o| (o.rule, o.usage, o.faults.as_slice()))),
                "as judged on the last pull alone"
            );

            let before: BTreeSet<i64> = ever.keys().copied().collect();
            let now: BTreeMap<i64, Finding> =
                open.into_iter().chain(resolved).map(|f| (f.id, f)).collect();
            for (id, then) in &ever {
                let finding = &now[id];
                // Two rules tell of one case, one after the other: that nobody owns it.
                let is_same_case = match nobody_owns(&then.faults) {
                    true => nobody_owns(&finding.faults),
                    false => !nobody_owns(&finding.faults) && finding.rule == then.rule,
                };
                prop_assert!(is_same_case, "{:?} became {:?}", then.rule, finding.rule);
                prop_assert_eq!(
                    (finding.usage, finding.opened_at), (then.usage, then.opened_at)
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
    fn a_digest_can_be_made_of_anything(pulls in sequence()) {
        let mut database = Database::new();
        for seen in &pulls {
            database.commit(seen, &policy());
        }
        let (connection, last) = (&database.connection, pulls.last().expect("a pull"));
        let since = nine(pulls[0].today);
        let open = store::open_findings(connection).expect("findings");
        let changes: Vec<_> = store::changes_since(connection, since)
            .expect("changes")
            .into_iter()
            .map(|row| (row.date, row.change))
            .collect();
        let ended = store::ended_between(connection, since, nine(last.today));
        let former = store::former_usages(connection).expect("usages").into_iter();
        let given = |usage: SystemUsage| usage.given_name().unwrap_or_default().to_owned();
        let former = former.map(|(uuid, usage)| (uuid, given(usage))).collect();
        let lines = Lines {
            snapshot: &last.snapshot,
            former_names: &former,
            names: &store::person_names(connection).expect("names"),
            ui_url: "https://kitos.dk/ui",
            language: Language::Da,
            zone: Copenhagen,
            ledger: &Ledger::default(),
        };
        let digest = in_situation(dated(last), nine(last.today), &open, |situation| {
            digest(&Material {
                situation,
                lines,
                suggestions: Some(&BTreeMap::new()),
                date: last.today,
                since: Some(since),
                ended: &ended.expect("findings"),
                changes: &changes,
                before: None,
                figures: &[],
                waived_then: &BTreeSet::new(),
                waivers: &[],
                answers: &[],
                leavers: &[],
                round: None,
            health: Health {
                    pulled_at: nine(last.today).with_timezone(&Copenhagen),
                    usages: 0,
                    people: 0,
                    failed_pulls: 0,
                    sent: 0,
                    next_pull: None,
                    dead: 0,
                    incidents: vec![],
                },
            })
        });
        prop_assert_eq!(digest.lines.len(), open.len());
        prop_assert_eq!(digest.open.values().sum::<u32>() as usize, open.len());
        prop_assert!(digest.share.part <= digest.share.whole);
        // Whoever covers a system sees either an owner or a finding that says why not.
        let ownerless = usize::try_from(digest.share.whole - digest.share.part).expect("a count");
        prop_assert!(ownerless <= open.len());
        let listed: BTreeSet<&String> = digest.lines.iter().map(|line| &line.system).collect();
        let mut told = digest.stories.iter().flat_map(|story| &story.systems);
        prop_assert!(told.all(|system| listed.contains(system)));
        let here: BTreeSet<&str> =
            last.snapshot.usages.values().map(|usage| last.snapshot.usage_name(usage)).collect();
        let acquired = digest.acquired.iter().all(|system| here.contains(system.as_str()));
        prop_assert!(acquired, "only what is there still");
    }

    #[test]
    fn the_same_plan_queues_nothing_twice(pulls in sequence()) {
        let mut database = Database::new();
        for (n, seen) in pulls.iter().enumerate() {
            let (snapshot_id, assessment) = database.commit(seen, &policy());
            let Some(before) = n.checked_sub(1).map(|n| dated(&pulls[n])) else { continue };
            let event = PullEvent {
                snapshot_id,
                before,
                after: dated(seen),
                changes: &assessment.changes,
                earlier: &[],
                withdrawn: &BTreeSet::new(),
                waiting: &BTreeMap::new(),
                suggestions: &BTreeMap::new(),
                now: nine(seen.today),
            };
            let plan = || told(&event);
            let mut queue = || {
                let tx = store::immediate(&mut database.connection).expect("a transaction");
                let queued = plan()
                    .iter()
                    .filter_map(|m| store::enqueue(&tx, &finished(m), event.now).expect("a row"))
                    .count();
                tx.commit().expect("a commit");
                queued
            };
            prop_assert_eq!(queue(), plan().len());
            prop_assert_eq!(queue(), 0);
        }
    }
}
