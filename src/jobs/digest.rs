//! The digest job: what IT should have been told by now, minus what it was.

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use rusqlite::Connection;
use serde::Serialize;

use super::compose::{Composer, Post};
use super::error::Error;
use super::job::{Job, Report, Turn};
use crate::config::Config;
use crate::mail;
use crate::model::{
    AnswerState, ChangeKind, Did, Finding, JobKind, MailKind, NewMail, Snapshot, TrendPoint, Waiver,
};
use crate::notify::digest::data::{self, Health, Incident};
use crate::notify::digest::{EndingWaiver, Material, digest as put_together};
use crate::notify::leavers::{Leaver, LeaverCase, open_cases};
use crate::policy::Policy;
use crate::query::{self, Inputs, Moment};
use crate::store::{
    Access, AnswerFilter, ChangeFilter, SnapshotRow, changes_since, count_dead_since,
    count_failed_runs, count_gone_since, ended_between, enqueue, incidents, last_mail_at,
    last_snapshot, list_answers, list_changes, snapshots_since, waivers_ending,
    waivers_expired_since, waivers_in_force,
};

/// What the digest job did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DigestReport {
    pub date: NaiveDate,
    pub subject: String,
    pub to: Vec<String>,
    /// `None` when it was not asked for, or was in the outbox already.
    pub mail_id: Option<i64>,
    #[serde(skip)]
    pub did: Did,
    /// The digest as text.
    #[serde(skip)]
    pub text: String,
}

/// Renders today's digest and, with `send`, puts it into the outbox: once a day
/// at most, no matter who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    pub send: bool,
}

impl Job for Digest {
    type Report = DigestReport;

    const KIND: JobKind = JobKind::Digest;

    fn trial(&self) -> Option<Access> {
        (!self.send).then_some(Access::Existing)
    }

    async fn work(&self, turn: &Turn<'_>) -> Result<DigestReport, Error> {
        let send = self.send;
        turn.transaction(move |tx, moment| {
            let Moment { config, now, .. } = *moment;
            let composer = Composer::new(tx, config, now)?;
            let digest = gather(moment, now, For::Mail)?;
            let date = digest.date;
            let post = Post {
                key: format!("digest/{date}"),
                person: None,
                to: config.mail.it.clone(),
                cc: Vec::new(),
                only: None,
                letter: mail::of_digest(&digest, &config.mail)?,
                not_before: now,
            };
            let (mail, text) = composer.finish_with_text(&post)?;
            let mail_id = if send { enqueue(tx, &mail, now)? } else { None };
            let did = match (send, mail_id) {
                (false, _) => Did::DigestShown,
                (true, Some(mail)) => Did::DigestQueued { mail },
                (true, None) => Did::DigestKnown { date },
            };
            let NewMail { subject, to, .. } = mail;
            Ok(DigestReport { date, subject, to, mail_id, did, text })
        })
        .await
    }
}

impl Report for DigestReport {
    fn did(&self) -> Did {
        self.did.clone()
    }
}

/// Today's digest as data, for `mail preview`.
///
/// # Errors
/// When nothing was read from KITOS yet, or the database fails.
pub fn preview_digest(moment: &Moment<'_>) -> Result<data::Digest, Error> {
    gather(moment, moment.now, For::Mail)
}

/// The digest as it stands now, for the page. What happened is told since the digest
/// of last week, so that one that has just gone out says the same.
///
/// # Errors
/// As [`preview_digest`].
pub fn current_digest(moment: &Moment<'_>) -> Result<data::Digest, Error> {
    gather(moment, moment.now - TimeDelta::days(6), For::Page)
}

/// Where a digest is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// With a spreadsheet of everything open.
    Mail,
    Page,
}

