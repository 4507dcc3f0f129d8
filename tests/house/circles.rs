//! No files and no folders form a circle. A path is followed to the file that
//! defines what it names: a `mod.rs` that only hands things on is looked through.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::sources::{Names, Source, sources};

/// Who uses whom, each with one thing that is used.
type Uses = BTreeMap<String, BTreeMap<String, String>>;

struct Program<'a> {
    modules: BTreeMap<&'a [String], &'a Source>,
    /// By file.
    files: BTreeMap<&'a str, &'a Source>,
}

impl<'a> Program<'a> {
    fn new(sources: &'a [Source]) -> Self {
        let modules = sources.iter().map(|source| (source.module.as_slice(), source)).collect();
        let files = sources.iter().map(|source| (source.file.as_str(), source)).collect();
        Self { modules, files }
    }

    /// The file that defines what a path names, and the name of that; `None` if it
    /// leads out of the program or names a module alone.
    fn definition(
        &self,
        path: &[String],
        seen: &mut BTreeSet<Names>,
    ) -> Option<(&'a Source, String)> {
        if !seen.insert(path.to_owned()) {
            return None;
        }
        let deepest = (0..path.len()).rev().find(|n| self.modules.contains_key(&path[..*n]))?;
        let (source, name) = (self.modules[&path[..deepest]], &path[deepest]);
        if self.modules.contains_key(path) {
            return None;
        }
        let after = &path[deepest + 1..];
        for import in source.imports.iter().filter(|import| import.name.as_ref() == Some(name)) {
            let target = [import.named.path.as_slice(), after].concat();
            if target != path
                && let Some(found) = self.definition(&target, seen)
            {
                return Some(found);
            }
        }
        if source.defines.contains(name) {
            return Some((source, name.clone()));
        }
        let mut stars = source.imports.iter().filter(|import| import.name.is_none());
        stars.find_map(|import| {
            let target = [import.named.path.as_slice(), &path[deepest..]].concat();
            self.definition(&target, seen)
        })
    }

    /// Which file uses which.
    fn files(&self) -> Uses {
        let mut uses = Uses::new();
        for source in self.modules.values() {
            for named in source.used() {
                if let Some((target, name)) = self.definition(&named.path, &mut BTreeSet::new())
                    && target.file != source.file
                {
                    let what = format!("{name} (line {})", named.line);
                    uses.entry(source.file.clone())
                        .or_default()
                        .entry(target.file.clone())
                        .or_insert(what);
                }
            }
        }
        uses
    }

    /// Which module uses which of its siblings, at any depth: where the paths of two
    /// files part.
    fn folders(&self, files: &Uses) -> Uses {
        let mut uses = Uses::new();
        for (file, targets) in files {
            for (target, what) in targets {
                let module = |file: &str| &self.files[file].module;
                let (from, to) = (module(file), module(target));
                let shared = from.iter().zip(to.iter()).take_while(|(a, b)| a == b).count();
                if from.len() > shared && to.len() > shared {
                    let (from, to) = (from[..=shared].join("/"), to[..=shared].join("/"));
                    let what = format!("{file} → {target}: {what}");
                    uses.entry(from).or_default().entry(to).or_insert(what);
                }
            }
        }
        uses
    }
}

/// The shortest circle through each node that is on one; each circle once.
fn circles(uses: &Uses) -> Vec<Vec<(String, String)>> {
    let mut found = BTreeMap::new();
    for start in uses.keys() {
        let mut from = BTreeMap::<&str, &str>::new();
        let mut ahead = VecDeque::from([start.as_str()]);
        while let Some(node) = ahead.pop_front() {
            for next in uses.get(node).into_iter().flat_map(BTreeMap::keys) {
                if !from.contains_key(next.as_str()) {
                    from.insert(next, node);
                    ahead.push_back(next);
                }
            }
        }
        if from.contains_key(start.as_str()) {
            let mut circle = Vec::new();
            let mut node = from[start.as_str()];
            while node != start {
                circle.push(node);
                node = from[node];
            }
            circle.push(start);
            circle.reverse();
            let members: BTreeSet<&str> = circle.iter().copied().collect();
            found.entry(members).or_insert(circle);
        }
    }
    let steps = |circle: &Vec<&str>| {
        let pairs = (0..circle.len()).map(|at| (circle[at], circle[(at + 1) % circle.len()]));
        pairs.map(|(from, to)| (from.to_owned(), to.to_owned())).collect::<Vec<_>>()
    };
    found.values().map(steps).collect()
}

/// Circles for a message.
fn told(uses: &Uses) -> String {
    let circles = circles(uses);
    let lines = circles.iter().map(|circle| {
        let step =
            |(from, to): &(String, String)| format!("    {from} uses {to}: {}\n", uses[from][to]);
        circle.iter().map(step).collect::<String>()
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn no_files_form_a_circle() {
    let told = told(&Program::new(sources()).files());
    assert!(told.is_empty(), "files in a circle:\n{told}");
}

#[test]
fn no_folders_form_a_circle() {
    let program = Program::new(sources());
    let told = told(&program.folders(&program.files()));
    assert!(told.is_empty(), "folders in a circle:\n{told}");
}

#[test]
fn a_circle_is_seen_through_the_files_that_only_hand_things_on() {
    let read = |files: &[(&str, &str)]| -> Vec<Source> {
        files.iter().map(|(file, text)| Source::read(file, text)).collect()
    };
    let files = |sources: &[Source]| circles(&Program::new(sources).files());
    let step = |from: &str, to: &str| (from.to_owned(), to.to_owned());

    let handed_on = "mod x;\nmod y;\npub use x::X;\npub use y::Y;";
    let x = ("a/x.rs", "pub struct X(super::Y);");
    let parted = read(&[("a/mod.rs", handed_on), x, ("a/y.rs", "pub struct Y;")]);
    assert!(files(&parted).is_empty());
    let y = ("a/y.rs", "use crate::a::{self};\npub struct Y; fn f(_: a::X) {}");
    let round = read(&[("a/mod.rs", handed_on), x, y]);
    assert_eq!(files(&round), [[step("a/x.rs", "a/y.rs"), step("a/y.rs", "a/x.rs")]]);

    // A child that takes from its own `mod.rs` what that defines.
    let parent = "mod x;\npub struct Y; fn f() -> x::X { x::X(Y) }";
    let round = read(&[("a/mod.rs", parent), x]);
    assert_eq!(files(&round), [[step("a/mod.rs", "a/x.rs"), step("a/x.rs", "a/mod.rs")]]);

    // No file is on a circle, and their folders are.
    let one = ("a/one.rs", "use crate::b::two::Two;\npub struct One;");
    let three = ("b/three.rs", "use crate::a::four::Four;\npub struct Three;");
    let others = [("a/four.rs", "pub struct Four;"), ("b/two.rs", "pub struct Two;")];
    let sources = read(&[one, three, others[0], others[1]]);
    let program = Program::new(&sources);
    assert!(circles(&program.files()).is_empty());
    let folders = circles(&program.folders(&program.files()));
    assert_eq!(folders, [[step("a", "b"), step("b", "a")]]);
}
