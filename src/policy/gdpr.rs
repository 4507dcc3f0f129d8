//! Rules about personal data (Policy: the owner of a system with personal data
//! answers for GDPR and the Danish data protection act).

use super::{Case, older_than};
use crate::model::{DataSensitivity, Fault, RiskAssessment};

/// Holds when a system with personal data has no risk assessment, or one older
/// than the rule's months, or a planned one that is overdue; when a
/// data-processing agreement is required and no registration that is in force names the
/// system;
/// or when the review of retention is overdue. An assessment without a date is
/// taken at its word.
pub(super) fn incomplete(case: &Case<'_>) -> Vec<Fault> {
    let gdpr = &case.usage.gdpr;
    if !gdpr.sensitivity.iter().any(DataSensitivity::is_personal) {
        return Vec::new();
    }
    let mut faults = Vec::new();
    match gdpr.risk_assessment {
        RiskAssessment::Missing => faults.push(Fault::NoRiskAssessment),
        RiskAssessment::Done => {
            let old =
                gdpr.risk_assessed.filter(|day| older_than(*day, case.setting.months, case.today));
            faults.extend(old.map(|on| Fault::OldRiskAssessment { on }));
        }
        RiskAssessment::NotNeeded | RiskAssessment::Unknown => {}
    }
    if let Some(planned) = gdpr.risk_assessment_planned
        && matches!(gdpr.risk_assessment, RiskAssessment::Missing | RiskAssessment::Done)
        && planned < case.today
        && gdpr.risk_assessed.is_none_or(|done| done < planned)
    {
        faults.push(Fault::RiskAssessmentOverdue { planned });
    }
    let registrations = case.index.registrations.get(&case.usage.uuid);
    let agreed = registrations.into_iter().flatten().any(|registration| registration.in_force);
    if gdpr.agreement_required && !agreed {
        faults.push(Fault::NoDataProcessing);
    }
    faults.extend(
        gdpr.retention_review
            .filter(|on| *on < case.today)
            .map(|on| Fault::RetentionReviewOverdue { on }),
    );
    faults
}
