use chrono_tz::Europe::Copenhagen;

use super::*;
use crate::model::{
    Fault, FaultArg, LifeCycle, Severity, Standing, StateOfUse, Transition, UsageFacts,
};
use crate::policy::rules::owner_missing;
use crate::testing::{at, day, id, policy, randers};

/// A Monday.
const DATE: &str = "2026-11-16";
const LAST: &str = "2026-11-09T06:00:00Z";

/// What a test says about a digest; the rest is as on a quiet Monday.
struct Given {
    snapshot: Snapshot,
    policy: Policy,
    since: Option<&'static str>,
    open: Vec<Finding>,
    resolved: Vec<Finding>,
    changes: Vec<(NaiveDate, Change)>,
    figures: Vec<TrendPoint>,
    former_names: BTreeMap<Uuid, String>,
    leavers: Vec<LeaverCase>,
}

/// A change of that kind; the last owners of what is removed are bo and eva.
fn change(kind: ChangeKind, usage: Uuid) -> Change {
    let state = StateOfUse::InUse;
    let facts = || UsageFacts {
        name: String::new(),
        state,
        owners: [id("bo"), id("eva")].into(),
        responsible_unit: None,
    };
    let standing = || Standing { state, life_cycle: None, valid_to: None };
    let transition = || Transition { usage, before: standing(), after: standing() };
    match kind {
        ChangeKind::Acquired => Change::Acquired { usage, after: facts() },
        ChangeKind::Removed => Change::Removed { usage, before: facts() },
        ChangeKind::PhasingOut => Change::PhasingOut(transition()),
        ChangeKind::Decommissioned => Change::Decommissioned(transition()),
        ChangeKind::Revived => Change::Revived(transition()),
        other => panic!("no digest tells {other:?}"),
    }
}

impl Given {
    fn new(snapshot: Snapshot) -> Self {
        Self {
            snapshot,
            policy: policy(),
            since: Some(LAST),
            open: Vec::new(),
            resolved: Vec::new(),
            changes: Vec::new(),
            figures: Vec::new(),
            former_names: BTreeMap::new(),
            leavers: Vec::new(),
        }
    }

    fn changes(self, changes: &[(&str, ChangeKind, &str)]) -> Self {
        let changes =
            changes.iter().map(|(date, kind, usage)| (day(date), change(*kind, id(usage))));
        Self { changes: changes.collect(), ..self }
    }

    fn digest(&self) -> Digest {
        let names = ["bo", "ida", "eva"].map(|name| (id(name), name.to_owned())).into();
        digest(&Material {
            snapshot: &self.snapshot,
            policy: &self.policy,
            date: day(DATE),
            zone: Copenhagen,
            kitos_url: "https://kitos.dk",
            language: Language::Da,
            since: self.since.map(at),
            open: &self.open,
            resolved: &self.resolved,
            lapsed: 0,
            changes: &self.changes,
            figures: &self.figures,
            former_names: &self.former_names,
            names: &names,
            waivers: &[],
            leavers: &self.leavers,
            suggestions: &BTreeMap::new(),
            ledger: &Ledger::default(),
            health: Health {
                pulled_at: at("2026-11-16T04:04:00Z").with_timezone(&Copenhagen),
                usages: 612,
                people: 803,
                failed_pulls: 1,
                sent: 14,
                reminders: 0,
                next_pull: None,
                dead: 2,
                incidents: vec![],
            },
        })
    }
}

fn finding(usage: &str, opened_at: &str) -> Finding {
    Finding {
        id: 1,
        rule: owner_missing::RULE.id,
        severity: Severity::High,
        usage: id(usage),
        faults: vec![Fault::new("no-owner")],
        opened_at: at(opened_at),
        resolved_at: None,
        since_baseline: false,
        by_policy_change: false,
    }
}

fn systems_of(lines: &[FindingLine]) -> Vec<&str> {
    lines.iter().map(|line| line.system.as_str()).collect()
}

fn names_of(lines: &[SystemLine]) -> Vec<&str> {
    lines.iter().map(|line| line.system.as_str()).collect()
}

#[test]
fn an_empty_week_is_a_digest_too() {
    let given = Given::new(randers());
    let digest = given.digest();
    assert_eq!(digest.organization, "Randers Kommune");
    assert_eq!((digest.date, digest.since), (day(DATE), Some(day("2026-11-09"))));
    let today = TrendPoint { date: day(DATE), in_scope: 0, with_owner: 0 };
    assert_eq!(digest.trend, [today]);
    assert!(digest.opened.is_empty() && digest.open.is_empty() && digest.resolved.is_empty());
    assert_eq!(digest.health.usages, 612);
    assert!(!digest.nothing_read);
}

