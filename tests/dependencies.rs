//! `docs/dependencies.md` names exactly what `Cargo.toml` depends on, in the
//! versions of `Cargo.lock`.

use std::collections::{BTreeMap, BTreeSet};
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
    let (page, manifest) = (read("docs/dependencies.md"), read("Cargo.toml"));
    let manifest: toml::Table = manifest.parse().expect("TOML");
    let lock: toml::Table = read("Cargo.lock").parse().expect("TOML");
    let locked: BTreeSet<(&str, &str)> = lock["package"]
        .as_array()
        .expect("packages")
        .iter()
        .filter_map(|row| {
            let version = row["version"].as_str()?;
            Some((row["name"].as_str()?, version.split('+').next()?))
        })
        .collect();
    for (heading, section) in
        [("## In the program", "dependencies"), ("## In tests only", "dev-dependencies")]
    {
        let named = named(&page, heading);
        let expected: BTreeSet<&String> =
            manifest[section].as_table().expect(section).keys().collect();
        assert_eq!(named.keys().collect::<BTreeSet<_>>(), expected, "{heading}");
        for (name, version) in &named {
            assert!(locked.contains(&(name.as_str(), version.as_str())), "{name} {version}");
        }
    }
}
