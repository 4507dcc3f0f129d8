//! Random values that a document allows, of few entities, so that they meet.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Which of KITOS's documents.
#[derive(Debug, Clone, Copy)]
pub enum Document {
    Of2026,
    /// It does not say what may be null, and requires little: KITOS wrote nulls.
    Of2023,
}

/// What one KITOS answers: rows by the path of their list, and single rows by theirs.
#[derive(Debug, Clone)]
pub struct World {
    pub organization: Uuid,
    pub lists: BTreeMap<String, Vec<Value>>,
    pub singles: BTreeMap<String, Value>,
}

pub struct Worlds {
    document: Document,
    schemas: Value,
    rng: Rng,
}

const KINDS: [&str; 8] =
    ["person", "role", "system", "usage", "unit", "contract", "registration", "organization"];
/// So many different uuids of each kind.
const POOL: u64 = 14;

impl Worlds {
    pub fn new(document: Document, seed: u64) -> Self {
        let text = match document {
            Document::Of2026 => include_str!("kitos-2026.json"),
            Document::Of2023 => include_str!("kitos-2023.json"),
        };
        let schemas = serde_json::from_str(text).expect("JSON");
        Self { document, schemas, rng: Rng::with_seed(seed) }
    }

    pub fn organization(&self) -> Uuid {
        id("organization", 0)
    }

    /// A world of the same entities, of which each day has others.
    pub fn next(&mut self) -> World {
        let uuid = self.organization();
        let mut lists = BTreeMap::new();
        let mut singles = BTreeMap::new();
        let users = format!("/api/v2/organizations/{uuid}/users");
        let units = format!("/api/v2/organizations/{uuid}/organization-units");
        for (path, documented, kind) in [
            ("/api/v2/it-system-usages", "/api/v2/it-system-usages", "usage"),
            ("/api/v2/it-systems", "/api/v2/it-systems", "system"),
            ("/api/v2/it-contracts", "/api/v2/it-contracts", "contract"),
            (
                "/api/v2/data-processing-registrations",
                "/api/v2/data-processing-registrations",
                "registration",
            ),
            ("/api/v2/it-system-usage-role-types", "/api/v2/it-system-usage-role-types", "role"),
            (&users, "/api/v2/organizations/{}/users", "person"),
            (&units, "/api/v2/organizations/{}/organization-units", "unit"),
        ] {
            let rows = self.rows(documented, kind);
            for row in &rows {
                let uuid = row["uuid"].as_str().expect("a uuid");
                singles.insert(format!("{path}/{uuid}"), row.clone());
            }
            lists.insert(path.to_owned(), rows);
        }
        // Some role types are not offered, but told when asked for.
        for n in 0..POOL {
            let path = format!("/api/v2/it-system-usage-role-types/{}", id("role", n));
            if !singles.contains_key(&path) && self.rng.bool() {
                let mut row = self.documented("/api/v2/it-system-usage-role-types/{}");
                row["uuid"] = json!(id("role", n));
                singles.insert(path, row);
            }
        }
        let mut ours = self.documented("/api/v2/organizations");
        let mut ours = ours[0].take();
        if ours.is_null() {
            ours = json!({ "name": "Birkelund" });
        }
        ours["uuid"] = json!(uuid);
        ours["disabled"] = json!(false);
        lists.insert("/api/v2/organizations".to_owned(), vec![ours]);
        World { organization: uuid, lists, singles }
    }

    /// A list with each uuid once.
    fn rows(&mut self, documented: &str, kind: &str) -> Vec<Value> {
        let schema = self.schemas["paths"][documented]["items"].clone();
        let mut numbers: Vec<u64> = (0..POOL).collect();
        self.rng.shuffle(&mut numbers);
        numbers.truncate(self.rng.usize(0..10));
        let organization = self.organization();
        let row = |number: &u64| {
            let mut row = self.value(&schema, kind);
            row["uuid"] = json!(id(kind, *number));
            if let Some(context) = row.get_mut("organizationContext").filter(|it| !it.is_null()) {
                context["uuid"] = json!(organization);
            }
            row
        };
        numbers.iter().map(row).collect()
    }

    fn documented(&mut self, path: &str) -> Value {
        let schema = self.schemas["paths"][path].clone();
        // One at least, so that it can be made ours.
        match schema.get("items") {
            Some(items) => Value::Array(vec![self.value(items, "organization")]),
            None => self.value(&schema, "role"),
        }
    }

