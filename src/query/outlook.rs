//! The reminders and escalations of the days to come, if nothing changes.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::error::Error;
use super::inputs::Inputs;
use super::moment::Moment;
use crate::model::{MailKind, MailMode};
use crate::notify::{self, Outlook};

/// How far ahead it is said what will go out.
pub const DAYS_AHEAD: u32 = 7;

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
