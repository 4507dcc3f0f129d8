//! What is wrong, as English mails say it. KITOS's pages are in Danish: a field is
//! called what KITOS calls it, in quotes.

use super::{Names, label};
use crate::model::{Fault, Missing, Rule, Unreachable};
use crate::text::english;

pub(super) fn fault(fault: &Fault, rule: Rule, names: Names<'_>) -> String {
    let Names { person, system, unit } = names;
    let day = english::date;
    match fault {
        Fault::NoOwner { since: None, .. } => {
            "The system has no owner, and had none when monitoring began".to_owned()
        }
        Fault::NoOwner { since: Some(since), last_owner: None, .. } => format!(
            "The system has had no owner since it was registered in KITOS on {}",
            day(*since)
        ),
        Fault::NoOwner { since: Some(since), last_owner: Some(last), departed } => {
            let left = if *departed { ", who has left" } else { "" };
            format!(
                "The system has had no owner since {}. The last owner was {}{left}",
                day(*since),
                person(*last)
            )
        }
        Fault::DepartedOwner { person: who } => {
            format!("{} is still named as owner, but has left", person(*who))
        }
        Fault::UnreachableOwner { person: who, why } => {
            let why = match why {
                Unreachable::NoAddress => "has no mail address in KITOS",
                Unreachable::Malformed => "has a mail address in KITOS that is misspelt",
                Unreachable::ForeignDomain => "has a mail address outside the municipality",
                Unreachable::Refused => "has a mail address that the mail server refuses",
            };
            format!("The owner {} {why}", person(*who))
        }
        Fault::OneOfSeveralOwners { person: who } => {
            format!("{} is named as owner", person(*who))
        }
        Fault::OwnerLevel { person: who, level: None } => {
            format!("The owner {} is not on the list of leaders", person(*who))
        }
        Fault::OwnerLevel { person: who, level: Some(level) } => format!(
            "The owner {} is {level} and, by the guideline, cannot own a system",
            person(*who)
        ),
        Fault::OwnerOutsideUnit { person: who, unit } => format!(
            "The owner {} belongs to {unit}, in another part of the organisation than the \
             responsible unit",
            person(*who)
        ),
        Fault::UsedBy { administration } => {
            format!("The system is used in {}", unit(*administration))
        }
        Fault::Missing { field: Missing::ResponsibleUnit } => format!(
            "\"{}\" is not filled in, or the unit no longer exists",
            label(Missing::ResponsibleUnit)
        ),
        Fault::Missing { field } => format!("\"{}\" is not filled in", label(*field)),
        Fault::PeriodOver { end } => {
            format!("\"Livscyklus\" says \"I drift\", but the end date was {}", day(*end))
        }
        Fault::NotBegun { start } => {
            format!("\"Livscyklus\" says \"I drift\", but use only begins on {}", day(*start))
        }
        Fault::SystemDeactivated => {
            "The system is closed in KITOS's shared catalogue, but is used here".to_owned()
        }
        Fault::MainContractInactive => {
            "The contract that makes the system active is not active itself".to_owned()
        }
        Fault::ActiveContract { name, .. } => {
            format!("The contract \"{name}\" is still active and names the system")
        }
        Fault::DataProcessingLeft { name, .. } => {
            format!("The data processing \"{name}\" still names the system")
        }
        Fault::RelationLeft { other } => {
            format!("There is still a relation to {}", system(*other))
        }
        Fault::UnitsLeft { units: 1 } => {
            "One unit is still registered as a user of the system".to_owned()
        }
        Fault::UnitsLeft { units } => {
            format!("{units} units are still registered as users of the system")
        }
        Fault::PhasingOutSince { since } => {
            format!("The system has been phasing out since {}", day(*since))
        }
        Fault::PlannedEndPassed { end } => {
            format!("The system is said to be phasing out, but the end date was {}", day(*end))
        }
        Fault::NoRiskAssessment => {
            "The system holds personal data, but there is no risk assessment".to_owned()
        }
        Fault::OldRiskAssessment { on } => {
            format!("The last risk assessment is from {}", day(*on))
        }
        Fault::RiskAssessmentOverdue { planned } => {
            format!("The risk assessment was planned for {} and is still missing", day(*planned))
        }
        Fault::NoDataProcessing => {
            "The system needs a data-processing agreement, but none is registered".to_owned()
        }
        Fault::RetentionReviewOverdue { on } => {
            format!("The retention period was to be reviewed by {}", day(*on))
        }
        Fault::NotEditedSince { on } => {
            format!("Nobody has edited the registration since {}", day(*on))
        }
        Fault::SameSystem { other } => {
            format!("The same system is also registered as {}", system(*other))
        }
        Fault::NobodyAssigned => match rule.as_str() {
            "contact-missing" => "The system has no contact person".to_owned(),
            _ => "The system has no system manager".to_owned(),
        },
    }
}
