//! Reminders with everything that the templates can be given.

use super::letter;
use crate::config;
use crate::mail::Error;
use crate::mail::birkelund::{Birkelund, day, draft, for_anne, id, item, recipient};
use crate::mail::letter::Sample;
use crate::model::FaultArg::{Date, Field, Person};
use crate::model::{Capacity, DraftKind, Fault};
use crate::notify::draft::{Draft, DraftItem, PassedOver, PassedWhy, Promise, PromisedTo};
use crate::policy::rules::{
    gdpr_incomplete, manager_missing, owner_missing, owner_several, registration_incomplete,
};

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let birkelund = Birkelund::new(mail);
    let sample =
        |name, draft: Draft| Ok(Sample { name, letter: letter(&draft, &birkelund.facts())? });
    vec![
        sample(
            "choose",
            to_leader(vec![missing("Tilsynsbasen", true), missing("Ferieplan", false)]),
        ),
        sample("choose-last", last(to_leader(vec![missing("Tilsynsbasen", true)]))),
        sample(
            "choose-alike",
            to_leader(vec![
                missing("Tilsynsbasen", true),
                missing("Ferieplan", false),
                missing("Vagtplan", true),
            ]),
        ),
        sample("choose-over", over()),
        sample("choose-behalf", behalf()),
        sample("behalf-in-part", behalf_in_part()),
        sample("own", draft(DraftKind::Reminder, "Henrik Bülow", own())),
        sample("own-one", one()),
        sample("owners", owners()),
        sample("mixed", mixed()),
        sample("manager", manager()),
    ]
    .into_iter()
    .collect()
}

fn to_leader(items: Vec<DraftItem>) -> Draft {
    draft(DraftKind::Reminder, "Marianne Holst", items)
}

fn missing(system: &str, has_left: bool) -> DraftItem {
    let fault = Fault::new("no-owner").with("since", Date(day(2026, 1, 5)));
    let fault = match has_left {
        true => fault.with("departed", Person(id("Jens Bruun"))),
        false => fault,
    };
    let item = item(&owner_missing::RULE, system, vec![fault]);
    DraftItem { capacity: Capacity::UnitLeader, unit: Some(id("HR og Løn")), ..item }
}

fn incomplete(system: &str) -> DraftItem {
    let field = |name: &'static str| Fault::new("missing").with("field", Field(name.into()));
    let faults = vec![field("data-sensitivity"), field("life-cycle")];
    item(&registration_incomplete::RULE, system, faults)
}

fn own() -> Vec<DraftItem> {
    let old = Fault::new("old-risk-assessment").with("on", Date(day(2022, 11, 3)));
    let manager = item(&manager_missing::RULE, "Læsepas", vec![Fault::new("no-manager")]);
    vec![
        incomplete("Klasselog"),
        item(&gdpr_incomplete::RULE, "Klasselog", vec![old]),
        incomplete("Valgfag"),
        DraftItem { for_information: true, ..manager },
    ]
}

fn one() -> Draft {
    draft(DraftKind::Reminder, "Bo Kruse", vec![incomplete("Byghub")])
}

/// The third of three, with what comes of it.
fn last(draft: Draft) -> Draft {
    let to = PromisedTo::Leader(recipient("Lise Kragelund"));
    let promise = Promise { to, on: day(2026, 2, 26), findings: vec![0] };
    Draft { number: 3, promises: vec![promise], ..draft }
}

/// It comes to the leader above, since the one whose turn it was has left.
fn over() -> Draft {
    let passed = PassedOver {
        name: "Marianne Holst".to_owned(),
        why: PassedWhy::Left,
        capacity: Capacity::UnitLeader,
        unit: Some(id("HR og Løn")),
    };
    let above = DraftItem {
        unit: Some(id("Økonomi og Digitalisering")),
        passed_over: vec![passed],
        ..missing("Vagtplan", true)
    };
    Draft { to: vec![recipient("Lise Kragelund")], ..to_leader(vec![above]) }
}

/// Its reader stands in for somebody who is away.
fn behalf() -> Draft {
    draft(DraftKind::Reminder, "Lise Kragelund", vec![for_anne(missing("Vagtplan", false))])
}

/// Its reader stands in for somebody with some of it, and has some of their own.
fn behalf_in_part() -> Draft {
    let items =
        vec![incomplete("Byghub"), incomplete("Valgfag"), for_anne(incomplete("Klasselog"))];
    draft(DraftKind::Reminder, "Henrik Bülow", items)
}

fn owners() -> Draft {
    let one = |who: &str| Fault::new("one-of-several-owners").with("person", Person(id(who)));
    let faults = vec![one("Bo Kruse"), one("Henrik Bülow")];
    let item = item(&owner_several::RULE, "Byghub", faults);
    let to = vec![recipient("Bo Kruse"), recipient("Henrik Bülow")];
    Draft { to, number: 1, ..draft(DraftKind::Reminder, "", vec![item]) }
}

fn mixed() -> Draft {
    to_leader(vec![missing("Tilsynsbasen", true), incomplete("Byghub")])
}

fn manager() -> Draft {
    let item = DraftItem {
        capacity: Capacity::Manager,
        unit: None,
        for_information: true,
        ..missing("Tilsynsbasen", false)
    };
    Draft {
        deadline: None,
        of: None,
        next: None,
        ..draft(DraftKind::Reminder, "Sara Frost", vec![item])
    }
}
