use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use chrono_tz::Europe::Copenhagen;
use uuid::Uuid;

use super::data::{Administration, Asked, Cause, Health, Movement, Share, Solved, Story, Task};
use super::*;
use crate::model::{
    Answer, AnswerKind, AnswerState, Change, ChangeKind, Ending, Fault, FaultArg, GivenAnswer,
    Language, LifeCycle, Rule, Severity, Snapshot, Standing, StateOfUse, SystemUsage, Tab,
    Transition, UnitFacts, Unreachable, UsageFacts,
};
use crate::notify::directory::Away;
use crate::notify::leavers::{LeaverCase, Vacancy};
use crate::notify::lines::Lines;
use crate::notify::tests::office::{LEADERS, Office, morning};
use crate::policy::rules::{
    cross_unit_owner, decommission_incomplete, duplicate_usage, owner_departed, owner_missing,
    owner_outside_unit, owner_unreachable, registration_incomplete,
};
use crate::testing::{at, day, id, leaders, randers};
use crate::text::links;

/// A Monday.
const DATE: &str = "2026-11-16";
const LAST: &str = "2026-11-09T06:00:00Z";

const MISSING: Rule = owner_missing::RULE.id;

/// What a test says about a digest; the rest is as on a quiet Monday.
pub(crate) struct Given {
    pub office: Office,
    pub since: Option<&'static str>,
    pub ended: Vec<Finding>,
    pub changes: Vec<(NaiveDate, Change)>,
    pub figures: Vec<TrendPoint>,
    pub waived_then: BTreeSet<i64>,
    pub waivers: Vec<EndingWaiver>,
    pub leavers: Vec<LeaverCase>,
    pub answers: Vec<Answer>,
}

impl Given {
    pub fn new(office: Office) -> Self {
        Self {
            office,
            since: Some(LAST),
            ended: Vec::new(),
            changes: Vec::new(),
            figures: Vec::new(),
            waived_then: BTreeSet::new(),
            waivers: Vec::new(),
            leavers: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// A register of this alone.
    fn of(snapshot: Snapshot) -> Self {
        Self::new(Office::new().edit(|_| snapshot))
    }

    pub fn changes(self, changes: &[(&str, ChangeKind, &str)]) -> Self {
        let changes =
            changes.iter().map(|(date, kind, usage)| (day(date), change(*kind, id(usage))));
        Self { changes: changes.collect(), ..self }
    }

    /// "gone" left on that day.
    pub fn gone(mut self, date: &str) -> Self {
        self.changes.push(gone_on(date));
        self
    }

    /// Each pull was committed on its day.
    fn before(&self) -> Option<Share> {
        let since = at(self.since?).date_naive();
        let point = self.figures.iter().rev().find(|point| point.date <= since)?;
        Some(Share { whole: point.in_scope, part: point.with_owner })
    }

    pub fn digest(&self) -> Digest {
        let names = ["bo", "ida", "eva", "gone"].map(|name| (id(name), name.to_owned())).into();
        let former_names: BTreeMap<Uuid, String> = [(id("væk"), "Væk".to_owned())].into();
        let ledger = self.office.ledger.clone();
        let snapshot = self.office.snapshot.clone();
        self.office.clone().with(morning(DATE), |situation| {
            digest(&Material {
                situation,
                lines: Lines {
                    snapshot: &snapshot,
                    former_names: &former_names,
                    names: &names,
                    ui_url: "https://kitos.dk/ui",
                    language: Language::Da,
                    zone: Copenhagen,
                    ledger: &ledger,
                },
                suggestions: Some(&BTreeMap::new()),
                date: day(DATE),
                since: self.since.map(at),
                ended: &self.ended,
                changes: &self.changes,
                before: self.before(),
                figures: &self.figures,
                waived_then: &self.waived_then,
                waivers: &self.waivers,
                answers: &self.answers,
                leavers: &self.leavers,
                round: None,
                health: Health {
                    pulled_at: at("2026-11-16T04:04:00Z").with_timezone(&Copenhagen),
                    usages: 612,
                    people: 803,
                    failed_pulls: 1,
                    sent: 14,
                    next_pull: None,
                    dead: 2,
                    incidents: vec![],
                },
            })
        })
    }
}

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
        ChangeKind::Revived => {
            let life_cycle = Some(LifeCycle::NotInUse);
            Change::Revived(Transition {
                before: Standing { life_cycle, ..standing() },
                ..transition()
            })
        }
        other => panic!("no digest tells {other:?}"),
    }
}

