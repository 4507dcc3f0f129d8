//! What follows from a pull, in one transaction: held by the guard, or judged,
//! recorded and told. Reads no clock and no network.

use std::collections::BTreeMap;

use rusqlite::Transaction;

use super::answers;
use super::compose::Composer;
use super::error::Error;
use super::hold::hold;
use super::incidents::{close_incident, open_incident};
use super::judging::{Judged, judge};
use super::news;
use super::step::{Replies, Step};
use super::sync_report::{SyncOutcome, SyncReport};
use super::taken_in::TakenIn;
use crate::guard::{Limits, Side, causes, inspect};
use crate::model::{AlertFact, Explained, HeldEnd, HoldReason, IncidentKind, Snapshot};
use crate::notify::notices::PullEvent;
use crate::policy::Policy;
use crate::policy::assess::Assessment;
use crate::query::{Moment, Resolved};
use crate::register::changes::Dated;
use crate::store::{
    NewSnapshot, apply_transitions, decide_quarantine, forget_kitos_answers, identities_with,
    insert_changes, insert_snapshot, keep_kitos_answers, keep_register, kitos_host, last_snapshot,
    record_identities, record_kitos_host, record_lineage, record_names, record_owner_roles,
    record_roles, write_delta,
};
use crate::time::civil::local_date;

/// What a committed pull shows to be over.
const ENDED_BY_A_PULL: [IncidentKind; 4] = [
    IncidentKind::Quarantine,
    IncidentKind::LoginRefused,
    IncidentKind::AccessLost,
    IncidentKind::StaleData,
];

/// Everything that follows from a pull, within the caller's transaction.
pub(crate) fn commit(tx: &Transaction<'_>, step: &Step<'_>) -> Result<SyncReport, Error> {
    let Moment { config, now, .. } = step.moment;
    let last = last_snapshot(tx)?;
    let taken = TakenIn::of(tx, step, last.as_ref())?;
    let (before, after) = (taken.before(), taken.after());
    let (earlier, mut resolved) = taken.policies(tx, step)?;
    let mut report = step.report(after.snapshot);

    if let Some((before, earlier)) = before.zip(earlier) {
        let (reasons, causes) = doubts(tx, step, (earlier.side(before), resolved.side(after)))?;
        if !reasons.is_empty() {
            let release = || commit(tx, &Step { guard: None, ..*step });
            report.mails_queued += hold(tx, step, (&reasons, causes), release)?;
            report.outcome = SyncOutcome::Quarantined;
            report.held = reasons;
            return Ok(report);
        }
    }
    resolved.require_owner_role(config, after.snapshot)?;
    if let (Some(before), Some(last)) = (before, &last) {
        let limit = config.guard.max_removed;
        resolved.require_known_owner_roles(after.snapshot, before, last, limit)?;
    }

    let judged = judge(tx, step, &taken, &mut resolved.policy)?;
    let is_first = before.is_none();
    let snapshot_id = record(tx, step, &judged.assessment, &resolved, is_first)?;
    record_lineage(tx, snapshot_id, &taken.anew)?;
    keep_register(tx, after.snapshot, &resolved.policy.owner_roles)?;
    keep_answers(tx, step, &taken)?;
    report.snapshot_id = Some(snapshot_id);
    let earlier = before.map(|before| before.snapshot);
    answers::tick_off(tx, earlier, (after.snapshot, &resolved.policy, after.today), now)?;
    // Creates the installation row if it is missing: its uuid salts the address hashes that
    // `know_people` writes next.
    let composer = Composer::new(tx, config, now)?;
    if !judged.assessment.delta.people.is_empty() {
        know_people(tx, after.snapshot)?;
    }
    if let Some(before) = before {
        let told = (snapshot_id, before, after);
        report.mails_queued += tell(&step.moment, &composer, told, &judged, &resolved.policy)?;
    }
    report.count(&judged.assessment, is_first);
    report.mails_queued += close_what_is_over(tx, step, &composer, judged.frozen)?;
    Ok(report)
}

/// Why the guard holds the pull back, if it does, and what explains it.
fn doubts(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    (before, after): (Side<'_>, Side<'_>),
) -> Result<(Vec<HoldReason>, Vec<Explained>), Error> {
    let Some(unconfirmed) = step.guard else { return Ok(Default::default()) };
    let limits = &step.moment.config.guard;
    let limits = Limits {
        removed: limits.max_removed,
        changed: limits.max_changed,
        people: limits.max_people,
    };
    let mut reasons = inspect(before, after, unconfirmed, &limits);
    let host = &step.pull.host;
    if let Some(before) = kitos_host(tx)?.filter(|before| before != host) {
        reasons.insert(0, HoldReason::OtherKitos { before, now: host.clone() });
    }
    let causes = if reasons.is_empty() { Vec::new() } else { causes(before, after) };
    Ok((reasons, causes))
}