#[test]
fn a_week_in_which_kitos_was_not_read_is_not_one_in_which_nothing_happened() {
    let given = Given { since: Some("2026-11-16T05:00:00Z"), ..Given::new(randers()) };
    assert!(given.digest().nothing_read);
}

#[test]
fn the_trend_has_one_point_a_week_for_twelve_weeks() {
    let point = |date: &str, with_owner| TrendPoint { date: day(date), in_scope: 10, with_owner };
    let given = Given {
        figures: vec![
            point("2026-08-24", 1), // twelve weeks ago: too old
            point("2026-08-25", 2),
            point("2026-08-31", 3), // eleven weeks ago: the first point
            point("2026-11-02", 4), // the last day of its week
            point("2026-11-03", 5),
            point("2026-11-09", 6),
            point("2026-11-09", 7), // two on one day: the later
            point("2026-11-15", 8), // this week: today's own figures stand for it
        ],
        ..Given::new(randers().user("bo").usage("løn").usage("post").assign("post", "ejer", "bo"))
    };
    let digest = given.digest();
    let trend: Vec<_> = digest.trend.iter().map(|p| (p.date, p.in_scope, p.with_owner)).collect();
    assert_eq!(
        trend,
        [
            (day("2026-08-31"), 10, 3),
            // Weeks without a pull are a gap, and no value.
            (day("2026-11-02"), 10, 4),
            (day("2026-11-09"), 10, 7),
            (day(DATE), 2, 1),
        ]
    );
    assert_eq!((digest.in_scope, digest.with_owner), (2, 1));

    let daily = day("2026-06-01").iter_days().take_while(|date| *date <= day(DATE));
    let figures = daily.map(|date| TrendPoint { date, in_scope: 1, with_owner: 1 }).collect();
    let digest = Given { figures, ..given }.digest();
    assert_eq!(digest.trend.len(), 12);
    let apart = |pair: &[TrendPoint]| (pair[1].date - pair[0].date).num_days();
    assert!(digest.trend.windows(2).all(|pair| apart(pair) == 7), "{:?}", digest.trend);
}

#[test]
fn what_is_new_is_what_opened_since_last_time() {
    let baseline = Finding { since_baseline: true, ..finding("post", "2026-11-12T05:00:00Z") };
    let mut given = Given {
        open: vec![
            finding("løn", "2026-11-09T06:00:01Z"),
            finding("sag", "2026-11-09T06:00:00Z"),
            baseline,
        ],
        ..Given::new(randers().usage("løn").usage("post").usage("sag"))
    };
    assert_eq!(systems_of(&given.digest().opened), ["løn"]);
    assert_eq!(given.digest().open.len(), 3);
    given.since = None;
    let first = given.digest();
    assert_eq!((first.since, systems_of(&first.opened).len()), (None, 0), "not everything twice");
    assert_eq!(first.open.len(), 3);
}

#[test]
fn open_findings_stand_by_administration_severity_age_and_name() {
    let in_unit = |s: Snapshot, usage: &str, unit: &str| {
        s.usage(usage).edit(usage, |u| u.responsible_unit = Some(id(unit)))
    };
    let snapshot = randers()
        .unit("kommunen", None)
        .unit("børn", Some("kommunen"))
        .unit("skole", Some("børn"))
        .unit("kultur", Some("kommunen"));
    let snapshot = in_unit(snapshot, "a", "kultur");
    let snapshot = in_unit(snapshot, "b", "skole");
    let snapshot = in_unit(snapshot, "c", "børn");
    let snapshot = in_unit(snapshot, "d", "skole");
    let snapshot = in_unit(snapshot, "e", "børn");
    let snapshot = in_unit(snapshot.usage("f"), "g", "nedlagt");
    let low = |f: Finding| Finding { severity: Severity::Low, ..f };
    let given = Given {
        open: vec![
            finding("f", "2026-01-01T05:00:00Z"),
            finding("a", "2026-01-01T05:00:00Z"),
            low(finding("b", "2026-01-01T05:00:00Z")),
            finding("e", "2026-11-02T05:00:00Z"),
            finding("d", "2026-11-02T04:00:00Z"),
            finding("c", "2026-11-01T05:00:00Z"),
            finding("g", "2026-01-01T05:00:00Z"),
        ],
        ..Given::new(snapshot)
    };
    let lines = given.digest().open;
    // One day is one age, whatever the hour.
    assert_eq!(systems_of(&lines), ["c", "d", "e", "b", "a", "f", "g"]);
    let of = |system: &str| lines.iter().find(|line| line.system == system).expect("a line");
    let place = |system| {
        let line = of(system);
        (line.administration.as_deref(), line.unit.as_deref())
    };
    assert_eq!(place("d"), (Some("børn"), Some("skole")));
    assert_eq!(place("c"), (Some("børn"), Some("børn")));
    assert_eq!(place("f"), (None, None), "no unit");
    assert_eq!(place("g"), (None, None), "a unit that is gone");
}

