//! `docs/dependencies.md` names exactly what the program and its stand-in depend on,
//! in the versions that their `Cargo.toml` ask for: an update of `Cargo.lock` alone
//! changes no page.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Crate and version of each row below this heading.
fn named(page: &str, heading: &str) -> BTreeMap<String, String> {
    let (_, section) = page.split_once(heading).expect(heading);
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
        Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
    });
    rows.collect()
}

#[test]
fn the_page_names_exactly_the_direct_dependencies() {
    let page = read("docs/dependencies.md");
    let manifests = ["Cargo.toml", "standin/Cargo.toml"].map(|name| {
        let manifest: toml::Table = read(name).parse().expect("TOML");
        manifest
    });
    for (heading, section) in
        [("## In the program", "dependencies"), ("## In tests only", "dev-dependencies")]
    {
        let named = named(&page, heading);
        let mut expected = BTreeMap::new();
        let entries = manifests.iter().filter_map(|manifest| manifest.get(section)?.as_table());
        for (name, entry) in entries.flatten().filter(|(_, entry)| entry.get("path").is_none()) {
            let version = entry.as_str().or_else(|| entry.get("version")?.as_str());
            let version = version.expect("a version").to_owned();
            let other = expected.insert(name.clone(), version.clone());
            assert!(other.is_none_or(|other| other == version), "two versions of {name}");
        }
        assert_eq!(named, expected, "{heading}");
    }
}

#[test]
fn every_row_says_why_under_which_licence_and_who_maintains_it_since_when() {
    let page = read("docs/dependencies.md");
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [_, _, why, licence, maintainer, last] = cells[..] else { panic!("six cells: {row}") };
        assert!(!why.is_empty() && !licence.is_empty(), "{row}");
        assert!(maintainer.contains("](https://"), "{row}");
        let (day, releases) = last.split_once(" (").expect(row);
        assert!(day.parse::<chrono::NaiveDate>().is_ok(), "{row}");
        assert!(releases.trim_end_matches(')').parse::<u32>().is_ok(), "{row}");
    }
}
