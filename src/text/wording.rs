//! What is wrong, in one sentence: in Danish and English for mails, and in few
//! words for the command line. The one place where a [`Fault`] is put into words.

mod english;

use uuid::Uuid;

use crate::model::{Fault, Language, Missing, Rule, SuggestionReason, Unreachable};
use crate::text::danish;

/// Where names come from: KITOS's, as the caller knows them.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    pub person: &'a dyn Fn(Uuid) -> String,
    pub system: &'a dyn Fn(Uuid) -> String,
    pub unit: &'a dyn Fn(Uuid) -> String,
}

impl std::fmt::Debug for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}

/// One line of a finding's detail, as a mail says it.
pub fn fault(language: Language, fault: &Fault, rule: Rule, names: Names<'_>) -> String {
    match language {
        Language::Da => danish_fault(fault, rule, names),
        Language::En => english::fault(fault, rule, names),
    }
}

/// The same in few words, for the command line.
pub fn terse(fault: &Fault, rule: Rule, names: Names<'_>) -> String {
    let Names { person, system, unit } = names;
    match fault {
        Fault::NoOwner { since: None, .. } => "no owner since before monitoring began".to_owned(),
        Fault::NoOwner { since: Some(since), last_owner: None, .. } => {
            format!("no owner since it was registered on {since}")
        }
        Fault::NoOwner { since: Some(since), last_owner: Some(last), departed } => {
            let left = if *departed { ", who has left" } else { "" };
            format!("no owner since {since}; last owner {}{left}", person(*last))
        }
        Fault::DepartedOwner { person: who } => {
            format!("{} is still owner in KITOS, and has left", person(*who))
        }
        Fault::UnreachableOwner { person: who, why } => {
            let why = match why {
                Unreachable::NoAddress => "has no mail address in KITOS",
                Unreachable::Malformed => "has a mail address in KITOS that is none",
                Unreachable::ForeignDomain => "has an address outside mail.allowed_domains",
                Unreachable::Refused => "has an address that the mail server refuses",
            };
            format!("{} {why}", person(*who))
        }
        Fault::OneOfSeveralOwners { person: who } => format!("{} is owner", person(*who)),
        Fault::OwnerLevel { person: who, level: None } => {
            format!("{} is not in the leaders file", person(*who))
        }
        Fault::OwnerLevel { person: who, level: Some(level) } => {
            format!("{} is {level}, a level that may not own", person(*who))
        }
        Fault::OwnerOutsideUnit { person: who, unit } => {
            format!("{} belongs to {unit}, on another branch", person(*who))
        }
        Fault::UsedBy { administration } => format!("used by {}", unit(*administration)),
        Fault::Missing { field } => format!("missing: {}", field.as_str()),
        Fault::PeriodOver { end } => format!("in use, but the end date was {end}"),
        Fault::NotBegun { start } => format!("in use, but the start date is {start}"),
        Fault::SystemDeactivated => "the shared system is deactivated in KITOS".to_owned(),
        Fault::MainContractInactive => "the main contract is inactive".to_owned(),
        Fault::ActiveContract { name, .. } => format!("active contract {name}"),
        Fault::DataProcessingLeft { name, .. } => format!("data-processing registration {name}"),
        Fault::RelationLeft { other } => format!("relation with {}", system(*other)),
        Fault::UnitsLeft { units } => format!("units still registered as users: {units}"),
        Fault::PhasingOutSince { since } => format!("phasing out since {since}"),
        Fault::PlannedEndPassed { end } => format!("phasing out, but the end date was {end}"),
        Fault::NoRiskAssessment => "no risk assessment".to_owned(),
        Fault::OldRiskAssessment { on } => format!("last risk assessment on {on}"),
        Fault::RiskAssessmentOverdue { planned } => {
            format!("risk assessment planned for {planned} is overdue")
        }
        Fault::NoDataProcessing => {
            "a data-processing agreement is required, and none is registered".to_owned()
        }
        Fault::RetentionReviewOverdue { on } => format!("retention review was due on {on}"),
        Fault::NotEditedSince { on } => format!("not edited since {on}"),
        Fault::SameSystem { other } => {
            format!("{} is of the same shared system", system(*other))
        }
        Fault::NobodyAssigned => match rule.as_str() {
            "contact-missing" => "no contact person".to_owned(),
            _ => "no system manager".to_owned(),
        },
    }
}

