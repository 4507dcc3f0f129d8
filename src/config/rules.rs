//! The rules' settings and their defaults (`policy.md`, "Findings").

use std::collections::BTreeMap;

use super::read::Reader;
use super::values::{boolean, integer, one_of, some, text};
use super::{RuleSettings, Thresholds};
use crate::model::{Missing, Rule, Severity};

/// A rule's defaults as text; `None` where the rule has no such key.
struct Preset {
    enabled: &'static str,
    severity: &'static str,
    /// Days.
    grace: &'static str,
    levels: Option<&'static str>,
    require: Option<&'static str>,
    days: Option<&'static str>,
    months: Option<&'static str>,
}

/// The longest grace and the largest threshold in days: ten years.
const DAYS: u32 = 3650;

fn preset(rule: Rule) -> Preset {
    let base = |severity, grace| Preset {
        enabled: "true",
        severity,
        grace,
        levels: None,
        require: None,
        days: None,
        months: None,
    };
    match rule {
        Rule::OwnerMissing | Rule::OwnerDeparted => base("high", "0"),
        Rule::OwnerUnreachable => base("medium", "0"),
        Rule::OwnerSeveral | Rule::OwnerOutsideUnit | Rule::CrossUnitOwner => base("low", "30"),
        Rule::OwnerLevel => Preset {
            levels: Some("direktør, sektionschef, stabschef, leder"),
            ..base("medium", "14")
        },
        // Medium within `days` of the acquisition, whatever `severity` says.
        Rule::RegistrationIncomplete => Preset {
            require: Some("life-cycle, responsible-unit, data-sensitivity"),
            days: Some("90"),
            ..base("low", "14")
        },
        Rule::RegistrationContradictory => base("medium", "7"),
        Rule::DecommissionIncomplete => base("medium", "14"),
        Rule::PhasingOutStalled => Preset { days: Some("180"), ..base("low", "0") },
        Rule::GdprIncomplete => Preset { months: Some("36"), ..base("low", "30") },
        Rule::RegistrationStale => Preset { months: Some("24"), ..base("low", "0") },
        Rule::DuplicateUsage => base("low", "0"),
        Rule::ManagerMissing | Rule::ContactMissing => {
            Preset { enabled: "false", ..base("info", "0") }
        }
    }
}

pub(super) fn rules(reader: &mut Reader<'_>) -> Option<BTreeMap<Rule, RuleSettings>> {
    // Every rule is read before the first fault ends this.
    let all = Rule::ALL.map(|rule| (rule, settings(reader, rule)));
    all.into_iter().map(|(rule, settings)| Some((rule, settings?))).collect()
}

fn settings(reader: &mut Reader<'_>, rule: Rule) -> Option<RuleSettings> {
    let Preset { enabled, severity, grace, levels, require, days, months } = preset(rule);
    let key = |name: &str| format!("policy.rules.{}.{name}", rule.as_str());

    let enabled = reader.default(&key("enabled"), enabled, boolean);
    let severity =
        reader.default(&key("severity"), severity, one_of(&Severity::ALL, Severity::as_str));
    let grace = reader.default(&key("grace"), grace, integer(0, DAYS));
    let levels = match levels {
        Some(default) => reader.default(&key("levels"), default, some(text)),
        None => Some(Vec::new()),
    };
    let require = match require {
        Some(default) => reader.default(
            &key("require"),
            default,
            some(one_of(&Missing::REQUIRABLE, Missing::as_str)),
        ),
        None => Some(Vec::new()),
    };
    let days = match days {
        Some(default) => reader.default(&key("days"), default, integer(1, DAYS)).map(Some),
        None => Some(None),
    };
    let months = match months {
        Some(default) => reader.default(&key("months"), default, integer(1, DAYS / 30)).map(Some),
        None => Some(None),
    };
    Some(RuleSettings {
        enabled: enabled?,
        severity: severity?,
        grace: grace?,
        thresholds: Thresholds { levels: levels?, require: require?, days: days?, months: months? },
    })
}
