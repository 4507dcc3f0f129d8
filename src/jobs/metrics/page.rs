//! The numbers in Prometheus's text format.

use std::fmt::Write as _;

use crate::model::{IncidentKind, JobOutcome, MailState, Severity};
use crate::query::Metrics;

/// Everything, as Prometheus reads it.
pub fn render(metrics: &Metrics) -> String {
    let mut page = Page::default();
    page.gauge("kitos_sync_build_info", "The version that wrote this.");
    page.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);

    page.gauge(
        "kitos_sync_last_pull_timestamp_seconds",
        "When KITOS was last read well; 0: never.",
    );
    // An alert compares it with the time of day: without a series it could not fire.
    page.sample(&[], metrics.last_pull.as_ref().map_or(0, |last| last.taken_at.timestamp()));
    if let Some(last) = &metrics.last_pull {
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
    for &severity in Severity::ALL {
        let count = metrics.open_findings.get(&severity).copied().unwrap_or(0);
        page.sample(&[("severity", severity.as_str())], count);
    }
    page.gauge("kitos_sync_mails", "Mails by state.");
    for &state in MailState::ALL {
        let count = metrics.mails.get(state.as_str()).copied().unwrap_or(0);
        page.sample(&[("state", state.as_str())], count);
    }
    page.gauge("kitos_sync_guard_holds_pull", "1: the guard holds a pull, and a person decides.");
    page.sample(&[], i32::from(metrics.guard_holds));
    page.gauge("kitos_sync_incident_open", "1: an incident of this kind is open.");
    for &kind in IncidentKind::ALL {
        let is_open = metrics.incidents.contains(&kind);
        page.sample(&[("kind", kind.as_str())], i32::from(is_open));
    }
    page.gauge("kitos_sync_job_last_run_timestamp_seconds", "When a job last began.");
    for run in &metrics.runs {
        page.sample(&[("job", run.job.as_str())], run.started_at.timestamp());
    }
    page.gauge("kitos_sync_job_last_outcome", "1: the last run of the job ended so.");
    for run in &metrics.runs {
        for &outcome in JobOutcome::ALL {
            let labels = [("job", run.job.as_str()), ("outcome", outcome.as_str())];
            page.sample(&labels, i32::from(run.outcome == outcome));
        }
    }
    page.text
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
