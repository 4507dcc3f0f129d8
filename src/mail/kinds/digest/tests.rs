use super::samples::usual;
use super::*;
use crate::mail::{Rendered, render};
use crate::model::{FindingLine, Language, Unreachable};
use crate::notify::digest::data::{Administration, Cause, PassedOn, Solved, Story, Task};
use crate::policy::rules::{RULES, owner_missing};

const LONG: &str = "Et meget langt navn på et system, som nogen har skrevet helt ud";

fn settings(language: Language) -> config::Mail {
    config::Mail { language, mode: MailMode::Redirect, ..config::Mail::default() }
}

fn rendered(digest: &Digest, language: Language) -> Rendered {
    let settings = settings(language);
    render(&letter(digest, &settings).unwrap(), &["it@randers.dk".to_owned()], &settings).unwrap()
}

fn system(n: usize) -> String {
    format!("Fag{n} {LONG}")
}

fn systems(from: usize, count: usize) -> Vec<String> {
    (from..from + count).map(system).collect()
}

/// More of everything than a digest shows.
fn much() -> Digest {
    let line = usual().lines.swap_remove(0);
    let lines = (0..5_000).map(|n| FindingLine {
        rule: RULES[n % RULES.len()].id,
        system: system(n),
        ..line.clone()
    });
    Digest {
        tasks: (0..12)
            .map(|n| Task::Address {
                person: format!("Person {n} {LONG}"),
                why: Unreachable::NoAddress,
                systems: systems(100 * n, 40),
                units: vec![LONG.to_owned(); 3],
            })
            .chain((0..20).map(|n| Task::FindOwner { systems: systems(50_000 + 50 * n, 40) }))
            .collect(),
        stories: RULES
            .iter()
            .enumerate()
            .map(|(n, rule)| Story {
                cause: Cause::Rule(rule.id),
                findings: 300,
                systems: systems(2_000 + 300 * n, 300),
                unit: Some(LONG.to_owned()),
            })
            .collect(),
        solved: (0..200)
            .map(|n| Solved {
                system: system(20_000 + n),
                rule: owner_missing::RULE.id,
                owner: Some(format!("Person {n} {LONG}")),
            })
            .collect(),
        lapsed: 12,
        excepted_since: 5,
        counts_again: 6,
        revived: systems(50_000, 50),
        acquired: systems(30_000, 50),
        leaving: systems(40_000, 50),
        administrations: (0..60)
            .map(|n| Administration {
                name: Some(format!("{n} {LONG}")),
                systems: 1_000,
                without_owner: 200,
                open: 5_000,
                change: -1_234,
                overdue: 3_000,
            })
            .collect(),
        passed_on: (0..50)
            .map(|n| PassedOn {
                unit: Some(format!("{n} {LONG}")),
                systems: systems(10_000 + 100 * n, 30),
                leader: format!("Person {n} {LONG}"),
                on: usual().date,
                deadline: Some(usual().date),
                is_new: n == 0,
            })
            .collect(),
        open: RULES.iter().map(|rule| (rule.id, 250)).collect(),
        lines: lines.collect(),
        ..usual()
    }
}

#[test]
fn a_digest_is_read_in_a_minute_however_much_is_open() {
    for &language in Language::ALL {
        let mail = rendered(&much(), language);
        let lines = mail.text.lines().count();
        assert!(lines <= 130, "{lines} lines:\n{}", mail.text);
        assert!(mail.html.len() <= 100_000, "{} bytes of HTML", mail.html.len());
        let wide = mail.text.lines().find(|line| line.chars().count() > 76);
        assert_eq!(wide, None, "too wide");
        let size = mail.attachment.expect("a spreadsheet").content.len();
        assert!(size < 3_000_000, "{size} bytes of spreadsheet");
    }
}

#[test]
fn each_system_stands_once() {
    let usual = rendered(&usual(), Language::Da);
    for name in ["Nøglebooking", "Arkivskabet", "Skolebesked", "Tilsynsbasen", "Skemaplan"] {
        assert_eq!(usual.text.matches(name).count(), 1, "{name} in\n{}", usual.text);
        assert_eq!(usual.html.matches(name).count(), 1, "{name}");
    }
    let much = rendered(&much(), Language::Da).text;
    // The names are cut, but their numbers are not.
    let mut named: Vec<&str> =
        much.split([' ', '\n', '(']).filter(|word| word.starts_with("Fag")).collect();
    assert!(named.len() > 30, "{much}");
    let count = named.len();
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), count, "{much}");
}

