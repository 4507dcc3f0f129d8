//! The rules' settings, read as the table of rules says: a rule's thresholds are the
//! keys that its defaults have (docs/policy.md, "Findings").

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::given::{Fault, Given};
use super::read::Reader;
use super::values::{boolean, integer, one_of, some, text};
use crate::model::{Language, Rule, Severity};
use crate::policy::rules::{RULES, RuleDef, Setting};
use crate::policy::thresholds::{DAYS, Thresholds};
use crate::text::words::words;

const SECTION: &str = "policy.rules";
const ABOUT: &str = "\
The rules. Each can be switched off, and has a severity (info, low, medium,
high) and a grace: days before the first reminder.";

/// Every rule's settings.
pub(super) fn rules(reader: &mut Reader<'_>) -> BTreeMap<Rule, Setting> {
    reader.section(SECTION, |_| ABOUT.to_owned());
    RULES.iter().map(|rule| (rule.id, setting(reader, rule))).collect()
}

fn setting(reader: &mut Reader<'_>, rule: &RuleDef) -> Setting {
    let section = format!("{SECTION}.{}", rule.id.as_str());
    reader.section(section.clone(), about);
    let key = |name: &str| format!("{section}.{name}");
    let (enabled, grace) = (rule.enabled.to_string(), rule.grace.to_string());
    let severity = toml(&rule.severity.as_str().into());
    let severities = one_of(Severity::ALL, Severity::as_str);
    Setting {
        enabled: reader.default(key("enabled"), "", enabled, boolean),
        severity: reader.default(key("severity"), "", severity, severities),
        grace: reader.default(key("grace"), "", grace, integer(0, DAYS)),
        thresholds: thresholds(reader, rule, key),
    }
}

/// What the handbook says of the rule that a section is about.
fn about(section: &str) -> String {
    let rule = section.trim_start_matches(SECTION);
    let say = |part: &str| words(Language::En).find(&format!("rule{rule}.{part}"));
    let about = [say("condition"), say("settings")].into_iter().flatten().collect::<Vec<_>>();
    wrapped(&about.join(" "))
}

fn thresholds(reader: &mut Reader<'_>, rule: &RuleDef, key: impl Fn(&str) -> String) -> Thresholds {
    let defaults = (rule.thresholds.default)();
    let mut all = Map::new();
    for (name, default) in defaults.json() {
        // The rule's own type judges each value beside the defaults of the others.
        let fits = |value: Value| {
            let mut all = defaults.json().clone();
            all.insert(name.clone(), value);
            (rule.thresholds.read)(all).map_err(|error| error.to_string())
        };
        let given = |given: Given<'_>| threshold(given, default, &fits);
        all.insert(name.clone(), reader.default(key(name), "", toml(default), given));
    }
    // Each value fits; where one was refused, the configuration is not used.
    (rule.thresholds.read)(all).unwrap_or(defaults)
}

/// Text in lines that the example file has room for.
fn wrapped(text: &str) -> String {
    const ROOM: usize = 77;
    let mut lines = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        let fits = used == 0 || used + 1 + length <= ROOM;
        if used > 0 {
            lines.push(if fits { ' ' } else { '\n' });
        }
        lines.push_str(word);
        used = if fits { used + 1 + length } else { length };
    }
    lines
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

/// A threshold as it stands in the file: a number, a text, or a list of texts.
pub(super) fn toml(value: &Value) -> String {
    match value {
        Value::Array(entries) => {
            format!("[{}]", entries.iter().map(toml).collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
