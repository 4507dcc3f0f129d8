//! Holds the folders to their order, which `docs/architecture.md` shows: imports
//! only go up the list, and the core stays pure. An offence is named with file, line
//! and both layers, so that the mistake is found at once.

use std::fmt;

use crate::sources::{Named, Source, sources};

/// From the lowest to the highest; each may use those before it.
pub const LAYERS: &[&str] = &[
    "model",
    "time",
    "text",
    "register",
    "policy",
    "guard",
    "notify",
    "config",
    "kitos",
    "store",
    "mail",
    "smtp",
    "query",
    "jobs",
    "decisions",
    "checks",
    "report",
    "web",
    "daemon",
    "cli",
    "main",
];

/// The layers that decide without I/O.
const PURE: [&str; 7] = ["model", "time", "text", "register", "policy", "guard", "notify"];

/// What those must not reach for: no database, no network, no files, no threads of
/// their own.
const IMPURE: [&[&str]; 5] =
    [&["rusqlite"], &["reqwest"], &["tokio"], &["std", "fs"], &["std", "net"]];

/// The stand-in is for the demo alone.
const STANDIN: &str = "kitos_standin";

#[derive(Debug, PartialEq, Eq)]
struct Offence {
    file: String,
    line: usize,
    layer: String,
    uses: String,
}

impl fmt::Display for Offence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, layer, uses } = self;
        write!(f, "src/{file}:{line}: the layer `{layer}` must not use `{uses}`")
    }
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|name| *name == layer)
}

fn offences(source: &Source) -> Vec<Offence> {
    let Some(layer) = source.module.first() else { return Vec::new() };
    let here = rank(layer).unwrap_or_else(|| panic!("src/{} is of no known layer", source.file));
    let pure = PURE.contains(&layer.as_str());
    let forbidden = |path: &[String]| {
        let first = path.first()?;
        let begins = |names: &&[&str]| {
            path.iter().zip(*names).all(|(a, b)| a == b) && path.len() >= names.len()
        };
        if rank(first).is_some_and(|there| there > here) || (first == STANDIN && layer != "cli") {
            Some(first.clone())
        } else {
            let impure = IMPURE.iter().filter(|_| pure).find(|names| begins(names))?;
            Some(impure.join("::"))
        }
    };
    let mut found: Vec<Offence> = source
        .named()
        .filter_map(|Named { line, path }| {
            let (file, layer) = (source.file.clone(), layer.clone());
            Some(Offence { file, line: *line, layer, uses: forbidden(path)? })
        })
        .collect();
    found.sort_by_key(|offence| offence.line);
    found
}

#[test]
fn imports_only_go_up_the_list() {
    let told: Vec<String> =
        sources().iter().flat_map(offences).map(|offence| offence.to_string()).collect();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

#[test]
fn an_offence_is_named_with_file_line_and_both_layers() {
    let must_not = |place: &str, layer: &str, uses: &str| {
        vec![format!("src/{place}: the layer `{layer}` must not use `{uses}`")]
    };
    for (file, text, expected) in [
        ("guard/lists.rs", "use crate::model::Snapshot;", vec![]),
        (
            "guard/lists.rs",
            "\nuse crate::store::Store;",
            must_not("guard/lists.rs:2", "guard", "store"),
        ),
        (
            "model/mod.rs",
            "pub use crate::register::diff;",
            must_not("model/mod.rs:1", "model", "register"),
        ),
        (
            "store/a/b.rs",
            "use crate::{\n    policy::{diff, jobs::x},\n    jobs::sync,\n};",
            must_not("store/a/b.rs:3", "store", "jobs"),
        ),
        ("jobs/sync.rs", "fn f() { crate::cli::run() }", must_not("jobs/sync.rs:1", "jobs", "cli")),
        ("smtp/mod.rs", "use super::jobs::x;", must_not("smtp/mod.rs:1", "smtp", "jobs")),
        ("smtp/a.rs", "use super::super::jobs;", must_not("smtp/a.rs:1", "smtp", "jobs")),
        ("smtp/a.rs", "use super::jobs;", vec![]),
        ("daemon.rs", "use crate::cli;", must_not("daemon.rs:1", "daemon", "cli")),
        ("main.rs", "use kitos_sync::cli;", vec![]),
        ("store/a.rs", "// as crate::jobs does\nuse other_crate::jobs;", vec![]),
        ("store/a.rs", "const TEXT: &str = \"crate::jobs\";", vec![]),
        ("store/a.rs", "#[cfg(test)]\nmod tests { use crate::jobs::x; }", vec![]),
        (
            "policy/a.rs",
            "use std::{\n  fmt,\n  fs };",
            must_not("policy/a.rs:3", "policy", "std::fs"),
        ),
        (
            "policy/a.rs",
            "struct C(rusqlite::Connection);",
            must_not("policy/a.rs:1", "policy", "rusqlite"),
        ),
        (
            "policy/a.rs",
            "fn f() { tokio::spawn(f); }",
            must_not("policy/a.rs:1", "policy", "tokio"),
        ),
        ("policy/a.rs", "use reqwest::{Url};", must_not("policy/a.rs:1", "policy", "reqwest")),
        ("store/a.rs", "use std::fs; use rusqlite::Row;", vec![]),
        (
            "jobs/a.rs",
            "use kitos_standin::World;",
            must_not("jobs/a.rs:1", "jobs", "kitos_standin"),
        ),
        ("cli/demo/mod.rs", "use kitos_standin::World;", vec![]),
    ] {
        let source = Source::read(file, text);
        let told: Vec<String> = offences(&source).iter().map(ToString::to_string).collect();
        assert_eq!(told, expected, "{file}: {text}");
    }
}
