//! What the policy's names were matched with, and its uuids mean.

use rusqlite::Connection;

use super::Error;
use super::lineage::settled_uuids;
use super::values::{rows, uuid_at};
use crate::policy::Bindings;
use crate::policy::roles::RecordedRoles;

/// What the configuration's names and uuids were found to mean.
pub fn bindings(connection: &Connection) -> Result<Bindings, Error> {
    let mut statement = connection.prepare("SELECT name, role FROM policy_role")?;
    let recorded = rows(&mut statement, [], |row| Ok((row.get("name")?, uuid_at(row, "role")?)))?;
    let roles = recorded.into_iter().collect();
    Ok(Bindings { roles, identities: settled_uuids(connection)? })
}

/// Records names matched for the first time.
pub fn record_roles(
    connection: &Connection,
    snapshot: i64,
    matched: &RecordedRoles,
) -> Result<(), Error> {
    for (name, role) in matched {
        connection.execute(
            "INSERT INTO policy_role (name, role, matched_snapshot) VALUES (?1, ?2, ?3)
             ON CONFLICT (name) DO NOTHING",
            (name, role.to_string(), snapshot),
        )?;
    }
    Ok(())
}
