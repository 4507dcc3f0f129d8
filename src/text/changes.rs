//! A change in words: what happened, as one line without the name of the system it
//! happened to. The keys are `change.<kind>`, and of fields `field.<name>`.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::words::{Arg, Words};
use crate::model::{
    Change, Field, FieldChange, FieldValue, RoleTypeFacts, StateOfUse, Transition, UnitFacts,
    transition,
};

/// The name of the thing with that uuid: a person, a usage, a shared system, a unit or a role
/// type; `None` if it is no longer known.
pub type NameOf<'a> = &'a dyn Fn(Uuid) -> Option<String>;

/// What happened.
pub fn describe(change: &Change, words: &Words, name: NameOf<'_>) -> String {
    Teller { words, name }.change(change)
}

struct Teller<'a> {
    words: &'a Words,
    name: NameOf<'a>,
}

impl Teller<'_> {
    fn change(&self, change: &Change) -> String {
        let args = match change {
            Change::Acquired { after: facts, .. } | Change::Removed { before: facts, .. } => vec![
                ("state", self.state(facts.state)),
                ("owners", self.names(&facts.owners)),
                ("unit", facts.responsible_unit.map(|unit| self.name(unit)).into()),
            ],
            Change::ReRegistered { .. } | Change::PersonJoined { .. } => vec![],
            transition!(to) => self.transition(to),
            Change::Renamed { before, after, .. } => {
                vec![("before", before.as_str().into()), ("after", after.as_str().into())]
            }
            Change::OwnerAssigned { .. } => vec![],
            Change::OwnerRemoved { departed, .. } => vec![("departed", (*departed).into())],
            Change::RoleAssigned { role, .. } => vec![("role", self.name(*role).into())],
            Change::RoleRemoved { role, departed, .. } => {
                vec![("role", self.name(*role).into()), ("departed", (*departed).into())]
            }
            Change::UnitChanged { before, after, .. } => {
                let unit = |unit: &Option<Uuid>| unit.map(|unit| self.name(unit)).into();
                vec![("before", unit(before)), ("after", unit(after))]
            }
            Change::RegistrationChanged { fields, .. } => {
                let fields: Vec<String> = fields.iter().map(|field| self.field(field)).collect();
                vec![("fields", fields.join("; ").into())]
            }
            Change::SystemDeactivated { after, .. } => vec![("closed", after.is_some().into())],
            Change::PersonLeft { owned, roles, .. } => {
                let others: BTreeSet<Uuid> = roles.iter().map(|held| held.usage).collect();
                vec![("owned", self.names(owned)), ("others", self.names(&(&others - owned)))]
            }
            Change::PersonChanged { fields, .. } => {
                let field = |field: &&'static str| self.say(&format!("change.person.{field}"), &[]);
                let fields: Vec<&'static str> = fields.iter().map(|field| field.into()).collect();
                vec![("fields", fields.iter().map(field).collect::<Vec<_>>().into())]
            }
            Change::RoleTypeChanged { before, after, .. } => {
                let name = |facts: &Option<RoleTypeFacts>| Some(facts.as_ref()?.name.clone());
                let offered = after.as_ref().is_some_and(|role| role.available);
                named(name(before), name(after), ("offered", offered.into()))
            }
            Change::OrganizationUnitChanged { before, after, .. } => {
                let name = |facts: &Option<UnitFacts>| Some(facts.as_ref()?.name.clone());
                let parent = after.as_ref().and_then(|unit| unit.parent);
                let parent = parent.map(|parent| self.name(parent)).into();
                named(name(before), name(after), ("parent", parent))
            }
        };
        let subject = ("who", change.subject().map(|subject| self.name(subject)).into());
        let args: Vec<(&str, Arg)> = args.into_iter().chain([subject]).collect();
        self.say(&format!("change.{}", change.kind().as_str()), &args)
    }

    fn transition(&self, to: &Transition) -> Vec<(&'static str, Arg)> {
        // Nobody set the life cycle: the day came.
        let by_calendar = to.before.life_cycle == to.after.life_cycle;
        let end = to.after.valid_to.filter(|_| by_calendar);
        vec![("before", self.state(to.before.state)), ("end", end.into())]
    }

    /// "datatyper: ingen personoplysninger → følsomme"
    fn field(&self, FieldChange { field, before, after }: &FieldChange) -> String {
        let label = ("field", self.say(&format!("field.{}.short", field.name()), &[]).into());
        if let (Some(old), Some(new)) = (members(before), members(after)) {
            let args = [
                label,
                ("added", self.names(&(&new - &old))),
                ("gone", self.names(&(&old - &new))),
            ];
            return self.say("change.members", &args);
        }
        let value = |value: &FieldValue| self.value(*field, value).into();
        self.say("change.field", &[label, ("before", value(before)), ("after", value(after))])
    }

    fn value(&self, field: Field, value: &FieldValue) -> String {
        match value {
            FieldValue::Nothing => self.plain(field, "nothing"),
            FieldValue::Yes => self.plain(field, "yes"),
            FieldValue::Text(text) => text.clone(),
            FieldValue::Term(term) => self.term(field, term),
            FieldValue::Terms(terms) => {
                terms.iter().map(|term| self.term(field, term)).collect::<Vec<_>>().join(", ")
            }
            FieldValue::Date(day) => self.say("change.day", &[("day", (*day).into())]),
            FieldValue::Unit(uuid) | FieldValue::System(uuid) => self.name(*uuid),
            FieldValue::Units(uuids) | FieldValue::Usages(uuids) => {
                uuids.iter().map(|uuid| self.name(*uuid)).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// The field's own word for yes or nothing, where it has one.
    fn plain(&self, field: Field, value: &str) -> String {
        let own = self.words.find(&format!("field.{}.{value}", field.name()));
        own.map_or_else(|| self.say(&format!("change.{value}"), &[]), str::to_owned)
    }

    /// A term of KITOS's; as it writes it, where this program has no word for it.
    fn term(&self, field: Field, term: &str) -> String {
        let key = format!("field.{}.term.{term}", field.name());
        self.words.find(&key).unwrap_or(term).to_owned()
    }

    fn state(&self, state: StateOfUse) -> Arg {
        self.say(&format!("state.{}", state.as_str()), &[]).into()
    }

    fn names(&self, uuids: &BTreeSet<Uuid>) -> Arg {
        uuids.iter().map(|uuid| self.name(*uuid)).collect::<Vec<_>>().into()
    }

    fn name(&self, uuid: Uuid) -> String {
        (self.name)(uuid).unwrap_or_else(|| self.say("change.unknown", &[]))
    }

    fn say(&self, key: &str, args: &[(&str, Arg)]) -> String {
        self.words.say(key, args)
    }
}

/// The things that a field names, where it names several.
fn members(value: &FieldValue) -> Option<BTreeSet<Uuid>> {
    match value {
        FieldValue::Nothing => Some(BTreeSet::new()),
        FieldValue::Units(uuids) | FieldValue::Usages(uuids) => Some(uuids.clone()),
        _ => None,
    }
}

/// Of what comes, goes or is called something else, and may have moved.
fn named(
    before: Option<String>,
    after: Option<String>,
    more: (&'static str, Arg),
) -> Vec<(&'static str, Arg)> {
    let renamed = (before != after).into();
    vec![("before", before.into()), ("after", after.into()), ("renamed", renamed), more]
}

#[cfg(test)]
mod tests;
