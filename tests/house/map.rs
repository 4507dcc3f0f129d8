//! The map in `docs/architecture.md` shows the folders that are there, in the order
//! that `layers` holds them to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::layers::LAYERS;
use crate::sources::sources;

#[test]
fn the_map_names_every_folder_in_its_order() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = fs::read_to_string(page).expect("the page");
    let (_, table) = page.split_once("| folder |").expect("the table of folders");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let named: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    let folders = &LAYERS[..LAYERS.len() - 1];
    assert_eq!(named, folders, "`main` has no folder");

    let there: BTreeSet<String> =
        sources().iter().filter_map(|source| source.module.first().cloned()).collect();
    assert_eq!(there, LAYERS.iter().map(|layer| (*layer).to_owned()).collect(), "below src");
}
