//! The first letter to an owner: what KITOS is, which systems are theirs, what is
//! missing, what the role means, and how we write.

mod handover;
mod samples;

use uuid::Uuid;

use super::reminder::asks_for_owner;
use super::reminder::why::{self, Readers};
use crate::mail::Error;
use crate::mail::behalf;
use crate::mail::body::{Body, Part, Section, Under, duration};
use crate::mail::facts::{Facts, Todo};
use crate::mail::letter::Letter;
use crate::model::{Capacity, MailKind, Tab};
use crate::notify::draft::{Draft, DraftItem};
use crate::text::danish;
use crate::text::words::Arg;

pub(in crate::mail) use handover::hand_over;
pub(in crate::mail) use samples::samples;

pub(in crate::mail) fn letter(draft: &Draft, facts: &Facts<'_>) -> Result<Letter, Error> {
    let urls = vec![facts.config.kitos.url.to_string()];
    Ok(Letter { urls, ..Letter::to_people(MailKind::Letter, &body(draft, facts), draft)? })
}

/// What is open, by system.
type BySystem<'a> = Vec<(Uuid, Vec<&'a DraftItem>)>;

fn body(draft: &Draft, facts: &Facts<'_>) -> Body {
    let mut systems = draft.systems.clone();
    systems.sort_by(|a, b| danish::compare(&facts.system(*a), &facts.system(*b)));
    let under = Under { words: facts.words(), prefix: "mail.letter".into() };
    let (own, others): (BySystem<'_>, BySystem<'_>) =
        draft.by_system().into_iter().partition(|(usage, _)| draft.systems.contains(usage));
    // A manager is no substitute, and is asked for nothing.
    let (managed, others): (BySystem<'_>, BySystem<'_>) = others
        .into_iter()
        .partition(|(_, items)| items.iter().all(|item| item.capacity == Capacity::Manager));
    let asks = |items: &BySystem<'_>| {
        items.iter().flat_map(|(_, items)| items).any(|item| !item.for_information)
    };
    let is_fine = !asks(&own) && !asks(&others);
    let args = args(draft, facts, &others, is_fine);
    let main = Section {
        what: Some(under.say("what", &args)),
        ask: Some(under.say(if is_fine { "fine" } else { "ask" }, &args)),
        short: Some(under.say("short", &args)),
        systems: systems.iter().map(|usage| part(draft, facts, *usage)).collect(),
        ..Section::default()
    };
    let mut sections = vec![main];
    if !others.is_empty() {
        let parts = others.iter().map(|(usage, items)| asked(draft, facts, *usage, items));
        sections.push(Section {
            heading: Some(under.say("others", &args)),
            systems: parts.collect(),
            ..Section::default()
        });
    }
    if let Some(asking) = sections.last_mut() {
        asking.after = vec![under.say("login", &args)];
    }
    sections.extend(informing(draft, facts, &managed));
    sections.extend(role(draft, facts, &args));
    Body {
        subject: under.fitted("subject", &args, "system"),
        preheader: under.say("preheader", &args),
        lead: behalf::lead(draft, facts.words()),
        sections,
    }
}

fn args(
    draft: &Draft,
    facts: &Facts<'_>,
    others: &BySystem<'_>,
    is_fine: bool,
) -> Vec<(&'static str, Arg)> {
    let (config, systems) = (facts.config, &draft.systems);
    let leader = draft.leader.as_ref();
    let minutes = 4 + systems.len() + 2 * draft.items.len();
    vec![
        ("n", systems.len().into()),
        ("system", systems.first().map(|usage| facts.system(*usage)).into()),
        ("m", others.len().into()),
        ("other", others.first().map(|(usage, _)| facts.system(*usage)).into()),
        ("led", is_led(others).into()),
        ("why", why_others(draft, facts, others).into()),
        ("leader", leader.map(|leader| leader.name.clone()).into()),
        ("away", leader.and_then(|leader| leader.on_behalf_of.clone()).into()),
        ("fine", is_fine.into()),
        ("by", draft.deadline.into()),
        ("time", duration(facts.words(), minutes).into()),
        ("phone", config.mail.contact.phone.clone().into()),
        ("guideline", config.policy.guideline_name.clone().into()),
        ("url", config.kitos.url.as_str().into()),
        ("weeks", ranges(&config.notify.quiet_weeks).into()),
    ]
}

