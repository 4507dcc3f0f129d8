//! From a row of KITOS's to what we keep of it. What can only be said when all rows
//! are read (who is named by no list, which field no row has) is `assemble`'s.

use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::wire::{
    ContractRow, DataProcessingRow, GdprRow, OrganizationRow, Pair, Ref, RoleTypeRow, Stated,
    SystemRow, UnitRow, UsageRow, UserRow,
};
use crate::model::{
    Contract, DataProcessing, DataSensitivity, Gdpr, ItSystem, LifeCycle, MainContract, Missing,
    OrganizationUnit, Person, RiskAssessment, RoleAssignment, RoleType, SystemUsage,
};

/// A row of a list, and what is kept of it. Each page is translated as it comes in, so that
/// only the pages under way are in memory twice.
pub trait Row: DeserializeOwned + Send {
    type Kept: Send;

    fn uuid(&self) -> Uuid;

    fn keep(self) -> Self::Kept;
}

/// A usage with what else its row tells.
#[derive(Debug)]
pub struct KeptUsage {
    pub usage: SystemUsage,
    pub organization: Option<Uuid>,
    pub system_name: String,
    /// People and role types by their names, once for each assignment.
    pub named: Vec<(Pair, Pair)>,
    /// The fields that are in this row, empty or not.
    pub told: Vec<Missing>,
    pub tells_risk_assessment: bool,
}

/// A registration of data processing, with what KITOS says of its agreement.
#[derive(Debug)]
pub struct KeptRegistration {
    pub registration: DataProcessing,
    /// The inner `None`: null.
    pub concluded: Stated<bool>,
    pub valid: Option<bool>,
}

/// Whether a user with this address is a person: someone deleted from KITOS is
/// anonymised in place and stays in the list as "Slettet bruger".
pub fn is_member(email: Option<&str>) -> bool {
    !email.is_some_and(|email| email.trim().to_lowercase().ends_with("_deleted_user@kitos.dk"))
}

/// Where KITOS told of a role type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// In the list of those that it offers.
    Listed,
    /// When it was asked for that one.
    Alone,
}

pub fn role_type(row: RoleTypeRow, told: Told) -> RoleType {
    RoleType {
        uuid: row.uuid,
        name: text(row.name).unwrap_or_default(),
        available: row.is_available.unwrap_or(told == Told::Listed),
    }
}

/// Trimmed; blank is nothing.
pub fn text(value: Option<String>) -> Option<String> {
    let value = value?;
    let trimmed = value.trim();
    match trimmed.len() {
        0 => None,
        all if all == value.len() => Some(value),
        _ => Some(trimmed.to_owned()),
    }
}

impl Row for UsageRow {
    type Kept = KeptUsage;

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> KeptUsage {
        let general = self.general.unwrap_or_default();
        let validity = general.validity.unwrap_or_default();
        let units = self.organization_usage.unwrap_or_default();
        let gdpr_row = self.gdpr.unwrap_or_default();
        let told = [
            (Missing::Owner, self.roles.is_some()),
            (Missing::LifeCycle, validity.life_cycle_status.is_some()),
            (Missing::EndDate, validity.valid_to.is_some()),
            (Missing::ResponsibleUnit, units.responsible_organization_unit.is_some()),
            (Missing::DataSensitivity, gdpr_row.data_sensitivity_levels.is_some()),
            (Missing::Purpose, general.purpose.is_some() || gdpr_row.purpose.is_some()),
        ];
        let assigned = self.roles.flatten().into_iter().flatten().flatten();
        let named: Vec<(Pair, Pair)> =
            assigned.filter_map(|row| Some((row.user?, row.role?))).collect();
        let relations = self.outgoing_system_relations.into_iter().flatten().flatten();
        let usage = SystemUsage {
            uuid: self.uuid,
            kitos_uuid: self.uuid,
            system: self.system_context.uuid,
            local_name: text(general.local_call_name),
            life_cycle: validity.life_cycle_status.flatten().as_deref().map(LifeCycle::from_kitos),
            valid_from: validity.valid_from,
            valid_to: validity.valid_to.flatten(),
            responsible_unit: units.responsible_organization_unit.flatten().map(|unit| unit.uuid),
            using_units: uuids(units.using_organization_units).collect(),
            main_contract: match validity.main_contract_state.as_deref() {
                Some("Active") => MainContract::Active,
                Some("Inactive") => MainContract::Inactive,
                Some("NoContract") => MainContract::None,
                _ => MainContract::Unknown,
            },
            has_purpose: has_text(&general.purpose) || has_text(&gdpr_row.purpose),
            last_modified: self.last_modified,
            relations: relations.filter_map(|row| Some(row.to_system_usage?.uuid)).collect(),
            roles: named
                .iter()
                .map(|(user, role)| RoleAssignment { role: role.uuid, person: user.uuid })
                .collect(),
            gdpr: Gdpr::default(),
        };
        KeptUsage {
            tells_risk_assessment: gdpr_row.risk_assessment_conducted.is_some(),
            usage: SystemUsage { gdpr: gdpr(gdpr_row), ..usage },
            organization: self.organization_context.map(|context| context.uuid),
            system_name: text(self.system_context.name).unwrap_or_default(),
            named,
            told: told
                .into_iter()
                .filter(|(_, is_told)| *is_told)
                .map(|(field, _)| field)
                .collect(),
        }
    }
}

