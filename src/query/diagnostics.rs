//! What the policy's configuration says that KITOS or the leaders file does not
//! bear out. None of it stops anything; each may mean that a rule is silent, or
//! that a system is left out, without anybody having wanted that.

use std::collections::BTreeSet;
use std::fmt;

use uuid::Uuid;

use super::error::Error;
use super::leaders::{self, LeadersFile};
use super::moment::Moment;
use super::policy::resolve;
use crate::config::Config;
use crate::model::{Person, Snapshot};
use crate::policy::leaders::{Leaders, units_named};
use crate::policy::roles::nearest_role;
use crate::policy::rules::owner_level::may_own;
use crate::policy::{Bindings, Policy, matches};
use crate::store::{bindings, current_snapshot};

/// One thing worth knowing. It shows as a sentence for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A name in one of the lists of roles.
    UnknownRole {
        key: &'static str,
        name: String,
        nearest: Option<String>,
    },
    /// The role type that a name was matched with is gone.
    RoleGone {
        key: &'static str,
        name: String,
    },
    UnknownStaffUnit {
        name: String,
        nearest: Option<String>,
    },
    /// An entry of `policy.exclude` that no system fits.
    ExcludesNothing {
        key: &'static str,
        entry: String,
    },
    Excluded {
        usages: usize,
    },
    /// The leaders file covers none, or fewer than half, of the owners.
    FewLeaders {
        covered: usize,
        owners: usize,
    },
    /// KITOS has the units of fewer than half of the leaders: whose unit is
    /// unknown leads none.
    FewLeaderUnits {
        known: usize,
        leaders: usize,
        example: String,
    },
    /// No leader's level may own.
    NoLevelOwns {
        example: String,
    },
    /// Owners who are API users cannot log in to KITOS's web pages.
    OwnersWithApiAccess {
        names: Vec<String>,
    },
    LeadersBroken {
        why: String,
    },
    BadLeadersLine {
        line: u64,
        why: String,
    },
}

impl Hint {
    /// Whether it only tells, and nothing need be done.
    pub fn is_information(&self) -> bool {
        matches!(self, Self::Excluded { .. })
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = |nearest: &Option<String>| match nearest {
            Some(name) => format!("; the nearest is \"{name}\""),
            None => String::new(),
        };
        match self {
            Self::UnknownRole { key, name, nearest } => {
                write!(f, "{key}: KITOS has no role type \"{name}\"{}", near(nearest))
            }
            Self::RoleGone { key, name } => write!(
                f,
                "{key}: the role type that \"{name}\" was matched with is gone from KITOS. Name the one that follows it"
            ),
            Self::UnknownStaffUnit { name, nearest } => {
                write!(f, "policy.staff_units: KITOS has no unit \"{name}\"{}", near(nearest))
            }
            Self::ExcludesNothing { key, entry } => {
                write!(f, "{key}: \"{entry}\" fits no system; mend it or take it out")
            }
            Self::Excluded { usages: 1 } => f.write_str("policy.exclude leaves out one system"),
            Self::Excluded { usages } => write!(f, "policy.exclude leaves out {usages} systems"),
            Self::FewLeaders { covered, owners } => write!(
                f,
                "policy.leaders_file has the addresses of {covered} of the {owners} owners. Compare how addresses are written in KITOS and in the file"
            ),
            Self::FewLeaderUnits { known, leaders, example } => write!(
                f,
                "policy.leaders_file names units, and KITOS has those of {known} of the {leaders} leaders; it has no \"{example}\". Write units as KITOS does, or by uuid"
            ),
            Self::NoLevelOwns { example } => write!(
                f,
                "policy.leaders_file has nobody of a level that policy.rules.owner-level.levels lists, but e.g. \"{example}\": every owner is at the wrong level then"
            ),
            Self::OwnersWithApiAccess { names } => write!(
                f,
                "API users cannot log in to KITOS's web pages, and these are owners: {}. Let a person own the systems, or ask the KITOS secretariat (info@kitos.dk) to take the API access away",
                names.join(", ")
            ),
            Self::LeadersBroken { why } => f.write_str(why),
            Self::BadLeadersLine { line, why } => {
                write!(f, "policy.leaders_file, line {line} is left out: {why}")
            }
        }
    }
}

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
    let snapshot = current_snapshot(connection)?;
    let looked_up = snapshot.is_some();
    let hints = match snapshot {
        None => file_hints(&leaders),
        Some(snapshot) => policy_hints(config, &bindings(connection)?, &snapshot, &leaders),
    };
    Ok(Diagnostics { hints, looked_up })
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
    for name in &config.policy.staff_units {
        if units_named(name, snapshot).is_empty() {
            let nearest = nearest_name(name, units());
            hints.push(Hint::UnknownStaffUnit { name: name.clone(), nearest });
        }
    }
    hints.extend(owners_with_api_access(&resolved.policy, snapshot));
    hints.extend(exclusions(config, bindings, &resolved.policy, snapshot));
    hints.extend(file_hints(leaders));
    if let LeadersFile::Read { leaders, .. } = leaders {
        hints.extend(coverage(leaders, &resolved.policy, snapshot));
        hints.extend(units_of_leaders(leaders, snapshot));
        hints.extend(levels_of_leaders(leaders, &resolved.policy));
    }
    hints
}

