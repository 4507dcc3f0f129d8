//! Names of systems in the digest: each stands once, and no line has many.

use std::collections::BTreeSet;

use crate::mail::body::name;
use crate::text::clean;
use crate::text::words::Words;

/// How many systems are named at a time.
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
        // Each name, and how many registrations bear it.
        let mut new: Vec<(&String, usize)> = Vec::new();
        for system in systems.iter().filter(|system| !self.said.contains(*system)) {
            match new.iter_mut().find(|(name, _)| *name == system) {
                Some((_, times)) => *times += 1,
                None => new.push((system, 1)),
            }
        }
        let count = |new: &[(&String, usize)]| new.iter().map(|(_, times)| times).sum::<usize>();
        let above = systems.len() - count(&new);
        if new.len() > MOST + 1 {
            new.truncate(MOST);
        }
        self.said.extend(new.iter().map(|(system, _)| (*system).clone()));
        let others = systems.len() - count(&new);
        let mut shown: Vec<String> =
            new.iter().map(|(system, times)| self.name(system, *times)).collect();
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

    fn name(&self, system: &str, times: usize) -> String {
        let name = short(&name(self.words, system));
        if times == 1 {
            return name;
        }
        self.words.say("mail.digest.namesakes", &[("name", name.into()), ("n", times.into())])
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
