//! The timelines of usages: since when each has been there or phased out, and the states of one.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{Row, date_at, json_at, maybe_date_at, rows, uuid_at};
use crate::model::LifeCycle;
use crate::register::timeline::Version;

/// For each present usage: the start of its current unbroken run of versions. Left out if it
/// was in the first pull, or in the last of those whose history was pruned: what was there
/// before that is not known any more.
pub(super) fn acquired(connection: &Connection) -> Result<BTreeMap<Uuid, NaiveDate>, Error> {
    // Nearly all are there since the first pull, without a gap: their versions cover the
    // time since. Only of the others it is asked which version came after a gap.
    let mut statement = connection.prepare(
        "WITH later AS (
             SELECT uuid FROM version INDEXED BY version_usage
             WHERE kind = 'usage' GROUP BY uuid
             HAVING count(*) > count(to_snapshot)
                AND sum(coalesce(to_snapshot, (SELECT max(id) FROM snapshot)) - from_snapshot)
                  < (SELECT max(id) FROM snapshot) - (SELECT min(id) FROM snapshot))
         SELECT uuid, local_date FROM (
             SELECT uuid, max(from_snapshot) AS since FROM version AS u INDEXED BY version_usage
             WHERE kind = 'usage' AND uuid IN later
               AND from_snapshot > (SELECT max(min(id), coalesce((SELECT snapshot FROM pruned), 0))
                                    FROM snapshot)
               AND NOT EXISTS (
                   SELECT 1 FROM version AS before INDEXED BY version_usage
                   WHERE before.kind = 'usage' AND before.uuid = u.uuid
                     AND before.to_snapshot = u.from_snapshot)
             GROUP BY uuid) JOIN snapshot ON id = since",
    )?;
    let read = |row: &Row<'_>| Ok((uuid_at(row, "uuid")?, date_at(row, "local_date")?));
    Ok(rows(&mut statement, [], read)?.into_iter().collect())
}

/// For each usage that is being phased out now: the day since when it has been, without a break.
/// Where that day was pruned, the first that is still known of: it has been for that long at
/// least.
pub(super) fn phasing_out_since(
    connection: &Connection,
) -> Result<BTreeMap<Uuid, NaiveDate>, Error> {
    // Written exactly as in the index, so that SQLite uses it and reads only these rows.
    let phasing_out = format!("data ->> '$.life_cycle' = '{}'", LifeCycle::PhasingOut.as_kitos());
    let mut statement = connection.prepare(&format!(
        "SELECT uuid, coalesce({phasing_out}, 0) AS phasing_out, from_snapshot, to_snapshot, local_date
         FROM version JOIN snapshot ON id = from_snapshot
         WHERE kind = 'usage' AND uuid IN (
             SELECT uuid FROM version INDEXED BY version_phasing_out
             WHERE kind = 'usage' AND to_snapshot IS NULL AND {phasing_out})
         ORDER BY uuid, from_snapshot"
    ))?;
    let mut since: BTreeMap<Uuid, NaiveDate> = BTreeMap::new();
    let mut last: Option<(Uuid, i64)> = None;
    rows(&mut statement, [], |row| {
        let uuid = uuid_at(row, "uuid")?;
        let goes_on = last == Some((uuid, row.get("from_snapshot")?));
        last = row.get::<Option<i64>>("to_snapshot")?.map(|to| (uuid, to));
        if !goes_on || !row.get::<bool>("phasing_out")? {
            since.remove(&uuid);
        }
        if row.get("phasing_out")? {
            since.entry(uuid).or_insert(date_at(row, "local_date")?);
        }
        Ok(())
    })?;
    Ok(since)
}

/// The versions of a usage, without roles, oldest first, each with the days on which
/// pulls first saw it, and first saw it no more.
pub fn usage_versions(connection: &Connection, usage: Uuid) -> Result<Vec<Version>, Error> {
    let mut statement = connection.prepare(
        "SELECT u.data, began.local_date AS began, ended.local_date AS ended
         FROM version AS u
         JOIN snapshot AS began ON began.id = u.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = u.to_snapshot
         WHERE u.kind = 'usage' AND u.uuid = ?1 ORDER BY u.from_snapshot",
    )?;
    rows(&mut statement, [usage.to_string()], |row| {
        let from = date_at(row, "began")?;
        Ok(Version { from, to: maybe_date_at(row, "ended")?, usage: json_at(row, "data")? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::assess::Figures;
    use crate::store::{Access, NewSnapshot, Store, insert_snapshot, prune_history};
    use crate::testing::{at, day, id};

    #[test]
    fn what_was_pruned_makes_no_system_look_new() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::new(folder.path().join("k.db"));
        let connection = store.open(Access::Create).expect("a database");
        for pull in 1..=10 {
            let date = format!("2026-01-{pull:02}");
            let taken_at = at(&format!("{date}T05:00:00Z"));
            let new = NewSnapshot {
                taken_at,
                committed_at: taken_at,
                local_date: day(&date),
                duration_ms: 1,
                requests: 1,
                bytes: 1,
                figures: Figures::default(),
            };
            insert_snapshot(&connection, &new).expect("a pull");
        }
        for (usage, from, to) in [
            ("there since the first pull", 1, Some(5)),
            ("there since the first pull", 5, None),
            ("came early", 3, Some(5)),
            ("came early", 5, None),
            ("came late", 8, None),
            ("came back", 1, Some(2)),
            ("came back", 9, None),
        ] {
            let sql = "INSERT INTO version (kind, uuid, data, from_snapshot, to_snapshot)
                       VALUES ('usage', ?1, '{}', ?2, ?3)";
            connection.execute(sql, (id(usage).to_string(), from, to)).expect("a version");
        }
        let late = [(id("came late"), day("2026-01-08")), (id("came back"), day("2026-01-09"))];
        let mut all = BTreeMap::from(late);
        all.insert(id("came early"), day("2026-01-03"));
        assert_eq!(acquired(&connection).expect("before"), all);
        let pruned = prune_history(&connection, at("2026-01-07T00:00:00Z")).expect("pruned");
        assert_eq!(pruned.versions, 3);
        assert_eq!(acquired(&connection).expect("after"), BTreeMap::from(late));
    }
}
