//! The reminders and escalations of the days to come, if nothing changes.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::error::Error;
use super::inputs::Inputs;
use super::moment::Moment;
use crate::model::MailMode;
use crate::notify::{self, Forecast, Mails, Outlook};
use crate::text::english;

/// How far ahead it is said what will go out.
const DAYS_AHEAD: u32 = 7;

/// One run of the days to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunAhead {
    pub at: DateTime<Utc>,
    #[serde(flatten)]
    pub mails: Mails,
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

/// A note where the pace asks for more than people are sent.
pub fn crowded_in_words(people: usize) -> Option<String> {
    let who = match people {
        0 => return None,
        1 => "one person".to_owned(),
        many => format!("{many} people"),
    };
    Some(format!(
        "notify.pace asks for more than three reminders in 28 days to {who}. Nobody gets more \
         than three: some of theirs come later than it says"
    ))
}

impl From<&Outlook> for RunAhead {
    fn from(run: &Outlook) -> Self {
        let mut mails = Mails::default();
        run.drafts.iter().for_each(|draft| mails.count(draft.kind));
        Self { at: run.at, mails }
    }
}

/// What the next week brings, in a sentence or some lines.
pub fn ahead_in_words(runs: &[RunAhead], zone: Tz) -> String {
    let mails: Mails = runs.iter().map(|run| run.mails).sum();
    if mails.all() == 0 {
        return format!("In the next {DAYS_AHEAD} days: no letters, reminders or escalations.");
    }
    let mut text = format!("In the next {DAYS_AHEAD} days, if nothing changes: {}", told(mails));
    for run in runs {
        let at = run.at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M");
        let _ = write!(text, "\n  {at}  {}", told(run.mails));
    }
    text
}

/// Letters only where there are any: they end when everybody has had theirs.
fn told(mails: Mails) -> String {
    let letters = (mails.letters > 0).then(|| counted(mails.letters, "letter", "letters"));
    let reminders = counted(mails.reminders, "reminder", "reminders");
    let escalations = counted(mails.escalations, "escalation", "escalations");
    letters.into_iter().chain([reminders, escalations]).collect::<Vec<_>>().join(", ")
}

/// So many mails, or people.
pub fn counted(count: usize, one: &str, many: &str) -> String {
    english::counted(i64::try_from(count).unwrap_or(i64::MAX), one, many)
}
