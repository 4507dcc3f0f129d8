use super::*;
use crate::model::{DataProcessing, DataSensitivity, Gdpr, RiskAssessment};

/// "løn" with personal data, and all in order.
fn in_order() -> Gdpr {
    Gdpr {
        sensitivity: [DataSensitivity::PersonData].into(),
        risk_assessment: RiskAssessment::Done,
        risk_assessed: Some(day("2026-01-01")),
        ..Gdpr::default()
    }
}

fn seen(edit: impl FnOnce(&mut Gdpr)) -> Vec<Fault> {
    let mut gdpr = in_order();
    edit(&mut gdpr);
    said(Rule::GdprIncomplete, &løn().edit("løn", |usage| usage.gdpr = gdpr))
}

#[test]
fn what_counts_as_personal_data() {
    let unassessed = |levels: &[&str]| {
        let levels = levels.iter().map(|level| DataSensitivity::from_kitos(level)).collect();
        seen(|gdpr| {
            gdpr.sensitivity = levels;
            gdpr.risk_assessment = RiskAssessment::Missing;
        })
    };
    for (levels, personal) in [
        (&[][..], false),
        (&["None"], false),
        (&["SomethingNew"], false),
        (&["PersonData"], true),
        (&["SensitiveData"], true),
        (&["LegalData"], true),
        (&["None", "PersonData"], true),
    ] {
        let expected = if personal { vec![Fault::NoRiskAssessment] } else { vec![] };
        assert_eq!(unassessed(levels), expected, "{levels:?}");
    }
}

#[test]
fn risk_assessments_that_are_missing_old_or_overdue() {
    use RiskAssessment::{Done, Missing, NotNeeded};
    let old = |on| Fault::OldRiskAssessment { on: day(on) };
    let overdue = |planned| Fault::RiskAssessmentOverdue { planned: day(planned) };
    for (why, state, done, planned, expected) in [
        ("done", Done, Some("2026-01-01"), None, vec![]),
        ("done, undated", Done, None, None, vec![]),
        ("36 months ago", Done, Some("2023-11-10"), None, vec![]),
        ("a day more", Done, Some("2023-11-09"), None, vec![old("2023-11-09")]),
        ("missing", Missing, None, None, vec![Fault::NoRiskAssessment]),
        ("not needed", NotNeeded, None, None, vec![]),
        ("not needed, though planned", NotNeeded, None, Some("2026-11-09"), vec![]),
        ("planned today", Done, Some("2026-01-01"), Some("2026-11-10"), vec![]),
        ("planned yesterday", Done, Some("2026-01-01"), Some("2026-11-09"), {
            vec![overdue("2026-11-09")]
        }),
        ("done on the planned day", Done, Some("2026-11-09"), Some("2026-11-09"), vec![]),
        ("missing and overdue", Missing, None, Some("2026-11-09"), {
            sorted(vec![Fault::NoRiskAssessment, overdue("2026-11-09")])
        }),
    ] {
        let faults = seen(|gdpr| {
            gdpr.risk_assessment = state;
            gdpr.risk_assessed = done.map(day);
            gdpr.risk_assessment_planned = planned.map(day);
        });
        assert_eq!(faults, expected, "{why}");
    }
}

#[test]
fn agreements_and_reviews() {
    let review = |on: &str| {
        let on = day(on);
        seen(|gdpr| gdpr.retention_review = Some(on))
    };
    assert_eq!(review("2026-11-10"), []);
    assert_eq!(review("2026-11-11"), []);
    let on = day("2026-11-09");
    assert_eq!(review("2026-11-09"), [Fault::RetentionReviewOverdue { on }]);

    let required = Gdpr { agreement_required: true, ..in_order() };
    let mut snapshot = løn().usage("post").edit("løn", |usage| usage.gdpr = required.clone());
    assert_eq!(said(Rule::GdprIncomplete, &snapshot), [Fault::NoDataProcessing]);
    for (named, in_force, expected) in [
        ("post", true, vec![Fault::NoDataProcessing]),
        ("løn", false, vec![Fault::NoDataProcessing]),
        ("løn", true, vec![]),
    ] {
        let (uuid, name) = (id("behandling"), "Løn".to_owned());
        let registration = DataProcessing { uuid, name, in_force, usages: [id(named)].into() };
        snapshot.data_processing.insert(uuid, registration);
        assert_eq!(said(Rule::GdprIncomplete, &snapshot), expected, "{named}, {in_force}");
    }

    let unassessed = Gdpr { risk_assessment: RiskAssessment::Missing, ..required };
    let shut = løn().edit("løn", |usage| {
        usage.gdpr = unassessed;
        usage.life_cycle = Some(LifeCycle::NotInUse);
    });
    assert_eq!(said(Rule::GdprIncomplete, &shut), [], "what is shut down is another rule's");
}
