//! The reminders and escalations of the days to come, if nothing changes.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::error::Error;
use super::inputs::Inputs;
use super::moment::Moment;
use crate::model::{MailKind, MailMode};
use crate::notify::{self, Outlook};

/// How far ahead it is said what will go out.
const DAYS_AHEAD: u32 = 7;

/// One run of the days to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunAhead {
    pub at: DateTime<Utc>,
    pub reminders: usize,
    pub escalations: usize,
}

/// What the next week brings in `mode`: when a trial ends, nothing counts as told
/// yet.
pub fn next_week(moment: &Moment<'_>, mode: MailMode) -> Result<Vec<RunAhead>, Error> {
    let inputs = Inputs::load_for(moment.connection, moment.config, moment.now, mode)?;
    let ahead = notify::forecast(&inputs.material(), DAYS_AHEAD);
    Ok(ahead.iter().map(RunAhead::from).collect())
}

impl From<&Outlook> for RunAhead {
    fn from(run: &Outlook) -> Self {
        let count = |kind| run.mails.iter().filter(|planned| planned.mail.kind == kind).count();
        Self {
            at: run.at,
            reminders: count(MailKind::Reminder),
            escalations: count(MailKind::Escalation),
        }
    }
}

/// What the next week brings, in a sentence or some lines.
pub fn ahead_in_words(runs: &[RunAhead], zone: Tz) -> String {
    if runs.is_empty() {
        return format!("In the next {DAYS_AHEAD} days: no reminders and no escalations.");
    }
    let reminders: usize = runs.iter().map(|run| run.reminders).sum();
    let escalations: usize = runs.iter().map(|run| run.escalations).sum();
    let mut text = format!(
        "In the next {DAYS_AHEAD} days, if nothing changes: {}",
        told(reminders, escalations)
    );
    for run in runs {
        let told = told(run.reminders, run.escalations);
        let _ =
            write!(text, "\n  {}  {told}", run.at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M"));
    }
    text
}

fn told(reminders: usize, escalations: usize) -> String {
    let counted = |count: usize, noun: &str| match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    };
    format!("{}, {}", counted(reminders, "reminder"), counted(escalations, "escalation"))
}
