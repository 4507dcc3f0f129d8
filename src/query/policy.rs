//! The configured policy, resolved against what KITOS has.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::config::{self, Config};
use crate::guard::{FEW, Side, exceeds};
use crate::model::Snapshot;
use crate::policy::assess::figures;
use crate::policy::bindings::{Bound, bind};
use crate::policy::leaders::units_named;
use crate::policy::roles::{MatchedRoles, RecordedRoles, match_roles, nearest_role, role_named};
use crate::policy::{Bindings, Policy};
use crate::register::changes::Dated;
use crate::store::SnapshotRow;
use crate::text::names::{key, same};

/// The policy's owner roles do not fit what KITOS has.
#[derive(Debug, thiserror::Error)]
pub enum OwnerRoleError {
    /// They match nothing: without them every system would seem to have no owner.
    #[error("KITOS has no role type that policy.owner_roles names ({}). {hint}", names.join(", "))]
    None { names: Vec<String>, hint: String },
    /// One of several names is misspelt: the systems whose owners it means would seem to have
    /// no owner.
    #[error(
        "policy.owner_roles names \"{name}\", and KITOS has no such role type{hint}. Without it {lost} systems that had an owner the last time would count as having none. Correct the name, or take it out if that is so"
    )]
    Unknown { name: String, hint: String, lost: usize },
}

/// A policy and how its role names were matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    /// Without leaders: they are the sync's to read ([`super::leaders`]).
    pub policy: Policy,
    pub owners: MatchedRoles,
    pub managers: MatchedRoles,
    pub contacts: MatchedRoles,
    pub staff_units: Bound,
    /// Systems that are left out by their whole name.
    pub excluded: Bound,
}

/// Resolves the policy. Never fails: see [`Resolved::require_owner_role`].
pub fn resolve(config: &Config, bindings: &Bindings, snapshot: &Snapshot) -> Resolved {
    let roles = |names: &[String]| match_roles(names, &bindings.roles, snapshot);
    let config::Policy { exclude, rules, .. } = &config.policy;
    let owners = roles(&config.policy.owner_roles);
    let managers = roles(&config.policy.manager_roles);
    let contacts = roles(&config.policy.contact_roles);
    let is_unit = |uuid: &Uuid| snapshot.units.contains_key(uuid);
    let means = |name: &str| units_named(name, snapshot);
    let staff_units = bind(&config.policy.staff_units, &bindings.units, is_unit, means);
    // A pattern is not bound to systems: it means whatever fits it at the time.
    let (patterns, names): (Vec<String>, Vec<String>) =
        exclude.names.iter().cloned().partition(|name| name.contains('*'));
    let called = |name: &str| {
        let usages = snapshot.usages.values();
        let same = usages.filter(|usage| same(snapshot.usage_name(usage), name));
        same.map(|usage| usage.uuid).collect()
    };
    let is_usage = |uuid: &Uuid| snapshot.usages.contains_key(uuid);
    let excluded = bind(&names, &bindings.usages, is_usage, called);
    let by_uuid = exclude.uuids.iter().map(|uuid| bindings.usage(*uuid));
    let policy = Policy {
        owner_roles: owners.roles.clone(),
        manager_roles: managers.roles.clone(),
        contact_roles: contacts.roles.clone(),
        owner_roles_before: BTreeSet::new(),
        staff_units: staff_units.uuids.clone(),
        excluded_uuids: by_uuid.chain(excluded.uuids.iter().copied()).collect(),
        excluded_names: patterns.iter().map(|name| key(name)).collect(),
        excluded_life_cycles: exclude.lifecycles.iter().cloned().collect(),
        allowed_domains: config.mail.allowed_domains.iter().cloned().collect(),
        leaders: None,
        rules: rules
            .iter()
            .filter(|(_, setting)| setting.enabled)
            .map(|(rule, setting)| (*rule, setting.clone()))
            .collect(),
    };
    Resolved { policy, owners, managers, contacts, staff_units, excluded }
}

impl Resolved {
    /// The pull that it was resolved against, before the guard.
    pub fn side<'a>(&'a self, seen: Dated<'a>) -> Side<'a> {
        Side { seen, owners: &self.owners, policy: &self.policy }
    }

    /// All names that were matched just now, to be recorded with the snapshot.
    pub fn newly_matched(&self) -> RecordedRoles {
        [&self.owners, &self.managers, &self.contacts]
            .into_iter()
            .flat_map(|matched| matched.new.clone())
            .collect()
    }

    /// A misspelt owner role beside a good one must not mean that its systems have
    /// no owner. `last`: how the last pull was judged, against the same pull by these
    /// roles.
    pub fn require_known_owner_roles(
        &self,
        snapshot: &Snapshot,
        before: Dated<'_>,
        last: &SnapshotRow,
        max_removed: f64,
    ) -> Result<(), OwnerRoleError> {
        let Some(name) = self.owners.unmatched.first() else { return Ok(()) };
        let (in_scope, with_owner) = (last.in_scope as usize, last.with_owner as usize);
        let by_these = figures(before.snapshot, &self.policy, before.today);
        let ownerless = by_these.in_scope.saturating_sub(by_these.with_owner);
        let lost = ownerless.saturating_sub(in_scope.saturating_sub(with_owner));
        if !exceeds(lost, FEW, with_owner, max_removed) {
            return Ok(());
        }
        let hint = nearest_role(name, snapshot)
            .map_or_else(String::new, |near| format!("; the nearest is \"{near}\""));
        Err(OwnerRoleError::Unknown { name: name.clone(), hint, lost })
    }

    /// Without a single owner role nothing can be judged.
    pub fn require_owner_role(
        &self,
        config: &Config,
        snapshot: &Snapshot,
    ) -> Result<(), OwnerRoleError> {
        if !self.owners.roles.is_empty() {
            return Ok(());
        }
        let names = config.policy.owner_roles.clone();
        // The name alone would lead back to the role type that is gone.
        if let Some(role) = self.owners.gone.iter().find_map(|name| role_named(name, snapshot)) {
            let hint = format!(
                "The one that was matched is gone, and another is called \"{}\" now. If that one \
                 means owner, write its uuid in policy.owner_roles: {}",
                role.name, role.uuid
            );
            return Err(OwnerRoleError::None { names, hint });
        }
        let hint = match names.iter().find_map(|name| nearest_role(name, snapshot)) {
            Some(near) => format!("The nearest one is \"{near}\": write it in policy.owner_roles"),
            None => {
                let mut known: Vec<&str> =
                    snapshot.role_types.values().map(|role| role.name.as_str()).collect();
                known.sort_unstable();
                known.truncate(20);
                format!(
                    "It has: {}. Write the one that means owner in policy.owner_roles",
                    known.join(", ")
                )
            }
        };
        Err(OwnerRoleError::None { names, hint })
    }
}
