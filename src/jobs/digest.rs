//! The digest job: what IT should have been told by now, minus what it was.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use rusqlite::Connection;
use serde::Serialize;
use tracing::info;

use super::compose::Composer;
use super::{Context, Error, finished};
use crate::config::Config;
use crate::model::{
    Change, ChangeKind, Digest, Finding, Health, IncidentLine, Job, JobOutcome, Letter, MailKind,
    MailMode, MailState, Snapshot, TrendPoint, Waiver,
};
use crate::notify::digest::{EndingWaiver, Material, digest as put_together};
use crate::notify::leavers::{Leaver, LeaverCase, open_cases};
use crate::notify::notices::PlannedMail;
use crate::policy::Policy;
use crate::query::{self, LeadersFile, read_leaders, resolve, suggestions, waivers};
use crate::store::{
    self, Access, ChangeFilter, changes_since, count_dead_since, count_failed_runs,
    count_gone_since, current_snapshot, enqueue, former_usage_names, immediate, incidents,
    insert_run, lapsed_between, last_mail_at, last_snapshot, list_changes, open_findings,
    person_names, recorded_roles, resolved_between, snapshots_since, told, waivers_ending,
    waivers_expired_since,
};
use crate::time::civil::local_date;

/// What the digest job did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestReport {
    pub date: NaiveDate,
    pub subject: String,
    pub to: Vec<String>,
    /// `None` when it was not asked for, or was in the outbox already.
    pub mail_id: Option<i64>,
    /// What was done and why, in words.
    pub detail: String,
    /// The digest as text.
    #[serde(skip)]
    pub text: String,
}

/// Renders today's digest and, with `send`, puts it into the outbox: once a day
/// at most, whoever asks.
///
/// # Errors
/// When nothing was read from KITOS yet, or the database fails.
pub async fn digest(
    context: &Context,
    scheduled_for: Option<DateTime<Utc>>,
    send: bool,
) -> Result<DigestReport, Error> {
    let _lock = if send { Some(context.lock(Job::Digest).await?) } else { None };
    let (now, clock, config) = (context.now(), Instant::now(), Arc::clone(&context.config));
    let access = if send { Access::Create } else { Access::Existing };
    let report = context
        .store
        .run(access, move |connection| {
            let tx = immediate(connection)?;
            let composer = Composer::new(&tx, &config, now)?;
            let letter = gather(&tx, &config, now)?;
            let date = letter.date;
            let planned = PlannedMail {
                key: format!("digest/{date}"),
                kind: MailKind::Digest,
                person: None,
                to: config.mail.it.clone(),
                letter: Letter::Digest(Box::new(letter)),
                not_before: now,
            };
            let (mail, text) = composer.finish_with_text(&planned)?;
            let mail_id = if send { enqueue(&tx, &mail, now)? } else { None };
            let detail = match (send, mail_id) {
                (false, _) => "not queued: add --send to put it into the outbox".to_owned(),
                (true, Some(id)) => format!("queued as mail {id}"),
                (true, None) => format!("the digest of {date} is in the outbox already"),
            };
            if send {
                let run = finished(
                    Job::Digest,
                    scheduled_for,
                    now,
                    clock.elapsed(),
                    JobOutcome::Done,
                    detail.clone(),
                );
                insert_run(&tx, &run)?;
            }
            tx.commit().map_err(store::Error::from)?;
            Ok::<_, Error>(DigestReport {
                date,
                subject: mail.subject,
                to: mail.to,
                mail_id,
                detail,
                text,
            })
        })
        .await?;
    if send {
        info!(date = %report.date, detail = report.detail, "digest done");
    }
    Ok(report)
}

/// Today's digest as data, for `mail preview`.
///
/// # Errors
/// When nothing was read from KITOS yet, or the database fails.
pub fn preview_digest(
    connection: &Connection,
    config: &Config,
    now: DateTime<Utc>,
) -> Result<Digest, Error> {
    gather(connection, config, now)
}

