//! What there is to tell of each change, and whom it concerns: the table of
//! `docs/policy.md`, "Changes", as code.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::pull_event::{NoticeDraft, PullEvent, ToIt};
use crate::model::{
    Change, Check, LifeCycle, Missing, NoticeItem, NoticeReason, PageLink, Snapshot, StateOfUse,
    SystemUsage, Tab, Transition,
};
use crate::policy::Policy;
use crate::policy::rules::case::Index;
use crate::policy::rules::decommission_incomplete::{LeftOver, left_over};
use crate::policy::rules::registration_incomplete::missing_fields;
use crate::register::changes::Dated;
use crate::text::danish;
use crate::text::links;

/// Everything that one pull's changes give to tell.
pub(super) fn news(event: &PullEvent<'_>, policy: &Policy, ui_url: &str) -> Vec<NoticeDraft> {
    let (then, now, held) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
    let builder = NoticeBuilder { event, policy, ui_url, then, now, held };
    let mut news = Vec::new();
    for change in event.changes {
        match change {
            Change::Acquired { usage, .. } => news.extend(builder.came(*usage)),
            Change::PhasingOut(to) => builder.goes(to.usage, NoticeReason::PhasingOut, &mut news),
            Change::Decommissioned(to) => {
                builder.goes(to.usage, NoticeReason::Decommissioned, &mut news);
            }
            Change::Removed { usage, .. } => builder.goes(*usage, NoticeReason::Removed, &mut news),
            Change::Revived(to) => news.extend(builder.revived(to)),
            Change::OwnerAssigned { usage, person } => {
                news.extend(builder.assigned(*usage, *person))
            }
            Change::PersonLeft { person, owned, .. } => builder.left(*person, owned, &mut news),
            _ => {}
        }
    }
    builder.handed_over(&mut news);
    news
}

struct NoticeBuilder<'a> {
    event: &'a PullEvent<'a>,
    policy: &'a Policy,
    ui_url: &'a str,
    /// The two registers read backwards, once a system goes.
    then: OnceCell<Index<'a>>,
    now: OnceCell<Index<'a>>,
    /// Usage and role of each assignment before, by person, once somebody leaves.
    held: OnceCell<BTreeMap<Uuid, Vec<(&'a SystemUsage, Uuid)>>>,
}

impl<'a> NoticeBuilder<'a> {
    /// A system that the baseline did not have: the owner is told what is missing;
    /// IT where there is none.
    fn came(&self, usage: Uuid) -> Option<NoticeDraft> {
        let after = self.event.after;
        let usage = self.covered(after, usage)?;
        // It came already shut down.
        if usage.state(after.today) == StateOfUse::Decommissioned {
            return None;
        }
        let missing = missing(after, usage, self.policy);
        let item = NoticeItem {
            links: self.links(usage.uuid, &tabs(&missing)),
            missing,
            ..self.item(NoticeReason::Acquired, after, usage)
        };
        Some(NoticeDraft { item, people: self.owners(usage), leader_of: None, it: ToIt::Else })
    }

