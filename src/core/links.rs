//! Links into KITOS's user interface (`kitos-api.md`, "Links for people").

use uuid::Uuid;

/// A page of a system usage in KITOS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// "Systemforside"
    Front,
    /// "Systemroller": where an owner is put right.
    Roles,
    /// "Organisation"
    Organization,
    /// "GDPR"
    Gdpr,
    /// "Kontrakter"
    Contracts,
}

/// The page of a system usage.
pub fn page(kitos_url: &str, usage: Uuid, tab: Tab) -> String {
    let tab = match tab {
        Tab::Front => "frontpage",
        Tab::Roles => "roles",
        Tab::Organization => "organization",
        Tab::Gdpr => "gdpr",
        Tab::Contracts => "it-contracts",
    };
    format!("{kitos_url}/ui/it-systems/it-system-usages/{usage}/{tab}")
}