pub fn finding(number: i64, rule: Rule, usage: &str, fault: Fault) -> Finding {
    Finding {
        id: number,
        rule,
        severity: Severity::High,
        usage: id(usage),
        faults: vec![fault],
        opened_at: at("2026-11-10T05:00:00Z"),
        resolved_at: None,
        ending: None,
        since_baseline: false,
        by_policy_change: false,
    }
}

pub fn no_owner(number: i64, usage: &str) -> Finding {
    finding(number, MISSING, usage, Fault::new("no-owner"))
}

pub fn old(finding: Finding) -> Finding {
    Finding { opened_at: at("2026-10-01T05:00:00Z"), ..finding }
}

/// An older one that has ended since the last digest.
pub fn ended(finding: Finding, ending: Ending) -> Finding {
    over(old(finding), ending)
}

/// One that has ended.
pub fn over(finding: Finding, ending: Ending) -> Finding {
    let resolved_at = Some(at("2026-11-12T05:00:00Z"));
    Finding { resolved_at, ending: Some(ending), ..finding }
}

pub fn left(number: i64, usage: &str, who: &str) -> Finding {
    let fault = Fault::new("no-owner").with("departed", FaultArg::Person(id(who)));
    finding(number, MISSING, usage, fault)
}

fn systems_of(lines: &[FindingLine]) -> Vec<&str> {
    lines.iter().map(|line| line.system.as_str()).collect()
}

#[test]
fn an_empty_week_is_a_digest_too() {
    let digest = Given::of(randers()).digest();
    assert_eq!(digest.organization, "Randers Kommune");
    assert_eq!((digest.date, digest.since), (day(DATE), Some(day("2026-11-09"))));
    assert_eq!(digest.trend, [TrendPoint { date: day(DATE), in_scope: 0, with_owner: 0 }]);
    assert_eq!((digest.open.len(), digest.stories.len(), digest.solved.len()), (0, 0, 0));
    assert_eq!((digest.share, digest.before), (Share::default(), None));
    assert_eq!(digest.health.usages, 612);
    assert!(!digest.nothing_read);
}

#[test]
fn a_week_in_which_kitos_was_not_read_is_not_one_in_which_nothing_happened() {
    let given = Given { since: Some("2026-11-16T05:00:00Z"), ..Given::of(randers()) };
    assert!(given.digest().nothing_read);
}

#[test]
fn the_trend_has_one_point_a_week_for_twelve_weeks() {
    let point = |date: &str, with_owner| TrendPoint { date: day(date), in_scope: 10, with_owner };
    let snapshot = randers().user("bo").usage("løn").usage("post").assign("post", "ejer", "bo");
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
        ..Given::of(snapshot)
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
    assert_eq!(digest.share, Share { whole: 2, part: 1 });
    assert_eq!(digest.before, Some(Share { whole: 10, part: 7 }), "of the last digest's day");

    let daily = day("2026-06-01").iter_days().take_while(|date| *date <= day(DATE));
    let figures = daily.map(|date| TrendPoint { date, in_scope: 1, with_owner: 1 }).collect();
    let digest = Given { figures, ..given }.digest();
    assert_eq!(digest.trend.len(), 12);
    let apart = |pair: &[TrendPoint]| (pair[1].date - pair[0].date).num_days();
    assert!(digest.trend.windows(2).all(|pair| apart(pair) == 7), "{:?}", digest.trend);
}

/// Systems in use, all of "Skoler".
pub fn office(usages: &[&str]) -> Office {
    usages.iter().fold(Office::new(), |office, usage| {
        office.edit(|snapshot| {
            snapshot.usage(usage).edit(usage, |u| u.responsible_unit = Some(id("Skoler")))
        })
    })
}

/// That the system is not used any more.
fn answer(person: Option<Uuid>, email: &str, usage: Uuid) -> Answer {
    let given = GivenAnswer {
        name: "bo".to_owned(),
        email: email.to_owned(),
        person,
        usage: Some(usage),
        review: None,
        as_owner: false,
        kind: AnswerKind::NotUsed,
        owner: None,
        until: None,
        comment: None,
        findings: Vec::new(),
        at: at("2026-11-10T05:00:00Z"),
        day: day("2026-11-10"),
        noted_by: None,
    };
    Answer { id: 1, given, state: AnswerState::Open, closed: None }
}

