//! Who is the same recipient as before. What somebody was told, how often, and the pause until
//! the next mail follow the mailbox and the person behind it: through a new uuid with the same
//! address, a new address under the same uuid, and from a line of the leaders file to a user of
//! KITOS and back (`docs/policy.md`, "The right person").
//!
//! Addresses are kept as hashes only, so that forgetting someone is still one row
//! of `person`.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::draft::RecipientId;
use crate::model::{Person, Snapshot};
use crate::policy::leaders::{Leader, Leaders};
use crate::text::addresses::folded;

/// Something by which a recipient is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A user of KITOS, present or former.
    Person(Uuid),
    /// The hash of a folded address.
    Address(Uuid),
}

/// All recipients ever seen, and by what each is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identities {
    /// Makes the hashes of addresses this installation's own.
    salt: Uuid,
    marks: BTreeMap<Mark, RecipientId>,
    /// Recipients that turned out to be others.
    merged: BTreeMap<RecipientId, RecipientId>,
    last: i64,
}

impl Identities {
    /// `marks` and `merged` as they were kept.
    pub fn new(
        salt: Uuid,
        marks: impl IntoIterator<Item = (Mark, RecipientId)>,
        merged: impl IntoIterator<Item = (RecipientId, RecipientId)>,
    ) -> Self {
        let (marks, merged): (BTreeMap<_, _>, BTreeMap<_, _>) =
            (marks.into_iter().collect(), merged.into_iter().collect());
        let known = marks.values().chain(merged.keys()).chain(merged.values());
        let last = known.map(|id| id.0).max().unwrap_or_default();
        Self { salt, marks, merged, last }
    }

    pub fn marks(&self) -> impl Iterator<Item = (Mark, RecipientId)> {
        self.marks.iter().map(|(mark, id)| (*mark, *id))
    }

    pub fn merged(&self) -> impl Iterator<Item = (RecipientId, RecipientId)> {
        self.merged.iter().map(|(old, new)| (*old, *new))
    }

    pub fn of_person(&self, person: Uuid) -> Option<RecipientId> {
        self.marks.get(&Mark::Person(person)).copied()
    }

    pub fn of_address(&self, address: &str) -> Option<RecipientId> {
        self.marks.get(&self.address(address)).copied()
    }

    /// Users who have a line of the leaders file under another address than today's, and
    /// that address.
    pub fn moved(&self, leaders: &Leaders, snapshot: &Snapshot) -> BTreeMap<Uuid, String> {
        let id = |line: &Leader| Some((self.of_address(&line.email)?, folded(&line.email)));
        let lines: BTreeMap<RecipientId, String> = leaders.iter().filter_map(id).collect();
        let people = snapshot.members();
        let line = |person: &Person| lines.get(&self.of_person(person.uuid)?).cloned();
        people.filter_map(|person| Some((person.uuid, line(person)?))).collect()
    }

    /// Whom `id` stands for by now.
    pub fn canonical(&self, id: RecipientId) -> RecipientId {
        let mut here = id;
        // Each step is another merge; a longer way would be a circle.
        for _ in 0..self.merged.len() {
            let Some(next) = self.merged.get(&here) else { break };
            here = *next;
        }
        here
    }

    /// The users of KITOS, former ones too, behind each recipient.
    pub fn people(&self) -> BTreeMap<RecipientId, BTreeSet<Uuid>> {
        let mut people: BTreeMap<RecipientId, BTreeSet<Uuid>> = BTreeMap::new();
        for (mark, id) in &self.marks {
            if let Mark::Person(uuid) = mark {
                people.entry(*id).or_default().insert(*uuid);
            }
        }
        people
    }

    /// Takes in the users of the organisation as they are now.
    pub fn take_in<'a>(&mut self, people: impl IntoIterator<Item = &'a Person>) {
        let (known, new): (Vec<&Person>, Vec<&Person>) = people
            .into_iter()
            .filter(|person| person.member)
            .partition(|person| self.of_person(person.uuid).is_some());
        let mut present: BTreeMap<RecipientId, Vec<&Person>> = BTreeMap::new();
        for person in &known {
            if let Some(id) = self.of_person(person.uuid) {
                present.entry(id).or_default().push(person);
            }
        }
        // Those who are known keep what they have before anybody new takes it.
        for person in known {
            let (Some(id), Some(address)) = (self.of_person(person.uuid), address_of(person))
            else {
                continue;
            };
            let mark = self.address(address);
            match self.marks.get(&mark).copied().filter(|other| *other != id) {
                // One mailbox, and nobody else behind it now.
                Some(other) if !present.contains_key(&other) => {
                    let people = present.remove(&id).unwrap_or_default();
                    self.merge(other, id);
                    present.insert(id, people);
                }
                Some(other) if is_used(address, &present, other) => {}
                _ => {
                    self.marks.insert(mark, id);
                }
            }
        }
        for person in new {
            let mark = address_of(person).map(|address| self.address(address));
            let same = mark.and_then(|mark| self.marks.get(&mark).copied()).filter(|id| {
                // If the earlier holder of the address is still here under another one, this is
                // somebody else.
                let address = address_of(person).unwrap_or_default();
                !present.contains_key(id) || is_used(address, &present, *id)
            });
            let id = same.unwrap_or_else(|| self.fresh());
            self.marks.insert(Mark::Person(person.uuid), id);
            if let Some(mark) = mark {
                self.marks.insert(mark, id);
            }
            present.entry(id).or_default().push(person);
        }
    }

    /// The recipient with this address, known or not so far.
    pub fn take_in_address(&mut self, address: &str) -> RecipientId {
        if let Some(id) = self.of_address(address) {
            return id;
        }
        let (mark, id) = (self.address(address), self.fresh());
        self.marks.insert(mark, id);
        id
    }

    fn merge(&mut self, old: RecipientId, new: RecipientId) {
        for id in self.marks.values_mut().filter(|id| **id == old) {
            *id = new;
        }
        self.merged.insert(old, new);
    }

    fn fresh(&mut self) -> RecipientId {
        self.last += 1;
        RecipientId(self.last)
    }

    fn address(&self, address: &str) -> Mark {
        Mark::Address(Uuid::new_v5(&self.salt, folded(address).as_bytes()))
    }
}

