//! Keys that are checked but do nothing yet. Whoever brings the function
//! deletes its line here, and with it the warning.

/// Keys, and sections with all that is under them; with a value, only that
/// value of the key.
const WITHOUT_EFFECT: &[(&str, Option<&str>)] = &[("web.listen", None)];

/// Whether setting `key` to `value` changes nothing in this version.
pub(super) fn has_no_effect(key: &str, value: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|(pending, only)| {
        let covered =
            key.strip_prefix(pending).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        covered && only.is_none_or(|only| only == value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_of_the_table_names_keys_that_exist() {
        let keys = super::super::keys();
        for (pending, only) in WITHOUT_EFFECT {
            assert!(
                keys.iter().any(|key| has_no_effect(&key.path, only.unwrap_or_default())
                    && key.path.starts_with(pending)),
                "{pending}"
            );
        }
    }

    #[test]
    fn a_line_covers_its_key_its_section_and_its_value() {
        for (key, value, expected) in [
            ("schedule.remind", "0 8 * * *", false),
            ("web.listen", "127.0.0.1:80", true),
            ("schedule.sync", "0 8 * * *", false),
            ("policy.rules.owner-several.severity", "low", false),
            ("policy.rules.owner-missing.severity", "low", false),
            ("policy.rules.owner-missing.grace", "7", false),
            ("mail.language", "en", false),
        ] {
            assert_eq!(has_no_effect(key, value), expected, "{key} = {value}");
        }
    }
}
