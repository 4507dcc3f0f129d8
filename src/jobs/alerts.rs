//! Incidents and the alerts that tell of them: one mail when one opens, one
//! when it is over.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tracing::{error, info};

use super::compose::Composer;
use super::{Context, Error};
use crate::config::Config;
use crate::model::{Alert, AlertFact, Incident, IncidentKind, Language, Letter, MailKind};
use crate::notify::notices::PlannedMail;
use crate::query::STALE;
use crate::store::{
    self, Access, close_incident, current_snapshot, enqueue, immediate, incidents, last_snapshot,
    open_incident,
};
use crate::text::held::sentence;
use crate::text::words::words;

/// What keeps pulls from being committed, and was told when it began.
const CAUSES: [IncidentKind; 3] =
    [IncidentKind::Quarantine, IncidentKind::LoginRefused, IncidentKind::AccessLost];

/// Opens an incident and tells the operators, unless it is open already.
/// Returns how many mails it queued.
pub(super) fn raise(
    connection: &Connection,
    config: &Config,
    kind: IncidentKind,
    now: DateTime<Utc>,
    facts: Vec<AlertFact>,
) -> Result<usize, Error> {
    let detail: Vec<String> = facts.iter().map(told).collect();
    let Some(incident) = open_incident(connection, kind, now, &detail.join("\n"))? else {
        return Ok(0);
    };
    error!(incident = kind.as_str(), "an incident has begun; `kitos-sync status` shows it");
    let composer = Composer::new(connection, config, now)?;
    queue(connection, config, &composer, &incident, facts, "opened")
}

/// A fact as `status` shows it.
fn told(fact: &AlertFact) -> String {
    match fact {
        AlertFact::Error(error) => error.clone(),
        AlertFact::LastGoodPull(at) => format!("the last good pull was {}", at.to_rfc3339()),
        AlertFact::Held(reason) => sentence(words(Language::En), reason),
    }
}

/// Closes an incident, if one is open.
pub(super) fn close(
    connection: &Connection,
    kind: IncidentKind,
    now: DateTime<Utc>,
) -> Result<Option<Incident>, Error> {
    let closed = close_incident(connection, kind, now)?;
    if closed.is_some() {
        info!(incident = kind.as_str(), "the incident is over");
    }
    Ok(closed)
}

/// Closes an incident if one is open, and tells the operators that it is over.
/// Returns how many mails it queued.
pub(crate) fn over(
    connection: &Connection,
    config: &Config,
    composer: &Composer<'_>,
    kind: IncidentKind,
    now: DateTime<Utc>,
) -> Result<usize, Error> {
    match close(connection, kind, now)? {
        Some(incident) => all_clear(connection, config, composer, &incident),
        None => Ok(0),
    }
}

/// Tells the operators that a closed incident is over.
fn all_clear(
    connection: &Connection,
    config: &Config,
    composer: &Composer<'_>,
    incident: &Incident,
) -> Result<usize, Error> {
    queue(connection, config, composer, incident, Vec::new(), "closed")
}

fn queue(
    connection: &Connection,
    config: &Config,
    composer: &Composer<'_>,
    incident: &Incident,
    facts: Vec<AlertFact>,
    occasion: &str,
) -> Result<usize, Error> {
    let zone = config.schedule.time_zone;
    let now = incident.closed_at.unwrap_or(incident.opened_at);
    let organization =
        current_snapshot(connection)?.map(|s| s.organization.name).unwrap_or_default();
    let letter = Letter::Alert(Alert {
        organization,
        kind: incident.kind,
        since: incident.opened_at.with_timezone(&zone),
        until: incident.closed_at.map(|at| at.with_timezone(&zone)),
        facts,
    });
    let mut queued = 0;
    for address in config.mail.alerts() {
        let planned = PlannedMail {
            key: format!("alert/{}/{occasion}/{address}", incident.id),
            kind: MailKind::Alert,
            person: None,
            to: vec![address.clone()],
            letter: letter.clone(),
            not_before: now,
        };
        queued += usize::from(enqueue(connection, &composer.finish(&planned)?, now)?.is_some());
    }
    Ok(queued)
}

/// Notes that KITOS has taken the login, so that the schedule goes on after a
/// refusal (R5).
///
/// # Errors
/// When the database fails.
pub async fn login_accepted(context: &Context) -> Result<(), Error> {
    note(context, IncidentKind::LoginRefused, None).await
}

/// Notes that a changed configuration is wrong, and that the old one is in force.
///
/// # Errors
/// When the database fails.
pub async fn configuration_refused(context: &Context, why: String) -> Result<(), Error> {
    let facts = vec![AlertFact::Error(why)];
    note(context, IncidentKind::Configuration, Some(facts)).await
}

/// Notes that the configuration on disk is the one in force.
///
/// # Errors
/// When the database fails.
pub async fn configuration_accepted(context: &Context) -> Result<(), Error> {
    note(context, IncidentKind::Configuration, None).await
}

/// Opens an incident with these facts, or closes it. Neither makes nor migrates a
/// database.
pub(super) async fn note(
    context: &Context,
    kind: IncidentKind,
    facts: Option<Vec<AlertFact>>,
) -> Result<(), Error> {
    let (now, config) = (context.now(), context.config.clone());
    context
        .store
        .run(Access::Existing, move |connection| {
            let tx = immediate(connection)?;
            match facts {
                Some(facts) => raise(&tx, &config, kind, now, facts)?,
                None => over(&tx, &config, &Composer::new(&tx, &config, now)?, kind, now)?,
            };
            tx.commit().map_err(store::Error::from)?;
            Ok(())
        })
        .await
}

/// Looks after what no job would notice: that no pull has been good for long.
///
/// # Errors
/// When the database fails.
pub async fn watch(context: &Context) -> Result<(), Error> {
    let now = context.now();
    let config = context.config.clone();
    context
        .store
        .run(Access::Create, move |connection| {
            let tx = immediate(connection)?;
            // One cause, one alarm: whoever was told why no pull is committed
            // need not be told that none was.
            let told = incidents(&tx)?.into_iter().any(|open| CAUSES.contains(&open.kind));
            if let Some(last) = last_snapshot(&tx)?
                && now - last.taken_at > STALE
                && !told
            {
                let last = last.taken_at.with_timezone(&config.schedule.time_zone);
                let facts = vec![AlertFact::LastGoodPull(last)];
                raise(&tx, &config, IncidentKind::StaleData, now, facts)?;
            }
            tx.commit().map_err(store::Error::from)?;
            Ok(())
        })
        .await
}
