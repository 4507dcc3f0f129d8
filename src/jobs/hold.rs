//! A pull that the guard holds back: it is kept, and the operators are told why, what
//! explains it, and what a release would do. The latter is found out by doing it, and
//! taking it back.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::Transaction;
use tracing::dispatcher::{Dispatch, with_default};

use super::error::Error;
use super::incidents::open_incident;
use super::step::Step;
use super::sync_report::SyncReport;
use crate::model::{AlertFact, Explained, HoldOutlook, HoldReason, IncidentKind, MailKind};
use crate::notify::plan;
use crate::query::{Inputs, Moment};
use crate::store::{
    self, findings_opened_in, hold_pull, incidents, last_mail_id, mails_queued_after,
};

/// Keeps the pull and tells the operators. Returns how many mails it queued. `release`
/// commits the pull as a person's release would.
pub(super) fn hold(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    (reasons, causes): (&[HoldReason], Vec<Explained>),
    release: impl FnOnce() -> Result<SyncReport, Error>,
) -> Result<usize, Error> {
    let Moment { config, now, .. } = step.moment;
    let outlook = HoldOutlook { causes, ..outlook(tx, step, release)? };
    hold_pull(tx, step.pull, (reasons, &outlook), step.taken_at)?;
    forget_another(tx, reasons, now)?;
    let mut facts: Vec<AlertFact> = reasons.iter().cloned().map(AlertFact::Held).collect();
    facts.push(AlertFact::Outlook(outlook));
    open_incident(tx, config, IncidentKind::Quarantine, now, facts)
}

/// A pull that is held for a reason that nobody was told of is a new incident, and so has an
/// alert of its own: otherwise a release would let in what no alert described.
fn forget_another(
    tx: &Transaction<'_>,
    reasons: &[HoldReason],
    now: DateTime<Utc>,
) -> Result<(), Error> {
    let open = incidents(tx)?.into_iter().find(|open| open.kind == IncidentKind::Quarantine);
    let Some(open) = open else { return Ok(()) };
    let is_told = |reason: &HoldReason| {
        let like = |fact: &AlertFact| matches!(fact, AlertFact::Held(told) if told.is_like(reason));
        open.facts.iter().any(like)
    };
    if !reasons.iter().all(is_told) {
        store::close_incident(tx, IncidentKind::Quarantine, now)?;
    }
    Ok(())
}

fn outlook(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    release: impl FnOnce() -> Result<SyncReport, Error>,
) -> Result<HoldOutlook, Error> {
    let sql = |statement| tx.execute_batch(statement).map_err(store::Error::from);
    sql("SAVEPOINT released")?;
    let found = released(tx, step, release);
    let undone = sql("ROLLBACK TO released; RELEASE released");
    // SQLite takes everything back by itself after some errors, and then knows no savepoint any
    // more: the cause is what to tell.
    let outlook = found?;
    undone?;
    Ok(outlook)
}

/// Releases the pull and counts what follows.
fn released(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    release: impl FnOnce() -> Result<SyncReport, Error>,
) -> Result<HoldOutlook, Error> {
    let last = last_mail_id(tx)?;
    // What it would log did not happen.
    let report = match with_default(&Dispatch::none(), release) {
        Ok(report) => report,
        Err(refusal @ (Error::OwnerRole(_) | Error::Overtaken)) => {
            return Ok(HoldOutlook {
                refused: Some(refusal.to_string()),
                ..HoldOutlook::default()
            });
        }
        Err(error) => return Err(error),
    };
    let rules = match report.snapshot_id {
        Some(snapshot) => findings_opened_in(tx, snapshot)?,
        None => BTreeMap::new(),
    };
    let mut mails = mails_queued_after(tx, last)?;
    // The all-clear tells nobody anything of the pull.
    mails.remove(&MailKind::Alert);
    let Moment { config, now, .. } = step.moment;
    let next = config.schedule.remind.next_after(now, config.schedule.time_zone).unwrap_or(now);
    let inputs = Inputs::load(&Moment { now: next, ..step.moment })?;
    let directory = inputs.directory();
    for draft in plan(&inputs.situation(&directory)).drafts {
        *mails.entry(draft.kind.mail()).or_default() += 1;
    }
    Ok(HoldOutlook { rules, mails, ..HoldOutlook::default() })
}
