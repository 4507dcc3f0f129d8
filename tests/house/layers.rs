//! Holds the modules to their order: imports only go up the list in `lib.rs`,
//! and `core` stays pure. Reads the sources as text; it must name file, line
//! and both layers, so that the mistake is found at once.

use std::fmt;
use std::fs;
use std::path::Path;

/// From the lowest to the highest; each may use those before it.
const LAYERS: [&str; 17] = [
    "model", "time", "text", "register", "policy", "guard", "notify", "config", "kitos", "store",
    "mail", "smtp", "query", "jobs", "daemon", "cli", "main",
];

/// The layers that decide without I/O.
const PURE: [&str; 6] = ["time", "text", "register", "policy", "guard", "notify"];

/// What `core` must not reach for: no database, no network, no files, no
/// threads of their own.
const IMPURE: [&str; 5] = ["rusqlite", "reqwest", "tokio", "std::fs", "std::net"];

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
        write!(f, "{file}:{line}: the layer `{layer}` must not use `{uses}`")
    }
}

/// The offences of one file; `file` is its path below `src`.
fn offences(file: &str, source: &str) -> Vec<Offence> {
    let first = file.split('/').next().unwrap_or_default();
    let layer = first.strip_suffix(".rs").unwrap_or(first);
    if layer == "lib" || layer == "testing" {
        return Vec::new();
    }
    let rank = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let here = rank(layer).unwrap_or_else(|| panic!("src/{file} is of no known layer"));
    let code = without_comments(source);
    let mut found = Vec::new();
    let mut blame = |line, uses: String| {
        found.push(Offence { file: format!("src/{file}"), line, layer: layer.to_owned(), uses });
    };
    for prefix in ["crate", "kitos_sync", &supers(file)] {
        for (line, name) in below(&code, prefix) {
            if rank(&name).is_some_and(|there| there > here) {
                blame(line, name);
            }
        }
    }
    if PURE.contains(&layer) {
        for name in IMPURE {
            match name.split_once("::") {
                Some((root, wanted)) => below(&code, root)
                    .into_iter()
                    .filter(|(_, name)| name == wanted)
                    .for_each(|(line, _)| blame(line, name.to_owned())),
                None => below(&code, name)
                    .into_iter()
                    .for_each(|(line, _)| blame(line, name.to_owned())),
            }
        }
    }
    found.sort_by_key(|offence| offence.line);
    found
}

/// The chain of `super` that leads from a file's own module to the root.
fn supers(file: &str) -> String {
    let modules = file.split('/').filter(|part| *part != "mod.rs").count();
    vec!["super"; modules].join("::")
}

/// Line comments become blank. (A `//` within a string hides the rest of that
/// line, which names no module.)
fn without_comments(source: &str) -> String {
    let lines = source.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The names that directly follow `prefix::`, with their lines: one, or the
/// heads of a group in braces.
fn below(code: &str, prefix: &str) -> Vec<(usize, String)> {
    let path = format!("{prefix}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&path) {
        // `my_crate::` and `std::crate::` are other paths.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        for (offset, name) in heads(&code[at + path.len()..]) {
            let line = code[..at + path.len() + offset].matches('\n').count() + 1;
            found.push((line, name));
        }
    }
    found
}

/// The first names of what follows a `::`, each with its offset.
fn heads(rest: &str) -> Vec<(usize, String)> {
    let name_at = |at: usize| {
        let name: String =
            rest[at..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (at, name)
    };
    if !rest.starts_with('{') {
        return vec![name_at(0)];
    }
    let (mut depth, mut head, mut found) = (0, false, Vec::new());
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => head = true,
            c if head && depth == 1 && !c.is_whitespace() => {
                found.push(name_at(at));
                head = false;
            }
            _ => {}
        }
        if at == 0 {
            head = true;
        }
        if depth == 0 {
            break;
        }
    }
    found
}

/// Every Rust file below `folder`, as path relative to `root` and text.
fn sources(root: &Path, folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(sources(root, &path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root).expect("below the root").display().to_string();
            found.push((name, fs::read_to_string(&path).expect("a source file")));
        }
    }
    found
}

#[test]
fn imports_only_go_up_the_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = sources(&root, &root);
    assert!(sources.len() > 50, "only {} files found", sources.len());
    let offences: Vec<String> = sources
        .iter()
        .flat_map(|(file, source)| offences(file, source))
        .map(|offence| offence.to_string())
        .collect();
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

#[test]
fn the_layers_are_those_of_the_library() {
    let library = include_str!("../../src/lib.rs");
    for module in library.lines().filter_map(|line| line.strip_prefix("pub mod ")) {
        let module = module.trim_end_matches(';');
        assert!(LAYERS.contains(&module), "`{module}` has no place in LAYERS");
    }
}

#[test]
fn an_offence_is_named_with_file_line_and_both_layers() {
    let told =
        |file, source| offences(file, source).iter().map(ToString::to_string).collect::<Vec<_>>();
    let must_not = |place: &str, layer: &str, uses: &str| {
        vec![format!("src/{place}: the layer `{layer}` must not use `{uses}`")]
    };
    for (file, source, expected) in [
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
        (
            "policy/a.rs",
            "use std::{\n  fmt,\n  fs };",
            must_not("policy/a.rs:3", "policy", "std::fs"),
        ),
        (
            "policy/a.rs",
            "let c: rusqlite::Connection;",
            must_not("policy/a.rs:1", "policy", "rusqlite"),
        ),
        ("policy/a.rs", "tokio::spawn(f);", must_not("policy/a.rs:1", "policy", "tokio")),
        ("policy/a.rs", "std::net::lookup()", must_not("policy/a.rs:1", "policy", "std::net")),
        ("policy/a.rs", "use reqwest::{Url};", must_not("policy/a.rs:1", "policy", "reqwest")),
        ("store/a.rs", "use std::fs; use rusqlite::Row;", vec![]),
    ] {
        assert_eq!(told(file, source), expected, "{file}: {source}");
    }
}
