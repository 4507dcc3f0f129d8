//! A real database that is fed with generated pulls, and its history read back
//! by the query that the schema documents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use kitos_sync::model::{
    Contract, DataProcessing, ItSystem, Missing, Organization, OrganizationUnit, RoleAssignment,
    RoleType, Snapshot, SystemUsage,
};
use kitos_sync::policy::Policy;
use kitos_sync::policy::assess::{Assessment, assess};
use kitos_sync::register::changes::Dated;
use kitos_sync::register::lineage::settle;
use kitos_sync::store::{self, Access, NewSnapshot, Store};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::generate::Seen;

pub fn dated(seen: &Seen) -> Dated<'_> {
    Dated { snapshot: &seen.snapshot, today: seen.today }
}

/// Nine o'clock on that day, so that several pulls share an instant.
pub fn nine(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::from_hms_opt(9, 0, 0).expect("a time")).and_utc()
}

/// A new and empty database, as the bytes of its file. It is made once: each of hundreds
/// of cases begins with a copy.
static EMPTY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let folder = super::folder();
    let path = folder.path().join("k.db");
    drop(Store::new(&path).open(Access::Create).expect("a database"));
    std::fs::read(path).expect("its file")
});

/// A database in a folder that goes with it. What a power cut would do is not
/// the question here, so nothing waits for the disk.
pub struct Database {
    pub connection: Connection,
    _folder: tempfile::TempDir,
}

impl Database {
    pub fn new() -> Self {
        let folder = super::folder();
        let path = folder.path().join("k.db");
        std::fs::write(&path, &*EMPTY).expect("a file");
        let connection = Store::new(path).open(Access::Existing).expect("a database");
        connection.pragma_update(None, "synchronous", "OFF").expect("a pragma");
        Self { connection, _folder: folder }
    }

    /// What the sync job does with a pull that passed the guard. Returns it as the
    /// register knows it.
    pub fn pull(&mut self, seen: &Seen, policy: &Policy) -> Snapshot {
        let before = store::current_snapshot(&self.connection).expect("the snapshot");
        let lineage = store::lineage(&self.connection).expect("the lineage");
        let (settled, new) = settle(&lineage, before.as_ref(), &seen.snapshot);
        let settled = settled.into_owned();
        let (id, _) = self.commit(&Seen { snapshot: settled.clone(), today: seen.today }, policy);
        store::record_lineage(&self.connection, id, &new).expect("the lineage");
        settled
    }

    /// The same, with a pull in which all is known by its first uuid.
    pub fn commit(&mut self, seen: &Seen, policy: &Policy) -> (i64, Assessment) {
        let tx = store::immediate(&mut self.connection).expect("a transaction");
        let before = store::current_snapshot(&tx).expect("the snapshot");
        let row = store::last_snapshot(&tx).expect("its row");
        let before = before
            .as_ref()
            .zip(row)
            .map(|(snapshot, row)| Dated { snapshot, today: row.local_date });
        let history = store::load_history(&tx, &policy.owner_roles).expect("the history");
        let open = store::open_findings(&tx).expect("the findings");
        let assessment = assess(before, dated(seen), history, &open, policy);
        let taken_at = nine(seen.today);
        let new = NewSnapshot {
            taken_at,
            committed_at: taken_at,
            local_date: seen.today,
            duration_ms: 1,
            requests: 2,
            bytes: 3,
            figures: assessment.figures,
        };
        let id = store::insert_snapshot(&tx, &new).expect("a row");
        store::write_delta(&tx, id, &assessment.delta).expect("the delta");
        store::keep_register(&tx, &seen.snapshot, &policy.owner_roles).expect("the register");
        store::insert_changes(&tx, id, &assessment.changes).expect("the changes");
        store::apply_transitions(&tx, id, taken_at, &assessment.findings, before.is_none())
            .expect("the findings");
        tx.commit().expect("a commit");
        (id, assessment)
    }

    /// Every row of every table.
    pub fn dump(&self) -> BTreeMap<String, Vec<Vec<Value>>> {
        let mut tables = self
            .connection
            .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            .expect("the schema");
        let names: Vec<String> = tables
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .expect("the names of tables");
        names.into_iter().map(|name| (name.clone(), self.rows(&name))).collect()
    }

