//! From KITOS's rows to our snapshot, closed in itself: people, role types and
//! systems that only a usage names are added.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::wire::{
    ContractRow, DataProcessingRow, GdprRow, Pair, SystemRow, UnitRow, UsageRow, UserRow,
};
use crate::model::{
    Contract, DataProcessing, DataSensitivity, Gdpr, ItSystem, LifeCycle, MainContract, Missing,
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
    let unknown = unknown(&rows.usages);
    let risk_told = rows
        .usages
        .iter()
        .any(|row| row.gdpr.as_ref().is_some_and(|gdpr| gdpr.risk_assessment_conducted.is_some()));
    let mut usages = BTreeMap::new();
    for row in rows.usages {
        let name = text(row.system_context.name).unwrap_or_default();
        let system = row.system_context.uuid;
        systems.entry(system).or_insert(ItSystem { uuid: system, name, deactivated: false });
        let mut roles = BTreeSet::new();
        for assigned in row.roles.flatten().into_iter().flatten().flatten() {
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
        let privacy = row.gdpr.unwrap_or_default();
        let usage = SystemUsage {
            uuid: row.uuid,
            system,
            local_name: text(general.local_call_name),
            life_cycle: validity.life_cycle_status.flatten().as_deref().map(LifeCycle::from_kitos),
            valid_from: validity.valid_from,
            valid_to: validity.valid_to.flatten(),
            responsible_unit: organization
                .responsible_organization_unit
                .flatten()
                .map(|unit| unit.uuid),
            using_units: uuids(organization.using_organization_units),
            main_contract: match validity.main_contract_state.as_deref() {
                Some("Active") => MainContract::Active,
                Some("Inactive") => MainContract::Inactive,
                Some("NoContract") => MainContract::None,
                _ => MainContract::Unknown,
            },
            has_purpose: [general.purpose, privacy.purpose.clone()]
                .into_iter()
                .any(|purpose| text(purpose.flatten()).is_some()),
            last_modified: row.last_modified,
            relations: row
                .outgoing_system_relations
                .into_iter()
                .flatten()
                .flatten()
                .filter_map(|relation| Some(relation.to_system_usage?.uuid))
                .collect(),
            gdpr: gdpr(privacy, risk_told),
            roles,
        };
        usages.insert(usage.uuid, usage);
    }
    let units = rows.units.into_iter().map(|row| {
        let parent = row.parent_organization_unit.map(|parent| parent.uuid);
        let name = text(row.name).unwrap_or_default();
        let external = row.external_origin_uuid;
        (row.uuid, OrganizationUnit { uuid: row.uuid, name, parent, external })
    });
    Snapshot {
        organization,
        role_types,
        units: units.collect(),
        people,
        systems,
        usages,
        contracts: rows.contracts.into_iter().map(|row| (row.uuid, contract(row))).collect(),
        data_processing: data_processing(rows.data_processing),
        unknown,
    }
}

/// The fields that are in no row at all.
fn unknown(rows: &[UsageRow]) -> BTreeSet<Missing> {
    if rows.is_empty() {
        return BTreeSet::new();
    }
    let told = |field: &Missing| {
        rows.iter().any(|row| {
            let general = row.general.as_ref();
            let validity = general.and_then(|general| general.validity.as_ref());
            let (gdpr, unit) = (row.gdpr.as_ref(), row.organization_usage.as_ref());
            match field {
                Missing::Owner => row.roles.is_some(),
                Missing::LifeCycle => validity.is_some_and(|it| it.life_cycle_status.is_some()),
                Missing::EndDate => validity.is_some_and(|it| it.valid_to.is_some()),
                Missing::ResponsibleUnit => {
                    unit.is_some_and(|it| it.responsible_organization_unit.is_some())
                }
                Missing::DataSensitivity => {
                    gdpr.is_some_and(|it| it.data_sensitivity_levels.is_some())
                }
                Missing::Purpose => {
                    general.is_some_and(|it| it.purpose.is_some())
                        || gdpr.is_some_and(|it| it.purpose.is_some())
                }
                // Each row says so itself.
                Missing::MainContract => true,
            }
        })
    };
    Missing::ALL.into_iter().filter(|field| !told(field)).collect()
}

fn person(row: UserRow) -> Person {
    let parts = [row.first_name, row.last_name];
    let name = text(row.name)
        .unwrap_or_else(|| parts.into_iter().filter_map(text).collect::<Vec<_>>().join(" "));
    Person {
        uuid: row.uuid,
        name,
        email: text(row.email),
        member: true,
        api_access: row.api_access == Some(true),
    }
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

/// A registration is in force when its agreement is concluded and it is valid, as
/// far as KITOS says either of any registration.
fn data_processing(rows: Vec<DataProcessingRow>) -> BTreeMap<Uuid, DataProcessing> {
    let valid = |row: &DataProcessingRow| {
        let general = row.general.as_ref()?;
        general.validity.as_ref().and_then(|it| it.valid).or(general.valid)
    };
    let concluded_told = rows
        .iter()
        .any(|row| row.general.as_ref().is_some_and(|it| it.is_agreement_concluded.is_some()));
    let valid_told = rows.iter().any(|row| valid(row).is_some());
    let translated = rows.into_iter().map(|row| {
        let concluded = row.general.as_ref().and_then(|it| it.is_agreement_concluded.as_ref());
        let is_concluded = concluded.is_some_and(|value| value.as_deref() == Some("Yes"));
        let registration = DataProcessing {
            uuid: row.uuid,
            in_force: (is_concluded || !concluded_told)
                && (valid(&row) == Some(true) || !valid_told),
            name: text(row.name).unwrap_or_default(),
            usages: uuids(row.system_usages),
        };
        (registration.uuid, registration)
    });
    translated.collect()
}

/// `risk_told`: whether KITOS says of any usage if its risks were assessed.
fn gdpr(row: GdprRow, risk_told: bool) -> Gdpr {
    Gdpr {
        sensitivity: row
            .data_sensitivity_levels
            .flatten()
            .into_iter()
            .flatten()
            .flatten()
            .map(|level| DataSensitivity::from_kitos(&level))
            .collect(),
        risk_assessment: match row.risk_assessment_conducted.flatten().as_deref() {
            _ if !risk_told => RiskAssessment::Unknown,
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
    Person { uuid: user.uuid, name, email: None, member: false, api_access: false }
}

/// Trimmed; blank is nothing.
fn text(value: Option<String>) -> Option<String> {
    value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}
