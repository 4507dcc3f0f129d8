//! `docs/reliability.md` against the tests that it names: all 75 rows, each with a
//! test that is there, and no test of a row that the table forgets.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROWS: usize = 75;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the table says: number and the cell of tests.
fn table() -> Vec<(usize, String)> {
    let text = read(&root().join("docs/reliability.md"));
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let number = cells.next()?.parse().ok()?;
        Some((number, cells.nth(1)?.to_owned()))
    });
    rows.collect()
}

/// `file::name` in backticks.
fn tests_in(cell: &str) -> Vec<(&str, &str)> {
    cell.split('`').skip(1).step_by(2).map(|test| test.split_once("::").expect(test)).collect()
}

#[test]
fn the_table_has_every_row_and_every_row_a_test() {
    let table = table();
    let numbers: Vec<usize> = table.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=ROWS).collect::<Vec<_>>());
    for (number, cell) in table {
        let tests = tests_in(&cell);
        if tests.is_empty() {
            assert!(cell.starts_with("pending: "), "row {number} names no test: {cell}");
            println!("PENDING row {number}: {cell}");
        }
        for (file, name) in tests {
            let source = read(&root().join(file));
            assert!(source.contains(&format!("fn {name}(")), "row {number}: {file}::{name}");
        }
    }
}

#[test]
fn no_test_of_a_row_is_missing_in_the_table() {
    let named: BTreeSet<String> = table()
        .iter()
        .flat_map(|(number, cell)| {
            let tests = tests_in(cell).into_iter().map(|(_, name)| name.to_owned());
            for name in tests.clone().filter(|name| name.starts_with("fault_")) {
                assert_eq!(name[6..8].parse(), Ok(*number), "{name}");
            }
            tests.collect::<Vec<_>>()
        })
        .collect();
    for file in fs::read_dir(root().join("tests/faults")).expect("this folder") {
        let source = read(&file.expect("a file").path());
        for name in source.split("fn fault_").skip(1).filter_map(|rest| rest.split('(').next()) {
            let number = name.get(..2).is_some_and(|n| n.parse::<usize>().is_ok());
            assert!(!number || named.contains(&format!("fault_{name}")), "fault_{name}");
        }
    }
}
