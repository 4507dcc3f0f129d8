//! What follows from a pull, in one transaction: held by the guard, or judged,
//! recorded and told. Reads no clock and no network.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::TimeDelta;
use rusqlite::Transaction;

use super::answers;
use super::compose::Composer;
use super::error::Error;
use super::hold::hold;
use super::incidents::{close_incident, open_incident};
use super::leaders;
use super::news;
use super::step::{Step, Told};
use super::sync_report::{SyncOutcome, SyncReport};
use crate::guard::{Limits, causes, inspect};
use crate::model::{AlertFact, HoldReason, IncidentKind, Snapshot};
use crate::notify::leavers;
use crate::notify::notices::Occasion;
use crate::policy::assess::{Assessment, Figures, assess, figures};
use crate::policy::departures::count_as_departed;
use crate::policy::rules;
use crate::query::{Resolved, resolve};
use crate::register::changes::Dated;
use crate::register::lineage::{Identities, settle};
use crate::store::{
    NewSnapshot, apply_transitions, bindings, changes_since, current_snapshot, decide_quarantine,
    forget_kitos_answers, identities, insert_changes, insert_snapshot, keep_kitos_answers,
    kitos_host, last_snapshot, lineage, load_history, looked_through, open_findings,
    owner_roles_then, record_identities, record_kitos_host, record_lineage, record_names,
    record_owner_roles, record_roles, refused_addresses, write_delta,
};
use crate::time::civil::local_date;

/// As far back as the pull of the day before, which may have been late.
const DAY_BEFORE: TimeDelta = TimeDelta::hours(36);

/// What a committed pull shows to be over.
const ENDED_BY_A_PULL: [IncidentKind; 4] = [
    IncidentKind::Quarantine,
    IncidentKind::LoginRefused,
    IncidentKind::AccessLost,
    IncidentKind::StaleData,
];

