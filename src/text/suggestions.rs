//! Why somebody is suggested as owner, in words.

use super::changes::NameOf;
use super::words::{Arg, Words, inner};
use crate::model::SuggestionReason;

/// What follows the name, in about six words: "leder af Lønteamet".
pub fn reason(reason: &SuggestionReason, words: &Words, name: NameOf<'_>) -> String {
    use SuggestionReason as Reason;
    let (kind, args): (_, Vec<(&str, Arg)>) = match reason {
        Reason::LeaderOfUnit { unit } => ("leader-of-unit", vec![("unit", unit.as_str().into())]),
        Reason::HoldsRole { role } => ("holds-role", vec![("role", inner(role).into())]),
        Reason::OwnsInUnit { unit, systems } => {
            ("owns-in-unit", vec![("unit", unit.as_str().into()), ("systems", (*systems).into())])
        }
        Reason::OwnsOfSupplier { systems } => {
            ("owns-of-supplier", vec![("systems", (*systems).into())])
        }
        Reason::OwnsUnderContract { contract, systems } => (
            "owns-under-contract",
            vec![("contract", contract.as_str().into()), ("systems", (*systems).into())],
        ),
        Reason::Successor { of, systems } => {
            ("successor", vec![("person", name(*of).into()), ("systems", (*systems).into())])
        }
    };
    words.say(&format!("suggestion.{kind}"), &args)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;
    use crate::testing::id;
    use crate::text::words::words;

    #[test]
    fn reasons_are_worded_for_both_kinds_of_reader() {
        let name = |_| Some("Fatima Lund".to_owned());
        let text = |text: &str| text.to_owned();
        for (why, danish, english) in [
            (
                SuggestionReason::LeaderOfUnit { unit: text("Skoleafdelingen") },
                "leder af Skoleafdelingen",
                "leads Skoleafdelingen",
            ),
            (
                SuggestionReason::HoldsRole { role: text("Systemforvalter") },
                "systemforvalter på systemet",
                "systemforvalter on the system",
            ),
            (
                SuggestionReason::OwnsInUnit { unit: text("Skole"), systems: 2 },
                "har to andre systemer i Skole",
                "has two other systems in Skole",
            ),
            (
                SuggestionReason::OwnsOfSupplier { systems: 1 },
                "har ét andet system fra leverandøren",
                "has one other system of the supplier",
            ),
            (
                SuggestionReason::OwnsUnderContract { contract: text("KMD 2026"), systems: 3 },
                "har tre andre systemer under kontrakten KMD 2026",
                "has three other systems under the contract KMD 2026",
            ),
            (
                SuggestionReason::Successor { of: id("fatima"), systems: 1 },
                "har overtaget ét andet system efter Fatima Lund",
                "took over one other system from Fatima Lund",
            ),
        ] {
            assert_eq!(reason(&why, words(Language::Da), &name), danish);
            assert_eq!(reason(&why, words(Language::En), &name), english);
        }
    }
}
