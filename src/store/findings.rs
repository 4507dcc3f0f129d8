//! Findings and their life.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};
use uuid::Uuid;

use super::Error;
use super::values::{instant_at, json_at, maybe_instant_at, named, rows, to_json, uuid_at};
use crate::core::findings::Transitions;
use crate::model::{Finding, Rule, Severity};

/// What to list; an unset field does not narrow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FindingFilter {
    pub rule: Option<Rule>,
    pub severity: Option<Severity>,
    /// With those that it replaced.
    pub usage: Option<Uuid>,
    pub open: bool,
    pub resolved: bool,
    /// As it stood at this instant: opened at or before, not resolved by then.
    pub as_of: Option<DateTime<Utc>>,
}

/// Carries out what a judging decided, and writes the snapshot's counts.
pub fn apply_transitions(
    connection: &Connection,
    snapshot: i64,
    at: DateTime<Utc>,
    transitions: &Transitions,
    baseline: bool,
) -> Result<(), Error> {
    let at = at.timestamp_millis();
    for (old, new) in &transitions.handed_on {
        // Nothing can be open on a usage that has just come, unless KITOS gave out
        // a uuid twice: what is open on it then stays.
        connection.execute(
            "UPDATE OR IGNORE finding SET usage = ?1 WHERE usage = ?2 AND resolved_at IS NULL",
            (new.to_string(), old.to_string()),
        )?;
    }
    for id in &transitions.resolved {
        connection.execute(
            "UPDATE finding SET resolved_snapshot = ?1, resolved_at = ?2 WHERE id = ?3",
            (snapshot, at, id),
        )?;
    }
    for (id, severity, faults) in &transitions.amended {
        connection.execute(
            "UPDATE finding SET severity = ?1, faults = ?2 WHERE id = ?3",
            (severity.as_str(), to_json(faults)?, id),
        )?;
    }
    for seen in &transitions.opened {
        connection.execute(
            "INSERT INTO finding (rule, usage, severity, faults, since_baseline, by_policy_change, opened_snapshot,
                                  opened_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                seen.rule.as_str(),
                seen.usage.to_string(),
                seen.severity.as_str(),
                to_json(&seen.faults)?,
                baseline,
                transitions.by_policy_change.contains(&(seen.rule, seen.usage)),
                snapshot,
                at,
            ),
        )?;
    }
    let counts = open_severities(connection)?;
    let of = |severity| counts.get(&severity).copied().unwrap_or(0);
    connection.execute(
        "UPDATE snapshot SET open_info = ?1, open_low = ?2, open_medium = ?3, open_high = ?4
         WHERE id = ?5",
        (of(Severity::Info), of(Severity::Low), of(Severity::Medium), of(Severity::High), snapshot),
    )?;
    Ok(())
}

/// How many findings are open, by severity.
pub fn open_severities(connection: &Connection) -> Result<BTreeMap<Severity, i64>, Error> {
    let mut statement = connection.prepare(
        "SELECT severity, count(*) AS rows FROM finding WHERE resolved_at IS NULL GROUP BY severity",
    )?;
    let counts = rows(&mut statement, [], |row| {
        Ok((named(row, "severity", Severity::parse)?, row.get("rows")?))
    })?;
    Ok(counts.into_iter().collect())
}

/// The open findings, oldest first.
pub fn open_findings(connection: &Connection) -> Result<Vec<Finding>, Error> {
    select_findings(connection, &FindingFilter { open: true, ..FindingFilter::default() })
}

/// The findings that resolved after `from` and at or before `to`.
pub fn resolved_between(
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
    let mut statement = connection.prepare(
        "SELECT * FROM finding
         WHERE (?1 IS NULL OR rule = ?1)
           AND (?2 IS NULL OR severity = ?2)
           AND (?3 IS NULL OR usage IN (
                   WITH RECURSIVE line (usage) AS (
                       SELECT ?3 UNION
                       SELECT link.before FROM re_registration AS link
                       JOIN line ON link.after = line.usage)
                   SELECT usage FROM line))
           AND CASE WHEN ?4 IS NULL
                    THEN (?5 AND resolved_at IS NULL) OR (?6 AND resolved_at IS NOT NULL)
                    ELSE opened_at <= ?4 AND (resolved_at IS NULL OR resolved_at > ?4) END
         ORDER BY id",
    )?;
    let params = (
        filter.rule.map(Rule::as_str),
        filter.severity.map(Severity::as_str),
        filter.usage.map(|uuid| uuid.to_string()),
        filter.as_of.map(|at| at.timestamp_millis()),
        filter.open,
        filter.resolved,
    );
    rows(&mut statement, params, read)
}

fn read(row: &Row<'_>) -> Result<Finding, Error> {
    Ok(Finding {
        id: row.get("id")?,
        rule: named(row, "rule", Rule::parse)?,
        severity: named(row, "severity", Severity::parse)?,
        usage: uuid_at(row, "usage")?,
        faults: json_at(row, "faults")?,
        opened_at: instant_at(row, "opened_at")?,
        resolved_at: maybe_instant_at(row, "resolved_at")?,
        since_baseline: row.get("since_baseline")?,
        by_policy_change: row.get("by_policy_change")?,
    })
}
