//! The tabs of a system usage's page in KITOS (`docs/kitos-api.md`, "What people see in
//! KITOS").

use super::spelled::spelled;

spelled! {
    "kebab-case",
    /// A tab of a system usage's page in KITOS.
    pub enum Tab {
        Front,
        /// Where an owner is put right.
        Roles,
        Organization,
        Gdpr,
        Contracts,
        Relations,
    }
}

impl Tab {
    /// As KITOS calls it, in every language.
    pub fn name(self) -> &'static str {
        self.name_and_path().0
    }

    /// The last part of its address.
    pub fn path(self) -> &'static str {
        self.name_and_path().1
    }

    fn name_and_path(self) -> (&'static str, &'static str) {
        match self {
            Self::Front => ("Systemforside", "frontpage"),
            Self::Roles => ("Systemroller", "roles"),
            Self::Organization => ("Organisation", "organization"),
            Self::Gdpr => ("GDPR", "gdpr"),
            Self::Contracts => ("Kontrakter", "it-contracts"),
            Self::Relations => ("Relationer", "system-relations"),
        }
    }
}
