//! What the head of a reply says, and how much of its body a message may quote.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AGE, DATE, HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};

use super::json::without_rows;

/// So many letters of a secret are told apart from chance.
const TELLING: usize = 4;

/// How far the clock of the machine that answered is ahead of ours.
pub fn skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc() - now)
}

/// How old an answer is: by its `Age`, or by a `Date` that is behind that of the
/// login (RFC 9111 4.2.3, where caches keep it).
pub fn age(
    headers: &HeaderMap,
    skew: Option<TimeDelta>,
    at_login: Option<TimeDelta>,
) -> Option<TimeDelta> {
    let told = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok());
    let told = told.and_then(TimeDelta::try_seconds);
    let behind = at_login.zip(skew).map(|(at_login, skew)| at_login - skew);
    told.max(behind)
}

/// `Retry-After` in seconds or as a date (RFC 9110 10.2.3).
pub fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?.to_utc();
    Some((until - now).to_std().unwrap_or(Duration::ZERO))
}

/// What a message may show of a reply to a request that carried `secret`: error pages can quote
/// the request, escaped in any way. Checks the whole reply, since an excerpt may end in the
/// middle of a quotation.
pub fn shown(reply: &[u8], secret: &SecretString) -> String {
    let (text, secret) = (String::from_utf8_lossy(reply), secret.expose_secret());
    let escaped = serde_json::json!(secret).to_string();
    let escaped = escaped.trim_matches('"');
    // Letters and digits are the same in every way of escaping.
    let mut pieces = secret.split(|c: char| !c.is_ascii_alphanumeric());
    let quoted = [secret, escaped].into_iter().any(|it| !it.is_empty() && text.contains(it))
        || pieces.any(|piece| piece.len() >= TELLING && text.contains(piece));
    if quoted {
        "(not shown, since it may quote the request)".to_owned()
    } else {
        without_rows(reply)
    }
}

/// What an operator can do about a status.
pub fn hint(status: u16) -> &'static str {
    match status {
        403 => {
            ". Likely causes: the user has lost API access, or holds the role RightsHolderAccess in some organisation"
        }
        404 => ". Check kitos.url",
        429 => ". KITOS wants fewer requests: lower kitos.concurrency, or pull less often",
        500.. => ". Try again later; if it stays, tell KITOS's operators",
        _ => ". Report it with this message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_quotes_the_secret_is_not_shown() {
        let hidden = "(not shown, since it may quote the request)";
        let secret = SecretString::from("p\"q\\ hemme-lig æ");
        for reply in [
            "you sent p\"q\\ hemme-lig æ",
            r#"{"password":"p\"q\\ hemme-lig \u00e6"}"#,
            "password=p%22q%5C+hemme-lig+%C3%A6",
            "p&quot;q\\  hemme-lig &aelig;",
        ] {
            assert_eq!(shown(reply.as_bytes(), &secret), hidden, "{reply}");
        }
        // What is shown ends in the middle of it.
        let long = SecretString::from("k".repeat(300));
        assert_eq!(shown("k".repeat(300).as_bytes(), &long), hidden);
        let rows = r#"[{"name":"Bo Hansen"}]"#;
        assert_eq!(shown(rows.as_bytes(), &secret), "(a list, not shown)");
        for (secret, reply) in [("kodeord", "Unauthorized"), ("", "anything"), ("a-b", "a b")] {
            assert_eq!(shown(reply.as_bytes(), &SecretString::from(secret)), reply);
        }
    }

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let now = DateTime::parse_from_rfc3339("2026-11-24T12:00:00Z").expect("a date").to_utc();
        for (value, expected) in [
            ("7", Some(7)),
            (" 120 ", Some(120)),
            ("Tue, 24 Nov 2026 12:00:30 GMT", Some(30)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(0)),
            ("soon", None),
            ("-3", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().expect("a header"));
            assert_eq!(retry_after(&headers, now), expected.map(Duration::from_secs), "{value}");
        }
    }
}