fn danish_fault(fault: &Fault, rule: Rule, names: Names<'_>) -> String {
    let Names { person, system, unit } = names;
    let day = danish::date;
    match fault {
        Fault::NoOwner { since: None, .. } => {
            "Systemet har ingen systemejer og havde heller ingen, da overvågningen begyndte"
                .to_owned()
        }
        Fault::NoOwner { since: Some(since), last_owner: None, .. } => format!(
            "Systemet har ikke haft en systemejer, siden det blev registreret i KITOS den {}",
            day(*since)
        ),
        Fault::NoOwner { since: Some(since), last_owner: Some(last), departed } => {
            let left = if *departed { ", som er fratrådt" } else { "" };
            format!(
                "Systemet har ikke haft en systemejer siden den {}. Den seneste ejer var {}{left}",
                day(*since),
                person(*last)
            )
        }
        Fault::DepartedOwner { person: who } => {
            format!("{} står stadig som systemejer, men er fratrådt", person(*who))
        }
        Fault::UnreachableOwner { person: who, why } => {
            let why = match why {
                Unreachable::NoAddress => "har ingen mailadresse i KITOS",
                Unreachable::Malformed => "har en mailadresse i KITOS, som er skrevet forkert",
                Unreachable::ForeignDomain => "har en mailadresse uden for kommunen",
                Unreachable::Refused => "har en mailadresse, som mailserveren afviser",
            };
            format!("Systemejeren {} {why}", person(*who))
        }
        Fault::OneOfSeveralOwners { person: who } => {
            format!("{} står som systemejer", person(*who))
        }
        Fault::OwnerLevel { person: who, level: None } => {
            format!("Systemejeren {} står ikke på listen over ledere", person(*who))
        }
        Fault::OwnerLevel { person: who, level: Some(level) } => {
            format!(
                "Systemejeren {} er {level} og kan efter retningslinjen ikke eje et system",
                person(*who)
            )
        }
        Fault::OwnerOutsideUnit { person: who, unit } => format!(
            "Systemejeren {} hører til {unit}, som ligger i en anden del af organisationen end \
             den ansvarlige organisationsenhed",
            person(*who)
        ),
        Fault::UsedBy { administration } => format!("Systemet bruges i {}", unit(*administration)),
        Fault::Missing { field: Missing::ResponsibleUnit } => format!(
            "\"{}\" er ikke udfyldt, eller enheden findes ikke længere",
            label(Missing::ResponsibleUnit)
        ),
        Fault::Missing { field } => format!("\"{}\" er ikke udfyldt", label(*field)),
        Fault::PeriodOver { end } => {
            format!("Livscyklus er \"I drift\", men slutdatoen var den {}", day(*end))
        }
        Fault::NotBegun { start } => format!(
            "Livscyklus er \"I drift\", men ibrugtagningsdatoen er først den {}",
            day(*start)
        ),
        Fault::SystemDeactivated => {
            "Systemet er lukket i KITOS' fælles katalog, men bruges her".to_owned()
        }
        Fault::MainContractInactive => {
            "Kontrakten, der gør systemet aktivt, er ikke selv aktiv".to_owned()
        }
        Fault::ActiveContract { name, .. } => {
            format!("Kontrakten \"{name}\" er stadig aktiv og nævner systemet")
        }
        Fault::DataProcessingLeft { name, .. } => {
            format!("Databehandlingen \"{name}\" nævner stadig systemet")
        }
        Fault::RelationLeft { other } => {
            format!("Der er stadig en relation til {}", system(*other))
        }
        Fault::UnitsLeft { units: 1 } => "En enhed står stadig som bruger af systemet".to_owned(),
        Fault::UnitsLeft { units } => {
            format!("{units} enheder står stadig som brugere af systemet")
        }
        Fault::PhasingOutSince { since } => {
            format!("Systemet har været under udfasning siden den {}", day(*since))
        }
        Fault::PlannedEndPassed { end } => {
            format!("Systemet står som under udfasning, men slutdatoen var den {}", day(*end))
        }
        Fault::NoRiskAssessment => {
            "Systemet indeholder personoplysninger, men der er ingen risikovurdering".to_owned()
        }
        Fault::OldRiskAssessment { on } => {
            format!("Den seneste risikovurdering er fra den {}", day(*on))
        }
        Fault::RiskAssessmentOverdue { planned } => {
            format!("Risikovurderingen var planlagt til den {} og mangler stadig", day(*planned))
        }
        Fault::NoDataProcessing => {
            "Systemet kræver en databehandleraftale, men der er ingen databehandling registreret"
                .to_owned()
        }
        Fault::RetentionReviewOverdue { on } => {
            format!("Bevaringsfristen skulle være vurderet senest den {}", day(*on))
        }
        Fault::NotEditedSince { on } => {
            format!("Ingen har rettet i registreringen siden den {}", day(*on))
        }
        Fault::SameSystem { other } => {
            format!("Det samme system er også registreret som {}", system(*other))
        }
        Fault::NobodyAssigned => match rule.as_str() {
            "contact-missing" => "Systemet har ingen daglig kontaktperson".to_owned(),
            _ => "Systemet har ingen systemforvalter".to_owned(),
        },
    }
}