fn gather(connection: &Connection, config: &Config, now: DateTime<Utc>) -> Result<Digest, Error> {
    let zone = config.schedule.time_zone;
    let date = local_date(now, zone);
    let snapshot = current_snapshot(connection)?.ok_or(query::Error::NoSnapshot)?;
    let last = last_snapshot(connection)?.ok_or(query::Error::NoSnapshot)?;
    let mut policy = resolve(config, &recorded_roles(connection)?, &snapshot).policy;
    if let LeadersFile::Read { leaders, .. } = read_leaders(config) {
        policy.leaders = Some(leaders);
    }
    let waived = waivers(connection, now)?;
    let mut open = open_findings(connection)?;
    open.retain(|finding| !waived.contains_key(&finding.id));
    let previous = last_mail_at(connection, MailKind::Digest, config.mail.mode, now)?;
    // Before the first digest everything is the baseline.
    let since = previous.unwrap_or_else(|| Utc.timestamp_nanos(0));
    let (changes, findings_resolved, lapsed) = match previous {
        None => (Vec::new(), Vec::new(), 0),
        Some(previous) => (
            changes_since(connection, previous)?,
            resolved_between(connection, previous, now)?,
            lapsed_between(connection, previous, now)?,
        ),
    };
    let changes: Vec<_> = changes.into_iter().map(|row| (row.date, row.change)).collect();
    let figures: Vec<_> = snapshots_since(connection, date - TimeDelta::weeks(13))?
        .into_iter()
        .map(|row| TrendPoint {
            date: row.local_date,
            in_scope: row.in_scope,
            with_owner: row.with_owner,
        })
        .collect();
    let gone = match config.mail.mode {
        MailMode::Preview => MailState::Previewed,
        MailMode::Redirect | MailMode::Send => MailState::Sent,
    };
    let health = Health {
        pulled_at: last.taken_at.with_timezone(&zone),
        usages: last.usages,
        people: last.people,
        failed_pulls: count_failed_runs(connection, Job::Sync, since)?,
        sent: count_gone_since(connection, gone, None, since)?,
        reminders: count_gone_since(connection, gone, Some(MailKind::Reminder), since)?,
        dead: count_dead_since(connection, since)?,
        next_pull: config.schedule.sync.next_after(now, zone).map(|at| at.with_timezone(&zone)),
        incidents: incidents(connection)?
            .into_iter()
            .map(|i| IncidentLine { kind: i.kind, since: i.opened_at.with_timezone(&zone) })
            .collect(),
    };
    Ok(put_together(&Material {
        snapshot: &snapshot,
        policy: &policy,
        date,
        zone,
        kitos_url: &config.kitos.ui_url(),
        language: config.mail.language,
        since: previous,
        open: &open,
        resolved: &findings_resolved,
        lapsed,
        changes: &changes,
        figures: &figures,
        former_names: &former_usage_names(connection)?,
        names: &person_names(connection)?,
        waivers: &ending_waivers(connection, since, now)?,
        leavers: &leaver_cases(connection, &snapshot, &policy, date)?,
        suggestions: &suggestions(connection, &snapshot, &policy, config.mail.language)?,
        told: &told(connection, config.mail.mode, now)?,
        health,
    }))
}

/// Everyone who left since monitoring began, and whose systems are not all handed on.
fn leaver_cases(
    connection: &Connection,
    snapshot: &Snapshot,
    policy: &Policy,
    today: NaiveDate,
) -> Result<Vec<LeaverCase>, Error> {
    let of_kind = |kind| {
        list_changes(connection, &ChangeFilter { kind: Some(kind), ..ChangeFilter::default() })
    };
    let left = of_kind(ChangeKind::PersonLeft)?;
    let leavers: Vec<_> = left.iter().filter_map(|row| Leaver::of(row.date, &row.change)).collect();
    let renewed = of_kind(ChangeKind::ReRegistered)?;
    let heirs = renewed.iter().filter_map(|row| match row.change {
        Change::ReRegistered { before, after, .. } => Some((before, after)),
        _ => None,
    });
    Ok(open_cases(&leavers, &heirs.collect(), snapshot, policy, today))
}

/// Exceptions that ended since the last digest, and those that end within 14 days.
fn ending_waivers(
    connection: &Connection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<EndingWaiver>, Error> {
    let ended = waivers_expired_since(connection, since, now)?;
    let ending = waivers_ending(connection, now, now + TimeDelta::days(14))?;
    let line = |over: bool| {
        move |(waiver, finding): (Waiver, Finding)| EndingWaiver {
            finding,
            until: waiver.until,
            reason: waiver.reason,
            over,
        }
    };
    Ok(ended.into_iter().map(line(true)).chain(ending.into_iter().map(line(false))).collect())
}
