use super::*;
use crate::model::{Person, Snapshot};
use crate::testing::{id, leaders, randers};
use uuid::Uuid;

const HEADER: &str = "email;name;level;unit;manager_email\n";

fn parse(text: impl AsRef<[u8]>) -> (LeaderList, Vec<BadCell>) {
    LeaderList::parse(text.as_ref()).expect("a good header")
}

fn told(bad: &[BadCell]) -> Vec<String> {
    bad.iter().map(|bad| format!("{}: {}", bad.line, bad.why)).collect()
}

#[test]
fn it_is_read_with_danish_headers_in_any_order() {
    let text = "sep=;\r\n\r\nEnhed;E-mail;Leders e-mail;Niveau;Navn\r\n\
                Børn  &\u{a0}Unge;åse@kommune.dk;d@kommune.dk;Direktør;Åse Øster\r\n";
    let (list, bad) = parse(text);
    assert_eq!(bad, []);
    let leader = list.get(" ÅSE@kommune.dk").expect("her line");
    assert_eq!((leader.name.as_str(), leader.level.as_deref()), ("Åse Øster", Some("Direktør")));
    assert_eq!(leader.units, ["Børn & Unge"]);
    assert_eq!(leader.manager_email.as_deref(), Some("d@kommune.dk"));
}

#[test]
fn a_cell_that_cannot_be_read_costs_the_cell_and_is_named_by_the_files_own_line() {
    let text = format!(
        "{HEADER}a@k.dk;A;leder;IT;\nno address;B;leder;IT;\n;;;;\nc@k.dk;;leder;IT;\n\
         d@k.dk;D;leder;IT;-\ne@k.dk;E\nf@k.dk;F;chef;HR;ingen\n;G;leder;IT;\n"
    );
    for text in [text.clone(), text.replace('\n', "\r\n"), text.replace('\n', "\r")] {
        let (list, bad) = parse(text);
        assert_eq!(list.len(), 5);
        assert_eq!(list.get("c@k.dk").map(|l| l.name.as_str()), Some("c@k.dk"));
        assert_eq!(list.get("d@k.dk").map(|l| l.manager_email.clone()), Some(None));
        assert_eq!(
            told(&bad),
            [
                "3: email \"no address\" is no mail address: the line counts for nothing",
                "5: name is empty: the address stands for it",
                "6: manager_email \"-\" is no mail address: it is left out",
                "7: level is empty: nobody can tell whether this person may own",
                "7: unit is empty: this person leads none by this line",
                "8: manager_email \"ingen\" is no mail address: it is left out",
                "9: email is empty: the line counts for nothing",
            ]
        );
    }
}

#[test]
fn several_lines_of_one_person_are_several_units() {
    let (list, bad) = parse(format!(
        "{HEADER}a@k.dk;A;leder;IT;\nA@K.dk;A;;HR;d@k.dk\na@k.dk;A;Leder;it;\n\
         a@k.dk;A;chef;Løn;x@k.dk\n"
    ));
    let leader = list.get("a@k.dk").expect("one person");
    assert_eq!(
        (list.len(), &leader.units[..]),
        (1, ["IT", "HR", "Løn"].map(str::to_owned).as_slice())
    );
    assert_eq!(leader.level.as_deref(), Some("leder"));
    assert_eq!(leader.manager_email.as_deref(), Some("d@k.dk"));
    assert_eq!(
        told(&bad),
        [
            "3: level is empty: nobody can tell whether this person may own",
            "5: level \"chef\" differs from the \"leder\" that a@k.dk has further up; the first counts",
            "5: manager_email \"x@k.dk\" differs from the \"d@k.dk\" that a@k.dk has further up; \
             the first counts",
        ]
    );
}

#[test]
fn the_leader_of_a_unit_is_the_nearest_one_above() {
    let snapshot = randers()
        .unit("Randers", None)
        .unit("Skole", Some("Randers"))
        .unit("Skole A", Some("Skole"))
        .unit("Kultur", Some("Randers"));
    let file = format!(
        "d@k.dk;D;direktør;Randers;\nc@k.dk;C;chef;skole ;d@k.dk\n\
         l@k.dk;L;leder;Skole;c@k.dk\nx@k.dk;X;leder;{};y@k.dk\n",
        id("Skole A")
    );
    let placed = leaders(&file, &snapshot);
    for (unit, expected) in [
        // By UUID, in the unit itself.
        ("Skole A", Some("x@k.dk")),
        // Of two in one unit, the one who leads the other.
        ("Skole", Some("c@k.dk")),
        ("Kultur", Some("d@k.dk")),
        ("Randers", Some("d@k.dk")),
        ("no such unit", None),
    ] {
        let leader = placed.of_unit(id(unit), &snapshot, &|_| true).map(|l| l.email.as_str());
        assert_eq!(leader, expected, "{unit}");
    }
    // Units that lead in a circle end the search.
    let circle = randers().unit("a", Some("b")).unit("b", Some("a"));
    assert_eq!(leaders(&file, &circle).of_unit(id("a"), &circle, &|_| true), None);
}

/// "Sekretariat" twice, under "Social" and under "Teknik".
fn two_offices() -> Snapshot {
    let mut snapshot = randers()
        .unit("Randers", None)
        .unit("Social", Some("Randers"))
        .unit("Teknik", Some("Randers"))
        .unit("Sekretariat 1", Some("Social"))
        .unit("Sekretariat 2", Some("Teknik"));
    for unit in snapshot.units.values_mut().filter(|unit| unit.name.starts_with("Sek")) {
        unit.external = Some(id(&format!("FK {}", unit.name)));
        unit.name = "Sekretariat".to_owned();
    }
    snapshot
}

