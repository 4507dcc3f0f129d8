//! Escalations with everything that the templates can be given.

use super::letter;
use crate::config;
use crate::mail::Error;
use crate::mail::birkelund::{Birkelund, day, draft, id, item, recipient};
use crate::mail::letter::Sample;
use crate::model::FaultArg::{Date, Field};
use crate::model::{DraftKind, Fault};
use crate::notify::draft::{Draft, DraftItem};
use crate::policy::rules::{owner_missing, registration_incomplete};

pub(in crate::mail) fn samples(mail: &config::Mail) -> Result<Vec<Sample>, Error> {
    let birkelund = Birkelund::new(mail);
    let sample =
        |name, draft: Draft| Ok(Sample { name, letter: letter(&draft, &birkelund.facts())? });
    let missing = |system: &str| {
        let fault = Fault::new("no-owner").with("since", Date(day(2026, 1, 5)));
        item(&owner_missing::RULE, system, vec![fault])
    };
    let field = Fault::new("missing").with("field", Field("life-cycle".into()));
    let incomplete = item(&registration_incomplete::RULE, "Byghub", vec![field]);
    vec![
        sample(
            "choose",
            to_director("Marianne Holst", vec![missing("Tilsynsbasen"), missing("Ferieplan")]),
        ),
        sample("own", to_director("Bo Kruse", vec![incomplete])),
    ]
    .into_iter()
    .collect()
}

fn to_director(asked: &str, items: Vec<DraftItem>) -> Draft {
    let asked = vec![recipient(asked)];
    let items = items.into_iter().map(|item| DraftItem {
        asked: asked.clone(),
        unit: Some(id("HR og Løn")),
        ..item
    });
    Draft {
        cc: asked.clone(),
        date: day(2026, 2, 26),
        deadline: Some(day(2026, 3, 6)),
        ..draft(DraftKind::Escalation, "Lise Kragelund", items.collect())
    }
}
