//! By which rules was judged, and what each found.

use serde::Serialize;

use super::findings::EvidenceFinding;
use super::scope::Scope;
use crate::model::{Rule, Severity};
use crate::policy::rules::{RULES, RuleDef};

/// A rule as it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceRule {
    pub rule: Rule,
    pub enabled: bool,
    pub severity: Severity,
    /// Days before the first reminder.
    pub grace: u32,
    /// Findings that opened in the period, those of the first day included …
    pub opened: usize,
    /// … that were put right in it …
    pub resolved: usize,
    /// … and that are open at its end, waived ones included.
    pub open: usize,
}

pub(super) fn rules(scope: &Scope<'_>, findings: &[EvidenceFinding]) -> Vec<EvidenceRule> {
    let line = |def: &&RuleDef| {
        let setting = scope.moment().config.policy.rules.get(&def.id);
        let count = |is: &dyn Fn(&EvidenceFinding) -> bool| {
            findings.iter().filter(|finding| finding.rule == def.id && is(finding)).count()
        };
        EvidenceRule {
            rule: def.id,
            enabled: setting.map_or(def.enabled, |setting| setting.enabled),
            severity: setting.map_or(def.severity, |setting| setting.severity),
            grace: setting.map_or(def.grace, |setting| setting.grace),
            opened: count(&|finding| finding.opened >= scope.period.from),
            resolved: count(&|finding| finding.ending.is_put_right()),
            open: count(&|finding| finding.ending.lasts()),
        }
    };
    RULES.iter().map(line).collect()
}
