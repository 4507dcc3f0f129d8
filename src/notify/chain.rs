//! The chain of candidates for one finding, whether they can be written to or not:
//! whom the rule is for, then the next leader up, and so on. Who is really written
//! to is [`recipients`](super::recipients)'s to say.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use uuid::Uuid;

use super::directory::{Candidate, Directory};
use super::draft::RecipientId;
use crate::model::{Capacity, Finding, Person, Rule, SystemUsage};
use crate::policy::leaders::Leader;
use crate::policy::rules::{Audience, def};
use crate::text::danish;

#[derive(Debug, Clone, Copy)]
pub(super) struct Link<'a> {
    pub candidate: Candidate<'a>,
    pub capacity: Capacity,
    /// The unit that they lead.
    pub unit: Option<Uuid>,
}

#[derive(Debug, Clone)]
pub(super) struct Chain<'d, 'a> {
    directory: &'d Directory<'a>,
    finding: &'d Finding,
    /// `None` where KITOS no longer has it.
    usage: Option<&'a SystemUsage>,
    /// All of them are written to, where they can be.
    pub audience: Vec<Link<'a>>,
    /// Climbed when somebody is looked for there: most are found before.
    above: OnceCell<Vec<Link<'a>>>,
}

/// Whether the system's managers hear that they are no substitute.
pub(super) fn informs_managers(rule: Rule) -> bool {
    def(rule).audience == Audience::UnitLeader
}

pub(super) fn chain<'d, 'a>(directory: &'d Directory<'a>, finding: &'d Finding) -> Chain<'d, 'a> {
    let usage = directory.sources.snapshot.usages.get(&finding.usage);
    let audience = match (usage, def(finding.rule).audience) {
        (Some(usage), Audience::Owners) => in_order(owners(directory, usage)),
        (Some(usage), Audience::LastOwner) => in_order(owners_or_last(directory, usage)),
        _ => Vec::new(),
    };
    Chain { directory, finding, usage, audience, above: OnceCell::new() }
}

impl<'a> Chain<'_, 'a> {
    pub fn is_its_rule(&self) -> bool {
        self.usage.is_some() && def(self.finding.rule).audience == Audience::It
    }

    /// The leaders, one after the other.
    pub fn above(&self) -> &[Link<'a>] {
        self.above.get_or_init(|| {
            let Some(usage) = self.usage else { return Vec::new() };
            let directory = self.directory;
            let mut climb = Climb { directory, seen: BTreeSet::new(), links: Vec::new() };
            match def(self.finding.rule).audience {
                Audience::It => {}
                Audience::UnitLeader => climb.unit_of(usage),
                Audience::OwnersLeader => {
                    climb.leaders_of(people_named(directory, self.finding), usage);
                }
                Audience::Owners | Audience::LastOwner => {
                    let people = self.audience.iter().filter_map(|link| match link.candidate {
                        Candidate::User(person) => Some(person),
                        Candidate::Line(_) => None,
                    });
                    climb.leaders_of(people.collect(), usage);
                }
            }
            climb.links
        })
    }

    /// The people the fault is about: nobody is asked to act on themselves.
    pub fn subjects(&self) -> BTreeSet<RecipientId> {
        let people = people_named(self.directory, self.finding).into_iter();
        people.filter_map(|person| self.directory.id_of(Candidate::User(person))).collect()
    }
}

/// The leaders of `unit` and above it.
pub(super) fn above_unit<'a>(directory: &Directory<'a>, unit: Uuid) -> Vec<Link<'a>> {
    let mut climb = Climb { directory, seen: BTreeSet::new(), links: Vec::new() };
    climb.unit(Some(unit), Capacity::UnitLeader);
    climb.links
}

/// The leaders of an owner of `usage`.
pub(super) fn above_owner<'a>(
    directory: &Directory<'a>,
    owner: Uuid,
    usage: Uuid,
) -> Vec<Link<'a>> {
    let snapshot = directory.sources.snapshot;
    let mut climb = Climb { directory, seen: BTreeSet::new(), links: Vec::new() };
    if let Some((owner, usage)) = snapshot.people.get(&owner).zip(snapshot.usages.get(&usage)) {
        climb.leaders_of(vec![owner], usage);
    }
    climb.links
}

fn owners<'a>(directory: &Directory<'a>, usage: &SystemUsage) -> Vec<Link<'a>> {
    let holders = usage.holders(&directory.sources.policy.owner_roles);
    holders.iter().filter_map(|uuid| user(directory, uuid, Capacity::Owner)).collect()
}

/// The owners, and the last owner if there are none now.
fn owners_or_last<'a>(directory: &Directory<'a>, usage: &SystemUsage) -> Vec<Link<'a>> {
    let sources = directory.sources;
    let mut links = owners(directory, usage);
    if !sources.snapshot.has_owner(usage, &sources.policy.owner_roles) {
        // Whom KITOS still names, though they have left, stands there already.
        let named = usage.holders(&sources.policy.owner_roles);
        let last = sources.last_owners.get(&usage.uuid);
        let last = last.filter(|last| !named.contains(&last.person));
        links.extend(last.and_then(|last| user(directory, &last.person, Capacity::LastOwner)));
    }
    links
}

