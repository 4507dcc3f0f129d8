//! Keys that are checked but do nothing yet: none at present. The change that brings
//! the function deletes its line here, and with it the warning.

/// Keys, and sections with all that is under them.
const WITHOUT_EFFECT: &[&str] = &[];

/// Whether setting `key` changes nothing in this version.
pub(super) fn has_no_effect(key: &str) -> bool {
    WITHOUT_EFFECT.iter().any(|pending| {
        key.strip_prefix(pending).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
