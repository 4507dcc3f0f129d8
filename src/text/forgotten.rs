//! What stands in the place of somebody who was forgotten.

use uuid::Uuid;

use super::words::words;
use crate::model::Language;

/// Instead of the name: it still tells one person from another.
pub fn name(uuid: Uuid, language: Language) -> String {
    let uuid = uuid.to_string();
    words(language).say("forgotten.name", &[("mark", uuid[..4].into())])
}

/// Instead of a subject that named them.
pub fn subject(language: Language) -> &'static str {
    words(language).text("forgotten.subject")
}

/// Whether that is what stands for the name, in whatever language it was written.
pub fn is_name(name: &str, uuid: Uuid) -> bool {
    Language::ALL.iter().any(|language| self::name(uuid, *language) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_forgotten_is_known_as_such_in_either_language() {
        let (uuid, other) = (Uuid::from_u128(7 << 120), Uuid::from_u128(8 << 120));
        let danish = name(uuid, Language::Da);
        assert_eq!(danish, "Tidligere bruger 0700");
        for text in [danish, name(uuid, Language::En)] {
            assert!(is_name(&text, uuid) && !is_name(&text, other), "{text}");
        }
        assert!(!is_name("Bo Hansen", uuid));
    }
}
