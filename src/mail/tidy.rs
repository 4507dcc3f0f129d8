//! White space of rendered templates, so that templates can be laid out for
//! those who write them, and mails for those who read them.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// What fits beside a quotation mark in 80 columns.
pub(super) const WIDTH: usize = 76;

/// Text without trailing blanks and double empty lines, wrapped.
pub(super) fn text(raw: &str) -> String {
    let mut text = String::new();
    let mut empty = true;
    for line in raw.lines().map(str::trim_end) {
        if line.is_empty() {
            if !empty {
                text.push('\n');
            }
            empty = true;
        } else if line == "--" {
            // Mail programs know a signature by the blank after the dashes.
            text.push_str("-- \n");
            empty = false;
        } else {
            wrap(line, &mut text);
            empty = false;
        }
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.push('\n');
    text
}

/// Breaks one line between words; further lines stand under the first one's text. A
/// word that is too long, such as a link, stays whole, and a percent sign stays with
/// its number.
fn wrap(line: &str, text: &mut String) {
    // A row of a table stays whole; textwrap counts … and − as two columns.
    if line.chars().count() <= WIDTH {
        text.push_str(line);
        text.push('\n');
        return;
    }
    let body = line.trim_start();
    let indent = &line[..line.len() - body.len()];
    let numbered = body
        .split_once(". ")
        .is_some_and(|(number, _)| number.len() == 1 && number.chars().all(|c| c.is_ascii_digit()));
    let mark = match body {
        _ if body.starts_with("- ") => "  ",
        _ if numbered => "   ",
        _ => "",
    };
    let under = format!("{indent}{mark}");
    let options = Options::new(WIDTH)
        .initial_indent(indent)
        .subsequent_indent(&under)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .break_words(false);
    let bound = body.replace(" %", "\u{a0}%");
    text.push_str(&textwrap::fill(&bound, options).replace("\u{a0}%", " %"));
    text.push('\n');
}

/// HTML without indentation and empty lines: a long digest must not be cut off
/// by mail programs that show only its first 100 kB.
pub(super) fn html(raw: &str) -> String {
    let mut html = String::new();
    for line in raw.lines().map(str::trim).filter(|line| !line.is_empty()) {
        html.push_str(line);
        html.push('\n');
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words_under_its_own_beginning() {
        let words = "ord ".repeat(30);
        let wrapped = text(&format!("\n\n- {words}\n\n\n  x  \n1. {words}\n\n"));
        let lines: Vec<&str> = wrapped.lines().collect();
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{wrapped}");
        assert!(lines[0].starts_with("- ord"));
        assert!(lines[1].starts_with("  ord"));
        assert_eq!(lines[2..4], ["", "  x"]);
        assert!(lines[5].starts_with("   ord"), "{wrapped}");
        assert!(wrapped.ends_with("ord\n"));
    }

    #[test]
    fn a_percent_sign_stays_with_its_number() {
        let wrapped = text(&"100 %, ".repeat(40));
        assert!(wrapped.lines().all(|line| line.starts_with("100 %")), "{wrapped}");
    }

    #[test]
    fn a_link_is_never_broken() {
        let link = format!("https://kitos.dk/{}", "a".repeat(100));
        assert_eq!(text(&format!("- Se {link} nu")), format!("- Se\n  {link}\n  nu\n"));
    }
}
