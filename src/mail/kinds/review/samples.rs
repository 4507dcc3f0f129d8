//! Letters of a round of confirmation with everything that the templates can be given.

use super::{call, letter};
use crate::config;
use crate::mail::Error;
use crate::mail::birkelund::{Birkelund, day, draft, id, recipient};
use crate::mail::letter::Sample;
use crate::model::DraftKind;
use crate::notify::draft::{Draft, Promise, PromisedTo, Recipient};

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let birkelund = Birkelund::new(mail);
    let facts = birkelund.facts();
    let leader = PromisedTo::Leader(recipient("Lise Kragelund"));
    let owner = Draft {
        deadline: Some(day(2026, 3, 13)),
        systems: ["Tilsynsbasen", "Ferieplan", "Vagtplan"].map(id).into(),
        promises: vec![Promise { to: leader, on: day(2026, 3, 16), findings: Vec::new() }],
        number: 1,
        ..draft(DraftKind::Review, "Marianne Holst", Vec::new())
    };
    let again = Draft { number: 2, systems: vec![id("Byghub")], ..owner.clone() };
    let away =
        Recipient { on_behalf_of: Some("Marianne Holst".to_owned()), ..recipient("Peter Lyng") };
    let substitute = Draft { to: vec![away], ..owner.clone() };
    let leader = Draft {
        cc: vec![recipient("Marianne Holst")],
        date: day(2026, 3, 16),
        deadline: Some(day(2026, 3, 27)),
        systems: vec![id("Vagtplan")],
        awaited: [(id("Vagtplan"), vec![recipient("Marianne Holst")])].into(),
        ..draft(DraftKind::ReviewCall, "Lise Kragelund", Vec::new())
    };
    Ok(vec![
        Sample { name: "owner", letter: letter(&owner, &facts)? },
        Sample { name: "again", letter: letter(&again, &facts)? },
        Sample { name: "substitute", letter: letter(&substitute, &facts)? },
        Sample { name: "call", letter: call(&leader, &facts)? },
    ])
}
