//! Every finding of the period, from its opening to its end.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::scope::Scope;
use crate::model::{Ending, Finding, FindingState, Rule, Severity};
use crate::policy::rules::owner_missing::nobody_owns;
use crate::policy::waivers::state_at;
use crate::query::error::Error;
use crate::store::{FindingFilter, ledger_until, select_findings};
use crate::text::words::sentence;

/// How a finding stands at the end of the period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "&str")]
pub enum EvidenceEnding {
    Open,
    Waived,
    Ended(Ending),
}

impl EvidenceEnding {
    /// Whether something is still wrong.
    pub fn lasts(self) -> bool {
        !matches!(self, Self::Ended(_))
    }

    /// Whether somebody put it right.
    pub fn is_put_right(self) -> bool {
        self == Self::Ended(Ending::Resolved)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Waived => "waived",
            Self::Ended(ending) => ending.as_str(),
        }
    }
}

impl From<EvidenceEnding> for &'static str {
    fn from(ending: EvidenceEnding) -> Self {
        ending.as_str()
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceFinding {
    pub id: i64,
    pub rule: Rule,
    pub severity: Severity,
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    pub detail: String,
    pub opened: NaiveDate,
    /// It was so when monitoring began: the days are those that we saw.
    pub since_baseline: bool,
    pub resolved: Option<NaiveDate>,
    pub days: i64,
    pub ending: EvidenceEnding,
    pub waived_until: Option<NaiveDate>,
    pub reminders: u32,
    pub last_reminded: Option<NaiveDate>,
    pub escalated: Option<NaiveDate>,
    /// When that was a leader; without one it became IT's.
    pub leader_asked: Option<NaiveDate>,
    /// It is that the system has no owner.
    #[serde(skip)]
    pub nobody_owns: bool,
}

/// Everything that was open on some day of the period, oldest first.
pub(super) fn findings(scope: &Scope<'_>) -> Result<Vec<EvidenceFinding>, Error> {
    let moment = scope.moment();
    let (connection, end) = (moment.connection, scope.end());
    let filter = FindingFilter {
        open: true,
        resolved: true,
        as_of: Some(end),
        not_before: Some(scope.start),
        ..FindingFilter::default()
    };
    let known = moment.identities()?;
    let told = ledger_until(connection, moment.config.mail.mode, end, &known)?;
    let found = select_findings(connection, &filter)?;
    let of_period = found.iter().filter(|finding| scope.covers(finding.usage));
    let line = |finding: &Finding| {
        let told = told.notified_of(finding.id);
        let day = |at: Option<DateTime<Utc>>| at.map(|at| scope.day(at));
        let waiver = scope.view.waivers.get(&finding.id);
        let state = state_at(finding, waiver, end);
        let resolved = finding.resolved_at.filter(|_| state == FindingState::Resolved);
        let opened = scope.day(finding.opened_at);
        let details: Vec<String> =
            scope.view.details(&finding.faults).iter().map(|line| sentence(line)).collect();
        EvidenceFinding {
            id: finding.id,
            rule: finding.rule,
            severity: finding.severity,
            system_usage_uuid: finding.usage,
            system_name: scope.system(finding.usage),
            unit: scope.unit_name(finding.usage),
            detail: details.join(" "),
            opened,
            since_baseline: finding.since_baseline,
            resolved: day(resolved),
            days: (day(resolved).unwrap_or(scope.period.to) - opened).num_days(),
            ending: match state {
                FindingState::Open => EvidenceEnding::Open,
                FindingState::Waived => EvidenceEnding::Waived,
                FindingState::Resolved => {
                    EvidenceEnding::Ended(finding.ending.unwrap_or(Ending::Resolved))
                }
            },
            waived_until: waiver.filter(|_| state == FindingState::Waived).map(|w| w.until),
            reminders: told.reminders,
            last_reminded: day(told.last_reminded_at),
            escalated: day(told.escalated_at),
            leader_asked: day(told.leader_asked_at),
            nobody_owns: nobody_owns(&finding.faults),
        }
    };
    Ok(of_period.map(line).collect())
}
