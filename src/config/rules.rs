//! The rules' settings, read as the table of rules says: a rule's thresholds are the
//! keys that its defaults have (docs/policy.md, "Findings").

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::given::{Fault, Given};
use super::read::Reader;
use super::values::{boolean, integer, one_of, some, text};
use crate::model::{Rule, Severity};
use crate::policy::rules::thresholds::{DAYS, Thresholds};
use crate::policy::rules::{RULES, RuleDef, Setting};

/// Every rule's settings.
pub(super) fn rules(reader: &mut Reader<'_>) -> Option<BTreeMap<Rule, Setting>> {
    // Every rule is read before the first fault ends this.
    let all: Vec<_> = RULES.iter().map(|rule| (rule.id, setting(reader, rule))).collect();
    all.into_iter().map(|(rule, setting)| Some((rule, setting?))).collect()
}

fn setting(reader: &mut Reader<'_>, rule: &RuleDef) -> Option<Setting> {
    let key = |name: &str| key(rule, name);
    let (enabled, grace) = (rule.enabled.to_string(), rule.grace.to_string());
    let enabled = reader.default(&key("enabled"), &enabled, boolean);
    let severity = one_of(&Severity::ALL, Severity::as_str);
    let severity = reader.default(&key("severity"), rule.severity.as_str(), severity);
    let grace = reader.default(&key("grace"), &grace, integer(0, DAYS));
    let thresholds = thresholds(reader, rule);
    Some(Setting { enabled: enabled?, severity: severity?, grace: grace?, thresholds: thresholds? })
}

fn key(rule: &RuleDef, name: &str) -> String {
    format!("policy.rules.{}.{name}", rule.id.as_str())
}

fn thresholds(reader: &mut Reader<'_>, rule: &RuleDef) -> Option<Thresholds> {
    let defaults = (rule.thresholds.default)();
    let defaults = defaults.json();
    // Each key is read before the first fault ends this.
    let read: Vec<_> = defaults
        .iter()
        .map(|(name, default)| {
            // The rule's own type judges each value beside the defaults of the others.
            let fits = |value: Value| {
                let mut all = defaults.clone();
                all.insert(name.clone(), value);
                (rule.thresholds.read)(all).map_err(|error| error.to_string())
            };
            let given = |given: Given<'_>| threshold(given, default, &fits);
            (name.clone(), reader.default_value(&key(rule, name), default.clone(), given))
        })
        .collect();
    let all: Option<Map<_, _>> =
        read.into_iter().map(|(name, value)| Some((name, value?))).collect();
    (rule.thresholds.read)(all?).ok()
}

/// A value of the kind that the default is of.
fn threshold(
    given: Given<'_>,
    default: &Value,
    fits: &impl Fn(Value) -> Result<Thresholds, Fault>,
) -> Result<Value, Fault> {
    let whole = "this must be a whole number, without quotes.";
    let value: Value = match default {
        Value::Bool(_) => boolean(given)?.into(),
        Value::Number(_) => given.integer().ok_or_else(|| whole.to_owned())?.into(),
        Value::Array(_) => {
            let entry = |given: Given<'_>| {
                let entry = Value::from(text(given)?);
                fits(Value::Array(vec![entry.clone()])).map(|_| entry)
            };
            return some(entry)(given).map(Value::Array);
        }
        _ => text(given)?.into(),
    };
    fits(value.clone()).map(|_| value)
}
