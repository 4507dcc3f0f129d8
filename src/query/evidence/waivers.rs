//! Exceptions: for what, why, by whom and until when.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::scope::Scope;
use crate::model::{Finding, Rule, WaiverEnding};
use crate::query::error::Error;
use crate::store::{FindingFilter, list_waivers, select_findings};

/// One waiver that was in force on some day of the period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceWaiver {
    pub finding_id: i64,
    pub rule: Rule,
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub from: NaiveDate,
    /// Its last day, as it was decided.
    pub until: NaiveDate,
    pub reason: String,
    pub by: String,
    /// Set where somebody ended it before its time, by the end of the period.
    pub ended: Option<NaiveDate>,
    pub ended_how: Option<WaiverEnding>,
    pub ended_by: Option<String>,
}

/// The oldest first.
pub(super) fn waivers(scope: &Scope<'_>) -> Result<Vec<EvidenceWaiver>, Error> {
    let connection = scope.moment().connection;
    let mut lines = Vec::new();
    let all = FindingFilter { open: true, resolved: true, ..FindingFilter::default() };
    let findings = select_findings(connection, &all)?;
    let findings: BTreeMap<i64, Finding> =
        findings.into_iter().map(|finding| (finding.id, finding)).collect();
    for waiver in list_waivers(connection, None)? {
        if waiver.created_at > scope.end() || waiver.end() <= scope.start {
            continue;
        }
        let Some(finding) = findings.get(&waiver.finding) else { continue };
        if !scope.covers(finding.usage) {
            continue;
        }
        let ended = waiver.ended.filter(|end| end.at <= scope.end());
        lines.push(EvidenceWaiver {
            finding_id: finding.id,
            rule: finding.rule,
            system_usage_uuid: finding.usage,
            system_name: scope.system(finding.usage),
            from: scope.day(waiver.created_at),
            until: waiver.until,
            reason: waiver.reason,
            by: waiver.by,
            ended: ended.as_ref().map(|end| scope.day(end.at)),
            ended_how: ended.as_ref().map(|end| end.how),
            ended_by: ended.map(|end| end.by),
        });
    }
    Ok(lines)
}
