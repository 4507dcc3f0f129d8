//! What else KITOS registers about a usage, as far as a rule of the policy looks
//! at it: contracts, data processing and data protection.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::few::Few;
use super::spelled::{as_kitos_spells_it, spelled};

spelled! {
    "camelCase",
    /// KITOS's `mainContractState`: the contract that makes the system active.
    #[derive(Default)]
    pub enum MainContract {
        /// None is chosen.
        #[default]
        None,
        Active,
        Inactive,
        /// KITOS does not say (before December 2025), or says something that this
        /// program does not know.
        Unknown,
    }
}

/// KITOS's `dataSensitivityLevels`: what kinds of data a system holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataSensitivity {
    /// "Ingen personoplysninger"
    NoPersonalData,
    /// "Almindelige personoplysninger"
    PersonData,
    /// "Følsomme personoplysninger"
    SensitiveData,
    /// "Straffedomme og lovovertrædelser"
    LegalData,
    /// A value that this program does not know; counts as filled in.
    Other(String),
}

as_kitos_spells_it!(DataSensitivity);

impl DataSensitivity {
    /// The value for KITOS's own spelling; never fails.
    pub fn from_kitos(value: &str) -> Self {
        match value {
            "None" => Self::NoPersonalData,
            "PersonData" => Self::PersonData,
            "SensitiveData" => Self::SensitiveData,
            "LegalData" => Self::LegalData,
            other => Self::Other(other.to_owned()),
        }
    }

    /// KITOS's own spelling.
    pub fn as_kitos(&self) -> &str {
        match self {
            Self::NoPersonalData => "None",
            Self::PersonData => "PersonData",
            Self::SensitiveData => "SensitiveData",
            Self::LegalData => "LegalData",
            Self::Other(value) => value,
        }
    }

    /// Whether the data protection rules apply.
    pub fn is_personal(&self) -> bool {
        matches!(self, Self::PersonData | Self::SensitiveData | Self::LegalData)
    }
}

/// Whether a system holds personal data, as far as KITOS says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PersonalData {
    #[default]
    None,
    Ordinary,
    /// Sensitive data, or data on offences.
    Sensitive,
}

spelled! {
    "camelCase",
    /// KITOS's `riskAssessmentConducted`, as far as it matters.
    #[derive(Default)]
    pub enum RiskAssessment {
        /// "No", "DontKnow", "Undecided" or nothing.
        #[default]
        Missing,
        Done,
        /// "Irrelevant"
        NotNeeded,
        /// KITOS has the field for no system.
        Unknown,
    }
}

/// The tab "GDPR" of a usage.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Gdpr {
    /// Empty when nothing is filled in.
    pub sensitivity: Few<DataSensitivity>,
    pub risk_assessment: RiskAssessment,
    /// "Dato for seneste risikovurdering"
    pub risk_assessed: Option<NaiveDate>,
    /// "Dato for planlagt risikovurdering"
    pub risk_assessment_planned: Option<NaiveDate>,
    /// "Kræver system databehandleraftale": yes, or decided by law.
    pub agreement_required: bool,
    /// When the retention of data is to be reviewed next.
    pub retention_review: Option<NaiveDate>,
}

impl Gdpr {
    pub fn personal_data(&self) -> PersonalData {
        let of_one = |level: &DataSensitivity| match level {
            DataSensitivity::SensitiveData | DataSensitivity::LegalData => PersonalData::Sensitive,
            level if level.is_personal() => PersonalData::Ordinary,
            _ => PersonalData::None,
        };
        self.sensitivity.iter().map(of_one).max().unwrap_or_default()
    }
}

/// A contract of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    pub uuid: Uuid,
    pub name: String,
    /// KITOS's own verdict (`general.validity.valid`).
    pub active: bool,
    /// The supplying organisation.
    pub supplier: Option<Uuid>,
    /// The usages that it names.
    pub usages: Few<Uuid>,
}

/// A data-processing registration of the organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProcessing {
    pub uuid: Uuid,
    pub name: String,
    /// A data-processing agreement is there: KITOS says that it is concluded
    /// (`isAgreementConcluded`), and that the registration is valid.
    pub in_force: bool,
    /// The usages that it names.
    pub usages: Few<Uuid>,
}
