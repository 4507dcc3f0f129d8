//! From the bytes of a reply to what we use of it. Says where a reply did not
//! fit; never shows the rows of a list.

use memchr::memchr2;
use serde::de::DeserializeOwned;

use super::error::{Problem, excerpt};

/// Levels of JSON (R3).
const DEEPEST: usize = 100;
/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a reply is complete and not nested too deeply: serde_json limits the depth of what
/// we use, not of what we ignore. JSON that ends in the middle was cut off, for instance by a
/// proxy, and without a length nothing else would show it.
pub fn check_whole(body: &[u8]) -> Result<(), Problem> {
    let json = body.strip_prefix(MARK).unwrap_or(body).trim_ascii_start();
    if !matches!(json.first(), Some(b'[' | b'{')) {
        return Ok(());
    }
    let nesting = Nesting::of(json);
    if nesting.deepest > DEEPEST {
        let reason = format!("the answer is nested deeper than {DEEPEST} levels");
        return Err(Problem::Inconsistent { reason });
    }
    if nesting.open > 0 {
        let reason = "it ends in the middle of its JSON".to_owned();
        return Err(Problem::Broken { reason });
    }
    Ok(())
}

/// Reads JSON, saying where a reply did not fit.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // A reader may ignore it (RFC 8259 8.1), and some servers cannot help writing it.
    let body = body.strip_prefix(MARK).unwrap_or(body);
    // Keeping the path costs a third more: it is followed once something is wrong. Text
    // that is known to be UTF-8 as a whole need not be looked at word by word.
    let read = std::str::from_utf8(body).ok().map(serde_json::from_str);
    read.and_then(Result::ok).map_or_else(|| parse_with_path(body), Ok)
}

fn parse_with_path<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let reply = without_rows(body);
    let shape = |at: String, reason: String| Problem::Shape { at, reason, reply };
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize(&mut deserializer) {
        Ok(value) => match deserializer.end() {
            Ok(()) => Ok(value),
            Err(error) => Err(shape("its end".to_owned(), error.to_string())),
        },
        Err(error) => {
            let path = error.path().to_string();
            let at = if path == "." { "its beginning".to_owned() } else { path };
            Err(shape(at, without_text(&error.inner().to_string())))
        }
    }
}

/// The reply as a message may quote it: rows may hold names of people, which are
/// not for logs (R21), however they are wrapped.
pub fn without_rows(body: &[u8]) -> String {
    let holds = |part: &[u8]| body.windows(part.len()).any(|window| window == part);
    if body.trim_ascii_start().starts_with(b"[") {
        "(a list, not shown)".to_owned()
    } else if holds(b"\"uuid\"") || holds(b"\"email\"") {
        "(it holds rows, not shown)".to_owned()
    } else if holds(b"\0") || std::str::from_utf8(body).is_err() {
        "(it is no UTF-8, not shown)".to_owned()
    } else {
        excerpt(body)
    }
}

/// serde's reason without the text of a field, which may be a name.
fn without_text(reason: &str) -> String {
    const TEXT: &str = ": string \"";
    let (Some(begin), Some(end)) = (reason.find(TEXT), reason.rfind('"')) else {
        return reason.to_owned();
    };
    match (reason.get(..begin + TEXT.len()), reason.get(end..)) {
        (Some(before), Some(after)) if end >= begin + TEXT.len() => format!("{before}…{after}"),
        _ => reason.to_owned(),
    }
}

/// How deep JSON is nested.
struct Nesting {
    deepest: usize,
    /// Levels that nothing closes.
    open: usize,
}

impl Nesting {
    /// Brackets inside strings do not count.
    fn of(json: &[u8]) -> Self {
        let (mut open, mut deepest) = (0_usize, 0);
        let mut rest = json;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            match byte {
                b'[' | b'{' => {
                    open += 1;
                    deepest = deepest.max(open);
                }
                b']' | b'}' => open = open.saturating_sub(1),
                b'"' => rest = after_string(rest),
                _ => {}
            }
        }
        Self { deepest, open }
    }
}

