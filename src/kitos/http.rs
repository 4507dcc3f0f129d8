//! One request: its retries, its limits, and what its failure means. The retry
//! loop is our own because `Retry-After`, the bound on its patience and the
//! release of the concurrency slot while waiting must be one decision.

use std::hash::BuildHasher;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use foldhash::quality::FixedState;
use reqwest::header::{CACHE_CONTROL, LOCATION};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tracing::debug;

use super::connection::{http_client, reasons};
use super::error::{Error, Problem};
use super::json;
use super::reply::{age, hint, retry_after, shown, skew};
use crate::config;
use crate::text::addresses::masked;

/// The one path that is not read but posted to.
pub const LOGIN: &str = "/api/authorize/GetToken";
/// A page, unpacked (R3).
const LARGEST_BODY: usize = 64 * 1024 * 1024;
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

/// How often one request is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tries {
    /// In all.
    pub all: u32,
    /// A gateway that gave up waiting (504) so often will do so again: nginx's
    /// patience ends after 60 s, and a page that takes longer has to be smaller.
    pub gateway_timeouts: u32,
}

/// A reply that is all there.
#[derive(Debug)]
pub struct Reply {
    pub body: Vec<u8>,
    pub digest: u64,
}

/// What a request is told apart by.
#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    path: &'a str,
    /// What it carries and no message may quote.
    secret: &'a SecretString,
    /// The digest of a reply that was whole.
    known: Option<u64>,
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
    /// The last problem after which a request is tried again, and which request; gone once
    /// that succeeds.
    trying_again: Mutex<Option<(String, Problem)>>,
}

impl Http {
    pub fn new(
        settings: &config::Kitos,
        proxy_password: Option<&SecretString>,
        pace: Pace,
    ) -> Result<Self, Error> {
        Ok(Self {
            client: http_client(settings, proxy_password)?,
            base: settings.url.clone(),
            pace,
            request_timeout: settings.request_timeout,
            slots: Semaphore::new(settings.concurrency.max(1)),
            requests: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            skew: Mutex::new(None),
            skew_at_login: Mutex::new(None),
            trying_again: Mutex::new(None),
        })
    }

    pub fn base(&self) -> &str {
        &self.base
    }

    /// Requests sent and bytes received so far.
    pub fn traffic(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Fewer requests are under way than may be, and none waits for its turn.
    pub fn is_idle(&self) -> bool {
        self.slots.available_permits() > 0
    }

    /// How far KITOS's clock is ahead of ours, where it is worth a word.
    pub fn clock_skew(&self) -> Option<TimeDelta> {
        let skew = *locked(&self.skew);
        skew.filter(|skew| skew.abs() > TOLERATED_SKEW)
    }

    /// What is being tried again, and why.
    pub fn last_problem(&self) -> Option<String> {
        let trying = locked(&self.trying_again);
        trying.as_ref().map(|(path, problem)| format!("{}{path}: {problem}", self.base))
    }

    /// Before another pull.
    pub fn forget_problem(&self) {
        *locked(&self.trying_again) = None;
    }

    /// GETs `path` with `token`. `known`: the digest of a reply that was whole.
    pub async fn get(
        &self,
        (path, known): (&str, Option<u64>),
        token: &SecretString,
        tries: Tries,
    ) -> Result<Reply, Problem> {
        let url = format!("{}{path}", self.base);
        let request = || {
            let request = self.client.get(&url).header(CACHE_CONTROL, "no-cache");
            request.bearer_auth(token.expose_secret())
        };
        self.attempts(Asked { path, secret: token, known }, tries, request).await
    }

    /// POSTs the login. A refusal (401) is tried once only; a server that cannot
    /// be reached or answers 5xx is tried again like for any other request.
    pub async fn login(&self, email: &str, password: &SecretString) -> Result<Vec<u8>, Problem> {
        let url = format!("{}{LOGIN}", self.base);
        let body = serde_json::json!({ "email": email, "password": password.expose_secret() });
        let request = || self.client.post(&url).json(&body);
        let asked = Asked { path: LOGIN, secret: password, known: None };
        Ok(self.attempts(asked, self.tries(), request).await?.body)
    }

    /// How often a request is tried that cannot be made smaller.
    pub fn tries(&self) -> Tries {
        Tries { all: self.pace.tries, gateway_timeouts: self.pace.tries }
    }

    async fn attempts(
        &self,
        asked: Asked<'_>,
        tries: Tries,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Reply, Problem> {
        let (mut attempt, mut gateway_timeouts) = (1, 0);
        loop {
            let (problem, retry_after) = match self.once(asked, request()).await {
                Ok(reply) => {
                    let mut trying = locked(&self.trying_again);
                    if trying.as_ref().is_some_and(|(path, _)| path == asked.path) {
                        *trying = None;
                    }
                    return Ok(reply);
                }
                Err(failed) => failed,
            };
            gateway_timeouts += u32::from(problem.is_gateway_timeout());
            let spent = attempt >= tries.all || gateway_timeouts >= tries.gateway_timeouts;
            if spent || !problem.is_transient() {
                return Err(problem);
            }
            let pause = match retry_after {
                Some(asked) => asked.min(self.pace.retry_after_cap),
                None => self.jitter(attempt),
            };
            debug!(
                path = asked.path,
                attempt,
                pause_ms = pause.as_millis() as u64,
                problem = masked(&problem.to_string()),
                "trying again"
            );
            *locked(&self.trying_again) = Some((asked.path.to_owned(), problem));
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
        Asked { path: what, secret, known }: Asked<'_>,
        request: RequestBuilder,
    ) -> Result<Reply, (Problem, Option<Duration>)> {
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
            let digest = digest(&body);
            if known != Some(digest) {
                json::check_whole(&body).map_err(|problem| (problem, None))?;
            }
            if let Some(age) = age.filter(|age| *age > TOLERATED_AGE) {
                return Err((Problem::Cached { minutes: age.num_minutes() }, None));
            }
            return Ok(Reply { body, digest });
        }
        let reply = shown(&body, secret);
        let status = status.as_u16();
        if status == 407 {
            return Err((Problem::ProxyLogin { reason: reply }, None));
        }
        Err((Problem::Status { status, reply, hint: hint(status) }, retry_after))
    }

    async fn body(&self, response: &mut Response) -> Result<Vec<u8>, Problem> {
        let announced = response.content_length().unwrap_or(0);
        let announced = usize::try_from(announced).unwrap_or(LARGEST_BODY).min(LARGEST_BODY);
        let mut body = Vec::with_capacity(announced);
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
            // So a proxy is met that is asked for a tunnel.
            if reason.contains("proxy authorization required") {
                return Problem::ProxyLogin { reason };
            }
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

/// A reply's digest. Another program may count another one; then the reply is another,
/// and is read.
fn digest(body: &[u8]) -> u64 {
    FixedState::default().hash_one(body)
}

/// What a panic elsewhere left is as good as any.
pub(super) fn locked<T>(value: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    value.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
