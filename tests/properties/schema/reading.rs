//! What a database ought to hold of a world, and what it holds: rows of text, by
//! table. Written from `docs/kitos-api.md`, without a look at the client.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::{Value, json};

use super::world::World;

pub type Tables = BTreeMap<&'static str, BTreeSet<Vec<String>>>;

const NOTHING: &str = "NULL";

/// Of the register's versions: the table of what is read, its kind, and its fields.
const VERSIONS: [(&str, &str, &[&str]); 7] = [
    ("organization", "organization", &["uuid", "name", "cvr"]),
    ("role_type", "roleType", &["uuid", "name", "available"]),
    ("organization_unit", "unit", &["uuid", "name", "parent", "external"]),
    ("it_system", "system", &["uuid", "name", "deactivated"]),
    (
        "system_usage",
        "usage",
        &[
            "uuid",
            "system",
            "local_name",
            "life_cycle",
            "valid_from",
            "valid_to",
            "responsible_unit",
            "using_units",
            "main_contract",
            "has_purpose",
            "last_modified",
            "relations",
            "gdpr",
        ],
    ),
    ("contract", "contract", &["uuid", "name", "active", "supplier", "usages"]),
    ("data_processing", "dataProcessing", &["uuid", "name", "in_force", "usages"]),
];

const QUERIES: [(&str, &str); 4] = [
    (
        "person",
        "SELECT uuid, name, email, api_access FROM person WHERE uuid IN
         (SELECT person FROM membership WHERE to_snapshot IS NULL
          UNION SELECT person FROM role_assignment WHERE to_snapshot IS NULL)",
    ),
    ("membership", "SELECT person FROM membership WHERE to_snapshot IS NULL"),
    (
        "role_assignment",
        "SELECT usage, role, person FROM role_assignment WHERE to_snapshot IS NULL",
    ),
    (
        "unknown_field",
        "SELECT field.value FROM version, json_each(version.data) AS field
         WHERE version.kind = 'unknownFields' AND version.to_snapshot IS NULL",
    ),
];

/// What holds now.
pub fn stored(connection: &Connection) -> Tables {
    let read = |sql: &str| {
        let mut statement = connection.prepare(sql).expect("a query");
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| (0..columns).map(|n| row.get::<_, Cell>(n)).collect())
            .expect("an answer");
        let rows = rows.map(|row: Result<Vec<Cell>, _>| row.expect("a row"));
        rows.map(|row| row.into_iter().map(shown).collect()).collect()
    };
    let versions = VERSIONS.into_iter().map(|(table, kind, fields)| {
        let fields: Vec<_> = fields.iter().map(|it| format!("data ->> '{it}'")).collect();
        let fields = fields.join(", ");
        let sql =
            format!("SELECT {fields} FROM version WHERE kind = '{kind}' AND to_snapshot IS NULL");
        (table, read(&sql))
    });
    versions.chain(QUERIES.into_iter().map(|(table, sql)| (table, read(sql)))).collect()
}

fn shown(cell: Cell) -> String {
    match cell {
        Cell::Null => NOTHING.to_owned(),
        Cell::Integer(number) => number.to_string(),
        Cell::Text(text) => match serde_json::from_str::<Value>(&text) {
            // Of JSON the order does not matter.
            Ok(value @ (Value::Array(_) | Value::Object(_))) => sorted(value).to_string(),
            _ => text,
        },
        other => panic!("no such column: {other:?}"),
    }
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(mut rows) => {
            rows.sort_by_key(Value::to_string);
            Value::Array(rows)
        }
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        other => other,
    }
}

