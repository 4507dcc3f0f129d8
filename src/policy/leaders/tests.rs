use super::*;

const HEADER: &str = "email;name;level;unit;manager_email\n";

fn parse(text: impl AsRef<[u8]>) -> (Leaders, Vec<BadLine>) {
    Leaders::parse(text.as_ref()).expect("a good header")
}

#[test]
fn it_is_read_as_spreadsheets_save_it() {
    let line = "åse@kommune.dk;Åse Øster;Direktør;Børn & Unge;\n";
    let utf8 = format!("{HEADER}{line}");
    let with_mark = format!("\u{feff}{utf8}");
    let commas = utf8.replace(';', ",").replace('\n', "\r\n");
    let latin: Vec<u8> = utf8.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for bytes in [utf8.as_bytes(), with_mark.as_bytes(), commas.as_bytes(), &latin] {
        let (leaders, bad) = parse(bytes);
        assert_eq!(bad, []);
        let leader = leaders.by_email(" ÅSE@kommune.dk").expect("her line");
        assert_eq!(
            (leader.name.as_str(), leader.level.as_str(), leader.unit.as_str()),
            ("Åse Øster", "Direktør", "Børn & Unge")
        );
        assert_eq!(leader.manager_email, None);
    }
}

#[test]
fn windows_1252_has_letters_where_latin_1_has_none() {
    let mut bytes = HEADER.as_bytes().to_vec();
    bytes.extend(b"a@k.dk;Jir\x9e \x93B\x94;leder;IT \x96 drift;\n");
    let (leaders, _) = parse(bytes);
    let leader = leaders.by_email("a@k.dk").expect("the line");
    assert_eq!((leader.name.as_str(), leader.unit.as_str()), ("Jirž “B”", "IT – drift"));
}

#[test]
fn bad_lines_are_named_and_the_good_ones_stay() {
    let (leaders, bad) = parse(format!(
        "{HEADER}a@k.dk;A;leder;IT;\nno address;B;leder;IT;\n;;;;\nc@k.dk;;leder;IT;\n\
         A@K.dk;A igen;leder;IT;\nd@k.dk;D;leder;IT;chef\ne@k.dk;E\nf@k.dk;F;chef;HR;a@k.dk\n"
    ));
    assert_eq!(leaders.len(), 2);
    let told: Vec<String> = bad.iter().map(|b| format!("{}: {}", b.line, b.why)).collect();
    assert_eq!(
        told,
        [
            "3: \"no address\" is no mail address",
            "5: name is empty",
            "6: A@K.dk stands there twice; the first counts",
            "7: \"chef\" is no mail address",
            "8: level is empty",
        ]
    );
}

#[test]
fn a_wrong_header_refuses_the_file_and_says_what_to_write() {
    for (text, missing) in [
        ("", "email, name, level, unit, manager_email"),
        ("mail;navn\n", "email, name, level, unit, manager_email"),
        ("email;name;level;unit\n", "manager_email"),
    ] {
        let error = Leaders::parse(text.as_bytes()).expect_err(text);
        assert_eq!(error.missing, missing, "{text}");
        assert!(error.to_string().contains("email;name;level;unit;manager_email"));
    }
}

#[test]
fn columns_may_stand_in_any_order_and_case() {
    let (leaders, bad) = parse("Unit;EMAIL;manager_email;Level;Name\nIT;a@k.dk;b@k.dk;chef;A\n");
    assert_eq!(bad, []);
    assert_eq!(leaders.by_email("a@k.dk").map(|l| l.level.as_str()), Some("chef"));
}

#[test]
fn the_leader_of_a_unit_is_the_nearest_one_above() {
    use crate::testing::{id, randers};
    let snapshot = randers()
        .unit("Randers", None)
        .unit("Skole", Some("Randers"))
        .unit("Skole A", Some("Skole"))
        .unit("Kultur", Some("Randers"));
    let (leaders, bad) = parse(format!(
        "{HEADER}d@k.dk;D;direktør;Randers;\nc@k.dk;C;chef;skole ;d@k.dk\n\
         l@k.dk;L;leder;Skole;c@k.dk\nx@k.dk;X;leder;{};y@k.dk\n",
        id("Skole A")
    ));
    assert_eq!(bad, []);
    for (unit, expected) in [
        // By UUID, in the unit itself.
        ("Skole A", Some("x@k.dk")),
        // Of two in one unit, the one who leads the other.
        ("Skole", Some("c@k.dk")),
        ("Kultur", Some("d@k.dk")),
        ("Randers", Some("d@k.dk")),
        ("no such unit", None),
    ] {
        let leader = leaders.of_unit(id(unit), &snapshot).map(|l| l.email.as_str());
        assert_eq!(leader, expected, "{unit}");
    }
    // Units that lead in a circle end the search.
    let circle = randers().unit("a", Some("b")).unit("b", Some("a"));
    assert_eq!(leaders.of_unit(id("a"), &circle), None);
}

#[test]
fn a_person_is_found_by_address_and_so_is_their_leader() {
    let (leaders, _) = parse(format!(
        "{HEADER}d@k.dk;D;direktør;IT;\nc@k.dk;C;chef;IT;D@K.dk\nz@k.dk;Z;leder;IT;who@k.dk\n"
    ));
    let person = |email: Option<&str>| Person {
        uuid: Uuid::nil(),
        kitos_uuid: Uuid::nil(),
        name: "P".to_owned(),
        email: email.map(str::to_owned),
        member: true,
        api_access: false,
    };
    for (email, line, manager) in [
        (Some(" C@k.dk"), Some("C"), Some("D")),
        (Some("d@k.dk"), Some("D"), None),
        (Some("z@k.dk"), Some("Z"), None),
        (Some("nobody@k.dk"), None, None),
        (None, None, None),
    ] {
        let person = person(email);
        let name = |leader: Option<&Leader>| leader.map(|leader| leader.name.clone());
        assert_eq!(name(leaders.of_person(&person)).as_deref(), line, "{email:?}");
        assert_eq!(name(leaders.manager_of(&person)).as_deref(), manager, "{email:?}");
    }
}
