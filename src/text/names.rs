//! Names as people type them in different programs: how they are tidied, and how two
//! of them compare.

use super::clean;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The name in its composed form, without marks that nobody sees and with single
/// blanks between its words.
pub fn tidy(text: &str) -> String {
    // Most text is plain.
    if text.is_ascii() && !text.contains("  ") && !text.contains(|c: char| c.is_ascii_control()) {
        return text.trim().to_owned();
    }
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    let words: Vec<&str> = seen.split(|c: char| c.is_whitespace() || c.is_control()).collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    let words = words.join(" ");
    match is_nfc_quick(words.chars()) {
        IsNormalized::Yes => words,
        IsNormalized::No | IsNormalized::Maybe => words.nfc().collect(),
    }
}

/// The form in which two names are equal if they mean the same, however they were typed.
pub fn key(text: &str) -> String {
    tidy(text).to_lowercase()
}

/// Whether two names are the same, however they were typed.
pub fn same(a: &str, b: &str) -> bool {
    key(a) == key(b)
}

/// Whether the name holds what was typed.
pub fn holds(name: &str, typed: &str) -> bool {
    key(name).contains(&key(typed))
}

/// Marks that come along when text is copied. What joins the parts of an emoji makes no other
/// name.
fn is_unseen(c: char) -> bool {
    clean::is_invisible(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_in_what_nobody_sees_are_one() {
        for (a, b, same) in [
            ("Børn og Unge", "børn og unge", true),
            ("Åse", "A\u{30a}se", true),
            ("Skole og\u{a0}Fritid", "Skole  og Fritid ", true),
            ("\u{feff}IT\u{200b}", "it", true),
            ("IT\tDrift\n", "IT Drift", true),
            ("Sund\u{ad}hed", "Sundhed", true),
            ("Sundhed", "\u{202a}Sundhed\u{202c}", true),
            ("Skole", "Skole A", false),
            ("Ål", "Al", false),
        ] {
            assert_eq!(super::same(a, b), same, "{a:?} and {b:?}");
        }
        assert!(holds("Skole og\u{a0}Fritid", "  OG  fritid"));
        assert!(!holds("Skole og Fritid", "skole fritid"));
        assert_eq!(tidy(" A\u{30a}se\u{a0} Øster "), "Åse Øster");
    }
}
