//! Settings of the policy that do not match KITOS or the leaders file. None of them stops
//! anything, but each may mean that a rule is silent, or a system left out, by mistake.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::error::Error;
use super::hint::Hint;
use super::leaders::{self, LeadersFile};
use super::leaders_hints::{file_hints, placed_hints};
use super::moment::Moment;
use super::policy::{Resolved, resolve};
use crate::config::Config;
use crate::model::Snapshot;
use crate::policy::roles::nearest_role;
use crate::policy::{Bindings, Policy, matches};
use crate::store::bindings;
use crate::text::names::key;
use crate::text::nearest::nearest_name;

/// What is known of the policy: before the first pull no more than the leaders file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    pub hints: Vec<Hint>,
    /// Whether all that the policy names could be looked up.
    pub looked_up: bool,
}

/// The hints on the whole policy, as far as anything was read from KITOS.
pub fn diagnostics(moment: &Moment<'_>) -> Result<Diagnostics, Error> {
    let Moment { connection, config, .. } = *moment;
    let leaders = leaders::read(config);
    let snapshot = moment.maybe_snapshot()?;
    let hints = match &snapshot {
        None => file_hints(&leaders),
        Some(snapshot) => policy_hints(config, &bindings(connection)?, snapshot, &leaders),
    };
    Ok(Diagnostics { hints, looked_up: snapshot.is_some() })
}

/// The hints on the whole policy. `bindings`: what its names
/// meant earlier, which stays right when KITOS renames it.
fn policy_hints(
    config: &Config,
    bindings: &Bindings,
    snapshot: &Snapshot,
    leaders: &LeadersFile,
) -> Vec<Hint> {
    let resolved = resolve(config, bindings, snapshot);
    let mut hints = Vec::new();
    for (key, matched) in [
        ("policy.owner_roles", &resolved.owners),
        ("policy.manager_roles", &resolved.managers),
        ("policy.contact_roles", &resolved.contacts),
    ] {
        let nearest = |name: &String| nearest_role(name, snapshot).map(str::to_owned);
        let unknown =
            |name: &String| Hint::UnknownRole { key, name: name.clone(), nearest: nearest(name) };
        hints.extend(matched.unmatched.iter().map(unknown));
        hints.extend(matched.gone.iter().map(|name| Hint::RoleGone { key, name: name.clone() }));
    }
    let units = || snapshot.units.values().map(|unit| unit.name.as_str());
    for name in &resolved.staff_units.unmatched {
        let nearest = nearest_name(name, units()).map(str::to_owned);
        hints.push(Hint::UnknownStaffUnit { name: name.clone(), nearest });
    }
    hints.extend(owners_with_api_access(&resolved.policy, snapshot));
    hints.extend(exclusions(config, bindings, &resolved, snapshot));
    hints.extend(file_hints(leaders));
    if let Some(placed) = leaders.placed(snapshot) {
        hints.extend(placed_hints(&placed, &resolved.policy, snapshot));
    }
    hints
}

fn exclusions(
    config: &Config,
    bindings: &Bindings,
    resolved: &Resolved,
    snapshot: &Snapshot,
) -> Vec<Hint> {
    let policy = &resolved.policy;
    let exclude = &config.policy.exclude;
    let names: BTreeSet<String> =
        snapshot.usages.values().map(|usage| key(snapshot.usage_name(usage))).collect();
    let fits = |pattern: &str| {
        let pattern = key(pattern);
        names.iter().any(|name| matches(&pattern, name))
    };
    let is_here = |uuid: &&Uuid| snapshot.usages.contains_key(&bindings.usage(**uuid));
    let idle_uuids = exclude.uuids.iter().filter(|uuid| !is_here(uuid));
    let idle = |name: &&String| match name.contains('*') {
        true => !fits(name),
        false => resolved.excluded.unmatched.contains(name),
    };
    let idle_names = exclude.names.iter().filter(idle);
    let mut hints: Vec<Hint> = idle_uuids
        .map(|uuid| ("policy.exclude.uuids", uuid.to_string()))
        .chain(idle_names.map(|name| ("policy.exclude.names", name.clone())))
        .map(|(key, entry)| Hint::ExcludesNothing { key, entry })
        .collect();
    let excluded = snapshot.usages.values().filter(|usage| policy.excludes(snapshot, usage));
    match excluded.count() {
        0 => {}
        usages if usages == snapshot.usages.len() => hints.push(Hint::ExcludesAll),
        usages => hints.push(Hint::Excluded { usages }),
    }
    hints
}

fn owners_with_api_access(policy: &Policy, snapshot: &Snapshot) -> Option<Hint> {
    let owners = snapshot.usages.values().flat_map(|u| snapshot.owners(u, &policy.owner_roles));
    let names: BTreeSet<&str> =
        owners.filter(|person| person.api_access).map(|person| person.name.as_str()).collect();
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    (!names.is_empty()).then_some(Hint::OwnersWithApiAccess { names })
}
