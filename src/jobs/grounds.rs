//! The inputs by which the policy judges a pull. If KITOS reports nothing new, the result
//! depends on the stored register alone, so it is computed while KITOS still answers.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;

use super::error::Error;
use crate::config::Config;
use crate::model::{Finding, Snapshot};
use crate::policy::assess::{Assessment, assess};
use crate::policy::{Bindings, Policy, rules};
use crate::query::{LeadersFile, Resolved, Trusted, resolve, weigh};
use crate::register::changes::Dated;
use crate::register::history::History;
use crate::store::{
    SnapshotRow, bindings, load_history, looked_through, open_findings, owner_roles_then,
    refused_addresses,
};
use crate::time::civil::local_date;

/// The policy on a pull, which knows what counted as owner at the pull before.
pub(super) fn resolved(
    connection: &Connection,
    config: &Config,
    bindings: &Bindings,
    snapshot: &Snapshot,
) -> Result<Resolved, Error> {
    let mut now = resolve(config, bindings, snapshot);
    let counted = owner_roles_then(connection)?;
    if counted != now.policy.owner_roles {
        now.policy.owner_roles_before = counted;
    }
    Ok(now)
}

/// What the policy judges by, beside the register.
#[derive(Debug, PartialEq)]
pub(super) struct Grounds {
    pub history: History,
    pub open: Vec<Finding>,
}

impl Grounds {
    /// `policy` gets the leaders who can be trusted; without them the rules that need them
    /// stand still.
    pub fn gather(
        connection: &Connection,
        policy: &mut Policy,
        trusted: Trusted,
    ) -> Result<Self, Error> {
        policy.leaders = trusted.leaders;
        let mut open = open_findings(connection)?;
        if trusted.frozen.is_some() {
            policy.rules.retain(|rule, _| !rules::def(*rule).needs_leaders);
            open.retain(|finding| !rules::def(finding.rule).needs_leaders);
        }
        let mut history = load_history(connection, &policy.owner_roles)?;
        history.refused = refused_addresses(connection)?;
        history.looked_through = looked_through(connection)?;
        Ok(Self { history, open })
    }
}

/// The result this pull will have if KITOS reports nothing new, with the inputs it was computed
/// from. Valid only if those inputs are unchanged at commit.
#[derive(Debug)]
pub(crate) struct Ahead {
    policy: Policy,
    grounds: Grounds,
    /// Of the pull before, and of this one.
    days: (Option<NaiveDate>, NaiveDate),
    pub assessment: Assessment,
}

impl Ahead {
    /// Judges `register`, which `last` left, as the next pull at `now`. Writes nothing.
    pub fn of(
        connection: &Connection,
        (config, now): (&Config, DateTime<Utc>),
        (register, last): (&Snapshot, &SnapshotRow),
        (leaders, accept_leaders): (&LeadersFile, bool),
    ) -> Result<Self, Error> {
        let mut policy = resolved(connection, config, &bindings(connection)?, register)?.policy;
        let trusted = weigh(connection, leaders, (&policy, register), accept_leaders)?;
        let grounds = Grounds::gather(connection, &mut policy, trusted)?;
        let before = Dated { snapshot: register, today: last.local_date };
        let after = Dated { today: local_date(now, config.schedule.time_zone), ..before };
        let history = grounds.history.clone();
        let assessment = assess(Some(before), after, history, &grounds.open, &policy);
        Ok(Self { policy, grounds, days: (Some(before.today), after.today), assessment })
    }

    /// Whether it was judged by these.
    pub(super) fn is_by(
        &self,
        policy: &Policy,
        grounds: &Grounds,
        days: (Option<NaiveDate>, NaiveDate),
    ) -> bool {
        (&self.policy, &self.grounds, self.days) == (policy, grounds, days)
    }
}
