use super::*;
use crate::testing::{day, id};

fn said(language: Language, rule: Rule, fault: &Fault) -> String {
    with_names(|names| super::fault(language, fault, rule, names))
}

fn few_words(rule: Rule, fault: &Fault) -> String {
    with_names(|names| terse(fault, rule, names))
}

fn with_names(say: impl FnOnce(Names<'_>) -> String) -> String {
    let known = |uuid: Uuid, names: &[&str]| {
        let name = names.iter().find(|name| id(name) == uuid);
        (*name.unwrap_or(&"?")).to_owned()
    };
    say(Names {
        person: &|uuid| known(uuid, &["Åse Øster"]),
        system: &|uuid| known(uuid, &["Løn"]),
        unit: &|uuid| known(uuid, &["Børn og Unge"]),
    })
}

fn since(last_owner: Option<&str>, departed: bool) -> Fault {
    Fault::NoOwner { since: Some(day("2026-03-02")), last_owner: last_owner.map(id), departed }
}

fn unreachable(why: Unreachable) -> Fault {
    Fault::UnreachableOwner { person: id("Åse Øster"), why }
}

#[test]
fn every_fault_is_a_danish_sentence() {
    let rule = Rule::new;
    let (any, manager, contact) =
        (rule("owner-missing"), rule("manager-missing"), rule("contact-missing"));
    let (person, on, name) = (id("Åse Øster"), day("2026-03-02"), "Aftale 7".to_owned());
    for (rule, fault, expected) in [
        (
            any,
            Fault::NoOwner { since: None, last_owner: None, departed: false },
            "Systemet har ingen systemejer og havde heller ingen, da overvågningen begyndte",
        ),
        (
            any,
            since(None, false),
            "Systemet har ikke haft en systemejer, siden det blev registreret i KITOS den 2. marts 2026",
        ),
        (
            any,
            since(Some("Åse Øster"), false),
            "Systemet har ikke haft en systemejer siden den 2. marts 2026. Den seneste ejer var Åse Øster",
        ),
        (
            any,
            since(Some("Åse Øster"), true),
            "Systemet har ikke haft en systemejer siden den 2. marts 2026. Den seneste ejer var Åse Øster, som er fratrådt",
        ),
        (
            any,
            Fault::DepartedOwner { person },
            "Åse Øster står stadig som systemejer, men er fratrådt",
        ),
        (
            any,
            unreachable(Unreachable::NoAddress),
            "Systemejeren Åse Øster har ingen mailadresse i KITOS",
        ),
        (
            any,
            unreachable(Unreachable::Malformed),
            "Systemejeren Åse Øster har en mailadresse i KITOS, som er skrevet forkert",
        ),
        (
            any,
            unreachable(Unreachable::ForeignDomain),
            "Systemejeren Åse Øster har en mailadresse uden for kommunen",
        ),
        (
            any,
            unreachable(Unreachable::Refused),
            "Systemejeren Åse Øster har en mailadresse, som mailserveren afviser",
        ),
        (any, Fault::OneOfSeveralOwners { person }, "Åse Øster står som systemejer"),
        (
            any,
            Fault::OwnerLevel { person, level: None },
            "Systemejeren Åse Øster står ikke på listen over ledere",
        ),
        (
            any,
            Fault::OwnerLevel { person, level: Some("konsulent".to_owned()) },
            "Systemejeren Åse Øster er konsulent og kan efter retningslinjen ikke eje et system",
        ),
        (
            any,
            Fault::OwnerOutsideUnit { person, unit: "IT".to_owned() },
            "Systemejeren Åse Øster hører til IT, som ligger i en anden del af organisationen end den ansvarlige organisationsenhed",
        ),
        (
            any,
            Fault::UsedBy { administration: id("Børn og Unge") },
            "Systemet bruges i Børn og Unge",
        ),
        (any, Fault::Missing { field: Missing::LifeCycle }, "\"Livscyklus\" er ikke udfyldt"),
        (
            any,
            Fault::Missing { field: Missing::ResponsibleUnit },
            "\"Ansvarlig organisationsenhed\" er ikke udfyldt, eller enheden findes ikke længere",
        ),
        (
            any,
            Fault::Missing { field: Missing::DataSensitivity },
            "\"Hvilke typer data indeholder systemet?\" er ikke udfyldt",
        ),
        (
            any,
            Fault::PeriodOver { end: on },
            "Livscyklus er \"I drift\", men slutdatoen var den 2. marts 2026",
        ),
        (
            any,
            Fault::NotBegun { start: on },
            "Livscyklus er \"I drift\", men ibrugtagningsdatoen er først den 2. marts 2026",
        ),
        (
            any,
            Fault::SystemDeactivated,
            "Systemet er lukket i KITOS' fælles katalog, men bruges her",
        ),
        (
            any,
            Fault::MainContractInactive,
            "Kontrakten, der gør systemet aktivt, er ikke selv aktiv",
        ),
        (
            any,
            Fault::ActiveContract { contract: id("a"), name: name.clone() },
            "Kontrakten \"Aftale 7\" er stadig aktiv og nævner systemet",
        ),
        (
            any,
            Fault::DataProcessingLeft { registration: id("a"), name },
            "Databehandlingen \"Aftale 7\" nævner stadig systemet",
        ),
        (any, Fault::RelationLeft { other: id("Løn") }, "Der er stadig en relation til Løn"),
        (any, Fault::UnitsLeft { units: 1 }, "En enhed står stadig som bruger af systemet"),
        (any, Fault::UnitsLeft { units: 3 }, "3 enheder står stadig som brugere af systemet"),
        (
            any,
            Fault::PhasingOutSince { since: on },
            "Systemet har været under udfasning siden den 2. marts 2026",
        ),
        (
            any,
            Fault::PlannedEndPassed { end: on },
            "Systemet står som under udfasning, men slutdatoen var den 2. marts 2026",
        ),
        (
            any,
            Fault::NoRiskAssessment,
            "Systemet indeholder personoplysninger, men der er ingen risikovurdering",
        ),
        (
            any,
            Fault::OldRiskAssessment { on },
            "Den seneste risikovurdering er fra den 2. marts 2026",
        ),
        (
            any,
            Fault::RiskAssessmentOverdue { planned: on },
            "Risikovurderingen var planlagt til den 2. marts 2026 og mangler stadig",
        ),
        (
            any,
            Fault::NoDataProcessing,
            "Systemet kræver en databehandleraftale, men der er ingen databehandling registreret",
        ),
        (
            any,
            Fault::RetentionReviewOverdue { on },
            "Bevaringsfristen skulle være vurderet senest den 2. marts 2026",
        ),
        (
            any,
            Fault::NotEditedSince { on },
            "Ingen har rettet i registreringen siden den 2. marts 2026",
        ),
        (
            any,
            Fault::SameSystem { other: id("Løn") },
            "Det samme system er også registreret som Løn",
        ),
        (manager, Fault::NobodyAssigned, "Systemet har ingen systemforvalter"),
        (contact, Fault::NobodyAssigned, "Systemet har ingen daglig kontaktperson"),
    ] {
        assert_eq!(said(Language::Da, rule, &fault), expected);
        let english = said(Language::En, rule, &fault);
        assert_ne!(english, expected);
        assert!(english.starts_with(|c: char| !c.is_lowercase()), "{english}: no sentence");
        assert_ne!(english, few_words(rule, &fault));
    }
}

#[test]
fn english_mails_call_kitos_fields_what_kitos_calls_them() {
    let on = day("2026-03-02");
    for (fault, expected) in [
        (since(None, false), {
            "The system has had no owner since it was registered in KITOS on 2 March 2026"
        }),
        (since(Some("Åse Øster"), true), {
            "The system has had no owner since 2 March 2026. The last owner was Åse Øster, who has left"
        }),
        (Fault::Missing { field: Missing::LifeCycle }, "\"Livscyklus\" is not filled in"),
        (Fault::Missing { field: Missing::ResponsibleUnit }, {
            "\"Ansvarlig organisationsenhed\" is not filled in, or the unit no longer exists"
        }),
        (Fault::PeriodOver { end: on }, {
            "\"Livscyklus\" says \"I drift\", but the end date was 2 March 2026"
        }),
        (Fault::UnitsLeft { units: 1 }, "One unit is still registered as a user of the system"),
        (Fault::UnitsLeft { units: 2 }, "2 units are still registered as users of the system"),
    ] {
        assert_eq!(said(Language::En, Rule::new("registration-incomplete"), &fault), expected);
    }
}

#[test]
fn the_command_line_tells_since_when_in_english() {
    for (fault, expected) in [
        (since(None, false), "no owner since it was registered on 2026-03-02"),
        (since(Some("Åse Øster"), false), "no owner since 2026-03-02; last owner Åse Øster"),
        (since(Some("Åse Øster"), true), {
            "no owner since 2026-03-02; last owner Åse Øster, who has left"
        }),
    ] {
        assert_eq!(few_words(Rule::new("owner-missing"), &fault), expected);
    }
}
