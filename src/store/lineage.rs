//! Which uuid we keep using for entities that were recreated in KITOS under a new one.

use rusqlite::Connection;

use super::Error;
use super::values::{Row, rows, uuid_at};
use crate::register::lineage::{Identities, Lineage, name_and_address};

/// What is known of identities before a pull.
pub fn lineage(connection: &Connection) -> Result<Lineage, Error> {
    // Among several with that name and address, the one who left last.
    let mut left = connection.prepare(
        "SELECT uuid, name, email FROM person
         JOIN (SELECT person, max(to_snapshot) AS ended FROM membership GROUP BY person
               HAVING count(*) = count(to_snapshot)) ON person = uuid
         WHERE email IS NOT NULL ORDER BY ended, uuid",
    )?;
    let left = rows(&mut left, [], |row| {
        let (name, email): (String, String) = (row.get("name")?, row.get("email")?);
        Ok((name_and_address(&name, &email), uuid_at(row, "uuid")?))
    })?;
    Ok(Lineage { identities: settled_uuids(connection)?, left: left.into_iter().collect() })
}

/// KITOS's new uuids of entities that were recreated there, each with the uuid we keep using.
pub fn settled_uuids(connection: &Connection) -> Result<Identities, Error> {
    let mut statement = connection.prepare("SELECT kitos_uuid, uuid FROM lineage")?;
    let read = |row: &Row<'_>| Ok((uuid_at(row, "kitos_uuid")?, uuid_at(row, "uuid")?));
    Ok(rows(&mut statement, [], read)?.into_iter().collect())
}

/// Records identities that were not known before `snapshot`.
pub fn record_lineage(
    connection: &Connection,
    snapshot: i64,
    new: &Identities,
) -> Result<(), Error> {
    for (kitos_uuid, uuid) in new {
        connection.execute(
            "INSERT INTO lineage (kitos_uuid, uuid, since_snapshot) VALUES (?1, ?2, ?3)
             ON CONFLICT (kitos_uuid) DO UPDATE SET
                 uuid = excluded.uuid, since_snapshot = excluded.since_snapshot",
            (kitos_uuid.to_string(), uuid.to_string(), snapshot),
        )?;
    }
    Ok(())
}
