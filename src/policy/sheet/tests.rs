use super::*;

const COLUMNS: [Column; 2] = [
    Column { name: "email", also: &["mail"] },
    Column { name: "manager_email", also: &["leders e-mail"] },
];

#[track_caller]
fn rows(bytes: &[u8]) -> Vec<(usize, String)> {
    let rows = read(bytes, &COLUMNS).expect("a good header");
    rows.into_iter().map(|row| (row.line, row.cells.join("|"))).collect()
}

fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn it_is_read_in_every_encoding_of_a_spreadsheet() {
    let text = "E-mail;Leders e-mail\r\nåse@k.dk;ø\r\n";
    let marked = format!("\u{feff}{text}");
    let latin: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    for (bytes, why) in [
        (text.as_bytes().to_vec(), "UTF-8"),
        (marked.as_bytes().to_vec(), "UTF-8 with its mark"),
        (latin, "Windows-1252"),
        (utf16(&marked, u16::to_le_bytes), "UTF-16"),
        (utf16(&marked, u16::to_be_bytes), "UTF-16, the other way round"),
        (utf16(text, u16::to_le_bytes), "UTF-16 without its mark"),
        (utf16(text, u16::to_be_bytes), "the other way round without its mark"),
    ] {
        assert_eq!(rows(&bytes), [(2, "åse@k.dk|ø".to_owned())], "{why}");
    }
    // Letters that Latin-1 lacks.
    let bytes = b"mail;leders e-mail\nJir\x9e;IT \x96 drift\n";
    assert_eq!(rows(bytes), [(2, "Jirž|IT – drift".to_owned())]);
}

#[test]
fn cells_are_found_whatever_stands_between_them_and_before_them() {
    for (text, line) in [
        ("email;manager_email\na;b\n", 2),
        ("email,manager_email\na,b", 2),
        ("email\tmanager_email\r\na\tb\r\n", 2),
        ("email\tmanager_email\ra\tb\r", 2),
        ("sep=;\r\nemail;manager_email\r\na;b", 3),
        ("\"sep=,\"\nemail,manager_email\n\na,b", 4),
        ("sep=\t\nemail\tmanager_email\na\tb", 3),
        ("\n;;\n\nLEDERS E-MAIL;x;Mail\nb;;a\n", 5),
        ("\"e-mail\";\"leders_email\"\n\"a\";\"b\"\n", 2),
        (" E-Mail : ; Leders  e-mail\n a ;\u{a0}b \n", 2),
        // What stands in the header decides, not what stands most often.
        ("note, hvad, andet;email;manager_email\n1,2;a;b", 2),
    ] {
        assert_eq!(rows(text.as_bytes()), [(line, "a|b".to_owned())], "{text:?}");
    }
}

#[test]
fn quotation_marks_are_read_as_far_as_they_are_closed() {
    for (text, expected) in [
        ("\"a;b\";c\n", vec![(2, "a;b|c")]),
        ("\"a \"\"b\"\"\";c\nd;e\n", vec![(2, "a \"b\"|c"), (3, "d|e")]),
        ("\"a\nb\";c\nd;e\n", vec![(2, "a b|c"), (4, "d|e")]),
        ("\"a;c\nd;e\nf;g\n", vec![(2, "\"a|c"), (3, "d|e"), (4, "f|g")]),
        ("a\nb;c;d\n", vec![(2, "a|"), (3, "b|c")]),
    ] {
        let text = format!("email;manager_email\n{text}");
        let expected: Vec<_> = expected.into_iter().map(|(n, row)| (n, row.to_owned())).collect();
        assert_eq!(rows(text.as_bytes()), expected, "{text:?}");
    }
}

#[test]
fn a_wrong_header_refuses_the_file_and_says_what_to_write() {
    for (text, missing) in [
        ("", "email, manager_email"),
        ("\n\n", "email, manager_email"),
        ("navn;post\n", "email, manager_email"),
        ("mail;navn\na;b\n", "manager_email"),
    ] {
        let error = read(text.as_bytes(), &COLUMNS).expect_err(text);
        assert_eq!(error.missing, missing, "{text}");
        assert!(error.to_string().ends_with("email;manager_email"), "{error}");
    }
}
