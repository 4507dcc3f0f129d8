//! What holds for any two registers (`docs/architecture.md`, "Invariants"), shown on
//! generated ones: their difference, what the rules find, what the guard says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};
use kitos_sync::guard::{Limits, Side, inspect};
use kitos_sync::model::{HeldList, HoldReason, Snapshot};
use kitos_sync::policy::roles::{MatchedRoles, RecordedRoles, match_roles};
use kitos_sync::policy::rules::{Scope, def, owner_departed, owner_missing};
use kitos_sync::policy::{Policy, judge};
use kitos_sync::register::changes::{Dated, OwnerRoles, changes};
use kitos_sync::register::diff::{apply, diff, from_nothing};
use kitos_sync::register::history::{History, LastOwner};
use kitos_sync::store::KeptPull;
use proptest::collection::btree_map;
use proptest::prelude::*;

use super::policy::policy;
use crate::support::explore::cases;
use crate::support::generate::{self, Kind, id, owner_roles, snapshot};

fn side<'a>(snapshot: &'a Snapshot, owners: &'a MatchedRoles, policy: &'a Policy) -> Side<'a> {
    Side { seen: Dated { snapshot, today: generate::first_day() }, owners, policy }
}

/// Days around those in the registers, and some far from them.
fn day() -> impl Strategy<Value = NaiveDate> {
    let near = (0u64..20).prop_map(|days| generate::first_day() + Days::new(days));
    let edges = prop_oneof![Just(NaiveDate::MIN), Just(NaiveDate::MAX)];
    prop_oneof![9 => near, 1 => edges]
}

/// A past that need not fit the register that it is judged with.
fn history() -> impl Strategy<Value = History> {
    let usage = || (0u8..7).prop_map(|n| id(Kind::Usage, n));
    let last =
        (0u8..7, day()).prop_map(|(n, gone)| LastOwner { person: id(Kind::Person, n), gone });
    (
        btree_map(usage(), last, 0..4),
        btree_map(usage(), day(), 0..4),
        btree_map(usage(), day(), 0..4),
        any::<bool>(),
    )
        .prop_map(|(last_owner, acquired, phasing_out_since, refused)| History {
            last_owner,
            acquired,
            phasing_out_since,
            refused: refused.then(|| "a@randers.dk".to_owned()).into_iter().collect(),
            looked_through: BTreeMap::new(),
            departed: BTreeSet::new(),
        })
}

proptest! {
    #![proptest_config(cases(256))]

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
        prop_assert_eq!(changes(at, at, &diff(&a, &a), OwnerRoles::unchanged(&owner_roles())), vec![]);
    }

    #[test]
    fn a_held_pull_survives_its_json(snapshot in snapshot()) {
        let kept = KeptPull { snapshot, host: "kitos.dk".to_owned(), requests: 7, bytes: u64::MAX, duration_ms: -1 };
        let json = serde_json::to_string(&kept).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<KeptPull>(&json).expect("a pull"), kept);
    }

    #[test]
    fn the_rules_judge_any_register_on_any_day(
        a in snapshot(), past in history(), day in day(), without_leaders in any::<bool>(),
    ) {
        let mut policy = policy();
        if without_leaders {
            policy.leaders = None;
        }
        let seen = judge(&a, &past, &policy, day);
        let keys: BTreeSet<_> = seen.iter().map(|o| (o.rule, o.usage)).collect();
        prop_assert_eq!(keys.len(), seen.len(), "one finding per rule and usage");
        for o in &seen {
            let usage = &a.usages[&o.usage];
            prop_assert!(!policy.excludes(&a, usage));
            prop_assert!(o.faults.is_sorted() && !o.faults.is_empty());
            let rule = def(o.rule);
            let in_scope = rule.scope == Scope::All || policy.in_scope(&a, usage, day);
            prop_assert!(in_scope, "{:?}", o.rule);
            let guessed = rule.needs_leaders && without_leaders;
            prop_assert!(!guessed, "without the file nobody is guessed");
        }
        prop_assert_eq!(judge(&a, &past, &policy, day), seen);
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
        let missing: BTreeSet<_> = of(owner_missing::RULE.id).collect();
        prop_assert!(of(owner_departed::RULE.id).all(|usage| !missing.contains(&usage)));
    }

    #[test]
    fn the_guard_holds_no_unchanged_pull_and_survives_any(a in snapshot(), b in snapshot()) {
        let names = owner_roles().iter().map(ToString::to_string).collect::<Vec<_>>();
        let roles = |at: &Snapshot| match_roles(&names, &RecordedRoles::new(), at);
        let limits = Limits { removed: 0.0, changed: 0.0, people: 0.0 };
        let (of_a, of_b) = (roles(&a), roles(&b));
        let policy = policy();
        prop_assert_eq!(inspect(side(&a, &of_a, &policy), side(&a, &of_a, &policy), 0, &limits), vec![]);
        let reasons = inspect(side(&a, &of_a, &policy), side(&b, &of_b, &policy), 0, &limits);
        let emptied = !a.usages.is_empty() && b.usages.is_empty();
        let told = |reason: &HoldReason| {
            matches!(reason, HoldReason::Emptied { list: HeldList::Usages, .. })
        };
        prop_assert_eq!(reasons.iter().any(told), emptied);
    }
}