fn gdpr(row: GdprRow) -> Gdpr {
    let levels = row.data_sensitivity_levels.flatten().into_iter().flatten().flatten();
    Gdpr {
        sensitivity: levels.map(|level| DataSensitivity::from_kitos(&level)).collect(),
        risk_assessment: match row.risk_assessment_conducted.flatten().as_deref() {
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

impl Row for UserRow {
    /// `None` for someone whom KITOS has anonymised.
    type Kept = (Uuid, Option<Person>);

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> Self::Kept {
        let uuid = self.uuid;
        if !is_member(self.email.as_deref()) {
            return (uuid, None);
        }
        let parts = [self.first_name, self.last_name];
        let name = text(self.name)
            .unwrap_or_else(|| parts.into_iter().filter_map(text).collect::<Vec<_>>().join(" "));
        let api_access = self.api_access == Some(true);
        (
            uuid,
            Some(Person {
                uuid,
                kitos_uuid: uuid,
                name,
                email: text(self.email),
                member: true,
                api_access,
            }),
        )
    }
}

impl Row for UnitRow {
    type Kept = OrganizationUnit;

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> OrganizationUnit {
        OrganizationUnit {
            uuid: self.uuid,
            name: text(self.name).unwrap_or_default(),
            parent: self.parent_organization_unit.map(|parent| parent.uuid),
            external: self.external_origin_uuid,
        }
    }
}

impl Row for SystemRow {
    type Kept = ItSystem;

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> ItSystem {
        let name = text(self.name).unwrap_or_default();
        ItSystem { uuid: self.uuid, name, deactivated: self.deactivated == Some(true) }
    }
}

impl Row for ContractRow {
    type Kept = Contract;

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> Contract {
        let validity = self.general.unwrap_or_default().validity.unwrap_or_default();
        Contract {
            uuid: self.uuid,
            name: text(self.name).unwrap_or_default(),
            active: validity.valid == Some(true),
            supplier: self.supplier.and_then(|supplier| Some(supplier.organization?.uuid)),
            usages: uuids(self.system_usages).collect(),
        }
    }
}

impl Row for DataProcessingRow {
    type Kept = KeptRegistration;

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> KeptRegistration {
        let general = self.general.unwrap_or_default();
        let concluded = general.is_agreement_concluded;
        KeptRegistration {
            registration: DataProcessing {
                uuid: self.uuid,
                name: text(self.name).unwrap_or_default(),
                in_force: false,
                usages: uuids(self.system_usages).collect(),
            },
            concluded: concluded.map(|value| value.map(|value| value == "Yes")),
            valid: general.validity.and_then(|validity| validity.valid).or(general.valid),
        }
    }
}

impl Row for OrganizationRow {
    type Kept = Self;

    fn uuid(&self) -> Uuid {
        self.uuid
    }

    fn keep(self) -> Self {
        self
    }
}

fn uuids(refs: Option<Vec<Option<Ref>>>) -> impl Iterator<Item = Uuid> {
    refs.into_iter().flatten().flatten().map(|it| it.uuid)
}

fn has_text(value: &Stated<String>) -> bool {
    value.iter().flatten().any(|text| !text.trim().is_empty())
}
