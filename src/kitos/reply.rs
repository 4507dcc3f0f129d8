//! What the head of a reply says, and how much of its body a message may quote.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AGE, DATE, HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};

use super::json::without_rows;
use crate::text::quoted::{NOT_SHOWN, quotes};

/// How far the clock of the machine that answered is ahead of ours.
pub fn skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc() - now)
}

/// How old an answer is: by its `Age`, or by a `Date` that is behind that of the
/// login and our clock (RFC 9111 4.2.3, where caches keep it).
pub fn age(
    headers: &HeaderMap,
    skew: Option<TimeDelta>,
    at_login: Option<TimeDelta>,
) -> Option<TimeDelta> {
    let told = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok());
    let told = told.and_then(TimeDelta::try_seconds);
    // Old by our own clock too: a login machine whose clock is ahead makes no answer old (R6).
    let behind = at_login.zip(skew).map(|(at_login, skew)| (at_login - skew).min(-skew));
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
/// the request.
pub fn shown(reply: &[u8], secret: &SecretString) -> String {
    match quotes(&String::from_utf8_lossy(reply), secret.expose_secret()) {
        true => NOT_SHOWN.to_owned(),
        false => without_rows(reply),
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
        let secret = SecretString::from("hemmelig");
        for (reply, expected) in [
            ("you sent hemmelig", NOT_SHOWN),
            (r#"[{"name":"Bo Hansen"}]"#, "(a list, not shown)"),
            ("Unauthorized", "Unauthorized"),
        ] {
            assert_eq!(shown(reply.as_bytes(), &secret), expected);
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