    /// A system on its way out: the (last) owner and IT get the checklist, the
    /// owners of systems that exchange data with it are told.
    fn goes(&self, usage: Uuid, reason: NoticeReason, news: &mut Vec<NoticeDraft>) {
        let PullEvent { before, after, .. } = *self.event;
        let (at, index) = match reason {
            NoticeReason::Removed => (before, &self.then),
            _ => (after, &self.now),
        };
        let Some(usage) = self.covered(at, usage) else { return };
        // Its shutting down was told when it happened.
        if reason == NoticeReason::Removed && usage.state(at.today) == StateOfUse::Decommissioned {
            return;
        }
        let mut owners = self.owners(usage);
        // The owner may have gone in the very act of shutting the system down.
        if owners.is_empty()
            && let Some(old) = before.snapshot.usages.get(&usage.uuid)
        {
            owners = self.owners(old);
        }
        let index = index.get_or_init(|| Index::new(at.snapshot, self.policy, at.today));
        let left = left_over(at, index, usage);
        let mut item = self.item(reason, at, usage);
        item.checks = checks(&left, at.snapshot);
        if reason == NoticeReason::Decommissioned && usage.life_cycle != Some(LifeCycle::NotInUse) {
            item.end = usage.valid_to;
            item.checks.insert(0, Check::LifeCycle);
        }
        if reason == NoticeReason::Removed {
            // Its page is gone, and with it what stood there.
            let stays = |check: &Check| {
                matches!(check, Check::Contract(_) | Check::DataProcessing(_) | Check::Data)
            };
            item.checks.retain(stays);
        }
        for neighbour in left.related {
            let people = &self.owners(neighbour) - &owners;
            // What was removed is gone from `after`; what it was related to may be, too.
            if people.is_empty() || self.covered(after, neighbour.uuid).is_none() {
                continue;
            }
            // KITOS removes a system's relations with it: then none is left to remove.
            let is_left = are_related(after.snapshot, usage.uuid, neighbour.uuid);
            let tab = if is_left { Tab::Relations } else { Tab::Front };
            let told = NoticeItem {
                other: vec![item.system.clone()],
                about: usage.uuid,
                state: item.state,
                end: item.end,
                links: self.links(neighbour.uuid, &[tab]),
                ..self.item(NoticeReason::Neighbour, after, neighbour)
            };
            news.push(NoticeDraft { item: told, people, leader_of: None, it: ToIt::Never });
        }
        news.push(NoticeDraft { item, people: owners, leader_of: None, it: ToIt::Always });
    }

    fn revived(&self, to: &Transition) -> Option<NoticeDraft> {
        let usage = self.covered(self.event.after, to.usage)?;
        let mut item = self.item(NoticeReason::Revived, self.event.after, usage);
        item.put_off = to.is_by_date_alone();
        let is_told = item.put_off || item.state == StateOfUse::PhasingOut;
        item.end = usage.valid_to.filter(|_| is_told);
        Some(NoticeDraft { item, people: self.owners(usage), leader_of: None, it: ToIt::Always })
    }

    /// A new owner of a system that was there before is welcomed; not one who was
    /// its owner all along, as far as people know.
    fn assigned(&self, uuid: Uuid, person: Uuid) -> Option<NoticeDraft> {
        let usage = self.covered(self.event.after, uuid)?;
        self.event.before.snapshot.usages.get(&uuid)?;
        if self.is_back(uuid, person) {
            return None;
        }
        let missing = missing(self.event.after, usage, self.policy);
        let mut others = self.owners(usage);
        others.remove(&person);
        others.retain(|other| self.event.after.snapshot.is_member(*other));
        let item = NoticeItem {
            other: self.names(&self.gone(uuid)),
            beside: self.names(&others),
            links: self.links(uuid, &tabs(&missing)),
            missing,
            ..self.item(NoticeReason::Assigned, self.event.after, usage)
        };
        Some(NoticeDraft { item, people: [person].into(), leader_of: None, it: ToIt::Never })
    }

    /// Whoever was owner before someone else, and is still here, hears that it is
    /// no longer theirs.
    fn handed_over(&self, news: &mut Vec<NoticeDraft>) {
        let mut new_owners: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for change in self.event.changes {
            if let Change::OwnerAssigned { usage, person } = change {
                new_owners.entry(*usage).or_default().insert(*person);
            }
        }
        for (uuid, owners) in new_owners {
            let people = self.gone(uuid);
            let Some(usage) = self.covered(self.event.after, uuid) else { continue };
            if people.is_empty() {
                continue;
            }
            let item = NoticeItem {
                other: self.names(&owners),
                ..self.item(NoticeReason::HandedOver, self.event.after, usage)
            };
            news.push(NoticeDraft { item, people, leader_of: None, it: ToIt::Never });
        }
    }

