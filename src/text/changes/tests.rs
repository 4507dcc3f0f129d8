use super::*;
use crate::model::{
    ChangeKind, HeldRole, Language, LifeCycle, PersonField, RoleTypeFacts, Standing, UnitFacts,
    UsageFacts,
};
use crate::testing::{day, id};
use crate::text::words::words;

const NAMES: [&str; 7] = ["Bo", "Ida", "Aula", "Nexus", "Skole", "Børn", "Systemforvalter"];

fn told(language: Language, change: &Change) -> String {
    let name = |uuid| NAMES.iter().find(|name| id(name) == uuid).map(|name| (*name).to_owned());
    describe(change, words(language), &name)
}

fn field(name: &str, before: FieldValue, after: FieldValue) -> FieldChange {
    FieldChange { field: Field::parse(name).expect(name), before, after }
}

fn terms(terms: &[&str]) -> FieldValue {
    FieldValue::Terms(terms.iter().map(|term| (*term).to_owned()).collect())
}

fn standing(state: StateOfUse, life_cycle: &str, valid_to: Option<&str>) -> Standing {
    let life_cycle = Some(LifeCycle::from_kitos(life_cycle));
    Standing { state, life_cycle, valid_to: valid_to.map(day) }
}

#[test]
fn a_change_says_what_happened_in_both_languages() {
    use StateOfUse::{Decommissioned, InUse, PhasingOut};
    let (usage, person, role) = (id("Aula"), id("Bo"), id("Systemforvalter"));
    let facts = |owners: &[&str], unit: Option<&str>| UsageFacts {
        name: "Aula".to_owned(),
        state: InUse,
        owners: owners.iter().map(|owner| id(owner)).collect(),
        responsible_unit: unit.map(id),
    };
    let unit = |name: &str, parent: Option<&str>| {
        Some(UnitFacts { name: name.to_owned(), parent: parent.map(id) })
    };
    let role_type =
        |name: &str, available| Some(RoleTypeFacts { name: name.to_owned(), available });
    let cases = [
        (
            Change::Acquired { usage, after: facts(&[], None) },
            "ny hos os: i drift, uden systemejer",
            "new here: in use, no owner",
        ),
        (
            Change::Removed { usage, before: facts(&["Bo"], Some("Skole")) },
            "væk fra KITOS; var i drift, Skole, systemejer Bo",
            "gone from KITOS; was in use, Skole, owner Bo",
        ),
        (
            Change::PhasingOut(Transition {
                usage,
                before: standing(InUse, "Operational", None),
                after: standing(PhasingOut, "PhasingOut", Some("2027-01-01")),
            }),
            "under udfasning; var i drift",
            "being phased out; was in use",
        ),
        (
            // Nobody edited it: the end date passed.
            Change::Decommissioned(Transition {
                usage,
                before: standing(InUse, "Operational", Some("2026-03-01")),
                after: standing(Decommissioned, "Operational", Some("2026-03-01")),
            }),
            "ikke i drift; var i drift indtil den 1. marts 2026",
            "out of use; was in use, until 1 March 2026",
        ),
        (
            Change::OwnerRemoved { usage, person, departed: true },
            "Bo er ikke længere systemejer og ikke længere bruger i KITOS",
            "Bo is no longer owner, and no longer a user in KITOS",
        ),
        (
            Change::RoleAssigned { usage, role, person },
            "Bo blev Systemforvalter",
            "Bo became Systemforvalter",
        ),
        (
            Change::UnitChanged { usage, before: None, after: Some(id("Skole")) },
            "ansvarlig enhed: ingen → Skole",
            "responsible unit: none → Skole",
        ),
        (
            Change::UnitChanged { usage, before: Some(id("forgotten")), after: None },
            "ansvarlig enhed: (kendes ikke længere) → ingen",
            "responsible unit: (no longer known) → none",
        ),
        (
            Change::SystemDeactivated { usage, before: None, after: Some(id("Aula")) },
            "systemet i kataloget er lukket i KITOS",
            "the shared system was deactivated in KITOS",
        ),
        (
            Change::PersonLeft {
                person,
                owned: [id("Aula")].into(),
                roles: vec![HeldRole { usage: id("Nexus"), role }, HeldRole { usage, role }],
            },
            "Bo er ikke længere bruger i KITOS; ejede Aula; havde en anden rolle på Nexus",
            "Bo is no longer a user in KITOS; owned Aula; had another role on Nexus",
        ),
        (
            Change::PersonChanged { person, fields: vec![PersonField::Name, PersonField::Email] },
            "Bo har fået nyt navn og ny mailadresse",
            "Bo has another name and mail address",
        ),
        (
            Change::RoleTypeChanged {
                role,
                before: role_type("Forvalter", true),
                after: role_type("Systemforvalter", true),
            },
            "rollen Systemforvalter: Forvalter → Systemforvalter",
            "role Systemforvalter: Forvalter → Systemforvalter",
        ),
        (
            Change::RoleTypeChanged {
                role,
                before: role_type("Systemforvalter", true),
                after: role_type("Systemforvalter", false),
            },
            "rollen Systemforvalter: kan ikke længere vælges",
            "role Systemforvalter: now no longer offered",
        ),
        (
            Change::OrganizationUnitChanged {
                unit: id("Skole"),
                before: unit("Skole", None),
                after: unit("Skole", Some("Børn")),
            },
            "enheden Skole: ligger nu under Børn",
            "unit Skole: now below Børn",
        ),
        (
            Change::OrganizationUnitChanged {
                unit: id("Skole"),
                before: unit("Skole", None),
                after: None,
            },
            "enheden Skole: væk",
            "unit Skole: gone",
        ),
    ];
    for (change, danish, english) in cases {
        assert_eq!(told(Language::Da, &change), danish);
        assert_eq!(told(Language::En, &change), english);
    }
}