fn gone_on(date: &str) -> (NaiveDate, Change) {
    let (person, owned, roles) = (id("gone"), BTreeSet::new(), Vec::new());
    (day(date), Change::PersonLeft { person, owned, roles })
}

#[test]
fn what_is_new_is_told_by_cause_the_largest_first() {
    let mut office = office(&["a", "b", "c", "ny", "ny2", "x"]);
    let unreachable =
        Fault::new("unreachable-foreign-domain").with("person", FaultArg::Person(id("bo")));
    let field =
        |name: &'static str| Fault::new("missing").with("field", FaultArg::Field(name.into()));
    office.open = vec![
        left(1, "a", "gone"),
        left(2, "b", "gone"),
        left(3, "c", "gone"),
        finding(4, owner_unreachable::RULE.id, "Aula", unreachable),
        no_owner(5, "ny"),
        finding(6, registration_incomplete::RULE.id, "ny", field("responsible-unit")),
        Finding { by_policy_change: true, ..no_owner(7, "x") },
        old(no_owner(8, "x")),
        Finding { since_baseline: true, ..no_owner(9, "x") },
        no_owner(10, "ny2"),
        finding(11, registration_incomplete::RULE.id, "ny2", field("responsible-unit")),
        finding(12, registration_incomplete::RULE.id, "Aula", field("life-cycle")),
    ];
    let mut given = Given::new(office).changes(&[
        ("2026-11-10", ChangeKind::Acquired, "ny"),
        ("2026-11-10", ChangeKind::Acquired, "ny2"),
    ]);
    given = given.gone("2026-11-10");
    let digest = given.digest();
    let told: Vec<(&Cause, u32, String)> = digest
        .stories
        .iter()
        .map(|Story { cause, findings, systems, .. }| (cause, *findings, systems.join("+")))
        .collect();
    let missing = ["owner", "responsible-unit"].map(str::to_owned).into();
    assert_eq!(
        told,
        [
            (&Cause::Acquired { missing }, 4, "ny+ny2".to_owned()),
            (
                &Cause::Left {
                    person: "gone".to_owned(),
                    on: day("2026-11-10"),
                    asked: Some(Asked { name: "chef".to_owned(), systems: 3, deadline: None }),
                },
                3,
                "a+b+c".to_owned()
            ),
            (&Cause::Unreachable { person: "bo".to_owned() }, 1, "Aula".to_owned()),
            (&Cause::PolicyChange, 1, "x".to_owned()),
            (&Cause::Rule(registration_incomplete::RULE.id), 1, "Aula".to_owned()),
        ]
    );
    assert_eq!(digest.stories[1].unit.as_deref(), Some("Skoler"));
    let movement = Movement {
        with_leavers: 3,
        leavers: 1,
        came_without: 2,
        lost_by_policy: 1,
        ..Movement::default()
    };
    assert_eq!(digest.movement, movement);
    let first = Given { since: None, ..given }.digest();
    assert_eq!((first.since, first.stories.len()), (None, 0), "not everything twice");
    assert_eq!(first.open.values().sum::<u32>(), 12);
    assert_eq!(first.lines.len(), 12);
}

#[test]
fn what_a_change_of_units_brings_is_one_story() {
    let mut office = office(&["a", "b", "c"]).edit(|snapshot| {
        let gone = |u: &mut SystemUsage| u.responsible_unit = Some(id("closed"));
        snapshot.edit("b", gone)
    });
    let used_by = Fault::new("used-by").with("unit", FaultArg::Unit(id("Skoler")));
    let elsewhere = Fault::new("used-by").with("unit", FaultArg::Unit(id("elsewhere")));
    office.open = vec![
        finding(1, cross_unit_owner::RULE.id, "a", used_by),
        finding(2, registration_incomplete::RULE.id, "b", Fault::new("unit-gone")),
        finding(3, cross_unit_owner::RULE.id, "c", elsewhere),
    ];
    let mut given = Given::new(office);
    given.changes = ["Skoler", "closed", "other"]
        .map(|unit| {
            let facts = UnitFacts { name: unit.to_owned(), parent: None };
            let unit = id(unit);
            let change = Change::OrganizationUnitChanged { unit, before: Some(facts), after: None };
            (day("2026-11-16"), change)
        })
        .into();
    let digest = given.digest();
    let told: Vec<_> =
        digest.stories.iter().map(|story| (&story.cause, story.systems.join("+"))).collect();
    let by_rule = Cause::Rule(cross_unit_owner::RULE.id);
    let units = Cause::Units { changed: 3 };
    assert_eq!(told, [(&units, "a+b".to_owned()), (&by_rule, "c".to_owned())]);
}

