//! One thing worth knowing of the policy's configuration, as a sentence for an
//! operator.

use std::fmt;

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
    /// No system is left.
    ExcludesAll,
    /// The leaders file covers none, or fewer than half, of the owners.
    FewLeaders {
        covered: usize,
        owners: usize,
    },
    /// KITOS has the units of fewer than half of the leaders; a leader whose unit is unknown
    /// leads none.
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
    BadLeadersCell {
        line: usize,
        why: String,
    },
    /// A leader's unit that KITOS does not have.
    UnknownLeaderUnit {
        leader: String,
        unit: String,
        nearest: Option<String>,
    },
    /// A leader's leader whom neither the file nor KITOS has.
    UnknownManager {
        leader: String,
        address: String,
    },
    /// Several units bear the name of a leader's unit, and nothing says which is meant.
    UnsettledUnit {
        leader: String,
        unit: String,
        /// Each with the unit above it, and its uuid.
        candidates: Vec<String>,
    },
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
                write!(f, "{key}: \"{entry}\" fits no system; fix it or take it out")
            }
            Self::ExcludesAll => f.write_str(
                "policy.exclude leaves out every system: nothing is judged, and nobody hears anything. Take out what is too wide",
            ),
            Self::Excluded { usages: 1 } => f.write_str("policy.exclude leaves out one system"),
            Self::Excluded { usages } => write!(f, "policy.exclude leaves out {usages} systems"),
            Self::FewLeaders { covered, owners } => write!(
                f,
                "the leaders file has the addresses of {covered} of the {owners} owners. Compare how addresses are written in KITOS and in the file"
            ),
            Self::FewLeaderUnits { known, leaders, example } => write!(
                f,
                "the leaders file names units, and KITOS has those of {known} of the {leaders} leaders; it has no \"{example}\". Write units as KITOS does, or by uuid"
            ),
            Self::NoLevelOwns { example } => write!(
                f,
                "the leaders file has nobody of a level that policy.rules.owner-level.levels lists, but e.g. \"{example}\": every owner is at the wrong level then"
            ),
            Self::OwnersWithApiAccess { names } => write!(
                f,
                "API users cannot log in to KITOS's web pages, and these are owners: {}. Let a person own the systems, or ask the KITOS secretariat (info@kitos.dk) to take the API access away",
                names.join(", ")
            ),
            Self::LeadersBroken { why } => f.write_str(why),
            Self::BadLeadersCell { line, why } => write!(f, "the leaders file, line {line}: {why}"),
            Self::UnknownLeaderUnit { leader, unit, nearest } => write!(
                f,
                "the leaders file: {leader} leads \"{unit}\", and KITOS has no such unit{}",
                near(nearest)
            ),
            Self::UnknownManager { leader, address } => write!(
                f,
                "the leaders file: {leader}'s manager_email {address} is nobody's, in the file or in KITOS"
            ),
            Self::UnsettledUnit { leader, unit, candidates } => write!(
                f,
                "the leaders file: {leader} leads \"{unit}\", and KITOS has {} units of that name. Write the uuid of the one that is meant: {}",
                candidates.len(),
                candidates.join(", ")
            ),
        }
    }
}
