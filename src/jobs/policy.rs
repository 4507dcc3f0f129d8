//! The configured policy, resolved against what KITOS has.

use uuid::Uuid;

use crate::config::{self, Config};
use crate::core::policy::Policy;
use crate::core::roles::{MatchedRoles, RecordedRoles, match_roles, nearest_role, role_named};
use crate::model::{Rule, Snapshot};

use super::Error;

/// A policy and how its role names were matched.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolved {
    pub policy: Policy,
    pub owners: MatchedRoles,
}

/// Resolves the policy. Never fails: see [`Resolved::require_owner_role`].
pub fn resolve(config: &Config, recorded: &RecordedRoles, snapshot: &Snapshot) -> Resolved {
    let owners = match_roles(&config.policy.owner_roles, recorded, snapshot);
    let config::Policy { exclude, rules, .. } = &config.policy;
    let policy = Policy {
        owner_roles: owners.roles.clone(),
        excluded_uuids: exclude.uuids.iter().copied().collect::<std::collections::BTreeSet<Uuid>>(),
        excluded_names: exclude.names.iter().map(|name| name.to_lowercase()).collect(),
        excluded_life_cycles: exclude.lifecycles.iter().cloned().collect(),
        rules: Rule::ALL
            .into_iter()
            .filter_map(|rule| rules.get(&rule).map(|settings| (rule, settings)))
            .filter(|(_, settings)| settings.enabled)
            .map(|(rule, settings)| (rule, settings.severity))
            .collect(),
    };
    Resolved { policy, owners }
}

impl Resolved {
    /// Without a single owner role nothing can be judged.
    pub fn require_owner_role(&self, config: &Config, snapshot: &Snapshot) -> Result<(), Error> {
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
            return Err(Error::NoOwnerRole { names, hint });
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
        Err(Error::NoOwnerRole { names, hint })
    }
}
