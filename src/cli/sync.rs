//! `sync`: one pull by hand.

use std::fmt::Write as _;

use super::args::Sync;
use super::exit::Exit;
use super::output::{Output, plain};
use super::progress;
use crate::jobs::{self, Context, SyncOutcome, SyncReport};
use crate::model::{HoldReason, Language};
use crate::text::held::sentence;
use crate::text::words;

pub async fn run(mut context: Context, command: &Sync, output: &Output) -> anyhow::Result<Exit> {
    progress::show(&mut context);
    let cancel = context.cancel.clone();
    let interrupted = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            cancel.cancel();
        }
    });
    let sync = jobs::Sync { dry_run: command.dry_run, accept_leaders: command.accept_leaders };
    let result = jobs::run(&context, sync).await;
    interrupted.abort();
    progress::clear();
    let report = result?;
    output.one(&report, &words(&report))?;
    Ok(if report.held.is_empty() { Exit::Done } else { Exit::Held })
}

/// The report for a person.
pub fn words(report: &SyncReport) -> String {
    let is_trial = report.outcome == SyncOutcome::DryRun;
    let mut text = format!(
        "{} systems and {} people read with {} requests in {:.1} s.\n",
        report.usages,
        report.users,
        report.requests,
        report.duration_ms as f64 / 1000.0
    );
    // Writing to a String cannot fail.
    if !report.held.is_empty() {
        let verb = if is_trial { "would hold" } else { "holds" };
        let _ = writeln!(text, "The guard {verb} this pull; nothing was committed:");
        for reason in &report.held {
            let _ = writeln!(text, "  - {}", describe(reason));
        }
        if !is_trial {
            text.push_str("Look at it with `kitos-sync guard show`, then release or discard it.\n");
        }
        return text;
    }
    match report.outcome {
        SyncOutcome::Unchanged => text.push_str("Nothing has changed since the last pull.\n"),
        _ if report.changes.is_empty() => text.push_str("No changes to tell of.\n"),
        _ => {
            text.push_str("Changes:\n");
            for (kind, count) in &report.changes {
                let _ = writeln!(text, "  {count:>5}  {kind}");
            }
        }
    }
    let _ = writeln!(
        text,
        "Findings: {} opened, {} resolved. Mails queued: {}.",
        report.findings_opened, report.findings_resolved, report.mails_queued
    );
    if is_trial {
        text.push_str("Dry run: nothing of this was written.\n");
    }
    text
}

/// Why the guard holds a pull, in words.
pub fn describe(reason: &HoldReason) -> String {
    plain(&sentence(words::words(Language::En), reason))
}
