//! What KITOS should say of a system is there. Holds when something that `require`
//! names is missing. It matters more soon after the acquisition, when the owner has
//! it in hand. Resolved when it is filled in.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{RuleDef, Source};
use super::thresholds::{Days, ThresholdType, UpTo};
use crate::model::{Fault, LifeCycle, MainContract, Missing, Severity};
use crate::text::nearest::did_you_mean;

pub const RULE: RuleDef = RuleDef {
    grace: 14,
    sources: &[Source::Iso27001 { now: "5.9", before: "A.8.1.1" }, Source::Guideline(&[2, 7])],
    thresholds: ThresholdType::of::<Thresholds>(),
    weigh,
    ..RuleDef::new("registration-incomplete", judge)
};

#[derive(Debug, Serialize, Deserialize)]
struct Thresholds {
    /// What must be filled in.
    require: Vec<Required>,
    /// For so many days after the acquisition the severity is medium at least.
    days: Days,
}

impl Default for Thresholds {
    fn default() -> Self {
        let require = [Missing::LifeCycle, Missing::ResponsibleUnit, Missing::DataSensitivity];
        Self { require: require.map(Required).into(), days: UpTo(90) }
    }
}

/// A field that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Required(Missing);

impl TryFrom<String> for Required {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let known = Missing::REQUIRABLE;
        known.into_iter().find(|field| field.as_str() == name).map(Self).ok_or_else(|| {
            let names = known.into_iter().map(Missing::as_str);
            let all = names.clone().collect::<Vec<_>>().join(", ");
            format!("this must be one of {all}.{}", did_you_mean(&name, names))
        })
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let usage = case.usage;
    let is_missing = |field: &Missing| match field {
        Missing::LifeCycle => matches!(usage.life_cycle, None | Some(LifeCycle::Undecided)),
        Missing::ResponsibleUnit => case.responsible_unit().is_none(),
        Missing::DataSensitivity => usage.gdpr.sensitivity.is_empty(),
        Missing::MainContract => usage.main_contract == MainContract::None,
        Missing::Purpose => !usage.has_purpose,
        Missing::Owner | Missing::EndDate => false,
    };
    let thresholds = case.thresholds::<Thresholds>();
    let required = thresholds.require.iter().map(|required| required.0);
    required
        .filter(|field| !case.is_unknown(*field) && is_missing(field))
        .map(|field| Fault::Missing { field })
        .collect()
}

fn weigh(case: &Case<'_>) -> Severity {
    let days = case.thresholds::<Thresholds>().days.0;
    let acquired = case.history.acquired.get(&case.usage.uuid);
    match acquired.is_some_and(|day| !case.is_days_past(*day, days)) {
        true => case.setting.severity.max(Severity::Medium),
        false => case.setting.severity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Snapshot, SystemUsage};
    use crate::policy::rules::Setting;
    use crate::policy::rules::thresholds::Thresholds as Erased;
    use crate::policy::{Policy, judge as observations};
    use crate::register::history::History;
    use crate::testing::{TODAY, day, id, løn, only, said, said_by};

    /// "løn", with everything filled in.
    fn filled() -> Snapshot {
        løn().edit("løn", |usage| {
            usage.responsible_unit = Some(id("it"));
            usage.gdpr.sensitivity = [crate::model::DataSensitivity::NoPersonalData].into();
            usage.main_contract = MainContract::Active;
            usage.has_purpose = true;
        })
    }

    fn set(setting: impl FnOnce(&mut Setting)) -> Policy {
        let mut policy = only(&RULE);
        setting(policy.rules.get_mut(&RULE.id).expect("the rule"));
        policy
    }

    #[test]
    fn fields_that_must_be_filled_in() {
        type Edit = fn(&mut SystemUsage);
        let require = Missing::REQUIRABLE.map(Required).into();
        let everything = set(|setting| {
            setting.thresholds = Erased::of(Thresholds { require, ..Thresholds::default() });
        });
        let cases: [(&str, Edit, &[Missing]); 12] = [
            ("everything is there", |_| {}, &[]),
            ("no life cycle", |u| u.life_cycle = None, &[Missing::LifeCycle]),
            ("undecided", |u| u.life_cycle = Some(LifeCycle::Undecided), &[Missing::LifeCycle]),
            ("a new life cycle", |u| u.life_cycle = Some(LifeCycle::from_kitos("Sleeping")), &[]),
            ("no unit", |u| u.responsible_unit = None, &[Missing::ResponsibleUnit]),
            ("a unit that no longer exists", |u| u.responsible_unit = Some(id("nedlagt")), {
                &[Missing::ResponsibleUnit]
            }),
            ("the root unit", |u| u.responsible_unit = Some(id("randers")), &[]),
            ("no kinds of data", |u| u.gdpr.sensitivity.clear(), &[Missing::DataSensitivity]),
            ("no contract", |u| u.main_contract = MainContract::None, &[Missing::MainContract]),
            ("an inactive contract", |u| u.main_contract = MainContract::Inactive, &[]),
            (
                "a contract that KITOS does not tell of",
                |u| u.main_contract = MainContract::Unknown,
                &[],
            ),
            ("no purpose", |u| u.has_purpose = false, &[Missing::Purpose]),
        ];
        for (why, edit, fields) in cases {
            let expected: Vec<Fault> =
                fields.iter().map(|f| Fault::Missing { field: *f }).collect();
            let snapshot = filled().edit("løn", edit);
            assert_eq!(said_by(&everything, &History::default(), &snapshot), expected, "{why}");
        }
        // What KITOS tells of no system is asked of nobody.
        let mut older = løn();
        older.unknown = Missing::ALL.into();
        older = older.edit("løn", |u| {
            u.life_cycle = None;
            u.main_contract = MainContract::Unknown;
        });
        assert_eq!(said_by(&everything, &History::default(), &older), []);
        // Contract and purpose are asked for only where the municipality says so.
        let bare = filled().edit("løn", |u| {
            u.main_contract = MainContract::None;
            u.has_purpose = false;
        });
        assert_eq!(said(&RULE, &bare), []);
        let decommissioned = løn().edit("løn", |u| u.life_cycle = Some(LifeCycle::NotInUse));
        assert_eq!(said(&RULE, &decommissioned), []);
    }

    #[test]
    fn what_was_acquired_lately_is_more_severe() {
        let low = set(|setting| setting.severity = Severity::Low);
        for (acquired, expected) in [
            (None, Severity::Low),
            (Some("2026-11-10"), Severity::Medium),
            (Some("2026-08-12"), Severity::Medium),
            (Some("2026-08-11"), Severity::Low),
        ] {
            let acquired = acquired.map(|text| (id("løn"), day(text))).into_iter().collect();
            let history = History { acquired, ..History::default() };
            let seen = observations(&løn(), &history, &low, day(TODAY));
            assert_eq!(seen[0].severity, expected, "{:?}", history.acquired);
        }
        let history = History { acquired: [(id("løn"), day(TODAY))].into(), ..History::default() };
        let high = set(|setting| setting.severity = Severity::High);
        let seen = observations(&løn(), &history, &high, day(TODAY));
        assert_eq!(seen[0].severity, Severity::High);
    }
}