    fn rows(&self, table: &str) -> Vec<Vec<Value>> {
        let mut statement =
            self.connection.prepare(&format!("SELECT * FROM {table}")).expect("a table");
        let columns = statement.column_count();
        statement
            .query_map([], |row| (0..columns).map(|column| row.get(column)).collect())
            .and_then(Iterator::collect)
            .expect("its rows")
    }
}

/// The parts of a snapshot that history keeps; of people, who was a member.
#[derive(Debug, PartialEq)]
pub struct Past {
    organization: Organization,
    role_types: BTreeMap<Uuid, RoleType>,
    units: BTreeMap<Uuid, OrganizationUnit>,
    systems: BTreeMap<Uuid, ItSystem>,
    contracts: BTreeMap<Uuid, Contract>,
    data_processing: BTreeMap<Uuid, DataProcessing>,
    unknown: BTreeSet<Missing>,
    members: BTreeSet<Uuid>,
    usages: BTreeMap<Uuid, SystemUsage>,
}

impl Past {
    pub fn of(snapshot: &Snapshot) -> Self {
        Self {
            organization: snapshot.organization.clone(),
            role_types: snapshot.role_types.clone(),
            units: snapshot.units.clone(),
            systems: snapshot.systems.clone(),
            contracts: snapshot.contracts.clone(),
            data_processing: snapshot.data_processing.clone(),
            unknown: snapshot.unknown.clone(),
            members: snapshot.people.values().filter(|p| p.member).map(|p| p.uuid).collect(),
            usages: snapshot.usages.clone(),
        }
    }

    /// By the query that the schema documents.
    pub fn as_of(connection: &Connection, snapshot: i64) -> Self {
        fn all<T>(
            connection: &Connection,
            snapshot: i64,
            columns: &str,
            table: &str,
            read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
        ) -> Vec<T> {
            let sql = format!(
                "SELECT {columns} FROM {table}
                 WHERE from_snapshot <= ?1 AND (to_snapshot IS NULL OR to_snapshot > ?1)"
            );
            let mut statement = connection.prepare(&sql).expect("a query");
            statement.query_map([snapshot], read).and_then(Iterator::collect).expect("its rows")
        }
        fn versions<T: DeserializeOwned>(
            connection: &Connection,
            snapshot: i64,
            kind: &str,
        ) -> BTreeMap<Uuid, T> {
            all(connection, snapshot, "kind, uuid, data", "version", |row| {
                let data: String = row.get("data")?;
                Ok((row.get::<_, String>("kind")?, key(row, "uuid")?, data))
            })
            .into_iter()
            .filter(|(of, ..)| of == kind)
            .map(|(_, uuid, data)| (uuid, serde_json::from_str(&data).expect("JSON")))
            .collect()
        }
        fn key(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<Uuid> {
            Ok(row.get::<_, String>(column)?.parse().expect("a uuid"))
        }
        let mut usages: BTreeMap<Uuid, SystemUsage> = versions(connection, snapshot, "usage");
        let assignments = all(connection, snapshot, "*", "role_assignment", |row| {
            let assignment =
                RoleAssignment { role: key(row, "role")?, person: key(row, "person")? };
            Ok((key(row, "usage")?, assignment))
        });
        for (usage, assignment) in assignments {
            usages.get_mut(&usage).expect("its usage").roles.insert(assignment);
        }
        let organization = versions(connection, snapshot, "organization");
        assert_eq!(organization.len(), 1, "one organisation at a time");
        let unknown = versions(connection, snapshot, "unknownFields");
        Self {
            organization: organization.into_values().next().expect("the organisation"),
            role_types: versions(connection, snapshot, "roleType"),
            units: versions(connection, snapshot, "unit"),
            systems: versions(connection, snapshot, "system"),
            contracts: versions(connection, snapshot, "contract"),
            data_processing: versions(connection, snapshot, "dataProcessing"),
            unknown: unknown.into_values().next().unwrap_or_default(),
            members: all(connection, snapshot, "*", "membership", |row| key(row, "person"))
                .into_iter()
                .collect(),
            usages,
        }
    }
}
