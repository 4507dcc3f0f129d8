//! First letters with everything that the templates can be given.

use super::{hand_over, letter};
use crate::config;
use crate::mail::Error;
use crate::mail::birkelund::{Birkelund, day, draft, for_anne, id, item, recipient};
use crate::mail::letter::Sample;
use crate::model::FaultArg::Field;
use crate::model::{Capacity, DraftKind, Fault};
use crate::notify::draft::{Draft, DraftItem, Recipient};
use crate::policy::rules::{owner_missing, registration_incomplete};

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let birkelund = Birkelund::new(mail);
    let sample =
        |name, draft: Draft| Ok(Sample { name, letter: letter(&draft, &birkelund.facts())? });
    let missing = |system: &str, field: &'static str| {
        let fault = Fault::new("missing").with("field", Field(field.into()));
        item(&registration_incomplete::RULE, system, vec![fault])
    };
    let items = vec![missing("Valgfag", "data-sensitivity"), missing("Klasselog", "life-cycle")];
    let first = Draft {
        date: day(2026, 1, 19),
        deadline: Some(day(2026, 1, 30)),
        systems: ["Læsepas", "Valgfag", "Klasselog"].map(id).into(),
        ..draft(DraftKind::FirstLetter, "Henrik Bülow", items)
    };
    let fine =
        Draft { items: Vec::new(), deadline: None, systems: vec![id("Læsepas")], ..first.clone() };
    let no_owner = item(&owner_missing::RULE, "Tilsynsbasen", vec![Fault::new("no-owner")]);
    let no_owner =
        DraftItem { capacity: Capacity::UnitLeader, unit: Some(id("HR og Løn")), ..no_owner };
    let asked = Draft {
        to: vec![recipient("Marianne Holst")],
        systems: vec![id("Vagtplan")],
        items: vec![no_owner],
        leader: Some(recipient("Lise Kragelund")),
        ..first.clone()
    };
    let standing_in =
        Recipient { on_behalf_of: Some("Birthe Kjær".to_owned()), ..recipient("Lise Kragelund") };
    let behalf = Draft {
        items: [asked.items.clone(), vec![for_anne(missing("Byghub", "life-cycle"))]].concat(),
        leader: Some(standing_in),
        ..asked.clone()
    };
    let managed = |system: &str| {
        let lacking = item(&owner_missing::RULE, system, vec![Fault::new("no-owner")]);
        DraftItem { capacity: Capacity::Manager, for_information: true, ..lacking }
    };
    let manager = Draft {
        to: vec![recipient("Sara Frost")],
        systems: vec![id("Byghub")],
        items: vec![missing("Byghub", "life-cycle"), managed("Tilsynsbasen"), managed("Ferieplan")],
        ..first.clone()
    };
    let leaving = Draft {
        to: vec![recipient("Henrik Bülow"), recipient("Lise Kragelund")],
        last_day: Some(day(2026, 2, 27)),
        items: Vec::new(),
        ..first.clone()
    };
    let leaving = Sample { name: "hand-over", letter: hand_over(&leaving, &birkelund.facts())? };
    vec![
        sample("first", Draft { leader: Some(recipient("Birthe Kjær")), ..first }),
        sample("first-fine", fine),
        sample("first-leader", asked),
        sample("first-behalf", behalf),
        sample("first-manager", manager),
        Ok(leaving),
    ]
    .into_iter()
    .collect()
}
