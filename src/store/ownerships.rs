//! Who had which role on which system, from when to when.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Conditions, date_at, instant_at, maybe_instant_at, rows, uuid_at};
use crate::register::history::LastOwner;

/// One person's time in one role on one usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    pub usage: Uuid,
    pub role: Uuid,
    pub person: Uuid,
    /// When the pull that first saw it was committed: one that the guard held counts from its
    /// release, so that what is told of a day never changes afterwards.
    pub from: DateTime<Utc>,
    /// It was so already in the first snapshot.
    pub since_baseline: bool,
    /// When the pull that first saw it gone was committed; `None` while it holds.
    pub to: Option<DateTime<Utc>>,
    /// It ended, and the person was no user of the organisation (any more) in
    /// the pull that saw it (`docs/policy.md`, "Departed").
    pub departed: bool,
}

/// Whose times in roles are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnershipsOf {
    Usage(Uuid),
    Person(Uuid),
    All,
}

/// Who had which role when, oldest first.
pub fn ownerships(connection: &Connection, of: OwnershipsOf) -> Result<Vec<Ownership>, Error> {
    let mut wanted = Conditions::default();
    match of {
        OwnershipsOf::Usage(usage) => wanted.and("a.usage = ?", Some(usage.to_string())),
        OwnershipsOf::Person(person) => wanted.and("a.person = ?", Some(person.to_string())),
        OwnershipsOf::All => {}
    }
    let mut statement = connection.prepare(&format!(
        "SELECT a.usage, a.role, a.person, a.from_snapshot, a.to_snapshot,
                began.committed_at AS began, ended.committed_at AS ended,
                a.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline,
                a.to_snapshot IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM membership AS m
                    WHERE m.person = a.person AND m.from_snapshot <= a.to_snapshot
                      AND (m.to_snapshot IS NULL OR m.to_snapshot > a.to_snapshot)) AS departed
         FROM role_assignment AS a
         JOIN snapshot AS began ON began.id = a.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = a.to_snapshot
         {}",
        wanted.sql()
    ))?;
    let mut found = rows(&mut statement, wanted.params(), |row| {
        let person = uuid_at(row, "person")?;
        let (from, to): (i64, Option<i64>) = (row.get("from_snapshot")?, row.get("to_snapshot")?);
        let ownership = Ownership {
            usage: uuid_at(row, "usage")?,
            role: uuid_at(row, "role")?,
            person,
            from: instant_at(row, "began")?,
            since_baseline: row.get("since_baseline")?,
            to: maybe_instant_at(row, "ended")?,
            departed: row.get("departed")?,
        };
        Ok(((from, to, Reverse(person)), ownership))
    })?;
    // Here, since SQLite would carry the text along.
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, ownership)| ownership).collect())
}

/// Who owned each usage last, for usages that lost an owner.
pub(super) fn owners_that_went(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, LastOwner>, Error> {
    // In the text, since SQLite would read a list in a parameter anew for each row.
    let roles: Vec<String> = owner_roles.iter().map(|role| format!("'{role}'")).collect();
    let roles = roles.join(", ");
    // An ownership ends with the role or with the person, whichever goes first. Someone who
    // holds another owner role at that moment is owner still. Rows that come later win: the
    // latest snapshot, and of several people in one the smallest uuid, as `History` has it.
    let mut statement = connection.prepare(&format!(
        "SELECT owned.usage, owned.person, owned.ended, day.local_date AS gone
         FROM (SELECT a.usage, a.person,
                      min(coalesce(a.to_snapshot, m.to_snapshot),
                          coalesce(m.to_snapshot, a.to_snapshot)) AS ended
               FROM role_assignment AS a JOIN membership AS m ON m.person = a.person
               WHERE a.role IN ({roles})
                 AND (m.to_snapshot IS NULL OR m.to_snapshot > a.from_snapshot)
                 AND (a.to_snapshot IS NULL OR a.to_snapshot > m.from_snapshot)) AS owned
         JOIN snapshot AS day ON day.id = owned.ended
         WHERE NOT EXISTS (
             SELECT 1 FROM role_assignment AS other JOIN membership AS m ON m.person = other.person
             WHERE other.usage = owned.usage AND other.person = owned.person
               AND other.role IN ({roles})
               AND other.from_snapshot <= owned.ended AND m.from_snapshot <= owned.ended
               AND (other.to_snapshot IS NULL OR other.to_snapshot > owned.ended)
               AND (m.to_snapshot IS NULL OR m.to_snapshot > owned.ended))"
    ))?;
    let mut ended = rows(&mut statement, [], |row| {
        let last = LastOwner { person: uuid_at(row, "person")?, gone: date_at(row, "gone")? };
        Ok((row.get::<i64>("ended")?, uuid_at(row, "usage")?, last))
    })?;
    ended.sort_by_key(|(snapshot, _, last)| (*snapshot, Reverse(last.person)));
    Ok(ended.into_iter().map(|(_, usage, last)| (usage, last)).collect())
}
