//! The year's configuration, for the program and for the second opinion.

pub const DOMAIN: &str = "kommune.example";
pub const STAFF_UNIT: &str = "Økonomi og Digitalisering";
pub const LEVELS: [&str; 3] = ["direktør", "stabschef", "leder"];
pub const ACQUIRED_DAYS: i64 = 40;
pub const PHASING_OUT_DAYS: i64 = 30;
pub const RISK_MONTHS: u32 = 24;
pub const STALE_MONTHS: u32 = 4;

/// `policy.exclude.names = ["Fagsystem 3*", "*prøve"]`
pub fn excluded(name: &str) -> bool {
    let name = name.to_lowercase();
    name.starts_with("fagsystem 3") || name.ends_with("prøve")
}

/// What follows `[kitos]`, `[database]` and `[mail]`.
pub fn policy(leaders_file: &str) -> String {
    format!(
        "[policy]
         staff_units = ['{STAFF_UNIT}']
         leaders_file = '{leaders_file}'
         [policy.exclude]
         names = ['Fagsystem 3*', '*prøve']
         [policy.rules.owner-level]
         levels = {LEVELS:?}
         [policy.rules.registration-incomplete]
         require = ['life-cycle', 'responsible-unit', 'data-sensitivity', 'main-contract', 'purpose']
         days = {ACQUIRED_DAYS}
         [policy.rules.phasing-out-stalled]
         days = {PHASING_OUT_DAYS}
         [policy.rules.gdpr-incomplete]
         months = {RISK_MONTHS}
         [policy.rules.registration-stale]
         months = {STALE_MONTHS}
         [policy.rules.manager-missing]
         enabled = true
         [policy.rules.contact-missing]
         enabled = true
         "
    )
}
