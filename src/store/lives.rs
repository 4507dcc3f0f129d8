//! The questions that only history answers: who had which role when, who owned a
//! system last, since when it is there. A usage that was registered anew goes on
//! with the life of the one that it replaced.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Conditions, date_at, json_at, maybe_date_at, rows, to_json, uuid_at};
use crate::model::LifeCycle;
use crate::register::history::{History, LastOwner};
use crate::register::timeline::Version;

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

/// A row of `re_registration`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ReRegistration {
    snapshot: i64,
    before: Uuid,
    after: Uuid,
}

fn re_registrations(connection: &Connection) -> Result<Vec<ReRegistration>, Error> {
    let mut statement =
        connection.prepare("SELECT * FROM re_registration ORDER BY snapshot, before")?;
    rows(&mut statement, [], |row| {
        Ok(ReRegistration {
            snapshot: row.get("snapshot")?,
            before: uuid_at(row, "before")?,
            after: uuid_at(row, "after")?,
        })
    })
}

/// The condition that `usage` is one (the parameter), or one that it replaced.
pub(super) const OF_LINE: &str = "usage IN (
    WITH RECURSIVE line (usage) AS (
        SELECT ? UNION
        SELECT link.before FROM re_registration AS link JOIN line ON link.after = line.usage)
    SELECT usage FROM line)";

/// Usages that were registered anew, each with the one that it goes on as now.
pub fn heirs(connection: &Connection) -> Result<BTreeMap<Uuid, Uuid>, Error> {
    let mut heirs = BTreeMap::new();
    for link in re_registrations(connection)? {
        // A uuid that comes back is nobody's past any more.
        heirs.remove(&link.after);
        for heir in heirs.values_mut().filter(|heir| **heir == link.before) {
            *heir = link.after;
        }
        heirs.insert(link.before, link.after);
    }
    Ok(heirs)
}

