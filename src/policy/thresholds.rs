//! A rule's settings: what every rule has, and the thresholds that only the rule's
//! own file knows the type of. Configuration and handbook handle them as JSON.

use std::any::Any;
use std::fmt::{self, Debug};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::model::Severity;

/// How one rule is set.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub enabled: bool,
    pub severity: Severity,
    /// Days before the first reminder.
    pub grace: u32,
    pub thresholds: Thresholds,
}

/// The thresholds of one rule, whatever their type.
#[derive(Clone)]
pub struct Thresholds {
    value: Arc<dyn Any + Send + Sync>,
    json: Map<String, Value>,
}

impl Thresholds {
    /// Thresholds of a rule's own type.
    pub fn of<T: ThresholdsOf>(value: T) -> Self {
        let json = match serde_json::to_value(&value) {
            Ok(Value::Object(json)) => json,
            _ => Map::new(),
        };
        Self { value: Arc::new(value), json }
    }

    /// The value as the rule's own type; its defaults where it is of another.
    pub fn get<T: ThresholdsOf>(&self) -> Arc<T> {
        Arc::clone(&self.value).downcast().unwrap_or_default()
    }

    /// The keys in the configuration and their values.
    pub fn json(&self) -> &Map<String, Value> {
        &self.json
    }
}

impl Debug for Thresholds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.json.fmt(f)
    }
}

impl PartialEq for Thresholds {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

/// What the type of a rule's thresholds must be. `Default` is the configuration's
/// default, and each field is a key of `[policy.rules.<rule>]`.
pub trait ThresholdsOf: Serialize + DeserializeOwned + Default + Send + Sync + 'static {}

impl<T: Serialize + DeserializeOwned + Default + Send + Sync + 'static> ThresholdsOf for T {}

/// The type of a rule's thresholds, as a value.
#[derive(Debug, Clone, Copy)]
pub struct ThresholdType {
    pub default: fn() -> Thresholds,
    /// The error says what is wrong with the value, and what to write.
    pub read: fn(Map<String, Value>) -> Result<Thresholds, serde_json::Error>,
}

impl ThresholdType {
    pub const fn of<T: ThresholdsOf>() -> Self {
        Self {
            default: || Thresholds::of(T::default()),
            read: |json| serde_json::from_value::<T>(Value::Object(json)).map(Thresholds::of),
        }
    }
}

/// A rule without thresholds.
pub const NONE: ThresholdType = ThresholdType::of::<Nothing>();

#[derive(Default, Serialize, Deserialize)]
struct Nothing {}

/// A number of days or months that a threshold may be, up to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64")]
pub struct UpTo<const MOST: u32>(pub u32);

/// The longest grace and the largest threshold in days: ten years.
pub const DAYS: u32 = 3650;

pub type Days = UpTo<DAYS>;
pub type Months = UpTo<120>;

impl<const MOST: u32> TryFrom<i64> for UpTo<MOST> {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        let in_range = |number: &u32| (1..=MOST).contains(number);
        u32::try_from(number)
            .ok()
            .filter(in_range)
            .map(Self)
            .ok_or_else(|| format!("this must be from 1 to {MOST}."))
    }
}
