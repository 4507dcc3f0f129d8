//! One request: its retries, its limits, and what its failure means. The retry
//! loop is our own because `Retry-After`, the bound on its patience and the
//! release of the concurrency slot while waiting must be one decision.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{AGE, CACHE_CONTROL, DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Proxy, RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tracing::debug;

use super::error::{Error, Problem};
use super::json::{is_cut, without_rows};
use crate::config;
use crate::text::addresses::masked;

/// The one path that is not read but posted to.
pub const LOGIN: &str = "/api/authorize/GetToken";
/// A page, unpacked (R3).
const LARGEST_BODY: usize = 64 * 1024 * 1024;
/// So many letters of a secret are told apart from chance.
const TELLING: usize = 4;
/// A clock further off than this is worth a word (R6).
const TOLERATED_SKEW: TimeDelta = TimeDelta::minutes(5);

/// An answer older than this comes from a cache that does as it likes: a register
/// of last week would be taken for today's.
const TOLERATED_AGE: TimeDelta = TimeDelta::minutes(15);

/// Patience with a request that fails (R4). Tests use milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How often a request is tried in all.
    pub tries: u32,
    /// Upper end of the first random pause; it doubles with each try …
    pub base: Duration,
    /// … up to this.
    pub cap: Duration,
    /// `Retry-After` is obeyed up to this.
    pub retry_after_cap: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            tries: 5,
            base: Duration::from_secs(1),
            cap: Duration::from_secs(60),
            retry_after_cap: Duration::from_secs(600),
        }
    }
}

/// The connection to one KITOS.
#[derive(Debug)]
pub struct Http {
    client: reqwest::Client,
    base: String,
    pace: Pace,
    request_timeout: Duration,
    slots: Semaphore,
    requests: AtomicU64,
    bytes: AtomicU64,
    skew: Mutex<Option<TimeDelta>>,
    /// The same as of the login, which no cache answers.
    skew_at_login: Mutex<Option<TimeDelta>>,
}

