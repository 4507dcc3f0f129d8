//! Findings and their life.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::in_force::RUNS;
use super::values::{
    Conditions, Row, instant_at, json_at, maybe_instant_at, named, rows, to_json, uuid_at,
};
use crate::model::{Ending, Finding, Rule, Severity};
use crate::policy::findings::Transitions;
use crate::policy::rules;

/// What to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingFilter {
    pub rule: Option<Rule>,
    pub severity: Option<Severity>,
    pub usage: Option<Uuid>,
    /// Waived ones, too: a waiver changes what is shown, not what is wrong.
    pub open: bool,
    pub resolved: bool,
    /// As it stood at this instant: only what had opened by then, and open or
    /// resolved as it was then.
    pub as_of: Option<DateTime<Utc>>,
    /// Not what was resolved before this instant.
    pub not_before: Option<DateTime<Utc>>,
}

/// Carries out what a judging decided, and writes the snapshot's counts.
pub fn apply_transitions(
    connection: &Connection,
    snapshot: i64,
    at: DateTime<Utc>,
    transitions: &Transitions,
    baseline: bool,
) -> Result<(), Error> {
    let (taken_at, at) = (at, at.timestamp_millis());
    for (id, ending) in &transitions.resolved {
        connection.execute(
            "UPDATE finding SET resolved_snapshot = ?1, resolved_at = ?2, ending = ?3 WHERE id = ?4",
            (snapshot, at, ending.as_str(), id),
        )?;
    }
    for (id, seen) in &transitions.amended {
        connection.execute(
            "UPDATE finding SET rule = ?1, severity = ?2, faults = ?3 WHERE id = ?4",
            (seen.rule.as_str(), seen.severity.as_str(), to_json(&seen.faults)?, id),
        )?;
    }
    let mut open = connection.prepare(
        "INSERT INTO finding (rule, usage, severity, faults, since_baseline, by_policy_change, opened_snapshot,
                              opened_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for seen in &transitions.opened {
        open.execute((
            seen.rule.as_str(),
            seen.usage.to_string(),
            seen.severity.as_str(),
            to_json(&seen.faults)?,
            baseline,
            transitions.by_policy_change.contains(&(seen.rule, seen.usage)),
            snapshot,
            at,
        ))?;
        if transitions.by_policy_change.contains(&(seen.rule, seen.usage)) {
            renew_waiver(connection, connection.last_insert_rowid(), at)?;
        }
    }
    let counts = open_severities(connection, taken_at)?;
    let of = |severity| counts.get(&severity).copied().unwrap_or(0);
    connection.execute(
        "UPDATE snapshot SET open_info = ?1, open_low = ?2, open_medium = ?3, open_high = ?4
         WHERE id = ?5",
        (of(Severity::Info), of(Severity::Low), of(Severity::Medium), of(Severity::High), snapshot),
    )?;
    Ok(())
}

/// A rule that was off for a while, or a system that was excluded, ends no
/// exception that someone decided on: it goes on with the finding that comes back. One that
/// takes another's place in the same pull is another case, for which nobody decided on one.
fn renew_waiver(connection: &Connection, finding: i64, at: i64) -> Result<(), Error> {
    connection.execute(
        &format!(
            "INSERT INTO waiver (finding, until, ends_at, reason, by, created_at)
             SELECT ?2, until, ends_at, reason, by, created_at
             FROM waiver
             WHERE {RUNS} AND finding = (
                   SELECT earlier.id
                   FROM finding AS earlier JOIN finding AS new
                        ON new.rule = earlier.rule AND new.usage = earlier.usage
                   WHERE new.id = ?2 AND earlier.id < ?2
                     AND earlier.resolved_snapshot < new.opened_snapshot
                   ORDER BY earlier.id DESC LIMIT 1)
               AND (SELECT ending = 'lapsed' FROM finding AS earlier WHERE earlier.id = waiver.finding)"
        ),
        (at, finding),
    )?;
    Ok(())
}

/// How many findings are open and not waived at `now`, by severity.
pub fn open_severities(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<BTreeMap<Severity, i64>, Error> {
    let mut counts = BTreeMap::new();
    for (_, severity, count) in open_by_rule(connection, now)? {
        *counts.entry(severity).or_default() += count;
    }
    Ok(counts)
}

/// The same, by rule and severity.
pub fn open_by_rule(
    connection: &Connection,
    now: DateTime<Utc>,
) -> Result<Vec<(Rule, Severity, i64)>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT rule, severity, count(*) AS rows FROM finding
         WHERE resolved_at IS NULL AND id NOT IN (SELECT finding FROM waiver WHERE {RUNS})
         GROUP BY rule, severity"
    ))?;
    rows(&mut statement, [now.timestamp_millis()], |row| {
        let (rule, severity) =
            (named(row, "rule", rules::find)?, named(row, "severity", Severity::parse)?);
        Ok((rule, severity, row.get("rows")?))
    })
}

