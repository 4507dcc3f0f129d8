//! `status`: the whole state on one screen.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use serde::Serialize;

use super::check::began_anew;
use super::output::{Output, plain};
use super::remind::{AHEAD, RunAhead, ahead};
use super::{Exit, read};
use crate::config::Config;
use crate::jobs::{self, Context, Rhythm};
use crate::model::{Incident, JobKind, JobRun};
use crate::query;
use crate::store::{
    current_snapshot, held_pull, incidents, last_run, last_snapshot, left_behind, open_findings,
    outbox_counts, recorded_roles, waivers_in_force,
};
use crate::time::due::Due;

/// As many hints as fit on the screen with the rest.
const HINTS: usize = 5;

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    version: &'static str,
    mail_mode: &'static str,
    last_snapshot: Option<LastSnapshot>,
    jobs: BTreeMap<&'static str, JobStatus>,
    /// Open findings, waived ones apart: rule → severity → number.
    open_findings: BTreeMap<&'static str, BTreeMap<&'static str, usize>>,
    waived_findings: usize,
    /// What the policy's configuration says that nothing bears out.
    hints: Vec<String>,
    /// Mails by state.
    outbox: BTreeMap<&'static str, i64>,
    /// The pull that the guard holds.
    held_pull: Option<i64>,
    incidents: Vec<Incident>,
    /// The newest backup of an earlier database, beside which this one began anew.
    left_behind: Option<PathBuf>,
    /// The reminders and escalations of the next days, if nothing changes.
    next_week: Vec<RunAhead>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct LastSnapshot {
    id: i64,
    taken_at: DateTime<Utc>,
    age_hours: i64,
    usages: u32,
    people: u32,
    in_scope: u32,
    with_owner: u32,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct JobStatus {
    last_run: Option<JobRun>,
    next_run: Option<DateTime<Utc>>,
}

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let (now, mode, config) = (context.now(), context.config.mail.mode, context.config.clone());
    // Reading alone never makes a database.
    read(&context, |_| Ok(())).await?;
    let timetable = jobs::timetable(&context, Rhythm::Daemon).await?;
    let database = context.store.path().to_owned();
    let status = read(&context, move |connection| {
        let mut open: BTreeMap<&'static str, BTreeMap<&'static str, usize>> = BTreeMap::new();
        let waivers = waivers_in_force(connection, now)?;
        for finding in open_findings(connection)? {
            if waivers.contains_key(&finding.id) {
                continue;
            }
            let by_severity = open.entry(finding.rule.as_str()).or_default();
            *by_severity.entry(finding.severity.as_str()).or_default() += 1;
        }
        let mut jobs = BTreeMap::new();
        for job in JobKind::ALL {
            let next_run = match timetable.of(job) {
                Due::Now { .. } => Some(now),
                Due::At(at) => at,
            };
            jobs.insert(job.as_str(), JobStatus { last_run: last_run(connection, job)?, next_run });
        }
        Ok(Status {
            version: env!("CARGO_PKG_VERSION"),
            mail_mode: config.mail.mode.as_str(),
            last_snapshot: last_snapshot(connection)?.map(|row| LastSnapshot {
                id: row.id,
                taken_at: row.taken_at,
                age_hours: (now - row.taken_at).num_hours(),
                usages: row.usages,
                people: row.people,
                in_scope: row.in_scope,
                with_owner: row.with_owner,
            }),
            jobs,
            open_findings: open,
            waived_findings: waivers.len(),
            hints: hints(connection, &config)?,
            outbox: outbox_counts(connection)?,
            held_pull: held_pull(connection)?.map(|held| held.id),
            incidents: incidents(connection)?,
            left_behind: left_behind(connection, &database)?,
            next_week: match jobs::outlook(connection, &config, now, mode, AHEAD) {
                Err(jobs::Error::Query(query::Error::NoSnapshot)) => Vec::new(),
                outlook => outlook?.iter().map(RunAhead::from).collect(),
            },
        })
    })
    .await?;
    let zone = context.config.schedule.time_zone;
    output.one(&status, &words(&status, zone))?;
    Ok(Exit::Done)
}

/// What `check` tells of the policy, in the same words.
fn hints(connection: &Connection, config: &Config) -> Result<Vec<String>, jobs::Error> {
    let leaders = query::read_leaders(config);
    let hints = match current_snapshot(connection)? {
        None => query::file_hints(&leaders),
        Some(snapshot) => {
            query::policy_hints(config, &recorded_roles(connection)?, &snapshot, &leaders)
        }
    };
    Ok(hints.iter().map(ToString::to_string).collect())
}

fn words(status: &Status, zone: chrono_tz::Tz) -> String {
    let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string();
    let mut text = format!("kitos-sync {}, mail.mode {}\n", status.version, status.mail_mode);
    match &status.last_snapshot {
        Some(last) => {
            let _ = writeln!(
                text,
                "\nLast good pull  {} ({} h ago): {} systems, {} people\nOwners          {} of {} systems that the policy covers have one",
                local(last.taken_at),
                last.age_hours,
                last.usages,
                last.people,
                last.with_owner,
                last.in_scope
            );
        }
        None => text.push_str("\nNothing has been read from KITOS yet: run `kitos-sync sync`\n"),
    }
    if let Some(id) = status.held_pull {
        let _ = writeln!(text, "\nTHE GUARD HOLDS PULL {id}: see `kitos-sync guard show`");
    }
    if let Some(backup) = &status.left_behind {
        let _ = writeln!(text, "\nANOTHER DATABASE: {}", began_anew(backup));
    }
    for incident in &status.incidents {
        let _ = writeln!(
            text,
            "\nINCIDENT {} since {}\n  {}",
            incident.kind.as_str(),
            local(incident.opened_at),
            plain(&incident.detail)
        );
    }
    text.push_str("\nJobs\n");
    for job in JobKind::ALL {
        let Some(JobStatus { last_run, next_run }) = status.jobs.get(job.as_str()) else {
            continue;
        };
        let last = match last_run {
            Some(run) => format!(
                "{}  {:<6}  {}",
                local(run.started_at),
                run.outcome.as_str(),
                plain(&run.detail)
            ),
            None => "never".to_owned(),
        };
        let next = next_run.map_or("when there is work".to_owned(), local);
        let _ = writeln!(text, "  {:<8} last {last}\n           next {next}", job.as_str());
    }
    text.push_str("\nOpen findings\n");
    for (rule, by_severity) in &status.open_findings {
        for (severity, count) in by_severity {
            let _ = writeln!(text, "  {count:>5}  {severity:<6}  {rule}");
        }
    }
    if status.open_findings.is_empty() {
        text.push_str("  none\n");
    }
    if status.waived_findings > 0 {
        let _ = writeln!(text, "  {:>5}  waived", status.waived_findings);
    }
    if !status.hints.is_empty() {
        text.push_str("\nThe policy's configuration\n");
    }
    for hint in status.hints.iter().take(HINTS) {
        let _ = writeln!(text, "  {}", plain(hint));
    }
    if status.hints.len() > HINTS {
        let more = status.hints.len() - HINTS;
        let _ = writeln!(text, "  and {more} more: `kitos-sync check` tells all");
    }
    text.push_str("\nOutbox\n");
    for (state, count) in &status.outbox {
        let _ = writeln!(text, "  {count:>5}  {state}");
    }
    if status.outbox.is_empty() {
        text.push_str("  empty\n");
    }
    let _ = writeln!(text, "\n{}", ahead(&status.next_week, zone));
    text
}
