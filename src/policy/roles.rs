//! Which KITOS role types the policy's role names mean. A name is matched once;
//! from then on the recorded uuid counts, so that a rename in KITOS alarms
//! nobody (`docs/architecture.md`, "Decisions").

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::model::{RoleType, Snapshot};
use crate::text::names::same;
use crate::text::nearest::nearest_name;

/// Name as written in the configuration → role type matched earlier.
pub type RecordedRoles = BTreeMap<String, Uuid>;

/// The verdict on a list of role names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MatchedRoles {
    pub roles: BTreeSet<Uuid>,
    /// Matched by name just now: to be recorded with the snapshot.
    pub new: RecordedRoles,
    /// Names that KITOS has no role type for.
    pub unmatched: Vec<String>,
    /// Names whose recorded role type no longer exists in KITOS.
    pub gone: Vec<String>,
}

/// Matches `names` (names or uuids) against the snapshot's role types. Names
/// compare as everywhere ([`same`]).
///
/// KITOS lets two role types have the same name, and a person who assigns a role cannot tell
/// them apart, so both are meant. With only one of them, the holders of the other would be told
/// that the system has no owner.
pub fn match_roles(
    names: &[String],
    recorded: &RecordedRoles,
    snapshot: &Snapshot,
) -> MatchedRoles {
    let mut matched = MatchedRoles::default();
    for name in names {
        let known = recorded.iter().find(|(known, _)| same(known, name)).map(|(_, role)| *role);
        if let Some(uuid) = Uuid::parse_str(name.trim()).ok().or(known) {
            if let Some(role) = snapshot.role_types.get(&uuid) {
                matched.roles.insert(uuid);
                // Where it was renamed, another of the old name is another role.
                if same(&role.name, name) {
                    matched.roles.extend(namesakes(name, snapshot).map(|role| role.uuid));
                }
                if known.is_none() {
                    matched.new.insert(name.clone(), uuid);
                }
            } else if known.is_some() {
                matched.gone.push(name.clone());
            } else {
                matched.unmatched.push(name.clone());
            }
            continue;
        }
        match role_named(name, snapshot) {
            Some(role) => {
                matched.roles.extend(namesakes(name, snapshot).map(|role| role.uuid));
                matched.new.insert(name.clone(), role.uuid);
            }
            None => matched.unmatched.push(name.clone()),
        }
    }
    matched
}

/// The role type of that name; of two, one that is still offered.
pub fn role_named<'a>(name: &str, snapshot: &'a Snapshot) -> Option<&'a RoleType> {
    namesakes(name, snapshot).min_by_key(|role| (!role.available, role.uuid))
}

fn namesakes<'a>(name: &str, snapshot: &'a Snapshot) -> impl Iterator<Item = &'a RoleType> {
    snapshot.role_types.values().filter(move |role| same(&role.name, name))
}

/// The role type whose name is nearest to `name`, for a hint.
pub fn nearest_role<'a>(name: &str, snapshot: &'a Snapshot) -> Option<&'a str> {
    nearest_name(name, snapshot.role_types.values().map(|role| role.name.as_str()))
}

#[cfg(test)]
mod tests;