#[test]
fn a_registration_says_field_by_field_what_it_was_and_is() {
    use FieldValue::{Date, Nothing, Term, Units, Yes};
    for (field, danish) in [
        (
            field("data-sensitivity", terms(&["None"]), terms(&["SensitiveData"])),
            "datatyper: ingen personoplysninger → følsomme",
        ),
        (
            field("data-sensitivity", Nothing, terms(&["PersonData", "Newer than this"])),
            "datatyper: intet → Newer than this, almindelige",
        ),
        (
            field("end-date", Date(day("2026-12-31")), Nothing),
            "slutdato: 31. december 2026 → intet",
        ),
        (
            field("life-cycle", Term("Undecided".into()), Term("Operational".into())),
            "livscyklus: ikke besluttet → i drift",
        ),
        (field("purpose", Nothing, Yes), "formål: ikke udfyldt → udfyldt"),
        (
            field("using-units", Units([id("Skole")].into()), Units([id("Børn")].into())),
            "enheder, der bruger det: + Børn − Skole",
        ),
        (
            field("using-units", Nothing, Units([id("Skole")].into())),
            "enheder, der bruger det: + Skole",
        ),
    ] {
        let change = Change::RegistrationChanged { usage: id("Aula"), fields: vec![field] };
        assert_eq!(told(Language::Da, &change), danish);
    }
    let two = Change::RegistrationChanged {
        usage: id("Aula"),
        fields: vec![field("purpose", Yes, Nothing), field("agreement-required", Nothing, Yes)],
    };
    let english = "purpose: filled in → empty; data-processing agreement required: no → yes";
    assert_eq!(told(Language::En, &two), english);
}

#[test]
fn every_kind_and_every_field_has_words() {
    for &language in Language::ALL {
        let words = words(language);
        for kind in ChangeKind::ALL {
            assert!(words.find(&format!("change.{}", kind.as_str())).is_some(), "{kind:?}");
        }
        for field in Field::all() {
            for word in ["name", "short"] {
                assert!(words.find(&format!("field.{}.{word}", field.name())).is_some());
            }
        }
    }
}
