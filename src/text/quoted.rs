//! Whether what somebody answered quotes a secret that was sent to them. Such an answer is not
//! shown at all: it can quote the secret in part, or escaped in a way that nobody foresaw.

/// Stands where an answer is not shown.
pub const NOT_SHOWN: &str = "(not shown, since it may quote the request)";

/// So many letters of a secret are told apart from chance.
const TELLING: usize = 4;

/// Whether `text` quotes `secret`. Ask it of the whole answer, before it is cut: what is left
/// may end in the middle of a quotation.
pub fn quotes(text: &str, secret: &str) -> bool {
    let escaped = serde_json::json!(secret).to_string();
    let escaped = escaped.trim_matches('"');
    // Letters and digits are the same in every way of escaping.
    let mut pieces = secret.split(|c: char| !c.is_ascii_alphanumeric());
    [secret, escaped].into_iter().any(|it| !it.is_empty() && text.contains(it))
        || pieces.any(|piece| piece.len() >= TELLING && text.contains(piece))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_however_it_is_escaped() {
        let odd = "p\"q\\ hemme-lig æ";
        let long = "k".repeat(300);
        for (secret, text, expected) in [
            (odd, "you sent p\"q\\ hemme-lig æ", true),
            (odd, r#"{"password":"p\"q\\ hemme-lig \u00e6"}"#, true),
            (odd, "password=p%22q%5C+hemme-lig+%C3%A6", true),
            (odd, "p&quot;q\\  hemme-lig &aelig;", true),
            (&long, &long, true),
            ("kodeord", "Unauthorized", false),
            ("", "anything", false),
            ("a-b", "a b", false),
        ] {
            assert_eq!(quotes(text, secret), expected, "{text}");
        }
    }
}
