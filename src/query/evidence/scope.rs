//! Which systems and which days the evidence is about.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::model::{OrganizationUnit, Snapshot, SystemUsage};
use crate::policy::leaders::units_named;
use crate::query::error::Error;
use crate::query::keeper::Former;
use crate::query::moment::Moment;
use crate::query::view::View;
use crate::store::{monitoring_since, pruned_before};
use crate::text::nearest::nearest_name;
use crate::time::civil;

/// What to show; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EvidenceQuery {
    /// First and last day. Without them the year that ends today, as far as it was
    /// monitored.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
    /// A unit's name or uuid.
    pub unit: Option<String>,
}

/// The days that the evidence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    pub monitored_since: NaiveDate,
    /// The day that was asked for, where nothing is known of it.
    pub asked_from: Option<NaiveDate>,
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub days: i64,
    /// Days of it on which the register was to be read and was not.
    pub missing_days: i64,
}

impl Period {
    pub(super) fn with_missing(self, missing_days: i64) -> Self {
        Self { missing_days, ..self }
    }
}

/// The period with the register as it stood at its end.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub view: View<'a>,
    pub period: Period,
    /// The first instant of the period.
    pub start: DateTime<Utc>,
    /// Whether it ends today: then all figures are those of the digest.
    pub is_now: bool,
    /// The name of the unit that was asked for …
    pub unit: Option<String>,
    /// … and it with all below it.
    units: Option<BTreeSet<Uuid>>,
    /// Usages that are no longer there, as they were last.
    gone: Arc<Former>,
}

impl<'a> Scope<'a> {
    pub fn load(moment: &Moment<'a>, query: &EvidenceQuery) -> Result<Self, Error> {
        let (connection, today) = (moment.connection, moment.today());
        let to = query.to.unwrap_or(today);
        if to > today {
            return Err(Error::Ahead(to));
        }
        let since = monitoring_since(connection)?.ok_or(Error::NoSnapshot)?;
        let monitored_since = moment.day(since);
        if to < monitored_since {
            return Err(Error::BeforeMonitoring { day: to, since: monitored_since });
        }
        // A day that is known in part is not shown.
        let kept = pruned_before(connection)?.map(|at| moment.day(at) + TimeDelta::days(1));
        let known = kept.map_or(monitored_since, |kept| kept.max(monitored_since));
        let asked = query.from.unwrap_or(to - TimeDelta::days(364));
        if asked > to {
            return Err(Error::NoPeriod { from: asked, to });
        }
        if known > to {
            return Err(Error::Pruned { day: to, before: known });
        }
        let from = asked.max(known);
        let view = match to == today {
            true => View::load(moment)?,
            false => View::load_on(moment, to)?.ok_or(Error::NoSnapshot)?,
        };
        let (unit, units) = match &query.unit {
            None => (None, None),
            Some(text) => {
                let (name, units) = unit_and_below(text, &view.snapshot)?;
                (Some(name), Some(units))
            }
        };
        let zone = moment.config.schedule.time_zone;
        Ok(Self {
            period: Period {
                monitored_since,
                asked_from: query.from.filter(|asked| *asked < from),
                from,
                to,
                days: (to - from).num_days() + 1,
                missing_days: 0,
            },
            start: civil::end_of(from - TimeDelta::days(1), zone),
            is_now: to == today,
            unit,
            units,
            gone: moment.former()?,
            view,
        })
    }

    pub fn moment(&self) -> &Moment<'a> {
        &self.view.moment
    }

    /// The last instant of the period.
    pub fn end(&self) -> DateTime<Utc> {
        self.view.at
    }

    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        self.moment().day(at)
    }

    pub fn is_whole(&self) -> bool {
        self.units.is_none()
    }

    /// Whether the evidence is about the usage.
    pub fn covers(&self, usage: Uuid) -> bool {
        let Some(units) = &self.units else { return true };
        let unit = self.usage(usage).and_then(|usage| usage.responsible_unit);
        unit.is_some_and(|unit| units.contains(&unit))
    }

    /// Whether it is about a usage as it stands in a snapshot.
    pub fn has_unit_of(&self, usage: &SystemUsage) -> bool {
        let Some(units) = &self.units else { return true };
        usage.responsible_unit.is_some_and(|unit| units.contains(&unit))
    }

    pub fn system(&self, usage: Uuid) -> String {
        self.view.system_name(usage)
    }

    pub fn unit_name(&self, usage: Uuid) -> Option<String> {
        let unit = self.usage(usage)?.responsible_unit?;
        self.view.name(unit)
    }

    /// The usage as it was at the end, or when it was there last.
    fn usage(&self, usage: Uuid) -> Option<&SystemUsage> {
        self.view.usage(usage).or_else(|| self.gone.get(&usage))
    }
}

/// The one unit that is meant by a name or a uuid.
///
/// # Errors
/// When none or several fit.
pub fn unit_of(moment: &Moment<'_>, text: &str) -> Result<Uuid, Error> {
    Ok(the_unit(text, &*moment.snapshot()?)?.uuid)
}

/// No unit is called so.
pub(in crate::query) fn no_unit(text: &str, snapshot: &Snapshot) -> Error {
    let names = snapshot.units.values().map(|unit| unit.name.as_str());
    Error::NoUnit { text: text.to_owned(), near: nearest_name(text, names).map(str::to_owned) }
}

fn the_unit<'a>(text: &str, snapshot: &'a Snapshot) -> Result<&'a OrganizationUnit, Error> {
    let named = units_named(text, snapshot);
    let mut units = named.iter().filter_map(|unit| snapshot.units.get(unit));
    match (units.next(), units.next()) {
        (Some(unit), None) => Ok(unit),
        (None, _) => Err(no_unit(text, snapshot)),
        (Some(_), Some(_)) => {
            let uuids = named.iter().map(Uuid::to_string).collect();
            Err(Error::ManyUnits { text: text.to_owned(), uuids })
        }
    }
}

/// The unit that is meant, and it with all below it.
fn unit_and_below(text: &str, snapshot: &Snapshot) -> Result<(String, BTreeSet<Uuid>), Error> {
    let unit = the_unit(text, snapshot)?;
    let (name, named) = (unit.name.clone(), BTreeSet::from([unit.uuid]));
    let is_below = |unit: &&Uuid| !snapshot.unit_line(**unit).is_disjoint(&named);
    Ok((name, snapshot.units.keys().filter(is_below).copied().collect()))
}
