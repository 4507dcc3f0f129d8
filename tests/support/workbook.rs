//! Reads a workbook back, by the format's own rules and with no code of the program's:
//! sheets by name, each as rows of cells as text.

use std::collections::BTreeMap;

use super::zip::unzipped;

/// The cells of each sheet; a cell without a value is empty.
pub fn read(bytes: &[u8]) -> BTreeMap<String, Vec<Vec<String>>> {
    let parts = unzipped(bytes);
    let texts: Vec<String> = elements(&parts["xl/sharedStrings.xml"], "si")
        .into_iter()
        .map(|(_, inside)| elements(inside, "t").into_iter().map(|(_, t)| unescaped(t)).collect())
        .collect();
    let mut sheets = BTreeMap::new();
    for (number, (attributes, _)) in (1..).zip(elements(&parts["xl/workbook.xml"], "sheet")) {
        let name = unescaped(attribute(attributes, "name").expect("a name"));
        let sheet = &parts[&format!("xl/worksheets/sheet{number}.xml")];
        sheets.insert(name, rows(sheet, &texts));
    }
    sheets
}

fn rows(sheet: &str, texts: &[String]) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for (_, row) in elements(sheet, "row") {
        let mut cells = Vec::new();
        for (attributes, inside) in elements(row, "c") {
            assert!(!inside.contains("<f"), "a formula: {inside}");
            let column = attribute(attributes, "r").expect("a place");
            let letter = column.bytes().next().expect("a column");
            cells.resize(usize::from(letter - b'A'), String::new());
            let value = inside.strip_prefix("<v>").and_then(|v| v.strip_suffix("</v>"));
            cells.push(match (value, attribute(attributes, "t")) {
                (None, _) => String::new(),
                (Some(index), Some("s")) => {
                    texts[index.parse::<usize>().expect("an index")].clone()
                }
                (Some(number), _) => number.to_owned(),
            });
        }
        rows.push(cells);
    }
    rows
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = attributes.split_once(&format!(" {name}=\""))?;
    Some(rest.split_once('"')?.0)
}

/// Attributes and content of each element of that name; none holds another of it.
pub fn elements<'a>(xml: &'a str, name: &str) -> Vec<(&'a str, &'a str)> {
    let (open, close) = (format!("<{name}"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some((_, after)) = rest.split_once(&open) {
        rest = after;
        if !after.starts_with([' ', '>', '/']) {
            continue;
        }
        let (attributes, after) = after.split_once('>').expect("an end of the tag");
        match attributes.strip_suffix('/') {
            Some(attributes) => found.push((attributes, "")),
            None => {
                let (inside, after) = after.split_once(&close).expect("a closing tag");
                found.push((attributes, inside));
                rest = after;
            }
        }
    }
    found
}

/// The text that XML means; anything unescaped in it is a fault.
pub fn unescaped(xml: &str) -> String {
    assert!(!xml.contains(['<', '>']), "{xml}");
    let mut parts = xml.split('&');
    let mut text = parts.next().expect("a first part").to_owned();
    for part in parts {
        let (entity, rest) = part.split_once(';').expect("an end of the entity");
        text.push(match entity {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => panic!("&{entity}; in {xml}"),
        });
        text.push_str(rest);
    }
    text
}