/// `before`: the last digest is the last one until then.
fn gather(moment: &Moment<'_>, before: DateTime<Utc>, reader: For) -> Result<data::Digest, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let date = moment.today();
    let inputs = Inputs::load(moment)?;
    let directory = inputs.directory();
    let situation = inputs.situation(&directory);
    let lines = inputs.lines()?;
    let open_answers = AnswerFilter { state: Some(AnswerState::Open), ..AnswerFilter::default() };
    let previous = last_mail_at(connection, MailKind::Digest, config.mail.mode, before)?;
    // Before the first digest everything is the baseline.
    let since = previous.unwrap_or_else(|| Utc.timestamp_nanos(0));
    let (changes, ended) = match previous {
        None => (Vec::new(), Vec::new()),
        Some(previous) => {
            (changes_since(connection, previous)?, ended_between(connection, previous, now)?)
        }
    };
    let changes: Vec<_> = changes.into_iter().map(|row| (row.date, row.change)).collect();
    let snapshots = snapshots_since(connection, date - TimeDelta::weeks(13))?;
    let known_then = |row: &&SnapshotRow| previous.is_some_and(|then| row.committed_at <= then);
    let before = snapshots.iter().rev().find(known_then);
    let before = before.map(|row| data::Share { whole: row.in_scope, part: row.with_owner });
    let figures: Vec<_> = snapshots
        .into_iter()
        .map(|row| TrendPoint {
            date: row.local_date,
            in_scope: row.in_scope,
            with_owner: row.with_owner,
        })
        .collect();
    Ok(put_together(&Material {
        situation: &situation,
        lines,
        suggestions: match reader {
            For::Mail => Some(inputs.suggestions()?),
            For::Page => None,
        },
        date,
        since: previous,
        ended: &ended,
        changes: &changes,
        before,
        figures: &figures,
        waived_then: &waivers_in_force(connection, since)?.into_keys().collect(),
        waivers: &ending_waivers(connection, since, now)?,
        answers: &list_answers(connection, open_answers)?,
        leavers: &leaver_cases(connection, lines.snapshot, directory.policy(), date)?,
        round: progress(moment)?,
        health: health(connection, config, since, now)?,
    }))
}

/// How the open round of confirmation stands.
fn progress(moment: &Moment<'_>) -> Result<Option<data::Progress>, Error> {
    let open = query::review(moment)?.filter(|review| review.closed_at.is_none());
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Ok(open.map(|review| data::Progress {
        systems: count(review.systems),
        answered: count(review.answered),
        people: count(review.people),
        due: review.due,
    }))
}

fn health(
    connection: &Connection,
    config: &Config,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Health, Error> {
    let zone = config.schedule.time_zone;
    let last = last_snapshot(connection)?.ok_or(query::Error::NoSnapshot)?;
    Ok(Health {
        pulled_at: last.taken_at.with_timezone(&zone),
        usages: last.usages,
        people: last.people,
        failed_pulls: count_failed_runs(connection, JobKind::Sync, since)?,
        sent: count_gone_since(connection, config.mail.mode, since)?,
        dead: count_dead_since(connection, config.mail.mode, since)?,
        next_pull: config.schedule.sync.next_after(now, zone).map(|at| at.with_timezone(&zone)),
        incidents: incidents(connection)?
            .into_iter()
            .map(|i| Incident { kind: i.kind, since: i.opened_at.with_timezone(&zone) })
            .collect(),
    })
}

/// Everyone who left since monitoring began, and whose systems are not all handed on.
fn leaver_cases(
    connection: &Connection,
    snapshot: &Snapshot,
    policy: &Policy,
    today: NaiveDate,
) -> Result<Vec<LeaverCase>, Error> {
    let left = ChangeFilter { kind: Some(ChangeKind::PersonLeft), ..ChangeFilter::default() };
    let left = list_changes(connection, &left)?;
    let leavers: Vec<_> = left.iter().filter_map(|row| Leaver::of(row.date, &row.change)).collect();
    Ok(open_cases(&leavers, snapshot, policy, today))
}

/// Exceptions that ended since the last digest, and those that end within 14 days.
fn ending_waivers(
    connection: &Connection,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<EndingWaiver>, Error> {
    let ended = waivers_expired_since(connection, since, now)?;
    let ending = waivers_ending(connection, now, now + TimeDelta::days(14))?;
    let line = |(waiver, finding): (Waiver, Finding)| {
        let over = waiver.ends_at <= now;
        EndingWaiver { finding, until: waiver.until, over }
    };
    Ok(ended.into_iter().chain(ending).map(line).collect())
}
