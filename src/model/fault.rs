//! What exactly is wrong with a usage: the lines of a finding's detail.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::spelled::spelled;

/// One line of a finding's detail: a kind, which only the rule that sees it and the
/// words at `fault.<kind>` know, and what fills those words. Nothing in it grows by
/// itself from day to day, so that a finding is amended only when something has
/// happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fault {
    #[serde(rename = "fault")]
    kind: Cow<'static, str>,
    #[serde(flatten)]
    args: BTreeMap<Cow<'static, str>, FaultArg>,
}

/// A value in a fault. In JSON it says what it is: `{"date": "2026-03-02"}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FaultArg {
    Person(Uuid),
    /// A system usage.
    System(Uuid),
    Unit(Uuid),
    Date(NaiveDate),
    Count(usize),
    Text(String),
    /// The name of a field, as the keys of its words have it.
    Field(Cow<'static, str>),
}

impl Fault {
    pub const fn new(kind: &'static str) -> Self {
        Self { kind: Cow::Borrowed(kind), args: BTreeMap::new() }
    }

    /// The same with a value for the placeholder of that name, if there is one.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Option<FaultArg>>) -> Self {
        self.args.extend(value.into().map(|value| (Cow::Borrowed(name), value)));
        self
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn args(&self) -> impl Iterator<Item = (&str, &FaultArg)> {
        self.args.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// The person whom the fault names in that place.
    pub fn person(&self, name: &str) -> Option<Uuid> {
        match self.args.get(name) {
            Some(FaultArg::Person(person)) => Some(*person),
            _ => None,
        }
    }
}

/// Why mail cannot reach someone.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::EnumString,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Unreachable {
    NoAddress,
    Malformed,
    /// Outside `mail.allowed_domains`.
    ForeignDomain,
    /// The mail server refused the address for good.
    Refused,
}

spelled! {
    "kebab-case",
    /// What an owner must fill in: the owner, or the [`Field`](super::Field)
    /// of that name.
    pub enum Missing {
        Owner,
        LifeCycle,
        ResponsibleUnit,
        DataSensitivity,
        MainContract,
        Purpose,
        EndDate,
    }
}