#[test]
fn a_line_tells_age_last_owner_and_where_to_go() {
    let snapshot = randers().usage("løn");
    let line = |finding| {
        let given = Given { open: vec![finding], ..Given::new(snapshot.clone()) };
        given.digest().open.remove(0)
    };
    // 23:30 in UTC is the next day here.
    let late = line(finding("løn", "2026-11-08T23:30:00Z"));
    assert_eq!((late.opened, late.age_days), (day("2026-11-09"), 7));
    assert_eq!(late.url, links::page("https://kitos.dk", id("løn"), Tab::Roles));
    assert_eq!((late.last_owner, late.departed), (None, false));
    let future = line(finding("løn", "2026-12-01T05:00:00Z"));
    assert_eq!(future.age_days, 0, "a clock that was ahead makes no negative age");

    let with = |fault| line(Finding { faults: vec![fault], ..finding("løn", LAST) });
    let last = |whether| {
        let since = Fault::new("no-owner").with("since", FaultArg::Date(day("2026-11-03")));
        move |who| since.with(whether, FaultArg::Person(id(who)))
    };
    let departed = |who| Fault::new("departed-owner").with("departed", FaultArg::Person(id(who)));
    for (why, fault, last_owner, departed) in [
        ("last owner, still here", last("person")("bo"), Some("bo"), false),
        ("last owner, gone", last("departed")("eva"), Some("eva"), true),
        ("named still", departed("eva"), Some("eva"), true),
        ("forgotten", departed("x"), None, true),
    ] {
        let line = with(fault);
        assert_eq!((line.last_owner.as_deref(), line.departed), (last_owner, departed), "{why}");
    }
}

#[test]
fn what_was_solved_keeps_the_name_of_a_system_that_is_gone() {
    let resolved = |usage| Finding {
        resolved_at: Some(at("2026-11-12T05:00:00Z")),
        ..finding(usage, "2026-10-01T05:00:00Z")
    };
    let given = Given {
        resolved: vec![resolved("væk"), resolved("løn"), resolved("ukendt")],
        former_names: [(id("væk"), "Et gammelt system".to_owned())].into(),
        ..Given::new(randers().usage("løn"))
    };
    assert_eq!(systems_of(&given.digest().resolved), ["", "Et gammelt system", "løn"]);
}

#[test]
fn what_was_undone_is_no_news() {
    use ChangeKind::{Acquired, Decommissioned, PhasingOut, Removed, Revived};
    let (mon, tue, wed) = ("2026-11-09", "2026-11-10", "2026-11-11");
    let state =
        |life_cycle| randers().usage("løn").edit("løn", |u| u.life_cycle = Some(life_cycle));
    let in_use = || state(LifeCycle::Operational);
    let shut = || state(LifeCycle::NotInUse);
    let phasing = || state(LifeCycle::PhasingOut);
    let løn: &[&str] = &["løn"];
    let none: &[&str] = &[];
    for (why, snapshot, changes, [acquired, phasing_out, ended]) in [
        ("acquired", in_use(), vec![(tue, Acquired, "løn")], [løn, none, none]),
        ("acquired, removed", randers(), vec![(tue, Acquired, "løn"), (wed, Removed, "løn")], {
            [none, none, &["Løn (før)"]]
        }),
        ("phasing out", phasing(), vec![(tue, PhasingOut, "løn")], [none, løn, none]),
        ("phasing out, stopped", in_use(), vec![(tue, PhasingOut, "løn")], [none, none, none]),
        (
            "phasing out, shut",
            shut(),
            vec![(tue, PhasingOut, "løn"), (wed, Decommissioned, "løn")],
            [none, none, løn],
        ),
        ("shut", shut(), vec![(tue, Decommissioned, "løn")], [none, none, løn]),
        (
            "shut, revived",
            in_use(),
            vec![(tue, Decommissioned, "løn"), (wed, Revived, "løn")],
            [none, none, none],
        ),
        (
            "shut twice",
            shut(),
            vec![(mon, Decommissioned, "løn"), (tue, Revived, "løn"), (wed, Decommissioned, "løn")],
            [none, none, løn],
        ),
        (
            "shut, removed, and back again as it was",
            shut(),
            vec![(mon, Decommissioned, "løn"), (tue, Removed, "løn"), (wed, Acquired, "løn")],
            [løn, none, løn],
        ),
        ("removed", randers(), vec![(tue, Removed, "løn")], [none, none, &["Løn (før)"]]),
        ("removed, back", in_use(), vec![(tue, Removed, "løn")], [none, none, none]),
        ("other changes", in_use(), vec![(tue, Revived, "løn")], [none, none, none]),
    ] {
        let given = Given {
            former_names: [(id("løn"), "Løn (før)".to_owned())].into(),
            ..Given::new(snapshot).changes(&changes)
        };
        let digest = given.digest();
        assert_eq!(names_of(&digest.acquired), acquired, "{why}: acquired");
        assert_eq!(names_of(&digest.phasing_out), phasing_out, "{why}: phasing out");
        assert_eq!(names_of(&digest.decommissioned), ended, "{why}: decommissioned");
    }
}

