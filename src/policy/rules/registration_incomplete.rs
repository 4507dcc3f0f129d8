//! What KITOS should say of a system is there. Holds when something that `require`
//! names is missing. It matters more soon after the acquisition, when the owner has
//! it in hand. Resolved when it is filled in.

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::def::{RuleDef, Source};
use crate::model::{
    Fault, FaultArg, Field, FieldValue, Interest, NoticeReason, Severity, Snapshot, SystemUsage,
};
use crate::policy::settings::Policy;
use crate::policy::thresholds::{Days, Setting, ThresholdType, UpTo};
use crate::text::nearest::did_you_mean;

pub const RULE: RuleDef = RuleDef {
    grace: 14,
    sources: &[Source::Iso27001 { now: "5.9", before: "A.8.1.1" }, Source::Guideline(&[2, 7])],
    told_with: &[NoticeReason::Assigned, NoticeReason::Acquired],
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
        let always = ["life-cycle", "responsible-unit", "data-sensitivity"];
        let require = requirable().filter(|field| always.contains(&field.name()));
        Self { require: require.map(Required).collect(), days: UpTo(90) }
    }
}

/// The responsible unit is one that KITOS no longer has.
pub const UNIT_GONE: &str = "unit-gone";

/// A field that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
struct Required(Field);

/// The fields that `require` can name.
pub fn requirable() -> impl Iterator<Item = Field> {
    Field::all().filter(|field| field.interest() == Interest::Requirable)
}

impl TryFrom<String> for Required {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        requirable().find(|field| field.name() == name).map(Self).ok_or_else(|| {
            let names: Vec<&str> = requirable().map(Field::name).collect();
            let meant = did_you_mean(&name, names.iter().copied());
            format!("this must be one of {}.{meant}", names.join(", "))
        })
    }
}

fn judge(case: &Case<'_>) -> Vec<Fault> {
    let missing = missing(case.setting, case.snapshot, case.usage);
    missing.into_iter().map(|(_, fault)| fault).collect()
}

/// The fields of `usage` that the policy requires and that KITOS does not say; none while
/// the rule is off. News of a system name them before the rule's grace is over.
pub fn missing_fields(policy: &Policy, snapshot: &Snapshot, usage: &SystemUsage) -> Vec<Field> {
    let setting = policy.rules.get(&RULE.id);
    let missing = setting.map(|setting| missing(setting, snapshot, usage)).unwrap_or_default();
    missing.into_iter().map(|(field, _)| field).collect()
}

/// Each field that is required and missing, with what is wrong with it.
fn missing(setting: &Setting, snapshot: &Snapshot, usage: &SystemUsage) -> Vec<(Field, Fault)> {
    let thresholds = setting.thresholds.get::<Thresholds>();
    let required = thresholds.require.iter().map(|required| required.0);
    let known = required.filter(|field| !snapshot.is_unknown(field.name()));
    known.filter_map(|field| Some((field, fault(field, snapshot, usage)?))).collect()
}

fn fault(field: Field, snapshot: &Snapshot, usage: &SystemUsage) -> Option<Fault> {
    match field.read(usage) {
        FieldValue::Unit(unit) => {
            (!snapshot.units.contains_key(&unit)).then(|| Fault::new(UNIT_GONE))
        }
        value => (!value.is_filled()).then(|| is_empty(field)),
    }
}

fn is_empty(field: Field) -> Fault {
    Fault::new("missing").with("field", FaultArg::Field(field.name().into()))
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
    use crate::model::{DataSensitivity, LifeCycle, MainContract, Missing, Snapshot, SystemUsage};
    use crate::policy::rules::Setting;
    use crate::policy::thresholds::Thresholds as Erased;
    use crate::policy::{Policy, judge as observations};
    use crate::register::history::History;
    use crate::testing::{TODAY, day, id, løn, only, said, said_by};

    /// "løn", with everything filled in.
    fn filled() -> Snapshot {
        løn().edit("løn", |usage| {
            usage.responsible_unit = Some(id("it"));
            usage.gdpr.sensitivity = [DataSensitivity::NoPersonalData].into();
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
    fn news_can_name_whatever_may_be_required() {
        for field in requirable() {
            assert!(Missing::parse(field.name()).is_some(), "{}", field.name());
        }
    }

    #[test]
    fn fields_that_must_be_filled_in() {
        type Edit = fn(&mut SystemUsage);
        let require = requirable().map(Required).collect();
        let everything = set(|setting| {
            setting.thresholds = Erased::of(Thresholds { require, ..Thresholds::default() });
        });
        let cases: [(&str, Edit, &[&str]); 11] = [
            ("everything is there", |_| {}, &[]),
            ("no life cycle", |u| u.life_cycle = None, &["life-cycle"]),
            ("undecided", |u| u.life_cycle = Some(LifeCycle::Undecided), &["life-cycle"]),
            ("a new life cycle", |u| u.life_cycle = Some(LifeCycle::from_kitos("Sleeping")), &[]),
            ("no unit", |u| u.responsible_unit = None, &["responsible-unit"]),
            ("the root unit", |u| u.responsible_unit = Some(id("randers")), &[]),
            ("no kinds of data", |u| u.gdpr.sensitivity.clear(), &["data-sensitivity"]),
            ("no contract", |u| u.main_contract = MainContract::None, &["main-contract"]),
            ("an inactive contract", |u| u.main_contract = MainContract::Inactive, &[]),
            (
                "a contract that KITOS does not tell of",
                |u| u.main_contract = MainContract::Unknown,
                &[],
            ),
            ("no purpose", |u| u.has_purpose = false, &["purpose"]),
        ];
        for (why, edit, fields) in cases {
            let fields = fields.iter().filter_map(|name| Field::parse(name));
            let expected: Vec<Fault> = fields.map(is_empty).collect();
            let snapshot = filled().edit("løn", edit);
            assert_eq!(said_by(&everything, &History::default(), &snapshot), expected, "{why}");
        }
        let gone = filled().edit("løn", |u| u.responsible_unit = Some(id("nedlagt")));
        assert_eq!(said(&RULE, &gone), [Fault::new("unit-gone")]);
        // What KITOS tells of no system is asked of nobody.
        let mut older = løn();
        older.unknown = Missing::ALL.iter().copied().collect();
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