/// Who had which role when, oldest first; of one usage, with those that it
/// replaced, or of all.
pub fn ownerships(connection: &Connection, usage: Option<Uuid>) -> Result<Vec<Ownership>, Error> {
    let mut of_usage = Conditions::default();
    of_usage.and(OF_LINE, usage.map(|uuid| uuid.to_string()));
    let mut statement = connection.prepare(&format!(
        "SELECT a.usage, a.role, a.person, a.from_snapshot, a.to_snapshot,
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
    let spells = rows(&mut statement, of_usage.params(), |row| {
        let ownership = Ownership {
            usage: uuid_at(row, "usage")?,
            role: uuid_at(row, "role")?,
            person: uuid_at(row, "person")?,
            from: date_at(row, "began")?,
            since_baseline: row.get("since_baseline")?,
            to: maybe_date_at(row, "ended")?,
            departed: row.get("departed")?,
        };
        Ok((row.get("from_snapshot")?, row.get("to_snapshot")?, ownership))
    })?;
    Ok(joined(spells, &re_registrations(connection)?))
}

/// One person's time in a role does not end because the usage was registered
/// anew: a spell that ends with the old one and goes on with the new one is one.
fn joined(spells: Vec<(i64, Option<i64>, Ownership)>, links: &[ReRegistration]) -> Vec<Ownership> {
    let before: BTreeMap<(i64, Uuid), Uuid> =
        links.iter().map(|link| ((link.snapshot, link.after), link.before)).collect();
    let mut whole: Vec<(Option<i64>, Ownership)> = Vec::new();
    for (from, to, spell) in spells {
        let goes_on = before.get(&(from, spell.usage)).and_then(|old| {
            whole.iter_mut().find(|(ended, earlier)| {
                *ended == Some(from)
                    && earlier.usage == *old
                    && (earlier.role, earlier.person) == (spell.role, spell.person)
            })
        });
        match goes_on {
            Some((ended, earlier)) => {
                *ended = to;
                *earlier = Ownership {
                    from: earlier.from,
                    since_baseline: earlier.since_baseline,
                    ..spell
                };
            }
            None => whole.push((to, spell)),
        }
    }
    whole.into_iter().map(|(_, spell)| spell).collect()
}

/// What is known of the time before now: what [`History::advance`] over every
/// pair of snapshots gives.
pub fn load_history(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<History, Error> {
    let links = re_registrations(connection)?;
    let mut history = History::default();
    load_last_owners(connection, owner_roles, &links, &mut history)?;
    load_lives(connection, &links, &mut history)?;
    Ok(history)
}

/// Who owned each usage last, for usages that lost an owner.
pub fn last_owners(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, LastOwner>, Error> {
    let mut history = History::default();
    load_last_owners(connection, owner_roles, &re_registrations(connection)?, &mut history)?;
    Ok(history.last_owner)
}

fn load_last_owners(
    connection: &Connection,
    owner_roles: &BTreeSet<Uuid>,
    links: &[ReRegistration],
    history: &mut History,
) -> Result<(), Error> {
    let roles: Vec<String> = owner_roles.iter().map(Uuid::to_string).collect();
    // Someone who holds another owner role at that moment, or one on the usage
    // that replaces this one, is owner still. Rows that come later win: the
    // latest snapshot, and of several people in one the smallest uuid, as
    // `History` has it.
    let mut statement = connection.prepare(
        "WITH owned AS (SELECT * FROM role_assignment
                        WHERE role IN (SELECT value FROM json_each(?1))),
              ended AS (SELECT coalesce(link.after, owned.usage) AS usage, person, to_snapshot
                        FROM owned LEFT JOIN re_registration AS link
                             ON link.before = owned.usage AND link.snapshot = owned.to_snapshot
                        WHERE to_snapshot IS NOT NULL)
         SELECT a.usage, a.person, a.to_snapshot, day.local_date AS gone
         FROM ended AS a JOIN snapshot AS day ON day.id = a.to_snapshot
         WHERE NOT EXISTS (
             SELECT 1 FROM owned AS other
             WHERE other.usage = a.usage AND other.person = a.person
               AND other.from_snapshot <= a.to_snapshot
               AND (other.to_snapshot IS NULL OR other.to_snapshot > a.to_snapshot))
         ORDER BY a.to_snapshot, a.person DESC",
    )?;
    let ended = rows(&mut statement, [to_json(&roles)?], |row| {
        let last = LastOwner { person: uuid_at(row, "person")?, gone: date_at(row, "gone")? };
        Ok((row.get::<_, i64>("to_snapshot")?, uuid_at(row, "usage")?, last))
    })?;
    let mut links = links.iter().peekable();
    for (snapshot, usage, last) in ended {
        while let Some(link) = links.next_if(|link| link.snapshot <= snapshot) {
            history.hand_on_owner(link.before, link.after);
        }
        history.last_owner.insert(usage, last);
    }
    for link in links {
        history.hand_on_owner(link.before, link.after);
    }
    Ok(())
}

/// Since when each present usage is there, and since when it is phased out.
fn load_lives(
    connection: &Connection,
    links: &[ReRegistration],
    history: &mut History,
) -> Result<(), Error> {
    let mut statement = connection.prepare(
        "SELECT u.uuid, u.data ->> '$.life_cycle' AS life_cycle, u.from_snapshot, u.to_snapshot,
                began.local_date AS began,
                u.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline
         FROM version AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         WHERE u.kind = 'usage' AND u.uuid IN (
             SELECT uuid FROM version WHERE kind = 'usage' AND to_snapshot IS NULL
             UNION SELECT before FROM re_registration)
         ORDER BY u.from_snapshot",
    )?;
    let replaced: BTreeMap<(i64, Uuid), Uuid> =
        links.iter().map(|link| ((link.snapshot, link.after), link.before)).collect();
    let mut ends: BTreeMap<Uuid, Option<i64>> = BTreeMap::new();
    rows(&mut statement, [], |row| {
        let uuid = uuid_at(row, "uuid")?;
        let (from, to): (i64, Option<i64>) = (row.get("from_snapshot")?, row.get("to_snapshot")?);
        let began = date_at(row, "began")?;
        // A version that does not go on from the one before is a new beginning.
        if ends.insert(uuid, to) != Some(Some(from)) {
            match replaced.get(&(from, uuid)) {
                Some(before) => history.hand_on_life(*before, uuid),
                None => {
                    history.phasing_out_since.remove(&uuid);
                    history.acquired.remove(&uuid);
                    if !row.get::<_, bool>("since_baseline")? {
                        history.acquired.insert(uuid, began);
                    }
                }
            }
        }
        let life_cycle: Option<String> = row.get("life_cycle")?;
        if life_cycle.as_deref() == Some(LifeCycle::PhasingOut.as_kitos()) {
            history.phasing_out_since.entry(uuid).or_insert(began);
        } else {
            history.phasing_out_since.remove(&uuid);
        }
        Ok(())
    })?;
    let is_here = |uuid: &Uuid| ends.get(uuid) == Some(&None);
    history.acquired.retain(|uuid, _| is_here(uuid));
    history.phasing_out_since.retain(|uuid, _| is_here(uuid));
    Ok(())
}

/// The versions of a usage and of those that it replaced, without roles, oldest first,
/// each with the days on which pulls first saw it, and first saw it no more.
pub fn usage_versions(connection: &Connection, usage: Uuid) -> Result<Vec<Version>, Error> {
    let mut statement = connection.prepare(&format!(
        "SELECT u.*, began.local_date AS began, ended.local_date AS ended
         FROM (SELECT *, uuid AS usage FROM version WHERE kind = 'usage') AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = u.to_snapshot
         WHERE u.{OF_LINE} ORDER BY u.from_snapshot"
    ))?;
    rows(&mut statement, [usage.to_string()], |row| {
        let from = date_at(row, "began")?;
        Ok(Version { from, to: maybe_date_at(row, "ended")?, usage: json_at(row, "data")? })
    })
}