/// What ought to hold; `before`: what held the day before.
pub fn expected(world: &World, before: &Tables) -> Tables {
    let list = |path: &str| world.lists[path].as_slice();
    let of_ours =
        |what: &str| list(&format!("/api/v2/organizations/{}/{what}", world.organization));
    let usages = list("/api/v2/it-system-usages");
    let registrations = list("/api/v2/data-processing-registrations");
    let mut tables = Tables::new();
    let mut put = |table, rows: Vec<Vec<String>>| tables.insert(table, rows.into_iter().collect());
    let ours = &list("/api/v2/organizations")[0];
    // Without a name it is known by its number.
    let called = match (name(ours), text(&ours["cvr"])) {
        (name, _) if !name.is_empty() => name,
        (_, cvr) if cvr != NOTHING => format!("CVR {cvr}"),
        _ => plain(&ours["uuid"]),
    };
    put("organization", vec![vec![plain(&ours["uuid"]), called, text(&ours["cvr"])]]);
    put("role_type", role_types(world, usages, &before["role_type"]));
    let unit = |row: &Value| {
        let parent = plain(&row["parentOrganizationUnit"]["uuid"]);
        vec![plain(&row["uuid"]), name(row), parent, plain(&row["externalOriginUuid"])]
    };
    put("organization_unit", of_ours("organization-units").iter().map(unit).collect());
    let members: Vec<&Value> = of_ours("users").iter().filter(|row| !is_anonymised(row)).collect();
    put("membership", members.iter().map(|row| vec![plain(&row["uuid"])]).collect());
    put("person", people(&members, usages));
    put("it_system", systems(list("/api/v2/it-systems"), usages));
    put("system_usage", usages.iter().map(|row| usage(row, usages)).collect());
    let roles = assignments(usages).map(|(usage, assigned)| {
        vec![usage, plain(&assigned["role"]["uuid"]), plain(&assigned["user"]["uuid"])]
    });
    put("role_assignment", roles.collect());
    let contract = |row: &Value| {
        let supplier = plain(&row["supplier"]["organization"]["uuid"]);
        let active = flag(row["general"]["validity"]["valid"] == true);
        vec![plain(&row["uuid"]), name(row), active, supplier, uuids(&row["systemUsages"])]
    };
    put("contract", list("/api/v2/it-contracts").iter().map(contract).collect());
    let registration = |row: &Value| {
        let in_force = flag(is_in_force(row, registrations));
        vec![plain(&row["uuid"]), name(row), in_force, uuids(&row["systemUsages"])]
    };
    put("data_processing", registrations.iter().map(registration).collect());
    put("unknown_field", unknown_fields(usages));
    tables
}

/// Those offered, those that an assignment carries, and those known already that
/// KITOS still tells.
fn role_types(world: &World, usages: &[Value], before: &BTreeSet<Vec<String>>) -> Vec<Vec<String>> {
    let path = "/api/v2/it-system-usage-role-types";
    let listed = &world.lists[path];
    let mut known = BTreeMap::new();
    for row in listed {
        let available = flag(row["isAvailable"] != false);
        known.insert(plain(&row["uuid"]), vec![name(row), available]);
    }
    let alone = |uuid: &str| {
        let row = world.singles.get(&format!("{path}/{uuid}"))?;
        Some(vec![name(row), flag(row["isAvailable"] == true)])
    };
    for (_, assigned) in assignments(usages) {
        let uuid = plain(&assigned["role"]["uuid"]);
        let row = alone(&uuid).unwrap_or_else(|| vec![name(&assigned["role"]), flag(false)]);
        known.entry(uuid).or_insert(row);
    }
    for uuid in before.iter().map(|row| &row[0]) {
        if let Some(row) = alone(uuid) {
            known.entry(uuid.clone()).or_insert(row);
        }
    }
    keyed(known)
}

fn people(members: &[&Value], usages: &[Value]) -> Vec<Vec<String>> {
    let mut known = BTreeMap::new();
    for row in members {
        let names = [&row["firstName"], &row["lastName"]].map(text);
        let names: Vec<String> = names.into_iter().filter(|part| part != NOTHING).collect();
        let name = if name(row).is_empty() { names.join(" ") } else { name(row) };
        let api_access = flag(row["apiAccess"] == true);
        known.insert(plain(&row["uuid"]), vec![name, text(&row["email"]), api_access]);
    }
    for (_, assigned) in assignments(usages) {
        let user = &assigned["user"];
        let departed = vec![name(user), NOTHING.to_owned(), flag(false)];
        known.entry(plain(&user["uuid"])).or_insert(departed);
    }
    keyed(known)
}

fn systems(listed: &[Value], usages: &[Value]) -> Vec<Vec<String>> {
    let mut known = BTreeMap::new();
    for row in listed {
        known.insert(plain(&row["uuid"]), vec![name(row), flag(row["deactivated"] == true)]);
    }
    for row in usages {
        let system = &row["systemContext"];
        known.entry(plain(&system["uuid"])).or_insert_with(|| vec![name(system), flag(false)]);
    }
    keyed(known)
}