/// The open findings, oldest first.
pub fn open_findings(connection: &Connection) -> Result<Vec<Finding>, Error> {
    select_findings(connection, &FindingFilter { open: true, ..FindingFilter::default() })
}

/// The findings that ended after `from` and at or before `to`, however they did.
pub fn ended_between(
    connection: &Connection,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Finding>, Error> {
    let mut statement = connection.prepare(
        "SELECT * FROM finding WHERE resolved_at > ?1 AND resolved_at <= ?2 ORDER BY id",
    )?;
    rows(&mut statement, [from.timestamp_millis(), to.timestamp_millis()], read)
}

/// The findings that fit, oldest first.
pub fn select_findings(
    connection: &Connection,
    filter: &FindingFilter,
) -> Result<Vec<Finding>, Error> {
    let as_of = filter.as_of.map(|at| at.timestamp_millis());
    let mut wanted = Conditions::default();
    wanted.and("rule = ?", filter.rule.map(|rule| rule.as_str().to_owned()));
    wanted.and("severity = ?", filter.severity.map(|severity| severity.as_str().to_owned()));
    wanted.and("usage = ?", filter.usage.map(|uuid| uuid.to_string()));
    wanted.and("opened_at <= ?", as_of);
    let not_before = filter.not_before.map(|at| at.timestamp_millis());
    wanted.and("(resolved_at IS NULL OR resolved_at >= ?)", not_before);
    match (filter.open, filter.resolved) {
        (true, true) => {}
        (true, false) if as_of.is_none() => wanted.only("resolved_at IS NULL"),
        (true, false) => wanted.and("(resolved_at IS NULL OR resolved_at > ?)", as_of),
        (false, true) if as_of.is_none() => wanted.only("resolved_at IS NOT NULL"),
        (false, true) => wanted.and("resolved_at <= ?", as_of),
        (false, false) => return Ok(Vec::new()),
    }
    let mut statement =
        connection.prepare(&format!("SELECT * FROM finding {} ORDER BY id", wanted.sql()))?;
    rows(&mut statement, wanted.params(), read)
}

pub fn finding_by_id(connection: &Connection, id: i64) -> Result<Option<Finding>, Error> {
    let mut statement = connection.prepare("SELECT * FROM finding WHERE id = ?1")?;
    Ok(rows(&mut statement, [id], read)?.pop())
}

fn read(row: &Row<'_>) -> Result<Finding, Error> {
    Ok(Finding {
        id: row.get("id")?,
        rule: named(row, "rule", rules::find)?,
        severity: named(row, "severity", Severity::parse)?,
        usage: uuid_at(row, "usage")?,
        faults: json_at(row, "faults")?,
        opened_at: instant_at(row, "opened_at")?,
        resolved_at: maybe_instant_at(row, "resolved_at")?,
        ending: match row.get::<Option<String>>("ending")? {
            Some(_) => Some(named(row, "ending", Ending::parse)?),
            None => None,
        },
        since_baseline: row.get("since_baseline")?,
        by_policy_change: row.get("by_policy_change")?,
    })
}
