//! The one place in which text from KITOS, from servers and from the
//! configuration is made harmless for a mail (`docs/reliability.md` R20): one line
//! each, without control, direction or invisible characters, of a sensible
//! length. Escaping for HTML is the templates' own.

use serde_json::Value;

/// What a phone shows of a subject, and a reader takes in.
pub const LONGEST_SUBJECT: usize = 60;

/// Names longer than this say nothing more.
pub const LONGEST_NAME: usize = 100;

/// What a server replied, in messages of ours.
const LONGEST_REPLY: usize = 200;

/// Sentences: a server's reply, the municipality's footer.
pub const LONGEST_SENTENCE: usize = 300;

/// What we say ourselves, with names in it.
const LONGEST_PARAGRAPH: usize = 2_000;

/// Longer than any link into KITOS; a cut link leads nowhere.
const LONGEST_URL: usize = 2_000;

/// Cleans every string of a letter, of which the sentences are ours and hold names
/// of sensible length.
pub fn letter(value: &mut Value) {
    clean_all(value, &|_| LONGEST_PARAGRAPH);
}

/// Cleans every string of a tree of names.
pub fn tree(value: &mut Value) {
    clean_all(value, &|key| match key {
        "url" => LONGEST_URL,
        "value" | "footer" => LONGEST_SENTENCE,
        _ => LONGEST_NAME,
    });
}

/// `longest`: how long the text of a field may be.
fn clean_all(value: &mut Value, longest: &dyn Fn(&str) -> usize) {
    clean_field("", value, longest);
}

fn clean_field(key: &str, value: &mut Value, longest: &dyn Fn(&str) -> usize) {
    match value {
        Value::String(string) => *string = text(string, longest(key)),
        Value::Array(items) => {
            items.iter_mut().for_each(|item| clean_field(key, item, longest));
        }
        Value::Object(members) => {
            for (key, member) in members {
                // The blanks between columns stay; their cells are clean.
                if key != "columns" {
                    clean_field(key, member, longest);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A subject line. What looks like an encoded word (RFC 2047) would be shown as
/// something else than what was written.
pub fn subject(raw: &str) -> String {
    text(&raw.replace("=?", "= ?"), LONGEST_SUBJECT)
}

/// What a server replied, fit for a terminal, a log and a mail.
pub fn reply(raw: &str) -> String {
    text(raw, LONGEST_REPLY)
}

/// `raw` as one line of at most `longest` characters, with "…" where it is cut.
pub fn text(raw: &str, longest: usize) -> String {
    if is_clean(raw, longest) {
        return raw.to_owned();
    }
    let mut line = String::new();
    let mut count = 0;
    let mut space = false;
    for c in raw.chars() {
        if c.is_whitespace() || c.is_control() {
            space = count > 0;
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        for c in space.then_some(' ').into_iter().chain([c]) {
            if count == longest {
                line.pop();
                let end = line.trim_end().len();
                line.truncate(end);
                line.push('…');
                return line;
            }
            line.push(c);
            count += 1;
        }
        space = false;
    }
    line
}

/// As nearly all text is.
fn is_clean(raw: &str, longest: usize) -> bool {
    let (mut count, mut after_blank) = (0, true);
    for c in raw.chars() {
        let is_plain = matches!(c, '!'..='~' | '\u{c0}'..='\u{24f}');
        let is_blank = c == ' ';
        if !(is_plain || (is_blank && !after_blank)) {
            return false;
        }
        after_blank = is_blank;
        count += 1;
    }
    count <= longest && (!after_blank || raw.is_empty())
}

/// Characters that steer how others are shown, or hide between them. The
/// joiners that emoji and some scripts need stay.
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_steers_or_hides_goes_and_words_stay() {
        for (raw, expected) in [
            ("Ørsted & Søn", "Ørsted & Søn"),
            ("  a \t b  ", "a b"),
            ("a\r\nBcc: b@c.dk", "a Bcc: b@c.dk"),
            ("a\u{2028}b\u{85}c", "a b c"),
            ("a\u{0}\u{1b}[31mb", "a [31mb"),
            ("abc\u{202e}fdp.exe", "abcfdp.exe"),
            ("\u{feff}a\u{200b}b", "ab"),
            ("👩\u{200d}🏫", "👩\u{200d}🏫"),
            ("\u{202e}\u{200b}", ""),
            ("", ""),
        ] {
            assert_eq!(text(raw, 50), expected);
        }
    }

    #[test]
    fn a_reply_is_one_short_line() {
        for (raw, expected) in [
            ("550 no such user", "550 no such user".to_owned()),
            ("550 a\r\nb\tc\u{1b}[31md\u{7}", "550 a b c [31md".to_owned()),
            ("  ", String::new()),
            (&"ø".repeat(200), "ø".repeat(200)),
            (&"ø".repeat(201), format!("{}…", "ø".repeat(199))),
        ] {
            assert_eq!(reply(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn long_text_is_cut_with_an_ellipsis() {
        assert_eq!(text("12345", 5), "12345");
        assert_eq!(text("12345  ", 5), "12345");
        assert_eq!(text("123456", 5), "1234…");
        assert_eq!(text("123 56", 5), "123…");
        assert_eq!(text(&"æ".repeat(10_000), 100).chars().count(), 100);
    }

    proptest! {
        #[test]
        fn nothing_ends_a_line_and_nothing_is_too_long(raw in any::<String>(), longest in 1_usize..80) {
            let line = text(&raw, longest);
            prop_assert!(line.chars().count() <= longest);
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert_eq!(text(&line, longest), line.clone());
        }
    }
}
