//! What KITOS registers about a usage, field by field: one row of [`FIELDS`] says how
//! a field is read, where it is filled in, and who looks at it. Diff, guard, rules and words read the table,
//! so that none of them can forget a field. Roles are no field: they have a history of
//! their own.

use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveDate;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use uuid::Uuid;

use super::fault::Missing;
use super::registration::{DataSensitivity, MainContract, RiskAssessment};
use super::snapshot::{LifeCycle, SystemUsage};
use super::tab::Tab;

/// One row of [`FIELDS`].
#[derive(Debug)]
pub struct FieldDef {
    /// The name in configuration, JSON and in the keys of its words.
    pub name: &'static str,
    pub read: fn(&SystemUsage) -> FieldValue,
    /// The page in KITOS on which it is filled in.
    pub tab: Tab,
    pub interest: Interest,
    /// The change of its own that tells an edit of it.
    pub story: Option<FieldStory>,
}

/// What an edit of a field can be told as, instead of an edit of the registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldStory {
    /// The state of use moves, if this edit moves it.
    State,
    /// The usage is renamed, if this is the name that people know it by.
    Name,
    /// Another unit is responsible.
    Unit,
}

/// How far the program looks at a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Interest {
    /// For its own purposes: an edit of it is not told.
    Unseen,
    /// An edit of it is told.
    Told,
    /// A rule looks at it: many edits at once are for the guard to judge …
    Judged,
    /// … and so is a field that many usages lose at once.
    Guarded,
    /// `registration-incomplete` may require it.
    Requirable,
}

/// The fields of a usage, in the order in which a change tells them.
pub static FIELDS: [FieldDef; 17] = {
    use Interest::{Guarded, Judged, Requirable, Told, Unseen};
    use Tab::{Contracts, Front, Gdpr, Organization, Relations};
    const fn field(
        name: &'static str,
        tab: Tab,
        interest: Interest,
        read: fn(&SystemUsage) -> FieldValue,
    ) -> FieldDef {
        FieldDef { name, read, tab, interest, story: None }
    }
    const fn told_as(story: FieldStory, field: FieldDef) -> FieldDef {
        FieldDef { story: Some(story), ..field }
    }
    [
        field("system", Front, Told, |u| FieldValue::System(u.system)),
        told_as(
            FieldStory::Name,
            field("local-name", Front, Told, |u| u.local_name.clone().into()),
        ),
        told_as(
            FieldStory::State,
            field("life-cycle", Front, Requirable, |u| {
                FieldValue::of_term(u.life_cycle.as_ref().map(LifeCycle::as_kitos))
            }),
        ),
        field("start-date", Front, Guarded, |u| u.valid_from.into()),
        told_as(FieldStory::State, field("end-date", Front, Guarded, |u| u.valid_to.into())),
        told_as(
            FieldStory::Unit,
            field("responsible-unit", Organization, Requirable, |u| {
                u.responsible_unit.map_or(FieldValue::Nothing, FieldValue::Unit)
            }),
        ),
        field("using-units", Organization, Judged, |u| {
            FieldValue::of_set(u.using_units.iter().copied().collect(), FieldValue::Units)
        }),
        field("main-contract", Contracts, Requirable, |u| {
            let chosen = u.main_contract != MainContract::None;
            FieldValue::of_term(chosen.then(|| u.main_contract.as_str()))
        }),
        field("purpose", Front, Requirable, |u| u.has_purpose.into()),
        field("last-modified", Front, Unseen, |u| u.last_modified.into()),
        field("relations", Relations, Judged, |u| {
            FieldValue::of_set(u.relations.iter().copied().collect(), FieldValue::Usages)
        }),
        field("data-sensitivity", Gdpr, Requirable, |u| {
            let levels = u.gdpr.sensitivity.iter().map(DataSensitivity::as_kitos);
            FieldValue::of_set(levels.map(str::to_owned).collect(), FieldValue::Terms)
        }),
        field("risk-assessment", Gdpr, Guarded, |u| {
            let said = u.gdpr.risk_assessment != RiskAssessment::Missing;
            FieldValue::of_term(said.then(|| u.gdpr.risk_assessment.as_str()))
        }),
        field("risk-assessed", Gdpr, Judged, |u| u.gdpr.risk_assessed.into()),
        field("risk-assessment-planned", Gdpr, Judged, |u| u.gdpr.risk_assessment_planned.into()),
        field("agreement-required", Gdpr, Judged, |u| u.gdpr.agreement_required.into()),
        field("retention-review", Gdpr, Judged, |u| u.gdpr.retention_review.into()),
    ]
};

