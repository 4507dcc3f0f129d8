//! Who owned what, from when to when.

use chrono::NaiveDate;
use serde::Serialize;
use uuid::Uuid;

use super::scope::Scope;
use crate::query::error::Error;
use crate::store::Ownership;
use crate::text::danish;

/// One person's time as owner of one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceOwnership {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
    pub unit: Option<String>,
    pub person: String,
    pub role: String,
    pub from: NaiveDate,
    /// It was so when monitoring began: the true beginning is unknown.
    pub since_baseline: bool,
    /// The first day on which it no longer held; `None` while it lasts.
    pub to: Option<NaiveDate>,
    /// The person was no user any more when it ended or, while it lasts, at the end of
    /// the period.
    pub departed: bool,
}

/// By system, then in the order of time.
pub(super) fn ownerships(scope: &Scope<'_>) -> Result<Vec<EvidenceOwnership>, Error> {
    let of_period = |o: &Ownership| {
        scope.view.policy.owner_roles.contains(&o.role)
            && o.from <= scope.end()
            && o.to.is_none_or(|to| scope.day(to) > scope.period.from)
            && scope.covers(o.usage)
    };
    let all = scope.moment().ownerships()?;
    let line = |o: &Ownership| {
        let to = o.to.filter(|to| *to <= scope.end());
        EvidenceOwnership {
            system_usage_uuid: o.usage,
            system_name: scope.system(o.usage),
            unit: scope.unit_name(o.usage),
            person: scope.view.person_name(o.person),
            role: scope.view.name(o.role).unwrap_or_default(),
            from: scope.day(o.from),
            since_baseline: o.since_baseline,
            to: to.map(|to| scope.day(to)),
            departed: match to {
                Some(_) => o.departed,
                None => !scope.view.snapshot.is_member(o.person),
            },
        }
    };
    let mut lines: Vec<EvidenceOwnership> = all.iter().filter(|o| of_period(o)).map(line).collect();
    lines.sort_by_cached_key(|line| {
        (danish::place(&line.system_name), line.system_usage_uuid, line.from)
    });
    Ok(lines)
}