    /// Someone who left with system roles: one story for IT, and for the leader of
    /// each unit that answers for a system without an owner now.
    fn left(&self, person: Uuid, owned: &BTreeSet<Uuid>, news: &mut Vec<NoticeDraft>) {
        let PullEvent { before, after, .. } = *self.event;
        let name = before.snapshot.people.get(&person).map(|person| person.name.clone());
        let held = self.held.get_or_init(|| before.snapshot.roles_by_person());
        let held = held.get(&person).map(Vec::as_slice).unwrap_or_default();
        let with_role = held.iter().map(|(usage, _)| usage.uuid);
        let was_there = |usage: &Uuid| before.snapshot.usages.contains_key(usage);
        let usages: BTreeSet<Uuid> =
            with_role.chain(owned.iter().copied().filter(was_there)).collect();
        for uuid in usages {
            let held = held.iter().filter(|(usage, _)| usage.uuid == uuid);
            let roles: BTreeSet<Uuid> = held.map(|(_, role)| *role).collect();
            let Some(usage) = self.covered(after, uuid) else { continue };
            // The ownership may have ended a pull before; the change knows.
            let owned = owned.contains(&usage.uuid) || !roles.is_disjoint(&self.policy.owner_roles);
            if !owned && roles.is_empty() || usage.state(after.today) == StateOfUse::Decommissioned
            {
                continue;
            }
            let ownerless = owned && !after.snapshot.has_owner(usage, &self.policy.owner_roles);
            let suggestions = self.event.suggestions.get(&usage.uuid).cloned();
            let role_name =
                |role: &Uuid| before.snapshot.role_types.get(role).map(|role| role.name.clone());
            let is_held = |role: &Uuid| match self.policy.owner_roles.contains(role) {
                true => !ownerless,
                false => after.snapshot.has_owner(usage, &BTreeSet::from([*role])),
            };
            let old = before.snapshot.usages.get(&uuid);
            let old_owners = old.map(|old| self.owners(old)).unwrap_or_default();
            let beside = after.snapshot.owners(usage, &self.policy.owner_roles).into_iter();
            let beside = beside.filter(|owner| old_owners.contains(&owner.uuid));
            let item = NoticeItem {
                other: name.clone().into_iter().collect(),
                beside: beside.map(|owner| owner.name.clone()).collect(),
                roles: roles.iter().filter(|role| !is_held(role)).filter_map(role_name).collect(),
                ownerless,
                suggestions: suggestions.filter(|_| ownerless).unwrap_or_default(),
                links: self.links(usage.uuid, &[Tab::Roles]),
                ..self.item(NoticeReason::Left, after, usage)
            };
            let leader_of = usage.responsible_unit.filter(|_| ownerless);
            news.push(NoticeDraft { item, people: BTreeSet::new(), leader_of, it: ToIt::Always });
        }
    }

    /// Whether the person lost the ownership within the day and has it again, and
    /// nobody had it meanwhile: whoever is removed is told only of a successor.
    fn is_back(&self, usage: Uuid, person: Uuid) -> bool {
        let mut earlier = self.event.earlier.iter().filter(|c| c.usage() == Some(usage));
        let others =
            |c: &Change| matches!(c, Change::OwnerAssigned { person: new, .. } if *new != person);
        let lost =
            |c: &Change| matches!(c, Change::OwnerRemoved { person: old, .. } if *old == person);
        earlier.clone().any(lost) && !earlier.any(others)
    }

    /// The usage at one moment, unless the policy leaves it out.
    fn covered(&self, at: Dated<'a>, uuid: Uuid) -> Option<&'a SystemUsage> {
        let usage = at.snapshot.usages.get(&uuid)?;
        (!self.policy.excludes(at.snapshot, usage)).then_some(usage)
    }

    fn owners(&self, usage: &SystemUsage) -> BTreeSet<Uuid> {
        usage.holders(&self.policy.owner_roles)
    }

    /// Who owned the usage before this pull, and does not now.
    fn gone(&self, usage: Uuid) -> BTreeSet<Uuid> {
        let PullEvent { before, after, .. } = *self.event;
        let owners = |at: Dated<'_>| {
            at.snapshot.usages.get(&usage).map(|usage| self.owners(usage)).unwrap_or_default()
        };
        &owners(before) - &owners(after)
    }

