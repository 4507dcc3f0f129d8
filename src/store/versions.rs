//! Writing history: what a delta does to the versions of the register. Closes what
//! no longer holds and opens what does; never changes or takes away a row that was
//! true once.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Error;
use super::mark::renew_register_mark;
use super::register_now::forget_register;
use super::values::to_json;
use crate::model::{
    Contract, DataProcessing, Few, ItSystem, Missing, Organization, OrganizationUnit, Person,
    RoleType, SystemUsage,
};
use crate::register::diff::{Delta, Move};

/// What the table `version` holds, as JSON of the model's own struct: a field that is
/// pulled from KITOS in a later version of this program needs no column.
pub(super) trait Versioned: Serialize + DeserializeOwned {
    const KIND: &'static str;
}

impl Versioned for Organization {
    const KIND: &'static str = "organization";
}

impl Versioned for RoleType {
    const KIND: &'static str = "roleType";
}

impl Versioned for OrganizationUnit {
    const KIND: &'static str = "unit";
}

impl Versioned for ItSystem {
    const KIND: &'static str = "system";
}

/// Without its roles: they are rows of their own.
impl Versioned for SystemUsage {
    const KIND: &'static str = "usage";
}

impl Versioned for Contract {
    const KIND: &'static str = "contract";
}

impl Versioned for DataProcessing {
    const KIND: &'static str = "dataProcessing";
}

/// The fields that a pull knew nothing of; of the organisation as a whole.
impl Versioned for BTreeSet<Missing> {
    const KIND: &'static str = "unknownFields";
}

/// Carries a delta into the versions: closes what no longer holds, and opens
/// what does from `snapshot` on. An empty delta writes nothing.
pub fn write_delta(connection: &Connection, snapshot: i64, delta: &Delta) -> Result<(), Error> {
    if delta.is_empty() {
        return Ok(());
    }
    renew_register_mark(connection)?;
    forget_register(connection)?;
    let to = Writer { connection, snapshot };
    to.move_alone(delta.organization.as_ref())?;
    to.move_all(&delta.role_types)?;
    to.move_all(&delta.units)?;
    to.move_all(&delta.systems)?;
    to.move_all(&delta.contracts)?;
    to.move_all(&delta.data_processing)?;
    to.move_alone(delta.unknown.as_ref())?;
    for (uuid, moved) in &delta.people {
        to.person(*uuid, moved)?;
    }
    for (uuid, moved) in &delta.usages {
        to.roles(*uuid, moved)?;
        let without_roles = |usage: &Option<SystemUsage>| {
            usage.clone().map(|usage| SystemUsage { roles: Few::default(), ..usage })
        };
        let (before, after) = (without_roles(&moved.before), without_roles(&moved.after));
        // A usage whose roles alone moved keeps its version.
        if before != after {
            to.version(*uuid, (before.is_some(), after.as_ref()))?;
        }
    }
    Ok(())
}

struct Writer<'a> {
    connection: &'a Connection,
    snapshot: i64,
}

impl Writer<'_> {
    fn move_all<T: Versioned>(&self, moves: &BTreeMap<Uuid, Move<T>>) -> Result<(), Error> {
        moves.iter().try_for_each(|(uuid, moved)| self.move_one(*uuid, moved))
    }

    /// Of a kind of which there is only one thing at a time, the organisation for example: it
    /// needs no uuid.
    fn move_alone<T: Versioned>(&self, moved: Option<&Move<T>>) -> Result<(), Error> {
        moved.map_or(Ok(()), |moved| self.move_one(Uuid::nil(), moved))
    }

    fn move_one<T: Versioned>(&self, uuid: Uuid, moved: &Move<T>) -> Result<(), Error> {
        self.version(uuid, (moved.before.is_some(), moved.after.as_ref()))
    }

    fn version<T: Versioned>(
        &self,
        uuid: Uuid,
        (was_there, after): (bool, Option<&T>),
    ) -> Result<(), Error> {
        let (uuid, kind) = (uuid.to_string(), T::KIND);
        if was_there {
            // With a parameter for the kind SQLite would think anew, for each row, which of
            // the indexes on one kind it can use.
            let close = format!(
                "UPDATE version SET to_snapshot = ?1
                 WHERE kind = '{kind}' AND uuid = ?2 AND to_snapshot IS NULL"
            );
            self.execute(&close, (self.snapshot, &uuid))?;
        }
        if let Some(after) = after {
            let open =
                "INSERT INTO version (kind, uuid, data, from_snapshot) VALUES (?1, ?2, ?3, ?4)";
            self.execute(open, (kind, &uuid, to_json(after)?, self.snapshot))?;
        }
        Ok(())
    }

    fn person(&self, uuid: Uuid, moved: &Move<Person>) -> Result<(), Error> {
        let uuid = uuid.to_string();
        if let Some(person) = &moved.after {
            self.execute(
                "INSERT INTO person (uuid, kitos_uuid, name, email, api_access)
                 VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (uuid) DO UPDATE SET
                     kitos_uuid = excluded.kitos_uuid, name = excluded.name,
                     email = excluded.email, api_access = excluded.api_access",
                (
                    &uuid,
                    person.kitos_uuid.to_string(),
                    &person.name,
                    &person.email,
                    person.api_access,
                ),
            )?;
        }
        let member = |person: &Option<Person>| person.as_ref().is_some_and(|p| p.member);
        match (member(&moved.before), member(&moved.after)) {
            (false, true) => self.execute(
                "INSERT INTO membership (person, from_snapshot) VALUES (?1, ?2)",
                (&uuid, self.snapshot),
            ),
            (true, false) => self.execute(
                "UPDATE membership SET to_snapshot = ?1 WHERE person = ?2 AND to_snapshot IS NULL",
                (self.snapshot, &uuid),
            ),
            _ => Ok(()),
        }
    }

    fn roles(&self, usage: Uuid, moved: &Move<SystemUsage>) -> Result<(), Error> {
        let nobody = Few::default();
        let before = moved.before.as_ref().map_or(&nobody, |usage| &usage.roles);
        let after = moved.after.as_ref().map_or(&nobody, |usage| &usage.roles);
        for gone in before.difference(after) {
            self.execute(
                "UPDATE role_assignment SET to_snapshot = ?1
                 WHERE usage = ?2 AND role = ?3 AND person = ?4 AND to_snapshot IS NULL",
                (self.snapshot, usage.to_string(), gone.role.to_string(), gone.person.to_string()),
            )?;
        }
        for new in after.difference(before) {
            self.execute(
                "INSERT INTO role_assignment (usage, role, person, from_snapshot)
                 VALUES (?1, ?2, ?3, ?4)",
                (usage.to_string(), new.role.to_string(), new.person.to_string(), self.snapshot),
            )?;
        }
        Ok(())
    }

    /// A statement that many rows are written by: it is prepared once.
    fn execute(&self, sql: &str, values: impl Params) -> Result<(), Error> {
        self.connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }
}