impl Http {
    pub fn new(settings: &config::Kitos, pace: Pace) -> Result<Self, Error> {
        let error = |reason: String| Error::Settings { url: settings.url.clone(), reason };
        // Building a client panics without a provider; one that is there is fine.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(user_agent(&settings.email))
            .redirect(reqwest::redirect::Policy::none())
            // Below the whole request's limit, so that a connection that hangs is
            // told as such.
            .connect_timeout(Duration::from_secs(10).min(settings.request_timeout / 2))
            .timeout(settings.request_timeout)
            .no_proxy();
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(Proxy::all(proxy).map_err(|e| error(reasons(&e)))?);
        }
        if let Some(path) = &settings.ca_file {
            let pem = std::fs::read(path)
                .map_err(|e| error(format!("kitos.ca_file {}: {e}", path.display())))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|e| error(format!("kitos.ca_file {}: {}", path.display(), reasons(&e))))?;
            // A bundle of nothing is no error to the parser.
            if certificates.is_empty() {
                let reason = "holds no certificate in PEM form";
                return Err(error(format!("kitos.ca_file {} {reason}", path.display())));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        Ok(Self {
            client: builder.build().map_err(|e| error(reasons(&e)))?,
            base: settings.url.clone(),
            pace,
            request_timeout: settings.request_timeout,
            slots: Semaphore::new(settings.concurrency.max(1)),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            skew: Mutex::new(None),
            skew_at_login: Mutex::new(None),
        })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Requests sent and bytes received so far.
    pub fn traffic(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// How far KITOS's clock is ahead of ours, where it is worth a word.
    pub fn clock_skew(&self) -> Option<TimeDelta> {
        let skew = *locked(&self.skew);
        skew.filter(|skew| skew.abs() > TOLERATED_SKEW)
    }

    /// GETs `path` with `token`; at most `tries` times.
    pub async fn get(
        &self,
        path: &str,
        token: &SecretString,
        tries: u32,
    ) -> Result<Vec<u8>, Problem> {
        let url = format!("{}{path}", self.base);
        let request = || {
            let request = self.client.get(&url).header(CACHE_CONTROL, "no-cache");
            request.bearer_auth(token.expose_secret())
        };
        self.attempts(path, tries, token, request).await
    }

    /// POSTs the login. A refusal (401) is tried once only; a server that cannot
    /// be reached or answers 5xx is tried again like for any other request.
    pub async fn login(&self, email: &str, password: &SecretString) -> Result<Vec<u8>, Problem> {
        let url = format!("{}{LOGIN}", self.base);
        let body = serde_json::json!({ "email": email, "password": password.expose_secret() });
        let request = || self.client.post(&url).json(&body);
        self.attempts(LOGIN, self.pace.tries, password, request).await
    }

    pub fn tries(&self) -> u32 {
        self.pace.tries
    }

    /// `secret`: what the request carries and no message may quote.
    async fn attempts(
        &self,
        what: &str,
        tries: u32,
        secret: &SecretString,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Vec<u8>, Problem> {
        let mut attempt = 1;
        loop {
            let (problem, retry_after) = match self.once(what, secret, request()).await {
                Ok(body) => return Ok(body),
                Err(failed) => failed,
            };
            if attempt >= tries || !problem.is_transient() {
                return Err(problem);
            }
            let pause = match retry_after {
                Some(asked) => asked.min(self.pace.retry_after_cap),
                None => self.jitter(attempt),
            };
            debug!(
                path = what,
                attempt,
                pause_ms = pause.as_millis() as u64,
                problem = masked(&problem.to_string()),
                "trying again"
            );
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    /// Full jitter: anything from nothing to the doubled pause.
    fn jitter(&self, attempt: u32) -> Duration {
        let doubled = self.pace.base.saturating_mul(1 << (attempt - 1).min(16));
        doubled.min(self.pace.cap).mul_f64(fastrand::f64())
    }

    async fn once(
        &self,
        what: &str,
        secret: &SecretString,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, (Problem, Option<Duration>)> {
        // The semaphore is never closed; without a slot we would only be too eager.
        let _slot = self.slots.acquire().await.ok();
        let began = Instant::now();
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut response = request.send().await.map_err(|e| (self.problem(&e), None))?;
        let status = response.status();
        let skew = skew(response.headers(), Utc::now());
        let age = if what == LOGIN {
            *locked(&self.skew_at_login) = skew;
            None
        } else {
            age(response.headers(), skew, *locked(&self.skew_at_login))
        };
        if let Some(skew) = skew {
            *locked(&self.skew) = Some(skew);
        }
        let retry_after = retry_after(response.headers(), Utc::now());
        if matches!(status.as_u16(), 301..=303 | 307 | 308) {
            let target = response.headers().get(LOCATION).and_then(|v| v.to_str().ok());
            let target = shown(target.unwrap_or("nowhere").as_bytes(), secret);
            return Err((Problem::Redirect { target }, None));
        }
        let body = self.body(&mut response).await.map_err(|problem| (problem, None))?;
        debug!(
            path = what,
            status = status.as_u16(),
            bytes = body.len(),
            ms = began.elapsed().as_millis() as u64,
            "KITOS answered"
        );
        // A part (206), a promise (202) or nothing (204) is no list of KITOS's.
        if matches!(status.as_u16(), 200 | 203) {
            if is_cut(&body) {
                let reason = "it ends in the middle of its JSON".to_owned();
                return Err((Problem::Broken { reason }, None));
            }
            if let Some(age) = age.filter(|age| *age > TOLERATED_AGE) {
                return Err((Problem::Cached { minutes: age.num_minutes() }, None));
            }
            return Ok(body);
        }
        let reply = shown(&body, secret);
        let status = status.as_u16();
        Err((Problem::Status { status, reply, hint: hint(status) }, retry_after))
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, Problem> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.problem(&e))? {
            self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            if body.len() + chunk.len() > LARGEST_BODY {
                return Err(Problem::TooLarge { limit: "64 MiB" });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn problem(&self, error: &reqwest::Error) -> Problem {
        let host =
            self.base.split_once("//").map_or(self.base.as_str(), |(_, rest)| rest).to_owned();
        let reason = reasons(error);
        if error.is_timeout() && !error.is_connect() {
            return Problem::Timeout { limit: self.request_timeout };
        }
        if error.is_connect() {
            let about_trust = reason.contains("certificate") || reason.contains("tls");
            return if about_trust {
                Problem::Tls { host, reason }
            } else {
                Problem::Connect { host, reason }
            };
        }
        Problem::Broken { reason }
    }
}

fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// How far the clock of whoever answered is ahead of ours.
fn skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = headers.get(DATE)?.to_str().ok()?;
    Some(DateTime::parse_from_rfc2822(date).ok()?.to_utc() - now)
}

/// How old an answer is: by its `Age`, or by a `Date` that is behind that of the
/// login (RFC 9111 4.2.3, where caches keep it).
fn age(
    headers: &HeaderMap,
    skew: Option<TimeDelta>,
    at_login: Option<TimeDelta>,
) -> Option<TimeDelta> {
    let told = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse().ok());
    let told = told.and_then(TimeDelta::try_seconds);
    let behind = at_login.zip(skew).map(|(at_login, skew)| at_login - skew);
    told.max(behind)
}

/// What a message may show of a reply to a request that carried `secret`: error
/// pages can quote the request, in whatever way they escape it. Judged by the
/// whole reply, since an excerpt may end in the middle of a quotation.
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

/// The program, its version and whom KITOS's operators can write to.
fn user_agent(email: &str) -> String {
    let program = concat!("kitos-sync/", env!("CARGO_PKG_VERSION"));
    // A header holds visible ASCII; an address with `ø` is told by the login.
    if email.bytes().all(|byte| byte.is_ascii_graphic()) {
        format!("{program} ({email})")
    } else {
        program.to_owned()
    }
}

/// What an operator can do about a status.
fn hint(status: u16) -> &'static str {
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

/// An error with its causes, without the URL.
fn reasons(error: &reqwest::Error) -> String {
    let mut reasons = Vec::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        reasons.push(error.to_string());
        cause = error.source();
    }
    reasons.dedup();
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}

/// `Retry-After` in seconds or as a date (RFC 9110 10.2.3).
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(value).ok()?.to_utc();
    Some((until - now).to_std().unwrap_or(Duration::ZERO))
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
