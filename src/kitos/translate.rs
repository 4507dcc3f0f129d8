//! From KITOS's rows to our snapshot, closed in itself: people, role types and
//! systems that only a usage names are added.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::wire::{
    ContractRow, DataProcessingRow, GdprRow, Pair, SystemRow, UnitRow, UsageRow, UserRow,
};
use crate::model::{
    Contract, DataProcessing, DataSensitivity, Gdpr, ItSystem, LifeCycle, MainContract,
    Organization, OrganizationUnit, Person, RiskAssessment, RoleAssignment, RoleType, Snapshot,
    SystemUsage,
};

/// Everything that a pull read.
#[derive(Debug)]
pub struct Rows {
    pub usages: Vec<UsageRow>,
    pub users: Vec<UserRow>,
    pub units: Vec<UnitRow>,
    pub role_types: Vec<RoleType>,
    pub systems: Vec<SystemRow>,
    pub contracts: Vec<ContractRow>,
    pub data_processing: Vec<DataProcessingRow>,
}

/// Whether a user with this address is a person: someone deleted from KITOS is
/// anonymised in place and stays in the list as "Slettet bruger".
pub fn is_member(email: Option<&str>) -> bool {
    !email.is_some_and(|email| email.trim().to_lowercase().ends_with("_deleted_user@kitos.dk"))
}

/// Translates.
pub fn snapshot(organization: Organization, rows: Rows) -> Snapshot {
    let mut people: BTreeMap<Uuid, Person> = rows
        .users
        .into_iter()
        .filter(|row| is_member(row.email.as_deref()))
        .map(|row| (row.uuid, person(row)))
        .collect();
    let mut role_types: BTreeMap<Uuid, RoleType> =
        rows.role_types.into_iter().map(|role| (role.uuid, role)).collect();
    let mut systems: BTreeMap<Uuid, ItSystem> =
        rows.systems.into_iter().map(|row| (row.uuid, system(row))).collect();
    let mut usages = BTreeMap::new();
    for row in rows.usages {
        let name = text(row.system_context.name).unwrap_or_default();
        let system = row.system_context.uuid;
        systems.entry(system).or_insert(ItSystem { uuid: system, name, deactivated: false });
        let mut roles = BTreeSet::new();
        for assigned in row.roles.into_iter().flatten().flatten() {
            let (Some(user), Some(role)) = (assigned.user, assigned.role) else { continue };
            roles.insert(RoleAssignment { role: role.uuid, person: user.uuid });
            people.entry(user.uuid).or_insert_with(|| departed(user));
            role_types.entry(role.uuid).or_insert_with(|| RoleType {
                uuid: role.uuid,
                name: text(role.name).unwrap_or_default(),
                available: false,
            });
        }
        let general = row.general.unwrap_or_default();
        let validity = general.validity.unwrap_or_default();
        let organization = row.organization_usage.unwrap_or_default();
        let usage = SystemUsage {
            uuid: row.uuid,
            system,
            local_name: text(general.local_call_name),
            life_cycle: validity.life_cycle_status.as_deref().map(LifeCycle::from_kitos),
            valid_from: validity.valid_from,
            valid_to: validity.valid_to,
            responsible_unit: organization.responsible_organization_unit.map(|unit| unit.uuid),
            using_units: uuids(organization.using_organization_units),
            main_contract: match validity.main_contract_state.as_deref() {
                Some("Active") => MainContract::Active,
                Some("Inactive") => MainContract::Inactive,
                _ => MainContract::None,
            },
            has_purpose: text(general.purpose).is_some(),
            last_modified: row.last_modified,
            relations: row
                .outgoing_system_relations
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|relation| Some(relation.to_system_usage?.uuid))
                .collect(),
            gdpr: gdpr(row.gdpr.unwrap_or_default()),
            roles,
        };
        usages.insert(usage.uuid, usage);
    }
    let units = rows.units.into_iter().map(|row| {
        let parent = row.parent_organization_unit.map(|parent| parent.uuid);
        let name = text(row.name).unwrap_or_default();
        (row.uuid, OrganizationUnit { uuid: row.uuid, name, parent })
    });
    Snapshot {
        organization,
        role_types,
        units: units.collect(),
        people,
        systems,
        usages,
        contracts: rows.contracts.into_iter().map(|row| (row.uuid, contract(row))).collect(),
        data_processing: rows
            .data_processing
            .into_iter()
            .map(|row| (row.uuid, data_processing(row)))
            .collect(),
    }
}

fn person(row: UserRow) -> Person {
    let parts = [row.first_name, row.last_name];
    let name = text(row.name)
        .unwrap_or_else(|| parts.into_iter().filter_map(text).collect::<Vec<_>>().join(" "));
    Person { uuid: row.uuid, name, email: text(row.email), member: true }
}

fn system(row: SystemRow) -> ItSystem {
    let name = text(row.name).unwrap_or_default();
    ItSystem { uuid: row.uuid, name, deactivated: row.deactivated == Some(true) }
}

fn contract(row: ContractRow) -> Contract {
    let validity = row.general.unwrap_or_default().validity.unwrap_or_default();
    Contract {
        uuid: row.uuid,
        name: text(row.name).unwrap_or_default(),
        active: validity.valid == Some(true),
        supplier: row.supplier.and_then(|supplier| Some(supplier.organization?.uuid)),
        usages: uuids(row.system_usages),
    }
}

fn data_processing(row: DataProcessingRow) -> DataProcessing {
    let name = text(row.name).unwrap_or_default();
    DataProcessing { uuid: row.uuid, name, usages: uuids(row.system_usages) }
}

fn gdpr(row: GdprRow) -> Gdpr {
    Gdpr {
        sensitivity: row
            .data_sensitivity_levels
            .into_iter()
            .flatten()
            .flatten()
            .map(|level| DataSensitivity::from_kitos(&level))
            .collect(),
        risk_assessment: match row.risk_assessment_conducted.as_deref() {
            Some("Yes") => RiskAssessment::Done,
            Some("Irrelevant") => RiskAssessment::NotNeeded,
            _ => RiskAssessment::Missing,
        },
        risk_assessed: row.risk_assessment_conducted_date,
        risk_assessment_planned: row.planned_risk_assessment_date,
        agreement_required: matches!(
            row.is_data_processing_agreement_required.as_deref(),
            Some("Yes" | "DecidedByLaw")
        ),
        retention_review: row.next_data_retention_evaluation_date,
    }
}

fn uuids(pairs: Option<Vec<Option<Pair>>>) -> BTreeSet<Uuid> {
    pairs.into_iter().flatten().flatten().map(|pair| pair.uuid).collect()
}

fn departed(user: Pair) -> Person {
    let name = text(user.name).unwrap_or_default();
    Person { uuid: user.uuid, name, email: None, member: false }
}

/// Trimmed; blank is nothing.
fn text(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
