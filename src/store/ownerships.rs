//! Who had which role on which system, from when to when.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Conditions, date_at, maybe_date_at, rows, to_json, uuid_at};
use crate::register::history::LastOwner;

/// One person's time in one role on one usage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    pub usage: Uuid,
    pub role: Uuid,
    pub person: Uuid,
    pub from: NaiveDate,
    /// It was so already in the first snapshot.
    pub since_baseline: bool,
    /// The day on which a pull first saw it gone; `None` while it holds.
    pub to: Option<NaiveDate>,
    /// It ended, and the person was no user of the organisation (any more) in
    /// the pull that saw it (`docs/policy.md`, "Departed").
    pub departed: bool,
}

/// Who had which role when, oldest first; of one usage, or of all.
pub fn ownerships(connection: &Connection, usage: Option<Uuid>) -> Result<Vec<Ownership>, Error> {
    let mut of_usage = Conditions::default();
    of_usage.and("a.usage = ?", usage.map(|uuid| uuid.to_string()));
    let mut statement = connection.prepare(&format!(
        "SELECT a.usage, a.role, a.person,
                began.local_date AS began, ended.local_date AS ended,
                a.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline,
                a.to_snapshot IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM membership AS m
                    WHERE m.person = a.person AND m.from_snapshot <= a.to_snapshot
                      AND (m.to_snapshot IS NULL OR m.to_snapshot > a.to_snapshot)) AS departed
         FROM role_assignment AS a
         JOIN snapshot AS began ON began.id = a.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = a.to_snapshot
         {}
         ORDER BY a.from_snapshot, a.to_snapshot, a.person DESC",
        of_usage.sql()
    ))?;
    rows(&mut statement, of_usage.params(), |row| {
        Ok(Ownership {
            usage: uuid_at(row, "usage")?,
            role: uuid_at(row, "role")?,
            person: uuid_at(row, "person")?,
            from: date_at(row, "began")?,
            since_baseline: row.get("since_baseline")?,
            to: maybe_date_at(row, "ended")?,
            departed: row.get("departed")?,
        })
    })
}

/// Who owned each usage last, for usages that lost an owner.
pub fn last_owners(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, LastOwner>, Error> {
    let roles: Vec<String> = owner_roles.iter().map(Uuid::to_string).collect();
    // Someone who holds another owner role at that moment is owner still. Rows that
    // come later win: the latest snapshot, and of several people in one the smallest
    // uuid, as `History` has it.
    let mut statement = connection.prepare(
        "WITH owned AS NOT MATERIALIZED (SELECT * FROM role_assignment
                        WHERE role IN (SELECT value FROM json_each(?1)))
         SELECT a.usage, a.person, day.local_date AS gone
         FROM owned AS a JOIN snapshot AS day ON day.id = a.to_snapshot
         WHERE a.to_snapshot IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM owned AS other
             WHERE other.usage = a.usage AND other.person = a.person
               AND other.from_snapshot <= a.to_snapshot
               AND (other.to_snapshot IS NULL OR other.to_snapshot > a.to_snapshot))
         ORDER BY a.to_snapshot, a.person DESC",
    )?;
    let ended = rows(&mut statement, [to_json(&roles)?], |row| {
        let last = LastOwner { person: uuid_at(row, "person")?, gone: date_at(row, "gone")? };
        Ok((uuid_at(row, "usage")?, last))
    })?;
    Ok(ended.into_iter().collect())
}
