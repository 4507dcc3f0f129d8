//! The role types that the policy names, as KITOS has them now.

use super::line::{Line, fault, note, ok};
use crate::config;
use crate::kitos::Probe;
use crate::model::{RoleType, Snapshot};
use crate::policy::roles::{MatchedRoles, RecordedRoles, match_roles, nearest_role};
use crate::text::names::same;

pub(super) const OWNER_ROLES: &str = "owner roles";

/// Owner roles must be there; the others are a hint.
pub fn roles(policy: &config::Policy, recorded: &RecordedRoles, probe: &Probe) -> Vec<Line> {
    let mut snapshot = Snapshot::empty(probe.organization.clone());
    snapshot.role_types = probe.role_types.iter().map(|role| (role.uuid, role.clone())).collect();
    let mut lines = Vec::new();
    for (what, key, names) in [
        (OWNER_ROLES, "policy.owner_roles", &policy.owner_roles),
        ("manager roles", "policy.manager_roles", &policy.manager_roles),
        ("contact roles", "policy.contact_roles", &policy.contact_roles),
    ] {
        let matched = match_roles(names, recorded, &snapshot);
        lines.push(matching((what, key), names, &matched, &snapshot));
        if what == OWNER_ROLES {
            lines.extend(renamed(&matched, names, &snapshot));
            lines.extend(withdrawn(&matched, &snapshot));
            lines.extend(use_outside(&matched, probe, &snapshot));
        }
    }
    lines
}

fn matching(
    (what, key): (&'static str, &str),
    names: &[String],
    matched: &MatchedRoles,
    snapshot: &Snapshot,
) -> Line {
    let unmatched = matched.unmatched.iter().map(|name| match nearest_role(name, snapshot) {
        Some(near) => format!("KITOS has no role type \"{name}\"; the nearest is \"{near}\""),
        None => format!("KITOS has no role type \"{name}\""),
    });
    let gone = matched.gone.iter();
    let gone = gone.map(|name| format!("KITOS has no more the role type that \"{name}\" meant"));
    let hints: Vec<String> = unmatched.chain(gone).collect();
    if hints.is_empty() {
        let count = matched.roles.len();
        let several = format!(" ({count} role types of KITOS bear these names; all count)");
        let several = if count > names.len() { several.as_str() } else { "" };
        ok(what, format!("{}{several}", names.join(", ")))
    } else if matched.roles.is_empty() && what == OWNER_ROLES {
        fault(what, format!("{}. Correct {key}", hints.join("; ")))
    } else {
        note(what, format!("{}. Correct {key}, unless that is so", hints.join("; ")))
    }
}

/// A role that KITOS calls otherwise than the configuration: it was matched before,
/// and its uuid counts.
fn renamed(matched: &MatchedRoles, names: &[String], snapshot: &Snapshot) -> Vec<Line> {
    let roles = matched.roles.iter().filter_map(|uuid| snapshot.role_types.get(uuid));
    let is_named = |role: &RoleType| {
        names.iter().any(|name| same(name, &role.name) || same(name, &role.uuid.to_string()))
    };
    let renamed = roles.filter(|role| !is_named(role));
    let line = |name: &String| {
        let detail = format!(
            "KITOS calls an owner role \"{name}\" now; it is the same role, and counts as before"
        );
        note("role renamed", detail)
    };
    renamed.map(|role| line(&role.name)).collect()
}

/// An owner role that KITOS does not offer any more: those who have it keep it.
fn withdrawn(matched: &MatchedRoles, snapshot: &Snapshot) -> Vec<Line> {
    let roles = matched.roles.iter().filter_map(|uuid| snapshot.role_types.get(uuid));
    let line = |name: &String| {
        let detail = format!(
            "KITOS does not offer \"{name}\" for new assignments any more; whoever has it still counts as owner. Name its successor in policy.owner_roles beside it, if there is one"
        );
        note("role withdrawn", detail)
    };
    roles.filter(|role| !role.available).map(|role| line(&role.name)).collect()
}

/// A local administrator can mark a role as used by an outside system; KITOS then warns anyone
/// who changes it.
fn use_outside(matched: &MatchedRoles, probe: &Probe, snapshot: &Snapshot) -> Vec<Line> {
    let Some(used) = &probe.used_externally else { return Vec::new() };
    let unmarked = matched.roles.difference(used);
    let unmarked = unmarked.filter_map(|uuid| snapshot.role_types.get(uuid));
    let unmarked = unmarked.filter(|role| role.available);
    let line = |name: &String| {
        let detail = format!(
            "let your local administrator mark \"{name}\" as \"Bruges eksternt\" in KITOS: whoever changes the role is warned then"
        );
        ok("role in use", detail)
    };
    unmarked.map(|role| line(&role.name)).collect()
}