#[test]
fn the_share_says_why_it_moved() {
    let share = |part| Share { whole: 100, part };
    let moved = |before: u32, now: u32, movement| {
        let digest = Digest { share: share(now), before: Some(share(before)), movement, ..usual() };
        movement_of(&digest)
    };
    let none = crate::notify::digest::data::Movement::default();
    let with =
        |with_leavers, leavers, lost, came_without, gained| crate::notify::digest::data::Movement {
            with_leavers,
            leavers,
            lost,
            came_without,
            gained,
            closed: 0,
        };
    for (before, now, why, expected) in [
        (90, 90, none, "Det er det samme som sidst."),
        (
            90,
            81,
            with(9, 1, 0, 1, 0),
            "For en uge siden var det 90 %. Faldet skyldes, at én systemejer er væk fra KITOS, se »Nyt«.",
        ),
        (
            90,
            81,
            with(9, 2, 1, 0, 3),
            "For en uge siden var det 90 %. Faldet skyldes, at to systemejere er væk fra KITOS, se »Nyt«.",
        ),
        (
            90,
            88,
            with(0, 0, 0, 2, 0),
            "For en uge siden var det 90 %. Faldet skyldes to nye systemer uden systemejer.",
        ),
        (
            90,
            88,
            with(0, 0, 2, 0, 0),
            "For en uge siden var det 90 %. Faldet skyldes, at to systemer har mistet deres systemejer, se »Nyt«.",
        ),
        (
            88,
            90,
            with(0, 0, 0, 0, 2),
            "For en uge siden var det 88 %. Fremgangen skyldes, at to systemer har fået en systemejer.",
        ),
        (
            88,
            90,
            crate::notify::digest::data::Movement { closed: 1, ..none },
            "For en uge siden var det 88 %. Fremgangen skyldes, at ét system uden systemejer er lukket.",
        ),
        (88, 90, none, "For en uge siden var det 88 %."),
    ] {
        assert_eq!(moved(before, now, why).as_deref(), Some(expected));
    }
    let unread = Digest { nothing_read: true, ..usual() };
    assert_eq!(movement_of(&unread), None, "nothing to compare");
}

fn movement_of(digest: &Digest) -> Option<String> {
    movement(digest, words(Language::Da))
}

#[test]
fn a_system_that_is_registered_twice_is_named_once() {
    let say = |task: Task, language| {
        let words = words(language);
        todo::line(&task, words, &mut Names::new(words), Place::Mail)
    };
    let twice = |names: &[&str]| Task::Duplicate {
        systems: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    for (names, danish, english) in [
        (
            &["Nøgle Flow", "Nøgle Flow"][..],
            "Ryd op i Nøgle Flow: systemet er registreret to gange. Behold den registrering, I bruger.",
            "Tidy up Nøgle Flow: the system is registered twice. Keep the registration that you use.",
        ),
        (
            &["Aula", "Aula Skole", "Aula"],
            "Ryd op i Aula og Aula Skole: samme system er registreret tre gange. Behold den registrering, I bruger.",
            "Tidy up Aula and Aula Skole: the same system is registered three times. Keep the registration that you use.",
        ),
    ] {
        assert_eq!(say(twice(names), Language::Da), danish);
        assert_eq!(say(twice(names), Language::En), english);
    }
    let mut names = Names::new(words(Language::Da));
    let two = ["Aula", "Nova"].map(str::to_owned);
    assert_eq!(names.of(&two), two);
    assert_eq!(names.of(&two), ["i alt to af de systemer, der er nævnt ovenfor"]);
    let systems = ["Nøgle Flow", "Aula", "Nøgle Flow"].map(str::to_owned).to_vec();
    assert_eq!(
        say(Task::ChooseUnit { systems }, Language::Da),
        "Vælg en ansvarlig enhed til Nøgle Flow (to registreringer) og Aula. Indtil da er der ingen, vi kan bede om at finde en systemejer."
    );
}
