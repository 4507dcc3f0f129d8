//! The policy that generated registers are judged by.

use kitos_sync::model::{Organization, OrganizationUnit, Severity, Snapshot};
use kitos_sync::policy::Policy;
use kitos_sync::policy::leaders::{LeaderList, Leaders};
use kitos_sync::policy::rules::registration_incomplete::requirable;
use kitos_sync::policy::rules::{RULES, RuleDef, Setting};
use serde_json::json;
use uuid::Uuid;

use crate::support::generate::{Kind, id, owner_roles};

pub fn policy() -> Policy {
    Policy {
        owner_roles: owner_roles(),
        excluded_uuids: [id(Kind::Usage, 5)].into(),
        excluded_names: vec!["test*".to_owned()],
        manager_roles: [id(Kind::Role, 2)].into(),
        contact_roles: [id(Kind::Role, 3)].into(),
        staff_units: [id(Kind::Unit, 2)].into(),
        allowed_domains: ["randers.dk".to_owned()].into(),
        leaders: Some(leaders()),
        rules: RULES.iter().map(|rule| (rule.id, setting(rule))).collect(),
        ..Policy::default()
    }
}

/// Some of the generated people, in some of the generated units.
fn leaders() -> Leaders {
    let line = |(n, name): (u8, &str)| {
        let level = if n == 3 { "konsulent" } else { "leder" };
        format!("{name}@randers.dk;{name};{level};{};\n", id(Kind::Unit, n))
    };
    let lines: String = [(0, "a"), (1, "b"), (2, "c"), (3, "d")].map(line).concat();
    let file = format!("email;name;level;unit;manager_email\n{lines}");
    let organization = Organization { uuid: Uuid::nil(), name: String::new(), cvr: None };
    let mut everywhere = Snapshot::empty(organization);
    for uuid in (0..4).map(|n| id(Kind::Unit, n)) {
        let unit = OrganizationUnit { uuid, name: uuid.to_string(), parent: None, external: None };
        everywhere.units.insert(uuid, unit);
    }
    let (list, _) = LeaderList::parse(file.as_bytes()).expect("a leaders file");
    Leaders::place(list, &everywhere)
}

/// Thresholds within the few days that are generated.
fn setting(rule: &RuleDef) -> Setting {
    let default = rule.default_setting();
    let mut thresholds = default.thresholds.json().clone();
    for (key, value) in &mut thresholds {
        *value = match key.as_str() {
            "days" => 3.into(),
            "months" => 1.into(),
            "levels" => json!(["leder"]),
            "require" => {
                json!(requirable().map(|field| field.name()).collect::<Vec<_>>())
            }
            other => panic!("{other} wants a value here"),
        };
    }
    let thresholds = (rule.thresholds.read)(thresholds).expect("thresholds");
    Setting { severity: Severity::High, thresholds, ..default }
}