/// A field as KITOS's pages call it (`kitos-api.md`, "What people see in KITOS").
pub fn label(field: Missing) -> &'static str {
    match field {
        Missing::Owner => "Systemejer",
        Missing::LifeCycle => "Livscyklus",
        Missing::ResponsibleUnit => "Ansvarlig organisationsenhed",
        Missing::DataSensitivity => "Hvilke typer data indeholder systemet?",
        Missing::MainContract => "Kontrakt der gør systemet aktivt",
        Missing::Purpose => "Systemets overordnede formål",
        Missing::EndDate => "Slutdato for anvendelse",
    }
}

/// The tab of a system's page in KITOS on which a field stands.
pub fn tab(field: Missing) -> &'static str {
    match field {
        Missing::Owner => "Systemroller",
        Missing::LifeCycle | Missing::Purpose | Missing::EndDate => "Systemforside",
        Missing::ResponsibleUnit => "Organisation",
        Missing::DataSensitivity => "GDPR",
        Missing::MainContract => "Kontrakter",
    }
}

/// Why someone is suggested as owner: what follows the name.
pub fn suggestion(language: Language, reason: &SuggestionReason, names: Names<'_>) -> String {
    let person = names.person;
    let systems = |count: usize| match (language, count) {
        (Language::Da, 1) => "ét andet system".to_owned(),
        (Language::Da, count) => format!("{count} andre systemer"),
        (Language::En, 1) => "one other system".to_owned(),
        (Language::En, count) => format!("{count} other systems"),
    };
    match (language, reason) {
        (Language::Da, SuggestionReason::LeaderOfUnit { unit }) => format!("er leder af {unit}"),
        (Language::En, SuggestionReason::LeaderOfUnit { unit }) => format!("leads {unit}"),
        (Language::Da, SuggestionReason::HoldsRole { role }) => {
            format!("har rollen {role} på systemet")
        }
        (Language::En, SuggestionReason::HoldsRole { role }) => {
            format!("has the role {role} on the system")
        }
        (Language::Da, SuggestionReason::OwnsInUnit { unit, systems: count }) => {
            format!("ejer {} i {unit}", systems(*count))
        }
        (Language::En, SuggestionReason::OwnsInUnit { unit, systems: count }) => {
            format!("owns {} in {unit}", systems(*count))
        }
        (Language::Da, SuggestionReason::OwnsOfSupplier { systems: count }) => {
            format!("ejer {} fra samme leverandør", systems(*count))
        }
        (Language::En, SuggestionReason::OwnsOfSupplier { systems: count }) => {
            format!("owns {} of the same supplier", systems(*count))
        }
        (Language::Da, SuggestionReason::OwnsUnderContract { contract, systems: count }) => {
            format!("ejer {} under kontrakten {contract}", systems(*count))
        }
        (Language::En, SuggestionReason::OwnsUnderContract { contract, systems: count }) => {
            format!("owns {} under the contract {contract}", systems(*count))
        }
        (Language::Da, SuggestionReason::Successor { of, systems: count }) => {
            format!("har overtaget {} efter {}", systems(*count), person(*of))
        }
        (Language::En, SuggestionReason::Successor { of, systems: count }) => {
            format!("took over {} from {}", systems(*count), person(*of))
        }
    }
}

#[cfg(test)]
mod tests;
