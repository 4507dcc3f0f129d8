//! What a rule is: a value with everything that other code needs to know about it. Code
//! outside `policy::rules` asks for a property here, or for the kind of a fault that a rule's
//! own file names; it does not ask which rule it is.

use super::case::Case;
use crate::model::{Fault, NoticeReason, Rule, Severity, Tab};
use crate::policy::thresholds::{self, Setting, ThresholdType};

/// One rule of the policy.
#[derive(Debug, Clone, Copy)]
pub struct RuleDef {
    pub id: Rule,
    /// Whether it is on unless the configuration says otherwise.
    pub enabled: bool,
    pub severity: Severity,
    /// Days before the first reminder.
    pub grace: u32,
    pub scope: Scope,
    pub audience: Audience,
    /// The page of the system in KITOS on which it is put right.
    pub tab: Tab,
    pub sources: &'static [Source],
    /// It judges by the leaders file, and stands still while that cannot be trusted.
    pub needs_leaders: bool,
    /// The news that ask for the same, and are the first reminder of its findings.
    pub told_with: &'static [NoticeReason],
    /// Its mails name the leader of the responsible unit, with whom it is settled.
    pub names_unit_leader: bool,
    /// It also depends on what the mail server answered, which no snapshot holds.
    pub asks_mail_server: bool,
    pub falls: Falls,
    /// The type of the rule's own settings.
    pub thresholds: ThresholdType,
    /// What is wrong with a usage; nothing when all is well.
    pub judge: fn(&Case<'_>) -> Vec<Fault>,
    /// How much it matters for this usage.
    pub weigh: fn(&Case<'_>) -> Severity,
}

impl RuleDef {
    /// A rule of which only the name and the judge are its own; each rule's file
    /// says what else is.
    pub const fn new(id: &'static str, judge: fn(&Case<'_>) -> Vec<Fault>) -> Self {
        Self {
            id: Rule::new(id),
            enabled: true,
            severity: Severity::Low,
            grace: 0,
            scope: Scope::NotDecommissioned,
            audience: Audience::Owners,
            tab: Tab::Front,
            sources: &[],
            needs_leaders: false,
            told_with: &[],
            names_unit_leader: false,
            asks_mail_server: false,
            falls: Falls::WithSystem,
            thresholds: thresholds::NONE,
            judge,
            weigh: as_set,
        }
    }

    /// How it is set unless the configuration says otherwise.
    pub fn default_setting(&self) -> Setting {
        Setting {
            enabled: self.enabled,
            severity: self.severity,
            grace: self.grace,
            thresholds: (self.thresholds.default)(),
        }
    }
}

/// The severity that the configuration gives the rule.
fn as_set(case: &Case<'_>) -> Severity {
    case.setting.severity
}

/// Which usages a rule looks at. What the configuration excludes, no rule sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All that are in use, or on their way in or out.
    NotDecommissioned,
    /// Decommissioned ones, too.
    All,
}

/// What takes a finding away though nobody put it right; `policy::endings` decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Falls {
    /// The system is out of use, removed or left out.
    WithSystem,
    /// The same, or it has no owner any more, and the finding was about one.
    WithOwner,
    /// The system is removed or left out; to close it is what the rule asks for, or is about.
    WithRemoval,
    /// The same, or it is in use again; the finding was about its being out of use.
    WithRevival,
    /// Nothing: that one of two systems goes is what the rule asks for.
    Never,
}

/// Who is reminded of a finding first (docs/policy.md, the column "To").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Owners,
    /// The owners; where there is none, who owned the system last.
    LastOwner,
    /// The leader of the responsible unit; the system's managers are informed.
    UnitLeader,
    /// The leaders of the owners whom the finding names.
    OwnersLeader,
    It,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A control of ISO/IEC 27001: its number of 2022, and that of 2013.
    Iso27001 { now: &'static str, before: &'static str },
    /// Articles of the General Data Protection Regulation.
    Gdpr(&'static [u32]),
    /// Numbered points of the municipality's guideline (docs/policy.md).
    Guideline(&'static [u32]),
}
