//! A report is its data, and what can be said of the making: when, by what, and the
//! hash by which anybody can see that two reports hold the same.

use chrono::DateTime;
use chrono_tz::Tz;
use ring::digest::{SHA256, digest};
use serde::{Serialize, Serializer};

use super::error::Error;
use crate::model::Language;
use crate::query::Evidence;
use crate::text::hex::hex;

/// Evidence, sealed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    #[serde(serialize_with = "in_utc")]
    pub made_at: DateTime<Tz>,
    pub program: String,
    /// SHA-256 of `data` as JSON without blanks: the moment of making is not in it, so
    /// that the same period gives the same hash for as long as nothing was forgotten.
    pub sha256: String,
    pub data: Evidence,
    #[serde(skip)]
    pub language: Language,
}

impl Report {
    /// # Errors
    /// Only when the program is at fault.
    pub fn of(data: Evidence, made_at: DateTime<Tz>, language: Language) -> Result<Self, Error> {
        let json = serde_json::to_vec(&data)?;
        let sha256 = hex(digest(&SHA256, &json).as_ref());
        let program = format!("kitos-sync {}", env!("CARGO_PKG_VERSION"));
        Ok(Self { made_at, program, sha256, data, language })
    }
}

fn in_utc<S: Serializer>(at: &DateTime<Tz>, serializer: S) -> Result<S::Ok, S::Error> {
    at.to_utc().serialize(serializer)
}
