//! `status`: the whole state on one screen.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::exit::Exit;
use super::output::{Output, plain};
use super::table::Here;
use crate::checks::began_anew;
use crate::jobs::Context;
use crate::model::JobKind;
use crate::query::{self, JobStatus, Status};

/// As many hints as fit on the screen with the rest.
const HINTS: usize = 5;

pub async fn run(context: Context, output: &Output) -> anyhow::Result<Exit> {
    let file = context.config_file.clone();
    let status = context.ask(move |moment| query::status(moment, &file)).await?;
    output.one(&status, &words(&status, Here::of(&context)))?;
    Ok(Exit::Done)
}

fn words(status: &Status, here: Here) -> String {
    let local = |at: DateTime<Utc>| here.weekday_minute(at);
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
    if !status.away.is_empty() {
        text.push_str("\nAway\n");
    }
    for away in &status.away {
        let substitute = away.substitute.as_ref().map(|who| format!("; to {}", who.name));
        let substitute = substitute.unwrap_or_else(|| "; nobody stands in".to_owned());
        let name = if away.name.is_empty() { &away.email } else { &away.name };
        let _ = writeln!(text, "  {} until {}{}", plain(name), away.until, plain(&substitute));
    }
    text.push_str("\nJobs\n");
    for &job in JobKind::ALL {
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
    let _ = writeln!(text, "\n{}", query::ahead_in_words(&status.next_week, here.zone));
    text
}
