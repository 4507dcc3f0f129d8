//! Why the guard holds a pull, in words.

use crate::model::{Explained, HeldList, HoldCause, HoldOutlook, HoldReason, MailKind};
use crate::text::words::{Arg, Words, inner};

/// One reason, as a sentence.
pub fn sentence(words: &Words, reason: &HoldReason) -> String {
    let rows = |list, count: usize| rows(words, list, count);
    let named = |samples: &[String]| Arg::List(samples.to_vec());
    let say = |kind: &str, args: &[(&str, Arg)]| words.say(&format!("held.{kind}"), args);
    // How many of how many rows, and some of their names.
    let share = |kind, n: usize, of, before, samples: &[String]| {
        let args = [("n", n.into()), ("rows", rows(of, before)), ("samples", named(samples))];
        say(kind, &args)
    };
    match reason {
        HoldReason::OtherKitos { before, now } => {
            say("otherKitos", &[("before", before.as_str().into()), ("now", now.as_str().into())])
        }
        HoldReason::Emptied { list, before } => {
            say("emptied", &[("before", (*before).into()), ("rows", rows(*list, *before))])
        }
        HoldReason::Removed { list, removed, before, samples } => {
            share("removed", *removed, *list, *before, samples)
        }
        HoldReason::Stripped { stripped, before, samples } => {
            share("stripped", *stripped, HeldList::Usages, *before, samples)
        }
        HoldReason::Changed { changed, before, samples } => {
            share("changed", *changed, HeldList::Usages, *before, samples)
        }
        HoldReason::NewlyFaulty { rule, faulty, before: _, domain, samples } => say(
            "newlyFaulty",
            &[
                ("rows", rows(HeldList::Usages, *faulty)),
                ("rule", rule_name(words, rule)),
                ("domain", domain.clone().unwrap_or_default().into()),
                ("samples", named(samples)),
            ],
        ),
        HoldReason::Blanked { list, field, blanked, before, samples } => {
            let field = words.text(&format!("field.{field}.name")).into();
            let args = [
                ("n", (*blanked).into()),
                ("rows", rows(*list, *before)),
                ("samples", named(samples)),
                ("field", field),
            ];
            say("blanked", &args)
        }
        HoldReason::Moved { moved, before, samples } => {
            share("moved", *moved, HeldList::Usages, *before, samples)
        }
        HoldReason::Assigned { assigned, before } => {
            let rows = rows(HeldList::People, *before);
            say("assigned", &[("n", (*assigned).into()), ("rows", rows)])
        }
        HoldReason::OwnerRoleGone { name } => {
            say("ownerRoleGone", &[("name", name.as_str().into())])
        }
        HoldReason::Unconfirmed { count } => say("unconfirmed", &[("n", (*count).into())]),
    }
}

/// What would follow if the pull were released, a sentence each.
pub fn outlook(words: &Words, outlook: &HoldOutlook) -> Vec<String> {
    let usages = |count| rows(words, HeldList::Usages, count);
    let mut lines: Vec<String> = Vec::new();
    for Explained { cause, systems, of } in &outlook.causes {
        let (kind, mut args): (_, Vec<(&str, Arg)>) = match cause {
            HoldCause::Leaver { person } => ("leaver", vec![("person", person.as_str().into())]),
            HoldCause::Domain { before, now, allowed } => (
                if *allowed { "domain" } else { "foreign-domain" },
                vec![("before", before.as_str().into()), ("now", now.as_str().into())],
            ),
            HoldCause::UnitRenamed { before, now } => (
                "unit-renamed",
                vec![("before", before.as_str().into()), ("now", now.as_str().into())],
            ),
            HoldCause::RoleReplaced { before, now } => (
                "role-replaced",
                vec![("before", before.as_str().into()), ("now", now.as_str().into())],
            ),
        };
        args.extend([("n", (*systems).into()), ("rows", usages(*of))]);
        lines.push(words.say(&format!("held.cause.{kind}"), &args));
    }
    let rule = |(rule, count): (&String, &usize)| {
        words.say("held.rule", &[("rows", usages(*count)), ("rule", rule_name(words, rule))])
    };
    // What concerns most systems first.
    let mut rules: Vec<(&String, &usize)> = outlook.rules.iter().collect();
    rules.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    lines.extend(rules.into_iter().map(rule));
    let mail = |(kind, count): (&MailKind, &usize)| {
        words.say(&format!("held.mail.{}", kind.as_str()), &[("n", (*count).into())])
    };
    let mails: Vec<String> = outlook.mails.iter().map(mail).collect();
    lines.push(match &outlook.refused {
        Some(why) => words.say("held.cannot", &[("why", why.as_str().into())]),
        None => words.say("held.mails", &[("mails", mails.into())]),
    });
    lines
}

