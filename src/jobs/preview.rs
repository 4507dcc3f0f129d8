//! A mail as it would be, from real data. Queues nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::compose::compose;
use super::context::Context;
use super::digest::preview_digest;
use super::error::Error;
use super::incidents::alert;
use super::remind::preview_told;
use crate::mail::{self, Letter};
use crate::model::{
    Alert, AlertFact, HoldReason, Incident, IncidentKind, MailKind, NewMail, Snapshot, SystemUsage,
};
use crate::notify::notices::{PullEvent, notices};
use crate::query::{self, Inputs, Keeper, Moment, resolve};
use crate::register::changes::{Dated, OwnerRoles, changes};
use crate::register::diff::diff;
use crate::store::{Access, bindings, current_snapshot, incidents};

/// A finished mail, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    pub mail: NewMail,
    pub text: String,
}

/// `None` where no such mail would go out in the weeks to come.
///
/// # Errors
/// When nothing was read from KITOS yet, or the database fails.
pub async fn preview(context: &Context, kind: MailKind) -> Result<Option<Preview>, Error> {
    let (now, config) = (context.now(), Arc::clone(&context.config));
    context
        .store
        .run(Access::Existing, move |connection| {
            let keeper = Keeper::default();
            let moment = Moment::of(connection, &config, now, &keeper);
            let composed = letter(&moment, kind)?
                .map(|(to, letter)| compose(connection, &config, now, to, letter))
                .transpose()?;
            Ok(composed.map(|(mail, text)| Preview { mail, text }))
        })
        .await
}

/// Whom a mail goes to, and what it says.
type Addressed = (Vec<String>, Letter);

fn letter(moment: &Moment<'_>, kind: MailKind) -> Result<Option<Addressed>, Error> {
    let settings = &moment.config.mail;
    match kind {
        MailKind::Digest => {
            let digest = preview_digest(moment)?;
            Ok(Some((settings.it.clone(), mail::of_digest(&digest, settings)?)))
        }
        MailKind::Notice => preview_notice(moment),
        MailKind::Alert => {
            let alert = preview_alert(moment)?;
            let letter = mail::of_alert(&alert, settings.language)?;
            Ok(Some((settings.alerts().to_vec(), letter)))
        }
        MailKind::Test => {
            let letter = mail::of_test("", settings.language)?;
            Ok(Some((settings.it.clone(), letter)))
        }
        // The next that would go out.
        planned => preview_told(moment, planned),
    }
}

/// What the owner of a system would read who had become it since yesterday. `None` where
/// no owner can be written to.
fn preview_notice(moment: &Moment<'_>) -> Result<Option<Addressed>, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let snapshot = match moment.snapshot() {
        Err(query::Error::NoSnapshot) => return Ok(None),
        read => read?,
    };
    let policy = resolve(config, &bindings(connection)?, &snapshot).policy;
    let inputs = Inputs::load(moment)?;
    let directory = inputs.directory();
    let situation = inputs.situation(&directory);
    let today = moment.today();
    let after = Dated { snapshot: &snapshot, today };
    let mut yesterday = Snapshot::clone(&snapshot);
    for usage in snapshot.usages.values() {
        let without = |of: &mut SystemUsage| {
            of.roles.retain(|held| !policy.owner_roles.contains(&held.role));
        };
        yesterday.usages.entry(usage.uuid).and_modify(without);
        let before = Dated { snapshot: &yesterday, today };
        let delta = diff(before.snapshot, after.snapshot);
        let event = PullEvent {
            snapshot_id: 0,
            before,
            after,
            changes: &changes(before, after, &delta, OwnerRoles::unchanged(&policy.owner_roles)),
            earlier: &[],
            withdrawn: &BTreeSet::new(),
            waiting: &BTreeMap::new(),
            suggestions: &BTreeMap::new(),
            now,
        };
        let told = notices(&event, &situation, &[], &config.kitos.ui_url());
        if let Some(mail) = told.into_iter().find(|mail| mail.person.is_some()) {
            let letter = mail::of_notice(&mail.notice, config.mail.language)?;
            return Ok(Some((vec![mail.to], letter)));
        }
        yesterday.usages.insert(usage.uuid, usage.clone());
    }
    Ok(None)
}

/// About the incident that is open, else about a pull as if it were held back.
fn preview_alert(moment: &Moment<'_>) -> Result<Alert, Error> {
    let Moment { connection, config, now, .. } = *moment;
    let open = incidents(connection)?.into_iter().next();
    let incident = match open {
        Some(incident) => incident,
        None => {
            let usages = current_snapshot(connection)?.map_or(0, |snapshot| snapshot.usages.len());
            let samples = Vec::new();
            let reason = HoldReason::Stripped { stripped: usages, before: usages, samples };
            let kind = IncidentKind::Quarantine;
            let facts = vec![AlertFact::Held(reason)];
            Incident { id: 0, kind, opened_at: now, closed_at: None, facts }
        }
    };
    alert(connection, config, &incident, incident.facts.clone())
}
