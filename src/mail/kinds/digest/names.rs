//! Names of systems in the digest: each stands once, and no line has many.

use std::collections::BTreeSet;

use crate::mail::body::name;
use crate::text::clean;
use crate::text::words::Words;

/// So many systems are named at a time.
const MOST: usize = 3;

/// Longer names are cut: the digest is read in a minute.
const LONGEST: usize = 30;

/// The systems that were named already.
pub(super) struct Names<'a> {
    words: &'a Words,
    said: BTreeSet<String>,
}

impl<'a> Names<'a> {
    pub fn new(words: &'a Words) -> Self {
        Self { words, said: BTreeSet::new() }
    }

    /// "A, B og 3 andre": those that were not named yet, and how many others. The name of
    /// a single other is no longer than that it is one.
    pub fn of(&mut self, systems: &[String]) -> Vec<String> {
        let mut new: Vec<String> =
            systems.iter().filter(|system| !self.said.contains(*system)).cloned().collect();
        let above = systems.len() - new.len();
        // Two of one name are one to whoever reads it; the number still counts both.
        new.dedup();
        if new.len() > MOST + 1 {
            new.truncate(MOST);
        }
        self.said.extend(new.iter().cloned());
        let others = systems.len() - new.len();
        let mut shown: Vec<String> =
            new.iter().map(|system| short(&name(self.words, system))).collect();
        if others > 0 {
            let key = match (new.is_empty(), others == above) {
                (true, _) => "mail.digest.count",
                (false, true) => "mail.digest.above",
                (false, false) => "mail.digest.others",
            };
            shown.push(self.words.say(key, &[("n", others.into())]));
        }
        shown
    }

    /// The same, or nothing where all of them were named.
    pub fn unless_all_said(&mut self, systems: &[String]) -> Vec<String> {
        match systems.iter().all(|system| self.said.contains(system)) {
            true => Vec::new(),
            false => self.of(systems),
        }
    }

    /// The name, unless it stood before.
    pub fn new_only(&mut self, systems: &[String], most: usize) -> Vec<String> {
        let new: Vec<String> = systems
            .iter()
            .filter(|system| !self.said.contains(*system))
            .take(most)
            .cloned()
            .collect();
        self.said.extend(new.iter().cloned());
        new.iter().map(|system| short(&name(self.words, system))).collect()
    }
}

pub(super) fn short(name: &str) -> String {
    clean::text(name, LONGEST)
}