/// Why the reader is asked about other systems than they stand with above: their own that are
/// out of use, and those of others.
fn why_others(draft: &Draft, facts: &Facts<'_>, others: &BySystem<'_>) -> Option<String> {
    let is_own =
        |item: &&DraftItem| item.capacity == Capacity::Owner && item.on_behalf_of.is_none();
    let (own, led): (BySystem<'_>, BySystem<'_>) =
        others.iter().cloned().partition(|(_, items)| items.iter().all(is_own));
    let words = facts.words();
    let out_of_use = match (own.len(), led.is_empty()) {
        (0, _) => None,
        (n, true) => Some(words.say("mail.letter.out-of-use", &[("n", n.into())])),
        (n, false) => {
            let system = own.first().map(|(usage, _)| facts.system(*usage));
            let args = [("n", n.into()), ("system", system.into())];
            Some(words.say("mail.letter.some-out-of-use", &args))
        }
    };
    let led = why::all(Readers { facts, to: &draft.to }, &led);
    led.into_iter()
        .chain(out_of_use)
        .reduce(|a, b| words.say("mail.why.and", &[("a", a.into()), ("b", b.into())]))
}

/// The systems without an owner that the reader only manages.
fn informing(draft: &Draft, facts: &Facts<'_>, managed: &BySystem<'_>) -> Option<Section> {
    let words = facts.words();
    let part =
        |(usage, items): &(Uuid, Vec<&DraftItem>)| facts.part(*usage, items, Todo::Once, draft);
    (!managed.is_empty()).then(|| Section {
        heading: Some(words.text("mail.reminder.information").to_owned()),
        what: Some(words.say("mail.letter.managed", &[("n", managed.len().into())])),
        systems: managed.iter().map(part).collect(),
        ..Section::default()
    })
}

/// Whether the reader is asked of all of it as a leader, and for nobody else.
fn is_led(others: &BySystem<'_>) -> bool {
    let is_led = |item: &&DraftItem| {
        let leads = matches!(item.capacity, Capacity::UnitLeader | Capacity::OwnersLeader);
        leads && item.on_behalf_of.is_none()
    };
    others.iter().flat_map(|(_, items)| items).all(is_led)
}

/// What the role means, and how we write.
fn role(draft: &Draft, facts: &Facts<'_>, args: &[(&'static str, Arg)]) -> Vec<Section> {
    let words = facts.words();
    let under = Under { words, prefix: "mail.letter".into() };
    let role = Section {
        heading: Some(under.say("role", args)),
        intro: Some(words.text("mail.role.intro").to_owned()),
        points: words.list("mail.role.points").into_iter().map(str::to_owned).collect(),
        after: vec![words.text("mail.role.delegate").to_owned()],
        ..Section::default()
    };
    // The number of mails, not of systems.
    let of_mails = ("n", Arg::from(facts.config.notify.escalate_after));
    let manner_args: Vec<(&str, Arg)> =
        std::iter::once(of_mails).chain(args.iter().cloned()).collect();
    let mut points = under.list("manner-points", &manner_args);
    // Without a known leader, nothing is promised about one.
    if draft.leader.is_none() {
        points.pop();
    }
    let manner = Section { heading: Some(under.say("manner", args)), points, ..Section::default() };
    let told = |heading: &str, text: &str| Section {
        heading: Some(under.say(heading, args)),
        after: vec![under.say(text, args)],
        ..Section::default()
    };
    vec![role, manner, told("leaving", "leaving-text"), told("wrong", "wrong-text")]
}

