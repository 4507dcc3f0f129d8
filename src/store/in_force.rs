//! When an exception runs; the one place that says so in SQL.

/// Holds of a row of `waiver` that runs at ?1: it has begun, and has neither reached its end
/// nor been ended before. It is in force then unless its finding is resolved.
pub(super) const RUNS: &str =
    "created_at <= ?1 AND ends_at > ?1 AND (ended_at IS NULL OR ended_at > ?1)";
