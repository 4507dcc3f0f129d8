//! A day in few letters, as the page and the report show it.

use crate::model::Language;

/// The form of a day, for `format`.
pub fn short_date(language: Language) -> &'static str {
    match language {
        Language::Da => "%d.%m.%Y",
        Language::En => "%-d %b %Y",
    }
}