/// A system that is not the reader's, of which the leader is asked.
fn asked(draft: &Draft, facts: &Facts<'_>, usage: Uuid, items: &[&DraftItem]) -> Part {
    let mut part = facts.part(usage, items, Todo::Each, draft);
    if items.iter().any(|item| asks_for_owner(item)) {
        part.lines.extend(facts.suggestions(usage, &draft.to));
    }
    part
}

/// A system with what is missing, or that all is well.
fn part(draft: &Draft, facts: &Facts<'_>, usage: Uuid) -> Part {
    let items: Vec<&DraftItem> =
        draft.items.iter().filter(|item| item.finding.usage == usage).collect();
    if items.is_empty() {
        return Part {
            name: facts.system(usage),
            lines: vec![facts.words().text("mail.part.complete").to_owned()],
            points: Vec::new(),
            links: vec![facts.link(usage, Tab::Front)],
        };
    }
    let mut part = facts.part(usage, &items, Todo::Each, draft);
    if items.iter().all(|item| item.for_information) {
        part.lines.push(facts.words().text("mail.letter.no-deadline").to_owned());
    }
    part
}

/// "28–30"
fn ranges(weeks: &[u32]) -> Vec<String> {
    let mut weeks = weeks.to_vec();
    weeks.sort_unstable();
    weeks.dedup();
    let runs = weeks.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[u32]| match (run.first(), run.last()) {
        (Some(first), Some(last)) if first != last => format!("{first}–{last}"),
        (Some(only), _) => only.to_string(),
        _ => String::new(),
    };
    runs.map(run).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;
    use crate::mail::birkelund::{Birkelund, draft, id, item};
    use crate::model::{DraftKind, Fault};
    use crate::policy::rules::owner_missing;

    /// The headings over systems, with the systems below each.
    fn parts(capacities: &[(&str, Capacity, bool)]) -> Vec<String> {
        let of = |(system, capacity, is_for_another): &(&str, Capacity, bool)| DraftItem {
            capacity: *capacity,
            for_information: *capacity == Capacity::Manager,
            on_behalf_of: is_for_another.then(|| "Anne Bang".to_owned()),
            ..item(&owner_missing::RULE, system, vec![Fault::new("no-owner")])
        };
        let items = capacities.iter().map(of).collect();
        let draft = Draft {
            systems: vec![id("Byghub")],
            ..draft(DraftKind::FirstLetter, "Sara Frost", items)
        };
        let birkelund = Birkelund::new(&config::Mail::default());
        let sections = body(&draft, &birkelund.facts()).sections.into_iter();
        let of = |section: Section| {
            let systems: Vec<String> = section.systems.into_iter().map(|part| part.name).collect();
            format!("{}: {}", section.heading.unwrap_or_default(), systems.join(", "))
        };
        sections.filter(|section| !section.systems.is_empty()).map(of).collect()
    }

    #[test]
    fn what_is_asked_stands_apart_from_what_is_told() {
        use Capacity::{Manager, OwnersLeader, UnitLeader};
        let own = ": Byghub";
        for (items, expected) in [
            (vec![("Vagtplan", Manager, false)], vec![own, "Til orientering: Vagtplan"]),
            (
                vec![("Vagtplan", UnitLeader, false), ("Ferieplan", OwnersLeader, false)],
                vec![own, "Det spørger vi dig om som leder: Vagtplan, Ferieplan"],
            ),
            (
                vec![("Vagtplan", Manager, false), ("Ferieplan", UnitLeader, false)],
                vec![
                    own,
                    "Det spørger vi dig om som leder: Ferieplan",
                    "Til orientering: Vagtplan",
                ],
            ),
            (
                vec![("Vagtplan", UnitLeader, true)],
                vec![own, "Det spørger vi dig også om: Vagtplan (på vegne af Anne Bang)"],
            ),
        ] {
            assert_eq!(parts(&items), expected);
        }
    }
}