fn user<'a>(directory: &Directory<'a>, uuid: &Uuid, capacity: Capacity) -> Option<Link<'a>> {
    let person = directory.sources.snapshot.people.get(uuid)?;
    Some(Link { candidate: Candidate::User(person), capacity, unit: None })
}

/// Who is here comes first: their capacity is that of the mail.
fn in_order(mut links: Vec<Link<'_>>) -> Vec<Link<'_>> {
    links.sort_by_cached_key(|link| match link.candidate {
        Candidate::User(person) => (!person.member, danish::place(&person.name)),
        Candidate::Line(line) => (false, danish::place(&line.name)),
    });
    links
}

/// The people whom the finding names.
fn people_named<'a>(directory: &Directory<'a>, finding: &Finding) -> Vec<&'a Person> {
    let is_about_owner = def(finding.rule).audience == Audience::OwnersLeader;
    let named = finding.faults.iter().filter_map(|fault| {
        // Someone who gave up the ownership and is still here can well look for a new owner.
        let owner = fault.person("person").filter(|_| is_about_owner);
        fault.person("departed").or(owner)
    });
    named.filter_map(|uuid| directory.sources.snapshot.people.get(&uuid)).collect()
}

/// Climbs up the organisation and visits nobody twice.
struct Climb<'d, 'a> {
    directory: &'d Directory<'a>,
    seen: BTreeSet<RecipientId>,
    links: Vec<Link<'a>>,
}

impl<'a> Climb<'_, 'a> {
    fn unit_of(&mut self, usage: &SystemUsage) {
        self.unit(usage.responsible_unit, Capacity::UnitLeader);
    }

    /// The leaders of `people`, as the leaders file has them; of the system's unit
    /// where it has none of them.
    fn leaders_of(&mut self, people: Vec<&'a Person>, usage: &SystemUsage) {
        let ids: Vec<RecipientId> = people
            .into_iter()
            .filter_map(|person| self.directory.id_of(Candidate::User(person)))
            .collect();
        self.seen.extend(&ids);
        let lines: Vec<&'a Leader> =
            ids.into_iter().filter_map(|id| self.directory.line(id)).collect();
        for line in &lines {
            let unit = self.unit_led(line);
            self.above(line, unit, Capacity::OwnersLeader);
        }
        // The unit's own leader may stand below an owner who is in the file.
        if lines.is_empty() {
            self.unit_of(usage);
        }
    }

    /// The leader of `unit`, or of the nearest unit above it that has one; then up.
    fn unit(&mut self, unit: Option<Uuid>, capacity: Capacity) {
        let directory = self.directory;
        let snapshot = directory.sources.snapshot;
        for unit in unit.into_iter().flat_map(|unit| snapshot.way_up(unit)) {
            let Some(lines) = directory.lines_of(unit) else { continue };
            let mut is_new = false;
            for line in &lines.gone {
                is_new |= self.push(Candidate::Line(line), capacity, Some(unit));
            }
            if let Some(head) = lines.head {
                is_new = self.push(Candidate::Line(head), capacity, Some(unit));
            }
            // Already visited: their own leader was followed then, so stop here.
            if let Some(head) = lines.head.or(lines.head_then).filter(|_| is_new) {
                return self.above(head, Some(unit), capacity);
            }
            if let Some(staff) = lines.staff
                && self.manager(staff, capacity)
            {
                return;
            }
        }
    }

    /// The leader of `line`: the manager that it names, else the leader of the unit above.
    fn above(&mut self, line: &Leader, unit: Option<Uuid>, capacity: Capacity) {
        if !self.manager(line, capacity) {
            // Of their own unit they are the leader as a rule, and were met already.
            self.unit(unit, capacity);
        }
    }

    /// The manager that `line` names, and up from there; `false` where that is nobody new.
    fn manager(&mut self, line: &Leader, capacity: Capacity) -> bool {
        let directory = self.directory;
        let identities = directory.sources.identities;
        let manager = line.manager_email.as_deref().and_then(|to| identities.of_address(to));
        let Some(manager) = manager else { return false };
        let Some(line) = directory.line(manager) else {
            let user = directory.user(manager);
            return user.is_some_and(|user| self.push(Candidate::User(user), capacity, None));
        };
        let unit = self.unit_led(line);
        let is_new = self.push(Candidate::Line(line), capacity, unit);
        if is_new {
            self.above(line, unit, capacity);
        }
        is_new
    }

    /// The unit of a line, where it means one alone.
    fn unit_led(&self, line: &Leader) -> Option<Uuid> {
        let leaders = self.directory.sources.leaders?;
        let mut units = leaders.units_of(line);
        let only = units.next();
        only.filter(|_| units.next().is_none())
    }

    /// `false` for someone who was met before.
    fn push(&mut self, candidate: Candidate<'a>, capacity: Capacity, unit: Option<Uuid>) -> bool {
        let is_new = self.directory.id_of(candidate).is_some_and(|id| self.seen.insert(id));
        if is_new {
            self.links.push(Link { candidate, capacity, unit });
        }
        is_new
    }
}
