//! The state as numbers for Prometheus, in its text format: for node_exporter's
//! textfile collector, and for whoever else shows them. Holds counts and times,
//! never a name or an address.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tracing::{debug, warn};

use super::{Context, Error};
use crate::model::{IncidentKind, JobKind, JobOutcome, MailState, Severity};
use crate::store::{
    Access, held_pull, incidents, last_run, last_snapshot, open_severities, outbox_counts,
};

/// Everything, as Prometheus reads it.
///
/// # Errors
/// When the database fails.
pub fn render(connection: &Connection, now: DateTime<Utc>) -> Result<String, Error> {
    let mut page = Page::default();
    page.gauge("kitos_sync_build_info", "The version that wrote this.");
    page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);

    if let Some(last) = last_snapshot(connection)? {
        page.gauge("kitos_sync_last_pull_timestamp_seconds", "When KITOS was last read well.");
        page.sample(&[], last.taken_at.timestamp());
        page.gauge("kitos_sync_usages", "System usages in KITOS at the last good pull.");
        page.sample(&[], last.usages);
        page.gauge("kitos_sync_usages_in_scope", "Those of them that the policy covers.");
        page.sample(&[], last.in_scope);
        page.gauge("kitos_sync_usages_with_owner", "Those of these that have an owner.");
        page.sample(&[], last.with_owner);
        page.gauge("kitos_sync_people", "Users of the organisation at the last good pull.");
        page.sample(&[], last.people);
    }
    page.gauge("kitos_sync_open_findings", "Open findings by severity.");
    let open = open_severities(connection, now)?;
    for severity in Severity::ALL {
        let count = open.get(&severity).copied().unwrap_or(0);
        page.sample(&[("severity", severity.as_str())], count);
    }
    page.gauge("kitos_sync_mails", "Mails by state.");
    let mails = outbox_counts(connection)?;
    for state in MailState::ALL {
        let count = mails.get(state.as_str()).copied().unwrap_or(0);
        page.sample(&[("state", state.as_str())], count);
    }
    page.gauge("kitos_sync_guard_holds_pull", "1: the guard holds a pull, and a person decides.");
    page.sample(&[], i32::from(held_pull(connection)?.is_some()));
    page.gauge("kitos_sync_incident_open", "1: an incident of this kind is open.");
    let open = incidents(connection)?;
    for kind in IncidentKind::ALL {
        let is_open = open.iter().any(|incident| incident.kind == kind);
        page.sample(&[("kind", kind.as_str())], i32::from(is_open));
    }
    let mut runs = BTreeMap::new();
    for job in JobKind::ALL {
        if let Some(run) = last_run(connection, job)? {
            runs.insert(job.as_str(), run);
        }
    }
    page.gauge("kitos_sync_job_last_run_timestamp_seconds", "When a job last began.");
    for (job, run) in &runs {
        page.sample(&[("job", job)], run.started_at.timestamp());
    }
    page.gauge("kitos_sync_job_last_outcome", "1: the last run of the job ended so.");
    for (job, run) in &runs {
        for outcome in JobOutcome::ALL {
            let labels = [("job", *job), ("outcome", outcome.as_str())];
            page.sample(&labels, i32::from(run.outcome == outcome));
        }
    }
    Ok(page.text)
}

#[derive(Default)]
struct Page {
    name: &'static str,
    text: String,
}

impl Page {
    fn gauge(&mut self, name: &'static str, help: &str) {
        self.name = name;
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    /// A sample of the last gauge. Values of labels are names of ours: nothing
    /// in them needs an escape.
    fn sample(&mut self, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        let labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let labels =
            if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{}{labels} {value}", self.name);
    }
}

/// Writes `metrics.textfile`, if there is to be one. A file that cannot be
/// written is a line in the log: no job depends on it.
pub(super) async fn write_metrics(context: &Context) {
    let Some(path) = context.config.metrics.textfile.clone() else { return };
    let shown = path.display().to_string();
    let now = context.now();
    let written = context
        .store
        .run(Access::Existing, move |connection| {
            let text = render(connection, now)?;
            Ok::<_, Error>(replace(&path, &text))
        })
        .await;
    match written {
        Ok(Ok(())) => {}
        Ok(Err(error)) if is_news(context.now().timestamp()) => {
            warn!(%error, file = shown, "metrics.textfile cannot be written; check that its folder exists and is writable for the service (ReadWritePaths= in the unit)");
        }
        Ok(Err(_)) => {}
        Err(error) => debug!(%error, "no metrics: the database cannot be read"),
    }
}

/// Whether the last complaint was an hour ago. Of this process alone: the next
/// one complains anew.
fn is_news(now: i64) -> bool {
    static LAST: AtomicI64 = AtomicI64::new(i64::MIN);
    let last = LAST.load(Ordering::Relaxed);
    let news = now.saturating_sub(last) >= 3600;
    if news {
        LAST.store(now, Ordering::Relaxed);
    }
    news
}

/// Puts the new file in the place of the old one at once: node_exporter reads
/// whenever it likes, and as another user.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    // A rename would put the text in the place of a device: /dev/null has been named.
    if fs::metadata(path).is_ok_and(|there| !there.is_file()) {
        return Err(io::Error::other("there is something that is not a regular file"));
    }
    // It reads only what ends in .prom.
    let partial = path.with_extension("partial");
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o644)
        .open(&partial)?;
    file.set_permissions(fs::Permissions::from_mode(0o644))?;
    file.write_all(text.as_bytes())?;
    fs::rename(&partial, path)
}
