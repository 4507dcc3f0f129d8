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
    let kitos_url = kitos_url.trim_end_matches('/');
    format!("{kitos_url}/ui/it-systems/it-system-usages/{usage}/{tab}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_those_of_the_user_interface() {
        let usage = Uuid::from_u128(0x1234);
        let base =
            "https://kitos.dk/ui/it-systems/it-system-usages/00000000-0000-0000-0000-000000001234";
        for url in ["https://kitos.dk", "https://kitos.dk/"] {
            assert_eq!(front_page(url, usage), format!("{base}/frontpage"));
            assert_eq!(roles_page(url, usage), format!("{base}/roles"));
        }
    }
}
