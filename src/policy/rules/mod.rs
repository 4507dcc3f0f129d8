//! The policy's rules: one file for each, with its defaults, its thresholds, its
//! judge and its cases, and this one table. Configuration, example file, handbook,
//! spreadsheet, mails and command line read from it; the words stand in `text`,
//! under `rule.<id>` and `fault.<kind>`.
//!
//! A rule that cannot know (no leaders file, a role that KITOS does not have) stays
//! silent: a false alarm is the worst that it can do.

pub mod case;
pub mod def;

pub mod contact_missing;
pub mod cross_unit_owner;
pub mod decommission_incomplete;
pub mod duplicate_usage;
pub mod gdpr_incomplete;
pub mod manager_missing;
pub mod owner_departed;
pub mod owner_level;
pub mod owner_missing;
pub mod owner_outside_unit;
pub mod owner_several;
pub mod owner_unreachable;
pub mod phasing_out_stalled;
pub mod registration_contradictory;
pub mod registration_incomplete;
pub mod registration_stale;

pub use crate::policy::thresholds::{Setting, Thresholds};
pub use def::{Audience, Falls, RuleDef, Scope, Source};

use crate::model::Rule;

/// All rules, in the order in which people read of them.
pub const RULES: &[&RuleDef] = &[
    &owner_missing::RULE,
    &owner_departed::RULE,
    &owner_unreachable::RULE,
    &owner_several::RULE,
    &owner_level::RULE,
    &owner_outside_unit::RULE,
    &cross_unit_owner::RULE,
    &registration_incomplete::RULE,
    &registration_contradictory::RULE,
    &decommission_incomplete::RULE,
    &phasing_out_stalled::RULE,
    &gdpr_incomplete::RULE,
    &registration_stale::RULE,
    &duplicate_usage::RULE,
    &manager_missing::RULE,
    &contact_missing::RULE,
];

/// The rule of that name, as configuration, database and command line spell it.
pub fn find(name: &str) -> Option<Rule> {
    RULES.iter().map(|rule| rule.id).find(|id| id.as_str() == name)
}

/// All that there is to know of a rule.
///
/// # Panics
/// The table does not have the rule; nothing makes a [`Rule`] but the table.
pub fn def(rule: Rule) -> &'static RuleDef {
    RULES.iter().find(|def| def.id == rule).expect("every rule is in the table")
}
