//! Who could own a system that has no owner: up to two people, each with the
//! reason. A suggestion is for a person to judge; it must never name someone who
//! has left, cannot be told, or may not own by the other rules: no suggestion is better
//! than a forbidden one. Nothing is ever assigned by us.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{Contract, Person, Snapshot, SuggestionReason, SystemUsage};
use crate::policy::Policy;
use crate::policy::leaders::Leader;
use crate::policy::rules::{owner_level, owner_outside_unit};
use crate::register::changes::Dated;
use crate::register::history::History;
use crate::text::addresses::{folded, reachability};
use crate::text::danish;
use crate::text::names::same;

/// More would be a list, not advice.
const MOST: usize = 2;

/// People of one kind of reason, the best first.
type Offers<'a> = Box<dyn Iterator<Item = Suggestion> + 'a>;

/// Someone who could own a system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// `None` for a leader who is no user in KITOS yet.
    pub person: Option<Uuid>,
    pub name: String,
    pub email: String,
    pub reason: SuggestionReason,
}

/// The snapshot read for suggestions; made once, asked for many usages.
#[derive(Debug)]
pub struct Suggestions<'a> {
    at: Dated<'a>,
    snapshot: &'a Snapshot,
    history: &'a History,
    policy: &'a Policy,
    /// Built when the first usage without an owner is asked about.
    books: OnceCell<Books<'a>>,
}

/// The snapshot, read backwards.
#[derive(Debug, Default)]
struct Books<'a> {
    /// Present owners of each usage in scope.
    owners: BTreeMap<Uuid, Vec<Uuid>>,
    of_unit: BTreeMap<Uuid, Vec<Uuid>>,
    of_supplier: BTreeMap<Uuid, BTreeSet<Uuid>>,
    contracts: BTreeMap<Uuid, Vec<&'a Contract>>,
    /// The usages that each person owned last before someone else did.
    handed_on: BTreeMap<Uuid, Vec<Uuid>>,
    by_address: BTreeMap<String, &'a Person>,
}

impl<'a> Books<'a> {
    fn of(at: Dated<'a>, history: &History, policy: &Policy) -> Self {
        let Dated { snapshot, today } = at;
        let mut books = Self::default();
        let in_scope = |usage: &&SystemUsage| policy.in_scope(snapshot, usage, today);
        for usage in snapshot.usages.values().filter(in_scope) {
            let owners = snapshot.owners(usage, &policy.owner_roles);
            books.owners.insert(usage.uuid, owners.iter().map(|person| person.uuid).collect());
            if let Some(unit) = usage.responsible_unit {
                books.of_unit.entry(unit).or_default().push(usage.uuid);
            }
        }
        for contract in snapshot.contracts.values() {
            for usage in &contract.usages {
                books.contracts.entry(*usage).or_default().push(contract);
            }
            if let Some(supplier) = contract.supplier {
                books.of_supplier.entry(supplier).or_default().extend(&contract.usages);
            }
        }
        for (usage, last) in &history.last_owner {
            books.handed_on.entry(last.person).or_default().push(*usage);
        }
        let members = snapshot.members();
        books.by_address =
            members.filter_map(|person| Some((folded(person.email.as_deref()?), person))).collect();
        books
    }
}

/// Whether the rules on level and unit would find no fault with such an owner.
pub fn may_own(policy: &Policy, snapshot: &Snapshot, usage: &SystemUsage, email: &str) -> bool {
    let Some(leaders) = &policy.leaders else { return true };
    let leader = leaders.of_address(email);
    let level = leader.and_then(|leader| leader.level.as_deref());
    let unit = usage.responsible_unit.filter(|_| owner_outside_unit::is_on(policy));
    let is_outside = |leader: &Leader| {
        unit.is_some_and(|unit| owner_outside_unit::is_outside(leader, policy, (snapshot, unit)))
    };
    owner_level::may_own(policy, level) && !leader.is_some_and(is_outside)
}

impl<'a> Suggestions<'a> {
    pub fn new(at: Dated<'a>, history: &'a History, policy: &'a Policy) -> Self {
        Self { at, snapshot: at.snapshot, history, policy, books: OnceCell::new() }
    }

