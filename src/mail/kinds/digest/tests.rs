use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::samples::usual;
use super::*;
use crate::mail::{Rendered, render};
use crate::model::{
    AnswerKind, ChangeKind, Ending, Fault, FaultArg, Finding, FindingLine, Language, TrendPoint,
    Unreachable,
};
use crate::notify::digest::data::{Administration, Cause, Named, PassedOn, Solved, Story, Task};
use crate::notify::digest::tests::{Given, ended, finding, left, no_owner, office, old, over};
use crate::notify::tests::office::Office;
use crate::policy::rules::{RULES, owner_departed, owner_missing};
use crate::testing::id;

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
        excepted_since: Named { findings: 5, systems: systems(60_000, 5) },
        counts_again: Named { findings: 6, systems: systems(61_000, 6) },
        put_off: systems(62_000, 50),
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
    assert!(named.len() > 20, "{much}");
    let count = named.len();
    named.sort_unstable();
    named.dedup();
    assert_eq!(named.len(), count, "{much}");
}

/// The systems here, of which bo owns some, and what the last digest counted.
fn given(owned: &[&str], others: &[&str], before: (u32, u32)) -> Given {
    let office = office(&[owned, others].concat());
    let office = office.edit(|snapshot| {
        owned.iter().fold(snapshot.removed("Aula"), |s, usage| s.assign(usage, "ejer", "bo"))
    });
    let (in_scope, with_owner) = before;
    let date = NaiveDate::from_ymd_opt(2026, 11, 9).expect("a day");
    let figures = vec![TrendPoint { date, in_scope, with_owner }];
    Given { figures, ..Given::new(office) }
}

fn opening(given: Given, open: Vec<Finding>) -> Given {
    Given { office: Office { open, ..given.office }, ..given }
}

#[test]
fn what_is_named_is_named_so_that_it_can_be_found() {
    let units = |n: usize| {
        ["Natur og Vand", "Vej", "Park", "Havn", "Kyst"][..n].iter().map(|unit| (*unit).to_owned())
    };
    let task = |n| {
        let task = Task::UnknownUnits { units: units(n).collect() };
        todo::line(&task, words(Language::Da), &mut Names::new(words(Language::Da)), Place::Mail)
    };
    assert!(task(2).contains("ingen enhed i KITOS hedder »Natur og Vand« eller »Vej« (længere)"));
    assert!(task(5).contains("»Natur og Vand«, »Vej«, »Park« eller 2 andre (længere)"));
    let not_used = |owners: &[&str]| {
        let task = Task::Answered {
            person: "Hans".to_owned(),
            kind: AnswerKind::NotUsed,
            owner: None,
            owners: owners.iter().map(|name| (*name).to_owned()).collect(),
            comment: None,
            systems: vec!["Vagt".to_owned()],
        };
        todo::line(&task, words(Language::Da), &mut Names::new(words(Language::Da)), Place::Mail)
    };
    assert!(not_used(&[]).ends_with("Sæt livscyklus til »Ikke i drift«."));
    assert!(not_used(&["Bo"]).ends_with("»Ikke i drift«, eller tal med systemejeren Bo."));
    let solved = Solved { system: "Vagt".to_owned(), rule: owner_missing::RULE.id, owner: None };
    let mut names = Names::new(words(Language::Da));
    names.of(&["Vagt".to_owned()]);
    let (line, named) = news::solved(&[solved], words(Language::Da), &mut names);
    assert_eq!(line.as_deref(), Some("Løst: én mangel, på et system, der er nævnt ovenfor."));
    assert_eq!(named, None);
    let put_off = ["a", "b"].map(str::to_owned).into();
    let digest = Digest { put_off, acquired: Vec::new(), leaving: Vec::new(), ..usual() };
    let news = news::news(&digest, words(Language::Da), &mut Names::new(words(Language::Da)));
    let line = news.and_then(|news| news.systems);
    assert_eq!(line.as_deref(), Some("Systemer: 2 ikke lukket alligevel (a og b)."));
}

