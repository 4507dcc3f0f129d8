//! A round of confirmation: to an owner about all their systems, and to the leader of
//! those who have not answered.

mod samples;

use uuid::Uuid;

use crate::mail::Error;
use crate::mail::behalf;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, names};
use crate::mail::letter::Letter;
use crate::model::{MailKind, Tab};
use crate::notify::draft::{Draft, PromisedTo, Recipient};
use crate::text::danish;
use crate::text::words::Arg;

pub(in crate::mail) use samples::samples;

/// To an owner.
pub(in crate::mail) fn letter(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    Letter::to_people(MailKind::Review, &owners(draft, facts), draft)
}

/// To a leader, when the last day is over.
pub(in crate::mail) fn call(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    Letter::to_people(MailKind::Review, &leaders(draft, facts), draft)
}

fn owners(draft: &Draft, facts: &Facts<'_>) -> Body {
    let words = facts.words();
    let under = Under { words, prefix: "mail.review".into() };
    let promised = draft.promises.iter().find_map(|promise| match &promise.to {
        PromisedTo::Leader(leader) => Some((leader.name.clone(), promise.on)),
        PromisedTo::It => None,
    });
    let (leader, on) = promised.unzip();
    let systems = by_name(draft, facts);
    // What a substitute owns is not what they are asked about.
    let whole = draft.to.iter().find_map(|reader| reader.on_behalf_of.clone());
    let own = draft.to.iter().filter(|reader| reader.on_behalf_of.is_none());
    let owned = own.map(|reader| facts.owned(reader, draft.date)).max();
    let owned = owned.unwrap_or_default().max(systems.len());
    let behalf = behalf(draft);
    let lead =
        whole.as_ref().map(|name| under.say("on-behalf-of", &[("name", name.as_str().into())]));
    let args: Vec<(&str, Arg)> = vec![
        ("behalf", behalf.clone().into()),
        ("whole", whole.into()),
        ("n", systems.len().into()),
        ("m", owned.into()),
        ("some", (owned > systems.len()).into()),
        ("system", systems.first().map(|usage| facts.system(*usage)).into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, 2 + systems.len()).into()),
        ("leader", leader.into()),
        ("on", on.into()),
    ];
    let again = |key: &str| if draft.number > 1 { format!("{key}-again") } else { key.to_owned() };
    let main = Section {
        what: Some(under.say(&again("what"), &args)),
        ask: Some(under.say("ask", &args)),
        short: Some(under.say("short", &args)),
        systems: systems.iter().map(|usage| to_confirm(draft, facts, *usage)).collect(),
        intro: Some(under.say("answers", &args)),
        points: under.list("answer", &args),
        after: [Some(under.say("why", &args)), on.map(|_| under.say("next", &args))]
            .into_iter()
            .flatten()
            .collect(),
        ..Section::default()
    };
    Body {
        subject: under.fitted(&again("subject"), &args, "system"),
        preheader: under.say("preheader", &args),
        lead: lead.or_else(|| (!behalf.is_empty()).then(|| behalf::lead_of_part(behalf, words))),
        sections: vec![main],
    }
}

/// For whom the reader stands in with a part of the systems.
fn behalf(draft: &Draft) -> Vec<String> {
    let is_all = draft.to.iter().any(|reader| reader.on_behalf_of.is_some());
    let asked = draft.awaited.values().flatten().filter(|_| !is_all);
    let mut names: Vec<String> = asked.filter_map(|reader| reader.on_behalf_of.clone()).collect();
    names.sort_by(|a, b| danish::compare(a, b));
    names.dedup();
    names
}

/// What the owner is asked to confirm about a system, including what it does not have.
fn to_confirm(draft: &Draft, facts: &Facts<'_>, usage: Uuid) -> Part {
    let under = Under { words: facts.words(), prefix: "mail.review".into() };
    let mut managers = facts.managers(usage);
    for name in managers.iter_mut().filter(|name| draft.to.iter().any(|to| to.name == **name)) {
        facts.words().text("mail.part.yourself").clone_into(name);
    }
    let name = facts.system(usage);
    let is_own = draft.to.iter().all(|reader| reader.on_behalf_of.is_none());
    let asked = draft.awaited.get(&usage).into_iter().flatten().filter(|_| is_own);
    let of = asked.filter_map(|reader| reader.on_behalf_of.as_deref()).next();
    Part {
        name: of.map_or(name.clone(), |of| behalf::marked(facts.words(), &name, of)),
        lines: vec![
            under.say("unit", &[("unit", facts.responsible_unit(usage).into())]),
            under.say("managers", &[("names", managers.into())]),
        ],
        points: Vec::new(),
        links: vec![facts.link(usage, Tab::Front)],
    }
}

fn leaders(draft: &Draft, facts: &Facts<'_>) -> Body {
    let words = facts.words();
    let under = Under { words, prefix: "mail.review.call".into() };
    let systems = by_name(draft, facts);
    let copied: Vec<String> = draft.cc.iter().map(|reader| reader.name.clone()).collect();
    let asked = awaited(draft.awaited.values().flatten());
    let args: Vec<(&str, Arg)> = vec![
        ("n", systems.len().into()),
        ("asked", asked.into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, 5 + 5 * systems.len().min(2)).into()),
        ("copied", copied.clone().into()),
    ];
    let part = |usage: &Uuid| Part {
        name: facts.system(*usage),
        lines: vec![under.say("owners", &[("names", names(facts.owners(*usage)).into())])],
        points: Vec::new(),
        links: vec![facts.link(*usage, Tab::Roles)],
    };
    let copy = (!copied.is_empty()).then(|| under.say("copy", &args));
    let main = Section {
        what: Some(under.say("what", &args)),
        ask: Some(under.say("ask", &args)),
        short: Some(under.say("short", &args)),
        systems: systems.iter().map(part).collect(),
        after: std::iter::once(under.say("reasons", &args)).chain(copy).collect(),
        ..Section::default()
    };
    Body {
        subject: under.say("subject", &args),
        preheader: under.say("preheader", &args),
        lead: behalf::lead(draft, words),
        sections: vec![main],
    }
}

/// The owners who have not answered, even where somebody stands in for them.
fn awaited<'a>(asked: impl IntoIterator<Item = &'a Recipient>) -> Vec<String> {
    let name = |reader: &Recipient| reader.on_behalf_of.clone().unwrap_or(reader.name.clone());
    let mut names: Vec<String> = asked.into_iter().map(name).collect();
    names.sort_by(|a, b| danish::compare(a, b));
    names.dedup();
    names
}

fn by_name(draft: &Draft, facts: &Facts<'_>) -> Vec<Uuid> {
    let mut systems = draft.systems.clone();
    systems.sort_by(|a, b| danish::compare(&facts.system(*a), &facts.system(*b)));
    systems
}
