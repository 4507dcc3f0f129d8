//! What a person may except from the policy, and what that does to a finding. An exception has
//! an end, a reason and a name, and is for one occurrence: a finding that comes back after it
//! was resolved is open.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::model::{Finding, FindingState, Waiver};
use crate::time::civil;

/// What someone asks to be excepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The last day.
    pub until: NaiveDate,
    pub reason: String,
    pub by: String,
}

/// A waiver about to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWaiver {
    pub finding: i64,
    pub until: NaiveDate,
    pub ends_at: DateTime<Utc>,
    pub reason: String,
    pub by: String,
    pub created_at: DateTime<Utc>,
}

/// Why a waiver is not made, or not ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("there is no finding {0}. `kitos-sync findings --state all` lists them with their ids")]
    Unknown(i64),
    #[error(
        "finding {finding} was resolved on {on}: there is nothing to waive. If the fault is back, it is a finding with an id of its own; `kitos-sync findings` lists it"
    )]
    Resolved { finding: i64, on: NaiveDate },
    #[error(
        "finding {finding} cannot be waived until {until}: that day is over (today is {today}). Give --until a day from today on"
    )]
    Over { finding: i64, until: NaiveDate, today: NaiveDate },
    #[error(
        "finding {0} cannot be waived without a reason. Say with --reason why it may stand; an auditor will read it"
    )]
    NoReason(i64),
    #[error("finding {0} cannot be waived by nobody. Say with --by who decided it")]
    NoName(i64),
    #[error(
        "finding {0} is not waived: there is nothing to end. `kitos-sync findings --state waived` lists those that are"
    )]
    NotWaived(i64),
}

/// Decides on a request. A waiver that is in force already is no obstacle: the
/// new one replaces it, so that an exception can be prolonged or cut short in one
/// step, and both stay on record.
///
/// # Errors
/// The finding is resolved, the day is over, or reason or name is blank.
pub fn waive(
    finding: &Finding,
    request: &Request,
    now: DateTime<Utc>,
    zone: Tz,
) -> Result<NewWaiver, Refusal> {
    let today = now.with_timezone(&zone).date_naive();
    if let Some(resolved) = finding.resolved_at {
        let on = resolved.with_timezone(&zone).date_naive();
        return Err(Refusal::Resolved { finding: finding.id, on });
    }
    if request.until < today {
        return Err(Refusal::Over { finding: finding.id, until: request.until, today });
    }
    let reason = one_line(&request.reason).ok_or(Refusal::NoReason(finding.id))?;
    let by = one_line(&request.by).ok_or(Refusal::NoName(finding.id))?;
    Ok(NewWaiver {
        finding: finding.id,
        until: request.until,
        ends_at: civil::end_of(request.until, zone),
        reason,
        by,
        created_at: now,
    })
}