#[test]
fn what_was_solved_says_who_owns_it_now_and_what_is_gone_is_not_solved() {
    let field = Fault::new("missing");
    let given = Given {
        ended: vec![
            ended(no_owner(1, "væk"), Ending::Removed),
            ended(no_owner(2, "Aula"), Ending::Resolved),
            ended(finding(3, registration_incomplete::RULE.id, "Aula", field), Ending::Resolved),
        ],
        ..Given::new(Office::new())
    };
    let digest = given.digest();
    let line = |system: &str, rule, owner: Option<&str>| Solved {
        system: system.to_owned(),
        rule,
        owner: owner.map(str::to_owned),
    };
    assert_eq!(
        digest.solved,
        [line("Aula", MISSING, Some("bo")), line("Aula", registration_incomplete::RULE.id, None),]
    );
    assert_eq!((digest.movement.gained, digest.movement.closed), (1, 1));
    let gone = [(Ending::Removed, 1)].into();
    assert_eq!(digest.fallen, gone, "nobody found an owner for what is gone");
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
    let snapshot = [("a", "kultur"), ("b", "skole"), ("c", "børn"), ("d", "skole"), ("e", "børn")]
        .into_iter()
        .fold(snapshot, |snapshot, (usage, unit)| in_unit(snapshot, usage, unit));
    let snapshot = in_unit(snapshot.usage("f"), "g", "nedlagt");
    let on = |usage, opened: &str| Finding { opened_at: at(opened), ..no_owner(1, usage) };
    let low = |f: Finding| Finding { severity: Severity::Low, ..f };
    let mut given = Given::of(snapshot);
    given.office.open = vec![
        on("f", "2026-01-01T05:00:00Z"),
        on("a", "2026-01-01T05:00:00Z"),
        low(on("b", "2026-01-01T05:00:00Z")),
        on("e", "2026-11-02T05:00:00Z"),
        on("d", "2026-11-02T04:00:00Z"),
        on("c", "2026-11-01T05:00:00Z"),
        on("g", "2026-01-01T05:00:00Z"),
    ];
    let lines = given.digest().lines;
    // One day is one age, whatever the hour.
    assert_eq!(systems_of(&lines), ["c", "d", "e", "b", "a", "f", "g"]);
    let place = |system: &str| {
        let line = lines.iter().find(|line| line.system == system).expect("a line");
        (line.administration.as_deref(), line.unit.as_deref())
    };
    assert_eq!(place("d"), (Some("børn"), Some("skole")));
    assert_eq!(place("c"), (Some("børn"), Some("børn")));
    assert_eq!(place("f"), (None, None), "no unit");
    assert_eq!(place("g"), (None, None), "a unit that is gone");
}

#[test]
fn a_line_tells_age_last_owner_and_where_to_go() {
    let line = |finding| {
        let mut given = Given::of(randers().usage("løn"));
        given.office.open = vec![finding];
        given.digest().lines.remove(0)
    };
    let opened = |on: &str| Finding { opened_at: at(on), ..no_owner(1, "løn") };
    // 23:30 in UTC is the next day here.
    let late = line(opened("2026-11-08T23:30:00Z"));
    assert_eq!((late.opened, late.age_days), (day("2026-11-09"), 7));
    assert_eq!(late.url, links::page("https://kitos.dk/ui", id("løn"), Tab::Roles));
    assert_eq!((late.last_owner, late.departed), (None, false));
    let future = line(opened("2026-12-01T05:00:00Z"));
    assert_eq!(future.age_days, 0, "a clock that was ahead makes no negative age");

    let last = |whether: &'static str, who: &str| {
        let since = Fault::new("no-owner").with("since", FaultArg::Date(day("2026-11-03")));
        line(finding(1, MISSING, "løn", since.with(whether, FaultArg::Person(id(who)))))
    };
    let named = |who: &str| {
        let fault = Fault::new("departed-owner").with("departed", FaultArg::Person(id(who)));
        line(finding(1, owner_departed::RULE.id, "løn", fault))
    };
    for (why, line, last_owner, departed) in [
        ("last owner, still here", last("person", "bo"), Some("bo"), false),
        ("last owner, gone", last("departed", "eva"), Some("eva"), true),
        ("named still", named("eva"), Some("eva"), true),
        ("forgotten", named("x"), None, true),
    ] {
        assert_eq!((line.last_owner.as_deref(), line.departed), (last_owner, departed), "{why}");
    }
}

