use super::*;
use crate::model::{DataSensitivity, MainContract};

/// "løn", with everything filled in.
fn filled() -> Snapshot {
    løn().edit("løn", |usage| {
        usage.responsible_unit = Some(id("it"));
        usage.gdpr.sensitivity = [DataSensitivity::NoPersonalData].into();
        usage.main_contract = MainContract::Active;
        usage.has_purpose = true;
    })
}

#[test]
fn fields_that_must_be_filled_in() {
    type Edit = fn(&mut SystemUsage);
    let everything = Policy {
        rules: [(
            Rule::RegistrationIncomplete,
            Setting { require: Missing::REQUIRABLE.into(), ..setting() },
        )]
        .into(),
        ..policy()
    };
    let cases: [(&str, Edit, &[Missing]); 12] = [
        ("everything is there", |_| {}, &[]),
        ("no life cycle", |u| u.life_cycle = None, &[Missing::LifeCycle]),
        ("undecided", |u| u.life_cycle = Some(LifeCycle::Undecided), &[Missing::LifeCycle]),
        ("a new life cycle", |u| u.life_cycle = Some(LifeCycle::from_kitos("Sleeping")), &[]),
        ("no unit", |u| u.responsible_unit = None, &[Missing::ResponsibleUnit]),
        ("a unit that no longer exists", |u| u.responsible_unit = Some(id("nedlagt")), {
            &[Missing::ResponsibleUnit]
        }),
        ("the root unit", |u| u.responsible_unit = Some(id("randers")), &[]),
        ("no kinds of data", |u| u.gdpr.sensitivity.clear(), &[Missing::DataSensitivity]),
        ("no contract", |u| u.main_contract = MainContract::None, &[Missing::MainContract]),
        ("an inactive contract", |u| u.main_contract = MainContract::Inactive, &[]),
        (
            "a contract that KITOS does not tell of",
            |u| u.main_contract = MainContract::Unknown,
            &[],
        ),
        ("no purpose", |u| u.has_purpose = false, &[Missing::Purpose]),
    ];
    for (why, edit, fields) in cases {
        let expected: Vec<Fault> = fields.iter().map(|f| Fault::Missing { field: *f }).collect();
        let snapshot = filled().edit("løn", edit);
        assert_eq!(said_by(&everything, &History::default(), &snapshot), expected, "{why}");
    }
    // What KITOS tells of no system is asked of nobody.
    let mut older = løn();
    older.unknown = Missing::ALL.into();
    older = older.edit("løn", |u| {
        u.life_cycle = None;
        u.main_contract = MainContract::Unknown;
    });
    assert_eq!(said_by(&everything, &History::default(), &older), []);
    // Contract and purpose are asked for only where the municipality says so.
    let bare = filled().edit("løn", |u| {
        u.main_contract = MainContract::None;
        u.has_purpose = false;
    });
    assert_eq!(said(Rule::RegistrationIncomplete, &bare), []);
    let decommissioned = løn().edit("løn", |u| u.life_cycle = Some(LifeCycle::NotInUse));
    assert_eq!(said(Rule::RegistrationIncomplete, &decommissioned), []);
}

#[test]
fn what_was_acquired_lately_is_more_severe() {
    let low = Policy {
        rules: [(Rule::RegistrationIncomplete, Setting { severity: Severity::Low, ..setting() })]
            .into(),
        ..policy()
    };
    for (acquired, expected) in [
        (None, Severity::Low),
        (Some("2026-11-10"), Severity::Medium),
        (Some("2026-08-12"), Severity::Medium),
        (Some("2026-08-11"), Severity::Low),
    ] {
        let acquired = acquired.map(|text| (id("løn"), day(text))).into_iter().collect();
        let history = History { acquired, ..History::default() };
        let seen = judge(&løn(), &history, &low, day(TODAY));
        assert_eq!(seen[0].severity, expected, "{:?}", history.acquired);
    }
    let high = Policy { rules: [(Rule::RegistrationIncomplete, setting())].into(), ..policy() };
    let history = History { acquired: [(id("løn"), day(TODAY))].into(), ..History::default() };
    assert_eq!(judge(&løn(), &history, &high, day(TODAY))[0].severity, Severity::High);
}

