//! What can go wrong between us and KITOS. Each message says what was tried,
//! what came back and what to do.

use std::time::Duration;

use uuid::Uuid;

use crate::text::clean;

/// Why a pull failed. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "the client for {url} cannot be made: {reason}. Check kitos.url, kitos.ca_file and kitos.proxy"
    )]
    Settings { url: String, reason: String },
    /// 401 to the login. It was tried once and must not be tried again soon.
    #[error(
        "KITOS at {url} refused the login of kitos.email: {reply}. KITOS does not say which of these it is: the password is wrong or expired; the address is unknown or deleted; the user is no API user. API users come from the KITOS secretariat: write to info@kitos.dk, with your local administrator as sender or copy. Correct it, then run `kitos-sync check`; until then the schedule pauses, so that the account is not locked"
    )]
    LoginRefused { url: String, reply: String },
    /// A second 401 with a token that had just been given.
    #[error(
        "KITOS answered 401 to {what} with a token that it had just given. Try again; if it stays, ask KITOS's operators"
    )]
    TokenRefused { what: String },
    #[error(
        "KITOS has no organisation {wanted} that this user may see. {}Check kitos.organization (the CVR number or the UUID)",
        if similar.is_empty() { String::new() } else { format!("{similar}: if that is yours, set kitos.organization to that UUID. ") }
    )]
    OrganizationNotFound { wanted: String, similar: String },
    #[error(
        "the API user is not a member of {name} ({uuid}). Let your local administrator add the user to the organisation with the role Bruger, or ask the KITOS secretariat (info@kitos.dk) to; without membership every list is empty"
    )]
    NotMember { name: String, uuid: Uuid },
    #[error(
        "the organisation {name} is disabled in KITOS. Ask KITOS's operators why; the register was left as it was"
    )]
    OrganizationDisabled { name: String },
    #[error(
        "kitos.organization is {found}, but this database holds {known}. Set kitos.organization back, or set database.path to a new file for the other organisation"
    )]
    WrongOrganization { known: Uuid, found: Uuid },
    /// The lists moved while they were read; twice in a row.
    #[error(
        "KITOS changed while it was read: {what}. Nothing was kept; the next pull usually succeeds"
    )]
    Changed { what: String },
    #[error(
        "a pull took longer than kitos.pull_timeout ({limit:?}). Nothing was kept. {}", way_out(last.as_deref())
    )]
    PullTimeout {
        limit: Duration,
        /// What was tried again the last.
        last: Option<String>,
    },
    #[error("{what} failed: {problem}")]
    Request { what: String, problem: Problem },
}

/// What to do about a pull that took too long.
fn way_out(last: Option<&str>) -> String {
    match last {
        Some(last) => format!(
            "It was waiting to try again what had gone wrong: {last}. Only if KITOS is merely slow, raise kitos.pull_timeout"
        ),
        None => "Raise kitos.pull_timeout, or look at KITOS's answer times with -vv".to_owned(),
    }
}

/// What was wrong with one request's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "cannot reach {host}: {reason}. Check the name, the network, the firewall and kitos.proxy"
    )]
    Connect { host: String, reason: String },
    #[error(
        "{host} is not trusted: {reason}. If a proxy in between re-signs TLS, give its CA as kitos.ca_file; check the clock too"
    )]
    Tls { host: String, reason: String },
    #[error(
        "no whole answer within kitos.request_timeout ({limit:?}). Try again later, or lower kitos.page_size"
    )]
    Timeout { limit: Duration },
    #[error(
        "the answer broke off: {reason}. Try again; if it stays, look at the network or a proxy in between"
    )]
    Broken { reason: String },
    #[error(
        "the proxy (kitos.proxy) wants to know who asks: {reason}. Set kitos.proxy_user, and give its password as the systemd credential proxy-password; if they are set, the proxy refuses them"
    )]
    ProxyLogin { reason: String },
    #[error("it answered {status}: {reply}{hint}")]
    Status { status: u16, reply: String, hint: &'static str },
    #[error(
        "it redirects to {target}. Set kitos.url to the address that KITOS itself uses (https://…); the token is never sent elsewhere"
    )]
    Redirect { target: String },
    #[error(
        "the answer is not what KITOS documents, at {at}: {reason}. It began: {reply}. Check kitos.url and any proxy in between; if this is KITOS itself, report it with this message"
    )]
    Shape { at: String, reason: String, reply: String },
    #[error(
        "the answer is larger than {limit}. That is not KITOS's; check kitos.url and any proxy"
    )]
    TooLarge { limit: &'static str },
    #[error(
        "the answer is {minutes} minutes old: a cache in between gave it, though a fresh one was asked for. Let that proxy or cache leave KITOS's address out"
    )]
    Cached { minutes: i64 },
    #[error("row {row} of the list (counted from 0) cannot be read, not even alone: {problem}")]
    Row { row: usize, problem: Box<Problem> },
    #[error("{reason}. Nothing was kept; if it stays, tell KITOS's operators")]
    Inconsistent { reason: String },
}

impl Problem {
    /// Whether the same request may succeed a little later (R4).
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Timeout { .. } | Self::Broken { .. } => true,
            Self::Status { status, .. } => {
                matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
            }
            _ => false,
        }
    }

    /// Whether a gateway in between gave up waiting for KITOS.
    pub fn is_gateway_timeout(&self) -> bool {
        matches!(self, Self::Status { status: 504, .. })
    }

    /// Whether a smaller page may succeed where this one did not.
    pub fn may_be_size(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Status { status, .. } => (500..600).contains(status),
            _ => false,
        }
    }
}

/// The beginning of what KITOS sent, fit for a log and a terminal.
pub fn excerpt(body: &[u8]) -> String {
    let text = clean::reply(&String::from_utf8_lossy(body.get(..2000).unwrap_or(body)));
    if text.is_empty() { "(an empty reply)".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn an_excerpt_is_short_and_steers_nothing() {
        let long = "å".repeat(3000);
        for (body, expected) in [
            ("", "(an empty reply)"),
            (" \r\n\t", "(an empty reply)"),
            ("no\r\n  line\u{1b}[31m", "no line [31m"),
            ("left\u{202e}thgir\u{2066}", "leftthgir"),
            (long.as_str(), &format!("{}…", "å".repeat(199))),
        ] {
            assert_eq!(excerpt(body.as_bytes()), expected);
        }
        assert_eq!(excerpt(b"\xff\xfe"), "\u{fffd}\u{fffd}");
    }
}
