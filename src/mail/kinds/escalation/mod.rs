//! One mail to the next leader up about what reminders did not change, with a copy to the
//! people asked so far.

mod samples;

use chrono::NaiveDate;
use std::collections::BTreeSet;
use uuid::Uuid;

use super::reminder::asks_for_owner;
use crate::mail::Error;
use crate::mail::behalf;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, Todo};
use crate::mail::letter::{Letter, People};
use crate::model::MailKind;
use crate::notify::draft::{Draft, DraftItem};
use crate::text::words::{Arg, sentence};

pub(in crate::mail) use samples::samples;

pub(in crate::mail) fn letter(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    let names = draft.to.iter().map(|recipient| recipient.name.clone()).collect();
    Letter::to_people(MailKind::Escalation, &body(draft, facts), People { names, date: draft.date })
}

fn body(draft: &Draft, facts: &Facts<'_>) -> Body {
    let words = facts.words();
    let under = Under { words, prefix: "mail.escalation" };
    let systems = draft.by_system();
    let usages: Vec<Uuid> = systems.iter().map(|(usage, _)| *usage).collect();
    let is_choice = draft.items.iter().all(asks_for_owner);
    // Words that differ between a missing owner and everything else.
    let own = |key: &str| format!("{}-{key}", if is_choice { "choose" } else { "own" });
    let args: Vec<(&str, Arg)> = vec![
        ("n", systems.len().into()),
        ("unit", facts.common_unit(&usages).into()),
        ("asked", asked(draft).into()),
        ("dates", dates(draft, facts).into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, 5 + 5 * systems.len().min(2)).into()),
    ];
    let is_of_several = asked(draft).len() > 1;
    let part = |(usage, items): &(Uuid, Vec<&DraftItem>)| {
        let part = facts.part(*usage, items, Todo::Each, draft);
        let mut part = if is_choice { shortened(facts, *usage, part) } else { part };
        // With whom to talk of which.
        if is_of_several {
            let names = items.iter().flat_map(|item| &item.asked).map(|one| one.name.clone());
            let names = Vec::from_iter(names.collect::<BTreeSet<String>>());
            let unit = facts.responsible_unit(*usage);
            let args = [("names", names.into()), ("unit", unit.into())];
            part.lines.push(under.say("asked-of-one", &args));
        }
        part
    };
    let main = Section {
        what: Some(under.say(&own("what"), &args)),
        ask: Some(under.say(&own("ask"), &args)),
        short: Some(under.say(&own("short"), &args)),
        systems: systems.iter().map(part).collect(),
        intro: is_choice.then(|| under.say("ways", &args)),
        points: if is_choice { under.list("points", &args) } else { Vec::new() },
        after: vec![under.say(&own("reasons"), &args), under.say(&own("copy"), &args)],
        ..Section::default()
    };
    Body {
        subject: under.fitted("subject", &args, "unit"),
        preheader: under.say(&own("preheader"), &args),
        lead: behalf::lead(draft, words),
        sections: vec![main],
    }
}

/// The people asked so far: they get the copy.
fn asked(draft: &Draft) -> Vec<String> {
    let mut names: Vec<String> = draft.cc.iter().map(|asked| asked.name.clone()).collect();
    if names.is_empty() {
        names = draft.items.iter().flat_map(|item| &item.asked).map(|a| a.name.clone()).collect();
        names.dedup();
    }
    names
}

/// "den 19. januar, den 2. februar og den 16. februar"
fn dates(draft: &Draft, facts: &Facts<'_>) -> Vec<String> {
    let days: BTreeSet<NaiveDate> =
        draft.items.iter().flat_map(|item| item.told_on.iter().copied()).collect();
    let day = |day| facts.words().say("mail.escalation.date", &[("on", Arg::Date(day))]);
    days.into_iter().map(day).collect()
}

/// That the system lacks an owner is said above.
fn shortened(facts: &Facts<'_>, usage: Uuid, part: Part) -> Part {
    Part { lines: facts.personal_data(usage).map(sentence).into_iter().collect(), ..part }
}
