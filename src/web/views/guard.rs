//! The pull that the guard holds, and what became of earlier ones.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::{HeldEnd, HoldReason};
use crate::query::{self, Moment, Quarantine};
use crate::text::held::{outlook, sentence};
use crate::text::words::words;
use crate::web::refused::Refused;

#[derive(Serialize)]
pub struct Guard {
    held: Option<Quarantine>,
    reasons: Vec<String>,
    /// What explains it, and what would follow: the same as `guard show` says.
    follows: Vec<String>,
    /// What it is, how many there are, and how many there would be.
    figures: Vec<(&'static str, usize, usize)>,
    past: Vec<Past>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Past {
    taken_at: DateTime<Utc>,
    reasons: Vec<String>,
    end: HeldEnd,
    decided_at: Option<DateTime<Utc>>,
    decided_by: Option<String>,
}

pub fn guard(moment: &Moment<'_>) -> Result<Guard, Refused> {
    let say = |reasons: &[HoldReason]| -> Vec<String> {
        reasons.iter().map(|reason| sentence(words(moment.language), reason)).collect()
    };
    let held = query::quarantine(moment)?;
    let figures = held.as_ref().map_or_else(Vec::new, |held| {
        let (before, after) = (held.before.unwrap_or_default(), held.after);
        vec![
            ("systems", before.usages, after.usages),
            ("in-scope", before.in_scope, after.in_scope),
            ("with-owner", before.with_owner, after.with_owner),
            ("people", before.people, after.people),
        ]
    });
    let past = query::earlier_quarantines(moment)?.into_iter().map(|one| Past {
        taken_at: one.taken_at,
        reasons: say(&one.reasons),
        end: one.end,
        decided_at: one.decided_at,
        decided_by: one.decided_by,
    });
    Ok(Guard {
        reasons: held.as_ref().map(|held| say(&held.reasons)).unwrap_or_default(),
        follows: held
            .as_ref()
            .map(|held| outlook(words(moment.language), &held.outlook))
            .unwrap_or_default(),
        figures,
        past: past.collect(),
        held,
    })
}