    fn books(&self) -> &Books<'a> {
        self.books.get_or_init(|| Books::of(self.at, self.history, self.policy))
    }

    /// Up to two people for `usage`; none while it has an owner. The best of each
    /// kind of reason comes before the second best of any, and each person once.
    pub fn of(&self, usage: &SystemUsage) -> Vec<Suggestion> {
        if self.snapshot.has_owner(usage, &self.policy.owner_roles) {
            return Vec::new();
        }
        // Each is looked at only when its turn comes: most have many more than are told.
        let mut kinds: [Offers<'_>; 6] = [
            Box::new(self.leader(usage)),
            self.role_holders(usage),
            self.owners_in_unit(usage),
            self.owners_of_supplier(usage),
            self.owners_under_contract(usage),
            self.successors(usage),
        ];
        let mut told = BTreeSet::new();
        std::iter::from_fn(|| {
            let turn: Vec<Suggestion> = kinds.iter_mut().filter_map(Iterator::next).collect();
            (!turn.is_empty()).then_some(turn)
        })
        .flatten()
        .filter(|suggestion| may_own(self.policy, self.snapshot, usage, &suggestion.email))
        .filter(|suggestion| told.insert(folded(&suggestion.email)))
        .take(MOST)
        .collect()
    }

    /// Policy: the owner is chosen where the system is used.
    fn leader(&self, usage: &SystemUsage) -> std::option::IntoIter<Suggestion> {
        let found = usage.responsible_unit.and_then(|unit| {
            let leads = |line: &Leader| owner_level::may_lead(self.policy, line);
            let leader = self.policy.leaders.as_ref()?.of_unit(unit, self.snapshot, &leads)?;
            let reason = SuggestionReason::LeaderOfUnit { unit: self.unit_led(leader, unit) };
            match self.books().by_address.get(&folded(&leader.email)) {
                Some(person) => self.suggestion(person, reason),
                None => self.outsider(leader, reason),
            }
        });
        found.into_iter()
    }

    /// The unit that a leader was found for, as KITOS writes it.
    fn unit_led(&self, leader: &Leader, unit: Uuid) -> String {
        let line = self.snapshot.unit_line(unit);
        let leaders = self.policy.leaders.iter();
        let mut led = leaders.flat_map(|leaders| leaders.units_of(leader));
        let led = led.find(|led| *led == unit || line.contains(led)).unwrap_or(unit);
        self.snapshot.units.get(&led).map(|unit| unit.name.clone()).unwrap_or_default()
    }

    /// A leader who is no user: fine, unless that is because of having left.
    fn outsider(&self, leader: &Leader, reason: SuggestionReason) -> Option<Suggestion> {
        let email = self.mailable(Some(&leader.email))?;
        let same_name = |person: &Person| !person.member && same(&person.name, &leader.name);
        let left = self.history.departed.contains(&folded(&leader.email))
            || self.snapshot.people.values().any(same_name);
        (!left).then(|| Suggestion { person: None, name: leader.name.clone(), email, reason })
    }

    /// Managers first, then contacts, then others; by name.
    fn role_holders<'s>(&'s self, usage: &SystemUsage) -> Offers<'s> {
        let rank = |role: &Uuid| {
            (!self.policy.manager_roles.contains(role), !self.policy.contact_roles.contains(role))
        };
        let mut holders: Vec<_> = usage
            .roles
            .iter()
            .filter(|assignment| !self.policy.owner_roles.contains(&assignment.role))
            .filter_map(|assignment| {
                let person = self.snapshot.people.get(&assignment.person)?;
                Some((rank(&assignment.role), person, assignment.role))
            })
            .collect();
        holders.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| by_name(a.1, b.1)));
        let role_name = |role: &Uuid| {
            self.snapshot.role_types.get(role).map(|role| role.name.clone()).unwrap_or_default()
        };
        Box::new(holders.into_iter().filter_map(move |(_, person, role)| {
            self.suggestion(person, SuggestionReason::HoldsRole { role: role_name(&role) })
        }))
    }

    fn owners_in_unit<'s>(&'s self, usage: &SystemUsage) -> Offers<'s> {
        let Some(unit) = usage.responsible_unit.and_then(|unit| self.snapshot.units.get(&unit))
        else {
            return Box::new(std::iter::empty());
        };
        let others = self.books().of_unit.get(&unit.uuid).into_iter().flatten();
        self.most_owning(usage, others, |systems| SuggestionReason::OwnsInUnit {
            unit: unit.name.clone(),
            systems,
        })
    }

    fn owners_of_supplier<'s>(&'s self, usage: &SystemUsage) -> Offers<'s> {
        let contracts = self.books().contracts.get(&usage.uuid).into_iter().flatten();
        let suppliers: BTreeSet<Uuid> = contracts.filter_map(|c| c.supplier).collect();
        let others: BTreeSet<&Uuid> =
            suppliers.iter().filter_map(|s| self.books().of_supplier.get(s)).flatten().collect();
        self.most_owning(usage, others, |systems| SuggestionReason::OwnsOfSupplier { systems })
    }

    fn owners_under_contract<'s>(&'s self, usage: &'s SystemUsage) -> Offers<'s> {
        let contracts = self.books().contracts.get(&usage.uuid).into_iter().flatten();
        Box::new(contracts.flat_map(|contract| {
            self.most_owning(usage, &contract.usages, |systems| {
                SuggestionReason::OwnsUnderContract { contract: contract.name.clone(), systems }
            })
        }))
    }

    fn successors<'s>(&'s self, usage: &'s SystemUsage) -> Offers<'s> {
        let last = self.history.last_owner.get(&usage.uuid).map(|last| last.person);
        // Or those whom KITOS still names, though they have left.
        let departed = usage.holders(&self.policy.owner_roles);
        Box::new(departed.into_iter().chain(last).flat_map(move |of| {
            let others = self.books().handed_on.get(&of).into_iter().flatten();
            self.most_owning(usage, others, move |systems| SuggestionReason::Successor {
                of,
                systems,
            })
        }))
    }

    /// The owners of `others`; those who own the most come first.
    fn most_owning<'s, 'u>(
        &'s self,
        usage: &SystemUsage,
        others: impl IntoIterator<Item = &'u Uuid>,
        reason: impl Fn(usize) -> SuggestionReason + 's,
    ) -> Offers<'s> {
        let mut systems: BTreeMap<Uuid, usize> = BTreeMap::new();
        for other in others.into_iter().filter(|other| **other != usage.uuid) {
            for owner in self.books().owners.get(other).into_iter().flatten() {
                *systems.entry(*owner).or_default() += 1;
            }
        }
        let mut owners: Vec<(&Person, usize)> = systems
            .into_iter()
            .filter_map(|(owner, systems)| Some((self.snapshot.people.get(&owner)?, systems)))
            .collect();
        owners.sort_by_cached_key(|(person, systems)| {
            (Reverse(*systems), danish::place(&person.name), person.uuid)
        });
        let owners = owners.into_iter();
        Box::new(
            owners.filter_map(move |(person, systems)| self.suggestion(person, reason(systems))),
        )
    }

    /// Only someone who is present and can be told.
    fn suggestion(&self, person: &Person, reason: SuggestionReason) -> Option<Suggestion> {
        let email = self.mailable(person.email.as_deref()).filter(|_| person.member)?;
        Some(Suggestion { person: Some(person.uuid), name: person.name.clone(), email, reason })
    }

    fn mailable(&self, email: Option<&str>) -> Option<String> {
        let address = reachability(email, &self.policy.allowed_domains).ok()?;
        (!self.history.refused.contains(&folded(address))).then(|| address.to_owned())
    }
}

/// Equal names by uuid, so that the order is always the same.
fn by_name(a: &Person, b: &Person) -> std::cmp::Ordering {
    danish::compare(&a.name, &b.name).then_with(|| a.uuid.cmp(&b.uuid))
}

#[cfg(test)]
mod tests;
