//! What would go out in the days to come if nothing changed: shown before
//! `mail.mode` becomes `send`, so that nobody is surprised.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Material, Planned, plan};

/// One run to come, and what it would send.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    pub at: DateTime<Utc>,
    pub mails: Vec<Planned>,
}

/// The runs of the next `days` days that would send something, as if KITOS stood
/// still and every pull were good.
pub fn forecast(material: &Material<'_>, days: u32) -> Vec<Outlook> {
    let end = material.now + TimeDelta::days(i64::from(days));
    let mut told = material.told.clone();
    let mut outlook = Vec::new();
    let mut at = material.now;
    loop {
        let next = material.calendar.next_run(at, material.day(at));
        let Some(run) = next.filter(|run| *run <= end && *run > at) else { return outlook };
        at = run;
        let mails = plan(&Material { told: &told, now: at, last_good_pull: at, ..*material }).mails;
        for fact in mails.iter().flat_map(|planned| &planned.facts) {
            told.note(fact, at, false);
        }
        if !mails.is_empty() {
            outlook.push(Outlook { at, mails });
        }
    }
}