#[test]
fn the_table_counts_systems_owners_faults_their_change_and_what_is_overdue() {
    let mut office = office(&["a", "b"]);
    office.snapshot = office.snapshot.usage("uden");
    office.open = vec![old(no_owner(1, "a")), no_owner(2, "a"), no_owner(3, "uden")];
    // Asked five weeks ago, until a Friday that has passed.
    let mut asked = office.clone();
    asked.open.truncate(1);
    let when = morning("2026-10-12");
    let plan = asked.plan(when);
    asked.note(&plan, when);
    office.ledger = asked.ledger;
    office.identities = asked.identities;
    let mut given = Given::new(office);
    given.ended = vec![
        ended(no_owner(4, "b"), Ending::Resolved),
        over(no_owner(5, "b"), Ending::Resolved),
        ended(no_owner(6, "b"), Ending::Lapsed),
    ];
    let row = |name: Option<&str>, figures: [u32; 4], change| Administration {
        name: name.map(str::to_owned),
        systems: figures[0],
        without_owner: figures[1],
        open: figures[2],
        change,
        overdue: figures[3],
    };
    assert_eq!(
        given.digest().administrations,
        [
            // One came, two went; the fifth opened and went since the last digest.
            row(Some("Skoler"), [3, 2, 2, 1], -1),
            row(None, [1, 1, 1, 0], 1),
        ]
    );
}

#[test]
fn a_system_that_moves_takes_its_findings_along() {
    let mut office = office(&["a"]).edit(|snapshot| snapshot.unit("Veje", Some("Randers")));
    office.open = vec![old(no_owner(1, "a"))];
    let mut given = Given::new(office);
    let moved =
        Change::UnitChanged { usage: id("a"), before: Some(id("Veje")), after: Some(id("Skoler")) };
    given.changes = vec![(day("2026-11-11"), moved)];
    let rows = given.digest().administrations;
    let change = |name: &str| {
        let row = rows.iter().find(|row| row.name.as_deref() == Some(name));
        row.map(|row| (row.open, row.change))
    };
    assert_eq!((change("Skoler"), change("Veje")), (Some((1, 1)), Some((0, -1))));
}

#[test]
fn units_that_are_merged_or_renamed_take_their_findings_along() {
    let mut office = office(&["a", "b"]).edit(|snapshot| {
        let veje = |u: &mut SystemUsage| u.responsible_unit = Some(id("Veje og Parker"));
        snapshot.unit("Veje og Parker", Some("Randers")).edit("b", veje)
    });
    office.open = vec![old(no_owner(1, "a")), old(no_owner(2, "b"))];
    let mut given = Given::new(office);
    let unit = |name: &str, before: Option<&str>| {
        let parent = Some(id("Randers"));
        let facts = |name: &str| UnitFacts { name: name.to_owned(), parent };
        let (unit, before) = (id(name), before.map(facts));
        (day("2026-11-11"), Change::OrganizationUnitChanged { unit, before, after: None })
    };
    let (usage, before, after) = (id("b"), Some(id("Parker")), Some(id("Veje og Parker")));
    given.changes = vec![
        (day("2026-11-11"), Change::UnitChanged { usage, before, after }),
        unit("Parker", Some("Parker")),
        unit("Veje og Parker", None),
        unit("Skoler", Some("Skole")),
    ];
    let rows = given.digest().administrations.into_iter();
    let rows: Vec<_> = rows.map(|row| (row.name, row.open, row.change)).collect();
    let row = |name: &str, open, change| (Some(name.to_owned()), open, change);
    assert_eq!(rows, [row("Parker", 0, -1), row("Skoler", 1, 0), row("Veje og Parker", 1, 1)]);
}

#[test]
fn what_was_excepted_since_stands_no_longer_in_the_table() {
    let mut office = office(&["a", "b"]);
    office.open = vec![old(no_owner(1, "a")), old(no_owner(2, "b"))];
    let until = at("2027-01-01T05:00:00Z");
    office.waivers = [(1, until)].into();
    // The first is excepted since, the second's exception has ended.
    let given = Given { waived_then: [2].into(), ..Given::new(office.clone()) };
    let change = |given: &Given| {
        let rows = given.digest().administrations;
        rows.into_iter().map(|row| (row.open, row.change)).collect::<Vec<_>>()
    };
    assert_eq!(change(&given), [(1, 0)]);
    let given = Given { waived_then: BTreeSet::new(), ..Given::new(office) };
    assert_eq!(change(&given), [(1, -1)]);
}