/// The rule's name in the middle of a sentence.
fn rule_name(words: &Words, rule: &str) -> Arg {
    inner(words.text(&format!("rule.{rule}.name"))).into()
}

/// "12 systemer"
fn rows(words: &Words, list: HeldList, count: usize) -> Arg {
    let key = match list {
        HeldList::Usages => "held.rows.usages",
        HeldList::People => "held.rows.people",
        HeldList::Units => "held.rows.units",
        HeldList::RoleTypes => "held.rows.roleTypes",
        HeldList::Systems => "held.rows.systems",
        HeldList::Contracts => "held.rows.contracts",
        HeldList::DataProcessing => "held.rows.dataProcessing",
    };
    words.say(key, &[("n", count.into())]).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;
    use crate::text::words::words;

    #[test]
    fn what_a_release_would_send_is_said_of_every_kind_of_mail() {
        let kinds = MailKind::ALL.iter().filter(|kind| kind.is_to_people());
        let mails = kinds.map(|kind| (*kind, 2)).collect();
        let outlook =
            super::outlook(words(Language::Da), &HoldOutlook { mails, ..HoldOutlook::default() });
        assert_eq!(
            outlook,
            ["Godkendes læsningen, sendes 2 første breve, 2 påmindelser, 2 beskeder, \
              2 anmodninger til ledere og 2 breve i gennemgangen."]
        );
    }

    #[test]
    fn each_reason_is_a_sentence_in_both_languages() {
        let samples = vec!["Løn".to_owned(), "Vagtplan".to_owned()];
        for (reason, danish, english) in [
            (
                HoldReason::Emptied { list: HeldList::Usages, before: 1 },
                "Ét system stod der før; nu er listen tom.",
                "One system was there before; now the list is empty.",
            ),
            (
                HoldReason::Removed {
                    list: HeldList::People,
                    removed: 40,
                    before: 90,
                    samples: samples.clone(),
                },
                "40 af 90 personer er væk, blandt andet Løn og Vagtplan.",
                "40 of 90 people are gone, among them Løn and Vagtplan.",
            ),
            (
                HoldReason::Stripped { stripped: 11, before: 12, samples: Vec::new() },
                "11 af 12 systemer har mistet deres sidste systemejer.",
                "11 of 12 systems have lost their last owner.",
            ),
            (
                HoldReason::Blanked {
                    list: HeldList::Usages,
                    field: "life-cycle".to_owned(),
                    blanked: 30,
                    before: 100,
                    samples: samples[..1].to_vec(),
                },
                "Feltet »Livscyklus« er blevet tomt på 30 af 100 systemer, blandt andet Løn.",
                "The field »Livscyklus« is empty now for 30 of 100 systems, among them Løn.",
            ),
            (
                HoldReason::Unconfirmed { count: 51 },
                "51 systemer eller personer mangler på listerne: for mange til at spørge KITOS om dem én for én.",
                "51 systems or people are missing from the lists: too many to ask KITOS about one by one.",
            ),
        ] {
            assert_eq!(sentence(words(Language::Da), &reason), danish);
            assert_eq!(sentence(words(Language::En), &reason), english);
        }
    }
}