/// What follows the string that has begun.
fn after_string(mut rest: &[u8]) -> &[u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        if rest[at] == b'"' {
            return &rest[at + 1..];
        }
        rest = rest.get(at + 2..).unwrap_or_default();
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::{Nesting, check_whole, parse};
    use crate::kitos::error::Problem;
    use crate::kitos::wire::{UsageRow, UserRow};

    #[test]
    fn no_message_holds_a_row_of_people() {
        let row = r#"{"uuid":"3e6d9c3c-6a5f-4a5e-9d0c-0a3f4e2b1c5d","name":"Bo Hansen"}"#;
        let wide: Vec<u8> = format!("[{row}]").encode_utf16().flat_map(u16::to_le_bytes).collect();
        for body in [
            format!("{{\"value\":[{row}]}}").into_bytes(),
            format!("{row}\n{row}").into_bytes(),
            format!(")]}}',\n[{row}]").into_bytes(),
            format!("callback([{row}])").into_bytes(),
            format!("[{row}]<!-- -->").into_bytes(),
            br#"{"email":"bo@randers.dk","name":"Bo Hansen"}"#.to_vec(),
            br#"["Bo Hansen"]"#.to_vec(),
            br#"[{"uuid":"Bo \"B\" Hansen"}]"#.to_vec(),
            [b"\xff\xfe", wide.as_slice()].concat(),
            wide,
        ] {
            let Err(Problem::Shape { at, reason, reply }) = parse::<Vec<UserRow>>(&body) else {
                panic!("{}", String::from_utf8_lossy(&body));
            };
            let message = format!("{at} {reason} {reply}");
            assert!(!message.contains("Hansen") && !message.contains("H a n s"), "{message}");
        }
        // What stands in the way of a page is shown.
        let Err(Problem::Shape { reply, .. }) = parse::<Vec<UserRow>>(b"<h1>Log in</h1>") else {
            panic!("it was read");
        };
        assert_eq!(reply, "<h1>Log in</h1>");
        let marked = format!("\u{feff}[{row}]");
        assert_eq!(parse::<Vec<UserRow>>(marked.as_bytes()).map(|rows| rows.len()), Ok(1));
    }

    #[test]
    fn a_value_that_is_no_date_is_cut() {
        let row = format!(
            r#"[{{"uuid":"{}","lastModified":"{}"}}]"#,
            uuid::Uuid::nil(),
            "\u{1f926}".repeat(3_000)
        );
        let Err(problem) = parse::<Vec<UsageRow>>(row.as_bytes()) else { panic!("it was read") };
        let message = problem.to_string();
        assert!(message.contains("[0].lastModified"), "{message}");
        assert_eq!(message.matches('\u{1f926}').count(), 80, "{message}");
        assert!(message.chars().count() < 1_500, "{message}");
    }

    #[test]
    fn json_that_ends_in_the_middle_is_cut() {
        let whole = r#"[{"name":"[\"{","uuid":null}] "#;
        let is_cut =
            |json: &str| matches!(check_whole(json.as_bytes()), Err(Problem::Broken { .. }));
        assert!(!is_cut(whole));
        for end in 1..whole.len() - 1 {
            assert!(is_cut(&whole[..end]), "{}", &whole[..end]);
        }
        for other in ["", "null", "<html>{", "[]]", "[] trailing", "\"Not found\""] {
            assert!(!is_cut(other), "{other}");
        }
        assert!(is_cut("\u{feff}["));
    }

    #[test]
    fn brackets_count_where_they_nest() {
        for (json, expected) in [
            ("", 0),
            ("null", 0),
            ("[]", 1),
            (r#"[{"a":[]},{}]"#, 3),
            (r#"["[[[["]"#, 1),
            (r#"["\"[[","\\",[]]"#, 2),
            ("]]]][", 1),
        ] {
            assert_eq!(Nesting::of(json.as_bytes()).deepest, expected, "{json}");
        }
    }
}