#[test]
fn units_of_one_name_are_settled_by_the_managers_own_place_or_not_at_all() {
    let snapshot = two_offices();
    let managers = "s@k.dk;S;chef;Social;b@k.dk\nt@k.dk;T;chef;Teknik;b@k.dk\n\
                    b@k.dk;B;direktør;Randers;\n";
    let fk = id("FK Sekretariat 2");
    for (line, expected, why) in [
        ("Sekretariat;s@k.dk", Some("Sekretariat 1"), "the manager leads Social"),
        (" sekretariat;t@k.dk", Some("Sekretariat 2"), "the manager leads Teknik"),
        ("Sekretariat;b@k.dk", None, "the manager leads both"),
        ("Sekretariat;", None, "no manager"),
        ("Sekretariat;x@k.dk", None, "a manager who is not in the file"),
        ("Sekretariat;a@k.dk", None, "their own manager"),
        (&format!("{};", id("Sekretariat 2")), Some("Sekretariat 2"), "by uuid"),
        (&format!("{fk};"), Some("Sekretariat 2"), "by FK-Organisation's uuid"),
        (
            &format!("{{{}}};", fk.to_string().to_uppercase()),
            Some("Sekretariat 2"),
            "as others write it",
        ),
    ] {
        let placed = leaders(&format!("a@k.dk;Anna;leder;{line}\n{managers}"), &snapshot);
        let led = placed.iter().find(|leader| leader.is("a@k.dk")).expect("Anna");
        let led: Vec<Uuid> = placed.units_of(led).collect();
        assert_eq!(led, Vec::from_iter(expected.map(id)), "{why}");
        let asked: Vec<usize> = placed.unsettled().iter().map(|u| u.candidates.len()).collect();
        assert_eq!(asked, if expected.is_some() { vec![] } else { vec![2] }, "{why}");
    }
    // Tina, and never Anna, for what is Teknik's.
    let two = "a@k.dk;Anna;leder;Sekretariat;s@k.dk\ntina@k.dk;Tina;leder;Sekretariat;t@k.dk\n";
    let placed = leaders(&format!("{two}{managers}"), &snapshot);
    let leader =
        |unit| placed.of_unit(id(unit), &snapshot, &|_| true).map(|leader| leader.name.as_str());
    assert_eq!(leader("Sekretariat 1"), Some("Anna"));
    assert_eq!(leader("Sekretariat 2"), Some("Tina"));
}

#[test]
fn units_that_kitos_does_not_have_are_named() {
    let placed = leaders("a@k.dk;Anna;leder;Skolr;\n", &two_offices());
    let unknown: Vec<&str> = placed.unknown().iter().map(|open| open.unit.as_str()).collect();
    assert_eq!((unknown, placed.unsettled().len()), (vec!["Skolr"], 0));
}

#[test]
fn names_that_look_alike_are_alike() {
    let snapshot = randers().unit("Børn og Unge på Å", None);
    for written in
        ["Børn og Unge pa\u{30a} A\u{30a}", "Børn\u{a0}og  Unge på Å", "BØRN OG UNGE PÅ Å "]
    {
        let placed = leaders(&format!("a@k.dk;A;leder;{written};\n"), &snapshot);
        assert_eq!(placed.in_unit(id("Børn og Unge på Å")).len(), 1, "{written:?}");
    }
}

#[test]
fn a_person_is_found_by_address() {
    let placed = leaders("c@k.dk;C;chef;IT;D@K.dk\n", &randers());
    for (email, line) in [(Some(" C@k.dk"), Some("C")), (Some("nobody@k.dk"), None), (None, None)] {
        let person = Person {
            uuid: Uuid::nil(),
            kitos_uuid: Uuid::nil(),
            name: "P".to_owned(),
            email: email.map(str::to_owned),
            member: true,
            api_access: false,
        };
        assert_eq!(placed.of_person(&person).map(|l| l.name.as_str()), line, "{email:?}");
    }
}

#[test]
fn a_person_is_found_under_the_address_before() {
    let placed = leaders("c@k.dk;C;chef;IT;\n", &randers());
    let person = |email: &str| Person {
        uuid: id("c"),
        kitos_uuid: id("c"),
        name: "C".to_owned(),
        email: Some(email.to_owned()),
        member: true,
        api_access: false,
    };
    assert_eq!(placed.of_person(&person("privat@firma.dk")), None);
    let placed = placed.follow([(id("c"), "c@k.dk".to_owned())].into());
    let line = placed.of_person(&person("privat@firma.dk"));
    assert_eq!(line.map(|line| line.name.as_str()), Some("C"));
}

#[test]
fn of_several_in_a_unit_one_at_a_level_that_leads_does() {
    let snapshot = randers().unit("IT", None);
    let placed = leaders(
        "a@k.dk;A;konsulent;IT;\nb@k.dk;B;leder;IT;\nc@k.dk;C;leder;IT;b@k.dk\n",
        &snapshot,
    );
    let leads = |line: &Leader| line.level.as_deref() == Some("leder");
    let led = |leads: &dyn Fn(&Leader) -> bool| {
        placed.of_unit(id("IT"), &snapshot, leads).map(|line| line.name.as_str())
    };
    assert_eq!(led(&leads), Some("B"));
    assert_eq!(led(&|_| false), None, "whoever only works there does not lead it");
}
