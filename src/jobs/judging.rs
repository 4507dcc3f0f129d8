//! A pull as the policy judges it.

use chrono::TimeDelta;
use rusqlite::Transaction;

use super::error::Error;
use super::grounds::Grounds;
use super::leaders::record;
use super::step::{Replies, Step};
use super::taken_in::TakenIn;
use crate::model::Change;
use crate::notify::leavers;
use crate::policy::Policy;
use crate::policy::assess::{Assessment, assess};
use crate::query::weigh;
use crate::store::changes_since;

/// As far back as the pull of the day before, which may have been late.
const DAY_BEFORE: TimeDelta = TimeDelta::hours(36);

/// What the policy says of a pull.
pub(super) struct Judged {
    pub assessment: Assessment,
    /// What the pulls of the day before saw.
    pub earlier: Vec<Change>,
    /// Why the rules that need the leaders file stand still, if they do.
    pub frozen: Option<String>,
}

/// Judges the pull by the leaders who can be trusted, which `policy` gets.
pub(super) fn judge(
    tx: &Transaction<'_>,
    step: &Step<'_>,
    taken: &TakenIn<'_>,
    policy: &mut Policy,
) -> Result<Judged, Error> {
    let (before, after) = (taken.before(), taken.after());
    let trusted = weigh(tx, step.leaders, (policy, after.snapshot), step.accept_leaders)?;
    record(tx, step.leaders, &trusted)?;
    let frozen = trusted.frozen.clone();
    let grounds = Grounds::gather(tx, policy, trusted)?;
    let ahead = match step.replies {
        Replies::AsBefore { ahead, .. } if taken.is_as_replied => ahead.as_deref(),
        _ => None,
    };
    let days = (before.map(|before| before.today), after.today);
    let mut assessment = match ahead.filter(|ahead| ahead.is_by(policy, &grounds, days)) {
        Some(ahead) => ahead.assessment.clone(),
        None => assess(before, after, grounds.history, &grounds.open, policy),
    };
    let earlier = changes_since(tx, step.taken_at - DAY_BEFORE)?;
    let earlier: Vec<Change> = earlier.into_iter().map(|row| row.change).collect();
    leavers::join(&mut assessment.changes, &earlier, after.snapshot, &policy.owner_roles);
    Ok(Judged { assessment, earlier, frozen })
}