fn address_of(person: &Person) -> Option<&str> {
    person.email.as_deref().filter(|address| !address.trim().is_empty())
}

/// Whether somebody present who is recipient `id` has this very address today.
fn is_used(address: &str, present: &BTreeMap<RecipientId, Vec<&Person>>, id: RecipientId) -> bool {
    let mut people = present.get(&id).into_iter().flatten().filter_map(|p| address_of(p));
    people.any(|other| folded(other) == folded(address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    fn user(name: &str, address: &str) -> Person {
        let email = (!address.is_empty()).then(|| format!("{address}@randers.dk"));
        Person {
            uuid: id(name),
            kitos_uuid: id(name),
            name: name.to_owned(),
            email,
            member: true,
            api_access: false,
        }
    }

    /// Pulls one after the other, each the users as `(uuid, address)`; then which of
    /// the questions (a uuid or an address each) mean the same recipient.
    fn after(pulls: &[&[(&str, &str)]]) -> Identities {
        let mut identities = Identities::default();
        for pull in pulls {
            let people: Vec<Person> = pull.iter().map(|(uuid, to)| user(uuid, to)).collect();
            identities.take_in(&people);
        }
        identities
    }

    #[test]
    fn a_recipient_stays_the_same_through_uuids_and_addresses() {
        type Pulls<'a> = &'a [&'a [(&'a str, &'a str)]];
        let cases: [(Pulls<'_>, [&str; 2], bool, &str); 9] = [
            (&[&[("a", "anna")], &[("b", "anna")]], ["a", "b"], true, "made anew"),
            (&[&[("a", "anna")], &[("b", " ANNA")]], ["a", "b"], true, "typed otherwise"),
            (&[&[("a", "anna")], &[("a", "berg")], &[("b", "berg")]], ["a", "b"], true, "moved"),
            (&[&[("a", "anna")], &[], &[("b", "anna")]], ["a", "b"], true, "back after a while"),
            (&[&[("a", "anna"), ("b", "bo")]], ["a", "b"], false, "two people"),
            (&[&[("a", "anna")], &[("a", "berg"), ("b", "anna")]], ["a", "b"], false, "reused"),
            (
                &[&[("a", "anna"), ("b", "bo")], &[("a", "bo"), ("b", "anna")]],
                ["a", "b"],
                false,
                "swapped",
            ),
            (&[&[("a", "it"), ("b", "it")]], ["a", "b"], true, "one mailbox for two"),
            (&[&[("a", ""), ("b", "")]], ["a", "b"], false, "no address is nobody's address"),
        ];
        for (pulls, [a, b], same, why) in cases {
            let identities = after(pulls);
            let of = |name| identities.of_person(id(name)).expect("taken in");
            assert_eq!(of(a) == of(b), same, "{why}");
        }
    }

    #[test]
    fn a_leader_who_becomes_a_user_is_the_same_recipient() {
        let mut identities = Identities::default();
        let leader = identities.take_in_address("lise@randers.dk");
        identities.take_in(&[user("l", "lise")]);
        assert_eq!(identities.of_person(id("l")), Some(leader));
        assert_eq!(identities.take_in_address("Lise@Randers.dk "), leader);
    }

    #[test]
    fn a_user_who_takes_a_leaders_address_is_joined_with_it() {
        let mut identities = after(&[&[("l", "lk")]]);
        let user_id = identities.of_person(id("l")).unwrap();
        let leader = identities.take_in_address("lise@randers.dk");
        assert_ne!(leader, user_id);
        identities.take_in(&[user("l", "lise")]);
        assert_eq!(identities.canonical(leader), user_id);
        assert_eq!(identities.of_address("lise@randers.dk"), Some(user_id));
    }

    #[test]
    fn what_was_kept_is_read_back_and_goes_on_counting() {
        let mut identities = after(&[&[("a", "anna")]]);
        let kept = Identities::new(Uuid::nil(), identities.marks(), identities.merged());
        assert_eq!(kept, identities);
        let next = identities.take_in_address("ny@randers.dk");
        assert_eq!(next, RecipientId(2));
    }
}