/// Text as it is stored: on one line, even if several were pasted; `None` if blank.
pub fn one_line(text: &str) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// A finding's state at `instant`; `waiver`: one of its waivers, if it has any.
pub fn state_at(
    finding: &Finding,
    waiver: Option<&Waiver>,
    instant: DateTime<Utc>,
) -> FindingState {
    if finding.resolved_at.is_some_and(|resolved| resolved <= instant) {
        FindingState::Resolved
    } else if waiver.is_some_and(|waiver| waiver.in_force(instant)) {
        FindingState::Waived
    } else {
        FindingState::Open
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Copenhagen;

    use super::*;
    use crate::model::{Severity, WaiverEnd, WaiverEnding};
    use crate::policy::rules::owner_missing;
    use crate::testing::{at, day, id};

    fn finding() -> Finding {
        Finding {
            id: 7,
            rule: owner_missing::RULE.id,
            severity: Severity::High,
            usage: id("løn"),
            faults: Vec::new(),
            opened_at: at("2026-01-05T05:00:00Z"),
            resolved_at: None,
            ending: None,
            since_baseline: false,
            by_policy_change: false,
        }
    }

    fn request(until: &str, reason: &str, by: &str) -> Request {
        Request { until: day(until), reason: reason.to_owned(), by: by.to_owned() }
    }

    #[test]
    fn a_waiver_ends_with_its_last_day_in_the_zone() {
        for (until, ends_at, why) in [
            ("2026-03-02", "2026-03-02T23:00:00Z", "winter, and today itself"),
            ("2026-03-29", "2026-03-29T22:00:00Z", "the clocks go forward on that day"),
            ("2026-10-25", "2026-10-25T23:00:00Z", "the clocks go back on that day"),
            ("2026-12-31", "2026-12-31T23:00:00Z", "the last of the year"),
        ] {
            let asked = request(until, "  flytter\n til ny  leverandør ", " Anna ");
            let made = waive(&finding(), &asked, at("2026-03-02T08:00:00Z"), Copenhagen);
            let made = made.expect(why);
            assert_eq!(made.ends_at, at(ends_at), "{why}");
            assert_eq!(made.reason, "flytter til ny leverandør");
            assert_eq!(made.by, "Anna");
        }
    }

    #[test]
    fn what_cannot_be_waived_is_told_why() {
        let resolved = Finding { resolved_at: Some(at("2026-02-01T23:30:00Z")), ..finding() };
        let over = |until: &str, today: &str| Refusal::Over {
            finding: 7,
            until: day(until),
            today: day(today),
        };
        let now = "2026-03-02T08:00:00Z";
        for (finding, asked, now, refusal) in [
            // Half past midnight on the 2nd, in Copenhagen.
            (
                &resolved,
                request("2026-04-01", "x", "Anna"),
                now,
                Refusal::Resolved { finding: 7, on: day("2026-02-02") },
            ),
            (&finding(), request("2026-03-01", "x", "Anna"), now, over("2026-03-01", "2026-03-02")),
            // It is the 3rd in Copenhagen already.
            (
                &finding(),
                request("2026-03-02", "x", "Anna"),
                "2026-03-02T23:00:00Z",
                over("2026-03-02", "2026-03-03"),
            ),
            (&finding(), request("2026-04-01", " \n", "Anna"), now, Refusal::NoReason(7)),
            (&finding(), request("2026-04-01", "x", "\t"), now, Refusal::NoName(7)),
        ] {
            assert_eq!(waive(finding, &asked, at(now), Copenhagen), Err(refusal));
        }
    }

    #[test]
    fn the_state_follows_resolution_and_waiver() {
        let waiver = |ended: Option<(&str, WaiverEnding)>| Waiver {
            id: 1,
            finding: 7,
            until: day("2026-03-31"),
            ends_at: at("2026-03-31T22:00:00Z"),
            reason: "x".to_owned(),
            by: "Anna".to_owned(),
            created_at: at("2026-03-02T08:00:00Z"),
            ended: ended.map(|(when, how)| WaiverEnd { at: at(when), how, by: "Bo".to_owned() }),
        };
        let whole = waiver(None);
        let withdrawn = waiver(Some(("2026-03-10T08:00:00Z", WaiverEnding::Withdrawn)));
        // Ended after it was over by itself: nothing is prolonged.
        let late = waiver(Some(("2026-05-01T08:00:00Z", WaiverEnding::Replaced)));
        use FindingState::{Open, Resolved, Waived};
        for (resolved, waiver, instant, state) in [
            (None, None, "2026-03-15T12:00:00Z", Open),
            (None, Some(&whole), "2026-03-02T07:59:59Z", Open),
            (None, Some(&whole), "2026-03-02T08:00:00Z", Waived),
            (None, Some(&whole), "2026-03-31T21:59:59Z", Waived),
            (None, Some(&whole), "2026-03-31T22:00:00Z", Open),
            (None, Some(&withdrawn), "2026-03-10T07:59:59Z", Waived),
            (None, Some(&withdrawn), "2026-03-10T08:00:00Z", Open),
            (None, Some(&late), "2026-03-31T22:00:00Z", Open),
            (Some("2026-03-15T05:00:00Z"), Some(&whole), "2026-03-15T04:59:59Z", Waived),
            (Some("2026-03-15T05:00:00Z"), Some(&whole), "2026-03-15T05:00:00Z", Resolved),
        ] {
            let finding = Finding { resolved_at: resolved.map(at), ..finding() };
            assert_eq!(state_at(&finding, waiver, at(instant)), state, "{instant} {waiver:?}");
        }
    }
}
