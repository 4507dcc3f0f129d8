//! The two sides of a change in JSON (`docs/contract.md`, "Change").

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::change::{Change, transition};
use super::field::{FieldChange, FieldValue};

impl Change {
    /// `before` and `after`; `null` where there was, or is, nothing.
    pub fn sides(&self) -> (Value, Value) {
        match self {
            Self::Acquired { after, .. } => (Value::Null, json!(after)),
            Self::Removed { before, .. } => (json!(before), Value::Null),
            Self::ReRegistered { before, after, .. } => pair(before, after),
            transition!(t) => pair(&t.before, &t.after),
            Self::Renamed { before, after, .. } => pair(before, after),
            Self::OwnerAssigned { person, .. } => (Value::Null, json!({ "person": person })),
            Self::OwnerRemoved { person, departed, .. } => {
                (json!({ "person": person, "departed": departed }), Value::Null)
            }
            Self::RoleAssigned { role, person, .. } => {
                (Value::Null, json!({ "role": role, "person": person }))
            }
            Self::RoleRemoved { role, person, departed, .. } => {
                (json!({ "role": role, "person": person, "departed": departed }), Value::Null)
            }
            Self::UnitChanged { before, after, .. }
            | Self::SystemDeactivated { before, after, .. } => pair(before, after),
            Self::RegistrationChanged { fields, .. } => {
                (side(fields, |field| &field.before), side(fields, |field| &field.after))
            }
            Self::PersonJoined { .. } => (Value::Null, Value::Null),
            Self::PersonLeft { owned, roles, .. } => {
                (json!({ "owned": owned, "roles": roles }), Value::Null)
            }
            Self::PersonChanged { fields, .. } => (Value::Null, json!({ "fields": fields })),
            Self::RoleTypeChanged { before, after, .. } => pair(before, after),
            Self::OrganizationUnitChanged { before, after, .. } => pair(before, after),
        }
    }
}

fn pair<T: Serialize>(before: &T, after: &T) -> (Value, Value) {
    (json!(before), json!(after))
}

fn side(fields: &[FieldChange], of: fn(&FieldChange) -> &FieldValue) -> Value {
    let values = fields.iter().map(|field| (field.field.name().to_owned(), of(field).to_json()));
    Value::Object(values.collect::<Map<_, _>>())
}