    /// `key`: the property whose value it is.
    fn value(&mut self, schema: &Value, key: &str) -> Value {
        if let Some(name) = schema["$ref"].as_str() {
            let referenced = self.schemas["schemas"][name].clone();
            return self.value(&referenced, key);
        }
        if let Some(choices) = schema["anyOf"].as_array() {
            let choice = self.rng.usize(0..choices.len());
            return self.value(&choices[choice], key);
        }
        if let Some(choices) = schema["enum"].as_array() {
            return choices[self.rng.usize(0..choices.len())].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[self.rng.usize(0..kinds.len())].clone(),
            kind => kind.clone(),
        };
        match kind.as_str().expect("a type") {
            "null" => Value::Null,
            "boolean" => json!(self.rng.bool()),
            "integer" => json!(self.rng.u32(0..3000)),
            "string" => self.string(schema["format"].as_str(), key),
            "array" => {
                let (least, most) =
                    (number(&schema["minItems"], 0), number(&schema["maxItems"], 4));
                let count = self.rng.usize(least..=most);
                Value::Array((0..count).map(|_| self.value(&schema["items"], key)).collect())
            }
            "object" => self.object(schema, key),
            other => panic!("the documents have no {other}"),
        }
    }

    fn object(&mut self, schema: &Value, key: &str) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut object = Map::new();
        for (name, of) in schema["properties"].as_object().into_iter().flatten() {
            // A uuid is always there, whatever the document requires.
            let optional = !required.contains(&name.as_str()) && name != "uuid";
            let absent = match self.document {
                Document::Of2023 if optional => self.rng.u8(0..6),
                _ => u8::MAX,
            };
            let value = match absent {
                0 => continue,
                1 => Value::Null,
                _ if name == "uuid" => self.value(of, key),
                _ => self.value(of, name),
            };
            object.insert(name.clone(), value);
        }
        Value::Object(object)
    }

    fn string(&mut self, format: Option<&str>, key: &str) -> Value {
        match format {
            Some("uuid") => json!(self.uuid(key)),
            Some("date-time") => json!(self.instant()),
            _ if key == "email" => json!(self.email()),
            _ => json!(self.text()),
        }
    }

    fn uuid(&mut self, key: &str) -> Uuid {
        let kind = match key {
            "user" => "person",
            "systemContext" => "system",
            "toSystemUsage" | "systemUsages" => "usage",
            "parentOrganizationUnit" | "responsibleOrganizationUnit" | "usingOrganizationUnits" => {
                "unit"
            }
            known if KINDS.contains(&known) => known,
            _ => return Uuid::from_u128(self.rng.u128(..)),
        };
        id(kind, self.rng.u64(0..POOL))
    }

    fn instant(&mut self) -> String {
        let (year, month) = (self.rng.u32(2015..2030), self.rng.u32(1..=12));
        let (day, hour) = (self.rng.u32(1..=28), self.rng.u32(0..24));
        match self.rng.u8(0..8) {
            0 => "0001-01-01T00:00:00Z".to_owned(),
            1 | 2 => format!("{year}-{month:02}-{day:02}T{hour:02}:30:15.1234567Z"),
            _ => format!("{year}-{month:02}-{day:02}T00:00:00Z"),
        }
    }

    fn text(&mut self) -> String {
        const ODD: [&str; 9] = [
            "",
            "   ",
            " \u{a0}Blank omkring\t",
            "=cmd|' /C calc'!A0",
            "<b>\"Å\" & 'ø'</b>",
            "Bo\r\nBcc: x@example.org",
            "\u{202e}txet\u{1b}[31m",
            "👩‍💻 {{ 7 * 7 }}",
            "Yes",
        ];
        match self.rng.u8(0..10) {
            0..=2 => ODD[self.rng.usize(0..ODD.len())].to_owned(),
            3 => "æ".repeat(300),
            _ => format!("Navn {}", self.rng.u16(..)),
        }
    }

    fn email(&mut self) -> String {
        let number = self.rng.u8(..);
        match self.rng.u8(0..8) {
            0 => format!("{number}_deleted_user@kitos.dk"),
            1 => format!(" {number}_DELETED_USER@kitos.dk "),
            2 => String::new(),
            3 => format!(" P{number}@Kommune.example "),
            _ => format!("p{number}@kommune.example"),
        }
    }
}

fn id(kind: &str, number: u64) -> Uuid {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{kind} {number}").as_bytes())
}

fn number(value: &Value, default: usize) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
}