/// Keeps KITOS's answers, by which the next pull recognises an unchanged register.
fn keep_answers(tx: &Transaction<'_>, step: &Step<'_>, taken: &TakenIn<'_>) -> Result<(), Error> {
    match step.replies {
        // The replies alone do not say what was recreated, or who counts as gone.
        Replies::Anew(Some(answers)) if taken.anew.is_empty() && taken.is_as_replied => {
            keep_kitos_answers(tx, answers)?;
        }
        Replies::AsBefore { .. } if taken.is_as_replied => {}
        _ => forget_kitos_answers(tx)?,
    }
    Ok(())
}

/// Tells people what the pull saw happen. Returns how many mails that are.
fn tell(
    moment: &Moment<'_>,
    composer: &Composer<'_>,
    (snapshot_id, before, after): (i64, Dated<'_>, Dated<'_>),
    Judged { assessment, earlier, frozen }: &Judged,
    policy: &Policy,
) -> Result<usize, Error> {
    let withdrawn = news::withdraw(moment.connection, moment.config.mail.mode, after, policy)?;
    // Nothing happened, so there is nothing to suggest and nobody to notify.
    if assessment.changes.is_empty() {
        return Ok(0);
    }
    let event = PullEvent {
        snapshot_id,
        before,
        after,
        changes: &assessment.changes,
        earlier,
        withdrawn: &withdrawn,
        waiting: &BTreeMap::new(),
        suggestions: &BTreeMap::new(),
        now: moment.now,
    };
    news::tell(moment, composer, &event, (policy, frozen.as_deref()))
}

/// Ends what a committed pull shows to be over; a leaders file that cannot be trusted
/// is an incident. Returns how many mails tell of it.
fn close_what_is_over(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    composer: &Composer<'_>,
    frozen: Option<String>,
) -> Result<usize, Error> {
    let Moment { config, now, .. } = step.moment;
    let mut mails = match frozen {
        Some(why) => {
            let facts = vec![AlertFact::Error(why)];
            open_incident(tx, config, IncidentKind::LeadersFile, now, facts)?
        }
        None => close_incident(tx, composer, IncidentKind::LeadersFile)?,
    };
    decide_quarantine(tx, HeldEnd::Cleared, None, now)?;
    for kind in ENDED_BY_A_PULL {
        mails += close_incident(tx, composer, kind)?;
    }
    Ok(mails)
}

impl Step<'_> {
    /// What was read; nothing has followed from it yet.
    fn report(&self, read: &Snapshot) -> SyncReport {
        SyncReport {
            outcome: SyncOutcome::Committed,
            snapshot_id: None,
            started_at: self.taken_at,
            duration_ms: self.pull.duration_ms,
            requests: self.pull.requests,
            bytes: self.pull.bytes,
            usages: read.usages.len(),
            users: read.members().count(),
            changes: BTreeMap::new(),
            findings_opened: 0,
            findings_resolved: 0,
            mails_queued: 0,
            held: Vec::new(),
        }
    }
}

impl SyncReport {
    /// Counts what was seen.
    fn count(&mut self, assessment: &Assessment, is_first: bool) {
        let Assessment { delta, changes, findings, .. } = assessment;
        for change in changes {
            *self.changes.entry(change.kind().as_str()).or_default() += 1;
        }
        if delta.is_empty() && changes.is_empty() && !is_first {
            self.outcome = SyncOutcome::Unchanged;
        }
        self.findings_opened = findings.opened.len();
        self.findings_resolved = findings.resolved.len();
    }
}

/// Writes the snapshot and what was seen in it. Returns its id.
fn record(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    assessment: &Assessment,
    resolved: &Resolved,
    is_first: bool,
) -> Result<i64, Error> {
    let Step { moment: Moment { config, now, .. }, pull, taken_at, .. } = *step;
    let Assessment { delta, changes, findings, figures } = assessment;
    let snapshot_id = insert_snapshot(
        tx,
        &NewSnapshot {
            taken_at,
            committed_at: now,
            local_date: local_date(taken_at, config.schedule.time_zone),
            duration_ms: pull.duration_ms,
            requests: pull.requests,
            bytes: pull.bytes,
            figures: *figures,
        },
    )?;
    record_kitos_host(tx, &pull.host)?;
    write_delta(tx, snapshot_id, delta)?;
    record_roles(tx, snapshot_id, &resolved.newly_matched())?;
    record_names(tx, snapshot_id, "unit", &resolved.staff_units.new)?;
    record_names(tx, snapshot_id, "usage", &resolved.excluded.new)?;
    record_owner_roles(tx, snapshot_id, &resolved.policy.owner_roles)?;
    insert_changes(tx, snapshot_id, changes)?;
    apply_transitions(tx, snapshot_id, now, findings, is_first)?;
    Ok(snapshot_id)
}

/// Notes by which address each user is known: who leaves is found in the leaders file by
/// it, however soon that is.
fn know_people(tx: &Transaction<'_>, snapshot: &Snapshot) -> Result<(), Error> {
    let known = identities_with(tx, snapshot.people.values())?;
    Ok(record_identities(tx, &known)?)
}