    fn names(&self, people: &BTreeSet<Uuid>) -> Vec<String> {
        let PullEvent { before, after, .. } = *self.event;
        let name = |uuid: &Uuid| {
            let person = after.snapshot.people.get(uuid).or(before.snapshot.people.get(uuid))?;
            Some(person.name.clone())
        };
        people.iter().filter_map(name).collect()
    }

    fn links(&self, usage: Uuid, tabs: &[Tab]) -> Vec<PageLink> {
        let usage = self.event.after.snapshot.kitos_uuid(usage);
        let link = |tab: &Tab| PageLink {
            tab: tab.name().to_owned(),
            url: links::page(self.ui_url, usage, *tab),
        };
        tabs.iter().map(link).collect()
    }

    fn item(&self, reason: NoticeReason, at: Dated<'_>, usage: &SystemUsage) -> NoticeItem {
        // Of a system that is gone there is no page.
        let tabs: &[Tab] = if reason == NoticeReason::Removed { &[] } else { &[Tab::Front] };
        let unit = usage.responsible_unit.and_then(|unit| at.snapshot.units.get(&unit));
        let managers = at.snapshot.owners(usage, &self.policy.manager_roles);
        NoticeItem {
            on_behalf_of: None,
            reason,
            about: usage.uuid,
            system: at.snapshot.usage_name(usage).to_owned(),
            links: self.links(usage.uuid, tabs),
            unit: unit.map(|unit| unit.name.clone()),
            managers: managers.into_iter().map(|person| person.name.clone()).collect(),
            data: usage.gdpr.personal_data(),
            state: usage.state(at.today),
            missing: Vec::new(),
            other: Vec::new(),
            beside: Vec::new(),
            end: None,
            put_off: false,
            faulty: false,
            untold: false,
            roles: Vec::new(),
            ownerless: false,
            checks: Vec::new(),
            suggestions: Vec::new(),
        }
    }
}

/// The tabs on which these are filled in, each once.
fn tabs(missing: &[Missing]) -> Vec<Tab> {
    let mut tabs = Vec::new();
    for field in missing {
        let tab = field.tab();
        if !tabs.contains(&tab) {
            tabs.push(tab);
        }
    }
    if tabs.is_empty() { vec![Tab::Front] } else { tabs }
}

/// What KITOS does not say yet and an owner must see to, as the policy requires.
fn missing(at: Dated<'_>, usage: &SystemUsage, policy: &Policy) -> Vec<Missing> {
    let ownerless = !at.snapshot.has_owner(usage, &policy.owner_roles)
        && !at.snapshot.is_unknown(Missing::Owner.as_str());
    let required = missing_fields(policy, at.snapshot, usage);
    let fields = required.into_iter().filter_map(|field| Missing::parse(field.name()));
    ownerless.then_some(Missing::Owner).into_iter().chain(fields).collect()
}

/// Whether KITOS relates one system to the other, or that to it.
fn are_related(snapshot: &Snapshot, one: Uuid, other: Uuid) -> bool {
    let names = |from: &Uuid, to: &Uuid| {
        snapshot.usages.get(from).is_some_and(|usage| usage.relations.contains(to))
    };
    names(&one, &other) || names(&other, &one)
}

/// What is left to do before a system is gone for good, made from the data.
fn checks(left: &LeftOver<'_>, snapshot: &Snapshot) -> Vec<Check> {
    let contracts = left.contracts.iter().map(|of| Check::Contract(of.name.clone()));
    let registrations = left.registrations.iter();
    let registrations = registrations.map(|of| Check::DataProcessing(of.name.clone()));
    let name = |other: &&SystemUsage| snapshot.usage_name(other).to_owned();
    let related = left.related.iter().map(|other| Check::Relation(name(other)));
    let mut units: Vec<String> = left.units.iter().map(|unit| unit.name.clone()).collect();
    units.sort_by(|a, b| danish::compare(a, b));
    let units = (!units.is_empty()).then_some(Check::Units(units));
    let end = left.lacks_end.then_some(Check::EndDate);
    let checks = contracts.chain(registrations).chain(related).chain(units).chain(end);
    checks.chain([Check::Data]).collect()
}
