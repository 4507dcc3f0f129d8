//! A person's exceptions from the policy.

use rusqlite::Transaction;

use super::error::Error;
use super::transaction::decide;
use crate::jobs::Context;
use crate::model::{Finding, Waiver, WaiverEnd, WaiverEnding};
use crate::policy::waivers::{self, Refusal, Request};
use crate::query::Moment;
use crate::store::{end_waiver, finding_by_id, insert_waiver, waiver_of};

/// A waiver that was made, and the one that it replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waived {
    pub waiver: Waiver,
    pub replaced: Option<Waiver>,
}

/// Excepts a finding.
///
/// # Errors
/// [`Error::Waiver`] says why not, and the database is as it was.
pub async fn waive(context: &Context, finding: i64, request: Request) -> Result<Waived, Error> {
    decide(context, move |tx, moment| {
        let finding = finding_by_id(tx, finding)?.ok_or(Refusal::Unknown(finding))?;
        grant(tx, &finding, &request, moment)
    })
    .await
}

/// Writes an exception in place of one that is in force.
pub(super) fn grant(
    tx: &Transaction<'_>,
    finding: &Finding,
    request: &Request,
    moment: &Moment<'_>,
) -> Result<Waived, Error> {
    let now = moment.now;
    let new = waivers::waive(finding, request, now, moment.config.schedule.time_zone)?;
    let replaced = waiver_of(tx, finding.id, now)?;
    if let Some(replaced) = &replaced {
        let end = WaiverEnd { at: now, how: WaiverEnding::Replaced, by: new.by.clone() };
        end_waiver(tx, replaced.id, &end)?;
    }
    Ok(Waived { waiver: insert_waiver(tx, &new)?, replaced })
}

/// Ends a finding's exception now. Returns the waiver that was in force.
///
/// # Errors
/// [`Error::Waiver`] says why not, and the database is as it was.
pub async fn unwaive(context: &Context, finding: i64, by: String) -> Result<Waiver, Error> {
    decide(context, move |tx, moment| {
        let known = finding_by_id(tx, finding)?.ok_or(Refusal::Unknown(finding))?;
        let waiver = waiver_of(tx, known.id, moment.now)?.ok_or(Refusal::NotWaived(known.id))?;
        let by = waivers::one_line(&by).ok_or(Refusal::NoName(known.id))?;
        let end = WaiverEnd { at: moment.now, how: WaiverEnding::Withdrawn, by };
        end_waiver(tx, waiver.id, &end)?;
        Ok(Waiver { ended: Some(end), ..waiver })
    })
    .await
}
