//! A real database that is fed with generated pulls, and its history read back
//! by the query that the schema documents.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use kitos_sync::model::{
    Contract, DataProcessing, LifeCycle, MainContract, Missing, Organization, OrganizationUnit,
    RoleAssignment, RoleType, Snapshot, SystemUsage,
};
use kitos_sync::policy::Policy;
use kitos_sync::policy::assess::{Assessment, assess};
use kitos_sync::register::changes::Dated;
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

/// A database in a folder that goes with it. What a power cut would do is not
/// the question here, so nothing waits for the disk.
pub struct Database {
    pub connection: Connection,
    _folder: tempfile::TempDir,
}

impl Database {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let connection =
            Store::new(folder.path().join("k.db")).open(Access::Create).expect("a database");
        connection.pragma_update(None, "synchronous", "OFF").expect("a pragma");
        Self { connection, _folder: folder }
    }

    /// What the sync job does with a pull that passed the guard.
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
    systems: BTreeMap<Uuid, (String, bool)>,
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
            systems: snapshot
                .systems
                .iter()
                .map(|(uuid, s)| (*uuid, (s.name.clone(), s.deactivated)))
                .collect(),
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
        let uuid = |row: &rusqlite::Row<'_>, column: &str| {
            let text: Option<String> = row.get(column)?;
            Ok::<_, rusqlite::Error>(text.map(|text| text.parse::<Uuid>().expect("a uuid")))
        };
        let key = |row: &rusqlite::Row<'_>, column| uuid(row, column).map(|u| u.expect("a key"));
        let day = |row: &rusqlite::Row<'_>, column| {
            let text: Option<String> = row.get(column)?;
            Ok::<_, rusqlite::Error>(text.map(|text| text.parse().expect("a date")))
        };
        fn json<T: DeserializeOwned>(row: &rusqlite::Row<'_>, column: &str) -> rusqlite::Result<T> {
            let text: String = row.get(column)?;
            Ok(serde_json::from_str(&text).expect("JSON"))
        }
        let mut usages: BTreeMap<Uuid, SystemUsage> =
            all(connection, snapshot, "*", "system_usage", |row| {
                let life_cycle: Option<String> = row.get("life_cycle")?;
                let uuid_ = key(row, "uuid")?;
                Ok((
                    uuid_,
                    SystemUsage {
                        uuid: uuid_,
                        system: key(row, "system")?,
                        local_name: row.get("local_name")?,
                        life_cycle: life_cycle.as_deref().map(LifeCycle::from_kitos),
                        valid_from: day(row, "valid_from")?,
                        valid_to: day(row, "valid_to")?,
                        responsible_unit: uuid(row, "responsible_unit")?,
                        using_units: json(row, "using_units")?,
                        main_contract: MainContract::parse(&row.get::<_, String>("main_contract")?)
                            .expect("a state"),
                        has_purpose: row.get("has_purpose")?,
                        last_modified: day(row, "last_modified")?,
                        relations: json(row, "relations")?,
                        gdpr: json(row, "gdpr")?,
                        roles: BTreeSet::new(),
                    },
                ))
            })
            .into_iter()
            .collect();
        let assignments = all(connection, snapshot, "*", "role_assignment", |row| {
            let assignment =
                RoleAssignment { role: key(row, "role")?, person: key(row, "person")? };
            Ok((key(row, "usage")?, assignment))
        });
        for (usage, assignment) in assignments {
            usages.get_mut(&usage).expect("its usage").roles.insert(assignment);
        }
        let organization = all(connection, snapshot, "*", "organization", |row| {
            Ok(Organization {
                uuid: key(row, "uuid")?,
                name: row.get("name")?,
                cvr: row.get("cvr")?,
            })
        });
        assert_eq!(organization.len(), 1, "one organisation at a time");
        Self {
            organization: organization.into_iter().next().expect("the organisation"),
            role_types: all(connection, snapshot, "*", "role_type", |row| {
                let uuid = key(row, "uuid")?;
                let (name, available) = (row.get("name")?, row.get("available")?);
                Ok((uuid, RoleType { uuid, name, available }))
            })
            .into_iter()
            .collect(),
            units: all(connection, snapshot, "*", "organization_unit", |row| {
                let (key, name) = (key(row, "uuid")?, row.get("name")?);
                let (parent, external) = (uuid(row, "parent")?, uuid(row, "external")?);
                Ok((key, OrganizationUnit { uuid: key, name, parent, external }))
            })
            .into_iter()
            .collect(),
            systems: all(connection, snapshot, "*", "it_system", |row| {
                Ok((key(row, "uuid")?, (row.get("name")?, row.get("deactivated")?)))
            })
            .into_iter()
            .collect(),
            contracts: all(connection, snapshot, "*", "contract", |row| {
                let (uuid, supplier) = (key(row, "uuid")?, uuid(row, "supplier")?);
                let (name, active) = (row.get("name")?, row.get("active")?);
                let usages = json(row, "usages")?;
                Ok((uuid, Contract { uuid, name, active, supplier, usages }))
            })
            .into_iter()
            .collect(),
            data_processing: all(connection, snapshot, "*", "data_processing", |row| {
                let uuid = key(row, "uuid")?;
                let (name, usages) = (row.get("name")?, json(row, "usages")?);
                let in_force = row.get("in_force")?;
                Ok((uuid, DataProcessing { uuid, name, in_force, usages }))
            })
            .into_iter()
            .collect(),
            unknown: all(connection, snapshot, "*", "unknown_field", |row| {
                Ok(Missing::parse(&row.get::<_, String>("field")?).expect("a field"))
            })
            .into_iter()
            .collect(),
            members: all(connection, snapshot, "*", "membership", |row| key(row, "person"))
                .into_iter()
                .collect(),
            usages,
        }
    }
}
