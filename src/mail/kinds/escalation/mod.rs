//! One mail to the next leader up about what reminders did not change, with a copy to the
//! people asked so far.

mod samples;

use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

use super::reminder::asks_for_owner;
use super::reminder::why::passed;
use crate::mail::Error;
use crate::mail::behalf;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, Todo};
use crate::mail::letter::Letter;
use crate::model::MailKind;
use crate::notify::draft::{Draft, DraftItem, Recipient};
use crate::policy::suggestions;
use crate::text::words::{Arg, Words, sentence};

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
    let common = common_dates(&systems);
    let is_told = draft.items.iter().any(|item| !item.reader_told_on.is_empty());
    let copied: Vec<String> = draft.cc.iter().map(|one| one.name.clone()).collect();
    let args: Vec<(&str, Arg)> = vec![
        ("n", systems.len().into()),
        ("unit", facts.common_unit(&usages).into()),
        ("asked", asked.into()),
        ("copied", copied.into()),
        ("told", is_told.into()),
        ("own", may_own(draft, facts, &usages).into()),
        ("dates", common.as_ref().map(|days| dates(words, days)).unwrap_or_default().into()),
        ("by", draft.deadline.into()),
        ("time", duration(words, 5 + 5 * systems.len().min(2)).into()),
    ];
    let part = |(usage, items): &(Uuid, Vec<&DraftItem>)| {
        let part = facts.part(*usage, items, Todo::Each, draft);
        let mut part = if is_choice { shortened(facts, *usage, part) } else { part };
        // With whom to talk of which, and since when they know.
        if is_of_several || common.is_none() {
            let names = items.iter().flat_map(|item| &item.asked).map(|one| one.name.clone());
            let names = Vec::from_iter(names.collect::<BTreeSet<String>>());
            let told =
                common.as_ref().map_or_else(|| dates(words, &told_on(items)), |_| Vec::new());
            let unit = facts.responsible_unit(*usage);
            let args = [("names", names.into()), ("unit", unit.into()), ("dates", told.into())];
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
        after: std::iter::once(under.say(&own("reasons"), &args))
            .chain(over(&under, facts, &systems))
            .chain(told(&under, draft))
            .chain([under.say(&own("copy"), &args)])
            .collect(),
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
fn dates(words: &Words, days: &BTreeSet<NaiveDate>) -> Vec<String> {
    let day = |day: &NaiveDate| words.say("mail.escalation.date", &[("on", Arg::Date(*day))]);
    days.iter().map(day).collect()
}

/// On which days those asked were told of all of this.
fn told_on(items: &[&DraftItem]) -> BTreeSet<NaiveDate> {
    let days = items.iter().map(|item| BTreeSet::from_iter(item.told_on.iter().copied()));
    days.reduce(|a, b| &a & &b).unwrap_or_default()
}

/// The same of every system, where it is the same of each.
fn common_dates(systems: &[(Uuid, Vec<&DraftItem>)]) -> Option<BTreeSet<NaiveDate>> {
    let mut days = systems.iter().map(|(_, items)| told_on(items));
    let first = days.next()?;
    days.all(|other| other == first).then_some(first)
}

/// Why it comes to this leader in place of others who were to have been asked, where it
/// does.
fn over(under: &Under<'_>, facts: &Facts<'_>, systems: &[(Uuid, Vec<&DraftItem>)]) -> Vec<String> {
    let mut why: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    for (usage, items) in systems {
        why.entry(passed(facts, items)).or_default().push(facts.system(*usage));
    }
    let is_of_all = why.len() == 1;
    let over = why.into_iter().filter(|(passed, _)| !passed.is_empty());
    let say = |(passed, names): (Vec<String>, Vec<String>)| {
        let n = usize::from(!is_of_all);
        under.say("over", &[("n", n.into()), ("system", names.into()), ("passed", passed.into())])
    };
    over.map(say).collect()
}

/// That the leader was told of it before, as somebody who was to see to it.
fn told(under: &Under<'_>, draft: &Draft) -> Option<String> {
    let told = draft.items.iter().filter(|item| !item.reader_told_on.is_empty());
    let n = told.clone().count();
    let days: BTreeSet<NaiveDate> =
        told.flat_map(|item| item.reader_told_on.iter().copied()).collect();
    let some = n < draft.items.len();
    let args = [("some", some.into()), ("told", dates(under.words, &days).into())];
    (n > 0).then(|| under.say("told", &args))
}

/// That the system lacks an owner is said above.
fn shortened(facts: &Facts<'_>, usage: Uuid, part: Part) -> Part {
    Part { lines: facts.personal_data(usage).map(sentence).into_iter().collect(), ..part }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::mail::birkelund::{Birkelund, day, draft, id, item, recipient};
    use crate::model::{Capacity, DraftKind, Fault};
    use crate::notify::draft::{PassedOver, PassedWhy};
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
                "Bo Kruse har fået kopi. Du får",
            ),
            (
                &[&["Ida Holm", "Bo Kruse"]],
                &["Bo Kruse", "Ida Holm"],
                "Bo Kruse og Ida Holm",
                "Bo Kruse og Ida Holm har fået kopi. Du får",
            ),
            (&[&["Bo Kruse"]], &[], "Bo Kruse", "Du får"),
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

    /// What a letter to Lise Kragelund about these systems says.
    fn said(items: Vec<DraftItem>) -> String {
        let birkelund = Birkelund::new(&config::Mail::default());
        let draft = draft(DraftKind::Escalation, "Lise Kragelund", items);
        let Section { what, after, systems, .. } =
            body(&draft, &birkelund.facts()).sections.remove(0);
        let lines = systems.into_iter().flat_map(|part| part.lines);
        what.into_iter().chain(lines).chain(after).collect::<Vec<_>>().join("\n")
    }

    fn missing(system: &str) -> DraftItem {
        let asked = vec![recipient("Bo Kruse")];
        let fault = vec![Fault::new("no-owner")];
        let item = item(&owner_missing::RULE, system, fault);
        DraftItem { asked, capacity: Capacity::UnitLeader, ..item }
    }

    #[test]
    fn it_says_what_this_leader_has_to_know() {
        let (byghub, ferieplan) = (missing("Byghub"), missing("Ferieplan"));
        let passed = PassedOver {
            name: "Ida Holm".to_owned(),
            why: PassedWhy::Left,
            capacity: Capacity::UnitLeader,
            unit: Some(id("HR og Løn")),
        };
        let over = |item| DraftItem { passed_over: vec![passed.clone()], ..item };
        let known = |item| DraftItem { reader_told_on: vec![day(2026, 1, 12)], ..item };
        let late = DraftItem { told_on: vec![day(2026, 2, 16)], ..ferieplan.clone() };
        let has_left = "fordi lederen af HR og Løn, Ida Holm, ikke længere er bruger i KITOS.";
        for (items, expected, why) in [
            (vec![over(byghub.clone())], format!("Du får mailen, {has_left}"), "all of it"),
            (
                vec![over(byghub.clone()), ferieplan.clone()],
                format!("Du bliver spurgt om Byghub, {has_left}"),
                "a part",
            ),
            (
                vec![known(byghub.clone())],
                "Du får ikke flere mails om det, så længe vi kan skrive til Bo Kruse;".to_owned(),
                "the leader had a mail",
            ),
            (
                vec![byghub.clone()],
                "Du får kun denne ene mail om det, så længe vi kan skrive til Bo Kruse;".to_owned(),
                "the leader had none",
            ),
            (
                vec![known(byghub.clone())],
                "Vi har også skrevet til dig om det den 12. januar.".to_owned(),
                "the leader knows",
            ),
            (
                vec![known(byghub.clone()), ferieplan],
                "Vi har også skrevet til dig om noget af det den 12. januar.".to_owned(),
                "the leader knows a part",
            ),
            (
                vec![byghub, late],
                "Spurgt: Bo Kruse, HR og Løn, den 16. februar.".to_owned(),
                "told of since different days",
            ),
        ] {
            let said = said(items);
            assert!(said.contains(&expected), "{why}: {said}");
        }
    }
}
