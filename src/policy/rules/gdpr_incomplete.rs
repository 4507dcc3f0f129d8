//! The owner of a system with personal data answers for GDPR and the Danish data
//! protection act. Holds when such a system has no risk assessment, or one older
//! than the rule's months, or a planned one that is overdue; when a data-processing
//! agreement is required and no registration that is in force names the system; or when the review
//! of retention is overdue. An assessment without a date is taken at its word.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::FaultArg::{Date, Text};
use crate::model::{DataProcessing, DataSensitivity, Fault, RiskAssessment, Tab};
use crate::policy::thresholds::{Months, ThresholdType, UpTo};

pub const RULE: RuleDef = RuleDef {
    grace: 30,
    tab: Tab::Gdpr,
    sources: &[Source::Gdpr(&[24, 28, 32]), Source::Guideline(&[8])],
    thresholds: ThresholdType::of::<Thresholds>(),
    ..RuleDef::new("gdpr-incomplete", judge)
};

#[derive(Debug, Serialize, Deserialize)]
struct Thresholds {
    /// How old a risk assessment may be.
    months: Months,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { months: UpTo(36) }
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let gdpr = &case.usage.gdpr;
    if !gdpr.sensitivity.iter().any(DataSensitivity::is_personal) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    match gdpr.risk_assessment {
        RiskAssessment::Missing => faults.push(Fault::new("no-risk-assessment")),
        RiskAssessment::Done => {
            let months = case.thresholds::<Thresholds>().months.0;
            let old = gdpr.risk_assessed.filter(|day| case.is_older_than(*day, months));
            faults.extend(old.map(|on| Fault::new("old-risk-assessment").with("on", Date(on))));
        }
        RiskAssessment::NotNeeded | RiskAssessment::Unknown => {}
    }
    if let Some(planned) = gdpr.risk_assessment_planned
        && matches!(gdpr.risk_assessment, RiskAssessment::Missing | RiskAssessment::Done)
        && planned < case.today
        && gdpr.risk_assessed.is_none_or(|done| done < planned)
    {
        faults.push(Fault::new("risk-assessment-overdue").with("planned", Date(planned)));
    }
    if gdpr.agreement_required {
        faults.extend(without_agreement(case));
    }
    let overdue = gdpr.retention_review.filter(|on| *on < case.today);
    faults.extend(overdue.map(|on| Fault::new("retention-review-overdue").with("on", Date(on))));
    faults
}

/// That no registration is in force: none is there, or those that are do not say so.
fn without_agreement(case: &Case<'_>) -> Vec<Fault> {
    let registrations = case.index.registrations.get(&case.usage.uuid);
    let registrations = registrations.map(Vec::as_slice).unwrap_or_default();
    if registrations.iter().any(|registration| registration.in_force) {
        return Vec::new();
    }
    if registrations.is_empty() {
        return vec![Fault::new("no-data-processing")];
    }
    let not_in_force = |registration: &&DataProcessing| {
        let name = Text(registration.name.clone());
        Fault::new("data-processing-not-in-force").with("name", name)
    };
    registrations.iter().map(not_in_force).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Gdpr, LifeCycle};
    use crate::testing::{day, id, løn, said, sorted};

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
        said(&RULE, &løn().edit("løn", |usage| usage.gdpr = gdpr))
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
            let expected = if personal { vec![Fault::new("no-risk-assessment")] } else { vec![] };
            assert_eq!(unassessed(levels), expected, "{levels:?}");
        }
    }

    #[test]
    fn risk_assessments_that_are_missing_old_or_overdue() {
        use RiskAssessment::{Done, Missing, NotNeeded};
        let old = |on| Fault::new("old-risk-assessment").with("on", Date(day(on)));
        let overdue =
            |planned| Fault::new("risk-assessment-overdue").with("planned", Date(day(planned)));
        for (why, state, done, planned, expected) in [
            ("done", Done, Some("2026-01-01"), None, vec![]),
            ("done, undated", Done, None, None, vec![]),
            ("36 months ago", Done, Some("2023-11-10"), None, vec![]),
            ("a day more", Done, Some("2023-11-09"), None, vec![old("2023-11-09")]),
            ("missing", Missing, None, None, vec![Fault::new("no-risk-assessment")]),
            ("not needed", NotNeeded, None, None, vec![]),
            ("not needed, though planned", NotNeeded, None, Some("2026-11-09"), vec![]),
            ("planned today", Done, Some("2026-01-01"), Some("2026-11-10"), vec![]),
            ("planned yesterday", Done, Some("2026-01-01"), Some("2026-11-09"), {
                vec![overdue("2026-11-09")]
            }),
            ("done on the planned day", Done, Some("2026-11-09"), Some("2026-11-09"), vec![]),
            ("missing and overdue", Missing, None, Some("2026-11-09"), {
                sorted(vec![Fault::new("no-risk-assessment"), overdue("2026-11-09")])
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
        let overdue = Fault::new("retention-review-overdue").with("on", Date(day("2026-11-09")));
        assert_eq!(review("2026-11-09"), [overdue]);

        let required = Gdpr { agreement_required: true, ..in_order() };
        let mut snapshot = løn().usage("post").edit("løn", |usage| usage.gdpr = required.clone());
        assert_eq!(said(&RULE, &snapshot), [Fault::new("no-data-processing")]);
        for (named, in_force, expected) in [
            ("post", true, vec![Fault::new("no-data-processing")]),
            ("løn", false, {
                let name = Text("Løn".to_owned());
                vec![Fault::new("data-processing-not-in-force").with("name", name)]
            }),
            ("løn", true, vec![]),
        ] {
            let (uuid, name) = (id("behandling"), "Løn".to_owned());
            let registration = DataProcessing { uuid, name, in_force, usages: [id(named)].into() };
            snapshot.data_processing.insert(uuid, registration);
            assert_eq!(said(&RULE, &snapshot), expected, "{named}, {in_force}");
        }

        let unassessed = Gdpr { risk_assessment: RiskAssessment::Missing, ..required };
        let shut = løn().edit("løn", |usage| {
            usage.gdpr = unassessed;
            usage.life_cycle = Some(LifeCycle::NotInUse);
        });
        assert_eq!(said(&RULE, &shut), [], "what is shut down is another rule's");
    }
}
