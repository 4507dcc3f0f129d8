//! Why the guard holds a pull, in words.

use crate::model::{Explained, HeldList, HoldCause, HoldOutlook, HoldReason, MailKind};
use crate::text::words::{Arg, Words, inner};

/// One reason, as a sentence.
pub fn sentence(words: &Words, reason: &HoldReason) -> String {
    let rows = |list, count: usize| ("rows", rows(words, list, count));
    let samples = |samples: &[String]| ("samples", Arg::List(samples.to_vec()));
    let number = |n: usize| ("n", n.into());
    // How many of how many systems, and some of their names.
    let systems = |n: usize, before, named: &[String]| {
        vec![number(n), rows(HeldList::Usages, before), samples(named)]
    };
    let args: Vec<(&str, Arg)> = match reason {
        HoldReason::OtherKitos { before, now } => {
            vec![("before", before.as_str().into()), ("now", now.as_str().into())]
        }
        HoldReason::Emptied { list, before } => {
            vec![("before", (*before).into()), rows(*list, *before)]
        }
        HoldReason::Removed { list, removed, before, samples: named } => {
            vec![number(*removed), rows(*list, *before), samples(named)]
        }
        HoldReason::Stripped { stripped, before, samples } => systems(*stripped, *before, samples),
        HoldReason::Changed { changed, before, samples } => systems(*changed, *before, samples),
        HoldReason::Moved { moved, before, samples } => systems(*moved, *before, samples),
        HoldReason::NewlyFaulty { rule, faulty, before: _, domain, samples: named } => vec![
            rows(HeldList::Usages, *faulty),
            ("rule", rule_name(words, rule)),
            ("domain", domain.clone().unwrap_or_default().into()),
            samples(named),
        ],
        HoldReason::Blanked { list, field, blanked, before, samples: named } => {
            let field = words.text(&format!("field.{field}.name")).into();
            vec![number(*blanked), rows(*list, *before), samples(named), ("field", field)]
        }
        HoldReason::Assigned { assigned, before } => {
            vec![number(*assigned), rows(HeldList::People, *before)]
        }
        HoldReason::OwnerRoleGone { name } => vec![("name", name.as_str().into())],
        HoldReason::Unconfirmed { count } => vec![number(*count)],
    };
    let kind: &'static str = reason.into();
    words.say(&format!("held.{kind}"), &args)
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
    words.say(&format!("held.rows.{}", list.as_str()), &[("n", count.into())]).into()
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
                "51 poster på KITOS' lister (systemer, personer, kontrakter eller databehandling) er væk eller uden det, der hørte til: for mange til at spørge KITOS om dem én for én.",
                "51 entries of KITOS's lists (systems, people, contracts or data processing) are missing, or without what belonged to them: too many to ask KITOS about one by one.",
            ),
        ] {
            assert_eq!(sentence(words(Language::Da), &reason), danish);
            assert_eq!(sentence(words(Language::En), &reason), english);
        }
    }
}
