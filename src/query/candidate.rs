//! One of several systems that a person may mean.

use std::fmt;

use uuid::Uuid;

use crate::text::clean;

/// A system that may be meant, with what tells it from its namesakes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub uuid: Uuid,
    pub name: String,
    pub unit: Option<String>,
    pub owners: Vec<String>,
    /// KITOS no longer has it.
    pub removed: bool,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clean = |text: &str| clean::text(text, clean::LONGEST_NAME);
        write!(f, "{}  {}", self.uuid, clean(&self.name))?;
        if self.removed {
            return f.write_str(" (no longer in KITOS)");
        }
        let unit = self.unit.as_deref().map_or("no unit".to_owned(), clean);
        let owners: Vec<String> = self.owners.iter().map(|owner| clean(owner)).collect();
        match owners.len() {
            0 => write!(f, " ({unit}; no owner)"),
            _ => write!(f, " ({unit}; {})", owners.join(", ")),
        }
    }
}