#[test]
fn registrations_that_contradict_themselves() {
    type Edit = fn(&mut SystemUsage);
    let over = Fault::PeriodOver { end: day("2026-11-09") };
    let cases: [(&str, Edit, Vec<Fault>); 12] = [
        ("in use", |_| {}, vec![]),
        ("ended yesterday", |u| u.valid_to = Some(day("2026-11-09")), vec![over]),
        ("ends today", |u| u.valid_to = Some(day("2026-11-10")), vec![]),
        ("ends tomorrow", |u| u.valid_to = Some(day("2026-11-11")), vec![]),
        ("begins today", |u| u.valid_from = Some(day("2026-11-10")), vec![]),
        ("begins tomorrow", |u| u.valid_from = Some(day("2026-11-11")), {
            vec![Fault::NotBegun { start: day("2026-11-11") }]
        }),
        ("began before it ended", |u| u.valid_from = Some(day("2026-11-09")), vec![]),
        (
            "phasing in, begins tomorrow",
            |u| {
                u.life_cycle = Some(LifeCycle::PhasingIn);
                u.valid_from = Some(day("2026-11-11"));
            },
            vec![],
        ),
        (
            "not in use, ended yesterday",
            |u| {
                u.life_cycle = Some(LifeCycle::NotInUse);
                u.valid_to = Some(day("2026-11-09"));
            },
            vec![],
        ),
        ("an inactive contract", |u| u.main_contract = MainContract::Inactive, {
            vec![Fault::MainContractInactive]
        }),
        (
            "an inactive contract while phasing out",
            |u| {
                u.life_cycle = Some(LifeCycle::PhasingOut);
                u.main_contract = MainContract::Inactive;
            },
            vec![],
        ),
        (
            "an inactive contract, and no life cycle, which counts as in use",
            |u| {
                u.life_cycle = None;
                u.main_contract = MainContract::Inactive;
            },
            vec![Fault::MainContractInactive],
        ),
    ];
    for (why, edit, expected) in cases {
        let snapshot = løn().edit("løn", edit);
        assert_eq!(said(Rule::RegistrationContradictory, &snapshot), expected, "{why}");
    }
    let mut closed = løn();
    closed.systems.get_mut(&id("løn/system")).expect("it").deactivated = true;
    assert_eq!(said(Rule::RegistrationContradictory, &closed), [Fault::SystemDeactivated]);
    let shut = closed.edit("løn", |u| u.life_cycle = Some(LifeCycle::NotInUse));
    assert_eq!(said(Rule::RegistrationContradictory, &shut), []);
}

#[test]
fn registrations_that_nobody_edits() {
    for (edited, expected) in [
        (None, None),
        (Some("2026-11-10"), None),
        // Of the tests' 36 months.
        (Some("2023-11-10"), None),
        (Some("2023-11-09"), Some("2023-11-09")),
    ] {
        let snapshot = løn().edit("løn", |u| u.last_modified = edited.map(day));
        let expected: Vec<Fault> =
            expected.map(|on| Fault::NotEditedSince { on: day(on) }).into_iter().collect();
        assert_eq!(said(Rule::RegistrationStale, &snapshot), expected, "{edited:?}");
    }
}

#[test]
fn the_same_system_registered_twice() {
    let twice = || løn().usage("post").edit("post", |u| u.system = id("løn/system"));
    let same = vec![Fault::SameSystem { other: id("post") }];
    let shut = |s: Snapshot| s.edit("post", |u| u.life_cycle = Some(LifeCycle::NotInUse));
    for (why, snapshot, expected) in [
        ("two systems", løn().usage("post"), vec![]),
        ("one system twice", twice(), same),
        ("one of them decommissioned", shut(twice()), vec![]),
    ] {
        assert_eq!(said(Rule::DuplicateUsage, &snapshot), expected, "{why}");
    }
    let without_post = Policy { excluded_uuids: [id("post")].into(), ..with(Rule::DuplicateUsage) };
    assert_eq!(said_by(&without_post, &History::default(), &twice()), []);
}
