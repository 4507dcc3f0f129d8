//! From the bytes of a reply to what we use of it. Says where a reply did not
//! fit; never shows the rows of a list.

use serde::de::DeserializeOwned;

use super::error::{Problem, excerpt};

/// Levels of JSON (R3).
const DEEPEST: usize = 100;

/// Reads JSON, saying where a reply did not fit.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    // serde_json bounds the nesting of what we use, not of what we ignore.
    if depth(body) > DEEPEST {
        let reason = format!("the answer is nested deeper than {DEEPEST} levels");
        return Err(Problem::Inconsistent { reason });
    }
    // The rows of a list may hold names of people: not for logs (R21).
    let is_list = body.trim_ascii_start().starts_with(b"[");
    let reply = if is_list { "(a list, not shown)".to_owned() } else { excerpt(body) };
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
            Err(shape(at, without_value(&error.inner().to_string())))
        }
    }
}

/// serde quotes a string that it did not expect, however long: a person's name, or a
/// page of text, in the log.
fn without_value(reason: &str) -> String {
    const QUOTED: &str = "string \"";
    match (reason.find(QUOTED), reason.rfind('"')) {
        (Some(at), Some(end)) if at + QUOTED.len() <= end => {
            format!("{}…{}", &reason[..at + QUOTED.len()], &reason[end..])
        }
        _ => reason.to_owned(),
    }
}

/// How deep JSON is nested; brackets inside strings do not count.
fn depth(json: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => {
                while let Some(byte) = bytes.next()
                    && *byte != b'"'
                {
                    if *byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::{depth, parse};

    #[test]
    fn what_does_not_fit_is_named_and_not_shown() {
        let error = parse::<Vec<u32>>(br#"[1, "Anna \"Ane\" Berg"]"#).expect_err("a string");
        let words = error.to_string();
        assert!(words.contains("[1]") && words.contains("invalid type: string"), "{words}");
        assert!(!words.contains("Anna") && !words.contains("Ane"), "{words}");
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
            assert_eq!(depth(json.as_bytes()), expected, "{json}");
        }
    }
}
