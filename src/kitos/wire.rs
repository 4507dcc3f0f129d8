//! KITOS's JSON, as far as we use it. Unknown fields and enum values are ignored; any field but
//! a `uuid` may be null. Names that we do not need are not even read.

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// `default(DateTime)` in KITOS's language.
const NEVER_SET: &str = "0001-01-01";

/// `None` where the field is not there, `Some(None)` where it is null.
pub type Stated<T> = Option<Option<T>>;

/// A reference of which the name does not matter.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Ref {
    pub uuid: Uuid,
}

#[derive(Debug, Deserialize)]
pub struct Pair {
    pub uuid: Uuid,
    pub name: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct OrganizationRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub cvr: Option<String>,
    pub disabled: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub api_access: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnitRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub parent_organization_unit: Option<Ref>,
    #[serde(default, deserialize_with = "uuid")]
    pub external_origin_uuid: Option<Uuid>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleTypeRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    /// Sent only when one role type is requested by uuid; every listed one is available.
    pub is_available: Option<bool>,
    /// "Bruges eksternt": KITOS warns anyone who changes the role.
    pub is_externally_available: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageRow {
    pub uuid: Uuid,
    pub system_context: Pair,
    pub organization_context: Option<Ref>,
    pub general: Option<General>,
    #[serde(default, deserialize_with = "present")]
    pub roles: Stated<Vec<Option<RoleRow>>>,
    pub organization_usage: Option<OrganizationUsage>,
    #[serde(default, deserialize_with = "date")]
    pub last_modified: Option<NaiveDate>,
    pub outgoing_system_relations: Option<Vec<Option<RelationRow>>>,
    pub gdpr: Option<GdprRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct General {
    pub local_call_name: Option<String>,
    pub validity: Option<Validity>,
    #[serde(default, deserialize_with = "present")]
    pub purpose: Stated<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Validity {
    pub main_contract_state: Option<String>,
    #[serde(default, deserialize_with = "present")]
    pub life_cycle_status: Stated<String>,
    #[serde(default, deserialize_with = "date")]
    pub valid_from: Option<NaiveDate>,
    #[serde(default, deserialize_with = "present_date")]
    pub valid_to: Stated<NaiveDate>,
}

#[derive(Debug, Deserialize)]
pub struct RoleRow {
    pub user: Option<Pair>,
    pub role: Option<Pair>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrganizationUsage {
    #[serde(default, deserialize_with = "present")]
    pub responsible_organization_unit: Stated<Ref>,
    pub using_organization_units: Option<Vec<Option<Ref>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RelationRow {
    pub to_system_usage: Option<Ref>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GdprRow {
    /// Where the purpose stood before May 2026.
    #[serde(default, deserialize_with = "present")]
    pub purpose: Stated<String>,
    #[serde(default, deserialize_with = "present")]
    pub data_sensitivity_levels: Stated<Vec<Option<String>>>,
    #[serde(default, deserialize_with = "present")]
    pub risk_assessment_conducted: Stated<String>,
    #[serde(default, deserialize_with = "date")]
    pub risk_assessment_conducted_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "date")]
    pub planned_risk_assessment_date: Option<NaiveDate>,
    pub is_data_processing_agreement_required: Option<String>,
    #[serde(default, deserialize_with = "date")]
    pub next_data_retention_evaluation_date: Option<NaiveDate>,
}

#[derive(Debug, Deserialize)]
pub struct SystemRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub deactivated: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContractRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    /// KITOS writes nulls into this list.
    pub system_usages: Option<Vec<Option<Ref>>>,
    pub general: Option<ContractGeneral>,
    pub supplier: Option<SupplierRow>,
}

#[derive(Debug, Default, Deserialize)]
pub struct ContractGeneral {
    pub validity: Option<IsValid>,
}

#[derive(Debug, Default, Deserialize)]
pub struct IsValid {
    pub valid: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct SupplierRow {
    pub organization: Option<Ref>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataProcessingRow {
    pub uuid: Uuid,
    pub name: Option<String>,
    pub system_usages: Option<Vec<Option<Ref>>>,
    pub general: Option<DataProcessingGeneral>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataProcessingGeneral {
    #[serde(default, deserialize_with = "present")]
    pub is_agreement_concluded: Stated<String>,
    pub validity: Option<IsValid>,
    /// Where the validity stood before.
    pub valid: Option<bool>,
}

fn present<'de, T, D>(deserializer: D) -> Result<Stated<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

fn present_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Stated<NaiveDate>, D::Error> {
    date(deserializer).map(Some)
}

/// An empty text is none.
fn uuid<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let given = text.as_deref().map(str::trim).filter(|text| !text.is_empty());
    given.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}

/// Date-only fields arrive as midnight UTC: the date part counts, and is not
/// shifted into local time. The first day of the year 1 is what .NET gives for a
/// date that was never set; as an end date it would shut a system down. An empty text is none.
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<NaiveDate>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let day = text.get(..10).unwrap_or(&text);
    if day == NEVER_SET || text.trim().is_empty() {
        return Ok(None);
    }
    day.parse().map(Some).map_err(|_| {
        let day: String = day.chars().take(80).collect();
        serde::de::Error::custom(format!("{day:?} is no date"))
    })
}