#[test]
fn what_happened_since_adds_up() {
    let mut office = office(&["a", "b"]);
    office.open = vec![old(no_owner(1, "a")), old(no_owner(2, "b")), no_owner(3, "a")];
    office.waivers = [(1, at("2027-01-01T05:00:00Z"))].into();
    let mut given = Given::new(office);
    // The second's exception has ended; the fifth was in no digest, the sixth was excepted.
    given.waived_then = [2, 6].into();
    given.ended = vec![
        ended(no_owner(4, "b"), Ending::Resolved),
        over(no_owner(5, "b"), Ending::Resolved),
        ended(no_owner(6, "b"), Ending::Lapsed),
    ];
    let digest = given.digest();
    let found: u32 = digest.stories.iter().map(|story| story.findings).sum();
    let ended = count(digest.solved.len()) + digest.fallen.values().sum::<u32>();
    assert_eq!((found, ended, digest.lapsed), (1, 1, 0));
    assert_eq!((digest.excepted_since.findings, digest.counts_again.findings), (1, 1));
    let open: u32 = digest.open.values().sum();
    let before = 2;
    let excepted = digest.excepted_since.findings;
    assert_eq!(before + found + digest.counts_again.findings - ended - excepted, open);
}

#[test]
fn a_system_in_use_again_is_named_and_its_shutdown_is_not_called_finished() {
    let shut = |number| {
        let fault = Fault::new("no-end-date");
        ended(finding(number, decommission_incomplete::RULE.id, "a", fault), Ending::Revived)
    };
    let mut given = Given::new(office(&["a"])).changes(&[("2026-11-11", ChangeKind::Revived, "a")]);
    given.ended = vec![shut(1)];
    let digest = given.digest();
    let again = [(Ending::Revived, 1)].into();
    assert_eq!((digest.revived, digest.fallen), (vec!["a".to_owned()], again));
    assert_eq!(digest.solved, []);
}

#[test]
fn a_system_whose_end_date_alone_is_another_was_not_taken_into_use() {
    let phasing_out = |u: &mut SystemUsage| u.life_cycle = Some(LifeCycle::PhasingOut);
    let office = office(&["a", "b", "c"]).edit(|snapshot| snapshot.edit("c", phasing_out));
    let mut given = Given::new(office).changes(&[
        ("2026-11-11", ChangeKind::Revived, "a"),
        ("2026-11-11", ChangeKind::Revived, "c"),
    ]);
    let standing = Standing { state: StateOfUse::InUse, life_cycle: None, valid_to: None };
    let moved = Transition { usage: id("b"), before: standing.clone(), after: standing };
    given.changes.push((day("2026-11-11"), Change::Revived(moved)));
    let digest = given.digest();
    assert_eq!(
        (digest.revived, digest.put_off),
        (vec!["a".to_owned()], ["b", "c"].map(str::to_owned).into())
    );
}

#[test]
fn a_deadline_is_told_of_those_who_have_it() {
    let mut office = office(&["a", "b"]);
    office.snapshot = office.snapshot.usage("uden");
    office.open = vec![left(1, "a", "gone"), left(2, "b", "gone"), left(3, "uden", "gone")];
    let mut given = Given::new(office);
    given = given.gone("2026-11-10");
    let Cause::Left { asked: Some(asked), .. } = &given.digest().stories[0].cause else {
        panic!("a leaver");
    };
    assert_eq!((asked.name.as_str(), asked.systems), ("chef", 2), "one of three is IT's");
    // Somebody who left before did not take the ownership along now.
    given.changes.clear();
    assert_eq!(given.digest().stories[0].cause, Cause::Rule(MISSING));
}

