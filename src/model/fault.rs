//! What exactly is wrong with a usage: the lines of a finding's detail.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line of a finding's detail. Nothing in it grows by itself from day to
/// day, so that a finding is amended only when something has happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Fault {
    /// Nobody is assigned.
    NoOwner {
        /// The day on which the last owner was seen to be gone; `None` when it
        /// was so already when monitoring began.
        since: Option<NaiveDate>,
        /// Who was owner last, if anyone since monitoring began.
        last_owner: Option<Uuid>,
        /// Whether that person is no user of the organisation (any more). A
        /// pull is no instant: someone whom KITOS removes can lose the role in
        /// one pull and the membership in the next.
        departed: bool,
    },
    /// An owner assignment names someone who is no user (any more).
    DepartedOwner { person: Uuid },
    /// Mail cannot reach an owner.
    UnreachableOwner { person: Uuid, why: Unreachable },
    /// One of several owners.
    OneOfSeveralOwners { person: Uuid },
    /// An owner is not in the leaders file, or at a level that may not own.
    OwnerLevel { person: Uuid, level: Option<String> },
    /// An owner's unit (as the leaders file names it) is on another branch.
    OwnerOutsideUnit { person: Uuid, unit: String },
    /// One of the administrations that use a system which no staff unit owns.
    UsedBy { administration: Uuid },
    /// A field that must be filled in is empty.
    Missing { field: Missing },
    /// "I drift", but the end date has passed.
    PeriodOver { end: NaiveDate },
    /// "I drift", but the start date lies ahead.
    NotBegun { start: NaiveDate },
    /// In use here, and deactivated in KITOS.
    SystemDeactivated,
    /// In use, and the main contract is inactive.
    MainContractInactive,
    /// Decommissioned, and an active contract still names it.
    ActiveContract { contract: Uuid, name: String },
    /// Decommissioned, and a data-processing registration still names it.
    DataProcessingLeft { registration: Uuid, name: String },
    /// Decommissioned, and a relation with a usage that is in use is left.
    RelationLeft { other: Uuid },
    /// Decommissioned, and units are still registered as its users.
    UnitsLeft { units: usize },
    /// Phasing out since that day.
    PhasingOutSince { since: NaiveDate },
    /// Phasing out, and the end date has passed.
    PlannedEndPassed { end: NaiveDate },
    /// Personal data, and no risk assessment.
    NoRiskAssessment,
    /// The last risk assessment is too old.
    OldRiskAssessment { on: NaiveDate },
    /// The day for which a risk assessment was planned has passed.
    RiskAssessmentOverdue { planned: NaiveDate },
    /// A data-processing agreement is required, and no registration names the system.
    NoDataProcessing,
    /// The next review of the retention of data is overdue.
    RetentionReviewOverdue { on: NaiveDate },
    /// Nobody has edited the registration since.
    NotEditedSince { on: NaiveDate },
    /// Another usage of the same shared system.
    SameSystem { other: Uuid },
    /// Nobody is assigned in the roles that the rule asks for.
    NobodyAssigned,
}

/// Why mail cannot reach someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unreachable {
    NoAddress,
    Malformed,
    /// Outside `mail.allowed_domains`.
    ForeignDomain,
    /// The mail server refused the address for good.
    Refused,
}

/// A field that an owner must fill in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// Tab Systemroller
    Owner,
    /// "Livscyklus", tab Systemforside
    LifeCycle,
    /// "Ansvarlig organisationsenhed", tab Organisation
    ResponsibleUnit,
    /// "Hvilke typer data indeholder systemet?", tab GDPR
    DataSensitivity,
    /// "Kontrakt der gør systemet aktivt", tab Kontrakter
    MainContract,
    /// "Systemets overordnede formål", tab Systemforside
    Purpose,
    /// "Slutdato for anvendelse", tab Systemforside
    EndDate,
}

impl Missing {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Owner,
        Self::LifeCycle,
        Self::ResponsibleUnit,
        Self::DataSensitivity,
        Self::MainContract,
        Self::Purpose,
        Self::EndDate,
    ];

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == text)
    }

    /// What `policy.rules.registration-incomplete.require` can name.
    pub const REQUIRABLE: [Self; 5] = [
        Self::LifeCycle,
        Self::ResponsibleUnit,
        Self::DataSensitivity,
        Self::MainContract,
        Self::Purpose,
    ];

    /// The spelling in configuration and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::LifeCycle => "life-cycle",
            Self::ResponsibleUnit => "responsible-unit",
            Self::DataSensitivity => "data-sensitivity",
            Self::MainContract => "main-contract",
            Self::Purpose => "purpose",
            Self::EndDate => "end-date",
        }
    }
}