#[test]
fn a_line_of_a_system_tells_owners_unit_and_the_latest_day() {
    use ChangeKind::{Acquired, Decommissioned, Removed};
    let snapshot = randers()
        .unit("it", None)
        .user("bo")
        .usage("løn")
        .assign("løn", "ejer", "bo")
        .assign("løn", "chef", "eva")
        .left("eva")
        .edit("løn", |u| u.responsible_unit = Some(id("it")))
        .usage("a-først");
    let given = Given {
        former_names: [(id("væk"), "Væk".to_owned())].into(),
        ..Given::new(snapshot).changes(&[
            ("2026-11-10", Acquired, "løn"),
            ("2026-11-11", Acquired, "a-først"),
            ("2026-11-12", Decommissioned, "væk"),
            ("2026-11-13", Removed, "væk"),
        ])
    };
    let mut digest = given.digest();
    assert_eq!(names_of(&digest.acquired), ["a-først", "løn"], "by name");
    let løn = &digest.acquired[1];
    assert_eq!(løn.owners, ["bo"], "who left is no owner");
    assert_eq!(løn.unit.as_deref(), Some("it"));
    assert_eq!(løn.date, day("2026-11-10"));
    assert_eq!(løn.url, Some(links::page("https://kitos.dk", id("løn"), Tab::Front)));
    let [væk] = &mut digest.decommissioned[..] else { panic!("{:?}", digest.decommissioned) };
    assert_eq!((væk.date, &væk.url), (day("2026-11-13"), &None), "once, as it is now");
    væk.owners.sort();
    assert_eq!(væk.owners, ["bo", "eva"], "the last ones");
}

#[test]
fn excluded_systems_are_no_news() {
    use ChangeKind::{Acquired, Removed};
    let policy = Policy {
        excluded_names: vec!["test*".to_owned()],
        excluded_uuids: [id("væk")].into(),
        ..policy()
    };
    let given = Given {
        policy,
        ..Given::new(randers().usage("test 1").usage("løn")).changes(&[
            ("2026-11-10", Acquired, "test 1"),
            ("2026-11-10", Acquired, "løn"),
            ("2026-11-10", Removed, "væk"),
        ])
    };
    let digest = given.digest();
    assert_eq!(names_of(&digest.acquired), ["løn"]);
    assert_eq!(names_of(&digest.decommissioned), [""; 0]);
}

#[test]
fn a_leaver_stands_with_name_day_and_what_is_not_handed_on() {
    use crate::notify::leavers::Vacancy;
    let no_owner = Vacancy { owner: true, ..Vacancy::default() };
    let no_manager = Vacancy { owner: false, roles: [id("forvalter")].into() };
    let case = |person: &str, open: &[(&str, &Vacancy)]| LeaverCase {
        person: id(person),
        left: day("2026-11-10"),
        systems: 3,
        open: open.iter().map(|(usage, vacancy)| (id(usage), (*vacancy).clone())).collect(),
    };
    let given = Given {
        leavers: vec![
            case("eva", &[("Ørsted", &no_manager), ("Aula", &no_owner)]),
            case("forgotten", &[("Aula", &no_owner)]),
        ],
        ..Given::new(randers().usage("Aula").usage("Ørsted"))
    };
    let leavers = given.digest().leavers;
    assert_eq!((leavers[0].name.as_str(), leavers[0].left), ("eva", day("2026-11-10")));
    assert_eq!(leavers[0].systems, 3);
    let line = |system: &str, ownerless, roles: &[&str]| VacancyLine {
        system: system.to_owned(),
        url: links::page("https://kitos.dk", id(system), Tab::Roles),
        ownerless,
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    let open = [line("Aula", true, &[]), line("Ørsted", false, &["Systemforvalter"])];
    assert_eq!(leavers[0].open, open);
    assert_eq!(leavers[1].name, "", "whoever was forgotten has no name");
}
