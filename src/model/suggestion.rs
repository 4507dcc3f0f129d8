//! Why someone is suggested as owner.

use uuid::Uuid;

/// Why someone is suggested; `text::suggestions` puts it into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuggestionReason {
    /// Leads the responsible unit, or the nearest unit above it with a leader.
    LeaderOfUnit { unit: String },
    /// Has another role on the same system.
    HoldsRole { role: String },
    /// Owns most other systems of the responsible unit.
    OwnsInUnit { unit: String, systems: usize },
    /// Owns most other systems of the same supplier.
    OwnsOfSupplier { systems: usize },
    /// Owns most other systems under the same contract.
    OwnsUnderContract { contract: String, systems: usize },
    /// Took over most other systems of the last owner.
    Successor { of: Uuid, systems: usize },
}
