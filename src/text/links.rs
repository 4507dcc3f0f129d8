//! Links into KITOS's user interface (`docs/kitos-api.md`, "Links for people").

use uuid::Uuid;

use super::words::Words;
use crate::model::Tab;

/// The tabs that a sentence names: a link leads to the very tab that its text names.
pub fn tabs_in(sentence: &str, words: &Words) -> Vec<Tab> {
    let is_named = |tab: &Tab| {
        sentence.contains(tab.name())
            && sentence.contains(&words.say("mail.part.tab", &[("tab", tab.name().into())]))
    };
    Tab::ALL.iter().copied().filter(is_named).collect()
}

/// The page of a system usage; `ui_url` is `kitos.ui_url`.
pub fn page(ui_url: &str, usage: Uuid, tab: Tab) -> String {
    let ui_url = ui_url.trim_end_matches('/');
    format!("{ui_url}/it-systems/it-system-usages/{usage}/{}", tab.path())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;
    use crate::text::words::words;

    #[test]
    fn the_tabs_of_a_sentence_are_those_that_it_names_as_tabs() {
        for (sentence, expected) in [
            (
                "»Ansvarlig organisationsenhed« (fanen Organisation) mangler",
                &[Tab::Organization][..],
            ),
            ("Udfyld det på fanen GDPR eller fanen Kontrakter", &[Tab::Gdpr, Tab::Contracts]),
            ("Fjern den på fanen Relationer", &[Tab::Relations]),
            ("GDPR er en forordning", &[]),
        ] {
            assert_eq!(tabs_in(sentence, words(Language::Da)), expected, "{sentence}");
        }
    }

    #[test]
    fn links_are_those_of_the_user_interface() {
        let usage = Uuid::from_u128(0x1234);
        let base =
            "https://kitos.dk/ui/it-systems/it-system-usages/00000000-0000-0000-0000-000000001234";
        for url in ["https://kitos.dk/ui", "https://kitos.dk/ui/"] {
            for (tab, end) in [
                (Tab::Front, "frontpage"),
                (Tab::Roles, "roles"),
                (Tab::Organization, "organization"),
                (Tab::Gdpr, "gdpr"),
                (Tab::Contracts, "it-contracts"),
                (Tab::Relations, "system-relations"),
            ] {
                assert_eq!(page(url, usage, tab), format!("{base}/{end}"));
            }
        }
    }
}
