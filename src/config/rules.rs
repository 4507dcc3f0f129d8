//! The rules' settings and their defaults (`docs/policy.md`, "Findings").

use std::collections::BTreeMap;

use super::read::Reader;
use super::values::{boolean, integer, one_of, some, text};
use crate::model::{Missing, Rule, Severity};

#[derive(Debug, Clone, PartialEq)]
pub struct RuleSettings {
    pub enabled: bool,
    pub severity: Severity,
    /// Days before the first reminder.
    pub grace: u32,
    pub thresholds: Thresholds,
}

/// A rule's own settings; `None` or empty where the rule has no such key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Thresholds {
    /// `owner-level`: levels of the leaders file that may own.
    pub levels: Vec<String>,
    /// `registration-incomplete`: what must be filled in.
    pub require: Vec<Missing>,
    /// `registration-incomplete` (acquired within), `phasing-out-stalled`: days.
    pub days: Option<u32>,
    /// `gdpr-incomplete`, `registration-stale`: months.
    pub months: Option<u32>,
}

/// A rule's defaults as they stand in the file; `None` where the rule has no such key.
struct Preset {
    about: &'static str,
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

const ABOUT: &str = "\
The rules. Each can be switched off, and has a severity (info, low, medium,
high) and a grace: days before the first reminder.";

fn preset(rule: Rule) -> Preset {
    let base = |about, severity, grace| Preset {
        about,
        enabled: "true",
        severity,
        grace,
        levels: None,
        require: None,
        days: None,
        months: None,
    };
    match rule {
        Rule::OwnerMissing => base("A system without an owner.", "\"high\"", "0"),
        Rule::OwnerDeparted => base("The owner has left the municipality.", "\"high\"", "0"),
        Rule::OwnerUnreachable => base("The owner cannot be reached by mail.", "\"medium\"", "0"),
        Rule::OwnerSeveral => base("More than one owner.", "\"low\"", "30"),
        Rule::OwnerLevel => Preset {
            levels: Some("[\"direktør\", \"sektionschef\", \"stabschef\", \"leder\"]"),
            ..base(
                "The owner is not a leader of one of these levels (needs leaders_file).",
                "\"medium\"",
                "14",
            )
        },
        Rule::OwnerOutsideUnit => base(
            "The owner belongs to another part of the municipality than the system (needs\n\
             leaders_file).",
            "\"low\"",
            "30",
        ),
        Rule::CrossUnitOwner => base(
            "A system that several administrations use is not owned in a staff unit (needs\n\
             staff_units).",
            "\"low\"",
            "30",
        ),
        // Medium within `days` of the acquisition, whatever `severity` says.
        Rule::RegistrationIncomplete => Preset {
            require: Some("[\"life-cycle\", \"responsible-unit\", \"data-sensitivity\"]"),
            days: Some("90"),
            ..base(
                "Something that KITOS should say is missing. What is required: \"life-cycle\",\n\
                 \"responsible-unit\", \"data-sensitivity\", \"main-contract\", \"purpose\". Within so\n\
                 many days after the acquisition of a system the severity is medium.",
                "\"low\"",
                "14",
            )
        },
        Rule::RegistrationContradictory => base(
            "What KITOS says of a system cannot all be true, e.g. in use after its end date.",
            "\"medium\"",
            "7",
        ),
        Rule::DecommissionIncomplete => base(
            "A system is no longer used, but contracts, relations or units still name it.",
            "\"medium\"",
            "14",
        ),
        Rule::PhasingOutStalled => Preset {
            days: Some("180"),
            ..base("A system has been phased out for more than so many days.", "\"low\"", "0")
        },
        Rule::GdprIncomplete => Preset {
            months: Some("36"),
            ..base(
                "Personal data without a risk assessment of the last so many months, without a\n\
                 data-processing agreement, or with an overdue review.",
                "\"low\"",
                "30",
            )
        },
        Rule::RegistrationStale => Preset {
            months: Some("24"),
            ..base("Nobody has edited the registration for so many months.", "\"low\"", "0")
        },
        Rule::DuplicateUsage => base("The same shared system is registered twice.", "\"low\"", "0"),
        Rule::ManagerMissing => Preset {
            enabled: "false",
            ..base("Nobody has one of the manager_roles.", "\"info\"", "0")
        },
        Rule::ContactMissing => Preset {
            enabled: "false",
            ..base("Nobody has one of the contact_roles.", "\"info\"", "0")
        },
    }
}

pub(super) fn rules(reader: &mut Reader<'_>) -> BTreeMap<Rule, RuleSettings> {
    reader.section("policy.rules", ABOUT);
    Rule::ALL.into_iter().map(|rule| (rule, settings(reader, rule))).collect()
}

fn settings(reader: &mut Reader<'_>, rule: Rule) -> RuleSettings {
    let Preset { about, enabled, severity, grace, levels, require, days, months } = preset(rule);
    let section = format!("policy.rules.{}", rule.as_str());
    let key = |name: &str| format!("{section}.{name}");
    reader.section(section.clone(), about);
    let severities = one_of(&Severity::ALL, Severity::as_str);
    RuleSettings {
        enabled: reader.default(key("enabled"), "", enabled, boolean),
        severity: reader.default(key("severity"), "", severity, severities),
        grace: reader.default(key("grace"), "", grace, integer(0, DAYS)),
        thresholds: Thresholds {
            levels: levels
                .map(|default| reader.default(key("levels"), "", default, some(text)))
                .unwrap_or_default(),
            require: require
                .map(|default| {
                    let read = some(one_of(&Missing::REQUIRABLE, Missing::as_str));
                    reader.default(key("require"), "", default, read)
                })
                .unwrap_or_default(),
            days: days.map(|default| reader.default(key("days"), "", default, integer(1, DAYS))),
            months: months
                .map(|default| reader.default(key("months"), "", default, integer(1, DAYS / 30))),
        },
    }
}
