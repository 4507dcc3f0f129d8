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
