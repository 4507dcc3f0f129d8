//! The surroundings of a system in KITOS: roles, contracts, relations, and its tabs.

use serde::Serialize;
use uuid::Uuid;

use super::view::View;
use crate::model::{Snapshot, SystemUsage, Tab};
use crate::text::danish;

#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Surroundings {
    /// Owners first.
    pub roles: Vec<RoleHeld>,
    pub contracts: Vec<Agreement>,
    pub data_processing: Vec<Agreement>,
    /// Usages of ours that it has a relation to, or that have one to it.
    pub relations: Vec<Named>,
    pub tabs: Vec<KitosTab>,
}

/// A role that somebody has on the system now.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleHeld {
    pub role: String,
    pub owner: bool,
    pub person: String,
    pub person_uuid: Uuid,
    /// No user of the organisation any more.
    pub departed: bool,
}

/// A contract, or a registration of data processing.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    pub name: String,
    pub in_force: bool,
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Named {
    pub system_usage_uuid: Uuid,
    pub system_name: String,
}

/// A page of the system in KITOS.
#[derive(Debug, Clone, Serialize)]
pub struct KitosTab {
    pub name: &'static str,
    pub url: String,
}

pub(super) fn surroundings(view: &View<'_>, usage: &SystemUsage) -> Surroundings {
    let Snapshot { contracts, data_processing, .. } = &*view.snapshot;
    let contracts = contracts.values().filter(|one| one.usages.contains(&usage.uuid));
    let processing = data_processing.values().filter(|one| one.usages.contains(&usage.uuid));
    let agreement = |name: &String, in_force| Agreement { name: name.clone(), in_force };
    Surroundings {
        roles: roles(view, usage),
        contracts: contracts.map(|one| agreement(&one.name, one.active)).collect(),
        data_processing: processing.map(|one| agreement(&one.name, one.in_force)).collect(),
        relations: relations(view, usage),
        tabs: Tab::ALL
            .iter()
            .map(|tab| KitosTab { name: tab.name(), url: view.kitos_url(usage.uuid, *tab) })
            .collect(),
    }
}

fn roles(view: &View<'_>, usage: &SystemUsage) -> Vec<RoleHeld> {
    let held = usage.roles.iter().map(|held| RoleHeld {
        role: view.name(held.role).unwrap_or_default(),
        owner: view.policy.owner_roles.contains(&held.role),
        person: view.person_name(held.person),
        person_uuid: held.person,
        departed: !view.snapshot.is_member(held.person),
    });
    let mut roles: Vec<RoleHeld> = held.collect();
    roles.sort_by(|a, b| {
        let names = || danish::compare(&a.person, &b.person);
        b.owner.cmp(&a.owner).then_with(|| danish::compare(&a.role, &b.role)).then_with(names)
    });
    roles
}

fn relations(view: &View<'_>, usage: &SystemUsage) -> Vec<Named> {
    let usages = &view.snapshot.usages;
    let to_it = |other: &&SystemUsage| other.relations.contains(&usage.uuid);
    let from_it = |other: &&SystemUsage| usage.relations.contains(&other.uuid);
    let related = usages.values().filter(|other| to_it(other) || from_it(other));
    let mut named: Vec<Named> = related
        .map(|other| Named {
            system_usage_uuid: other.uuid,
            system_name: view.snapshot.usage_name(other).to_owned(),
        })
        .collect();
    named.sort_by(|a, b| danish::compare(&a.system_name, &b.system_name));
    named
}
