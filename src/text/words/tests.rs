use std::collections::BTreeSet;

use super::*;
use crate::model::{AnswerKind, MailKind};
use crate::testing::day;

fn say(message: &str, args: &Args<'_>) -> String {
    Message::new(message.to_owned().into()).say(Language::Da, args)
}

fn file(language: Language) -> toml::Table {
    let source = match language {
        Language::Da => include_str!("../da.toml"),
        Language::En => include_str!("../en.toml"),
    };
    toml::from_str(source).unwrap_or_else(|error| panic!("{language:?}: {error}"))
}

#[test]
fn both_languages_have_the_same_keys_and_placeholders() {
    for &language in Language::ALL {
        assert!(!file(language).is_empty());
    }
    let keys = |language| words(language).keys().collect::<BTreeSet<_>>();
    let (danish, english) = (keys(Language::Da), keys(Language::En));
    assert_eq!(danish.difference(&english).collect::<Vec<_>>(), [&""; 0], "not in English");
    assert_eq!(english.difference(&danish).collect::<Vec<_>>(), [&""; 0], "not in Danish");
    for key in danish {
        let names = |language| words(language).messages[key].names();
        assert_eq!(names(Language::Da), names(Language::En), "{key}");
    }
}

#[test]
fn no_message_is_empty_or_misspells_a_placeholder() {
    for &language in Language::ALL {
        for (key, message) in &words(language).messages {
            assert!(!message.raw().trim().is_empty(), "{key}");
            for name in message.names() {
                assert!(
                    name.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !name.is_empty(),
                    "{key} has a placeholder {{{name}}}"
                );
            }
            let filled: Vec<_> =
                message.names().into_iter().map(|name| (name, Arg::Number(2))).collect();
            let said = message.say(language, &filled);
            assert!(!said.contains(['{', '}', '#']), "{key}: {said}");
        }
    }
}

#[test]
fn what_is_named_by_its_kind_has_words_for_each_kind_that_occurs_and_no_more() {
    let mails = |occurs: fn(MailKind) -> bool| {
        let kinds = MailKind::ALL.iter().filter(|kind| occurs(**kind));
        kinds.map(|kind| kind.as_str()).collect::<BTreeSet<_>>()
    };
    let answers = AnswerKind::ALL.iter().filter(|kind| kind.asks_for_something());
    let copied = || mails(MailKind::is_to_people).into_iter().chain(["copy"]).collect();
    for &language in Language::ALL {
        for (prefix, expected) in [
            ("mail.kind.", mails(|_| true)),
            // What the release of a pull that is held sends.
            ("held.mail.", mails(MailKind::is_to_people)),
            ("report.mail.", copied()),
            ("mail.digest.todo.answered-", answers.clone().map(|kind| kind.as_str()).collect()),
        ] {
            let named = words(language).keys().filter_map(|key| key.strip_prefix(prefix));
            assert_eq!(named.collect::<BTreeSet<_>>(), expected, "{language:?} {prefix}");
        }
    }
}

#[test]
fn values_take_the_form_that_the_message_asks_for() {
    let on = Arg::Date(day("2026-02-13"));
    for (message, args, expected) in [
        ("Hej {name}", [("name", "Åse".into())], "Hej Åse"),
        ("{n} mails", [("n", 12_345_i64.into())], "12.345 mails"),
        ("den {on}", [("on", on.clone())], "den 13. februar 2026"),
        ("{on:weekday}", [("on", on.clone())], "fredag den 13. februar"),
        ("{on:long}", [("on", on.clone())], "fredag den 13. februar 2026"),
        ("{on:day}", [("on", "2026-02-13".into())], "13. februar"),
        ("{on:short}", [("on", on)], "13/2"),
        ("{who:genitive} mail", [("who", "Jens".into())], "Jens' mail"),
        ("{d:duration}", [("d", 29_i64.into())], "4 uger"),
        ("{who:capital}", [("who", "æble".into())], "Æble"),
        ("{all}", [("all", vec!["A".to_owned(), "B".to_owned()].into())], "A og B"),
        ("{who}", [("who", Arg::Nothing)], ""),
        ("{at:clock}", [("at", "2026-03-02T05:04:00+01:00".into())], "kl. 05.04"),
        (
            "{at:moment}",
            [("at", "2026-03-02T05:04:00+01:00".into())],
            "mandag den 2. marts kl. 05.04",
        ),
    ] {
        assert_eq!(say(message, &args), expected);
    }
}

#[test]
fn a_number_chooses_the_words_that_go_with_it() {
    let systems = "{n?Ét system|## systemer} mangler {n?en|hver sin} systemejer";
    for (n, expected) in [
        (1_i64, "Ét system mangler en systemejer"),
        (2, "To systemer mangler hver sin systemejer"),
        (12, "Tolv systemer mangler hver sin systemejer"),
        (13, "13 systemer mangler hver sin systemejer"),
        (1_000, "1.000 systemer mangler hver sin systemejer"),
        (0, "Nul systemer mangler hver sin systemejer"),
    ] {
        assert_eq!(say(systems, &[("n", n.into())]), expected);
    }
    for (n, expected) in [(0_i64, "ingen"), (1, "én"), (2, "2")] {
        assert_eq!(say("{n?ingen|én|#}", &[("n", n.into())]), expected);
    }
    let owners = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        say("{who} {who?er|er begge} ejer", &[("who", names.into())])
    };
    assert_eq!(owners(&["A"]), "A er ejer");
    assert_eq!(owners(&["A", "B"]), "A og B er begge ejer");
}

#[test]
fn what_is_not_known_can_be_left_out() {
    let message = "Ingen ejer{since? siden {since:day}|}{gone?, og {who} er væk|}.";
    let said = |args: &Args<'_>| say(message, args);
    assert_eq!(said(&[]), "Ingen ejer.");
    assert_eq!(said(&[("since", Arg::Nothing), ("gone", false.into())]), "Ingen ejer.");
    assert_eq!(
        said(&[("since", day("2026-01-05").into()), ("gone", true.into()), ("who", "B".into())]),
        "Ingen ejer siden 5. januar, og B er væk."
    );
}

#[test]
fn what_a_value_holds_is_never_read_as_a_placeholder() {
    assert_eq!(say("{a}", &[("a", "{b} # {c?x|y}".into())]), "{b} # {c?x|y}");
    // Nor does an odd message stop a mail.
    for odd in ["{", "}", "{a", "a # b", "{a:unknown}", "{}"] {
        say(odd, &[("a", "x".into())]);
    }
    assert_eq!(say("{missing}", &[]), "{missing}");
}

#[test]
fn a_missing_key_says_its_name() {
    let danish = words(Language::Da);
    assert_eq!(danish.text("no.such"), "no.such");
    assert_eq!(danish.say("no.such", &[]), "no.such");
    assert_eq!(danish.find("no.such"), None);
    assert_eq!(danish.text("field.life-cycle.name"), "Livscyklus");
}
