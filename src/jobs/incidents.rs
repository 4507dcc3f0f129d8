//! Incidents and the alerts that tell of them: one mail when one opens, one
//! when it is over.

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use tracing::{error, info};

use super::compose::{Composer, Post};
use super::context::Context;
use super::error::Error;
use crate::config::Config;
use crate::mail;
use crate::model::{Alert, AlertFact, Incident, IncidentKind};
use crate::query::STALE;
use crate::store::{
    self, Access, current_snapshot, earlier_quarantines, enqueue, immediate, incidents,
    last_snapshot, made_installation,
};

/// What keeps pulls from being committed, and was told when it began.
const CAUSES: [IncidentKind; 3] =
    [IncidentKind::Quarantine, IncidentKind::LoginRefused, IncidentKind::AccessLost];

/// Opens an incident and tells the operators, unless it is open already.
/// Returns how many mails it queued.
pub(super) fn open_incident(
    connection: &Connection,
    config: &Config,
    kind: IncidentKind,
    now: DateTime<Utc>,
    facts: Vec<AlertFact>,
) -> Result<usize, Error> {
    open_incident_for(connection, config, (kind, now), facts, config.mail.alerts())
}

/// The same, telling these readers.
pub(super) fn open_incident_for(
    connection: &Connection,
    config: &Config,
    (kind, now): (IncidentKind, DateTime<Utc>),
    facts: Vec<AlertFact>,
    readers: &[String],
) -> Result<usize, Error> {
    let Some(incident) = store::open_incident(connection, kind, now, facts)? else {
        return Ok(0);
    };
    error!(incident = kind.as_str(), "an incident has begun; `kitos-sync status` shows it");
    let composer = Composer::new(connection, config, now)?;
    let alert = alert(connection, config, &incident, incident.facts.clone())?;
    queue(connection, &composer, (&incident, "opened"), &alert, readers)
}

/// Closes an incident, if one is open, without telling anybody.
pub(super) fn close_quietly(
    connection: &Connection,
    kind: IncidentKind,
    now: DateTime<Utc>,
) -> Result<Option<Incident>, Error> {
    let closed = store::close_incident(connection, kind, now)?;
    if closed.is_some() {
        info!(incident = kind.as_str(), "the incident is over");
    }
    Ok(closed)
}

/// Closes an incident if one is open, and tells the operators that it is over.
/// Returns how many mails it queued.
pub(crate) fn close_incident(
    connection: &Connection,
    composer: &Composer<'_>,
    kind: IncidentKind,
) -> Result<usize, Error> {
    match close_quietly(connection, kind, composer.now())? {
        Some(incident) => all_clear(connection, composer, &incident),
        None => Ok(0),
    }
}

/// Tells the operators that a closed incident is over.
fn all_clear(
    connection: &Connection,
    composer: &Composer<'_>,
    incident: &Incident,
) -> Result<usize, Error> {
    let config = composer.config();
    let ended = match incident.kind {
        IncidentKind::Quarantine => earlier_quarantines(connection)?.into_iter().next(),
        _ => None,
    };
    let facts = ended.map(|held| AlertFact::Ended { how: held.end, by: held.decided_by });
    let alert = alert(connection, config, incident, facts.into_iter().collect())?;
    queue(connection, composer, (incident, "closed"), &alert, config.mail.alerts())
}

fn queue(
    connection: &Connection,
    composer: &Composer<'_>,
    (incident, occasion): (&Incident, &str),
    alert: &Alert,
    readers: &[String],
) -> Result<usize, Error> {
    let now = incident.closed_at.unwrap_or(incident.opened_at);
    let letter = mail::of_alert(alert, composer.language())?;
    let mut queued = 0;
    for address in readers {
        let key = format!("alert/{}/{occasion}/{address}", incident.id);
        let post = Post::to(address, key, letter.clone(), now);
        queued += usize::from(enqueue(connection, &composer.finish(&post)?, now)?.is_some());
    }
    Ok(queued)
}

pub(super) fn alert(
    connection: &Connection,
    config: &Config,
    incident: &Incident,
    facts: Vec<AlertFact>,
) -> Result<Alert, Error> {
    let zone = config.schedule.time_zone;
    let organization =
        current_snapshot(connection)?.map(|s| s.organization.name).unwrap_or_default();
    Ok(Alert {
        organization,
        kind: incident.kind,
        since: incident.opened_at.with_timezone(&zone),
        until: incident.closed_at.map(|at| at.with_timezone(&zone)),
        facts,
    })
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
                Some(facts) => open_incident(&tx, &config, kind, now, facts)?,
                None => close_incident(&tx, &Composer::new(&tx, &config, now)?, kind)?,
            };
            tx.commit().map_err(store::Error::from)?;
            Ok(())
        })
        .await
}

/// Since when no pull has been good, and how that is told: since the last good one, or since
/// the installation was made if none ever was.
fn last_good(connection: &Connection) -> Result<Option<(DateTime<Utc>, AlertFact)>, Error> {
    if let Some(last) = last_snapshot(connection)? {
        return Ok(Some((last.taken_at, AlertFact::LastGoodPull(last.taken_at))));
    }
    let made = made_installation(connection)?.map(|made| made.created_at);
    Ok(made.map(|at| (at, AlertFact::NoGoodPullSince(at))))
}

/// Opens the incident that no job would notice: that no pull has been good for long.
pub(super) async fn notice_stale_data(context: &Context) -> Result<(), Error> {
    let now = context.now();
    let config = context.config.clone();
    context
        .store
        .run(Access::Create, move |connection| {
            let tx = immediate(connection)?;
            // One cause, one alarm: anyone who was told why no pull is committed need not be
            // told that none was.
            let told = |kind| kind == IncidentKind::StaleData || CAUSES.contains(&kind);
            let told = incidents(&tx)?.into_iter().any(|open| told(open.kind));
            if let Some((since, fact)) = last_good(&tx)?
                && now - since > STALE
                && !told
            {
                open_incident(&tx, &config, IncidentKind::StaleData, now, vec![fact])?;
            }
            tx.commit().map_err(store::Error::from)?;
            Ok(())
        })
        .await
}