/// The hints that need no snapshot: on the leaders file itself.
pub fn file_hints(leaders: &LeadersFile) -> Vec<Hint> {
    match leaders {
        LeadersFile::None => Vec::new(),
        LeadersFile::Broken(why) => vec![Hint::LeadersBroken { why: why.clone() }],
        LeadersFile::Read { bad, .. } => bad
            .iter()
            .map(|bad| Hint::BadLeadersLine { line: bad.line, why: bad.why.clone() })
            .collect(),
    }
}

fn exclusions(
    config: &Config,
    bindings: &Bindings,
    policy: &Policy,
    snapshot: &Snapshot,
) -> Vec<Hint> {
    let exclude = &config.policy.exclude;
    let names: BTreeSet<String> =
        snapshot.usages.values().map(|usage| snapshot.usage_name(usage).to_lowercase()).collect();
    let fits = |pattern: &str| {
        let pattern = pattern.to_lowercase();
        names.iter().any(|name| matches(&pattern, name))
    };
    let is_here = |uuid: &&Uuid| snapshot.usages.contains_key(&bindings.usage(**uuid));
    let idle_uuids = exclude.uuids.iter().filter(|uuid| !is_here(uuid));
    let idle_names = exclude.names.iter().filter(|pattern| !fits(pattern));
    let mut hints: Vec<Hint> = idle_uuids
        .map(|uuid| ("policy.exclude.uuids", uuid.to_string()))
        .chain(idle_names.map(|name| ("policy.exclude.names", name.clone())))
        .map(|(key, entry)| Hint::ExcludesNothing { key, entry })
        .collect();
    let excluded = snapshot.usages.values().filter(|usage| policy.excludes(snapshot, usage));
    match excluded.count() {
        0 => {}
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

/// How many of the owners the leaders file knows, where that is too few.
fn coverage(leaders: &Leaders, policy: &Policy, snapshot: &Snapshot) -> Option<Hint> {
    let owners: BTreeSet<_> = snapshot
        .usages
        .values()
        .flat_map(|usage| snapshot.owners(usage, &policy.owner_roles))
        .map(|person| person.uuid)
        .collect();
    let in_file = |person: &&Person| leaders.of_person(person).is_some();
    let covered =
        owners.iter().filter_map(|uuid| snapshot.people.get(uuid)).filter(in_file).count();
    (covered * 2 < owners.len()).then_some(Hint::FewLeaders { covered, owners: owners.len() })
}

/// How many of the leaders' units KITOS knows, where that is too few.
fn units_of_leaders(leaders: &Leaders, snapshot: &Snapshot) -> Option<Hint> {
    let unknown: Vec<_> =
        leaders.iter().filter(|leader| leaders.units_of(leader, snapshot).is_empty()).collect();
    let known = leaders.len() - unknown.len();
    let example = unknown.first()?.unit.clone();
    (known * 2 < leaders.len()).then_some(Hint::FewLeaderUnits {
        known,
        leaders: leaders.len(),
        example,
    })
}

/// A level that somebody has, where none in the file may own.
fn levels_of_leaders(leaders: &Leaders, policy: &Policy) -> Option<Hint> {
    let example = leaders.iter().next()?.level.clone();
    let nobody = !leaders.iter().any(|leader| may_own(policy, &leader.level));
    nobody.then_some(Hint::NoLevelOwns { example })
}

/// The name nearest to `name`, if one is near.
fn nearest_name<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = name.to_lowercase();
    names
        .map(|known| (strsim::jaro_winkler(&name, &known.to_lowercase()), known))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known.to_owned())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::model::{Organization, RoleAssignment, SystemUsage};

    #[test]
    fn a_leaders_file_that_knows_half_of_the_owners_is_good_enough() {
        let (role, system) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let policy = Policy { owner_roles: [role].into(), ..Policy::default() };
        for (owners, in_file, hint) in [
            (0, 0, None),
            (1, 0, Some((0, 1))),
            (1, 1, None),
            (4, 1, Some((1, 4))),
            (4, 2, None),
            (5, 2, Some((2, 5))),
        ] {
            let organization = Organization { uuid: Uuid::nil(), name: String::new(), cvr: None };
            let mut snapshot = Snapshot::empty(organization);
            let mut file = "email;name;level;unit;manager_email\n".to_owned();
            for n in 0..owners {
                let uuid = Uuid::from_u128(100 + n);
                let email = format!("p{n}@kommune.dk");
                if n < in_file {
                    file.push_str(&format!("{};P;leder;Løn;\n", email.to_uppercase()));
                }
                let person = Person {
                    uuid,
                    kitos_uuid: uuid,
                    name: email.clone(),
                    email: Some(email),
                    member: true,
                    api_access: false,
                };
                snapshot.people.insert(uuid, person);
                // Two systems each: an owner counts once.
                for usage in [200 + n, 300 + n].map(Uuid::from_u128) {
                    let mut usage = SystemUsage::new(usage, system);
                    usage.roles.insert(RoleAssignment { role, person: uuid });
                    snapshot.usages.insert(usage.uuid, usage);
                }
            }
            let (leaders, bad) = Leaders::parse(file.as_bytes()).expect("a header");
            assert_eq!(bad, []);
            let expected = hint.map(|(covered, owners)| Hint::FewLeaders { covered, owners });
            assert_eq!(coverage(&leaders, &policy, &snapshot), expected, "{in_file} of {owners}");
        }
    }
}