#[test]
fn an_answer_names_who_else_owns_the_system() {
    let mut office = office(&["a"]);
    let owned = office.snapshot.user("eva").assign("a", "ejer", "bo").assign("a", "ejer", "eva");
    office.snapshot = owned.usage("uden");
    let owners = |person: Option<&str>, usage: &str| {
        let given = answer(person.map(id), "x@randers.dk", id(usage));
        let tasks = Given { answers: vec![given], ..Given::new(office.clone()) }.digest().tasks;
        match tasks.first() {
            Some(Task::Answered { owners, .. }) => owners.join("+"),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(owners(None, "a"), "bo+eva");
    assert_eq!(owners(Some("bo"), "a"), "eva");
    assert_eq!(owners(None, "uden"), "");
}

#[test]
fn nobody_puts_right_what_is_wrong_with_an_owner_who_is_gone() {
    let outside = |number, usage, ending| {
        let fault = Fault::new("owner-outside-unit");
        ended(finding(number, owner_outside_unit::RULE.id, usage, fault), ending)
    };
    let given = Given {
        ended: vec![outside(1, "Aula", Ending::Resolved), outside(2, "a", Ending::OwnerGone)],
        ..Given::new(office(&["a"]))
    };
    let digest = given.digest();
    let solved: Vec<&str> = digest.solved.iter().map(|line| line.system.as_str()).collect();
    assert_eq!((solved, digest.fallen), (vec!["Aula"], [(Ending::OwnerGone, 1)].into()));
}

#[test]
fn what_it_must_do_is_an_action_with_the_systems_that_it_is_about() {
    let mut office = office(&["a"]);
    office.snapshot = office.snapshot.usage("uden").usage("tvilling");
    let address = |kind: &'static str| {
        let fault = Fault::new(kind).with("person", FaultArg::Person(id("bo")));
        finding(1, owner_unreachable::RULE.id, "Aula", fault)
    };
    let twin = |number, usage, other: &str| {
        let fault = Fault::new("same-system").with("system", FaultArg::System(id(other)));
        finding(number, duplicate_usage::RULE.id, usage, fault)
    };
    office.open = vec![
        address("unreachable-refused"),
        no_owner(2, "uden"),
        twin(3, "a", "tvilling"),
        twin(4, "tvilling", "a"),
    ];
    let no_manager = Vacancy { owner: false, roles: [id("forvalter")].into() };
    let mut given = Given::new(office);
    given.waivers =
        vec![EndingWaiver { finding: no_owner(5, "a"), until: day("2026-11-20"), over: false }];
    given.leavers = vec![LeaverCase {
        person: id("gone"),
        left: day("2026-11-10"),
        systems: 2,
        open: [(id("a"), no_manager), (id("Aula"), Vacancy { owner: true, ..Vacancy::default() })]
            .into(),
    }];
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut tasks = given.digest().tasks;
    if let Some(Task::Duplicate { systems }) = tasks.last_mut() {
        systems.sort();
    }
    assert_eq!(
        tasks,
        [
            Task::Address {
                person: "bo".to_owned(),
                why: Unreachable::Refused,
                systems: names(&["Aula"]),
                units: names(&["Skoler"]),
            },
            Task::ChooseUnit { systems: names(&["uden"]) },
            Task::Waiver { system: "a".to_owned(), until: day("2026-11-20"), over: false },
            Task::HandOn { person: "gone".to_owned(), systems: names(&["a"]) },
            Task::Duplicate { systems: names(&["a", "tvilling"]) },
        ]
    );
}

#[test]
fn a_leader_who_cannot_be_asked_is_a_task_and_so_is_a_system_that_nobody_can_be_asked_about() {
    let of = |office: Office| {
        let mut office = office;
        office.open = vec![no_owner(1, "Aula")];
        Given::new(office).digest().tasks
    };
    let mut office = Office::new();
    office.pull();
    let left = of(office.left("chef"));
    assert_eq!(left, [Task::LeadersLeft { people: vec!["chef".to_owned()] }]);
    let away = Away { until: day("2026-12-01"), to: None };
    let mut office = Office::new();
    office.away = [("chef@randers.dk".to_owned(), away)].into();
    let until = day("2026-12-01");
    assert_eq!(of(office), [Task::Away { person: "chef".to_owned(), until }]);
    let mut office = Office::new();
    // KITOS renames the unit; the file has its old name.
    office.snapshot.units.get_mut(&id("Skoler")).expect("the unit").name = "Læring".to_owned();
    office.policy.leaders = Some(leaders(LEADERS, &office.snapshot));
    assert_eq!(of(office), [Task::UnknownUnits { units: vec!["Skoler".to_owned()] }]);
    let mut office = Office::new();
    office.refused = ["chef@randers.dk".to_owned(), "boss@randers.dk".to_owned()].into();
    let refused = |person: &str| Task::LeaderUnreachable { person: person.to_owned() };
    let nobody = Task::FindOwner { systems: vec!["Aula".to_owned()] };
    assert_eq!(of(office.clone()), [refused("boss"), refused("chef"), nobody]);
    // The same of a line that is left beside an owner who is here.
    let beside =
        Fault::new("departed-beside-another").with("departed", FaultArg::Person(id("gone")));
    office.open = vec![finding(1, owner_departed::RULE.id, "Aula", beside)];
    let (person, systems) = ("gone".to_owned(), vec!["Aula".to_owned()]);
    let tidy = Task::TidyRoles { person, systems };
    assert_eq!(Given::new(office).digest().tasks, [refused("boss"), refused("chef"), tidy]);
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
    for (why, snapshot, changes, [acquired, leaving]) in [
        ("acquired", in_use(), vec![(tue, Acquired, "løn")], [løn, none]),
        (
            "acquired, removed",
            randers(),
            vec![(tue, Acquired, "væk"), (wed, Removed, "væk")],
            [none, &["Væk"]],
        ),
        ("phasing out", phasing(), vec![(tue, PhasingOut, "løn")], [none, løn]),
        ("phasing out, stopped", in_use(), vec![(tue, PhasingOut, "løn")], [none, none]),
        (
            "phasing out, shut",
            shut(),
            vec![(tue, PhasingOut, "løn"), (wed, Decommissioned, "løn")],
            [none, løn],
        ),
        ("shut", shut(), vec![(tue, Decommissioned, "løn")], [none, løn]),
        (
            "shut, revived",
            in_use(),
            vec![(tue, Decommissioned, "løn"), (wed, Revived, "løn")],
            [none, none],
        ),
        (
            "shut twice",
            shut(),
            vec![(mon, Decommissioned, "løn"), (tue, Revived, "løn"), (wed, Decommissioned, "løn")],
            [none, løn],
        ),
        (
            "shut, removed, and back again as it was",
            shut(),
            vec![(mon, Decommissioned, "løn"), (tue, Removed, "løn"), (wed, Acquired, "løn")],
            [none, løn],
        ),
        (
            "acquired, shut",
            shut(),
            vec![(tue, Acquired, "løn"), (wed, Decommissioned, "løn")],
            [none, løn],
        ),
        ("removed", randers(), vec![(tue, Removed, "væk")], [none, &["Væk"]]),
        ("removed, back", in_use(), vec![(tue, Removed, "løn")], [none, none]),
        ("other changes", in_use(), vec![(tue, Revived, "løn")], [none, none]),
    ] {
        let digest = Given::of(snapshot).changes(&changes).digest();
        assert_eq!(digest.acquired, acquired, "{why}: acquired");
        assert_eq!(digest.leaving, leaving, "{why}: leaving");
    }
}

#[test]
fn excluded_systems_are_no_news() {
    use ChangeKind::{Acquired, Removed};
    let mut given = Given::of(randers().usage("test 1").usage("løn")).changes(&[
        ("2026-11-10", Acquired, "test 1"),
        ("2026-11-10", Acquired, "løn"),
        ("2026-11-10", Removed, "væk"),
    ]);
    given.office.policy.excluded_names = vec!["test*".to_owned()];
    given.office.policy.excluded_uuids = [id("væk")].into();
    let digest = given.digest();
    assert_eq!(digest.acquired, ["løn"]);
    assert_eq!(digest.leaving, [""; 0]);
}

#[test]
fn what_a_leader_was_asked_to_help_with_stands_once_by_leader_and_day() {
    let mut office = office(&["a", "b"]);
    office.open = vec![old(no_owner(1, "a")), old(no_owner(2, "b"))];
    let mut walked = office.clone();
    walked.walk("2026-10-12", 36);
    office.ledger = walked.ledger;
    office.identities = walked.identities;
    let mut given = Given::new(office);
    given.since = Some("2026-10-26T06:00:00Z");
    let passed_on = given.digest().passed_on;
    let lines: Vec<_> =
        passed_on.iter().map(|line| (line.leader.as_str(), line.systems.join("+"))).collect();
    assert_eq!(lines, [("boss", "a+b".to_owned())]);
    assert_eq!(passed_on[0].unit.as_deref(), Some("Skoler"));
    assert!(passed_on[0].deadline > Some(passed_on[0].on));
}
