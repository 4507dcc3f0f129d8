//! One mail to the next leader up about what reminders did not change, with a copy to the
//! people asked so far.

mod samples;

use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use super::reminder::asks_for_owner;
use crate::mail::Error;
use crate::mail::behalf;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, Todo};
use crate::mail::letter::Letter;
use crate::model::MailKind;
use crate::notify::draft::{Draft, DraftItem, Recipient};
use crate::policy::suggestions;
use crate::text::words::{Arg, sentence};

pub(in crate::mail) use samples::samples;

pub(in crate::mail) fn letter(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    Letter::to_people(MailKind::Escalation, &body(draft, facts), draft)
}

fn body(draft: &Draft, facts: &Facts<'_>) -> Body {
    let words = facts.words();
    let under = Under { words, prefix: "mail.escalation".into() };
    let systems = draft.by_system();
    let usages: Vec<Uuid> = systems.iter().map(|(usage, _)| *usage).collect();
    let is_choice = draft.items.iter().all(asks_for_owner);
    // Words that differ between a missing owner and everything else.
    let own = |key: &str| format!("{}-{key}", if is_choice { "choose" } else { "own" });
    let asked = asked(draft);
    let is_of_several = asked.len() > 1;
    let copied: Vec<String> = draft.cc.iter().map(|one| one.name.clone()).collect();
    let args: Vec<(&str, Arg)> = vec![
        ("n", systems.len().into()),
        ("unit", facts.common_unit(&usages).into()),
        ("asked", asked.into()),
        ("copied", copied.into()),
        ("own", may_own(draft, facts, &usages).into()),
        ("dates", dates(draft, facts).into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, 5 + 5 * systems.len().min(2)).into()),
    ];
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
        points: if is_choice { ways(&under, &args) } else { Vec::new() },
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

/// Everybody asked so far, about any of it, each once; who of them can still be written to gets
/// the copy.
fn recipients(draft: &Draft) -> Vec<&Recipient> {
    let asked = draft.items.iter().flat_map(|item| &item.asked);
    let by_name: BTreeMap<&str, &Recipient> = asked.map(|one| (one.name.as_str(), one)).collect();
    by_name.into_values().collect()
}

fn asked(draft: &Draft) -> Vec<String> {
    recipients(draft).into_iter().map(|asked| asked.name.clone()).collect()
}

/// Those of them who may own all of it by the other rules.
fn may_own(draft: &Draft, facts: &Facts<'_>, usages: &[Uuid]) -> Vec<String> {
    let usages = || usages.iter().filter_map(|usage| facts.snapshot.usages.get(usage));
    let may = |asked: &&Recipient| {
        usages()
            .all(|usage| suggestions::may_own(facts.policy, facts.snapshot, usage, &asked.address))
    };
    recipients(draft).into_iter().filter(may).map(|asked| asked.name.clone()).collect()
}

/// What there is to choose between.
fn ways(under: &Under<'_>, args: &[(&str, Arg)]) -> Vec<String> {
    under.list("points", args).into_iter().filter(|way| !way.is_empty()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::mail::birkelund::{Birkelund, day, draft, item, recipient};
    use crate::model::{DraftKind, Fault};
    use crate::policy::rules::owner_missing;

    #[test]
    fn everybody_who_was_asked_is_named_once_and_who_has_the_copy_is_said_apart() {
        let birkelund = Birkelund::new(&config::Mail::default());
        let asked_of = |(n, names): (usize, &&[&str])| {
            let fault = vec![Fault::new("no-owner")];
            let asked = names.iter().map(|name| recipient(name)).collect();
            let system = ["Byghub", "Ferieplan", "Tilsynsbasen"][n];
            DraftItem { asked, ..item(&owner_missing::RULE, system, fault) }
        };
        for (asked, cc, names, copy) in [
            (
                &[&["Bo Kruse"][..], &["Ida Holm"], &["Bo Kruse"]][..],
                &["Bo Kruse"][..],
                "Bo Kruse og Ida Holm",
                "Bo Kruse har fået kopi. Du får kun",
            ),
            (
                &[&["Ida Holm", "Bo Kruse"]],
                &["Bo Kruse", "Ida Holm"],
                "Bo Kruse og Ida Holm",
                "Bo Kruse og Ida Holm har fået kopi. Du får kun",
            ),
            (&[&["Bo Kruse"]], &[], "Bo Kruse", "Du får kun"),
        ] {
            let items = asked.iter().enumerate().map(asked_of).collect();
            let draft = Draft {
                cc: cc.iter().map(|name| recipient(name)).collect(),
                date: day(2026, 2, 26),
                ..draft(DraftKind::Escalation, "Lise Kragelund", items)
            };
            let Section { what, after, .. } = body(&draft, &birkelund.facts()).sections.remove(0);
            let what = what.unwrap_or_default();
            assert!(what.contains(&format!("Vi har skrevet til {names} den")), "{what}");
            assert!(after[1].starts_with(copy), "{after:?}");
        }
    }
}
