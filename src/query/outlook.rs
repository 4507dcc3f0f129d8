//! The reminders and escalations of the days to come, if nothing changes.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::error::Error;
use super::inputs::Inputs;
use super::moment::Moment;
use crate::model::MailMode;
use crate::notify::draft::Draft;
use crate::notify::{self, Forecast, Outlook};

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

/// What the next week brings in `mode`. When a trial ends, nothing counts as told yet.
pub fn next_week(moment: &Moment<'_>, mode: MailMode) -> Result<Vec<RunAhead>, Error> {
    let inputs = Inputs::load_for(moment, mode)?;
    let ahead = notify::outlook(&inputs.situation(&inputs.directory()), DAYS_AHEAD);
    Ok(ahead.iter().map(RunAhead::from).collect())
}

/// What so many days bring if `mail.mode` is `send`, and nothing changes.
pub fn forecast(moment: &Moment<'_>, days: u32) -> Result<Forecast, Error> {
    let inputs = Inputs::load_for(moment, MailMode::Send)?;
    let ahead = notify::outlook(&inputs.situation(&inputs.directory()), days);
    Ok(notify::forecast(&ahead))
}

/// A warning where the pace asks for more than people are sent.
pub fn crowded_in_words(people: usize) -> Option<String> {
    let who = match people {
        0 => return None,
        1 => "one person".to_owned(),
        many => format!("{many} people"),
    };
    Some(format!(
        "notify.pace asks for more than three reminders in 28 days to {who}. Nobody gets more \
         than three, so theirs come later than it says: make the pauses longer"
    ))
}

impl From<&Outlook> for RunAhead {
    fn from(run: &Outlook) -> Self {
        let is_escalation = |draft: &&Draft| draft.kind.asks_for_help();
        let escalations = run.drafts.iter().filter(is_escalation).count();
        Self { at: run.at, reminders: run.drafts.len() - escalations, escalations }
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
