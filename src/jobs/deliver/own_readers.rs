//! Whether the readers of our own mails, the digest and alerts, can be reached: one who
//! is refused for good is somebody's business (`docs/policy.md`, "The right person").

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::Pass;
use crate::jobs::compose::Composer;
use crate::jobs::error::Error;
use crate::jobs::incidents::{close_incident, open_incident_for};
use crate::model::{AlertFact, Incident, IncidentKind};
use crate::store::{self, immediate, incidents, refused_readers};
use crate::text::addresses::folded;

const KIND: IncidentKind = IncidentKind::DigestRefused;

impl Pass {
    /// Tells the other readers about each one who is refused, and closes the incident once none
    /// is.
    pub(super) fn mind_own_readers(&self, connection: &mut Connection) -> Result<(), Error> {
        let mail = &self.config.mail;
        let tx = immediate(connection)?;
        let refused = refused_readers(&tx)?;
        let mut seen = BTreeSet::new();
        let all = mail.it.iter().chain(mail.alerts()).filter(|to| seen.insert(folded(to)));
        let (dead, alive): (Vec<&String>, Vec<&String>) =
            all.partition(|to| refused.contains_key(&folded(to)));
        if dead.is_empty() {
            let composer = Composer::new(&tx, &self.config, self.now)?;
            close_incident(&tx, &composer, KIND)?;
        } else {
            let fact = |to: &&String| {
                let reply = refused.get(&folded(to)).and_then(|mail| mail.why.clone()?.reply);
                AlertFact::Refused { address: (*to).clone(), reply: reply.unwrap_or_default() }
            };
            let facts = dead.iter().map(fact).collect();
            let readers: Vec<String> = alive.into_iter().cloned().collect();
            // A further reader who cannot be reached is reported as the first was: in a new
            // incident.
            let is_told = |open: &Incident, to: &str| {
                open.facts.iter().any(|fact| {
                    matches!(fact, AlertFact::Refused { address, .. } if folded(address) == folded(to))
                })
            };
            let open = incidents(&tx)?.into_iter().find(|open| open.kind == KIND);
            if !open.as_ref().is_some_and(|open| dead.iter().all(|to| is_told(open, to))) {
                store::close_incident(&tx, KIND, self.now)?;
                open_incident_for(&tx, &self.config, (KIND, self.now), facts, &readers)?;
            }
        }
        tx.commit().map_err(store::Error::from)?;
        Ok(())
    }
}
