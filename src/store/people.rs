//! Who people are, and when they were among the organisation's users.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use rusqlite::Connection;
use uuid::Uuid;

use super::Error;
use super::values::{date_at, maybe_date_at, rows, uuid_at};
use crate::model::Person;
use crate::text::addresses::folded;

/// The people in `whom`, which says of each whether they are a user now. Reads everybody there
/// ever was in one go: that is faster than to look up each.
pub(super) fn people(
    connection: &Connection,
    whom: &BTreeMap<Uuid, bool>,
) -> Result<BTreeMap<Uuid, Person>, Error> {
    let mut statement = connection.prepare("SELECT * FROM person ORDER BY uuid")?;
    let people = rows(&mut statement, [], |row| {
        let uuid = uuid_at(row, "uuid")?;
        let Some(&member) = whom.get(&uuid) else { return Ok(None) };
        let person = Person {
            uuid,
            kitos_uuid: uuid_at(row, "kitos_uuid")?,
            name: row.get("name")?,
            email: row.get("email")?,
            member,
            api_access: row.get("api_access")?,
        };
        Ok(Some((uuid, person)))
    })?;
    Ok(people.into_iter().flatten().collect())
}

/// The latest time that someone was a user of the organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub person: Uuid,
    pub name: String,
    pub email: Option<String>,
    /// The day on which a pull first saw the person.
    pub since: NaiveDate,
    /// It was so already in the first snapshot.
    pub since_baseline: bool,
    /// The day on which a pull first saw the person gone; `None` for users.
    pub left: Option<NaiveDate>,
}

/// Everyone who is or was a user and is not forgotten.
pub fn memberships(connection: &Connection) -> Result<Vec<Membership>, Error> {
    // SQLite takes the other columns from the row with the maximum.
    let mut statement = connection.prepare(
        "SELECT m.person, max(m.from_snapshot), p.name, p.email,
                began.local_date AS began, ended.local_date AS ended,
                m.from_snapshot = (SELECT min(id) FROM snapshot) AS since_baseline
         FROM membership AS m
         JOIN person AS p ON p.uuid = m.person
         JOIN snapshot AS began ON began.id = m.from_snapshot
         LEFT JOIN snapshot AS ended ON ended.id = m.to_snapshot
         GROUP BY m.person",
    )?;
    rows(&mut statement, [], |row| {
        Ok(Membership {
            person: uuid_at(row, "person")?,
            name: row.get("name")?,
            email: row.get("email")?,
            since: date_at(row, "began")?,
            since_baseline: row.get("since_baseline")?,
            left: maybe_date_at(row, "ended")?,
        })
    })
}

/// Addresses (folded) of those who left, of people who followed them under the same
/// address, too.
pub fn departed_addresses(connection: &Connection) -> Result<BTreeSet<String>, Error> {
    let mut statement = connection.prepare(
        "SELECT email FROM (SELECT person FROM membership
                            GROUP BY person HAVING max(to_snapshot IS NULL) = 0)
         JOIN person ON uuid = person WHERE email IS NOT NULL",
    )?;
    let left = rows(&mut statement, [], |row| Ok(folded(&row.get::<String>("email")?)))?;
    Ok(left.into_iter().collect())
}