#[test]
fn the_share_says_why_it_moved() {
    use Ending::{Closed, Lapsed, LeftOut, OwnerGone, Removed, Resolved};
    let of = |given: Given, danish: &'static str, english: &'static str| {
        let digest = given.digest();
        for (language, expected) in [(Language::Da, danish), (Language::En, english)] {
            assert_eq!(movement(&digest, words(language)).as_deref(), Some(expected));
        }
    };
    let ending = |given: Given, ended| Given { ended, ..given };
    let one_of_two = || given(&["a"], &["b"], (2, 2));
    of(
        opening(given(&["a"], &["b"], (2, 1)), vec![old(no_owner(1, "b"))]),
        "Det er det samme som sidst.",
        "That is the same as last time.",
    );
    let departed = |number, usage| left(number, usage, "gone");
    of(
        opening(
            given(&["a"], &["b", "c", "d"], (4, 4)),
            vec![departed(1, "b"), departed(2, "c"), no_owner(3, "d")],
        )
        .gone("2026-11-10"),
        "For en uge siden var det 100 %. Faldet skyldes, at én systemejer er væk fra KITOS, se »Nyt«.",
        "A week ago it was 100 %. It fell because one owner is gone from KITOS, see »New«.",
    );
    of(
        opening(given(&["a"], &["b", "c"], (1, 1)), vec![no_owner(1, "b"), no_owner(2, "c")])
            .changes(&["b", "c"].map(|usage| ("2026-11-10", ChangeKind::Acquired, usage))),
        "For en uge siden var det 100 %. Faldet skyldes, at to systemer uden systemejer er kommet til.",
        "A week ago it was 100 %. It fell because two systems without an owner have come.",
    );
    of(
        opening(given(&["a"], &["b", "c"], (3, 3)), vec![no_owner(1, "b"), no_owner(2, "c")]),
        "For en uge siden var det 100 %. Faldet skyldes, at to systemer har mistet deres systemejer, se »Nyt«.",
        "A week ago it was 100 %. It fell because two systems have lost their owner, see »New«.",
    );
    let by_policy = Finding { by_policy_change: true, ..no_owner(1, "b") };
    of(
        opening(one_of_two(), vec![by_policy]),
        "For en uge siden var det 100 %. Faldet skyldes, at reglerne er ændret, se »Nyt«.",
        "A week ago it was 100 %. It fell because the rules have changed, see »New«.",
    );
    let back = [("2026-11-10", ChangeKind::Revived, "b")];
    let only_then = "For en uge siden var det 100 %.";
    let only_then_in_english = "A week ago it was 100 %.";
    of(
        opening(one_of_two(), vec![no_owner(1, "b")]).changes(&back),
        "For en uge siden var det 100 %. Faldet skyldes, at ét system uden systemejer er kommet til.",
        "A week ago it was 100 %. It fell because one system without an owner has come.",
    );
    let shut = [("2026-11-10", ChangeKind::Removed, "c")];
    of(
        opening(given(&["a"], &["b"], (3, 2)), vec![old(no_owner(1, "b"))]).changes(&shut),
        "For en uge siden var det 67 %. Faldet skyldes, at ét system med systemejer er lukket.",
        "A week ago it was 67 %. It fell because one system with an owner was closed.",
    );
    let new = [("2026-11-10", ChangeKind::Acquired, "a"), ("2026-11-10", ChangeKind::Revived, "b")];
    of(
        opening(given(&["a", "b"], &["c"], (1, 0)), vec![old(no_owner(1, "c"))]).changes(&new),
        "For en uge siden var det 0 %. Fremgangen skyldes, at to systemer med systemejer er kommet til.",
        "A week ago it was 0 %. It rose because two systems with an owner have come.",
    );

    let all_of_two = || given(&["a", "b"], &[], (2, 1));
    let rose_by_an_owner = (
        "For en uge siden var det 50 %. Fremgangen skyldes, at ét system har fået en systemejer.",
        "A week ago it was 50 %. It rose because one system has got an owner.",
    );
    let got_one = ending(all_of_two(), vec![ended(no_owner(1, "b"), Resolved)]);
    of(got_one, rose_by_an_owner.0, rose_by_an_owner.1);
    // An exception changes who is asked, not who owns.
    let excepted = ending(all_of_two(), vec![ended(no_owner(1, "b"), Resolved)]);
    of(Given { waived_then: [1].into(), ..excepted }, rose_by_an_owner.0, rose_by_an_owner.1);
    of(
        ending(all_of_two(), vec![ended(no_owner(1, "b"), Lapsed)]),
        "For en uge siden var det 50 %. Fremgangen skyldes, at reglerne er ændret.",
        "A week ago it was 50 %. It rose because the rules have changed.",
    );
    for how in [Closed, Removed] {
        of(
            ending(given(&["a"], &[], (2, 1)), vec![ended(no_owner(1, "b"), how)]),
            "For en uge siden var det 50 %. Fremgangen skyldes, at ét system uden systemejer er lukket.",
            "A week ago it was 50 %. It rose because one system without an owner was closed.",
        );
    }
    // A line that was tidied away beside an owner who is here gave the system no owner.
    let beside =
        Fault::new("departed-beside-another").with("departed", FaultArg::Person(id("gone")));
    let tidied = ended(finding(1, owner_departed::RULE.id, "a", beside.clone()), Resolved);
    of(
        ending(given(&["a"], &[], (2, 1)), vec![tidied, ended(no_owner(2, "b"), Closed)]),
        "For en uge siden var det 50 %. Fremgangen skyldes, at ét system uden systemejer er lukket.",
        "A week ago it was 50 %. It rose because one system without an owner was closed.",
    );
    let last_went = ended(finding(1, owner_departed::RULE.id, "b", beside), OwnerGone);
    of(
        opening(ending(given(&["a"], &["b"], (2, 2)), vec![last_went]), vec![no_owner(2, "b")]),
        "For en uge siden var det 100 %. Faldet skyldes, at ét system har mistet sin systemejer, se »Nyt«.",
        "A week ago it was 100 %. It fell because one system has lost its owner, see »New«.",
    );
    // What came and went in between moved nothing; nor did an owner who had left before and
    // is gone from the system now; and of a system with two findings the last one counts.
    let (then, then_in_english) = ("For en uge siden var det 50 %.", "A week ago it was 50 %.");
    let came_and_went = ending(all_of_two(), vec![over(no_owner(1, "b"), Resolved)]);
    of(came_and_went, then, then_in_english);
    let left_out = ending(given(&["a"], &[], (2, 1)), vec![ended(no_owner(1, "b"), LeftOut)]);
    of(left_out, then, then_in_english);
    let had_left = || Finding { rule: owner_departed::RULE.id, ..left(1, "b", "gone") };
    let cleaned = ending(given(&["a"], &["b"], (1, 1)), vec![ended(had_left(), OwnerGone)]);
    of(opening(cleaned, vec![left(2, "b", "gone")]), only_then, only_then_in_english);
    let both = vec![ended(had_left(), OwnerGone), over(left(2, "b", "gone"), Resolved)];
    of(ending(all_of_two(), both), rose_by_an_owner.0, rose_by_an_owner.1);

    let unread = Digest { nothing_read: true, ..usual() };
    assert_eq!(movement(&unread, words(Language::Da)), None, "nothing to compare");
}

#[test]
fn what_went_by_itself_is_told_by_how_it_went() {
    let fallen = Ending::ALL.iter().filter(|how| !matches!(how, Ending::Resolved | Ending::Lapsed));
    let fallen: BTreeMap<Ending, u32> = fallen.copied().zip(1..).collect();
    let said = |language| {
        let digest = Digest { fallen: fallen.clone(), ..usual() };
        let words = words(language);
        news::news(&digest, words, &mut Names::new(words)).expect("news").fallen
    };
    assert_eq!(
        said(Language::Da).as_deref(),
        Some(
            "Bortfaldet: én mangel på et system, der er lukket; 2 mangler på systemer, der er \
             slettet i KITOS; 3 mangler på systemer, som reglerne ikke længere omfatter; 4 \
             mangler på systemer uden systemejer; 5 mangler på systemer, der er i brug igen."
        )
    );
    assert_eq!(
        said(Language::En).as_deref(),
        Some(
            "No longer relevant: one fault of a system that is closed; 2 faults of systems that \
             are deleted in KITOS; 3 faults of systems that are no longer covered by the rules; \
             4 faults of systems without an owner; 5 faults of systems that are in use again."
        )
    );
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