fn usage(row: &Value, all: &[Value]) -> Vec<String> {
    let (general, gdpr) = (&row["general"], &row["gdpr"]);
    let (validity, units) = (&general["validity"], &row["organizationUsage"]);
    let relations = row["outgoingSystemRelations"].as_array().into_iter().flatten();
    let related: BTreeSet<String> = relations
        .map(|it| plain(&it["toSystemUsage"]["uuid"]))
        .filter(|it| it != NOTHING)
        .collect();
    let state = match validity["mainContractState"].as_str() {
        Some("NoContract") => "none",
        Some("Active") => "active",
        Some("Inactive") => "inactive",
        _ => "unknown",
    };
    let risk_is_told = all.iter().any(|row| row["gdpr"].get("riskAssessmentConducted").is_some());
    let risk = match gdpr["riskAssessmentConducted"].as_str() {
        _ if !risk_is_told => "unknown",
        Some("Yes") => "done",
        Some("Irrelevant") => "notNeeded",
        _ => "missing",
    };
    let levels: BTreeSet<&str> = gdpr["dataSensitivityLevels"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let required = gdpr["isDataProcessingAgreementRequired"].as_str();
    let day = |value: &Value| day(value).map_or(Value::Null, Value::String);
    let protection = json!({
        "sensitivity": levels,
        "risk_assessment": risk,
        "risk_assessed": day(&gdpr["riskAssessmentConductedDate"]),
        "risk_assessment_planned": day(&gdpr["plannedRiskAssessmentDate"]),
        "agreement_required": matches!(required, Some("Yes" | "DecidedByLaw")),
        "retention_review": day(&gdpr["nextDataRetentionEvaluationDate"]),
    });
    let date = |value: &Value| self::day(value).unwrap_or_else(|| NOTHING.to_owned());
    let purpose = [&general["purpose"], &gdpr["purpose"]].into_iter().any(|it| text(it) != NOTHING);
    vec![
        plain(&row["uuid"]),
        plain(&row["systemContext"]["uuid"]),
        text(&general["localCallName"]),
        plain(&validity["lifeCycleStatus"]),
        date(&validity["validFrom"]),
        date(&validity["validTo"]),
        plain(&units["responsibleOrganizationUnit"]["uuid"]),
        uuids(&units["usingOrganizationUnits"]),
        state.to_owned(),
        flag(purpose),
        date(&row["lastModified"]),
        json!(related).to_string(),
        sorted(protection).to_string(),
    ]
}

/// Concluded, and valid, as far as any registration says so.
fn is_in_force(row: &Value, all: &[Value]) -> bool {
    let valid = |row: &Value| {
        let now = &row["general"]["validity"]["valid"];
        if now.is_boolean() { now.clone() } else { row["general"]["valid"].clone() }
    };
    let concluded_is_told =
        all.iter().any(|row| row["general"].get("isAgreementConcluded").is_some());
    let valid_is_told = all.iter().any(|row| valid(row).is_boolean());
    (row["general"]["isAgreementConcluded"] == "Yes" || !concluded_is_told)
        && (valid(row) == true || !valid_is_told)
}

fn unknown_fields(usages: &[Value]) -> Vec<Vec<String>> {
    let fields: [(&str, &[&str]); 6] = [
        ("owner", &["/roles"]),
        ("life-cycle", &["/general/validity/lifeCycleStatus"]),
        ("end-date", &["/general/validity/validTo"]),
        ("responsible-unit", &["/organizationUsage/responsibleOrganizationUnit"]),
        ("data-sensitivity", &["/gdpr/dataSensitivityLevels"]),
        ("purpose", &["/general/purpose", "/gdpr/purpose"]),
    ];
    let is_told = |paths: &[&str]| {
        usages.iter().any(|row| paths.iter().any(|path| row.pointer(path).is_some()))
    };
    let unknown = fields.iter().filter(|(_, paths)| !usages.is_empty() && !is_told(paths));
    unknown.map(|(field, _)| vec![(*field).to_owned()]).collect()
}

/// Each assignment of a person to a role, with its usage.
fn assignments(usages: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    usages.iter().flat_map(|row| {
        let assigned = row["roles"].as_array().into_iter().flatten();
        let whole = assigned.filter(|it| it["user"].is_object() && it["role"].is_object());
        whole.map(move |it| (plain(&row["uuid"]), it))
    })
}

fn is_anonymised(row: &Value) -> bool {
    let email = row["email"].as_str().unwrap_or_default().trim().to_lowercase();
    email.ends_with("_deleted_user@kitos.dk")
}

fn keyed(rows: BTreeMap<String, Vec<String>>) -> Vec<Vec<String>> {
    rows.into_iter().map(|(uuid, rest)| [vec![uuid], rest].concat()).collect()
}

fn uuids(list: &Value) -> String {
    let uuids = list.as_array().into_iter().flatten().filter_map(|it| it["uuid"].as_str());
    json!(uuids.collect::<BTreeSet<_>>()).to_string()
}

fn day(value: &Value) -> Option<String> {
    value.as_str().map(|text| text[..10].to_owned()).filter(|day| day != "0001-01-01")
}

fn flag(yes: bool) -> String {
    i32::from(yes).to_string()
}

fn name(row: &Value) -> String {
    row["name"].as_str().unwrap_or_default().trim().to_owned()
}

/// Trimmed; blank is nothing.
fn text(value: &Value) -> String {
    let trimmed = value.as_str().map(str::trim).filter(|text| !text.is_empty());
    trimmed.unwrap_or(NOTHING).to_owned()
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or(NOTHING).to_owned()
}