impl Missing {
    /// The page in KITOS on which it is filled in.
    pub fn tab(self) -> Tab {
        Field::parse(self.as_str()).map_or(Tab::Roles, Field::tab)
    }
}

/// A row of [`FIELDS`]; equal where the name is.
#[derive(Clone, Copy)]
pub struct Field(&'static FieldDef);

impl Field {
    pub fn all() -> impl Iterator<Item = Self> {
        FIELDS.iter().map(Self)
    }

    /// The field of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|field| field.name() == name)
    }

    pub fn name(self) -> &'static str {
        self.0.name
    }

    pub fn read(self, usage: &SystemUsage) -> FieldValue {
        (self.0.read)(usage)
    }

    pub fn is_filled(self, usage: &SystemUsage) -> bool {
        self.read(usage).is_filled()
    }

    /// Whether KITOS says anything of it, if only that nothing is decided.
    pub fn is_said(self, usage: &SystemUsage) -> bool {
        let unknown = |term: &str| term == MainContract::Unknown.as_str();
        match self.read(usage) {
            FieldValue::Nothing => false,
            FieldValue::Term(term) => !unknown(&term),
            _ => true,
        }
    }

    pub fn tab(self) -> Tab {
        self.0.tab
    }

    pub fn story(self) -> Option<FieldStory> {
        self.0.story
    }

    pub fn interest(self) -> Interest {
        self.0.interest
    }
}

/// What a field of a usage says, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "camelCase")]
pub enum FieldValue {
    /// Empty, or "no".
    #[default]
    Nothing,
    /// Yes, or filled in with what this program does not keep.
    Yes,
    Text(String),
    /// One of KITOS's own terms, as it writes it.
    Term(String),
    Terms(BTreeSet<String>),
    Date(NaiveDate),
    Unit(Uuid),
    Units(BTreeSet<Uuid>),
    /// A shared system.
    System(Uuid),
    Usages(BTreeSet<Uuid>),
}

impl FieldValue {
    /// Whether somebody has filled the field in. "Undecided" is an answer that KITOS
    /// offers and that says nothing.
    pub fn is_filled(&self) -> bool {
        match self {
            Self::Nothing => false,
            Self::Term(term) => term != "Undecided",
            _ => true,
        }
    }

    /// The value in JSON: `null`, true, a text, a date, a uuid, or a list of these.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Nothing => Value::Null,
            Self::Yes => Value::Bool(true),
            Self::Text(text) | Self::Term(text) => json!(text),
            Self::Terms(terms) => json!(terms),
            Self::Date(day) => json!(day),
            Self::Unit(uuid) | Self::System(uuid) => json!(uuid),
            Self::Units(uuids) | Self::Usages(uuids) => json!(uuids),
        }
    }

    fn of_term(term: Option<&str>) -> Self {
        term.map_or(Self::Nothing, |term| Self::Term(term.to_owned()))
    }

    fn of_set<T>(set: BTreeSet<T>, kind: fn(BTreeSet<T>) -> Self) -> Self {
        if set.is_empty() { Self::Nothing } else { kind(set) }
    }
}

impl From<Option<String>> for FieldValue {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Nothing, Self::Text)
    }
}

impl From<Option<NaiveDate>> for FieldValue {
    fn from(day: Option<NaiveDate>) -> Self {
        day.map_or(Self::Nothing, Self::Date)
    }
}

impl From<bool> for FieldValue {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::Nothing }
    }
}

/// How one field changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: Field,
    pub before: FieldValue,
    pub after: FieldValue,
}

impl FieldChange {
    /// `None` where both say the same.
    pub fn between(field: Field, old: &SystemUsage, new: &SystemUsage) -> Option<Self> {
        let (before, after) = (field.read(old), field.read(new));
        (before != after).then_some(Self { field, before, after })
    }

    /// The old and the new value; of sets only the differences, so that one unit which replaces
    /// another is the same change wherever it is used.
    pub fn moved(self) -> (FieldValue, FieldValue) {
        use FieldValue::{Terms, Units, Usages};
        let without = |all: &FieldValue, those: &FieldValue| match (all, those) {
            (Units(all), Units(those)) => FieldValue::of_set(all - those, Units),
            (Usages(all), Usages(those)) => FieldValue::of_set(all - those, Usages),
            (Terms(all), Terms(those)) => FieldValue::of_set(all - those, Terms),
            (all, _) => all.clone(),
        };
        (without(&self.before, &self.after), without(&self.after, &self.before))
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Field {}

impl PartialOrd for Field {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Field {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name().cmp(other.name())
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom(format!("no field is called {name}")))
    }
}