/// Everything that follows from a pull, within the caller's transaction.
pub(crate) fn commit(tx: &Transaction<'_>, step: &Step<'_>) -> Result<SyncReport, Error> {
    let Step { config, pull, taken_at, now, guard, leaders, accept_leaders, .. } = *step;
    let today = local_date(taken_at, config.schedule.time_zone);
    let last = last_snapshot(tx)?;
    // Somebody may have released a held pull since this one began.
    let is_last = |id: i64| last.as_ref().is_some_and(|last| last.id == id);
    let found = step.before.filter(|found| is_last(found.id)).map(|found| &found.snapshot);
    let read;
    let (before_snapshot, (mut settled, anew)) = match step.told {
        Told::AsBefore(id) if !is_last(*id) => return Err(Error::Overtaken),
        // It is settled.
        Told::AsBefore(_) => {
            (Some(&pull.snapshot), (Cow::Borrowed(&pull.snapshot), Identities::new()))
        }
        Told::Anew(_) => {
            read = if found.is_none() { current_snapshot(tx)? } else { None };
            let before = found.or(read.as_ref());
            (before, settle(&lineage(tx)?, before, &pull.snapshot))
        }
    };
    let gone = step.departures.gone((&settled, today), before_snapshot);
    if !gone.is_empty() {
        count_as_departed(settled.to_mut(), &gone);
    }
    let after = Dated { snapshot: &settled, today };
    let mut bindings = bindings(tx)?;
    bindings.identities.extend(&anew);
    let mut resolved = resolve(config, &bindings, after.snapshot);
    let counted = owner_roles_then(tx)?;
    if counted != resolved.policy.owner_roles {
        resolved.policy.owner_roles_before = counted;
    }
    let before = before_snapshot.zip(last.as_ref());
    let before = before.map(|(snapshot, last)| Dated { snapshot, today: last.local_date });
    let mut report = step.report(figures(after.snapshot, &resolved.policy, today));

    if let (Some(before), Some(unconfirmed)) = (before, guard) {
        let earlier = resolve(config, &bindings, before.snapshot);
        let sides = (earlier.side(before), resolved.side(after));
        let limits = Limits {
            removed: config.guard.max_removed,
            changed: config.guard.max_changed,
            people: config.guard.max_people,
        };
        let mut reasons = inspect(sides.0, sides.1, unconfirmed, &limits);
        if let Some(before) = kitos_host(tx)?.filter(|before| *before != pull.host) {
            reasons.insert(0, HoldReason::OtherKitos { before, now: pull.host.clone() });
        }
        if !reasons.is_empty() {
            let why = (&reasons[..], causes(sides.0, sides.1));
            let release = || commit(tx, &Step { guard: None, ..*step });
            report.mails_queued += hold(tx, step, why, release)?;
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

    let judged = (&resolved.policy, after.snapshot);
    let trusted = leaders::trust(tx, leaders, judged, accept_leaders)?;
    resolved.policy.leaders = trusted.leaders;
    let mut open = open_findings(tx)?;
    if trusted.frozen.is_some() {
        resolved.policy.rules.retain(|rule, _| !rules::def(*rule).needs_leaders);
        open.retain(|finding| !rules::def(finding.rule).needs_leaders);
    }
    let policy = &resolved.policy;
    let mut history = load_history(tx, &policy.owner_roles)?;
    history.refused = refused_addresses(tx)?;
    history.looked_through = looked_through(tx)?;
    let mut assessment = assess(before, after, history, &open, policy);
    let earlier = changes_since(tx, taken_at - DAY_BEFORE)?;
    let earlier: Vec<_> = earlier.into_iter().map(|row| row.change).collect();
    leavers::join(&mut assessment.changes, &earlier, after.snapshot, &policy.owner_roles);

    let snapshot_id = record(tx, step, &assessment, &resolved, before.is_none())?;
    record_lineage(tx, snapshot_id, &anew)?;
    match step.told {
        // What was made anew, or counts as gone, is not in the replies.
        Told::Anew(Some(answers)) if anew.is_empty() && gone.is_empty() => {
            keep_kitos_answers(tx, answers)?;
        }
        Told::AsBefore(_) if gone.is_empty() => {}
        _ => forget_kitos_answers(tx)?,
    }
    report.snapshot_id = Some(snapshot_id);
    answers::tick_off(tx, (after.snapshot, policy, today), now)?;
    let composer = Composer::new(tx, config, now)?;
    if !assessment.delta.people.is_empty() {
        know_people(tx, after.snapshot)?;
    }
    if let Some(before) = before {
        let withdrawn = news::withdraw(tx, config.mail.mode, after, policy)?;
        // A pull that saw nothing happen suggests nobody and tells nobody.
        if !assessment.changes.is_empty() {
            let occasion = Occasion {
                snapshot_id,
                before,
                after,
                changes: &assessment.changes,
                earlier: &earlier,
                withdrawn: &withdrawn,
                waiting: &BTreeMap::new(),
                suggestions: &BTreeMap::new(),
                now,
            };
            let unknown = trusted.frozen.is_some() && policy.leaders.is_none();
            report.mails_queued += news::tell(tx, &composer, &occasion, (policy, unknown))?;
        }
    }
    report.mails_queued += match trusted.frozen {
        Some(why) => {
            let facts = vec![AlertFact::Error(why)];
            open_incident(tx, config, IncidentKind::LeadersFile, now, facts)?
        }
        None => close_incident(tx, config, &composer, IncidentKind::LeadersFile, now)?,
    };
    decide_quarantine(tx, "cleared", None, now)?;
    for kind in ENDED_BY_A_PULL {
        report.mails_queued += close_incident(tx, config, &composer, kind, now)?;
    }

    let Assessment { delta, changes, findings, .. } = &assessment;
    for change in changes {
        *report.changes.entry(change.kind().as_str()).or_default() += 1;
    }
    if delta.is_empty() && changes.is_empty() && before.is_some() {
        report.outcome = SyncOutcome::Unchanged;
    }
    report.findings_opened = findings.opened.len();
    report.findings_resolved = findings.resolved.len();
    Ok(report)
}

impl Step<'_> {
    /// What was read; nothing has followed from it yet.
    fn report(&self, read: Figures) -> SyncReport {
        SyncReport {
            outcome: SyncOutcome::Committed,
            snapshot_id: None,
            started_at: self.taken_at,
            duration_ms: self.pull.duration_ms,
            requests: self.pull.requests,
            bytes: self.pull.bytes,
            usages: read.usages,
            users: read.people,
            changes: BTreeMap::new(),
            findings_opened: 0,
            findings_resolved: 0,
            mails_queued: 0,
            held: Vec::new(),
        }
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
    let Step { config, pull, taken_at, now, .. } = *step;
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
    let mut known = identities(tx)?;
    known.take_in(snapshot.people.values());
    Ok(record_identities(tx, &known)?)
}
