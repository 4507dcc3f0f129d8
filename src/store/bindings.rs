//! What the policy's names were matched with.

use rusqlite::Connection;

use super::Error;
use super::values::{rows, uuid_at};
use crate::policy::roles::RecordedRoles;

/// Names of `policy.…_roles` and the role types that they were matched with.
pub fn recorded_roles(connection: &Connection) -> Result<RecordedRoles, Error> {
    let mut statement = connection.prepare("SELECT name, role FROM policy_role")?;
    let recorded = rows(&mut statement, [], |row| Ok((row.get("name")?, uuid_at(row, "role")?)))?;
    Ok(recorded.into_iter().collect())
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
