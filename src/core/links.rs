//! Links into KITOS's user interface (`kitos-api.md`, "Links for people").

use uuid::Uuid;

/// A system usage's front page ("Systemforside").
pub fn front_page(kitos_url: &str, usage: Uuid) -> String {
    page(kitos_url, usage, "frontpage")
}

/// A system usage's roles ("Systemroller"): where an owner is put right.
pub fn roles_page(kitos_url: &str, usage: Uuid) -> String {
    page(kitos_url, usage, "roles")
}

fn page(kitos_url: &str, usage: Uuid, tab: &str) -> String {
    format!("{kitos_url}/ui/it-systems/it-system-usages/{usage}/{tab}")
}
